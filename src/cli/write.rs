//! `record` and `import`. Invariant: what is sent twice is recorded once.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use serde_json::Value;
use sijil_import::{Mapping, Options, Progress, Tables};

use crate::{
    arguments::{Import, Record},
    door::{Door, post},
    error::CliError,
    output::{Format, Rows, bar, say, write, write_object},
};

fn open(path: &Path) -> Result<Box<dyn Read + Send>, CliError> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(BufReader::new(File::open(path).map_err(|e| CliError::file(path, &e))?)))
}

/// `sijil record`.
pub(crate) fn record(door: &dyn Door, arguments: Record, format: Format) -> Result<(), CliError> {
    let headers = [("idempotency-key", arguments.key), ("if-match", arguments.if_match.map(|r| format!("\"{r}\"")))];
    let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let receipt = post(door, "/v1/events", "application/json", headers, open(&arguments.file)?)?;
    let events = receipt["events"].as_array().cloned().unwrap_or_default();
    write(&Rows::of_objects(&events, &["position", "entity", "revision", "id", "known"]), format, &receipt)
}

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

/// Sends drafts as they come, and writes what became of them.
fn send(door: &dyn Door, body: Box<dyn Read + Send>, length: Option<u64>, format: Format) -> Result<(), CliError> {
    tell(&sent(door, body, length)?, format)
}

/// Sends drafts as they come; what became of them.
pub(crate) fn sent(door: &dyn Door, body: Box<dyn Read + Send>, length: Option<u64>) -> Result<Value, CliError> {
    let bar = bar("recording", length);
    let report = post(door, "/v1/events/import", "application/x-ndjson", Vec::new(), Box::new(Counted { inner: body, bar: bar.clone() }))?;
    bar.finish_and_clear();
    Ok(report)
}

/// Writes what became of drafts.
pub(crate) fn tell(report: &Value, format: Format) -> Result<(), CliError> {
    for refusal in report["refusals"].as_array().into_iter().flatten().take(20) {
        say(&format!("line {}: {}: {}\n  {}", refusal["line"], text(refusal, "name"), text(refusal, "detail"), text(refusal, "text")));
    }
    let mut shown = report.clone();
    if format == Format::Table {
        shown.as_object_mut().map(|o| o.remove("refusals"));
    }
    write_object(&shown, format)?;
    match report["refused"].as_u64() {
        Some(0) | None => Ok(()),
        Some(refused) => Err(CliError::No(format!("{refused} lines were refused; the others are recorded, so mend these and send the same file again"))),
    }
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// `sijil import`; without a door (a dry run) nothing is sent.
pub(crate) fn import(door: Option<&dyn Door>, arguments: &Import, format: Format) -> Result<(), CliError> {
    let Some(mapping) = &arguments.mapping else {
        let door = door.ok_or_else(|| CliError::Use("--dry-run goes with --mapping".into()))?;
        return arguments.sources.iter().try_for_each(|source| send(door, open(source)?, None, format));
    };
    let source = std::fs::read_to_string(mapping).map_err(|e| CliError::file(mapping, &e))?;
    let mapping = Mapping::parse(&source).map_err(|e| CliError::Use(format!("{}: {e}", mapping.display())))?;
    let key_secret = arguments.key_file.as_ref().map(|path| std::fs::read(path).map_err(|e| CliError::file(path, &e))).transpose()?;
    // The ledger decodes every draft anyway; a dry run has nobody else to do it.
    let options = Options { parameters: pairs(&arguments.parameters)?.into_iter().collect::<BTreeMap<_, _>>(), key_secret, unchecked: door.is_some() };
    let reading = bar("reading", None);
    let mut progress = |p: Progress<'_>| {
        if let Progress::Reading { rows, .. } = p {
            reading.set_position(rows);
        }
    };
    let folders = Folders { sources: arguments.sources.clone() };
    let drafts = mapping.run(&folders, &options, &mut progress).map_err(|e| CliError::No(e.to_string()))?;
    reading.finish_and_clear();
    say(&drafts.summary.to_string());
    let Some(door) = door else { return Ok(()) };
    let length = drafts.len() as u64;
    let lines: Vec<String> = drafts.iter().map(|d| d.json().to_owned()).collect();
    send(door, Box::new(Lines::new(lines.into_iter())), Some(length), format)
}

/// `name=value` words.
pub(crate) fn pairs(words: &[String]) -> Result<Vec<(String, String)>, CliError> {
    let split =
        |w: &String| w.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned())).ok_or_else(|| CliError::Use(format!("expected name=value, got {w:?}")));
    words.iter().map(split).collect()
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

struct Folders {
    sources: Vec<PathBuf>,
}

impl Tables for Folders {
    fn open(&self, file: &str) -> io::Result<Box<dyn Read>> {
        // A source is a folder that holds the table, or the table itself.
        let found =
            self.sources.iter().map(|s| if s.is_dir() { s.join(file) } else { s.clone() }).find(|p| p.file_name().is_some_and(|n| *n == *file) && p.is_file());
        let path = found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("{file} is in none of the sources")))?;
        Ok(Box::new(BufReader::new(File::open(path)?)))
    }
}
