//! The newest row of each subject. Invariant: the durable one was published, so that whoever reads
//! finds rows that stay; the decided one is the writer's own, and runs ahead of it.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::{chunks::Chunks, cut::Side};

/// Where the number of rows stands.
const COUNT: usize = 2;

/// Of each subject by number: its newest row by what is decided, and by what is durable, one more
/// than the row's number, 0 for none; and how many rows are decided.
#[derive(Debug)]
pub(crate) struct Heads(Chunks<AtomicU32>);

impl Default for Heads {
    fn default() -> Heads {
        Heads(Chunks::new(3))
    }
}

impl Heads {
    /// The newest row of a subject.
    #[inline]
    pub(crate) fn get(&self, subject: u32, side: Side) -> Option<u32> {
        let cells = self.0.row(subject)?;
        // What was written to the row before it was published is seen by whoever finds it here.
        cells[side as usize].load(Ordering::Acquire).checked_sub(1)
    }
    /// How many rows of a subject are decided.
    #[inline]
    pub(crate) fn count(&self, subject: u32) -> u32 {
        self.0.row(subject).map_or(0, |cells| cells[COUNT].load(Ordering::Relaxed))
    }
    /// Says that a subject has a new row, and gives how many it has now.
    pub(crate) fn add(&self, subject: u32, row: u32) -> u32 {
        self.set(subject, Side::Decided, Some(row));
        self.0.make(subject)[COUNT].fetch_add(1, Ordering::Relaxed) + 1
    }
    /// Takes back the newest row of a subject; the one before it is the newest again.
    pub(crate) fn take_back(&self, subject: u32, before: Option<u32>) {
        self.set(subject, Side::Decided, before);
        self.0.make(subject)[COUNT].fetch_sub(1, Ordering::Relaxed);
    }
    pub(crate) fn set(&self, subject: u32, side: Side, row: Option<u32>) {
        let cell = row.map_or(0, |row| row + 1);
        self.0.make(subject)[side as usize].store(cell, Ordering::Release);
    }
}
