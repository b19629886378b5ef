//! Every route, in one list. Invariant: the router, the OpenAPI document and the reference are all
//! made from it, so none can say what another does not.

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_fn_with_state, map_response},
    routing::{get, post},
};
use serde_json::{Value, json};
use sijil_ledger::{
    Answer, AskError, AuditError, Denied, Explanation, Rejection, Replay, Restatement, SubmitError,
};
use sijil_projections::report::ReportError;
use sijil_schemas::{May, decode::Refusal, id::Kind, problem::ProblemKind, record::Shown};

use crate::{
    app::Front,
    ask, correcting, docs, feed,
    gate::{Needs, WATCH, guard},
    import, keys,
    openapi::document,
    people,
    problem::Problem,
    read,
    wire::{
        DraftOrBatch, EventsPage, Health, ImportReport, KeyMade, KeyWanted, LogStatus, Myself,
        Projections, Readiness, Registry, Vocabulary, VocabularySchema,
    },
    write,
};

mod entities;
mod proofs;
mod query;
mod route;
mod sessions;
mod subjects;

use query::{
    CORRECT_QUERY, EVENTS_QUERY, EXPLAIN_QUERY, IMPORT_QUERY, REBUILD_QUERY, RECORD_QUERY,
    REPORT_QUERY, RESTATEMENT_QUERY,
};
pub(crate) use query::{QueryParameter, Takes};
pub(crate) use route::{Media, Route};
use route::{fed, json, route, text};

/// The problems any route may have.
pub(crate) const ANYWHERE: &[ProblemKind] = &[
    ProblemKind::MethodNotAllowed,
    ProblemKind::UnknownHost,
    ProblemKind::CrossSite,
    ProblemKind::CredentialInQuery,
    ProblemKind::TooMany,
    ProblemKind::Internal,
    ProblemKind::LogDamaged,
    ProblemKind::LogUnreadable,
];
const BODY: &[ProblemKind] =
    &[ProblemKind::UnsupportedMediaType, ProblemKind::BodyTooLarge, ProblemKind::BodyCutShort];
/// Of routes that need a credential; where reads are told before they are answered, and one cannot
/// be told, it is not answered.
pub(crate) const GUARDED: &[ProblemKind] = &[
    ProblemKind::NoCredential,
    ProblemKind::BadCredential,
    ProblemKind::NotAllowed,
    ProblemKind::Unavailable,
];
/// What it takes to know how far the log is.
const READ: &[May] = &[May::Read, May::Operate, May::Audit];
const OPERATE: &[May] = &[May::Operate];
/// Of what is true of the whole company alone.
const WHOLE: &[ProblemKind] = &[ProblemKind::NeedsWhole];
const HEADER: &[ProblemKind] = &[ProblemKind::InvalidHeader];
const QUERY: &[ProblemKind] = &[ProblemKind::InvalidQuery];
const BEYOND: &[ProblemKind] = &[ProblemKind::FollowerBeyondHead, ProblemKind::Unavailable];
const NOT_FOUND: &[ProblemKind] = &[ProblemKind::NotFound];
const AT: &[ProblemKind] = &[
    ProblemKind::InvalidQuery,
    ProblemKind::InvalidParameter,
    ProblemKind::KnownAtBeyondHead,
    ProblemKind::NotYet,
];
/// Of what is recorded before it leaves.
const EXPORT: &[ProblemKind] =
    &[ProblemKind::NotAdopted, ProblemKind::RolledBack, ProblemKind::LogFull, ProblemKind::Busy];
const IMPORT: &[ProblemKind] = &[
    ProblemKind::Unavailable,
    ProblemKind::NotAdopted,
    ProblemKind::RolledBack,
    ProblemKind::LogFull,
];

/// The list.
pub(crate) fn all() -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(event_routes());
    routes.extend(report_routes());
    routes.extend(house_routes());
    routes.extend(proofs::routes());
    routes.extend(sessions::routes());
    routes.extend(subjects::routes());
    for kind in Kind::ALL.iter().copied().filter(|k| *k != Kind::Event) {
        routes.extend(entities::routes(kind));
    }
    routes
}

#[expect(clippy::too_many_lines, reason = "a list, one entry for each route")]
fn event_routes() -> [Route; 8] {
    let submit: &[&[ProblemKind]] = &[
        BODY,
        HEADER,
        QUERY,
        SubmitError::KINDS,
        Denied::KINDS,
        Refusal::KINDS,
        Rejection::KINDS,
        AskError::KINDS,
        ReportError::KINDS,
    ];
    [
        route(
            "post",
            "/v1/events",
            (Needs::Caller, "record one event, or several that stand or fall together"),
            json::<write::Receipt>(),
            post(write::record),
        )
        .query(RECORD_QUERY)
        .body(json::<DraftOrBatch>())
        .statuses(&[200, 201])
        .problems(submit),
        route(
            "post",
            "/v1/events/import",
            (Needs::Caller, "record a stream of events, one a line, each judged alone"),
            json::<ImportReport>(),
            post(import::import),
        )
        .query(IMPORT_QUERY)
        .body(text("application/x-ndjson"))
        .problems(&[QUERY, BODY, IMPORT]),
        route(
            "post",
            "/v1/events/correct",
            (
                Needs::Caller,
                "compare a stream of events with what their source recorded before; void and \
                 record anew what changed",
            ),
            json::<ImportReport>(),
            post(correcting::correct),
        )
        .query(CORRECT_QUERY)
        .body(text("application/x-ndjson"))
        .problems(&[QUERY, BODY, IMPORT]),
        route(
            "get",
            "/v1/events",
            (Needs::Caller, "records, filtered, in order of position"),
            json::<EventsPage>(),
            get(read::events),
        )
        .query(EVENTS_QUERY)
        .kept_by_nobody()
        .or(text("application/x-ndjson"))
        .problems(&[QUERY, BEYOND, EXPORT]),
        route(
            "get",
            "/v1/events/stream",
            (
                Needs::Export,
                "records as they become durable, as server-sent events; resumes after \
                 Last-Event-ID. If the log cannot be read any more, a last event `problem` \
                 says so and the connection breaks off",
            ),
            Media { name: "text/event-stream", schema: fed },
            get(feed::stream),
        )
        .query(&EVENTS_QUERY[..8])
        .kept_by_nobody()
        .problems(&[QUERY, HEADER, BEYOND, EXPORT]),
        route(
            "get",
            "/v1/events/{position}",
            (Needs::Caller, "one record"),
            json::<Shown>(),
            get(read::event),
        )
        .kept_by_nobody()
        .problems(&[QUERY, NOT_FOUND, &[ProblemKind::NotYet]]),
        route(
            "get",
            "/v1/schemas",
            (Needs::Caller, "the vocabulary"),
            json::<Vocabulary>(),
            get(read::schemas),
        ),
        route(
            "get",
            "/v1/schemas/{type}",
            (Needs::Caller, "the JSON Schema of an event type"),
            json::<VocabularySchema>(),
            get(read::schema),
        )
        .problems(&[QUERY, NOT_FOUND]),
    ]
}

fn report_routes() -> [Route; 4] {
    [
        route(
            "get",
            "/v1/reports",
            (Needs::Caller, "the registry of reports"),
            json::<Registry>(),
            get(ask::registry),
        ),
        route(
            "get",
            "/v1/reports/{name}",
            (Needs::Caller, "a report; its own parameters stand in the registry"),
            json::<Answer>(),
            get(ask::report),
        )
        .query(REPORT_QUERY)
        .or(text("text/csv"))
        .statuses(&[200, 304])
        .problems(&[
            AT,
            AskError::KINDS,
            ReportError::KINDS,
            &[ProblemKind::NotAcceptable, ProblemKind::NeedsWhole],
        ]),
        route(
            "get",
            "/v1/reports/{name}/explain",
            (Needs::Caller, "the records behind a row of a report, or one cell"),
            json::<Explanation>(),
            get(ask::explain),
        )
        .query(EXPLAIN_QUERY)
        .problems(&[AT, AskError::KINDS, ReportError::KINDS, WHOLE]),
        route(
            "get",
            "/v1/reports/{name}/restatement",
            (
                Needs::Caller,
                "what changed in a report since an earlier known_at, row by row, and which records \
             changed it",
            ),
            json::<Restatement>(),
            get(ask::restatement),
        )
        .query(RESTATEMENT_QUERY)
        .problems(&[AT, AskError::KINDS, ReportError::KINDS, WHOLE]),
    ]
}

#[expect(clippy::too_many_lines, reason = "a list, one entry for each route")]
fn house_routes() -> [Route; 12] {
    let submit: &[&[ProblemKind]] =
        &[BODY, SubmitError::KINDS, Denied::KINDS, Refusal::KINDS, Rejection::KINDS];
    [
        route(
            "get",
            "/v1/me",
            (Needs::Caller, "who the caller is, and what it may do"),
            json::<Myself>(),
            get(keys::me),
        )
        .kept_by_nobody(),
        route(
            "post",
            "/v1/keys",
            (
                Needs::Caller,
                "make a key for a user or an integration; the one answer that shows its secret",
            ),
            json::<KeyMade>(),
            post(keys::issue),
        )
        .body(json::<KeyWanted>())
        .statuses(&[201])
        .problems(submit),
        route(
            "get",
            "/v1/projections",
            (
                Needs::Any(WATCH),
                "every fold, its edition, position and quarantine, and the state of it that is \
                 kept",
            ),
            json::<Projections>(),
            get(ask::projections),
        ),
        route(
            "post",
            "/v1/projections/{name}/rebuild",
            (
                Needs::Any(OPERATE),
                "make a fold anew from the log beside the live one, say what differs, and \
                 switch; what is replaced is kept",
            ),
            json::<Replay>(),
            post(ask::rebuild),
        )
        .query(REBUILD_QUERY)
        .problems(&[QUERY, AuditError::KINDS]),
        route(
            "post",
            "/v1/projections/{name}/rollback",
            (
                Needs::Any(OPERATE),
                "bring the state that a rebuild replaced to the head, say what differs, and \
                 switch back",
            ),
            json::<Replay>(),
            post(ask::rollback),
        )
        .problems(&[QUERY, AuditError::KINDS]),
        route(
            "get",
            "/v1/log",
            (Needs::Any(READ), "head, size and root of the log"),
            json::<LogStatus>(),
            get(read::log),
        ),
        route(
            "get",
            "/healthz",
            (Needs::Nothing, "the process runs"),
            json::<Health>(),
            get(ask::healthz),
        ),
        route(
            "get",
            "/readyz",
            (Needs::Nothing, "questions are answered; whether writes are taken"),
            json::<Readiness>(),
            get(ask::readyz),
        )
        // Whoever watches over the server is told more than others.
        .kept_by_nobody()
        .statuses(&[200, 503]),
        route(
            "get",
            "/metrics",
            (Needs::Any(WATCH), "counters for Prometheus"),
            text("text/plain"),
            get(ask::metrics),
        ),
        route(
            "get",
            "/openapi.json",
            (Needs::Caller, "this interface as OpenAPI 3.1"),
            json::<serde_json::Map<String, Value>>(),
            get(|| async { axum::Json(document(&all())) }),
        ),
        route(
            "get",
            "/docs",
            (Needs::Nothing, "this reference"),
            text("text/html"),
            get(docs::reference),
        ),
        route(
            "get",
            "/docs/problems/{name}",
            (Needs::Nothing, "what a problem means and what to do"),
            text("text/html"),
            get(docs::problem),
        )
        .problems(&[QUERY, NOT_FOUND]),
    ]
}

/// The router made from the list: each route behind a guard that asks for what it needs.
pub(crate) fn router(front: Front) -> Router {
    let mut router = Router::new();
    for Route { path, needs, keeping, handler, .. } in all() {
        let guard = from_fn_with_state((front.clone(), needs, Arc::from(&*path)), guard);
        // Outside the guard: what it refuses is nothing to be kept either.
        let said = map_response(move |answer| std::future::ready(keeping.said(answer)));
        // The number of a tile is written in groups of three digits, each a segment.
        let path = path.replace("{tile}", "{*tile}");
        router = router.route(&path, handler.layer(guard).layer(said));
    }
    router
        .fallback(people::found)
        .method_not_allowed_fallback(|| async {
            Problem::new(
                ProblemKind::MethodNotAllowed,
                "the path does not take this method; GET /docs lists what it takes",
            )
        })
        .with_state(front)
}

/// The list as data, for tests.
#[must_use]
pub fn listed() -> Vec<Value> {
    all()
        .iter()
        .map(|r| json!({"method": r.method, "path": r.path, "needs": r.needs.words()}))
        .collect()
}
