//! The mapping file: what its words mean. Invariant: a parsed mapping has no unknown word, no
//! unknown table and no expression that cannot be parsed; only the names of columns wait for the
//! tables themselves.

use std::collections::BTreeMap;

use serde::Deserialize;
use sijil_schemas::near::suggestion;

use crate::{
    error::MappingError,
    event_spec::{EventSpec, EventText},
    expression,
    names::{RESERVED, Words, is_name, name_of},
    table_spec::{Ordered, TableSpec},
    time_value::ClockChange,
};

/// A mapping: which tables there are and which events their rows give.
#[derive(Debug)]
pub struct Mapping {
    pub(crate) head: Head,
    pub(crate) events: Vec<EventSpec>,
    /// Every word any expression uses: a column that is not among them is never loaded.
    pub(crate) words: Words,
    /// Whether an expression calls `key`.
    calls_key: bool,
}

impl Mapping {
    /// Parses a mapping from its TOML text.
    ///
    /// # Errors
    /// Text that is no TOML, words the language does not know, tables or expressions that cannot
    /// be.
    pub fn parse(text: &str) -> Result<Mapping, MappingError> {
        let mut head: Head = toml::from_str(text)
            .map_err(|e| MappingError::Toml(e.to_string().trim_end().to_owned()))?;
        head.name_columns();
        let events = head
            .event
            .iter()
            .enumerate()
            .map(|(i, e)| EventSpec::from_text(e.clone(), i))
            .collect::<Result<Vec<_>, _>>()?;
        let mut mapping = Mapping { head, events, words: Words::default(), calls_key: false };
        mapping.check_tables()?;
        mapping.check_events()?;
        mapping.check_expressions()?;
        Ok(mapping)
    }

    /// The name of the mapping: with the type and key of an event it makes the event's id.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.head.name
    }

    /// The source of its events.
    #[must_use]
    pub fn source(&self) -> &str {
        self.head.source.as_ref().unwrap_or(&self.head.name)
    }

    /// The mapping's note about itself, if it has one.
    #[must_use]
    pub fn about(&self) -> Option<&str> {
        self.head.about.as_deref()
    }

    /// The parameters a caller may set: name, default (none: it must be set) and what it means.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, Option<&str>, Option<&str>)> {
        self.head.parameters.0.iter().map(|(name, p)| (name.as_str(), p.default(), p.about()))
    }

    /// The files the tables are read from, in the order of the mapping.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.head.tables.0.iter().filter_map(|(_, t)| t.file.as_deref())
    }

    /// Whether an expression uses `key(…)`, so that a secret is needed.
    #[must_use]
    pub fn needs_secret(&self) -> bool {
        self.calls_key
    }

    pub(crate) fn table_number(&self, name: &str) -> Option<usize> {
        self.head.tables.0.iter().position(|(n, _)| n == name)
    }

    fn check_tables(&self) -> Result<(), MappingError> {
        for (name, table) in &self.head.tables.0 {
            let at = format!("tables.{name}");
            if !is_name(name) {
                return Err(MappingError::rule(
                    at,
                    format!("expected a name of letters, digits and _, got {name:?}"),
                ));
            }
            if table.file.is_some() == table.from.is_some() {
                return Err(MappingError::rule(
                    at,
                    "expected either `file` (read it) or `from` (made of another table)",
                ));
            }
            if table.from.is_none() && !table.group_by.is_empty() {
                return Err(MappingError::rule(
                    at,
                    "`group_by` needs `from`: the table whose rows are grouped",
                ));
            }
            let joined =
                table.parents.0.iter().map(|(n, p)| (format!("{at}.parents.{n}"), n, &p.table));
            let below =
                table.children.0.iter().map(|(n, c)| (format!("{at}.children.{n}"), n, &c.table));
            let base = table.from.iter().map(|t| (format!("{at}.from"), name, t));
            for (at, join, other) in joined.chain(below).chain(base) {
                if self.table_number(other).is_none() {
                    return Err(MappingError::rule(
                        at,
                        format!(
                            "expected the name of a table, got {other:?}{}",
                            self.tables_there_are(other)
                        ),
                    ));
                }
                if !is_name(join) || RESERVED.contains(&join.as_str()) {
                    return Err(MappingError::rule(
                        at,
                        format!("a join cannot be named {join:?}; choose another name"),
                    ));
                }
            }
            table.check(&at)?;
        }
        Ok(())
    }

    fn tables_there_are(&self, name: &str) -> String {
        suggestion(name, self.head.tables.0.iter().map(|(n, _)| n.as_str()))
    }

    fn check_events(&self) -> Result<(), MappingError> {
        for event in &self.events {
            if let Some(from) = &event.from
                && self.table_number(from).is_none()
            {
                let what = format!(
                    "`from`: expected the name of a table, got {from:?}{}",
                    self.tables_there_are(from)
                );
                return Err(MappingError::rule(&event.at_path, what));
            }
            if event.each.is_none() && event.each_as != "it" {
                return Err(MappingError::rule(
                    &event.at_path,
                    "`as` names the element of `each`, which is missing",
                ));
            }
            if event.key.is_empty() && event.data.first_field().is_none() {
                return Err(MappingError::rule(
                    &event.at_path,
                    "expected `key`, or a first field of `data` to take as key",
                ));
            }
        }
        Ok(())
    }

    fn check_expressions(&mut self) -> Result<(), MappingError> {
        let mut all: Vec<(String, String)> = vec![("actor".to_owned(), self.head.actor.clone())];
        for (name, t) in &self.head.tables.0 {
            let at = format!("tables.{name}");
            all.extend(t.keep.iter().map(|e| (format!("{at}.where"), e.clone())));
            all.extend(t.having.iter().map(|e| (format!("{at}.having"), e.clone())));
            all.extend(t.derive.0.iter().map(|(n, e)| (format!("{at}.derive.{n}"), e.clone())));
            all.extend(
                t.parents.0.iter().map(|(n, p)| (format!("{at}.parents.{n}.on"), p.on.clone())),
            );
            all.extend(
                t.children
                    .0
                    .iter()
                    .map(|(n, c)| (format!("{at}.children.{n}.on"), c.on().to_owned())),
            );
            // Columns named outside expressions must be loaded too.
            let named = t
                .sort
                .iter()
                .map(|s| s.trim_start_matches('-'))
                .chain(t.group_by.iter().map(String::as_str));
            let window = t.window.iter().flat_map(|w| {
                w.by.iter()
                    .map(String::as_str)
                    .chain(w.sort.iter().map(|s| s.trim_start_matches('-')))
            });
            let joins = t
                .parents
                .0
                .iter()
                .map(|(_, p)| p.key())
                .chain(t.children.0.iter().map(|(_, c)| c.by.as_str()));
            let lists = t.explode.iter().flat_map(|e| e.columns.iter().map(String::as_str));
            named
                .chain(window)
                .chain(joins)
                .chain(lists)
                .for_each(|column| self.words.add_column(column));
        }
        for event in &self.events {
            event.expressions(&mut all);
        }
        let engine = expression::syntax();
        for (at, text) in &all {
            expression::parse(&engine, text)
                .map_err(|what| MappingError::rule(at, format!("`{text}`: {what}")))?;
            self.words.add(text);
            self.calls_key |= calls(text, "key");
        }
        Ok(())
    }
}

/// Whether an expression calls a function.
fn calls(text: &str, function: &str) -> bool {
    text.match_indices(function).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let whole = before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        whole && text[at + function.len()..].trim_start().starts_with('(')
    })
}

/// The file as serde reads it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub(crate) name: String,
    pub(crate) about: Option<String>,
    pub(crate) source: Option<String>,
    #[serde(default = "import_actor")]
    pub(crate) actor: String,
    #[serde(default = "utc")]
    pub(crate) zone: String,
    #[serde(default)]
    pub(crate) clock_change: ClockChange,
    pub(crate) currency: Option<String>,
    #[serde(default)]
    pub(crate) parameters: Ordered<Parameter>,
    #[serde(default)]
    pub(crate) lookups: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    pub(crate) tables: Ordered<TableSpec>,
    #[serde(default)]
    event: Vec<EventText>,
}

impl Head {
    /// Columns that are called by their titles are called by their names from here on.
    fn name_columns(&mut self) {
        for (_, table) in &mut self.tables.0 {
            let made: Vec<String> =
                table.unpivot.iter().flat_map(|u| [u.name.clone(), u.value.clone()]).collect();
            for (column, _) in table.types.0.iter_mut().filter(|(column, _)| !made.contains(column))
            {
                *column = name_of(column);
            }
            for column in table
                .explode
                .iter_mut()
                .flat_map(|explode| &mut explode.columns)
                .filter(|column| !is_name(column))
            {
                *column = name_of(column);
            }
        }
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

fn import_actor() -> String {
    "\"import\"".to_owned()
}

/// A value the caller may set.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Parameter {
    Default(String),
    Described { default: Option<String>, about: Option<String> },
}

impl Parameter {
    pub(crate) fn default(&self) -> Option<&str> {
        match self {
            Parameter::Default(text) => Some(text),
            Parameter::Described { default, .. } => default.as_deref(),
        }
    }
    fn about(&self) -> Option<&str> {
        match self {
            Parameter::Default(_) => None,
            Parameter::Described { about, .. } => about.as_deref(),
        }
    }
}
