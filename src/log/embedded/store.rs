//! What the writer and the readers share: segments, head and derived files. Invariant: the head is
//! raised only after its batch is durable, and nothing beyond it is read.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock},
};

use sijil_schemas::{
    record::{Position, StoredRecord},
    time::Timestamp,
};

use super::{
    frame::{Frame, HEAD_BYTES, Head as FrameHead, HeadBytes, RecordBytes},
    index::Index,
    segment::{Places, Segment},
    tiles::{NewHashes, Tiles},
};
use crate::{
    port::{Damage, Head, ReadError, Touched, entity_hash, event_hash},
    seam::Storage,
    tree::{self, Hash},
};

pub(crate) struct Store {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) places: Places,
    pub(crate) segments: RwLock<Vec<Arc<Segment>>>,
    head: Mutex<Head>,
    pub(crate) grown: Condvar,
    pub(crate) damage: Vec<Damage>,
    /// Why nothing is answered, if nothing is: opening found damage, and not to salvage what is
    /// vouched for.
    unsound: Option<ReadError>,
    pub(crate) touched: Touched,
    /// Held by whoever makes a segment anew.
    pub(crate) rewriting: Mutex<()>,
}

/// What opening found of a log.
pub(crate) struct Found {
    /// Where it ends.
    pub(crate) head: Head,
    /// What is not as it was written.
    pub(crate) damage: Vec<Damage>,
    /// Why nothing may be answered from it.
    pub(crate) unsound: Option<ReadError>,
}

/// The derived files that answer questions.
pub(crate) struct Derived {
    pub(crate) ids: Index,
    pub(crate) entities: Index,
    pub(crate) tiles: Tiles,
}

/// A record in its place, as [`Store::visit`] shows it.
pub(crate) struct Visited<'a> {
    pub(crate) position: u64,
    pub(crate) record: RecordBytes<'a>,
    /// The root after this record, if its batch ends with it.
    pub(crate) root: Option<Hash>,
}

impl Store {
    /// A log as opening found it; whoever asks gets `unsound` for an answer, if it is given.
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        places: Places,
        segments: Vec<Arc<Segment>>,
        touched: Touched,
        found: Found,
    ) -> Store {
        let Found { head, damage, unsound } = found;
        Store {
            storage,
            places,
            segments: RwLock::new(segments),
            head: Mutex::new(head),
            grown: Condvar::new(),
            damage,
            unsound,
            touched,
            rewriting: Mutex::default(),
        }
    }

    /// Where the log ends, for whoever asks anything of it. This is the one gate of a damaged log:
    /// every question needs the head, so none passes here.
    pub(crate) fn head(&self) -> Result<MutexGuard<'_, Head>, ReadError> {
        self.unsound.clone().map_or_else(|| Ok(self.end()), Err)
    }

    /// Where the log ends, for opening and for the writer, who show it to nobody.
    pub(crate) fn end(&self) -> MutexGuard<'_, Head> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether questions are answered.
    pub(crate) const fn answers(&self) -> bool {
        self.unsound.is_none()
    }

    /// Makes a durable batch visible.
    pub(crate) fn publish(&self, head: Head) {
        *self.end() = head;
        self.grown.notify_all();
    }

    pub(crate) fn segments(&self) -> Vec<Arc<Segment>> {
        self.segments.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn add_segment(&self, segment: Arc<Segment>) {
        let mut segments = self.segments.write().unwrap_or_else(PoisonError::into_inner);
        // An empty segment that had no room for the next batch has been replaced, name and all.
        if segments.last().is_some_and(|last| last.header.base() == segment.header.base()) {
            segments.pop();
        }
        segments.push(segment);
    }

    /// The segment that holds a position, and the one after it.
    pub(crate) fn segment_of(&self, position: u64) -> Option<Arc<Segment>> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let after = segments.partition_point(|segment| segment.header.base() < position);
        after.checked_sub(1).map(|at| segments[at].clone())
    }

    /// Shows `see` the records from `from` to the head in order, until it says enough by `false`.
    /// Reads `ahead` bytes at a time.
    pub(crate) fn visit(
        &self,
        from: u64,
        ahead: usize,
        see: &mut dyn FnMut(Visited<'_>) -> Result<bool, ReadError>,
    ) -> Result<(), ReadError> {
        let head = self.head()?.position.get();
        self.visit_up_to(head, from, ahead, see)
    }

    /// The same up to another position, which may not be shown to readers yet.
    pub(crate) fn visit_up_to(
        &self,
        head: u64,
        from: u64,
        ahead: usize,
        see: &mut dyn FnMut(Visited<'_>) -> Result<bool, ReadError>,
    ) -> Result<(), ReadError> {
        let mut next = from.max(1);
        while next <= head {
            let Some(segment) = self.segment_of(next) else {
                return Err(self.missing(next, "no segment holds it"));
            };
            let end = self.segment_of_next(&segment).unwrap_or(head).min(head);
            if end < next {
                return Err(self.missing(next, "the segment that should hold it ends before"));
            }
            if !self.visit_segment(&segment, &mut next, end, ahead, see)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The base of the segment after this one.
    fn segment_of_next(&self, segment: &Segment) -> Option<u64> {
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let at = segments.partition_point(|other| other.header.base() <= segment.header.base());
        segments.get(at).map(|next| next.header.base())
    }

    fn visit_segment(
        &self,
        segment: &Segment,
        next: &mut u64,
        end: u64,
        ahead: usize,
        see: &mut dyn FnMut(Visited<'_>) -> Result<bool, ReadError>,
    ) -> Result<bool, ReadError> {
        let Some(start) = segment.offsets(|offsets| offsets.before(*next)) else {
            return Err(self.missing(*next, "no readable batch of its segment stands before it"));
        };
        let mut window = segment.window(ahead);
        let mut offset = start.frame;
        while *next <= end {
            let io = |error| ReadError::io(format!("read log/{}", segment.name), error);
            let head = match FrameHead::parse(window.get(offset, HEAD_BYTES).map_err(io)?) {
                HeadBytes::Good(head) if head.first <= *next => head,
                _ => {
                    return Err(self.unreadable(
                        segment,
                        offset,
                        *next,
                        "no batch with it starts where it should",
                    ));
                }
            };
            if head.last() >= *next {
                let bytes = window.get(offset, head.bytes()).map_err(io)?;
                let frame = Frame::parse(head, bytes)
                    .map_err(|what| self.unreadable(segment, offset, head.first, what))?;
                let filled =
                    segment.filled(offset, &frame).map_err(|error| match error.kind() {
                        io::ErrorKind::InvalidData => {
                            self.unreadable(segment, offset, head.first, &error.to_string())
                        }
                        _ => io(error),
                    })?;
                let frame = filled.as_ref().map_or(frame, |filled| frame.with_records(filled));
                if !self.visit_frame(segment, offset, &frame, next, see)? {
                    return Ok(false);
                }
            }
            offset = head.next(offset);
        }
        Ok(true)
    }

    fn visit_frame(
        &self,
        segment: &Segment,
        offset: u64,
        frame: &Frame<'_>,
        next: &mut u64,
        see: &mut dyn FnMut(Visited<'_>) -> Result<bool, ReadError>,
    ) -> Result<bool, ReadError> {
        for (position, record) in (frame.head.first..).zip(frame.records()) {
            let record =
                record.map_err(|what| self.unreadable(segment, offset, frame.head.first, what))?;
            if position >= *next {
                if record.position() != position {
                    return Err(self.unreadable(
                        segment,
                        offset,
                        position,
                        "the record says it stands elsewhere",
                    ));
                }
                let root = (position == frame.head.last()).then_some(frame.footer.root);
                *next = position + 1;
                if !see(Visited { position, record, root })? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// One record.
    pub(crate) fn record(&self, position: u64) -> Result<Option<StoredRecord>, ReadError> {
        let mut found = None;
        self.visit(position, POINT_READ_BYTES, &mut |seen| {
            found = Some(seen.record.stored());
            Ok(false)
        })?;
        Ok(found)
    }

    /// One record, without reading all of its batch: its public bytes are right if their leaf hash
    /// is, its personal bytes are not checked.
    pub(crate) fn unchecked(&self, position: u64) -> io::Result<Option<StoredRecord>> {
        let Some(segment) = self.segment_of(position) else { return Ok(None) };
        let Some(start) = segment.offsets(|offsets| offsets.before(position)) else {
            return Ok(None);
        };
        let mut window = segment.window(POINT_READ_BYTES);
        let mut offset = start.record;
        for at in start.position..=position {
            let Some(lengths) = window.get(offset, 4)?.first_chunk::<4>().copied() else {
                return Ok(None);
            };
            let public = usize::from(u16::from_le_bytes([lengths[0], lengths[1]]));
            let personal = usize::from(u16::from_le_bytes([lengths[2], lengths[3]]));
            if at == position {
                let bytes = window.get(offset + 4, public + personal)?;
                let split = bytes.split_at_checked(public);
                let Some((public, inside)) = split.filter(|(_, rest)| rest.len() == personal)
                else {
                    return Ok(None);
                };
                let apart = segment.parts.as_ref().filter(|_| personal > 0);
                let apart = apart
                    .map(|parts| parts.read(offset + (4 + public.len()) as u64, personal))
                    .transpose()?;
                let personal = apart.as_deref().unwrap_or(inside);
                return Ok(Some(RecordBytes { public, personal }.stored()));
            }
            offset += (4 + public + personal) as u64;
        }
        Ok(None)
    }

    /// The root in the footer of the batch that ends at `position`; `None` if none does.
    pub(crate) fn root_in_footer(&self, position: u64) -> Option<Hash> {
        if position == 0 {
            return Some(tree::empty_root());
        }
        let mut found = None;
        let read = self.visit(position, POINT_READ_BYTES, &mut |seen| {
            found = seen.root;
            Ok(false)
        });
        read.ok().and(found)
    }

    pub(crate) fn missing(&self, position: u64, what: &str) -> ReadError {
        self.damage.iter().find(|damage| damage.holds(position)).map_or_else(
            || {
                let positions = Some((Position::new(position), Position::new(position)));
                ReadError::damaged(Damage {
                    file: "log".to_owned(),
                    offset: 0,
                    bytes: 0,
                    positions,
                    what: what.to_owned(),
                })
            },
            |known| ReadError::damaged(known.clone()),
        )
    }

    fn unreadable(&self, segment: &Segment, offset: u64, position: u64, what: &str) -> ReadError {
        if self.damage.iter().any(|damage| damage.holds(position)) {
            return self.missing(position, what);
        }
        let positions = Some((Position::new(position), Position::new(position)));
        ReadError::damaged(Damage {
            file: format!("log/{}", segment.name),
            offset,
            bytes: 0,
            positions,
            what: what.to_owned(),
        })
    }
}

/// How much is read to find one record.
pub(crate) const POINT_READ_BYTES: usize = 20 << 10;
/// How much is read at a time in a scan.
pub(crate) const SCAN_BYTES: usize = 1 << 20;

impl Damage {
    fn holds(&self, position: u64) -> bool {
        self.positions.is_some_and(|(first, last)| (first.get()..=last.get()).contains(&position))
    }
}

impl Derived {
    /// Brings indexes and hashes up to a position by reading the log. Files are written on the way,
    /// so memory stays bounded.
    pub(crate) fn catch_up(&self, store: &Store, to: u64) -> Result<(), ReadError> {
        let derived = |error| ReadError::io("rebuild the files derived from the log", error);
        let from = self.ids.covered().min(self.entities.covered()).min(self.tiles.size());
        let mut frontier =
            self.tiles.frontier_at(self.tiles.size()).map_err(derived)?.unwrap_or_default();
        let (mut ids, mut entities, mut hashes) = (Vec::new(), Vec::new(), NewHashes::default());
        store.visit_up_to(to, from + 1, SCAN_BYTES, &mut |Visited { position, record, root }| {
            if position > frontier.size() {
                frontier.push_subtree(tree::leaf(record.public), 0, &mut |height, hash| {
                    hashes.note(height, hash);
                });
            }
            if position > self.ids.covered() {
                ids.push((event_hash(record.event_id()), position));
            }
            if position > self.entities.covered() {
                let touched = (store.touched)(&record.stored())?;
                entities.extend(touched.iter().map(|entity| (entity_hash(entity), position)));
            }
            if let Some(root) = root {
                self.tiles.add(&hashes);
                hashes.clear();
                if position > self.ids.covered() && self.ids.add(ids.drain(..), position, root) {
                    self.ids.work().map_err(derived)?;
                }
                if position > self.entities.covered()
                    && self.entities.add(entities.drain(..), position, root)
                {
                    self.entities.work().map_err(derived)?;
                }
            }
            Ok(true)
        })
    }

    /// Puts everything that is only in memory into files.
    pub(crate) fn keep(&self) -> io::Result<()> {
        self.ids.keep()?;
        self.entities.keep()?;
        self.tiles.keep()
    }

    /// Does what waits: full memtables to files, files merged, the tree's hashes kept with them.
    pub(crate) fn work(&self) -> io::Result<()> {
        let waiting = self.ids.waiting() + self.entities.waiting() > 0;
        self.ids.work()?;
        self.entities.work()?;
        if waiting { self.tiles.keep() } else { Ok(()) }
    }
}

/// The head of a log that ends with `position`.
pub(crate) fn head_at(position: u64, root: Hash, recorded_at: Option<i64>) -> Head {
    let recorded_at = recorded_at.and_then(|micros| Timestamp::from_micros(micros).ok());
    Head { position: Position::new(position), root, recorded_at }
}
