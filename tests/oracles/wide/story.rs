//! Wide histories: the demo company's story, told wrongly now and then. Invariant: one seed makes
//! one history; what the rules refuse is counted by name and is no part of it, and no two records
//! share a moment, but those of one document in parts.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sijil_demo::Company;
use sijil_rules::missing_parts;
use sijil_schemas::time::Timestamp;
use uuid::Uuid;

use crate::{
    trade::history::Random,
    world::{Clock, World},
};

/// How often something happened, by name.
pub type Counts = BTreeMap<String, u64>;

/// A history, and what the generator reached while it was made.
pub struct Story {
    pub world: World,
    /// Events recorded, by type.
    pub types: Counts,
    /// Drafts refused, by the name of the refusal.
    pub refusals: Counts,
    /// The id under which each draft of the demo was recorded.
    ids: BTreeMap<String, Uuid>,
    /// Values seen of each field, to put into others.
    seen: BTreeMap<String, Vec<Value>>,
    told: i64,
}

/// How a story is told.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    /// Drafts of the demo.
    pub events: u64,
    /// One in so many drafts is told wrongly first; none if zero.
    pub wrong: u64,
}

impl Story {
    pub fn tell(plan: Plan) -> Story {
        let mut random = Random::new(plan.seed ^ 0x5702);
        let (types, refusals, ids, seen) =
            (Counts::new(), Counts::new(), BTreeMap::new(), BTreeMap::new());
        // After the story, and when its afterword is told: access is never told of an earlier time.
        let clock = Clock("2026-06-01T12:00:00Z".parse().unwrap());
        let world = World { clock, ..World::default() };
        let mut story = Story { world, types, refusals, ids, seen, told: 0 };
        let mut lines = Company::new(plan.seed, plan.events)
            .map(|line| serde_json::from_str::<Value>(&line).unwrap())
            .peekable();
        while let Some(mut draft) = lines.next() {
            let mut parts = Vec::new();
            while let Some(part) = lines.next_if(|next| {
                next["type"].as_str().is_some_and(|name| name.ends_with(".lines_added"))
            }) {
                parts.push(part);
            }
            let id = draft.as_object_mut().and_then(|fields| fields.remove("id")).unwrap();
            if let Some(target) =
                draft["data"]["target"].as_str().filter(|_| draft["type"] == "event.voided")
            {
                let target = story.ids.get(target).copied().unwrap_or_default();
                draft["data"]["target"] = json!(target);
            }
            if plan.wrong > 0 && random.one_in(plan.wrong) {
                let wrong = story.wrong(&mut random, &draft);
                wrong.into_iter().for_each(|draft| {
                    story.record(draft);
                });
            }
            story.remember(&draft["data"]);
            let before = story.world.records.len();
            if story.record_parts(draft, parts) {
                let last = story.world.records[before].id;
                story.ids.insert(id.as_str().unwrap().to_owned(), last);
            }
        }
        story
    }

    /// Records a draft at a moment of its own; false if it is refused.
    pub fn record(&mut self, draft: Value) -> bool {
        self.record_parts(draft, Vec::new())
    }

    /// The same with the later parts of the document it opens.
    fn record_parts(&mut self, mut draft: Value, parts: Vec<Value>) -> bool {
        self.told += 1;
        let moment = draft["occurred_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        if let Some(moment) =
            moment.and_then(|at| Timestamp::from_micros(at.micros() + self.told).ok())
        {
            draft["occurred_at"] = json!(moment.to_string());
        }
        let name = draft["type"].as_str().unwrap_or_default().to_owned();
        let mut names = vec![name];
        let mut drafts = vec![draft];
        for mut part in parts {
            part["occurred_at"] = drafts[0]["occurred_at"].clone();
            part.as_object_mut().unwrap().remove("id");
            names.push(part["type"].as_str().unwrap_or_default().to_owned());
            drafts.push(part);
        }
        let in_parts = drafts.iter().any(|draft| !draft["data"]["parts"].is_null());
        let recorded = if in_parts {
            record_document(&mut self.world, drafts)
        } else {
            drafts.into_iter().try_for_each(|draft| self.world.record_draft(draft).map(drop))
        };
        match recorded {
            Ok(()) => names.into_iter().for_each(|name| *self.types.entry(name).or_default() += 1),
            Err(refused) => {
                *self
                    .refusals
                    .entry(refused.split(':').next().unwrap_or_default().to_owned())
                    .or_default() += 1;
                return false;
            }
        }
        true
    }

    fn remember(&mut self, data: &Value) {
        if let Value::Object(fields) = data {
            for (name, value) in fields {
                let known = self.seen.entry(name.clone()).or_default();
                if known.len() < 60 && !known.contains(value) {
                    known.push(value.clone());
                }
                self.remember(value);
            }
        }
        if let Value::Array(items) = data {
            items.iter().for_each(|item| self.remember(item));
        }
    }

    /// The draft, told wrongly: one or two drafts that the rules may or may not admit.
    fn wrong(&self, random: &mut Random, draft: &Value) -> Vec<Value> {
        let mut wrong = draft.clone();
        match random.below(28) {
            0 => return vec![draft.clone(), draft.clone()],
            24 | 25 => self.bend(random, &mut wrong["data"], Bend::Same),
            26 => self.bend(random, &mut wrong["data"], Bend::Nothing),
            27 if random.one_in(4) => return vec![json!(["no", "draft"])],
            1 => {
                wrong["occurred_at"] = json!(*random.pick(&[
                    "1999-05-05T00:00:00Z",
                    "2023-12-20T10:00:00Z",
                    "2150-01-01T00:00:00Z"
                ]));
            }
            2 => wrong["type"] = json!("client.forgotten"),
            3 => wrong["version"] = json!(99),
            4 => wrong["data"]["mood"] = json!("fine"),
            5 | 6 => return vec![self.some_void(random, draft)],
            7 => {
                let fields: Vec<String> = wrong["data"]
                    .as_object()
                    .map(|fields| fields.keys().cloned().collect())
                    .unwrap_or_default();
                if let Some(fields) = wrong["data"]
                    .as_object_mut()
                    .zip((!fields.is_empty()).then(|| random.pick(&fields).clone()))
                {
                    fields.0.remove(&fields.1);
                }
            }
            8 | 9 => {
                let back = i64::try_from(random.below(300) * 86_400_000_000).unwrap();
                let at: Timestamp = draft["occurred_at"].as_str().unwrap().parse().unwrap();
                wrong["occurred_at"] =
                    json!(Timestamp::from_micros(at.micros() - back).unwrap().to_string());
            }
            10..=14 => self.bend(random, &mut wrong["data"], Bend::Elsewhere),
            15..=17 => self.bend(random, &mut wrong["data"], Bend::Amount),
            18 => self.bend(random, &mut wrong["data"], Bend::Twice),
            19 => self.bend(random, &mut wrong["data"], Bend::Swapped),
            20 => self.bend(random, &mut wrong["data"], Bend::Currency),
            21 => self.bend(random, &mut wrong["data"], Bend::Garbage),
            22 => self.bend(random, &mut wrong["data"], Bend::Missing),
            _ => {
                self.bend(random, &mut wrong["data"], Bend::Elsewhere);
                self.bend(random, &mut wrong["data"], Bend::Amount);
            }
        }
        vec![wrong]
    }

    fn some_void(&self, random: &mut Random, draft: &Value) -> Value {
        let records = &self.world.records;
        let target = match random.below(8) {
            0 => records.iter().rev().find(|record| record.voids.is_some()).map(|record| record.id),
            1 => records
                .iter()
                .rev()
                .find_map(|record| record.voids)
                .map(|target| records[target.get() as usize - 1].id),
            2 => records.first().map(|record| record.id),
            3 => None,
            _ => (!records.is_empty()).then(|| {
                records[records.len() - 1 - random.below(records.len().min(40) as u64) as usize].id
            }),
        };
        json!({
            "type": "event.voided", "occurred_at": draft["occurred_at"],
            "data": {"target": target.unwrap_or(Uuid::from_u128(9)), "reason": "entered wrongly"},
        })
    }

    /// Changes one field somewhere in the data.
    fn bend(&self, random: &mut Random, data: &mut Value, bend: Bend) {
        let mut places = Vec::new();
        places_in(data, "", &mut places, bend);
        if places.is_empty() {
            return;
        }
        let place = random.pick(&places).clone();
        let Some(value) = data.pointer_mut(&place) else { return };
        let name = place.rsplit('/').find(|part| part.parse::<u32>().is_err()).unwrap_or_default();
        *value = match bend {
            Bend::Elsewhere => self
                .seen
                .get(name)
                .filter(|known| !known.is_empty())
                .map_or(json!("nobody"), |known| random.pick(known).clone()),
            Bend::Amount => json!(*random.pick(&[
                "0",
                "-1",
                "0.001",
                "0.0000001",
                "1000000",
                "99999999999",
                "3.5",
                "12"
            ])),
            Bend::Currency => json!(*random.pick(&["USD", "JPY", "XXX"])),
            Bend::Garbage => random
                .pick(&[
                    json!(7),
                    json!("a b"),
                    json!([]),
                    json!({}),
                    json!(null),
                    json!("2025-13-40"),
                    json!("x".repeat(5_000)),
                    json!("x".repeat(70_000)),
                ])
                .clone(),
            Bend::Twice => {
                let mut items = value.as_array().cloned().unwrap_or_default();
                items.extend(items.last().cloned());
                Value::Array(items)
            }
            Bend::Missing => {
                let mut fields = value.as_object().cloned().unwrap_or_default();
                let names: Vec<String> = fields.keys().cloned().collect();
                if !names.is_empty() {
                    fields.remove(random.pick(&names));
                }
                Value::Object(fields)
            }
            Bend::Nothing => json!([]),
            Bend::Same => Value::Object(same(value.as_object().cloned().unwrap_or_default())),
            Bend::Swapped => Value::Object(swapped(value.as_object().cloned().unwrap_or_default())),
        };
    }
}

/// How a field is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bend {
    /// What the same field says elsewhere.
    Elsewhere,
    /// Another amount.
    Amount,
    /// Another currency.
    Currency,
    /// Nothing that could stand there.
    Garbage,
    /// The last of a list once more.
    Twice,
    /// A member is missing.
    Missing,
    /// `from` and `to` change places, or the other way round.
    Swapped,
    /// What should differ is the same.
    Same,
    /// A list is empty.
    Nothing,
}

fn swapped(mut fields: Map<String, Value>) -> Map<String, Value> {
    for (one, other) in [("from", "to"), ("first", "last"), ("client", "into")] {
        if let (Some(a), Some(b)) = (fields.get(one).cloned(), fields.get(other).cloned()) {
            fields.insert(one.to_owned(), b);
            fields.insert(other.to_owned(), a);
        } else if let Some(a) = fields.get(one).cloned().filter(|_| one != "first") {
            fields.insert(other.to_owned(), a);
        }
    }
    fields
}

fn same(mut fields: Map<String, Value>) -> Map<String, Value> {
    for (one, other) in [
        ("from", "to"),
        ("client", "into"),
        ("absent", "deputy"),
        ("employee", "manager"),
        ("from_bank_account", "to_bank_account"),
        ("start", "end"),
    ] {
        if let Some(value) =
            fields.get(one).cloned().filter(|_| fields.contains_key(other) || one == "employee")
        {
            fields.insert(other.to_owned(), value);
        }
    }
    fields
}

/// The places in the data at which something can be bent so.
fn places_in(data: &Value, at: &str, places: &mut Vec<String>, bend: Bend) {
    let fits = match (bend, data) {
        (Bend::Elsewhere, Value::String(_) | Value::Number(_) | Value::Bool(_))
        | (Bend::Garbage, _)
        | (Bend::Twice | Bend::Nothing, Value::Array(_)) => true,
        (Bend::Missing | Bend::Swapped | Bend::Same, Value::Object(_)) => true,
        (Bend::Amount, Value::String(text)) => text.parse::<rust_decimal::Decimal>().is_ok(),
        (Bend::Currency, Value::String(text)) => {
            text.len() == 3 && text.chars().all(|letter| letter.is_ascii_uppercase())
        }
        _ => false,
    };
    if fits {
        places.push(at.to_owned());
    }
    match data {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| places_in(value, &format!("{at}/{name}"), places, bend)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(n, value)| places_in(value, &format!("{at}/{n}"), places, bend)),
        _ => (),
    }
}

/// Records a document in parts: all of them, or none if one is refused or missing.
pub fn record_document(world: &mut World, drafts: Vec<Value>) -> Result<(), String> {
    let (book, views, count) = (world.book.clone(), world.views.clone(), world.records.len());
    let recorded = drafts.into_iter().try_for_each(|draft| world.record_draft(draft).map(drop));
    let whole = recorded.and_then(|()| {
        missing_parts(&world.book)
            .map_or(Ok(()), |(rejection, _)| Err(format!("{}: {rejection}", rejection.name())))
    });
    if whole.is_err() {
        (world.book, world.views) = (book, views);
        world.records.truncate(count);
    }
    whole
}
