//! Which secret a ledger's personal columns were hashed under. Invariant: the secret itself is
//! never sent or kept, only eight bytes that tell it from another.

use std::io::Cursor;

use serde_json::{Value, json};
use sijil_import::{Options, fingerprint, secret_id};

use crate::{
    door::{Door, get, post},
    error::CliError,
};

/// What a ledger knows of the secrets it was filled with: position, source and fingerprint.
fn known(door: &dyn Door) -> Result<Vec<Value>, CliError> {
    let page = get(door, "/v1/events?type=import.keyed&limit=1000".into())?;
    let events = page["events"].as_array().cloned().unwrap_or_default();
    let mut standing = Vec::new();
    for event in events {
        // Only the record itself says whether it was voided.
        let record = get(door, format!("/v1/events/{}", event["position"]))?;
        if record["voided_by"].is_null() {
            standing.push(record);
        }
    }
    Ok(standing)
}

/// Refuses a secret other than the one the ledger was filled with: the same person would get
/// another id.
pub(crate) fn check(door: &dyn Door, options: &Options) -> Result<(), CliError> {
    let Some(secret) = &options.key_secret else { return Ok(()) };
    may_know(door)?;
    let ours = fingerprint(secret);
    match known(door)?.iter().find(|record| record["data"]["fingerprint"] != ours.as_str()) {
        None => Ok(()),
        Some(record) => Err(CliError::No(format!(
            "wrong_key_file: expected the --key-file whose fingerprint is {}, which {} was \
             imported with (position {}), got one with {ours}; give that file. If that secret is \
             lost and new ids are meant, void the event at that position first",
            record["data"]["fingerprint"], record["data"]["import"], record["position"]
        ))),
    }
}

/// Stops who may not read of which secrets the ledger knows: to him it would look like one that
/// knows none, and every person would get a second id.
fn may_know(door: &dyn Door) -> Result<(), CliError> {
    let me = get(door, "/v1/me".into())?;
    let reads = |span: &Value| {
        ["system", "all"].iter().any(|family| span["family"] == *family)
            && span["may"].as_array().is_some_and(|may| may.contains(&"read".into()))
    };
    if me["rights"].as_array().is_some_and(|rights| rights.iter().any(reads)) {
        return Ok(());
    }
    Err(CliError::No(
        "expected the right to read in system, which says under which secrets persons were hashed; \
         ask whoever grants access for it"
            .into(),
    ))
}

/// Keeps the fingerprint of the secret in a ledger that does not know it yet.
pub(crate) fn note(door: &dyn Door, source: &str, options: &Options) -> Result<(), CliError> {
    let Some(secret) = &options.key_secret else { return Ok(()) };
    let ours = fingerprint(secret);
    if known(door)?.iter().any(|record| {
        record["data"]["fingerprint"] == ours.as_str() && record["data"]["import"] == source
    }) {
        return Ok(());
    }
    let log = get(door, "/v1/log".into())?;
    let Some(at) = log["recorded_at"].as_str() else { return Ok(()) };
    let draft = json!({
        "type": "import.keyed",
        "id": secret_id(source, &ours, log["position"].as_u64().unwrap_or_default()),
        "occurred_at": at, "actor": "import", "source": source,
        "data": {"import": source, "fingerprint": ours},
    });
    post(
        door,
        "/v1/events",
        "application/json",
        Vec::new(),
        Box::new(Cursor::new(draft.to_string().into_bytes())),
    )
    .map(|_| ())
}
