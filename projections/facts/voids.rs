//! Which records are voided, and which documents come in parts. Invariant: what is noted of a
//! record that was never durable is nobody's, since a lens compares the position it was noted at.

use std::{
    fmt,
    sync::{PoisonError, RwLock, atomic::Ordering},
};

use hashbrown::HashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sijil_schemas::{Event, Position, Record, event::System, parts::Piece};

use crate::{cells::narrow, marks::Marks, rows::Store};

/// What is noted of some positions: of each another one.
#[derive(Default)]
struct Noted(RwLock<HashMap<u32, u32>>);

impl Noted {
    fn at(&self, position: Position) -> Option<Position> {
        let noted = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let noted = noted.get(&u32::try_from(position.get()).ok()?);
        noted.map(|noted| Position::new(u64::from(*noted)))
    }
    fn set(&self, position: u32, to: u32) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(position, to);
    }
    fn forget(&self, position: u32) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&position);
    }
    fn bytes(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).allocation_size() as u64
    }
}

/// Which records are voided, and by which; and the documents in parts: where each was opened, and
/// where its last part stands, which follows at once. None of it is known before.
pub struct Voids {
    /// The positions that all below is about. Hardly any are, and who asks of the others, which is
    /// every fact of every report, reads one bit.
    marks: Marks,
    /// The void of each record.
    of: Noted,
    /// Where each document is whole, by where it was opened.
    whole: Noted,
    /// Every void with its target, in order of the void.
    voids: Store,
    /// Every opening of a document in parts with its last part, in order of the opening.
    in_parts: Store,
}

impl Default for Voids {
    fn default() -> Voids {
        Voids {
            marks: Marks::default(),
            of: Noted::default(),
            whole: Noted::default(),
            voids: Store::new(2),
            in_parts: Store::new(2),
        }
    }
}

impl Voids {
    /// Takes note of a void, which takes the later parts of a document along, and of a document
    /// that comes in parts.
    pub fn take(&self, record: &Record) {
        if let (Event::System(System::EventVoided(_)), Some(target)) = (&record.event, record.voids)
        {
            self.void(target, record.position);
        }
        if let Some(Piece::Opening(parts)) = record.event.piece() {
            let last = record.position.get() + u64::from(parts) - 1;
            self.open(record.position, Position::new(last));
        }
    }
    /// Takes note that a record, with the later parts of its document, was voided by another. The
    /// first void of a record is the one.
    pub fn void(&self, target: Position, by: Position) {
        for place in target.get()..=self.whole(target).get() {
            let place = Position::new(place);
            if self.of.at(place).is_none() {
                self.of.set(narrow(place), narrow(by));
                self.marks.set(narrow(place), true);
                self.voids.push(&[narrow(by), narrow(place)]);
            }
        }
    }
    fn open(&self, opening: Position, last: Position) {
        self.whole.set(narrow(opening), narrow(last));
        self.marks.set(narrow(opening), true);
        self.in_parts.push(&[narrow(opening), narrow(last)]);
    }
    /// Whether a record is neither voided, by a void of any time, nor opens a document in parts: as
    /// nearly all are.
    #[must_use]
    #[inline]
    pub fn is_plain(&self, position: Position) -> bool {
        u32::try_from(position.get()).map_or(true, |position| !self.marks.has(position))
    }
    /// Where a document is whole that was opened at a position: there, or where its last part
    /// stands.
    #[must_use]
    #[inline]
    pub fn whole(&self, opening: Position) -> Position {
        let noted = if self.is_plain(opening) { None } else { self.whole.at(opening) };
        noted.unwrap_or(opening)
    }
    /// Where the document was opened of which a part stands at a position; the position itself if
    /// it is no later part.
    #[must_use]
    pub fn opening_of(&self, part: Position) -> Position {
        let before = Position::new(part.get().saturating_sub(1));
        let row = self.in_parts.until(before, self.in_parts.len()).checked_sub(1);
        let opening = row.map(|row| Position::new(u64::from(self.in_parts.position(row))));
        opening.filter(|opening| part <= self.whole(*opening)).unwrap_or(part)
    }
    /// Takes back what records after a position voided or opened.
    pub fn truncate(&self, after: Position) {
        let taken_back = |store: &Store, noted: &Noted, cell: usize| {
            let keep = store.until(after, store.len());
            let mut forgotten = Vec::new();
            for (_, cells) in store.scan(keep, store.len()) {
                let of = cells[cell].load(Ordering::Relaxed);
                noted.forget(of);
                forgotten.push(of);
            }
            store.shorten(keep);
            forgotten
        };
        let voided = taken_back(&self.voids, &self.of, 1);
        let opened = taken_back(&self.in_parts, &self.whole, 0);
        for position in voided.into_iter().chain(opened) {
            let of = Position::new(u64::from(position));
            self.marks.set(position, self.of.at(of).is_some() || self.whole.at(of).is_some());
        }
    }
    /// The position of the void of a record, if there is one.
    #[must_use]
    #[inline]
    pub fn of(&self, target: Position) -> Option<Position> {
        if self.is_plain(target) { None } else { self.of.at(target) }
    }
    /// Every (target, void), in order of the void.
    pub fn iter(&self) -> impl Iterator<Item = (Position, Position)> + '_ {
        self.voids.scan(0, self.voids.len()).map(|(_, cells)| {
            let cell = |at: usize| Position::new(u64::from(cells[at].load(Ordering::Relaxed)));
            (cell(1), cell(0))
        })
    }
    /// What records after a position voided, in order of the void.
    #[must_use]
    pub fn targets_after(&self, position: Position) -> Vec<Position> {
        let (from, len) = (self.voids.until(position, self.voids.len()), self.voids.len());
        let target = |cells: &[std::sync::atomic::AtomicU32]| {
            Position::new(u64::from(cells[1].load(Ordering::Relaxed)))
        };
        self.voids.scan(from, len).map(|(_, cells)| target(cells)).collect()
    }
    /// How many bytes they take in memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let noted = self.of.bytes() + self.whole.bytes();
        self.marks.bytes() + noted + self.voids.bytes() + self.in_parts.bytes()
    }
    /// What records up to a position voided or opened, apart.
    #[must_use]
    pub fn copy(&self, up_to: Position) -> Voids {
        self.saved(up_to).into()
    }
    fn saved(&self, up_to: Position) -> Saved {
        Saved { voids: self.voids.all(up_to), in_parts: self.in_parts.all(up_to) }
    }
}

/// What is saved of the voids.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Saved {
    voids: Vec<u32>,
    in_parts: Vec<u32>,
}

impl From<Saved> for Voids {
    fn from(saved: Saved) -> Voids {
        let voids = Voids::default();
        let at = |cell: u32| Position::new(u64::from(cell));
        for pair in saved.in_parts.chunks_exact(2) {
            voids.open(at(pair[0]), at(pair[1]));
        }
        for pair in saved.voids.chunks_exact(2) {
            voids.of.set(pair[1], pair[0]);
            voids.marks.set(pair[1], true);
            voids.voids.push(pair);
        }
        voids
    }
}

impl Clone for Voids {
    fn clone(&self) -> Self {
        self.copy(Position::MAX)
    }
}
impl PartialEq for Voids {
    fn eq(&self, other: &Self) -> bool {
        self.saved(Position::MAX) == other.saved(Position::MAX)
    }
}
impl fmt::Debug for Voids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
impl Serialize for Voids {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.saved(Position::MAX).serialize(s)
    }
}
impl<'de> Deserialize<'de> for Voids {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Saved::deserialize(d).map(Voids::from)
    }
}
