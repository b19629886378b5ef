#![doc = include_str!("README.md")]

mod canvas;
mod cast;
mod draw;
mod mark;
mod mirror;
mod scale;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_projections::report::{Column, Draw, Table, Value};

pub use mark::{Address, MarkName};
pub use mirror::Direction;

use cast::Cast;

/// The most figures of one table: one for each unit.
pub const FIGURES_MAX: usize = 3;

/// The columns whose values say what amounts are counted in: rows of two of them share no scale.
const UNITS: [&str; 2] = ["currency", "unit"];

/// Who says in words what a picture shows, and where its marks lead.
pub trait Voice {
    /// Which way the reader reads.
    fn direction(&self) -> Direction;
    /// The heading of a column.
    fn heading(&self, column: &Column) -> String;
    /// A value of a column as it is read; never empty.
    fn value(&self, column: &Column, value: &Value) -> String;
    /// A number on an axis.
    fn number(&self, number: Decimal) -> String;
    /// That so many rows stand in the table and not in the picture.
    fn more(&self, rows: usize) -> String;
    /// Where the mark of a cell leads: what makes the cell, or the thing it is of.
    fn address(&self, table: &Table, row: usize, column: &str) -> Address;
}

/// A drawn picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The unit of its numbers, where the table has several.
    pub unit: Option<String>,
    /// The picture: an `svg` element that has its colours from classes alone.
    pub svg: String,
    /// What its colours stand for: (class, heading); empty where there is one.
    pub legend: Vec<(&'static str, String)>,
}

/// Draws a table as declared: a figure for each unit of its amounts, those with most rows first, at
/// most [`FIGURES_MAX`]; none where the table lacks what is drawn or has no rows. `label` says what
/// the picture is of, to whoever cannot see it.
#[must_use]
pub fn figures(table: &Table, draw: &Draw, label: &str, voice: &dyn Voice) -> Vec<Figure> {
    let optional = |name: &&str| table.columns.iter().any(|column| column.name == *name);
    if table.rows.is_empty() || !draw::needed(draw).iter().all(optional) {
        return Vec::new();
    }
    let place = |name: &&str| table.columns.iter().position(|column| column.name == *name);
    let unit = UNITS.iter().find_map(place);
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, row) in table.rows.iter().enumerate() {
        let shown = unit.and_then(|unit| row[unit].value.shown());
        groups.entry(shown.unwrap_or_default()).or_default().push(at);
    }
    let mut groups: Vec<(String, Vec<usize>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
    let is_one = groups.len() == 1;
    let figure = |(unit, rows): (String, Vec<usize>)| {
        let unit = Some(unit).filter(|unit| !unit.is_empty());
        let label = match &unit {
            Some(unit) if !is_one => format!("{label}, {unit}"),
            _ => label.to_owned(),
        };
        let (svg, legend) = draw::drawn(&Cast { table, rows, voice }, draw, &label)?;
        Some(Figure { unit, svg, legend })
    };
    groups.into_iter().filter_map(figure).take(FIGURES_MAX).collect()
}
