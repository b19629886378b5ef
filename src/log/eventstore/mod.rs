//! The log in a stream of EventStoreDB or KurrentDB, through its official client. Invariant: one
//! batch is one append at an exact revision, whose ids follow from its records, so that an append
//! of unknown outcome is recognised at any age; revision + 1 is the position.

mod address;
mod codec;
mod connection;

use std::{
    io,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use sijil_schemas::record::{Position, StoredRecord};

pub use address::{Address, BadAddress, STREAM};

use crate::{
    mirror::{End, SharedLog},
    port::{AppendError, Batch},
    tree::{self, Hash},
};
use codec::event_ids;
use connection::{Connection, Outcome};

/// The most bytes of one batch of several requests, personal parts included: with one record more,
/// or one request of the most bytes alone, and what the server counts beside them, it stays below
/// one append of 1 MiB.
pub const BATCH_BYTES_MAX: usize = 832 * 1024;
/// How long an append is tried before it is answered that nobody knows.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the stream is asked for more: a subscription would be told, but the client's cannot be
/// trusted.
const POLL: Duration = Duration::from_millis(50);

/// A log in a stream.
pub struct EventStoreLog {
    connection: Connection,
    patience: Duration,
    /// The last append, if it was not answered.
    doubt: Mutex<Option<(Position, Batch)>>,
}

impl EventStoreLog {
    /// A log at this address; nothing is sent yet.
    pub fn new(address: &Address) -> io::Result<EventStoreLog> {
        EventStoreLog::with_patience(address, PATIENCE)
    }

    /// The same; an append is tried so long before it is answered that nobody knows.
    pub fn with_patience(address: &Address, patience: Duration) -> io::Result<EventStoreLog> {
        Ok(EventStoreLog {
            connection: Connection::new(address),
            patience,
            doubt: Mutex::default(),
        })
    }

    /// Sees to it that an append that was not answered cannot land any more: it is sent again, with
    /// the same ids, until it stands there or something else does.
    fn settle(&self) -> io::Result<()> {
        let mut doubt = self.doubt.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((at, batch)) = &*doubt else { return Ok(()) };
        match self.connection.append(*at, batch, &event_ids(batch), Duration::ZERO) {
            Outcome::Landed | Outcome::Conflict | Outcome::TooLarge { .. } => {
                *doubt = None;
                Ok(())
            }
            Outcome::Failed(error) => Err(error),
        }
    }
}

fn end(last: Option<StoredRecord>) -> End {
    last.map_or(End::default(), |record| End {
        position: record.position(),
        root: None,
        last: Some(tree::leaf(&record.public)),
    })
}

impl SharedLog for EventStoreLog {
    fn place(&self) -> String {
        self.connection.address.to_string()
    }

    fn end(&self) -> io::Result<End> {
        self.settle()?;
        self.connection.last(&self.connection.asking).map(end)
    }

    fn page(&self, after: Position) -> io::Result<Vec<StoredRecord>> {
        self.connection.page(after)
    }

    fn append(&self, at: &End, batch: &Batch, _root: &Hash) -> Result<(), AppendError> {
        let unreachable =
            |what: &str, source| AppendError::Unreachable { what: what.to_owned(), source };
        self.settle().map_err(|source| unreachable("learn what became of an append", source))?;
        match self.connection.append(at.position, batch, &event_ids(batch), self.patience) {
            Outcome::Landed => Ok(()),
            Outcome::Conflict => {
                Err(AppendError::Conflict { expected: at.position, head: at.position })
            }
            Outcome::TooLarge { bytes } => Err(AppendError::TooLarge {
                what: "one append of the server",
                limit: BATCH_BYTES_MAX as u64,
                bytes,
            }),
            Outcome::Failed(source) => {
                *self.doubt.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((at.position, batch.clone()));
                Err(unreachable("append to the stream", source))
            }
        }
    }

    fn listen(&self, at_most: Duration) -> io::Result<End> {
        thread::sleep(at_most.min(POLL));
        self.connection.last(&self.connection.following).map(end)
    }

    fn batch_bytes_max(&self) -> usize {
        BATCH_BYTES_MAX
    }
}
