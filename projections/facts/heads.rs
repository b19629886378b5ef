//! The newest row of each subject. Invariant: the durable one was published, so that whoever reads
//! finds rows that stay; the decided one is the writer's own, and runs ahead of it.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::{chunks::Chunks, cut::Side};

/// Of each subject by number: its newest row by what is decided, and by what is durable; one more
/// than the row's number, 0 for none.
#[derive(Debug)]
pub(crate) struct Heads(Chunks<AtomicU32>);

impl Default for Heads {
    fn default() -> Heads {
        Heads(Chunks::new(2))
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
    pub(crate) fn set(&self, subject: u32, side: Side, row: Option<u32>) {
        let cell = row.map_or(0, |row| row + 1);
        self.0.make(subject)[side as usize].store(cell, Ordering::Release);
    }
}
