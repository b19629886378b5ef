//! Right to left. Invariant: scales are mirrored and glyphs are not; nothing else knows which way a
//! picture is read.

/// Which way a reader reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// As in English.
    LeftToRight,
    /// As in Arabic.
    RightToLeft,
}

/// Where a text stands to its point, as read from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// The places of a picture of some width.
pub(crate) struct Mirror {
    width: i64,
    direction: Direction,
}

impl Mirror {
    pub(crate) const fn new(width: i64, direction: Direction) -> Mirror {
        Mirror { width, direction }
    }
    /// The place of a point.
    pub(crate) const fn point(&self, x: i64) -> i64 {
        self.span(x, 0)
    }
    /// The left edge of what is `w` wide.
    pub(crate) const fn span(&self, x: i64, w: i64) -> i64 {
        match self.direction {
            Direction::LeftToRight => x,
            Direction::RightToLeft => self.width - x - w,
        }
    }
    /// The word of SVG for an anchor: text is set from left to right in either.
    pub(crate) const fn anchor(&self, anchor: Anchor) -> &'static str {
        match (anchor, self.direction) {
            (Anchor::Middle, _) => "middle",
            (Anchor::Start, Direction::LeftToRight) | (Anchor::End, Direction::RightToLeft) => {
                "start"
            }
            (Anchor::End, Direction::LeftToRight) | (Anchor::Start, Direction::RightToLeft) => {
                "end"
            }
        }
    }
}
