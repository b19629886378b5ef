//! Cards and histories of entities. Invariant: what a card shows is what the entity's own records say, as of and as known at the reader's clocks.

use std::collections::BTreeMap;

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use sijil_schemas::id::Kind;

use crate::{
    app::App,
    problem::Problem,
    read::{entity_ref, unknown},
};

/// `GET /v1/{kind}s/{id}`: its state and revision; the revision is the `ETag`, for `If-Match`.
pub(crate) async fn card(app: App, kind: Kind, id: String, mut parameters: BTreeMap<String, String>) -> Result<Response, Problem> {
    let entity = entity_ref(kind, &id)?;
    let (body, revision) = app
        .blocking(move |ledger| {
            let clocks = ledger.clocks(&mut parameters)?;
            if let Some(name) = parameters.keys().next() {
                return Err(Problem::query(name, "one of the parameters as_of, known_at, at_least", name));
            }
            let (revision, opened) = {
                let views = ledger.views();
                let life = views.entities.get(&entity).ok_or_else(|| unknown(&entity))?;
                let birth = life.birth(views.lens(clocks.cut)).filter(|b| b.at < clocks.cut.before).ok_or_else(|| unknown(&entity))?;
                (life.revision(clocks.cut.known_at), birth.position)
            };
            let state: Value = crate::state::state(ledger, &entity, clocks.cut)?;
            Ok((json!({"entity": entity, "revision": revision, "opened": opened, "as_of": clocks.as_of, "known_at": clocks.cut.known_at, "state": state}), revision))
        })
        .await?;
    let mut headers = HeaderMap::new();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{revision}\"")) {
        headers.insert(header::ETAG, tag);
    }
    Ok((headers, Json(body)).into_response())
}

/// `GET /v1/{kind}s/{id}/history`: who changed what, when and why.
pub(crate) async fn history(app: App, kind: Kind, id: String, mut parameters: BTreeMap<String, String>) -> Result<Response, Problem> {
    let entity = entity_ref(kind, &id)?;
    let body = app
        .blocking(move |ledger| {
            let clocks = ledger.clocks(&mut parameters)?;
            if let Some(name) = parameters.keys().next() {
                return Err(Problem::query(name, "one of the parameters as_of, known_at, at_least", name));
            }
            if ledger.views().entities.get(&entity).is_none() {
                return Err(unknown(&entity));
            }
            let changes = crate::state::history(ledger, &entity, clocks.cut)?;
            Ok(json!({"entity": entity, "known_at": clocks.cut.known_at, "changes": changes}))
        })
        .await?;
    Ok(Json(body).into_response())
}
