//! Every no, as the caller sees it. Invariant: its name, its page and its statuses are its kind's;
//! the operator's causes go to the log, once.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sijil_ledger::{
    AskError, AuditError, Denied, ProveError, ReadError, Rejection, SubmitError, kind_of,
    limits::RETRY_AFTER_S, masked,
};
use sijil_schemas::{near::hint, problem::ProblemKind};

use crate::wire::{KnownEvent, More, ProblemBody};

/// A problem, as `application/problem+json` (RFC 9457).
#[derive(Debug)]
pub struct Problem {
    kind: ProblemKind,
    status: StatusCode,
    detail: String,
    /// Seconds after which to come back, if the caller has to wait.
    retry_after_s: Option<u64>,
    more: Box<More>,
}

/// The first of a kind's statuses, which is its own.
fn own_status(kind: ProblemKind) -> StatusCode {
    StatusCode::from_u16(kind.statuses()[0]).expect("the list holds statuses of errors only")
}

impl Problem {
    /// A problem of this kind with this detail, and the kind's own status.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Problem {
        let status = own_status(kind);
        let waits = status == StatusCode::SERVICE_UNAVAILABLE;
        Problem {
            kind,
            status,
            detail: detail.into(),
            retry_after_s: waits.then_some(RETRY_AFTER_S),
            more: Box::default(),
        }
    }
    /// Its name, page and statuses.
    #[must_use]
    pub const fn kind(&self) -> ProblemKind {
        self.kind
    }
    /// What it says to the caller.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
    /// Nothing is there.
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(ProblemKind::NotFound, detail)
    }
    /// A parameter of the query string or the path is wrong.
    pub fn query(name: &str, expected: &str, got: &str) -> Problem {
        let got: String = got.chars().take(80).collect();
        let name: String = name.chars().take(80).collect();
        Problem::new(
            ProblemKind::InvalidQuery,
            format!("parameter {name:?}: expected {expected}, got {got:?}"),
        )
        .with(More { parameter: Some(name), ..More::default() })
    }
    /// The same of a word that is none of those there are: the nearest is offered.
    pub(crate) fn query_word<'w>(
        name: &str,
        expected: &str,
        got: &str,
        words: impl IntoIterator<Item = &'w str>,
    ) -> Problem {
        Problem::query(name, &format!("{expected}{}", hint(got, words)), got)
    }
    /// The same problem, and what it says besides.
    #[must_use]
    pub(crate) fn with(self, more: More) -> Problem {
        Problem { more: Box::new(more), ..self }
    }
    /// The same problem, to be tried again after so many seconds.
    #[must_use]
    pub(crate) fn after(self, seconds: u64) -> Problem {
        Problem { retry_after_s: Some(seconds), ..self }
    }
    /// The same problem under another status its kind can have.
    #[must_use]
    pub(crate) fn with_status(self, status: StatusCode) -> Problem {
        debug_assert!(
            self.kind.statuses().contains(&status.as_u16()),
            "{} has no status {status}",
            self.kind.name()
        );
        Problem { status, ..self }
    }
    /// The same problem, its pointer said from the top of a batch.
    #[must_use]
    pub(crate) fn in_batch(mut self) -> Problem {
        if let (Some(index), Some(pointer)) = (self.more.index, &mut self.more.pointer)
            && !pointer.starts_with("/events/")
        {
            pointer.insert_str(0, &format!("/events/{index}"));
        }
        self
    }
    /// The problem in JSON, for a stream that breaks off.
    pub(crate) fn text(self) -> String {
        serde_json::to_string(&self.body()).unwrap_or_default()
    }
    /// What a caller sent may be in it, and a caller may have sent a secret where none belongs.
    fn body(self) -> ProblemBody {
        let hidden = |text: String| masked(&text).into_owned();
        let mut more = *self.more;
        more.pointer = more.pointer.map(hidden);
        more.parameter = more.parameter.map(hidden);
        ProblemBody {
            page: address(self.kind.name()),
            title: title(self.kind.name()),
            status: self.status.as_u16(),
            detail: hidden(self.detail),
            request_id: None,
            more,
        }
    }
}

/// The address of the page about a problem.
pub(crate) fn address(name: &str) -> String {
    format!("/docs/problems/{name}")
}

/// A name in words.
#[must_use]
pub fn title(name: &str) -> String {
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, retry_after_s) = (self.status, self.retry_after_s);
        let body = self.body();
        let mut response = (status, Json(&body)).into_response();
        response.extensions_mut().insert(body);
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer realm=\"sijil\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        if let Some(seconds) = retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Problem {
        let (kind, detail, index) = (error.kind(), error.to_string(), error.index());
        let more = match error {
            SubmitError::Refused { refusal, .. } => {
                More { pointer: refusal.pointer().map(ToOwned::to_owned), ..More::default() }
            }
            SubmitError::Rejected {
                rejection: Rejection::HasDependants { dependants, .. },
                ..
            } => More { dependants: Some(dependants), ..More::default() },
            SubmitError::RevisionConflict { entity, expected, actual, newer } => More {
                entity: Some(entity),
                expected: Some(expected),
                actual: Some(actual),
                newer: Some(newer),
                ..More::default()
            },
            SubmitError::IdempotencyConflict { events } => More {
                events: Some(
                    events.into_iter().map(|(id, position)| KnownEvent { id, position }).collect(),
                ),
                ..More::default()
            },
            SubmitError::Rejected { rejection, .. } => {
                More { pointer: rejection.pointer().map(ToOwned::to_owned), ..More::default() }
            }
            SubmitError::IdTwice { .. } => More { pointer: Some("/id".into()), ..More::default() },
            SubmitError::Denied { .. }
            | SubmitError::RejectedUnseen { .. }
            | SubmitError::KeyAndIds
            | SubmitError::RequestSize { .. }
            | SubmitError::RequestTooLarge { .. }
            | SubmitError::Busy { .. }
            | SubmitError::Unavailable { .. }
            | SubmitError::LogDamaged { .. }
            | SubmitError::NotAdopted { .. }
            | SubmitError::RolledBack { .. }
            | SubmitError::LogFull => More::default(),
        };
        let problem = Problem::new(kind, detail).with(More { index, ..more });
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        if kind.statuses().contains(&unprocessable.as_u16()) {
            problem.with_status(unprocessable)
        } else {
            problem
        }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Problem {
        match error {
            AskError::Read(error) => error.into(),
            AskError::Denied(denied) => denied.into(),
            AskError::Report(_)
            | AskError::KnownAtBeyondHead { .. }
            | AskError::AsOfRequired { .. }
            | AskError::NotYet { .. } => Problem::new(error.kind(), error.to_string()),
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Problem {
        Problem::new(denied.kind(), denied.to_string())
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Problem {
        tracing::error!(%error, "the log cannot be read");
        Problem::new(kind_of(&error), error.to_string())
    }
}

impl From<ProveError> for Problem {
    fn from(error: ProveError) -> Problem {
        match error {
            ProveError::Read(error) => error.into(),
            ProveError::Denied(denied) => denied.into(),
            ProveError::BeyondHead { .. }
            | ProveError::Nothing { .. }
            | ProveError::RolledBack { .. }
            | ProveError::Unsigned(_)
            | ProveError::NotCosigned(_)
            | ProveError::NotAdopted(_) => Problem::new(error.kind(), error.to_string()),
        }
    }
}

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Problem {
        match error {
            AuditError::UnknownProjection { .. }
            | AuditError::BeyondHead { .. }
            | AuditError::NothingKept { .. } => Problem::new(error.kind(), error.to_string()),
            AuditError::Read(error) => error.into(),
            AuditError::Denied(denied) => denied.into(),
        }
    }
}
