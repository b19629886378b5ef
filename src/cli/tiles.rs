//! `publish-tiles`: the tree as files that any web server serves, in the layout of
//! <https://c2sp.org/tlog-tiles>. Invariant: a checkpoint stands there only when every tile of its
//! size does, and the log of the one before is its beginning.

use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::{Value, json};
use sijil_proof::{
    bundle::records_of,
    checkpoint::Checkpoint,
    note::Note,
    path::root,
    tiles::{LEVELS, Levels, STEP, TILE_HASHES, Tiled, Tiles, name},
    tree::{Frontier, Hash, leaf},
};

use crate::{
    door::{Door, stream},
    error::CliError,
};

/// `publish-tiles`.
#[derive(Debug, Args)]
pub struct PublishTiles {
    /// The directory; what is there already is not written again.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// With the public bytes of every record, readable by their owner alone: needs the right to
    /// audit.
    #[arg(long)]
    pub entries: bool,
}

const BYTES: &str = "application/octet-stream";
const CHECKPOINT: &str = "checkpoint";
/// Held by whoever writes the directory.
const LOCK: &str = ".lock";
const HASH_BYTES: usize = size_of::<Hash>();
/// A full tile of the longest records, each behind its length in two bytes.
const BUNDLE_BYTES_MAX: u64 = TILE_HASHES * (2 + u16::MAX as u64);
/// For whom a file is: hashes are everybody's, bytes of records their owner's.
const EVERYBODY: u32 = 0o644;
const OWNER: u32 = 0o600;

/// The tree of the log behind a door.
pub(crate) struct Served<'a>(pub(crate) &'a dyn Door);

impl Served<'_> {
    fn bytes(&self, path: String, most: u64) -> Result<Vec<u8>, CliError> {
        let mut bytes = Vec::new();
        stream(self.0, path, BYTES)?.take(most + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The public bytes of the first `width` records of a tile, as they are sent: each behind its
    /// length.
    pub(crate) fn bundle(&self, number: u64, width: u64) -> Result<Vec<u8>, CliError> {
        let path = format!("/tile/entries/{}", name(number, width));
        let bytes = self.bytes(path.clone(), BUNDLE_BYTES_MAX)?;
        let many = records_of(&bytes).map_or(0, |records| records.len() as u64);
        if many == width { Ok(bytes) } else { Err(misfit(&path, width, many)) }
    }
}

/// A tile that is another than it was asked for.
fn misfit(path: &str, expected: u64, got: u64) -> CliError {
    CliError::Reach(format!("{path}: expected a tile of {expected}, got one of {got}"))
}

impl Levels for Served<'_> {
    type Error = CliError;
    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, CliError> {
        debug_assert_eq!(from % TILE_HASHES, 0, "a tile is asked for from its beginning");
        let path = format!("/tile/{level}/{}", name(from / TILE_HASHES, count as u64));
        let bytes = self.bytes(path.clone(), TILE_HASHES * HASH_BYTES as u64)?;
        let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
        if hashes.len() == count && rest.is_empty() {
            Ok(hashes.to_vec())
        } else {
            Err(misfit(&path, count as u64, hashes.len() as u64))
        }
    }
}

/// What stands in a directory, and how it gets there.
struct Shelf<'a> {
    dir: &'a Path,
    /// What was written to, and is not synced.
    touched: BTreeSet<PathBuf>,
}

impl Shelf<'_> {
    fn made(dir: &Path, mode: u32) -> std::io::Result<()> {
        if !dir.is_dir() {
            if let Some(above) = dir.parent().filter(|above| !above.as_os_str().is_empty()) {
                Shelf::made(above, mode)?;
            }
            DirBuilder::new().mode(mode).create(dir)?;
            // Files of a ledger are made private, whatever is asked for.
            fs::set_permissions(dir, Permissions::from_mode(mode))?;
        }
        Ok(())
    }

    /// Writes a file whole: it stands there with all its bytes, or not at all.
    fn put(&mut self, path: &str, bytes: &[u8], mode: u32) -> Result<(), CliError> {
        let to = self.dir.join(path);
        let parent = to.parent().unwrap_or(self.dir).to_owned();
        let written = || {
            // A directory is entered by whom its files are for.
            Shelf::made(&parent, mode | ((mode & 0o444) >> 2))?;
            let aside = parent.join(".new");
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(mode)
                .open(&aside)?;
            file.write_all(bytes)?;
            file.set_permissions(Permissions::from_mode(mode))?;
            file.sync_all()?;
            fs::rename(&aside, &to)
        };
        written().map_err(|error| CliError::file(&to, &error))?;
        self.touched.insert(parent);
        Ok(())
    }

    /// Has everything that was written survive a power cut.
    fn synced(&mut self) -> Result<(), CliError> {
        for dir in std::mem::take(&mut self.touched) {
            let mut next = Some(dir.as_path());
            while let Some(dir) = next.filter(|dir| dir.starts_with(self.dir)) {
                let synced = File::open(dir).and_then(|open| open.sync_all());
                synced.map_err(|error| CliError::file(dir, &error))?;
                next = dir.parent();
            }
        }
        Ok(())
    }

    /// The checkpoint that stands there; the others of its size do, too.
    fn checkpoint(&self) -> Result<Option<(String, Checkpoint)>, CliError> {
        let path = self.dir.join(CHECKPOINT);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CliError::file(&path, &error)),
        };
        let corrupt = |why: String| CliError::Corrupt(format!("{}: {why}", path.display()));
        let checkpoint = said(&text).map_err(corrupt)?;
        Ok(Some((text, checkpoint)))
    }
}

/// What a checkpoint says, whoever signed it.
pub(crate) fn said(text: &str) -> Result<Checkpoint, String> {
    let note: Note = text.parse().map_err(|error| format!("{error}"))?;
    note.unverified().parse().map_err(|error| format!("{error}"))
}

/// Writes what is new in the log behind a door to a directory; says up to where, and how many files
/// were written.
pub fn publish(door: &dyn Door, asked: &PublishTiles) -> Result<Value, CliError> {
    let dir = asked.to.as_path();
    Shelf::made(dir, 0o755).map_err(|error| CliError::file(dir, &error))?;
    let lock = dir.join(LOCK);
    let file = File::create(&lock).map_err(|error| CliError::file(&lock, &error))?;
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => {
            CliError::Reach(format!("{}: another process writes there", dir.display()))
        }
        TryLockError::Error(error) => CliError::file(&lock, &error),
    })?;
    let mut shelf = Shelf { dir, touched: BTreeSet::new() };
    let mut text = String::new();
    stream(door, "/checkpoint".into(), "text/plain")?.read_to_string(&mut text)?;
    let checkpoint = said(&text).map_err(CliError::Reach)?;
    let before = shelf.checkpoint()?;
    let known = before.as_ref().map_or(0, |(_, before)| before.size);
    follows(door, before.as_ref().map(|(_, before)| before), &checkpoint, dir)?;
    let tiles = put_tiles(&mut shelf, &Served(door), known, checkpoint.size)?;
    let entries = match asked.entries {
        true => put_entries(&mut shelf, &Served(door), known, checkpoint.size)?,
        false => 0,
    };
    // Nobody is told of a size whose tiles a power cut could take.
    shelf.synced()?;
    if before.as_ref().is_none_or(|(before, _)| *before != text) {
        shelf.put(CHECKPOINT, text.as_bytes(), EVERYBODY)?;
        shelf.synced()?;
    }
    Ok(json!({
        "to": dir,
        "origin": checkpoint.origin,
        "before": before.map(|(_, before)| before.size),
        "size": checkpoint.size,
        "tiles": tiles,
        "entries": entries,
    }))
}

/// Whether the tree that is served is the one that is signed, and goes on from the one that was
/// published.
fn follows(
    door: &dyn Door,
    before: Option<&Checkpoint>,
    now: &Checkpoint,
    dir: &Path,
) -> Result<(), CliError> {
    let (served, tiles) = (Served(door), Tiles::default());
    let tree = Tiled::new(&served, &tiles, now.size);
    if root(&tree, now.size)? != now.root {
        return Err(CliError::Corrupt(format!(
            "the tiles of the log do not lead to the root of its checkpoint of {}; run `sijil \
             verify`",
            now.size
        )));
    }
    let Some(before) = before else { return Ok(()) };
    let no = |why: String| Err(CliError::No(format!("{}: {why}", dir.display())));
    if before.origin != now.origin {
        return no(format!("expected a directory of {}, got one of {}", now.origin, before.origin));
    }
    if before.size > now.size {
        return no(format!(
            "{} records were published, and the log signs {}; if it was restored to an earlier \
             end, it is another log: publish it elsewhere",
            before.size, now.size
        ));
    }
    if root(&tree, before.size)? != before.root {
        return no(format!(
            "the {} records that were published are not the beginning of the {} of the log: one \
             of them was changed; `sijil verify` says which",
            before.size, now.size
        ));
    }
    Ok(())
}

/// Writes the tiles of a tree of `size` leaves that one of `known` leaves had not, from the root
/// down, so that each is held against the hash above it. Says how many.
fn put_tiles(
    shelf: &mut Shelf<'_>,
    served: &Served<'_>,
    known: u64,
    size: u64,
) -> Result<u64, CliError> {
    let mut written = 0;
    // Hashes of the level above, from which number on.
    let mut above: (u64, Vec<Hash>) = (0, Vec::new());
    for level in (0..LEVELS).rev() {
        let (there, had) = (size >> (STEP * level), known >> (STEP * level));
        let first = had / TILE_HASHES;
        let mut hashes = Vec::new();
        for number in first..there.div_ceil(TILE_HASHES) {
            let width = (there - number * TILE_HASHES).min(TILE_HASHES);
            let count = usize::try_from(width).expect("at most 256");
            let tile = served.hashes(level, number * TILE_HASHES, count)?;
            if width == TILE_HASHES {
                let mut frontier = Frontier::default();
                tile.iter().for_each(|hash| frontier.push(*hash));
                let over = number.checked_sub(above.0).and_then(|at| usize::try_from(at).ok());
                if over.and_then(|at| above.1.get(at)) != Some(&frontier.root()) {
                    return Err(CliError::Corrupt(format!(
                        "tile {number} of level {level} has another root than the level above \
                         says; run `sijil verify`"
                    )));
                }
            }
            if there != had {
                let path = format!("tile/{level}/{}", name(number, width));
                shelf.put(&path, &tile.concat(), EVERYBODY)?;
                written += 1;
            }
            if level > 0 {
                hashes.extend(tile);
            }
        }
        above = (first * TILE_HASHES, hashes);
    }
    Ok(written)
}

/// Writes the bundles of records that are not there, each held against the tile of its leaves. Says
/// how many.
fn put_entries(
    shelf: &mut Shelf<'_>,
    served: &Served<'_>,
    known: u64,
    size: u64,
) -> Result<u64, CliError> {
    let mut written = 0;
    for number in 0..size.div_ceil(TILE_HASHES) {
        let width = (size - number * TILE_HASHES).min(TILE_HASHES);
        let path = format!("tile/entries/{}", name(number, width));
        if number * TILE_HASHES + width <= known && shelf.dir.join(&path).is_file() {
            continue;
        }
        let bundle = served.bundle(number, width)?;
        let count = usize::try_from(width).expect("at most 256");
        let leaves = served.hashes(0, number * TILE_HASHES, count)?;
        let records = records_of(&bundle).unwrap_or_default();
        if !records.iter().map(|record| leaf(record)).eq(leaves) {
            return Err(CliError::Corrupt(format!(
                "{path}: a record has other bytes than its hash says; run `sijil verify`"
            )));
        }
        shelf.put(&path, &bundle, OWNER)?;
        written += 1;
    }
    Ok(written)
}
