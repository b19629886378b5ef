//! What a row of a column says but for its fact, and in which cells. Invariant: nothing but the
//! column and this reads or writes those cells.

use std::sync::atomic::{AtomicU32, Ordering};

use sijil_schemas::{Position, time::Timestamp};

use crate::{column::WALK_MAX, cut::Lens};

/// Where each thing stands in a row: position, row before, subject, moment (two cells), fact.
pub(crate) const BEFORE: usize = 1;
pub(crate) const SUBJECT: usize = 2;
pub(crate) const MOMENT: usize = 3;
pub(crate) const FACT: usize = 5;
/// Set in the moment of a fact that no earlier one of its subject follows in replay order.
pub(crate) const IN_ORDER: u32 = 1 << 31;
/// Where, above a moment, it stands how many facts of its subject there are with this one, and the
/// most that is told: so many, or more. It follows from the rows before, and is not saved.
pub(crate) const COUNT_SHIFT: u32 = 22;
pub(crate) const COUNT_MAX: u32 = 0x1ff;
pub(crate) const COUNT: u32 = COUNT_MAX << COUNT_SHIFT;
/// No row before.
pub(crate) const NONE: u32 = u32::MAX;

const _: () = assert!(Timestamp::END.micros() - Timestamp::MIN.micros() < 1 << (32 + COUNT_SHIFT));
const _: () = assert!(COUNT & IN_ORDER == 0 && COUNT_MAX as usize > WALK_MAX);

/// What a row says but for its fact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) at: Timestamp,
    pub(crate) position: Position,
    pub(crate) subject: u32,
    /// The row of its subject before it.
    pub(crate) before: Option<u32>,
    /// Whether no earlier fact of its subject follows it in replay order.
    pub(crate) in_order: bool,
}

impl Head {
    pub(crate) const fn order(&self) -> (Timestamp, Position) {
        (self.at, self.position)
    }
}

/// Whether a fact with this head counts.
#[inline]
pub(crate) fn counts(head: &Head, lens: Lens<'_>) -> bool {
    head.at < lens.cut.before && lens.known(head.position)
}

/// What the cells of a row say but for its fact.
#[inline]
pub(crate) fn head_of(cells: &[AtomicU32]) -> Head {
    let cell = |at: usize| cells[at].load(Ordering::Relaxed);
    let high = cell(MOMENT + 1);
    let micros = u64::from(cell(MOMENT)) | u64::from(high & !(IN_ORDER | COUNT)) << 32;
    Head {
        at: Timestamp::admitted(micros.cast_signed() + Timestamp::MIN.micros()),
        position: Position::new(u64::from(cell(0))),
        subject: cell(SUBJECT),
        before: Some(cell(BEFORE)).filter(|before| *before != NONE),
        in_order: high & IN_ORDER != 0,
    }
}
