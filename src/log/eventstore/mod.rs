//! The log in a stream of EventStoreDB or KurrentDB, through its official client. Invariant: one batch is one append at an exact revision, whose ids
//! follow from its records, so that an append of unknown outcome is recognised at any age; revision + 1 is the position.
//!
//! The stream is the log. Beside it stands a *mirror*: the same records as an embedded log in the data directory, from which all questions are answered,
//! also while the server is out of reach. It is derived: removed, it is made again from the stream.

mod codec;
mod connection;
mod mirror;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sijil_schemas::{
    id::EntityRef,
    record::{Position, StoredRecord},
    time::Timestamp,
};
use uuid::Uuid;

use crate::{
    embedded::{EmbeddedReader, OpenError},
    port::{AppendError, Batch, Head, Order, ReadError, ReadLimit, Reader, Touched, Writer, touched_by_schema},
    seam::Storage,
    tree::Hash,
};
use codec::event_ids;
use connection::{Connection, Outcome};
use mirror::{Follower, Mirror};

/// The most bytes of one batch of several requests, personal parts included: with one record more, or one request of the most bytes alone, and what the server
/// counts beside them, it stays below one append of 1 MiB.
pub const BATCH_BYTES_MAX: usize = 832 * 1024;
/// The stream of a ledger unless said otherwise.
pub const STREAM: &str = "sijil";

/// Where the log stands.
#[derive(Clone)]
pub struct Options {
    /// The connection string, `esdb://…`.
    pub url: String,
    /// The stream of this ledger.
    pub stream: String,
    /// How long to try before an append or the opening is given up.
    pub patience: Duration,
    /// Names the entities a record touches.
    pub touched: Touched,
}

impl Options {
    /// The usual stream on this server.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Options {
        Options { url: url.into(), stream: STREAM.into(), patience: Duration::from_secs(30), touched: touched_by_schema() }
    }
}

/// Appends to the stream.
pub struct EventStoreWriter {
    connection: Arc<Connection>,
    mirror: Arc<Mirror>,
    _follower: Arc<Follower>,
}

/// Reads the mirror; clones share everything.
#[derive(Clone)]
pub struct EventStoreReader {
    mirror: EmbeddedReader,
    _follower: Arc<Follower>,
}

/// Opens the log: brings the mirror in `dir` up to the end of the stream, and goes on following it.
pub fn open(storage: Arc<dyn Storage>, dir: &Path, options: &Options) -> Result<(EventStoreWriter, EventStoreReader), OpenError> {
    let connection = Arc::new(Connection::new(options).map_err(OpenError::io(format!("connect to {}", options.stream)))?);
    let place: PathBuf = dir.join("mirror");
    let mirror = Arc::new(Mirror::open(storage, &place, &options.touched)?);
    mirror.check(&connection)?;
    while mirror.catch_up(&connection).map_err(OpenError::io(format!("read the stream {}", options.stream)))? > 0 {}
    let follower = Arc::new(Follower::start(&connection, &mirror));
    let reader = EventStoreReader { mirror: mirror.reader.clone(), _follower: follower.clone() };
    Ok((EventStoreWriter { connection, mirror, _follower: follower }, reader))
}

impl Writer for EventStoreWriter {
    fn append(&mut self, at: Position, batch: &Batch) -> Result<(), AppendError> {
        let unreadable = |source| AppendError::Unreachable { what: "read the end of the stream".into(), source };
        if self.mirror.head() < at {
            self.mirror.catch_up(&self.connection).map_err(unreadable)?;
        }
        if self.mirror.head() != at {
            return Err(AppendError::Conflict { expected: at, head: self.mirror.head() });
        }
        batch.check(at)?;
        match self.connection.append(at, batch, &event_ids(batch)) {
            Outcome::Landed => {
                self.mirror.take(batch.entries.iter().map(|entry| entry.record.clone()).collect());
                Ok(())
            }
            Outcome::Conflict => {
                while self.mirror.catch_up(&self.connection).map_err(unreadable)? > 0 {}
                Err(AppendError::Conflict { expected: at, head: self.mirror.head() })
            }
            Outcome::TooLarge { bytes } => Err(AppendError::TooLarge { what: "one append of the server", limit: BATCH_BYTES_MAX as u64, bytes }),
            Outcome::Failed(source) => Err(AppendError::Unreachable { what: "append to the stream".into(), source }),
        }
    }

    fn shared(&self) -> bool {
        true
    }

    fn batch_bytes_max(&self) -> usize {
        BATCH_BYTES_MAX
    }
}

impl Reader for EventStoreReader {
    fn head(&self) -> Result<Head, ReadError> {
        self.mirror.head()
    }
    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<StoredRecord>, ReadError> {
        self.mirror.read(from, limit)
    }
    fn wait(&self, past: Position, timeout: Duration) -> Result<Position, ReadError> {
        self.mirror.wait(past, timeout)
    }
    fn position_of(&self, event_id: Uuid) -> Result<Option<Position>, ReadError> {
        self.mirror.position_of(event_id)
    }
    fn touching(&self, entity: &EntityRef, bound: Position, limit: usize, order: Order) -> Result<Vec<Position>, ReadError> {
        self.mirror.touching(entity, bound, limit, order)
    }
    fn root_at(&self, position: Position) -> Result<Option<Hash>, ReadError> {
        self.mirror.root_at(position)
    }
    fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        self.mirror.position_at(time)
    }
}
