//! How much memory do the hot paths ask for? A guard that does not time: allocations per event,
//! with room to spare. Invariant: the same events in every run, so the counts are the same on every
//! machine; a change that goes beyond a bound says so here, and one that makes a count much smaller
//! lowers its bound.

use allocation_counter::measure;
use sijil_benches::{append, batches, candidates, drafts, log, open, records};
use sijil_log::{ReadLimit, Reader};
use sijil_projections::{Fold, Views, assembly::Assembly, clients::Clients};
use sijil_schemas::Position;

const EVENTS: u64 = 5_000;

/// Runs something for every event, and checks the allocations of one, in tenths.
fn check(what: &str, most_tenths: u64, run: impl FnOnce()) {
    let counted = measure(run).count_total * 10 / EVENTS;
    println!(
        "{what}: {}.{} allocations per event, at most {}.{}",
        counted / 10,
        counted % 10,
        most_tenths / 10,
        most_tenths % 10
    );
    assert!(
        counted <= most_tenths,
        "{what}: expected at most {most_tenths} tenths of an allocation per event, got {counted}"
    );
}

#[test]
fn hot_paths_ask_for_little_memory() {
    let drafts = drafts(EVENTS);
    let mut parsed = Vec::new();
    check("parse a draft", 350, || parsed = candidates(&drafts));
    let mut kept = Vec::new();
    check("keep a candidate", 80, || kept = records(parsed));
    check("decode a record", 20, || {
        for (_, stored) in &kept {
            stored.decode().expect("it was kept");
        }
    });
    let mut views = Views::default();
    check("fold a record into every projection", 110, || {
        kept.iter().for_each(|(record, _)| views.apply(record));
    });
    let (dir, batches) = (tempfile::tempdir().expect("a directory"), batches(&kept, 1_000));
    let mut opened = open(dir.path());
    check("append a record", 5, || append(&mut opened, &batches));
    let reader = opened.reader;
    check("read a record", 20, || {
        let mut from = Position::new(1);
        while let Some(last) = reader.read(from, ReadLimit::SCAN).expect("it is read").last() {
            from = last.position().next();
        }
    });
}

/// What is kept of whose client each event is, after many events: no list of a client's events,
/// only what ties them.
#[test]
fn ties_take_little_room() {
    const MANY: u64 = 40_000;
    const BYTES_MAX: i64 = 90;
    let kept = records(candidates(&drafts(MANY)));
    let mut views = Views::default();
    kept.iter().for_each(|(record, _)| views.apply(record));
    let mut clients = Clients::default();
    clients.count_in(views.entities.ids().clone());
    let mut assembly = Assembly::default();
    let counted = measure(|| {
        for (record, _) in &kept {
            if let Some(whole) = assembly.take(record) {
                clients.take(&whole);
            }
        }
    });
    let bytes = counted.bytes_current / MANY.cast_signed();
    println!("clients: {bytes} bytes per event, at most {BYTES_MAX}");
    assert!(
        bytes <= BYTES_MAX,
        "clients: expected at most {BYTES_MAX} bytes an event, got {bytes}"
    );
    assert_eq!(clients.digest(), views.clients.digest());
}

#[test]
fn a_log_made_for_a_bench_is_sound() {
    let dir = log(EVENTS);
    assert_eq!(open(dir.path()).reader.head().expect("a head").position.get(), EVENTS);
}
