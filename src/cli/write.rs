//! `record`. Invariant: what is sent twice is recorded once.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::{Value, json};

use crate::{
    door::{Door, post},
    error::CliError,
    output::{Format, Rows, write},
};

/// `record`.
#[derive(Debug, Args)]
pub struct Record {
    /// The file, or - for stdin.
    pub file: PathBuf,
    /// The idempotency key.
    #[arg(long)]
    pub key: Option<String>,
    /// The revision the home entity must be at.
    #[arg(long, value_name = "REVISION")]
    pub if_match: Option<u64>,
    /// Only say what would become of it: nothing is recorded.
    #[arg(long)]
    pub dry_run: bool,
    /// Reports, separated by commas: in a dry run, the rows that would differ are told.
    #[arg(long, value_name = "REPORTS", requires = "dry_run")]
    pub effects: Option<String>,
}

/// A file, or stdin.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read + Send>, CliError> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    Ok(Box::new(BufReader::new(File::open(path).map_err(|e| CliError::file(path, &e))?)))
}

/// `sijil record`.
pub(crate) fn record(door: &dyn Door, arguments: &Record, format: Format) -> Result<(), CliError> {
    let headers = [
        ("idempotency-key", arguments.key.clone()),
        ("if-match", arguments.if_match.map(|r| format!("\"{r}\""))),
    ];
    let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let mut path = String::from("/v1/events");
    if arguments.dry_run {
        path.push_str("?dry_run=yes");
    }
    if let Some(effects) = &arguments.effects {
        path.push_str("&effects=");
        path.extend(form_urlencoded::byte_serialize(effects.as_bytes()));
    }
    let receipt = post(door, &path, "application/json", headers, open(&arguments.file)?)?;
    let events = receipt["events"].as_array().cloned().unwrap_or_default();
    if arguments.effects.is_some() {
        let columns = ["report", "row", "column", "before", "after"];
        return write(&Rows::of_objects(&effects(&receipt), &columns), format, &receipt);
    }
    write(
        &Rows::of_objects(&events, &["position", "entity", "revision", "id", "known"]),
        format,
        &receipt,
    )
}

/// What reports would say otherwise, a cell each.
fn effects(receipt: &Value) -> Vec<Value> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut cells = Vec::new();
    for effect in list(&receipt["effects"]) {
        for change in list(&effect["changes"]) {
            let words = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
            let row: Vec<String> = list(&change["key"]).iter().map(words).collect();
            for (column, moved) in change["moved"].as_object().into_iter().flatten() {
                cells.push(json!({
                    "report": effect["report"], "row": row.join(","), "column": column,
                    "before": moved["before"], "after": moved["after"],
                }));
            }
        }
    }
    cells
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
