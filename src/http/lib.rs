//! The HTTP door. Invariant: it reaches the ledger and the vocabulary, never the log or the rules.

mod app;
mod ask;
mod asked;
mod bare;
mod cards;
mod docs;
mod import;
pub mod limits;
mod openapi;
mod pages;
mod problem;
mod read;
mod routes;
mod serve;
mod wire;
mod write;

use std::time::Duration;

use axum::{
    Router,
    http::{HeaderName, HeaderValue},
    response::IntoResponse,
};
use sijil_ledger::{Ledger, LogState};
use tokio::net::TcpListener;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    trace::TraceLayer,
};

pub use bare::bare;
pub use docs::problem_names;
pub use problem::Problem;
pub use routes::listed;

/// The door as a service, for a server or a test.
pub fn service(ledger: Ledger) -> Router {
    let id = HeaderName::from_static("x-request-id");
    let panicked = |_| Problem::new("internal", "the request could not be answered; the cause is in the server's log").into_response();
    let trace = TraceLayer::new_for_http().make_span_with(|request: &axum::extract::Request| {
        let id = request.headers().get("x-request-id").and_then(|v| v.to_str().ok()).unwrap_or("");
        tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
    });
    let known = ledger.clone();
    let stands = move |mut response: axum::response::Response| {
        if let Some(word) = standing(&known) {
            response.headers_mut().insert("sijil-log", word);
        }
        std::future::ready(response)
    };
    routes::router(app::App::new(ledger))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::map_response(stands))
        .layer(PropagateRequestIdLayer::new(id.clone()))
        .layer(trace)
        .layer(SetRequestIdLayer::new(id, MakeRequestUuid))
}

/// What every answer says of a log that is not whole and in reach.
fn standing(ledger: &Ledger) -> Option<HeaderValue> {
    match (ledger.damaged(), ledger.log_state()) {
        (Some(damaged), _) => HeaderValue::try_from(format!("damaged; vouched={}", damaged.vouched_to)).ok(),
        (None, LogState::Stale) => Some(HeaderValue::from_static("stale")),
        (None, LogState::Copy) => Some(HeaderValue::from_static("copy")),
        (None, LogState::Whole | LogState::Damaged) => None,
    }
}

/// Serves until `stop` is done, then finishes what was accepted, within [`limits::SHUTDOWN_S_MAX`].
pub async fn serve(listener: TcpListener, ledger: Ledger, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let signal = async move {
        stop.await;
        drop(stopping);
    };
    let server = serve::serve(listener, service(ledger.clone()), signal);
    let grace = async {
        drop(stopped.await);
        // Streams never end by themselves; everything else has had its time by then.
        tokio::time::sleep(Duration::from_secs(limits::SHUTDOWN_S_MAX)).await;
    };
    tokio::select! {
        () = server => (),
        () = grace => (),
    }
    let last = ledger.clone();
    tokio::task::spawn_blocking(move || last.stop()).await.map_err(std::io::Error::other)
}
