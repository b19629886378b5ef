//! The mark: how far the log is known to be durable, kept beside it. Invariant: never ahead of what was synced; it may lag or be missing, and
//! the log opens without it, but a log that ends before it has lost acknowledged records.

use std::{io, path::PathBuf, sync::Arc};

use super::{
    frame::{hash_at, u32_at, u64_at},
    segment::Places,
};
use crate::{
    seam::{self, Access, File, Storage},
    tree::Hash,
};

const MAGIC: &[u8; 8] = b"SIJILMRK";
const SLOT_BYTES: usize = 56;
/// Two slots in two sectors, written in turn: a torn write leaves the other.
const SLOTS: [u64; 2] = [0, 512];

/// A batch that was acknowledged, or could have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The last position of the batch.
    pub(crate) position: u64,
    /// The hash of its footer.
    pub(crate) footer: Hash,
}

/// Writes marks without syncing them: they survive the process at once and the machine sooner or later.
pub(crate) struct MarkFile {
    file: Arc<dyn File>,
    turn: usize,
}

impl MarkFile {
    pub(crate) fn open(storage: &dyn Storage, places: &Places) -> io::Result<MarkFile> {
        Ok(MarkFile { file: storage.open(&path(places), Access::Keep)?, turn: 0 })
    }

    pub(crate) fn write(&mut self, mark: Mark) -> io::Result<()> {
        self.turn = (self.turn + 1) % SLOTS.len();
        let mut bytes = [0; SLOT_BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&mark.position.to_le_bytes());
        bytes[16..48].copy_from_slice(&mark.footer);
        let crc = crc32c::crc32c(&bytes[..48]);
        bytes[48..52].copy_from_slice(&crc.to_le_bytes());
        seam::write_all(&*self.file, &bytes, SLOTS[self.turn])
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// The mark, if there is one that can be read.
pub(crate) fn read(storage: &dyn Storage, places: &Places) -> Option<Mark> {
    let file = storage.open(&path(places), Access::Read).ok()?;
    let slots = SLOTS.iter().filter_map(|offset| {
        let mut bytes = [0; SLOT_BYTES];
        seam::read_exact(&*file, &mut bytes, *offset).ok()?;
        let good = &bytes[..8] == MAGIC && u32_at(&bytes, 48) == crc32c::crc32c(&bytes[..48]);
        good.then(|| Mark { position: u64_at(&bytes, 8), footer: hash_at(&bytes, 16) })
    });
    slots.max_by_key(|mark| mark.position)
}

fn path(places: &Places) -> PathBuf {
    places.index().join("durable")
}
