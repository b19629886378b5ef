//! Two states of the same folds, row by row. Invariant: what is asked of both does not depend on
//! what they hold, and folds with equal digests differ in no row.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use sijil_schemas::{
    Position,
    id::Kind,
    time::{Date, Timestamp},
};

use crate::{
    Cut, Folds,
    report::{
        Arguments, Column, ColumnKind, Context, Pair, ParameterKind, Report, Table, Value, col,
        key, named, unlike,
    },
    reports,
};

/// The name of the question that lists every entity with its revision.
const ENTITIES: &str = "entities";
const ENTITY_COLUMNS: &[Column] =
    &[key("kind", ColumnKind::Text), key("id", ColumnKind::Id), col("revision", ColumnKind::Count)];
/// What a report that gives no table answers.
const REFUSED: &[Column] = &[key("refused", ColumnKind::Text)];

/// A row that differs between two states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Differing {
    /// The report, or `entities`: every entity with its revision.
    pub report: &'static str,
    /// What it was asked with, defaults left out.
    pub parameters: BTreeMap<&'static str, String>,
    /// The values of the row's key columns.
    pub key: Vec<String>,
    /// The row by the state before, by column; `None` if it was not there.
    pub before: Option<BTreeMap<&'static str, Value>>,
    /// The row by the state after, by column; `None` if it is not there.
    pub after: Option<BTreeMap<&'static str, Value>>,
}

/// One question that is asked of both states.
#[derive(Debug, Clone)]
pub struct Probe {
    /// None lists the entities.
    report: Option<&'static Report>,
    parameters: BTreeMap<&'static str, String>,
    /// The day that reports measure to.
    today: Date,
}

impl Probe {
    /// Every question: the entities; each report with its defaults, then with each other value of
    /// each of its choices. What measures to a date measures to `today`, what wants a window is
    /// asked about the twelve whole months before; reports about one entity alone are not asked.
    #[must_use]
    pub fn all(today: Date) -> Vec<Probe> {
        let mut plain = vec![Probe { report: None, parameters: BTreeMap::new(), today }];
        let mut chosen = Vec::new();
        let (first, last) = twelve_months(today);
        for report in reports::all() {
            let mut parameters = BTreeMap::new();
            let mut of_one = false;
            for wanted in report.parameters.iter().filter(|p| p.required) {
                match (wanted.name, wanted.kind) {
                    ("from", ParameterKind::Date) => {
                        drop(parameters.insert("from", first.to_string()));
                    }
                    ("to", ParameterKind::Date) => drop(parameters.insert("to", last.to_string())),
                    _ => of_one = true,
                }
            }
            if of_one {
                continue;
            }
            for parameter in report.parameters {
                let ParameterKind::Choice(values) = parameter.kind else { continue };
                for value in values.iter().filter(|value| Some(**value) != parameter.default) {
                    let parameters = parameters
                        .clone()
                        .into_iter()
                        .chain([(parameter.name, (*value).to_owned())])
                        .collect();
                    chosen.push(Probe { report: Some(report), parameters, today });
                }
            }
            plain.push(Probe { report: Some(report), parameters, today });
        }
        plain.extend(chosen);
        plain
    }

    /// What a state answers at a position; a report that says no answers with the name of its
    /// error.
    #[must_use]
    pub fn ask(&self, folds: Folds<'_>, known_at: Position) -> Table {
        let zone = folds.company.zone();
        let Some(report) = self.report else { return entities(folds, known_at) };
        let before =
            if report.needs_as_of { self.today.plus_days(1).start(&zone) } else { Timestamp::END };
        let cut = Cut { before, known_at, except: None };
        let arguments = Arguments::parse(
            report,
            self.parameters.iter().map(|(name, value)| (*name, value.as_str())),
        );
        let answer = arguments.and_then(|arguments| {
            (report.run)(&Context {
                views: folds,
                cut,
                zone,
                arguments: &arguments,
                explain: false,
            })
        });
        answer.unwrap_or_else(|error| {
            let mut table = Table::new(REFUSED);
            table.push(vec![Value::Text(error.name().into()).into()]);
            table
        })
    }

    /// The rows in which two answers differ, in order of their keys.
    #[must_use]
    pub fn differing(&self, before: &Table, after: &Table) -> Vec<Differing> {
        let row = |(key, old, new): Pair<'_>| Differing {
            report: self.report.map_or(ENTITIES, |report| report.name),
            parameters: self.parameters.clone(),
            key: key.into_iter().map(Option::unwrap_or_default).collect(),
            before: named(before, old),
            after: named(after, new),
        };
        unlike(before, after).into_iter().map(row).collect()
    }
}

fn entities(folds: Folds<'_>, known_at: Position) -> Table {
    let lens = folds.lens(Cut { before: Timestamp::END, known_at, except: None });
    let mut table = Table::new(ENTITY_COLUMNS);
    for kind in Kind::ALL {
        for (id, life) in folds.entities.of_kind(*kind, lens) {
            let revision = i64::try_from(life.revision(known_at)).unwrap_or(i64::MAX);
            table.push(vec![
                Value::Text(kind.to_string()).into(),
                Value::Id(id.into()).into(),
                Value::Count(revision).into(),
            ]);
        }
    }
    table
}

/// The first and last day of the twelve whole months before that of a day.
fn twelve_months(today: Date) -> (Date, Date) {
    let first = today.civil().first_of_month();
    let begin = first.checked_sub(jiff::Span::new().months(12)).unwrap_or(first);
    let end = first.yesterday().unwrap_or(first);
    (Date::from_civil(begin), Date::from_civil(end))
}
