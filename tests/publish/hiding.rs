//! A log that does not show some personal parts, as one that erased them. Invariant: all else is
//! that of the log behind it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use sijil_log::{Head, Order, ReadError, ReadLimit, Reader, tree::Hash};
use sijil_schemas::{Position, StoredRecord, id::EntityRef, time::Timestamp};
use uuid::Uuid;

/// Parts by their records.
pub type Hidden = Arc<Mutex<BTreeMap<Position, Vec<u8>>>>;

pub struct Hiding<R> {
    pub log: R,
    pub hidden: Hidden,
}

impl<R: Reader> Reader for Hiding<R> {
    fn head(&self) -> Result<Head, ReadError> {
        self.log.head()
    }
    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<StoredRecord>, ReadError> {
        let hidden = self.hidden.lock().expect("nobody panics with it");
        let mut records = self.log.read(from, limit)?;
        for record in &mut records {
            if let Some(parts) = hidden.get(&record.position()) {
                *record = record.without_parts(parts).expect("a whole record").0;
            }
        }
        Ok(records)
    }
    fn wait(&self, past: Position, timeout: Duration) -> Result<Position, ReadError> {
        self.log.wait(past, timeout)
    }
    fn position_of(&self, event_id: Uuid) -> Result<Option<Position>, ReadError> {
        self.log.position_of(event_id)
    }
    fn touching(
        &self,
        entity: &EntityRef,
        bound: Position,
        limit: usize,
        order: Order,
    ) -> Result<Vec<Position>, ReadError> {
        self.log.touching(entity, bound, limit, order)
    }
    fn root_at(&self, position: Position) -> Result<Option<Hash>, ReadError> {
        self.log.root_at(position)
    }
    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        self.log.hashes(level, from, count)
    }
    fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        self.log.position_at(time)
    }
}
