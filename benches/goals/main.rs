//! The table of goals, measured on the spot over HTTP and on the disk that is asked for. Invariant:
//! it works in a directory of its own and takes it away again; nothing is measured with a rule, a
//! sync or a projection left out.

mod asking;
mod backdating;
mod caller;
mod computer;
mod error;
mod filling;
mod machine;
mod output;
mod rebuilding;
mod resting;
mod room;
mod writing;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use sijil_benches::figures::{Figures, Goal, Title, permille};
use sijil_ledger::{Desk, with_causes};
use sijil_log::machine::large_pages;

use crate::{
    error::BenchError,
    machine::{Machine, sync_micros},
    output::{Format, print, say},
    room::Room,
};

/// The program's own allocator, so that it costs here what it costs there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures every goal on the spot: import, rebuild, verify, writes and questions, in a directory
/// of its own that it takes away again.
#[derive(Debug, Parser)]
#[command(name = "sijil-bench", version)]
struct Arguments {
    /// Where to make that directory: the disk that is measured.
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// How many demo events the ledger has.
    #[arg(
        long,
        default_value_t = 1_000_000,
        value_parser = clap::value_parser!(u64).range(1_000..)
    )]
    events: u64,
    /// How often each thing is measured.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=100))]
    rounds: u8,
    /// Measure growth against a ledger of so many events; from ten million on, against one million
    /// unless said otherwise.
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1_000..))]
    growth_from: Option<u64>,
    /// How the table is written to stdout.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
}

/// From how many events on growth is measured, and from which size.
const GROWTH_EVENTS: (u64, u64) = (10_000_000, 1_000_000);
/// How many syncs are timed.
const SYNCS: usize = 50;

const TITLES: [Title; 14] = [
    title(
        1,
        "bulk import: NDJSON file, validated, admitted, durable, folded, hashed",
        "at least 400,000 events/s",
        0,
    ),
    title(
        2,
        "POST of one event, durable, 64 connections",
        "at least half of a bare handler that parses the same body",
        0,
    ),
    title(
        3,
        "POST of one event, durable, 1 connection",
        "at most one sync + 300 µs at the median",
        0,
    ),
    title(
        4,
        "rebuild from the log",
        "all projections: at least 1,000,000 events/s; each alone: at least 2,000,000",
        0,
    ),
    title(5, "scan of raw records, warm", "at least 3,000,000 records/s", 0),
    title(6, "verify", "at least 1,500,000 records/s", 0),
    title(
        7,
        "start to first answer",
        "with snapshots: at most 2 s; without: at most 15 s",
        10_000_000,
    ),
    title(8, "point reads over HTTP, p99", "each at most 1 ms", 10_000_000),
    title(9, "reports of now and of a past date, p99", "each at most 50 ms", 10_000_000),
    title(10, "any report at a past known_at, cold", "each at most 1 s", 10_000_000),
    title(
        11,
        "back-dated receipt, written and answered",
        "before 22,000 later moves: at most 50 ms; before 1,000,000: at most 2 s; no write waits",
        1_000_000,
    ),
    title(12, "write latency while heavy reports run, p99", "at most twice that without", 0),
    title(
        13,
        "growth: rates 1, 2, 4 and p99 of 8, against a ledger of a tenth",
        "within 10 %",
        10_000_000,
    ),
    title(
        14,
        "cost per record",
        "log: at most JSON + 96 bytes, sealed at most 130; memory: at most 100 bytes",
        10_000_000,
    ),
];

const fn title(number: u8, measure: &'static str, goal: &'static str, from_events: u64) -> Title {
    Title { number, measure, goal, from_events }
}

/// What every measure needs.
struct Run<'a> {
    machine: &'a Machine,
    room: &'a Room,
    rounds: usize,
    /// How many events the ledger has.
    events: u64,
    figures: Figures,
}

impl Run<'_> {
    /// What each round gives.
    fn rounds(
        &self,
        mut measure: impl FnMut() -> Result<u64, BenchError>,
    ) -> Result<Vec<u64>, BenchError> {
        (0..self.rounds).map(|_| measure()).collect()
    }
    /// A figure of a row at this size.
    fn add(
        &mut self,
        row: u8,
        measure: impl Into<String>,
        unit: &'static str,
        rounds: &[u64],
        goal: Goal,
    ) {
        self.figures.add(row, measure, unit, rounds, goal, self.events);
    }
    /// So many of something that is done once per event, between a least and a most.
    fn share(&self, of: u64, least: usize, most: usize) -> usize {
        usize::try_from(self.events / of).unwrap_or(most).clamp(least, most)
    }
}

fn main() -> ExitCode {
    large_pages(false);
    match bench(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("sijil-bench: {}", with_causes(&error)));
            ExitCode::FAILURE
        }
    }
}

fn bench(arguments: &Arguments) -> Result<(), BenchError> {
    let (machine, room) = (Machine::new()?, Room::within(&arguments.dir)?);
    let events = arguments.events;
    let mut run = Run {
        machine: &machine,
        room: &room,
        rounds: usize::from(arguments.rounds),
        events,
        figures: Figures::default(),
    };
    run.figures.fact("machine", &computer::words());
    run.figures.fact("commit", env!("SIJIL_COMMIT"));
    run.figures.told("sync of 4 KiB", "µs", &sync_micros(room.path(), SYNCS)?);
    let from = arguments.growth_from.or((events >= GROWTH_EVENTS.0).then_some(GROWTH_EVENTS.1));
    let small = from.map(|events| rates(&run, events)).transpose()?;
    measure(&mut run)?;
    if let Some(small) = small {
        growth(&mut run, &small);
    }
    Ok(print(&run.figures.table(&TITLES), arguments.format)?)
}

/// Everything, at one size.
fn measure(run: &mut Run<'_>) -> Result<(), BenchError> {
    say(&format!("{} events, {} rounds", run.events, run.rounds));
    let filled = filling::fill(run)?;
    rebuilding::all(run, &filled.ledger)?;
    rebuilding::scan(run, &filled.ledger)?;
    serving(run, &filled.ledger, |run, address| {
        writing::singles(run, address)?;
        asking::points(run, address, &filled)?;
        asking::reports(run, address)?;
        asking::past(run, address)?;
        writing::beside_reports(run, address)
    })?;
    let cost = (filled.draft_bytes, filled.memory);
    drop(filled.ledger);
    resting::verify(run)?;
    resting::cost(run, cost)?;
    resting::start(run)?;
    run.room.clear(filling::LEDGER)?;
    backdating::receipts(run)
}

/// The rates that must not fall as the ledger grows, at another size.
fn rates(run: &Run<'_>, events: u64) -> Result<Figures, BenchError> {
    say(&format!("{events} events, to compare with"));
    let mut small = Run {
        machine: run.machine,
        room: run.room,
        rounds: run.rounds,
        events,
        figures: Figures::default(),
    };
    let filled = filling::fill(&mut small)?;
    rebuilding::all(&mut small, &filled.ledger)?;
    serving(&mut small, &filled.ledger, |run, address| {
        writing::singles(run, address)?;
        asking::points(run, address, &filled)
    })?;
    run.room.clear(filling::LEDGER)?;
    Ok(small.figures)
}

/// Works on a ledger that is served; it is stopped then.
fn serving(
    run: &mut Run<'_>,
    ledger: &Desk,
    work: impl FnOnce(&mut Run<'_>, std::net::SocketAddr) -> Result<(), BenchError>,
) -> Result<(), BenchError> {
    let machine = run.machine;
    machine.serve_during(ledger, |address| work(run, address))
}

/// Each rate in thousandths of what it was: rates should not fall, latencies not rise.
fn growth(run: &mut Run<'_>, small: &Figures) {
    for (row, rate) in [(1, true), (2, true), (4, true), (8, false)] {
        let (Some(before), Some(now)) = (small.head(row), run.figures.head(row)) else { continue };
        let goal = if rate { Goal::AtLeast(900) } else { Goal::AtMost(1_100) };
        let measure = format!(
            "row {row} at {} events, in thousandths of that at {}",
            now.events, before.events
        );
        let thousandths = permille(now.spread.median, before.spread.median);
        run.add(13, measure, "‰", &[thousandths], goal);
    }
}
