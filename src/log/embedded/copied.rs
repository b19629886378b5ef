//! Copies of a data directory, made in any way and any order while it was written. Invariant: a
//! copy ends with the last batch that arrived whole with all before it; only what a copy that was
//! made under writes can leave is taken for the end of one, anything else is damage.

use std::fmt;

use sijil_schemas::record::Position;

use super::{mark::Mark, scan::Scanned, segment::Header, survey::file_damage};
use crate::{port::Damage, tree::Hash};

/// What a copy of a data directory holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The last position of the last batch that was copied whole with all before it.
    pub up_to: Position,
    /// What the original had acknowledged when its mark was copied: a hint, since that may have
    /// been before or after the log was.
    pub hint: Position,
    /// Whether the original was closed then.
    pub closed: bool,
    /// The first place that was copied half or not at all, if there is one: nothing behind it
    /// belongs to the copy.
    pub left_out: Option<Damage>,
}

impl fmt::Display for Copied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this directory is a copy of another one, up to position {}", self.up_to)?;
        if self.hint > self.up_to {
            write!(f, " (the other had acknowledged {} when its mark was copied)", self.hint)?;
        }
        if let Some(left_out) = &self.left_out {
            write!(f, "; left out is {left_out}")?;
        }
        f.write_str(
            "; to write here, run `sijil adopt` if the other is gone, or `sijil adopt --as-clone` \
             if both shall go on",
        )
    }
}

/// What follows a segment of a copy that was scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The next segment.
    On,
    /// Nothing: it was copied before the next one was begun.
    Ends,
    /// A segment that is not the one after it.
    Differs,
}

/// Whether a copy goes on behind a segment; `root` is that of its last batch.
pub(crate) fn step(scanned: &Scanned, root: &Hash, next: Option<&Header>) -> Step {
    let Some(next) = next else { return Step::Ends };
    if scanned.torn.is_some() || scanned.last < next.base() {
        return Step::Ends;
    }
    let fits = scanned.last == next.base()
        && next.previous == scanned.footer
        && next.before.root() == *root;
    if fits { Step::On } else { Step::Differs }
}

/// What a copy holds that ends at a position.
pub(crate) fn ended(
    mark: &Mark,
    up_to: u64,
    scanned: Option<&Scanned>,
    next: Option<(&str, &Header)>,
) -> Copied {
    let torn = scanned.and_then(|scanned| scanned.torn.clone());
    let beyond = next.map(|(name, header)| {
        file_damage(
            name,
            Some((up_to + 1, header.base())),
            "this segment begins behind what was copied of the one before it",
        )
    });
    let closed = mark.bound.is_some_and(|bound| bound.closed);
    Copied {
        up_to: Position::new(up_to),
        hint: Position::new(mark.position),
        closed,
        left_out: torn.or(beyond),
    }
}

/// A copy of a log that had records, and holds none of them, is the copy of nothing.
pub(crate) fn nothing(copied: &Copied) -> Option<Damage> {
    let lost = Some((1, copied.hint.get()));
    (copied.up_to == Position::ZERO && copied.hint > Position::ZERO).then(|| {
        file_damage("", lost, "this is a copy of a log with records, and none of them was copied")
    })
}
