//! A disk that is full, or fails: a refused batch leaves no trace, and after a failed sync nothing is acknowledged.

use sijil_log::{AppendError, Reader, Writer};
use sijil_schemas::record::Position;

use crate::{
    disk::{Fault, MemoryDisk},
    records::{batch, fill, holds},
    reopening::{open, open_sound, verify, written},
};

#[test]
fn the_first_failed_sync_poisons_the_log() {
    let disk = written(20);
    let (mut writer, reader) = open_sound(&disk);
    disk.fail(Fault::Syncs);
    assert!(matches!(writer.append(Position::new(20), &batch([21])), Err(AppendError::Io { .. })));
    disk.fail(Fault::None);
    holds(&reader, 20);
    for _ in 0..2 {
        assert!(matches!(writer.append(Position::new(20), &batch([21])), Err(AppendError::Poisoned)));
    }
    holds(&reader, 20);
    drop(writer);
    // Whether the batch survived is only known after opening again; the same record is there once or not at all.
    let (mut writer, reader) = open_sound(&disk);
    let head = reader.head().unwrap().position.get();
    assert!((20..=21).contains(&head));
    holds(&reader, head);
    fill(&mut writer, head, 30);
    holds(&reader, 30);
}

#[test]
fn after_a_failed_sync_the_batch_in_doubt_is_written_again_before_it_is_served() {
    let disk = written(20);
    let (mut writer, _) = open_sound(&disk);
    disk.fail(Fault::Syncs);
    assert!(writer.append(Position::new(20), &batch([21])).is_err());
    disk.fail(Fault::None);
    drop(writer);
    disk.fail(Fault::Syncs);
    let refused = sijil_log::embedded::open(disk.storage(), std::path::Path::new(crate::reopening::DIR), &crate::reopening::options());
    assert!(refused.is_err(), "a log whose last batch cannot be made durable does not open");
    disk.fail(Fault::None);
    holds(&open_sound(&disk).1, 21);
}

#[test]
fn a_full_disk_refuses_the_batch_and_goes_on_when_there_is_room() {
    let disk = MemoryDisk::new();
    let (mut writer, reader) = open_sound(&disk);
    fill(&mut writer, 0, 40);
    disk.leave_room(1000);
    let mut last = 40;
    let refused = loop {
        match writer.append(Position::new(last), &batch(last + 1..=last + 3)) {
            Ok(()) => last += 3,
            Err(error) => break error,
        }
        assert!(last < 1000, "a segment has an end");
    };
    assert!(matches!(refused, AppendError::Full { .. }), "{refused:?}");
    assert!(matches!(writer.append(Position::new(last), &batch([last + 1])), Err(AppendError::Full { .. })) || reader.head().unwrap().position.get() > last);
    let last = reader.head().unwrap().position.get();
    holds(&reader, last);
    assert!(verify(&disk.copy()).damage.is_empty());
    disk.free_room();
    fill(&mut writer, last, last + 50);
    holds(&reader, last + 50);
    drop(writer);
    assert!(verify(&disk).is_sound());
    holds(&open_sound(&disk).1, last + 50);
}

#[test]
fn a_failed_write_is_taken_back() {
    for after in [0, 1, 30, 200] {
        let disk = written(20);
        let (mut writer, reader) = open_sound(&disk);
        disk.fail(Fault::Writes(after));
        assert!(matches!(writer.append(Position::new(20), &batch([21, 22, 23])), Err(AppendError::Io { .. })));
        disk.fail(Fault::None);
        holds(&reader, 20);
        assert!(verify(&disk.copy()).is_sound(), "nothing of the batch is left: {:?}", verify(&disk.copy()));
        fill(&mut writer, 20, 30);
        holds(&reader, 30);
    }
}

#[test]
fn whichever_call_fails_nothing_acknowledged_is_lost_and_nothing_else_is_served() {
    let calls = {
        let disk = MemoryDisk::new();
        disk.fail(Fault::None);
        let (mut writer, _) = open_sound(&disk);
        fill(&mut writer, 0, 160);
        drop(writer);
        disk.calls()
    };
    assert!(calls > 100, "{calls} calls change something");
    for nth in 1..=calls {
        let disk = MemoryDisk::new();
        disk.fail(Fault::CallsFrom(nth));
        let mut acknowledged = 0;
        let opened = sijil_log::embedded::open(disk.storage(), std::path::Path::new(crate::reopening::DIR), &crate::reopening::options());
        if let Ok(opened) = opened {
            let mut writer = opened.writer.unwrap();
            while acknowledged < 160 {
                let count = (acknowledged % 5 + 1).min(160 - acknowledged);
                match writer.append(Position::new(acknowledged), &batch(acknowledged + 1..=acknowledged + count)) {
                    Ok(()) => acknowledged += count,
                    Err(_) => break,
                }
            }
            holds(&opened.reader, acknowledged);
        }
        disk.fail(Fault::None);
        let after = disk.copy();
        let opened = open(&after);
        assert_eq!(opened.report.damage, [], "call {nth}");
        let head = opened.reader.head().unwrap().position.get();
        assert!((acknowledged..=acknowledged + 5).contains(&head), "call {nth}: {acknowledged} acknowledged, {head} found");
        holds(&opened.reader, head);
        fill(&mut opened.writer.unwrap(), head, head + 3);
        assert!(verify(&after).is_sound(), "call {nth}: {:?}", verify(&after));
    }
    println!("{calls} calls failed in turn");
}
