//! Drafts, candidates and records to begin a test with. Invariant: all come from the released
//! examples.

use serde_json::Value;
use sijil_schemas::{
    Position, Record, StoredRecord,
    decode::{Candidate, Draft, decode, draft_from_slice},
    event::{EVENT_TYPES, EventType},
    record::Stamp,
    time::Timestamp,
};
use uuid::Uuid;

/// Every released version of every type.
pub fn releases() -> impl Iterator<Item = (&'static EventType, u8)> {
    EVENT_TYPES
        .iter()
        .flat_map(|event_type| (1..=event_type.version).map(move |version| (event_type, version)))
}

/// The example of a type in a version, as JSON.
pub fn example(event_type: &EventType, version: u8) -> Value {
    let text = event_type.released_example(version).expect("every released version has an example");
    serde_json::from_str(text).expect("an example is JSON")
}

/// The example of a wire name in its newest version.
pub fn example_of(name: &str) -> Value {
    sijil_schemas::event::event_type(name).expect("a type of the vocabulary").example()
}

pub fn draft(example: &Value) -> Draft {
    draft_from_slice(example.to_string().as_bytes()).expect("an example is a draft")
}

pub fn candidate(example: &Value) -> Candidate {
    decode(draft(example), Uuid::nil()).expect("an example is an event")
}

pub fn stamp() -> Stamp {
    let recorded_at: Timestamp = "2025-06-30T12:00:00.000001Z".parse().expect("a moment");
    Stamp {
        position: Position::new(4711),
        recorded_at,
        voids: None,
        salt: *b"sixteen bytes 16",
        voucher: None,
    }
}

pub fn kept(example: &Value) -> (Record, StoredRecord) {
    candidate(example).keep(&stamp()).expect("an example is small enough")
}
