//! Bundles: the records behind a report, proven in one file. Invariant: what is written has been
//! checked as a stranger would check it, and says the same whoever opens it.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};
use sijil_proof::{
    bundle::{BUNDLE_BYTES_MAX, Bundle, BundleError, Cited},
    checkpoint::Checkpoint,
    note::{Note, Vkey},
    pruned::pruned,
    receipt::{Receipt, ReceiptError},
    tiles::{TILE_HASHES, Tiled, Tiles},
};

use crate::{
    door::{Door, escaped, get, path},
    error::CliError,
    output::shown,
    proofs::{Proven, Trusted, is_unreadable, policy, text},
    read::{asked, explained},
    tiles::{Served, said},
};

/// How long is waited for a checkpoint that holds what was answered: one serves for a second.
const CHECKPOINT_WAIT: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(100);
/// A record's public bytes have a length of two bytes, in entries, and are at least so long.
const RECORD_BYTES_MIN: u64 = 64;
/// What a tar archive has at this place.
const MAGIC: (usize, &[u8]) = (257, b"ustar");

type Parameters = Vec<(String, String)>;

/// Makes a bundle and writes it; says how much is in it.
pub(crate) fn make(door: &dyn Door, proven: &Proven) -> Result<Value, CliError> {
    let Some(output) = &proven.output else {
        return Err(CliError::Use("a bundle is a file: give -o FILE.tar".to_owned()));
    };
    let report = proven.asked.report.as_str();
    let mut parameters = asked(&proven.asked)?;
    let answer = answered(door, report, &mut parameters)?;
    let known_at = answer["known_at"].as_u64().unwrap_or_default();
    let positions = behind(door, proven, &answer, &parameters)?;
    let (note, checkpoint) = vouched(door, known_at)?;
    let records = positions.iter().map(|at| cited(door, *at)).collect::<Result<Vec<_>, _>>()?;
    let (served, tiles) = (Served(door), Tiles::default());
    let indices: Vec<u64> = positions.iter().map(|position| position - 1).collect();
    let tree = pruned(&Tiled::new(&served, &tiles, checkpoint.size), &indices, checkpoint.size)?;
    let entries = if proven.all { entries(&served, checkpoint.size)? } else { Vec::new() };
    // Read before it is put beside: a policy that is none helps nobody.
    let policy = proven.policy.as_deref().map(|file| policy(file).map(|_| file)).transpose()?;
    let policy = policy.map(fs::read_to_string).transpose()?;
    let bundle = Bundle {
        question: pretty(&question(proven, parameters)),
        answer: pretty(&answer),
        records,
        tree,
        checkpoint: note,
        policy,
        entries,
    };
    let log = get(door, "/v1/log".into())?;
    let key = log["vkey"].as_str().and_then(|key| key.parse::<Vkey>().ok());
    let key = key.ok_or_else(|| CliError::Reach("the ledger does not say its key".to_owned()))?;
    bundle.checked(&[key]).map_err(|error| CliError::Corrupt(error.to_string()))?;
    let bytes = bundle.packed();
    fs::write(output, &bytes).map_err(|error| CliError::file(output, &error))?;
    Ok(json!({
        "bundle": output,
        "report": report,
        "known_at": known_at,
        "records": bundle.records.len(),
        "of": checkpoint.size,
        "bytes": bytes.len(),
    }))
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// The whole answer, as of a position that is from then on among the parameters.
fn answered(door: &dyn Door, report: &str, parameters: &mut Parameters) -> Result<Value, CliError> {
    let page = |asked: &[(String, String)]| {
        get(door, path(&format!("/v1/reports/{}", escaped(report)), asked))
    };
    let mut answer = page(parameters)?;
    parameters.retain(|(name, _)| name != "known_at");
    parameters.push(("known_at".to_owned(), answer["known_at"].to_string()));
    while let Some(next) = answer["next"].as_str() {
        let after = ("after".to_owned(), next.to_owned());
        let asked: Vec<_> = parameters.iter().cloned().chain([after]).collect();
        let mut more = page(&asked)?;
        if let (Some(rows), Some(next)) =
            (answer["rows"].as_array_mut(), more["rows"].as_array_mut())
        {
            rows.append(next);
        }
        answer["next"] = more["next"].take();
    }
    Ok(answer)
}

fn question(proven: &Proven, parameters: Parameters) -> Value {
    let text = |(name, value): (String, String)| (name, Value::String(value));
    let parameters: Map<String, Value> = parameters.into_iter().map(text).collect();
    json!({
        "report": proven.asked.report,
        "parameters": parameters,
        "row": proven.row,
        "column": proven.column,
    })
}

/// The positions of the records behind a row or cell, or behind all rows.
fn behind(
    door: &dyn Door,
    proven: &Proven,
    answer: &Value,
    parameters: &Parameters,
) -> Result<BTreeSet<u64>, CliError> {
    let list = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
    let rows = match &proven.row {
        Some(row) => vec![row.clone()],
        None => {
            let columns = list(answer, "columns");
            let keys: Vec<&str> = columns
                .iter()
                .filter(|column| column["key"] == true)
                .filter_map(|column| column["name"].as_str())
                .collect();
            list(answer, "rows").iter().map(|row| key_of(row, &keys)).collect()
        }
    };
    let mut positions = BTreeSet::new();
    for row in rows {
        let cell = (row.as_str(), proven.column.as_deref());
        let explanation = explained(door, &proven.asked.report, parameters.clone(), cell)?;
        let records = list(&explanation, "records");
        positions.extend(records.iter().filter_map(|record| record["position"].as_u64()));
    }
    Ok(positions)
}

/// The values of a row's key columns, as `row` takes them.
fn key_of(row: &Value, keys: &[&str]) -> String {
    let value = |name: &&str| match &row[*name] {
        Value::Null => String::new(),
        other => format!("\"{}\"", shown(other).replace('"', "\"\"")),
    };
    keys.iter().map(value).collect::<Vec<_>>().join(",")
}

/// A signed checkpoint of at least so many records, with the signatures of witnesses if there is
/// such a one.
fn vouched(door: &dyn Door, at_least: u64) -> Result<(Note, Checkpoint), CliError> {
    let read = |path: &str| -> Result<(Note, Checkpoint), CliError> {
        let text = text(door, path.to_owned())?;
        let checkpoint = said(&text).map_err(CliError::Reach)?;
        let note = text.parse().map_err(|error| CliError::Reach(format!("{error}")))?;
        Ok((note, checkpoint))
    };
    // That there are no witnesses, or too few, is no reason to prove nothing.
    if let Ok(found) = read("/checkpoint/cosigned")
        && found.1.size >= at_least
    {
        return Ok(found);
    }
    let began = Instant::now();
    loop {
        let found = read("/checkpoint")?;
        if found.1.size >= at_least {
            return Ok(found);
        }
        if began.elapsed() > CHECKPOINT_WAIT {
            return Err(CliError::Reach(format!(
                "expected a checkpoint of at least {at_least} records, got one of {}",
                found.1.size
            )));
        }
        thread::sleep(LOOK);
    }
}

/// A record's public bytes, as whoever asks may read them.
fn cited(door: &dyn Door, position: u64) -> Result<Cited, CliError> {
    let receipt = text(door, format!("/v1/events/{position}/proof"))?;
    let receipt: Receipt =
        receipt.parse().map_err(|error: ReceiptError| CliError::Reach(error.to_string()))?;
    Ok(Cited { position, public: receipt.record })
}

fn entries(served: &Served<'_>, size: u64) -> Result<Vec<Vec<u8>>, CliError> {
    let too_many = || {
        CliError::Use(format!(
            "--all: a bundle holds at most {BUNDLE_BYTES_MAX} bytes, and the {size} records have \
             more; `sijil publish-tiles --entries` writes them to a directory"
        ))
    };
    if size * RECORD_BYTES_MIN > BUNDLE_BYTES_MAX as u64 {
        return Err(too_many());
    }
    let (mut all, mut bytes) = (Vec::new(), 0);
    for number in 0..size.div_ceil(TILE_HASHES) {
        let tile = served.bundle(number, (size - number * TILE_HASHES).min(TILE_HASHES))?;
        bytes += tile.len();
        if bytes > BUNDLE_BYTES_MAX / 2 {
            return Err(too_many());
        }
        all.push(tile);
    }
    Ok(all)
}

/// Whether a file is an archive, as bundles are.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    bytes.get(MAGIC.0..).is_some_and(|rest| rest.starts_with(MAGIC.1))
}

/// Checks a bundle; says what is proven, and what is not.
pub(crate) fn check(file: &Path, bytes: &[u8], by: &Trusted) -> Result<Value, CliError> {
    let named = |why: &dyn std::fmt::Display| format!("{}: {why}", file.display());
    let failed = |error: BundleError| {
        let is_unreadable = match &error {
            BundleError::Malformed(_) | BundleError::Note(_) => true,
            BundleError::Checkpoint(error) => {
                is_unreadable(&ReceiptError::Checkpoint(error.clone()))
            }
            BundleError::Path(_) | BundleError::Entries(_) => false,
        };
        let text = named(&error);
        if is_unreadable { CliError::Corrupt(text) } else { CliError::No(text) }
    };
    let bundle = Bundle::read(bytes).map_err(failed)?;
    let checkpoint = bundle.checked(&by.keys).map_err(failed)?;
    by.checkpoint(&bundle.checkpoint).map_err(|error| CliError::No(named(&error)))?;
    let json = |text: &str| -> Result<Value, CliError> {
        serde_json::from_str(text).map_err(|error| CliError::Corrupt(named(&error)))
    };
    let (question, answer) = (json(&bundle.question)?, json(&bundle.answer)?);
    let known_at = answer["known_at"].as_u64().unwrap_or(u64::MAX);
    let last = bundle.records.last().map_or(0, |record| record.position);
    let is_of_it = question["report"] == answer["report"]
        && question["parameters"]["known_at"].as_str() == Some(&*known_at.to_string());
    if !is_of_it || known_at > checkpoint.size || last > known_at {
        let why = "the answer is of another question, or of another position, than the records";
        return Err(CliError::No(named(&why)));
    }
    let complete = !bundle.entries.is_empty();
    let found = json!({
        "proven": "the log holds these records at these positions",
        "complete": if complete { "all records of the log are here" } else { "no" },
        "not_proven": "that the answer follows from them: see README in the bundle",
        "origin": checkpoint.origin,
        "of": checkpoint.size,
        "report": question["report"],
        "known_at": known_at,
        "records": bundle.records.len(),
    });
    Ok(by.told(found, &bundle.checkpoint))
}
