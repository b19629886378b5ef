//! What every report is: a pure function of views and parameters to a table with typed columns. Invariant: a report is registered once, and HTTP, CLI, OpenAPI, CSV,
//! restatement and `explain` are all made from that.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer, ser::SerializeMap};
use sijil_schemas::{
    Position, Unit,
    money::Currency,
    near::hint,
    time::{Date, Timestamp},
};

use crate::{
    cut::{Cut, Lens},
    ratio::Ratio,
    views::Folds,
};

mod arguments;
mod carrier;
pub(crate) mod parameters;
mod restate;
mod steps;
pub use arguments::{Arguments, ParameterKind};
pub use carrier::Carrier;
pub use restate::{RestateLimits, Restating, Untold, explain};
pub use steps::{Change, Others, RowStep, Shifted, Shifts};
pub(crate) use steps::{Pair, named, unlike};

/// A parameter of a report.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Parameter {
    /// Its name, as in DOMAIN.
    pub name: &'static str,
    /// What values it takes.
    pub kind: ParameterKind,
    /// Whether it must be given.
    pub required: bool,
    /// What is taken when it is not given.
    pub default: Option<&'static str>,
    /// What it means.
    pub about: &'static str,
}

/// What must hold of the other parameters for one to mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The parameter, given or by default, has one of these values.
    Is(&'static str, &'static [&'static str]),
    /// The parameter is given.
    Given(&'static str),
    /// The parameter is not given.
    Absent(&'static str),
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            When::Is(name, values) => write!(f, "with {name}={}", values.join(" or ")),
            When::Given(name) => write!(f, "with {name}"),
            When::Absent(name) => write!(f, "without {name}"),
        }
    }
}

/// A condition on a parameter: it, or some of its values, mean something only then. Where they mean nothing they are refused, so that no parameter is ever ignored.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Only {
    /// The parameter.
    pub parameter: &'static str,
    /// The values that are meant; empty means all of them.
    pub values: &'static [&'static str],
    /// What must hold; one of them is enough.
    pub when: &'static [When],
}

/// The parameter `parameter` is taken only if one of these holds.
#[must_use]
pub const fn only(parameter: &'static str, when: &'static [When]) -> Only {
    Only { parameter, values: &[], when }
}
/// These values of `parameter` are taken only if one of these holds.
#[must_use]
pub const fn only_values(parameter: &'static str, values: &'static [&'static str], when: &'static [When]) -> Only {
    Only { parameter, values, when }
}

/// A report: name, parameters, formula, source, and the function.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Report {
    /// Its name, as in `GET /v1/reports/{name}`.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The question it answers.
    pub about: &'static str,
    /// How the numbers are made.
    pub formula: &'static str,
    /// Where the definition comes from.
    pub source: &'static str,
    /// The edition of its code: raised by every change of meaning.
    pub edition: u32,
    /// Whether `as_of` must be given, since it measures to a date.
    pub needs_as_of: bool,
    /// Its parameters, besides `as_of` and `known_at`.
    pub parameters: &'static [Parameter],
    /// Where a parameter means something only beside certain values of another.
    pub only: &'static [Only],
    /// The function.
    #[serde(skip)]
    pub run: fn(&Context<'_>) -> Result<Table, ReportError>,
}

impl Report {
    /// The report's table for what is asked, once it is sure that what is asked for exists.
    pub fn answer(&self, ctx: &Context<'_>) -> Result<Table, ReportError> {
        for parameter in self.parameters {
            if let (ParameterKind::Attribute(carrier), Some(key)) = (parameter.kind, ctx.arguments.text(parameter.name)) {
                carrier.check(ctx, parameter.name, key)?;
            }
        }
        (self.run)(ctx)
    }
}

/// What a report is asked with.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The read models.
    pub views: Folds<'a>,
    /// The reader's clocks.
    pub cut: Cut,
    /// The company's time zone.
    pub zone: TimeZone,
    /// The parameters.
    pub arguments: &'a Arguments,
    /// Whether the positions behind each cell are wanted.
    pub explain: bool,
}

impl<'a> Context<'a> {
    /// The clocks together with the voids.
    #[must_use]
    pub const fn lens(&self) -> Lens<'a> {
        self.views.lens(self.cut)
    }
    /// The clocks without the `as_of` cut: for what is cut by `known_at` alone.
    #[must_use]
    pub const fn known(&self) -> Lens<'a> {
        self.views.lens(Cut { before: Timestamp::END, ..self.cut })
    }
    /// The same question with another `as_of`, asked of what was known by a position.
    #[must_use]
    pub fn then(&self, before: Timestamp, known_by: Position) -> Context<'a> {
        let lens = self.views.lens(Cut { before, ..self.cut }).known_by(known_by);
        Context { views: Folds { watch: lens.watch, ..self.views }, cut: lens.cut, ..self.clone() }
    }
    /// The day `as_of` falls on: the last day that has begun before the cut, in the company's zone.
    #[must_use]
    pub fn as_of_day(&self) -> Date {
        let last = Timestamp::from_micros(self.cut.before.micros() - 1).unwrap_or(Timestamp::MIN);
        last.date(&self.zone)
    }
    /// The day of a moment in the company's zone.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> Date {
        at.date(&self.zone)
    }
    /// The half-open interval of the days `from` to `to`, both inclusive, from the parameters of these names; an absent end is open.
    pub fn interval(&self) -> Result<std::ops::Range<Timestamp>, ReportError> {
        let (first, last) = self.arguments.window()?;
        let from = first.map_or(Timestamp::MIN, |d| d.start(&self.zone));
        let to = last.map_or(Timestamp::END, |d| d.plus_days(1).start(&self.zone));
        Ok(from..to)
    }
    /// A collector of positions that collects only if they are wanted.
    #[must_use]
    pub const fn why(&self) -> Why {
        Why { wanted: self.explain, positions: Vec::new() }
    }
}

/// Collects the positions behind a number, if they are wanted.
#[derive(Debug, Clone, Default)]
pub struct Why {
    wanted: bool,
    positions: Vec<Position>,
}

impl Why {
    /// Adds one position.
    pub fn add(&mut self, position: Position) {
        if self.wanted {
            self.positions.push(position);
        }
    }
    /// Adds what another one collected.
    pub fn join(&mut self, other: &Why) {
        if self.wanted {
            self.positions.extend(&other.positions);
        }
    }
    /// The positions, each once, in order.
    #[must_use]
    pub fn take(mut self) -> Vec<Position> {
        self.positions.sort_unstable();
        self.positions.dedup();
        self.positions
    }
}

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
}

/// A column that tells rows apart.
#[must_use]
pub const fn key(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, key: true }
}
/// A column that holds a measure.
#[must_use]
pub const fn col(name: &'static str, kind: ColumnKind) -> Column {
    Column { name, kind, key: false }
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
            Value::Percent(ratio) => Some(ratio.times(&Ratio::whole(Decimal::ONE_HUNDRED)).round(2).to_string()),
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
        json_schema!({"type": ["string", "integer", "null"], "description": "a count is a number, null is undefined, all else a text"})
    }
}

/// A value and the positions behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The value.
    pub value: Value,
    /// The records behind it, if they were wanted.
    pub why: Vec<Position>,
}

impl From<Value> for Cell {
    fn from(value: Value) -> Cell {
        Cell { value, why: Vec::new() }
    }
}
impl Value {
    /// The value with the positions behind it.
    #[must_use]
    pub fn because(self, why: Why) -> Cell {
        Cell { value: self, why: why.take() }
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
}

impl Table {
    /// An empty table with these columns.
    #[must_use]
    pub fn new(columns: &[Column]) -> Table {
        Table { columns: columns.to_vec(), rows: Vec::new() }
    }
    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        debug_assert_eq!(row.len(), self.columns.len(), "a row has a cell for each column");
        self.rows.push(row);
    }
    /// The values of a row's key columns, as shown.
    #[must_use]
    pub fn key_of(&self, row: &Row) -> Vec<String> {
        self.columns.iter().zip(row).filter(|(column, _)| column.key).map(|(_, cell)| cell.value.shown().unwrap_or_default()).collect()
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        struct Rows<'a>(&'a Table);
        struct Named<'a>(&'a [Column], &'a Row);
        impl Serialize for Named<'_> {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_map(self.0.iter().zip(self.1).map(|(column, cell)| (column.name, &cell.value)))
            }
        }
        impl Serialize for Rows<'_> {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_seq(self.0.rows.iter().map(|row| Named(&self.0.columns, row)))
            }
        }
        let mut map = s.serialize_map(Some(2))?;
        map.serialize_entry("columns", &self.columns)?;
        map.serialize_entry("rows", &Rows(self))?;
        map.end()
    }
}

impl JsonSchema for Table {
    fn schema_name() -> Cow<'static, str> {
        "Table".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (column, value) = (generator.subschema_for::<Column>(), generator.subschema_for::<Value>());
        let columns = json_schema!({"type": "array", "items": column, "description": "the columns, in order"});
        let rows = json_schema!({"type": "array", "items": {"type": "object", "additionalProperties": value}, "description": "the rows, by name of column"});
        json_schema!({"type": "object", "properties": {"columns": columns, "rows": rows}, "required": ["columns", "rows"]})
    }
}

/// Why a report gives no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// No report has this name.
    #[error("no report is named {name:?}{}; GET /v1/reports lists them all", hint(name, crate::reports::all().map(|report| report.name)))]
    UnknownReport {
        /// The name as it came.
        name: String,
    },
    /// The report has no such parameter.
    #[error("unknown parameter {name:?}{}; expected {allowed}", hint(name, allowed.split(", ")))]
    UnknownParameter {
        /// The parameter as it came.
        name: String,
        /// Which there are.
        allowed: String,
    },
    /// A parameter, or this value of it, means nothing beside the others.
    #[error("parameter {name}={got:?} means nothing here, and is not ignored; it is for questions {when}: leave it out, or ask so")]
    UnusedParameter {
        /// The parameter.
        name: String,
        /// The value as it came.
        got: String,
        /// What must hold for it to mean something.
        when: String,
    },
    /// A parameter that must be given is not.
    #[error("missing parameter {name:?}: {about}")]
    MissingParameter {
        /// The parameter.
        name: String,
        /// What it means.
        about: String,
    },
    /// A parameter has a wrong value.
    #[error("parameter {name:?}: expected {expected}, got {got:?}")]
    InvalidParameter {
        /// The parameter.
        name: String,
        /// What was expected.
        expected: String,
        /// What came.
        got: String,
    },
    /// A base total needs a rate that nobody recorded.
    #[error("no rate of {currency} is known on {on}; record exchange_rate.set with a date on or before it")]
    MissingRate {
        /// The currency.
        currency: String,
        /// The day.
        on: String,
    },
    /// No row has this key, or no column this name.
    #[error("no row {row:?} with a column {column:?}")]
    NoSuchCell {
        /// The key as it came.
        row: String,
        /// The column as it came.
        column: String,
    },
}

impl ReportError {
    /// Every name, for the documentation.
    pub const NAMES: &[&str] =
        &["unknown_report", "unknown_parameter", "unused_parameter", "missing_parameter", "invalid_parameter", "missing_rate", "no_such_cell"];

    /// The error's name, which is also its problem page.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            ReportError::UnknownReport { .. } => "unknown_report",
            ReportError::UnknownParameter { .. } => "unknown_parameter",
            ReportError::UnusedParameter { .. } => "unused_parameter",
            ReportError::MissingParameter { .. } => "missing_parameter",
            ReportError::InvalidParameter { .. } => "invalid_parameter",
            ReportError::MissingRate { .. } => "missing_rate",
            ReportError::NoSuchCell { .. } => "no_such_cell",
        }
    }
}
