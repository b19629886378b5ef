//! Bytes that are right, in a wrong place. Invariant: what was swapped, doubled, dropped, rolled
//! back or taken from another log is found.

use crate::damage::{batches, opens_to_read_only};
use crate::{
    records::{EVERYTHING, batch, entry, fill, record_saying},
    reopening::{DIR, content, open, open_sound, segments, verify, without_mark, written},
};
use sijil_log::{Reader, Writer, seam::Access};
use sijil_schemas::record::Position;
use sijil_simulation::disk::SimulatedDisk;
use std::path::Path;

/// Copies `from..to` of a file over the bytes at `at`.
fn move_bytes(
    disk: &SimulatedDisk,
    path: &Path,
    change: impl FnOnce(&mut Vec<u8>),
) -> SimulatedDisk {
    let image = disk.copy();
    image.change(path, change);
    image
}

#[test]
fn batches_swapped_doubled_or_dropped_are_found() {
    let disk = written(64);
    let path = segments(&disk).pop().unwrap();
    let bytes = disk.bytes(&path);
    let all = batches(&bytes);
    let (a, b, c) = (all[0], all[1], all[2]);
    let length = bytes.len();
    let pieces = |parts: &[(usize, usize)]| {
        let mut made = bytes[..4096].to_vec();
        parts.iter().for_each(|(from, to)| made.extend_from_slice(&bytes[*from..*to]));
        made.resize(length, 0);
        made
    };
    let rest = (c.0, content(&bytes).next_multiple_of(32));
    let cases = [
        ("swapped", pieces(&[(b.0, b.1), (a.0, a.1), rest])),
        ("doubled", pieces(&[(a.0, a.1), (a.0, a.1), (b.0, b.1), rest])),
        ("first dropped", pieces(&[(b.0, b.1), rest])),
        ("second dropped", pieces(&[(a.0, a.1), rest])),
        ("all dropped", pieces(&[])),
        ("last dropped", pieces(&[(a.0, all.last().unwrap().0)])),
    ];
    for (what, made) in cases {
        let image = move_bytes(&disk, &path, |bytes| *bytes = made);
        assert!(!verify(&image).damage.is_empty(), "{what}");
        opens_to_read_only(&image, what);
    }
}

#[test]
fn records_swapped_under_a_right_checksum_are_found() {
    let disk = SimulatedDisk::new();
    let (mut writer, _) = open_sound(&disk);
    writer.append(Position::ZERO, &batch(1..=4)).unwrap();
    drop(writer);
    let path = segments(&disk).pop().unwrap();
    for (what, change) in [
        (
            "a text changed",
            (|bytes: &mut Vec<u8>| bytes[4096 + 24 + 4 + 50] ^= 4) as fn(&mut Vec<u8>),
        ),
        ("a position changed", |bytes| bytes[4096 + 24 + 4 + 1] ^= 1),
        ("the root changed", |bytes| {
            let end = content(bytes);
            bytes[end - 96 + 24] ^= 1;
        }),
        ("the footer before changed", |bytes| {
            let end = content(bytes);
            bytes[end - 96 + 56] ^= 1;
        }),
    ] {
        let image = move_bytes(&disk, &path, |bytes| {
            change(bytes);
            let end = content(bytes);
            let crc = crc32c::crc32c(&bytes[4096 + 8..end]);
            bytes[4096 + 4..4096 + 8].copy_from_slice(&crc.to_le_bytes());
        });
        let report = verify(&image);
        assert_eq!(
            report.damage[0].positions,
            Some((Position::new(1), Position::new(4))),
            "{what}: {report:?}"
        );
        assert!(open(&image).writer.is_none(), "{what}");
    }
}

#[test]
fn segments_dropped_swapped_or_renamed_are_found() {
    let disk = written(500);
    let paths = segments(&disk);
    assert!(paths.len() >= 4);
    for missing in &paths {
        for image in [disk.copy(), without_mark(&disk)] {
            image.delete(missing);
            // Without the mark, a log that lost its last segment is an older log: only a checkpoint
            // held elsewhere can tell.
            let can_tell = missing != paths.last().unwrap()
                || image
                    .storage()
                    .open(&Path::new(DIR).join("index/durable"), Access::Read)
                    .is_ok();
            assert_eq!(verify(&image).damage.is_empty(), !can_tell, "{}", missing.display());
            assert_eq!(open(&image).writer.is_some(), !can_tell, "{}", missing.display());
        }
    }
    let swapped = disk.copy();
    let (first, second, aside) = (&paths[1], &paths[2], Path::new("/aside"));
    swapped.move_file(first, aside);
    swapped.move_file(second, first);
    swapped.move_file(aside, second);
    assert!(!verify(&swapped).damage.is_empty());
    assert!(open(&swapped).writer.is_none());
    let cut = disk.copy();
    cut.change(&paths[1], |bytes| bytes.truncate(9000));
    assert!(!verify(&cut).damage.is_empty());
}

#[test]
fn a_log_rolled_back_under_its_mark_is_found() {
    let old = written(40);
    let disk = old.copy();
    let (mut writer, _) = open_sound(&disk);
    fill(&mut writer, 40, 60);
    drop(writer);
    for path in segments(&old) {
        let bytes = old.bytes(&path);
        disk.change(&path, |now| *now = bytes);
    }
    opens_to_read_only(&disk, "rolled back");
    assert_eq!(verify(&disk).damage[0].positions, Some((Position::new(41), Position::new(60))));
}

/// The disk with some segments of another log in place of its own.
fn replaced(disk: &SimulatedDisk, other: &SimulatedDisk, which: &[usize]) -> SimulatedDisk {
    let image = disk.copy();
    for path in which.iter().map(|at| segments(disk).remove(*at)) {
        image.change(&path, |bytes| *bytes = other.bytes(&path));
    }
    image
}

/// Each byte of such a segment is in order: only the chain tells.
#[test]
fn segments_of_another_log_are_refused_not_served() {
    let disk = written(400);
    let other = SimulatedDisk::new();
    let (mut writer, _) = open_sound(&other);
    let mut at = 0;
    while at < 400 {
        let count = (at % 5 + 1).min(400 - at);
        let says = |number: u64| {
            entry(record_saying(number, &"y".repeat(usize::try_from(number * 37 % 91).unwrap())))
        };
        writer
            .append(
                Position::new(at),
                &sijil_log::Batch { entries: (at + 1..=at + count).map(says).collect() },
            )
            .unwrap();
        at += count;
    }
    drop(writer);
    assert_eq!(segments(&disk), segments(&other));
    let last = segments(&disk).len() - 1;
    for which in [vec![0], vec![1], vec![0, 1], vec![last], vec![0, last], (0..=last).collect()] {
        for image in
            [replaced(&disk, &other, &which), without_mark(&replaced(&disk, &other, &which))]
        {
            let marked = image.files(Path::new(DIR)).iter().any(|path| path.ends_with("durable"));
            // All of another log, with nobody who remembers this one, is another log.
            if which.len() == last + 1 && !marked {
                continue;
            }
            opens_to_read_only(&image, &format!("segments {which:?}, marked {marked}"));
            let refused =
                open(&image).reader.read(Position::new(4), EVERYTHING).unwrap_err().to_string();
            assert!(refused.contains("different logs"), "{which:?}: {refused}");
            assert!(!verify(&image).is_sound());
        }
    }
}
