//! The bare handler: what a door costs that only parses a body of JSON and answers. Invariant: it
//! knows no ledger; it is the ceiling that measurements of the real door are held against.

use axum::{
    Json, Router,
    http::StatusCode,
    routing::{get, post},
};
use serde_json::{Value, json};

/// A door without a ledger, with the paths that a measurement of writes uses.
pub fn bare() -> Router {
    let parse = |Json(body): Json<Value>| async move {
        (StatusCode::CREATED, Json(json!({"type": body["type"]})))
    };
    Router::new()
        .route("/v1/events", post(parse))
        .route("/healthz", get(|| async { Json(json!({"status": "ok"})) }))
}
