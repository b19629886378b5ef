//! Texts and the numbers that stand for them. Invariant: numbers are given in order of first
//! appearance, so equal logs make equal bytes; each text stands once, in one long string, and the
//! index beside it holds numbers alone.
//!
//! About twenty bytes an id, where a list and a hash map of strings take ninety.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Texts, each with a number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    text: String,
    ends: Vec<u32>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The text of a number.
fn text_at<'a>(text: &'a str, ends: &[u32], at: u32) -> &'a str {
    let at = at as usize;
    let from = at.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| *end as usize);
    ends.get(at).and_then(|end| text.get(from..*end as usize)).unwrap_or_default()
}

impl Names {
    /// The number of a text, given now if it has none.
    pub(crate) fn intern(&mut self, name: &str) -> u32 {
        if let Some(number) = self.find(name) {
            return number;
        }
        let next = number(self.ends.len());
        self.text.push_str(name);
        self.ends.push(number(self.text.len()));
        let (text, ends, hasher) = (&self.text, &self.ends, &self.hasher);
        let hash = |number: &u32| hasher.hash_one(text_at(text, ends, *number));
        self.numbers.insert_unique(hasher.hash_one(name), next, hash);
        next
    }
    /// The number of a text, if it has one.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        let same = |number: &u32| self.at(*number) == name;
        self.numbers.find(self.hasher.hash_one(name), same).copied()
    }
    /// The text of a number.
    pub(crate) fn at(&self, number: u32) -> &str {
        text_at(&self.text, &self.ends, number)
    }
    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    fn of(text: String, ends: Vec<u32>) -> Names {
        let (hasher, mut numbers) =
            (DefaultHashBuilder::default(), HashTable::with_capacity(ends.len()));
        let hash = |number: &u32| hasher.hash_one(text_at(&text, &ends, *number));
        for number in 0..number(ends.len()) {
            numbers.insert_unique(hash(&number), number, hash);
        }
        Names { text, ends, numbers, hasher }
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ends == other.ends
    }
}
impl Serialize for Names {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        (&self.text, &self.ends).serialize(s)
    }
}
impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <(String, Vec<u32>)>::deserialize(d).map(|(text, ends)| Names::of(text, ends))
    }
}
