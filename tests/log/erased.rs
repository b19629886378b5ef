//! Personal parts are taken out of the log's files: the bytes are gone, and nothing else is.
//! Invariant: whatever a kill leaves, the parts are there or gone, each whole, and all public bytes
//! are as they were.

use std::{path::Path, sync::Arc};

use sijil_log::{
    Batch, Entry, Gone, ReadLimit, Reader, Writer,
    embedded::{self, Opened, Options, Report, VerifyOptions},
    entity_hash,
};
use sijil_schemas::{
    PersonalPart, StoredRecord,
    decode::{decode, draft_from_slice},
    record::{Position, SALT_BYTES, Stamp},
    time::Timestamp,
};
use sijil_simulation::{disk::SimulatedDisk, faults::Fault};
use uuid::Uuid;

use crate::reopening::DIR;

const EVERYTHING: ReadLimit = ReadLimit { records: 10_000, bytes: usize::MAX };
const RECORDS: u64 = 120;

/// What nobody else says.
fn name(number: u64) -> String {
    format!("Canary-{number:05}-{:08x}", (number as u32).wrapping_mul(0x9e37_79b9))
}

fn record(number: u64) -> StoredRecord {
    let draft = format!(
        r#"{{"type": "client.registered", "occurred_at": "2025-01-02T09:00:00Z", "actor": "m1",
            "data": {{"client": "C-{number}", "name": "{}", "kind": "person"}}}}"#,
        name(number)
    );
    let id = Uuid::from_u128(u128::from(number));
    let candidate = decode(draft_from_slice(draft.as_bytes()).unwrap(), id).unwrap();
    let stamp = Stamp {
        position: Position::new(number),
        recorded_at: Timestamp::from_micros(1_735_808_400_000_000).unwrap(),
        voids: None,
        salt: [number as u8; SALT_BYTES],
        voucher: None,
    };
    candidate.keep(&stamp).unwrap().1
}

fn entry(record: StoredRecord) -> Entry {
    let touched = record.decode().unwrap().touched().iter().map(entity_hash).collect();
    Entry { record, touched }
}

fn options(compress: bool) -> Options {
    Options { segment_bytes: 8 << 10, background: false, compress, ..Options::default() }
}

fn fill(writer: &mut dyn Writer, from: u64, last: u64) {
    let mut at = from;
    while at < last {
        let count = (at % 5 + 1).min(last - at);
        let entries = (at + 1..=at + count).map(|number| entry(record(number))).collect();
        writer.append(Position::new(at), &Batch { entries }).unwrap();
        at += count;
    }
}

fn open(disk: &SimulatedDisk, compress: bool) -> Opened {
    embedded::open(disk.storage(), Path::new(DIR), &options(compress)).unwrap()
}

fn gone(numbers: impl IntoIterator<Item = u64>) -> Gone {
    numbers.into_iter().map(|number| (Position::new(number), vec![0])).collect()
}

/// Verifies a log in which these parts were erased.
fn verified(disk: &SimulatedDisk, gone: &Gone) -> Report {
    let parts: Vec<PersonalPart> =
        gone.keys().map(|position| PersonalPart { position: *position, part: 0 }).collect();
    let erases = Arc::new(move |record: &StoredRecord| {
        Ok(if record.position() == Position::new(1) { parts.clone() } else { Vec::new() })
    });
    let options = VerifyOptions { erases, ..VerifyOptions::default() };
    embedded::verify(&disk.storage(), Path::new(DIR), &options, &|_| ()).unwrap()
}

/// The numbers of the records whose name stands somewhere in the files.
fn named(disk: &SimulatedDisk) -> Vec<u64> {
    let dirs = ["log", "index", "tiles", "tmp"].map(|dir| Path::new(DIR).join(dir));
    let files: Vec<Vec<u8>> =
        dirs.iter().flat_map(|dir| disk.files(dir)).map(|path| disk.bytes(&path)).collect();
    let holds = |name: &[u8]| {
        files.iter().any(|bytes| bytes.windows(name.len()).any(|window| window == name))
    };
    // The end of it is the canary's own: what is compressed points back at what it shares.
    (1..=RECORDS).filter(|number| holds(&name(*number).as_bytes()[12..])).collect()
}

/// Asserts that the reader shows all records, and all names but those that are gone.
fn shows(reader: &dyn Reader, gone: &Gone) {
    let found = reader.read(Position::ZERO, EVERYTHING).unwrap();
    assert_eq!(found.len() as u64, RECORDS);
    for (number, found) in (1..).zip(&found) {
        let was = record(number);
        assert_eq!(found.public, was.public, "record {number}");
        if gone.contains_key(&Position::new(number)) {
            assert_eq!(found.missing_numbers(), [0], "record {number}");
        } else {
            assert_eq!(found.personal, was.personal, "record {number}");
        }
        let alone = reader.read(Position::new(number), ReadLimit { records: 1, bytes: 1 });
        assert_eq!(alone.unwrap(), std::slice::from_ref(found), "record {number} alone");
    }
}

#[test]
fn erased_values_are_in_no_file_and_all_else_is_as_it_was() {
    for compress in [false, true] {
        let disk = SimulatedDisk::new();
        let Opened { writer, reader, .. } = open(&disk, compress);
        let mut writer = writer.unwrap();
        fill(&mut writer, 0, RECORDS);
        let root = reader.head().unwrap().root;
        assert_eq!(named(&disk).len() as u64, RECORDS, "the canaries are found where they stand");
        let eraser = reader.eraser().unwrap();
        let all = gone((1..=RECORDS).step_by(3));
        let first = eraser.erase(&all).unwrap();
        assert!(!first.waiting.is_empty(), "the last segment is open");
        assert_eq!(first.removed + first.waiting.len() as u64, all.len() as u64);
        // The next batch begins a segment, and then nothing is open any more.
        writer.seal();
        let entries = vec![entry(record(RECORDS + 1))];
        writer.append(Position::new(RECORDS), &Batch { entries }).unwrap();
        let second = eraser.erase(&all).unwrap();
        assert_eq!((second.removed, second.waiting.len()), (first.waiting.len() as u64, 0));
        assert_eq!(eraser.erase(&all).unwrap().removed, 0, "what is gone is passed over");
        let left: Vec<u64> =
            (1..=RECORDS).filter(|number| !all.contains_key(&Position::new(*number))).collect();
        assert_eq!(named(&disk), left, "compressed: {compress}");
        assert_eq!(reader.root_at(Position::new(RECORDS)).unwrap(), Some(root));
        drop((writer, reader, eraser));
        let report = verified(&disk, &all);
        assert!(report.is_sound(), "{report:?}");
        assert_eq!(report.erased, all.len() as u64);
        let report = verified(&disk, &gone([1]));
        assert_eq!(report.damage.len(), all.len() - 1, "what nothing erases is missing");
        assert!(report.damage[0].what.contains("part_missing"), "{:?}", report.damage[0]);
    }
}

#[test]
fn whichever_call_fails_while_values_are_erased_they_are_there_or_gone() {
    let full = SimulatedDisk::new();
    fill(&mut open(&full, true).writer.unwrap(), 0, RECORDS);
    let all = gone((2..=90).step_by(4));
    let run = |disk: &SimulatedDisk| -> bool {
        let Ok(opened) = embedded::open(disk.storage(), Path::new(DIR), &options(true)) else {
            return false;
        };
        opened.reader.eraser().is_some_and(|eraser| eraser.erase(&all).is_ok())
    };
    let disk = full.copy();
    let before = disk.calls();
    assert!(run(&disk));
    let calls = disk.calls() - before;
    let mut between = 0;
    for nth in 1..=calls {
        let disk = full.copy();
        disk.fail(Fault::CallsFrom(nth));
        let _ended = run(&disk);
        disk.fail(Fault::None);
        let after = disk.copy();
        let Opened { writer, reader, .. } = open(&after, true);
        let missing: Gone = reader
            .read(Position::ZERO, EVERYTHING)
            .unwrap()
            .iter()
            .filter(|record| record.missing_parts() > 0)
            .map(|record| (record.position(), vec![0]))
            .collect();
        assert!(missing.keys().all(|position| all.contains_key(position)), "call {nth}");
        between += u64::from(!missing.is_empty() && missing.len() < all.len());
        shows(&reader, &missing);
        assert!(verified(&after, &all).is_sound(), "call {nth}");
        let again = reader.eraser().unwrap().erase(&all).unwrap();
        drop((writer, reader));
        let left = named(&after);
        let left: Vec<_> = all.keys().filter(|position| left.contains(&position.get())).collect();
        assert!(left.is_empty(), "call {nth}: {again:?} left {left:?}");
    }
    assert!(between > 0, "some call fails between two segments");
    println!("{calls} calls failed in turn while values were erased");
}

#[test]
fn nothing_is_taken_out_of_what_is_not_as_it_was_recorded() {
    let disk = SimulatedDisk::new();
    let Opened { writer, reader, .. } = open(&disk, false);
    let mut writer = writer.unwrap();
    fill(&mut writer, 0, 9);
    let other = StoredRecord { personal: record(99).personal, ..record(10) };
    let entries = vec![entry(other.clone())];
    writer.append(Position::new(9), &Batch { entries }).unwrap();
    fill(&mut writer, 10, RECORDS);
    let error = reader.eraser().unwrap().erase(&gone([10])).unwrap_err();
    assert!(error.to_string().contains("nothing is taken out of it"), "{error}");
    let one = ReadLimit { records: 1, bytes: 1 };
    assert_eq!(reader.read(Position::new(10), one).unwrap(), [other]);
}

#[test]
fn a_reader_goes_on_with_the_file_that_it_has() {
    let disk = SimulatedDisk::new();
    let Opened { writer, reader, .. } = open(&disk, true);
    fill(&mut writer.unwrap(), 0, RECORDS);
    let other = embedded::open(
        disk.storage(),
        Path::new(DIR),
        &Options { read_only: true, ..options(true) },
    );
    let other = other.unwrap().reader;
    assert!(other.eraser().is_none(), "who does not write takes nothing out");
    shows(&other, &Gone::new());
    drop(reader);
    let Opened { writer, reader, .. } = open(&disk, true);
    let some = gone([3, 7]);
    reader.eraser().unwrap().erase(&some).unwrap();
    shows(&other, &Gone::new());
    shows(&reader, &some);
    drop(writer);
}
