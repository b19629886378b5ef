//! From a draft as received to an event of the newest version. Invariant: past this point nothing
//! is a bare string, and every refusal names the field, what was expected and what came.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    event::{EVENT_TYPES, Event, EventType, event_type},
    id::Key,
    json,
    near::hint,
    strict::Strict,
    system::EventId,
    text::ATTRIBUTES_MAX,
    time::Timestamp,
    upcast::upcast,
};

/// The largest record, in bytes (the tile format of transparency logs counts in 16 bits).
pub const RECORD_BYTES_MAX: usize = 65_535;

/// The place of a pointer in words: the whole document has an empty one.
const fn place(pointer: &str) -> &str {
    if pointer.is_empty() { "the body" } else { pointer }
}

/// Why a draft is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The draft's type is not in the vocabulary.
    #[error("{pointer}: expected an event type of the vocabulary, got {got:?}{}; GET /v1/schemas \
             lists them all", hint(got, EVENT_TYPES.iter().map(|of| of.name)))]
    UnknownType {
        /// Where, as a JSON pointer.
        pointer: String,
        /// The type as it came.
        got: String,
    },
    /// The type has no such version.
    #[error("{pointer}: expected 1 to {newest} for {event_type}, got {got}")]
    UnknownVersion {
        /// Where, as a JSON pointer.
        pointer: String,
        /// The event type.
        event_type: &'static str,
        /// The version as it came.
        got: u8,
        /// The newest version there is.
        newest: u8,
    },
    /// A field the schema does not have.
    #[error("{pointer}: unknown field; {expected}")]
    UnknownField {
        /// Where, as a JSON pointer.
        pointer: String,
        /// Which fields there are.
        expected: String,
    },
    /// A field the schema wants is not there.
    #[error("{pointer}: missing field")]
    MissingField {
        /// Where, as a JSON pointer.
        pointer: String,
    },
    /// A value of the wrong form.
    #[error("{}: {message}", place(pointer))]
    InvalidField {
        /// Where, as a JSON pointer.
        pointer: String,
        /// What was expected and what came.
        message: String,
    },
    /// A text that is no JSON.
    #[error("{}: expected JSON, got a text that is none: {message}", place(pointer))]
    MalformedJson {
        /// The last place that could be read, as a JSON pointer; empty for the whole document.
        pointer: String,
        /// What the reader stumbled over, with line and column.
        message: String,
    },
    /// The record would be too large.
    #[error(
        "expected a record of at most {RECORD_BYTES_MAX} bytes, got {bytes}; keep long texts \
         outside and name them by hash"
    )]
    TooLarge {
        /// How large.
        bytes: usize,
    },
}

crate::kinds! { Refusal {
    Refusal::UnknownType { .. } => UnknownType,
    Refusal::UnknownVersion { .. } => UnknownVersion,
    Refusal::UnknownField { .. } => UnknownField,
    Refusal::MissingField { .. } => MissingField,
    Refusal::InvalidField { .. } => InvalidField,
    Refusal::MalformedJson { .. } => MalformedJson,
    Refusal::TooLarge { .. } => RecordTooLarge,
} }

impl Refusal {
    /// The JSON pointer of the field, if the refusal is about one.
    #[must_use]
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Refusal::UnknownType { pointer, .. }
            | Refusal::UnknownVersion { pointer, .. }
            | Refusal::UnknownField { pointer, .. }
            | Refusal::MissingField { pointer }
            | Refusal::InvalidField { pointer, .. }
            | Refusal::MalformedJson { pointer, .. } => Some(pointer),
            Refusal::TooLarge { .. } => None,
        }
    }
    /// The same refusal for a value that lies deeper in the document.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Refusal {
        match &mut self {
            Refusal::UnknownType { pointer, .. }
            | Refusal::UnknownVersion { pointer, .. }
            | Refusal::UnknownField { pointer, .. }
            | Refusal::MissingField { pointer }
            | Refusal::InvalidField { pointer, .. }
            | Refusal::MalformedJson { pointer, .. } => pointer.insert_str(0, prefix),
            Refusal::TooLarge { .. } => (),
        }
        self
    }
}

/// Reads a value as a type; a refusal names the field by its pointer within the value.
pub fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Refusal> {
    typed_ref(&value)
}

pub(crate) fn typed_ref<'v, T: Deserialize<'v>>(value: &'v Value) -> Result<T, Refusal> {
    T::deserialize(Strict(value)).map_err(Refusal::from)
}

/// An event as received, before its data is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The wire name of the event type.
    pub r#type: String,
    /// The version of its schema; absent means the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u8>,
    /// The caller's own id for the event: the idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<EventId>,
    /// The business date.
    pub occurred_at: Timestamp,
    /// By whom; absent means the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Key>,
    /// On whose behalf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Key>,
    /// What it belongs together with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Key>,
    /// What caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<Key>,
    /// The system it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Key>,
    /// What happened.
    pub data: Map<String, Value>,
}

impl Draft {
    /// Reads a draft from JSON.
    pub fn from_value(mut value: Value) -> Result<Draft, Refusal> {
        // The data is looked at later, with its type known, so it is carried over and not copied.
        let data = match value.get_mut("data") {
            Some(Value::Object(data)) => std::mem::take(data),
            _ => Map::new(),
        };
        let mut draft: Draft = typed_ref(&value)?;
        draft.data = data;
        Ok(draft)
    }
}

/// Reads one draft from a JSON text; strict, as [`json::value_from_slice`] says.
pub fn draft_from_slice(bytes: &[u8]) -> Result<Draft, Refusal> {
    Draft::from_value(json::value_from_slice(bytes)?)
}

/// Reads one draft, or an array of drafts, from a JSON text; strict, as [`json::value_from_slice`]
/// says. A pointer into an array begins with the index.
pub fn drafts_from_slice(bytes: &[u8]) -> Result<Vec<Draft>, Refusal> {
    match json::value_from_slice(bytes)? {
        Value::Array(items) => items
            .into_iter()
            .enumerate()
            .map(|(i, item)| {
                Draft::from_value(item).map_err(|refusal| refusal.under(&format!("/{i}")))
            })
            .collect(),
        one => Draft::from_value(one).map(|draft| vec![draft]),
    }
}

/// What the caller says around an event; two requests are the same only if this is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The business date.
    pub occurred_at: Timestamp,
    /// By whom.
    pub actor: Key,
    /// On whose behalf.
    pub on_behalf_of: Option<Key>,
    /// What it belongs together with.
    pub correlation: Option<Key>,
    /// What caused it.
    pub causation: Option<Key>,
    /// The system it came from.
    pub source: Option<Key>,
}

/// Everything the caller said: equal bodies under one event id are one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyAsReceived {
    /// The wire name of the type.
    pub event_type: &'static str,
    /// The version as received.
    pub version: u8,
    /// What was said around it.
    pub envelope: Envelope,
    /// What was said, as JSON.
    pub data: Map<String, Value>,
}

/// A parsed event that asks to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The event's id.
    pub id: Uuid,
    /// What the caller said.
    pub body: BodyAsReceived,
    /// The event in the newest version.
    pub event: Event,
}

/// Parses a draft. `id` is the event's id when the draft has none. An entity id that the draft
/// leaves to Sijil is derived from the event's id, so that the same request makes the same entity.
pub fn decode(draft: Draft, id: Uuid) -> Result<Candidate, Refusal> {
    let Some(event_type) = event_type(&draft.r#type) else {
        return Err(Refusal::UnknownType {
            pointer: "/type".into(),
            got: draft.r#type.chars().take(80).collect(),
        });
    };
    let version = draft.version.unwrap_or(event_type.version);
    if version == 0 || version > event_type.version {
        return Err(Refusal::UnknownVersion {
            pointer: "/version".into(),
            event_type: event_type.name,
            got: version,
            newest: event_type.version,
        });
    }
    let id = draft.id.map_or(id, |id| id.0);
    let mut data = draft.data;
    json::check(&data, 2).map_err(|r| r.under("/data"))?;
    fill_home_id(event_type, &mut data, id);
    require_personal(event_type, &data)?;
    check_attributes(&data)?;
    let data = Value::Object(data);
    let event = upcast(event_type, version, &data).map_err(|r| r.under("/data"))?;
    let Value::Object(data) = data else { unreachable!("an object was put in") };
    let anonymous = || {
        Key::new("anonymous")
            .map_err(|e| Refusal::InvalidField { pointer: "/actor".into(), message: e.to_string() })
    };
    let actor = draft.actor.map_or_else(anonymous, Ok)?;
    let envelope = Envelope {
        occurred_at: draft.occurred_at,
        actor,
        on_behalf_of: draft.on_behalf_of,
        correlation: draft.correlation,
        causation: draft.causation,
        source: draft.source,
    };
    Ok(Candidate {
        id,
        body: BodyAsReceived { event_type: event_type.name, version, envelope, data },
        event,
    })
}

fn fill_home_id(event_type: &EventType, data: &mut Map<String, Value>, event_id: Uuid) {
    if event_type.makes_home_id() && !data.contains_key(event_type.home_field) {
        let id = Uuid::new_v5(&event_id, event_type.home_field.as_bytes());
        data.insert(event_type.home_field.to_owned(), Value::String(id.to_string()));
    }
}

/// Counts the company's own fields, wherever an event sets them.
fn check_attributes(data: &Map<String, Value>) -> Result<(), Refusal> {
    for field in ["attributes", "set"] {
        let count = data.get(field).and_then(Value::as_object).map_or(0, Map::len);
        if count > ATTRIBUTES_MAX {
            let message = format!("expected at most {ATTRIBUTES_MAX} fields, got {count}");
            return Err(Refusal::InvalidField { pointer: format!("/data/{field}"), message });
        }
    }
    Ok(())
}

fn require_personal(event_type: &EventType, data: &Map<String, Value>) -> Result<(), Refusal> {
    match event_type
        .personal
        .iter()
        .find(|(field, required)| *required && data.get(*field).is_none_or(Value::is_null))
    {
        Some((field, _)) => Err(Refusal::MissingField { pointer: format!("/data/{field}") }),
        None => Ok(()),
    }
}
