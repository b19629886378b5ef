//! Rows 1 and 14: a ledger is filled from a file of drafts, anew in each round. Invariant: it
//! counts until everything is durable and every projection has it, and every line must have been
//! recorded.

use std::{
    fs::File,
    io::{BufWriter, Write},
    time::Duration,
};

use serde_json::json;
use sijil_benches::figures::{Goal, Lap, per_second};
use sijil_demo::Company;
use sijil_ledger::Desk;

use crate::{BenchError, Run, computer, machine::Access, output::say};

/// Where the ledger stands in the room.
pub(crate) const LEDGER: &str = "ledger";
const DRAFTS: &str = "drafts.ndjson";
/// How long the projections may take after the last line is durable.
const FOLDED_S_MAX: u64 = 600;

/// A ledger that is full, and what is known of it.
pub(crate) struct Filled {
    pub(crate) ledger: Desk,
    /// The mean length of a draft as JSON.
    pub(crate) draft_bytes: u64,
    /// The most memory this process had, per event, in each round.
    pub(crate) memory: Vec<u64>,
    pub(crate) clients: u64,
    pub(crate) deals: u64,
}

/// Fills it.
pub(crate) fn fill(run: &mut Run<'_>) -> Result<Filled, BenchError> {
    let mut company = Company::new(1, run.events);
    let mut file = BufWriter::new(File::create(run.room.place(DRAFTS))?);
    let mut bytes = 0;
    for line in company.by_ref() {
        bytes += line.len() as u64;
        writeln!(file, "{line}")?;
    }
    file.flush()?;
    let (draft_bytes, clients, deals) =
        (bytes / run.events.max(1), company.clients_told(), company.deals_told());
    drop(company);
    run.figures.told("a draft as JSON, mean", "bytes", &[draft_bytes]);
    run.figures.told("clients", "count", &[clients]);
    let (mut rates, mut memory, mut last) = (Vec::new(), Vec::new(), None::<Desk>);
    for round in 1..=run.rounds {
        say(&format!("importing, round {round}"));
        if let Some(ledger) = last.take() {
            ledger.stop();
            drop(ledger);
            run.room.clear(LEDGER)?;
        }
        computer::forget_peak();
        let ledger = run.machine.open(&run.room.place(LEDGER), Access::Write)?;
        rates.push(import(run, &ledger)?);
        memory.extend(computer::peak_bytes().map(|peak| peak / run.events.max(1)));
        last = Some(ledger);
    }
    run.add(1, "import", "events/s", &rates, Goal::AtLeast(400_000));
    let ledger = last.ok_or_else(|| BenchError::Wrong("expected one round or more".into()))?;
    Ok(Filled { ledger, draft_bytes, memory, clients, deals })
}

fn import(run: &Run<'_>, ledger: &Desk) -> Result<u64, BenchError> {
    let lap = Lap::begin();
    let report = run.machine.import(ledger, File::open(run.room.place(DRAFTS))?)?;
    if report["recorded"] != json!(run.events) {
        return Err(BenchError::Wrong(format!(
            "expected {} events to be recorded, got {report}",
            run.events
        )));
    }
    if !ledger.settle(Duration::from_secs(FOLDED_S_MAX)) {
        return Err(BenchError::Wrong(format!(
            "expected the projections to follow within {FOLDED_S_MAX} s"
        )));
    }
    Ok(per_second(run.events, lap.micros()))
}
