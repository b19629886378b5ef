//! Every call of a scenario fails in turn, once or for ever. Invariant: after any of them nothing
//! acknowledged is lost, and nothing else is there than what was sent.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    crew::share,
    driver::{Driver, End},
    faults::Fault,
    simulation::said,
    world::Seams,
};

/// Steps of a scenario besides its start.
const STEPS: u64 = 100;

/// What was tried and found.
#[derive(Debug, Clone, Default)]
pub struct Scenarios {
    /// Scenarios.
    pub scenarios: u64,
    /// Calls that failed, once and for ever each.
    pub calls: u64,
    /// Reads that failed, once and for ever each.
    pub reads: u64,
    /// Runs in all.
    pub runs: u64,
    /// What was not as foretold, with the way to it.
    pub wrong: Vec<String>,
}

impl fmt::Display for Scenarios {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} scenarios, {} calls and {} reads failed once and for ever, {} runs",
            self.scenarios, self.calls, self.reads, self.runs
        )
    }
}

/// Runs a scenario with a fault; says how many calls and reads there were, and what was not as
/// foretold.
fn run(seed: u64, fault: Fault, seams: Seams) -> (u64, u64, Option<String>) {
    let mut driver = Driver::new(seed, seams);
    let first = driver.house.disk.clone();
    first.fail(fault);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // The fault stays on the first disk: the next process finds one that works.
        driver.open_or_restart(End::Kill)?;
        for _ in 0..STEPS {
            driver.step()?;
        }
        driver.snapshot();
        driver.finish()
    }));
    let wrong = match outcome {
        Ok(outcome) => outcome.err(),
        Err(panic) => Some(format!("panicked: {}", said(&*panic))),
    };
    (first.calls(), first.reads(), wrong)
}

/// Lets every call of one scenario fail in turn.
#[must_use]
pub fn scenario(seed: u64, seams: Seams) -> Scenarios {
    let mut found = Scenarios { scenarios: 1, ..Scenarios::default() };
    let (calls, reads, wrong) = run(seed, Fault::None, seams);
    found.wrong.extend(wrong.map(|wrong| format!("SEED={seed} no fault: {wrong}")));
    (found.calls, found.reads) = (calls, reads);
    let faults = (1..=calls)
        .flat_map(|nth| [Fault::Call(nth), Fault::CallsFrom(nth)])
        .chain((1..=reads).flat_map(|nth| [Fault::Read(nth), Fault::ReadsFrom(nth)]));
    for fault in faults {
        found.runs += 1;
        let (_, _, wrong) = run(seed, fault, seams);
        found.wrong.extend(wrong.map(|wrong| format!("SEED={seed} {fault:?}: {wrong}")));
    }
    found
}

/// Runs many scenarios.
#[must_use]
pub fn many(first: u64, scenarios: usize, seams: Seams) -> Scenarios {
    let mut all = Scenarios::default();
    for found in share(scenarios, |at| scenario(first + at as u64, seams)) {
        all.scenarios += found.scenarios;
        all.calls += found.calls;
        all.reads += found.reads;
        all.runs += found.runs;
        all.wrong.extend(found.wrong);
    }
    all
}
