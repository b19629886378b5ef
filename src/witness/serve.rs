//! The door of a witness, as <https://c2sp.org/tlog-witness> says. Invariant: it waits for nobody
//! but the disk, and says nothing of a log but what the log and the witness signed.

use std::{future::Future, io, sync::Arc};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use sijil_proof::submission::Refusal;
use tokio::net::TcpListener;

use crate::seen::{AddError, Witness};

/// A path and a checkpoint with the most signatures are a third of it.
const BODY_BYTES_MAX: usize = 64 * 1024;
const TEXT: &str = "text/plain; charset=utf-8";
/// How a size is answered to who names another.
const SIZE: &str = "text/x.tlog.size";

/// Says what time it is, in seconds since 1970.
type Clock = fn() -> u64;

#[derive(Clone)]
struct Desk {
    witness: Arc<Witness>,
    clock: Clock,
}

/// Serves a witness until `stop` ends.
pub async fn serve(
    listener: TcpListener,
    witness: Witness,
    clock: Clock,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new()
        .route("/add-checkpoint", post(add))
        .route("/{origin}/checkpoint", get(last))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(Desk { witness: Arc::new(witness), clock });
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

fn said(status: StatusCode, media: &'static str, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, media)], text).into_response()
}

/// Runs what reads and writes files.
async fn blocking(run: impl FnOnce() -> Result<Response, AddError> + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(run).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(AddError::Refused(refusal))) => refused(&refusal),
        Ok(Err(error)) => {
            tracing::error!(%error, "nothing is cosigned");
            let why = "what was seen cannot be read or written; the witness's log says why\n";
            said(StatusCode::INTERNAL_SERVER_ERROR, TEXT, why.to_owned())
        }
        Err(_) => said(StatusCode::INTERNAL_SERVER_ERROR, TEXT, "it failed\n".to_owned()),
    }
}

fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::Stale(size) => return said(StatusCode::CONFLICT, SIZE, format!("{size}\n")),
        Refusal::Malformed(_) | Refusal::Smaller { .. } => StatusCode::BAD_REQUEST,
        Refusal::UnknownLog(_) => StatusCode::NOT_FOUND,
        Refusal::Unsigned(_) => StatusCode::FORBIDDEN,
        Refusal::Inconsistent(why) => {
            // A log that signs two histories is what a witness is there to tell.
            tracing::warn!(why, "a log's own signature stands under another history");
            StatusCode::UNPROCESSABLE_ENTITY
        }
    };
    said(status, TEXT, format!("{refusal}\n"))
}

async fn add(State(desk): State<Desk>, body: String) -> Response {
    blocking(move || {
        let signature = desk.witness.add(&body, (desk.clock)())?;
        Ok(said(StatusCode::OK, TEXT, signature.to_string()))
    })
    .await
}

async fn last(State(desk): State<Desk>, Path(origin): Path<String>) -> Response {
    blocking(move || {
        Ok(match desk.witness.last(&origin)? {
            Some(note) => said(StatusCode::OK, TEXT, note.to_string()),
            None => said(StatusCode::NOT_FOUND, TEXT, "nothing was cosigned of it\n".to_owned()),
        })
    })
    .await
}
