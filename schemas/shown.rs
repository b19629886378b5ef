//! Records as readers see them. Invariant: what is shown of a record is what was received, with the
//! void it met beside it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    id::Key,
    record::{Position, Record, Vouched},
    time::Timestamp,
};

/// A record as readers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Record")]
pub struct Shown {
    /// Where it stands.
    pub position: Position,
    /// The event's id.
    pub id: Uuid,
    /// The event's type.
    #[serde(rename = "type")]
    pub event_type: &'static str,
    /// The version it was received in.
    pub version: u8,
    /// When it was so.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// By whom.
    pub actor: Key,
    /// On whose behalf.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Key>,
    /// What it belongs together with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Key>,
    /// What caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causation: Option<Key>,
    /// The system it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Key>,
    /// Who vouches that the actor is who it says; absent where that was only claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vouched: Option<Vouched>,
    /// The position it voids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voids: Option<Position>,
    /// The position that voids it, as known; streams and exports, which give a record as it was
    /// recorded, leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voided_by: Option<Position>,
    /// The same with who voided it, when and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voided: Option<Voided>,
    /// What happened, as the schema of its type says.
    pub data: Map<String, Value>,
    /// Personal fields that are absent from `data` because the reader may not see them; any of them
    /// may never have been said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// Personal fields that may be absent from `data` only because their stored part is not there,
    /// though nothing has erased it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Personal fields that may be absent from `data` because they were erased.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<String>,
    /// The position that erased them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased_by: Option<Position>,
}

/// The void of a record: who took it back, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Voided {
    /// Where the void stands.
    pub position: Position,
    /// Who voided it.
    pub actor: Key,
    /// Why; null if the reason was erased.
    pub reason: Option<String>,
    /// When it was voided.
    pub recorded_at: Timestamp,
}

impl Voided {
    /// The void that a record of `event.voided` is.
    #[must_use]
    pub fn by(void: &Record) -> Voided {
        Voided {
            position: void.position,
            actor: void.envelope.actor.clone(),
            reason: void.reason(),
            recorded_at: void.recorded_at,
        }
    }
}
