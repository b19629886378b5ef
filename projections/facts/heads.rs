//! The newest row of each subject. Invariant: the durable one was published, so that whoever reads
//! finds rows that stay; the decided one is the writer's own, and runs ahead of it.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::{chunks::Chunks, cut::Side};

/// Where the number of rows stands.
const COUNT: usize = 2;

/// Of each subject by number: its newest row by what is decided, and by what is durable, one more
/// than the row's number, 0 for none; and where they are counted, how many rows are decided.
#[derive(Debug)]
pub(crate) struct Heads {
    cells: Chunks<AtomicU32>,
    is_counted: bool,
}

impl Heads {
    pub(crate) const fn new(is_counted: bool) -> Heads {
        Heads { cells: Chunks::new(if is_counted { COUNT + 1 } else { COUNT }), is_counted }
    }
    /// The newest row of a subject.
    #[inline]
    pub(crate) fn get(&self, subject: u32, side: Side) -> Option<u32> {
        let cells = self.cells.row(subject)?;
        // What was written to the row before it was published is seen by whoever finds it here.
        cells[side as usize].load(Ordering::Acquire).checked_sub(1)
    }
    /// How many rows of a subject are decided.
    #[inline]
    pub(crate) fn count(&self, subject: u32) -> u32 {
        debug_assert!(self.is_counted, "who asks how many has them counted");
        self.cells.row(subject).map_or(0, |cells| cells[COUNT].load(Ordering::Relaxed))
    }
    /// Says that a subject has a new row, and gives how many it has now, if they are counted.
    pub(crate) fn add(&self, subject: u32, row: u32) -> u32 {
        self.set(subject, Side::Decided, Some(row));
        if !self.is_counted {
            return 0;
        }
        self.cells.make(subject)[COUNT].fetch_add(1, Ordering::Relaxed) + 1
    }
    /// Takes back the newest row of a subject; the one before it is the newest again.
    pub(crate) fn take_back(&self, subject: u32, before: Option<u32>) {
        self.set(subject, Side::Decided, before);
        if self.is_counted {
            self.cells.make(subject)[COUNT].fetch_sub(1, Ordering::Relaxed);
        }
    }
    pub(crate) fn set(&self, subject: u32, side: Side, row: Option<u32>) {
        let cell = row.map_or(0, |row| row + 1);
        self.cells.make(subject)[side as usize].store(cell, Ordering::Release);
    }
}
