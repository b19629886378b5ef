//! Rows of one shape, in order of position. Invariant: a row at or before the durable position
//! never changes again; what stands behind it can be taken back, and is no reader's.

use std::{
    fmt,
    marker::PhantomData,
    sync::atomic::{AtomicU32, Ordering},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sijil_schemas::Position;

use crate::{
    cells::{Cells, Cursor, Row, Run, narrow},
    chunks::Chunks,
};

/// Rows of cells. The first cell of each is the position of the record that says it.
#[derive(Debug)]
pub(crate) struct Store {
    cells: Chunks<AtomicU32>,
    width: usize,
    len: AtomicU32,
}

impl Store {
    pub(crate) fn new(width: usize) -> Store {
        Store { cells: Chunks::new(width), width, len: AtomicU32::new(0) }
    }
    /// How many cells a row has.
    pub(crate) const fn width(&self) -> usize {
        self.width
    }
    #[inline]
    pub(crate) fn len(&self) -> u32 {
        self.len.load(Ordering::Acquire)
    }
    /// Adds a row; only the one writer does.
    pub(crate) fn push(&self, row: &[u32]) -> u32 {
        debug_assert_eq!(row.len(), self.width, "a row has one cell for each of the column");
        let number = self.len.load(Ordering::Relaxed);
        assert!(number < u32::MAX, "a column has room for 2³² rows");
        debug_assert!(
            number.checked_sub(1).is_none_or(|last| self.position(last) <= row[0]),
            "rows stand in order of position"
        );
        for (cell, value) in self.cells.make(number).iter().zip(row) {
            cell.store(*value, Ordering::Relaxed);
        }
        self.len.store(number + 1, Ordering::Release);
        number
    }
    /// The cells of a row that is there.
    #[inline]
    pub(crate) fn row(&self, number: u32) -> &[AtomicU32] {
        self.cells.row(number).expect("a row that was pushed")
    }
    /// The position of a row.
    #[inline]
    pub(crate) fn position(&self, number: u32) -> u32 {
        self.row(number)[0].load(Ordering::Relaxed)
    }
    /// How many of the first rows stand at or before a position.
    pub(crate) fn until(&self, position: Position, of: u32) -> u32 {
        let (mut low, mut high) = (0, of);
        while low < high {
            let middle = low + (high - low) / 2;
            if u64::from(self.position(middle)) <= position.get() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
    /// The rows from one up to another: (number, cells).
    #[inline]
    pub(crate) fn scan(&self, from: u32, to: u32) -> impl Iterator<Item = (u32, &[AtomicU32])> {
        let stretches = self.cells.stretches(from, to.min(self.len()));
        stretches.flat_map(|(first, cells)| (first..).zip(cells.chunks_exact(self.width)))
    }
    /// How many bytes the rows take.
    pub(crate) fn bytes(&self) -> u64 {
        self.cells.bytes()
    }
    pub(crate) fn shorten(&self, len: u32) {
        debug_assert!(len <= self.len(), "taking back adds nothing");
        self.len.store(len, Ordering::Release);
    }
    /// All cells of the rows up to a position, row by row.
    pub(crate) fn all(&self, up_to: Position) -> Vec<u32> {
        let rows = self.scan(0, self.until(up_to, self.len()));
        let cells = rows.flat_map(|(_, cells)| cells);
        cells.map(|cell| cell.load(Ordering::Relaxed)).collect()
    }
    /// The rows of cells that stand one behind the other; `None` if they are no whole rows in order
    /// of position.
    pub(crate) fn of(width: usize, cells: &[u32]) -> Option<Store> {
        let (store, rows) = (Store::new(width), cells.chunks_exact(width));
        let is_whole = rows.remainder().is_empty() && rows.clone().is_sorted_by_key(|row| row[0]);
        is_whole.then_some(())?;
        for row in rows {
            store.push(row);
        }
        Some(store)
    }
}

/// What belongs to facts in any number: lines, instalments, components. Invariant: the rows of one
/// fact stand one behind the other.
pub struct Rows<T> {
    store: Store,
    of: PhantomData<fn() -> T>,
}

impl<T: Cells> Rows<T> {
    const WIDTH: usize = 1 + T::CELLS;

    /// Adds what a record at a position says.
    pub fn extend(&self, position: Position, values: impl IntoIterator<Item = T>) -> Run<T> {
        let (first, mut rows) = (self.store.len(), 0);
        for value in values {
            let mut row = Row::from_slice(&[narrow(position)]);
            value.put(&mut row);
            self.store.push(&row);
            rows += 1;
        }
        // No rows are the same wherever they begin.
        if rows == 0 { Run::none() } else { Run::new(first, rows) }
    }
    /// The rows of a run, in order.
    pub fn of(&self, run: Run<T>) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator {
        (run.first..run.first + run.rows).map(|number| self.at(number))
    }
    /// The last row.
    #[must_use]
    pub fn last(&self) -> Option<T> {
        self.store.len().checked_sub(1).map(|last| self.at(last))
    }
    /// The position of the first row that is wanted, where all rows after one that is are, too.
    #[must_use]
    pub fn first(&self, is_wanted: impl Fn(T) -> bool) -> Option<Position> {
        let (mut low, mut high) = (0, self.store.len());
        let len = high;
        while low < high {
            let middle = low + (high - low) / 2;
            if is_wanted(self.at(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        (low < len).then(|| Position::new(u64::from(self.store.position(low))))
    }
    /// How many bytes they take in memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.store.bytes()
    }
    #[inline]
    fn at(&self, number: u32) -> T {
        T::get(&mut Cursor::new(self.store.row(number), 1))
    }
    /// The rows of the record at a position, of which no other record said any.
    #[must_use]
    pub fn run_of(&self, position: Position) -> Run<T> {
        let (before, len) = (Position::new(position.get().saturating_sub(1)), self.store.len());
        let first = self.store.until(before, len);
        let said =
            (first..len).take_while(|row| u64::from(self.store.position(*row)) == position.get());
        match u32::try_from(said.count()) {
            Ok(rows) if rows > 0 => Run::new(first, rows),
            _ => Run::none(),
        }
    }
    /// What records up to a position said, apart.
    #[must_use]
    pub fn copy(&self, up_to: Position) -> Self {
        let store = Store::of(Self::WIDTH, &self.store.all(up_to)).expect("whole rows");
        Rows { store, of: PhantomData }
    }
    /// Takes back what records after a position said.
    pub fn truncate(&self, after: Position) {
        self.store.shorten(self.store.until(after, self.store.len()));
    }
}

impl<T: Cells> Default for Rows<T> {
    fn default() -> Self {
        Rows { store: Store::new(Self::WIDTH), of: PhantomData }
    }
}
impl<T: Cells> Clone for Rows<T> {
    fn clone(&self) -> Self {
        self.copy(Position::MAX)
    }
}
impl<T> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows", self.store.len())
    }
}
impl<T> Serialize for Rows<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.store.all(Position::MAX).serialize(s)
    }
}
impl<'de, T: Cells> Deserialize<'de> for Rows<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let store = Store::of(Self::WIDTH, &<Vec<u32>>::deserialize(d)?);
        let store =
            store.ok_or_else(|| serde::de::Error::custom("cells that are no whole rows"))?;
        Ok(Rows { store, of: PhantomData })
    }
}
