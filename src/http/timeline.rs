//! Timelines of entities (R1). Invariant: a page ends where a record that may be seen does, and its
//! cursor names no other.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use sijil_projections::{Cut, Known, clients::happened as happened_to};
use sijil_schemas::{
    Position,
    id::{EntityRef, Kind},
    time::Timestamp,
};

use crate::{
    app::App,
    asked::Parameters,
    limits::PAGE_DEFAULT,
    problem::Problem,
    read::{entity_ref, limit, nothing_left, unknown},
    wire::Timeline,
};

/// `GET /v1/{kind}s/{id}/timeline`: the records that name it, voided ones and their voids among
/// them, newest business date first; of a client, all that count for it (R1).
pub(crate) async fn timeline(
    app: App,
    kind: Kind,
    id: String,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let entity = entity_ref(kind, &id)?;
    let limit = limit(&mut parameters, "limit", PAGE_DEFAULT)?;
    let body = app
        .blocking(move |desk| {
            let before = parameters.remove("before");
            let before = before
                .map(|text| {
                    cursor(&text).ok_or_else(|| {
                        Problem::query("before", "the `next` of the page before", &text)
                    })
                })
                .transpose()?;
            let clocks = desk.clocks(&mut parameters)?;
            nothing_left(&parameters, "before, limit, as_of, known_at, at_least")?;
            let mut all =
                happened(&desk.views(), &entity, clocks.cut).ok_or_else(|| unknown(&entity))?;
            all.retain(|row| before.is_none_or(|before| *row < before));
            all.sort_unstable_by(|a, b| b.cmp(a));
            all.dedup();
            let (mut stored, mut last, mut next) = (Vec::new(), None, None);
            for (at, position) in all {
                // Where everything may be read, that there is another is enough to know.
                let is_full = stored.len() == limit;
                let seen = if is_full && desk.reads_all() { None } else { desk.record(position)? };
                if is_full && (desk.reads_all() || seen.is_some()) {
                    next = last;
                    break;
                }
                if let Some(seen) = seen {
                    last = Some(format!("{at}@{position}"));
                    stored.push(seen);
                }
            }
            let events = desk.all_told(&stored, clocks.cut.known_at)?;
            let merged_into = merged_into(&desk.views(), &entity, clocks.cut)?;
            Ok(Timeline { entity, merged_into, known_at: clocks.cut.known_at, events, next })
        })
        .await?;
    Ok(Json(body).into_response())
}

/// The client that a client was merged into.
fn merged_into(views: &Known, entity: &EntityRef, cut: Cut) -> Result<Option<EntityRef>, Problem> {
    let (clients, lens) = (&views.clients, views.lens(cut));
    let client = clients.sym(entity.id()).filter(|_| entity.kind == Kind::Client);
    let into = client
        .map(|client| (client, clients.root(client, lens)))
        .filter(|(client, root)| client != root);
    into.map(|(_, root)| entity_ref(Kind::Client, clients.id(root))).transpose()
}

/// What happened with an entity, voided or not, and the voids of it, in no order; `None` if no
/// record names it.
fn happened(views: &Known, entity: &EntityRef, cut: Cut) -> Option<Vec<(Timestamp, Position)>> {
    let lens = views.lens(cut);
    let life = views.entities.get(entity, lens.side)?;
    let is_seen = |(position, _)| position <= views.position() && lens.sees(position);
    let life = Some(life).filter(|life| life.touching_back().any(is_seen))?;
    let mut all: Vec<(Timestamp, Position)> = match (entity.kind, views.clients.sym(entity.id())) {
        // What was a merged client's, or a counterparty's of its, is a client's too.
        (Kind::Client, client) => {
            client.map(|client| happened_to(views.folds(), client, lens)).unwrap_or_default()
        }
        _ => life
            .touching_back()
            .filter(|(position, at)| *at < cut.before && lens.recorded(*position))
            .map(|(position, at)| (at, position))
            .collect(),
    };
    let voids: Vec<Position> =
        all.iter().filter_map(|(_, position)| lens.void_of(*position)).collect();
    all.extend(
        voids
            .into_iter()
            .map(|void| (views.entities.moment(void), void))
            .filter(|(at, _)| *at < cut.before),
    );
    Some(all)
}

fn cursor(text: &str) -> Option<(Timestamp, Position)> {
    let (at, number) = text.split_once('@')?;
    Some((at.parse().ok()?, sijil_ledger::position(number)?))
}
