//! A disk that is full, or fails: a refused batch leaves no trace, and after a failed sync nothing
//! is acknowledged.

use sijil_log::{AppendError, Reader, Writer};
use sijil_schemas::record::Position;
use sijil_simulation::{disk::SimulatedDisk, faults::Fault};

use crate::{
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
        assert!(matches!(
            writer.append(Position::new(20), &batch([21])),
            Err(AppendError::Poisoned)
        ));
    }
    holds(&reader, 20);
    drop(writer);
    // Whether the batch survived is only known after opening again; the same record is there once
    // or not at all.
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
    let refused = sijil_log::embedded::open(
        disk.storage(),
        std::path::Path::new(crate::reopening::DIR),
        &crate::reopening::options(),
    );
    assert!(refused.is_err(), "a log whose last batch cannot be made durable does not open");
    disk.fail(Fault::None);
    holds(&open_sound(&disk).1, 21);
}

#[test]
fn directories_above_are_durable_before_anything_is_acknowledged() {
    let deep = std::path::Path::new("/srv/books/acme");
    let disk = SimulatedDisk::new();
    let opened =
        sijil_log::embedded::open(disk.storage(), deep, &crate::reopening::options()).unwrap();
    opened.writer.unwrap().append(Position::ZERO, &batch([1])).unwrap();
    let after = disk.moment().cut(std::iter::empty());
    let found =
        sijil_log::embedded::open(after.storage(), deep, &crate::reopening::options()).unwrap();
    holds(&found.reader, 1);
}

#[test]
fn a_full_disk_refuses_the_batch_and_goes_on_when_there_is_room() {
    let disk = SimulatedDisk::new();
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
    assert!(
        matches!(
            writer.append(Position::new(last), &batch([last + 1])),
            Err(AppendError::Full { .. })
        ) || reader.head().unwrap().position.get() > last
    );
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
fn what_is_said_to_have_found_no_room_is_not_there_later() {
    let mut refused = 0;
    for nth in 1..40 {
        let disk = written(20);
        let (mut writer, _) = open_sound(&disk);
        // Half of the batch, half of the rest …: at the end only padding is missing when there is
        // no more room, nor any to cut the batch back.
        disk.short_writes();
        disk.fail(Fault::FullFrom(nth));
        let Err(error) = writer.append(Position::new(20), &batch([21])) else { continue };
        let left = disk.copy();
        let head = open(&left).reader.head().unwrap().position.get();
        assert!(
            matches!(error, AppendError::Io { .. }) || head == 20,
            "call {nth}: {error:?}, and the log ends at {head}"
        );
        refused += 1;
    }
    assert!(refused > 5, "{refused}");
}

#[test]
fn a_failed_write_is_taken_back() {
    for after in [0, 1, 30, 200] {
        let disk = written(20);
        let (mut writer, reader) = open_sound(&disk);
        disk.fail(Fault::Writes(after));
        assert!(matches!(
            writer.append(Position::new(20), &batch([21, 22, 23])),
            Err(AppendError::Io { .. })
        ));
        disk.fail(Fault::None);
        holds(&reader, 20);
        assert!(
            verify(&disk.copy()).is_sound(),
            "nothing of the batch is left: {:?}",
            verify(&disk.copy())
        );
        fill(&mut writer, 20, 30);
        holds(&reader, 30);
    }
}

#[test]
fn whichever_call_fails_nothing_acknowledged_is_lost_and_nothing_else_is_served() {
    let calls = {
        let disk = SimulatedDisk::new();
        disk.fail(Fault::None);
        let (mut writer, _) = open_sound(&disk);
        fill(&mut writer, 0, 160);
        drop(writer);
        disk.calls()
    };
    assert!(calls > 100, "{calls} calls change something");
    for nth in 1..=calls {
        let disk = SimulatedDisk::new();
        disk.fail(Fault::CallsFrom(nth));
        let mut acknowledged = 0;
        let opened = sijil_log::embedded::open(
            disk.storage(),
            std::path::Path::new(crate::reopening::DIR),
            &crate::reopening::options(),
        );
        if let Ok(opened) = opened {
            let mut writer = opened.writer.unwrap();
            while acknowledged < 160 {
                let count = (acknowledged % 5 + 1).min(160 - acknowledged);
                match writer.append(
                    Position::new(acknowledged),
                    &batch(acknowledged + 1..=acknowledged + count),
                ) {
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
        assert!(
            (acknowledged..=acknowledged + 5).contains(&head),
            "call {nth}: {acknowledged} acknowledged, {head} found"
        );
        holds(&opened.reader, head);
        fill(&mut opened.writer.unwrap(), head, head + 3);
        assert!(verify(&after).is_sound(), "call {nth}: {:?}", verify(&after));
    }
    println!("{calls} calls failed in turn");
}
