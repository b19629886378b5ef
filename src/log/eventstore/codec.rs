//! Records as events of a stream. Invariant: `data` is the public bytes and the event's own
//! metadata the personal part, byte for byte.

use std::io;

use eventstore::{EventData, RecordedEvent};
use sijil_schemas::record::StoredRecord;
use uuid::Uuid;

use crate::{port::Batch, tree};

/// The type every record has in the stream: its own stands in its header. Short, since the server
/// counts it against the size of an append.
const TYPE: &str = "record";

/// The ids under which a batch lands: they follow from the records alone.
pub(crate) fn event_ids(batch: &Batch) -> Vec<Uuid> {
    batch
        .entries
        .iter()
        .map(|entry| Uuid::new_v5(&entry.record.event_id(), &tree::leaf(&entry.record.public)))
        .collect()
}

/// What is sent.
pub(crate) fn events(batch: &Batch, ids: &[Uuid]) -> Vec<EventData> {
    let event = |(record, id): (&StoredRecord, &Uuid)| {
        let event = EventData::binary(TYPE, record.public.to_vec().into()).id(*id);
        if record.personal.is_empty() {
            event
        } else {
            event.metadata(record.personal.to_vec().into())
        }
    };
    batch.entries.iter().map(|entry| &entry.record).zip(ids).map(event).collect()
}

/// What was read; refused unless it stands where it says.
pub(crate) fn record(event: &RecordedEvent) -> io::Result<StoredRecord> {
    let stored = StoredRecord {
        public: event.data.to_vec().into(),
        personal: event.custom_metadata.to_vec().into(),
    };
    let (found, expected) = (stored.position().get(), event.revision + 1);
    if found == expected {
        return Ok(stored);
    }
    let what = format!(
        "expected a record of position {expected} at revision {} of {}, found position {found}",
        event.revision, event.stream_id
    );
    Err(io::Error::new(io::ErrorKind::InvalidData, what))
}
