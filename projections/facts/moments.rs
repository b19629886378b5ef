//! The business date of every record. Invariant: the row of a record is its position.

use std::{
    fmt,
    sync::atomic::{AtomicU32, Ordering},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sijil_schemas::{Position, time::Timestamp};

use crate::{
    cells::{cells_of, narrow},
    chunks::Chunks,
};

/// A moment for each position.
pub struct Moments {
    cells: Chunks<AtomicU32>,
    /// The last position that has one.
    last: AtomicU32,
}

impl Default for Moments {
    fn default() -> Moments {
        Moments { cells: Chunks::new(2), last: AtomicU32::new(0) }
    }
}

impl Moments {
    /// Says when a record was.
    pub fn set(&self, position: Position, at: Timestamp) {
        // Counted from the earliest, so that nothing was ever said reads as that.
        let since = (at.micros() - Timestamp::MIN.micros()).cast_unsigned();
        let row = self.cells.make(narrow(position));
        for (cell, value) in row.iter().zip(cells_of(since)) {
            cell.store(value, Ordering::Relaxed);
        }
        self.last.fetch_max(narrow(position), Ordering::Release);
    }
    /// When a record was; the earliest moment of one of which it was never said.
    #[must_use]
    #[inline]
    pub fn of(&self, position: Position) -> Timestamp {
        let row = u32::try_from(position.get()).ok().and_then(|row| self.cells.row(row));
        let Some(row) = row else { return Timestamp::MIN };
        let cell = |at: usize| u64::from(row[at].load(Ordering::Relaxed));
        let since = (cell(0) | cell(1) << 32).cast_signed();
        Timestamp::admitted(since + Timestamp::MIN.micros())
    }
    /// How many bytes they take in memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.cells.bytes()
    }
    /// Takes back what was said of records after a position.
    pub fn truncate(&self, after: Position) {
        let last = self.last.load(Ordering::Acquire);
        for position in (narrow(after)..last).map(|before| u64::from(before) + 1) {
            self.set(Position::new(position), Timestamp::MIN);
        }
        self.last.fetch_min(narrow(after), Ordering::Release);
    }
    /// The moments of records up to a position, apart.
    #[must_use]
    pub fn copy(&self, up_to: Position) -> Moments {
        let copy = Moments::default();
        for (position, at) in (1..).zip(self.all(up_to)) {
            copy.set(Position::new(position), at);
        }
        copy
    }
    fn all(&self, up_to: Position) -> impl Iterator<Item = Timestamp> {
        let last = u64::from(self.last.load(Ordering::Acquire)).min(up_to.get());
        (1..=last).map(|position| self.of(Position::new(position)))
    }
}

impl Clone for Moments {
    fn clone(&self) -> Self {
        self.copy(Position::MAX)
    }
}
impl fmt::Debug for Moments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "moments up to {}", self.last.load(Ordering::Acquire))
    }
}
impl Serialize for Moments {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.all(Position::MAX).collect::<Vec<_>>().serialize(s)
    }
}
impl<'de> Deserialize<'de> for Moments {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let moments = Moments::default();
        for (position, at) in (1..).zip(<Vec<Timestamp>>::deserialize(d)?) {
            moments.set(Position::new(position), at);
        }
        Ok(moments)
    }
}
