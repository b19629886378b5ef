//! What is said to clients. Invariant: a message is made here and nowhere else.

use std::collections::HashMap;

use crate::{
    protocol::event_store::client::{
        AllStreamPosition, StreamIdentifier, Uuid as WireId,
        streams::{
            ReadResp,
            read_resp::{
                CaughtUp, Checkpoint, Content, ReadEvent, StreamNotFound, SubscriptionConfirmation,
                read_event::{Position, RecordedEvent},
            },
        },
        uuid::{Structured, Value},
    },
    source::{Place, StreamEvent},
};

fn message(content: Content) -> ReadResp {
    ReadResp { content: Some(content) }
}

fn wire_id(id: uuid::Uuid, structured: bool) -> WireId {
    let value = if structured {
        let (most, least) = id.as_u64_pair();
        Value::Structured(Structured {
            most_significant_bits: most.cast_signed(),
            least_significant_bits: least.cast_signed(),
        })
    } else {
        Value::String(id.to_string())
    };
    WireId { value: Some(value) }
}

/// An event.
pub(crate) fn event(event: StreamEvent, structured_ids: bool) -> ReadResp {
    let content_type = if event.is_json { "application/json" } else { "application/octet-stream" };
    // The protocol counts time in ticks of 100 ns.
    let created = event.recorded_at_micros.saturating_mul(10).to_string();
    let metadata = HashMap::from([
        ("type".to_owned(), event.event_type),
        ("created".to_owned(), created),
        ("content-type".to_owned(), content_type.to_owned()),
    ]);
    let recorded = RecordedEvent {
        id: Some(wire_id(event.id, structured_ids)),
        stream_identifier: Some(StreamIdentifier {
            stream_name: event.stream.as_bytes().to_vec().into(),
        }),
        stream_revision: event.revision,
        prepare_position: event.position,
        commit_position: event.position,
        metadata,
        custom_metadata: event.metadata.into(),
        data: event.data.into(),
    };
    message(Content::Event(ReadEvent {
        event: Some(recorded),
        link: None,
        position: Some(Position::CommitPosition(event.position)),
    }))
}

/// The subscription stands.
pub(crate) fn confirmed() -> ReadResp {
    message(Content::Confirmation(SubscriptionConfirmation {
        subscription_id: uuid::Uuid::new_v4().to_string(),
    }))
}

/// From here on events come as they are recorded.
pub(crate) fn caught_up() -> ReadResp {
    message(Content::CaughtUp(CaughtUp {}))
}

/// Everything up to a position was looked at.
pub(crate) fn checkpoint(position: u64) -> ReadResp {
    message(Content::Checkpoint(Checkpoint {
        commit_position: position,
        prepare_position: position,
    }))
}

/// There is no such stream.
pub(crate) fn not_found(stream: &str) -> ReadResp {
    message(Content::StreamNotFound(StreamNotFound {
        stream_identifier: Some(StreamIdentifier {
            stream_name: stream.as_bytes().to_vec().into(),
        }),
    }))
}

/// Where a place ends.
pub(crate) fn last(place: &Place, number: u64) -> ReadResp {
    message(match place {
        Place::All => Content::LastAllStreamPosition(AllStreamPosition {
            commit_position: number,
            prepare_position: number,
        }),
        Place::Stream(_) => Content::LastStreamPosition(number),
    })
}
