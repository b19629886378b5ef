//! Why a backup was not written, read or restored. Invariant: each says what was expected, what was
//! found, and what to do.

use std::io;

use sijil_log::{
    AppendError, ReadError,
    embedded::{MendError, OpenError},
};
use sijil_schemas::Position;

/// Why a backup was not written, read or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Nothing is recorded, so there is no ledger yet.
    #[error("expected a ledger with records, this log has none; record something first")]
    Empty,
    /// The target holds another history under this ledger's name.
    #[error(
        "the backup at {place} holds another history than this log: {what}; nothing was written to \
         it. If this directory is a copy that went on by itself, run `sijil adopt --as-clone` on \
         it: a clone has a backup of its own"
    )]
    Another {
        /// The target.
        place: String,
        /// How they differ.
        what: String,
    },
    /// Another process writes to the target.
    #[error(
        "another process backs up this ledger to {place}; one at a time does: stop it, or give \
         another target"
    )]
    Held {
        /// The target.
        place: String,
    },
    /// There is no backup where one was expected.
    #[error("expected a backup at {place}, found {found}")]
    Missing {
        /// The target.
        place: String,
        /// What is there.
        found: String,
    },
    /// No list says what was erased.
    #[error(
        "expected a list of the parts that were erased beside the backup at {place}, found none: \
         what was erased would come back. Give a list with --erasures FILE, or go on without one \
         with --erasures none"
    )]
    NoList {
        /// The target.
        place: String,
    },
    /// There are several backups, and none was chosen.
    #[error("{place} holds several backups; name one of them with --of: {}", of.join(", "))]
    Several {
        /// The target.
        place: String,
        /// Each as LEDGER/INCARNATION.
        of: Vec<String>,
    },
    /// What was asked for is not in the backup.
    #[error("the backup does not cover {asked}: {covers}")]
    NotCovered {
        /// The position or the time.
        asked: String,
        /// What it covers.
        covers: String,
    },
    /// Something stands where a ledger is to be made.
    #[error("expected an empty directory or none at {dir}, found {found} in it; give another one")]
    NotEmpty {
        /// The directory.
        dir: String,
        /// The first name in it.
        found: String,
    },
    /// A newer release wrote it.
    #[error(
        "{name} has format {found}, which a newer release wrote; this is release {}, which reads \
         up to format {known}: use the newer one",
        sijil_log::RELEASE
    )]
    Newer {
        /// The object.
        name: String,
        /// Its format.
        found: u32,
        /// The newest one known here.
        known: u32,
    },
    /// What is stored in the target is not what was written.
    #[error("{name} is not what was written: {what}; run `sijil backup verify` for all of it")]
    Damaged {
        /// The object.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    /// Another key signed it than the one that must have.
    #[error(
        "{name} is not signed by {expected}, but by {found}: it is not the backup that is meant, \
         or its key was replaced; the ledger's own records name its keys"
    )]
    NotSigned {
        /// The manifest.
        name: String,
        /// The key that must have signed it.
        expected: String,
        /// The one that did.
        found: String,
    },
    /// Personal objects are sealed, and nothing opens them.
    #[error(
        "{name} is sealed, and {found} opens it; give --identity FILE, with the secret half of a \
         key that it was sealed to"
    )]
    Sealed {
        /// The object.
        name: String,
        /// What was tried.
        found: &'static str,
    },
    /// Personal objects are sealed, and new ones would not be.
    #[error(
        "the personal objects of the backup at {place} are sealed, and what is new would stand \
         beside them in the clear; give --recipients FILE, or another target"
    )]
    Unsealed {
        /// The target.
        place: String,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The log cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A damaged log was not mended.
    #[error(transparent)]
    Mend(#[from] MendError),
    /// A restored record was not taken.
    #[error("the record after {at} was not written")]
    Append {
        /// The last record that was.
        at: Position,
        /// Why.
        #[source]
        source: AppendError,
    },
    /// The target or a directory cannot be reached.
    #[error("cannot {what}")]
    Io {
        /// The operation that failed.
        what: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

impl BackupError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> BackupError {
        let what = what.into();
        |source| BackupError::Io { what, source }
    }
    pub(crate) fn damaged(name: impl Into<String>, what: impl Into<String>) -> BackupError {
        BackupError::Damaged { name: name.into(), what: what.into() }
    }
}
