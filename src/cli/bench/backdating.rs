//! Row 11: a receipt dated before everything that happened to an item since. Invariant: the answer
//! that ends the clock reflects the receipt; writes of another item go on meanwhile and are timed
//! too.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    Run,
    caller::{Wire, asking, once, open, sending},
    figures::Goal,
};
use crate::{CliError, Home, Mode, door::post, output::say, sending::Lines};

/// Later moves of the item, and what the answer may take then, in microseconds.
const CASES: [(u64, u64); 2] = [(22_000, 50_000), (1_000_000, 2_000_000)];
const PLACE: &str = "moves";
/// Events before the moves.
const OPENING: u64 = 6;
/// Writes a second of another item meanwhile, and how many.
const OTHERS: (u64, usize) = (200, 100);
/// What any of these may take, in microseconds: syncs of busy cores, not the work of the receipt.
const OTHER_MICROS_MAX: u64 = 50_000;

/// Both cases, each on a ledger of its own.
pub(crate) fn receipts(run: &mut Run<'_>) -> Result<(), CliError> {
    for (later, most) in CASES {
        let moves = later.min(run.events);
        say(&format!("recording a receipt before {moves} moves"));
        let ledger =
            run.house.open(&Home::of(&run.room.place(PLACE)), Mode::Write, Box::new(|_, _| ()))?;
        let (lines, sent) = (Box::new(Lines::new(story(moves))), OPENING + moves);
        let report = post(
            &*run.house.door(&ledger),
            "/v1/events/import",
            "application/x-ndjson",
            Vec::new(),
            lines,
        )?;
        if report["recorded"] != json!(sent) {
            return Err(CliError::No(format!(
                "expected {sent} events to be recorded, got {report}"
            )));
        }
        super::serving(run, &ledger, |run, address| case(run, address, moves, most))?;
        drop(ledger);
        run.room.clear(PLACE)?;
    }
    Ok(())
}

/// One item that moves on and on, and another.
fn story(moves: u64) -> impl Iterator<Item = String> + Send + 'static {
    let line = |at: u64, event: &str, data: &str| {
        let (day, second) = (1 + at / 86_400, at % 86_400);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        format!(
            r#"{{"type":"{event}","occurred_at":"2025-01-{day:02}T{hour:02}:{minute:02}:{second:02}Z","data":{data}}}"#
        )
    };
    let item = |item: &str| {
        format!(
            r#"{{"item":"{item}","sku":"{item}","name":"{item}","unit":"piece","kind":"goods","costing":"fifo"}}"#
        )
    };
    let receipt = |item: &str, qty: u64| {
        format!(
            r#"{{"receipt":"first-{item}","item":"{item}","warehouse":"main","qty":"{qty}","value":{{"amount":"{qty}.00","currency":"EUR"}}}}"#
        )
    };
    let opening = vec![
        line(0, "ledger.opened", r#"{"company":"bench","time_zone":"UTC","base_currency":"EUR"}"#),
        line(0, "warehouse.registered", r#"{"warehouse":"main","name":"Main"}"#),
        line(0, "item.registered", &item("busy")),
        line(0, "item.registered", &item("other")),
        line(86_400, "goods.received", &receipt("busy", moves)),
        line(86_400, "goods.received", &receipt("other", 1_000_000)),
    ];
    let later = (0..moves).map(move |number| {
        let data = format!(r#"{{"issue":"issue-{number}","item":"busy","warehouse":"main","qty":"1","reason":"sale"}}"#);
        // Twelve days hold a million seconds.
        line(2 * 86_400 + number, "goods.issued", &data)
    });
    opening.into_iter().chain(later)
}

fn case(run: &mut Run<'_>, address: SocketAddr, moves: u64, most: u64) -> Result<(), CliError> {
    let (mut whole, mut written, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..run.rounds {
        let others = others(round);
        let beside = std::thread::spawn(move || open(address, 4, &others, OTHERS.1, OTHERS.0));
        std::thread::sleep(Duration::from_millis(50));
        let began = Instant::now();
        let body = format!(
            r#"{{"type":"goods.received","occurred_at":"2025-01-01T12:00:{:02}Z","data":{{"receipt":"late-{round}","item":"busy","warehouse":"main","qty":"5","value":{{"amount":"7.50","currency":"EUR"}}}}}}"#,
            round % 60
        );
        let answer: Value = serde_json::from_slice(&once(address, &sending("/v1/events", &body))?)
            .map_err(std::io::Error::from)?;
        written.push(micros(began));
        let position = answer["position"].as_u64().unwrap_or_default();
        once(
            address,
            &asking(&format!(
                "/v1/reports/valuation?item=busy&as_of=2025-12-31&at_least={position}"
            )),
        )?;
        whole.push(micros(began));
        let beside = beside.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        other.push(beside.latencies.max());
    }
    run.add(
        11,
        format!("before {moves} moves: written and answered"),
        "µs",
        &whole,
        Goal::AtMost(most),
    );
    run.add(11, format!("before {moves} moves: written"), "µs", &written, Goal::Told);
    run.add(
        11,
        format!("before {moves} moves: the slowest write of another item meanwhile"),
        "µs",
        &other,
        Goal::AtMost(OTHER_MICROS_MAX),
    );
    Ok(())
}

fn others(round: usize) -> Vec<Wire> {
    let issue = |number: usize| {
        let data = format!(
            r#"{{"issue":"other-{round}-{number}","item":"other","warehouse":"main","qty":"1","reason":"sale"}}"#
        );
        sending(
            "/v1/events",
            &format!(
                r#"{{"type":"goods.issued","occurred_at":"2025-01-20T12:00:00Z","data":{data}}}"#
            ),
        )
    };
    (0..OTHERS.1).map(issue).collect()
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
