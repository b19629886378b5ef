//! Reading the embedded log. Invariant: what is served passed its checksum and was durable when it
//! was asked for.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sijil_schemas::{
    id::EntityRef,
    record::{Position, StoredRecord},
    time::Timestamp,
};
use uuid::Uuid;

use super::{
    store::{Derived, POINT_READ_BYTES, SCAN_BYTES, Store},
    tail::Tail,
};
use crate::{
    port::{
        Batched, Eraser, Head, Order, ReadError, ReadLimit, Reader, entity_hash, event_hash,
        hashes_there,
    },
    tree::{self, Hash},
};

/// Milliseconds between two looks for what another process has written.
const LOOK_PAUSE_MS: u64 = 20;

/// A reader of an embedded log; clones share everything.
#[derive(Clone)]
pub struct EmbeddedReader {
    pub(crate) store: Arc<Store>,
    pub(crate) derived: Arc<Derived>,
    /// Follows the process that writes, if this one only reads.
    pub(crate) tail: Option<Arc<Tail>>,
    /// Up to where personal parts were left out on purpose.
    pub(crate) left_out: Position,
    /// Whether this process writes the log.
    pub(crate) is_written: bool,
}

impl Reader for EmbeddedReader {
    fn parts_left_out(&self) -> Position {
        self.left_out
    }

    fn eraser(&self) -> Option<Arc<dyn Eraser>> {
        self.is_written.then(|| self.store.clone() as Arc<dyn Eraser>)
    }

    fn head(&self) -> Result<Head, ReadError> {
        Ok(*self.store.head()?)
    }

    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<StoredRecord>, ReadError> {
        let mut found = Vec::new();
        let mut bytes = 0;
        if limit.records == 0 {
            return Ok(found);
        }
        if limit.records == 1
            && let Some(record) = self.vouched(from)
        {
            return Ok(vec![record]);
        }
        let ahead = limit
            .bytes
            .clamp(POINT_READ_BYTES, SCAN_BYTES)
            .min(limit.records.saturating_mul(512).max(POINT_READ_BYTES));
        let visited = self.store.visit(from.get(), ahead, &mut |seen| {
            bytes += seen.record.len();
            found.push(seen.record.stored());
            Ok(found.len() < limit.records && bytes < limit.bytes)
        });
        match visited {
            // What stands before it is as it was written; whoever reads on meets it.
            Err(ReadError::Damaged { .. }) if !found.is_empty() => Ok(found),
            other => other.map(|()| found),
        }
    }

    fn batched(&self, from: Position, limit: ReadLimit) -> Result<Vec<Batched>, ReadError> {
        let (mut found, mut bytes) = (Vec::new(), 0);
        let ahead = limit.bytes.clamp(POINT_READ_BYTES, SCAN_BYTES);
        let visited = self.store.visit(from.get(), ahead, &mut |seen| {
            bytes += seen.record.len();
            found.push(Batched { record: seen.record.stored(), ends: seen.root.is_some() });
            Ok(found.len() < limit.records && bytes < limit.bytes)
        });
        match visited {
            // What stands before it is as it was written; whoever reads on meets it.
            Err(ReadError::Damaged { .. }) if !found.is_empty() => Ok(found),
            other => other.map(|()| found),
        }
    }

    fn wait(&self, past: Position, timeout: Duration) -> Result<Position, ReadError> {
        let until = Instant::now() + timeout;
        loop {
            if let Some(tail) = &self.tail {
                tail.advance(&self.store, &self.derived)?;
            }
            let head = self.store.head()?;
            let left = until.saturating_duration_since(Instant::now());
            if head.position > past || left.is_zero() {
                return Ok(head.position);
            }
            let pause = if self.tail.is_some() {
                left.min(Duration::from_millis(LOOK_PAUSE_MS))
            } else {
                left
            };
            drop(self.store.grown.wait_timeout(head, pause));
        }
    }

    fn position_of(&self, event_id: Uuid) -> Result<Option<Position>, ReadError> {
        let head = self.store.head()?.position;
        let mut candidates = Vec::new();
        let visited = self.derived.ids.visit(
            event_hash(event_id),
            u64::MAX,
            Order::Backward,
            &mut |position| {
                candidates.push(position);
                Ok(true)
            },
        );
        visited.map_err(|error| ReadError::io("look up an event id", error))?;
        for position in candidates {
            if position > head.get() {
                continue;
            }
            let found = self.glance(position)?;
            if found.is_some_and(|record| record.event_id() == event_id) {
                return Ok(Some(Position::new(position)));
            }
        }
        Ok(None)
    }

    fn touching(
        &self,
        entity: &EntityRef,
        bound: Position,
        limit: usize,
        order: Order,
    ) -> Result<Vec<Position>, ReadError> {
        let head = self.store.head()?.position;
        let mut found = Vec::new();
        let mut failed = None;
        if limit == 0 {
            return Ok(found);
        }
        let visited =
            self.derived.entities.visit(entity_hash(entity), bound.get(), order, &mut |position| {
                let position = Position::new(position);
                if position > head {
                    return Ok(true);
                }
                match self.touches(entity, position) {
                    Ok(true) => found.push(position),
                    Ok(false) => {}
                    Err(error) => {
                        failed = Some(error);
                        return Ok(false);
                    }
                }
                Ok(found.len() < limit)
            });
        visited.map_err(|error| ReadError::io("look up an entity", error))?;
        failed.map_or(Ok(found), Err)
    }

    fn root_at(&self, position: Position) -> Result<Option<Hash>, ReadError> {
        let head = *self.store.head()?;
        if position >= head.position {
            return Ok((position == head.position).then_some(head.root));
        }
        self.derived
            .tiles
            .root_at(position.get())
            .map_err(|error| ReadError::io("read the tree's hashes", error))
    }

    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        let head = self.store.head()?.position;
        let there = hashes_there(head, level, from, count);
        if there == 0 {
            return Ok(Vec::new());
        }
        // What is durable was noted before it was shown.
        self.derived
            .tiles
            .hashes(level as usize, from, there)
            .map_err(|error| ReadError::io("read the tree's hashes", error))
    }

    fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        let micros = time.micros();
        let head = self.store.head()?.position;
        let segments = self.store.segments();
        let before = |segment: &&Arc<_>| -> bool {
            let segment: &super::segment::Segment = segment;
            segment
                .offsets(super::offsets::Offsets::first)
                .is_some_and(|first| first.recorded_at <= micros)
        };
        let Some(segment) = segments.iter().rev().find(before) else { return Ok(Position::ZERO) };
        let Some(start) = segment.offsets(|offsets| offsets.recorded_before(micros)) else {
            return Ok(Position::ZERO);
        };
        let mut last = start.position.saturating_sub(1);
        self.store.visit(start.position, POINT_READ_BYTES, &mut |seen| {
            let beyond = seen.record.recorded_at() > micros;
            if !beyond {
                last = seen.position;
            }
            Ok(!beyond)
        })?;
        Ok(Position::new(last).min(head))
    }
}

impl EmbeddedReader {
    /// A record whose ids are to be looked at, not served. Reads little: the record's own hash
    /// vouches for its public bytes, and only if it does not, the whole batch is read.
    fn glance(&self, position: u64) -> Result<Option<StoredRecord>, ReadError> {
        self.hashed(position).map_or_else(|| self.store.record(position), |found| Ok(Some(found)))
    }

    /// A record whose public bytes are those of its hash in the tree, without reading all of its
    /// batch, which may hold thousands.
    fn hashed(&self, position: u64) -> Option<StoredRecord> {
        let hash = self.derived.tiles.hashes(0, position.checked_sub(1)?, 1).ok()?;
        self.store.unchecked(position).ok()?.filter(|found| hash == [tree::leaf(&found.public)])
    }

    /// A record to be served, if its hash vouches for all of it: it has no personal parts, which no
    /// hash covers. Without one, the checksum of its batch decides.
    fn vouched(&self, position: Position) -> Option<StoredRecord> {
        let durable = self.store.head().is_ok_and(|head| position <= head.position);
        let found = self.hashed(position.get()).filter(|_| durable)?;
        (found.position() == position && found.is_all_public()).then_some(found)
    }

    /// Whether the record really touches the entity: two entities may share a hash.
    fn touches(&self, entity: &EntityRef, position: Position) -> Result<bool, ReadError> {
        let Some(record) = self.glance(position.get())? else { return Ok(false) };
        let touched = (self.store.touched)(&record)?;
        Ok(touched.contains(entity))
    }
}
