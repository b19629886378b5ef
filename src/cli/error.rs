//! What the command line says when it cannot, and its exit codes. Invariant: every end of the
//! program is one of these.

use serde_json::Value;
use sijil_ledger::{AuditError, ReadError, StartError, kind_of, masked, with_causes};
use sijil_schemas::problem::ProblemKind;

/// Why a command did not end well.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The answer is no: the ledger refused, or two things differ.
    #[error("{0}")]
    No(String),
    /// Wrong use: a file that is not there, a value of the wrong form.
    #[error("{0}")]
    Use(String),
    /// The data directory cannot be opened, or the server not reached.
    #[error("{0}")]
    Reach(String),
    /// What is stored is not what was written.
    #[error("{0}")]
    Corrupt(String),
}

impl CliError {
    /// The exit code: 1 the answer is no, 2 wrong use, 3 cannot reach or open, 4 corrupt.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            CliError::No(_) => 1,
            CliError::Use(_) => 2,
            CliError::Reach(_) => 3,
            CliError::Corrupt(_) => 4,
        }
    }
    /// What a problem of the ledger means for a person at a terminal.
    pub(crate) fn of_problem(status: u16, body: &Value) -> CliError {
        let name = body["type"].as_str().and_then(|t| t.rsplit('/').next()).unwrap_or("problem");
        let detail = body["detail"].as_str().unwrap_or("no detail was given");
        // A server of another release may say more than it should.
        let text = masked(&format!("{name}: {detail}")).into_owned();
        // A kind that only another release knows is judged by its status.
        match (status, ProblemKind::named(name)) {
            (_, Some(ProblemKind::LogUnreadable | ProblemKind::LogDamaged)) => {
                CliError::Corrupt(text)
            }
            (503 | 507, _) => CliError::Reach(text),
            (
                _,
                Some(
                    ProblemKind::InvalidField
                    | ProblemKind::MissingField
                    | ProblemKind::UnknownField
                    | ProblemKind::UnknownType
                    | ProblemKind::UnknownVersion
                    | ProblemKind::RecordTooLarge,
                ),
            ) => CliError::No(text),
            (400 | 404 | 405 | 406 | 413 | 415, _) => CliError::Use(text),
            _ => CliError::No(text),
        }
    }
    /// A file that cannot be read or written.
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> CliError {
        CliError::Use(format!("{}: {error}", path.display()))
    }
}

impl From<AuditError> for CliError {
    fn from(error: AuditError) -> CliError {
        match error {
            AuditError::UnknownProjection { .. } | AuditError::BeyondHead { .. } => {
                CliError::Use(error.to_string())
            }
            AuditError::NothingKept { .. } | AuditError::Denied(_) => {
                CliError::No(error.to_string())
            }
            AuditError::Read(error) => error.into(),
        }
    }
}

impl From<StartError> for CliError {
    fn from(error: StartError) -> CliError {
        match error {
            StartError::Read(error) => error.into(),
        }
    }
}

/// A log that cannot be read, for a person: what is damaged is corrupt, what cannot be reached or
/// is a newer release's cannot be opened here.
impl From<ReadError> for CliError {
    fn from(error: ReadError) -> CliError {
        let text = with_causes(&error);
        match error {
            ReadError::Damaged { .. } => {
                CliError::Corrupt(format!("{}: {text}", kind_of(&error).name()))
            }
            ReadError::Undecodable { .. } => CliError::Corrupt(text),
            ReadError::Newer { .. } | ReadError::Io { .. } => CliError::Reach(text),
        }
    }
}

/// A stream that breaks off may say why: then that is what went wrong.
impl From<std::io::Error> for CliError {
    fn from(error: std::io::Error) -> CliError {
        let mut cause = error.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static));
        while let Some(one) = cause {
            if let Some(read) = one.downcast_ref::<ReadError>() {
                return read.clone().into();
            }
            cause = one.source();
        }
        CliError::Reach(error.to_string())
    }
}
