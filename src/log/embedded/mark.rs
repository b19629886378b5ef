//! The mark: how far the log of one directory is known to be durable, kept beside it. Invariant:
//! never ahead of what was synced; it may lag or be missing, and the log opens without it, but a
//! log that ends before it has lost acknowledged records.

use std::{io, path::PathBuf, sync::Arc};

use uuid::Uuid;

use super::{
    frame::{hash_at, u32_at, u64_at},
    segment::Places,
};
use crate::{
    seam::{self, Access, File, Identity, Storage},
    tree::Hash,
};

/// A mark that says nothing of its directory, as releases up to 0.1 wrote them.
const UNBOUND: &[u8; 8] = b"SIJILMRK";
const UNBOUND_BYTES: usize = 52;
const BOUND: &[u8; 8] = b"SIJILMK2";
const BOUND_BYTES: usize = 88;
/// Two slots in two sectors, written in turn: a torn write leaves the other.
const SLOTS: [u64; 2] = [0, 512];
/// The flag of a mark that was written as the log was closed.
const CLOSED: u32 = 1;

/// A batch that was acknowledged, or could have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The last position of the batch.
    pub(crate) position: u64,
    /// The hash of its footer.
    pub(crate) footer: Hash,
    /// Which directory and which ledger it was written for, if it says so.
    pub(crate) bound: Option<Bound>,
}

/// Which directory a mark belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bound {
    /// The lock file of that directory.
    pub(crate) home: Identity,
    /// The event id of the log's first record; nil while there is none.
    pub(crate) ledger: Uuid,
    /// Whether the log was closed after that batch, and not opened to write since, as far as was
    /// synced.
    pub(crate) closed: bool,
}

impl Mark {
    /// Whether it was written for another directory than the one with this lock file.
    pub(crate) fn is_of_another(&self, lock: Option<Identity>) -> bool {
        self.bound.is_some_and(|bound| lock != Some(bound.home))
    }
}

/// Writes marks without syncing them: they survive the process at once and the machine sooner or
/// later.
pub(crate) struct MarkFile {
    file: Arc<dyn File>,
    turn: usize,
    pub(crate) bound: Bound,
}

impl MarkFile {
    pub(crate) fn open(
        storage: &dyn Storage,
        places: &Places,
        bound: Bound,
    ) -> io::Result<MarkFile> {
        Ok(MarkFile { file: storage.open(&path(places), Access::Keep)?, turn: 0, bound })
    }

    pub(crate) fn write(&mut self, position: u64, footer: &Hash) -> io::Result<()> {
        self.turn = (self.turn + 1) % SLOTS.len();
        let Bound { home, ledger, closed } = self.bound;
        let mut bytes = Vec::with_capacity(BOUND_BYTES);
        bytes.extend(BOUND);
        bytes.extend(position.to_le_bytes());
        bytes.extend(footer);
        bytes.extend(ledger.as_bytes());
        bytes.extend(home.inode.to_le_bytes());
        bytes.extend(home.born.to_le_bytes());
        bytes.extend(if closed { CLOSED } else { 0 }.to_le_bytes());
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        debug_assert_eq!(bytes.len(), BOUND_BYTES);
        seam::write_all(&*self.file, &bytes, SLOTS[self.turn])
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// The mark, if there is one that can be read.
pub(crate) fn read(storage: &dyn Storage, places: &Places) -> Option<Mark> {
    let file = storage.open(&path(places), Access::Read).ok()?;
    let slot = |offset: &u64| {
        let mut bytes = [0; BOUND_BYTES];
        let read = seam::read_up_to(&*file, &mut bytes, *offset).ok()?;
        parse(&bytes[..read])
    };
    let lock = storage.identity(&places.lock()).ok().flatten();
    // What another directory's process wrote counts only where this one's has not written yet.
    SLOTS
        .iter()
        .filter_map(slot)
        .max_by_key(|mark| (!mark.is_of_another(lock), mark.position, mark.bound.is_some()))
}

fn parse(bytes: &[u8]) -> Option<Mark> {
    let length = match bytes.first_chunk::<8>()? {
        UNBOUND => UNBOUND_BYTES,
        BOUND => BOUND_BYTES,
        _ => return None,
    };
    // A mark cut short says nothing, wherever it was cut.
    let (body, checksum) = bytes.get(..length)?.split_last_chunk::<4>()?;
    if u32::from_le_bytes(*checksum) != crc32c::crc32c(body) {
        return None;
    }
    let bound = (length == BOUND_BYTES).then(|| Bound {
        home: Identity { inode: u64_at(body, 64), born: u64_at(body, 72) },
        ledger: Uuid::from_bytes(*body[48..].first_chunk().unwrap_or(&[0; 16])),
        closed: u32_at(body, 80) & CLOSED != 0,
    });
    Some(Mark { position: u64_at(body, 8), footer: hash_at(body, 16), bound })
}

fn path(places: &Places) -> PathBuf {
    places.index().join("durable")
}
