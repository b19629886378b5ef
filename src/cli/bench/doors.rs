//! What is measured through the doors: import, reports, scans and single events. Invariant: an answer that is a problem ends the bench; nothing that failed is timed.

use std::{io::Read, net::SocketAddr, sync::Mutex};

use hdrhistogram::Histogram;
use serde_json::{Value, json};

use super::{
    ROUNDS,
    figures::{Figures, Lap, histogram, per_second},
};
use crate::{
    CliError,
    door::{Door, Server, get, post, stream},
    write::Lines,
};

/// Asks of a report in one round.
const ASKS: usize = 20;
/// Callers at once.
const CALLERS: usize = 64;

/// The reports that are asked.
const REPORTS: [(&str, &str); 7] = [
    ("trial_balance", "as_of=2024-12-31"),
    ("receivables", "as_of=2025-06-30&group=client"),
    ("sales", "from=2024-01-01&to=2025-12-31&group=owner"),
    ("funnel", "from=2024-01-01&to=2024-12-31&pipeline=trade&as_of=2024-12-31"),
    ("kpi", "from=2025-01-01&to=2025-03-31&by=department&as_of=2025-03-31"),
    ("stock", "as_of=2025-06-30"),
    ("client_timeline", "client=C-1&limit=50"),
];

/// Sends lines, all of which must be recorded.
pub(crate) fn import(door: &dyn Door, lines: Vec<String>) -> Result<(), CliError> {
    let sent = lines.len();
    let report = post(door, "/v1/events/import", "application/x-ndjson", Vec::new(), Box::new(Lines::new(lines.into_iter())))?;
    if report["recorded"] == json!(sent) { Ok(()) } else { Err(CliError::No(format!("expected {sent} events to be recorded, got {report}"))) }
}

/// Asks each report now, and as it was known half way.
pub(crate) fn reports(door: &dyn Door, figures: &mut Figures, events: u64) -> Result<(), CliError> {
    for (name, parameters) in REPORTS {
        for (when, cut) in [("now", String::new()), ("known_at half way", format!("&known_at={}", (events / 2).max(1)))] {
            let path = format!("/v1/reports/{name}?{parameters}{cut}");
            let mut rounds = Vec::new();
            for _ in 0..ROUNDS {
                let mut latencies = histogram()?;
                for _ in 0..ASKS {
                    let lap = Lap::begin();
                    get(door, path.clone())?;
                    latencies.saturating_record(lap.micros());
                }
                rounds.push(latencies);
            }
            figures.add_latencies(&format!("report {name}, {when}"), &rounds);
        }
    }
    Ok(())
}

/// Reads every record; gives how many there are, and the microseconds.
pub(crate) fn scan(door: &dyn Door) -> Result<(u64, u64), CliError> {
    let lap = Lap::begin();
    let mut records = stream(door, "/v1/events".into(), "application/x-ndjson")?;
    let (mut bytes, mut lines) = (vec![0; 64 * 1024], 0);
    loop {
        let count = records.read(&mut bytes)?;
        if count == 0 {
            return Ok((lines, lap.micros()));
        }
        lines += bytes[..count].iter().filter(|b| **b == b'\n').count() as u64;
    }
}

/// Rebuilds all projections; gives the microseconds.
pub(crate) fn rebuild(door: &dyn Door) -> Result<u64, CliError> {
    let lap = Lap::begin();
    post(door, "/v1/projections/all/rebuild", "application/json", Vec::new(), Box::new(std::io::empty()))?;
    Ok(lap.micros())
}

/// The names of the projections.
pub(crate) fn projections(door: &dyn Door) -> Result<Vec<String>, CliError> {
    let answer = get(door, "/v1/projections".into())?;
    let name = |p: &Value| p["projection"].as_str().or_else(|| p["name"].as_str()).map(ToOwned::to_owned);
    Ok(answer["projections"].as_array().into_iter().flatten().filter_map(name).collect())
}

/// Records single events over real connections: one caller, then many at once.
pub(crate) fn singles(address: SocketAddr, figures: &mut Figures, events: u64) -> Result<(), CliError> {
    let alone = usize::try_from(events / 100).unwrap_or(1_000).clamp(20, 1_000);
    for (callers, each) in [(1, alone), (CALLERS, (alone / 10).max(5))] {
        let (mut rounds, mut rates) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let lap = Lap::begin();
            let latencies = together(address, callers, each)?;
            rates.push(per_second(latencies.len(), lap.micros()));
            rounds.push(latencies);
        }
        let measure = format!("POST of one event, durable, {callers} connection{}", if callers == 1 { "" } else { "s" });
        figures.add_latencies(&measure, &rounds);
        figures.add(&measure, "events/s", &rates);
    }
    Ok(())
}

fn together(address: SocketAddr, callers: usize, each: usize) -> Result<Histogram<u64>, CliError> {
    let whole = Mutex::new(Ok(histogram()?));
    std::thread::scope(|scope| {
        for _ in 0..callers {
            scope.spawn(|| {
                let own = caller(address, each);
                let mut whole = whole.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                match (&mut *whole, own) {
                    (Ok(all), Ok(own)) => {
                        if let Err(error) = all.add(own) {
                            *whole = Err(CliError::Reach(format!("latencies cannot be added: {error}")));
                        }
                    }
                    (Ok(_), Err(error)) => *whole = Err(error),
                    (Err(_), _) => (),
                }
            });
        }
    });
    whole.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn caller(address: SocketAddr, count: usize) -> Result<Histogram<u64>, CliError> {
    let server = Server::new(&format!("http://{address}"));
    let event = json!({"type": "interaction.recorded", "occurred_at": "2025-12-31T12:00:00Z", "actor": "manager-1", "source": "crm",
        "data": {"client": "C-1", "channel": "call", "direction": "out", "duration_s": 60, "outcome": "reached"}})
    .to_string();
    // The first one opens the connection.
    let mut latencies = histogram()?;
    for number in 0..=count {
        let lap = Lap::begin();
        post(&server, "/v1/events", "application/json", Vec::new(), Box::new(std::io::Cursor::new(event.clone().into_bytes())))?;
        if number > 0 {
            latencies.saturating_record(lap.micros());
        }
    }
    Ok(latencies)
}
