//! Proofs of a ledger on a disk that fails and is cut off. Invariant: what was signed once is never
//! contradicted, whatever happens to the log or to the process.

use std::{path::Path, sync::Arc, sync::atomic::Ordering};

use sijil_ledger::{Desk, ProveError, Signing, SigningMemory, SubmitError};
use sijil_log::seam::{Access, Storage, write_all};
use sijil_proof::{note::Note, path::check_consistency, receipt::Receipt};
use sijil_schemas::Position;
use sijil_simulation::{disk::SimulatedDisk, faults::Fault};

use super::{House, client, opened, record};

const SIGNED: &str = "/d/keys/signed";

fn memory(disk: &SimulatedDisk) -> SigningMemory {
    disk.create_dir(Path::new("/d/keys")).expect("a directory");
    disk.sync_dir(Path::new("/d")).expect("the directory is durable");
    SigningMemory { storage: disk.storage(), dir: "/d/keys".into() }
}

fn signing(disk: &SimulatedDisk) -> Signing {
    let (host, incarnation) = ("books.example".to_owned(), "1".to_owned());
    Signing { host, incarnation, node: None, seed: [5; 32], memory: Some(memory(disk)) }
}

/// A ledger with so many records that signs, and remembers on this disk what.
fn signing_ledger(house: &House, keys: &SimulatedDisk, records: usize) -> Desk {
    let desk = house.open();
    for n in usize::try_from(desk.durable().get()).expect("few")..records {
        record(&desk, vec![opened(n)]).expect("recorded");
    }
    desk.sign_with(Ok(signing(keys)));
    desk
}

fn size(desk: &Desk) -> Result<u64, ProveError> {
    desk.checkpoint(desk.durable()).map(|signed| signed.checkpoint.size)
}

fn highest(disk: &SimulatedDisk) -> Option<u64> {
    memory(disk).highest().expect("it can be read").map(|checkpoint| checkpoint.size)
}

#[test]
fn every_record_is_proven_by_a_text_and_a_key() {
    let house = House::new();
    let desk = signing_ledger(&house, &house.disk, 1);
    // Past the end of a tile.
    record(&desk, (1..600).map(opened).collect()).expect("recorded");
    let keys = [desk.vkey().expect("a key")];
    let origin = format!("books.example/{}/1", desk.id());
    assert_eq!(keys[0].name(), origin);
    for position in (1..=600).map(Position::new) {
        let text = desk.prove(position).expect("a proof").to_string();
        let read: Receipt = text.parse().expect("a receipt");
        let checkpoint = read.checked(&keys).expect("it is proven");
        let stored = desk.record(position).expect("read").expect("a record");
        assert_eq!((read.index + 1, checkpoint.size), (position.get(), 600));
        assert_eq!(read.record, *stored.public);
    }
    for (from, to) in [(0, 600), (1, 600), (255, 256), (256, 257), (300, 600), (600, 600)] {
        let (early, late) = (Position::new(from), Position::new(to));
        let found = desk.consistency(early, late).expect("a proof");
        let roots = [early, late].map(|at| desk.root_at(at).expect("read").expect("a root"));
        assert_eq!([found.first, found.second], roots);
        check_consistency((from, &roots[0]), (to, &roots[1]), &found.path).expect("it holds");
    }
    let name = |error: ProveError| error.name();
    assert_eq!(desk.prove(Position::new(601)).map_err(name), Err("not_found"));
    assert_eq!(desk.prove(Position::ZERO).map_err(name), Err("not_found"));
    let beyond = desk.inclusion(Position::new(1), Position::new(601));
    assert_eq!(beyond.map_err(name), Err("position_beyond_head"));
    desk.stop();
}

#[test]
fn tiles_hold_what_the_log_holds() {
    let house = House::new();
    let desk = signing_ledger(&house, &house.disk, 1);
    record(&desk, (1..300).map(opened).collect()).expect("recorded");
    let hashes = desk.tile(0, 0, 256).expect("read").expect("a tile");
    let above = desk.tile(1, 0, 1).expect("read").expect("a tile");
    let first = Position::new(256);
    assert_eq!(Some(above[0]), desk.root_at(first).expect("read"));
    let bytes = desk.entries(0, 256).expect("read").expect("a bundle");
    let (mut rest, mut found) = (bytes.as_slice(), Vec::new());
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let (public, after) = behind.split_at(usize::from(u16::from_be_bytes(*length)));
        found.push(sijil_proof::tree::leaf(public));
        rest = after;
    }
    assert_eq!(found, hashes);
    // What is not full yet has no other name, and what is not there has none.
    assert_eq!(desk.tile(0, 1, 44).expect("read").expect("a tile").len(), 44);
    for (level, number, width) in
        [(0, 1, 45), (0, 1, 256), (1, 0, 2), (2, 0, 1), (8, 0, 1), (0, 0, 0)]
    {
        assert_eq!(
            desk.tile(level, number, width).expect("read"),
            None,
            "{level} {number} {width}"
        );
    }
    assert_eq!(desk.entries(1, 45).expect("read"), None);
    assert_eq!(desk.entries(u64::MAX, 1).expect("read"), None);
    desk.stop();
}

#[test]
fn a_log_that_was_set_back_is_not_signed() {
    let house = House::new();
    let desk = signing_ledger(&house, &house.disk, 5);
    assert_eq!(size(&desk).expect("signed"), 5);
    // Another history of the same directory: shorter, as long, and longer.
    for length in 3..8 {
        let other = House::new();
        let set_back = other.open();
        record(&set_back, vec![opened(0)]).expect("recorded");
        for n in 1..length {
            record(&set_back, vec![client(&format!("X{n}"))]).expect("recorded");
        }
        set_back.sign_with(Ok(signing(&house.disk)));
        let error = size(&set_back).expect_err("it contradicts what was signed");
        assert!(
            matches!(&error, ProveError::RolledBack { signed, .. } if signed.get() == 5),
            "{length}: {error}"
        );
        let refused = record(&set_back, vec![client("C8")]).expect_err("nothing is recorded");
        assert!(matches!(refused, SubmitError::RolledBack { .. }), "{length}: {refused}");
        set_back.stop();
    }
    assert_eq!(highest(&house.disk), Some(5), "what was signed stays");
    // The log that was signed goes on, also after a restart.
    record(&desk, vec![client("C9")]).expect("recorded");
    assert_eq!(size(&desk).expect("signed"), 6);
    desk.stop();
    drop(desk);
    let desk = signing_ledger(&house, &house.disk, 7);
    assert_eq!(size(&desk).expect("signed"), 7);
    desk.stop();
}

#[test]
fn a_new_incarnation_is_another_log() {
    let (house, other) = (House::new(), House::new());
    let desk = signing_ledger(&house, &house.disk, 5);
    size(&desk).expect("signed");
    desk.stop();
    let restored = signing_ledger(&other, &house.disk, 3);
    restored.sign_with(Ok(Signing { incarnation: "2".into(), ..signing(&house.disk) }));
    assert_eq!(size(&restored).expect("signed"), 3);
    assert!(restored.vkey().expect("a key").name().ends_with("/2"));
    restored.stop();
}

#[test]
fn a_memory_that_cannot_be_read_or_written_signs_nothing() {
    let house = House::new();
    let desk = signing_ledger(&house, &house.disk, 2);
    size(&desk).expect("signed");
    record(&desk, vec![client("C8")]).expect("recorded");
    // The log's own calls are done; the next ones are those of signing.
    house.disk.fail(Fault::Syncs);
    let error = size(&desk).expect_err("it is not synced");
    assert!(matches!(error, ProveError::Unsigned(_)), "{error}");
    house.disk.fail(Fault::None);
    assert_eq!(size(&desk).expect("signed"), 3);
    let whole = sijil_log::seam::read_whole(&house.disk, Path::new(SIGNED)).expect("read");
    record(&desk, vec![client("C9")]).expect("recorded");
    let put = |bytes: &[u8]| {
        let file = house.disk.open(Path::new(SIGNED), Access::Create).expect("a file");
        write_all(&*file, bytes, 0).expect("written");
    };
    put(&whole[..whole.len() - 9]);
    let error = size(&desk).expect_err("it is no checkpoint");
    assert!(error.to_string().contains("it is no checkpoint"), "{error}");
    put(&whole);
    assert_eq!(size(&desk).expect("signed"), 4);
    desk.stop();
}

#[test]
fn a_cut_after_a_signature_forgets_nothing_of_it() {
    let house = House::new();
    let desk = signing_ledger(&house, &house.disk, 1);
    let mut before = None;
    for n in 1..6 {
        house.disk.remember();
        let signed = size(&desk).expect("signed");
        let moments = house.disk.moments();
        for moment in &moments {
            // With nothing, and with all that was not synced.
            let pieces = moment.pieces();
            for survives in [&pieces[..0], &pieces[..]] {
                let found = highest(&moment.cut(survives.iter()));
                assert!(found == before || found == Some(signed), "{found:?} of {signed}");
            }
        }
        assert!(moments.len() > 3, "{}", moments.len());
        // It has been shown by now.
        assert_eq!(highest(&house.disk.copy()), Some(signed));
        before = Some(signed);
        record(&desk, vec![opened(n)]).expect("recorded");
    }
    desk.stop();
}

#[test]
fn what_was_signed_a_moment_ago_serves_again() {
    let house = House::new();
    let desk = signing_ledger(&house, &house.disk, 2);
    let one = desk.checkpoint(Position::ZERO).expect("signed");
    record(&desk, vec![client("C8")]).expect("recorded");
    let same = desk.checkpoint(Position::ZERO).expect("signed");
    assert!(Arc::ptr_eq(&one, &same));
    // Whoever needs more of it gets more, and a second later everybody does.
    assert_eq!(desk.checkpoint(Position::new(3)).expect("signed").checkpoint.size, 3);
    record(&desk, vec![client("C9")]).expect("recorded");
    house.clock.0.fetch_add(1_000_000, Ordering::Relaxed);
    let later = desk.checkpoint(Position::ZERO).expect("signed");
    assert_eq!(later.checkpoint.size, 4);
    // A clock that is set back makes nothing last longer.
    record(&desk, vec![client("C10")]).expect("recorded");
    house.clock.0.fetch_sub(9_000_000, Ordering::Relaxed);
    assert_eq!(desk.checkpoint(Position::ZERO).expect("signed").checkpoint.size, 5);
    let kept = sijil_log::seam::read_whole(&house.disk, Path::new(SIGNED)).expect("read");
    let note: Note = String::from_utf8(kept).expect("text").parse().expect("a note");
    assert!(note.verified(&[desk.vkey().expect("a key")]).is_ok());
    desk.stop();
}

#[test]
fn two_processes_of_one_directory_sign_one_history() {
    let house = House::new();
    let desk = signing_ledger(&house, &house.disk, 2);
    let held = house.disk.storage().lock(Path::new("/d/keys/signed.lock")).expect("a lock");
    let error = size(&desk).expect_err("another process signs");
    assert!(error.to_string().contains("another process"), "{error}");
    drop(held);
    assert_eq!(size(&desk).expect("signed"), 2);
    desk.stop();
}
