//! Which entities exist, how many revisions each has, and which records name it. Invariant:
//! revisions count every record with the entity as home, voided or not; an id is free again once
//! its opening is voided.

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Position, Record,
    event::Birth,
    id::{EntityRef, Kind},
    time::Timestamp,
};

use crate::{
    cut::{Dated, Lens, Voids},
    few::Few,
    fold::{Fold, Quarantine},
    names::EntityNames,
    steps,
};

/// The record opened or defined the entity.
const OPENS: u64 = 0b01;
/// The record has the entity as home.
const HOME: u64 = 0b10;

/// The records that name one entity, in order of position: of each the distance from the one before
/// and what it is to the entity, seven bits a byte, the low ones first. Two or three bytes a
/// record, where a position and a date take sixteen.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Trail {
    steps: Few<u8>,
    last: u64,
    homes: u32,
}

impl Trail {
    fn push(&mut self, position: Position, marks: u64) {
        let mut rest = (position.get().saturating_sub(self.last) << 2) | marks;
        self.last = position.get();
        self.homes = self.homes.saturating_add(u32::from(marks & HOME != 0));
        while rest >= 0x80 {
            self.steps.push(rest.to_le_bytes()[0] | 0x80);
            rest >>= 7;
        }
        self.steps.push(rest.to_le_bytes()[0]);
    }
    /// Every (position, marks), in order.
    fn iter(&self) -> impl Iterator<Item = (Position, u64)> + '_ {
        let (mut bytes, mut at) = (self.steps.unseen().iter(), 0);
        std::iter::from_fn(move || {
            let (mut value, mut shift) = (0, 0);
            loop {
                let byte = *bytes.next()?;
                value |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    steps::tick(1);
                    at += value >> 2;
                    return Some((Position::new(at), value & 0b11));
                }
            }
        })
    }
}

/// What is known of one entity.
#[derive(Debug, Clone, Copy)]
pub struct Life<'a> {
    trail: &'a Trail,
    dates: &'a [Timestamp],
}

impl<'a> Life<'a> {
    /// The revision: how many records have it as home, up to a position.
    #[must_use]
    pub fn revision(&self, known_at: Position) -> u64 {
        if known_at.get() >= self.trail.last {
            return u64::from(self.trail.homes);
        }
        self.homes().take_while(|p| *p <= known_at).count() as u64
    }
    /// The records that have it as home, in order of position; those retracted are left out.
    #[must_use]
    pub fn home_records(&self, voids: &Voids) -> Vec<Position> {
        self.homes().filter(|p| !voids.retracted().contains(p)).collect()
    }
    /// The revision, those records left out that were retracted.
    #[must_use]
    pub fn revision_now(&self, voids: &Voids) -> u64 {
        if voids.retracted().is_empty() {
            u64::from(self.trail.homes)
        } else {
            self.home_records(voids).len() as u64
        }
    }
    /// Every record that names it, with its business date, in order of position.
    pub fn touching(&self) -> impl Iterator<Item = (Position, Timestamp)> + use<'a> {
        let dates = self.dates;
        self.trail.iter().map(move |(position, _)| (position, date(dates, position)))
    }
    /// The record that opened it and stands, if any: of several the first in replay order. The
    /// entity exists iff there is one.
    #[must_use]
    pub fn birth(&self, lens: Lens<'_>) -> Option<Dated<()>> {
        let births = self
            .trail
            .iter()
            .filter(|(position, marks)| marks & OPENS != 0 && lens.known(*position));
        births
            .map(|(position, _)| Dated { at: date(self.dates, position), position, what: () })
            .min_by_key(Dated::order)
    }
    /// The first record that opened it and stands, in order of position. Of what is opened once,
    /// the record that opened it.
    #[must_use]
    pub fn opening(&self, lens: Lens<'_>) -> Option<Dated<()>> {
        let opened =
            self.trail.iter().find(|(position, marks)| marks & OPENS != 0 && lens.known(*position));
        opened.map(|(position, _)| Dated { at: date(self.dates, position), position, what: () })
    }
    /// Whether a record stands that opened it.
    fn is_born(&self, lens: Lens<'_>) -> bool {
        self.trail.iter().any(|(position, marks)| marks & OPENS != 0 && lens.known(position))
    }
    /// The records that have it as home, in order of position.
    pub fn homes(&self) -> impl Iterator<Item = Position> + use<'a> {
        self.trail.iter().filter(|(_, marks)| marks & HOME != 0).map(|(position, _)| position)
    }
}

/// The business date of a record.
fn date(dates: &[Timestamp], position: Position) -> Timestamp {
    let index = position.get().checked_sub(1).and_then(|index| usize::try_from(index).ok());
    index.and_then(|index| dates.get(index)).copied().unwrap_or(Timestamp::MIN)
}

/// Every entity by kind and id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Entities {
    names: EntityNames,
    trails: Vec<Trail>,
    /// The business date of every record, by position.
    dates: Vec<Timestamp>,
    quarantine: Quarantine,
}

impl Fold for Entities {
    const NAME: &'static str = "entities";
    const EDITION: u32 = 2;
    const WHOLE: bool = false;

    fn apply(&mut self, record: &Record) {
        // Positions have no gaps; should there be one, no date slips to another record.
        let place = usize::try_from(record.position.get()).unwrap_or(usize::MAX);
        self.dates.resize(self.dates.len().max(place.saturating_sub(1)), Timestamp::MIN);
        self.dates.push(record.occurred_at());
        let mut seen: Vec<u32> = Vec::with_capacity(8);
        // The home comes first.
        let mut marks =
            if record.event.event_type().birth == Birth::Continues { HOME } else { HOME | OPENS };
        record.event.touch(&mut |entity| {
            let number = self.names.intern(&entity);
            if number as usize == self.trails.len() {
                self.trails.push(Trail::default());
            }
            if !seen.contains(&number) {
                seen.push(number);
                self.trails[number as usize].push(record.position, marks);
            }
            marks = 0;
        });
    }
    fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }
}

impl Entities {
    fn life(&self, number: u32) -> Life<'_> {
        Life { trail: &self.trails[number as usize], dates: &self.dates }
    }
    /// What is known of an entity; `None` if no record names it.
    #[must_use]
    pub fn get(&self, entity: &EntityRef) -> Option<Life<'_>> {
        self.names.find(entity).map(|number| self.life(number))
    }
    /// The business date of a record; the earliest moment of one that is not known.
    #[must_use]
    pub fn date_of(&self, position: Position) -> Timestamp {
        date(&self.dates, position)
    }
    /// Whether an entity exists, as known.
    #[must_use]
    pub fn exists(&self, entity: &EntityRef, lens: Lens<'_>) -> bool {
        self.get(entity).is_some_and(|life| life.is_born(lens))
    }
    /// Every entity of a kind that exists, as known, in order of the ids: (id, what is known of
    /// it).
    #[must_use]
    pub fn of_kind(&self, kind: Kind, lens: Lens<'_>) -> Vec<(&str, Life<'_>)> {
        let numbers = 0..u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let named = numbers.filter_map(|number| {
            self.names
                .at(number)
                .filter(|(of, _)| *of == kind)
                .map(|(_, id)| (id, self.life(number)))
        });
        let mut all: Vec<_> = named.filter(|(_, life)| life.is_born(lens)).collect();
        all.sort_by_key(|(id, _)| *id);
        all
    }
}
