//! The suite against planted bugs. Invariant: a bug counts as caught only if a run that passes
//! without it fails with it.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    crew::share,
    images::{self, Plan},
    saboteurs::PLANTED,
    scenarios, simulation, tamper,
    workload::{all_workloads, foundation},
    world::Seams,
};

/// What became of the planted bugs.
#[derive(Debug, Clone, Default)]
pub struct Planted {
    /// The bugs, and what caught each: nothing, if it was not caught.
    pub bugs: Vec<(&'static str, Option<String>)>,
}

impl Planted {
    /// The names of those that were not caught.
    #[must_use]
    pub fn missed(&self) -> Vec<&'static str> {
        self.bugs.iter().filter(|(_, by)| by.is_none()).map(|(name, _)| *name).collect()
    }
}

impl fmt::Display for Planted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} planted bugs caught:",
            self.bugs.len() - self.missed().len(),
            self.bugs.len()
        )?;
        self.bugs.iter().try_for_each(|(name, by)| {
            write!(f, "\n    {name}: {}", by.as_deref().unwrap_or("MISSED"))
        })
    }
}

/// Looks for a bug with everything there is, and says what found it first.
fn hunt(seed: u64, seams: Seams) -> Option<String> {
    let first = |row: &str, wrong: &[String]| {
        wrong.first().map(|wrong| format!("{row}: {}", wrong.chars().take(140).collect::<String>()))
    };
    for number in 0..60 {
        let (_, wrong) = simulation::run(seed + number, 500, seams);
        if let Some(wrong) = wrong {
            return first("random", &[format!("SEED={} {wrong}", seed + number)]);
        }
    }
    let plan = Plan { operations: 2, ..Plan::ci(seed) };
    let foundation = foundation(seed);
    for operations in all_workloads(2) {
        let found = catch_unwind(AssertUnwindSafe(|| {
            images::workload(&plan, &foundation, seams, &operations)
        }));
        let wrong = match found {
            Ok(found) => found.wrong,
            Err(panic) => vec![simulation::said(&*panic)],
        };
        if !wrong.is_empty() {
            return first("images", &wrong);
        }
    }
    first("tampered", &tamper::hunt(seed, seams))
        .or_else(|| first("calls", &scenarios::scenario(seed, seams).wrong))
}

/// Hunts every planted bug.
#[must_use]
pub fn all(seed: u64) -> Planted {
    let found = share(PLANTED.len(), |at| hunt(seed, PLANTED[at].1));
    Planted { bugs: PLANTED.iter().map(|(name, _)| *name).zip(found).collect() }
}
