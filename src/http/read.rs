//! Reading records, entities and the log. Invariant: a page is found by position or id, never by
//! counting, so it stays what it was while the log grows.

use axum::{
    Json,
    http::{HeaderMap, Method, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use sijil_ledger::{Desk, Filter, ReadError, limits::PAGE_RECORDS_MAX, position};
use sijil_projections::{Cut, entities::Life};
use sijil_schemas::{
    Position, StoredRecord,
    event::{EVENT_TYPES, EventType, FAMILIES, event_type},
    id::{EntityRef, Kind},
    near::hint,
    problem::ProblemKind,
    record::Shown,
    time::{Date, Timestamp},
};

use crate::{
    app::App,
    asked::{Asked, Named, Parameters},
    limits::PAGE_DEFAULT,
    lines,
    problem::Problem,
    reads::Counted,
    wire::{
        EntitiesPage, EntityRow, EventsPage, LogStatus, Vocabulary, VocabularySchema,
        VocabularyType,
    },
};

fn taken<T: std::str::FromStr>(
    parameters: &mut Parameters,
    name: &str,
    expected: &str,
) -> Result<Option<T>, Problem> {
    parameters
        .remove(name)
        .map(|text| text.parse().map_err(|_| Problem::query(name, expected, &text)))
        .transpose()
}

pub(crate) fn taken_position(
    parameters: &mut Parameters,
    name: &str,
) -> Result<Option<Position>, Problem> {
    parameters
        .remove(name)
        .map(|text| position(&text).ok_or_else(|| Problem::query(name, "a position", &text)))
        .transpose()
}

pub(crate) fn limit(
    parameters: &mut Parameters,
    name: &str,
    default: usize,
) -> Result<usize, Problem> {
    let limit = taken(parameters, name, "a whole number from 1 to 1000")?.unwrap_or(default);
    if (1..=PAGE_RECORDS_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::query(name, "a whole number from 1 to 1000", &limit.to_string()))
    }
}

pub(crate) fn nothing_left(parameters: &Parameters, allowed: &str) -> Result<(), Problem> {
    match parameters.keys().next() {
        Some(name) => Err(Problem::query_word(
            name,
            &format!("one of the parameters {allowed}"),
            name,
            allowed.split(", "),
        )),
        None => Ok(()),
    }
}

/// The moment a day begins, or a moment itself; `end` takes the end of the day.
fn moment(app: &App, name: &str, text: &str, end: bool) -> Result<Timestamp, Problem> {
    let zone = app.desk.views().company.zone();
    match (text.parse::<Date>(), text.parse::<Timestamp>()) {
        (Ok(day), _) => Ok(day.plus_days(i32::from(end)).start(&zone)),
        (_, Ok(moment)) => Ok(if end { moment.next() } else { moment }),
        _ => Err(Problem::query(name, "a day, as in 2025-01-31, or a time with offset", text)),
    }
}

pub(crate) fn filter(app: &App, parameters: &mut Parameters) -> Result<Filter, Problem> {
    let mut filter = Filter::default();
    if let Some(types) = parameters.remove("type") {
        filter.types = types.split(',').map(ToOwned::to_owned).collect();
        if let Some(unknown) = filter.types.iter().find(|t| event_type(t).is_none()) {
            return Err(Problem::query_word(
                "type",
                "event types of the vocabulary, separated by commas",
                unknown,
                EVENT_TYPES.iter().map(|of| of.name),
            ));
        }
    }
    if let Some(family) = parameters.remove("family") {
        if !FAMILIES.contains(&family.as_str()) {
            return Err(Problem::query_word(
                "family",
                &format!("one of {}", FAMILIES.join(", ")),
                &family,
                FAMILIES.iter().copied(),
            ));
        }
        filter.family = Some(family);
    }
    filter.entity = taken(parameters, "entity", "kind:id, as in deal:D-1")?;
    filter.actor = parameters.remove("actor");
    if let Some(text) = parameters.remove("from") {
        filter.occurred_from = Some(moment(app, "from", &text, false)?);
    }
    if let Some(text) = parameters.remove("as_of") {
        filter.occurred_before = Some(moment(app, "as_of", &text, true)?);
    }
    filter.known_at = taken_position(parameters, "known_at")?;
    Ok(filter)
}

const FILTERS: &str = "type, family, entity, actor, from, as_of, known_at, after, limit, format";

/// Whether records are wanted as NDJSON: by the parameter, else by the header.
fn wants_lines(headers: &HeaderMap, parameters: &mut Parameters) -> Result<bool, Problem> {
    match parameters.remove("format").as_deref() {
        None => Ok(headers
            .get(header::ACCEPT)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|accept| accept.contains("application/x-ndjson"))),
        Some("ndjson") => Ok(true),
        Some("json") => Ok(false),
        Some(other) => Err(Problem::query("format", "json or ndjson", other)),
    }
}

/// Refuses a reader that has come further than the log reaches: it has read another history, as
/// after the log was restored from an older state, and must look again.
pub(crate) fn within_log(desk: &Desk, after: Position) -> Result<(), Problem> {
    match desk.reaches(after) {
        Ok(head) if after <= head => Ok(()),
        Ok(head) => {
            let detail = format!(
                "expected a position up to the head {head}, got {after}; the log is not the one \
                 that was read, or was restored from an older state: read again from the start"
            );
            Err(Problem::new(ProblemKind::FollowerBeyondHead, detail))
        }
        Err(error @ ReadError::Damaged { .. }) => Err(error.into()),
        Err(error) => Err(Problem::new(
            ProblemKind::Unavailable,
            format!(
                "whether the log reaches position {after} cannot be told while it is out of reach: \
                 {error}"
            ),
        )),
    }
}

/// `GET /v1/events`: a page, or all that follow as NDJSON.
pub(crate) async fn events(
    app: App,
    method: Method,
    headers: HeaderMap,
    Asked(mut parameters): Asked,
) -> Result<Response, Problem> {
    let filter = filter(&app, &mut parameters)?;
    let after = taken_position(&mut parameters, "after")?.unwrap_or(Position::ZERO);
    if wants_lines(&headers, &mut parameters)? {
        nothing_left(&parameters, FILTERS)?;
        return lines::answer(app, &method, filter, after).await;
    }
    let limit = limit(&mut parameters, "limit", PAGE_DEFAULT)?;
    nothing_left(&parameters, FILTERS)?;
    let read = move |desk: &Desk| {
        within_log(desk, after)?;
        // Whether a record is voided is known to the views: they must have taken what is durable,
        // as for any other question.
        desk.reflect();
        let page = desk.page(&filter, after, limit)?;
        let events = desk.all_told(&page.records, filter.known_at.unwrap_or(Position::MAX))?;
        Ok(EventsPage { events, next: page.next })
    };
    let page = app.blocking(read).await?;
    let hidden = page.events.iter().any(|event| !event.hidden.is_empty());
    Ok(Counted::of(page.events.len(), hidden, Json(page).into_response()))
}

/// A record as it is shown in a stream.
pub(crate) fn shown_json(desk: &Desk, stored: &StoredRecord) -> Result<Value, ReadError> {
    let told = |shown: Shown| serde_json::to_value(shown).expect("what is shown is JSON");
    desk.told(stored)
        .map(told)
        .inspect_err(|error| tracing::error!(%error, "a stored record cannot be shown"))
}

/// `GET /v1/events/{position}`: one record.
pub(crate) async fn event(app: App, Named(number): Named) -> Result<Response, Problem> {
    let position =
        position(&number).ok_or_else(|| Problem::query("position", "a whole number", &number))?;
    let read = move |desk: &Desk| {
        // Whether it is voided is known to the views: they must have taken what is durable, as for
        // any other question.
        desk.reflects_all()?;
        let stored = desk.record(position)?;
        Ok(desk.all_told(stored.as_slice(), Position::MAX)?.pop())
    };
    let Some(shown) = app.blocking(read).await? else {
        return Err(Problem::not_found(format!(
            "no record stands at position {position}; the log ends at {}",
            app.desk.durable()
        )));
    };
    Ok(Counted::of(1, !shown.hidden.is_empty(), Json(shown).into_response()))
}

/// `GET /v1/schemas`: the vocabulary.
pub(crate) async fn schemas() -> Response {
    let row = |t: &EventType| VocabularyType {
        name: t.name,
        family: t.family,
        version: t.version,
        birth: t.birth,
        home: t.home_field,
        schema: format!("/v1/schemas/{}", t.name),
    };
    Json(Vocabulary { types: EVENT_TYPES.iter().map(row).collect() }).into_response()
}

/// `GET /v1/schemas/{type}`: the JSON Schema of one event type's data.
pub(crate) async fn schema(Named(name): Named) -> Result<Response, Problem> {
    let unknown = || {
        let meant = hint(&name, EVENT_TYPES.iter().map(|of| of.name));
        Problem::not_found(format!(
            "no event type is named {name:?}{meant}; GET /v1/schemas lists them all"
        ))
    };
    let found = event_type(&name).ok_or_else(unknown)?;
    let versions: Vec<Value> = (1..=found.version)
        .filter_map(|v| serde_json::from_str(found.released_schema(v)?).ok())
        .collect();
    Ok(Json(VocabularySchema {
        name: found.name,
        version: found.version,
        schema: found.json_schema(),
        order: found.fields().collect(),
        example: found.example(),
        versions,
    })
    .into_response())
}

/// `GET /v1/{kind}s`: ids and revisions, in order of the ids.
pub(crate) async fn entities(
    app: App,
    kind: Kind,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let after = parameters.remove("after").unwrap_or_default();
    let limit = limit(&mut parameters, "limit", PAGE_DEFAULT)?;
    let (rows, next, known_at) = app
        .blocking(move |desk| {
            let clocks = desk.clocks(&mut parameters)?;
            nothing_left(&parameters, "after, limit, as_of, known_at, at_least")?;
            let views = desk.views();
            let lens = views.lens(Cut { before: Timestamp::END, ..clocks.cut });
            let mut all = views.entities.of_kind(kind, lens);
            all.retain(|(id, life)| {
                *id > after.as_str() && life.birth(lens).is_some_and(|b| b.at < clocks.cut.before)
            });
            let next = all.get(limit).and(all.get(limit - 1)).map(|(id, _)| (*id).to_owned());
            let row = |(id, life): &(&str, Life<'_>)| EntityRow {
                id: (*id).to_owned(),
                revision: life.revision(clocks.cut.known_at),
            };
            let rows: Vec<EntityRow> = all.iter().take(limit).map(row).collect();
            Ok((rows, next, clocks.cut.known_at))
        })
        .await?;
    let count = rows.len();
    let page = EntitiesPage { entity: kind, known_at, rows, next };
    Ok(Counted::of(count, false, Json(page).into_response()))
}

pub(crate) fn entity_ref(kind: Kind, id: &str) -> Result<EntityRef, Problem> {
    EntityRef::new(kind, id).map_err(|e| Problem::query("id", "an id", &e.got))
}

pub(crate) fn unknown(entity: &EntityRef) -> Problem {
    Problem::not_found(format!(
        "{entity} is not known; ids are given by the events that open entities"
    ))
}

/// `GET /v1/log`: head, size and root.
pub(crate) async fn log(app: App) -> Result<Response, Problem> {
    let body = app
        .blocking(|desk| {
            let head = desk.head()?;
            let root = head.root.iter().map(|b| format!("{b:02x}")).collect();
            let (position, recorded_at) = (head.position, head.recorded_at);
            let damaged = desk.damaged();
            Ok(LogStatus {
                ledger: desk.id(),
                position,
                records: position,
                root,
                recorded_at,
                writable: desk.writable(),
                state: desk.log_state(),
                vouched_to: damaged.as_ref().map(|damaged| damaged.vouched_to),
                damage: damaged.map(|damaged| damaged.damage.to_string()),
                missing_parts: desk.missing_parts().map(|missing| missing.records),
                why: desk.why_read_only(),
                vkey: desk.vkey().ok().map(|key| key.to_string()),
            })
        })
        .await?;
    Ok(Json(body).into_response())
}
