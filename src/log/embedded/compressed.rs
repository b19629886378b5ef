//! A sealed segment, compressed: a container around blocks of the uncompressed file, which shows
//! itself as that very file. Invariant: what is read through it is, byte for byte, what was written
//! before compression, or bytes that no frame takes for its own.

use std::{
    io,
    sync::{Arc, Mutex},
};

use super::{
    frame::{u32_at, u64_at},
    segment::HEADER_BYTES,
};
use crate::seam::{self, File};

/// Bytes of the uncompressed file in one block: a point read unpacks one.
const BLOCK_BYTES: usize = 64 << 10;
/// `offset u64 | length u32 | crc32c u32`.
const ENTRY: usize = 16;
/// Where the header of the segment says how it is compressed: before the header's CRC.
pub(crate) const SEAL: usize = HEADER_BYTES - 4 - 32;
/// Where it says the same of personal parts that stand apart.
pub(crate) const PARTS_SEAL: usize = SEAL - 32;
/// What stands for a block of a segment that cannot be read: no frame starts with it, and no footer
/// ends with it.
pub(crate) const UNREADABLE: u8 = 0xff;

/// What a compressed segment's header says beyond that of an open one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seal {
    /// Where the content of the uncompressed file ends; zeros follow.
    content: u64,
    /// Where the first table of blocks stands, in the compressed file.
    table: u64,
    blocks: u32,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    offset: u64,
    length: usize,
    crc: u32,
}

/// A compressed segment as the file it was made from; it is never written.
pub(crate) struct Compressed {
    file: Arc<dyn File>,
    /// The length of the uncompressed file.
    len: u64,
    content: u64,
    blocks: Vec<Block>,
    /// What stands for each byte of a block that cannot be read; without, reading it is an error.
    unreadable: Option<u8>,
    /// The block that was unpacked last: scans and neighbours ask for it again.
    last: Mutex<Option<(usize, Vec<u8>)>>,
}

impl Seal {
    pub(crate) fn parse(header: &[u8], at: usize) -> Seal {
        Seal {
            content: u64_at(header, at),
            table: u64_at(header, at + 8),
            blocks: u32_at(header, at + 16),
        }
    }

    pub(crate) fn write(&self, header: &mut [u8], at: usize) {
        header[at..at + 8].copy_from_slice(&self.content.to_le_bytes());
        header[at + 8..at + 16].copy_from_slice(&self.table.to_le_bytes());
        header[at + 16..at + 20].copy_from_slice(&self.blocks.to_le_bytes());
    }

    /// The length of the table in bytes, its CRC included.
    fn table_bytes(&self) -> u64 {
        u64::from(self.blocks) * ENTRY as u64 + 4
    }

    /// Where its second table ends in the compressed file.
    pub(crate) fn end(&self) -> u64 {
        self.table.saturating_add(self.table_bytes().saturating_mul(2))
    }
}

/// What is wrong with a container, beyond its blocks: the offset and length of the bytes, and the
/// words.
pub(crate) type Flaw = (u64, u64, &'static str);

impl Compressed {
    /// Opens the file of a header that is good. The table stands twice, so that no single flip
    /// takes all blocks away; what is wrong with either is told. `unreadable` stands for each byte
    /// of a block that cannot be read; the file should have `whole` bytes.
    pub(crate) fn open(
        file: Arc<dyn File>,
        seal: Seal,
        len: u64,
        unreadable: Option<u8>,
        whole: u64,
    ) -> io::Result<(Compressed, Vec<Flaw>)> {
        let (mut flaws, mut blocks) = (Vec::new(), None);
        let bytes = seal.table_bytes();
        let found = file.len()?;
        if found > whole {
            flaws.push((
                whole,
                found - whole,
                "bytes follow the last table of the compressed segment",
            ));
        }
        for offset in [seal.table, seal.table + bytes] {
            let whole = usize::try_from(bytes)
                .ok()
                .filter(|_| offset.checked_add(bytes).is_some_and(|end| end <= found));
            let table = whole.map(|bytes| read_table(&*file, offset, bytes)).transpose()?.flatten();
            match table {
                Some(table) => drop(blocks.get_or_insert(table)),
                None => flaws.push((offset, bytes, "a table of blocks is not what was written")),
            }
        }
        let blocks = blocks.unwrap_or_default();
        let (content, last) = (seal.content, Mutex::new(None));
        Ok((Compressed { file, len, content, blocks, unreadable, last }, flaws))
    }

    /// What is wrong with its blocks: reads all of them.
    pub(crate) fn check(&self) -> io::Result<Vec<Flaw>> {
        let mut flaws = Vec::new();
        for block in &self.blocks {
            let mut packed = vec![0; block.length.min(BLOCK_BYTES)];
            let got = seam::read_up_to(&*self.file, &mut packed, block.offset)?;
            if got != block.length || crc32c::crc32c(&packed) != block.crc {
                flaws.push((block.offset, block.length as u64, "a block is not what was written"));
            }
        }
        Ok(flaws)
    }

    /// The bytes of a block, unpacked; others if they are not what was written.
    fn unpack(&self, number: usize, out: &mut [u8]) -> io::Result<()> {
        let Some(block) = self.blocks.get(number) else { return self.give_up(out) };
        let mut packed = vec![0; block.length.min(BLOCK_BYTES)];
        let got = seam::read_up_to(&*self.file, &mut packed, block.offset)?;
        let whole = got == block.length && crc32c::crc32c(&packed) == block.crc;
        let unpacked = if block.length == out.len() {
            out.copy_from_slice(&packed);
            whole
        } else {
            whole
                && lz4_flex::block::decompress_into(&packed, out)
                    .is_ok_and(|length| length == out.len())
        };
        if unpacked { Ok(()) } else { self.give_up(out) }
    }

    fn give_up(&self, out: &mut [u8]) -> io::Result<()> {
        let Some(unreadable) = self.unreadable else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the personal parts are not what was written",
            ));
        };
        out.fill(unreadable);
        Ok(())
    }

    /// The length of a block, unpacked.
    fn length_of(&self, start: u64) -> usize {
        usize::try_from(self.content.saturating_sub(start)).unwrap_or(BLOCK_BYTES).min(BLOCK_BYTES)
    }
}

fn read_table(file: &dyn File, offset: u64, bytes: usize) -> io::Result<Option<Vec<Block>>> {
    let mut table = vec![0; bytes];
    seam::read_exact(file, &mut table, offset)?;
    let (entries, crc) = table.split_at(bytes - 4);
    if crc32c::crc32c(entries) != u32_at(crc, 0) {
        return Ok(None);
    }
    let block = |entry: &[u8]| Block {
        offset: u64_at(entry, 0),
        length: u32_at(entry, 8) as usize,
        crc: u32_at(entry, 12),
    };
    Ok(Some(entries.chunks_exact(ENTRY).map(block).collect()))
}

impl File for Compressed {
    fn len(&self) -> io::Result<u64> {
        Ok(self.len)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let left =
            usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(bytes.len());
        let bytes = &mut bytes[..left];
        if offset >= self.content {
            bytes.fill(0);
            return Ok(left);
        }
        let header = HEADER_BYTES as u64;
        if offset < header {
            // The header is read from the file itself, before there is a container.
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "a compressed segment shows no header",
            ));
        }
        let number = usize::try_from((offset - header) / BLOCK_BYTES as u64).unwrap_or(usize::MAX);
        let start = header + (number * BLOCK_BYTES) as u64;
        let (length, within) =
            (self.length_of(start), usize::try_from(offset - start).unwrap_or(usize::MAX));
        let count = (length - within).min(bytes.len());
        if count == length {
            self.unpack(number, &mut bytes[..count])?;
            return Ok(count);
        }
        let mut own = None;
        let mut kept = self.last.try_lock().ok();
        let last = kept.as_deref_mut().unwrap_or(&mut own);
        if last.as_ref().is_none_or(|(at, _)| *at != number) {
            let mut block = vec![0; length];
            self.unpack(number, &mut block)?;
            *last = Some((number, block));
        }
        if let Some((_, block)) = last {
            bytes[..count].copy_from_slice(&block[within..within + count]);
        }
        Ok(count)
    }

    fn write_at(&self, _: &[u8], _: u64) -> io::Result<usize> {
        Err(sealed())
    }
    fn allocate(&self, _: u64) -> io::Result<()> {
        Err(sealed())
    }
    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(sealed())
    }
    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }
    fn sync_all(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

fn sealed() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "a compressed segment takes no writes")
}

/// A container on its way to the disk: what is pushed is cut into blocks, each of which is
/// unpacked again and compared before it counts as written.
pub(crate) struct Packer {
    file: Arc<dyn File>,
    /// Where the next block goes.
    at: u64,
    /// Where the bytes that were pushed end in the uncompressed file.
    content: u64,
    table: Vec<u8>,
    plain: Vec<u8>,
    packed: Vec<u8>,
    again: Vec<u8>,
}

impl Packer {
    /// Begins at an offset of a file.
    pub(crate) fn begin(file: Arc<dyn File>, at: u64) -> Packer {
        Packer {
            file,
            at,
            content: HEADER_BYTES as u64,
            table: Vec::new(),
            plain: Vec::with_capacity(BLOCK_BYTES),
            packed: vec![0; lz4_flex::block::get_maximum_output_size(BLOCK_BYTES)],
            again: vec![0; BLOCK_BYTES],
        }
    }

    /// Adds what comes next of the uncompressed file.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.content += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK_BYTES - self.plain.len()));
            self.plain.extend_from_slice(now);
            bytes = later;
            if self.plain.len() == BLOCK_BYTES {
                self.block()?;
            }
        }
        Ok(())
    }

    fn block(&mut self) -> io::Result<()> {
        let length = self.plain.len();
        let packed = lz4_flex::block::compress_into(&self.plain, &mut self.packed)
            .map_err(io::Error::other)?;
        // What does not get smaller is kept as it is, and told by its length.
        let block = if packed < length { &self.packed[..packed] } else { &self.plain };
        if packed < length {
            let unpacked = lz4_flex::block::decompress_into(block, &mut self.again[..length])
                .map_err(io::Error::other)?;
            if self.again[..unpacked] != *self.plain {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a block does not unpack to what was packed",
                ));
            }
        }
        seam::write_all(&*self.file, block, self.at)?;
        self.table.extend_from_slice(&self.at.to_le_bytes());
        self.table.extend_from_slice(&u32::try_from(block.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.table.extend_from_slice(&crc32c::crc32c(block).to_le_bytes());
        self.at += block.len() as u64;
        self.plain.clear();
        Ok(())
    }

    /// Writes the tables.
    pub(crate) fn finish(mut self) -> io::Result<Seal> {
        if !self.plain.is_empty() {
            self.block()?;
        }
        let blocks = u32::try_from(self.table.len() / ENTRY).unwrap_or(u32::MAX);
        let seal = Seal { content: self.content, table: self.at, blocks };
        let crc = crc32c::crc32c(&self.table);
        self.table.extend_from_slice(&crc.to_le_bytes());
        seam::write_all(&*self.file, &self.table, self.at)?;
        seam::write_all(&*self.file, &self.table, self.at + self.table.len() as u64)?;
        Ok(seal)
    }
}
