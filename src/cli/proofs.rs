//! Words for outsiders: `checkpoint`, `prove`, `check` and those of witnesses. Invariant: what is
//! checked is checked here, from the file and the key alone: no ledger is opened and no server
//! asked.

use std::{
    fs,
    io::{self, Read, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sijil_proof::{
    VERIFIER, base64,
    bundle::BUNDLE_BYTES_MAX,
    checkpoint::{Checkpoint, CheckpointError},
    hash,
    note::{Note, NoteError, Vkey},
    path::check_consistency,
    policy::{Policy, PolicyError},
    receipt::{Receipt, ReceiptError},
    tree::{Hash, leaf},
};
use sijil_schemas::StoredRecord;

use crate::{
    arguments::Asked,
    bundle,
    door::{Door, get, stream},
    error::CliError,
    house::House,
    output::{Format, ended, say, write_object},
    tiles::{self, PublishTiles},
};

/// How long a file with a proof can be: one of the longest record is a tenth of it.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Words for outsiders.
#[derive(Debug, Subcommand)]
pub enum Proving {
    /// Print what the log says of itself, signed, or the key that verifies it.
    Checkpoint(Signed),
    /// Print a record with the proof that the log holds it, as in `sijil prove 4`; or, of a report
    /// that is asked as by `query`, write a bundle to -o FILE.tar: it proves the records behind it.
    Prove(Proven),
    /// Check a proof or a checkpoint, with no ledger and no network: 0 yes, 1 no, 4 unreadable.
    Check(Check),
    /// Write the log's tree to a directory, as files that any web server can serve.
    PublishTiles(PublishTiles),
    /// Be a witness: sign checkpoints of other logs, as long as they contradict none before.
    Witness(Witnessing),
}

/// `witness`.
#[derive(Debug, Args)]
pub struct Witnessing {
    /// The directory that holds the witness's key and what it has seen; not a ledger's.
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// The address to listen on.
    #[arg(long, value_name = "ADDR")]
    pub listen: SocketAddr,
    /// What the witness is called, as in witness.example/1; it is part of its key.
    #[arg(long)]
    pub name: String,
    /// The key of a log to watch, as `sijil checkpoint --vkey` prints it, or a file that holds it;
    /// may be given several times.
    #[arg(long = "watch", value_name = "VKEY", required = true)]
    pub logs: Vec<String>,
}

impl Witnessing {
    /// The keys of the logs.
    pub fn keys(&self) -> Result<Vec<Vkey>, CliError> {
        self.logs.iter().map(|given| vkey("--watch", given)).collect()
    }
}

/// `sijil witness`.
pub(crate) fn witness(house: &dyn House, word: &Witnessing) -> Result<(), CliError> {
    let ready = |address: SocketAddr, key: String| {
        say(&format!("witnessing on http://{address} as\n{key}"));
    };
    house.witness(word, Box::new(ready))
}

/// Reads a policy.
pub(crate) fn policy(file: &Path) -> Result<Policy, CliError> {
    let wrong = |why: String| CliError::Use(format!("{}: {why}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    text.parse().map_err(|error: PolicyError| wrong(error.to_string()))
}

/// Runs one of those that ask the ledger.
pub(crate) fn run(door: &dyn Door, word: &Proving, format: Format) -> Result<(), CliError> {
    match word {
        Proving::Checkpoint(it) => checkpoint(door, it),
        Proving::Prove(it) => prove(door, it, format),
        Proving::Check(it) => check(it, format),
        Proving::Witness(_) => Err(CliError::Use("a witness asks no ledger".to_owned())),
        Proving::PublishTiles(it) => write_object(&tiles::publish(door, it)?, format),
    }
}

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
    /// A record, by its position; or a report.
    #[command(flatten)]
    pub asked: Asked,
    /// Only the records behind this row of the report, as `sijil explain` takes it.
    #[arg(long, allow_hyphen_values = true)]
    pub row: Option<String>,
    /// Only those behind this cell of it.
    #[arg(long, requires = "row")]
    pub column: Option<String>,
    /// With the public bytes of all records, so that nothing can be left out: needs the right to
    /// audit.
    #[arg(long)]
    pub all: bool,
    /// Whose signatures the checkpoint should carry: a policy that is put beside it.
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// The file to write, instead of stdout.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// The proof, or the checkpoint.
    #[arg(required_unless_present = "write_verifier")]
    pub file: Option<PathBuf>,
    /// The key of the log, as `sijil checkpoint --vkey` prints it, or a file that holds it.
    #[arg(long, value_name = "VKEY")]
    pub key: Option<String>,
    /// Whose signatures it must carry, in the words of c2sp.org/tlog-policy: without --key, of one
    /// of the policy's logs; and of as many witnesses as its quorum says.
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
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
pub(crate) fn text(door: &dyn Door, path: String) -> Result<String, CliError> {
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
fn checkpoint(door: &dyn Door, signed: &Signed) -> Result<(), CliError> {
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
fn prove(door: &dyn Door, proven: &Proven, format: Format) -> Result<(), CliError> {
    match proven.asked.report.parse::<u64>() {
        Ok(position) => {
            let proof = text(door, format!("/v1/events/{position}/proof"))?;
            put(&proof, proven.output.as_deref())
        }
        Err(_) => write_object(&bundle::make(door, proven)?, format),
    }
}

/// `sijil check`.
pub(crate) fn check(check: &Check, format: Format) -> Result<(), CliError> {
    if let Some(path) = &check.write_verifier {
        fs::write(path, VERIFIER).map_err(|error| CliError::file(path, &error))?;
    }
    let Some(file) = &check.file else { return Ok(()) };
    let by = Trusted::of(check)?;
    let bytes = bytes(file, BUNDLE_BYTES_MAX as u64)?;
    if bundle::is_one(&bytes) {
        return write_object(&bundle::check(file, &bytes, &by)?, format);
    }
    let text = content(file)?;
    let found = match (&check.since, &check.path) {
        (Some(since), Some(path)) => grown(&content(since)?, &text, &content(path)?, &by),
        _ if text.starts_with("c2sp.org/tlog-proof") => proven(&text, &by),
        _ => vouched(&text, &by),
    };
    let found = found.map_err(|error| {
        let text = format!("{}: {error}", file.display());
        if is_unreadable(&error) { CliError::Corrupt(text) } else { CliError::No(text) }
    })?;
    write_object(&found, format)
}

/// Who is believed.
pub(crate) struct Trusted {
    pub(crate) keys: Vec<Vkey>,
    policy: Option<Policy>,
}

impl Trusted {
    fn of(check: &Check) -> Result<Trusted, CliError> {
        let policy = check.policy.as_deref().map(policy).transpose()?;
        let keys = match (&check.key, &policy) {
            (Some(key), _) => vec![vkey("--key", key)?],
            (None, Some(policy)) => policy.logs().iter().map(|log| log.key.clone()).collect(),
            (None, None) => Vec::new(),
        };
        if keys.is_empty() {
            let what = "give --key, or a --policy that names a log: whose proof is it to be?";
            return Err(CliError::Use(what.to_owned()));
        }
        Ok(Trusted { keys, policy })
    }

    /// What a note says, if the log has signed it, and of the witnesses as many as must.
    pub(crate) fn checkpoint(&self, note: &Note) -> Result<Checkpoint, ReceiptError> {
        let checkpoint = Checkpoint::verified(note, &self.keys)?;
        match &self.policy {
            Some(policy) if !policy.holds(note) => {
                Err(ReceiptError::Quorum { cosigned: self.cosigners(note).unwrap_or_default() })
            }
            Some(_) | None => Ok(checkpoint),
        }
    }

    /// The witnesses of the policy that cosigned a note; `None` without a policy.
    fn cosigners(&self, note: &Note) -> Option<Vec<String>> {
        let policy = self.policy.as_ref()?;
        Some(policy.cosigners(note).into_iter().map(|one| one.name.clone()).collect())
    }

    /// Adds who cosigned to what was found.
    pub(crate) fn told(&self, mut found: Value, note: &Note) -> Value {
        if let Some(cosigners) = self.cosigners(note) {
            found["cosigned_by"] = json!(cosigners.join(" "));
        }
        found
    }
}

/// A file that is text, and no longer than any of these is.
fn content(file: &Path) -> Result<String, CliError> {
    String::from_utf8(bytes(file, FILE_BYTES_MAX)?)
        .map_err(|error| CliError::Corrupt(format!("{}: {error}", file.display())))
}

/// What a file holds, if it is not longer than so many bytes.
fn bytes(file: &Path, most: u64) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let read = fs::File::open(file).and_then(|open| open.take(most + 1).read_to_end(&mut bytes));
    read.map_err(|error| CliError::file(file, &error))?;
    if bytes.len() as u64 > most {
        let what = format!("{}: no proof is longer than {most} bytes", file.display());
        return Err(CliError::Corrupt(what));
    }
    Ok(bytes)
}

/// A key, or what a file says that is named instead; of which option.
fn vkey(option: &str, given: &str) -> Result<Vkey, CliError> {
    let text = if given.matches('+').count() >= 2 {
        given.to_owned()
    } else {
        let path = PathBuf::from(given);
        fs::read_to_string(&path).map_err(|error| CliError::file(&path, &error))?
    };
    text.trim().parse().map_err(|error| CliError::Use(format!("{option}: {error}")))
}

fn proven(text: &str, by: &Trusted) -> Result<Value, ReceiptError> {
    let receipt: Receipt = text.parse()?;
    let checkpoint = by.checkpoint(&receipt.checkpoint)?;
    receipt.checked(&by.keys)?;
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
    Ok(by.told(found, &receipt.checkpoint))
}

fn verified(text: &str, by: &Trusted) -> Result<(Note, Checkpoint), ReceiptError> {
    let note: Note = text.parse().map_err(ReceiptError::Note)?;
    let checkpoint = by.checkpoint(&note)?;
    Ok((note, checkpoint))
}

/// That an older checkpoint's log is the beginning of a newer one's.
fn grown(older: &str, newer: &str, path: &str, by: &Trusted) -> Result<Value, ReceiptError> {
    let ((_, older), (note, newer)) = (verified(older, by)?, verified(newer, by)?);
    let malformed = ReceiptError::Malformed("the path is none of /v1/proofs/consistency");
    let answer: Value = serde_json::from_str(path).map_err(|_| malformed.clone())?;
    let hash = |value: &Value| hash(value.as_str()?);
    let path = answer["path"].as_array().and_then(|path| path.iter().map(hash).collect());
    let path: Vec<Hash> = path.ok_or(malformed)?;
    check_consistency((older.size, &older.root), (newer.size, &newer.root), &path)?;
    let found = json!({
        "proven": "the log of the older checkpoint is the beginning of the newer one's",
        "origin": newer.origin,
        "from": older.size,
        "to": newer.size,
    });
    Ok(by.told(found, &note))
}

fn vouched(text: &str, by: &Trusted) -> Result<Value, ReceiptError> {
    let (note, checkpoint) = verified(text, by)?;
    let found = json!({
        "proven": "the log vouches for this root of so many records",
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": base64(&checkpoint.root),
    });
    Ok(by.told(found, &note))
}

/// Whether a text is none that could be checked, rather than one that is wrong.
pub(crate) const fn is_unreadable(error: &ReceiptError) -> bool {
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
        | ReceiptError::Quorum { .. }
        | ReceiptError::Path(_) => false,
    }
}
