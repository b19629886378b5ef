//! Rows on their way into tables, as the text of `COPY`. Invariant: a row has a value of the right
//! type for each column of its table, in their order.

use std::fmt::Write;

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    money::{Amount, Quantity},
    time::{Date, Timestamp},
};

use crate::table::{Column, Table, Type};

/// A value of a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'v> {
    Null,
    Text(&'v str),
    Integer(i64),
    Numeric(Decimal),
    Boolean(bool),
    Date(Date),
    Time(Timestamp),
    Json(serde_json::Value),
}

impl<'v> From<&'v str> for Cell<'v> {
    fn from(text: &'v str) -> Self {
        Cell::Text(text)
    }
}
impl<'v> From<&'v String> for Cell<'v> {
    fn from(text: &'v String) -> Self {
        Cell::Text(text)
    }
}
impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Cell::Integer(number)
    }
}
impl From<u32> for Cell<'_> {
    fn from(number: u32) -> Self {
        Cell::Integer(i64::from(number))
    }
}
impl From<usize> for Cell<'_> {
    fn from(number: usize) -> Self {
        Cell::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}
impl From<Position> for Cell<'_> {
    fn from(position: Position) -> Self {
        Cell::Integer(i64::try_from(position.get()).unwrap_or(i64::MAX))
    }
}
impl From<Decimal> for Cell<'_> {
    fn from(number: Decimal) -> Self {
        Cell::Numeric(number)
    }
}
impl From<Amount> for Cell<'_> {
    fn from(amount: Amount) -> Self {
        Cell::Numeric(amount.get())
    }
}
impl From<Quantity> for Cell<'_> {
    fn from(quantity: Quantity) -> Self {
        Cell::Numeric(quantity.get())
    }
}
impl From<bool> for Cell<'_> {
    fn from(flag: bool) -> Self {
        Cell::Boolean(flag)
    }
}
impl From<Date> for Cell<'_> {
    fn from(date: Date) -> Self {
        Cell::Date(date)
    }
}
impl From<Timestamp> for Cell<'_> {
    fn from(time: Timestamp) -> Self {
        Cell::Time(time)
    }
}
impl From<serde_json::Value> for Cell<'_> {
    fn from(value: serde_json::Value) -> Self {
        Cell::Json(value)
    }
}
impl<'v, T: Into<Cell<'v>>> From<Option<T>> for Cell<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Null, Into::into)
    }
}

impl Cell<'_> {
    fn fits(&self, column: &Column) -> bool {
        match self {
            Cell::Null => column.optional,
            Cell::Text(_) => column.of == Type::Text,
            Cell::Integer(_) => column.of == Type::Integer,
            Cell::Numeric(_) => column.of == Type::Numeric,
            Cell::Boolean(_) => column.of == Type::Boolean,
            Cell::Date(_) => column.of == Type::Date,
            Cell::Time(_) => column.of == Type::Time,
            Cell::Json(_) => column.of == Type::Json,
        }
    }
    fn write(&self, out: &mut String) {
        let written = match self {
            Cell::Null => write!(out, "\\N"),
            Cell::Text(text) => {
                escape(text, out);
                Ok(())
            }
            Cell::Integer(number) => write!(out, "{number}"),
            // One number, one text: what is equal is equal in the tables, too.
            Cell::Numeric(number) => write!(out, "{}", number.normalize()),
            Cell::Boolean(flag) => write!(out, "{flag}"),
            Cell::Date(date) => write!(out, "{date}"),
            Cell::Time(time) => write!(out, "{time}"),
            Cell::Json(value) => {
                escape(&value.to_string(), out);
                Ok(())
            }
        };
        debug_assert!(written.is_ok(), "a string takes whatever is written");
    }
}

/// A text as `COPY` reads it. A zero byte, which no text of Postgres can hold, is left out.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => (),
            other => out.push(other),
        }
    }
}

/// The rows of some tables.
#[derive(Debug)]
pub(crate) struct Sheet {
    tables: Vec<(&'static Table, String)>,
    personal: bool,
    rows: u64,
}

impl Sheet {
    pub(crate) fn new(tables: &[&'static Table], personal: bool) -> Sheet {
        Sheet { tables: tables.iter().map(|t| (*t, String::new())).collect(), personal, rows: 0 }
    }
    /// Begins a row; it ends when the last value was put.
    pub(crate) fn row(&mut self, table: &'static Table, position: Position) -> Row<'_> {
        self.rows += 1;
        let place = self.tables.iter().position(|(t, _)| std::ptr::eq(*t, table));
        let Some(place) = place else { unreachable!("{} is a table of this group", table.name) };
        Row { table, out: &mut self.tables[place].1, next: 0, position, personal: self.personal }
    }
    /// Whether what is personal is asked for.
    pub(crate) const fn personal(&self) -> bool {
        self.personal
    }
    /// How many rows there were.
    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }
    /// Each table with its rows so far.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&'static Table, &str)> {
        self.tables.iter().map(|(table, rows)| (*table, rows.as_str()))
    }
    /// Takes the rows of a table out.
    pub(crate) fn take(&mut self, place: usize) -> String {
        std::mem::take(&mut self.tables[place].1)
    }
}

/// A row in the making.
pub(crate) struct Row<'s> {
    table: &'static Table,
    out: &'s mut String,
    next: usize,
    position: Position,
    personal: bool,
}

impl Row<'_> {
    /// The value of the next column; a personal one is left out where it is not asked for.
    pub(crate) fn put<'v>(mut self, value: impl Into<Cell<'v>>) -> Self {
        let (column, value) = (&self.table.columns[self.next], value.into());
        debug_assert!(
            value.fits(column),
            "{}.{} takes {:?}, got {value:?}",
            self.table.name,
            column.name,
            column.of
        );
        self.next += 1;
        if self.personal || !column.personal {
            value.write(self.out);
            self.out.push('\t');
        }
        self
    }
}

impl Drop for Row<'_> {
    fn drop(&mut self) {
        debug_assert_eq!(
            self.next,
            self.table.columns.len(),
            "{} has a value for each column",
            self.table.name
        );
        Cell::from(self.position).write(self.out);
        self.out.push('\n');
    }
}
