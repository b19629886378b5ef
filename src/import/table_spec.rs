//! What a mapping says about one table: its file and dialect, the types of its columns, its joins. Invariant: nothing here has seen a row.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};

use crate::error::MappingError;

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
    Ndjson,
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

    pub(crate) from: Option<String>,
    #[serde(default)]
    pub(crate) group_by: Vec<String>,

    #[serde(rename = "where")]
    pub(crate) keep: Option<String>,
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
    pub(crate) fn check(&self, at: &str) -> Result<(), MappingError> {
        for (word, text) in
            [("delimiter", Some(&self.delimiter)), ("quote", Some(&self.quote)), ("escape", self.escape.as_ref()), ("comment", self.comment.as_ref())]
        {
            if let Some(text) = text
                && text.len() > 1
            {
                return Err(MappingError::rule(format!("{at}.{word}"), format!("expected one ASCII character, got {text:?}")));
            }
        }
        if self.delimiter.is_empty() {
            return Err(MappingError::rule(format!("{at}.delimiter"), "expected one ASCII character, got none"));
        }
        if !self.header && self.columns.is_empty() && self.file.is_some() && self.format != Some(Format::Ndjson) {
            return Err(MappingError::rule(at, "without a header line the table needs `columns`: their names, from left to right"));
        }
        if encoding_rs::Encoding::for_label(self.encoding.as_bytes()).is_none() {
            return Err(MappingError::rule(format!("{at}.encoding"), format!("expected an encoding such as utf-8 or windows-1252, got {:?}", self.encoding)));
        }
        if let Some(unpivot) = &self.unpivot {
            regex::Regex::new(&unpivot.columns).map_err(|e| MappingError::rule(format!("{at}.unpivot.columns"), e.to_string()))?;
        }
        Ok(())
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
    pub(crate) point: Option<char>,
    pub(crate) group: Option<String>,
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
            ColumnType::Word(word) => {
                FullType { word: *word, pattern: None, point: None, group: None, yes: Vec::new(), no: Vec::new(), on_error: OnBadCell::Fail, default: None }
            }
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

/// What to do with a cell that does not hold its type.
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

/// What a key that is found nowhere means.
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
}

impl Children {
    pub(crate) fn on(&self) -> &str {
        self.on.as_deref().unwrap_or(&self.by)
    }
}
