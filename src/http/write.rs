//! Writing: one event, or an atomic batch. Invariant: yes means durable.

use std::time::Duration;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::Request as HttpRequest,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sijil_ledger::{
    Atomicity, Desk, Effect, Expectation, Question, Recorded, Request, SubmitError, Trial,
    TrialError,
};
use sijil_projections::reports;
use sijil_schemas::{
    Position,
    decode::{Draft, Refusal, typed},
    event::event_type,
    id::EntityRef,
    json::value_from_slice,
    problem::ProblemKind,
};
use tokio_stream::StreamExt;

use crate::{
    app::App,
    asked::{Asked, Parameters},
    correcting::yes,
    limits::{BODY_BYTES_MAX, BODY_HOPELESS_BYTES, BODY_IDLE_S_MAX, EFFECTS_MAX, KEY_BYTES_MAX},
    problem::Problem,
    proofs,
    read::nothing_left,
    reads::Counted,
    wire::Batch,
};

/// What was recorded.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Receipt {
    /// The last position.
    position: Position,
    /// Each event, in order.
    events: Vec<Recorded>,
    /// The proof of each, in the same order, if `Prefer: proof` asked for them: a text as
    /// c2sp.org/tlog-proof has it, with the record's public bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    proofs: Option<Vec<String>>,
    /// In a dry run, what the reports asked for would say otherwise: nothing was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    effects: Option<Vec<Effect>>,
}

impl From<TrialError> for Problem {
    fn from(error: TrialError) -> Problem {
        match error {
            TrialError::Submit(error) => error.into(),
            TrialError::Ask(error) => error.into(),
        }
    }
}

pub(crate) fn refused(refusal: Refusal) -> Problem {
    SubmitError::Refused { index: 0, refusal }.into()
}

/// `POST /v1/events`: one draft, or `{"events": […], "expect": […]}`.
pub(crate) async fn record(
    app: App,
    headers: HeaderMap,
    Asked(mut parameters): Asked,
    request: HttpRequest,
) -> Result<Response, Problem> {
    wants_media(&headers, "application/json")?;
    let dry_run = yes(&mut parameters, "dry_run")?;
    let questions = effects_asked(&app, &mut parameters, dry_run)?;
    nothing_left(&parameters, "dry_run, effects, as_of")?;
    let body = whole_body(&headers, request.into_body()).await?;
    let value = value_from_slice(&body).map_err(refused)?;
    if !value.is_object() {
        let message = r#"expected an object: one draft, or several as {"events": […]}"#;
        return Err(refused(Refusal::InvalidField {
            pointer: String::new(),
            message: format!("{message}, got {}", kind_of(&value)),
        }));
    }
    let is_batch = value.get("events").is_some();
    let (drafts, mut expect) = if is_batch {
        batch(value)?
    } else {
        (vec![Draft::from_value(value).map_err(refused)?], Vec::new())
    };
    let by_header = if_match(&headers, &drafts)?;
    let only_header = by_header.is_some();
    expect.extend(by_header);
    let request =
        Request { drafts, key: idempotency_key(&headers)?, expect, atomicity: Atomicity::Together };
    let refused = move |error: SubmitError| match &error {
        SubmitError::RevisionConflict { .. } if only_header => {
            Problem::from(error).with_status(StatusCode::PRECONDITION_FAILED)
        }
        _ if is_batch => Problem::from(error).in_batch(),
        _ => Problem::from(error),
    };
    if dry_run {
        let tried = move |desk: &Desk| {
            desk.try_out(request, &questions).map_err(|error| match error {
                TrialError::Submit(error) => refused(error),
                TrialError::Ask(error) => error.into(),
            })
        };
        let Trial { position, events, effects } = app.long(tried).await?;
        let rows = effects.iter().map(|effect| effect.changes.len()).sum();
        let receipt = Receipt { position, events, proofs: None, effects: Some(effects) };
        return Ok(Counted::of(rows, false, Json(receipt).into_response()));
    }
    let receipt = app.desk.submit(request).await.map_err(refused)?;
    let recorded: Vec<_> = receipt.outcomes.into_iter().flatten().collect();
    if !proofs::preferred(&headers) {
        return Ok(answer(recorded, None));
    }
    let proofs = proofs::of_recorded(&app, &recorded).await;
    let is_proven = proofs.is_some();
    let answer = answer(recorded, proofs);
    Ok(if is_proven { proofs::applied(answer) } else { answer })
}

/// The reports whose effects a dry run is to tell: those named, by their defaults. Of one that
/// measures to a date that is `as_of`, or today.
fn effects_asked(
    app: &App,
    parameters: &mut Parameters,
    dry_run: bool,
) -> Result<Vec<Question>, Problem> {
    if let Some(name) = ["effects", "as_of"].iter().find(|name| {
        parameters.contains_key(**name) && (!dry_run || !parameters.contains_key("effects"))
    }) {
        let beside = if *name == "effects" { "dry_run=yes" } else { "effects" };
        return Err(Problem::query(name, &format!("it beside {beside} alone"), ""));
    }
    let (named, as_of) = (parameters.remove("effects"), parameters.remove("as_of"));
    let named: Vec<String> =
        named.iter().flat_map(|named| named.split(',')).map(ToOwned::to_owned).collect();
    if named.len() > EFFECTS_MAX {
        let expected = format!("at most {EFFECTS_MAX} reports, separated by commas");
        return Err(Problem::query("effects", &expected, &named.len().to_string()));
    }
    let question = |report: String| {
        let needs = reports::find(&report).is_some_and(|found| found.needs_as_of);
        let today = || app.desk.now().date(&app.desk.views().company.zone()).to_string();
        let as_of = as_of.clone().or_else(|| needs.then(today));
        let parameters = as_of.map(|as_of| ("as_of".to_owned(), as_of)).into_iter().collect();
        Question { report, parameters }
    };
    Ok(named.into_iter().map(question).collect())
}

/// The kind of a JSON value, in words.
const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn batch(value: Value) -> Result<(Vec<Draft>, Vec<Expectation>), Problem> {
    let form: Batch = typed(value).map_err(refused)?;
    let drafts = form.events.into_iter().enumerate().map(|(i, value)| {
        Draft::from_value(value).map_err(|r| refused(r.under(&format!("/events/{i}"))))
    });
    let expect = form
        .expect
        .into_iter()
        .map(|e| Expectation { entity: e.entity, revision: e.revision })
        .collect();
    Ok((drafts.collect::<Result<_, _>>()?, expect))
}

fn answer(recorded: Vec<Recorded>, proofs: Option<Vec<String>>) -> Response {
    let known = recorded.iter().all(|r| r.known);
    let position = recorded.iter().map(|r| r.position).max().unwrap_or_default();
    let status = if known { StatusCode::OK } else { StatusCode::CREATED };
    let mut headers = HeaderMap::new();
    if let [one] = recorded.as_slice() {
        if let Some(tag) = one.revision.and_then(|r| format!("\"{r}\"").parse().ok()) {
            headers.insert(header::ETAG, tag);
        }
        if let Ok(location) = format!("/v1/events/{}", one.position).parse() {
            headers.insert(header::LOCATION, location);
        }
    }
    (status, headers, Json(Receipt { position, events: recorded, proofs, effects: None }))
        .into_response()
}

pub(crate) fn wants_media(headers: &HeaderMap, media: &str) -> Result<(), Problem> {
    let got = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let essence = got.split(';').next().unwrap_or("").trim();
    if let Some(encoding) =
        headers.get(header::CONTENT_ENCODING).filter(|encoding| *encoding != "identity")
    {
        return Err(Problem::new(
            ProblemKind::UnsupportedMediaType,
            format!("expected a body that is plain or Content-Encoding gzip, got {encoding:?}"),
        ));
    }
    if essence.eq_ignore_ascii_case(media) {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::UnsupportedMediaType,
        format!("expected Content-Type {media}, got {got:?}"),
    ))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|k| (1..=KEY_BYTES_MAX).contains(&k.len()));
    let refuse = || {
        Problem::new(
            ProblemKind::InvalidHeader,
            format!("Idempotency-Key: expected 1 to {KEY_BYTES_MAX} visible ASCII characters"),
        )
    };
    key.map(|k| Some(k.to_owned())).ok_or_else(refuse)
}

/// `If-Match: "7"` expects the home entity of the one event to be at revision 7.
fn if_match(headers: &HeaderMap, drafts: &[Draft]) -> Result<Option<Expectation>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let refuse = |why: &str| Problem::new(ProblemKind::InvalidHeader, format!("If-Match: {why}"));
    let text = value.to_str().unwrap_or("");
    let revision =
        text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).and_then(|t| t.parse().ok());
    let revision = revision.ok_or_else(|| refuse("expected a revision in quotes, as in \"7\""))?;
    let [draft] = drafts else {
        return Err(refuse("goes with one event; in a batch use \"expect\""));
    };
    let home = event_type(&draft.r#type)
        .and_then(|t| EntityRef::new(t.home_kind?, draft.data.get(t.home_field)?.as_str()?).ok());
    home.map(|entity| Some(Expectation { entity, revision }))
        .ok_or_else(|| refuse("the event names no home entity"))
}

fn cut_short(error: &axum::Error) -> Problem {
    Problem::new(ProblemKind::BodyCutShort, format!("the body ended early: {error}"))
}

fn stood_still() -> Problem {
    Problem::new(
        ProblemKind::BodyCutShort,
        format!("the body stood still for {BODY_IDLE_S_MAX} seconds"),
    )
    .with_status(StatusCode::REQUEST_TIMEOUT)
}

/// A body that is hopelessly large is refused by what its head says, before any of it is read.
pub(crate) async fn whole_body(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        let detail = format!(
            "expected a body of at most {BODY_BYTES_MAX} bytes; send larger sets to \
             /v1/events/import"
        );
        Problem::new(ProblemKind::BodyTooLarge, detail)
    };
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > BODY_HOPELESS_BYTES) {
        return Err(too_large());
    }
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    while let Some(chunk) = next_chunk(&mut chunks).await? {
        if whole.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(too_large());
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

pub(crate) async fn next_chunk(
    chunks: &mut axum::body::BodyDataStream,
) -> Result<Option<Bytes>, Problem> {
    match tokio::time::timeout(Duration::from_secs(BODY_IDLE_S_MAX), chunks.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
        Ok(Some(Err(error))) => Err(cut_short(&error)),
        Err(_) => Err(stood_still()),
    }
}
