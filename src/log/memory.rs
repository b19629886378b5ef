//! The log in memory: the reference model of the suite, and a log for tests of other rooms.
//! Invariant: it does what the port says in the plainest way, by scans where an index would be an
//! optimisation.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use sijil_proof::tiles::STEP;
use sijil_schemas::{
    id::EntityRef,
    record::{Position, StoredRecord},
    time::Timestamp,
};
use uuid::Uuid;

use crate::{
    port::{
        AppendError, Batch, Erased, Eraser, Gone, Head, Order, ReadError, ReadLimit, Reader,
        Touched, Writer, entity_hash, hashes_there, touched_by_schema,
    },
    tree::{self, Frontier, Hash},
};

#[derive(Default)]
struct Log {
    records: Vec<StoredRecord>,
    touched: Vec<Vec<u64>>,
    ids: HashMap<Uuid, Position>,
    frontier: Frontier,
}

struct Shared {
    log: Mutex<Log>,
    grown: Condvar,
    touched: Touched,
}

/// The one writer of a log in memory.
pub struct MemoryWriter(Arc<Shared>);

/// A reader of a log in memory.
#[derive(Clone)]
pub struct MemoryReader(Arc<Shared>);

/// A new, empty log in memory.
#[must_use]
pub fn open() -> (MemoryWriter, MemoryReader) {
    open_with(touched_by_schema())
}

/// A new, empty log in memory that asks `touched` which entities a record names.
#[must_use]
pub fn open_with(touched: Touched) -> (MemoryWriter, MemoryReader) {
    let shared = Arc::new(Shared { log: Mutex::default(), grown: Condvar::new(), touched });
    (MemoryWriter(shared.clone()), MemoryReader(shared))
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn head(&self) -> Position {
        Position::new(self.records.len() as u64)
    }
    fn since(&self, from: Position) -> &[StoredRecord] {
        let skip = usize::try_from(from.get().saturating_sub(1)).unwrap_or(usize::MAX);
        self.records.get(skip..).unwrap_or_default()
    }
}

impl Writer for MemoryWriter {
    fn append(&mut self, at: Position, batch: &Batch) -> Result<(), AppendError> {
        let mut log = self.0.log();
        if log.head() != at {
            return Err(AppendError::Conflict { expected: at, head: log.head() });
        }
        batch.check(at)?;
        for entry in &batch.entries {
            log.frontier.push(tree::leaf(&entry.record.public));
            log.ids.insert(entry.record.event_id(), entry.record.position());
            log.touched.push(entry.touched.clone());
            log.records.push(entry.record.clone());
        }
        drop(log);
        self.0.grown.notify_all();
        Ok(())
    }
}

impl Eraser for MemoryReader {
    fn place(&self) -> &'static str {
        "log"
    }

    fn erase(&self, gone: &Gone) -> io::Result<Erased> {
        let mut log = self.0.log();
        let mut erased = Erased::default();
        for (position, parts) in gone {
            let at = usize::try_from(position.get().saturating_sub(1)).unwrap_or(usize::MAX);
            let Some(record) = log.records.get_mut(at) else { continue };
            let left = record.without_parts(parts);
            let (left, removed) =
                left.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            *record = left;
            erased.removed += removed;
        }
        Ok(erased)
    }
}

impl Reader for MemoryReader {
    fn eraser(&self) -> Option<Arc<dyn Eraser>> {
        Some(Arc::new(self.clone()))
    }

    fn head(&self) -> Result<Head, ReadError> {
        let log = self.0.log();
        Ok(Head {
            position: log.head(),
            root: log.frontier.root(),
            recorded_at: log
                .records
                .last()
                .and_then(|last| Timestamp::from_micros(last.recorded_at_micros()).ok()),
        })
    }

    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<StoredRecord>, ReadError> {
        let log = self.0.log();
        let mut bytes = 0;
        let mut found = Vec::new();
        for record in log.since(from).iter().take(limit.records) {
            if bytes >= limit.bytes && !found.is_empty() {
                break;
            }
            bytes += record.public.len() + record.personal.len();
            found.push(record.clone());
        }
        Ok(found)
    }

    fn wait(&self, past: Position, timeout: Duration) -> Result<Position, ReadError> {
        let until = Instant::now() + timeout;
        let mut log = self.0.log();
        while log.head() <= past {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            log = self.0.grown.wait_timeout(log, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(log.head())
    }

    fn position_of(&self, event_id: Uuid) -> Result<Option<Position>, ReadError> {
        Ok(self.0.log().ids.get(&event_id).copied())
    }

    fn touching(
        &self,
        entity: &EntityRef,
        bound: Position,
        limit: usize,
        order: Order,
    ) -> Result<Vec<Position>, ReadError> {
        let log = self.0.log();
        let hash = entity_hash(entity);
        let mut found = Vec::new();
        let mut visit = |at: usize| -> Result<bool, ReadError> {
            let record = &log.records[at];
            let position = record.position();
            let beyond = match order {
                Order::Forward => position > bound,
                Order::Backward => position < bound,
            };
            if beyond && log.touched[at].contains(&hash) {
                let touched = (self.0.touched)(record)?;
                if touched.contains(entity) {
                    found.push(position);
                }
            }
            Ok(found.len() < limit)
        };
        let count = log.records.len();
        for step in 0..count {
            let at = if order == Order::Forward { step } else { count - 1 - step };
            if limit == 0 || !visit(at)? {
                break;
            }
        }
        Ok(found)
    }

    fn root_at(&self, position: Position) -> Result<Option<Hash>, ReadError> {
        let log = self.0.log();
        if position > log.head() {
            return Ok(None);
        }
        let mut frontier = Frontier::default();
        for record in log.records.iter().take_while(|record| record.position() <= position) {
            frontier.push(tree::leaf(&record.public));
        }
        Ok(Some(frontier.root()))
    }

    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        let log = self.0.log();
        let there = hashes_there(log.head(), level, from, count);
        let subtree = |number: u64| {
            let each = 1 << (STEP * level);
            let records = log.since(Position::new(number * each + 1));
            let mut frontier = Frontier::default();
            for record in records.iter().take(usize::try_from(each).unwrap_or(usize::MAX)) {
                frontier.push(tree::leaf(&record.public));
            }
            frontier.root()
        };
        Ok((from..).take(there).map(subtree).collect())
    }

    fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        let log = self.0.log();
        Ok(Position::new(
            log.records.partition_point(|record| record.recorded_at_micros() <= time.micros())
                as u64,
        ))
    }
}
