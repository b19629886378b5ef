//! The frame: one batch as it stands in a segment. Invariant: a frame whose checks pass is what was
//! written, and a frame can be told from the torn start of one.

use sha2::{Digest, Sha256};
use sijil_schemas::record::StoredRecord;
use uuid::Uuid;

use crate::tree::Hash;

/// Frames start at multiples of this, so that a frame's head lies in one sector and is written
/// whole or not at all.
pub(crate) const ALIGN: u64 = 32;
/// `len u32 | crc32c u32 | first u64 | count u32 | check u32`.
pub(crate) const HEAD_BYTES: usize = 24;
/// `len` counts from here.
const BATCH_STARTS: usize = 8;
/// `first u64 | count u32 | zero u32 | size u64 | root [32] | previous [32] | end mark [8]`.
pub(crate) const FOOTER_BYTES: usize = 96;
/// Ends every footer; its last byte is not zero, so a frame cut short by a byte is seen to be.
const END_MARK: &[u8; 8] = b"SIJILEND";
/// `public len u16 | personal len u16`.
pub(crate) const LENGTHS: usize = 4;
/// The longest batch, in bytes.
pub(crate) const BATCH_BYTES_MAX: u64 = 32 << 20;

/// The head of a frame, its own check passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) len: u32,
    pub(crate) crc: u32,
    pub(crate) first: u64,
    pub(crate) count: u32,
}

/// What stands where a frame's head is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadBytes {
    /// A head whose check passes.
    Good(Head),
    /// Zeros: nothing was written here.
    Zero,
    /// Something else.
    Bad,
}

/// The footer of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Footer {
    pub(crate) first: u64,
    pub(crate) count: u32,
    pub(crate) size: u64,
    pub(crate) root: Hash,
    pub(crate) previous: Hash,
}

/// A frame whose checksum passes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) head: Head,
    pub(crate) footer: Footer,
    pub(crate) footer_hash: Hash,
    records: &'a [u8],
}

/// One record as it stands in a frame.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordBytes<'a> {
    pub(crate) public: &'a [u8],
    pub(crate) personal: &'a [u8],
}

impl Head {
    /// The offset after the frame's last byte, for a frame that starts at `offset`.
    pub(crate) fn end(&self, offset: u64) -> u64 {
        offset + BATCH_STARTS as u64 + u64::from(self.len)
    }
    /// Where the next frame starts.
    pub(crate) fn next(&self, offset: u64) -> u64 {
        self.end(offset).next_multiple_of(ALIGN)
    }
    /// The length of the whole frame in bytes.
    pub(crate) fn bytes(&self) -> usize {
        BATCH_STARTS + self.len as usize
    }
    /// The last position of the batch.
    pub(crate) fn last(&self) -> u64 {
        self.first + u64::from(self.count) - 1
    }

    /// What the first bytes of a frame say; fewer than a head's bytes are bad unless they are zero.
    pub(crate) fn parse(bytes: &[u8]) -> HeadBytes {
        let Some(bytes) = bytes.first_chunk::<HEAD_BYTES>() else {
            return if is_zero(bytes) { HeadBytes::Zero } else { HeadBytes::Bad };
        };
        if is_zero(bytes) {
            return HeadBytes::Zero;
        }
        let head = Head {
            len: u32_at(bytes, 0),
            crc: u32_at(bytes, 4),
            first: u64_at(bytes, 8),
            count: u32_at(bytes, 16),
        };
        let least = (HEAD_BYTES - BATCH_STARTS + FOOTER_BYTES) as u64
            + u64::from(head.count) * LENGTHS as u64;
        let plausible = head.count > 0
            && head.first > 0
            && (least..=BATCH_BYTES_MAX).contains(&u64::from(head.len));
        if plausible
            && head.first.checked_add(u64::from(head.count)).is_some()
            && u32_at(bytes, 20) == head.check()
        {
            return HeadBytes::Good(head);
        }
        HeadBytes::Bad
    }

    fn check(&self) -> u32 {
        let check = crc32c::crc32c(&self.len.to_le_bytes());
        let check = crc32c::crc32c_append(check, &self.first.to_le_bytes());
        crc32c::crc32c_append(check, &self.count.to_le_bytes())
    }
}

impl<'a> Frame<'a> {
    /// The frame that `bytes` are, from its head to its end mark; or what is wrong with it.
    pub(crate) fn parse(head: Head, bytes: &'a [u8]) -> Result<Frame<'a>, &'static str> {
        if bytes.len() != head.bytes() {
            return Err("the file ends inside the batch");
        }
        if crc32c::crc32c(&bytes[BATCH_STARTS..]) != head.crc {
            return Err("the checksum of the batch is not that of its bytes");
        }
        let (rest, footer) = bytes.split_at(bytes.len() - FOOTER_BYTES);
        let frame = Frame {
            head,
            footer: Footer::parse(footer)?,
            footer_hash: Sha256::digest(footer).into(),
            records: &rest[HEAD_BYTES..],
        };
        if (frame.footer.first, frame.footer.count) != (head.first, head.count) {
            return Err("the footer of the batch names other positions than its head");
        }
        if frame.footer.size != head.last() {
            return Err("the tree size in the footer is not the last position");
        }
        Ok(frame)
    }

    /// The records in order; an error if they do not fill the batch exactly.
    pub(crate) fn records(&self) -> Records<'a> {
        Records { left: self.head.count, rest: self.records }
    }

    /// The bytes of all records, which begin so many bytes behind the frame's start.
    pub(crate) fn record_bytes(&self) -> (usize, &'a [u8]) {
        (HEAD_BYTES, self.records)
    }

    /// The same frame with personal bytes where it had none: its records, of the same lengths.
    pub(crate) fn with_records<'b>(&self, records: &'b [u8]) -> Frame<'b> {
        debug_assert_eq!(records.len(), self.records.len(), "nothing changes its place");
        let Frame { head, footer, footer_hash, .. } = *self;
        Frame { head, footer, footer_hash, records }
    }

    /// The length of the frame, padding included.
    pub(crate) fn padded_bytes(&self) -> usize {
        self.head.bytes().next_multiple_of(ALIGN as usize)
    }

    /// The frame as it stands where personal bytes stand apart: zeros in their place, padded.
    pub(crate) fn public_image(&self) -> Vec<u8> {
        let mut builder = Builder::default();
        builder.start(self.head.first);
        let mut records = self.records.to_vec();
        each_personal(self.records, |range| records[range].fill(0));
        builder.bytes.extend_from_slice(&records);
        builder.count = self.head.count;
        builder.finish(self.footer.root, self.footer.previous);
        builder.bytes
    }
}

/// Shows where the personal bytes of each record stand, that has any, in the bytes of records.
pub(crate) fn each_personal(records: &[u8], mut see: impl FnMut(std::ops::Range<usize>)) {
    let (mut at, length) = (0, |at: usize| {
        records.get(at..at + 2).map_or(0, |b| usize::from(u16::from_le_bytes([b[0], b[1]])))
    });
    while at + LENGTHS <= records.len() {
        let start = at + LENGTHS + length(at);
        let end = start + length(at + 2);
        if end > start && end <= records.len() {
            see(start..end);
        }
        at = end;
    }
}

/// The parts of a record without the zeros behind them: where parts were taken out, what is left
/// is shorter than its place.
fn used(personal: &[u8]) -> &[u8] {
    let whole = || {
        let (count, mut rest) = personal.split_first()?;
        for _ in 0..*count {
            let (length, tail) = rest.split_first_chunk::<4>()?;
            rest = tail.get(u32::from_le_bytes(*length) as usize..)?;
        }
        let used = if *count == 0 { 0 } else { personal.len() - rest.len() };
        is_zero(rest).then(|| &personal[..used])
    };
    whole().unwrap_or(personal)
}

impl Footer {
    fn parse(bytes: &[u8]) -> Result<Footer, &'static str> {
        if &bytes[88..] != END_MARK || u32_at(bytes, 12) != 0 {
            return Err("the batch does not end with a footer");
        }
        Ok(Footer {
            first: u64_at(bytes, 0),
            count: u32_at(bytes, 8),
            size: u64_at(bytes, 16),
            root: hash_at(bytes, 24),
            previous: hash_at(bytes, 56),
        })
    }

    fn bytes(&self) -> [u8; FOOTER_BYTES] {
        let mut bytes = [0; FOOTER_BYTES];
        bytes[..8].copy_from_slice(&self.first.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.count.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.size.to_le_bytes());
        bytes[24..56].copy_from_slice(&self.root);
        bytes[56..88].copy_from_slice(&self.previous);
        bytes[88..].copy_from_slice(END_MARK);
        bytes
    }
}

/// The records of a frame.
#[derive(Debug, Clone)]
pub(crate) struct Records<'a> {
    left: u32,
    rest: &'a [u8],
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<RecordBytes<'a>, &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        const MISFIT: &str = "the lengths of the records do not add up to the batch";
        if self.left == 0 {
            return (!std::mem::take(&mut self.rest).is_empty()).then_some(Err(MISFIT));
        }
        self.left -= 1;
        let Some((lengths, rest)) = self.rest.split_first_chunk::<LENGTHS>() else {
            (self.left, self.rest) = (0, &[]);
            return Some(Err(MISFIT));
        };
        let public = usize::from(u16::from_le_bytes([lengths[0], lengths[1]]));
        let personal = usize::from(u16::from_le_bytes([lengths[2], lengths[3]]));
        if rest.len() < public + personal {
            (self.left, self.rest) = (0, &[]);
            return Some(Err(MISFIT));
        }
        let (public, rest) = rest.split_at(public);
        let (personal, rest) = rest.split_at(personal);
        self.rest = rest;
        Some(Ok(RecordBytes { public, personal }))
    }
}

impl RecordBytes<'_> {
    pub(crate) fn stored(&self) -> StoredRecord {
        StoredRecord { public: self.public.into(), personal: used(self.personal).into() }
    }
    /// How many bytes it takes.
    pub(crate) fn len(&self) -> usize {
        self.public.len() + self.personal.len()
    }
    /// The position in the record's own header; zero if it is too short to say.
    pub(crate) fn position(&self) -> u64 {
        self.public.get(1..9).map_or(0, |bytes| u64_at(bytes, 0))
    }
    /// `recorded_at` in the record's own header, in microseconds.
    pub(crate) fn recorded_at(&self) -> i64 {
        self.public.get(17..25).map_or(0, |bytes| u64_at(bytes, 0).cast_signed())
    }
    /// The event's id in the record's own header.
    pub(crate) fn event_id(&self) -> Uuid {
        self.public
            .get(28..44)
            .map_or(Uuid::nil(), |bytes| Uuid::from_slice(bytes).unwrap_or_default())
    }
}

/// Writes one frame after another into one buffer that is kept.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    bytes: Vec<u8>,
    first: u64,
    count: u32,
}

impl Builder {
    /// The size the frame of these records will have, padding included.
    pub(crate) fn frame_bytes<'r>(records: impl Iterator<Item = &'r StoredRecord>) -> u64 {
        let parts: u64 = records
            .map(|record| (LENGTHS + record.public.len() + record.personal.len()) as u64)
            .sum();
        ((HEAD_BYTES + FOOTER_BYTES) as u64 + parts).next_multiple_of(ALIGN)
    }

    pub(crate) fn start(&mut self, first: u64) {
        self.bytes.clear();
        self.bytes.resize(HEAD_BYTES, 0);
        (self.first, self.count) = (first, 0);
    }

    pub(crate) fn push(&mut self, record: RecordBytes<'_>) {
        let length = |part: &[u8]| u16::try_from(part.len()).unwrap_or(u16::MAX).to_le_bytes();
        debug_assert!(
            record.public.len() <= 65_535 && record.personal.len() <= 65_535,
            "checked when the batch came in"
        );
        self.bytes.extend_from_slice(&length(record.public));
        self.bytes.extend_from_slice(&length(record.personal));
        self.bytes.extend_from_slice(record.public);
        self.bytes.extend_from_slice(record.personal);
        self.count += 1;
    }

    /// Ends the frame; returns its bytes, padded, and the hash of its footer.
    pub(crate) fn finish(&mut self, root: Hash, previous: Hash) -> (&[u8], Hash) {
        let size = self.first + u64::from(self.count) - 1;
        let footer = Footer { first: self.first, count: self.count, size, root, previous }.bytes();
        self.bytes.extend_from_slice(&footer);
        let len = u32::try_from(self.bytes.len() - BATCH_STARTS).unwrap_or(u32::MAX);
        let mut head = Head { len, crc: 0, first: self.first, count: self.count };
        self.bytes[8..16].copy_from_slice(&head.first.to_le_bytes());
        self.bytes[16..20].copy_from_slice(&head.count.to_le_bytes());
        self.bytes[20..24].copy_from_slice(&head.check().to_le_bytes());
        head.crc = crc32c::crc32c(&self.bytes[BATCH_STARTS..]);
        self.bytes[..4].copy_from_slice(&head.len.to_le_bytes());
        self.bytes[4..8].copy_from_slice(&head.crc.to_le_bytes());
        let padded = self.bytes.len().next_multiple_of(ALIGN as usize);
        self.bytes.resize(padded, 0);
        (&self.bytes, Sha256::digest(footer).into())
    }
}

pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    let words = bytes.chunks_exact(8);
    let rest = words.remainder();
    words.fold(0, |all, word| all | u64_at(word, 0)) == 0 && rest.iter().all(|byte| *byte == 0)
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

pub(crate) fn hash_at(bytes: &[u8], at: usize) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(&bytes[at..at + 32]);
    hash
}
