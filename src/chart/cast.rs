//! The rows of one picture. Invariant: what a mark says is what its cell says.

use rust_decimal::Decimal;
use sijil_projections::report::{Column, Table, Value};
use sijil_schemas::time::Date;

use crate::{
    Voice,
    mark::{Mark, MarkName, Shape},
};

/// The rows of a table that share a scale, and who says them.
pub(crate) struct Cast<'a> {
    pub(crate) table: &'a Table,
    pub(crate) rows: Vec<usize>,
    pub(crate) voice: &'a dyn Voice,
}

impl<'a> Cast<'a> {
    /// The place and the declaration of a column.
    fn column(&self, name: &str) -> Option<(usize, &'a Column)> {
        self.table.columns.iter().enumerate().find(|(_, column)| column.name == name)
    }
    pub(crate) fn has(&self, name: &str) -> bool {
        self.column(name).is_some()
    }
    fn value(&self, row: usize, name: &str) -> &'a Value {
        self.column(name).map_or(&Value::Null, |(at, _)| &self.table.rows[row][at].value)
    }
    pub(crate) fn is_null(&self, row: usize, name: &str) -> bool {
        *self.value(row, name) == Value::Null
    }
    /// The number a cell shows: of a share the per cent; 0 where it shows none.
    pub(crate) fn number(&self, row: usize, name: &str) -> Decimal {
        let value = self.value(row, name);
        let shown = || match value {
            Value::Percent(_) | Value::Number(_) => value.shown()?.parse().ok(),
            _ => None,
        };
        value.as_decimal().or_else(shown).unwrap_or_default()
    }
    /// The moment a cell shows, in microseconds; of a day its beginning in UTC.
    pub(crate) fn moment(&self, row: usize, name: &str) -> Option<Decimal> {
        let micros = match self.value(row, name) {
            Value::Time(time) => time.micros(),
            Value::Date(date) => begins(*date),
            _ => return None,
        };
        Some(Decimal::from(micros))
    }
    /// A cell in words.
    pub(crate) fn said(&self, row: usize, name: &str) -> String {
        self.column(name).map_or(String::new(), |(at, column)| {
            self.voice.value(column, &self.table.rows[row][at].value)
        })
    }
    pub(crate) fn heading(&self, name: &str) -> String {
        self.column(name).map_or(String::new(), |(_, column)| self.voice.heading(column))
    }
    /// What a row is of: the values of its key columns in words, but for the units.
    pub(crate) fn row_name(&self, row: usize) -> String {
        let cells = self.table.columns.iter().zip(&self.table.rows[row]);
        let said = cells
            .filter(|(column, _)| column.key)
            .map(|(column, cell)| self.voice.value(column, &cell.value));
        said.collect::<Vec<_>>().join(", ")
    }
    /// The mark of a cell.
    pub(crate) fn mark(
        &self,
        (row, column): (usize, &str),
        of: &str,
        shape: Shape,
        class: &'static str,
    ) -> Mark {
        let name = MarkName::new(of, &self.heading(column), &self.said(row, column));
        Mark::new(shape, class, self.voice.address(self.table, row, column), name)
    }
}

/// When a day begins in UTC, in microseconds.
fn begins(day: Date) -> i64 {
    day.start(&jiff::tz::TimeZone::UTC).micros()
}
