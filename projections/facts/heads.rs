//! The newest row of each subject. Invariant: the writer's are what is decided, which may be taken
//! back; whoever reads goes back from there to the first row that is durable, and is never led
//! astray by rows that were taken back meanwhile.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use crate::chunks::Chunks;

/// The newest row of each subject, as the writer has it.
#[derive(Debug)]
pub(crate) struct Heads {
    /// By subject: one more than the number of the row, 0 for none.
    rows: Chunks<AtomicU32>,
    /// How often rows were taken back.
    turns: AtomicU64,
}

impl Heads {
    pub(crate) const fn new() -> Heads {
        Heads { rows: Chunks::new(1), turns: AtomicU64::new(0) }
    }
    /// The newest row of a subject by what is decided.
    #[inline]
    pub(crate) fn decided(&self, subject: u32) -> Option<u32> {
        self.rows.row(subject)?[0].load(Ordering::Acquire).checked_sub(1)
    }
    /// The newest row of a subject among the first so many, which are durable; `before` tells the
    /// row of its subject before a row, which is always an earlier one.
    #[inline]
    pub(crate) fn durable(
        &self,
        subject: u32,
        rows: u32,
        before: impl Fn(u32) -> Option<u32>,
    ) -> Option<u32> {
        let cell = &self.rows.row(subject)?[0];
        loop {
            let turn = self.turns.load(Ordering::Acquire);
            let mut row = cell.load(Ordering::Acquire).checked_sub(1);
            if row.is_none_or(|row| row < rows) {
                return row;
            }
            while let Some(in_flight) = row.filter(|row| *row >= rows) {
                row = before(in_flight);
            }
            // Rows in flight may have been taken back and written anew while they were read, with
            // the same head in the end: only a count of that tells.
            fence(Ordering::Acquire);
            if self.turns.load(Ordering::Relaxed) == turn {
                return row;
            }
        }
    }
    pub(crate) fn set(&self, subject: u32, row: Option<u32>) {
        self.rows.make(subject)[0].store(row.map_or(0, |row| row + 1), Ordering::Release);
    }
    /// Says that heads were taken back, before their rows are written anew.
    pub(crate) fn taken_back(&self) {
        self.turns.fetch_add(1, Ordering::Release);
        fence(Ordering::Release);
    }
    /// How many bytes it takes.
    pub(crate) fn bytes(&self) -> u64 {
        self.rows.bytes()
    }
}
