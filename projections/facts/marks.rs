//! One bit for each number. Invariant: a bit is as it was set last; one that never was is not set.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::chunks::Chunks;

/// Which numbers are marked; one thread marks, any may ask.
#[derive(Debug)]
pub(crate) struct Marks(Chunks<AtomicU32>);

impl Default for Marks {
    fn default() -> Marks {
        Marks(Chunks::new(1))
    }
}

impl Marks {
    /// The row of a number's mark, and its bit.
    #[inline]
    const fn place(number: u32) -> (u32, u32) {
        (number / u32::BITS, 1 << (number % u32::BITS))
    }
    /// Whether a number is marked.
    #[inline]
    pub(crate) fn has(&self, number: u32) -> bool {
        let (row, bit) = Marks::place(number);
        self.0.row(row).is_some_and(|marks| marks[0].load(Ordering::Acquire) & bit != 0)
    }
    /// Marks a number, or takes its mark away.
    pub(crate) fn set(&self, number: u32, is_marked: bool) {
        let (row, bit) = Marks::place(number);
        let marks = &self.0.make(row)[0];
        if is_marked {
            marks.fetch_or(bit, Ordering::Release);
        } else {
            marks.fetch_and(!bit, Ordering::Release);
        }
    }
    /// How many bytes they take.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.bytes()
    }
}
