//! The answer of a report: rows of cells under typed columns. Invariant: a column says whether its
//! cells may be added up.

use std::borrow::Cow;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer, ser::SerializeMap};
use sijil_schemas::{
    Unit,
    money::Currency,
    time::{Date, Timestamp},
};

use super::{Behind, RowKey};
use crate::ratio::Ratio;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// An id.
    Id,
    /// A text.
    Text,
    /// A day.
    Date,
    /// A moment.
    Time,
    /// An amount in the unit of the row's `currency` or `unit` column.
    Amount,
    /// A quantity in the item's unit.
    Quantity,
    /// A percentage, shown with two decimals.
    Percent,
    /// A plain number, shown with two decimals.
    Number,
    /// A count.
    Count,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it is part of what tells rows apart.
    pub key: bool,
    /// Whether its cells may be added up.
    pub adds: Adds,
}

/// Whether the cells of a column may be added up over rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Adds {
    /// Over all rows of one unit: each record adds to one of them.
    Everywhere,
    /// Not over these columns: their rows count the same records, as counts of deals do on the row
    /// of each currency.
    NotOver(&'static [&'static str]),
    /// Never: a rate, a mean, a label, a number of different things.
    Never,
}

/// A column that tells rows apart.
#[must_use]
pub const fn key(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, key: true, adds: Adds::Never }
}
/// A column that holds a measure whose cells do not add up.
#[must_use]
pub const fn col(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, key: false, adds: Adds::Never }
}
/// A column that holds a measure whose cells add up over all rows of one unit.
#[must_use]
pub const fn sum(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, key: false, adds: Adds::Everywhere }
}

impl Column {
    /// The same, but its cells do not add up over these columns.
    #[must_use]
    pub const fn not_over(self, columns: &'static [&'static str]) -> Column {
        Column { adds: Adds::NotOver(columns), ..self }
    }
}

/// A value in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Undefined, or not applicable.
    Null,
    /// An id.
    Id(String),
    /// A text.
    Text(String),
    /// A day.
    Date(Date),
    /// A moment.
    Time(Timestamp),
    /// An amount, shown as it is.
    Amount(Decimal),
    /// A quantity, shown without trailing zeros.
    Quantity(Decimal),
    /// A share, exact, shown as a percentage with two decimals.
    Percent(Ratio),
    /// A number, exact, shown with two decimals.
    Number(Ratio),
    /// A count.
    Count(i64),
}

impl Value {
    /// A percentage; null where it is undefined.
    #[must_use]
    pub fn percent(ratio: Option<Ratio>) -> Value {
        ratio.map_or(Value::Null, Value::Percent)
    }
    /// A number; null where it is undefined.
    #[must_use]
    pub fn number(ratio: Option<Ratio>) -> Value {
        ratio.map_or(Value::Null, Value::Number)
    }
    /// A count of things.
    #[must_use]
    pub fn count(n: usize) -> Value {
        Value::Count(i64::try_from(n).unwrap_or(i64::MAX))
    }
    /// An amount of a currency, with at least its minor unit's decimal places.
    #[must_use]
    pub fn money(amount: Decimal, currency: Currency) -> Value {
        let mut shown = amount.normalize();
        if shown.scale() < currency.minor_unit() {
            shown.rescale(currency.minor_unit());
        }
        Value::Amount(shown)
    }
    /// An amount in a unit: money of a currency, or a quantity of an item.
    #[must_use]
    pub fn amount(amount: Decimal, unit: &Unit) -> Value {
        match unit {
            Unit::Currency(currency) => Value::money(amount, *currency),
            Unit::Item(_) => Value::Amount(amount.normalize()),
        }
    }
    /// An id, or null.
    #[must_use]
    pub fn id(id: Option<&str>) -> Value {
        id.map_or(Value::Null, |id| Value::Id(id.to_owned()))
    }
    /// The number it shows, if it is an amount, a quantity or a count.
    #[must_use]
    pub fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Value::Amount(amount) | Value::Quantity(amount) => Some(*amount),
            Value::Count(count) => Some(Decimal::from(*count)),
            Value::Null
            | Value::Id(_)
            | Value::Text(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::Percent(_)
            | Value::Number(_) => None,
        }
    }
    /// How it is shown; `None` for null.
    #[must_use]
    pub fn shown(&self) -> Option<String> {
        match self {
            Value::Null => None,
            Value::Id(text) | Value::Text(text) => Some(text.clone()),
            Value::Date(date) => Some(date.to_string()),
            Value::Time(time) => Some(time.to_string()),
            Value::Amount(amount) => Some(amount.to_string()),
            Value::Quantity(quantity) => Some(quantity.normalize().to_string()),
            Value::Percent(ratio) => {
                Some(ratio.times(&Ratio::whole(Decimal::ONE_HUNDRED)).round(2).to_string())
            }
            Value::Number(ratio) => Some(ratio.round(2).to_string()),
            Value::Count(count) => Some(count.to_string()),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Count(count) => s.serialize_i64(*count),
            other => other.shown().serialize(s),
        }
    }
}

impl JsonSchema for Value {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "integer", "null"],
            "description": "a count is a number, null is undefined, all else a text",
        })
    }
}

/// A value and the records behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The value.
    pub value: Value,
    /// The records behind it, if they were wanted and there are any.
    pub why: Option<Box<Behind>>,
}

impl From<Value> for Cell {
    fn from(value: Value) -> Cell {
        Cell { value, why: None }
    }
}

impl Cell {
    /// A value with what is behind it.
    pub(super) fn made_of(value: Value, behind: Behind) -> Cell {
        Cell { value, why: behind.is_wanted().then(|| Box::new(behind)) }
    }
}

/// A row of cells, in the order of the columns.
pub type Row = Vec<Cell>;

/// The answer of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Row>,
    /// What the rows do not say and a reader must know: how many were left out, where else to look.
    pub notes: Vec<String>,
}

impl Table {
    /// An empty table with these columns.
    #[must_use]
    pub fn new(columns: &[Column]) -> Table {
        Table { columns: columns.to_vec(), rows: Vec::new(), notes: Vec::new() }
    }
    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        debug_assert_eq!(row.len(), self.columns.len(), "a row has a cell for each column");
        self.rows.push(row);
    }
    /// The values of a row's key columns, null apart from what shows nothing.
    #[must_use]
    pub fn row_key(&self, row: &Row) -> RowKey {
        RowKey(
            self.columns
                .iter()
                .zip(row)
                .filter(|(column, _)| column.key)
                .map(|(_, cell)| cell.value.shown())
                .collect(),
        )
    }
    /// The values of a row's key columns, as shown.
    #[must_use]
    pub fn key_of(&self, row: &Row) -> Vec<String> {
        self.columns
            .iter()
            .zip(row)
            .filter(|(column, _)| column.key)
            .map(|(_, cell)| cell.value.shown().unwrap_or_default())
            .collect()
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        struct Rows<'a>(&'a Table);
        struct Named<'a>(&'a [Column], &'a Row);
        impl Serialize for Named<'_> {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_map(
                    self.0.iter().zip(self.1).map(|(column, cell)| (column.name, &cell.value)),
                )
            }
        }
        impl Serialize for Rows<'_> {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_seq(self.0.rows.iter().map(|row| Named(&self.0.columns, row)))
            }
        }
        let mut map = s.serialize_map(Some(3))?;
        map.serialize_entry("columns", &self.columns)?;
        map.serialize_entry("rows", &Rows(self))?;
        map.serialize_entry("notes", &self.notes)?;
        map.end()
    }
}

impl JsonSchema for Table {
    fn schema_name() -> Cow<'static, str> {
        "Table".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (column, value) =
            (generator.subschema_for::<Column>(), generator.subschema_for::<Value>());
        let columns = json_schema!({
            "type": "array", "items": column, "description": "the columns, in order",
        });
        let rows = json_schema!({
            "type": "array", "items": {"type": "object", "additionalProperties": value},
            "description": "the rows, by name of column",
        });
        let notes = json_schema!({
            "type": "array", "items": {"type": "string"},
            "description": "what the rows do not say: how many were left out, where else to look",
        });
        json_schema!({
            "type": "object", "properties": {"columns": columns, "rows": rows, "notes": notes},
            "required": ["columns", "rows", "notes"],
        })
    }
}
