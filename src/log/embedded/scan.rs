//! A walk through one segment that checks every byte and goes on behind damage. Invariant: nothing
//! is called torn unless a write that was cut short explains every byte of it and nothing says it
//! was acknowledged.

use std::io;

use sijil_schemas::record::Position;

use super::{
    frame::{ALIGN, BATCH_BYTES_MAX, Frame, HEAD_BYTES, Head, HeadBytes, is_zero},
    mark::Mark,
    segment::{HEADER_BYTES, Segment},
    window::Window,
};
use crate::{
    port::Damage,
    tree::{self, Frontier, Hash},
};

/// How far a scan reads ahead.
const AHEAD: usize = 1 << 20;
/// Zeros at the end of a sector that tell what was not written when it was copied from what was:
/// more than stand in a row in a record or a footer behind another one.
const COPIED_ZEROS: u64 = 24;
/// What a disk writes whole or not at all.
const SECTOR: u64 = 512;

/// What a scan meets.
pub(crate) enum Seen<'a> {
    /// A batch in its place, its checksum right.
    Batch { offset: u64, frame: &'a Frame<'a> },
    /// Batches are missing or unreadable here.
    Gap,
}

/// What is known of a segment from outside.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// The next segment starts after this position.
    Sealed(u64),
    /// This is the last segment.
    Open,
}

/// What a scan found.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// Where the next frame goes.
    pub(crate) offset: u64,
    /// The last position found.
    pub(crate) last: u64,
    /// The hash of the last footer found; of the one before the segment if there is none in it.
    pub(crate) footer: Hash,
    /// Offset and length of the last frame.
    pub(crate) last_frame: Option<(u64, usize)>,
    /// What is not as it was written.
    pub(crate) damage: Vec<Damage>,
    /// The remains of a write that was cut short, after the last batch.
    pub(crate) torn: Option<Damage>,
}

pub(crate) struct Scan<'a> {
    segment: &'a Segment,
    end: End,
    mark: Option<Mark>,
    window: Window,
    expected: u64,
    previous: Option<Hash>,
    found: Scanned,
    /// The file was copied while it may have been written.
    copied: bool,
}

impl<'a> Scan<'a> {
    /// A scan of a segment whose header is good.
    pub(crate) fn new(segment: &'a Segment, end: End, mark: Option<Mark>) -> Scan<'a> {
        let ahead = usize::try_from(segment.header.file_bytes)
            .unwrap_or(AHEAD)
            .clamp(ALIGN as usize, AHEAD);
        let base = segment.header.base();
        let previous = segment.header.previous;
        let found = Scanned {
            offset: HEADER_BYTES as u64,
            last: base,
            footer: previous,
            last_frame: None,
            damage: Vec::new(),
            torn: None,
        };
        Scan {
            segment,
            end,
            mark,
            window: segment.window(ahead),
            expected: base + 1,
            previous: Some(previous),
            found,
            copied: false,
        }
    }

    /// The same of a file that may have been copied while it was written.
    pub(crate) fn of_a_copy(self, copied: bool) -> Scan<'a> {
        Scan { copied, ..self }
    }

    /// Scans to the end. `visit` may find more wrong with a batch than its checksum can tell.
    pub(crate) fn run(
        mut self,
        visit: &mut dyn FnMut(Seen<'_>) -> Result<(), String>,
    ) -> io::Result<Scanned> {
        loop {
            let offset = self.found.offset;
            let head = Head::parse(self.window.get(offset, HEAD_BYTES)?);
            let good = match head {
                HeadBytes::Good(head) => self.batch(head, visit)?,
                HeadBytes::Zero => Err("no batch starts here, but bytes follow that are not zero"),
                HeadBytes::Bad => Err("the head of the batch is not what was written"),
            };
            if let Err(what) = good
                && !self.resume(head, what, visit)?
            {
                self.check_end()?;
                self.check_parts()?;
                return Ok(self.found);
            }
        }
    }

    /// Checks the batch at the offset and steps over it; an error if its bytes are not what was
    /// written.
    fn batch(
        &mut self,
        head: Head,
        visit: &mut dyn FnMut(Seen<'_>) -> Result<(), String>,
    ) -> io::Result<Result<(), &'static str>> {
        let offset = self.found.offset;
        let (end, next) = (head.end(offset), head.next(offset));
        let with_padding = usize::try_from(next - offset).unwrap_or(usize::MAX);
        let bytes = self.window.get(offset, with_padding)?;
        let (bytes, padding) = bytes.split_at(head.bytes().min(bytes.len()));
        let padded = is_zero(padding);
        let frame = match Frame::parse(head, bytes) {
            Ok(frame) => frame,
            Err(what) => return Ok(Err(what)),
        };
        let mut wrong = None;
        let range = (head.first, head.last());
        if head.first != self.expected {
            wrong = Some(format!(
                "expected the batch from position {}, found positions {} to {}",
                self.expected, range.0, range.1
            ));
        } else if self.previous.is_some_and(|previous| previous != frame.footer.previous) {
            wrong = Some("the footer does not name the batch before it".to_owned());
        }
        let in_place = head.first >= self.expected;
        if head.first > self.expected {
            let _ = visit(Seen::Gap);
        }
        if in_place {
            wrong = visit(Seen::Batch { offset, frame: &frame }).err().or(wrong);
            self.previous = Some(frame.footer_hash);
            self.found.footer = frame.footer_hash;
        }
        if let Some(what) = wrong {
            let lost = if head.first > self.expected { (self.expected, range.1) } else { range };
            self.damage(offset, end - offset, Some(lost), what);
        }
        if !padded {
            self.damage(
                end,
                next - end,
                None,
                "the bytes between two batches are not zero".to_owned(),
            );
        }
        if in_place {
            self.expected = range.1 + 1;
            self.found.last = range.1;
            self.found.last_frame = Some((offset, with_padding));
        }
        self.found.offset = next;
        Ok(Ok(()))
    }

    /// Looks for a batch behind bytes that are none. False if the log ends here.
    fn resume(
        &mut self,
        head: HeadBytes,
        what: &str,
        visit: &mut dyn FnMut(Seen<'_>) -> Result<(), String>,
    ) -> io::Result<bool> {
        let offset = self.found.offset;
        let content = self.window.end_of_content(offset)?;
        if content == offset {
            return Ok(false);
        }
        if self.copied && self.explained_by_copying(head)? {
            let positions = Some((self.expected, self.expected));
            self.found.torn = Some(self.at(
                offset,
                content - offset,
                positions,
                format!("it was being written while it was copied: {what}"),
            ));
            return Ok(false);
        }
        let from = match head {
            HeadBytes::Good(head) => head.next(offset),
            HeadBytes::Zero | HeadBytes::Bad => offset + ALIGN,
        };
        if let Some((next, first)) = self.find_batch(from, content)? {
            let lost = (first > self.expected).then(|| (self.expected, first - 1));
            self.damage(offset, next - offset, lost, what.to_owned());
            let _ = visit(Seen::Gap);
            (self.expected, self.previous, self.found.offset) = (first, None, next);
            return Ok(true);
        }
        let last = match (self.end, head) {
            (End::Sealed(last), _) => last,
            (End::Open, HeadBytes::Good(head)) if head.first == self.expected => head.last(),
            (End::Open, _) => self.mark.map_or(0, |mark| mark.position),
        };
        let positions = Some((self.expected, last.max(self.expected)));
        let torn = matches!(self.end, End::Open)
            && !self.acknowledged()
            && self.explained_by_a_torn_write(head, content)?;
        if torn {
            self.found.torn = Some(self.at(
                offset,
                content - offset,
                positions,
                format!("a write was cut short: {what}"),
            ));
        } else {
            let positions =
                positions.filter(|_| matches!(self.end, End::Open) || last >= self.expected);
            self.damage(offset, content - offset, positions, what.to_owned());
            self.expected = self.expected.max(last + 1);
        }
        Ok(false)
    }

    /// Whether the batch that should stand at the offset is known to have been durable.
    fn acknowledged(&self) -> bool {
        self.mark.is_some_and(|mark| mark.position >= self.expected)
    }

    /// Whether the bytes up to `content` are what a write of one batch leaves when it is cut short:
    /// some of its sectors, or its first bytes.
    fn explained_by_a_torn_write(&mut self, head: HeadBytes, content: u64) -> io::Result<bool> {
        let offset = self.found.offset;
        let head = match head {
            HeadBytes::Good(head) => head,
            // The first sector is missing: then all of it is, and the rest is no longer than a
            // batch.
            HeadBytes::Zero => {
                let sector_end = (offset / SECTOR + 1) * SECTOR;
                let first =
                    self.window.get(offset, usize::try_from(sector_end - offset).unwrap_or(0))?;
                return Ok(is_zero(first) && content <= offset + BATCH_BYTES_MAX + ALIGN);
            }
            // A head lies within one sector: only its first bytes can have been written, and
            // nothing after them.
            HeadBytes::Bad => return Ok(content < offset + HEAD_BYTES as u64),
        };
        let end = head.end(offset);
        if head.first != self.expected || content > end {
            return Ok(false);
        }
        if content < end {
            return Ok(true);
        }
        let mut sector = offset / SECTOR * SECTOR;
        while sector < end {
            let (from, to) = (sector.max(offset), (sector + SECTOR).min(end));
            if is_zero(self.window.get(from, usize::try_from(to - from).unwrap_or(0))?) {
                return Ok(true);
            }
            sector += SECTOR;
        }
        Ok(false)
    }

    /// Whether the batch at the offset is not whole because it was copied while it was written:
    /// each sector holds what was there when it was copied, so whatever was not written then are
    /// zeros up to its end, and what follows may be newer, and whole.
    fn explained_by_copying(&mut self, head: HeadBytes) -> io::Result<bool> {
        let offset = self.found.offset;
        let sector_end = (offset / SECTOR + 1) * SECTOR;
        let head = match head {
            HeadBytes::Good(head) if head.first == self.expected => head,
            HeadBytes::Good(_) => return Ok(false),
            HeadBytes::Zero => return self.is_zero(offset, sector_end),
            // Not even all of the head was written: then nothing behind it was.
            HeadBytes::Bad => return self.is_zero(offset + HEAD_BYTES as u64, sector_end),
        };
        let (mut sector, end) = (offset / SECTOR * SECTOR, head.end(offset));
        while sector < end {
            if self.ends_in_zeros(sector.max(offset), (sector + SECTOR).min(end))? {
                return Ok(true);
            }
            sector += SECTOR;
        }
        Ok(false)
    }

    /// Whether these bytes end in so many zeros that nothing written looks like it.
    fn ends_in_zeros(&mut self, from: u64, to: u64) -> io::Result<bool> {
        self.is_zero(from.max(to.saturating_sub(COPIED_ZEROS)), to)
    }

    fn is_zero(&mut self, from: u64, to: u64) -> io::Result<bool> {
        Ok(is_zero(self.window.get(from, usize::try_from(to.saturating_sub(from)).unwrap_or(0))?))
    }

    /// The first whole batch at or after `from`, at a position not yet passed.
    fn find_batch(&mut self, from: u64, content: u64) -> io::Result<Option<(u64, u64)>> {
        let mut offset = from.next_multiple_of(ALIGN);
        while offset < content {
            if let HeadBytes::Good(head) = Head::parse(self.window.get(offset, HEAD_BYTES)?)
                && head.first >= self.expected
                && Frame::parse(head, self.window.get(offset, head.bytes())?).is_ok()
            {
                return Ok(Some((offset, head.first)));
            }
            offset += ALIGN;
        }
        Ok(None)
    }

    /// Checks that the segment does not end before what is known to follow, and has the length it
    /// was made with.
    fn check_end(&mut self) -> io::Result<()> {
        let offset = self.found.offset;
        let (due, why) = match self.end {
            End::Sealed(last) => (last, "the next segment starts after them"),
            End::Open => (self.mark.map_or(0, |mark| mark.position), "they were acknowledged"),
        };
        if due >= self.expected && self.found.torn.is_none() {
            self.damage(
                offset,
                0,
                Some((self.expected, due)),
                format!("the segment ends before these positions, but {why}"),
            );
        }
        let (made, found) = (self.segment.header.file_bytes, self.segment.file.len()?);
        let cut = matches!(self.end, End::Open) && found < made;
        if found != made && !cut {
            self.damage(
                found.min(made),
                found.abs_diff(made),
                None,
                format!("expected a file of {made} bytes, found {found}"),
            );
        }
        Ok(())
    }

    /// Checks the personal parts, where they stand apart: their blocks are not those of the
    /// batches.
    fn check_parts(&mut self) -> io::Result<()> {
        let Some(parts) = &self.segment.parts else { return Ok(()) };
        for (offset, bytes, what) in parts.check()? {
            self.damage(offset, bytes, None, format!("in the personal parts, {what}"));
        }
        Ok(())
    }

    fn at(&self, offset: u64, bytes: u64, positions: Option<(u64, u64)>, what: String) -> Damage {
        let positions = positions.map(|(first, last)| (Position::new(first), Position::new(last)));
        Damage { file: format!("log/{}", self.segment.name), offset, bytes, positions, what }
    }

    fn damage(&mut self, offset: u64, bytes: u64, positions: Option<(u64, u64)>, what: String) {
        let damage = self.at(offset, bytes, positions, what);
        self.found.damage.push(damage);
    }
}

/// Recomputes the tree along a scan; gives up at a gap, because what follows hangs on what is
/// missing.
pub(crate) struct TreeCheck {
    frontier: Option<Frontier>,
}

impl TreeCheck {
    pub(crate) fn new(before: Frontier) -> TreeCheck {
        TreeCheck { frontier: Some(before) }
    }

    /// The tree so far, unless records are missing.
    pub(crate) fn frontier(&self) -> Option<&Frontier> {
        self.frontier.as_ref()
    }

    pub(crate) fn gap(&mut self) {
        self.frontier = None;
    }

    /// Checks lengths and positions of the records, and the root in the footer; shows `made` each
    /// full subtree completed. The leaves may be hashed already.
    pub(crate) fn batch(
        &mut self,
        frame: &Frame<'_>,
        leaves: Option<&[Hash]>,
        made: &mut dyn FnMut(u32, &Hash),
    ) -> Result<(), String> {
        for ((at, position), record) in (frame.head.first..).enumerate().zip(frame.records()) {
            let record = record.inspect_err(|_| self.frontier = None)?;
            let says = record.position();
            if says != position {
                self.frontier = None;
                return Err(format!(
                    "expected the record of position {position}, found that of {says}"
                ));
            }
            if let Some(frontier) = &mut self.frontier {
                let leaf = leaves
                    .and_then(|leaves| leaves.get(at).copied())
                    .unwrap_or_else(|| tree::leaf(record.public));
                frontier.push_subtree(leaf, 0, made);
            }
        }
        if self.frontier.as_ref().is_some_and(|frontier| frontier.root() != frame.footer.root) {
            self.frontier = None;
            return Err("the root in the footer is not that of the records".to_owned());
        }
        Ok(())
    }
}
