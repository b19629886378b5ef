//! Where frames start: a sparse table of offsets per segment, kept in a derived file once the segment is sealed. Invariant: every entry is the
//! start of a frame, entries ascend, and any frame lies within `STEP_BYTES` and one frame of an entry.

use std::{io, path::PathBuf};

use super::{
    frame::{u32_at, u64_at},
    segment::Places,
};
use crate::seam::{self, Storage};

/// One entry per this many bytes of log.
const STEP_BYTES: u64 = 16 << 10;
const MAGIC: &[u8; 8] = b"SIJILOFF";
const VERSION: u32 = 1;
const HEADER: usize = 48;
const ENTRY: usize = 24;

/// The start of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameStart {
    pub(crate) first: u64,
    pub(crate) offset: u64,
    /// `recorded_at` of the frame's first record, in microseconds.
    pub(crate) recorded_at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Offsets {
    entries: Vec<FrameStart>,
    /// The last frame noted.
    last: Option<FrameStart>,
}

impl Offsets {
    /// Takes note of a frame; frames come in order.
    pub(crate) fn note(&mut self, start: FrameStart) {
        if self.entries.last().is_none_or(|before| start.offset >= before.offset + STEP_BYTES) {
            self.entries.push(start);
        }
        self.last = Some(start);
    }

    /// The last entry at or before the frame that holds `position`.
    pub(crate) fn before(&self, position: u64) -> Option<FrameStart> {
        if let Some(last) = self.last.filter(|last| last.first <= position) {
            return Some(last);
        }
        let after = self.entries.partition_point(|entry| entry.first <= position);
        after.checked_sub(1).map(|at| self.entries[at])
    }

    /// The last entry whose first record was recorded before `micros`, so that the last record at or before it lies behind.
    pub(crate) fn recorded_before(&self, micros: i64) -> Option<FrameStart> {
        let after = self.entries.partition_point(|entry| entry.recorded_at <= micros);
        after.checked_sub(1).map(|at| self.entries[at])
    }

    /// The first frame of the segment.
    pub(crate) fn first(&self) -> Option<FrameStart> {
        self.entries.first().copied()
    }

    /// The last frame of the segment.
    pub(crate) fn last(&self) -> Option<FrameStart> {
        self.last
    }

    /// Keeps the table of a sealed segment that ends at position `end`.
    pub(crate) fn save(&self, storage: &dyn Storage, places: &Places, base: u64, end: u64) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(HEADER + ENTRY * (self.entries.len() + 1) + 4);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&0_u32.to_le_bytes());
        for number in [base, end, self.entries.len() as u64, 0] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for entry in self.entries.iter().chain(self.last.iter()) {
            bytes.extend_from_slice(&entry.first.to_le_bytes());
            bytes.extend_from_slice(&entry.offset.to_le_bytes());
            bytes.extend_from_slice(&entry.recorded_at.to_le_bytes());
        }
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        seam::replace(storage, &path(places, base), &bytes)
    }

    /// The kept table of the segment from `base` to `end`; `None` if it is missing, damaged or of another segment.
    pub(crate) fn load(storage: &dyn Storage, places: &Places, base: u64, end: u64) -> Option<Offsets> {
        let bytes = seam::read_whole(storage, &path(places, base)).ok()?;
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        if body.len() < HEADER || u32::from_le_bytes(*crc) != crc32c::crc32c(body) || &body[..8] != MAGIC || u32_at(body, 8) != VERSION {
            return None;
        }
        if (u64_at(body, 16), u64_at(body, 24)) != (base, end) {
            return None;
        }
        let count = usize::try_from(u64_at(body, 32)).ok()?;
        let mut entries: Vec<FrameStart> = body[HEADER..].chunks_exact(ENTRY).map(FrameStart::parse).collect();
        if entries.len() != count + 1 {
            return None;
        }
        let last = entries.pop();
        Some(Offsets { entries, last })
    }
}

impl FrameStart {
    fn parse(bytes: &[u8]) -> FrameStart {
        FrameStart { first: u64_at(bytes, 0), offset: u64_at(bytes, 8), recorded_at: u64_at(bytes, 16).cast_signed() }
    }
}

fn path(places: &Places, base: u64) -> PathBuf {
    places.index().join(format!("{:020}.offsets", base + 1))
}
