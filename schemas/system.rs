//! Corrections of the log itself. Invariant: nothing is removed; a voided event stays, and stays
//! true for every earlier `known_at`.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::{
    event::{Home, event},
    id::{EntityRef, EventRefId, ImportId, Kind},
    text::{Text, from_text},
};

const UUID: &str = "a UUID, as in 018f4a60-7c2e-7c3a-9d1b-2f5e8a6b4c01";

/// The id of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EventId(pub Uuid);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl FromStr for EventId {
    type Err = String;
    // One form only, the hyphenated one, so that equal ids have equal texts but for the case of
    // letters.
    fn from_str(text: &str) -> Result<EventId, String> {
        let refuse =
            || format!("expected {UUID}, got {:?}", text.chars().take(80).collect::<String>());
        if text.len() == 36 {
            Uuid::parse_str(text).map(EventId).map_err(|_| refuse())
        } else {
            Err(refuse())
        }
    }
}
impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            from_text(d, UUID, str::parse)
        } else {
            Uuid::deserialize(d).map(EventId)
        }
    }
}
impl JsonSchema for EventId {
    fn schema_name() -> Cow<'static, str> {
        "event_id".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "uuid"})
    }
}
impl Home for EventId {
    const KIND: Option<Kind> = Some(Kind::Event);
    fn home(&self) -> EntityRef {
        match EventRefId::new(&self.0.to_string()) {
            Ok(id) => id.entity(),
            Err(e) => unreachable!("a UUID is an id: {e}"),
        }
    }
}

event! {
    /// Personal columns of an import were hashed under a secret. Another secret would make other
    /// ids of the same persons.
    1402 "import.keyed" v 1 Revises ImportKeyed {
        /// The source the import gives its events.
        import: ImportId,
        /// Eight bytes of an HMAC under the secret, as hexadecimal.
        fingerprint: Text,
    }
}
event! {
    /// An event was recorded wrongly: it counts for nothing from here on.
    1401 "event.voided" v 1 Continues EventVoided {
        /// The event.
        target: EventId,
        /// Why.
        reason: Text,
    }
}
