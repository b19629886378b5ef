//! All records that follow, one a line. Invariant: what leaves is told by two records, one before
//! its first byte and one behind its last; a stream that is not whole breaks off, and looks so.

use std::{sync::Arc, thread, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{Method, header},
    response::{IntoResponse, Response},
};
use sijil_ledger::{Desk, Export, Filter, ReadError, Taking, limits::PAGE_RECORDS_MAX};
use sijil_schemas::{ExportOf, ExportPurpose, Position};
use tokio::sync::mpsc::Sender;
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    app::App,
    limits::STREAM_LAST_MS,
    problem::Problem,
    read::{shown_json, within_log},
};

/// Chunks of lines, or why there are no more.
type Lines = Sender<Result<Bytes, ReadError>>;

/// Why a stream of lines ends before all of it was sent.
enum Broken {
    /// Nobody reads on.
    Gone,
    /// What follows cannot be told.
    Unreadable(ReadError),
}

impl From<ReadError> for Broken {
    fn from(error: ReadError) -> Broken {
        Broken::Unreadable(error)
    }
}

/// The answer with every record after a position that passes, up to what is durable now.
pub(crate) async fn answer(
    app: App,
    method: &Method,
    filter: Filter,
    after: Position,
) -> Result<Response, Problem> {
    let desk = app.desk.clone().exporting()?;
    let app = app.at(desk);
    app.desk.vouches(filter.known_at)?;
    let taking = taking(&app.desk, &filter, ExportPurpose::Work);
    // Where no body leaves, nothing is taken out.
    let is_taken = *method != Method::HEAD;
    let begin = move |desk: &Desk| {
        within_log(desk, after)?;
        Ok(if is_taken { Some(desk.export(taking)?) } else { None })
    };
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    let Some(export) = app.blocking(begin).await? else { return Ok(kind.into_response()) };
    let filter = Filter { known_at: Some(export.known_at()), ..filter };
    let (lines, stream) = tokio::sync::mpsc::channel(4);
    tokio::task::spawn_blocking(move || send_all(&app.desk, &filter, after, export, &lines));
    let body = Body::from_stream(ReceiverStream::new(stream));
    Ok((kind, body).into_response())
}

/// What is taken out by whoever reads the records of a filter.
pub(crate) fn taking(desk: &Desk, filter: &Filter, purpose: ExportPurpose) -> Taking {
    Taking {
        what: ExportOf::Events,
        purpose,
        filter: filter.words(),
        personal: desk.carries_persons(filter),
        known_at: filter.known_at,
    }
}

fn send_all(desk: &Desk, filter: &Filter, after: Position, mut export: Export, lines: &Lines) {
    let sent = send(desk, filter, after, &mut export, lines);
    // Whoever sees the end of it sees the record of that, too.
    export.end(sent.is_ok());
    if let Err(Broken::Unreadable(error)) = sent {
        // Ended with an error, never as if it were complete. What was sent before gets its moment
        // to leave: the error tears the connection down at once.
        thread::sleep(Duration::from_millis(STREAM_LAST_MS));
        drop(lines.blocking_send(Err(error)));
    }
}

fn send(
    desk: &Desk,
    filter: &Filter,
    mut after: Position,
    export: &mut Export,
    lines: &Lines,
) -> Result<(), Broken> {
    loop {
        let page = desk.page(filter, after, PAGE_RECORDS_MAX)?;
        // Nothing goes out behind the record that takes the right to it away.
        if let Err(denied) = desk.still(page.seen) {
            let what = format!("{}: {denied}", denied.name());
            let source = Arc::new(std::io::Error::other(what.clone()));
            return Err(ReadError::Io { what, source }.into());
        }
        let mut text = Vec::new();
        for stored in &page.records {
            // A stream that leaves a record out would look whole: it breaks off instead.
            text.extend(format!("{}\n", shown_json(desk, stored)?).into_bytes());
        }
        let text = Bytes::from(text);
        // A reader that is slow holds this up, one that is gone ends it.
        if !text.is_empty() && lines.blocking_send(Ok(text.clone())).is_err() {
            return Err(Broken::Gone);
        }
        export.take(page.records.len() as u64, &text);
        match page.next {
            Some(next) => after = next,
            None => return Ok(()),
        }
    }
}
