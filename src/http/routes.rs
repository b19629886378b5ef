//! Every route, in one list. Invariant: the router, the OpenAPI document and the reference are all made from it, so none can say what another does not.

use axum::{
    Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::{MethodRouter, get, post},
};
use serde_json::{Value, json};
use sijil_schemas::id::Kind;

use crate::{app::App, ask, cards, docs, import, openapi::document, problem::Problem, read, write};

/// One route, as the reference tells it.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) about: &'static str,
    /// Name, what it takes, and whether it must be given.
    pub(crate) query: &'static [(&'static str, &'static str, bool)],
    /// The media type of the body it takes.
    pub(crate) body: Option<&'static str>,
    /// The media types it answers with.
    pub(crate) answers: &'static [&'static str],
    /// The statuses besides those of problems.
    pub(crate) statuses: &'static [u16],
    /// The statuses of its problems.
    pub(crate) problems: &'static [u16],
    handler: MethodRouter<App>,
}

const JSON: &[&str] = &["application/json"];
const CLOCKS: &[(&str, &str, bool)] = &[
    ("as_of", "what was true then: a day, meaning its end, or a time with offset", false),
    ("known_at", "what was known then: a position, a day or a time", false),
    ("at_least", "wait until the views reflect this position", false),
];
const LIMIT: (&str, &str, bool) = ("limit", "rows on the page, 1 to 1000", false);
const LIST_QUERY: &[(&str, &str, bool)] = &[("after", "begin after this id", false), LIMIT, CLOCKS[0], CLOCKS[1], CLOCKS[2]];
const DIFFERENCES_QUERY: &[(&str, &str, bool)] =
    &[("before_as_of", "as_of of the earlier point", false), ("before_known_at", "known_at of the earlier point", false), CLOCKS[0], CLOCKS[1], CLOCKS[2]];
const TIMELINE_QUERY: &[(&str, &str, bool)] = &[("before", "the `next` of the page before", false), LIMIT, CLOCKS[0], CLOCKS[1], CLOCKS[2]];
const EVENTS_QUERY: &[(&str, &str, bool)] = &[
    ("type", "event types, separated by commas", false),
    ("family", "a family of event types", false),
    ("entity", "only records that name kind:id", false),
    ("actor", "only records by this actor", false),
    ("from", "only what occurred from this day or time on", false),
    ("as_of", "only what occurred up to this day or time", false),
    ("known_at", "only records up to this position", false),
    ("after", "begin after this position", false),
    ("limit", "rows on the page, 1 to 1000", false),
    ("format", "json or ndjson", false),
];

fn route(method: &'static str, path: &str, about: &'static str, handler: MethodRouter<App>) -> Route {
    Route { method, path: path.into(), about, query: &[], body: None, answers: JSON, statuses: &[200], problems: &[], handler }
}

impl Route {
    fn query(self, query: &'static [(&'static str, &'static str, bool)]) -> Route {
        Route { query, ..self }
    }
    fn body(self, media: &'static str) -> Route {
        Route { body: Some(media), ..self }
    }
    fn answers(self, answers: &'static [&'static str]) -> Route {
        Route { answers, ..self }
    }
    fn statuses(self, statuses: &'static [u16], problems: &'static [u16]) -> Route {
        Route { statuses, problems, ..self }
    }
}

/// The list.
pub(crate) fn all() -> Vec<Route> {
    let mut routes = vec![
        route("post", "/v1/events", "record one event, or several that stand or fall together", post(write::record))
            .body("application/json")
            .statuses(&[200, 201], &[400, 408, 409, 412, 413, 415, 422, 503, 507]),
        route("post", "/v1/events/import", "record a stream of events, one a line, each judged alone", post(import::import))
            .body("application/x-ndjson")
            .statuses(&[200], &[400, 408, 413, 415, 503, 507]),
        route("get", "/v1/events", "records, filtered, in order of position", get(read::events))
            .query(EVENTS_QUERY)
            .answers(&["application/json", "application/x-ndjson"])
            .statuses(&[200], &[400]),
        route("get", "/v1/events/stream", "records as they become durable, as server-sent events; resumes after Last-Event-ID", get(read::stream))
            .query(&EVENTS_QUERY[..8])
            .answers(&["text/event-stream"])
            .statuses(&[200], &[400]),
        route("get", "/v1/events/{position}", "one record", get(read::event)).statuses(&[200], &[400, 404]),
        route("get", "/v1/schemas", "the vocabulary", get(read::schemas)),
        route("get", "/v1/schemas/{type}", "the JSON Schema of an event type", get(read::schema)).statuses(&[200], &[404]),
        route("get", "/v1/reports", "the registry of reports", get(ask::registry)),
        route("get", "/v1/reports/{name}", "a report; its own parameters stand in the registry", get(ask::report))
            .query(CLOCKS)
            .answers(&["application/json", "text/csv"])
            .statuses(&[200, 304], &[400, 404, 406, 422, 503]),
        route("get", "/v1/reports/{name}/explain", "the records behind a row of a report, or one cell", get(ask::explain))
            .query(&[("row", "the values of the key columns, separated by commas", true), ("column", "the column; absent is the whole row", false)])
            .statuses(&[200], &[400, 404, 422, 503]),
        route("get", "/v1/reports/{name}/restatement", "what changed in a report since an earlier position, and why", get(ask::restatement))
            .query(&[("since", "the earlier position", true), ("known_at", "the later one", false)])
            .statuses(&[200], &[400, 404, 422, 503]),
        route("get", "/v1/projections", "every fold, its edition, position and quarantine", get(ask::projections)),
        route("post", "/v1/projections/{name}/rebuild", "make a fold anew from the log, compare, and switch", post(ask::rebuild)).statuses(&[200], &[404]),
        route("get", "/v1/log", "head, size and root of the log", get(read::log)),
        route("get", "/healthz", "the process runs", get(ask::healthz)),
        route("get", "/readyz", "questions are answered; whether writes are taken", get(ask::readyz)).statuses(&[200], &[503]),
        route("get", "/metrics", "counters for Prometheus", get(ask::metrics)).answers(&["text/plain"]),
        route("get", "/openapi.json", "this interface as OpenAPI 3.1", get(|| async { axum::Json(document(&all())) })),
        route("get", "/docs", "this reference", get(docs::reference)).answers(&["text/html"]),
        route("get", "/docs/problems/{name}", "what a problem means and what to do", get(docs::problem)).answers(&["text/html"]).statuses(&[200], &[404]),
    ];
    for kind in Kind::ALL.iter().copied().filter(|k| *k != Kind::Event) {
        routes.extend(entity_routes(kind));
    }
    routes
}

fn entity_routes(kind: Kind) -> [Route; 5] {
    let path = format!("/v1/{}", read::plural(kind));
    let list = get(move |State(app): State<App>, Query(parameters)| read::entities(app, kind, parameters));
    let card = get(move |State(app): State<App>, Path(id): Path<String>, Query(parameters)| cards::card(app, kind, id, parameters));
    let timeline = get(move |State(app): State<App>, Path(id): Path<String>, Query(parameters)| read::timeline(app, kind, id, parameters));
    let history = get(move |State(app): State<App>, Path(id): Path<String>, Query(parameters)| cards::steps(app, kind, id, parameters));
    let compared = get(move |State(app): State<App>, Path(id): Path<String>, Query(parameters)| cards::compared(app, kind, id, parameters));
    [
        route("get", &path, "ids and revisions, in order of the ids", list).query(LIST_QUERY).statuses(&[200], &[400, 503]),
        route("get", &format!("{path}/{{id}}"), "its state and revision", card).query(CLOCKS).statuses(&[200], &[400, 404, 503]),
        route("get", &format!("{path}/{{id}}/timeline"), "the records that name it, newest business date first", timeline)
            .query(TIMELINE_QUERY)
            .statuses(&[200], &[400, 404, 503]),
        route("get", &format!("{path}/{{id}}/history"), "who changed what, when and why; field by field", history)
            .query(CLOCKS)
            .statuses(&[200], &[400, 404, 503]),
        route("get", &format!("{path}/{{id}}/differences"), "what differs, field by field, between two points on the two clocks", compared)
            .query(DIFFERENCES_QUERY)
            .statuses(&[200], &[400, 404, 503]),
    ]
}

/// The router made from the list.
pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new();
    for Route { path, handler, .. } in all() {
        router = router.route(&path, handler);
    }
    router
        .fallback(|| async { Problem::not_found("no such path; GET /docs lists them all") })
        .method_not_allowed_fallback(|| async {
            Problem::new("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED, "the path does not take this method; GET /docs lists what it takes")
        })
        .with_state(app)
}

/// The list as data, for tests.
#[must_use]
pub fn listed() -> Vec<Value> {
    all().iter().map(|r| json!({"method": r.method, "path": r.path})).collect()
}
