//! Which records are voided, and which documents come in parts. Invariant: what is noted of a
//! record that was never durable is nobody's, since a lens compares the position it was noted at.

use std::{
    fmt,
    sync::atomic::{AtomicU32, Ordering},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sijil_schemas::{Event, Position, Record, event::System, parts::Piece};

use crate::{cells::narrow, chunks::Chunks, rows::Store};

/// A position for each position: 0 for none.
struct Noted(Chunks<AtomicU32>);

impl Noted {
    fn at(&self, position: Position) -> Option<Position> {
        let row = self.0.row(u32::try_from(position.get()).ok()?)?;
        let noted = row[0].load(Ordering::Relaxed);
        (noted != 0).then(|| Position::new(u64::from(noted)))
    }
    fn set(&self, position: Position, noted: Option<Position>) {
        self.0.make(narrow(position))[0].store(noted.map_or(0, narrow), Ordering::Relaxed);
    }
}

/// Which records are voided, and by which; and the documents in parts: where each was opened, and
/// where its last part stands, which follows at once. None of it is known before.
pub struct Voids {
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
            of: Noted(Chunks::new(1)),
            whole: Noted(Chunks::new(1)),
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
                self.of.set(place, Some(by));
                self.voids.push(&[narrow(by), narrow(place)]);
            }
        }
    }
    fn open(&self, opening: Position, last: Position) {
        self.whole.set(opening, Some(last));
        self.in_parts.push(&[narrow(opening), narrow(last)]);
    }
    /// Where a document is whole that was opened at a position: there, or where its last part
    /// stands.
    #[must_use]
    pub fn whole(&self, opening: Position) -> Position {
        self.whole.at(opening).unwrap_or(opening)
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
            for (_, cells) in store.scan(keep, store.len()) {
                let of = cells[cell].load(Ordering::Relaxed);
                noted.set(Position::new(u64::from(of)), None);
            }
            store.shorten(keep);
        };
        taken_back(&self.voids, &self.of, 1);
        taken_back(&self.in_parts, &self.whole, 0);
    }
    /// The position of the void of a record, if there is one.
    #[must_use]
    #[inline]
    pub fn of(&self, target: Position) -> Option<Position> {
        self.of.at(target)
    }
    /// Every (target, void), in order of the void.
    pub fn iter(&self) -> impl Iterator<Item = (Position, Position)> + '_ {
        self.voids.scan(0, self.voids.len()).map(|(_, cells)| {
            let cell = |at: usize| Position::new(u64::from(cells[at].load(Ordering::Relaxed)));
            (cell(1), cell(0))
        })
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
            voids.of.set(at(pair[1]), Some(at(pair[0])));
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
