//! The segment: one file of the log, a header and then frames. Invariant: a segment can be verified
//! alone; its header says what came before.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use super::{
    compressed::{self, Compressed, Flaw, Seal},
    frame::{ALIGN, hash_at, u32_at, u64_at},
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
/// The format of a sealed segment that was compressed, and the newest there is.
pub(crate) const FORMAT: u32 = 2;
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
    offsets: RwLock<Offsets>,
}

impl Header {
    /// The position before the first record of the segment.
    pub(crate) fn base(&self) -> u64 {
        self.before.size()
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
        let seal = (u32_at(bytes, 8) == FORMAT).then(|| Seal::parse(bytes));
        Ok(Header { before, previous: hash_at(bytes, 32), file_bytes: u64_at(bytes, 24), seal })
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_BYTES];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12]
            .copy_from_slice(&if self.seal.is_some() { FORMAT } else { OPEN }.to_le_bytes());
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
            seal.write(&mut bytes);
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
        Segment { name, header, file, offsets: RwLock::new(offsets) }
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
        let (file, flaws) = Compressed::open(file, seal, header.file_bytes)?;
        Ok(Ok((Segment::new(name.to_owned(), header, Arc::new(file), Offsets::default()), flaws)))
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

    /// The same segment compressed, in its place: written aside, made durable, and then put over
    /// the one that was there, whose readers go on with it. `content` is where its last frame ends.
    pub(crate) fn compress(
        &self,
        storage: &dyn Storage,
        places: &Places,
        content: u64,
    ) -> io::Result<Segment> {
        let (aside, path) = (places.tmp().join(&self.name), places.log().join(&self.name));
        let sealed = |seal| Header { seal: Some(seal), ..self.header.clone() };
        let written =
            compressed::write(storage, &aside, &*self.file, content, |seal| sealed(seal).bytes());
        let placed = written.and_then(|seal| {
            let (file, flaws) = Compressed::open(
                storage.open(&aside, Access::Read)?,
                seal,
                self.header.file_bytes,
            )?;
            if !flaws.is_empty() {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the compressed segment is not what was written",
                ));
            }
            storage.rename(&aside, &path)?;
            Ok((seal, file))
        });
        if placed.is_err() {
            // Gives the space back; what is left would be removed at the next opening anyhow.
            let _ = storage.remove(&aside);
        }
        let (seal, file) = placed?;
        storage.sync_dir(&places.log())?;
        Ok(Segment::new(
            self.name.clone(),
            sealed(seal),
            Arc::new(file),
            self.offsets(Clone::clone),
        ))
    }

    /// How many bytes the file has on the disk.
    pub(crate) fn disk_bytes(&self) -> u64 {
        self.header.seal.map_or(self.header.file_bytes, |seal| seal.file_bytes())
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
