//! Writing: one event, an atomic batch, or a stream. Invariant: yes means durable.

use std::time::Duration;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Request as HttpRequest, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sijil_ledger::{Atomicity, Expectation, Receipt, Request, SubmitError};
use sijil_schemas::{
    decode::{Draft, Refusal, draft_from_slice, typed},
    event::event_type,
    id::EntityRef,
    json::value_from_slice,
};
use tokio_stream::StreamExt;

use crate::{
    app::App,
    limits::{BODY_BYTES_MAX, BODY_IDLE_S_MAX, IMPORT_CHUNK_BYTES, IMPORT_CHUNK_LINES, IMPORT_REFUSALS_MAX, KEY_BYTES_MAX, LINE_BYTES_MAX},
    problem::Problem,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchForm {
    events: Vec<Value>,
    #[serde(default)]
    expect: Vec<ExpectForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectForm {
    entity: EntityRef,
    revision: u64,
}

fn refused(refusal: Refusal) -> Problem {
    SubmitError::Refused { index: 0, refusal }.into()
}

/// `POST /v1/events`: one draft, or `{"events": […], "expect": […]}`.
pub(crate) async fn record(State(app): State<App>, headers: HeaderMap, request: HttpRequest) -> Result<Response, Problem> {
    wants_media(&headers, "application/json")?;
    let body = whole_body(request.into_body()).await?;
    let value = value_from_slice(&body).map_err(refused)?;
    let (drafts, mut expect) = if value.get("events").is_some() { batch(value)? } else { (vec![Draft::from_value(value).map_err(refused)?], Vec::new()) };
    let by_header = if_match(&headers, &drafts)?;
    let only_header = by_header.is_some();
    expect.extend(by_header);
    let request = Request { drafts, key: idempotency_key(&headers)?, expect, atomicity: Atomicity::Together };
    let receipt = app.ledger.submit(request).await.map_err(|error| match &error {
        SubmitError::RevisionConflict { .. } if only_header => Problem::from(error).with_status(StatusCode::PRECONDITION_FAILED),
        _ => Problem::from(error),
    })?;
    Ok(answer(&receipt))
}

fn batch(value: Value) -> Result<(Vec<Draft>, Vec<Expectation>), Problem> {
    let form: BatchForm = typed(value).map_err(refused)?;
    let drafts = form.events.into_iter().enumerate().map(|(i, value)| Draft::from_value(value).map_err(|r| refused(r.under(&format!("/events/{i}")))));
    let expect = form.expect.into_iter().map(|e| Expectation { entity: e.entity, revision: e.revision }).collect();
    Ok((drafts.collect::<Result<_, _>>()?, expect))
}

fn answer(receipt: &Receipt) -> Response {
    let recorded: Vec<_> = receipt.outcomes.iter().flatten().collect();
    let known = recorded.iter().all(|r| r.known);
    let position = recorded.iter().map(|r| r.position).max().unwrap_or_default();
    let status = if known { StatusCode::OK } else { StatusCode::CREATED };
    let mut response = (status, Json(json!({"position": position, "events": recorded}))).into_response();
    if let [one] = recorded.as_slice() {
        if let Some(tag) = one.revision.and_then(|r| format!("\"{r}\"").parse().ok()) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        if let Ok(location) = format!("/v1/events/{}", one.position).parse() {
            response.headers_mut().insert(header::LOCATION, location);
        }
    }
    response
}

fn wants_media(headers: &HeaderMap, media: &str) -> Result<(), Problem> {
    let got = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let essence = got.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case(media) {
        return Ok(());
    }
    Err(Problem::new("unsupported_media_type", StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("expected Content-Type {media}, got {got:?}")))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|k| (1..=KEY_BYTES_MAX).contains(&k.len()));
    let refuse = || Problem::new("invalid_header", StatusCode::BAD_REQUEST, format!("Idempotency-Key: expected 1 to {KEY_BYTES_MAX} visible ASCII characters"));
    key.map(|k| Some(k.to_owned())).ok_or_else(refuse)
}

/// `If-Match: "7"` expects the home entity of the one event to be at revision 7.
fn if_match(headers: &HeaderMap, drafts: &[Draft]) -> Result<Option<Expectation>, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let refuse = |why: &str| Problem::new("invalid_header", StatusCode::BAD_REQUEST, format!("If-Match: {why}"));
    let text = value.to_str().unwrap_or("");
    let revision = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).and_then(|t| t.parse().ok());
    let revision = revision.ok_or_else(|| refuse("expected a revision in quotes, as in \"7\""))?;
    let [draft] = drafts else { return Err(refuse("goes with one event; in a batch use \"expect\"")) };
    let home = event_type(&draft.r#type).and_then(|t| EntityRef::new(t.home_kind?, draft.data.get(t.home_field)?.as_str()?).ok());
    home.map(|entity| Some(Expectation { entity, revision })).ok_or_else(|| refuse("the event names no home entity"))
}

fn cut_short(error: &axum::Error) -> Problem {
    Problem::new("body_cut_short", StatusCode::BAD_REQUEST, format!("the body ended early: {error}"))
}

fn stood_still() -> Problem {
    Problem::new("body_cut_short", StatusCode::REQUEST_TIMEOUT, format!("the body stood still for {BODY_IDLE_S_MAX} seconds"))
}

async fn whole_body(body: Body) -> Result<Vec<u8>, Problem> {
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    while let Some(chunk) = next_chunk(&mut chunks).await? {
        if whole.len() + chunk.len() > BODY_BYTES_MAX {
            let detail = format!("expected a body of at most {BODY_BYTES_MAX} bytes; send larger sets to /v1/events/import");
            return Err(Problem::new("body_too_large", StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

async fn next_chunk(chunks: &mut axum::body::BodyDataStream) -> Result<Option<Bytes>, Problem> {
    match tokio::time::timeout(Duration::from_secs(BODY_IDLE_S_MAX), chunks.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
        Ok(Some(Err(error))) => Err(cut_short(&error)),
        Err(_) => Err(stood_still()),
    }
}

/// A line of an import that was not recorded.
#[derive(Debug, Serialize)]
struct RefusedLine {
    line: usize,
    name: &'static str,
    detail: String,
    text: String,
}

#[derive(Debug, Default, Serialize)]
struct ImportReport {
    recorded: usize,
    known: usize,
    refused: usize,
    position: u64,
    refusals: Vec<RefusedLine>,
}

struct Importer {
    app: App,
    report: ImportReport,
    texts: Vec<(usize, String)>,
    drafts: Vec<Draft>,
    bytes: usize,
}

/// `POST /v1/events/import`: one draft a line, of any number; each is judged alone and made durable in chunks.
pub(crate) async fn import(State(app): State<App>, headers: HeaderMap, request: HttpRequest) -> Result<Response, Problem> {
    wants_media(&headers, "application/x-ndjson")?;
    let mut importer = Importer { app, report: ImportReport::default(), texts: Vec::new(), drafts: Vec::new(), bytes: 0 };
    let mut chunks = request.into_body().into_data_stream();
    let (mut rest, mut line) = (Vec::new(), 0);
    while let Some(chunk) = next_chunk(&mut chunks).await? {
        let mut chunk: &[u8] = &chunk;
        while let Some(end) = chunk.iter().position(|b| *b == b'\n') {
            rest.extend_from_slice(&chunk[..end]);
            chunk = &chunk[end + 1..];
            line += 1;
            importer.line(line, &rest).await?;
            rest.clear();
        }
        rest.extend_from_slice(chunk);
        if rest.len() > LINE_BYTES_MAX {
            let detail = format!("line {}: expected at most {LINE_BYTES_MAX} bytes; the lines before it are recorded", line + 1);
            return Err(Problem::new("body_too_large", StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
    }
    importer.line(line + 1, &rest).await?;
    importer.flush().await?;
    Ok((StatusCode::OK, Json(importer.report)).into_response())
}

impl Importer {
    async fn line(&mut self, line: usize, bytes: &[u8]) -> Result<(), Problem> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        match draft_from_slice(bytes) {
            Ok(draft) => {
                self.bytes += bytes.len();
                self.drafts.push(draft);
                self.texts.push((line, shown(bytes)));
            }
            Err(refusal) => self.refuse(line, refusal.name(), refusal.to_string(), shown(bytes)),
        }
        if self.drafts.len() >= IMPORT_CHUNK_LINES || self.bytes >= IMPORT_CHUNK_BYTES { self.flush().await } else { Ok(()) }
    }

    fn refuse(&mut self, line: usize, name: &'static str, detail: String, text: String) {
        self.report.refused += 1;
        if self.report.refusals.len() < IMPORT_REFUSALS_MAX {
            self.report.refusals.push(RefusedLine { line, name, detail, text });
        }
    }

    async fn flush(&mut self) -> Result<(), Problem> {
        if self.drafts.is_empty() {
            return Ok(());
        }
        let (drafts, texts) = (std::mem::take(&mut self.drafts), std::mem::take(&mut self.texts));
        self.bytes = 0;
        let request = Request { drafts, key: None, expect: Vec::new(), atomicity: Atomicity::Alone };
        let receipt = loop {
            match self.app.ledger.submit(request.clone()).await {
                // An import waits its turn: being told to come back would only make it send the same lines again.
                Err(SubmitError::Busy { .. }) => tokio::time::sleep(Duration::from_millis(20)).await,
                answer => break answer?,
            }
        };
        for ((line, text), outcome) in texts.into_iter().zip(receipt.outcomes) {
            match outcome {
                Ok(recorded) => {
                    *(if recorded.known { &mut self.report.known } else { &mut self.report.recorded }) += 1;
                    self.report.position = self.report.position.max(recorded.position.get());
                }
                Err(error) => self.refuse(line, error.name(), error.to_string(), text),
            }
        }
        Ok(())
    }
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().take(500).collect()
}
