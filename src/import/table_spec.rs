//! One table as a mapping defines it: its file and dialect, the types of its columns, its joins.
//! Invariant: nothing here has seen a row.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

use jiff::tz::TimeZone;

use crate::{
    cell::CellParser,
    date_functions::EpochUnit,
    error::MappingError,
    time_value::{Clock, ClockChange},
};

/// A TOML table whose entries keep the order they are written in.
#[derive(Debug, Clone)]
pub(crate) struct Ordered<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Ordered(Vec::new())
    }
}

impl<T> Ordered<T> {
    pub(crate) fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, t)| t)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Ordered<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of names")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }
        d.deserialize_map(Entries(PhantomData))
    }
}

/// How a file is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Csv,
    /// Objects one after the other, or in one list, however they are laid out.
    #[serde(alias = "ndjson")]
    Json,
}

/// A table: read from a file, or made of another table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TableSpec {
    pub(crate) file: Option<String>,
    pub(crate) format: Option<Format>,
    #[serde(default = "comma")]
    pub(crate) delimiter: String,
    #[serde(default = "double_quote")]
    pub(crate) quote: String,
    pub(crate) escape: Option<String>,
    pub(crate) comment: Option<String>,
    #[serde(default = "yes")]
    pub(crate) header: bool,
    #[serde(default)]
    pub(crate) columns: Vec<String>,
    #[serde(default)]
    pub(crate) skip_lines: u64,
    #[serde(default)]
    pub(crate) ragged: bool,
    #[serde(default = "utf_8")]
    pub(crate) encoding: String,
    #[serde(default = "empty_word")]
    pub(crate) null: Vec<String>,
    #[serde(default = "yes")]
    pub(crate) trim: bool,
    #[serde(default)]
    pub(crate) types: Ordered<ColumnType>,
    pub(crate) unpivot: Option<Unpivot>,
    pub(crate) records: Option<String>,

    pub(crate) explode: Option<Explode>,
    pub(crate) from: Option<String>,
    #[serde(default)]
    pub(crate) group_by: Vec<String>,

    #[serde(rename = "where")]
    pub(crate) keep: Option<String>,
    pub(crate) having: Option<String>,
    #[serde(default)]
    pub(crate) sort: Vec<String>,
    pub(crate) window: Option<Window>,
    #[serde(default)]
    pub(crate) derive: Ordered<String>,
    #[serde(default)]
    pub(crate) parents: Ordered<Parent>,
    #[serde(default)]
    pub(crate) children: Ordered<Children>,
    #[serde(rename = "about")]
    _about: Option<String>,
}

impl TableSpec {
    /// Whether the rows are JSON objects.
    pub(crate) fn is_json(&self) -> bool {
        let name = self.file.as_deref().unwrap_or_default().trim_end_matches(".gz");
        let by_name = [".ndjson", ".jsonl", ".json"].iter().any(|end| name.ends_with(end));
        self.format.map_or(by_name, |format| format == Format::Json)
    }

    pub(crate) fn check(&self, at: &str) -> Result<(), MappingError> {
        for (word, text) in [
            ("delimiter", Some(&self.delimiter)),
            ("quote", Some(&self.quote)),
            ("escape", self.escape.as_ref()),
            ("comment", self.comment.as_ref()),
        ] {
            if let Some(text) = text
                && text.len() > 1
            {
                return Err(MappingError::rule(
                    format!("{at}.{word}"),
                    format!("expected one ASCII character, got {text:?}"),
                ));
            }
        }
        if self.delimiter.is_empty() {
            return Err(MappingError::rule(
                format!("{at}.delimiter"),
                "expected one ASCII character, got none",
            ));
        }
        if !self.header
            && self.columns.is_empty()
            && self.file.is_some()
            && self.format != Some(Format::Json)
        {
            return Err(MappingError::rule(
                at,
                "without a header line the table needs `columns`: their names, from left to right",
            ));
        }
        if encoding_rs::Encoding::for_label(self.encoding.as_bytes()).is_none() {
            return Err(MappingError::rule(
                format!("{at}.encoding"),
                format!(
                    "expected an encoding such as utf-8 or windows-1252, got {:?}",
                    self.encoding
                ),
            ));
        }
        if let Some(unpivot) = &self.unpivot {
            regex::Regex::new(&unpivot.columns)
                .map_err(|e| MappingError::rule(format!("{at}.unpivot.columns"), e.to_string()))?;
        }
        self.check_types(at)?;
        self.check_stages(at)
    }

    fn check_types(&self, at: &str) -> Result<(), MappingError> {
        // Any clock tells whether a type can be; which one counts when cells are read.
        let clock = Clock { zone: TimeZone::UTC, change: ClockChange::Fail };
        for (column, kind) in &self.types.0 {
            let (at, full) = (format!("{at}.types.{column}"), kind.full());
            full.check_particulars()
                .and_then(|()| CellParser::new(Some(&full), &clock).map(|_| ()))
                .map_err(|what| MappingError::rule(at, what))?;
        }
        Ok(())
    }

    fn check_stages(&self, at: &str) -> Result<(), MappingError> {
        if self.having.is_some() && self.group_by.is_empty() {
            return Err(MappingError::rule(
                at,
                "`having` is a condition on the groups of `group_by`; a condition on rows is \
                 `where`",
            ));
        }
        if let Some(explode) = &self.explode
            && explode.columns.is_empty()
        {
            return Err(MappingError::rule(
                format!("{at}.explode.columns"),
                "expected the columns whose lists become rows, got none",
            ));
        }
        let of_files = [
            ("types", !self.types.0.is_empty()),
            ("columns", !self.columns.is_empty()),
            ("unpivot", self.unpivot.is_some()),
            ("records", self.records.is_some()),
            ("format", self.format.is_some()),
            ("skip_lines", self.skip_lines > 0),
        ];
        match of_files.iter().find(|(_, given)| *given) {
            Some((word, _)) if self.from.is_some() => Err(MappingError::rule(
                format!("{at}.{word}"),
                "it says how a file is read, so it belongs to the table that has the `file`",
            )),
            _ => Ok(()),
        }
    }
}

fn comma() -> String {
    ",".to_owned()
}
fn double_quote() -> String {
    "\"".to_owned()
}
fn utf_8() -> String {
    "utf-8".to_owned()
}
fn empty_word() -> Vec<String> {
    vec![String::new()]
}
fn yes() -> bool {
    true
}

/// The type of a column: a word, or a word with its particulars.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum ColumnType {
    Word(TypeWord),
    Full(FullType),
}

/// A type with its particulars.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FullType {
    #[serde(rename = "type")]
    pub(crate) word: TypeWord,
    pub(crate) pattern: Option<String>,
    pub(crate) epoch: Option<EpochUnit>,
    /// The zone of local times, by its name, or by the column that names it.
    pub(crate) zone: Option<String>,
    pub(crate) zone_from: Option<String>,
    pub(crate) point: Option<char>,
    pub(crate) group: Option<char>,
    #[serde(default, rename = "true")]
    pub(crate) yes: Vec<String>,
    #[serde(default, rename = "false")]
    pub(crate) no: Vec<String>,
    #[serde(default)]
    pub(crate) on_error: OnBadCell,
    pub(crate) default: Option<String>,
}

impl ColumnType {
    pub(crate) fn full(&self) -> FullType {
        match self {
            ColumnType::Full(full) => full.clone(),
            ColumnType::Word(word) => FullType {
                word: *word,
                pattern: None,
                epoch: None,
                zone: None,
                zone_from: None,
                point: None,
                group: None,
                yes: Vec::new(),
                no: Vec::new(),
                on_error: OnBadCell::Fail,
                default: None,
            },
        }
    }

    /// The column that names the zone of each time, if one does.
    pub(crate) fn zone_from(&self) -> Option<&str> {
        match self {
            ColumnType::Full(full) => full.zone_from.as_deref(),
            ColumnType::Word(_) => None,
        }
    }
}

impl FullType {
    /// A particular that the type does not have would be ignored.
    fn check_particulars(&self) -> Result<(), String> {
        let (number, time) =
            (matches!(self.word, TypeWord::Int | TypeWord::Decimal), self.word == TypeWord::Time);
        let given = [
            (
                "pattern",
                self.pattern.is_some(),
                time || self.word == TypeWord::Date,
                "date and time",
            ),
            ("epoch", self.epoch.is_some(), time, "time"),
            ("zone", self.zone.is_some(), time, "time"),
            ("zone_from", self.zone_from.is_some(), time, "time"),
            ("point", self.point.is_some(), number, "int and decimal"),
            ("group", self.group.is_some(), number, "int and decimal"),
            ("true", !self.yes.is_empty(), self.word == TypeWord::Bool, "bool"),
            ("false", !self.no.is_empty(), self.word == TypeWord::Bool, "bool"),
        ];
        match given.iter().find(|(_, given, fits, _)| *given && !fits) {
            Some((word, _, _, types)) => Err(format!("`{word}` is a particular of {types}")),
            None if self.zone.is_some() && self.zone_from.is_some() => {
                Err("expected either `zone` or `zone_from`".to_owned())
            }
            None => Ok(()),
        }
    }
}

/// The types a cell can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TypeWord {
    Text,
    Int,
    Decimal,
    Bool,
    Date,
    Time,
}

/// The policy for a cell that does not hold its type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnBadCell {
    /// Stop.
    #[default]
    Fail,
    /// Leave the row out.
    Skip,
    /// Take the cell for a missing one.
    Missing,
}

/// Columns turned into rows: one row per matching column.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unpivot {
    pub(crate) columns: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Lists turned into rows: one row per element.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Explode {
    /// The columns of lists; several are walked side by side.
    pub(crate) columns: Vec<String>,
    /// The text between the elements of a text.
    pub(crate) by: Option<String>,
    /// The column that gets the element's number, from 1.
    pub(crate) index: Option<String>,
}

/// Which rows are each other's neighbours.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Window {
    #[serde(default)]
    pub(crate) by: Vec<String>,
    #[serde(default)]
    pub(crate) sort: Vec<String>,
}

/// A row of another table, found by key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parent {
    pub(crate) table: String,
    pub(crate) on: String,
    key: Option<String>,
    #[serde(default)]
    pub(crate) on_missing: OnMissingParent,
}

impl Parent {
    pub(crate) fn key(&self) -> &str {
        self.key.as_deref().unwrap_or(&self.on)
    }
}

/// The meaning of a key that is found nowhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnMissingParent {
    #[default]
    Fail,
    None,
}

/// The rows of another table that name this one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Children {
    pub(crate) table: String,
    pub(crate) by: String,
    on: Option<String>,
    #[serde(default)]
    pub(crate) orphans: OnOrphan,
}

/// The meaning of rows that name no row of the table above.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnOrphan {
    /// Stop.
    #[default]
    Fail,
    /// Leave them out and count them.
    Skip,
}

impl Children {
    pub(crate) fn on(&self) -> &str {
        self.on.as_deref().unwrap_or(&self.by)
    }
}
