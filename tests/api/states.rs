//! Data directories in every state that TRUST names. Invariant: each is made from the bytes of a
//! sound one, as `FORMAT.md` says where they stand.

use std::{
    fs,
    os::unix::fs::{FileExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::Value;
use sijil_ledger::{Atomicity, Caller, Ledger, Parts, Request, Snapshots};
use sijil_log::{
    Batch, Entry, ReadLimit, Reader, Writer,
    embedded::{self, Options},
    machine::{Disk, SystemClock, SystemRandomness},
};
use sijil_schemas::{Position, StoredRecord, decode::Draft};

use crate::server::{invoice, opening};

/// Bytes of segments where several are wanted.
pub const SMALL: u64 = 8 << 10;

/// Records these drafts, each row as one batch, in a new directory; snapshots are saved as a server
/// saves them.
pub fn books(dir: &Path, segment_bytes: u64, rows: &[Vec<Value>]) {
    let storage = Arc::new(Disk);
    let opened =
        embedded::open(storage.clone(), dir, &Options { segment_bytes, ..Options::default() })
            .expect("it opens");
    let ledger = Ledger::start(Parts {
        writer: opened.writer.map(|writer| Box::new(writer) as Box<dyn Writer>),
        read_only_because: None,
        reader: Arc::new(opened.reader),
        clock: Arc::new(SystemClock),
        randomness: Arc::new(SystemRandomness),
        snapshots: Some(Snapshots { storage, dir: dir.join("snapshots") }),
        threads: 1,
        progress: None,
    })
    .expect("it starts")
    .desk_of_all(Caller::open());
    for row in rows {
        let drafts =
            row.iter().map(|draft| Draft::from_value(draft.clone()).expect("a draft")).collect();
        ledger
            .submit_blocking(Request {
                drafts,
                key: None,
                expect: Vec::new(),
                atomicity: Atomicity::Together,
            })
            .expect("it is recorded");
    }
    ledger.stop();
}

/// The opening and so many batches of five invoices.
pub fn rows(batches: usize) -> Vec<Vec<Value>> {
    let five =
        |n: usize| (0..5).map(|m| invoice(&format!("I{n}-{m}"), "2025-01-31", "10.00")).collect();
    std::iter::once(opening()).chain((0..batches).map(five)).collect()
}

/// A plain copy, as `cp -r` makes it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).map(drop).expect("copied");
        }
    }
}

/// A copy that was adopted: a directory of its own, and closed.
pub fn own(from: &Path, to: &Path) {
    copy(from, to);
    let opened = embedded::open(Arc::new(Disk), to, &Options { adopt: true, ..Options::default() })
        .expect("it opens");
    assert!(opened.writer.is_some(), "{:?}", opened.report);
}

/// The segments, in order.
pub fn segments(data: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(data.join("log"))
        .expect("a log")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

fn last_segment(data: &Path) -> PathBuf {
    segments(data).pop().expect("a segment")
}

/// A batch of an open segment: where its frame begins and ends, and its first and last position.
pub struct Frame {
    pub start: usize,
    pub end: usize,
    pub first: u64,
    pub last: u64,
}

pub fn frames(segment: &Path) -> Vec<Frame> {
    let bytes = fs::read(segment).expect("read");
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let (mut found, mut at) = (Vec::new(), 4096);
    while at + 24 < bytes.len() && word(at) != 0 {
        let (length, count) = ((word(at) & 0xffff_ffff) as usize, word(at + 16) & 0xffff_ffff);
        let end = at + 8 + length;
        found.push(Frame { start: at, end, first: word(at + 8), last: word(at + 8) + count - 1 });
        at = end.next_multiple_of(32);
    }
    found
}

/// Flips a bit of a file in place, as a disk does under a process that has it open.
pub fn flip(path: &Path, at: usize) {
    let file = fs::OpenOptions::new().read(true).write(true).open(path).expect("opened");
    let mut byte = [0];
    file.read_exact_at(&mut byte, at as u64).expect("read");
    file.write_all_at(&[byte[0] ^ 0x04], at as u64).expect("written");
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).expect("read");
    change(&mut bytes);
    fs::write(path, bytes).expect("written");
}

pub fn nothing(_: &Path) {}

/// The beginning of a write that was never finished.
pub fn torn(data: &Path) {
    let path = last_segment(data);
    let end = frames(&path).last().expect("a batch").end.next_multiple_of(32);
    change(&path, |bytes| bytes[end..end + 5].fill(7));
}

pub fn header_flipped(data: &Path) {
    flip(&segments(data)[0], 100);
}

pub fn last_batch_flipped(data: &Path) {
    let path = last_segment(data);
    flip(&path, frames(&path).last().expect("a batch").start + 60);
}

pub fn all_segments_gone(data: &Path) {
    segments(data).iter().for_each(|path| fs::remove_file(path).expect("removed"));
}

pub fn first_segment_gone(data: &Path) {
    fs::remove_file(&segments(data)[0]).expect("removed");
}

/// A hole in a sealed segment, and no snapshot that would spare reading it.
pub fn hole_without_snapshots(data: &Path) {
    fs::remove_dir_all(data.join("snapshots")).expect("removed");
    flip(&segments(data)[0], 5_000);
}

/// An older log under its newer mark.
pub fn rolled_back(data: &Path) {
    let path = last_segment(data);
    let last = frames(&path).pop().expect("a batch");
    change(&path, |bytes| bytes[last.start..last.end].fill(0));
}

/// The log of another ledger in its place.
pub fn foreign(data: &Path) {
    let other = data.with_extension("other");
    books(&other, SMALL, &rows(3));
    all_segments_gone(data);
    copy(&other.join("log"), &data.join("log"));
}

pub fn newer_format(data: &Path) {
    change(&last_segment(data), |bytes| {
        bytes[8] = 9;
        let crc = crc32c::crc32c(&bytes[..4092]);
        bytes[4092..4096].copy_from_slice(&crc.to_le_bytes());
    });
}

/// A record of an event type that this release does not know.
pub fn unknown_type(data: &Path) {
    append(data, |record| record.public[25..27].copy_from_slice(&60_000_u16.to_le_bytes()));
}

/// Appends the last record once more, changed.
fn append(data: &Path, change: impl FnOnce(&mut StoredRecord)) {
    let opened = embedded::open(Arc::new(Disk), data, &Options::default()).expect("it opens");
    let head = opened.reader.head().expect("a head").position;
    let mut record = opened
        .reader
        .read(head, ReadLimit { records: 1, bytes: 1 })
        .expect("read")
        .pop()
        .expect("a record");
    record.public[1..9].copy_from_slice(&head.next().get().to_le_bytes());
    record.public[28] ^= 0xff;
    change(&mut record);
    let batch = Batch { entries: vec![Entry { record, touched: Vec::new() }] };
    opened.writer.expect("a writer").append(head, &batch).expect("appended");
}

pub fn key_open_to_others(data: &Path) {
    fs::create_dir(data.join("keys")).expect("made");
    fs::write(data.join("keys/local"), "secret").expect("written");
    fs::set_permissions(data.join("keys/local"), fs::Permissions::from_mode(0o644))
        .expect("opened");
}

/// The same records without the personal parts of one: every checksum, hash and root is right.
pub fn stripped(from: &Path, to: &Path, position: u64) {
    let reader =
        embedded::open(Arc::new(Disk), from, &Options { read_only: true, ..Options::default() })
            .expect("it opens")
            .reader;
    let all = reader
        .read(Position::new(1), ReadLimit { records: usize::MAX, bytes: usize::MAX })
        .expect("read");
    let mut writer = embedded::open(Arc::new(Disk), to, &Options::default())
        .expect("it opens")
        .writer
        .expect("a writer");
    for (at, mut record) in (0..).zip(all) {
        if at + 1 == position {
            assert!(!record.personal.is_empty(), "it has a personal part");
            record.personal = Box::default();
        }
        let touched = sijil_log::touched_by_schema()(&record)
            .expect("it decodes")
            .iter()
            .map(sijil_log::entity_hash)
            .collect();
        writer
            .append(Position::new(at), &Batch { entries: vec![Entry { record, touched }] })
            .expect("appended");
    }
}
