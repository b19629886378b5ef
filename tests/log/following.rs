//! A reader beside the process that writes: it follows. Invariant: whatever the writer does to its
//! files, what a reader shows was acknowledged, and it comes level once it looks.

use std::{path::Path, time::Duration};

use sijil_log::{
    Order, ReadError, Reader, Writer,
    embedded::{self, EmbeddedReader, OpenReport, Options},
};
use sijil_schemas::record::Position;
use sijil_simulation::{disk::SimulatedDisk, faults::Fault};

use crate::{
    records::{batch, deal, fill, holds, id, record, recorded_at},
    reopening::{DIR, open_sound, options, written},
};

fn beside(disk: &SimulatedDisk) -> EmbeddedReader {
    let opened =
        embedded::open(disk.storage(), Path::new(DIR), &Options { read_only: true, ..options() })
            .unwrap();
    assert!(opened.report == OpenReport::default() && opened.writer.is_none());
    opened.reader
}

/// Looks, and asserts that the reader then answers every question as the writer's own.
fn level(beside: &EmbeddedReader, own: &EmbeddedReader) {
    let head = own.head().unwrap();
    assert_eq!(beside.wait(Position::ZERO, Duration::ZERO).unwrap(), head.position);
    assert_eq!(beside.head().unwrap(), head);
    let last = head.position.get();
    for position in [1, last / 3, last / 2, last.saturating_sub(7), last].map(Position::new) {
        assert_eq!(
            beside.root_at(position).unwrap(),
            own.root_at(position).unwrap(),
            "root at {position}"
        );
        assert_eq!(
            beside.position_of(id(position.get())).unwrap(),
            own.position_of(id(position.get())).unwrap(),
            "{position}"
        );
        let at = sijil_schemas::time::Timestamp::from_micros(recorded_at(position.get())).unwrap();
        assert_eq!(beside.position_at(at).unwrap(), own.position_at(at).unwrap(), "{position}");
        let touching = |reader: &EmbeddedReader| {
            reader.touching(&deal(position.get() % 7), position, 9, Order::Forward).unwrap()
        };
        assert_eq!(touching(beside), touching(own), "{position}");
    }
    let newest = beside
        .read(Position::new(last.saturating_sub(20).max(1)), crate::records::EVERYTHING)
        .unwrap();
    assert_eq!(newest.last(), Some(&record(last)));
}

#[test]
fn a_reader_follows_through_segments_that_are_sealed_and_compressed() {
    for compress in [false, true] {
        let disk = SimulatedDisk::new();
        let opened =
            embedded::open(disk.storage(), Path::new(DIR), &Options { compress, ..options() })
                .unwrap();
        let (mut writer, own) = (opened.writer.unwrap(), opened.reader);
        // One from before there was a record, and others from the midst; some look often and some
        // seldom.
        let mut readers = vec![(1, beside(&disk))];
        let (mut at, mut batches) = (0, 0);
        while at < 2_500 {
            let count = batches % 9 + 1;
            writer.append(Position::new(at), &batch(at + 1..=at + count)).unwrap();
            (at, batches) = (at + count, batches + 1);
            if batches.is_multiple_of(100) {
                readers.push((batches / 40, beside(&disk)));
            }
            readers
                .iter()
                .filter(|(every, _)| batches % every == 0)
                .for_each(|(_, reader)| level(reader, &own));
        }
        readers.iter().for_each(|(_, reader)| level(reader, &own));
        // The writer goes, and another process takes over.
        drop((writer, own));
        let opened =
            embedded::open(disk.storage(), Path::new(DIR), &Options { compress, ..options() })
                .unwrap();
        fill(&mut opened.writer.unwrap(), at, at + 300);
        for (_, reader) in &readers {
            assert_eq!(
                reader.wait(Position::new(at), Duration::ZERO).unwrap(),
                Position::new(at + 300)
            );
            holds(reader, at + 300);
        }
        println!("{} readers followed {} batches, compressed: {compress}", readers.len(), batches);
    }
}

#[test]
fn nothing_is_shown_before_it_is_durable() {
    let disk = written(40);
    let (mut writer, _) = open_sound(&disk);
    let reader = beside(&disk);
    let mark = Path::new(DIR).join("index/durable");
    let before = disk.bytes(&mark);
    fill(&mut writer, 40, 43);
    let after = disk.bytes(&mark);
    // The batches stand in the file; that they are durable is not known yet.
    disk.change(&mark, |bytes| bytes.clone_from(&before));
    assert_eq!(
        reader.wait(Position::new(40), Duration::from_millis(1)).unwrap(),
        Position::new(40)
    );
    // One opened now sees as much, and neither minds what a failed write leaves behind.
    let later = beside(&disk);
    for reader in [&reader, &later] {
        holds(reader, 40);
    }
    disk.change(&mark, |bytes| bytes.clone_from(&after));
    for reader in [&reader, &later] {
        assert_eq!(reader.wait(Position::new(40), Duration::ZERO).unwrap(), Position::new(43));
        holds(reader, 43);
    }
}

#[test]
fn an_empty_segment_that_is_replaced_is_read_anew() {
    // A batch longer than a segment gets one of its own; its write fails, and the empty segment it
    // leaves is replaced by a longer one.
    let disk = written(3);
    let probe = disk.copy();
    let (mut other, _) = open_sound(&probe);
    probe.fail(Fault::None);
    other.append(Position::new(3), &batch(4..=300)).unwrap();
    let calls = probe.calls();
    let mut replaced = 0;
    for nth in 1..=calls {
        let image = disk.copy();
        let (mut writer, own) = open_sound(&image);
        let early = beside(&image);
        image.fail(Fault::Full(nth));
        let failed = writer.append(Position::new(3), &batch(4..=300)).is_err();
        image.fail(Fault::None);
        let late = beside(&image);
        if failed && writer.append(Position::new(3), &batch(4..=310)).is_ok() {
            replaced += 1;
            level(&early, &own);
            level(&late, &own);
            holds(&late, 310);
        }
    }
    assert!(replaced > 0);
}

#[test]
fn what_was_acknowledged_and_is_gone_is_told() {
    let disk = written(40);
    let reader = beside(&disk);
    let (mut writer, _) = open_sound(&disk);
    fill(&mut writer, 40, 60);
    let path = crate::reopening::segments(&disk).pop().unwrap();
    disk.change(&path, |bytes| {
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        bytes[end - 40] ^= 1;
    });
    let told = reader.wait(Position::new(40), Duration::ZERO);
    assert!(
        matches!(&told, Err(ReadError::Damaged { damage, .. }) if damage.file.ends_with(".seg")),
        "{told:?}"
    );
    // What was shown stays.
    holds(&reader, 40);
}
