//! The simulator's share of every run of the tests. Invariant: each row says what it did, and a
//! seed shows it again.
//!
//! The seeds of a run are fixed, so that a run says something of the change it judges; `SIJIL_SEED`
//! gives another base.

use sijil_simulation::{
    images::{self, Plan},
    lying, planted, scenarios, simulation, tamper,
    world::Seams,
};

fn seed() -> u64 {
    std::env::var("SIJIL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1)
}

fn none(row: &str, wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "{row}: {} wrong, the first of them\n{}",
        wrong.len(),
        wrong.iter().take(5).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn every_crash_of_every_short_workload_leaves_what_was_acknowledged() {
    let found = images::all(&Plan::ci(seed()), Seams::PLAIN);
    println!("row 1, base seed {}: {found}", seed());
    none("crash images", &found.wrong);
    assert!(found.images >= 200_000, "expected at least 200000 images, judged {}", found.images);
}

#[test]
fn random_worlds_keep_what_was_acknowledged() {
    let found = simulation::many(seed() * 1_000_000, 2_000, 1_000, Seams::PLAIN);
    println!("row 2, seeds from {}: {found}", seed() * 1_000_000);
    none("random simulation", &found.wrong);
    assert!(
        found.seen.faults >= 1_000_000,
        "expected at least a million faults, had {}",
        found.seen.faults
    );
    assert_eq!(
        simulation::not_reached(&found.seen.answers),
        Vec::<&str>::new(),
        "answers the generator did not reach"
    );
}

#[test]
fn whichever_call_fails_nothing_acknowledged_is_lost() {
    let found = scenarios::many(seed() * 1_000, 30, Seams::PLAIN);
    println!("row 3, seeds from {}: {found}", seed() * 1_000);
    none("n-th call fails", &found.wrong);
}

#[test]
fn a_device_that_lies_is_found_out() {
    let found = lying::many(seed() * 1_000_000, 3_000, Seams::PLAIN);
    println!("row 2, lost and misdirected writes, seeds from {}: {found}", seed() * 1_000_000);
    none("lying devices", &found.wrong);
    let seen = [found.lies, found.found, found.untold, found.refused];
    assert!(
        seen.iter().zip([10_000, 1_000, 20, 1_000]).all(|(seen, least)| *seen >= least),
        "the generator reached too little: {seen:?}"
    );
}

#[test]
fn whatever_is_done_to_a_file_is_found_or_changes_no_answer() {
    let found = tamper::many(seed() * 1_000, 4, 4);
    println!("row 10, seeds from {}: {found}", seed() * 1_000);
    none("tampering", &found.wrong);
    let kinds: std::collections::BTreeSet<&str> =
        found.counts.keys().map(|(kind, _)| *kind).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["mark", "offsets", "run", "segment", "snapshot", "tile"],
        "kinds of files"
    );
    assert!(
        found.log_bytes >= 64 << 10 && found.disks() >= 4_000,
        "{} disks, {} bytes of segments",
        found.disks(),
        found.log_bytes
    );
}

#[test]
fn every_planted_bug_is_caught() {
    // A planted bug makes the sequencer panic now and then; what it says then is no news.
    let found = planted::all(seed());
    println!("row 12, base seed {}: {found}", seed());
    assert!(found.bugs.len() >= 15, "{} bugs are planted", found.bugs.len());
    assert_eq!(found.missed(), Vec::<&str>::new(), "planted bugs that nobody caught");
}
