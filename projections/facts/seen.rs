//! Which records somebody sees. Invariant: a reader who sees a part of the log is answered as by a
//! ledger that never heard of the rest; nothing but a lens asks this.
//!
//! ```
//! use sijil_facts::Seen;
//! use sijil_schemas::Position;
//!
//! let mut seen = Seen::nothing(Position::new(70));
//! seen.add(Position::new(66));
//! assert!(seen.has(Position::new(66)) && !seen.has(Position::new(65)));
//! assert!(!seen.has(Position::new(900)));
//! ```

use sijil_schemas::Position;

/// One bit for each position of the log, up to the last that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    bits: Vec<u64>,
    up_to: Position,
}

impl Seen {
    /// Of the records up to a position, none.
    #[must_use]
    pub fn nothing(up_to: Position) -> Seen {
        let words = usize::try_from(up_to.get() / 64 + 1).unwrap_or(usize::MAX);
        Seen { bits: vec![0; words], up_to }
    }
    /// The last position that was looked at: behind it nothing is seen.
    #[must_use]
    pub const fn up_to(&self) -> Position {
        self.up_to
    }
    #[inline]
    fn place(position: Position) -> (usize, u64) {
        (usize::try_from(position.get() / 64).unwrap_or(usize::MAX), 1 << (position.get() % 64))
    }
    /// Whether the record at a position is seen.
    #[must_use]
    #[inline]
    pub fn has(&self, position: Position) -> bool {
        let (word, bit) = Seen::place(position);
        self.bits.get(word).is_some_and(|bits| bits & bit != 0)
    }
    /// Adds a record; one behind the last position stays unseen.
    pub fn add(&mut self, position: Position) {
        let (word, bit) = Seen::place(position);
        if let Some(bits) = self.bits.get_mut(word).filter(|_| position <= self.up_to) {
            *bits |= bit;
        }
    }
    /// Takes a record out.
    pub fn take_out(&mut self, position: Position) {
        let (word, bit) = Seen::place(position);
        if let Some(bits) = self.bits.get_mut(word) {
            *bits &= !bit;
        }
    }
    /// Leaves those that are seen of another, too.
    pub fn keep(&mut self, other: &Seen) {
        for (at, bits) in self.bits.iter_mut().enumerate() {
            *bits &= other.bits.get(at).copied().unwrap_or_default();
        }
    }
    /// How many records are seen.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.bits.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }
}
