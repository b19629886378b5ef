//! A tree as the tiles of transparency logs: each the 256 hashes side by side of one level.
//! Invariant: a level `n` holds the roots of the full subtrees of 256^n leaves, and a tile once
//! read is never another, since a tree only grows.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    path::Subtrees,
    tree::{Hash, node},
};

/// One level per this many doublings.
pub const STEP: u32 = 8;
/// How many hashes a full tile has.
pub const TILE_HASHES: u64 = 1 << STEP;
/// How many levels a tree can have.
pub const LEVELS: u32 = u64::BITS / STEP;
/// Of each level so many tiles are remembered, with all nodes above them.
const REMEMBERED_MAX: usize = 256;

/// Reads hashes of levels.
pub trait Levels {
    /// Why they cannot be read.
    type Error;
    /// The hashes of a level from number `from` on, exactly `count` of them.
    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, Self::Error>;
}

/// The nodes above the hashes of a tile: by height, as far as they are full.
type Nodes = Arc<[Vec<Hash>]>;
/// The tiles of a level, by number and width.
type Remembered = HashMap<(u64, usize), Nodes>;

/// Tiles that were read, so that many proofs of one tree read each once.
#[derive(Debug, Default)]
pub struct Tiles([Mutex<Remembered>; LEVELS as usize]);

/// A tree of `size` leaves, told by its tiles.
pub struct Tiled<'a, L> {
    levels: &'a L,
    tiles: &'a Tiles,
    size: u64,
}

impl<'a, L: Levels> Tiled<'a, L> {
    /// The tree of the first `size` leaves.
    pub const fn new(levels: &'a L, tiles: &'a Tiles, size: u64) -> Tiled<'a, L> {
        Tiled { levels, tiles, size }
    }

    fn tile(&self, level: u32, number: u64) -> Result<Nodes, L::Error> {
        let there = (self.size >> (STEP * level)).saturating_sub(number << STEP);
        let width = usize::try_from(there.min(TILE_HASHES)).unwrap_or(TILE_HASHES as usize);
        let remembered =
            || self.tiles.0[level as usize].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = remembered().get(&(number, width)) {
            return Ok(found.clone());
        }
        let nodes = above(self.levels.hashes(level, number << STEP, width)?);
        let mut tiles = remembered();
        if tiles.len() >= REMEMBERED_MAX {
            tiles.clear();
        }
        tiles.insert((number, width), nodes.clone());
        Ok(nodes)
    }
}

impl<L: Levels> Subtrees for Tiled<'_, L> {
    type Error = L::Error;
    fn subtree(&self, height: u32, at: u64) -> Result<Hash, L::Error> {
        let (level, above) = (height / STEP, height % STEP);
        let per_tile = STEP - above;
        let nodes = self.tile(level, at >> per_tile)?;
        let within = usize::try_from(at & ((1 << per_tile) - 1)).expect("it is below 256");
        Ok(nodes[above as usize][within])
    }
}

/// The nodes above the hashes of a tile, the hashes first.
fn above(hashes: Vec<Hash>) -> Nodes {
    let mut heights = vec![hashes];
    while heights.len() < STEP as usize {
        let below = &heights[heights.len() - 1];
        let pairs = below.chunks_exact(2);
        let next = pairs.map(|pair| node(&pair[0], &pair[1])).collect();
        heights.push(next);
    }
    heights.into()
}

/// The path of a tile in a static tree, as in `0/x001/x234/067` or `1/005.p/17`: level, number in
/// groups of three digits, and, unless the tile is full, how many hashes it has.
#[must_use]
pub fn name(number: u64, width: u64) -> String {
    let mut name = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        name = format!("x{:03}/{name}", rest % 1000);
        rest /= 1000;
    }
    if width < TILE_HASHES { format!("{name}.p/{width}") } else { name }
}

/// The number and width that a path says; `None` if it is not written as [`name`] writes it.
#[must_use]
pub fn named(path: &str) -> Option<(u64, u64)> {
    let (digits, width) = match path.split_once(".p/") {
        Some((digits, width)) => (digits, crate::text::number(width)?),
        None => (path, TILE_HASHES),
    };
    let number = digits.split('/').try_fold(0_u64, |number, group| {
        let group = group.strip_prefix('x').unwrap_or(group);
        let three = group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
        number.checked_mul(1000)?.checked_add(group.parse().ok().filter(|_| three)?)
    })?;
    (width > 0 && name(number, width) == path).then_some((number, width))
}
