//! Derived files: caches of the log. Invariant: removing or damaging any of them changes no answer.

use std::path::{Path, PathBuf};

use sijil_log::{Order, Reader, Writer};
use sijil_schemas::record::Position;
use sijil_simulation::disk::SimulatedDisk;

use crate::{
    records::{batch, client, deal, entities, fill, holds, id},
    reopening::{DIR, open_sound, verify, written},
};

fn derived_files(disk: &SimulatedDisk) -> Vec<PathBuf> {
    let dir = Path::new(DIR);
    [disk.files(&dir.join("index")), disk.files(&dir.join("tiles"))].concat()
}

/// Asserts that every question has its right answer.
fn answers(reader: &dyn Reader, last: u64) {
    holds(reader, last);
    for number in (1..=last).step_by(7) {
        assert_eq!(reader.position_of(id(number)).unwrap(), Some(Position::new(number)));
    }
    assert_eq!(reader.position_of(id(last + 1)).unwrap(), None);
    for entity in [deal(2), client(0)] {
        let all: Vec<Position> = (1..=last)
            .filter(|number| entities(*number).contains(&entity))
            .map(Position::new)
            .collect();
        assert_eq!(
            reader.touching(&entity, Position::ZERO, usize::MAX, Order::Forward).unwrap(),
            all
        );
    }
    let memory = sijil_log::memory::open_with(crate::records::touched());
    let mut writer = memory.0;
    fill(&mut writer, 0, last);
    for position in [0, 1, last / 2, last - 1, last] {
        let position = Position::new(position);
        assert_eq!(reader.root_at(position).unwrap(), memory.1.root_at(position).unwrap());
    }
}

#[test]
fn any_derived_file_may_go() {
    let disk = written(400);
    let files = derived_files(&disk);
    assert!(files.len() >= 6, "{files:?}");
    for file in &files {
        let image = disk.copy();
        image.delete(file);
        answers(&open_sound(&image).1, 400);
        assert!(verify(&image).is_sound(), "without {}: {:?}", file.display(), verify(&image));
    }
    let none = disk.copy();
    files.iter().for_each(|file| none.delete(file));
    answers(&open_sound(&none).1, 400);
}

#[test]
fn damage_in_a_derived_file_is_found_and_changes_no_answer() {
    let disk = written(400);
    for file in derived_files(&disk) {
        let length = disk.bytes(&file).len();
        let mark = file.ends_with("durable");
        for at in (0..length).step_by(if length > 4096 { 131 } else { 17 }) {
            let image = disk.copy();
            image.change(&file, |bytes| bytes[at] ^= 0x40);
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let report = verify(&image);
            assert!(report.damage.is_empty(), "{name} at {at} is not the log: {report:?}");
            let matters = name.contains("run") || name == "0" || name == "1";
            assert!(!matters || !report.derived.is_empty(), "{name} at {at}");
            if mark || name.contains("offsets") || name == "covers" || at % 5 == 0 && !matters {
                answers(&open_sound(&image).1, 400);
            }
        }
    }
}

#[test]
fn a_damaged_block_is_refused_not_served() {
    let disk = written(400);
    let run = derived_files(&disk)
        .into_iter()
        .find(|path| path.to_string_lossy().contains("entities-"))
        .unwrap();
    disk.change(&run, |bytes| bytes[200] ^= 1);
    let (_writer, reader) = open_sound(&disk);
    let failed = (0..7)
        .filter(|number| {
            reader.touching(&deal(*number), Position::ZERO, 1000, Order::Forward).is_err()
        })
        .count();
    assert!(failed > 0, "the damaged block serves no one");
}

#[test]
fn an_index_of_another_log_is_made_anew() {
    let disk = written(400);
    let other = SimulatedDisk::new();
    let (mut writer, _) = open_sound(&other);
    writer.append(Position::ZERO, &batch(1..=3)).unwrap();
    let mut changed = crate::records::record_saying(4, "another");
    changed.personal = Box::default();
    writer
        .append(
            Position::new(3),
            &sijil_log::Batch { entries: vec![crate::records::entry(changed)] },
        )
        .unwrap();
    fill(&mut writer, 4, 400);
    drop(writer);
    let not_the_mark = |disk: &SimulatedDisk| {
        derived_files(disk)
            .into_iter()
            .filter(|file| !file.ends_with("durable"))
            .collect::<Vec<_>>()
    };
    not_the_mark(&disk).iter().for_each(|file| disk.delete(file));
    for file in not_the_mark(&other) {
        disk.put(&file, other.bytes(&file));
    }
    assert!(!verify(&disk).derived.is_empty());
    answers(&open_sound(&disk).1, 400);
    assert!(verify(&disk).is_sound(), "{:?}", verify(&disk));
}

#[test]
fn many_small_runs_become_few() {
    let disk = SimulatedDisk::new();
    for round in 0..40 {
        let (mut writer, _) = open_sound(&disk);
        fill(&mut writer, round * 3, round * 3 + 3);
    }
    let runs = derived_files(&disk)
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "run"))
        .count();
    assert!(runs <= 8, "{runs} runs after 40 openings");
    answers(&open_sound(&disk).1, 120);
}

#[test]
fn a_long_log_spills_and_merges_its_indexes() {
    const BATCH: u64 = 5_000;
    const LAST: u64 = 400_000;
    let disk = SimulatedDisk::new();
    let options = sijil_log::embedded::Options {
        segment_bytes: 32 << 20,
        background: true,
        ..crate::reopening::options()
    };
    let opened = sijil_log::embedded::open(disk.storage(), Path::new(DIR), &options).unwrap();
    let mut writer = opened.writer.unwrap();
    for at in (0..LAST).step_by(usize::try_from(BATCH).unwrap()) {
        writer.append(Position::new(at), &batch(at + 1..=at + BATCH)).unwrap();
    }
    let reader = opened.reader;
    for number in (1..=LAST).step_by(7_919) {
        assert_eq!(reader.position_of(id(number)).unwrap(), Some(Position::new(number)));
        assert_eq!(reader.position_of(id(LAST + number)).unwrap(), None);
    }
    let (middle, all) = (LAST / 2, |number: u64| entities(number).contains(&deal(5)));
    let ask = |order| reader.touching(&deal(5), Position::new(middle), 20, order).unwrap();
    assert_eq!(
        ask(Order::Forward),
        (middle + 1..)
            .filter(|number| all(*number))
            .take(20)
            .map(Position::new)
            .collect::<Vec<_>>()
    );
    assert_eq!(
        ask(Order::Backward),
        (1..middle)
            .rev()
            .filter(|number| all(*number))
            .take(20)
            .map(Position::new)
            .collect::<Vec<_>>()
    );
    drop((writer, reader));
    assert!(verify(&disk).is_sound());
    let (_, reader) = open_sound(&disk);
    assert_eq!(reader.position_of(id(LAST)).unwrap(), Some(Position::new(LAST)));
}
