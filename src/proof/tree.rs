//! The Merkle tree of RFC 6962 over the public bytes of records. Invariant: the root depends on the
//! records alone, not on how they were batched.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The root of the empty tree: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The hash of a leaf: `SHA-256(0x00 ‖ bytes)`.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

/// The hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)`.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    Sha256::digest(bytes).into()
}

/// The growing right edge of the tree: the roots of the full subtrees that make it up, largest
/// first, one per set bit of its size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The edge of a tree of `size` leaves; `None` unless there is one peak per set bit.
    #[must_use]
    pub fn new(size: u64, peaks: Vec<Hash>) -> Option<Frontier> {
        (peaks.len() == size.count_ones() as usize).then_some(Frontier { size, peaks })
    }
    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }
    /// The roots of the full subtrees, largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }
    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        self.push_subtree(leaf, 0, &mut |_, _| ());
    }
    /// Adds a full subtree of 2^`height` leaves by its root; the size must be a multiple of that.
    /// Shows `made` every full subtree that this completes, by its height and root, this one first.
    pub fn push_subtree(&mut self, root: Hash, height: u32, made: &mut dyn FnMut(u32, &Hash)) {
        debug_assert_eq!(
            self.size & ((1 << height) - 1),
            0,
            "a subtree stands where its size divides the tree's"
        );
        let mut hash = root;
        made(height, &hash);
        for above in 1..=(self.size >> height).trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
                made(height + above, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1 << height;
    }
    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(*last, |right, left| node(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition in RFC 6962, section 2.1, word by word.
    fn oracle(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [one] => *one,
            many => {
                let split = 1 << (many.len() - 1).ilog2();
                node(&oracle(&many[..split]), &oracle(&many[split..]))
            }
        }
    }

    #[test]
    fn the_frontier_agrees_with_the_definition() {
        let leaves: Vec<Hash> = (0..300_u32).map(|n| leaf(&n.to_le_bytes())).collect();
        let mut frontier = Frontier::default();
        for size in 0..leaves.len() {
            assert_eq!(frontier.root(), oracle(&leaves[..size]), "size {size}");
            frontier.push(leaves[size]);
        }
    }

    #[test]
    fn subtrees_stand_for_their_leaves() {
        let leaves: Vec<Hash> = (0..13_u32).map(|n| leaf(&n.to_le_bytes())).collect();
        let mut by_subtrees = Frontier::default();
        by_subtrees.push_subtree(oracle(&leaves[..8]), 3, &mut |_, _| ());
        by_subtrees.push_subtree(oracle(&leaves[8..12]), 2, &mut |_, _| ());
        by_subtrees.push(leaves[12]);
        assert_eq!(by_subtrees.root(), oracle(&leaves));
    }

    #[test]
    fn known_roots() {
        let hex = |hash: Hash| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(
            hex(empty_root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(
            hex(leaf(b"")),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
    }
}
