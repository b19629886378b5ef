//! Older versions of event types, and how they become the newest. Invariant: what an old record said is never lost on the way up.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    decode::{Refusal, typed_ref},
    event::{Event, EventType, Interactions, Release},
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
    #[schemars(extend("maxProperties" = crate::text::ATTRIBUTES_MAX))]
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

const RECORDED_V1: &str = "interaction.recorded";

fn recorded_v1(old: InteractionRecordedV1) -> Event {
    Event::Interactions(Interactions::InteractionRecorded(old.into()))
}

/// The event that `data` of some version says, in the newest version.
pub(crate) fn upcast(event_type: &EventType, version: u8, data: &Value) -> Result<Event, Refusal> {
    match (event_type.name, version) {
        (RECORDED_V1, 1) => typed_ref(data).map(recorded_v1),
        _ => (event_type.parse)(data),
    }
}

/// The event that stored data of some version says, in the newest version. It was checked when it was taken in, so it is read straight from
/// its text.
pub(crate) fn read(event_type: &EventType, version: u8, json: &str) -> serde_json::Result<Event> {
    match (event_type.name, version) {
        (RECORDED_V1, 1) => serde_json::from_str(json).map(recorded_v1),
        _ => (event_type.read)(json),
    }
}

/// An older version's schema, generated from its type.
pub(crate) fn old_schema(name: &str, version: u8, generator: &mut SchemaGenerator) -> Option<Schema> {
    match (name, version) {
        (RECORDED_V1, 1) => Some(InteractionRecordedV1::json_schema(generator)),
        _ => None,
    }
}

/// An older version's files: schema and example.
pub(crate) fn old_release(name: &str, version: u8) -> Option<Release> {
    match (name, version) {
        (RECORDED_V1, 1) => {
            Some(Release { schema: include_str!("json/interaction.recorded/v1.json"), example: include_str!("json/interaction.recorded/v1.example.json") })
        }
        _ => None,
    }
}
