//! The segment: one file of the log, a header and then frames. Invariant: a segment can be verified
//! alone; its header says what came before.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use super::{
    apart::Parts,
    compressed::{Compressed, Flaw, PARTS_SEAL, SEAL, Seal, UNREADABLE},
    frame::{ALIGN, Frame, hash_at, u32_at, u64_at},
    offsets::Offsets,
    window::Window,
};
use crate::{
    seam::{self, Access, File, Storage},
    tree::{Frontier, Hash},
};

/// The header's size; frames start here.
pub(crate) const HEADER_BYTES: usize = 4096;
/// The format of a segment as it is written.
const OPEN: u32 = 1;
/// The format of a sealed segment that was compressed with the personal parts in it, as releases
/// before did.
const TOGETHER: u32 = 2;
/// The format of a sealed segment whose personal parts stand apart from its public bytes, and the
/// newest there is.
pub(crate) const FORMAT: u32 = 3;
const MAGIC: &[u8; 8] = b"SIJILSEG";
const PEAKS: usize = 104;
const CRC: usize = HEADER_BYTES - 4;

/// What a segment's header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// The tree before the first record of this segment; its size is the position before it.
    pub(crate) before: Frontier,
    /// The hash of the footer before the first batch; zeros in the first segment.
    pub(crate) previous: Hash,
    /// How long the file was made.
    pub(crate) file_bytes: u64,
    /// How it is compressed, if it is.
    pub(crate) seal: Option<Seal>,
    /// How its personal parts are compressed, if they stand apart from the public bytes.
    pub(crate) parts: Option<Seal>,
}

/// Why a header cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadHeader {
    #[error("{0}")]
    Damaged(&'static str),
    #[error("the file is shorter than a segment's header")]
    Short,
    #[error("the segment has format {0}, this Sijil reads format {FORMAT}; use a newer one")]
    Format(u32),
}

/// An open segment.
pub(crate) struct Segment {
    pub(crate) name: String,
    pub(crate) header: Header,
    pub(crate) file: Arc<dyn File>,
    /// The personal parts of its records, if they stand apart.
    pub(crate) parts: Option<Parts>,
    offsets: RwLock<Offsets>,
}

impl Header {
    /// The position before the first record of the segment.
    pub(crate) fn base(&self) -> u64 {
        self.before.size()
    }

    /// How many bytes the file has on the disk.
    pub(crate) fn disk_bytes(&self) -> u64 {
        self.parts.or(self.seal).map_or(self.file_bytes, |last| last.end())
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Header, BadHeader> {
        if bytes.len() != HEADER_BYTES {
            return Err(BadHeader::Short);
        }
        if &bytes[..8] == MAGIC
            && u32_at(bytes, CRC) == crc32c::crc32c(&bytes[..CRC])
            && !(OPEN..=FORMAT).contains(&u32_at(bytes, 8))
        {
            return Err(BadHeader::Format(u32_at(bytes, 8)));
        }
        if &bytes[..8] != MAGIC {
            return Err(BadHeader::Damaged("the file does not start with SIJILSEG"));
        }
        if u32_at(bytes, CRC) != crc32c::crc32c(&bytes[..CRC]) {
            return Err(BadHeader::Damaged(
                "the checksum of the segment's header is not that of its bytes",
            ));
        }
        let count = u32_at(bytes, 96) as usize;
        if count > 64 {
            return Err(BadHeader::Damaged("the segment's header names more than 64 peaks"));
        }
        let peaks = (0..count).map(|at| hash_at(bytes, PEAKS + 32 * at)).collect();
        let before = Frontier::new(u64_at(bytes, 16), peaks)
            .ok_or(BadHeader::Damaged("the peaks in the header do not fit its base position"))?;
        if before.root() != hash_at(bytes, 64) {
            return Err(BadHeader::Damaged("the root in the header is not that of its peaks"));
        }
        let format = u32_at(bytes, 8);
        let seal = (format > OPEN).then(|| Seal::parse(bytes, SEAL));
        let parts = (format == FORMAT).then(|| Seal::parse(bytes, PARTS_SEAL));
        let (previous, file_bytes) = (hash_at(bytes, 32), u64_at(bytes, 24));
        Ok(Header { before, previous, file_bytes, seal, parts })
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_BYTES];
        let format = match (&self.seal, &self.parts) {
            (None, _) => OPEN,
            (Some(_), None) => TOGETHER,
            (Some(_), Some(_)) => FORMAT,
        };
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&format.to_le_bytes());
        bytes[12..16].copy_from_slice(&(HEADER_BYTES as u32).to_le_bytes());
        bytes[16..24].copy_from_slice(&self.base().to_le_bytes());
        bytes[24..32].copy_from_slice(&self.file_bytes.to_le_bytes());
        bytes[32..64].copy_from_slice(&self.previous);
        bytes[64..96].copy_from_slice(&self.before.root());
        bytes[96..100].copy_from_slice(&(self.before.peaks().len() as u32).to_le_bytes());
        for (at, peak) in self.before.peaks().iter().enumerate() {
            bytes[PEAKS + 32 * at..PEAKS + 32 * (at + 1)].copy_from_slice(peak);
        }
        if let Some(seal) = &self.seal {
            seal.write(&mut bytes, SEAL);
        }
        if let Some(parts) = &self.parts {
            parts.write(&mut bytes, PARTS_SEAL);
        }
        let crc = crc32c::crc32c(&bytes[..CRC]);
        bytes[CRC..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }
}

impl Segment {
    pub(crate) fn new(
        name: String,
        header: Header,
        file: Arc<dyn File>,
        offsets: Offsets,
    ) -> Segment {
        Segment { name, header, file, parts: None, offsets: RwLock::new(offsets) }
    }

    /// The same with personal parts that stand apart.
    pub(crate) fn with_parts(self, parts: Option<Parts>) -> Segment {
        Segment { parts, ..self }
    }

    /// Opens a segment by its name, with the flaws of a compressed one; what stands in it is not
    /// read.
    pub(crate) fn open(
        storage: &dyn Storage,
        places: &Places,
        name: &str,
        access: Access,
    ) -> io::Result<Result<(Segment, Vec<Flaw>), BadHeader>> {
        let file = storage.open(&places.log().join(name), access)?;
        let mut bytes = vec![0; HEADER_BYTES];
        let length = seam::read_up_to(&*file, &mut bytes, 0)?;
        let header = match Header::parse(&bytes[..length]) {
            Ok(header) => header,
            Err(bad) => return Ok(Err(bad)),
        };
        let Some(seal) = header.seal else {
            return Ok(Ok((
                Segment::new(name.to_owned(), header, file, Offsets::default()),
                Vec::new(),
            )));
        };
        let whole = header.disk_bytes();
        let parts = header.parts.map(|parts| Parts::open(file.clone(), parts, &header));
        let parts = parts.transpose()?;
        let (file, mut flaws) =
            Compressed::open(file, seal, header.file_bytes, Some(UNREADABLE), whole)?;
        if let Some(parts) = &parts {
            let others = parts.flaws.iter().filter(|flaw| !flaws.contains(flaw)).copied();
            let others: Vec<Flaw> = others.collect();
            flaws.extend(others);
        }
        let segment = Segment::new(name.to_owned(), header, Arc::new(file), Offsets::default());
        Ok(Ok((segment.with_parts(parts), flaws)))
    }

    /// Makes a new segment, durable with its name, or nothing.
    pub(crate) fn create(
        storage: &dyn Storage,
        places: &Places,
        header: Header,
    ) -> io::Result<Segment> {
        let name = name_of(header.base());
        let (aside, path) = (places.tmp().join(&name), places.log().join(&name));
        let made = Self::prepare(storage, &aside, &header);
        if made.is_err() {
            // Gives the space back; what is left would be removed at the next opening anyhow.
            let _ = storage.remove(&aside);
        }
        let file = made?;
        storage.rename(&aside, &path)?;
        storage.sync_dir(&places.log())?;
        Ok(Segment::new(name, header, file, Offsets::default()))
    }

    fn prepare(storage: &dyn Storage, aside: &Path, header: &Header) -> io::Result<Arc<dyn File>> {
        let file = storage.open(aside, Access::Create)?;
        file.allocate(header.file_bytes)?;
        seam::write_all(&*file, &header.bytes(), 0)?;
        file.sync_all()?;
        Ok(file)
    }

    /// The records of a frame that starts at `offset` with their personal bytes, if these stand
    /// apart and there are any.
    pub(crate) fn filled(&self, offset: u64, frame: &Frame<'_>) -> io::Result<Option<Vec<u8>>> {
        let Some(parts) = &self.parts else { return Ok(None) };
        let (behind, records) = frame.record_bytes();
        parts.fill(offset + behind as u64, records)
    }

    /// How many bytes the file has on the disk.
    pub(crate) fn disk_bytes(&self) -> u64 {
        self.header.disk_bytes()
    }

    pub(crate) fn window(&self, ahead: usize) -> Window {
        Window::new(self.file.clone(), ahead)
    }

    /// Asks the offsets.
    pub(crate) fn offsets<T>(&self, ask: impl FnOnce(&Offsets) -> T) -> T {
        ask(&self.offsets.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn note(&self, note: impl FnOnce(&mut Offsets)) {
        note(&mut self.offsets.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The name of the segment whose first record comes after position `base`.
pub(crate) fn name_of(base: u64) -> String {
    format!("{:020}.seg", base + 1)
}

/// Where things stand in a data directory.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) dir: PathBuf,
}

impl Places {
    /// The log itself, the only thing that is not derived.
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("log")
    }
    /// Entity and id index, offsets of sealed segments, the mark of what is durable.
    pub(crate) fn index(&self) -> PathBuf {
        self.dir.join("index")
    }
    /// The hashes of the tree.
    pub(crate) fn tiles(&self) -> PathBuf {
        self.dir.join("tiles")
    }
    /// Keys, if there are any.
    pub(crate) fn keys(&self) -> PathBuf {
        self.dir.join("keys")
    }
    /// Files that are not in place yet.
    pub(crate) fn tmp(&self) -> PathBuf {
        self.dir.join("tmp")
    }
    /// There while a log is being made from a backup or another log, and is not whole yet.
    pub(crate) fn restoring(&self) -> PathBuf {
        self.dir.join(super::RESTORING)
    }
    /// The lock of the one process that writes.
    pub(crate) fn lock(&self) -> PathBuf {
        self.dir.join("lock")
    }
}

const _: () = assert!((HEADER_BYTES as u64).is_multiple_of(ALIGN), "the first frame is aligned");
