#![doc = include_str!("README.md")]

mod app;
mod ask;
mod asked;
mod browsers;
mod caching;
mod cards;
mod causes;
mod cookies;
mod correcting;
mod docs;
mod entrance;
mod feed;
mod gate;
mod headers;
mod hosts;
mod html;
mod import;
mod inside;
mod keys;
mod keys_in_query;
mod lanes;
pub mod limits;
mod lines;
mod openapi;
mod pages;
mod people;
mod problem;
mod proofs;
mod provider;
mod rates;
mod read;
mod reads;
mod reception;
mod requests;
mod routes;
mod serve;
mod sessions;
mod subjects;
mod threshold;
mod timeline;
mod tls;
mod turns;
mod wire;
mod write;

use std::{sync::Arc, time::Duration};

use axum::{Router, http::HeaderValue, response::IntoResponse};
use sijil_ledger::{Desk, Gate, Ledger, LogState};
use sijil_schemas::problem::ProblemKind;
use tokio::net::TcpListener;
use tower_http::{catch_panic::CatchPanicLayer, decompression::RequestDecompressionLayer};

use crate::requests::Telling;

pub use docs::problem_names;
pub use entrance::{Connection, Connections, Entrance, Peer, Proxies};
pub use hosts::Hosts;
pub use inside::Inside;
pub use pages::page;
pub use people::{Pages, Sheet, Visit};
pub use problem::Problem;
pub use rates::{Attempts, Pace, Quotas, RetryAfter};
pub use reads::ReadLog;
pub use reception::Reception;
pub use routes::listed;
pub use tls::{Tls, TlsError};
pub use turns::{Turn, Turns};

/// The door as a service, for a command or a test that asks it in this process: whoever asks there
/// is the caller of this desk.
pub fn service(desk: &Desk) -> Router {
    service_with_beat(desk, BEAT)
}

/// The same, where a follower of the feed hears its position at least once in `beat`.
pub fn service_with_beat(desk: &Desk, beat: Duration) -> Router {
    let gate = Gate::Known(desk.caller().clone());
    let reception = Reception::new(Ledger::clone(desk), gate, Arc::default());
    made(app::Front::new(Arc::new(reception), beat), None, Telling::Nothing)
}

/// The longest a follower hears nothing.
const BEAT: Duration = Duration::from_secs(limits::STREAM_BEAT_S);

fn made(front: app::Front, hosts: Option<Hosts>, telling: Telling) -> Router {
    let panicked = |_| {
        Problem::new(
            ProblemKind::Internal,
            "the request could not be answered; the cause is in the server's log",
        )
        .into_response()
    };
    let (known, reception) = (front.ledger.clone(), front.reception.clone());
    let stands = move |mut response: axum::response::Response| {
        if let Some(word) = standing(&known) {
            response.headers_mut().insert("sijil-log", word);
        }
        std::future::ready(response)
    };
    routes::router(front)
        .layer(RequestDecompressionLayer::new().pass_through_unaccepted(true))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::map_response(stands))
        .layer(axum::middleware::from_fn(move |request, next| {
            threshold::pass(hosts.clone(), reception.clone(), request, next)
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
        (None, LogState::RolledBack) => Some(HeaderValue::from_static("rolled_back")),
        (None, LogState::Whole | LogState::Damaged) => None,
    }
}

/// Serves until `stop` is done, then ends what follows the log and finishes what was accepted,
/// within [`limits::SHUTDOWN_S_MAX`]. `public` is the host by which the server is known outside, if
/// it is; `pages` makes the pages for people, if they are served.
pub async fn serve(
    listener: TcpListener,
    public: Option<&str>,
    reception: Arc<Reception>,
    pages: Option<Arc<dyn Pages>>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let hosts = Hosts::new(listener.local_addr()?, public);
    let last = reception.ledger.clone();
    let mut front = app::Front::new(reception.clone(), BEAT);
    front.pages = pages;
    let ending = front.ending.clone();
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let signal = async move {
        stop.await;
        ending.send_replace(true);
        drop(stopping);
    };
    let door = made(front, Some(hosts), Telling::Failures);
    let server = serve::serve(listener, reception, door, signal);
    let grace = async {
        drop(stopped.await);
        // What follows the log was let go long before; everything else has had its time by then.
        tokio::time::sleep(Duration::from_secs(limits::SHUTDOWN_S_MAX)).await;
    };
    tokio::select! {
        () = server => (),
        () = grace => (),
    }
    tokio::task::spawn_blocking(move || last.stop()).await.map_err(std::io::Error::other)
}
