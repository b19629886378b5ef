#![doc = include_str!("README.md")]

mod bare;
pub mod figures;

use std::{collections::HashMap, path::Path, sync::Arc};

use sijil_demo::Company;
use sijil_ledger::{Caller, Desk, Ledger, Parts, Snapshots};
use sijil_log::{
    Batch, Entry, Writer,
    embedded::{self, Opened, Options},
    entity_hash,
    machine::{Disk, SystemClock, SystemRandomness},
};
use sijil_schemas::{
    Event, Position, Record, StoredRecord,
    decode::{Candidate, decode, draft_from_slice},
    event::System,
    record::{SALT_BYTES, Stamp},
    time::Timestamp,
};
use uuid::Uuid;

pub use bare::bare;

/// How many events a bench works on.
#[must_use]
pub fn events() -> u64 {
    // `cargo bench` says so; a test run does not.
    if std::env::args().any(|word| word == "--bench") { 50_000 } else { 1_000 }
}

/// Drafts of the demo company, as lines of JSON.
#[must_use]
pub fn drafts(events: u64) -> Vec<Vec<u8>> {
    Company::new(1, events).map(String::into_bytes).collect()
}

/// Drafts, parsed.
#[must_use]
pub fn candidates(drafts: &[Vec<u8>]) -> Vec<Candidate> {
    drafts
        .iter()
        .map(|line| {
            draft_from_slice(line)
                .and_then(|draft| decode(draft, Uuid::nil()))
                .expect("the demo tells events")
        })
        .collect()
}

/// Candidates kept from position 1 on, as a ledger without rules would.
#[must_use]
pub fn records(candidates: Vec<Candidate>) -> Vec<(Record, StoredRecord)> {
    let mut positions: HashMap<Uuid, Position> = HashMap::new();
    let mut kept = Vec::with_capacity(candidates.len());
    for (number, candidate) in (1..).zip(candidates) {
        let position = Position::new(number);
        let voids = match &candidate.event {
            Event::System(System::EventVoided(void)) => positions.get(&void.target.0).copied(),
            _ => None,
        };
        positions.insert(candidate.id, position);
        let recorded_at =
            Timestamp::from_micros(1_750_000_000_000_000 + number.cast_signed()).expect("a moment");
        kept.push(
            candidate
                .keep(&Stamp { position, recorded_at, voids, salt: [7; SALT_BYTES], voucher: None })
                .expect("it is not too large"),
        );
    }
    kept
}

/// Records in batches, as the committer gets them.
#[must_use]
pub fn batches(records: &[(Record, StoredRecord)], size: usize) -> Vec<Batch> {
    let entry = |(record, stored): &(Record, StoredRecord)| Entry {
        record: stored.clone(),
        touched: record.touched().iter().map(entity_hash).collect(),
    };
    records.chunks(size).map(|chunk| Batch { entries: chunk.iter().map(entry).collect() }).collect()
}

/// Opens a log in a directory.
#[must_use]
pub fn open(dir: &Path) -> Opened {
    embedded::open(Arc::new(Disk), dir, &Options { segment_bytes: 32 << 20, ..Options::default() })
        .expect("the log opens")
}

/// Appends batches to a log that is empty.
pub fn append(opened: &mut Opened, batches: &[Batch]) {
    let writer = opened.writer.as_mut().expect("the log is whole");
    let mut at = Position::ZERO;
    for batch in batches {
        writer.append(at, batch).expect("it is appended");
        at = Position::new(at.get() + batch.entries.len() as u64);
    }
}

/// A log of so many events in a directory that goes with the value.
#[must_use]
pub fn log(events: u64) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let records = records(candidates(&drafts(events)));
    append(&mut open(dir.path()), &batches(&records, 1_000));
    dir
}

/// A ledger on a directory, as `serve` starts it.
#[must_use]
pub fn ledger(dir: &Path) -> Desk {
    let opened = open(dir);
    let parts = Parts {
        writer: opened.writer.map(|writer| Box::new(writer) as Box<dyn Writer>),
        read_only_because: None,
        reader: Arc::new(opened.reader),
        clock: Arc::new(SystemClock),
        randomness: Arc::new(SystemRandomness),
        snapshots: Some(Snapshots { storage: Arc::new(Disk), dir: dir.join("snapshots") }),
        threads: 2,
        progress: None,
    };
    Ledger::start(parts).expect("the ledger starts").desk_of_all(Caller::open())
}
