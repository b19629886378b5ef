//! The stream's records as an embedded log in the data directory. Invariant: a prefix of the stream, byte for byte; derived, and made again when missing.

use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use sijil_schemas::record::{Position, StoredRecord};

use super::connection::Connection;
use crate::{
    embedded::{self, EmbeddedReader, EmbeddedWriter, OpenError, Opened},
    port::{Batch, Entry, ReadLimit, Reader, Touched, Writer, entity_hash},
    seam::Storage,
};

/// How often the stream is asked for more: a subscription would be told, but the client's cannot be trusted.
const POLL: Duration = Duration::from_millis(50);
const POLL_UNREACHABLE: Duration = Duration::from_millis(500);

/// The mirror of a stream.
pub(crate) struct Mirror {
    pub(crate) reader: EmbeddedReader,
    writer: Mutex<EmbeddedWriter>,
    touched: Touched,
    place: String,
}

impl Mirror {
    pub(crate) fn open(storage: Arc<dyn Storage>, place: &Path, touched: &Touched) -> Result<Mirror, OpenError> {
        let options = embedded::Options { touched: touched.clone(), ..embedded::Options::default() };
        let Opened { writer, reader, report } = embedded::open(storage, place, &options)?;
        let place = place.display().to_string();
        let damaged = || {
            let damage = report.damage.first().map_or_else(|| "it cannot be written".to_owned(), ToString::to_string);
            io::Error::new(io::ErrorKind::InvalidData, format!("{damage}; remove {place}, it is made again from the stream"))
        };
        let writer = writer.ok_or_else(damaged).map_err(OpenError::io("open the mirror of the log"))?;
        Ok(Mirror { reader, writer: Mutex::new(writer), touched: touched.clone(), place })
    }

    pub(crate) fn head(&self) -> Position {
        self.reader.head().map_or(Position::ZERO, |head| head.position)
    }

    /// Refuses a mirror whose last record is not in the stream: one of them is not of this ledger, or has lost records.
    pub(crate) fn check(&self, connection: &Connection) -> Result<(), OpenError> {
        let head = self.head();
        let Some(before) = head.get().checked_sub(1) else { return Ok(()) };
        let reading = OpenError::io("compare the mirror with the log");
        let found = match connection.page_at_last(Position::new(before)) {
            Ok(found) => found,
            Err(error) => return Err(reading(error)),
        };
        let ours = self.reader.read(head, ReadLimit { records: 1, bytes: 1 })?;
        if found.first() == ours.first() {
            return Ok(());
        }
        let what = format!(
            "the stream does not hold record {head} of its mirror in {}: it was restored, or is another's; remove the mirror to go on with it",
            self.place
        );
        Err(reading(io::Error::new(io::ErrorKind::InvalidData, what)))
    }

    /// Takes one page of what is new in the stream; says how many records it had.
    pub(crate) fn catch_up(&self, connection: &Connection) -> io::Result<usize> {
        let records = connection.page_at_last(self.head())?;
        let count = records.len();
        self.take(records);
        Ok(count)
    }

    /// Takes records that stand in the stream; those it has are passed over. What cannot be written now is taken later.
    pub(crate) fn take(&self, records: Vec<StoredRecord>) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let head = self.head();
        let mut entries = Vec::with_capacity(records.len());
        for record in records.into_iter().filter(|record| record.position() > head) {
            let touched = match (self.touched)(&record) {
                Ok(touched) => touched.iter().map(entity_hash).collect(),
                Err(error) => {
                    tracing::error!(error, position = %record.position(), "a record of the stream cannot be decoded; the mirror stops before it");
                    break;
                }
            };
            entries.push(Entry { record, touched });
        }
        if entries.is_empty() {
            return;
        }
        if let Err(error) = writer.append(head, &Batch { entries }) {
            tracing::error!(%error, %head, place = self.place, "the mirror of the log was not written");
        }
    }
}

/// Follows the stream until dropped.
pub(crate) struct Follower {
    stopping: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Follower {
    pub(crate) fn start(connection: &Arc<Connection>, mirror: &Arc<Mirror>) -> Follower {
        let stopping = Arc::new(AtomicBool::new(false));
        let (stop, connection, mirror) = (stopping.clone(), connection.clone(), mirror.clone());
        let thread = thread::spawn(move || {
            while !stop.load(Ordering::Acquire) {
                let pause = match connection.page(mirror.head()) {
                    Ok(records) if records.is_empty() => POLL,
                    Ok(records) => {
                        mirror.take(records);
                        continue;
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the log is out of reach; what is known of it is served");
                        POLL_UNREACHABLE
                    }
                };
                thread::park_timeout(pause);
            }
        });
        Follower { stopping, thread: Mutex::new(Some(thread)) }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            thread.thread().unpark();
            drop(thread.join());
        }
    }
}
