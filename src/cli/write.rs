//! `record`. Invariant: what is sent twice is recorded once.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use crate::{
    arguments::Record,
    door::{Door, post},
    error::CliError,
    output::{Format, Rows, write},
};

/// A file, or stdin.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read + Send>, CliError> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(BufReader::new(File::open(path).map_err(|e| CliError::file(path, &e))?)))
}

/// `sijil record`.
pub(crate) fn record(door: &dyn Door, arguments: Record, format: Format) -> Result<(), CliError> {
    let headers = [
        ("idempotency-key", arguments.key),
        ("if-match", arguments.if_match.map(|r| format!("\"{r}\""))),
    ];
    let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let receipt = post(door, "/v1/events", "application/json", headers, open(&arguments.file)?)?;
    let events = receipt["events"].as_array().cloned().unwrap_or_default();
    write(
        &Rows::of_objects(&events, &["position", "entity", "revision", "id", "known"]),
        format,
        &receipt,
    )
}

/// `name=value` words.
pub(crate) fn pairs(words: &[String]) -> Result<Vec<(String, String)>, CliError> {
    let split = |w: &String| {
        w.split_once('=')
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .ok_or_else(|| CliError::Use(format!("expected name=value, got {w:?}")))
    };
    words.iter().map(split).collect()
}
