//! The official client behind walls: it is taken for faulty. Invariant: every call ends within its
//! time; after any failure the next one is made with a new client, at most once per pause, or after
//! a refusal, once, with a new session of it; and nothing of a client outlives it.
//!
//! Faults seen: it does not fail over once its node has died; one whose first connection failed
//! stays dead; unary appends wait 40 ms on Nagle's algorithm; a batch session dies at its first
//! refusal without the current revision; a subscription the server ended spins for ever, so none is
//! made here; it panics, in a task of its own, if another TLS provider was installed first, which
//! shows as a closed connection.

use std::{
    future::Future,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use eventstore::{
    BatchAppendClient, Client, ClientSettings, Error, ExpectedRevision, ReadStreamOptions,
    StreamPosition,
};
use sijil_schemas::record::{Position, StoredRecord};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::{address::Address, codec};
use crate::{
    backoff::{Backoff, PAUSE_FIRST, PAUSE_MAX},
    port::Batch,
};

const CALL_MAX: Duration = Duration::from_secs(10);
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

/// A client and all that it leaves running, which ends with it: what it spawns goes on connecting
/// long after it was dropped.
struct Dialled {
    client: Client,
    runtime: Option<Runtime>,
}

impl Drop for Dialled {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Dialled {
    fn new(settings: &ClientSettings) -> io::Result<Dialled> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("eventstore")
            .enable_all()
            .build()?;
        let client = Client::with_runtime_handle(runtime.handle().clone(), settings.clone())
            .map_err(io::Error::other)?;
        Ok(Dialled { client, runtime: Some(runtime) })
    }

    fn wait<T>(
        &self,
        call: impl Future<Output = Result<T, Error>>,
    ) -> io::Result<Result<T, Error>> {
        let runtime = self.runtime.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        runtime
            .block_on(async { tokio::time::timeout(CALL_MAX, call).await })
            .map_err(|_| io::ErrorKind::TimedOut.into())
    }
}

struct Session {
    dialled: Dialled,
    batches: Option<BatchAppendClient>,
    /// Its last answer was a refusal.
    refused: bool,
}

/// What is kept until it fails, and when it may be made again.
struct Kept<T> {
    kept: Option<T>,
    backoff: Backoff,
}

impl<T> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept { kept: None, backoff: Backoff::default() }
    }
}

/// A client, until it fails.
#[derive(Default)]
pub(crate) struct Line(Mutex<Kept<Dialled>>);

/// Connections that are made again as often as needed.
pub(crate) struct Connection {
    pub(crate) address: Address,
    session: Mutex<Kept<Session>>,
    /// For questions asked while appending.
    pub(crate) asking: Line,
    /// For waiting for others.
    pub(crate) following: Line,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connection {
    pub(crate) fn new(address: &Address) -> Connection {
        Connection {
            address: address.clone(),
            session: Mutex::default(),
            asking: Line::default(),
            following: Line::default(),
        }
    }

    /// The records after a position, at most a page of them.
    pub(crate) fn page(&self, after: Position) -> io::Result<Vec<StoredRecord>> {
        let options = ReadStreamOptions::default()
            .forwards()
            .position(StreamPosition::Position(after.get()))
            .max_count(PAGE_RECORDS);
        self.read(&self.asking, &options)
    }

    /// The last record.
    pub(crate) fn last(&self, line: &Line) -> io::Result<Option<StoredRecord>> {
        let options =
            ReadStreamOptions::default().backwards().position(StreamPosition::End).max_count(1);
        Ok(self.read(line, &options)?.pop())
    }

    fn read(&self, line: &Line, options: &ReadStreamOptions) -> io::Result<Vec<StoredRecord>> {
        let Kept { kept, backoff } = &mut *locked(&line.0);
        backoff.attempt(|| {
            let dialled = match kept.take() {
                Some(dialled) => dialled,
                None => Dialled::new(&self.address.settings)?,
            };
            let read = async {
                let mut records = Vec::new();
                let mut events =
                    match dialled.client.read_stream(self.address.stream.as_str(), options).await {
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
            let records = dialled.wait(read)?.map_err(io::Error::other)?;
            *kept = Some(dialled);
            records.into_iter().collect()
        })
    }

    fn send(&self, at: Position, batch: &Batch, ids: &[Uuid]) -> io::Result<Result<(), Error>> {
        let Kept { kept, backoff } = &mut *locked(&self.session);
        backoff.ready()?;
        let sent = self.send_with(kept, at, batch, ids);
        match &sent {
            Err(error) => backoff.note(Some(error)),
            Ok(answer) => backoff.note(answer.as_ref().err().filter(|error| !is_refusal(error))),
        }
        sent
    }

    fn send_with(
        &self,
        kept: &mut Option<Session>,
        at: Position,
        batch: &Batch,
        ids: &[Uuid],
    ) -> io::Result<Result<(), Error>> {
        let Session { dialled, batches, refused } = match kept.take() {
            Some(session) => session,
            None => Session {
                dialled: Dialled::new(&self.address.settings)?,
                batches: None,
                refused: false,
            },
        };
        let batches = match batches {
            Some(batches) => batches,
            None => match dialled
                .wait(dialled.client.batch_append(&eventstore::BatchAppendOptions::default()))?
            {
                Ok(batches) => batches,
                Err(error) => return Ok(Err(error)),
            },
        };
        let expected =
            at.get().checked_sub(1).map_or(ExpectedRevision::NoStream, ExpectedRevision::Exact);
        let answer = dialled.wait(batches.append_to_stream(
            self.address.stream.as_str(),
            expected,
            codec::events(batch, ids),
        ))?;
        *kept = match &answer {
            Ok(_) => Some(Session { dialled, batches: Some(batches), refused: false }),
            Err(Error::Grpc { .. }) if !refused => {
                Some(Session { dialled, batches: None, refused: true })
            }
            Err(_) => None,
        };
        Ok(answer.map(drop))
    }

    /// Appends after `at`; what a lost answer leaves unknown is looked up, and the same is sent
    /// again until the patience ends.
    pub(crate) fn append(
        &self,
        at: Position,
        batch: &Batch,
        ids: &[Uuid],
        patience: Duration,
    ) -> Outcome {
        let until = Instant::now() + patience;
        let mut pause = PAUSE_FIRST;
        loop {
            let sent = self.send(at, batch, ids);
            let (why, refused) = match sent {
                Ok(Ok(())) => return Outcome::Landed,
                Ok(Err(error)) => (error.to_string(), is_refusal(&error)),
                Err(error) => (error.to_string(), false),
            };
            // A refusal does not say where the stream ends, and a lost answer not whether the batch
            // landed: the stream does.
            match self.page(at) {
                Ok(found) if !found.is_empty() => return standing(&found, batch),
                Ok(_) if refused && why.contains("Maximum Append Size") => {
                    let bytes = batch
                        .entries
                        .iter()
                        .map(|entry| entry.record.public.len() + entry.record.personal.len())
                        .sum::<usize>();
                    return Outcome::TooLarge { bytes: bytes as u64 };
                }
                Ok(_) if refused && self.ends_before(at) => return Outcome::Conflict,
                Ok(_) | Err(_) => {}
            }
            if Instant::now() >= until {
                return Outcome::Failed(io::Error::other(why));
            }
            tracing::warn!(
                why,
                %at,
                stream = self.address.stream,
                "an append was not answered; trying again with the same ids"
            );
            thread::sleep(pause);
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    fn ends_before(&self, at: Position) -> bool {
        at.get().checked_sub(1).is_some_and(|before| {
            self.page(Position::new(before)).is_ok_and(|found| found.is_empty())
        })
    }
}

/// Whether the server answered, and said no.
fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::Grpc { .. } | Error::WrongExpectedVersion { .. })
}

/// Whether what stands after `at` is this batch.
fn standing(found: &[StoredRecord], batch: &Batch) -> Outcome {
    // A batch lands whole: as much of it as one page shows tells.
    let shown = batch.entries.len().min(PAGE_RECORDS);
    let ours = found.len() >= shown
        && batch.entries.iter().zip(found).all(|(entry, found)| entry.record == *found);
    if ours { Outcome::Landed } else { Outcome::Conflict }
}
