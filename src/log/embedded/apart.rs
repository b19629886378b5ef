//! The personal parts of sealed segments, apart from the public bytes, and taking parts out.
//! Invariant: a segment is replaced only by a file that holds, byte for byte, what it held, without
//! what is to go; a crash leaves the old file or the new one.
//!
//! Each part stands at the offset at which it stood in the segment as it was written, and all other
//! bytes are zeros: so nothing changes its place, and a part that is taken out leaves zeros. Both
//! stand in one file, so that whoever copies it has both.

use std::{
    io,
    path::Path,
    sync::{Arc, MutexGuard, PoisonError},
};

use sijil_schemas::record::{Position, StoredRecord};

use super::{
    compressed::{Compressed, Flaw, Packer, Seal, UNREADABLE},
    frame::{Frame, LENGTHS, each_personal},
    scan::{End, Scan, Seen},
    segment::{HEADER_BYTES, Header, Segment},
    store::Store,
};
use crate::{
    port::{Erased, Eraser, Gone, ReadError},
    seam::{self, Access, File},
};

/// The personal parts of a segment. What stands in a block that is not what was written is an error
/// to whoever reads it, and hides the records it is of.
pub(crate) struct Parts {
    file: Compressed,
    /// What is wrong with it beyond its blocks.
    pub(crate) flaws: Vec<Flaw>,
}

impl Parts {
    pub(crate) fn open(file: Arc<dyn File>, seal: Seal, header: &Header) -> io::Result<Parts> {
        let (file, flaws) =
            Compressed::open(file, seal, header.file_bytes, None, header.disk_bytes())?;
        Ok(Parts { file, flaws })
    }

    /// The bytes of records that start at `offset`, with their personal ones; `None` if there are
    /// none.
    pub(crate) fn fill(&self, offset: u64, records: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let mut places = Vec::new();
        each_personal(records, |range| places.push(range));
        let (Some(first), Some(last)) = (places.first(), places.last()) else { return Ok(None) };
        let (start, end) = (first.start, last.end);
        let personal = self.read(offset + start as u64, end - start)?;
        let mut filled = records.to_vec();
        for range in places {
            let within = range.start - start..range.end - start;
            filled[range].copy_from_slice(&personal[within]);
        }
        Ok(Some(filled))
    }

    /// So many bytes at `offset`.
    pub(crate) fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut personal = vec![0; length];
        let got = seam::read_up_to(&self.file, &mut personal, offset)?;
        personal[got..].fill(0);
        Ok(personal)
    }

    /// What is wrong with their blocks: reads all of them.
    pub(crate) fn check(&self) -> io::Result<Vec<Flaw>> {
        self.file.check()
    }
}

impl Store {
    /// Held by whoever makes a segment anew.
    fn rewriting(&self) -> MutexGuard<'_, ()> {
        self.rewriting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Compresses every sealed segment that is not, and is as it was written, with its personal
    /// parts apart.
    pub(crate) fn compress_sealed(&self) -> io::Result<()> {
        let _alone = self.rewriting();
        for pair in self.segments().windows(2) {
            let [sealed, next] = pair else { continue };
            if sealed.header.seal.is_some() {
                continue;
            }
            match self.put_apart(sealed, next.header.base(), &Gone::new()) {
                Ok(_) => (),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    tracing::warn!(
                        segment = %sealed.name,
                        %error,
                        "a damaged segment is not compressed; run `sijil verify`"
                    );
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Makes a segment anew in its place, compressed, with its personal parts apart and without
    /// those that are to go: written aside, made durable, and put over the one that was there,
    /// whose readers go on with it. Says how many parts went.
    fn put_apart(&self, sealed: &Segment, last: u64, gone: &Gone) -> io::Result<u64> {
        let (storage, places) = (&*self.storage, &self.places);
        let (aside, path) = (places.tmp().join(&sealed.name), places.log().join(&sealed.name));
        let placed = self.write_apart(sealed, last, gone, &aside).and_then(|(header, removed)| {
            let file = storage.open(&aside, Access::Read)?;
            let made = Segment::of_sealed(sealed, header, file)?;
            storage.rename(&aside, &path)?;
            Ok((made, removed))
        });
        if placed.is_err() {
            // Gives the space back; what is left would be removed at the next opening anyhow.
            let _ = storage.remove(&aside);
        }
        let (made, removed) = placed?;
        storage.sync_dir(&places.log())?;
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        let base = made.header.base();
        if let Some(place) = segments.iter_mut().find(|one| one.header.base() == base) {
            *place = Arc::new(made);
        }
        Ok(removed)
    }

    /// Writes a segment anew at `aside`, synced; says what its header is, and how many parts went.
    fn write_apart(
        &self,
        sealed: &Segment,
        last: u64,
        gone: &Gone,
        aside: &Path,
    ) -> io::Result<(Header, u64)> {
        let file = self.storage.open(aside, Access::Create)?;
        let mut public = Packer::begin(file.clone(), HEADER_BYTES as u64);
        each_frame(sealed, last, |frame| public.push(&frame.public_image()))?;
        let seal = public.finish()?;
        let (mut personal, mut removed) = (Packer::begin(file.clone(), seal.end()), 0);
        each_frame(sealed, last, |frame| {
            let (image, parts) = personal_image(frame, gone)?;
            removed += parts;
            personal.push(&image)
        })?;
        let parts = personal.finish()?;
        let header = Header { seal: Some(seal), parts: Some(parts), ..sealed.header.clone() };
        seam::write_all(&*file, &header.bytes(), 0)?;
        file.sync_all()?;
        Ok((header, removed))
    }

    /// Leaves those of some parts that are still there.
    fn still_there(&self, gone: &Gone, first: u64, last: u64) -> io::Result<Gone> {
        let mut some = Gone::new();
        for (position, parts) in gone.range(Position::new(first)..=Position::new(last)) {
            let read = |error: ReadError| io::Error::new(io::ErrorKind::InvalidData, error);
            let Some(record) = self.record(position.get()).map_err(read)? else { continue };
            let missing = record.missing_numbers();
            if parts.iter().any(|part| !missing.contains(part)) && !record.personal.is_empty() {
                some.insert(*position, parts.clone());
            }
        }
        Ok(some)
    }
}

impl Segment {
    /// The segment that a file holds which was made of a sealed one.
    fn of_sealed(sealed: &Segment, header: Header, file: Arc<dyn File>) -> io::Result<Segment> {
        let (Some(seal), Some(parts)) = (header.seal, header.parts) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let parts = Parts::open(file.clone(), parts, &header)?;
        let (file, flaws) =
            Compressed::open(file, seal, header.file_bytes, Some(UNREADABLE), header.disk_bytes())?;
        if let Some((_, _, what)) = flaws.first().or(parts.flaws.first()) {
            return Err(io::Error::other(format!("the segment is not what was written: {what}")));
        }
        let offsets = sealed.offsets(Clone::clone);
        let made = Segment::new(sealed.name.clone(), header, Arc::new(file), offsets);
        Ok(made.with_parts(Some(parts)))
    }
}

/// Shows each frame of a sealed segment that ends with a position, with its personal bytes; an
/// error if not all of it is as it was written.
fn each_frame(
    sealed: &Segment,
    last: u64,
    mut see: impl FnMut(&Frame<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut failed = None;
    let scanned = Scan::new(sealed, End::Sealed(last), None).run(&mut |seen| {
        let Seen::Batch { offset, frame } = seen else { return Ok(()) };
        if failed.is_none() {
            failed = sealed
                .filled(offset, frame)
                .and_then(|filled| match &filled {
                    Some(records) => see(&frame.with_records(records)),
                    None => see(frame),
                })
                .err();
        }
        Ok(())
    })?;
    match (failed, scanned.damage.first()) {
        (Some(error), _) => Err(error),
        (None, Some(damage)) => Err(invalid(damage.to_string())),
        (None, None) => Ok(()),
    }
}

/// The personal bytes of a frame, each in its place, without those that are to go; and how many
/// parts went.
fn personal_image(frame: &Frame<'_>, gone: &Gone) -> io::Result<(Vec<u8>, u64)> {
    let (behind, records) = frame.record_bytes();
    let mut image = vec![0; frame.padded_bytes()];
    each_personal(records, |range| {
        image[behind + range.start..behind + range.end].copy_from_slice(&records[range]);
    });
    let range = Position::new(frame.head.first)..=Position::new(frame.head.last());
    let mut removed = 0;
    if gone.range(range).next().is_some() {
        let mut end = behind;
        for (position, record) in (frame.head.first..).zip(frame.records()) {
            let record = record.map_err(invalid)?;
            let start = end + LENGTHS + record.public.len();
            end = start + record.personal.len();
            if let Some(gone) = gone.get(&Position::new(position)) {
                let (left, parts) = without(&record.stored(), position, gone)?;
                image[start..end].fill(0);
                image[start..start + left.personal.len()].copy_from_slice(&left.personal);
                removed += parts;
            }
        }
    }
    Ok((image, removed))
}

/// The record without some of its parts: of that position, and with what it was recorded with, or
/// nothing is taken out of it.
fn without(record: &StoredRecord, position: u64, gone: &[u8]) -> io::Result<(StoredRecord, u64)> {
    if record.position().get() != position {
        let stands = record.position();
        return Err(invalid(format!("the record at {position} says it stands at {stands}")));
    }
    record
        .without_parts(gone)
        .map_err(|error| invalid(format!("{error}; nothing is taken out of it")))
}

fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

impl Eraser for Store {
    fn place(&self) -> &'static str {
        "log"
    }

    fn erase(&self, gone: &Gone) -> io::Result<Erased> {
        let _alone = self.rewriting();
        let segments = self.segments();
        let mut erased = Erased::default();
        for (at, segment) in segments.iter().enumerate() {
            let first = segment.header.base() + 1;
            let next = segments.get(at + 1).map(|next| next.header.base());
            let last = next.unwrap_or(u64::MAX);
            if last < first {
                continue;
            }
            let some = self.still_there(gone, first, last)?;
            if some.is_empty() {
                continue;
            }
            match next {
                Some(last) => erased.removed += self.put_apart(segment, last, &some)?,
                None => erased.waiting.extend(some.keys()),
            }
        }
        Ok(erased)
    }
}
