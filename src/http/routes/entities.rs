//! The routes of each kind of entity. Invariant: they are the same for all kinds, and need the
//! right to read the family that opens it.

use axum::routing::get;
use sijil_ledger::{Card, family_of, plural};
use sijil_projections::report::ReportError;
use sijil_schemas::{id::Kind, problem::ProblemKind};

use super::{
    AT, NOT_FOUND, Route, json,
    query::{CLOCKS, DIFFERENCES_QUERY, LIST_QUERY, TIMELINE_QUERY},
    route,
};
use crate::{
    app::App,
    asked::{Asked, Named},
    cards,
    gate::Needs,
    read, timeline,
    wire::{Compared, EntitiesPage, History, Timeline},
};

/// The routes of one kind.
pub(super) fn routes(kind: Kind) -> [Route; 5] {
    let path = format!("/v1/{}", plural(kind));
    let needs = Needs::Read(family_of(kind));
    let list = get(move |app: App, Asked(parameters): Asked| read::entities(app, kind, parameters));
    let card = get(move |app: App, Named(id): Named, Asked(parameters): Asked| {
        cards::card(app, kind, id, parameters)
    });
    let timeline = get(move |app: App, Named(id): Named, Asked(parameters): Asked| {
        timeline::timeline(app, kind, id, parameters)
    });
    let history = get(move |app: App, Named(id): Named, Asked(parameters): Asked| {
        cards::steps(app, kind, id, parameters)
    });
    let compared = get(move |app: App, Named(id): Named, Asked(parameters): Asked| {
        cards::compared(app, kind, id, parameters)
    });
    // A client's timeline is a report, and says no as one.
    let of_client: &[ProblemKind] = if kind == Kind::Client { ReportError::KINDS } else { &[] };
    [
        route(
            "get",
            &path,
            (needs, "ids and revisions, in order of the ids"),
            json::<EntitiesPage>(),
            list,
        )
        .query(LIST_QUERY)
        .kept_by_nobody()
        .problems(&[AT]),
        route(
            "get",
            &format!("{path}/{{id}}"),
            (needs, "its state and revision"),
            json::<Card>(),
            card,
        )
        .query(CLOCKS)
        .kept_by_nobody()
        .problems(&[AT, NOT_FOUND]),
        route(
            "get",
            &format!("{path}/{{id}}/timeline"),
            (needs, "the records that name it, newest business date first"),
            json::<Timeline>(),
            timeline,
        )
        .query(TIMELINE_QUERY)
        .kept_by_nobody()
        .problems(&[AT, NOT_FOUND, of_client]),
        route(
            "get",
            &format!("{path}/{{id}}/history"),
            (needs, "who changed what, when and why; field by field"),
            json::<History<'_>>(),
            history,
        )
        .query(CLOCKS)
        .kept_by_nobody()
        .problems(&[AT, NOT_FOUND]),
        route(
            "get",
            &format!("{path}/{{id}}/differences"),
            (needs, "what differs, field by field, between two points on the two clocks"),
            json::<Compared>(),
            compared,
        )
        .query(DIFFERENCES_QUERY)
        .kept_by_nobody()
        .problems(&[AT, NOT_FOUND]),
    ]
}
