//! What ends a bench before its table. Invariant: a figure of something that went wrong is never
//! shown.

use sijil_ledger::{AuditError, ReadError, StartError};
use sijil_log::embedded::OpenError;

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// Something answered otherwise than it should.
    #[error("{0}")]
    Wrong(String),
    /// A file or a connection failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The log cannot be opened or verified.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The ledger cannot be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A fold cannot be replayed.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}
