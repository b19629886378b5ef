//! A log that stands elsewhere, with a copy of it here that answers. Invariant: the copy is a
//! prefix of the log, byte for byte; it is derived, and made again when it is missing or damaged.
//!
//! An adapter says how a shared log ends, grows and is read in pages ([`SharedLog`]); the mirror
//! makes a [`Writer`] and a [`Reader`] of it. Questions are answered from an embedded log in the
//! data directory, as fast as there, and also while the shared log is out of reach.

mod copy;
mod follower;
mod lazy;
mod verify;

use std::{
    io,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use sijil_schemas::{
    id::EntityRef,
    record::{Position, StoredRecord},
    time::Timestamp,
};
use uuid::Uuid;

use crate::{
    embedded::{self, EmbeddedReader, OpenError},
    port::{
        AppendError, Batch, Batched, Erased, Eraser, Gone, Head, Order, ReadError, ReadLimit,
        Reader, Touched, Writer,
    },
    seam::Storage,
    tree::{self, Hash},
};
use copy::LocalCopy;
use follower::Follower;
pub(crate) use follower::SILENCE;
pub use lazy::Lazy;
pub use verify::verify;

/// The directory of the copy, in a data directory.
pub const MIRROR: &str = "mirror";
/// How long to wait for another process to bring the copy up.
const BESIDE: Duration = Duration::from_secs(10);
const BESIDE_PAUSE: Duration = Duration::from_millis(20);

/// Of an address, so much is shown.
const ADDRESS_CHARS_MAX: usize = 200;

/// Where a shared log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct End {
    /// The last position.
    pub position: Position,
    /// The root there, if the log keeps it.
    pub root: Option<Hash>,
    /// The leaf of the last record, if the log keeps no root.
    pub last: Option<Hash>,
}

/// A log that several nodes share.
pub trait SharedLog: Send + Sync {
    /// Where it stands, for people; holds no secret.
    fn place(&self) -> String;
    /// What keeps it, in one word, if it can forget personal parts.
    fn forgets(&self) -> Option<&'static str> {
        None
    }
    /// Where it ends now. Once this is answered, no earlier append of this process whose outcome
    /// was not known can still land.
    fn end(&self) -> io::Result<End>;
    /// Some of the records after a position, in order; none only at the end.
    fn page(&self, after: Position) -> io::Result<Vec<StoredRecord>>;
    /// Appends a batch if the log ends at `at`, and the history up to there is the one with this
    /// root; `root` is the one after the batch.
    fn append(&self, at: &End, batch: &Batch, root: &Hash) -> Result<(), AppendError>;
    /// Sleeps until the log may have grown, or the time is up; says where it ends then.
    fn listen(&self, at_most: Duration) -> io::Result<End>;
    /// Takes out personal bytes: each of these records keeps those it is given with, which are what
    /// is left of what stands there. Their public bytes are what stands there; another record is
    /// left as it is, and that is an error. Done again, it changes nothing.
    fn forget(&self, _left: &[StoredRecord]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    /// The most bytes, public and personal parts together, that one batch may have.
    fn batch_bytes_max(&self) -> usize {
        usize::MAX
    }
}

/// Appends to a shared log.
pub struct MirrorWriter {
    copy: Arc<LocalCopy>,
    _follower: Arc<Follower>,
}

/// The address of a shared log for people: without user, password and options.
pub(crate) fn without_secrets(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let place: String = place.chars().take_while(|c| *c != '?').take(ADDRESS_CHARS_MAX).collect();
    if scheme.is_empty() { place } else { format!("{scheme}://{place}") }
}

/// Reads the copy of a shared log; clones share everything.
#[derive(Clone)]
pub struct MirrorReader {
    copy: Arc<LocalCopy>,
    reader: EmbeddedReader,
    follower: Arc<Follower>,
}

/// Opens a shared log: brings its copy in `dir` up to the end, telling `progress` (position, end),
/// and goes on following it.
pub fn open(
    storage: &Arc<dyn Storage>,
    dir: &Path,
    shared: Arc<dyn SharedLog>,
    touched: &Touched,
    progress: &dyn Fn(Position, Position),
) -> Result<(MirrorWriter, MirrorReader), OpenError> {
    let place = shared.place();
    let reading = || OpenError::io(format!("reach the log at {place}"));
    let end = shared.end().map_err(reading())?;
    let copy = Arc::new(LocalCopy::open(storage, &dir.join(MIRROR), shared.clone(), touched)?);
    let before = copy.head();
    copy.catch_up(before, &end, progress).map_err(reading())?;
    let follower = Arc::new(Follower::start(&copy).map_err(OpenError::io("start a thread"))?);
    let reader = MirrorReader {
        copy: copy.clone(),
        reader: copy.reader.clone(),
        follower: follower.clone(),
    };
    Ok((MirrorWriter { copy, _follower: follower }, reader))
}

/// Reads a shared log through the copy in `dir` that another process keeps up; waits until it holds
/// all that is in the log now.
pub fn open_beside(
    storage: &Arc<dyn Storage>,
    dir: &Path,
    shared: &dyn SharedLog,
    touched: &Touched,
) -> Result<EmbeddedReader, OpenError> {
    let place = shared.place();
    let end = shared.end().map_err(OpenError::io(format!("reach the log at {place}")))?;
    let options = embedded::Options {
        read_only: true,
        touched: touched.clone(),
        ..embedded::Options::default()
    };
    let until = Instant::now() + BESIDE;
    loop {
        let opened = embedded::open(storage.clone(), &dir.join(MIRROR), &options)?;
        let head = opened.reader.head()?;
        if head.position >= end.position {
            return Ok(opened.reader);
        }
        if Instant::now() > until {
            let what = format!(
                "it ends at {}, the process that keeps its copy in {} up has come to {}; is it in \
                 reach?",
                end.position,
                dir.display(),
                head.position
            );
            return Err(OpenError::Io {
                what: format!("read the log at {place}"),
                source: io::Error::new(io::ErrorKind::TimedOut, what),
            });
        }
        thread::sleep(BESIDE_PAUSE);
    }
}

impl Writer for MirrorWriter {
    fn append(&mut self, at: Position, batch: &Batch) -> Result<(), AppendError> {
        let unreachable =
            |source| AppendError::Unreachable { what: "read the end of the log".into(), source };
        let tree = match self.copy.tree_at(at) {
            Some(tree) => tree,
            None => {
                self.copy.latest().map_err(unreachable)?;
                let head = self.copy.head();
                self.copy.tree_at(at).ok_or(AppendError::Conflict { expected: at, head })?
            }
        };
        batch.check(at)?;
        let mut grown = tree.clone();
        batch.entries.iter().for_each(|entry| grown.push(tree::leaf(&entry.record.public)));
        match self.copy.shared.append(
            &End { position: at, root: Some(tree.root()), last: None },
            batch,
            &grown.root(),
        ) {
            // What the copy does not hold is not found by its id: so it is in doubt until the copy
            // has caught up.
            Ok(()) => self.copy.take_own(batch).map_err(|source| AppendError::Unreachable {
                what: "show what was appended".into(),
                source,
            }),
            Err(AppendError::Conflict { .. }) => {
                self.copy.latest().map_err(unreachable)?;
                Err(AppendError::Conflict { expected: at, head: self.copy.head() })
            }
            other => other,
        }
    }

    fn shared(&self) -> bool {
        true
    }

    fn batch_bytes_max(&self) -> usize {
        self.copy.shared.batch_bytes_max()
    }
}

impl Eraser for LocalCopy {
    fn place(&self) -> &'static str {
        self.shared.forgets().unwrap_or("copy")
    }
    fn erase(&self, gone: &Gone) -> io::Result<Erased> {
        LocalCopy::erase(self, gone)
    }
}

impl Reader for MirrorReader {
    fn eraser(&self) -> Option<Arc<dyn Eraser>> {
        self.copy.shared.forgets().map(|_| self.copy.clone() as Arc<dyn Eraser>)
    }
    fn head(&self) -> Result<Head, ReadError> {
        self.reader.head()
    }
    fn latest(&self) -> Result<Position, ReadError> {
        let end = self.copy.latest().map_err(|error| {
            ReadError::io(format!("reach the log at {}", self.copy.shared.place()), error)
        })?;
        self.follower.reached();
        Ok(end)
    }
    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<StoredRecord>, ReadError> {
        self.reader.read(from, limit)
    }
    fn batched(&self, from: Position, limit: ReadLimit) -> Result<Vec<Batched>, ReadError> {
        self.reader.batched(from, limit)
    }
    fn wait(&self, past: Position, timeout: Duration) -> Result<Position, ReadError> {
        match self.follower.lost() {
            None => self.reader.wait(past, timeout),
            Some(source) => Err(ReadError::Io {
                what: format!("follow the log at {}", self.copy.shared.place()),
                source,
            }),
        }
    }
    fn position_of(&self, event_id: Uuid) -> Result<Option<Position>, ReadError> {
        self.reader.position_of(event_id)
    }
    fn touching(
        &self,
        entity: &EntityRef,
        bound: Position,
        limit: usize,
        order: Order,
    ) -> Result<Vec<Position>, ReadError> {
        self.reader.touching(entity, bound, limit, order)
    }
    fn root_at(&self, position: Position) -> Result<Option<Hash>, ReadError> {
        self.reader.root_at(position)
    }
    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        self.reader.hashes(level, from, count)
    }
    fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        self.reader.position_at(time)
    }
}
