//! `bench`: what this machine does, measured on the spot. Invariant: it works in a directory of its own, and takes it away again.

mod doors;
mod figures;
mod room;

use serde_json::Value;
use sijil_ledger::Ledger;

use crate::{
    CliError, House, Mode,
    arguments::{Arguments, Bench},
    demo::Company,
    output::{Format, Rows, say, write},
};
use figures::{Figures, Lap, per_second};
use room::Room;

/// How often each thing is measured.
const ROUNDS: usize = 3;
/// The most events that are held at once while they are sent.
const SLICE_EVENTS_MAX: u64 = 100_000;
/// How many syncs are timed.
const SYNCS: usize = 50;

/// `sijil bench`.
pub(crate) fn bench(house: &dyn House, arguments: &Arguments, bench: &Bench) -> Result<(), CliError> {
    if arguments.server.is_some() {
        return Err(CliError::Use("bench measures in a directory of its own beside --data: leave --server out".into()));
    }
    let room = Room::beside(&arguments.data)?;
    let mut figures = Figures::default();
    figures.add("cores", "count", &[std::thread::available_parallelism().map_or(1, |n| n.get() as u64)]);
    figures.add("sync of 4 KiB", "µs", &house.sync_micros(room.path(), SYNCS)?);
    tell(&mut figures, bench.events)?;
    let ledger = house.open(room.path(), Mode::Write, Box::new(|_, _| ()))?;
    let measured = running(house, &ledger, &mut figures, bench.events);
    ledger.stop();
    drop(ledger);
    measured?;
    at_rest(house, &room, &mut figures, bench.events)?;
    print(&figures.rows(), arguments.format)
}

fn print(rows: &[Value], format: Format) -> Result<(), CliError> {
    let columns = ["number", "measure", "unit", "minimum", "median", "maximum"];
    write(&Rows::of_objects(rows, &columns), format, &Value::Array(rows.to_vec()))
}

/// How fast events are made up, and how large they are.
fn tell(figures: &mut Figures, events: u64) -> Result<(), CliError> {
    say(&format!("telling {events} events"));
    let lap = Lap::begin();
    let mut sizes = figures::histogram()?;
    Company::new(1, events).for_each(|line| sizes.saturating_record(line.len() as u64));
    figures.add("telling demo events", "events/s", &[per_second(events, lap.micros())]);
    figures.add_three("size of an event, as a draft", "bytes", [sizes.min(), sizes.value_at_quantile(0.5), sizes.max()]);
    Ok(())
}

/// What a running ledger does.
fn running(house: &dyn House, ledger: &Ledger, figures: &mut Figures, events: u64) -> Result<(), CliError> {
    let door = house.door(ledger);
    say("importing");
    let mut company = Company::new(1, events);
    let slice = (events / 5).clamp(1, SLICE_EVENTS_MAX);
    let mut rates = Vec::new();
    loop {
        let lines: Vec<String> = company.by_ref().take(usize::try_from(slice).unwrap_or(usize::MAX)).collect();
        if lines.is_empty() {
            break;
        }
        let count = lines.len() as u64;
        let lap = Lap::begin();
        doors::import(&*door, lines)?;
        rates.push(per_second(count, lap.micros()));
    }
    figures.add("import of events, durable", "events/s", &rates);
    say("asking reports");
    doors::reports(&*door, figures, events)?;
    say("scanning, rebuilding and replaying");
    let scans = repeat(|| doors::scan(&*door).map(|(records, micros)| per_second(records, micros)))?;
    figures.add("scan of all records, as NDJSON", "records/s", &scans);
    let rebuilds = repeat(|| doors::rebuild(&*door).map(|micros| per_second(events, micros)))?;
    figures.add("rebuild of all projections", "records/s", &rebuilds);
    for projection in doors::projections(&*door)? {
        let replays = repeat(|| replay(ledger, &projection))?;
        figures.add(&format!("replay of {projection}"), "records/s", &replays);
    }
    say("recording single events over HTTP");
    let mut outcome = Ok(());
    house.serve_during(ledger, &mut |address| outcome = doors::singles(address, figures, events))?;
    outcome
}

fn replay(ledger: &Ledger, projection: &str) -> Result<u64, CliError> {
    let lap = Lap::begin();
    let replay = ledger.replay(projection, None, 2, |_, _| ())?;
    Ok(per_second(replay.records, lap.micros()))
}

/// What is done with a ledger that does not run.
fn at_rest(house: &dyn House, room: &Room, figures: &mut Figures, events: u64) -> Result<(), CliError> {
    say("verifying and opening again");
    let verifies = repeat(|| {
        let lap = Lap::begin();
        let report = house.verify(room.path(), 2, Box::new(|_| ()))?;
        if report.is_sound() && report.records >= events {
            Ok(per_second(report.records, lap.micros()))
        } else {
            Err(CliError::Corrupt(format!("expected {events} sound records or more, got {}", report.records)))
        }
    })?;
    figures.add("verify of the log", "records/s", &verifies);
    let opens = repeat(|| {
        let lap = Lap::begin();
        let ledger = house.open(room.path(), Mode::Read, Box::new(|_, _| ()))?;
        let micros = lap.micros();
        ledger.stop();
        Ok(micros / 1_000)
    })?;
    figures.add("opening the ledger", "ms", &opens);
    Ok(())
}

fn repeat(mut measure: impl FnMut() -> Result<u64, CliError>) -> Result<Vec<u64>, CliError> {
    (0..ROUNDS).map(|_| measure()).collect()
}
