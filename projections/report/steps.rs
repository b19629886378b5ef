//! The steps that lead a row of a report from one `known_at` to another. Invariant: the steps of a
//! row, and what stands for those that are not told one by one, add up to the row's difference in
//! every column.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use sijil_schemas::Position;

use super::{Cell, Column, ColumnKind, Row, Table, Value};

/// A column that changes: amounts, quantities and counts with their difference. A row that is not
/// there counts as zeros there, and as null elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Shifted {
    /// As shown before.
    pub before: Value,
    /// As shown after.
    pub after: Value,
    /// `after` − `before`, where null counts as zero; null where the column is no amount, quantity
    /// or count.
    pub difference: Value,
}

/// The columns that change, by name.
pub type Shifts = BTreeMap<&'static str, Shifted>;

/// One record's part in a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowStep {
    /// Where the record stands.
    pub position: Position,
    /// The row as known there, against the row as known at the position before it.
    pub moved: Shifts,
}

/// What stands for the steps that are not told one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Others {
    /// How many records these may be.
    pub records: u64,
    /// The position of the first of them.
    pub from: Position,
    /// The position of the last of them.
    pub to: Position,
    /// What they changed together.
    pub moved: Shifts,
}

/// One row that differs between two `known_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The values of the row's key columns.
    pub key: Vec<Value>,
    /// The row at the earlier position, by column; `None` if it was not there.
    pub before: Option<BTreeMap<&'static str, Value>>,
    /// The row at the later position, by column; `None` if it is not there.
    pub after: Option<BTreeMap<&'static str, Value>>,
    /// What differs between the two.
    pub moved: Shifts,
    /// The records that led from one to the other, in order of position.
    pub steps: Vec<RowStep>,
    /// What is left of the difference after these steps.
    pub others: Option<Others>,
}

/// Whether two values are shown alike.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Percent(x), Value::Percent(y)) | (Value::Number(x), Value::Number(y)) => {
            x == y || a.shown() == b.shown()
        }
        _ => a == b,
    }
}

/// The value a column has in a row that is not there, if this is its value in one that is.
fn absent(value: &Value) -> Value {
    match value {
        Value::Amount(amount) => Value::Amount(Decimal::new(0, amount.scale().min(2))),
        Value::Quantity(_) => Value::Quantity(Decimal::ZERO),
        Value::Count(_) => Value::Count(0),
        Value::Null
        | Value::Id(_)
        | Value::Text(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Percent(_)
        | Value::Number(_) => Value::Null,
    }
}

fn decimal(value: &Value) -> Decimal {
    match value {
        Value::Amount(amount) | Value::Quantity(amount) => *amount,
        _ => Decimal::ZERO,
    }
}

fn count(value: &Value) -> i64 {
    if let Value::Count(count) = value { *count } else { 0 }
}

fn difference(kind: ColumnKind, before: &Value, after: &Value) -> Value {
    match kind {
        ColumnKind::Amount => Value::Amount(decimal(after) - decimal(before)),
        ColumnKind::Quantity => Value::Quantity(decimal(after) - decimal(before)),
        ColumnKind::Count => Value::Count(count(after).saturating_sub(count(before))),
        ColumnKind::Id
        | ColumnKind::Text
        | ColumnKind::Date
        | ColumnKind::Time
        | ColumnKind::Percent
        | ColumnKind::Number => Value::Null,
    }
}

/// What differs between a row and the same row later; nothing if nothing shown does.
pub(super) fn shifts(columns: &[Column], before: Option<&Row>, after: Option<&Row>) -> Shifts {
    let mut all = Shifts::new();
    for (at, column) in columns.iter().enumerate().filter(|(_, column)| !column.key) {
        let value = |row: Option<&Row>| {
            row.and_then(|row| row.get(at)).map(|cell: &Cell| cell.value.clone())
        };
        let (before, after) = match (value(before), value(after)) {
            (None, None) => continue,
            (Some(before), None) => {
                let after = absent(&before);
                (before, after)
            }
            (None, Some(after)) => (absent(&after), after),
            (Some(before), Some(after)) => (before, after),
        };
        if !same(&before, &after) {
            let difference = difference(column.kind, &before, &after);
            all.insert(column.name, Shifted { before, after, difference });
        }
    }
    all
}

/// Both changes as one, the second after the first; what is as it was at first is left out.
fn together(columns: &[Column], mut first: Shifts, then: Shifts) -> Shifts {
    for (name, later) in then {
        let before = first.remove(name).map_or(later.before, |earlier| earlier.before);
        if !same(&before, &later.after) {
            let kind = columns
                .iter()
                .find(|column| column.name == name)
                .map_or(ColumnKind::Text, |column| column.kind);
            let difference = difference(kind, &before, &later.after);
            first.insert(name, Shifted { before, after: later.after, difference });
        }
    }
    first
}

impl Change {
    /// Adds what a record did; past `most` steps it is one of the others.
    pub(super) fn take(
        &mut self,
        columns: &[Column],
        position: Position,
        moved: Shifts,
        most: usize,
    ) {
        if self.others.is_none() && self.steps.len() < most {
            self.steps.push(RowStep { position, moved });
        } else {
            self.leave(columns, Others { records: 1, from: position, to: position, moved });
        }
    }
    /// Adds to what is not told one by one.
    pub(super) fn leave(&mut self, columns: &[Column], more: Others) {
        self.others = Some(match self.others.take() {
            None => more,
            Some(so_far) => Others {
                records: so_far.records + more.records,
                from: so_far.from,
                to: more.to,
                moved: together(columns, so_far.moved, more.moved),
            },
        });
    }
}

/// What a row is told apart by: the values of its key columns as shown; `None` for null.
pub(crate) type RowKey = Vec<Option<String>>;

fn key_of(columns: &[Column], row: &Row) -> RowKey {
    columns
        .iter()
        .zip(row)
        .filter(|(column, _)| column.key)
        .map(|(_, cell)| cell.value.shown())
        .collect()
}

/// The values of a row's key columns.
pub(super) fn key_values(columns: &[Column], row: &Row) -> Vec<Value> {
    columns
        .iter()
        .zip(row)
        .filter(|(column, _)| column.key)
        .map(|(_, cell)| cell.value.clone())
        .collect()
}

fn alike(a: &Row, b: &Row) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.value == y.value)
}

/// A row that may differ: its key, and how it was and is.
pub(crate) type Pair<'t> = (RowKey, Option<&'t Row>, Option<&'t Row>);

/// A row's values by column.
pub(crate) fn named(table: &Table, row: Option<&Row>) -> Option<BTreeMap<&'static str, Value>> {
    row.map(|row| {
        table
            .columns
            .iter()
            .zip(row)
            .map(|(column, cell)| (column.name, cell.value.clone()))
            .collect()
    })
}

/// The rows that are not the same in two answers, in order of their keys. Most answers differ in
/// few rows: what they begin and end with alike is passed over.
pub(crate) fn unlike<'t>(before: &'t Table, after: &'t Table) -> Vec<Pair<'t>> {
    let head = before.rows.iter().zip(&after.rows).take_while(|(a, b)| alike(a, b)).count();
    let (old, new) = (&before.rows[head..], &after.rows[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| alike(a, b)).count();
    let mut pairs: BTreeMap<RowKey, (Option<&'t Row>, Option<&'t Row>)> = BTreeMap::new();
    for row in &old[..old.len() - tail] {
        pairs.entry(key_of(&before.columns, row)).or_default().0 = Some(row);
    }
    for row in &new[..new.len() - tail] {
        pairs.entry(key_of(&after.columns, row)).or_default().1 = Some(row);
    }
    pairs.retain(|_, pair| !matches!(pair, (Some(a), Some(b)) if alike(a, b)));
    pairs.into_iter().map(|(key, (old, new))| (key, old, new)).collect()
}
