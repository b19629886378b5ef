//! The tree by its definition. Invariant: nothing is remembered and nothing is clever: RFC 6962,
//! sections 2.1, 2.1.1 and 2.1.2, as they stand.

use std::{cell::Cell, convert::Infallible};

use sha2::{Digest, Sha256};
use sijil_proof::{path::Subtrees, tiles::Levels, tree::Hash};

/// The hash of an inner node.
fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The record number `at`.
pub(crate) fn record(at: u64) -> Vec<u8> {
    format!("record {at}").into_bytes()
}

/// The hash of the record number `at`.
pub(crate) fn leaf(at: u64) -> Hash {
    Sha256::new().chain_update([0]).chain_update(record(at)).finalize().into()
}

/// The hashes of the first records.
pub(crate) fn leaves(size: u64) -> Vec<Hash> {
    (0..size).map(leaf).collect()
}

fn split(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    let mut left = 1;
    while left * 2 < leaves.len() {
        left *= 2;
    }
    leaves.split_at(left)
}

/// MTH.
pub(crate) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        many => {
            let (left, right) = split(many);
            node(&root(left), &root(right))
        }
    }
}

/// PATH.
pub(crate) fn inclusion(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = split(leaves);
    let (mut path, other) = if index < left.len() {
        (inclusion(index, left), right)
    } else {
        (inclusion(index - left.len(), right), left)
    };
    path.push(root(other));
    path
}

/// SUBPROOF; `whole` says whether the verifier has the root of these leaves.
pub(crate) fn consistency(early: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if early == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let (left, right) = split(leaves);
    let (mut path, other) = if early <= left.len() {
        (consistency(early, left, whole), right)
    } else {
        (consistency(early - left.len(), right, false), left)
    };
    path.push(root(other));
    path
}

/// A tree that knows its leaves alone.
pub(crate) struct Naive {
    pub(crate) leaves: Vec<Hash>,
    /// How often hashes of a level were read.
    pub(crate) reads: Cell<usize>,
}

impl Naive {
    pub(crate) fn new(size: u64) -> Naive {
        Naive { leaves: leaves(size), reads: Cell::new(0) }
    }
    fn full(&self, height: u32, at: u64) -> Hash {
        let (from, to) = ((at << height) as usize, ((at + 1) << height) as usize);
        root(self.leaves.get(from..to).expect("only full subtrees are asked for"))
    }
}

impl Subtrees for Naive {
    type Error = Infallible;
    fn subtree(&self, height: u32, at: u64) -> Result<Hash, Infallible> {
        Ok(self.full(height, at))
    }
}

impl Levels for Naive {
    type Error = Infallible;
    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, Infallible> {
        self.reads.set(self.reads.get() + 1);
        Ok((from..from + count as u64).map(|at| self.full(8 * level, at)).collect())
    }
}
