//! Appending to the embedded log. Invariant: one write and one sync per batch; after a failed sync
//! nothing is ever acknowledged again.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{self, Sender},
    },
    thread::{self, JoinHandle},
};

use sijil_schemas::record::Position;

use super::{
    FIRST_SEGMENT_BYTES,
    frame::{BATCH_BYTES_MAX, Builder, RecordBytes},
    mark::MarkFile,
    segment::{Header, Segment},
    store::{Derived, Store, head_at},
    tiles::NewHashes,
};
use crate::{
    port::{AppendError, Batch, Entry, Writer, event_hash},
    seam::{self, Lock},
    tree::{self, Frontier, Hash},
};

/// Full memtables that may wait for the other thread before the writer lends a hand.
const WAITING_MAX: usize = 8;

/// The one writer of an embedded log. Dropping it puts the derived files in order.
pub struct EmbeddedWriter {
    pub(crate) store: Arc<Store>,
    pub(crate) derived: Arc<Derived>,
    pub(crate) at: End,
    pub(crate) mark: Option<MarkFile>,
    pub(crate) segment_bytes: u64,
    pub(crate) compress: bool,
    /// The next batch begins a new segment.
    pub(crate) sealing: bool,
    /// Segments may have been sealed that are not compressed yet.
    pub(crate) sealed: bool,
    pub(crate) helper: Option<Helper>,
    pub(crate) poisoned: bool,
    pub(crate) builder: Builder,
    pub(crate) hashes: NewHashes,
    pub(crate) _lock: Box<dyn Lock>,
}

/// Where the next batch goes.
pub(crate) struct End {
    pub(crate) segment: Option<Arc<Segment>>,
    pub(crate) offset: u64,
    pub(crate) tree: Frontier,
    pub(crate) footer: Hash,
}

/// The thread that writes derived files while the log goes on.
pub(crate) struct Helper {
    calls: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Helper {
    /// `sealed` names the log whose sealed segments are to be compressed, if they are.
    pub(crate) fn start(derived: Arc<Derived>, sealed: Option<Arc<Store>>) -> io::Result<Helper> {
        let (calls, called) = mpsc::channel::<()>();
        let work = move || {
            while called.recv().is_ok() {
                while called.try_recv().is_ok() {}
                report(derived.work());
                if let Some(store) = &sealed {
                    report(store.compress_sealed());
                }
            }
        };
        let thread = thread::Builder::new().name("sijil-index".to_owned()).spawn(work)?;
        Ok(Helper { calls: Some(calls), thread: Some(thread) })
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.calls.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Derived files can be made again at any time, so a failure there never fails an append.
fn report(result: io::Result<()>) {
    if let Err(error) = result {
        tracing::warn!(
            %error,
            "cannot write derived files; they stay in memory and are written later"
        );
    }
}

impl Writer for EmbeddedWriter {
    fn append(&mut self, at: Position, batch: &Batch) -> Result<(), AppendError> {
        if self.poisoned {
            return Err(AppendError::Poisoned);
        }
        let head = self.at.tree.size();
        if at.get() != head {
            return Err(AppendError::Conflict { expected: at, head: Position::new(head) });
        }
        batch.check(at)?;
        let bytes = Builder::frame_bytes(batch.entries.iter().map(|entry| &entry.record));
        if bytes > BATCH_BYTES_MAX {
            return Err(AppendError::TooLarge { what: "a batch", limit: BATCH_BYTES_MAX, bytes });
        }
        let segment = self.segment_for(bytes)?;
        let tree = self.encode(at, batch);
        let root = tree.root();
        let offset = self.at.offset;
        let (frame, footer) = self.builder.finish(root, self.at.footer);
        let written = seam::write_all(&*segment.file, frame, offset);
        if let Err(error) = written {
            return Err(self.cut_back(&segment, bytes, error));
        }
        if let Err(error) = segment.file.sync_data() {
            self.poisoned = true;
            return Err(AppendError::io(
                format!("sync log/{}; the log takes no more records", segment.name),
                error,
            ));
        }
        self.at = End { segment: Some(segment.clone()), offset: offset + bytes, tree, footer };
        self.publish(&segment, offset, batch, root);
        Ok(())
    }

    fn seal(&mut self) {
        self.sealing = true;
    }
}

impl EmbeddedWriter {
    /// Takes parts out of what is sealed.
    pub(crate) fn eraser(&self) -> Arc<Store> {
        self.store.clone()
    }
    /// The tree of all records.
    pub(crate) fn tree(&self) -> &Frontier {
        &self.at.tree
    }

    /// The segment with room for a frame, a new one if need be.
    fn segment_for(&mut self, bytes: u64) -> Result<Arc<Segment>, AppendError> {
        let is_empty = self.at.offset == super::segment::HEADER_BYTES as u64;
        if let Some(segment) = self.at.segment.as_ref().filter(|segment| {
            segment.header.seal.is_none()
                && self.at.offset + bytes <= segment.header.file_bytes
                && (is_empty || !self.sealing)
        }) {
            self.sealing = false;
            return Ok(segment.clone());
        }
        let file_bytes = self.next_segment_bytes().max(super::segment::HEADER_BYTES as u64 + bytes);
        let header = Header {
            before: self.at.tree.clone(),
            previous: self.at.footer,
            file_bytes,
            seal: None,
            parts: None,
        };
        let made = Segment::create(&*self.store.storage, &self.store.places, header);
        let made = Arc::new(made.map_err(|error| self.not_made(bytes, error))?);
        if let Some(sealed) = &self.at.segment {
            let (base, end) = (sealed.header.base(), self.at.tree.size());
            report(sealed.offsets(|offsets| {
                offsets.save(&*self.store.storage, &self.store.places, base, end)
            }));
        }
        self.store.add_segment(made.clone());
        (self.sealed, self.sealing) = (self.compress, false);
        self.at.segment = Some(made.clone());
        self.at.offset = super::segment::HEADER_BYTES as u64;
        Ok(made)
    }

    /// The size of the next segment: twice the last one's, so that a small log is small and a large
    /// one has few files. One that was not filled is no reason for a longer one.
    fn next_segment_bytes(&self) -> u64 {
        let smallest = FIRST_SEGMENT_BYTES.min(self.segment_bytes);
        let times = if self.sealing { 1 } else { 2 };
        self.at.segment.as_ref().map_or(smallest, |last| {
            last.header.file_bytes.saturating_mul(times).clamp(smallest, self.segment_bytes)
        })
    }

    /// Begins a new segment now, so that all that was appended is sealed; if there is none of it in
    /// the last one, nothing changes.
    pub(crate) fn seal_now(&mut self) -> Result<(), AppendError> {
        if self.poisoned {
            return Err(AppendError::Poisoned);
        }
        self.seal();
        self.segment_for(0).map(drop)
    }

    /// A segment that could not be made. Its name may stand in the directory or not: then nobody
    /// knows, and the log must be opened again.
    fn not_made(&mut self, bytes: u64, error: io::Error) -> AppendError {
        if error.kind() == io::ErrorKind::StorageFull
            || error.kind() == io::ErrorKind::QuotaExceeded
        {
            let name = super::segment::name_of(self.at.tree.size());
            let there = self
                .store
                .storage
                .open(&self.store.places.log().join(name), seam::Access::Read)
                .is_ok();
            self.poisoned = there;
            return AppendError::Full { bytes };
        }
        self.poisoned = true;
        AppendError::io("make a new segment; the log takes no more records", error)
    }

    fn encode(&mut self, at: Position, batch: &Batch) -> Frontier {
        let mut tree = self.at.tree.clone();
        self.hashes.clear();
        self.builder.start(at.next().get());
        for Entry { record, .. } in &batch.entries {
            tree.push_subtree(tree::leaf(&record.public), 0, &mut |height, hash| {
                self.hashes.note(height, hash);
            });
            self.builder.push(RecordBytes { public: &record.public, personal: &record.personal });
        }
        tree
    }

    /// Takes a failed write back, so that the segment ends as before; if that fails too, the log is
    /// closed for writing.
    fn cut_back(&mut self, segment: &Segment, bytes: u64, error: io::Error) -> AppendError {
        if let Err(back) = cut(segment, self.at.offset) {
            // Then some of the batch is there, and all of it may be: this is no refusal.
            self.poisoned = true;
            return AppendError::io(
                format!(
                    "take back what was written of log/{}; the log takes no more records",
                    segment.name
                ),
                back,
            );
        }
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                AppendError::Full { bytes }
            }
            _ => AppendError::io(format!("write log/{}", segment.name), error),
        }
    }

    /// Shows a durable batch to readers, and tells the derived files of it.
    fn publish(&mut self, segment: &Segment, offset: u64, batch: &Batch, root: Hash) {
        let recorded_at =
            |entry: Option<&Entry>| entry.map(|entry| entry.record.recorded_at_micros());
        let size = self.at.tree.size();
        let lengths = batch.entries.iter().map(|Entry { record, .. }| {
            (record.public.len() + record.personal.len(), record.recorded_at_micros())
        });
        segment
            .note(|offsets| offsets.note(size + 1 - batch.entries.len() as u64, offset, lengths));
        let derived = self.derived.clone();
        derived.tiles.add(&self.hashes);
        let ids = batch
            .entries
            .iter()
            .map(|entry| (event_hash(entry.record.event_id()), entry.record.position().get()));
        let entities = batch.entries.iter().flat_map(|entry| {
            entry.touched.iter().map(|hash| (*hash, entry.record.position().get()))
        });
        let work = derived.ids.add(ids, size, root) | derived.entities.add(entities, size, root);
        self.store.publish(head_at(size, root, recorded_at(batch.entries.last())));
        if let (Some(mark), Some(first)) = (
            &mut self.mark,
            batch.entries.first().filter(|entry| entry.record.position().get() == 1),
        ) {
            mark.bound.ledger = first.record.event_id();
        }
        self.write_mark();
        let sealed = std::mem::take(&mut self.sealed);
        if !work && !sealed {
            return;
        }
        let behind = derived.ids.waiting().max(derived.entities.waiting()) > WAITING_MAX;
        match self.helper.as_ref().and_then(|helper| helper.calls.as_ref()) {
            Some(calls) => {
                let _ = calls.send(());
                if behind {
                    report(derived.work());
                }
            }
            None => {
                report(derived.work());
                if sealed {
                    report(self.store.compress_sealed());
                }
            }
        }
    }

    pub(crate) fn write_mark(&mut self) {
        let (position, footer) = (self.at.tree.size(), self.at.footer);
        if let Some(file) = &mut self.mark {
            report(file.write(position, &footer));
        }
    }
}

impl Drop for EmbeddedWriter {
    fn drop(&mut self) {
        drop(self.helper.take());
        if self.poisoned {
            return;
        }
        report(self.derived.keep());
        if let Some(mark) = &mut self.mark {
            mark.bound.closed = true;
        }
        self.write_mark();
        if let Some(mark) = &self.mark {
            report(mark.sync());
        }
    }
}

/// Makes a segment end at `offset`: zeros from there to the length it was made with, durable.
pub(crate) fn cut(segment: &Segment, offset: u64) -> io::Result<()> {
    segment.file.set_len(offset)?;
    segment.file.sync_all()?;
    match segment.file.allocate(segment.header.file_bytes) {
        // Without room to reserve, the rest of the file has no blocks yet, and a full disk shows at
        // the write.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ) =>
        {
            segment.file.set_len(segment.header.file_bytes)
        }
        other => other,
    }?;
    segment.file.sync_all()
}
