//! Reading the log into records and taking them into views, on several threads. Invariant: the
//! order and the outcome do not depend on the number of threads.

use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::bounded;
use sijil_log::{Head, ReadError, ReadLimit, Reader};
use sijil_projections::Views;
use sijil_schemas::{Position, Record, StoredRecord};

use crate::{browse::nothing_at, ledger::Parts, snapshots::Restored};

type Decoded = Result<Vec<Record>, ReadError>;

/// A chunk of records that is decoded at once; what is no longer than this needs no threads.
const CHUNK: ReadLimit = ReadLimit { records: 8_192, bytes: 4 << 20 };

/// Fewer records are taken in on the caller's thread: to share them out would take longer.
const SHARED_OUT_MIN: usize = 1_024;

/// Lets views take in the next records; each fold is one thread's work at a time.
pub(crate) fn take(views: &mut Views, records: &[Record], threads: usize) {
    take_where(views, records, threads, &|_, _| true);
}

/// The same, into those folds that take a record.
pub(crate) fn take_where(
    views: &mut Views,
    records: &[Record],
    threads: usize,
    takes: &(dyn Fn(&'static str, &Record) -> bool + Sync),
) {
    let work = views.work(records, takes);
    let helpers =
        if records.len() < SHARED_OUT_MIN { 0 } else { threads.min(work.len()).saturating_sub(1) };
    let work = Mutex::new(work.into_iter());
    let next = || work.lock().unwrap_or_else(PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        let run = || {
            while let Some(piece) = next() {
                piece();
            }
        };
        for _ in 0..helpers {
            scope.spawn(run);
        }
        run();
    });
}

/// Hands every record after `after` up to `to` to `take`, in order; decodes on `threads` threads
/// besides the caller's.
pub(crate) fn replay(
    reader: &Arc<dyn Reader>,
    after: Position,
    to: Position,
    threads: usize,
    mut take: impl FnMut(Vec<Record>),
) -> Result<(), ReadError> {
    let threads = threads.max(1);
    if to.get().saturating_sub(after.get()) <= CHUNK.records as u64 {
        return replay_here(&**reader, after, to, take);
    }
    std::thread::scope(|scope| {
        // Two chunks per thread wait at most, so memory stays bounded whatever the length of the
        // log.
        let (work, todo) =
            bounded::<(Vec<StoredRecord>, crossbeam_channel::Sender<Decoded>)>(threads);
        let (tickets, done) = bounded::<crossbeam_channel::Receiver<Decoded>>(threads * 2);
        for _ in 0..threads {
            let todo = todo.clone();
            scope.spawn(move || {
                while let Ok((stored, reply)) = todo.recv() {
                    drop(reply.send(decode_all(&stored)));
                }
            });
        }
        drop(todo);
        let failed = scope.spawn(move || {
            let mut from = after.next();
            while from <= to {
                let stored = chunk(&**reader, from, to)?;
                from = last_of(&stored, from)?.next();
                let (reply, ticket) = bounded(1);
                if tickets.send(ticket).is_err() || work.send((stored, reply)).is_err() {
                    return Ok(());
                }
            }
            Ok(())
        });
        let mut outcome = Ok(());
        for ticket in &done {
            match ticket.recv() {
                Ok(Ok(records)) => take(records),
                Ok(Err(error)) => {
                    outcome = Err(error);
                    break;
                }
                Err(_) => break,
            }
        }
        drop(done);
        match failed.join() {
            Ok(read) => outcome.and(read),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn replay_here(
    reader: &dyn Reader,
    after: Position,
    to: Position,
    mut take: impl FnMut(Vec<Record>),
) -> Result<(), ReadError> {
    let mut from = after.next();
    while from <= to {
        let stored = chunk(reader, from, to)?;
        from = last_of(&stored, from)?.next();
        take(decode_all(&stored)?);
    }
    Ok(())
}

/// The last position of what was read; an error if nothing was: a replay that ends early would look
/// whole.
fn last_of(stored: &[StoredRecord], from: Position) -> Result<Position, ReadError> {
    stored.last().map(StoredRecord::position).ok_or_else(|| nothing_at(from))
}

fn chunk(
    reader: &dyn Reader,
    from: Position,
    to: Position,
) -> Result<Vec<StoredRecord>, ReadError> {
    let records =
        usize::try_from(to.get() - from.get() + 1).unwrap_or(usize::MAX).min(CHUNK.records);
    reader.read(from, ReadLimit { records, ..CHUNK })
}

pub(crate) fn decode_all(stored: &[StoredRecord]) -> Decoded {
    stored.iter().map(|s| s.decode().map_err(|e| ReadError::of_record(s, e))).collect()
}

/// The views at the head: from snapshots as far as they fit, then from the log.
pub(crate) fn load(parts: &Parts, head: Head) -> Result<Views, ReadError> {
    let restored = parts.snapshots.as_ref().and_then(|s| s.restore(&*parts.reader, parts.threads));
    let Restored { mut views, behind } = restored.unwrap_or_default();
    for (fold, mut alone) in behind {
        // A fold without a snapshot here (another edition, say) is brought alone to where the
        // others stand.
        tracing::info!(fold, from = %alone.position(), to = %views.position(), "rebuilding");
        replay(&parts.reader, alone.position(), views.position(), parts.threads, |records| {
            take_where(&mut alone, &records, parts.threads, &|name, _| name == fold);
        })?;
        views.exchange(fold, &mut alone);
    }
    let after = views.position();
    replay(&parts.reader, after, head.position, parts.threads, |records| {
        take(&mut views, &records, parts.threads);
        if let (Some(progress), Some(last)) = (&parts.progress, records.last()) {
            progress(last.position, head.position);
        }
    })?;
    Ok(views)
}
