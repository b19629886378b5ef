//! The port every log implements: compare-and-append at the head, and reads of what is durable.
//! Invariant: a batch lands whole or not at all.

use std::{collections::BTreeMap, fmt, io, sync::Arc, time::Duration};

use sijil_schemas::{
    Event, PersonalPart,
    event::{Access, event_type},
    id::EntityRef,
    record::{CorruptRecord, Position, StoredRecord},
    time::Timestamp,
};
use uuid::Uuid;

use crate::tree::Hash;
use sijil_proof::tiles::{LEVELS, STEP};

/// The longest record, public and personal part together, in bytes: what the tile format of
/// transparency logs can carry.
pub const RECORD_BYTES_MAX: usize = 65_535;

/// One record on its way into the log.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The record as it will be stored.
    pub record: StoredRecord,
    /// The [`entity_hash`] of every entity the record touches, so that the index need not decode
    /// it.
    pub touched: Vec<u64>,
}

/// Records that land together or not at all: not empty, positions contiguous, the first one after
/// the `at` of the append.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The records, in order.
    pub entries: Vec<Entry>,
}

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The last durable position; [`Position::ZERO`] if the log is empty.
    pub position: Position,
    /// The RFC 6962 root over the public bytes of all records up to `position`.
    pub root: Hash,
    /// `recorded_at` of the last record; `None` if the log is empty.
    pub recorded_at: Option<Timestamp>,
}

/// How much one read may return. At least one record is returned if there is one, whatever its
/// size.
#[derive(Debug, Clone, Copy)]
pub struct ReadLimit {
    /// At most this many records.
    pub records: usize,
    /// Stop once this many bytes of records have been returned.
    pub bytes: usize,
}

impl ReadLimit {
    /// A page for scans: large enough to run at disk speed, small enough to hold several.
    pub const SCAN: ReadLimit = ReadLimit { records: 16_384, bytes: 4 << 20 };
}

/// A record as it was read, with the batch it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batched {
    /// The record.
    pub record: StoredRecord,
    /// Whether it is the last one of its batch.
    pub ends: bool,
}

/// The direction of [`Reader::touching`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Forward,
    /// Newest first.
    Backward,
}

/// Owned by the one thread that commits.
pub trait Writer: Send {
    /// Appends `batch` if the log still ends at `at`, and returns once it is durable. On any error
    /// nothing of it is visible, save that after [`AppendError::Unreachable`] all of it may be.
    fn append(&mut self, at: Position, batch: &Batch) -> Result<(), AppendError>;
    /// Whether others may append to the same log: then a lost race, and an append whose outcome is
    /// not known, are told by reading the log, and the writer takes further appends after any error
    /// but [`AppendError::Poisoned`].
    fn shared(&self) -> bool {
        false
    }
    /// The most bytes, public and personal parts together, that one batch may have.
    fn batch_bytes_max(&self) -> usize {
        usize::MAX
    }
    /// Has the next batch stand apart from those before it, so that personal parts of these can be
    /// taken out by an [`Eraser`]. A log that needs no such thing does nothing.
    fn seal(&mut self) {}
}

/// Personal parts that are to go: which of each record, counted from 0.
pub type Gone = BTreeMap<Position, Vec<u8>>;

/// What became of parts that were to go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Erased {
    /// How many parts were there, and are gone.
    pub removed: u64,
    /// Records whose parts are still there, since they are not sealed: see [`Writer::seal`].
    pub waiting: Vec<Position>,
}

/// Takes personal parts out of a log, where its bytes stand. What is public, and so every position,
/// hash and root, stays as it is.
pub trait Eraser: Send + Sync {
    /// Where the bytes stand, in one word: `log`, `postgres`.
    fn place(&self) -> &'static str;
    /// Takes them out, durably; those that are gone already are passed over. A record whose parts
    /// are not those it was recorded with keeps them, and that is an error: what went before it is
    /// gone.
    fn erase(&self, gone: &Gone) -> io::Result<Erased>;
}

/// Shared by anyone; sees durable records only, in order, without gaps.
pub trait Reader: Send + Sync {
    /// The end of the log now.
    fn head(&self) -> Result<Head, ReadError>;
    /// Makes sure that what is read from now on includes all that is in the log now, and that no
    /// append of this process whose outcome was not known can still land; says where the log ends.
    /// Fails if the log is out of reach, where other reads may still answer.
    fn latest(&self) -> Result<Position, ReadError> {
        Ok(self.head()?.position)
    }
    /// Up to where personal parts were left out on purpose, so that nothing is wrong if they are
    /// not there; zero if nowhere.
    fn parts_left_out(&self) -> Position {
        Position::ZERO
    }
    /// Takes personal parts out; `None` where this process cannot, since it does not write the log
    /// or the log forgets nothing.
    fn eraser(&self) -> Option<Arc<dyn Eraser>> {
        None
    }
    /// The records from `from` on, up to `limit`; empty beyond the head. Position zero reads like
    /// one.
    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<StoredRecord>, ReadError>;
    /// The same with where batches end. A log that does not keep that says that each record is one.
    fn batched(&self, from: Position, limit: ReadLimit) -> Result<Vec<Batched>, ReadError> {
        let alone = |record| Batched { record, ends: true };
        Ok(self.read(from, limit)?.into_iter().map(alone).collect())
    }
    /// Returns the head's position as soon as it lies past `past`, or after `timeout`, whatever it
    /// is then.
    fn wait(&self, past: Position, timeout: Duration) -> Result<Position, ReadError>;
    /// Where the record with this event id stands.
    fn position_of(&self, event_id: Uuid) -> Result<Option<Position>, ReadError>;
    /// Positions of records that touch `entity`, beyond `bound` in the direction of `order`: after
    /// it forward, before it backward (`Position::new(u64::MAX)` starts at the head). At most
    /// `limit` of them.
    fn touching(
        &self,
        entity: &EntityRef,
        bound: Position,
        limit: usize,
        order: Order,
    ) -> Result<Vec<Position>, ReadError>;
    /// The RFC 6962 root over the public bytes of records 1 to `position`; `None` beyond the head.
    fn root_at(&self, position: Position) -> Result<Option<Hash>, ReadError>;
    /// Hashes of the tree over the same bytes: the roots of the full subtrees of 256^`level`
    /// records, from the one number `from` (the first is 0) on, at most `count` of them. As many
    /// as the log has full ones; none of a level it does not reach.
    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, ReadError>;
    /// The last position recorded at or before `time`; zero if there is none.
    fn position_at(&self, time: Timestamp) -> Result<Position, ReadError>;
}

/// How many of the subtrees that [`Reader::hashes`] was asked for a log of this length has.
pub(crate) fn hashes_there(head: Position, level: u32, from: u64, count: usize) -> usize {
    let full = if level < LEVELS { head.get() >> (STEP * level) } else { 0 };
    usize::try_from(full.saturating_sub(from)).unwrap_or(usize::MAX).min(count)
}

/// Why an append did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Somebody was first.
    #[error(
        "expected the log to end at {expected}, it ends at {head}; catch up, decide again and \
         append there"
    )]
    Conflict {
        /// The `at` of the append.
        expected: Position,
        /// Where the log ends.
        head: Position,
    },
    /// An earlier sync failed: what is on the disk is unknown until the log is opened again.
    #[error(
        "an earlier sync or write failed, so the log takes no more records; restart to open and \
         verify it again"
    )]
    Poisoned,
    /// No space is left; nothing was written, and appends work again once there is some.
    #[error("no space is left for {bytes} bytes; free some and send again")]
    Full {
        /// How many bytes were to be written.
        bytes: u64,
    },
    /// A record or the batch is larger than the log can hold.
    #[error("expected at most {limit} bytes in {what}, got {bytes}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit.
        limit: u64,
        /// The size it has.
        bytes: u64,
    },
    /// The batch is empty or its positions are not contiguous: the caller is wrong.
    #[error("expected a batch of records at {expected} and on, found {found} there")]
    Gap {
        /// The position that was due.
        expected: Position,
        /// What stood there; zero if nothing did.
        found: Position,
    },
    /// A shared log did not answer: whether the batch landed is not known until the log is read
    /// again.
    #[error("the log is out of reach: cannot {what}")]
    Unreachable {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The storage failed.
    #[error("cannot {what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

/// Why a read did not happen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The bytes are not what was written.
    #[error(
        "the log is damaged, and vouched for up to position {vouched_to}: {damage}; run `sijil \
         verify` for all of it, restore from a copy, or ask with --salvage what was known up to \
         there"
    )]
    Damaged {
        /// All records up to here are as they were written; zero if none can be vouched for.
        vouched_to: Position,
        /// The first place that is not.
        damage: Damage,
    },
    /// The storage failed.
    #[error("cannot {what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: Arc<io::Error>,
    },
    /// A record can be read but not understood, by its schema.
    #[error("the record at {position} cannot be decoded: {why}")]
    Undecodable {
        /// Where it stands.
        position: Position,
        /// What the schema said.
        why: String,
    },
    /// A record that only a newer release understands. It is whole, so it is no damage, and what
    /// was asked needs it, so it is not passed over.
    #[error(
        "the record at {position} has {what}, which a newer release wrote; this is release {}: use \
         the newer one",
        RELEASE
    )]
    Newer {
        /// Where it stands.
        position: Position,
        /// What is not known, e.g. "event type 4711".
        what: String,
    },
}

/// The release of this code.
pub const RELEASE: &str = env!("CARGO_PKG_VERSION");

/// A place in the log whose bytes are not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file, relative to the data directory.
    pub file: String,
    /// The first byte in doubt.
    pub offset: u64,
    /// How many bytes are in doubt.
    pub bytes: u64,
    /// The first and last position in doubt, if any record is.
    pub positions: Option<(Position, Position)>,
    /// What was expected and what was found.
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {} ({} bytes", self.file, self.offset, self.bytes)?;
        match self.positions {
            Some((first, last)) if first == last => write!(f, ", position {first})")?,
            Some((first, last)) => write!(f, ", positions {first} to {last})")?,
            None => f.write_str(", no records)")?,
        }
        write!(f, ": {}", self.what)
    }
}

/// Names the entities a stored record touches; the log asks it when an index must be rebuilt or two
/// entities share a hash.
pub type Touched = Arc<dyn Fn(&StoredRecord) -> Result<Vec<EntityRef>, ReadError> + Send + Sync>;

/// The [`Touched`] of every real log: what the record's own schema says.
#[must_use]
pub fn touched_by_schema() -> Touched {
    Arc::new(|stored| match stored.decode() {
        Ok(record) => Ok(record.touched()),
        Err(error) => Err(ReadError::of_record(stored, error)),
    })
}

/// Names the personal parts that a stored record erases; a log that is verified asks it, since such
/// parts need not be there.
pub type Erases = Arc<dyn Fn(&StoredRecord) -> Result<Vec<PersonalPart>, ReadError> + Send + Sync>;

/// The [`Erases`] of every real log: what the record's own schema says.
#[must_use]
pub fn erases_by_schema() -> Erases {
    let code = event_type("personal_data.erased").map(|known| known.code);
    Arc::new(move |stored| {
        if Some(stored.type_code()) != code {
            return Ok(Vec::new());
        }
        match stored.decode().map(|record| record.event) {
            Ok(Event::Access(Access::PersonalDataErased(erased))) => Ok(erased.parts),
            Ok(_) => Ok(Vec::new()),
            Err(error) => Err(ReadError::of_record(stored, error)),
        }
    })
}

/// The hash under which an entity is indexed. Part of the index format: FNV-1a over `kind:id`, then
/// mixed.
#[must_use]
pub fn entity_hash(entity: &EntityRef) -> u64 {
    let kind = fnv(0xcbf2_9ce4_8422_2325, entity.kind.name().as_bytes());
    mixed(fnv(fnv(kind, b":"), entity.id().as_bytes()))
}

/// The hash under which an event id is indexed. Part of the index format.
#[must_use]
pub fn event_hash(event_id: Uuid) -> u64 {
    let (high, low) = event_id.as_u64_pair();
    mixed(mixed(high) ^ low)
}

fn fnv(seed: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(seed, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// `SplitMix64`'s finaliser: every bit of the input moves every bit of the output.
fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

impl Batch {
    /// Checks what every backend asks of a batch appended at `at`.
    pub(crate) fn check(&self, at: Position) -> Result<(), AppendError> {
        if self.entries.is_empty() {
            return Err(AppendError::Gap { expected: at.next(), found: Position::ZERO });
        }
        let mut expected = at.next();
        for Entry { record, .. } in &self.entries {
            if record.position() != expected {
                return Err(AppendError::Gap { expected, found: record.position() });
            }
            let bytes = record.public.len() + record.personal.len();
            if bytes > RECORD_BYTES_MAX {
                return Err(AppendError::TooLarge {
                    what: "a record",
                    limit: RECORD_BYTES_MAX as u64,
                    bytes: bytes as u64,
                });
            }
            expected = expected.next();
        }
        Ok(())
    }
}

impl ReadError {
    /// What it means that a stored record cannot be decoded: it is a newer release's, or nobody's.
    #[must_use]
    pub fn of_record(stored: &StoredRecord, error: CorruptRecord) -> ReadError {
        match stored.newer() {
            Some(what) => ReadError::Newer { position: stored.position(), what },
            None => ReadError::Undecodable { position: error.position, why: error.what },
        }
    }
    /// Damage found in one place while the log was read: all before it was read or proven.
    #[must_use]
    pub fn damaged(damage: Damage) -> ReadError {
        let first = damage.positions.map_or(0, |(first, _)| first.get());
        ReadError::Damaged { vouched_to: Position::new(first.saturating_sub(1)), damage }
    }
    pub(crate) fn io(what: impl Into<String>, source: io::Error) -> ReadError {
        ReadError::Io { what: what.into(), source: Arc::new(source) }
    }
}

impl AppendError {
    pub(crate) fn io(what: impl Into<String>, source: io::Error) -> AppendError {
        AppendError::Io { what: what.into(), source }
    }
}
