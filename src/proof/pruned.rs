//! One proof of many leaves: the tree without what lies beside them. Invariant: it is accepted for
//! those leaves at those places of that tree alone, and no hash in it could be left out.

use crate::{
    path::{PathError, Subtrees, range},
    tree::{Hash, empty_root, node},
};

/// Where a tree of two or more leaves is divided, as RFC 9162, section 2.1.1, does.
const fn middle(low: u64, high: u64) -> u64 {
    low + (1 << (high - low - 1).ilog2())
}

/// The hashes that lead from the leaves of these indices, in rising order, to the root of the tree
/// of the first `size`: the roots of the largest parts that hold none of them, from left to right.
/// Indices at or above `size` are passed over.
pub fn pruned<S: Subtrees + ?Sized>(
    tree: &S,
    indices: &[u64],
    size: u64,
) -> Result<Vec<Hash>, S::Error> {
    let (mut hashes, mut parts) = (Vec::new(), vec![(0, size)]);
    while let Some((low, high)) = parts.pop() {
        let next = indices.partition_point(|index| *index < low);
        if low == high || indices.get(next).is_some_and(|index| *index < high && high - low == 1) {
            continue;
        }
        if indices.get(next).is_none_or(|index| *index >= high) {
            hashes.push(range(tree, low, high)?);
            continue;
        }
        let middle = middle(low, high);
        parts.extend([(middle, high), (low, middle)]);
    }
    Ok(hashes)
}

/// The root to which leaves, in rising order of their indices, and hashes lead.
struct Joined<'a> {
    leaves: &'a [(u64, Hash)],
    hashes: &'a [Hash],
}

impl Joined<'_> {
    /// The root of the part of the tree from `low` to below `high`; `None` if a hash is missing.
    fn root(&mut self, low: u64, high: u64) -> Option<Hash> {
        let next = self.leaves.first().filter(|(index, _)| *index < high);
        let Some((_, leaf)) = next else {
            let (hash, rest) = self.hashes.split_first()?;
            self.hashes = rest;
            return Some(*hash);
        };
        if high - low == 1 {
            self.leaves = &self.leaves[1..];
            return Some(*leaf);
        }
        // At most 64 deep: each side has at most half of the largest power of two.
        let middle = middle(low, high);
        let left = self.root(low, middle)?;
        Some(node(&left, &self.root(middle, high)?))
    }
}

/// Whether these leaves, by index and hash in rising order, stand in the tree of `size` leaves with
/// this root.
pub fn check_pruned(
    leaves: &[(u64, Hash)],
    size: u64,
    hashes: &[Hash],
    root: &Hash,
) -> Result<(), PathError> {
    if let Some(index) = leaves.iter().map(|(index, _)| *index).find(|index| *index >= size) {
        return Err(PathError::Index { index, size });
    }
    // Of two in the same place one would not be looked at.
    let is_rising = leaves.is_sorted_by(|(one, _), (next, _)| one < next);
    let mut joined = Joined { leaves, hashes };
    let found = if size == 0 { Some(empty_root()) } else { joined.root(0, size) };
    let all = joined.leaves.is_empty() && joined.hashes.is_empty();
    if is_rising && all && found == Some(*root) { Ok(()) } else { Err(PathError::Root { size }) }
}
