//! What is refused, in the words clients know. Invariant: every refusal has a status and the
//! `exception` the official clients map.

use sijil_schemas::problem::ProblemKind;
use tonic::{Code, Status, metadata::MetadataValue};

use crate::source::SourceError;

fn with_exception(code: Code, message: String, exception: &'static str) -> Status {
    let mut status = Status::new(code, message);
    status.metadata_mut().insert("exception", MetadataValue::from_static(exception));
    status
}

/// Writes do not pass here: they would go round the rules.
pub(crate) fn access_denied(what: &str) -> Status {
    let message = format!(
        "{what} is refused: events are recorded through the rules alone; send a draft to POST \
         /v1/events"
    );
    with_exception(Code::PermissionDenied, message, "access-denied")
}

/// A follower has read what is not there: another history, or one that was longer.
pub(crate) fn beyond_head(number: u64, last: Option<u64>) -> Status {
    let last = last.map_or_else(|| "is empty".to_owned(), |last| format!("ends at {last}"));
    Status::failed_precondition(format!(
        "follower_beyond_head: expected a place that is there, got {number}, but what is followed \
         {last}; the log is not the one that was read, or was restored from an older state: read \
         again from the start"
    ))
}

/// A problem of the ledger's, by its name.
pub(crate) fn refused(kind: ProblemKind, detail: &str) -> Status {
    let message = format!("{}: {detail}", kind.name());
    match kind {
        ProblemKind::NoCredential | ProblemKind::BadCredential => Status::unauthenticated(message),
        ProblemKind::TooMany => Status::resource_exhausted(message),
        ProblemKind::Busy
        | ProblemKind::Unavailable
        | ProblemKind::NotAdopted
        | ProblemKind::RolledBack
        | ProblemKind::LogFull => Status::unavailable(message),
        _ => Status::permission_denied(message),
    }
}

/// The request makes no sense.
pub(crate) fn invalid(message: impl Into<String>) -> Status {
    Status::invalid_argument(message)
}

impl From<SourceError> for Status {
    fn from(error: SourceError) -> Status {
        match error {
            SourceError::Deleted(stream) => {
                let mut status = with_exception(
                    Code::FailedPrecondition,
                    format!("the stream {stream} was removed for ever"),
                    "stream-deleted",
                );
                if let Ok(name) = MetadataValue::try_from(stream) {
                    status.metadata_mut().insert("stream-name", name);
                }
                status
            }
            SourceError::Failed(why) => Status::unavailable(why),
        }
    }
}
