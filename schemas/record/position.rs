//! Where records stand.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a record stands in the log: 1, 2, 3 … without gaps; 0 stands before the first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Position(u64);

impl Position {
    /// Before the first record.
    pub const ZERO: Position = Position(0);
    /// After every record.
    pub const MAX: Position = Position(u64::MAX);
    /// The position with this number.
    #[must_use]
    #[inline]
    pub const fn new(number: u64) -> Position {
        Position(number)
    }
    /// The number.
    #[must_use]
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }
    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Position {
        Position(self.0 + 1)
    }
}
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
