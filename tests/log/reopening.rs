//! Closing and opening again: what was acknowledged is there, what was torn is not, and only one
//! process writes.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use sijil_log::{
    Reader, Writer,
    embedded::{
        self, EmbeddedReader, EmbeddedWriter, OpenError, OpenReport, Opened, Options, Report,
        VerifyOptions,
    },
    machine::Disk,
};
use sijil_schemas::record::Position;
use sijil_simulation::disk::SimulatedDisk;

use crate::records::{batch, fill, holds, touched};

pub(crate) const DIR: &str = "/data";
/// Small segments, so that a few hundred records fill several.
pub(crate) const SMALL: u64 = 16 << 10;

pub(crate) fn options() -> Options {
    Options { segment_bytes: SMALL, background: false, touched: touched(), ..Options::default() }
}

pub(crate) fn verify_options(threads: usize) -> VerifyOptions {
    VerifyOptions { threads, record: None, touched: touched(), ..VerifyOptions::default() }
}

pub(crate) fn open(disk: &SimulatedDisk) -> Opened {
    embedded::open(disk.storage(), Path::new(DIR), &options()).unwrap()
}

/// Opens a damaged log as the one that ends with what is vouched for.
pub(crate) fn salvage(disk: &SimulatedDisk) -> EmbeddedReader {
    embedded::open(disk.storage(), Path::new(DIR), &Options { salvage: true, ..options() })
        .unwrap()
        .reader
}

pub(crate) fn open_sound(disk: &SimulatedDisk) -> (EmbeddedWriter, EmbeddedReader) {
    let opened = open(disk);
    assert_eq!(opened.report, OpenReport::default());
    (opened.writer.unwrap(), opened.reader)
}

pub(crate) fn verify(disk: &SimulatedDisk) -> Report {
    embedded::verify(&disk.storage(), Path::new(DIR), &verify_options(1), &|_| ()).unwrap()
}

/// A closed log of records 1 to `last`.
pub(crate) fn written(last: u64) -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    let (mut writer, _) = open_sound(&disk);
    fill(&mut writer, 0, last);
    disk
}

pub(crate) fn segments(disk: &SimulatedDisk) -> Vec<PathBuf> {
    disk.files(&Path::new(DIR).join("log"))
}

/// Forgets how far the log was known to be durable, as a power cut may.
pub(crate) fn without_mark(disk: &SimulatedDisk) -> SimulatedDisk {
    let copy = disk.copy();
    copy.delete(&Path::new(DIR).join("index/durable"));
    copy
}

/// Where the content of a file ends: after its last byte that is not zero.
pub(crate) fn content(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

#[test]
fn a_log_goes_on_where_it_was_closed() {
    let disk = SimulatedDisk::new();
    let mut last = 0;
    for more in [0, 1, 4, 30, 200, 1, 0, 300] {
        let (mut writer, reader) = open_sound(&disk);
        holds(&reader, last);
        fill(&mut writer, last, last + more);
        last += more;
        holds(&reader, last);
        drop((writer, reader));
        assert!(verify(&disk).is_sound(), "{:?}", verify(&disk));
    }
    assert!(segments(&disk).len() > 3, "several segments were filled");
    assert!(
        segments(&disk)
            .iter()
            .all(|path| path.extension().is_some_and(|extension| extension == "seg"))
    );
}

#[test]
fn a_killed_process_loses_nothing() {
    for last in [1, 2, 40, 333] {
        let disk = SimulatedDisk::new();
        let (mut writer, _reader) = open_sound(&disk);
        fill(&mut writer, 0, last);
        // The copy is what the kill leaves: nothing of what closing would do.
        for killed in [disk.copy(), without_mark(&disk)] {
            assert!(verify(&killed).is_sound(), "{:?}", verify(&killed));
            let (mut writer, reader) = open_sound(&killed);
            holds(&reader, last);
            fill(&mut writer, last, last + 5);
            holds(&reader, last + 5);
        }
    }
}

#[test]
fn one_batch_is_one_sync() {
    let disk = SimulatedDisk::new();
    let (mut writer, _) = open_sound(&disk);
    fill(&mut writer, 0, 1);
    let before = disk.syncs();
    writer.append(Position::new(1), &batch(2..=40)).unwrap();
    assert_eq!(disk.syncs() - before, 1);
}

#[test]
fn a_batch_longer_than_a_segment_gets_a_segment_of_its_own_size() {
    let disk = SimulatedDisk::new();
    let (mut writer, reader) = open_sound(&disk);
    fill(&mut writer, 0, 3);
    writer.append(Position::new(3), &batch(4..=300)).unwrap();
    fill(&mut writer, 300, 310);
    holds(&reader, 310);
    drop(writer);
    assert!(verify(&disk).is_sound());
    holds(&open_sound(&disk).1, 310);
}

#[test]
fn a_torn_last_batch_is_cut_at_every_byte_and_said() {
    let before = written(40);
    let after = before.copy();
    let (mut writer, _) = open_sound(&after);
    let known = after.copy();
    writer.append(Position::new(40), &batch(41..=44)).unwrap();
    let path = segments(&after).pop().unwrap();
    let (start, whole) = (content(&before.bytes(&path)).next_multiple_of(32), after.bytes(&path));
    let end = content(&whole);
    assert!(end - start > 300, "the last batch spans bytes {start} to {end}");
    for cut in start..end {
        for image in [known.copy(), without_mark(&known)] {
            image.change(&path, |bytes| bytes[start..cut].copy_from_slice(&whole[start..cut]));
            let opened = open(&image);
            assert_eq!(opened.report.damage, [], "cut at {cut}");
            let visible = content(&whole[start..cut]) > 0;
            assert_eq!(opened.report.torn.is_some(), visible, "cut at {cut}: {:?}", opened.report);
            holds(&opened.reader, 40);
            let mut writer = opened.writer.unwrap();
            if cut % 16 == 0 {
                fill(&mut writer, 40, 47);
                drop(writer);
                assert!(verify(&image).is_sound(), "cut at {cut}: {:?}", verify(&image));
            }
        }
    }
}

#[test]
fn any_sectors_of_the_last_batch_may_be_missing() {
    let before = written(40);
    let after = before.copy();
    let (mut writer, _) = open_sound(&after);
    let known = after.copy();
    writer.append(Position::new(40), &batch(41..=80)).unwrap();
    let path = segments(&after).pop().unwrap();
    let (start, whole) = (content(&before.bytes(&path)).next_multiple_of(32), after.bytes(&path));
    let end = content(&whole);
    let sectors: Vec<(usize, usize)> = (start / 512..=(end - 1) / 512)
        .map(|sector| ((sector * 512).max(start), ((sector + 1) * 512).min(end)))
        .collect();
    assert!(sectors.len() > 8);
    for missing in 1_u32..1 << sectors.len().min(10) {
        let image = without_mark(&known);
        image.change(&path, |bytes| {
            bytes[start..end].copy_from_slice(&whole[start..end]);
            for (at, (from, to)) in
                sectors.iter().enumerate().filter(|(at, _)| missing & (1 << at) != 0)
            {
                assert!(at < 10 && from < to);
                bytes[*from..*to].fill(0);
            }
        });
        let opened = open(&image);
        assert_eq!(opened.report.damage, [], "missing {missing:b}");
        let nothing_there = missing.count_ones() as usize == sectors.len();
        assert_eq!(opened.report.torn.is_some(), !nothing_there, "missing {missing:b}");
        holds(&opened.reader, 40);
    }
}

#[test]
fn a_reader_of_a_torn_log_changes_nothing() {
    let disk = written(40);
    let path = segments(&disk).pop().unwrap();
    let end = content(&disk.bytes(&path)).next_multiple_of(32);
    disk.change(&path, |bytes| bytes[end] = 9);
    let files = || {
        disk.files(Path::new(DIR))
            .into_iter()
            .map(|path| (disk.bytes(&path), path))
            .collect::<Vec<_>>()
    };
    let before = files();
    let opened =
        embedded::open(disk.storage(), Path::new(DIR), &Options { read_only: true, ..options() })
            .unwrap();
    assert!(opened.writer.is_none() && opened.report.torn.is_some());
    holds(&opened.reader, 40);
    assert!(!verify(&disk).is_sound());
    assert_eq!(files(), before);
}

#[test]
fn the_second_process_is_refused_and_may_still_read() {
    let dir = tempfile::tempdir().unwrap();
    let first = embedded::open(Arc::new(Disk), dir.path(), &options()).unwrap();
    let (mut writer, _) = (first.writer.unwrap(), first.reader);
    fill(&mut writer, 0, 50);
    let Err(refused) = embedded::open(Arc::new(Disk), dir.path(), &options()) else {
        panic!("two writers")
    };
    assert!(matches!(&refused, OpenError::Locked { dir: named } if named == dir.path()));
    assert!(refused.to_string().contains(&dir.path().display().to_string()), "{refused}");
    let beside =
        embedded::open(Arc::new(Disk), dir.path(), &Options { read_only: true, ..options() })
            .unwrap();
    assert!(beside.writer.is_none());
    holds(&beside.reader, 50);
    let storage: Arc<dyn sijil_log::seam::Storage> = Arc::new(Disk);
    let report = embedded::verify(&storage, dir.path(), &verify_options(2), &|_| ()).unwrap();
    assert!(report.is_sound() && report.live, "{report:?}");
    drop(writer);
    assert!(embedded::open(Arc::new(Disk), dir.path(), &options()).unwrap().writer.is_some());
}

#[test]
fn a_reader_beside_a_writer_sees_only_what_was_acknowledged() {
    let disk = written(40);
    let (mut writer, _) = open_sound(&disk);
    let durable = disk.bytes(&Path::new(DIR).join("index/durable"));
    fill(&mut writer, 40, 43);
    // The batch stands in the file; that it is durable is not known yet.
    disk.change(&Path::new(DIR).join("index/durable"), |bytes| *bytes = durable);
    let beside =
        embedded::open(disk.storage(), Path::new(DIR), &Options { read_only: true, ..options() })
            .unwrap();
    assert!(beside.report == OpenReport::default() && beside.writer.is_none());
    holds(&beside.reader, 40);
}

#[test]
fn nothing_is_not_a_log_to_read() {
    let disk = SimulatedDisk::new();
    let missing =
        embedded::open(disk.storage(), Path::new(DIR), &Options { read_only: true, ..options() });
    assert!(matches!(missing, Err(OpenError::Missing { .. })));
    assert!(matches!(
        embedded::verify(&disk.storage(), Path::new(DIR), &verify_options(1), &|_| ()),
        Err(OpenError::Missing { .. })
    ));
}

#[test]
fn short_writes_are_carried_on() {
    let disk = SimulatedDisk::new();
    disk.short_writes();
    let (mut writer, reader) = open_sound(&disk);
    fill(&mut writer, 0, 120);
    holds(&reader, 120);
    assert_eq!(reader.head().unwrap().position, Position::new(120));
    drop(writer);
    assert!(verify(&disk).is_sound());
}
