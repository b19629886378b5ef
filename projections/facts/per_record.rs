//! One value for every record that says something of a kind. Invariant: the row of a record is its
//! position, so a value is found without a search; a row of zeros is no value.

use std::{
    fmt,
    marker::PhantomData,
    sync::atomic::{AtomicU32, Ordering},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sijil_schemas::Position;

use crate::{
    cells::{Cells, Cursor, cells_of, narrow},
    chunks::Chunks,
    family::Part,
};

/// A value for each position that has one.
pub struct PerRecord<T> {
    cells: Chunks<AtomicU32>,
    /// The last position that has one.
    last: AtomicU32,
    of: PhantomData<fn() -> T>,
}

impl<T: Cells> PerRecord<T> {
    /// Says the value of a record; only the one writer does.
    pub fn set(&self, position: Position, value: T) {
        let cells = cells_of(value);
        debug_assert!(cells.iter().any(|cell| *cell != 0), "a value is not all zeros");
        self.put(narrow(position), &cells);
    }
    fn put(&self, row: u32, cells: &[u32]) {
        for (cell, value) in self.cells.make(row).iter().zip(cells) {
            cell.store(*value, Ordering::Relaxed);
        }
        self.last.fetch_max(row, Ordering::Release);
    }
    /// The value of a record, if it has one.
    #[must_use]
    pub fn of(&self, position: Position) -> Option<T> {
        let row = u32::try_from(position.get()).ok()?;
        let row = if row <= self.last.load(Ordering::Acquire) { self.cells.row(row) } else { None };
        let row = row.filter(|row| row.iter().any(|cell| cell.load(Ordering::Relaxed) != 0))?;
        Some(T::get(&mut Cursor::new(row, 0)))
    }
    /// All cells, up to the last position that has a value, and no further than a position.
    fn all(&self, up_to: Position) -> Vec<u32> {
        let (none, last) = (vec![0; T::CELLS], self.last_up_to(up_to));
        let row = |row: u32| match self.cells.row(row) {
            Some(cells) => cells.iter().map(|cell| cell.load(Ordering::Relaxed)).collect(),
            None => none.clone(),
        };
        (1..=last).flat_map(row).collect()
    }
    /// The last position that has a value, of those up to a position; 0 if none has.
    fn last_up_to(&self, position: Position) -> u32 {
        let is_said = |row: &u32| {
            let cells = self.cells.row(*row);
            cells.is_some_and(|row| row.iter().any(|cell| cell.load(Ordering::Relaxed) != 0))
        };
        let last = u64::from(self.last.load(Ordering::Acquire)).min(position.get());
        (1..=u32::try_from(last).unwrap_or(u32::MAX)).rev().find(is_said).unwrap_or(0)
    }
    fn of_cells(cells: &[u32]) -> Option<PerRecord<T>> {
        let (all, rows) = (PerRecord::default(), cells.chunks_exact(T::CELLS));
        rows.remainder().is_empty().then_some(())?;
        for (position, cells) in (1..).zip(rows) {
            all.put(position, cells);
        }
        Some(all)
    }
}

impl<T: Cells> Part for PerRecord<T> {
    fn bytes(&self) -> u64 {
        self.cells.bytes()
    }
    fn truncate(&self, after: Position) {
        let last = self.last.load(Ordering::Acquire);
        for row in (narrow(after)..last).map(|before| before + 1) {
            self.put(row, &vec![0; T::CELLS]);
        }
        // The last that is left, as if the others had never been.
        self.last.store(self.last_up_to(after), Ordering::Release);
    }
    fn copy(&self, up_to: Position) -> Self {
        PerRecord::of_cells(&self.all(up_to)).expect("whole rows")
    }
}
impl<T: Cells> Default for PerRecord<T> {
    fn default() -> Self {
        PerRecord { cells: Chunks::new(T::CELLS), last: AtomicU32::new(0), of: PhantomData }
    }
}
impl<T: Cells> Clone for PerRecord<T> {
    fn clone(&self) -> Self {
        self.copy(Position::MAX)
    }
}
impl<T> fmt::Debug for PerRecord<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "values up to {}", self.last.load(Ordering::Acquire))
    }
}
impl<T: Cells> Serialize for PerRecord<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.all(Position::MAX).serialize(s)
    }
}
impl<'de, T: Cells> Deserialize<'de> for PerRecord<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let all = PerRecord::of_cells(&<Vec<u32>>::deserialize(d)?);
        all.ok_or_else(|| serde::de::Error::custom("cells that are no whole rows"))
    }
}
