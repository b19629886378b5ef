//! Records that may be sent again, by their ids. Invariant: what it gives stands in the log;
//! reading ahead only spares looking for each of many that stand behind one another.

use std::{collections::VecDeque, sync::Arc};

use sijil_log::{ReadError, ReadLimit, Reader};
use sijil_schemas::{Position, StoredRecord};
use uuid::Uuid;

use crate::limits::{AHEAD, POSITION_MAX};

/// Finds stored records. What is sent twice mostly comes in the order in which it was recorded, so
/// the record behind the last one found is looked at first.
pub(crate) struct Stored {
    reader: Arc<dyn Reader>,
    /// Records after it are as if they were not there.
    horizon: Position,
    last: Position,
    /// Those behind the last one.
    ahead: VecDeque<StoredRecord>,
}

impl Stored {
    pub(crate) fn new(reader: Arc<dyn Reader>) -> Stored {
        Stored::up_to(reader, Position::new(POSITION_MAX))
    }

    /// The same, of a log that ends at a position.
    pub(crate) fn up_to(reader: Arc<dyn Reader>, horizon: Position) -> Stored {
        Stored { reader, horizon, last: Position::ZERO, ahead: VecDeque::new() }
    }

    /// From now on the log ends at this position.
    pub(crate) fn ends_at(&mut self, horizon: Position) {
        self.horizon = horizon;
        self.ahead.clear();
    }

    /// The record of an event, if it is durable.
    pub(crate) fn of(&mut self, id: Uuid) -> Result<Option<StoredRecord>, ReadError> {
        if self.ahead.front().is_none_or(|next| next.event_id() != id) {
            let Some(position) =
                self.reader.position_of(id)?.filter(|position| *position <= self.horizon)
            else {
                return Ok(None);
            };
            // One alone is a caller who was not answered; two in a row may be the beginning of
            // many.
            let limit = if position == self.last.next() {
                AHEAD
            } else {
                ReadLimit { records: 1, bytes: 1 }
            };
            self.ahead = self.reader.read(position, limit)?.into();
        }
        let found = self.ahead.pop_front().filter(|found| found.position() <= self.horizon);
        if let Some(found) = &found {
            self.last = found.position();
        }
        Ok(found)
    }
}
