//! The log in segment files of one data directory. Invariant: one process writes, what it
//! acknowledged is durable, and nothing acknowledged is ever cut away; what is not as it was
//! written is reported and left as it is.
//!
//! `FORMAT.md` in the room above describes every byte.

mod apart;
mod compressed;
mod copied;
mod derived_check;
mod doubt;
mod frame;
mod index;
mod mark;
mod memtable;
mod mend;
mod modes;
mod offsets;
mod open;
mod reader;
mod recovery;
mod report;
mod run;
mod scan;
mod segment;
mod store;
mod survey;
mod tail;
mod tiles;
mod verify;
mod window;
mod writer;

use std::{io, path::PathBuf};

pub use copied::Copied;
pub use mend::{Batches, MendError, Mended, mend};
pub use open::open;
pub use reader::EmbeddedReader;
pub use report::{Progress, Report};
pub use verify::{RecordCheck, VerifyOptions, verify};
pub use writer::EmbeddedWriter;

use sijil_schemas::record::Position;
use uuid::Uuid;

use crate::port::{Damage, ReadError, Touched, touched_by_schema};

/// The newest format of the log this code reads and writes.
pub const FORMAT: u32 = segment::FORMAT;
/// The size that segments grow to unless said otherwise.
pub const SEGMENT_BYTES: u64 = 256 << 20;
/// The size of the first segment, from which they grow by doubling.
pub const FIRST_SEGMENT_BYTES: u64 = 1 << 20;

/// The file in a data directory that says that its log is being made from a backup or another log,
/// and is not whole yet.
pub const RESTORING: &str = "restoring";

/// The file in a data directory that says up to which position personal parts were left out on
/// purpose, as in a clone for trials.
pub const PARTS_LEFT_OUT: &str = "state/parts_left_out";

/// How to open an embedded log.
#[derive(Clone)]
pub struct Options {
    /// The size that new segments grow to, in bytes, from [`FIRST_SEGMENT_BYTES`] on; a batch that
    /// is longer gets a segment of its own size.
    pub segment_bytes: u64,
    /// Take no lock, write nothing, and show what is durable now.
    pub read_only: bool,
    /// To read only, and if the log is damaged, as the log that ends with the last record that can
    /// be vouched for; without it, a damaged log answers nothing.
    pub salvage: bool,
    /// If the directory is a copy of another one, take it as the log's own from now on: cut off
    /// what was copied half, and go on writing. Without it, a copy is read only.
    pub adopt: bool,
    /// Open it although it is being made from a backup and not whole yet: for whoever makes it.
    pub restoring: bool,
    /// Write derived files on a thread of their own; without it, the writer does it between
    /// appends, in an order that can be repeated.
    pub background: bool,
    /// Compress segments once they are sealed, on the thread that writes derived files.
    pub compress: bool,
    /// Names the entities a record touches, for rebuilding the index.
    pub touched: Touched,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            segment_bytes: SEGMENT_BYTES,
            read_only: false,
            salvage: false,
            adopt: false,
            restoring: false,
            background: true,
            compress: false,
            touched: touched_by_schema(),
        }
    }
}

/// An open log.
pub struct Opened {
    /// Appends to it; `None` if it was opened to read only, or is damaged.
    pub writer: Option<EmbeddedWriter>,
    /// Reads it.
    pub reader: EmbeddedReader,
    /// What opening found and did.
    pub report: OpenReport,
}

/// What opening a log found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenReport {
    /// What is not as it was written. Unless empty, the log takes no appends, and answers nothing
    /// unless it was opened to salvage.
    pub damage: Vec<Damage>,
    /// If there is damage: all records up to here are as they were written.
    pub vouched_to: Option<Position>,
    /// The remains of a write that was cut short and never acknowledged. Removed, unless the log
    /// was opened to read only.
    pub torn: Option<Damage>,
    /// If the directory is a copy of another one, or was until now.
    pub copy: Option<Copied>,
}

impl OpenReport {
    /// The damage that reaches furthest back.
    #[must_use]
    pub fn first_damage(&self) -> Option<&Damage> {
        self.damage
            .iter()
            .min_by_key(|damage| damage.positions.map_or(Position::MAX, |(first, _)| first))
    }
}

/// Why a log cannot be opened at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process writes this log.
    #[error(
        "another process has {dir} open for writing; stop it, or ask it through its server instead"
    )]
    Locked {
        /// The data directory.
        dir: PathBuf,
    },
    /// The directory is not there, and may not be made.
    #[error("expected a data directory at {dir}, found none")]
    Missing {
        /// The data directory.
        dir: PathBuf,
    },
    /// Its log was being made from a backup or another log, and that was not finished.
    #[error(
        "restoring: the log in {dir} was being made from a backup or another log, and that was not \
         finished, so it answers nothing; remove {dir} and restore again"
    )]
    Restoring {
        /// The data directory.
        dir: PathBuf,
    },
    /// The log is whole, and of another ledger than what is remembered of it.
    #[error(
        "foreign: the log in {dir} is that of ledger {log}, the index beside it that of ledger \
         {index}; if it was put there on purpose, remove the directories index and tiles"
    )]
    Foreign {
        /// The data directory.
        dir: PathBuf,
        /// Whose log it is: the event id of its first record.
        log: Uuid,
        /// Whose index it is.
        index: Uuid,
    },
    /// Others than its owner can read a key.
    #[error(
        "{file} can be read by others than its owner; whoever did has the key: make a new one, and \
         let only its owner reach it (mode 600)"
    )]
    Modes {
        /// The key's file.
        file: PathBuf,
    },
    /// A newer Sijil wrote this log.
    #[error(
        "{file} has format {found}, which a newer release wrote; this is release {}, which reads \
         up to format {known}: use the newer one",
        crate::RELEASE
    )]
    Format {
        /// The segment.
        file: String,
        /// Its format.
        found: u32,
        /// The format this code knows.
        known: u32,
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
    /// The log can be opened, but not read to rebuild what is derived from it.
    #[error("cannot rebuild the index of the log")]
    Read(#[from] ReadError),
}

impl OpenError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> OpenError {
        let what = what.into();
        |source| OpenError::Io { what, source }
    }
}
