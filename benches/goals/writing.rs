//! Rows 2, 3 and 12: single events over HTTP, each durable before it is answered. Invariant: the
//! bare handler is measured in the same round, by the same caller on the same runtime.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use sijil_benches::figures::{Goal, Spread, per_second, permille};

use crate::{
    BenchError, Run, SYNCS,
    asking::heavy,
    caller::{Wire, closed, open, sending},
    machine::sync_micros,
    output::say,
};

/// Callers at once.
const CALLERS: usize = 64;
/// The longest one round may take.
const ROUND: Duration = Duration::from_secs(20);
/// Writes a second while reports run.
const RATE_BESIDE_REPORTS: u64 = 200;
/// How many heavy reports run at once.
const READERS: usize = 2;
/// What one write may take beyond a sync, in microseconds.
const BEYOND_SYNC: u64 = 300;

/// Single events as they are sent: letters to many clients.
pub(crate) fn letters() -> Vec<Wire> {
    let letter = |number: u32| {
        let (client, seconds) = (1 + number % 8, 60 + number);
        let data = format!(
            r#"{{"client":"C-{client}","channel":"call","direction":"out","duration_s":{seconds},"#
        ) + &format!(
            r#""outcome":"reached","body_ref":"archive/2025/12/31/letter-{number:06}","#
        ) + r#""attributes":{"campaign":"year-end","quarter":"2025-Q4"}}"#;
        let head = r#""type":"interaction.recorded","occurred_at":"2025-12-31T12:00:00Z""#;
        let who = r#""actor":"manager-1","source":"crm""#;
        sending("/v1/events", &format!(r#"{{{head},{who},"data":{data}}}"#))
    };
    (0..256).map(letter).collect()
}

/// One connection, then many; closed loop, then open.
pub(crate) fn singles(run: &mut Run<'_>, address: SocketAddr) -> Result<(), BenchError> {
    say("recording single events over HTTP");
    let letters = letters();
    let (many, few) = (run.share(10, 320, 64_000), run.share(100, 20, 2_000));
    let (mut rates, mut bare_rates, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    let (mut closed_p99, mut open_p50, mut open_p99) = (Vec::new(), Vec::new(), Vec::new());
    let (mut alone, mut alone_p99, mut syncs, mut beyond, mut bare_alone) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..run.rounds {
        let (bare_rate, bare_median) =
            run.machine.serve_bare_during(|address| bare_handler(address, &letters, many, few))?;
        let called = closed(address, CALLERS, &letters, many, ROUND)?;
        let rate = per_second(called.latencies.len(), called.micros);
        // Half of what it can do: a rate at which nothing but itself makes it wait.
        let opened = open(address, CALLERS, &letters, many / 2, (rate / 2).max(1))?;
        let single = closed(address, 1, &letters, few, ROUND)?;
        let sync =
            Spread::of(&sync_micros(run.room.path(), SYNCS)?).map_or(0, |spread| spread.median);
        rates.push(rate);
        bare_rates.push(bare_rate);
        shares.push(permille(rate, bare_rate));
        closed_p99.push(called.quantile(0.99));
        open_p50.push(opened.quantile(0.5));
        open_p99.push(opened.quantile(0.99));
        alone.push(single.quantile(0.5));
        alone_p99.push(single.quantile(0.99));
        beyond.push(single.quantile(0.5).saturating_sub(sync));
        syncs.push(sync);
        bare_alone.push(bare_median);
    }
    run.figures.told("bare axum handler, 64 connections", "requests/s", &bare_rates);
    run.figures.told("bare axum handler, 1 connection, median", "µs", &bare_alone);
    run.add(2, "closed loop", "events/s", &rates, Goal::Told);
    run.add(2, "share of the bare handler", "‰", &shares, Goal::AtLeast(500));
    run.add(2, "closed loop, p99", "µs", &closed_p99, Goal::Told);
    run.add(2, "open loop at half that rate, median", "µs", &open_p50, Goal::Told);
    run.add(2, "open loop at half that rate, p99", "µs", &open_p99, Goal::Told);
    run.add(3, "closed loop, median", "µs", &alone, Goal::Told);
    run.add(3, "one sync of 4 KiB", "µs", &syncs, Goal::Told);
    run.add(3, "beyond one sync", "µs", &beyond, Goal::AtMost(BEYOND_SYNC));
    run.add(3, "closed loop, p99", "µs", &alone_p99, Goal::Told);
    Ok(())
}

/// Requests a second of many connections, and the median of one.
fn bare_handler(
    address: SocketAddr,
    letters: &[Wire],
    many: usize,
    few: usize,
) -> Result<(u64, u64), BenchError> {
    let called = closed(address, CALLERS, letters, many, ROUND)?;
    Ok((
        per_second(called.latencies.len(), called.micros),
        closed(address, 1, letters, few, ROUND)?.quantile(0.5),
    ))
}

/// The same writes at a fixed rate, with and without reports beside them.
pub(crate) fn beside_reports(run: &mut Run<'_>, address: SocketAddr) -> Result<(), BenchError> {
    say("recording beside heavy reports");
    let (letters, reports) = (letters(), heavy(run.events));
    let count = run.share(1_000, 40, 1_000);
    let write = || {
        Ok::<u64, BenchError>(
            open(address, 8, &letters, count, RATE_BESIDE_REPORTS)?.quantile(0.99),
        )
    };
    let (mut without, mut with, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..run.rounds {
        let quiet = write()?;
        let over = AtomicBool::new(false);
        let busy = std::thread::scope(|scope| {
            let readers: Vec<_> = (0..READERS)
                .map(|_| {
                    scope.spawn(|| {
                        while !over.load(Ordering::Relaxed) {
                            closed(address, 1, &reports, reports.len(), Duration::from_secs(1))?;
                        }
                        Ok::<(), BenchError>(())
                    })
                })
                .collect();
            let busy = write();
            over.store(true, Ordering::Relaxed);
            for reader in readers {
                reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            }
            busy
        })?;
        without.push(quiet);
        with.push(busy);
        ratios.push(permille(busy, quiet));
    }
    run.add(12, "beside heavy reports", "µs", &with, Goal::Told);
    run.add(12, "without", "µs", &without, Goal::Told);
    run.add(12, "the one in thousandths of the other", "‰", &ratios, Goal::AtMost(2_000));
    Ok(())
}
