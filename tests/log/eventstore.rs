//! The log in EventStoreDB over the wire, and what goes wrong there. Invariant: the peer speaks the
//! protocol on loopback; no fault loses, doubles or half-lands a batch.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use sijil_eventstore_peer::Peer;
use sijil_log::{
    AppendError, Batch, Reader, Writer,
    embedded::{self, VerifyOptions},
    eventstore::{EventStoreLog, STREAM},
    machine::Disk,
    mirror::{self, MirrorReader, MirrorWriter},
    seam::Storage,
};
use sijil_schemas::record::Position;
use sijil_simulation::{disk::SimulatedDisk, faults::Fault};
use tempfile::TempDir;

use crate::records::{batch, entry, fill, holds, id, record, record_saying, touched};

pub(crate) fn standing() -> (Peer, TempDir) {
    (Peer::new(), tempfile::tempdir().unwrap())
}

pub(crate) fn opened(peer: &Peer, dir: &TempDir) -> (MirrorWriter, MirrorReader) {
    tried(peer, dir).unwrap()
}

fn tried(peer: &Peer, dir: &TempDir) -> Result<(MirrorWriter, MirrorReader), String> {
    let log = EventStoreLog::with_patience(&peer.url().parse().unwrap(), Duration::from_secs(30))
        .unwrap();
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    mirror::open(&storage, dir.path(), Arc::new(log), &touched(), &|_, _| ())
        .map_err(|error| format!("{error:?}"))
}

#[test]
fn an_append_whose_answer_is_lost_is_known_again() {
    let (peer, dir) = standing();
    let (mut writer, reader) = opened(&peer, &dir);
    fill(&mut writer, 0, 20);
    peer.memory().lose_answers(1);
    writer.append(Position::new(20), &batch(21..=30)).unwrap();
    holds(&reader, 30);
    assert_eq!(peer.memory().len_of(STREAM), 30, "nothing landed twice");
}

#[test]
fn a_server_killed_and_restarted_under_load_loses_nothing() {
    let (peer, dir) = standing();
    let (mut writer, reader) = opened(&peer, &dir);
    let done = AtomicBool::new(false);
    let mut kills = 0;
    thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut at = 0;
            while !done.load(Ordering::Acquire) {
                writer.append(Position::new(at), &batch(at + 1..=at + 7)).unwrap();
                at += 7;
            }
            at
        });
        while kills < 5 {
            thread::sleep(Duration::from_millis(300));
            peer.stop();
            thread::sleep(Duration::from_millis(100));
            peer.start();
            kills += 1;
        }
        done.store(true, Ordering::Release);
        let appended = load.join().unwrap();
        holds(&reader, appended);
        assert_eq!(peer.memory().len_of(STREAM) as u64, appended);
        println!("{kills} kills, {appended} records acknowledged and there, once each");
    });
}

#[test]
fn an_append_refused_at_size_leaves_no_trace() {
    let (peer, dir) = standing();
    let (mut writer, reader) = opened(&peer, &dir);
    fill(&mut writer, 0, 10);
    peer.memory().refuse_above(1_000);
    let refused = writer.append(Position::new(10), &batch(11..=60));
    assert!(matches!(refused, Err(AppendError::TooLarge { .. })), "{refused:?}");
    holds(&reader, 10);
    writer.append(Position::new(10), &batch([11])).unwrap();
    holds(&reader, 11);
}

#[test]
fn another_node_sees_what_was_appended_and_wins_races() {
    let (peer, dir) = standing();
    let (mut one, reader) = opened(&peer, &dir);
    let elsewhere = tempfile::tempdir().unwrap();
    let (mut two, other) = opened(&peer, &elsewhere);
    fill(&mut one, 0, 40);
    assert!(other.wait(Position::new(39), Duration::from_secs(20)).unwrap() >= Position::new(40));
    holds(&other, 40);
    two.append(Position::new(40), &batch([41])).unwrap();
    // Whether or not the first has heard of it by now, it loses.
    let lost = one.append(Position::new(40), &batch(41..=43));
    assert!(
        matches!(lost, Err(AppendError::Conflict { head, .. }) if head == Position::new(41)),
        "{lost:?}"
    );
    holds(&reader, 41);
}

#[test]
fn reads_the_server_ends_early_are_taken_up_again() {
    let (peer, dir) = standing();
    let (mut writer, reader) = opened(&peer, &dir);
    let elsewhere = tempfile::tempdir().unwrap();
    let (_, other) = opened(&peer, &elsewhere);
    for round in 0..20 {
        fill(&mut writer, round * 50, round * 50 + 50);
        peer.end_subscriptions();
    }
    other.wait(Position::new(999), Duration::from_secs(20)).unwrap();
    holds(&reader, 1_000);
    holds(&other, 1_000);
}

#[test]
fn a_mirror_is_made_again_and_is_never_taken_for_another_log() {
    let (peer, dir) = standing();
    let (mut writer, reader) = opened(&peer, &dir);
    fill(&mut writer, 0, 300);
    drop((writer, reader));
    std::fs::remove_dir_all(dir.path().join("mirror")).unwrap();
    let (writer, reader) = opened(&peer, &dir);
    holds(&reader, 300);
    drop((writer, reader));
    // An empty stream, and a longer one of another ledger.
    let stranger = Peer::new();
    let refused = |stranger: &Peer| tried(stranger, &dir).err().unwrap();
    assert!(refused(&stranger).contains("does not hold the history"));
    let elsewhere = tempfile::tempdir().unwrap();
    let (mut theirs, _) = opened(&stranger, &elsewhere);
    let other = |number: u64| Batch { entries: vec![entry(record_saying(number, "another"))] };
    (0..400).for_each(|at| theirs.append(Position::new(at), &other(at + 1)).unwrap());
    assert!(
        refused(&stranger).contains("foreign: the log is that of another ledger than the copy")
    );
    let (_, reader) = opened(&peer, &dir);
    holds(&reader, 300);
}

#[test]
fn an_append_nobody_knows_of_lands_before_anything_else_or_never() {
    let (peer, dir) = standing();
    let log = EventStoreLog::with_patience(&peer.url().parse().unwrap(), Duration::from_millis(50))
        .unwrap();
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let (mut writer, reader) =
        mirror::open(&storage, dir.path(), Arc::new(log), &touched(), &|_, _| ()).unwrap();
    fill(&mut writer, 0, 20);
    peer.stop();
    let lost = writer.append(Position::new(20), &batch(21..=25));
    assert!(matches!(lost, Err(AppendError::Unreachable { .. })), "{lost:?}");
    assert!(reader.latest().is_err(), "out of reach");
    peer.start();
    // Once it is said where the log ends, the batch stands there or cannot land any more.
    let end = loop {
        match reader.latest() {
            Ok(end) => break end,
            Err(_) => thread::sleep(Duration::from_millis(50)),
        }
    };
    assert_eq!(peer.memory().len_of(STREAM) as u64, end.get());
    holds(&reader, 25);
    writer.append(Position::new(25), &batch(26..=30)).unwrap();
    holds(&reader, 30);
}

#[test]
fn what_the_copy_could_not_take_is_not_acknowledged_until_it_has_caught_up() {
    let (peer, _) = standing();
    let disk = SimulatedDisk::new();
    let log = EventStoreLog::with_patience(&peer.url().parse().unwrap(), Duration::from_secs(30))
        .unwrap();
    let (mut writer, reader) =
        mirror::open(&disk.storage(), Path::new("/data"), Arc::new(log), &touched(), &|_, _| ())
            .unwrap();
    fill(&mut writer, 0, 20);
    disk.fail(Fault::Full(1));
    match writer.append(Position::new(20), &batch(21..=25)) {
        // The thread that follows met the full disk, and this one did not.
        Ok(()) => assert_eq!(
            reader.position_of(id(25)).unwrap(),
            Some(Position::new(25)),
            "what is acknowledged is found by its id"
        ),
        outcome => assert!(matches!(outcome, Err(AppendError::Unreachable { .. })), "{outcome:?}"),
    }
    disk.fail(Fault::None);
    assert_eq!(peer.memory().len_of(STREAM), 25, "it landed");
    assert_eq!(reader.latest().unwrap(), Position::new(25));
    holds(&reader, 25);
    writer.append(Position::new(25), &batch(26..=30)).unwrap();
    holds(&reader, 30);
}

#[test]
fn a_log_that_ends_before_its_copy_is_found_by_verify() {
    let (peer, dir) = standing();
    let (mut writer, reader) = opened(&peer, &dir);
    fill(&mut writer, 0, 30);
    drop((writer, reader));
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let verified = |peer: &Peer| {
        let log = EventStoreLog::new(&peer.url().parse().unwrap()).unwrap();
        mirror::verify(
            &storage,
            dir.path(),
            &log,
            &VerifyOptions { record: None, touched: touched(), ..VerifyOptions::default() },
            &|_| (),
        )
        .unwrap()
    };
    assert!(verified(&peer).damage.iter().all(|damage| !damage.what.contains("has lost")));
    // The same history, restored to an earlier end.
    let restored = Peer::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let (mut theirs, _) = opened(&restored, &elsewhere);
    fill(&mut theirs, 0, 20);
    let lost: Vec<_> = verified(&restored)
        .damage
        .into_iter()
        .filter(|damage| damage.what.contains("has lost"))
        .collect();
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_eq!(lost[0].positions, Some((Position::new(21), Position::new(30))));
}

#[test]
fn the_same_history_has_the_same_roots_as_in_the_embedded_log() {
    const LAST: u64 = 20_000;
    let (peer, dir) = standing();
    let (mut writer, reader) = opened(&peer, &dir);
    let there = tempfile::tempdir().unwrap();
    let embedded = embedded::open(
        Arc::new(Disk),
        there.path(),
        &embedded::Options { touched: touched(), ..embedded::Options::default() },
    )
    .unwrap();
    let mut beside = embedded.writer.unwrap();
    for at in (0..LAST).step_by(500) {
        let records = batch(at + 1..=at + 500);
        writer.append(Position::new(at), &records).unwrap();
        beside.append(Position::new(at), &records).unwrap();
    }
    for at in (0..=LAST).step_by(997) {
        assert_eq!(
            reader.root_at(Position::new(at)).unwrap(),
            embedded.reader.root_at(Position::new(at)).unwrap(),
            "at {at}"
        );
    }
    assert_eq!(reader.head().unwrap(), embedded.reader.head().unwrap());
    assert_eq!(peer.memory().len_of(STREAM) as u64, LAST);
    assert_eq!(
        reader.read(Position::new(LAST), crate::records::EVERYTHING).unwrap(),
        [record(LAST)]
    );
    println!("{LAST} records: equal roots at every 997th position, and at the head");
}
