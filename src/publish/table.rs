//! What a table is: its name, its columns and what they mean. Invariant: a table is defined once;
//! its DDL, its rows and its page of the documentation all come from here.

use std::borrow::Cow;

/// The type of a column in SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `text`.
    Text,
    /// `bigint`.
    Integer,
    /// `numeric`: exact, without a fixed scale.
    Numeric,
    /// `boolean`.
    Boolean,
    /// `date`: a day in the company's time zone.
    Date,
    /// `timestamptz`.
    Time,
    /// `jsonb`.
    Json,
}

impl Type {
    /// Its name in SQL.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Integer => "bigint",
            Type::Numeric => "numeric",
            Type::Boolean => "boolean",
            Type::Date => "date",
            Type::Time => "timestamptz",
            Type::Json => "jsonb",
        }
    }
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub of: Type,
    /// What it says, with its unit.
    pub about: &'static str,
    /// Whether it is part of the primary key.
    pub key: bool,
    /// Whether it may be null.
    pub optional: bool,
    /// Whether it holds what is personal: it is there only where that was asked for.
    pub personal: bool,
    /// The table whose key it names.
    pub to: Option<&'static str>,
}

const fn column(name: &'static str, of: Type, about: &'static str) -> Column {
    Column { name, of, about, key: false, optional: false, personal: false, to: None }
}
pub(crate) const fn text(name: &'static str, about: &'static str) -> Column {
    column(name, Type::Text, about)
}
pub(crate) const fn integer(name: &'static str, about: &'static str) -> Column {
    column(name, Type::Integer, about)
}
pub(crate) const fn numeric(name: &'static str, about: &'static str) -> Column {
    column(name, Type::Numeric, about)
}
pub(crate) const fn boolean(name: &'static str, about: &'static str) -> Column {
    column(name, Type::Boolean, about)
}
pub(crate) const fn date(name: &'static str, about: &'static str) -> Column {
    column(name, Type::Date, about)
}
pub(crate) const fn time(name: &'static str, about: &'static str) -> Column {
    column(name, Type::Time, about)
}
pub(crate) const fn json(name: &'static str, about: &'static str) -> Column {
    column(name, Type::Json, about)
}

impl Column {
    /// The same, as part of the primary key.
    pub(crate) const fn key(self) -> Column {
        Column { key: true, ..self }
    }
    /// The same, where null is possible.
    pub(crate) const fn optional(self) -> Column {
        Column { optional: true, ..self }
    }
    /// The same, as personal; what was erased is null.
    pub(crate) const fn personal(self) -> Column {
        Column { personal: true, optional: true, ..self }
    }
    /// The same, as the key of a row in another table.
    pub(crate) const fn to(self, table: &'static str) -> Column {
        Column { to: Some(table), ..self }
    }
}

/// The last column of every table.
pub const POSITION: Column = integer(
    "position",
    "The last record behind the row; of a report, the record up to which it was computed: its \
     known_at.",
);

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What one row is.
    pub about: &'static str,
    /// The fold or report it shows.
    pub source: &'static str,
    /// Its columns, [`POSITION`] left out. Where rows belong to an entity, the first column names
    /// it.
    pub columns: Cow<'static, [Column]>,
}

impl Table {
    pub(crate) const fn new(
        name: &'static str,
        source: &'static str,
        about: &'static str,
        columns: &'static [Column],
    ) -> Table {
        Table { name, about, source, columns: Cow::Borrowed(columns) }
    }
    /// The columns as they stand in the database, the personal ones only where they are asked for.
    pub fn shown(&self, personal: bool) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(move |c| personal || !c.personal).chain([&POSITION])
    }
    /// The names of the key's columns.
    pub fn key(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().filter(|c| c.key).map(|c| c.name)
    }
}
