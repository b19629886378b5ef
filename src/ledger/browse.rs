//! Pages of records. Invariant: a page says where the next one begins, whatever was filtered out on the way.

use std::time::Duration;

use sijil_log::{Damage, Order, ReadError, ReadLimit};
use sijil_schemas::{Position, Record, StoredRecord, event::event_type_of_code, id::EntityRef, time::Timestamp};

use crate::{
    ledger::Ledger,
    limits::{PAGE_RECORDS_MAX, PAGE_SCAN_MAX},
    scrub::scrub,
};

/// A place where a record was, and none is.
pub(crate) fn nothing_at(position: Position) -> ReadError {
    let what = "the log has no record here, though one was durable".to_owned();
    ReadError::damaged(Damage { file: "log".to_owned(), offset: 0, bytes: 0, positions: Some((position, position)), what })
}

/// Which records are wanted; an absent condition takes any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only of these types.
    pub types: Vec<String>,
    /// Only of this family.
    pub family: Option<String>,
    /// Only those that name this entity.
    pub entity: Option<EntityRef>,
    /// Only by this actor.
    pub actor: Option<String>,
    /// Only those that occurred at or after this moment.
    pub occurred_from: Option<Timestamp>,
    /// Only those that occurred before this moment.
    pub occurred_before: Option<Timestamp>,
    /// Only those at or before this position.
    pub known_at: Option<Position>,
}

/// One page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The records that passed, in order of position.
    pub records: Vec<StoredRecord>,
    /// After which position the next page begins; `None` at the end.
    pub next: Option<Position>,
}

impl Filter {
    fn passes(&self, stored: &StoredRecord) -> bool {
        let event_type = event_type_of_code(stored.type_code());
        let occurred = stored.occurred_at_micros();
        (self.types.is_empty() || event_type.is_some_and(|t| self.types.iter().any(|name| name == t.name)))
            && self.family.as_ref().is_none_or(|family| event_type.is_some_and(|t| t.family == family))
            && self.occurred_from.is_none_or(|from| occurred >= from.micros())
            && self.occurred_before.is_none_or(|before| occurred < before.micros())
            && self.known_at.is_none_or(|known| stored.position() <= known)
            && self.actor.as_ref().is_none_or(|actor| stored.decode().is_ok_and(|r| r.envelope.actor.as_str() == actor))
    }
}

impl Ledger {
    /// The record at a position; `None` beyond the end of the log.
    pub fn record(&self, position: Position) -> Result<Option<StoredRecord>, ReadError> {
        if position == Position::ZERO {
            return Ok(None);
        }
        self.vouches(Some(position))?;
        let durable = self.durable();
        let found = self.reader.read(position, ReadLimit { records: 1, bytes: 1 })?.into_iter().next().filter(|r| r.position() == position);
        // What was durable cannot be nothing.
        if found.is_none() && position <= durable { Err(nothing_at(position)) } else { Ok(found) }
    }

    /// The records after a position that pass, at most `limit` (and [`PAGE_RECORDS_MAX`]) of them.
    pub fn page(&self, filter: &Filter, after: Position, limit: usize) -> Result<Page, ReadError> {
        self.vouches(filter.known_at)?;
        let limit = limit.clamp(1, PAGE_RECORDS_MAX);
        match &filter.entity {
            Some(entity) => self.page_of_entity(filter, entity, after, limit),
            None => self.page_of_all(filter, after, limit),
        }
    }

    fn page_of_entity(&self, filter: &Filter, entity: &EntityRef, after: Position, limit: usize) -> Result<Page, ReadError> {
        let mut page = Page::default();
        let mut after = after;
        loop {
            let positions = self.reader.touching(entity, after, limit, Order::Forward)?;
            let Some(last) = positions.last().copied() else { return Ok(page) };
            for position in &positions {
                let Some(stored) = self.record(*position)? else { continue };
                if filter.passes(&stored) {
                    page.records.push(stored);
                }
                if page.records.len() == limit {
                    page.next = Some(*position);
                    return Ok(page);
                }
            }
            if positions.len() < limit {
                return Ok(page);
            }
            after = last;
        }
    }

    fn page_of_all(&self, filter: &Filter, after: Position, limit: usize) -> Result<Page, ReadError> {
        let mut page = Page::default();
        let (mut after, mut scanned) = (after, 0);
        loop {
            let stored = match self.reader.read(after.next(), ReadLimit { records: limit.max(256), bytes: 4 << 20 }) {
                // What stands before the damage is a page; the next one meets it.
                Err(ReadError::Damaged { .. }) if !page.records.is_empty() => return Ok(Page { next: Some(after), ..page }),
                read => read?,
            };
            if stored.is_empty() {
                return Ok(page);
            }
            for record in stored {
                after = record.position();
                scanned += 1;
                if filter.known_at.is_some_and(|known| after > known) {
                    return Ok(page);
                }
                if filter.passes(&record) {
                    page.records.push(record);
                }
                if page.records.len() == limit || scanned == PAGE_SCAN_MAX {
                    page.next = Some(after);
                    return Ok(page);
                }
            }
        }
    }

    /// Every record that names an entity, decoded, oldest first, up to a position that the views reflect: they know where these stand.
    pub fn history(&self, entity: &EntityRef, known_at: Position) -> Result<Vec<Record>, ReadError> {
        let views = self.views();
        let touching = views.entities.get(entity).into_iter().flat_map(|life| life.touching());
        let positions: Vec<Position> = touching.map(|(position, _)| position).take_while(|position| *position <= known_at).collect();
        drop(views);
        let decoded = positions.into_iter().map(|position| {
            let stored = self.record(position)?.ok_or_else(|| nothing_at(position))?;
            stored.decode().map_err(|error| ReadError::of_record(&stored, error))
        });
        decoded.collect()
    }

    /// Reads every stored record up to the head on so many threads, each a stretch of its own; says how many there are. What it costs is what the log itself costs.
    pub fn scan(&self, threads: usize) -> Result<u64, ReadError> {
        let (head, threads) = (self.head()?.position.get(), threads.max(1) as u64);
        let stretch = |number: u64| -> Result<u64, ReadError> {
            let (mut from, last, mut records) = (head * number / threads + 1, head * (number + 1) / threads, 0);
            while from <= last {
                let read = self.reader.read(Position::new(from), ReadLimit::SCAN)?;
                let wanted = read.iter().take_while(|record| record.position().get() <= last).count() as u64;
                if wanted == 0 {
                    return Err(nothing_at(Position::new(from)));
                }
                records += wanted;
                from += wanted;
            }
            Ok(records)
        };
        std::thread::scope(|scope| {
            let stretches: Vec<_> = (0..threads).map(|number| scope.spawn(move || stretch(number))).collect();
            stretches.into_iter().map(|stretch| stretch.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).sum()
        })
    }

    /// Reads all of the log once, with a rest after each page, and remembers what is not as it was written; ends early once `stop` says so.
    pub fn scrub(&self, rest: Duration, stop: &dyn Fn() -> bool) -> Result<(), ReadError> {
        scrub(&*self.reader, rest, stop)
    }

    /// Waits until the log has records after a position, or the time is up; says where it ends.
    pub fn wait_for_records(&self, after: Position, timeout: Duration) -> Result<Position, ReadError> {
        self.reader.wait(after, timeout)
    }
    /// The Merkle root at a position; `None` beyond the head.
    pub fn root_at(&self, position: Position) -> Result<Option<[u8; 32]>, ReadError> {
        self.reader.root_at(position)
    }
}
