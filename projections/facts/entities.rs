//! Which entities exist, how many revisions each has, and which records name it. Invariant:
//! revisions count every record with the entity as home, voided or not; an id is free again once
//! its opening is voided.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Event, Position, Record,
    event::Birth,
    id::{EntityRef, Kind},
    time::Timestamp,
};

use crate::{
    cut::{Dated, Lens, Side},
    ids::{EntitySym, Ids, Named},
    links::Links,
    moments::Moments,
};

/// The records of all entities of one kind.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Lives {
    /// Those that opened or defined an entity.
    births: Links<0>,
    /// Those that have it as home, each with its revision.
    homes: Links<1>,
    /// Those that only name it.
    named: Links<0>,
}

/// Every entity by kind and id.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entities {
    #[serde(with = "shared")]
    ids: Arc<Ids>,
    lives: Box<[Lives]>,
    /// The business date of every record.
    moments: Moments,
}

impl Clone for Entities {
    fn clone(&self) -> Entities {
        self.copy(Position::MAX)
    }
}
impl Default for Entities {
    fn default() -> Entities {
        let lives = Kind::ALL.iter().map(|_| Lives::default()).collect();
        Entities { ids: Arc::default(), lives, moments: Moments::default() }
    }
}

/// What is known of one entity.
#[derive(Debug, Clone, Copy)]
pub struct Life<'a> {
    lives: &'a Lives,
    moments: &'a Moments,
    number: u32,
    side: Side,
}

impl<'a> Life<'a> {
    /// The revision: how many records have it as home, up to a position.
    #[must_use]
    pub fn revision(&self, known_at: Position) -> u64 {
        let mut homes = self.lives.homes.back(self.number, self.side);
        homes
            .find(|(position, _)| *position <= known_at)
            .map_or(0, |(_, [number])| u64::from(number))
    }
    /// The records that have it as home, in order of position.
    #[must_use]
    pub fn homes(&self) -> Vec<Position> {
        let back = self.lives.homes.back(self.number, self.side);
        let mut all: Vec<Position> = back.map(|(position, _)| position).collect();
        all.reverse();
        all
    }
    /// Every record that names it, with its business date, the newest first.
    pub fn touching_back(&self) -> impl Iterator<Item = (Position, Timestamp)> + use<'a> {
        let moments = self.moments;
        let homes = self.lives.homes.back(self.number, self.side).map(|(position, _)| position);
        let named = self.lives.named.back(self.number, self.side).map(|(position, _)| position);
        let (mut homes, mut named) = (homes.peekable(), named.peekable());
        std::iter::from_fn(move || {
            // No record is both; none is before any.
            let position = if homes.peek() > named.peek() { homes.next() } else { named.next() };
            position.map(|position| (position, moments.of(position)))
        })
    }
    /// Every record that names it, with its business date, in order of position.
    #[must_use]
    pub fn touching(&self) -> Vec<(Position, Timestamp)> {
        let mut all: Vec<_> = self.touching_back().collect();
        all.reverse();
        all
    }
    /// The records that opened or defined it and stand, the newest first.
    fn births(&self, lens: Lens<'a>) -> impl Iterator<Item = Dated<()>> {
        let moments = self.moments;
        let births = self.lives.births.back(self.number, lens.side);
        births.filter(move |(position, _)| lens.known(*position)).map(move |(position, _)| Dated {
            at: moments.of(position),
            position,
            what: (),
        })
    }
    /// The record that opened it and stands, if any: of several the first in replay order. The
    /// entity exists iff there is one.
    #[must_use]
    pub fn birth(&self, lens: Lens<'a>) -> Option<Dated<()>> {
        self.births(lens).min_by_key(Dated::order)
    }
    /// The record that opened it and stands; of what is defined again and again, the newest.
    #[must_use]
    pub fn opening(&self, lens: Lens<'a>) -> Option<Dated<()>> {
        self.births(lens).next()
    }
    /// Whether a record stands that opened it.
    #[must_use]
    pub fn is_born(&self, lens: Lens<'a>) -> bool {
        self.opening(lens).is_some()
    }
}

impl Entities {
    /// The ids of the company.
    #[must_use]
    pub const fn ids(&self) -> &Arc<Ids> {
        &self.ids
    }
    /// What records up to a position said, apart, with ids of its own: what is named in one is not
    /// in the other. Nothing of it is published.
    #[must_use]
    pub fn copy(&self, up_to: Position) -> Entities {
        let lives = self.lives.iter().map(|lives| Lives {
            births: lives.births.copy(up_to),
            homes: lives.homes.copy(up_to),
            named: lives.named.copy(up_to),
        });
        Entities {
            ids: Arc::new(self.ids.copy(up_to)),
            lives: lives.collect(),
            moments: self.moments.copy(up_to),
        }
    }
    /// Counts in other numbers from now on, of which its own are the first.
    pub fn count_in(&mut self, ids: Arc<Ids>) {
        self.ids = ids;
    }
    /// Gives numbers to all entities that an event at a position names, and tells them.
    pub fn name(&self, event: &Event, position: Position) -> Named {
        let mut named = Named::default();
        event.touch(&mut |entity| {
            let number = self.ids.intern(&entity, position);
            named.add(entity, number);
        });
        // An account need not be opened, so a path refers to nothing; it has a number all the same.
        event.paths(&mut |path| {
            self.ids.of_kind(Kind::Account).intern(path.as_str(), position);
        });
        named
    }
    /// Takes the next record, whose entities have numbers.
    pub fn take(&self, record: &Record) {
        self.moments.set(record.position, record.occurred_at());
        let mut seen: Vec<(Kind, u32)> = Vec::with_capacity(8);
        record.event.touch(&mut |entity| {
            let EntitySym { number, .. } = self.ids.entity(&entity);
            if seen.contains(&(entity.kind, number)) {
                return;
            }
            let lives = &self.lives[entity.kind as usize];
            // The home comes first.
            if seen.is_empty() {
                if record.event.event_type().birth != Birth::Continues {
                    lives.births.push(number, record.position, []);
                }
                let before = lives.homes.back(number, Side::Decided).next();
                let revision = before.map_or(0, |(_, [revision])| revision).saturating_add(1);
                lives.homes.push(number, record.position, [revision]);
            } else {
                lives.named.push(number, record.position, []);
            }
            seen.push((entity.kind, number));
        });
    }
    /// Its parts, each with the bytes it takes in memory.
    #[must_use]
    pub fn memory(&self) -> Vec<(&'static str, u64)> {
        let of = |links: &dyn Fn(&Lives) -> u64| self.lives.iter().map(links).sum();
        vec![
            ("ids", self.ids.bytes()),
            ("births", of(&|lives| lives.births.bytes())),
            ("homes", of(&|lives| lives.homes.bytes())),
            ("named", of(&|lives| lives.named.bytes())),
            ("moments", self.moments.bytes()),
        ]
    }
    /// How many bytes are kept of ids that were taken back.
    #[must_use]
    pub fn left_over(&self) -> u64 {
        self.ids.left_over()
    }
    /// The business date of a record; the earliest moment of one that is not known.
    #[must_use]
    pub fn moment(&self, position: Position) -> Timestamp {
        self.moments.of(position)
    }
    /// Lets readers see what records up to a position said.
    pub fn publish(&self, up_to: Position) {
        for lives in &self.lives {
            lives.births.publish(up_to);
            lives.homes.publish(up_to);
            lives.named.publish(up_to);
        }
    }
    /// Takes back what records after a position said, and the numbers they gave.
    pub fn truncate(&self, after: Position) {
        for lives in &self.lives {
            lives.births.truncate(after);
            lives.homes.truncate(after);
            lives.named.truncate(after);
        }
        self.moments.truncate(after);
        self.ids.truncate(after);
    }
    fn life(&self, kind: Kind, number: u32, side: Side) -> Life<'_> {
        Life { lives: &self.lives[kind as usize], moments: &self.moments, number, side }
    }
    /// What one side knows of an entity; `None` if no record names it.
    #[must_use]
    pub fn get(&self, entity: &EntityRef, side: Side) -> Option<Life<'_>> {
        let number = self.ids.of_kind(entity.kind).find(entity.id())?;
        Some(self.life(entity.kind, number, side))
    }
    /// What is known of an entity that has a number.
    #[must_use]
    pub fn life_of(&self, entity: EntitySym, side: Side) -> Life<'_> {
        self.life(entity.kind, entity.number, side)
    }
    /// Whether an entity exists, as known.
    #[must_use]
    pub fn exists(&self, entity: &EntityRef, lens: Lens<'_>) -> bool {
        let number = self.ids.of_kind(entity.kind).find(entity.id());
        number.is_some_and(|number| self.life(entity.kind, number, lens.side).is_born(lens))
    }
    /// Every entity of a kind that exists, as known, in order of the ids: (id, what is known of
    /// it).
    #[must_use]
    pub fn of_kind<'a>(&'a self, kind: Kind, lens: Lens<'a>) -> Vec<(&'a str, Life<'a>)> {
        let names = self.ids.of_kind(kind);
        let all = (0..names.len()).map(|n| (names.at(n), self.life(kind, n, lens.side)));
        let mut all: Vec<_> = all.filter(|(_, life)| life.is_born(lens)).collect();
        all.sort_by_key(|(id, _)| *id);
        all
    }
}

/// The ids in the bytes of a state: as they are.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::ids::Ids;

    pub(super) fn serialize<S: Serializer>(ids: &Arc<Ids>, s: S) -> Result<S::Ok, S::Error> {
        ids.as_ref().serialize(s)
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Arc<Ids>, D::Error> {
        Ids::deserialize(d).map(Arc::new)
    }
}
