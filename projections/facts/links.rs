//! Records that belong to a subject, by position alone. Invariant: they stand in order of position,
//! each with a link to the one of its subject before it.

use std::{
    fmt,
    sync::atomic::{AtomicU32, Ordering},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sijil_schemas::{Position, id::Kind};

use crate::{
    cells::{Row, narrow},
    cut::Side,
    heads::Heads,
    ids::EntitySym,
    rows::Store,
    steps,
};

/// Position, row before (one more than its number, 0 for none), subject; behind them the note, if
/// there is one.
const WIDTH: usize = 3;

/// Records of subjects of one kind, each with a small number beside it if `N` is 1.
pub struct Links<const N: usize> {
    store: Store,
    heads: Heads,
    published: AtomicU32,
}

impl<const N: usize> Default for Links<N> {
    fn default() -> Self {
        let (store, heads) = (Store::new(WIDTH + N), Heads::new());
        Links { store, heads, published: AtomicU32::new(0) }
    }
}

impl<const N: usize> Links<N> {
    /// Adds a record of a subject; only the one writer does, in order of position.
    pub fn push(&self, subject: u32, position: Position, note: [u32; N]) {
        let before = self.heads.decided(subject).map_or(0, |row| row + 1);
        let mut row = Row::from_slice(&[narrow(position), before, subject]);
        row.extend(note);
        let row = self.store.push(&row);
        self.heads.set(subject, Some(row));
    }
    fn newest(&self, subject: u32, side: Side) -> Option<u32> {
        match side {
            Side::Decided => self.heads.decided(subject),
            Side::Durable => {
                let before = |row| self.store.row(row)[1].load(Ordering::Relaxed).checked_sub(1);
                self.heads.durable(subject, self.published.load(Ordering::Acquire), before)
            }
        }
    }
    /// The records of a subject, the newest first: (position, note).
    pub fn back(&self, subject: u32, side: Side) -> impl Iterator<Item = (Position, [u32; N])> {
        let mut next = self.newest(subject, side);
        std::iter::from_fn(move || {
            let cells = self.store.row(next?);
            let cell = |at: usize| cells[at].load(Ordering::Relaxed);
            steps::tick(1);
            next = cell(1).checked_sub(1);
            let note = std::array::from_fn(|at| cell(WIDTH + at));
            Some((Position::new(u64::from(cell(0))), note))
        })
    }
    /// How many there are, of all subjects.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.len() as usize
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// How many bytes they take in memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.store.bytes() + self.heads.bytes()
    }
    /// Lets readers see the records up to a position; as in a column.
    pub fn publish(&self, up_to: Position) {
        let from = self.published.load(Ordering::Relaxed);
        let to = self.store.until(up_to, self.store.len()).max(from);
        self.published.store(to, Ordering::Release);
    }
    /// Takes back the records after a position.
    pub fn truncate(&self, after: Position) {
        let len = self.store.len();
        let keep = self.store.until(after, len);
        for (_, cells) in (keep..len).rev().map(|row| (row, self.store.row(row))) {
            let before = cells[1].load(Ordering::Relaxed).checked_sub(1);
            self.heads.set(cells[2].load(Ordering::Relaxed), before);
        }
        self.heads.taken_back();
        self.store.shorten(keep);
    }
    /// The records up to a position, apart; nothing of it is published.
    #[must_use]
    pub fn copy(&self, up_to: Position) -> Self {
        Links::of_cells(&self.store.all(up_to)).expect("whole rows")
    }
    fn of_cells(cells: &[u32]) -> Option<Self> {
        let links = Links { store: Store::of(WIDTH + N, cells)?, ..Links::default() };
        for (number, cells) in links.store.scan(0, links.store.len()) {
            links.heads.set(cells[2].load(Ordering::Relaxed), Some(number));
        }
        Some(links)
    }
}

impl<const N: usize> Clone for Links<N> {
    fn clone(&self) -> Self {
        self.copy(Position::MAX)
    }
}
impl<const N: usize> fmt::Debug for Links<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records", self.store.len())
    }
}
impl<const N: usize> Serialize for Links<N> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.store.all(Position::MAX).serialize(s)
    }
}
impl<'de, const N: usize> Deserialize<'de> for Links<N> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let links = Links::of_cells(&<Vec<u32>>::deserialize(d)?);
        links.ok_or_else(|| serde::de::Error::custom("cells that are no whole rows"))
    }
}

/// Records of entities of any kind, each with a small number beside it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntityLinks(Box<[Links<1>]>);

impl Default for EntityLinks {
    fn default() -> EntityLinks {
        EntityLinks(Kind::ALL.iter().map(|_| Links::default()).collect())
    }
}

impl EntityLinks {
    fn of_kind(&self, kind: Kind) -> &Links<1> {
        &self.0[kind as usize]
    }
    /// Adds a record of an entity; only the one writer does, in order of position.
    pub fn push(&self, entity: EntitySym, position: Position, note: [u32; 1]) {
        self.of_kind(entity.kind).push(entity.number, position, note);
    }
    /// The records of an entity, the newest first: (position, note).
    pub fn back(
        &self,
        entity: EntitySym,
        side: Side,
    ) -> impl Iterator<Item = (Position, [u32; 1])> {
        self.of_kind(entity.kind).back(entity.number, side)
    }
    /// How many bytes they take in memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(Links::bytes).sum()
    }
    /// Lets readers see the records up to a position.
    pub fn publish(&self, up_to: Position) {
        self.0.iter().for_each(|links| links.publish(up_to));
    }
    /// Takes back the records after a position.
    pub fn truncate(&self, after: Position) {
        self.0.iter().for_each(|links| links.truncate(after));
    }
    /// The records up to a position, apart; nothing of it is published.
    #[must_use]
    pub fn copy(&self, up_to: Position) -> EntityLinks {
        EntityLinks(self.0.iter().map(|links| links.copy(up_to)).collect())
    }
}
