//! Keys and other short words of one family, and the numbers that stand for them. Invariant: no
//! word is personal; numbers are given in order of first appearance.

use serde::{Deserialize, Serialize};
use sijil_schemas::Position;

use crate::ids::{Names, Sym};

/// What the number of a word stands for.
#[derive(Debug, Clone, Copy)]
pub struct Word;

/// Words, each with a number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Words(Names);

impl Words {
    /// The number of a word, given now, by the record at a position, if it has none.
    pub fn intern(&self, word: &str, position: Position) -> Sym<Word> {
        Sym::of(self.0.intern(word, position))
    }
    /// The number of a word, if it has one.
    #[must_use]
    pub fn find(&self, word: &str) -> Option<Sym<Word>> {
        self.0.find(word).map(Sym::of)
    }
    /// The word of a number.
    #[must_use]
    pub fn text(&self, word: Sym<Word>) -> &str {
        self.0.at(word.number())
    }
    /// Takes back the words that were first said after a position.
    pub fn truncate(&self, after: Position) {
        self.0.truncate(after);
    }
}
