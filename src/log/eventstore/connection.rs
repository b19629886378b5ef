//! The official client behind walls: it is taken for faulty. Invariant: every call ends within its time, and after any failure the next one is made with a
//! new client, or after a refusal, once, with a new session of it.
//!
//! Faults seen: it does not fail over once its node has died; one whose first connection failed stays dead; unary appends wait 40 ms on Nagle's algorithm; a
//! batch session dies at its first refusal without the current revision; a subscription the server ended spins for ever, so none is made here; it panics, in a
//! task of its own, if another TLS provider was installed first, which shows as a closed connection.

use std::{
    future::Future,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use eventstore::{BatchAppendClient, Client, Error, ExpectedRevision, ReadStreamOptions, StreamPosition};
use sijil_schemas::record::{Position, StoredRecord};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{address::Address, codec};
use crate::port::Batch;

const CALL_MAX: Duration = Duration::from_secs(10);
const PAUSE_FIRST: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// Records of one page.
const PAGE_RECORDS: usize = 1_024;

/// What became of an append.
pub(crate) enum Outcome {
    Landed,
    /// Something else stands there.
    Conflict,
    TooLarge {
        bytes: u64,
    },
    Failed(io::Error),
}

struct Session {
    client: Client,
    batches: Option<BatchAppendClient>,
    /// Its last answer was a refusal.
    refused: bool,
}

/// A connection that is made again as often as needed.
pub(crate) struct Connection {
    runtime: Option<Runtime>,
    pub(crate) address: Address,
    session: Mutex<Option<Session>>,
    /// For questions asked while appending.
    pub(crate) asking: Line,
    /// For waiting for others.
    pub(crate) following: Line,
}

/// A client, until it fails.
pub(crate) type Line = Mutex<Option<Client>>;

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connection {
    pub(crate) fn new(address: &Address) -> io::Result<Connection> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("eventstore").enable_all().build()?;
        Ok(Connection { runtime: Some(runtime), address: address.clone(), session: Mutex::default(), asking: Line::default(), following: Line::default() })
    }

    fn wait<T>(&self, call: impl Future<Output = Result<T, Error>>) -> io::Result<Result<T, Error>> {
        let runtime = self.runtime.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        runtime.block_on(async { tokio::time::timeout(CALL_MAX, call).await }).map_err(|_| io::ErrorKind::TimedOut.into())
    }

    fn client(&self) -> io::Result<Client> {
        let runtime = self.runtime.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        Client::with_runtime_handle(runtime.handle().clone(), self.address.settings.clone()).map_err(io::Error::other)
    }

    /// The records after a position, at most a page of them.
    pub(crate) fn page(&self, after: Position) -> io::Result<Vec<StoredRecord>> {
        let options = ReadStreamOptions::default().forwards().position(StreamPosition::Position(after.get())).max_count(PAGE_RECORDS);
        self.read(&self.asking, &options)
    }

    /// The last record.
    pub(crate) fn last(&self, line: &Line) -> io::Result<Option<StoredRecord>> {
        let options = ReadStreamOptions::default().backwards().position(StreamPosition::End).max_count(1);
        Ok(self.read(line, &options)?.pop())
    }

    fn read(&self, line: &Line, options: &ReadStreamOptions) -> io::Result<Vec<StoredRecord>> {
        let mut kept = locked(line);
        let client = match kept.take() {
            Some(client) => client,
            None => self.client()?,
        };
        let read = async {
            let mut records = Vec::new();
            let mut events = match client.read_stream(self.address.stream.as_str(), options).await {
                Err(Error::ResourceNotFound) => return Ok(records),
                other => other?,
            };
            loop {
                match events.next().await {
                    Ok(Some(event)) => records.push(codec::record(event.get_original_event())),
                    Ok(None) | Err(Error::ResourceNotFound) => return Ok(records),
                    Err(error) => return Err(error),
                }
            }
        };
        let records = self.wait(read)?.map_err(io::Error::other)?;
        *kept = Some(client);
        records.into_iter().collect()
    }

    fn send(&self, at: Position, batch: &Batch, ids: &[Uuid]) -> io::Result<Result<(), Error>> {
        let mut kept = locked(&self.session);
        let Session { client, batches, refused } = match kept.take() {
            Some(session) => session,
            None => Session { client: self.client()?, batches: None, refused: false },
        };
        let batches = match batches {
            Some(batches) => batches,
            None => match self.wait(client.batch_append(&eventstore::BatchAppendOptions::default()))? {
                Ok(batches) => batches,
                Err(error) => return Ok(Err(error)),
            },
        };
        let expected = at.get().checked_sub(1).map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
        let answer = self.wait(batches.append_to_stream(self.address.stream.as_str(), expected, codec::events(batch, ids)))?;
        *kept = match &answer {
            Ok(_) => Some(Session { client, batches: Some(batches), refused: false }),
            Err(Error::Grpc { .. }) if !refused => Some(Session { client, batches: None, refused: true }),
            Err(_) => None,
        };
        Ok(answer.map(drop))
    }

    /// Appends after `at`; what a lost answer leaves unknown is looked up, and the same is sent again until the patience ends.
    pub(crate) fn append(&self, at: Position, batch: &Batch, ids: &[Uuid], patience: Duration) -> Outcome {
        let until = Instant::now() + patience;
        let mut pause = PAUSE_FIRST;
        loop {
            let sent = self.send(at, batch, ids);
            let (why, refused) = match sent {
                Ok(Ok(())) => return Outcome::Landed,
                Ok(Err(error)) => (error.to_string(), matches!(error, Error::Grpc { .. } | Error::WrongExpectedVersion { .. })),
                Err(error) => (error.to_string(), false),
            };
            // A refusal does not say where the stream ends, and a lost answer not whether the batch landed: the stream does.
            match self.page(at) {
                Ok(found) if !found.is_empty() => return standing(&found, batch),
                Ok(_) if refused && why.contains("Maximum Append Size") => {
                    let bytes = batch.entries.iter().map(|entry| entry.record.public.len() + entry.record.personal.len()).sum::<usize>();
                    return Outcome::TooLarge { bytes: bytes as u64 };
                }
                Ok(_) if refused && self.ends_before(at) => return Outcome::Conflict,
                Ok(_) | Err(_) => {}
            }
            if Instant::now() >= until {
                return Outcome::Failed(io::Error::other(why));
            }
            tracing::warn!(why, %at, stream = self.address.stream, "an append was not answered; trying again with the same ids");
            thread::sleep(pause);
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    fn ends_before(&self, at: Position) -> bool {
        at.get().checked_sub(1).is_some_and(|before| self.page(Position::new(before)).is_ok_and(|found| found.is_empty()))
    }
}

/// Whether what stands after `at` is this batch.
fn standing(found: &[StoredRecord], batch: &Batch) -> Outcome {
    // A batch lands whole: as much of it as one page shows tells.
    let shown = batch.entries.len().min(PAGE_RECORDS);
    let ours = found.len() >= shown && batch.entries.iter().zip(found).all(|(entry, found)| entry.record == *found);
    if ours { Outcome::Landed } else { Outcome::Conflict }
}
