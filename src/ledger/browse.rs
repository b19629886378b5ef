//! Pages of records. Invariant: a page says where the next one begins, whatever was filtered out on
//! the way.

use std::{collections::BTreeMap, time::Duration};

use sijil_log::{Damage, ReadError, ReadLimit};
use sijil_projections::{Cut, Known};
use sijil_schemas::{
    Position, Record, StoredRecord, event::event_type_of_code, id::EntityRef, record::Voided,
    time::Timestamp,
};

use crate::{
    ledger::Ledger,
    limits::{PAGE_RECORDS_MAX, PAGE_SCAN_MAX, QUERY_WAIT_MS_MAX},
    masks::Absent,
    scrub::scrub,
};

/// A place where a record was, and none is.
pub(crate) fn nothing_at(position: Position) -> ReadError {
    let what = "the log has no record here, though one was durable".to_owned();
    ReadError::damaged(Damage {
        file: "log".to_owned(),
        offset: 0,
        bytes: 0,
        positions: Some((position, position)),
        what,
    })
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
    /// Up to which position everything was looked at: what passes later stands after it.
    pub seen: Position,
}

/// Where the records stand that name an entity, and the voids of such, as known, in order.
pub(crate) fn named_or_voiding(
    views: &Known,
    entity: &EntityRef,
    known_at: Position,
) -> Vec<Position> {
    let lens = views.lens(Cut { known_at, ..Cut::all() });
    let life = views.entities.get(entity, lens.side);
    let touching = life.into_iter().flat_map(|life| life.touching_back());
    let mut all: Vec<Position> = touching
        .map(|(position, _)| position)
        .filter(|position| lens.recorded(*position))
        .collect();
    all.extend(all.clone().into_iter().filter_map(|position| lens.void_of(position)));
    all.sort_unstable();
    all.dedup();
    all
}

impl Filter {
    fn passes(&self, stored: &StoredRecord) -> bool {
        let event_type = event_type_of_code(stored.type_code());
        let occurred = stored.occurred_at_micros();
        (self.types.is_empty()
            || event_type.is_some_and(|t| self.types.iter().any(|name| name == t.name)))
            && self
                .family
                .as_ref()
                .is_none_or(|family| event_type.is_some_and(|t| t.family == family))
            && self.occurred_from.is_none_or(|from| occurred >= from.micros())
            && self.occurred_before.is_none_or(|before| occurred < before.micros())
            && self.known_at.is_none_or(|known| stored.position() <= known)
            && self.actor.as_ref().is_none_or(|actor| {
                stored.decode().is_ok_and(|r| r.envelope.actor.as_str() == actor)
            })
    }
}

impl Ledger {
    /// The record at a position; `None` beyond the end of the log.
    pub(crate) fn record(&self, position: Position) -> Result<Option<StoredRecord>, ReadError> {
        if position == Position::ZERO {
            return Ok(None);
        }
        self.vouches(Some(position))?;
        let durable = self.durable();
        let found = self
            .reader
            .read(position, ReadLimit { records: 1, bytes: 1 })?
            .into_iter()
            .next()
            .filter(|r| r.position() == position);
        // What was durable cannot be nothing.
        if found.is_none() && position <= durable { Err(nothing_at(position)) } else { Ok(found) }
    }

    /// The records after a position that pass, at most `limit` (and [`PAGE_RECORDS_MAX`]) of them.
    /// Among those of an entity are the voids of its records.
    pub(crate) fn page(
        &self,
        filter: &Filter,
        after: Position,
        limit: usize,
        sees: &dyn Fn(&StoredRecord) -> Result<bool, ReadError>,
    ) -> Result<Page, ReadError> {
        self.vouches(filter.known_at)?;
        let limit = limit.clamp(1, PAGE_RECORDS_MAX);
        match &filter.entity {
            Some(entity) => self.page_of_entity(filter, entity, (after, limit), sees),
            None => self.page_of_all(filter, (after, limit), sees),
        }
    }

    fn page_of_entity(
        &self,
        filter: &Filter,
        entity: &EntityRef,
        (after, limit): (Position, usize),
        sees: &dyn Fn(&StoredRecord) -> Result<bool, ReadError>,
    ) -> Result<Page, ReadError> {
        // Which records void those of an entity, the views know: they must have taken what is
        // durable.
        self.reflect();
        let (positions, seen) = {
            let views = self.views();
            (
                named_or_voiding(&views, entity, filter.known_at.unwrap_or(Position::MAX)),
                views.position(),
            )
        };
        let mut page = Page { seen: seen.max(after), ..Page::default() };
        let mut scanned = 0;
        for position in positions.into_iter().filter(|position| *position > after) {
            let Some(stored) = self.record(position)? else { continue };
            // What may not be seen counts for nothing: not even a page ends with it.
            if !sees(&stored)? {
                continue;
            }
            if page.records.len() == limit || scanned == PAGE_SCAN_MAX {
                page.seen = page.next.unwrap_or(after);
                return Ok(page);
            }
            (page.next, scanned) = (Some(position), scanned + 1);
            if filter.passes(&stored) {
                page.records.push(stored);
            }
        }
        page.next = None;
        Ok(page)
    }

    /// Waits, within limits, until the views reflect all that is durable now.
    pub(crate) fn reflect(&self) {
        let _reached = self.wait(self.durable(), Duration::from_millis(QUERY_WAIT_MS_MAX));
    }

    /// The voids of some records, as known, by the position of what they void.
    pub(crate) fn voided(
        &self,
        positions: impl IntoIterator<Item = Position>,
        known_at: Position,
    ) -> Result<BTreeMap<Position, Voided>, ReadError> {
        let voids: Vec<(Position, Position)> = {
            let views = self.views();
            // A void that cannot be vouched for voids nothing.
            let known_at =
                self.damaged().map_or(known_at, |damaged| known_at.min(damaged.vouched_to));
            let lens = views.lens(Cut { known_at, ..Cut::all() });
            positions
                .into_iter()
                .filter_map(|position| Some((position, lens.void_of(position)?)))
                .collect()
        };
        voids
            .into_iter()
            .map(|(target, void)| Ok((target, Voided::by(&self.decoded(void)?))))
            .collect()
    }

    /// Where the log ends, if a reader has come as far as this position; an error if nobody can
    /// say.
    pub(crate) fn reaches(&self, position: Position) -> Result<Position, ReadError> {
        let durable = self.durable();
        // On a shared log this node may not have heard of everything yet.
        if position <= durable { Ok(durable) } else { self.reader.latest() }
    }

    fn page_of_all(
        &self,
        filter: &Filter,
        (after, limit): (Position, usize),
        sees: &dyn Fn(&StoredRecord) -> Result<bool, ReadError>,
    ) -> Result<Page, ReadError> {
        let mut page = Page { seen: after, ..Page::default() };
        let (mut after, mut scanned) = (after, 0);
        loop {
            let stored = match self
                .reader
                .read(after.next(), ReadLimit { records: limit.max(256), bytes: 4 << 20 })
            {
                // What stands before the damage is a page; the next one meets it.
                Err(ReadError::Damaged { .. }) if !page.records.is_empty() => {
                    return Ok(Page { next: Some(after), ..page });
                }
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
                page.seen = after;
                if filter.passes(&record) && sees(&record)? {
                    page.records.push(record);
                }
                if page.records.len() == limit || scanned == PAGE_SCAN_MAX {
                    page.next = Some(after);
                    return Ok(page);
                }
            }
        }
    }

    /// Every record that names an entity, and every void of one, oldest first, up to a position
    /// that the views reflect: they know where these stand.
    pub(crate) fn stored_history(
        &self,
        entity: &EntityRef,
        known_at: Position,
    ) -> Result<Vec<StoredRecord>, ReadError> {
        let positions = named_or_voiding(&self.views(), entity, known_at);
        let stored = |position| self.record(position)?.ok_or_else(|| nothing_at(position));
        positions.into_iter().map(stored).collect()
    }

    /// The personal fields that records of an entity's own would say, if parts of them were not
    /// gone or masked, with why they are.
    pub(crate) fn absent_of(
        &self,
        entity: &EntityRef,
        records: &[Record],
    ) -> Result<Vec<(Position, Absent)>, ReadError> {
        let mut missing = Vec::new();
        for record in records.iter().filter(|record| {
            !record.event.event_type().personal.is_empty() && record.event.home() == *entity
        }) {
            let stored =
                self.record(record.position)?.ok_or_else(|| nothing_at(record.position))?;
            missing.push((record.position, self.absent(&stored)?));
        }
        Ok(missing)
    }

    /// The record at a position that the views reflect, decoded.
    pub(crate) fn decoded(&self, position: Position) -> Result<Record, ReadError> {
        let stored = self.record(position)?.ok_or_else(|| nothing_at(position))?;
        stored.decode().map_err(|error| ReadError::of_record(&stored, error))
    }

    /// Reads every stored record up to the head on so many threads, each a stretch of its own; says
    /// how many there are. What it costs is what the log itself costs.
    pub(crate) fn scan(&self, threads: usize) -> Result<u64, ReadError> {
        let (head, threads) = (self.head()?.position.get(), threads.max(1) as u64);
        let stretch = |number: u64| -> Result<u64, ReadError> {
            let (mut from, last, mut records) =
                (head * number / threads + 1, head * (number + 1) / threads, 0);
            while from <= last {
                let read = self.reader.read(Position::new(from), ReadLimit::SCAN)?;
                let wanted =
                    read.iter().take_while(|record| record.position().get() <= last).count() as u64;
                if wanted == 0 {
                    return Err(nothing_at(Position::new(from)));
                }
                records += wanted;
                from += wanted;
            }
            Ok(records)
        };
        std::thread::scope(|scope| {
            let stretches: Vec<_> =
                (0..threads).map(|number| scope.spawn(move || stretch(number))).collect();
            stretches
                .into_iter()
                .map(|stretch| {
                    stretch.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .sum()
        })
    }

    /// Reads all of the log once, with a rest after each page, and remembers what is not as it was
    /// written; ends early once `stop` says so.
    pub fn scrub(&self, rest: Duration, stop: &dyn Fn() -> bool) -> Result<(), ReadError> {
        scrub(&*self.reader, rest, stop)
    }

    /// Waits until the log has records after a position, or the time is up; says where it ends.
    pub fn wait_for_records(
        &self,
        after: Position,
        timeout: Duration,
    ) -> Result<Position, ReadError> {
        self.reader.wait(after, timeout)
    }
    /// The Merkle root at a position; `None` beyond the head.
    pub(crate) fn root_at(&self, position: Position) -> Result<Option<[u8; 32]>, ReadError> {
        self.reader.root_at(position)
    }
}
