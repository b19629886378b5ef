//! Backups, restores and clones of a ledger at rest and in use. Invariant: what is restored is the
//! log it comes from, byte for byte up to a batch; what of a backup is not as it was written is
//! named, and nothing is restored from it.

mod bucket;
mod forgotten;
mod mended;
mod objects;
mod sealed;
mod signed;
mod stores;
mod upgraded;
mod words;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::Value;
use sijil_backup::{
    At, Backup, DirectoryTarget, Erases, FIRST_INCARNATION, Keys, Lists, Restored, Seal, Signing,
    Target, Wanted, check,
};
use sijil_log::{
    Batched, ReadLimit, Reader,
    embedded::{self, EmbeddedReader, Options},
    machine::Disk,
};
use sijil_schemas::{Position, StoredRecord};

use crate::server::{code, run};

const EVERYTHING: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

fn target(dir: &Path) -> Arc<dyn Target> {
    Arc::new(DirectoryTarget::new(dir))
}

fn erases() -> Erases {
    Arc::new(StoredRecord::erases)
}

/// With what the tests write: as a server, they sign.
fn seal() -> Seal {
    let signing = Signing { host: "books.example".into(), seed: [42; 32] };
    Seal { signing: Some(signing), ..Seal::default() }
}

fn reader(data: &Path) -> EmbeddedReader {
    let options = Options { read_only: true, ..Options::default() };
    embedded::open(Arc::new(Disk), data, &options).expect("it opens").reader
}

fn records(data: &Path) -> Vec<Batched> {
    reader(data).batched(Position::new(1), EVERYTHING).expect("it can be read")
}

/// Where batches end.
fn ends(data: &Path) -> Vec<Position> {
    let ends = |one: &Batched| one.ends.then(|| one.record.position());
    records(data).iter().filter_map(ends).collect()
}

fn back_up(data: &Path, to: &Path) -> Position {
    let reader = reader(data);
    let begun = Backup::begin(target(to), &reader, FIRST_INCARNATION.into(), erases(), seal());
    let mut backup = begun.expect("it begins");
    backup.step(&reader).expect("it is written").position
}

fn wanted(at: At) -> Wanted<'static> {
    Wanted { of: None, at, erasures: Lists::Found, keys: Keys::default() }
}

/// What is wrong with a backup, for a test to look at.
fn faults(from: &Path) -> Vec<String> {
    faults_with(from, &Keys::default())
}

fn faults_with(from: &Path, keys: &Keys) -> Vec<String> {
    let all = check(&target(from), (None, keys), &erases(), &|_| ());
    match all {
        Ok(all) => {
            all.iter().flat_map(|one| one.faults.iter().map(|fault| fault.name.clone())).collect()
        }
        Err(error) => vec![error.to_string()],
    }
}

fn restore(from: &Path, to: &Path, at: At) -> Restored {
    sijil_backup::restore(&target(from), &wanted(at), to, &erases(), &|_, _| ())
        .expect("it is restored")
}

/// The digests of all projections, by name: those of a rebuild, which `replay` found equal to the
/// live ones.
fn digests(data: &Path, to: Option<Position>) -> Vec<(String, String)> {
    let to = to.map(|position| position.to_string());
    let mut words = vec!["replay", "--threads", "1", "--format", "json"];
    words.extend(to.iter().flat_map(|to| ["--to", to.as_str()]));
    let output = run(data, &words);
    assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let all = answer["projections"].as_array().expect("projections");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    assert!(all.len() > 5, "{answer}");
    all.iter().map(|one| (text(&one["projection"]), text(&one["digest"]))).collect()
}

/// Files below a directory, by their path in it.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(dir) else { return found };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
