//! Where records start: a sparse table per segment, kept in a derived file once the segment is
//! sealed. Invariant: entries ascend, and any record lies within `STEP_BYTES` and one record of an
//! entry.

use std::{io, path::PathBuf};

use super::{
    frame::{HEAD_BYTES, LENGTHS, u32_at, u64_at},
    segment::Places,
};
use crate::seam::{self, Storage};

/// One entry per this many bytes of log.
const STEP_BYTES: u64 = 16 << 10;
const MAGIC: &[u8; 8] = b"SIJILOFF";
const VERSION: u32 = 1;
const HEADER: usize = 48;
const ENTRY: usize = 32;

/// The start of one record, in its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) position: u64,
    /// Where the frame starts.
    pub(crate) frame: u64,
    /// Where the record starts: at its lengths.
    pub(crate) record: u64,
    /// The record's `recorded_at`, in microseconds.
    pub(crate) recorded_at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Offsets {
    entries: Vec<Start>,
    /// The start of the last frame noted.
    last: Option<Start>,
}

impl Offsets {
    /// Takes note of a frame at `offset` from position `first` on, by the length and `recorded_at`
    /// of each record; frames come in order.
    pub(crate) fn note(
        &mut self,
        first: u64,
        offset: u64,
        records: impl Iterator<Item = (usize, i64)>,
    ) {
        let mut record = offset + HEAD_BYTES as u64;
        for (position, (bytes, recorded_at)) in (first..).zip(records) {
            let start = Start { position, frame: offset, record, recorded_at };
            if position == first {
                self.last = Some(start);
            }
            if self.entries.last().is_none_or(|before| record >= before.record + STEP_BYTES) {
                self.entries.push(start);
            }
            record += (LENGTHS + bytes) as u64;
        }
    }

    /// The last known start at or before `position`.
    pub(crate) fn before(&self, position: u64) -> Option<Start> {
        let after = self.entries.partition_point(|entry| entry.position <= position);
        let entry = after.checked_sub(1).map(|at| self.entries[at]);
        self.last
            .filter(|last| {
                last.position <= position
                    && entry.is_none_or(|entry| entry.position < last.position)
            })
            .or(entry)
    }

    /// The last entry whose first record was recorded before `micros`, so that the last record at
    /// or before it lies behind.
    pub(crate) fn recorded_before(&self, micros: i64) -> Option<Start> {
        let after = self.entries.partition_point(|entry| entry.recorded_at <= micros);
        after.checked_sub(1).map(|at| self.entries[at])
    }

    /// The first record of the segment.
    pub(crate) fn first(&self) -> Option<Start> {
        self.entries.first().copied()
    }

    /// The start of the last frame of the segment.
    pub(crate) fn last(&self) -> Option<Start> {
        self.last
    }

    /// Keeps the table of a sealed segment that ends at position `end`.
    pub(crate) fn save(
        &self,
        storage: &dyn Storage,
        places: &Places,
        base: u64,
        end: u64,
    ) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(HEADER + ENTRY * (self.entries.len() + 1) + 4);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&0_u32.to_le_bytes());
        for number in [base, end, self.entries.len() as u64, 0] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for entry in self.entries.iter().chain(self.last.iter()) {
            for number in [entry.position, entry.frame, entry.record] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            bytes.extend_from_slice(&entry.recorded_at.to_le_bytes());
        }
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        seam::replace(storage, &path(places, base), &bytes)
    }

    /// The kept table of the segment from `base` to `end`; `None` if it is missing, damaged or of
    /// another segment.
    pub(crate) fn load(
        storage: &dyn Storage,
        places: &Places,
        base: u64,
        end: u64,
    ) -> Option<Offsets> {
        let bytes = seam::read_whole(storage, &path(places, base)).ok()?;
        let (body, crc) = bytes.split_last_chunk::<4>()?;
        if body.len() < HEADER
            || u32::from_le_bytes(*crc) != crc32c::crc32c(body)
            || &body[..8] != MAGIC
            || u32_at(body, 8) != VERSION
        {
            return None;
        }
        if (u64_at(body, 16), u64_at(body, 24)) != (base, end) {
            return None;
        }
        let count = usize::try_from(u64_at(body, 32)).ok()?;
        let mut entries: Vec<Start> =
            body[HEADER..].chunks_exact(ENTRY).map(Start::parse).collect();
        if entries.len() != count + 1 {
            return None;
        }
        let last = entries.pop();
        Some(Offsets { entries, last })
    }
}

impl Start {
    fn parse(bytes: &[u8]) -> Start {
        Start {
            position: u64_at(bytes, 0),
            frame: u64_at(bytes, 8),
            record: u64_at(bytes, 16),
            recorded_at: u64_at(bytes, 24).cast_signed(),
        }
    }
}

fn path(places: &Places, base: u64) -> PathBuf {
    places.index().join(format!("{:020}.offsets", base + 1))
}
