//! Lists that mostly hold nothing or one thing. Invariant: a list of nothing takes eight bytes, and
//! room is made for one (or for eight bytes), then by half of what is there.
//!
//! Of a document that is opened once and settled once, a `Vec` keeps room for eight facts.

use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use crate::steps;

/// No allocator gives less: room for one byte takes as much.
const ALLOCATED_BYTES: usize = 8;

/// A short list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Few<T>(ThinVec<T>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Few(ThinVec::new())
    }
}

impl<T> Few<T> {
    /// Adds a value at the end.
    pub fn push(&mut self, value: T) {
        self.grow();
        self.0.push(value);
    }
    /// Puts a value in its place.
    pub fn insert(&mut self, at: usize, value: T) {
        self.grow();
        self.0.insert(at, value);
    }
    /// Keeps so many values at the beginning.
    pub fn truncate(&mut self, keep: usize) {
        self.0.truncate(keep);
    }
    /// Keeps the values that are told to be kept.
    pub fn retain(&mut self, keep: impl FnMut(&mut T) -> bool) {
        self.0.retain_mut(keep);
    }
    /// All of it, not counted as looked at: for those who search it in steps of their own.
    pub fn unseen(&self) -> &[T] {
        &self.0
    }
    fn grow(&mut self) {
        let there = self.0.len();
        if there == self.0.capacity() {
            let least = (ALLOCATED_BYTES / size_of::<T>().max(1)).max(1);
            self.0.reserve_exact((there / 2).max(least));
        }
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        steps::tick(self.0.len());
        &self.0
    }
}
impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        steps::tick(self.0.len());
        &mut self.0
    }
}
impl<'a, T> IntoIterator for &'a Few<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
