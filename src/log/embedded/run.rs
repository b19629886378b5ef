//! A run: one sorted file of an index. Derived. Invariant: pairs ascend by hash, then position;
//! every block carries its own checksum; a file that has its name is whole.

use std::{io, path::Path, sync::Arc};

use super::frame::{hash_at, u32_at, u64_at};
use crate::{
    seam::{self, Access, File, Storage},
    tree::Hash,
};

const MAGIC: &[u8; 8] = b"SIJILRUN";
const VERSION: u32 = 1;
const HEADER: usize = 128;
const BLOCK: usize = 4096;
const PER_BLOCK: usize = 255;
/// Blocks written, or read in a merge, at a time.
const AT_ONCE: usize = 64;
/// A line of the filter: one cache line.
const LINE: usize = 64;
const BITS_PER_KEY: u64 = 12;
const PROBES: u32 = 6;

/// What an index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One pair per record, asked for ids that mostly are not there: it has a filter.
    Ids,
    /// A pair per touched entity.
    Entities,
}

/// What a run covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cover {
    pub(crate) kind: Kind,
    /// Covers the positions after this one …
    pub(crate) from: u64,
    /// … up to this one.
    pub(crate) to: u64,
    /// The root of the log at `to`.
    pub(crate) root: Hash,
    /// How many pairs there are.
    pub(crate) pairs: u64,
}

/// An open run.
pub(crate) struct Run {
    pub(crate) cover: Cover,
    pub(crate) name: String,
    file: Arc<dyn File>,
    /// The first hash of each block.
    fence: Vec<u64>,
    filter: Vec<u8>,
}

impl Kind {
    const fn code(self) -> u32 {
        match self {
            Kind::Ids => 1,
            Kind::Entities => 2,
        }
    }
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Kind::Ids => "ids",
            Kind::Entities => "entities",
        }
    }
}

impl Cover {
    fn name(&self) -> String {
        format!("{}-{:020}-{:020}.run", self.kind.name(), self.from, self.to)
    }

    fn blocks(&self) -> usize {
        usize::try_from(self.pairs).unwrap_or(usize::MAX).div_ceil(PER_BLOCK)
    }

    fn filter_bytes(&self) -> usize {
        match self.kind {
            Kind::Ids => {
                usize::try_from((self.pairs * BITS_PER_KEY).div_ceil(8 * LINE as u64))
                    .unwrap_or(0)
                    .max(1)
                    * LINE
            }
            Kind::Entities => 0,
        }
    }

    fn header(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.kind.code().to_le_bytes());
        bytes[16..24].copy_from_slice(&self.from.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.to.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.pairs.to_le_bytes());
        bytes[40..72].copy_from_slice(&self.root);
        let crc = crc32c::crc32c(&bytes[..HEADER - 4]);
        bytes[HEADER - 4..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    fn parse(bytes: &[u8], kind: Kind) -> Option<Cover> {
        let good = &bytes[..8] == MAGIC
            && u32_at(bytes, HEADER - 4) == crc32c::crc32c(&bytes[..HEADER - 4])
            && u32_at(bytes, 8) == VERSION
            && u32_at(bytes, 12) == kind.code();
        good.then(|| Cover {
            kind,
            from: u64_at(bytes, 16),
            to: u64_at(bytes, 24),
            pairs: u64_at(bytes, 32),
            root: hash_at(bytes, 40),
        })
    }
}

/// `from` and `to` of the file of this name, if it is a run of this kind.
pub(crate) fn named(kind: Kind, name: &str) -> Option<(u64, u64)> {
    let (from, to) =
        name.strip_prefix(kind.name())?.strip_prefix('-')?.strip_suffix(".run")?.split_once('-')?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

/// Writes a run and puts it in place; `pairs` must be sorted and as many as `cover` says.
pub(crate) fn write(
    storage: &dyn Storage,
    dir: &Path,
    cover: Cover,
    mut pairs: impl Iterator<Item = io::Result<(u64, u64)>>,
) -> io::Result<Run> {
    let path = dir.join(cover.name());
    let aside = path.with_extension("tmp");
    let file = storage.open(&aside, Access::Create)?;
    seam::write_all(&*file, &cover.header(), 0)?;
    let mut fence = Vec::with_capacity(cover.blocks());
    let mut filter = vec![0; cover.filter_bytes()];
    let mut buffer = Vec::with_capacity(BLOCK * AT_ONCE);
    let mut offset = HEADER as u64;
    let mut block = Vec::with_capacity(PER_BLOCK);
    loop {
        block.clear();
        for pair in pairs.by_ref().take(PER_BLOCK) {
            block.push(pair?);
        }
        let Some((first, _)) = block.first() else { break };
        fence.push(*first);
        for (hash, _) in &block {
            set(&mut filter, *hash);
        }
        push_block(&mut buffer, &block);
        if buffer.len() >= BLOCK * AT_ONCE {
            seam::write_all(&*file, &buffer, offset)?;
            offset += buffer.len() as u64;
            buffer.clear();
        }
    }
    let tail = buffer.len();
    fence.iter().for_each(|hash| buffer.extend_from_slice(&hash.to_le_bytes()));
    buffer.extend_from_slice(&filter);
    let crc = crc32c::crc32c(&buffer[tail..]);
    buffer.extend_from_slice(&crc.to_le_bytes());
    seam::write_all(&*file, &buffer, offset)?;
    file.sync_all()?;
    storage.rename(&aside, &path)?;
    storage.sync_dir(dir)?;
    Ok(Run { cover, name: cover.name(), file, fence, filter })
}

fn push_block(buffer: &mut Vec<u8>, pairs: &[(u64, u64)]) {
    let start = buffer.len();
    for (hash, position) in pairs {
        buffer.extend_from_slice(&hash.to_le_bytes());
        buffer.extend_from_slice(&position.to_le_bytes());
    }
    buffer.resize(start + BLOCK - 8, 0);
    buffer.extend_from_slice(&(pairs.len() as u32).to_le_bytes());
    let crc = crc32c::crc32c(&buffer[start..]);
    buffer.extend_from_slice(&crc.to_le_bytes());
}

fn probes(filter: usize, hash: u64) -> (usize, impl Iterator<Item = u32>) {
    let lines = (filter / LINE) as u64;
    let line = ((hash >> 32) * lines) >> 32;
    let bits = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (
        usize::try_from(line).unwrap_or(0) * LINE,
        (0..PROBES).map(move |probe| ((bits >> (9 * probe)) & 511) as u32),
    )
}

fn set(filter: &mut [u8], hash: u64) {
    if filter.is_empty() {
        return;
    }
    let (line, bits) = probes(filter.len(), hash);
    for bit in bits {
        filter[line + (bit / 8) as usize] |= 1 << (bit % 8);
    }
}

impl Run {
    /// Opens a run and reads its fence and filter; `None` if it is damaged or something else.
    pub(crate) fn open(storage: &dyn Storage, dir: &Path, kind: Kind, name: &str) -> Option<Run> {
        let file = storage.open(&dir.join(name), Access::Read).ok()?;
        let mut header = [0; HEADER];
        seam::read_exact(&*file, &mut header, 0).ok()?;
        let cover = Cover::parse(&header, kind)?;
        let blocks = cover.blocks();
        let mut rest =
            vec![0; blocks.checked_mul(8)?.checked_add(cover.filter_bytes())?.checked_add(4)?];
        let start = (HEADER + blocks * BLOCK) as u64;
        if cover.name() != name || file.len().ok()? != start + rest.len() as u64 {
            return None;
        }
        seam::read_exact(&*file, &mut rest, start).ok()?;
        let crc = rest.split_off(rest.len() - 4);
        if u32_at(&crc, 0) != crc32c::crc32c(&rest) {
            return None;
        }
        let filter = rest.split_off(blocks * 8);
        let fence = rest.chunks_exact(8).map(|hash| u64_at(hash, 0)).collect();
        Some(Run { cover, name: name.to_owned(), file, fence, filter })
    }

    /// All positions under a hash, oldest first.
    pub(crate) fn positions(&self, hash: u64) -> io::Result<Vec<u64>> {
        let mut found = Vec::new();
        if !self.may_hold(hash) {
            return Ok(found);
        }
        let mut block = self.fence.partition_point(|first| *first < hash).saturating_sub(1);
        let mut bytes = [0; BLOCK];
        while self.fence.get(block).is_some_and(|first| *first <= hash) {
            seam::read_exact(&*self.file, &mut bytes, (HEADER + block * BLOCK) as u64)?;
            let pairs = pairs_of(&bytes).ok_or_else(|| self.damaged(block))?;
            let from = partition(pairs, hash);
            found.extend(
                pairs[from..]
                    .as_chunks::<16>()
                    .0
                    .iter()
                    .take_while(|p| u64_at(*p, 0) == hash)
                    .map(|p| u64_at(p, 8)),
            );
            block += 1;
        }
        Ok(found)
    }

    fn may_hold(&self, hash: u64) -> bool {
        if self.filter.is_empty() {
            return true;
        }
        let (line, mut bits) = probes(self.filter.len(), hash);
        bits.all(|bit| self.filter[line + (bit / 8) as usize] & (1 << (bit % 8)) != 0)
    }

    fn damaged(&self, block: usize) -> io::Error {
        let text = format!(
            "index/{}: block {block} at byte {} is damaged; stop Sijil, remove the file and start \
             again: it is rebuilt",
            self.name,
            HEADER + block * BLOCK
        );
        io::Error::new(io::ErrorKind::InvalidData, text)
    }

    /// All pairs in order.
    pub(crate) fn pairs(&self) -> Pairs<'_> {
        Pairs { run: self, block: 0, bytes: Vec::new(), at: 0, end: 0 }
    }
}

fn pairs_of(block: &[u8]) -> Option<&[u8]> {
    let count = u32_at(block, BLOCK - 8) as usize;
    (u32_at(block, BLOCK - 4) == crc32c::crc32c(&block[..BLOCK - 4]) && count <= PER_BLOCK)
        .then(|| &block[..count * 16])
}

/// The byte at which the pairs of `hash` start.
fn partition(pairs: &[u8], hash: u64) -> usize {
    pairs.as_chunks::<16>().0.partition_point(|pair| u64_at(pair, 0) < hash) * 16
}

/// Reads a run from front to back.
pub(crate) struct Pairs<'a> {
    run: &'a Run,
    block: usize,
    bytes: Vec<u8>,
    at: usize,
    end: usize,
}

impl Pairs<'_> {
    fn fill(&mut self) -> io::Result<bool> {
        let count = (self.run.fence.len() - self.block).min(AT_ONCE);
        let mut bytes = vec![0; count * BLOCK];
        seam::read_exact(&*self.run.file, &mut bytes, (HEADER + self.block * BLOCK) as u64)?;
        self.bytes.clear();
        for (number, block) in bytes.chunks_exact(BLOCK).enumerate() {
            self.bytes.extend_from_slice(
                pairs_of(block).ok_or_else(|| self.run.damaged(self.block + number))?,
            );
        }
        self.block += count;
        (self.at, self.end) = (0, self.bytes.len());
        Ok(self.end > 0)
    }
}

impl Iterator for Pairs<'_> {
    type Item = io::Result<(u64, u64)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at == self.end {
            match self.fill() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.block = self.run.fence.len();
                    return Some(Err(error));
                }
            }
        }
        let pair = (u64_at(&self.bytes, self.at), u64_at(&self.bytes, self.at + 8));
        self.at += 16;
        Some(Ok(pair))
    }
}

/// Merges sorted pairs of several runs.
pub(crate) struct Merge<'a> {
    runs: Vec<std::iter::Peekable<Pairs<'a>>>,
}

impl<'a> Merge<'a> {
    pub(crate) fn new(runs: impl Iterator<Item = &'a Run>) -> Merge<'a> {
        Merge { runs: runs.map(|run| run.pairs().peekable()).collect() }
    }
}

impl Iterator for Merge<'_> {
    type Item = io::Result<(u64, u64)>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut least: Option<(usize, (u64, u64))> = None;
        for (at, run) in self.runs.iter_mut().enumerate() {
            match run.peek() {
                Some(Ok(pair)) if least.is_none_or(|(_, smallest)| *pair < smallest) => {
                    least = Some((at, *pair));
                }
                Some(Err(_)) => return run.next(),
                Some(Ok(_)) | None => {}
            }
        }
        self.runs[least?.0].next()
    }
}
