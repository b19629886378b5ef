//! Reports, projections and status. Invariant: what a report is called, takes and means comes from
//! its registration alone.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sijil_ledger::{
    Answer, AskError, CellAsked, Desk, Held, Question,
    limits::{PAGE_RECORDS_MAX, RETRY_AFTER_S},
};
use sijil_projections::{
    FoldStatus,
    report::{ReportError, RowKey, Table},
    reports,
};
use sijil_schemas::{Position, problem::ProblemKind, time::Date};

use crate::{
    app::{App, Front},
    asked::{Asked, Named, Parameters},
    correcting::yes,
    entrance::Peer,
    problem::Problem,
    read::{limit, nothing_left, taken_position},
    reads::Counted,
    wire::{Health, Projection, Projections, Readiness, Registry, Standing},
};

/// `GET /v1/reports`: the registry.
pub(crate) async fn registry() -> Response {
    Json(Registry { reports: reports::all().collect() }).into_response()
}

/// Of a page as CSV: the `after` of the next one.
const SIJIL_NEXT: HeaderName = HeaderName::from_static("sijil-next");

#[derive(Clone, Copy, PartialEq, Eq)]
enum Media {
    Json,
    Csv,
}

fn media(headers: &HeaderMap, parameters: &mut Parameters) -> Result<Media, Problem> {
    if let Some(format) = parameters.remove("format") {
        return match format.as_str() {
            "json" => Ok(Media::Json),
            "csv" => Ok(Media::Csv),
            _ => Err(Problem::query("format", "json or csv", &format)),
        };
    }
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("*/*");
    if accept.contains("text/csv") {
        Ok(Media::Csv)
    } else if accept.contains("json") || accept.contains("*/*") || accept.contains("application/*")
    {
        Ok(Media::Json)
    } else {
        Err(Problem::new(
            ProblemKind::NotAcceptable,
            format!("expected Accept application/json or text/csv, got {accept:?}"),
        ))
    }
}

/// `GET /v1/reports/{name}`: a report, as JSON or CSV.
pub(crate) async fn report(
    app: App,
    Named(name): Named,
    headers: HeaderMap,
    Asked(mut parameters): Asked,
) -> Result<Response, Problem> {
    let media = media(&headers, &mut parameters)?;
    if media == Media::Csv && parameters.get("total").is_some_and(|total| total == "true") {
        return Err(AskError::Report(ReportError::UnusedParameter {
            name: "total".into(),
            got: "true".into(),
            when: "answered as JSON: a line of CSV is a row".into(),
        })
        .into());
    }
    let parameters = app.reached(parameters).await?;
    // A large answer takes as long to write down as to make.
    app.report(move |desk| {
        // Of before the question: an answer of the day after has another tag from then on.
        let today = desk.now().date(&desk.views().company.zone());
        let answer = desk.ask(&Question { report: name, parameters })?;
        let tag = etag(&answer, media, (desk.held(), today));
        let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
        let headers = tagged(&tag);
        if known.is_some_and(|known| known.split(',').any(|t| t.trim() == tag)) {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        let rows = answer.table.rows.len();
        let answer = match media {
            Media::Json => (headers, Json(answer)).into_response(),
            Media::Csv => {
                let (mut headers, csv) = (headers, csv(&answer.table)?);
                // Lines do not say that there are more of them.
                if let Some(next) = answer.next.as_deref().map(HeaderValue::from_str) {
                    headers.extend(next.ok().map(|next| (SIJIL_NEXT, next)));
                }
                (headers, [(header::CONTENT_TYPE, "text/csv; charset=utf-8")], csv).into_response()
            }
        };
        Ok(Counted::of(rows, false, answer))
    })
    .await
}

/// Raised when the members of an answer change.
const WIRE_EDITION: u32 = 2;

/// Covers report, edition, parameters, clocks, media type and what the caller may, and the day, by
/// which what lies in a scope changes with no record: equal tags are equal bytes.
/// Whether the caller may still ask is found out before any is compared.
fn etag(answer: &Answer, media: Media, (held, today): (&Held, Date)) -> String {
    let parameters: Vec<String> =
        answer.parameters.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let media = if media == Media::Csv { "csv" } else { "json" };
    let day = (!held.within.is_empty()).then_some(today);
    let position =
        if answer.immutable && media == "csv" { answer.known_at } else { answer.position };
    let all = format!(
        "{WIRE_EDITION}/{}/{}/{}/{:?}/{}/{position}/{media}/{held:?}/{day:?}",
        answer.report,
        answer.edition,
        parameters.join("&"),
        answer.as_of,
        answer.known_at
    );
    format!("\"{}\"", uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, all.as_bytes()).simple())
}

fn tagged(tag: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers
}

fn csv(table: &Table) -> Result<Vec<u8>, Problem> {
    let broken = |e: &dyn std::fmt::Display| Problem::new(ProblemKind::Internal, e.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(table.columns.iter().map(|c| c.name)).map_err(|e| broken(&e))?;
    for row in &table.rows {
        writer
            .write_record(row.iter().map(|cell| cell.value.shown().unwrap_or_default()))
            .map_err(|e| broken(&e))?;
    }
    writer.into_inner().map_err(|e| broken(&e))
}

/// `GET /v1/reports/{name}/explain`: the records behind a row, or one cell of it.
pub(crate) async fn explain(
    app: App,
    Named(name): Named,
    Asked(mut parameters): Asked,
) -> Result<Response, Problem> {
    const ROW: &str = "the values of the row's key columns, as in a line of CSV";
    let row = parameters.remove("row").ok_or_else(|| Problem::query("row", ROW, ""))?;
    let row = RowKey::parse(&row)
        .map_err(|expected| Problem::query("row", &format!("{ROW}: {expected}"), &row))?;
    let column = parameters.remove("column");
    let after = taken_position(&mut parameters, "after")?.unwrap_or(Position::ZERO);
    let limit = limit(&mut parameters, "records", PAGE_RECORDS_MAX)?;
    let asked = CellAsked { row, column, after, limit };
    let parameters = app.reached(parameters).await?;
    app.report(move |desk| {
        let explanation = desk.explain(&Question { report: name, parameters }, &asked)?;
        Ok(Json(explanation).into_response())
    })
    .await
}

/// `GET /v1/reports/{name}/restatement`: what changed since an earlier `known_at`, and because of
/// which records.
pub(crate) async fn restatement(
    app: App,
    Named(name): Named,
    Asked(mut parameters): Asked,
) -> Result<Response, Problem> {
    let since = parameters
        .remove("since")
        .ok_or_else(|| Problem::query("since", "the earlier position, day or time", ""))?;
    let parameters = app.reached(parameters).await?;
    app.long(move |desk| {
        let restatement = desk.restate(&Question { report: name, parameters }, &since)?;
        Ok(Json(restatement).into_response())
    })
    .await
}

/// `GET /v1/projections`: every fold, its edition, position and quarantine, the bytes each of its
/// parts takes in memory, and what is kept of it.
pub(crate) async fn projections(app: App) -> Result<Response, Problem> {
    let read = |desk: &Desk| {
        let mut kept = desk.kept();
        let views = desk.views();
        let row = |s: FoldStatus| Projection {
            kept: kept.remove(s.name),
            name: s.name,
            edition: s.edition,
            position: views.position(),
            quarantine: s.quarantine,
            memory: s.memory.into_iter().collect(),
        };
        Ok(Projections { projections: views.status().into_iter().map(row).collect() })
    };
    Ok(Json(app.blocking(read).await?).into_response())
}

/// `POST /v1/projections/{name}/rebuild`: makes it anew from the log beside the live one, compares,
/// and unless told not to puts it in its place.
pub(crate) async fn rebuild(
    app: App,
    Named(name): Named,
    Asked(mut parameters): Asked,
) -> Result<Response, Problem> {
    let switch = !parameters.contains_key("switch") || yes(&mut parameters, "switch")?;
    nothing_left(&parameters, "switch")?;
    app.long(move |desk| Ok(Json(desk.rebuild(&name, switch)?).into_response())).await
}

/// `POST /v1/projections/{name}/rollback`: puts back what a rebuild has replaced.
pub(crate) async fn rollback(app: App, Named(name): Named) -> Result<Response, Problem> {
    app.long(move |desk| Ok(Json(desk.rollback(&name)?).into_response())).await
}

/// `GET /healthz`: the process runs.
pub(crate) async fn healthz() -> Response {
    Json(Health { status: "ok" }).into_response()
}

/// `GET /readyz`: questions are answered, and whether writes are taken.
pub(crate) async fn readyz(
    State(front): State<Front>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Response {
    let ledger = &front.ledger;
    let (durable, folded) = (ledger.durable(), ledger.folded());
    let stale = ledger.stale();
    let is_stale = stale.is_some();
    let damaged = || ledger.damaged().map(|damaged| damaged.refusal().to_string());
    let why = ledger.poisoned().or(stale).or_else(|| ledger.why_read_only()).or_else(damaged);
    let ready = !ledger.stopping()
        && ledger.poisoned().is_none()
        && !ledger.is_salvaged()
        && ledger.rolled_back().is_none();
    let standing = Standing {
        writable: ledger.writable(),
        stale: is_stale,
        log: ledger.log_state(),
        durable,
        folded,
        why,
    };
    let may_know = front.may_watch(&headers, peer.map(|Extension(peer)| peer));
    let body = Readiness { ready, standing: may_know.then_some(standing) };
    if ready {
        return Json(body).into_response();
    }
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S))],
        Json(body),
    )
        .into_response()
}

/// `GET /metrics`: for Prometheus.
pub(crate) async fn metrics(app: App) -> Response {
    use std::sync::atomic::Ordering::Relaxed;
    let counters = app.desk.counters();
    let (durable, folded) = (app.desk.durable().get(), app.desk.folded().get());
    metrics::with_local_recorder(&*app.recorder, || {
        metrics::counter!("sijil_records_appended_total").absolute(counters.records.load(Relaxed));
        metrics::counter!("sijil_batches_appended_total").absolute(counters.batches.load(Relaxed));
        metrics::counter!("sijil_requests_refused_total").absolute(counters.refused.load(Relaxed));
        let gauge = |name: &'static str, value: u64| {
            metrics::gauge!(name).set(f64::from(u32::try_from(value).unwrap_or(u32::MAX)));
        };
        gauge("sijil_requests_waiting", counters.waiting.load(Relaxed) as u64);
        gauge("sijil_position_durable", durable);
        gauge("sijil_position_folded", folded);
        if counters.is_backed_up.load(Relaxed) {
            gauge("sijil_backup_position", counters.backup_position.load(Relaxed));
            gauge("sijil_backup_lag_milliseconds", counters.backup_lag_ms.load(Relaxed));
        }
        gauge("sijil_writable", u64::from(app.desk.writable()));
        let damaged = app.desk.damaged();
        gauge("sijil_log_damaged", u64::from(damaged.is_some()));
        gauge(
            "sijil_log_vouched_position",
            damaged.map_or(durable, |damaged| damaged.vouched_to.get()),
        );
        gauge(
            "sijil_personal_parts_missing",
            app.desk.missing_parts().map_or(0, |missing| missing.records),
        );
    });
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.render()).into_response()
}
