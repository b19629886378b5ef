//! The outcome of an import: drafts, and a summary. Invariant: the same rows, mapping, parameters
//! and secret give the same drafts, byte for byte.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

/// One event as the ledger takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub(crate) text: Box<str>,
    pub(crate) at_micros: i64,
    /// The number of the first `[[event]]` whose drafts stand among these, row by row, and of its
    /// own.
    pub(crate) block: u32,
    pub(crate) event: u32,
    pub(crate) table: Option<u32>,
    /// The row of the table it was made of, and the element of `each`, both from 0.
    pub(crate) row: u64,
    pub(crate) element: u32,
    pub(crate) line: u64,
}

/// Where a draft stands among the others.
pub(crate) type Order = (i64, u32, u64, u32, u32);

/// Bytes before the text of a written draft.
const HEAD_BYTES: usize = 48;
/// Stands for no table.
const NO_TABLE: u32 = u32::MAX;

impl Draft {
    /// The draft as one line of JSON: `type`, `version?`, `id`, `occurred_at`, `actor`, `source`,
    /// `data`.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.text
    }

    /// By business time; of equal times in the order of the mapping, save that events of one table,
    /// dated by its rows and written one after the other, come in the order of the rows.
    pub(crate) const fn order(&self) -> Order {
        (self.at_micros, self.block, self.row, self.event, self.element)
    }

    /// Puts the draft behind others.
    pub(crate) fn write(&self, into: &mut Vec<u8>) {
        into.extend(self.at_micros.to_le_bytes());
        into.extend(self.row.to_le_bytes());
        into.extend(self.line.to_le_bytes());
        into.extend(self.block.to_le_bytes());
        into.extend(self.event.to_le_bytes());
        into.extend(self.table.unwrap_or(NO_TABLE).to_le_bytes());
        into.extend(self.element.to_le_bytes());
        into.extend((self.text.len() as u64).to_le_bytes());
        into.extend(self.text.as_bytes());
    }

    /// Reads the first of some written drafts, and says how many bytes it took.
    pub(crate) fn read(bytes: &[u8]) -> Option<(Draft, usize)> {
        let (head, rest) = bytes.split_at_checked(HEAD_BYTES)?;
        let long = |at: usize| head[at..at + 8].try_into().ok().map(u64::from_le_bytes);
        let short = |at: usize| head[at..at + 4].try_into().ok().map(u32::from_le_bytes);
        let text = rest.get(..usize::try_from(long(40)?).ok()?)?;
        let draft = Draft {
            at_micros: long(0)?.cast_signed(),
            row: long(8)?,
            line: long(16)?,
            block: short(24)?,
            event: short(28)?,
            table: Some(short(32)?).filter(|table| *table != NO_TABLE),
            element: short(36)?,
            text: std::str::from_utf8(text).ok()?.into(),
        };
        Some((draft, HEAD_BYTES + text.len()))
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

/// The rows that were read and the drafts that were made.
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

/// The fate of a table's rows, in numbers.
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
    /// Rows for which a join found nothing, by join.
    pub nothing_found: BTreeMap<String, Skipped>,
    /// Rows of other tables that `children` joins should have found and that name no row of this
    /// one, by join.
    pub orphans: BTreeMap<String, Skipped>,
    /// Rows that no event was made of and no join found; of a table that is read from a file.
    pub unused: Option<Skipped>,
}

impl TableSummary {
    pub(crate) fn new(table: &str, file: Option<&str>) -> TableSummary {
        TableSummary {
            table: table.to_owned(),
            file: file.map(str::to_owned),
            rows: 0,
            left_out: 0,
            groups_left_out: 0,
            skipped: BTreeMap::new(),
            nothing_found: BTreeMap::new(),
            orphans: BTreeMap::new(),
            unused: None,
        }
    }
}

/// The fate of the rows an event is made of, in numbers.
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
            for (join, Skipped { rows, first }) in &table.nothing_found {
                writeln!(
                    f,
                    "{rows:>9} rows      for which join {join} found nothing (first: {first})"
                )?;
            }
            for (join, Skipped { rows, first }) in &table.orphans {
                writeln!(f, "{rows:>9} orphans   that join {join} gives no row (first: {first})")?;
            }
            if let Some(Skipped { rows, first }) = &table.unused {
                writeln!(
                    f,
                    "{rows:>9} unused    no event was made of them, and no join found them (first: \
                     {first})"
                )?;
            }
        }
        for event in &self.events {
            let from =
                event.from.as_deref().map_or_else(String::new, |table| format!(" from {table}"));
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
