#![doc = include_str!("README.md")]

mod app;
mod ask;
mod asked;
mod cards;
mod causes;
mod correcting;
mod docs;
mod feed;
mod hosts;
mod import;
mod inside;
mod lanes;
pub mod limits;
mod openapi;
mod pages;
mod problem;
mod read;
mod requests;
mod routes;
mod serve;
mod wire;
mod write;

use std::time::Duration;

use axum::{Router, http::HeaderValue, response::IntoResponse};
use sijil_ledger::{Ledger, LogState};
use sijil_schemas::problem::ProblemKind;
use tokio::net::TcpListener;
use tower_http::{catch_panic::CatchPanicLayer, decompression::RequestDecompressionLayer};

use crate::requests::Telling;

pub use docs::problem_names;
pub use hosts::Hosts;
pub use inside::Inside;
pub use pages::page;
pub use problem::Problem;
pub use routes::listed;

/// The door as a service, for a command or a test that asks it in this process.
pub fn service(ledger: Ledger) -> Router {
    service_with_beat(ledger, BEAT)
}

/// The same, where a follower of the feed hears its position at least once in `beat`.
pub fn service_with_beat(ledger: Ledger, beat: Duration) -> Router {
    made(app::App::new(ledger, beat), None, Telling::Nothing)
}

/// The longest a follower hears nothing.
const BEAT: Duration = Duration::from_secs(limits::STREAM_BEAT_S);

fn made(app: app::App, hosts: Option<Hosts>, telling: Telling) -> Router {
    let panicked = |_| {
        Problem::new(
            ProblemKind::Internal,
            "the request could not be answered; the cause is in the server's log",
        )
        .into_response()
    };
    let known = app.ledger.clone();
    let stands = move |mut response: axum::response::Response| {
        if let Some(word) = standing(&known) {
            response.headers_mut().insert("sijil-log", word);
        }
        std::future::ready(response)
    };
    routes::router(app)
        .layer(RequestDecompressionLayer::new().pass_through_unaccepted(true))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::map_response(stands))
        .layer(axum::middleware::from_fn(move |request, next| {
            hosts::check(hosts.clone(), request, next)
        }))
        // Outermost, so that whoever refuses, the refusal has the request's id.
        .layer(axum::middleware::from_fn(move |request, next| telling.follow(request, next)))
}

/// What every answer says of a log that is not whole and in reach.
fn standing(ledger: &Ledger) -> Option<HeaderValue> {
    match (ledger.damaged(), ledger.log_state()) {
        (Some(damaged), _) => {
            HeaderValue::try_from(format!("damaged; vouched={}", damaged.vouched_to)).ok()
        }
        (None, LogState::Stale) => Some(HeaderValue::from_static("stale")),
        (None, LogState::Copy) => Some(HeaderValue::from_static("copy")),
        (None, LogState::Whole | LogState::Damaged) => None,
    }
}

/// Serves until `stop` is done, then ends what follows the log and finishes what was accepted,
/// within [`limits::SHUTDOWN_S_MAX`]. `public` is the host by which the server is known outside, if
/// it is.
pub async fn serve(
    listener: TcpListener,
    public: Option<&str>,
    ledger: Ledger,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let hosts = Hosts::new(listener.local_addr()?, public);
    let app = app::App::new(ledger.clone(), BEAT);
    let ending = app.ending.clone();
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let signal = async move {
        stop.await;
        ending.send_replace(true);
        drop(stopping);
    };
    let server = serve::serve(listener, made(app, Some(hosts), Telling::Failures), signal);
    let grace = async {
        drop(stopped.await);
        // What follows the log was let go long before; everything else has had its time by then.
        tokio::time::sleep(Duration::from_secs(limits::SHUTDOWN_S_MAX)).await;
    };
    tokio::select! {
        () = server => (),
        () = grace => (),
    }
    let last = ledger.clone();
    tokio::task::spawn_blocking(move || last.stop()).await.map_err(std::io::Error::other)
}
