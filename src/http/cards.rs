//! Cards, histories and differences of entities (R36). Invariant: what they show is read from the
//! entity's own records at the moment asked, at the reader's clocks.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use sijil_ledger::{Clocks, Desk};
use sijil_projections::state::{State, differences, history, state};
use sijil_schemas::{
    Record,
    id::{EntityRef, Kind},
};

use crate::{
    app::App,
    asked::Parameters,
    problem::Problem,
    read::{entity_ref, nothing_left, unknown},
    reads::Counted,
    wire::{Compared, History, Point},
};

fn clocks(desk: &Desk, parameters: &mut Parameters) -> Result<Clocks, Problem> {
    let clocks = desk.clocks(parameters)?;
    nothing_left(parameters, "as_of, known_at, at_least")?;
    Ok(clocks)
}

fn records(desk: &Desk, entity: &EntityRef, clocks: &Clocks) -> Result<Vec<Record>, Problem> {
    let records = desk.history(entity, clocks.cut.known_at)?;
    if records.is_empty() { Err(unknown(entity)) } else { Ok(records) }
}

fn state_at(desk: &Desk, entity: &EntityRef, clocks: &Clocks) -> Result<Option<State>, Problem> {
    let records = records(desk, entity, clocks)?;
    let views = desk.views();
    Ok(state(entity, &records, views.lens(clocks.cut)))
}

/// `GET /v1/{kind}s/{id}`: its state and revision; the revision is the `ETag`, for `If-Match`.
pub(crate) async fn card(
    app: App,
    kind: Kind,
    id: String,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let entity = entity_ref(kind, &id)?;
    let body = app
        .blocking(move |desk| {
            let clocks = clocks(desk, &mut parameters)?;
            desk.card(&entity, clocks)?.ok_or_else(|| unknown(&entity))
        })
        .await?;
    let mut headers = HeaderMap::new();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", body.revision)) {
        headers.insert(header::ETAG, tag);
    }
    let hidden = !body.hidden.is_empty();
    Ok(Counted::of(1, hidden, (headers, Json(body)).into_response()))
}

/// `GET /v1/{kind}s/{id}/history`: who changed what, when, why and on whose behalf.
pub(crate) async fn steps(
    app: App,
    kind: Kind,
    id: String,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let entity = entity_ref(kind, &id)?;
    app.blocking(move |desk| {
        let clocks = clocks(desk, &mut parameters)?;
        let records = records(desk, &entity, &clocks)?;
        let views = desk.views();
        let steps = history(&entity, &records, views.lens(clocks.cut));
        drop(views);
        Ok(Json(History {
            entity: entity.clone(),
            as_of: clocks.as_of,
            known_at: clocks.cut.known_at,
            steps,
        })
        .into_response())
    })
    .await
}

/// `GET /v1/{kind}s/{id}/differences`: what differs, field by field, between two points on the two
/// clocks.
pub(crate) async fn compared(
    app: App,
    kind: Kind,
    id: String,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let entity = entity_ref(kind, &id)?;
    let body = app
        .blocking(move |desk| {
            let mut earlier: Parameters =
                [("as_of", "before_as_of"), ("known_at", "before_known_at")]
                    .into_iter()
                    .filter_map(|(name, given)| Some((name.to_owned(), parameters.remove(given)?)))
                    .collect();
            let (before, after) = (clocks(desk, &mut earlier)?, clocks(desk, &mut parameters)?);
            let (old, new) =
                (state_at(desk, &entity, &before).ok().flatten(), state_at(desk, &entity, &after)?);
            let point = |c: Clocks| Point { as_of: c.as_of, known_at: c.cut.known_at };
            Ok(Compared {
                entity,
                before: point(before),
                after: point(after),
                differences: differences(old.as_ref(), new.as_ref()),
            })
        })
        .await?;
    Ok(Json(body).into_response())
}
