//! `checkpoint`, `prove` and `check`. Invariant: what is checked is checked here, from the file and
//! the key alone: no ledger is opened and no server asked.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::{Value, json};
use sijil_proof::{
    VERIFIER, base64,
    checkpoint::{Checkpoint, CheckpointError},
    hash,
    note::{Note, NoteError, Vkey},
    path::check_consistency,
    receipt::{Receipt, ReceiptError},
    tree::{Hash, leaf},
};
use sijil_schemas::StoredRecord;

use crate::{
    door::{Door, get, stream},
    error::CliError,
    output::{Format, ended, write_object},
};

/// How long a file with a proof can be: one of the longest record is a tenth of it.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// `checkpoint`.
#[derive(Debug, Args)]
pub struct Signed {
    /// The key: give it to whoever is to check, by another way than the proofs.
    #[arg(long)]
    pub vkey: bool,
    /// The file to write, instead of stdout.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `prove`.
#[derive(Debug, Args)]
pub struct Proven {
    /// Where the record stands.
    pub position: u64,
    /// The file to write, instead of stdout.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The proof, or the checkpoint.
    #[arg(required_unless_present = "write_verifier", requires = "key")]
    pub file: Option<PathBuf>,
    /// The key of the log, as `sijil checkpoint --vkey` prints it, or a file that holds it.
    #[arg(long, value_name = "VKEY")]
    pub key: Option<String>,
    /// An older checkpoint: is its log the beginning of this one's?
    #[arg(long, value_name = "FILE", requires = "path")]
    pub since: Option<PathBuf>,
    /// The proof of that, as GET /v1/proofs/consistency answers.
    #[arg(long, value_name = "FILE", requires = "since")]
    pub path: Option<PathBuf>,
    /// Write verify.py, which checks the same with nothing but Python.
    #[arg(long, value_name = "FILE")]
    pub write_verifier: Option<PathBuf>,
}

/// Text, as the door has it.
fn text(door: &dyn Door, path: String) -> Result<String, CliError> {
    let mut text = String::new();
    stream(door, path, "text/plain")?.read_to_string(&mut text)?;
    Ok(text)
}

/// Writes text where it is wanted.
fn put(text: &str, output: Option<&Path>) -> Result<(), CliError> {
    match output {
        None => ended(io::stdout().lock().write_all(text.as_bytes())),
        Some(path) => fs::write(path, text).map_err(|error| CliError::file(path, &error)),
    }
}

/// `sijil checkpoint`.
pub(crate) fn checkpoint(door: &dyn Door, signed: &Signed) -> Result<(), CliError> {
    let output = signed.output.as_deref();
    if !signed.vkey {
        return put(&text(door, "/checkpoint".into())?, output);
    }
    let log = get(door, "/v1/log".into())?;
    match log["vkey"].as_str() {
        Some(key) => put(&format!("{key}\n"), output),
        // Asking for a signature says why there is none.
        None => text(door, "/checkpoint".into()).and_then(|_| {
            Err(CliError::Reach("the ledger signs, and does not say with which key".into()))
        }),
    }
}

/// `sijil prove`.
pub(crate) fn prove(door: &dyn Door, proven: &Proven) -> Result<(), CliError> {
    let path = format!("/v1/events/{}/proof", proven.position);
    put(&text(door, path)?, proven.output.as_deref())
}

/// `sijil check`.
pub(crate) fn check(check: &Check, format: Format) -> Result<(), CliError> {
    if let Some(path) = &check.write_verifier {
        fs::write(path, VERIFIER).map_err(|error| CliError::file(path, &error))?;
    }
    let (Some(file), Some(key)) = (&check.file, &check.key) else { return Ok(()) };
    let (key, text) = (vkey(key)?, content(file)?);
    let found = match (&check.since, &check.path) {
        (Some(since), Some(path)) => grown(&content(since)?, &text, &content(path)?, &key),
        _ if text.starts_with("c2sp.org/tlog-proof") => proven(&text, &key),
        _ => vouched(&text, &key),
    };
    let found = found.map_err(|error| {
        let text = format!("{}: {error}", file.display());
        if is_unreadable(&error) { CliError::Corrupt(text) } else { CliError::No(text) }
    })?;
    write_object(&found, format)
}

/// A file that is text, and no longer than any of these is.
fn content(file: &Path) -> Result<String, CliError> {
    let mut bytes = Vec::new();
    let read = fs::File::open(file)
        .and_then(|opened| opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes));
    read.map_err(|error| CliError::file(file, &error))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let what = format!("{}: no proof is longer than {FILE_BYTES_MAX} bytes", file.display());
        return Err(CliError::Corrupt(what));
    }
    String::from_utf8(bytes)
        .map_err(|error| CliError::Corrupt(format!("{}: {error}", file.display())))
}

/// A key, or what a file says that is named instead.
fn vkey(given: &str) -> Result<Vkey, CliError> {
    let text = if given.matches('+').count() >= 2 {
        given.to_owned()
    } else {
        let path = PathBuf::from(given);
        fs::read_to_string(&path).map_err(|error| CliError::file(&path, &error))?
    };
    text.trim().parse().map_err(|error| CliError::Use(format!("--key: {error}")))
}

fn proven(text: &str, key: &Vkey) -> Result<Value, ReceiptError> {
    let receipt: Receipt = text.parse()?;
    let checkpoint = receipt.checked(std::slice::from_ref(key))?;
    let mut found = json!({
        "proven": "the log holds this record at this position",
        "origin": checkpoint.origin,
        "position": receipt.index + 1,
        "of": checkpoint.size,
        "leaf": base64(&leaf(&receipt.record)),
    });
    // What the record says, as far as this release can read it.
    let stored = StoredRecord { public: receipt.record.into(), personal: Box::default() };
    if let Ok(shown) = stored.shown()
        && let Ok(Value::Object(shown)) = serde_json::to_value(shown)
    {
        for field in ["type", "id", "occurred_at", "recorded_at", "actor", "data"] {
            found[field] = shown.get(field).cloned().unwrap_or_default();
        }
    }
    Ok(found)
}

fn verified(text: &str, key: &Vkey) -> Result<Checkpoint, ReceiptError> {
    let note: Note = text.parse().map_err(ReceiptError::Note)?;
    Ok(Checkpoint::verified(&note, std::slice::from_ref(key))?)
}

/// That an older checkpoint's log is the beginning of a newer one's.
fn grown(older: &str, newer: &str, path: &str, key: &Vkey) -> Result<Value, ReceiptError> {
    let (older, newer) = (verified(older, key)?, verified(newer, key)?);
    let malformed = ReceiptError::Malformed("the path is none of /v1/proofs/consistency");
    let answer: Value = serde_json::from_str(path).map_err(|_| malformed.clone())?;
    let hash = |value: &Value| hash(value.as_str()?);
    let path = answer["path"].as_array().and_then(|path| path.iter().map(hash).collect());
    let path: Vec<Hash> = path.ok_or(malformed)?;
    check_consistency((older.size, &older.root), (newer.size, &newer.root), &path)?;
    Ok(json!({
        "proven": "the log of the older checkpoint is the beginning of the newer one's",
        "origin": newer.origin,
        "from": older.size,
        "to": newer.size,
    }))
}

fn vouched(text: &str, key: &Vkey) -> Result<Value, ReceiptError> {
    let checkpoint = verified(text, key)?;
    Ok(json!({
        "proven": "the log vouches for this root of so many records",
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": base64(&checkpoint.root),
    }))
}

/// Whether a text is none that could be checked, rather than one that is wrong.
const fn is_unreadable(error: &ReceiptError) -> bool {
    match error {
        ReceiptError::Malformed(_)
        | ReceiptError::Note(_)
        | ReceiptError::Checkpoint(CheckpointError::Malformed(_))
        | ReceiptError::Checkpoint(CheckpointError::Note(
            NoteError::Malformed(_) | NoteError::Key(_),
        )) => true,
        ReceiptError::Checkpoint(
            CheckpointError::Origin { .. }
            | CheckpointError::Note(NoteError::Unknown { .. } | NoteError::Forged { .. }),
        )
        | ReceiptError::Path(_) => false,
    }
}
