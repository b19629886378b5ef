//! Importing: a stream of drafts, one a line, each judged alone. Invariant: chunks of lines are
//! parsed side by side, but offered and answered in the order in which they came; a line is counted
//! once its chunk is durable. A dry run reads, judges and counts the same lines in the same way,
//! and keeps none.

use std::{
    collections::VecDeque,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json,
    body::BodyDataStream,
    extract::Request as HttpRequest,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use sijil_ledger::{
    Atomicity, Desk, Parsed, Pending, Receipt, Rehearsal, Rejection, Request, SubmitError,
    Unqueued, masked,
};
use sijil_schemas::{
    May, decode::draft_from_slice, id::EntityRef, parts::PARTS_MAX, problem::ProblemKind,
};
use tokio::task::JoinHandle;

use crate::{
    app::App,
    asked::Asked,
    causes::Causes,
    correcting::yes,
    limits::{
        IMPORT_CHUNK_BYTES, IMPORT_CHUNK_LINES, IMPORT_OFFERED_MAX, IMPORT_PARSING_MAX,
        IMPORT_REFUSALS_MAX, LINE_BYTES_MAX,
    },
    problem::Problem,
    read::nothing_left,
    turns::Turn,
    wire::{ImportReport, RefusedLine},
    write::{next_chunk, wants_media},
};

/// Whole lines, as they came.
#[derive(Default)]
pub(crate) struct Chunk {
    /// The number of the first line, from 1.
    pub(crate) first: usize,
    pub(crate) bytes: Vec<u8>,
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

/// What becomes of the drafts of a chunk.
enum Outcomes {
    /// It holds none.
    Nothing,
    /// They are decided and made durable.
    Coming(Pending),
    /// They were judged in a rehearsal.
    Judged(Receipt),
}

/// A rehearsal and the turn it waited for: one at a time, since each holds a book of its own.
struct DryRun {
    under_way: Arc<(Mutex<Rehearsal>, Turn)>,
}

struct Importer {
    app: App,
    dry_run: Option<DryRun>,
    report: ImportReport,
    causes: Causes,
    parsing: VecDeque<JoinHandle<Read>>,
    offered: VecDeque<(Read, Outcomes)>,
}

/// `POST /v1/events/import`: one draft a line, of any number; each is judged alone and made durable
/// in chunks.
pub(crate) async fn import(
    app: App,
    headers: HeaderMap,
    Asked(mut parameters): Asked,
    request: HttpRequest,
) -> Result<Response, Problem> {
    wants_media(&headers, "application/x-ndjson")?;
    let dry_run =
        if yes(&mut parameters, "dry_run")? { Some(DryRun::begin(&app).await?) } else { None };
    nothing_left(&parameters, "dry_run")?;
    let report = ImportReport { dry_run: dry_run.is_some(), ..ImportReport::default() };
    let mut importer = Importer {
        app,
        dry_run,
        report,
        causes: Causes::default(),
        parsing: VecDeque::new(),
        offered: VecDeque::new(),
    };
    let mut chunks = Chunks::of(request);
    loop {
        let next = match &importer.dry_run {
            Some(dry_run) => dry_run.under_way.1.within(chunks.next()).await,
            None => chunks.next().await,
        };
        match next {
            Ok(Some(chunk)) => importer.take(chunk).await?,
            Ok(None) => break,
            Err(problem) => {
                importer.finish().await?;
                return Err(problem);
            }
        }
    }
    importer.finish().await?;
    Ok(Json(importer.report).into_response())
}

/// Whether a line may be a later part of a document.
fn is_later_part(line: &[u8]) -> bool {
    memchr::memmem::find(line, b".lines_added\"").is_some()
}

/// A body in chunks of whole lines.
pub(crate) struct Chunks {
    body: BodyDataStream,
    chunk: Chunk,
    /// Lines and bytes of the chunk that are known to be whole.
    lines: usize,
    searched: usize,
    /// Lines that were taken beyond what a chunk holds, since they may be parts of a document in
    /// it.
    beyond: u8,
    too_long: Option<usize>,
    ended: bool,
}

impl Chunks {
    pub(crate) fn of(request: HttpRequest) -> Chunks {
        let chunk = Chunk { first: 1, bytes: Vec::new() };
        Chunks {
            body: request.into_body().into_data_stream(),
            chunk,
            lines: 0,
            searched: 0,
            beyond: 0,
            too_long: None,
            ended: false,
        }
    }

    /// The next chunk; nothing at the end of the body.
    pub(crate) async fn next(&mut self) -> Result<Option<Chunk>, Problem> {
        if let Some(line) = self.too_long {
            return Err(Problem::new(
                ProblemKind::BodyTooLarge,
                format!(
                    "line {line}: expected at most {LINE_BYTES_MAX} bytes; the lines before it \
                     were taken"
                ),
            ));
        }
        while !self.ended {
            while let Some(end) = memchr::memchr(b'\n', &self.chunk.bytes[self.searched..]) {
                // The parts of a document stay with it, and so in one chunk.
                let line = &self.chunk.bytes[self.searched..self.searched + end];
                if self.lines >= IMPORT_CHUNK_LINES || self.searched >= IMPORT_CHUNK_BYTES {
                    self.beyond += 1;
                }
                if self.beyond > 0 && (self.beyond >= PARTS_MAX || !is_later_part(line)) {
                    let rest = Chunk {
                        first: self.chunk.first + self.lines,
                        bytes: self.chunk.bytes.split_off(self.searched),
                    };
                    (self.lines, self.searched, self.beyond) = (0, 0, 0);
                    return Ok(Some(std::mem::replace(&mut self.chunk, rest)));
                }
                self.searched += end + 1;
                self.lines += 1;
            }
            if self.chunk.bytes.len() - self.searched > LINE_BYTES_MAX {
                self.too_long = Some(self.chunk.first + self.lines);
                self.chunk.bytes.truncate(self.searched);
                return Ok(Some(std::mem::take(&mut self.chunk)));
            }
            match next_chunk(&mut self.body).await? {
                Some(part) => self.chunk.bytes.extend_from_slice(&part),
                None => self.ended = true,
            }
        }
        Ok(Some(std::mem::take(&mut self.chunk)).filter(|chunk| !chunk.bytes.is_empty()))
    }
}

impl DryRun {
    /// Waits for its turn and begins a rehearsal.
    async fn begin(app: &App) -> Result<DryRun, Problem> {
        let turn = app.turn(&[May::Record]).await?;
        let begin = move |desk: &Desk| Ok((Mutex::new(desk.rehearse()), turn));
        Ok(DryRun { under_way: Arc::new(app.blocking(begin).await?) })
    }

    async fn judge(&self, app: &App, parsed: Parsed) -> Result<Receipt, Problem> {
        let under_way = self.under_way.clone();
        app.blocking(move |_| {
            Ok(under_way.0.lock().unwrap_or_else(PoisonError::into_inner).judge(parsed))
        })
        .await
    }
}

/// Reads the lines of a chunk.
fn read(desk: &Desk, chunk: Chunk, dry_run: bool) -> Read {
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
    let parsed = (!places.is_empty())
        .then(|| if dry_run { desk.parse_to_rehearse(request) } else { desk.parse(request) });
    Read { bytes: chunk.bytes, drafts: places, parsed, refused }
}

impl Importer {
    /// Takes the next chunk; waits while enough are under way.
    async fn take(&mut self, chunk: Chunk) -> Result<(), Problem> {
        if chunk.bytes.is_empty() {
            return Ok(());
        }
        let (desk, dry_run) = (self.app.desk.clone(), self.dry_run.is_some());
        self.parsing.push_back(tokio::task::spawn_blocking(move || read(&desk, chunk, dry_run)));
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
        Ok(())
    }

    async fn offer_first(&mut self) -> Result<(), Problem> {
        let Some(parsing) = self.parsing.pop_front() else { return Ok(()) };
        let mut read = parsing.await.map_err(|error| {
            tracing::error!(%error, "a chunk of an import was not read");
            Problem::new(
                ProblemKind::Internal,
                "the lines could not be read; the cause is in the server's log",
            )
        })?;
        let outcomes = match (read.parsed.take().transpose()?, &self.dry_run) {
            (None, _) => Outcomes::Nothing,
            (Some(parsed), Some(dry_run)) => {
                Outcomes::Judged(dry_run.judge(&self.app, parsed).await?)
            }
            (Some(parsed), None) => Outcomes::Coming(self.offer(parsed).await?),
        };
        self.offered.push_back((read, outcomes));
        Ok(())
    }

    async fn offer(&self, mut parsed: Parsed) -> Result<Pending, Problem> {
        loop {
            match self.app.desk.offer(parsed).map_err(|unqueued| *unqueued) {
                Ok(pending) => return Ok(pending),
                // An import waits its turn: being told to come back would only make it send the
                // same lines again.
                Err(Unqueued { why: SubmitError::Busy { .. }, parsed: back }) => parsed = back,
                Err(Unqueued { why, .. }) => return Err(why.into()),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn settle_first(&mut self) -> Result<(), Problem> {
        let Some((read, outcomes)) = self.offered.pop_front() else { return Ok(()) };
        let outcomes = match outcomes {
            Outcomes::Nothing => Vec::new(),
            Outcomes::Coming(pending) => self.app.desk.answered(pending).await?.outcomes,
            Outcomes::Judged(receipt) => receipt.outcomes,
        };
        // A refusal may rest on an earlier one of either kind, so they are taken in the order of
        // the lines.
        let mut refused = read.refused;
        for ((line, place), outcome) in read.drafts.into_iter().zip(outcomes) {
            match outcome {
                Ok(recorded) => {
                    *(if recorded.known {
                        &mut self.report.known
                    } else {
                        &mut self.report.recorded
                    }) += 1;
                    self.report.position = self.report.position.max(recorded.position);
                }
                Err(error) => refused.push((line, place, error)),
            }
        }
        refused.sort_by_key(|(line, _, _)| *line);
        for (line, place, error) in refused {
            self.refuse(line, &read.bytes[place], &error);
        }
        Ok(())
    }

    fn refuse(&mut self, line: usize, bytes: &[u8], error: &SubmitError) {
        let report = &mut self.report;
        report.refused += 1;
        if let Some(first) = self.causes.rests_on(error, bytes, report.causes) {
            if let Some(shown) = report.refusals.get_mut(first) {
                shown.resting += 1;
            }
            return;
        }
        report.causes += 1;
        if report.refusals.len() < IMPORT_REFUSALS_MAX {
            let line_text = String::from_utf8_lossy(bytes.trim_ascii_end());
            let text = masked(&line_text).chars().take(500).collect();
            let (pointer, entity) = about(error);
            report.refusals.push(RefusedLine {
                line,
                position: None,
                name: error.name(),
                detail: masked(&error.to_string()).into_owned(),
                resting: 0,
                pointer,
                entity,
                text,
            });
        }
    }
}

/// A pointer, without the secret that somebody may have taken for the name of a field.
fn hidden(pointer: Option<&str>) -> Option<String> {
    pointer.map(|pointer| masked(pointer).into_owned())
}

/// The field, and the entity, that a refusal is about.
pub(crate) fn about(error: &SubmitError) -> (Option<String>, Option<EntityRef>) {
    match error {
        SubmitError::Refused { refusal, .. } => (hidden(refusal.pointer()), None),
        SubmitError::Rejected {
            rejection:
                Rejection::UnknownReference { entity } | Rejection::AlreadyExists { entity, .. },
            ..
        } => (None, Some(entity.clone())),
        SubmitError::Rejected { rejection, .. } => (hidden(rejection.pointer()), None),
        _ => (None, None),
    }
}
