//! Planted bugs: each a value behind the seam that does one thing wrong. Invariant: none of them is
//! reachable from the production code, and the suite must catch every one.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use sijil_log::{
    AppendError, Batch, Entry, Head, Order, ReadError, ReadLimit, Reader, Writer,
    embedded::EmbeddedReader,
    seam::{Access, File, Identity, Lock, Storage},
    tree::Hash,
};
use sijil_schemas::{Position, StoredRecord, id::EntityRef, time::Timestamp};
use uuid::Uuid;

use crate::world::Seams;

/// What a storage does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sloth {
    /// Says that bytes are durable without making them so.
    SkipsTheSync,
    /// Says so of files that are new or cut.
    SkipsTheFullSync,
    /// Says that names are durable without making them so.
    ForgetsTheDirectory,
    /// Tries a sync that failed again, and believes it the second time.
    RetriesTheSync,
    /// Hides that a sync failed.
    HidesTheFailedSync,
    /// Hides that a write failed.
    HidesTheFailedWrite,
    /// Says that all was written when only a part was.
    TakesAShortWriteForAWholeOne,
    /// Leaves what was written when it should be cut.
    DoesNotCut,
    /// Syncs before it writes.
    WritesAfterTheSync,
}

/// What a writer does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Haste {
    /// Says a batch is durable before it is appended.
    AcknowledgesEarly,
    /// Says a batch is durable although it was not appended.
    HidesTheFailure,
    /// Appends the last record of a batch not at all.
    DropsTheLastRecord,
    /// Appends nothing of a batch of one void.
    DropsAVoid,
    /// Appends an event twice.
    DoublesARecord,
    /// Appends the records of a batch one by one.
    AppendsByHalves,
    /// Changes a byte of what is said.
    ChangesAByte,
    /// Leaves what a record touches out of the index.
    ForgetsTheIndex,
}

/// What a reader does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blindness {
    /// Shows a record that is not there yet.
    SeesTooFar,
    /// Leaves a record out.
    SkipsARecord,
    /// Knows no event id.
    ForgetsIds,
    /// Knows only the newest position of an entity.
    ForgetsTheOldest,
    /// Says where a damaged log ends, as if it were whole.
    AnswersInSpiteOfDamage,
}

struct Lazy {
    inner: Arc<dyn Storage>,
    sloth: Sloth,
}

struct LazyFile {
    inner: Arc<dyn File>,
    sloth: Sloth,
    late: std::sync::Mutex<Vec<(u64, Vec<u8>)>>,
}

impl Storage for Lazy {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.inner.create_dir(path)
    }
    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.inner.list(path)
    }
    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn File>> {
        let inner = self.inner.open(path, access)?;
        Ok(Arc::new(LazyFile { inner, sloth: self.sloth, late: std::sync::Mutex::default() }))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inner.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.inner.remove(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        if self.sloth == Sloth::ForgetsTheDirectory { Ok(()) } else { self.inner.sync_dir(path) }
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        self.inner.lock(path)
    }
    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        self.inner.is_locked(path)
    }
    fn identity(&self, path: &Path) -> io::Result<Option<Identity>> {
        self.inner.identity(path)
    }
}

impl LazyFile {
    fn sync(&self, sync: impl Fn() -> io::Result<()>) -> io::Result<()> {
        let result = match self.sloth {
            Sloth::RetriesTheSync => sync().or_else(|_| sync()),
            Sloth::HidesTheFailedSync => sync().or(Ok(())),
            _ => sync(),
        };
        for (offset, bytes) in
            self.late.lock().map(|mut late| std::mem::take(&mut *late)).unwrap_or_default()
        {
            self.inner.write_at(&bytes, offset)?;
        }
        result
    }
}

impl File for LazyFile {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.inner.read_at(bytes, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        match self.sloth {
            Sloth::HidesTheFailedWrite => self.inner.write_at(bytes, offset).or(Ok(bytes.len())),
            Sloth::TakesAShortWriteForAWholeOne => {
                self.inner.write_at(bytes, offset).map(|_| bytes.len())
            }
            Sloth::WritesAfterTheSync => {
                if let Ok(mut late) = self.late.lock() {
                    late.push((offset, bytes.to_vec()));
                }
                Ok(bytes.len())
            }
            _ => self.inner.write_at(bytes, offset),
        }
    }
    fn allocate(&self, len: u64) -> io::Result<()> {
        self.inner.allocate(len)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        if self.sloth == Sloth::DoesNotCut && len < self.inner.len()? {
            Ok(())
        } else {
            self.inner.set_len(len)
        }
    }
    fn sync_data(&self) -> io::Result<()> {
        if self.sloth == Sloth::SkipsTheSync {
            Ok(())
        } else {
            self.sync(|| self.inner.sync_data())
        }
    }
    fn sync_all(&self) -> io::Result<()> {
        if self.sloth == Sloth::SkipsTheFullSync {
            Ok(())
        } else {
            self.sync(|| self.inner.sync_all())
        }
    }
}

struct Hasty {
    inner: Box<dyn Writer>,
    haste: Haste,
    held: Option<(Position, Batch)>,
}

const VOID_CODE: &[u8] = b"event.voided";

fn is_void(entry: &Entry) -> bool {
    entry.record.body().is_ok_and(|body| body.event_type.as_bytes() == VOID_CODE)
}

impl Writer for Hasty {
    fn append(&mut self, at: Position, batch: &Batch) -> Result<(), AppendError> {
        let mut changed = batch.clone();
        match self.haste {
            Haste::AcknowledgesEarly => {
                if let Some((at, batch)) = self.held.replace((at, changed)) {
                    self.inner.append(at, &batch)?;
                }
                return Ok(());
            }
            Haste::HidesTheFailure => return self.inner.append(at, batch).or(Ok(())),
            Haste::AppendsByHalves => {
                for (number, entry) in (at.get()..).zip(changed.entries) {
                    self.inner.append(Position::new(number), &Batch { entries: vec![entry] })?;
                }
                return Ok(());
            }
            Haste::DropsTheLastRecord => {
                if changed.entries.len() > 1 {
                    changed.entries.pop();
                }
            }
            Haste::DropsAVoid => {
                if changed.entries.iter().all(is_void) {
                    return Ok(());
                }
            }
            Haste::DoublesARecord => {
                let again = changed.entries.first().cloned();
                if let (Some(last), Some(mut again)) =
                    (changed.entries.last().map(|entry| entry.record.position().next()), again)
                {
                    again.record.public[1..9].copy_from_slice(&last.get().to_le_bytes());
                    changed.entries.push(again);
                }
            }
            Haste::ChangesAByte => {
                for entry in &mut changed.entries {
                    if let Some(byte) =
                        entry.record.public.iter_mut().rev().find(|byte| byte.is_ascii_lowercase())
                    {
                        *byte ^= 2;
                    }
                }
            }
            Haste::ForgetsTheIndex => {
                changed.entries.iter_mut().for_each(|entry| entry.touched.clear());
            }
        }
        self.inner.append(at, &changed)
    }
}

struct Blind {
    inner: EmbeddedReader,
    blindness: Blindness,
    asked: AtomicU64,
}

impl Reader for Blind {
    fn head(&self) -> Result<Head, ReadError> {
        let head = match self.inner.head() {
            Err(ReadError::Damaged { .. })
                if self.blindness == Blindness::AnswersInSpiteOfDamage =>
            {
                Head {
                    position: Position::ZERO,
                    root: sijil_log::tree::empty_root(),
                    recorded_at: None,
                }
            }
            other => other?,
        };
        let further =
            self.blindness == Blindness::SeesTooFar && self.asked.fetch_add(1, Relaxed) > 0;
        Ok(if further { Head { position: head.position.next(), ..head } } else { head })
    }
    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<StoredRecord>, ReadError> {
        let mut found = self.inner.read(from, limit)?;
        if self.blindness == Blindness::SkipsARecord && found.len() > 2 {
            found.remove(1);
        }
        Ok(found)
    }
    fn wait(&self, past: Position, timeout: Duration) -> Result<Position, ReadError> {
        self.inner.wait(past, timeout)
    }
    fn position_of(&self, event_id: Uuid) -> Result<Option<Position>, ReadError> {
        if self.blindness == Blindness::ForgetsIds {
            Ok(None)
        } else {
            self.inner.position_of(event_id)
        }
    }
    fn touching(
        &self,
        entity: &EntityRef,
        bound: Position,
        limit: usize,
        order: Order,
    ) -> Result<Vec<Position>, ReadError> {
        let mut found = self.inner.touching(entity, bound, limit, order)?;
        if self.blindness == Blindness::ForgetsTheOldest && found.len() > 1 {
            found.remove(0);
        }
        Ok(found)
    }
    fn root_at(&self, position: Position) -> Result<Option<Hash>, ReadError> {
        self.inner.root_at(position)
    }
    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        self.inner.hashes(level, from, count)
    }
    fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        self.inner.position_at(time)
    }
}

fn lazy(inner: Arc<dyn Storage>, sloth: Sloth) -> Arc<dyn Storage> {
    Arc::new(Lazy { inner, sloth })
}
fn hasty(inner: Box<dyn Writer>, haste: Haste) -> Box<dyn Writer> {
    Box::new(Hasty { inner, haste, held: None })
}
fn blind(inner: EmbeddedReader, blindness: Blindness) -> Arc<dyn Reader> {
    Arc::new(Blind { inner, blindness, asked: AtomicU64::new(0) })
}

macro_rules! planted {
    ($part:ident: $make:ident, $bug:ident :: $name:ident) => {
        (stringify!($name), Seams { $part: |inner| $make(inner, $bug::$name), ..Seams::PLAIN })
    };
}

/// Every planted bug of storage, writer and reader, by name.
pub const PLANTED: &[(&str, Seams)] = &[
    planted!(storage: lazy, Sloth::SkipsTheSync),
    planted!(storage: lazy, Sloth::SkipsTheFullSync),
    planted!(storage: lazy, Sloth::ForgetsTheDirectory),
    planted!(storage: lazy, Sloth::RetriesTheSync),
    planted!(storage: lazy, Sloth::HidesTheFailedSync),
    planted!(storage: lazy, Sloth::HidesTheFailedWrite),
    planted!(storage: lazy, Sloth::TakesAShortWriteForAWholeOne),
    planted!(storage: lazy, Sloth::DoesNotCut),
    planted!(storage: lazy, Sloth::WritesAfterTheSync),
    planted!(writer: hasty, Haste::AcknowledgesEarly),
    planted!(writer: hasty, Haste::HidesTheFailure),
    planted!(writer: hasty, Haste::DropsTheLastRecord),
    planted!(writer: hasty, Haste::DropsAVoid),
    planted!(writer: hasty, Haste::DoublesARecord),
    planted!(writer: hasty, Haste::AppendsByHalves),
    planted!(writer: hasty, Haste::ChangesAByte),
    planted!(writer: hasty, Haste::ForgetsTheIndex),
    planted!(reader: blind, Blindness::SeesTooFar),
    planted!(reader: blind, Blindness::SkipsARecord),
    planted!(reader: blind, Blindness::ForgetsIds),
    planted!(reader: blind, Blindness::ForgetsTheOldest),
    planted!(reader: blind, Blindness::AnswersInSpiteOfDamage),
];
