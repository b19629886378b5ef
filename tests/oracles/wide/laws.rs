//! Laws that hold of every report, whatever it is asked. Invariant: each compares with an answer
//! that is recomputed from the raw records, or from all rows by hand.

use std::collections::BTreeMap;

use sijil_projections::{
    Views,
    report::{ReportError, Table},
};
use sijil_schemas::{Position, Record};

use super::questions::Question;
use crate::world::World;

/// The records that count at `known_at`, picked by hand: none later, none voided by then, and no
/// void. A rate that was voided stays, with its void, since what was recorded while it stood keeps
/// it.
fn counting(records: &[Record], known_at: u64) -> Vec<Record> {
    let known: Vec<&Record> =
        records.iter().filter(|record| record.position.get() <= known_at).collect();
    let is_rate = |record: &Record| record.event.event_type().name == "exchange_rate.set";
    let of_rate = |position: Position| {
        known.iter().any(|record| record.position == position && is_rate(record))
    };
    let voided = |position: Position| known.iter().any(|record| record.voids == Some(position));
    known
        .iter()
        .filter(|record| match record.voids {
            Some(target) => of_rate(target),
            None => is_rate(record) || !voided(record.position),
        })
        .map(|record| (*record).clone())
        .collect()
}

/// A ledger that never heard of anything else than what counts at `known_at`; positions stay as
/// they were.
pub fn as_known(world: &World, known_at: u64) -> World {
    let records = counting(&world.records, known_at);
    let mut views = Views::default();
    records.iter().for_each(|record| views.apply(record));
    World { views, records, ..World::default() }
}

/// What was not as it must be.
pub type Wrong = String;

fn same(
    question: &Question,
    what: &str,
    one: &Result<Table, ReportError>,
    other: &Result<Table, ReportError>,
) -> Result<(), Wrong> {
    if one == other {
        return Ok(());
    }
    let shown = |answer: &Result<Table, ReportError>| match answer {
        Ok(table) => {
            World::rows(table).iter().map(|row| format!("{row:?}")).collect::<Vec<_>>().join("\n  ")
        }
        Err(error) => error.to_string(),
    };
    Err(format!(
        "{} {:?} {what}\n  {}\nexpected\n  {}",
        question.report.name,
        question.parameters,
        shown(one),
        shown(other)
    ))
}

/// What is asked at `known_at` is what a ledger says that never heard of anything later, or voided
/// by then.
pub fn two_clocks(
    world: &World,
    then: &World,
    question: &Question,
    as_of: Option<&str>,
    known_at: u64,
) -> Result<Option<Table>, Wrong> {
    let answer = question.ask(world, as_of, Some(known_at));
    same(
        question,
        &format!("as_of {as_of:?} known_at {known_at}"),
        &answer,
        &question.ask(then, as_of, Some(known_at)),
    )?;
    Ok(answer.ok())
}

/// The column a parameter keeps rows by: those with its value, and no others. Other parameters
/// choose what is counted at all.
fn kept_by(question: &Question, name: &str, table: &Table) -> Option<&'static str> {
    let report = question.report.name;
    let column = match (report, name) {
        // Amounts of one currency stand in rows of their own, unless all are given in the base
        // currency, stand in periods that begin with the first of them, or are classified.
        ("receivables" | "statement", "currency")
            if question.value("in").as_deref() != Some("base") =>
        {
            name
        }
        (_, "warehouse" | "item" | "pipeline" | "deal" | "unit") => name,
        ("statement" | "counterparty_links", "client" | "counterparty") => name,
        _ => return None,
    };
    table.columns.iter().find(|has| has.name == column && has.key).map(|has| has.name)
}

/// With a filter, the rows are those of the answer without it that have its value.
pub fn filters(
    world: &World,
    question: &Question,
    as_of: Option<&str>,
    table: &Table,
) -> Result<u64, Wrong> {
    let mut compared = 0;
    for (name, value) in &question.parameters {
        let Some(column) = kept_by(question, name, table) else { continue };
        let Ok(all) = question.without(name).ask(world, as_of, None) else { continue };
        let rows = |table: &Table| -> Vec<BTreeMap<&'static str, String>> { World::rows(table) };
        let expected: Vec<_> =
            rows(&all).into_iter().filter(|row| row.get(column) == Some(value)).collect();
        let found = rows(table);
        if found != expected {
            return Err(format!(
                "{} {:?} by {column} as_of {as_of:?}\n  {found:?}\nexpected\n  {expected:?}",
                question.report.name, question.parameters
            ));
        }
        compared += 1;
    }
    Ok(compared)
}
