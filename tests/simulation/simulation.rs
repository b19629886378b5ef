//! Random simulation: many steps with mixed faults, from one seed each. Invariant: a seed that
//! fails fails again, at the same step.

use std::{
    collections::BTreeMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    crew::share,
    dice::Dice,
    driver::{Driver, Seen},
    faults::Chances,
    world::Seams,
};

/// What many runs have seen.
#[derive(Debug, Clone, Default)]
pub struct Simulated {
    /// Seeds run.
    pub seeds: u64,
    /// What they saw, in all.
    pub seen: Seen,
    /// What was not as foretold, with the seed.
    pub wrong: Vec<String>,
}

impl Simulated {
    fn add(&mut self, seed: u64, (seen, wrong): (Seen, Option<String>)) {
        self.seeds += 1;
        self.seen.add(seen);
        self.wrong.extend(wrong.map(|wrong| format!("SEED={seed} {wrong}")));
    }
}

impl Seen {
    fn add(&mut self, other: Seen) {
        self.steps += other.steps;
        self.faults += other.faults;
        self.restarts += other.restarts;
        self.recoveries_cut += other.recoveries_cut;
        for (name, count) in other.answers {
            *self.answers.entry(name).or_default() += count;
        }
    }
}

impl fmt::Display for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen { steps, faults, restarts, recoveries_cut, answers } = &self.seen;
        write!(
            f,
            "{} seeds, {steps} steps, {faults} faults, {restarts} restarts, {recoveries_cut} \
             recoveries cut; answers {answers:?}",
            self.seeds
        )
    }
}

/// How likely each fault is under this seed: some worlds are wild, some are calm but for one kind.
fn chances(seed: u64) -> Chances {
    let mut dice = Dice::new(seed).fork(0xFA);
    let kind = dice.below(6);
    let mut often = |wild: u64| if kind == 0 || dice.one_in(2) { wild } else { 0 };
    let (read, write, sync, name, full) =
        (often(900), often(160), often(400), often(500), often(120));
    Chances {
        read,
        short_read: 4,
        write,
        short_write: 2,
        interrupted: 9,
        sync,
        name,
        full,
        lost: 0,
        astray: 0,
        dice: dice.fork(1),
    }
}

/// Runs one seed; says what it saw and what was not as foretold.
#[must_use]
pub fn run(seed: u64, steps: u64, seams: Seams) -> (Seen, Option<String>) {
    let mut driver = Driver::new(seed, seams);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        driver.house.disk.chance(Some(chances(seed)));
        for _ in 0..steps {
            driver.step()?;
        }
        driver.finish()
    }));
    let wrong = match outcome {
        Ok(outcome) => outcome.err(),
        Err(panic) => Some(format!("panicked: {}", said(&*panic))),
    };
    let wrong = wrong.map(|wrong| format!("step {}: {wrong}", driver.seen.steps));
    (driver.seen, wrong)
}

/// The words of a panic.
#[must_use]
pub fn said(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}

/// Runs many seeds.
#[must_use]
pub fn many(first: u64, seeds: usize, steps: u64, seams: Seams) -> Simulated {
    let mut all = Simulated::default();
    for (at, found) in
        share(seeds, |at| run(first + at as u64, steps, seams)).into_iter().enumerate()
    {
        all.add(first + at as u64, found);
    }
    all
}

/// Names of answers that a run of many seeds must have given.
pub const REACHED: &[&str] = &[
    "recorded",
    "already_exists",
    "already_voided",
    "has_dependants",
    "idempotency_conflict",
    "ledger_already_open",
    "log_full",
    "revision_conflict",
    "unavailable",
    "unknown_reference",
    "void_of_void",
];

/// The names that were not reached.
#[must_use]
pub fn not_reached(answers: &BTreeMap<&'static str, u64>) -> Vec<&'static str> {
    REACHED.iter().filter(|name| !answers.contains_key(**name)).copied().collect()
}
