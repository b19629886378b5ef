//! A sealed segment, compressed: a container around blocks of the uncompressed file, which shows
//! itself as that very file. Invariant: what is read through it is, byte for byte, what was written
//! before compression, or bytes that no frame takes for its own.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use super::{
    frame::{u32_at, u64_at},
    segment::HEADER_BYTES,
};
use crate::seam::{self, Access, File, Storage};

/// Bytes of the uncompressed file in one block: a point read unpacks one.
const BLOCK_BYTES: usize = 64 << 10;
/// `offset u64 | length u32 | crc32c u32`.
const ENTRY: usize = 16;
/// Where the header of the segment says how it is compressed, in bytes before the header's CRC.
pub(crate) const SEAL: usize = HEADER_BYTES - 4 - 32;
/// What stands for a block that cannot be read: no frame starts with it, and no footer ends with
/// it.
const UNREADABLE: u8 = 0xff;

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
    /// The block that was unpacked last: scans and neighbours ask for it again.
    last: Mutex<Option<(usize, Vec<u8>)>>,
}

impl Seal {
    pub(crate) fn parse(header: &[u8]) -> Seal {
        Seal {
            content: u64_at(header, SEAL),
            table: u64_at(header, SEAL + 8),
            blocks: u32_at(header, SEAL + 16),
        }
    }

    pub(crate) fn write(&self, header: &mut [u8]) {
        header[SEAL..SEAL + 8].copy_from_slice(&self.content.to_le_bytes());
        header[SEAL + 8..SEAL + 16].copy_from_slice(&self.table.to_le_bytes());
        header[SEAL + 16..SEAL + 20].copy_from_slice(&self.blocks.to_le_bytes());
    }

    /// The length of the table in bytes, its CRC included.
    fn table_bytes(&self) -> u64 {
        u64::from(self.blocks) * ENTRY as u64 + 4
    }

    /// The length of the compressed file.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.table + 2 * self.table_bytes()
    }
}

/// What is wrong with a container, beyond its blocks: the offset and length of the bytes, and the
/// words.
pub(crate) type Flaw = (u64, u64, &'static str);

impl Compressed {
    /// Opens the file of a header that is good. The table stands twice, so that no single flip
    /// takes all blocks away; what is wrong with either is told.
    pub(crate) fn open(
        file: Arc<dyn File>,
        seal: Seal,
        len: u64,
    ) -> io::Result<(Compressed, Vec<Flaw>)> {
        let (mut flaws, mut blocks) = (Vec::new(), None);
        let bytes = seal.table_bytes();
        let found = file.len()?;
        if found > seal.file_bytes() {
            flaws.push((
                seal.file_bytes(),
                found - seal.file_bytes(),
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
        Ok((Compressed { file, len, content: seal.content, blocks, last: Mutex::new(None) }, flaws))
    }

    /// The bytes of a block, unpacked; [`UNREADABLE`] ones if they are not what was written.
    fn unpack(&self, number: usize, out: &mut [u8]) -> io::Result<()> {
        let Some(block) = self.blocks.get(number) else {
            out.fill(UNREADABLE);
            return Ok(());
        };
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
        if !unpacked {
            out.fill(UNREADABLE);
        }
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

/// Writes `source`, whose content ends at `content`, compressed to a new file at `path`, and makes
/// it durable. `header` is the segment's, without what the container adds; `finish` makes it whole.
/// Every block is unpacked again and compared before it counts as written.
pub(crate) fn write(
    storage: &dyn Storage,
    path: &Path,
    source: &dyn File,
    content: u64,
    finish: impl FnOnce(Seal) -> Vec<u8>,
) -> io::Result<Seal> {
    let file = storage.open(path, Access::Create)?;
    let (mut at, mut from, mut table) = (HEADER_BYTES as u64, HEADER_BYTES as u64, Vec::new());
    let (mut plain, mut packed, mut again) = (
        vec![0; BLOCK_BYTES],
        vec![0; lz4_flex::block::get_maximum_output_size(BLOCK_BYTES)],
        vec![0; BLOCK_BYTES],
    );
    while from < content {
        let length = usize::try_from(content - from).unwrap_or(BLOCK_BYTES).min(BLOCK_BYTES);
        let plain = &mut plain[..length];
        seam::read_exact(source, plain, from)?;
        let packed_length =
            lz4_flex::block::compress_into(plain, &mut packed).map_err(io::Error::other)?;
        // What does not get smaller is kept as it is, and told by its length.
        let block = if packed_length < length { &packed[..packed_length] } else { &*plain };
        if packed_length < length {
            let unpacked = lz4_flex::block::decompress_into(block, &mut again[..length])
                .map_err(io::Error::other)?;
            if again[..unpacked] != *plain {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a block does not unpack to what was packed",
                ));
            }
        }
        seam::write_all(&*file, block, at)?;
        table.extend_from_slice(&at.to_le_bytes());
        table.extend_from_slice(&u32::try_from(block.len()).unwrap_or(u32::MAX).to_le_bytes());
        table.extend_from_slice(&crc32c::crc32c(block).to_le_bytes());
        at += block.len() as u64;
        from += length as u64;
    }
    let seal =
        Seal { content, table: at, blocks: u32::try_from(table.len() / ENTRY).unwrap_or(u32::MAX) };
    let crc = crc32c::crc32c(&table);
    table.extend_from_slice(&crc.to_le_bytes());
    seam::write_all(&*file, &table, at)?;
    seam::write_all(&*file, &table, at + table.len() as u64)?;
    seam::write_all(&*file, &finish(seal), 0)?;
    file.sync_all()?;
    Ok(seal)
}
