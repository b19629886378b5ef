//! Rows 6, 7 and 14: what is done with a ledger that does not run. Invariant: a log that is not
//! sound ends the bench.

use std::path::PathBuf;

use sijil_benches::figures::{Goal, Lap, per_second};

use crate::{
    BenchError, Run,
    filling::LEDGER,
    machine::{Access, forget_snapshots, verify as verified},
    output::say,
    room::bytes_in,
};

/// How many threads verify.
const THREADS: usize = 2;

fn dir(run: &Run<'_>) -> PathBuf {
    run.room.place(LEDGER)
}

/// Every byte, hash, root, footer and index.
pub(crate) fn verify(run: &mut Run<'_>) -> Result<(), BenchError> {
    say("verifying");
    let rates = run.rounds(|| {
        let lap = Lap::begin();
        let report = verified(&dir(run), THREADS)?;
        let micros = lap.micros();
        if report.is_sound() && report.records >= run.events {
            Ok(per_second(report.records, micros))
        } else {
            Err(BenchError::Wrong(format!(
                "expected {} sound records or more, got {report:?}",
                run.events
            )))
        }
    })?;
    run.add(6, "verify", "records/s", &rates, Goal::AtLeast(1_500_000));
    Ok(())
}

/// Bytes on the disk and in memory.
pub(crate) fn cost(
    run: &mut Run<'_>,
    (draft_bytes, memory): (u64, Vec<u64>),
) -> Result<(), BenchError> {
    let report = verified(&dir(run), THREADS)?;
    let per_record = report.bytes / report.records.max(1);
    run.add(
        14,
        "log, bytes a record beyond its JSON, open",
        "bytes",
        &[per_record.saturating_sub(draft_bytes)],
        Goal::AtMost(96),
    );
    run.figures.told("log, a record, open", "bytes", &[per_record]);
    let sealed = report.sealed_disk_bytes.checked_div(report.sealed_records);
    run.add(14, "log, bytes a record, sealed", "bytes", sealed.as_slice(), Goal::AtMost(130));
    for name in ["index", "tiles", "snapshots"] {
        let bytes = bytes_in(&dir(run).join(name)).unwrap_or(0);
        run.add(
            14,
            format!("derived files: {name}, a record"),
            "bytes",
            &[bytes / report.records.max(1)],
            Goal::Told,
        );
    }
    run.add(
        14,
        "peak of resident memory while importing, an event",
        "bytes",
        &memory,
        Goal::AtMost(100),
    );
    Ok(())
}

/// From nothing to the first answer.
pub(crate) fn start(run: &mut Run<'_>) -> Result<(), BenchError> {
    say("starting");
    let first_answer = || {
        let lap = Lap::begin();
        let ledger = run.machine.open(&dir(run), Access::Read)?;
        let answer = run.machine.get(&ledger, "/v1/reports/client_timeline?client=C-1&limit=50");
        let micros = lap.micros();
        ledger.stop();
        answer.map(|_| micros / 1_000)
    };
    let with = run.rounds(first_answer)?;
    forget_snapshots(&dir(run))?;
    let without = run.rounds(first_answer)?;
    run.add(7, "with snapshots", "ms", &with, Goal::AtMost(2_000));
    run.add(7, "without", "ms", &without, Goal::AtMost(15_000));
    Ok(())
}
