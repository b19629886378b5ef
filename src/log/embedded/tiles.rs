//! The hashes of the tree, kept so that any root can be had without reading records. Derived.
//! Invariant: level `n` holds, in order, the roots of all full subtrees of 256^n leaves.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    frame::{hash_at, u32_at, u64_at},
    segment::Places,
};
use crate::{
    seam::{self, Access, File, Storage},
    tree::{Frontier, Hash},
};

/// One level per this many doublings.
const STEP: u32 = 8;
const LEVELS: usize = 8;
/// Hashes of leaves held back before they are written.
const PENDING_MAX: usize = 4096;
const MAGIC: &[u8; 8] = b"SIJILTIL";

#[derive(Default)]
struct Level {
    file: Option<Arc<dyn File>>,
    written: u64,
    pending: Vec<Hash>,
}

/// The kept hashes.
pub(crate) struct Tiles {
    storage: Arc<dyn Storage>,
    dir: PathBuf,
    read_only: bool,
    levels: RwLock<[Level; LEVELS]>,
    /// How many leaves the files are said to hold, as this process said it or found it right.
    kept: AtomicU64,
}

/// Full subtrees completed by a batch, not yet part of the tiles.
#[derive(Debug, Default)]
pub(crate) struct NewHashes(Vec<(usize, Hash)>);

impl NewHashes {
    /// Takes note of a full subtree, as the frontier shows it.
    pub(crate) fn note(&mut self, height: u32, hash: &Hash) {
        if height.is_multiple_of(STEP) {
            self.0.push(((height / STEP) as usize, *hash));
        }
    }
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Tiles {
    /// Opens what is kept of a tree; trusts it up to a position that `root_of` confirms, and starts
    /// anew otherwise.
    pub(crate) fn open(
        storage: &Arc<dyn Storage>,
        places: &Places,
        read_only: bool,
        root_of: &mut dyn FnMut(u64) -> Option<Hash>,
    ) -> io::Result<Tiles> {
        let tiles = Tiles {
            storage: storage.clone(),
            dir: places.tiles(),
            read_only,
            levels: RwLock::default(),
            kept: AtomicU64::new(0),
        };
        if let Some((size, root)) = tiles.covered()
            && root_of(size) == Some(root)
            && tiles.adopt(size).is_ok()
            && tiles.root_at(size).is_ok_and(|found| found == Some(root))
        {
            tiles.kept.store(size, Relaxed);
            return Ok(tiles);
        }
        *tiles.write() = <[Level; LEVELS]>::default();
        Ok(tiles)
    }

    /// How many leaves there are.
    pub(crate) fn size(&self) -> u64 {
        let levels = self.read();
        levels[0].written + levels[0].pending.len() as u64
    }

    /// Adds the hashes of a batch that is durable.
    pub(crate) fn add(&self, new: &NewHashes) {
        let mut levels = self.write();
        for (level, hash) in &new.0 {
            levels[*level].pending.push(*hash);
        }
        if levels[0].pending.len() >= PENDING_MAX
            && !self.read_only
            && let Err(error) = self.write_pending(&mut levels)
        {
            tracing::warn!(
                %error,
                "cannot write the tree's hashes; they stay in memory and are written later"
            );
        }
    }

    /// The hash of the leaf at `position`, or of the full subtree number `at` of a level.
    pub(crate) fn hashes(&self, level: usize, from: u64, count: usize) -> io::Result<Vec<Hash>> {
        let levels = self.read();
        let level = &levels[level];
        let mut found = Vec::with_capacity(count);
        let on_file =
            usize::try_from(level.written.saturating_sub(from)).unwrap_or(usize::MAX).min(count);
        if let (Some(file), 1..) = (&level.file, on_file) {
            let mut bytes = vec![0; on_file * 32];
            seam::read_exact(&**file, &mut bytes, from * 32)?;
            found.extend(bytes.chunks_exact(32).map(|hash| hash_at(hash, 0)));
        }
        let skip = usize::try_from(from.saturating_sub(level.written)).unwrap_or(usize::MAX);
        found.extend(level.pending.iter().skip(skip).take(count - found.len()));
        if found.len() < count {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("expected {count} hashes from {from}, found {}", found.len()),
            ));
        }
        Ok(found)
    }

    /// The edge of the tree of the first `size` leaves; `None` if there are fewer.
    pub(crate) fn frontier_at(&self, size: u64) -> io::Result<Option<Frontier>> {
        if size > self.size() {
            return Ok(None);
        }
        let mut frontier = Frontier::default();
        for level in (0..LEVELS).rev() {
            let shift = STEP * level as u32;
            let start = (size >> shift) >> STEP << STEP;
            let end = size >> shift;
            for hash in self.hashes(level, start, usize::try_from(end - start).unwrap_or(0))? {
                frontier.push_subtree(hash, shift, &mut |_, _| ());
            }
        }
        Ok(Some(frontier))
    }

    pub(crate) fn root_at(&self, size: u64) -> io::Result<Option<Hash>> {
        Ok(self.frontier_at(size)?.map(|frontier| frontier.root()))
    }

    /// Makes all hashes durable and says so in a file of its own.
    pub(crate) fn keep(&self) -> io::Result<()> {
        let size = self.size();
        if self.read_only || self.kept.load(Relaxed) == size {
            return Ok(());
        }
        let Some(root) = self.root_at(size)? else { return Ok(()) };
        let mut levels = self.write();
        self.write_pending(&mut levels)?;
        let files: Vec<_> = levels.iter().filter_map(|level| level.file.clone()).collect();
        drop(levels);
        for file in files {
            file.sync_all()?;
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&size.to_le_bytes());
        bytes.extend_from_slice(&root);
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        seam::replace(&*self.storage, &self.dir.join("covers"), &bytes)?;
        self.kept.store(size, Relaxed);
        Ok(())
    }

    /// How many leaves the files are known to hold, and their root.
    pub(crate) fn covered(&self) -> Option<(u64, Hash)> {
        Self::covered_by(&*self.storage, &self.dir)
    }

    /// The same of the files in `dir`, without opening them.
    pub(crate) fn covered_by(storage: &dyn Storage, dir: &Path) -> Option<(u64, Hash)> {
        let bytes = seam::read_whole(storage, &dir.join("covers")).ok()?;
        let good = bytes.len() == 52
            && &bytes[..8] == MAGIC
            && u32_at(&bytes, 48) == crc32c::crc32c(&bytes[..48]);
        good.then(|| (u64_at(&bytes, 8), hash_at(&bytes, 16)))
    }

    fn adopt(&self, size: u64) -> io::Result<()> {
        let mut levels = self.write();
        for (at, level) in levels.iter_mut().enumerate() {
            let count = size >> (STEP * at as u32);
            if count == 0 {
                break;
            }
            let access = if self.read_only { Access::Read } else { Access::Write };
            let file = self.storage.open(&level_path(&self.dir, at), access)?;
            if file.len()? < count * 32 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            (level.file, level.written) = (Some(file), count);
        }
        Ok(())
    }

    fn write_pending(&self, levels: &mut [Level; LEVELS]) -> io::Result<()> {
        for (at, level) in levels.iter_mut().enumerate() {
            if level.pending.is_empty() {
                continue;
            }
            let file = match &level.file {
                Some(file) => file.clone(),
                None => self.storage.open(&level_path(&self.dir, at), Access::Keep)?,
            };
            seam::write_all(&*file, level.pending.as_flattened(), level.written * 32)?;
            level.written += level.pending.len() as u64;
            level.pending.clear();
            level.file = Some(file);
        }
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, [Level; LEVELS]> {
        self.levels.read().unwrap_or_else(PoisonError::into_inner)
    }
    fn write(&self) -> RwLockWriteGuard<'_, [Level; LEVELS]> {
        self.levels.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn level_path(dir: &Path, level: usize) -> PathBuf {
    dir.join(level.to_string())
}
