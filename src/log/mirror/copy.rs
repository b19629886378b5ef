//! The copy of a shared log, as an embedded log. Invariant: it grows by what the shared log holds
//! and by nothing else; where both end, their roots agree.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sijil_schemas::record::{Position, StoredRecord};

use super::{End, SharedLog, lazy::Lazy};
use crate::{
    embedded::{self, EmbeddedReader, EmbeddedWriter, OpenError, Opened},
    port::{
        AppendError, Batch, Entry, Erased, Eraser, Gone, ReadLimit, Reader, Touched, Writer,
        entity_hash,
    },
    seam::Storage,
    tree::{self, Frontier},
};

pub(crate) struct LocalCopy {
    pub(crate) shared: Arc<dyn SharedLog>,
    pub(crate) reader: EmbeddedReader,
    writer: Mutex<EmbeddedWriter>,
    touched: Touched,
    place: String,
}

impl LocalCopy {
    pub(crate) fn open(
        storage: &Arc<dyn Storage>,
        place: &Path,
        shared: Arc<dyn SharedLog>,
        touched: &Touched,
    ) -> Result<LocalCopy, OpenError> {
        let lazy: Arc<dyn Storage> = Arc::new(Lazy::over(storage.clone()));
        // What it holds is compared with the shared log, wherever the directory came from.
        let options = embedded::Options {
            touched: touched.clone(),
            adopt: true,
            ..embedded::Options::default()
        };
        let whole = |Opened { writer, reader, report }: Opened| match writer {
            Some(writer) => Ok((writer, reader)),
            None => Err(report
                .damage
                .first()
                .map_or_else(|| "it cannot be written".to_owned(), ToString::to_string)),
        };
        let damaged = match embedded::open(lazy.clone(), place, &options) {
            Ok(opened) => whole(opened),
            Err(OpenError::Read(error)) => Err(error.to_string()),
            Err(error) => return Err(error),
        };
        let opened = damaged.or_else(|damage| {
            tracing::warn!(
                damage,
                place = %place.display(),
                "the copy of the log is damaged; it is made again"
            );
            forget(&**storage, place)
                .map_err(OpenError::io(format!("remove {}", place.display())))?;
            let again = whole(embedded::open(lazy, place, &options)?);
            again.map_err(|damage| OpenError::Io {
                what: format!("make {}", place.display()),
                source: io::Error::other(damage),
            })
        });
        let (writer, reader) = opened?;
        Ok(LocalCopy {
            shared,
            reader,
            writer: Mutex::new(writer),
            touched: touched.clone(),
            place: place.display().to_string(),
        })
    }

    fn writer(&self) -> MutexGuard<'_, EmbeddedWriter> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn head(&self) -> Position {
        self.reader.head().map_or(Position::ZERO, |head| head.position)
    }

    /// The tree of all records, if the copy ends at `at`.
    pub(crate) fn tree_at(&self, at: Position) -> Option<Frontier> {
        let writer = self.writer();
        let tree = writer.tree();
        (tree.size() == at.get()).then(|| tree.clone())
    }

    /// Takes in all that the shared log holds now.
    pub(crate) fn latest(&self) -> io::Result<Position> {
        let before = self.head();
        let end = self.shared.end()?;
        self.catch_up(before, &end, &|_, _| ())?;
        Ok(end.position)
    }

    /// Takes in what the shared log holds up to an `end` it was seen to have when the copy had come
    /// at least to `before`.
    pub(crate) fn catch_up(
        &self,
        before: Position,
        end: &End,
        progress: &dyn Fn(Position, Position),
    ) -> io::Result<()> {
        if before > end.position {
            return Err(self.another(&format!("it ends at {}, the copy at {before}", end.position)));
        }
        let mut overlap = true;
        loop {
            let head = self.head();
            if head >= end.position {
                break;
            }
            // The first page begins with the last record of the copy, so that nothing is put on top
            // of another history.
            let page = if overlap { self.beyond(head)? } else { self.shared.page(head)? };
            if page.is_empty() && !overlap {
                return Err(invalid(format!(
                    "the log ends at {}, but has no record {}",
                    end.position,
                    head.next()
                )));
            }
            if !page.is_empty() {
                self.take(head, page)?;
                progress(self.head(), end.position);
            }
            overlap = false;
        }
        let same = match (end.root, end.last) {
            (Some(root), _) => self.reader.root_at(end.position).map(|ours| ours == Some(root)),
            (None, Some(last)) => self
                .reader
                .read(end.position, ReadLimit { records: 1, bytes: 1 })
                .map(|ours| ours.first().is_some_and(|ours| tree::leaf(&ours.public) == last)),
            (None, None) => Ok(true),
        };
        match same {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.another(&format!(
                "what it holds at {} is not what the copy holds there",
                end.position
            ))),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// A page of what comes after the copy's last record, which must stand in the log as well.
    fn beyond(&self, head: Position) -> io::Result<Vec<StoredRecord>> {
        let Some(before) = head.get().checked_sub(1) else { return self.shared.page(head) };
        let mut page = self.shared.page(Position::new(before))?;
        let ours =
            self.reader.read(head, ReadLimit { records: 1, bytes: 1 }).map_err(io::Error::other)?;
        // Parts may have been taken out of one of them.
        let public = |page: &[StoredRecord]| page.first().map(|record| record.public.clone());
        if public(&page) != public(&ours) {
            return Err(self.another(&format!("record {head} is not that of the copy")));
        }
        page.drain(..1);
        Ok(page)
    }

    /// Why the log is not the one the copy is of: the log of another ledger, by its first record,
    /// or another history of the same.
    fn another(&self, what: &str) -> io::Error {
        let place = &self.place;
        let first = ReadLimit { records: 1, bytes: 1 };
        let (theirs, ours) =
            (self.shared.page(Position::ZERO), self.reader.read(Position::new(1), first));
        if let (Ok(theirs), Ok(ours)) = (theirs, ours)
            && let (Some(theirs), Some(ours)) = (theirs.first(), ours.first())
            && theirs.public != ours.public
        {
            return io::Error::other(format!(
                "foreign: the log is that of another ledger than the copy in {place}: {what}; give \
                 the data directory of that ledger, or another one"
            ));
        }
        invalid(format!(
            "the log does not hold the history that is in its copy here: {what}. It has lost \
             records, was restored, or is another; the copy in {place} was left as it is, and \
             removing it gives up what only it holds"
        ))
    }

    fn take(&self, after: Position, page: Vec<StoredRecord>) -> io::Result<()> {
        let mut entries = Vec::with_capacity(page.len());
        let mut expected = after;
        for record in page {
            expected = expected.next();
            if record.position() != expected {
                return Err(invalid(format!(
                    "expected record {expected} in the log, found {}",
                    record.position()
                )));
            }
            let touched = (self.touched)(&record)
                .map_err(|why| invalid(format!("record {expected} cannot be decoded: {why}")))?;
            entries.push(Entry { touched: touched.iter().map(entity_hash).collect(), record });
        }
        self.take_own(&Batch { entries })
    }

    /// Takes personal parts out of the shared log first, and then out of the copy.
    pub(crate) fn erase(&self, gone: &Gone) -> io::Result<Erased> {
        let one = ReadLimit { records: 1, bytes: 1 };
        let mut left = Vec::new();
        for (position, parts) in gone {
            let read = self.reader.read(*position, one).map_err(io::Error::other)?;
            for record in read.iter().filter(|record| record.position() == *position) {
                let without = record.without_parts(parts);
                left.push(without.map_err(|error| invalid(error.to_string()))?.0);
            }
        }
        self.shared.forget(&left)?;
        let eraser = {
            let mut writer = self.writer();
            writer.seal_now().map_err(io::Error::other)?;
            writer.eraser()
        };
        eraser.erase(gone)
    }

    /// Takes in records that stand in the shared log. What cannot be written now is read from there
    /// later.
    pub(crate) fn take_own(&self, batch: &Batch) -> io::Result<()> {
        self.add(batch).map_err(|error| {
            io::Error::other(format!("the copy in {} cannot be written: {error}", self.place))
        })
    }

    /// Adds records that stand in the shared log; those it has are passed over.
    fn add(&self, batch: &Batch) -> Result<(), AppendError> {
        let mut writer = self.writer();
        let head = Position::new(writer.tree().size());
        let new = batch.entries.iter().position(|entry| entry.record.position() > head);
        match new {
            None => Ok(()),
            Some(0) => writer.append(head, batch),
            Some(some) => writer.append(head, &Batch { entries: batch.entries[some..].to_vec() }),
        }
    }
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Removes the records of a copy, and all that is derived from them.
fn forget(storage: &dyn Storage, place: &Path) -> io::Result<()> {
    for dir in ["log", "index", "tiles"].map(|name| place.join(name)) {
        for name in storage.list(&dir)? {
            storage.remove(&dir.join(name))?;
        }
    }
    Ok(())
}
