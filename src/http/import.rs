//! Importing: a stream of drafts, one a line, each judged alone. Invariant: chunks of lines are parsed side by side, but offered and answered in the order in which they came; a line is counted once its
//! chunk is durable.

use std::{collections::VecDeque, ops::Range, time::Duration};

use axum::{
    Json,
    extract::{Request as HttpRequest, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use sijil_ledger::{Atomicity, Ledger, Parsed, Pending, Request, SubmitError, Unqueued};
use sijil_schemas::decode::draft_from_slice;
use tokio::task::JoinHandle;

use crate::{
    app::App,
    limits::{IMPORT_CHUNK_BYTES, IMPORT_CHUNK_LINES, IMPORT_OFFERED_MAX, IMPORT_PARSING_MAX, IMPORT_REFUSALS_MAX, LINE_BYTES_MAX},
    problem::Problem,
    wire::{ImportReport, RefusedLine},
    write::{next_chunk, wants_media},
};

/// Whole lines, as they came.
#[derive(Default)]
struct Chunk {
    /// The number of the first line, from 1.
    first: usize,
    bytes: Vec<u8>,
}

/// A chunk whose lines have been read.
struct Read {
    bytes: Vec<u8>,
    /// Number and place of each line that is a draft.
    drafts: Vec<(usize, Range<usize>)>,
    /// The drafts as events; nothing if there are none.
    parsed: Option<Result<Parsed, SubmitError>>,
    /// The lines that are none.
    refused: Vec<(usize, Range<usize>, SubmitError)>,
}

struct Importer {
    app: App,
    report: ImportReport,
    parsing: VecDeque<JoinHandle<Read>>,
    offered: VecDeque<(Read, Pending)>,
}

/// `POST /v1/events/import`: one draft a line, of any number; each is judged alone and made durable in chunks.
pub(crate) async fn import(State(app): State<App>, headers: HeaderMap, request: HttpRequest) -> Result<Response, Problem> {
    wants_media(&headers, "application/x-ndjson")?;
    let mut importer = Importer { app, report: ImportReport::default(), parsing: VecDeque::new(), offered: VecDeque::new() };
    let mut body = request.into_body().into_data_stream();
    let (mut chunk, mut lines, mut searched) = (Chunk { first: 1, bytes: Vec::new() }, 0, 0);
    while let Some(part) = next_chunk(&mut body).await? {
        chunk.bytes.extend_from_slice(&part);
        while let Some(end) = memchr::memchr(b'\n', &chunk.bytes[searched..]) {
            searched += end + 1;
            lines += 1;
            if lines >= IMPORT_CHUNK_LINES || searched >= IMPORT_CHUNK_BYTES {
                let rest = Chunk { first: chunk.first + lines, bytes: chunk.bytes.split_off(searched) };
                importer.take(std::mem::replace(&mut chunk, rest)).await?;
                (lines, searched) = (0, 0);
            }
        }
        if chunk.bytes.len() - searched > LINE_BYTES_MAX {
            let line = chunk.first + lines;
            chunk.bytes.truncate(searched);
            importer.take(chunk).await?;
            importer.finish().await?;
            let detail = format!("line {line}: expected at most {LINE_BYTES_MAX} bytes; the lines before it are recorded");
            return Err(Problem::new("body_too_large", detail));
        }
    }
    importer.take(chunk).await?;
    importer.finish().await?;
    Ok(Json(importer.report).into_response())
}

/// Reads the lines of a chunk.
fn read(ledger: &Ledger, chunk: Chunk) -> Read {
    let (mut drafts, mut places, mut refused, mut from) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (line, bytes) in (chunk.first..).zip(chunk.bytes.split_inclusive(|byte| *byte == b'\n')) {
        let place = from..from + bytes.len();
        from = place.end;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match draft_from_slice(bytes.trim_ascii_end()) {
            Ok(draft) => {
                drafts.push(draft);
                places.push((line, place));
            }
            Err(refusal) => refused.push((line, place, SubmitError::Refused { index: 0, refusal })),
        }
    }
    let request = Request { drafts, key: None, expect: Vec::new(), atomicity: Atomicity::Alone };
    let parsed = (!places.is_empty()).then(|| ledger.parse(request));
    Read { bytes: chunk.bytes, drafts: places, parsed, refused }
}

impl Importer {
    /// Takes the next chunk; waits while enough are under way.
    async fn take(&mut self, chunk: Chunk) -> Result<(), Problem> {
        if chunk.bytes.is_empty() {
            return Ok(());
        }
        let ledger = self.app.ledger.clone();
        self.parsing.push_back(tokio::task::spawn_blocking(move || read(&ledger, chunk)));
        while self.parsing.len() > IMPORT_PARSING_MAX {
            self.offer_first().await?;
        }
        while self.offered.len() > IMPORT_OFFERED_MAX {
            self.settle_first().await?;
        }
        Ok(())
    }

    /// Waits for all that is under way.
    async fn finish(&mut self) -> Result<(), Problem> {
        while !self.parsing.is_empty() {
            self.offer_first().await?;
        }
        while !self.offered.is_empty() {
            self.settle_first().await?;
        }
        self.report.refusals.sort_by_key(|refusal| refusal.line);
        Ok(())
    }

    async fn offer_first(&mut self) -> Result<(), Problem> {
        let Some(parsing) = self.parsing.pop_front() else { return Ok(()) };
        let mut read = parsing.await.map_err(|error| {
            tracing::error!(%error, "a chunk of an import was not read");
            Problem::new("internal", "the lines could not be read; the cause is in the server's log")
        })?;
        for (line, place, error) in std::mem::take(&mut read.refused) {
            self.refuse(line, &read.bytes[place], &error);
        }
        let Some(parsed) = read.parsed.take() else { return Ok(()) };
        let mut parsed = parsed?;
        let pending = loop {
            match self.app.ledger.offer(parsed).map_err(|unqueued| *unqueued) {
                Ok(pending) => break pending,
                // An import waits its turn: being told to come back would only make it send the same lines again.
                Err(Unqueued { why: SubmitError::Busy { .. }, parsed: back }) => parsed = back,
                Err(Unqueued { why, .. }) => return Err(why.into()),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        self.offered.push_back((read, pending));
        Ok(())
    }

    async fn settle_first(&mut self) -> Result<(), Problem> {
        let Some((read, pending)) = self.offered.pop_front() else { return Ok(()) };
        let receipt = self.app.ledger.answered(pending).await?;
        for ((line, place), outcome) in read.drafts.into_iter().zip(receipt.outcomes) {
            match outcome {
                Ok(recorded) => {
                    *(if recorded.known { &mut self.report.known } else { &mut self.report.recorded }) += 1;
                    self.report.position = self.report.position.max(recorded.position);
                }
                Err(error) => self.refuse(line, &read.bytes[place], &error),
            }
        }
        Ok(())
    }

    fn refuse(&mut self, line: usize, bytes: &[u8], error: &SubmitError) {
        self.report.refused += 1;
        if self.report.refusals.len() < IMPORT_REFUSALS_MAX {
            let text = String::from_utf8_lossy(bytes.trim_ascii_end()).chars().take(500).collect();
            self.report.refusals.push(RefusedLine { line, name: error.name(), detail: error.to_string(), text });
        }
    }
}
