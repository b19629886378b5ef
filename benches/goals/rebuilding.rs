//! Rows 4 and 5: reading the whole log, into projections and raw. Invariant: a rebuilt state equals
//! the live one, else the bench ends.

use sijil_benches::figures::{Goal, Lap, per_second};
use sijil_ledger::Desk;

use crate::{BenchError, Run, output::say};

/// How many threads read and decode.
const THREADS: usize = 2;

/// All projections at once, then each alone.
pub(crate) fn all(run: &mut Run<'_>, ledger: &Desk) -> Result<(), BenchError> {
    say("rebuilding");
    let rates = run.rounds(|| replay(ledger, "all"))?;
    run.add(4, "all projections", "events/s", &rates, Goal::AtLeast(1_000_000));
    let names: Vec<&'static str> =
        ledger.views().status().into_iter().map(|status| status.name).collect();
    for name in names {
        let rates = run.rounds(|| replay(ledger, name))?;
        run.add(4, format!("{name} alone"), "events/s", &rates, Goal::AtLeast(2_000_000));
    }
    Ok(())
}

fn replay(ledger: &Desk, name: &str) -> Result<u64, BenchError> {
    let replay = ledger.replay(name, None, THREADS, |_, _| ())?;
    match replay.projections.iter().find(|one| one.agrees() == Some(false)) {
        Some(one) => Err(BenchError::Wrong(format!(
            "{} rebuilt differs from what serves: {one:?}",
            one.projection
        ))),
        None => Ok(per_second(replay.records, replay.millis.saturating_mul(1_000))),
    }
}

/// Every record as it is stored.
pub(crate) fn scan(run: &mut Run<'_>, ledger: &Desk) -> Result<(), BenchError> {
    say("scanning");
    let rates = run.rounds(|| {
        let lap = Lap::begin();
        let records = ledger.scan(THREADS)?;
        Ok(per_second(records, lap.micros()))
    })?;
    run.add(5, "scan", "records/s", &rates, Goal::AtLeast(3_000_000));
    Ok(())
}
