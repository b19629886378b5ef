//! What an import gives: drafts in the order of business time, and a summary. Invariant: the same rows, mapping, parameters and secret
//! give the same drafts, byte for byte.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::error::Place;

/// One event as the ledger takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub(crate) text: Box<str>,
    pub(crate) at_micros: i64,
    /// Where it stands among drafts of one moment: the run of `[[event]]` it belongs to, the row, the `[[event]]`.
    pub(crate) order: (u32, u32, u32),
    pub(crate) table: Option<u32>,
    pub(crate) line: u64,
}

impl Draft {
    /// The draft as one line of JSON: `type`, `version?`, `id`, `occurred_at`, `actor`, `source`, `data`.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.text
    }
}

/// All drafts of an import.
#[derive(Debug)]
pub struct Drafts {
    pub(crate) drafts: Vec<Draft>,
    pub(crate) name: String,
    pub(crate) files: Vec<String>,
    /// What was read and made.
    pub summary: Summary,
}

impl Drafts {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.drafts.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    /// The drafts by business time; of equal times in the order of the mapping, save that events of one table, dated by its rows and
    /// written one after the other, come in the order of the rows.
    pub fn iter(&self) -> std::slice::Iter<'_, Draft> {
        self.drafts.iter()
    }

    /// The row a draft came from, so that a refusal by the ledger can name it.
    #[must_use]
    pub fn place(&self, draft: &Draft) -> Place {
        let file = draft.table.and_then(|t| self.files.get(usize::try_from(t).ok()?));
        Place { file: file.unwrap_or(&self.name).clone(), line: draft.line }
    }
}

impl<'a> IntoIterator for &'a Drafts {
    type Item = &'a Draft;
    type IntoIter = std::slice::Iter<'a, Draft>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Rows of a file are read.
    Reading {
        /// The file.
        file: &'a str,
        /// Rows so far.
        rows: u64,
    },
    /// Events are made.
    Making {
        /// Their type.
        event: &'a str,
        /// Rows done.
        rows: u64,
        /// Rows in all.
        of: u64,
    },
}

/// What was read and made, without a draft being written anywhere: the answer of a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The tables, in the order of the mapping.
    pub tables: Vec<TableSummary>,
    /// The events, in the order of the mapping.
    pub events: Vec<EventSummary>,
    /// Drafts in all.
    pub drafts: u64,
    /// The earliest business time.
    pub first: Option<String>,
    /// The latest business time.
    pub last: Option<String>,
}

impl Summary {
    /// Drafts per type of event.
    #[must_use]
    pub fn by_type(&self) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for event in &self.events {
            *counts.entry(event.event.as_str()).or_default() += event.drafts;
        }
        counts
    }
}

/// What became of a table's rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableSummary {
    /// The table.
    pub table: String,
    /// Its file; none if it is made of another table.
    pub file: Option<String>,
    /// Rows read.
    pub rows: u64,
    /// Rows left out by `where`.
    pub left_out: u64,
    /// Groups left out by `having`.
    pub groups_left_out: u64,
    /// Rows left out because of a cell, by reason.
    pub skipped: BTreeMap<String, u64>,
}

impl TableSummary {
    pub(crate) fn new(table: &str, file: Option<&str>) -> TableSummary {
        TableSummary { table: table.to_owned(), file: file.map(str::to_owned), rows: 0, left_out: 0, groups_left_out: 0, skipped: BTreeMap::new() }
    }
}

/// What became of the rows an event is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventSummary {
    /// The type of event.
    pub event: String,
    /// The table; none for an event that comes once.
    pub from: Option<String>,
    /// Drafts made.
    pub drafts: u64,
    /// Rows for which `when` does not hold.
    pub not_meant: u64,
    /// Rows whose `distinct` value came before.
    pub repeats: u64,
    /// Rows left out, by reason.
    pub skipped: BTreeMap<String, Skipped>,
}

/// Rows left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// How many.
    pub rows: u64,
    /// The first of them.
    pub first: String,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for table in &self.tables {
            let file = table.file.as_deref().map_or_else(String::new, |file| format!(" ({file})"));
            writeln!(f, "{:>9} rows      {}{file}", table.rows, table.table)?;
            if table.left_out > 0 {
                writeln!(f, "{:>9} left out  by `where`", table.left_out)?;
            }
            if table.groups_left_out > 0 {
                writeln!(f, "{:>9} left out  by `having`", table.groups_left_out)?;
            }
            for (reason, rows) in &table.skipped {
                writeln!(f, "{rows:>9} skipped   {reason}")?;
            }
        }
        for event in &self.events {
            let from = event.from.as_deref().map_or_else(String::new, |table| format!(" from {table}"));
            writeln!(f, "{:>9} events    {}{from}", event.drafts, event.event)?;
            if event.not_meant > 0 {
                writeln!(f, "{:>9} rows      not meant by `when`", event.not_meant)?;
            }
            if event.repeats > 0 {
                writeln!(f, "{:>9} rows      repeat a `distinct` value", event.repeats)?;
            }
            for (reason, skipped) in &event.skipped {
                writeln!(f, "{:>9} skipped   {reason} (first: {})", skipped.rows, skipped.first)?;
            }
        }
        write!(f, "{:>9} events    in all", self.drafts)?;
        match (&self.first, &self.last) {
            (Some(first), Some(last)) => write!(f, ", {first} to {last}"),
            _ => Ok(()),
        }
    }
}
