//! The newest row of each subject. Invariant: the writer's are what is decided, which may be taken
//! back; whoever reads goes back from there to the first row that is durable, and is never led
//! astray by rows that were taken back meanwhile.

use std::sync::atomic::{AtomicU32, Ordering, fence};

use crate::chunks::Chunks;

/// Of each subject by number one more than the number of its newest row, 0 for none.
#[derive(Debug)]
pub(crate) struct Heads(Chunks<AtomicU32>);

impl Heads {
    pub(crate) const fn new() -> Heads {
        Heads(Chunks::new(1))
    }
    /// The newest row of a subject by what is decided.
    #[inline]
    pub(crate) fn decided(&self, subject: u32) -> Option<u32> {
        self.0.row(subject)?[0].load(Ordering::Acquire).checked_sub(1)
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
        let cell = &self.0.row(subject)?[0];
        loop {
            let head = cell.load(Ordering::Acquire);
            let mut row = head.checked_sub(1);
            if row.is_none_or(|row| row < rows) {
                return row;
            }
            while let Some(in_flight) = row.filter(|row| *row >= rows) {
                row = before(in_flight);
            }
            // Rows in flight may have been taken back and written anew while they were read; the
            // head was taken back before them.
            fence(Ordering::Acquire);
            if cell.load(Ordering::Relaxed) == head {
                return row;
            }
        }
    }
    pub(crate) fn set(&self, subject: u32, row: Option<u32>) {
        self.0.make(subject)[0].store(row.map_or(0, |row| row + 1), Ordering::Release);
    }
    /// Says that heads were taken back, before their rows are written anew.
    pub(crate) fn taken_back() {
        fence(Ordering::Release);
    }
    /// How many bytes it takes.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.bytes()
    }
}
