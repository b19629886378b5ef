//! R36: what one entity's records say about it. Invariant: a pure function of the records and the
//! reader's clocks; nothing is kept, so an erased personal value is gone from every state and
//! history at once.
//!
//! The records are those that name the entity, in any order; a reader of the log fetches them
//! (`Life::touching` says where they stand). The state is what its own records and the hand-overs
//! of it say, newest business time last; the history shows every record that names it.

mod effects;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sijil_schemas::{
    Position, Record,
    event::Birth,
    id::{EntityRef, Key},
    money::Amount,
    record::Voided,
    time::Timestamp,
};

use crate::cut::Lens;
use effects::{Effect, effects};

/// A field's value, and the record that gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Field {
    /// The value, as in the event's data.
    pub value: Value,
    /// Where the record stands.
    pub position: Position,
    /// Its business date.
    pub occurred_at: Timestamp,
    /// Who said so.
    pub actor: Key,
}

/// What is said of an entity at one cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// The entity.
    pub entity: EntityRef,
    /// How many records have it as home, voided or not, up to `known_at`.
    pub revision: u64,
    /// Where the record stands that opened it.
    pub opened: Position,
    /// Since when it exists.
    pub opened_at: Timestamp,
    /// Field to value: the newest that counts.
    pub fields: BTreeMap<String, Field>,
}

/// What a record changed in one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// The field.
    pub field: String,
    /// What it was; `None` if it had no value.
    pub before: Option<Field>,
    /// What it is; `None` if it has no value.
    pub after: Option<Field>,
}

/// One record in an entity's history: who, when, why, on whose behalf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Step<'a> {
    /// Where it stands.
    pub position: Position,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: &'static str,
    /// When it was so.
    pub occurred_at: Timestamp,
    /// When it was said.
    pub recorded_at: Timestamp,
    /// Who said it.
    pub actor: &'a Key,
    /// On whose behalf.
    pub on_behalf_of: Option<&'a Key>,
    /// Why: the reason the event gives; `None` if it gives none, or it was erased.
    pub reason: Option<String>,
    /// What it belongs together with.
    pub correlation: Option<&'a Key>,
    /// What caused it.
    pub causation: Option<&'a Key>,
    /// The system it came from.
    pub source: Option<&'a Key>,
    /// The entity it belongs to, if it is another one that names this.
    pub home: Option<EntityRef>,
    /// The record it voids.
    pub voids: Option<Position>,
    /// The record that voids it, as known.
    pub voided_by: Option<Position>,
    /// The same with who voided it, when and why.
    pub voided: Option<Voided>,
    /// What it changed in the entity; of a void, what goes back to what it is without the voided
    /// record.
    pub changes: Vec<Difference>,
}

/// What the records say of an entity at the lens; `None` if it does not exist there.
#[must_use]
pub fn state(entity: &EntityRef, records: &[Record], lens: Lens<'_>) -> Option<State> {
    let counting = in_order(
        records.iter().filter(|r| r.occurred_at() < lens.cut.before && lens.known(r.position)),
    );
    let opened = counting.iter().copied().find(|r| opens(entity, r))?;
    let mut fields = Fields::default();
    for record in counting {
        fields.put(&effects(entity, record), record);
    }
    let (revision, opened_at) = (revision(entity, records, lens), opened.occurred_at());
    Some(State {
        entity: entity.clone(),
        revision,
        opened: opened.position,
        opened_at,
        fields: fields.now(),
    })
}

/// Every record that names an entity, as known, and every void of one, in replay order, with what
/// each changed in it. What a voided record changed is taken back by the step of its void, which
/// stands behind all that was recorded before it, whatever business date it was given.
#[must_use]
pub fn history<'a>(entity: &EntityRef, records: &'a [Record], lens: Lens<'_>) -> Vec<Step<'a>> {
    let shown = |r: &&Record| {
        lens.recorded(r.position)
            && r.occurred_at() < lens.cut.before
            && r.event.touched().contains(entity)
    };
    let named: BTreeMap<Position, &Record> =
        records.iter().filter(shown).map(|r| (r.position, r)).collect();
    let target = |r: &'a Record| {
        r.voids
            .and_then(|of| named.get(&of).copied())
            .filter(|of| lens.void_of(of.position) == Some(r.position))
    };
    let voids: BTreeMap<Position, (&Record, &Record)> =
        records.iter().filter_map(|r| Some((r.position, (r, target(r)?)))).collect();
    let mut lines: Vec<(Timestamp, &Record, Option<&Record>)> =
        named.values().map(|r| (r.occurred_at(), *r, None)).collect();
    lines.extend(voids.values().map(|(void, of)| (void.occurred_at(), *void, Some(*of))));
    lines.sort_by_key(|(_, record, _)| record.position);
    let mut latest = Timestamp::MIN;
    for (at, _, target) in &mut lines {
        latest = latest.max(*at);
        *at = if target.is_some() { latest } else { *at };
    }
    lines.sort_by_key(|(at, record, _)| (*at, record.position));
    let mut told = Told::new(entity);
    let step = |(_, record, target): (Timestamp, &'a Record, Option<&'a Record>)| {
        let changes = match target {
            Some(target) => told.take_back(record, target),
            None => told.take(record),
        };
        let voided = lens
            .void_of(record.position)
            .and_then(|void| voids.get(&void))
            .map(|(void, _)| Voided::by(void));
        step(entity, record, target, voided, changes)
    };
    lines.into_iter().map(step).collect()
}

/// What is left of an entity whose opening was voided, as known, and its void; `None` if it exists,
/// or never did. Its status says that it is voided.
#[must_use]
pub fn voided(entity: &EntityRef, records: &[Record], lens: Lens<'_>) -> Option<(State, Voided)> {
    let openings = in_order(records.iter().filter(|r| {
        opens(entity, r) && lens.recorded(r.position) && r.occurred_at() < lens.cut.before
    }));
    let void = |of: &'_ Record| lens.void_of(of.position);
    let (void, opening) = openings
        .iter()
        .map(|of| Some((void(of)?, *of)))
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .max_by_key(|(void, _)| *void)?;
    let void = records.iter().find(|r| r.position == void)?;
    let fields = BTreeMap::from([(STATUS.to_owned(), said("voided".into(), void))]);
    let (revision, opened_at) = (revision(entity, records, lens), opening.occurred_at());
    Some((
        State { entity: entity.clone(), revision, opened: opening.position, opened_at, fields },
        Voided::by(void),
    ))
}

fn revision(entity: &EntityRef, records: &[Record], lens: Lens<'_>) -> u64 {
    let homes: BTreeSet<Position> = records
        .iter()
        .filter(|r| lens.reached(r.position) && r.event.home() == *entity)
        .map(|r| r.position)
        .collect();
    homes.len() as u64
}

/// The voids among the records of an entity that take back one that names it, as known, in order of
/// position.
pub fn voids<'a>(records: &'a [Record], lens: Lens<'_>) -> impl Iterator<Item = &'a Record> {
    records
        .iter()
        .filter(move |r| r.voids.is_some_and(|target| lens.void_of(target) == Some(r.position)))
}

fn opens(entity: &EntityRef, record: &Record) -> bool {
    record.event.home() == *entity && record.event.event_type().birth != Birth::Continues
}

/// What differs between two states of one entity, in order of the fields; of an entity that does
/// not exist, no field has a value.
#[must_use]
pub fn differences(before: Option<&State>, after: Option<&State>) -> Vec<Difference> {
    let none = BTreeMap::new();
    compare(before.map_or(&none, |s| &s.fields), after.map_or(&none, |s| &s.fields))
}

fn step<'a>(
    entity: &EntityRef,
    record: &'a Record,
    target: Option<&Record>,
    voided: Option<Voided>,
    changes: Vec<Difference>,
) -> Step<'a> {
    let home = target.unwrap_or(record).event.home();
    let envelope = &record.envelope;
    Step {
        position: record.position,
        event_type: record.event.event_type().name,
        occurred_at: record.occurred_at(),
        recorded_at: record.recorded_at,
        actor: &envelope.actor,
        on_behalf_of: envelope.on_behalf_of.as_ref(),
        reason: record.reason(),
        correlation: envelope.correlation.as_ref(),
        causation: envelope.causation.as_ref(),
        source: envelope.source.as_ref(),
        home: (home != *entity).then_some(home),
        voids: target.map(|target| target.position),
        voided_by: voided.as_ref().map(|void| void.position),
        voided,
        changes,
    }
}

/// What is said of an entity while its records are walked in order, and taken back.
struct Told<'a> {
    entity: &'a EntityRef,
    fields: Fields,
    /// What each record so far says, and whether it was taken back.
    said: Vec<(&'a Record, Vec<Effect>, bool)>,
    /// The status of an entity whose opening was taken back.
    status: Option<Field>,
}

/// The field that says of a voided entity that it is one.
const STATUS: &str = "status";

impl<'a> Told<'a> {
    fn new(entity: &'a EntityRef) -> Told<'a> {
        Told { entity, fields: Fields::default(), said: Vec::new(), status: None }
    }
    fn take(&mut self, record: &'a Record) -> Vec<Difference> {
        let effects = effects(self.entity, record);
        let mut changes = self.fields.take(&effects, record);
        self.said.push((record, effects, false));
        if let Some(status) = self.status.take_if(|_| opens(self.entity, record)) {
            // It is opened anew.
            match changes.iter_mut().find(|change| change.field == STATUS) {
                Some(change) => change.before = Some(status),
                None => changes.push(Difference {
                    field: STATUS.into(),
                    before: Some(status),
                    after: None,
                }),
            }
            changes.sort_by(|a, b| a.field.cmp(&b.field));
        }
        changes
    }
    /// The fields go back to what they are without the record.
    fn take_back(&mut self, void: &Record, target: &Record) -> Vec<Difference> {
        let before = self.shown();
        if let Some(said) =
            self.said.iter_mut().find(|(record, ..)| record.position == target.position)
        {
            said.2 = true;
        }
        self.fields = Fields::default();
        let standing = || self.said.iter().filter(|(.., taken_back)| !taken_back);
        for (record, effects, _) in standing() {
            self.fields.put(effects, record);
        }
        if opens(self.entity, target) && !standing().any(|(record, ..)| opens(self.entity, record))
        {
            self.status = Some(said("voided".into(), void));
        }
        compare(&before, &self.shown())
    }
    fn shown(&self) -> BTreeMap<String, Field> {
        match &self.status {
            Some(status) => BTreeMap::from([(STATUS.to_owned(), status.clone())]),
            None => self.fields.now(),
        }
    }
}

fn said(value: Value, record: &Record) -> Field {
    Field {
        value,
        position: record.position,
        occurred_at: record.occurred_at(),
        actor: record.envelope.actor.clone(),
    }
}

fn in_order<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<&'a Record> {
    let mut all: Vec<&Record> = records.collect();
    all.sort_by_key(|r| (r.occurred_at(), r.position));
    all.dedup_by_key(|r| r.position);
    all
}

fn compare(before: &BTreeMap<String, Field>, after: &BTreeMap<String, Field>) -> Vec<Difference> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let value =
        |fields: &BTreeMap<String, Field>, name: &String| fields.get(name).map(|f| f.value.clone());
    names.retain(|name| value(before, name) != value(after, name));
    names
        .into_iter()
        .map(|name| Difference {
            field: name.clone(),
            before: before.get(name).cloned(),
            after: after.get(name).cloned(),
        })
        .collect()
}

/// The values each field had, oldest first; `None` where it had none.
#[derive(Debug, Default)]
struct Fields(BTreeMap<String, Vec<Option<Field>>>);

impl Fields {
    /// Takes what a record says of the entity, and gives what that changes.
    fn take(&mut self, effects: &[Effect], record: &Record) -> Vec<Difference> {
        let all = effects.contains(&Effect::Clear).then(|| self.0.keys().cloned());
        let named: BTreeSet<String> = effects
            .iter()
            .filter_map(Effect::field)
            .map(str::to_owned)
            .chain(all.into_iter().flatten())
            .collect();
        let before = self.values(&named);
        self.put(effects, record);
        compare(&before, &self.values(&named))
    }
    /// Takes what a record says of the entity.
    fn put(&mut self, effects: &[Effect], record: &Record) {
        for effect in effects.iter().cloned() {
            match effect {
                Effect::Remove(field) => self.0.entry(field).or_default().push(None),
                Effect::Put(field, value) if is_nothing(&value) => {
                    self.0.entry(field).or_default().push(None);
                }
                Effect::Put(field, value) => {
                    self.0.entry(field).or_default().push(Some(said(value, record)));
                }
                Effect::Undo(field) => drop(self.0.entry(field).or_default().pop()),
                Effect::Add(field, amount) => {
                    let values = self.0.entry(field).or_default();
                    let sum = values
                        .last()
                        .and_then(Option::as_ref)
                        .and_then(decimal)
                        .unwrap_or_default()
                        + amount;
                    values.push(Some(said(Value::String(sum.to_string()), record)));
                }
                Effect::Clear => self.0.values_mut().for_each(|values| values.push(None)),
            }
        }
    }
    fn values(&self, names: &BTreeSet<String>) -> BTreeMap<String, Field> {
        names
            .iter()
            .filter_map(|name| Some((name.clone(), self.0.get(name)?.last()?.clone()?)))
            .collect()
    }
    fn now(&self) -> BTreeMap<String, Field> {
        self.0
            .iter()
            .filter_map(|(name, values)| Some((name.clone(), values.last()?.clone()?)))
            .collect()
    }
}

/// An absent value and an empty list say the same.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn decimal(field: &Field) -> Option<Decimal> {
    field.value.as_str()?.parse().ok().map(Amount::get)
}
