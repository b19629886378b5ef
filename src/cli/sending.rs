//! Sending drafts to the door of imports, and telling what became of them. Invariant: every refusal
//! that is told names a line of a file the caller has.

use std::io::{self, Read};

use serde_json::Value;

use crate::{
    door::{Door, path, post},
    error::CliError,
    output::{Format, bar, say, write_object},
};

/// Refusals that are told one by one to a person; a machine gets all that the door tells.
const TOLD_MAX: usize = 20;

/// Counts what has been sent, for the bar.
struct Counted<R> {
    inner: R,
    bar: indicatif::ProgressBar,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(bytes)?;
        self.bar.inc(bytes[..count].iter().filter(|b| **b == b'\n').count() as u64);
        Ok(count)
    }
}

/// How drafts are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending<'a> {
    pub(crate) dry_run: bool,
    /// Correct what this source recorded before, and whether to void what is not sent any more.
    pub(crate) correct: Option<(&'a str, bool)>,
}

impl Sending<'_> {
    /// Sends drafts; what became of them.
    pub(crate) fn send(
        &self,
        door: &dyn Door,
        body: Box<dyn Read + Send>,
        length: Option<u64>,
    ) -> Result<Value, CliError> {
        let mut parameters = Vec::new();
        let mut say =
            |name: &str, value: &str| parameters.push((name.to_owned(), value.to_owned()));
        if self.dry_run {
            say("dry_run", "yes");
        }
        let base = match self.correct {
            None => "/v1/events/import",
            Some((source, void_missing)) => {
                say("source", source);
                say("void_missing", if void_missing { "yes" } else { "no" });
                "/v1/events/correct"
            }
        };
        sent_to(
            door,
            &path(base, &parameters),
            (if self.dry_run { "judging" } else { "recording" }, body, length),
        )
    }
}

/// Sends drafts as they come; what became of them.
pub(crate) fn sent(
    door: &dyn Door,
    body: Box<dyn Read + Send>,
    length: Option<u64>,
) -> Result<Value, CliError> {
    sent_to(door, "/v1/events/import", ("recording", body, length))
}

fn sent_to(
    door: &dyn Door,
    path: &str,
    (what, body, length): (&'static str, Box<dyn Read + Send>, Option<u64>),
) -> Result<Value, CliError> {
    let bar = bar(what, length);
    let report = post(
        door,
        path,
        "application/x-ndjson",
        Vec::new(),
        Box::new(Counted { inner: body, bar: bar.clone() }),
    )?;
    bar.finish_and_clear();
    Ok(report)
}

/// Says where a refused line stands.
pub(crate) fn place(refusal: &Value) -> String {
    match (refusal["file"].as_str(), refusal["position"].as_u64()) {
        (Some(file), _) => format!("{file} line {}", refusal["line"]),
        (None, Some(position)) => format!("the event at position {position}, which no row gives"),
        (None, None) => format!("line {}", refusal["line"]),
    }
}

/// Writes what became of drafts.
pub(crate) fn tell(report: &Value, format: Format) -> Result<(), CliError> {
    let refusals = report["refusals"].as_array().map_or(&[][..], Vec::as_slice);
    for refusal in refusals.iter().take(TOLD_MAX) {
        say(&told(refusal));
    }
    if refusals.len() > TOLD_MAX {
        say(&format!(
            "and {} more refusals with a cause of their own; --format json tells them",
            refusals.len() - TOLD_MAX
        ));
    }
    let mut shown = report.clone();
    if format == Format::Table
        && let Some(members) = shown.as_object_mut()
    {
        for member in ["refusals", "causes", "dry_run"] {
            members.remove(member);
        }
        if let Some(Value::Object(correction)) = members.remove("correction") {
            members.extend(correction);
        }
    }
    write_object(&shown, format)?;
    match (report["refused"].as_u64(), report["dry_run"].as_bool()) {
        (Some(0) | None, _) => Ok(()),
        (Some(refused), Some(true)) => {
            Err(CliError::No(format!("{refused} events would be refused; nothing was recorded")))
        }
        (Some(refused), _) => Err(CliError::No(format!(
            "{refused} events were refused; the others are recorded, so mend these and send the \
             same again"
        ))),
    }
}

/// A refusal in words: where, what, what rests on it, what to do.
fn told(refusal: &Value) -> String {
    let text = |member: &str| refusal[member].as_str().unwrap_or_default();
    let mut told = place(refusal);
    if let Some(event) = refusal["event"].as_str() {
        told = format!("{told}, {event}");
    }
    told = format!("{told}: {}: {}", text("name"), text("detail"));
    let columns = refusal["columns"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(column, value)| format!("{column} = {}", value.as_str().unwrap_or_default()));
    let columns: Vec<String> = columns.collect();
    if !columns.is_empty() {
        told = format!("{told}; with {}", columns.join(", "));
    }
    if let Some(resting) = refusal["resting"].as_u64().filter(|resting| *resting > 0) {
        told = format!("{told}\n  and {resting} more that rest on it");
    }
    for member in ["advice", "text"] {
        if let Some(more) = refusal[member].as_str().filter(|more| !more.is_empty()) {
            told = format!("{told}\n  {more}");
        }
    }
    told
}

/// Lines that are made as they are read.
pub(crate) struct Lines<I> {
    lines: I,
    line: io::Cursor<Vec<u8>>,
}

impl<I: Iterator<Item = String>> Lines<I> {
    pub(crate) const fn new(lines: I) -> Lines<I> {
        Lines { lines, line: io::Cursor::new(Vec::new()) }
    }
}

impl<I: Iterator<Item = String>> Read for Lines<I> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.line.read(bytes)?;
        if count > 0 || bytes.is_empty() {
            return Ok(count);
        }
        let Some(line) = self.lines.next() else { return Ok(0) };
        self.line = io::Cursor::new(format!("{line}\n").into_bytes());
        self.line.read(bytes)
    }
}
