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
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.0.len()
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The words that were first said by records up to a position, apart.
    #[must_use]
    pub fn copy(&self, up_to: Position) -> Words {
        Words(self.0.copy(up_to))
    }
    /// How many bytes they take in memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.bytes()
    }
    /// How many bytes of words are kept that were taken back.
    #[must_use]
    pub fn left_over(&self) -> u64 {
        self.0.left_over()
    }
    /// Takes back the words that were first said after a position.
    pub fn truncate(&self, after: Position) {
        self.0.truncate(after);
    }
}

/// Words, with those of an event that is only judged. A word that was never said has a number past
/// all others here, so that it equals no other; nothing is left of it when the event is refused.
#[derive(Debug, Clone)]
pub struct Tentative<'a> {
    words: &'a Words,
    new: Vec<String>,
}

impl<'a> Tentative<'a> {
    /// The words that were said, and no other yet.
    #[must_use]
    pub const fn of(words: &'a Words) -> Tentative<'a> {
        Tentative { words, new: Vec::new() }
    }
    /// The number of a word of the event.
    pub fn word(&mut self, word: &str) -> Sym<Word> {
        let number = |new: usize| {
            let new = u32::try_from(new).expect("an event has far fewer words than there are");
            Sym::of(self.words.len() + new)
        };
        if let Some(said) = self.words.find(word) {
            return said;
        }
        if let Some(new) = self.new.iter().position(|new| new == word) {
            return number(new);
        }
        let new = number(self.new.len());
        self.new.push(word.to_owned());
        new
    }
    /// The word of a number.
    #[must_use]
    pub fn text(&self, word: Sym<Word>) -> &str {
        match word.number().checked_sub(self.words.len()) {
            Some(new) => self.new.get(new as usize).map_or("", String::as_str),
            None => self.words.text(word),
        }
    }
}
