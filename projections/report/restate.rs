//! Restatement and explanation, for any report. Invariant: a cause is a record whose absence would change the row.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use sijil_schemas::Position;

use super::{Context, Report, ReportError, Row, Table, Value};
use crate::cut::Cut;

/// The most records that are tried one by one as causes.
pub(crate) const CAUSES_TRIED_MAX: usize = 1_000;

/// One row that differs between two `known_at`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// The values of the row's key columns.
    pub key: Vec<String>,
    /// The row at the earlier position, by column; `None` if it was not there.
    pub before: Option<BTreeMap<&'static str, Value>>,
    /// The row at the later position, by column; `None` if it is not there.
    pub after: Option<BTreeMap<&'static str, Value>>,
    /// The records that cause the difference.
    pub causes: Vec<Cause>,
}

/// A record that causes a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cause {
    /// Where it stands.
    pub position: Position,
    /// Which columns would differ without it, with what they would be.
    pub without: BTreeMap<&'static str, Value>,
}

fn at(report: &Report, context: &Context<'_>, cut: Cut, explain: bool) -> Result<Table, ReportError> {
    (report.run)(&Context { cut, explain, ..context.clone() })
}

pub(crate) fn by_key(table: &Table) -> Rows<'_> {
    table.rows.iter().map(|row| (table.key_of(row), row)).collect()
}

pub(crate) fn named(table: &Table, row: Option<&&Row>) -> Option<BTreeMap<&'static str, Value>> {
    row.map(|row| table.columns.iter().zip(row.iter()).map(|(column, cell)| (column.name, cell.value.clone())).collect())
}

type Rows<'a> = BTreeMap<Vec<String>, &'a Row>;

fn same(a: Option<&&Row>, b: Option<&&Row>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.iter().zip(b.iter()).all(|(x, y)| x.value == y.value),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// The keys of the rows that differ, in order.
pub(crate) fn differing<'a>(old: &'a Rows<'_>, new: &'a Rows<'_>) -> Vec<&'a Vec<String>> {
    let mut keys: Vec<&Vec<String>> = old.keys().chain(new.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.retain(|key| !same(old.get(*key), new.get(*key)));
    keys
}

/// The same report at two positions, row by row: what differs, and because of which records in between. The context's `known_at` is the later position.
pub fn restate(report: &Report, context: &Context<'_>, from: Position) -> Result<Vec<Change>, ReportError> {
    let (earlier_cut, later_cut) = (Cut { known_at: from, ..context.cut }, context.cut);
    let (earlier, later) = (at(report, context, earlier_cut, true)?, at(report, context, later_cut, true)?);
    let (old, new) = (by_key(&earlier), by_key(&later));
    let keys = differing(&old, &new);
    let mut changes: Vec<Change> = keys
        .iter()
        .map(|key| Change { key: (*key).clone(), before: named(&earlier, old.get(*key)), after: named(&later, new.get(*key)), causes: Vec::new() })
        .collect();
    for position in suspects(&keys, &old, &new, context, from) {
        let without = match at(report, context, Cut { except: Some(position), ..later_cut }, false) {
            // Without this rate there would be no figure in the base currency, and so no row.
            Err(ReportError::MissingRate { .. }) => Table::new(&later.columns),
            answer => answer?,
        };
        let rows = by_key(&without);
        for change in &mut changes {
            if !same(rows.get(&change.key), new.get(&change.key)) {
                let row = named(&without, rows.get(&change.key)).unwrap_or_default();
                let differs = row.into_iter().filter(|(column, value)| change.after.as_ref().and_then(|a| a.get(column)) != Some(value)).collect();
                change.causes.push(Cause { position, without: differs });
            }
        }
    }
    Ok(changes)
}

/// Records that may be causes: those behind the rows that differ, the voids, and (unless amounts are asked for in their own currencies) the exchange rates, recorded
/// after `from`.
fn suspects(keys: &[&Vec<String>], old: &Rows<'_>, new: &Rows<'_>, context: &Context<'_>, from: Position) -> Vec<Position> {
    let within = |p: &Position| *p > from && *p <= context.cut.known_at;
    let rows = keys.iter().flat_map(|key| [old.get(*key), new.get(*key)]).flatten();
    let voids = context.views.voids.iter().map(|(_, void)| void);
    let mut all: Vec<Position> = rows.flat_map(|row| row.iter().flat_map(|cell| cell.why.iter().copied())).chain(voids).filter(within).collect();
    all.sort_unstable();
    all.dedup();
    if !context.arguments.is("in", "own") {
        // A rate is no record behind a number, but what it would be without it is another number; they come last, since there may be one a day.
        let rates: Vec<Position> = context.views.company.rates_recorded().filter(within).collect();
        all.extend(rates);
    }
    all.truncate(CAUSES_TRIED_MAX);
    all
}

/// The positions of the records behind one cell, or behind the whole row if no column is named.
pub fn explain(report: &Report, context: &Context<'_>, key: &[String], column: Option<&str>) -> Result<Vec<Position>, ReportError> {
    let table = at(report, context, context.cut, true)?;
    let missing = || ReportError::NoSuchCell { row: key.join(","), column: column.unwrap_or_default().into() };
    let row = table.rows.iter().find(|row| table.key_of(row) == key).ok_or_else(missing)?;
    if column.is_some_and(|name| !table.columns.iter().any(|c| c.name == name)) {
        return Err(missing());
    }
    let cells = table.columns.iter().zip(row).filter(|(c, _)| column.is_none_or(|name| c.name == name));
    let mut positions: Vec<Position> = cells.flat_map(|(_, cell)| cell.why.iter().copied()).collect();
    positions.sort_unstable();
    positions.dedup();
    Ok(positions)
}
