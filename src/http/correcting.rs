//! Correcting an import: the same rows, sent again, void and record anew what changed. Invariant:
//! all lines are compared with what stands before the first is recorded.

use axum::{
    Json,
    extract::Request as HttpRequest,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use sijil_ledger::{Corrected, Correction, Desk, SubmitError, masked};
use sijil_schemas::{May, decode::draft_from_slice, id::Key};

use crate::{
    app::App,
    asked::{Asked, Parameters},
    causes::Causes,
    import::{Chunk, Chunks, about},
    limits::IMPORT_REFUSALS_MAX,
    problem::Problem,
    read::nothing_left,
    wire::{CorrectionReport, ImportReport, RefusedLine},
    write::wants_media,
};

/// A parameter that is yes or no; absent is no.
pub(crate) fn yes(parameters: &mut Parameters, name: &str) -> Result<bool, Problem> {
    match parameters.remove(name).as_deref() {
        None | Some("no" | "false") => Ok(false),
        Some("yes" | "true") => Ok(true),
        Some(other) => Err(Problem::query(name, "yes or no", other)),
    }
}

/// `POST /v1/events/correct`: one draft a line; what came from the source and is another event now
/// is voided and recorded anew.
pub(crate) async fn correct(
    app: App,
    headers: HeaderMap,
    Asked(mut parameters): Asked,
    request: HttpRequest,
) -> Result<Response, Problem> {
    wants_media(&headers, "application/x-ndjson")?;
    let (dry_run, void_missing) =
        (yes(&mut parameters, "dry_run")?, yes(&mut parameters, "void_missing")?);
    let source = parameters.remove("source").unwrap_or_default();
    let source: Key = Key::new(&source).map_err(|_| {
        Problem::query("source", "the source of the events that are corrected", &source)
    })?;
    nothing_left(&parameters, "source, void_missing, dry_run")?;
    let turn = app.turn(&[May::Record, May::Void]).await?;
    // The turn goes where the correction goes: whoever hangs up ends neither before the other.
    let begin = move |desk: &Desk| Ok((desk.correct(source, void_missing, dry_run), turn));
    let (mut correction, mut turn) = app.blocking(begin).await?;
    let mut chunks = Chunks::of(request);
    while let Some(chunk) = turn.within(chunks.next()).await? {
        let taken = app.blocking(move |_| {
            take(&mut correction, &chunk);
            Ok((correction, turn))
        });
        (correction, turn) = taken.await?;
    }
    let run = move |_: &Desk| {
        let done = correction.run()?;
        drop(turn);
        Ok(done)
    };
    let done = app.blocking(run).await?;
    Ok(Json(report(&done, dry_run)).into_response())
}

fn take(correction: &mut Correction, chunk: &Chunk) {
    for (line, bytes) in (chunk.first..).zip(chunk.bytes.split(|byte| *byte == b'\n')) {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match draft_from_slice(bytes) {
            Ok(draft) => correction.take(line, draft),
            Err(refusal) => correction.refuse(line, SubmitError::Refused { index: 0, refusal }),
        }
    }
}

fn report(done: &Corrected, dry_run: bool) -> ImportReport {
    let Corrected {
        recorded,
        known,
        corrected,
        moved,
        vanished,
        voided,
        left_voided,
        position,
        refused,
    } = done;
    let correction = CorrectionReport {
        corrected: *corrected,
        moved: *moved,
        vanished: *vanished,
        voided: *voided,
        left_voided: *left_voided,
    };
    let mut report = ImportReport {
        dry_run,
        recorded: *recorded,
        known: *known,
        refused: refused.len(),
        position: *position,
        correction: Some(correction),
        ..ImportReport::default()
    };
    let mut causes = Causes::default();
    for (place, error) in refused {
        if let Some(first) = causes.rests_on(error, b"", report.causes) {
            if let Some(shown) = report.refusals.get_mut(first) {
                shown.resting += 1;
            }
            continue;
        }
        report.causes += 1;
        if report.refusals.len() < IMPORT_REFUSALS_MAX {
            let (pointer, entity) = about(error);
            let (name, detail) = (error.name(), masked(&error.to_string()).into_owned());
            let (line, position) =
                place.map_or_else(|position| (0, Some(position)), |line| (line, None));
            report.refusals.push(RefusedLine {
                line,
                position,
                name,
                detail,
                resting: 0,
                pointer,
                entity,
                text: String::new(),
            });
        }
    }
    report
}
