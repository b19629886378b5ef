//! `sijil-sim`: the soak. Invariant: it stops at the first thing that is not as foretold, and
//! prints the one line that shows it again.
//!
//! ```text
//! sijil-sim soak MINUTES [SEED]            everything, from one seed on, until the time is up
//! sijil-sim random SEED [SEEDS] [STEPS]    random worlds
//! sijil-sim images SEED [OPERATIONS]       every crash of every workload up to so many operations
//! sijil-sim scenarios SEED [SCENARIOS]     every call of a scenario fails in turn
//! sijil-sim lying SEED [SEEDS]             devices that lose writes or put them elsewhere
//! sijil-sim tamper SEED [SEEDS] [TIMES]    every file of a data directory, changed in every way,
//!                                          so many times
//! ```

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use sijil_simulation::{
    images::{self, Plan},
    lying, scenarios, simulation, tamper,
    world::Seams,
};

/// Seeds between two lines of progress.
const ROUND: u64 = 200;
const AGAIN: &str = "cargo run --profile ci -p sijil-simulation --";

/// What a soak has done.
#[derive(Default)]
struct Done {
    seeds: u64,
    steps: u64,
    faults: u64,
    restarts: u64,
    images: u64,
    runs: u64,
    lies: u64,
    tampered: u64,
}

/// Prints what is wrong with the line that shows it again; true if there is nothing.
fn fine(wrong: &[String], again: &str) -> bool {
    for wrong in wrong.iter().take(5) {
        println!("WRONG {wrong}");
    }
    if !wrong.is_empty() {
        println!("again: {AGAIN} {again}");
    }
    wrong.is_empty()
}

fn soak(minutes: u64, mut seed: u64) -> bool {
    let (began, limit) = (Instant::now(), Duration::from_secs(minutes * 60));
    let mut done = Done::default();
    while began.elapsed() < limit {
        let steps = 1_000 + seed % 5 * 1_000;
        let random =
            simulation::many(seed, usize::try_from(ROUND).unwrap_or(1), steps, Seams::PLAIN);
        done.seeds += random.seeds;
        done.steps += random.seen.steps;
        done.faults += random.seen.faults;
        done.restarts += random.seen.restarts;
        if !fine(&random.wrong, &format!("random {seed} {ROUND} {steps}")) {
            return false;
        }
        let calls = scenarios::many(seed, 2, Seams::PLAIN);
        done.runs += calls.runs;
        if !fine(&calls.wrong, &format!("scenarios {seed} 2")) {
            return false;
        }
        let crashes = images::all(
            &Plan { operations: 2, random: 64, again_every: 4, ..Plan::ci(seed) },
            Seams::PLAIN,
        );
        done.images += crashes.images;
        if !fine(&crashes.wrong, &format!("images {seed} 2")) {
            return false;
        }
        let lies = lying::many(seed, usize::try_from(ROUND).unwrap_or(1), Seams::PLAIN);
        done.lies += lies.lies;
        if !fine(&lies.wrong, &format!("lying {seed} {ROUND}")) {
            return false;
        }
        let tampered = tamper::many(seed, 2, 4);
        done.tampered += tampered.disks();
        if !fine(&tampered.wrong, &format!("tamper {seed} 2 4")) {
            return false;
        }
        seed += ROUND;
        let Done { seeds, steps, faults, restarts, images, runs, lies, tampered } = &done;
        let minutes = began.elapsed().as_secs() / 60;
        println!(
            "{minutes} min, next seed {seed}: {seeds} seeds, {steps} steps, {faults} faults, \
             {restarts} restarts, {images} crash images, {runs} failed calls, {lies} lies of \
             devices, {tampered} disks tampered with; nothing wrong"
        );
    }
    true
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |at: usize, or: u64| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(or);
    let count = |at: usize, or: u64| usize::try_from(number(at, or)).unwrap_or(1);
    let seed = number(1, 1);
    let fine = match words.first().map(String::as_str) {
        Some("soak") => soak(number(1, 60), number(2, 1)),
        Some("random") => {
            let found = simulation::many(seed, count(2, 1), number(3, 1_000), Seams::PLAIN);
            println!("{found}");
            fine(&found.wrong, &format!("random {seed} {} {}", number(2, 1), number(3, 1_000)))
        }
        Some("images") => {
            let found =
                images::all(&Plan { operations: count(2, 3), ..Plan::ci(seed) }, Seams::PLAIN);
            println!("{found}");
            fine(&found.wrong, &format!("images {seed} {}", number(2, 3)))
        }
        Some("scenarios") => {
            let found = scenarios::many(seed, count(2, 30), Seams::PLAIN);
            println!("{found}");
            fine(&found.wrong, &format!("scenarios {seed} {}", number(2, 30)))
        }
        Some("lying") => {
            let found = lying::many(seed, count(2, 200), Seams::PLAIN);
            println!("{found}");
            fine(&found.wrong, &format!("lying {seed} {}", number(2, 200)))
        }
        Some("tamper") => {
            let found = tamper::many(seed, number(2, 1), number(3, 4));
            println!("{found}");
            fine(&found.wrong, &format!("tamper {seed} {} {}", number(2, 1), number(3, 4)))
        }
        _ => {
            println!(
                "expected soak MINUTES [SEED], random SEED [SEEDS] [STEPS], images SEED \
                 [OPERATIONS], scenarios SEED [SCENARIOS], lying SEED [SEEDS] or tamper SEED \
                 [SEEDS] [TIMES]"
            );
            return ExitCode::from(2);
        }
    };
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
