//! Older versions of event types, and how they become the newest. Invariant: what an old record said is never lost on the way up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    decode::{Refusal, typed},
    event::{Event, EventType, Interactions},
    id::{ClientId, EntityRef, InteractionId, Key},
    interactions::{Channel, Direction, InteractionRecorded},
    text::{Attributes, Name, Personal, Text},
};

/// `interaction.recorded` version 1: the duration was in whole minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InteractionRecordedV1 {
    interaction: InteractionId,
    client: Option<ClientId>,
    channel: Channel,
    direction: Direction,
    duration_min: Option<u32>,
    #[serde(default)]
    participants: Vec<EntityRef>,
    outcome: Option<Key>,
    text: Option<Personal<Text>>,
    body_ref: Option<Name>,
    recording_ref: Option<Name>,
    #[serde(default)]
    refs: Vec<EntityRef>,
    #[serde(default)]
    attributes: Attributes,
}

impl From<InteractionRecordedV1> for InteractionRecorded {
    fn from(old: InteractionRecordedV1) -> InteractionRecorded {
        InteractionRecorded {
            interaction: old.interaction,
            client: old.client,
            channel: old.channel,
            direction: old.direction,
            duration_s: old.duration_min.map(|m| m.saturating_mul(60)),
            participants: old.participants,
            outcome: old.outcome,
            text: old.text,
            body_ref: old.body_ref,
            recording_ref: old.recording_ref,
            refs: old.refs,
            attributes: old.attributes,
        }
    }
}

/// The event that `data` of some version says, in the newest version.
pub(crate) fn upcast(event_type: &EventType, version: u8, data: Value) -> Result<Event, Refusal> {
    match (event_type.name, version) {
        ("interaction.recorded", 1) => typed::<InteractionRecordedV1>(data).map(|old| Event::Interactions(Interactions::InteractionRecorded(old.into()))),
        _ => (event_type.parse)(data),
    }
}
