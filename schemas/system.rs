//! Corrections of the log itself. Invariant: nothing is removed; a voided event stays, and stays true for every earlier `known_at`.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    event::{Home, event},
    id::{EntityRef, EventRefId, Kind},
    text::Text,
};

/// The id of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventId(pub Uuid);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
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
    /// An event was recorded wrongly: it counts for nothing from here on.
    1401 "event.voided" v 1 Continues EventVoided {
        /// The event.
        target: EventId,
        /// Why.
        reason: Text,
    }
}
