//! The newest part of an index, in memory. Invariant: covers the positions after `from` up to `to`,
//! each pair once.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use crate::tree::Hash;

const NONE: u32 = u32::MAX;

/// The keys are hashes already.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        debug_assert!(bytes.is_empty(), "keys are u64");
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

struct Link {
    hash: u64,
    position: u64,
    before: u32,
}

/// Pairs of hash and position, chained by hash from the newest back.
pub(crate) struct Memtable {
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// The root at `to`.
    pub(crate) root: Hash,
    heads: HashMap<u64, u32, BuildHasherDefault<AsIs>>,
    links: Vec<Link>,
}

impl Memtable {
    pub(crate) fn new(from: u64, root: Hash) -> Memtable {
        Memtable { from, to: from, root, heads: HashMap::default(), links: Vec::new() }
    }

    pub(crate) fn add(&mut self, hash: u64, position: u64) {
        let at = u32::try_from(self.links.len()).unwrap_or(NONE);
        let before = self.heads.insert(hash, at).unwrap_or(NONE);
        let known = self.links.get(before as usize).is_some_and(|link| link.position == position);
        self.links.push(Link { hash, position, before });
        if known {
            self.links.pop();
            self.heads.insert(hash, before);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.links.len()
    }

    /// The positions under a hash, newest first.
    pub(crate) fn newest_first(&self, hash: u64) -> impl Iterator<Item = u64> {
        let mut at = self.heads.get(&hash).copied().unwrap_or(NONE);
        std::iter::from_fn(move || {
            let link = self.links.get(at as usize)?;
            at = link.before;
            Some(link.position)
        })
    }

    /// All pairs in order of hash, then position.
    pub(crate) fn sorted(&self) -> Vec<(u64, u64)> {
        let mut pairs: Vec<(u64, u64)> =
            self.links.iter().map(|link| (link.hash, link.position)).collect();
        pairs.sort_unstable();
        pairs
    }
}
