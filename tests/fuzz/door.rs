//! Any request to the HTTP door. Invariant: every answer is a success or a problem with a name, and
//! never a fault of the server.

use std::{sync::OnceLock, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use sijil_simulation::world::House;
use tokio::runtime::Runtime;
use tower::ServiceExt;

struct Door {
    runtime: Runtime,
    service: Router,
}

/// A door before an empty ledger that takes no writes: what is asked never changes it.
fn door() -> &'static Door {
    static DOOR: OnceLock<Door> = OnceLock::new();
    DOOR.get_or_init(|| {
        let Ok(running) = House::new(2).open() else { unreachable!("an empty disk opens") };
        let Ok(runtime) = Runtime::new() else { unreachable!("a runtime starts") };
        let service = {
            let _inside = runtime.enter();
            sijil_http::service(&running.ledger)
        };
        // The sequencer takes no step by itself, so nothing is ever recorded.
        std::mem::forget(running);
        Door { runtime, service }
    })
}

/// The first line is a path with its query, the rest a body; without a rest it is a GET.
pub fn request(bytes: &[u8]) {
    let (line, body) = bytes
        .iter()
        .position(|b| *b == b'\n')
        .map_or((bytes, None), |at| (&bytes[..at], Some(&bytes[at + 1..])));
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let media = if line.ends_with(b"import") { "application/x-ndjson" } else { "application/json" };
    let request = Request::builder()
        .method(method)
        .uri(line)
        .header(header::CONTENT_TYPE, media)
        .body(Body::from(body.unwrap_or_default().to_vec()));
    let Ok(request) = request else { return };
    if request.uri().path().ends_with("/stream") {
        return;
    }
    let door = door();
    let answer = door.runtime.block_on(async {
        tokio::time::timeout(Duration::from_millis(200), door.service.clone().oneshot(request))
            .await
    });
    // A request that is admitted waits for a step of the sequencer that never comes.
    let Ok(Ok(answer)) = answer else { return };
    let status = answer.status();
    assert!(
        status.as_u16() < 500 || status == StatusCode::SERVICE_UNAVAILABLE,
        "{status} for {:?}",
        String::from_utf8_lossy(bytes)
    );
    if status.is_client_error() {
        let media = answer.headers().get(header::CONTENT_TYPE).and_then(|m| m.to_str().ok());
        assert_eq!(
            media,
            Some("application/problem+json"),
            "{status} without a problem for {:?}",
            String::from_utf8_lossy(bytes)
        );
    }
}
