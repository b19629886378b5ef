//! One event as a mapping defines it: which rows give it, its key, its date and its data.
//! Invariant: nothing here has seen a row.

use serde::Deserialize;

use crate::{
    error::MappingError,
    shape::{Field, Shape},
};

/// `[[event]]` as serde reads it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventText {
    #[serde(rename = "type")]
    kind: String,
    version: Option<u32>,
    from: Option<String>,
    when: Option<String>,
    each: Option<String>,
    #[serde(rename = "as")]
    each_as: Option<String>,
    distinct: Option<String>,
    #[serde(default)]
    key: OneOrMany,
    at: toml::Value,
    zone: Option<String>,
    actor: Option<String>,
    on_behalf_of: Option<String>,
    correlation: Option<String>,
    causation: Option<String>,
    #[serde(default)]
    on_error: OnBadEvent,
    data: toml::Table,
    #[serde(rename = "about")]
    _about: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        OneOrMany::Many(Vec::new())
    }
}

/// The policy for a row whose event cannot be made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnBadEvent {
    /// Stop.
    #[default]
    Fail,
    /// Leave the event out and count it with its reason.
    Skip,
}

/// One kind of event and the rows that give it.
#[derive(Debug)]
pub(crate) struct EventSpec {
    /// Where it stands in the mapping, for messages.
    pub(crate) at_path: String,
    pub(crate) kind: String,
    pub(crate) version: Option<u32>,
    pub(crate) from: Option<String>,
    pub(crate) when: Option<String>,
    pub(crate) each: Option<String>,
    pub(crate) each_as: String,
    pub(crate) distinct: Option<String>,
    pub(crate) key: Vec<String>,
    pub(crate) at: Field,
    pub(crate) zone: Option<String>,
    /// `actor`, `on_behalf_of`, `correlation`, `causation`, where given.
    pub(crate) envelope: Vec<(&'static str, String)>,
    pub(crate) on_error: OnBadEvent,
    pub(crate) data: Shape,
}

impl EventSpec {
    pub(crate) fn from_text(text: EventText, number: usize) -> Result<EventSpec, MappingError> {
        let at_path = format!("event {} ({})", number + 1, text.kind);
        let envelope = [
            ("actor", text.actor),
            ("on_behalf_of", text.on_behalf_of),
            ("correlation", text.correlation),
            ("causation", text.causation),
        ];
        Ok(EventSpec {
            at: Field::required(&text.at, &format!("{at_path}.at"))?,
            data: Shape::from_toml(&toml::Value::Table(text.data), &format!("{at_path}.data"))?,
            kind: text.kind,
            version: text.version,
            from: text.from,
            when: text.when,
            each: text.each,
            each_as: text.each_as.unwrap_or_else(|| "it".to_owned()),
            distinct: text.distinct,
            key: match text.key {
                OneOrMany::One(key) => vec![key],
                OneOrMany::Many(keys) => keys,
            },
            zone: text.zone,
            envelope: envelope.into_iter().filter_map(|(name, e)| e.map(|e| (name, e))).collect(),
            on_error: text.on_error,
            at_path,
        })
    }

    /// Every expression with its place.
    pub(crate) fn expressions(&self, into: &mut Vec<(String, String)>) {
        let at = &self.at_path;
        let single = [("when", &self.when), ("each", &self.each), ("distinct", &self.distinct)];
        into.extend(
            single
                .into_iter()
                .filter_map(|(word, e)| e.as_ref().map(|e| (format!("{at}.{word}"), e.clone()))),
        );
        into.extend(self.key.iter().map(|e| (format!("{at}.key"), e.clone())));
        into.extend(self.envelope.iter().map(|(word, e)| (format!("{at}.{word}"), e.clone())));
        self.at.expressions(&format!("{at}.at"), into);
        self.data.expressions(&format!("{at}.data"), into);
    }
}
