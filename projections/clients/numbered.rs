//! Values and the numbers that stand for them. Invariant: numbers are given in order of first
//! appearance, so equal logs make equal bytes.

use std::{
    borrow::Borrow,
    hash::{BuildHasher, Hash},
};

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Values, each with a number. Each value stands once; the index beside it holds numbers alone.
#[derive(Debug, Clone)]
pub(crate) struct Numbered<T> {
    values: Vec<T>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Numbered {
            values: Vec::new(),
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<T: Eq + Hash> Numbered<T> {
    /// The number of a value, given now if it has none.
    pub(crate) fn intern<Q>(&mut self, value: &Q) -> u32
    where
        Q: Eq + Hash + ToOwned + ?Sized,
        T: Borrow<Q> + From<Q::Owned>,
    {
        let known = self.numbers.find(self.hasher.hash_one(value), |number| {
            self.values[*number as usize].borrow() == value
        });
        known.copied().unwrap_or_else(|| self.add(value.to_owned().into()))
    }
    /// Gives a value that has none its number.
    fn add(&mut self, value: T) -> u32 {
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let (values, hasher) = (&mut self.values, &self.hasher);
        values.push(value);
        let hash = |number: &u32| hasher.hash_one(&values[*number as usize]);
        self.numbers.insert_unique(hash(&number), number, hash);
        number
    }
    /// The value of a number.
    pub(crate) fn at(&self, number: u32) -> &T {
        &self.values[number as usize]
    }
}

impl<T: Serialize> Serialize for Numbered<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.values.serialize(s)
    }
}
impl<'de, T: Deserialize<'de> + Eq + Hash> Deserialize<'de> for Numbered<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let (mut all, values) = (Numbered::default(), Vec::<T>::deserialize(d)?);
        all.numbers.reserve(values.len(), |_| 0);
        for value in values {
            all.add(value);
        }
        Ok(all)
    }
}
