//! `sijil restate`: what changed in a report, and by which records. Invariant: the lines of a row
//! add up from its first to its last.

use serde_json::Value;

use crate::{
    arguments::Restate,
    door::{Door, escaped, get, path},
    error::CliError,
    output::{Format, Rows, say, shown, write},
    read::asked,
};

/// `sijil restate`: for people a statement of each row, for machines a line for each column that a
/// record changed.
pub(crate) fn restate(
    door: &dyn Door,
    arguments: &Restate,
    format: Format,
) -> Result<(), CliError> {
    let mut all = asked(&arguments.asked)?;
    all.push(("since".into(), arguments.since.clone()));
    let answer = get(
        door,
        path(&format!("/v1/reports/{}/restatement", escaped(&arguments.asked.report)), &all),
    )?;
    let restated = Restated::of(&answer);
    if restated.changes.is_empty() {
        say(&format!("no row differs between positions {} and {}", answer["from"], answer["to"]));
    }
    if let (Some(from), Some(to)) =
        (answer["untold"]["from"].as_u64(), answer["untold"]["to"].as_u64())
    {
        say(&format!(
            "positions {from} to {to} were not looked at one by one; what they changed stands as \
             others: ask with a later --since or an earlier --known-at"
        ));
    }
    let rows = if format == Format::Csv { restated.lines() } else { restated.statement() };
    write(&rows, format, &answer)
}

/// The columns that say by which record, for machines.
const BY: &[&str] = &[
    "position",
    "occurred_at",
    "recorded_at",
    "type",
    "actor",
    "on_behalf_of",
    "document",
    "reason",
    "voids",
    "records",
];
/// The same for people.
const SAID: &[&str] =
    &["position", "occurred_at", "recorded_at", "type", "actor", "document", "why"];

struct Restated<'a> {
    answer: &'a Value,
    keys: Vec<String>,
    /// The columns that change in some row, in the report's order, and whether each holds numbers.
    measures: Vec<(String, bool)>,
    changes: Vec<&'a Value>,
}

/// The steps of a row, then what stands for the others.
fn parts(change: &Value) -> impl Iterator<Item = &Value> {
    change["steps"]
        .as_array()
        .into_iter()
        .flatten()
        .chain(Some(&change["others"]).filter(|others| others.is_object()))
}

fn is_others(part: &Value) -> bool {
    part["records"].is_number()
}

/// What a column did: its difference with a sign, or what it became.
fn movement(moved: &Value) -> String {
    let difference = shown(&moved["difference"]);
    match (moved.is_object(), difference.is_empty(), difference.starts_with('-')) {
        (false, ..) => String::new(),
        (true, true, _) => format!(
            "→ {}",
            if moved["after"].is_null() { "nothing".to_owned() } else { shown(&moved["after"]) }
        ),
        (true, false, true) => difference,
        (true, false, false) => format!("+{difference}"),
    }
}

impl<'a> Restated<'a> {
    fn of(answer: &'a Value) -> Restated<'a> {
        let changes: Vec<&Value> = answer["changes"].as_array().into_iter().flatten().collect();
        let columns: Vec<&Value> = answer["columns"].as_array().into_iter().flatten().collect();
        let (mut keys, mut measures) = (Vec::new(), Vec::new());
        for column in columns {
            let name = shown(&column["name"]);
            let moves = |change: &&Value| {
                parts(change).chain([*change]).any(|part| part["moved"].get(&name).is_some())
            };
            if column["key"] == true {
                keys.push(name);
            } else if changes.iter().any(moves) {
                let number = matches!(
                    column["kind"].as_str(),
                    Some("amount" | "quantity" | "percent" | "number" | "count")
                );
                measures.push((name, number));
            }
        }
        Restated { answer, keys, measures, changes }
    }

    /// For people: each row as it was, what each record did to it, and as it is.
    fn statement(&self) -> Rows {
        let mut cells = Vec::new();
        for change in &self.changes {
            let key = change["key"].as_array().into_iter().flatten().map(shown).collect();
            let end = |part: &str, position: &Value, key: Vec<String>| {
                let said = [
                    shown(position),
                    String::new(),
                    String::new(),
                    part.to_owned(),
                    String::new(),
                    String::new(),
                    String::new(),
                ];
                let value = |(name, _): &(String, bool)| shown(&change[part][name.as_str()]);
                [key, said.into(), self.measures.iter().map(value).collect()].concat()
            };
            cells.push(end("before", &self.answer["from"], key));
            cells.extend(parts(change).map(|part| self.entry(part)));
            cells.push(end("after", &self.answer["to"], vec![String::new(); self.keys.len()]));
        }
        let columns = self
            .keys
            .iter()
            .cloned()
            .chain(SAID.iter().map(ToString::to_string))
            .chain(self.measures.iter().map(|(name, _)| name.clone()));
        let right = self
            .keys
            .iter()
            .map(|_| false)
            .chain(SAID.iter().map(|name| *name == "position"))
            .chain(self.measures.iter().map(|(_, number)| *number));
        Rows { columns: columns.collect(), right: right.collect(), cells }
    }

    fn entry(&self, part: &Value) -> Vec<String> {
        let said = if is_others(part) {
            let others = format!("others ({} records)", part["records"]);
            [
                format!("{}–{}", part["from"], part["to"]),
                String::new(),
                String::new(),
                others,
                String::new(),
                String::new(),
                String::new(),
            ]
        } else {
            let voids = &part["voids"];
            let voided = if voids.is_object() {
                format!("voids {} of {}", shown(&voids["type"]), voids["position"])
            } else {
                String::new()
            };
            let why = [voided, shown(&part["reason"])]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join(": ");
            let of = |name: &str| shown(&part[name]);
            [
                of("position"),
                of("occurred_at"),
                of("recorded_at"),
                of("type"),
                of("actor"),
                of("document"),
                why,
            ]
        };
        let moved =
            self.measures.iter().map(|(name, _)| movement(&part["moved"][name.as_str()])).collect();
        [vec![String::new(); self.keys.len()], said.into(), moved].concat()
    }

    /// For machines: a line for each column that a record, or the others together, changed.
    fn lines(&self) -> Rows {
        let mut cells = Vec::new();
        for change in &self.changes {
            let key: Vec<String> =
                change["key"].as_array().into_iter().flatten().map(shown).collect();
            for part in parts(change) {
                let by = |name: &&str| match *name {
                    "voids" => shown(&part["voids"]["position"]),
                    "position" if is_others(part) => shown(&part["to"]),
                    name => shown(&part[name]),
                };
                for (name, moved) in part["moved"].as_object().into_iter().flatten() {
                    let shift = ["before", "after", "difference"].map(|of| shown(&moved[of]));
                    cells.push(
                        [
                            key.clone(),
                            vec![name.clone()],
                            shift.into(),
                            BY.iter().map(by).collect(),
                        ]
                        .concat(),
                    );
                }
            }
        }
        let shift = ["column", "before", "after", "difference"].map(ToOwned::to_owned);
        let columns: Vec<String> = self
            .keys
            .iter()
            .cloned()
            .chain(shift)
            .chain(BY.iter().map(|name| format!("by_{name}")))
            .collect();
        Rows { right: vec![false; columns.len()], columns, cells }
    }
}
