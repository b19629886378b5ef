//! Every route, in one list. Invariant: the router, the OpenAPI document and the reference are all
//! made from it, so none can say what another does not.

use axum::{
    Router,
    extract::State,
    routing::{MethodRouter, get, post},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use sijil_ledger::{
    Answer, AskError, AuditError, Explanation, Rejection, Replay, Restatement, SubmitError,
};
use sijil_projections::report::ReportError;
use sijil_schemas::{decode::Refusal, id::Kind, problem::ProblemKind, record::Shown};

use crate::{
    app::App,
    ask,
    asked::{Asked, Named},
    cards, correcting, docs, feed, import,
    openapi::document,
    problem::Problem,
    read,
    wire::{
        Card, Compared, DraftOrBatch, EntitiesPage, EventsPage, Health, History, ImportReport,
        LogStatus, Projections, Readiness, Receipt, Registry, Timeline, Vocabulary,
        VocabularySchema,
    },
    write,
};

mod query;

use query::{
    CLOCKS, CORRECT_QUERY, DIFFERENCES_QUERY, EVENTS_QUERY, EXPLAIN_QUERY, IMPORT_QUERY,
    LIST_QUERY, REBUILD_QUERY, REPORT_QUERY, RESTATEMENT_QUERY, TIMELINE_QUERY,
};
pub(crate) use query::{QueryParameter, Takes};

/// A media type, and the schema of what is sent in it.
#[derive(Clone, Copy)]
pub(crate) struct Media {
    pub(crate) name: &'static str,
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
}

/// JSON of this type.
const fn json<T: JsonSchema>() -> Media {
    Media { name: "application/json", schema: SchemaGenerator::subschema_for::<T> }
}

/// Text of some form.
const fn text(name: &'static str) -> Media {
    Media { name, schema: SchemaGenerator::subschema_for::<String> }
}

/// An event of the feed: its fields, by name.
fn fed(generator: &mut SchemaGenerator) -> Schema {
    let record = generator.subschema_for::<Shown>();
    json_schema!({
        "type": "object",
        "properties": {
            "id": {
                "type": "string", "pattern": "^[0-9]+$",
                "description": "the position, for Last-Event-ID; alone it is a sign of life: \
                                nothing that passes the filter stands before it",
            },
            "event": {"type": "string", "description": "the event type"},
            "data": {
                "type": "string", "description": "the record",
                "contentMediaType": "application/json", "contentSchema": record,
            },
        },
        "required": ["id"], "additionalProperties": false,
    })
}

/// One route, as the reference tells it.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) about: &'static str,
    pub(crate) query: &'static [QueryParameter],
    /// The body it takes.
    pub(crate) body: Option<Media>,
    /// What it answers with, other than problems.
    pub(crate) answers: Vec<Media>,
    /// The statuses of those answers.
    pub(crate) statuses: &'static [u16],
    /// The kinds of its problems, besides those of every route.
    pub(crate) problems: Vec<ProblemKind>,
    handler: MethodRouter<App>,
}

/// The problems any route may have.
pub(crate) const ANYWHERE: &[ProblemKind] = &[
    ProblemKind::MethodNotAllowed,
    ProblemKind::UnknownHost,
    ProblemKind::Internal,
    ProblemKind::LogDamaged,
    ProblemKind::LogUnreadable,
];
const BODY: &[ProblemKind] =
    &[ProblemKind::UnsupportedMediaType, ProblemKind::BodyTooLarge, ProblemKind::BodyCutShort];
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
const IMPORT: &[ProblemKind] =
    &[ProblemKind::Unavailable, ProblemKind::NotAdopted, ProblemKind::LogFull];

fn route(
    method: &'static str,
    path: &str,
    about: &'static str,
    answer: Media,
    handler: MethodRouter<App>,
) -> Route {
    Route {
        method,
        path: path.into(),
        about,
        query: &[],
        body: None,
        answers: vec![answer],
        statuses: &[200],
        problems: Vec::new(),
        handler,
    }
}

impl Route {
    fn query(self, query: &'static [QueryParameter]) -> Route {
        Route { query, ..self }
    }
    fn body(self, media: Media) -> Route {
        Route { body: Some(media), ..self }
    }
    fn or(mut self, media: Media) -> Route {
        self.answers.push(media);
        self
    }
    fn statuses(self, statuses: &'static [u16]) -> Route {
        Route { statuses, ..self }
    }
    fn problems(self, kinds: &[&[ProblemKind]]) -> Route {
        Route { problems: kinds.concat(), ..self }
    }
}

/// The list.
pub(crate) fn all() -> Vec<Route> {
    let mut routes = Vec::new();
    routes.extend(event_routes());
    routes.extend(report_routes());
    routes.extend(house_routes());
    for kind in Kind::ALL.iter().copied().filter(|k| *k != Kind::Event) {
        routes.extend(entity_routes(kind));
    }
    routes
}

fn event_routes() -> [Route; 8] {
    let submit: &[&[ProblemKind]] =
        &[BODY, HEADER, SubmitError::KINDS, Refusal::KINDS, Rejection::KINDS];
    [
        route(
            "post",
            "/v1/events",
            "record one event, or several that stand or fall together",
            json::<Receipt>(),
            post(write::record),
        )
        .body(json::<DraftOrBatch>())
        .statuses(&[200, 201])
        .problems(submit),
        route(
            "post",
            "/v1/events/import",
            "record a stream of events, one a line, each judged alone",
            json::<ImportReport>(),
            post(import::import),
        )
        .query(IMPORT_QUERY)
        .body(text("application/x-ndjson"))
        .problems(&[QUERY, BODY, IMPORT]),
        route(
            "post",
            "/v1/events/correct",
            "compare a stream of events with what their source recorded before; void and record \
             anew what changed",
            json::<ImportReport>(),
            post(correcting::correct),
        )
        .query(CORRECT_QUERY)
        .body(text("application/x-ndjson"))
        .problems(&[QUERY, BODY, IMPORT]),
        route(
            "get",
            "/v1/events",
            "records, filtered, in order of position",
            json::<EventsPage>(),
            get(read::events),
        )
        .query(EVENTS_QUERY)
        .or(text("application/x-ndjson"))
        .problems(&[QUERY, BEYOND]),
        route(
            "get",
            "/v1/events/stream",
            "records as they become durable, as server-sent events; resumes after Last-Event-ID. \
             If the log cannot be read any more, a last event `problem` says so and the connection \
             breaks off",
            Media { name: "text/event-stream", schema: fed },
            get(feed::stream),
        )
        .query(&EVENTS_QUERY[..8])
        .problems(&[QUERY, HEADER, BEYOND]),
        route("get", "/v1/events/{position}", "one record", json::<Shown>(), get(read::event))
            .problems(&[QUERY, NOT_FOUND, &[ProblemKind::NotYet]]),
        route("get", "/v1/schemas", "the vocabulary", json::<Vocabulary>(), get(read::schemas)),
        route(
            "get",
            "/v1/schemas/{type}",
            "the JSON Schema of an event type",
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
            "the registry of reports",
            json::<Registry>(),
            get(ask::registry),
        ),
        route(
            "get",
            "/v1/reports/{name}",
            "a report; its own parameters stand in the registry",
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
            &[ProblemKind::NotAcceptable],
        ]),
        route(
            "get",
            "/v1/reports/{name}/explain",
            "the records behind a row of a report, or one cell",
            json::<Explanation>(),
            get(ask::explain),
        )
        .query(EXPLAIN_QUERY)
        .problems(&[AT, AskError::KINDS, ReportError::KINDS]),
        route(
            "get",
            "/v1/reports/{name}/restatement",
            "what changed in a report since an earlier known_at, row by row, and which records \
             changed it",
            json::<Restatement>(),
            get(ask::restatement),
        )
        .query(RESTATEMENT_QUERY)
        .problems(&[AT, AskError::KINDS, ReportError::KINDS]),
    ]
}

fn house_routes() -> [Route; 10] {
    [
        route(
            "get",
            "/v1/projections",
            "every fold, its edition, position and quarantine, and the state of it that is kept",
            json::<Projections>(),
            get(ask::projections),
        ),
        route(
            "post",
            "/v1/projections/{name}/rebuild",
            "make a fold anew from the log beside the live one, say what differs, and switch; what \
             is replaced is kept",
            json::<Replay>(),
            post(ask::rebuild),
        )
        .query(REBUILD_QUERY)
        .problems(&[QUERY, AuditError::KINDS]),
        route(
            "post",
            "/v1/projections/{name}/rollback",
            "bring the state that a rebuild replaced to the head, say what differs, and switch \
             back",
            json::<Replay>(),
            post(ask::rollback),
        )
        .problems(&[QUERY, AuditError::KINDS]),
        route(
            "get",
            "/v1/log",
            "head, size and root of the log",
            json::<LogStatus>(),
            get(read::log),
        ),
        route("get", "/healthz", "the process runs", json::<Health>(), get(ask::healthz)),
        route(
            "get",
            "/readyz",
            "questions are answered; whether writes are taken",
            json::<Readiness>(),
            get(ask::readyz),
        )
        .statuses(&[200, 503]),
        route("get", "/metrics", "counters for Prometheus", text("text/plain"), get(ask::metrics)),
        route(
            "get",
            "/openapi.json",
            "this interface as OpenAPI 3.1",
            json::<serde_json::Map<String, Value>>(),
            get(|| async { axum::Json(document(&all())) }),
        ),
        route("get", "/docs", "this reference", text("text/html"), get(docs::reference)),
        route(
            "get",
            "/docs/problems/{name}",
            "what a problem means and what to do",
            text("text/html"),
            get(docs::problem),
        )
        .problems(&[QUERY, NOT_FOUND]),
    ]
}

fn entity_routes(kind: Kind) -> [Route; 5] {
    let path = format!("/v1/{}", read::plural(kind));
    let list = get(move |State(app): State<App>, Asked(parameters): Asked| {
        read::entities(app, kind, parameters)
    });
    let card = get(move |State(app): State<App>, Named(id): Named, Asked(parameters): Asked| {
        cards::card(app, kind, id, parameters)
    });
    let timeline =
        get(move |State(app): State<App>, Named(id): Named, Asked(parameters): Asked| {
            read::timeline(app, kind, id, parameters)
        });
    let history = get(move |State(app): State<App>, Named(id): Named, Asked(parameters): Asked| {
        cards::steps(app, kind, id, parameters)
    });
    let compared =
        get(move |State(app): State<App>, Named(id): Named, Asked(parameters): Asked| {
            cards::compared(app, kind, id, parameters)
        });
    // A client's timeline is a report, and says no as one.
    let of_client: &[ProblemKind] = if kind == Kind::Client { ReportError::KINDS } else { &[] };
    [
        route("get", &path, "ids and revisions, in order of the ids", json::<EntitiesPage>(), list)
            .query(LIST_QUERY)
            .problems(&[AT]),
        route("get", &format!("{path}/{{id}}"), "its state and revision", json::<Card>(), card)
            .query(CLOCKS)
            .problems(&[AT, NOT_FOUND]),
        route(
            "get",
            &format!("{path}/{{id}}/timeline"),
            "the records that name it, newest business date first",
            json::<Timeline>(),
            timeline,
        )
        .query(TIMELINE_QUERY)
        .problems(&[AT, NOT_FOUND, of_client]),
        route(
            "get",
            &format!("{path}/{{id}}/history"),
            "who changed what, when and why; field by field",
            json::<History<'_>>(),
            history,
        )
        .query(CLOCKS)
        .problems(&[AT, NOT_FOUND]),
        route(
            "get",
            &format!("{path}/{{id}}/differences"),
            "what differs, field by field, between two points on the two clocks",
            json::<Compared>(),
            compared,
        )
        .query(DIFFERENCES_QUERY)
        .problems(&[AT, NOT_FOUND]),
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
            Problem::new(
                ProblemKind::MethodNotAllowed,
                "the path does not take this method; GET /docs lists what it takes",
            )
        })
        .with_state(app)
}

/// The list as data, for tests.
#[must_use]
pub fn listed() -> Vec<Value> {
    all().iter().map(|r| json!({"method": r.method, "path": r.path})).collect()
}
