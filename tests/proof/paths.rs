//! Inclusion and consistency. Invariant: every path is the definition's, is accepted by us and by
//! strangers, and is accepted for nothing else.

use std::convert::Infallible;

use sijil_proof::{
    path::{PathError, Subtrees, check_consistency, check_inclusion, consistency, inclusion, root},
    tiles::{TILE_HASHES, Tiled, Tiles, name, named},
    tree::{Frontier, Hash},
};
use tlog_tiles::tlog::{self, Hash as Foreign};

use super::naive::{self, Naive};

/// Every pair of a leaf, or an earlier tree, and a tree, up to this size.
const ALL_UP_TO: u64 = 69;
/// The sizes at which tiles and their levels begin and end.
const EDGES: [u64; 11] = [0, 1, 2, 3, 255, 256, 257, 65_535, 65_536, 65_537, 70_000];

fn ok<T>(result: Result<T, Infallible>) -> T {
    result.unwrap_or_else(|never| match never {})
}

fn foreign(path: &[Hash]) -> Vec<Foreign> {
    path.iter().map(|hash| Foreign(*hash)).collect()
}

/// Proves a leaf in a tree, and has it checked by us and by strangers.
fn check_leaf(tree: &(impl Subtrees<Error = Infallible> + ?Sized), leaves: &[Hash], index: u64) {
    let (size, root) = (leaves.len() as u64, naive::root(leaves));
    let (path, leaf) = (ok(inclusion(tree, index, size)), leaves[index as usize]);
    assert_eq!(path, naive::inclusion(index as usize, leaves), "leaf {index} of {size}");
    assert_eq!(check_inclusion(&leaf, index, size, &path, &root), Ok(()), "{index} of {size}");
    tlog::check_record(&foreign(&path), size, Foreign(root), index, Foreign(leaf)).unwrap();
}

/// The same of an earlier tree.
fn check_tree(tree: &(impl Subtrees<Error = Infallible> + ?Sized), leaves: &[Hash], early: u64) {
    let (late, first) = (leaves.len() as u64, naive::root(&leaves[..early as usize]));
    let (path, second) = (ok(consistency(tree, early, late)), naive::root(leaves));
    let at = format!("{early} of {late}");
    assert_eq!(check_consistency((early, &first), (late, &second), &path), Ok(()), "{at}");
    if early > 0 {
        assert_eq!(path, naive::consistency(early as usize, leaves, true), "{at}");
        let known = (Foreign(second), Foreign(first));
        tlog::check_tree(&foreign(&path), late, known.0, early, known.1).unwrap();
    }
}

#[test]
fn every_leaf_and_every_earlier_tree_of_small_trees() {
    for size in 0..=ALL_UP_TO {
        let tree = Naive::new(size);
        assert_eq!(ok(root(&tree, size)), naive::root(&tree.leaves));
        for at in 0..size {
            check_leaf(&tree, &tree.leaves, at);
        }
        for early in 0..=size {
            check_tree(&tree, &tree.leaves, early);
        }
    }
}

#[test]
fn trees_at_the_edges_of_tiles() {
    let whole = Naive::new(70_000);
    for size in EDGES {
        let leaves = &whole.leaves[..size as usize];
        let (tree, tiles) = (Naive { leaves: leaves.to_vec(), ..Naive::new(0) }, Tiles::default());
        let tiled = Tiled::new(&tree, &tiles, size);
        let mut frontier = Frontier::default();
        leaves.iter().for_each(|leaf| frontier.push(*leaf));
        assert_eq!(ok(root(&tiled, size)), naive::root(leaves), "size {size}");
        assert_eq!(frontier.root(), naive::root(leaves), "size {size}");
        let chosen = [0, 1, 255, 256, 257, 65_535, 65_536, size.saturating_sub(1), size / 3];
        for index in chosen.into_iter().filter(|index| *index < size) {
            check_leaf(&tiled, leaves, index);
        }
        for early in EDGES.into_iter().filter(|early| *early <= size) {
            check_tree(&tiled, leaves, early);
        }
    }
}

#[test]
fn a_tile_is_read_once_and_again_when_it_has_grown() {
    let (tree, tiles) = (Naive::new(600), Tiles::default());
    for _ in 0..3 {
        for index in 0..512 {
            ok(inclusion(&Tiled::new(&tree, &tiles, 512), index, 512));
        }
    }
    // Two full tiles, and the one above them.
    assert_eq!(tree.reads.get(), 3);
    check_leaf(&Tiled::new(&tree, &tiles, 600), &tree.leaves, 599);
    assert!(tree.reads.get() > 3);
}

/// Every hash of a path, its number, the leaf, its index, the size and the root count.
#[test]
fn a_path_is_good_for_one_leaf_of_one_tree() {
    for size in 1..=ALL_UP_TO {
        let tree = Naive::new(size);
        let root = naive::root(&tree.leaves);
        for index in 0..size {
            let (path, leaf) = (ok(inclusion(&tree, index, size)), tree.leaves[index as usize]);
            let refused = |leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash| {
                assert!(check_inclusion(leaf, index, size, path, root).is_err(), "{index}/{size}");
            };
            let mut other = leaf;
            other[31] ^= 1;
            refused(&other, index, size, &path, &root);
            refused(&leaf, index, size, &path, &other);
            for at in 0..path.len() {
                let mut path = path.clone();
                path[at][0] ^= 0x80;
                refused(&leaf, index, size, &path, &root);
                refused(&leaf, index, size, &path[..at], &root);
            }
            refused(&leaf, index, size, &[path.clone(), vec![other]].concat(), &root);
            for wrong in (0..size + 2).filter(|wrong| *wrong != index) {
                refused(&leaf, wrong, size, &path, &root);
            }
        }
    }
}

#[test]
fn an_earlier_tree_is_good_for_one_later_tree() {
    for late in 1..=ALL_UP_TO {
        let tree = Naive::new(late);
        let second = naive::root(&tree.leaves);
        for early in 1..late {
            let first = naive::root(&tree.leaves[..early as usize]);
            let path = ok(consistency(&tree, early, late));
            let refused = |early: (u64, &Hash), late: (u64, &Hash), path: &[Hash]| {
                assert!(check_consistency(early, late, path).is_err(), "{early:?} of {late:?}");
            };
            let mut other = first;
            other[0] ^= 1;
            refused((early, &other), (late, &second), &path);
            refused((early, &first), (late, &other), &path);
            for at in 0..path.len() {
                let mut path = path.clone();
                path[at][16] ^= 1;
                refused((early, &first), (late, &second), &path);
                refused((early, &first), (late, &second), &path[..at]);
            }
            refused((early, &first), (late, &second), &[path.clone(), vec![other]].concat());
            refused((late + 1, &first), (late, &second), &path);
        }
    }
}

#[test]
fn what_cannot_be_proven_says_why() {
    let hash = [0; 32];
    assert_eq!(
        check_inclusion(&hash, 5, 5, &[], &hash).unwrap_err().to_string(),
        "expected an index below the tree's size 5, got 5"
    );
    assert_eq!(
        check_inclusion(&hash, 4, 5, &[], &hash),
        Err(PathError::Length { expected: 1, got: 0 })
    );
    assert_eq!(
        check_consistency((6, &hash), (5, &hash), &[]).unwrap_err().to_string(),
        "expected an earlier tree of at most 5 leaves, got one of 6"
    );
    // The largest sizes there could be overflow nothing.
    let most = u64::MAX;
    assert!(check_inclusion(&hash, most - 1, most, &[hash; 64], &hash).is_err());
    assert!(check_consistency((most - 1, &hash), (most, &hash), &[hash; 64]).is_err());
}

#[test]
fn tiles_have_the_names_of_the_specification() {
    for (number, width, path) in [
        (0, TILE_HASHES, "000"),
        (5, 17, "005.p/17"),
        (1_234_067, TILE_HASHES, "x001/x234/067"),
        (1_000, 255, "x001/000.p/255"),
    ] {
        assert_eq!(name(number, width), path);
        assert_eq!(named(path), Some((number, width)));
        let foreign = tlog_tiles::Tile::from_path(&format!("tile/8/0/{path}")).unwrap();
        assert_eq!((foreign.level_index(), u64::from(foreign.width())), (number, width));
    }
    for wrong in [
        "",
        "0",
        "00",
        "0000",
        "x000/000",
        "x001/x000",
        "001/000",
        "000.p/0",
        "000.p/256",
        "000.p/01",
        "-01",
        "000/",
        "/000",
    ] {
        assert_eq!(named(wrong), None, "{wrong:?}");
    }
}
