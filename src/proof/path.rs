//! Proofs that a leaf stands in a tree, and that one tree is the beginning of another. Invariant:
//! a proof that is made is accepted, and one that is accepted stands for that leaf or that tree
//! alone, as long as SHA-256 does.
//!
//! Made by RFC 9162, sections 2.1.3.1 and 2.1.4.1; checked by sections 2.1.3.2 and 2.1.4.2.

use crate::tree::{Hash, node};

/// Knows the roots of the full subtrees of a tree.
pub trait Subtrees {
    /// Why one cannot be had.
    type Error;
    /// The root of the full subtree number `at`, from 0, of those with 2^`height` leaves.
    fn subtree(&self, height: u32, at: u64) -> Result<Hash, Self::Error>;
}

/// Why a proof cannot be made, or does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// There is no such leaf.
    #[error("expected an index below the tree's size {size}, got {index}")]
    Index {
        /// The leaf that was asked for, from 0.
        index: u64,
        /// How many leaves the tree has.
        size: u64,
    },
    /// The earlier tree is larger than the later one.
    #[error("expected an earlier tree of at most {to} leaves, got one of {from}")]
    Sizes {
        /// How many leaves the earlier tree is to have.
        from: u64,
        /// How many leaves the later tree has.
        to: u64,
    },
    /// The path has another number of hashes than one in this tree has.
    #[error("expected {expected} hashes in the path, got {got}")]
    Length {
        /// How many there must be.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// The path leads to another root.
    #[error("the path leads to another root than that of the tree of {size} leaves")]
    Root {
        /// How many leaves that tree has.
        size: u64,
    },
}

/// The root of the tree of the first `size` leaves.
pub fn root<S: Subtrees + ?Sized>(tree: &S, size: u64) -> Result<Hash, S::Error> {
    if size == 0 { Ok(crate::tree::empty_root()) } else { range(tree, 0, size) }
}

/// The path that proves that the leaf `index` stands in the tree of the first `size` leaves:
/// from the leaf's sibling up. Empty if there is no such leaf, and for the only leaf.
pub fn inclusion<S: Subtrees + ?Sized>(
    tree: &S,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, S::Error> {
    let (mut from, mut to) = (0, if index < size { size } else { 0 });
    let mut path = Vec::new();
    while to - from > 1 {
        let middle = from + left_of(to - from);
        if index < middle {
            path.push(range(tree, middle, to)?);
            to = middle;
        } else {
            path.push(range(tree, from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The path that proves that the first `early` of `late` leaves are the same in both trees. Empty
/// if the sizes are equal, if the earlier tree has no leaves, and if it is the larger one.
pub fn consistency<S: Subtrees + ?Sized>(
    tree: &S,
    early: u64,
    late: u64,
) -> Result<Vec<Hash>, S::Error> {
    if early == 0 || early >= late {
        return Ok(Vec::new());
    }
    let (mut from, mut to) = (0, late);
    let mut path = Vec::new();
    while to > early {
        let middle = from + left_of(to - from);
        if early <= middle {
            path.push(range(tree, middle, to)?);
            to = middle;
        } else {
            path.push(range(tree, from, middle)?);
            from = middle;
        }
    }
    // Whoever checks has the root of the earlier tree, but not of a part of it.
    if from > 0 {
        path.push(range(tree, from, to)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether a path proves that a leaf stands at `index` in the tree of `size` leaves with this
/// root.
pub fn check_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), PathError> {
    if index >= size {
        return Err(PathError::Index { index, size });
    }
    let expected = inclusion_length(index, size);
    if path.len() != expected {
        return Err(PathError::Length { expected, got: path.len() });
    }
    // `at` is the node among those of its height, `last` the last of these.
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return Err(PathError::Root { size });
        }
        if at % 2 == 1 || at == last {
            hash = node(sibling, &hash);
            (at, last) = past_edge(at, last);
        } else {
            hash = node(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if last == 0 && hash == *root { Ok(()) } else { Err(PathError::Root { size }) }
}

/// Whether a path proves that the tree of `early` leaves with root `first` is the beginning of the
/// tree of `late` leaves with root `second`.
pub fn check_consistency(
    (early, first): (u64, &Hash),
    (late, second): (u64, &Hash),
    path: &[Hash],
) -> Result<(), PathError> {
    if early > late {
        return Err(PathError::Sizes { from: early, to: late });
    }
    let expected = consistency_length(early, late);
    if path.len() != expected {
        return Err(PathError::Length { expected, got: path.len() });
    }
    if early == 0 || early == late {
        let known = if early == 0 { &crate::tree::empty_root() } else { second };
        return if first == known { Ok(()) } else { Err(PathError::Root { size: early }) };
    }
    // The path begins below the root of the earlier tree, unless that is a full subtree itself.
    let full = early.is_power_of_two();
    let (start, rest) =
        if full { (*first, path) } else { (path[0], path.get(1..).unwrap_or_default()) };
    let skipped = early.trailing_zeros();
    let (mut at, mut last) = ((early - 1) >> skipped, (late - 1) >> skipped);
    let (mut old, mut new) = (start, start);
    for sibling in rest {
        if last == 0 {
            return Err(PathError::Root { size: late });
        }
        if at % 2 == 1 || at == last {
            old = node(sibling, &old);
            new = node(sibling, &new);
            (at, last) = past_edge(at, last);
        } else {
            new = node(&new, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    if old != *first {
        return Err(PathError::Root { size: early });
    }
    if last == 0 && new == *second { Ok(()) } else { Err(PathError::Root { size: late }) }
}

/// A node and the last one of its height, beyond those heights of the right edge at which it has no
/// sibling; there are none if it is a right child, and it is never the root.
const fn past_edge(at: u64, last: u64) -> (u64, u64) {
    let skipped = at.trailing_zeros();
    (at >> skipped, last >> skipped)
}

/// A path as text: each hash in base64, on a line of its own.
#[must_use]
pub fn lines(path: &[Hash]) -> String {
    path.iter().map(|hash| format!("{}\n", crate::text::encoded(hash))).collect()
}

/// How many leaves the left side of a tree of two or more has: the largest power of two below.
const fn left_of(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// The root over the leaves from `from` up to `to`, where `from` is a multiple of the largest
/// power of two that fits in between.
pub(crate) fn range<S: Subtrees + ?Sized>(tree: &S, from: u64, to: u64) -> Result<Hash, S::Error> {
    let mut peaks = Vec::new();
    let mut next = from;
    while next < to {
        let height = (to - next).ilog2();
        debug_assert_eq!(next % (1 << height), 0, "a subtree stands at a multiple of its size");
        peaks.push(tree.subtree(height, next >> height)?);
        next += 1 << height;
    }
    let last = peaks.pop().unwrap_or_else(crate::tree::empty_root);
    Ok(peaks.iter().rfold(last, |right, left| node(left, &right)))
}

/// How many hashes the path of a leaf has: one for each height at which the two sides of the tree
/// part, and above one for each subtree to the left of the right edge.
fn inclusion_length(index: u64, size: u64) -> usize {
    let parted = u64::BITS - (index ^ (size - 1)).leading_zeros();
    let beyond = index.checked_shr(parted).unwrap_or(0).count_ones();
    (parted + beyond) as usize
}

/// How many hashes a path from one tree to another has.
fn consistency_length(early: u64, late: u64) -> usize {
    if early == 0 || early == late {
        return 0;
    }
    // It is the path of the last subtree that the earlier tree ends with, and that subtree.
    let height = early.trailing_zeros();
    let above = inclusion_length((early - 1) >> height, ((late - 1) >> height) + 1);
    above + usize::from(!early.is_power_of_two())
}
