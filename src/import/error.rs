//! The errors of a mapping and of the rows it meets. Invariant: an error about a row names file,
//! line, column and value.

use std::{fmt, io};

/// Where a row stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the mapping names it; the name of the mapping for an event that comes from no
    /// row.
    pub file: String,
    /// The line its row begins on, from 1; 0 for an event that comes from no row.
    pub line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "mapping {}", self.file)
        } else {
            write!(f, "{} line {}", self.file, self.line)
        }
    }
}

/// Columns and what they held, for the text of an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cells(pub Vec<(String, String)>);

impl fmt::Display for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (column, value)) in self.0.iter().enumerate() {
            write!(f, "{}{column} = {value}", if i == 0 { "; with " } else { ", " })?;
        }
        Ok(())
    }
}

/// Why a mapping file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// The file is no TOML, or has a word the language does not know.
    #[error("the mapping cannot be read: {0}")]
    Toml(String),
    /// The file is TOML, but says something that cannot be.
    #[error("{at}: {what}")]
    Rule {
        /// The place in the mapping, such as `tables.orders.parents.customer`.
        at: String,
        /// Expected, actual and what to do.
        what: String,
    },
}

impl MappingError {
    pub(crate) fn rule(at: impl Into<String>, what: impl Into<String>) -> MappingError {
        MappingError::Rule { at: at.into(), what: what.into() }
    }
}

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The mapping does not fit the tables it meets.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// A table's file could not be opened.
    #[error("{file}: cannot be opened ({source}); table {table} of the mapping is read from it")]
    Open {
        /// The table of the mapping.
        table: String,
        /// The file it is read from.
        file: String,
        /// The answer of the caller's `Tables`.
        source: io::Error,
    },
    /// A file could not be read on, or a row has another shape than the table.
    #[error("{place}: {what}")]
    Read {
        /// The row.
        place: Place,
        /// Expected, actual and what to do.
        what: String,
    },
    /// A cell does not hold what its column's type says.
    #[error(
        "{place}, column {column}: expected {expected}, got {value:?}; correct the file or give \
         the column `on_error`"
    )]
    Cell {
        /// The row.
        place: Place,
        /// The column.
        column: String,
        /// The form that its type wants.
        expected: String,
        /// The cell's content, cut at 80 characters.
        value: String,
    },
    /// An expression gave no value.
    #[error("{place}, {field}: `{expression}`: {why}{cells}")]
    Expression {
        /// The row.
        place: Place,
        /// The part of the mapping, such as `order.placed /lines/0/qty`.
        field: Box<str>,
        /// The expression as written.
        expression: Box<str>,
        /// Expected and actual.
        why: Box<str>,
        /// The columns the expression names, with their values.
        cells: Cells,
    },
    /// A key of a join is in no row of the other table.
    #[error(
        "{place}, join {join}: expected a row of table {table} with {column} = {key:?}, found \
         none; add it or say `on_missing = \"none\"`"
    )]
    NoParent {
        /// The row.
        place: Place,
        /// The name of the join.
        join: Box<str>,
        /// The table looked into.
        table: Box<str>,
        /// Its key column.
        column: String,
        /// The value looked for.
        key: String,
    },
    /// A row of a table that is joined as `children` names no row of the table above it.
    #[error(
        "{place}, column {column}: expected a row of table {table} whose {on} is {value}, found \
         none ({rows} such rows); join {join} would lose them: add the row, correct the cell, or \
         say `orphans = \"skip\"`"
    )]
    Orphan {
        /// The first of the rows.
        place: Place,
        /// The column that names the row above.
        column: Box<str>,
        /// The content as it came.
        value: Box<str>,
        /// The name of the join.
        join: Box<str>,
        /// The table above.
        table: Box<str>,
        /// Its side of the join.
        on: Box<str>,
        /// How many such rows there are.
        rows: u64,
    },
    /// Two rows of a table that is joined by key have the same key.
    #[error(
        "{second}, column {column}: expected each {column} of table {table} once, got {key:?} \
         again (first in line {first})"
    )]
    TwoParents {
        /// The later row.
        second: Place,
        /// The line of the earlier row.
        first: u64,
        /// The table.
        table: String,
        /// Its key column.
        column: String,
        /// The repeated value.
        key: String,
    },
    /// Two rows give events with the same type and key, so the same id.
    #[error(
        "{second}: {event} has the key {key:?} again (first in {first}); expected each key once: \
         add a column to `key`, or say `distinct`"
    )]
    SameKey {
        /// The type of event.
        event: String,
        /// The key.
        key: String,
        /// The earlier row.
        first: Place,
        /// The later row.
        second: Place,
    },
    /// The event is not one the ledger can record.
    #[error("{place}, {event} {what}{cells}")]
    Refused {
        /// The row.
        place: Place,
        /// The type of event.
        event: String,
        /// The field as a JSON pointer, expected and actual, in the words of the vocabulary.
        what: String,
        /// The columns the field is made of, with their values.
        cells: Cells,
    },
    /// The scratch did not take or give what was put there.
    #[error("the temporary file of the import: {0}")]
    Scratch(#[from] io::Error),
    /// A parameter is missing or unknown.
    #[error("parameter {name}: {what}")]
    Parameter {
        /// The parameter.
        name: String,
        /// Expected, actual and what to do.
        what: String,
    },
}

/// The first 80 characters of a text, for a message.
pub(crate) fn cut(text: &str) -> String {
    if text.chars().count() <= 80 {
        text.to_owned()
    } else {
        text.chars().take(80).chain("…".chars()).collect()
    }
}
