//! Every no, as the caller sees it. Invariant: one name, one page, one status; the operator's causes go to the log, once.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use sijil_ledger::{AskError, AuditError, ReadError, Rejection, SubmitError, limits::RETRY_AFTER_S};

/// A problem, as `application/problem+json` (RFC 9457).
#[derive(Debug)]
pub struct Problem {
    name: &'static str,
    status: StatusCode,
    detail: String,
    extra: Map<String, Value>,
}

/// The names of the door's own problems, besides those of the ledger.
pub const NAMES: &[&str] = &[
    "not_found",
    "method_not_allowed",
    "unsupported_media_type",
    "not_acceptable",
    "body_too_large",
    "body_cut_short",
    "invalid_header",
    "invalid_query",
    "internal",
    "unknown_projection",
    "position_beyond_head",
];

impl Problem {
    /// A problem with this name, status and detail.
    pub fn new(name: &'static str, status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem { name, status, detail: detail.into(), extra: Map::new() }
    }
    /// Nothing is there.
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new("not_found", StatusCode::NOT_FOUND, detail)
    }
    /// A parameter of the query string is wrong.
    pub fn query(name: &str, expected: &str, got: &str) -> Problem {
        let got: String = got.chars().take(80).collect();
        Problem::new("invalid_query", StatusCode::BAD_REQUEST, format!("parameter {name:?}: expected {expected}, got {got:?}")).with("parameter", name)
    }
    /// The same problem with one more member.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Problem {
        self.extra.insert(member.into(), value.into());
        self
    }
    /// The problem as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut body = self.extra.clone();
        body.insert("type".into(), format!("/docs/problems/{}", self.name).into());
        body.insert("title".into(), title(self.name).into());
        body.insert("status".into(), self.status.as_u16().into());
        body.insert("detail".into(), self.detail.clone().into());
        Value::Object(body)
    }
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
        let mut response = (self.status, Json(self.to_json())).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S));
        }
        response
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Problem {
        let status = match &error {
            SubmitError::Refused { refusal, .. } if refusal.name() == "record_too_large" => StatusCode::PAYLOAD_TOO_LARGE,
            SubmitError::Refused { .. } | SubmitError::KeyAndIds | SubmitError::RequestSize { .. } => StatusCode::BAD_REQUEST,
            SubmitError::Rejected { rejection: Rejection::AlreadyExists { .. }, .. } => StatusCode::CONFLICT,
            SubmitError::Rejected { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            SubmitError::RevisionConflict { .. } | SubmitError::IdempotencyConflict { .. } => StatusCode::CONFLICT,
            SubmitError::RequestTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            SubmitError::Busy { .. } | SubmitError::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            SubmitError::LogFull => StatusCode::INSUFFICIENT_STORAGE,
        };
        let problem = Problem::new(error.name(), status, error.to_string());
        let problem = match error.index() {
            Some(index) => problem.with("index", index),
            None => problem,
        };
        match &error {
            SubmitError::Refused { refusal, .. } => match refusal.pointer() {
                Some(pointer) => problem.with("pointer", pointer),
                None => problem,
            },
            SubmitError::Rejected { rejection: Rejection::HasDependants { dependants, .. }, .. } => problem.with("dependants", json!(dependants)),
            SubmitError::RevisionConflict { entity, expected, actual, newer } => {
                problem.with("entity", entity.to_string()).with("expected", *expected).with("actual", *actual).with("newer", json!(newer))
            }
            SubmitError::IdempotencyConflict { events } => {
                problem.with("events", events.iter().map(|(id, position)| json!({"id": id, "position": position})).collect::<Vec<_>>())
            }
            _ => problem,
        }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Problem {
        let status = match &error {
            AskError::Report(sijil_projections::report::ReportError::UnknownReport { .. } | sijil_projections::report::ReportError::NoSuchCell { .. }) => {
                StatusCode::NOT_FOUND
            }
            AskError::Report(sijil_projections::report::ReportError::MissingRate { .. }) => StatusCode::UNPROCESSABLE_ENTITY,
            AskError::Report(_) | AskError::KnownAtBeyondHead { .. } | AskError::AsOfRequired { .. } => StatusCode::BAD_REQUEST,
            AskError::NotYet { .. } => StatusCode::SERVICE_UNAVAILABLE,
            AskError::Read(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Problem::new(error.name(), status, error.to_string())
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Problem {
        tracing::error!(%error, "the log cannot be read");
        Problem::new("log_unreadable", StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Problem {
        match error {
            AuditError::UnknownProjection { .. } => Problem::new("unknown_projection", StatusCode::NOT_FOUND, error.to_string()),
            AuditError::BeyondHead { .. } => Problem::new("position_beyond_head", StatusCode::BAD_REQUEST, error.to_string()),
            AuditError::Read(error) => error.into(),
        }
    }
}

impl Problem {
    /// The same problem under another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Problem {
        self.status = status;
        self
    }
}
