//! What is told of every request. Invariant: its id stands in each line the log has about it, in
//! the answer's header and in the problem, so that a failed request can be found.

use std::{borrow::Cow, time::Instant};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use sijil_ledger::masked;
use tracing::Instrument;
use uuid::Uuid;

use crate::{
    entrance::Peer, keys_in_query::decoded, limits::REQUEST_ID_BYTES_MAX, wire::ProblemBody,
};

const REQUEST_ID: &str = "x-request-id";

/// Whether the operator is told of requests that fail: a server does so, a command that asks itself
/// does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// A line for every request that fails.
    Failures,
    /// Nothing: whoever asks hears the answer.
    Nothing,
}

impl Telling {
    /// Answers a request under its id.
    pub(crate) async fn follow(self, mut request: Request, next: Next) -> Response {
        let id = id_of(&request);
        let (method, path) = (request.method().clone(), told(request.uri().path()));
        // At the level of errors, so that whatever is logged meanwhile carries it.
        let span =
            tracing::error_span!("request", %method, path, id = id.to_str().unwrap_or_default());
        request.headers_mut().insert(REQUEST_ID, id.clone());
        let peer = request.extensions().get::<Peer>().copied();
        let began = Instant::now();
        let mut response = next.run(request).instrument(span.clone()).await;
        let told = response.extensions_mut().remove::<ProblemBody>();
        if self == Telling::Failures {
            let (status, cause) =
                (response.status(), told.as_ref().map_or("", |problem| problem.detail.as_str()));
            let (code, duration_ms) =
                (status.as_u16(), u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
            let peer = peer.map(|peer| tracing::field::display(peer.client()));
            span.in_scope(|| {
                if status.is_server_error() {
                    tracing::error!(status = code, peer, duration_ms, cause, "a request failed");
                } else if status.is_client_error() {
                    tracing::warn!(
                        status = code,
                        peer,
                        duration_ms,
                        cause,
                        "a request was refused"
                    );
                }
            });
        }
        if let Some(problem) = told {
            with_id(&mut response, problem, &id, &method);
        }
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }
}

/// A path as the log has it: without the secret that somebody may have put into it.
fn told(path: &str) -> String {
    match masked(&decoded(path)) {
        Cow::Owned(hidden) => hidden,
        Cow::Borrowed(_) => path.to_owned(),
    }
}

/// The caller's id for the request, if it can be one; else a new one. A secret can be none: the log
/// has it in every line.
fn id_of(request: &Request) -> HeaderValue {
    let fits = |id: &&HeaderValue| {
        id.to_str().is_ok_and(|text| {
            (1..=REQUEST_ID_BYTES_MAX).contains(&text.len()) && masked(text) == text
        })
    };
    let made = || {
        HeaderValue::from_str(&Uuid::new_v4().to_string())
            .unwrap_or(HeaderValue::from_static("unknown"))
    };
    request.headers().get(REQUEST_ID).filter(fits).cloned().unwrap_or_else(made)
}

/// Says the request's id in the problem.
fn with_id(response: &mut Response, mut problem: ProblemBody, id: &HeaderValue, method: &Method) {
    problem.request_id = id.to_str().ok().map(ToOwned::to_owned);
    let Ok(bytes) = serde_json::to_vec(&problem) else { return };
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    *response.body_mut() = if *method == Method::HEAD { Body::empty() } else { Body::from(bytes) };
}
