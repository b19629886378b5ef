//! Texts and the numbers that stand for them. Invariant: numbers are given in order of first
//! appearance, so equal logs make equal bytes; each text stands once, in one long string, and the
//! index beside it holds numbers alone.
//!
//! About twenty bytes an id, where a list and a hash map of strings take ninety.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sijil_schemas::id::{EntityRef, Kind};

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

/// A text in two parts hashes like the whole.
fn hash(hasher: &DefaultHashBuilder, tag: &str, rest: &str) -> u64 {
    let first = tag.bytes().next().unwrap_or_default();
    hasher.hash_one((first, rest))
}

impl Names {
    /// The number of a text, given now if it has none.
    pub(crate) fn intern(&mut self, name: &str) -> u32 {
        self.intern_tagged("", name)
    }
    /// The number of a text, if it has one.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.find_tagged("", name)
    }
    /// The text of a number.
    pub(crate) fn at(&self, number: u32) -> &str {
        text_at(&self.text, &self.ends, number)
    }
    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.ends.len()
    }

    fn find_tagged(&self, tag: &str, name: &str) -> Option<u32> {
        let same = |number: &u32| self.at(*number).strip_prefix(tag) == Some(name);
        self.numbers.find(hash(&self.hasher, tag, name), same).copied()
    }
    fn intern_tagged(&mut self, tag: &str, name: &str) -> u32 {
        if let Some(number) = self.find_tagged(tag, name) {
            return number;
        }
        let next = number(self.ends.len());
        self.text.push_str(tag);
        self.text.push_str(name);
        self.ends.push(number(self.text.len()));
        let (text, ends, hasher) = (&self.text, &self.ends, &self.hasher);
        self.numbers.insert_unique(hash(hasher, tag, name), next, |number| {
            let (tag, name) = text_at(text, ends, *number).split_at(tag.len());
            hash(hasher, tag, name)
        });
        next
    }
    fn of(text: String, ends: Vec<u32>, tag_bytes: usize) -> Names {
        let (hasher, mut numbers) =
            (DefaultHashBuilder::default(), HashTable::with_capacity(ends.len()));
        let hash = |number: &u32| {
            let (tag, name) =
                text_at(&text, &ends, *number).split_at_checked(tag_bytes).unwrap_or_default();
            hash(&hasher, tag, name)
        };
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
        <(String, Vec<u32>)>::deserialize(d).map(|(text, ends)| Names::of(text, ends, 0))
    }
}

/// Entities of any kind, each with a number. The kind stands before the id, as one byte.
#[derive(Debug, Clone, Default)]
pub(crate) struct EntityNames(Names);

/// The byte of a kind, as text.
fn tag(kind: Kind, byte: &mut [u8; 4]) -> &str {
    char::from(kind as u8).encode_utf8(byte)
}

impl EntityNames {
    /// The number of an entity, given now if it has none.
    pub(crate) fn intern(&mut self, entity: &EntityRef) -> u32 {
        self.0.intern_tagged(tag(entity.kind, &mut [0; 4]), entity.id())
    }
    /// The number of an entity, if it has one.
    pub(crate) fn find(&self, entity: &EntityRef) -> Option<u32> {
        self.0.find_tagged(tag(entity.kind, &mut [0; 4]), entity.id())
    }
    /// The kind and id of a number; `None` if there is no such number.
    pub(crate) fn at(&self, number: u32) -> Option<(Kind, &str)> {
        let (tag, id) = self.0.at(number).split_at_checked(1)?;
        Some((*Kind::ALL.get(usize::from(tag.bytes().next()?))?, id))
    }
    /// The entity of a number.
    pub(crate) fn entity(&self, number: u32) -> Option<EntityRef> {
        let (kind, id) = self.at(number)?;
        EntityRef::new(kind, id).ok()
    }
    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }
}

impl Serialize for EntityNames {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(s)
    }
}
impl<'de> Deserialize<'de> for EntityNames {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        <(String, Vec<u32>)>::deserialize(d)
            .map(|(text, ends)| EntityNames(Names::of(text, ends, 1)))
    }
}
