//! Row 11: a receipt dated before everything that happened to an item since. Invariant: the answer
//! that ends the clock reflects the receipt; writes of another item go on meanwhile and are timed
//! too.

use std::{
    fs::File,
    io::{BufWriter, Write},
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sijil_benches::figures::Goal;

use crate::{
    BenchError, Run,
    caller::{Wire, asking, once, open, sending},
    machine::Access,
    output::say,
};

/// Later moves of the item, and what the answer may take then, in microseconds.
const CASES: [(u64, u64); 2] = [(22_000, 50_000), (1_000_000, 2_000_000)];
const PLACE: &str = "moves";
const DRAFTS: &str = "moves.ndjson";
/// Events before the moves.
const OPENING: u64 = 6;
/// Writes a second of another item meanwhile, and how many.
const OTHERS: (u64, usize) = (200, 100);
/// What any of these may take, in microseconds: syncs of busy cores, not the work of the receipt.
const OTHER_MICROS_MAX: u64 = 50_000;

/// Both cases, each on a ledger of its own.
pub(crate) fn receipts(run: &mut Run<'_>) -> Result<(), BenchError> {
    for (later, most) in CASES {
        let moves = later.min(run.events);
        say(&format!("recording a receipt before {moves} moves"));
        let drafts = run.room.place(DRAFTS);
        let mut file = BufWriter::new(File::create(&drafts)?);
        for line in story(moves) {
            writeln!(file, "{line}")?;
        }
        file.flush()?;
        let ledger = run.machine.open(&run.room.place(PLACE), Access::Write)?;
        let (report, sent) = (run.machine.import(&ledger, File::open(&drafts)?)?, OPENING + moves);
        if report["recorded"] != json!(sent) {
            return Err(BenchError::Wrong(format!(
                "expected {sent} events to be recorded, got {report}"
            )));
        }
        crate::serving(run, &ledger, |run, address| case(run, address, moves, most))?;
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
        let at = format!("2025-01-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
        draft(event, &at, data)
    };
    let item = |item: &str| {
        let names = format!(r#""item":"{item}","sku":"{item}","name":"{item}""#);
        format!(r#"{{{names},"unit":"piece","kind":"goods","costing":"fifo"}}"#)
    };
    let receipt = |item: &str, qty: u64| received(&format!("first-{item}"), item, qty, qty * 100);
    let opening = vec![
        line(0, "ledger.opened", r#"{"company":"bench","time_zone":"UTC","base_currency":"EUR"}"#),
        line(0, "warehouse.registered", r#"{"warehouse":"main","name":"Main"}"#),
        line(0, "item.registered", &item("busy")),
        line(0, "item.registered", &item("other")),
        line(86_400, "goods.received", &receipt("busy", moves)),
        line(86_400, "goods.received", &receipt("other", 1_000_000)),
    ];
    let later = (0..moves).map(move |number| {
        let data = issued(&format!("issue-{number}"), "busy");
        // Twelve days hold a million seconds.
        line(2 * 86_400 + number, "goods.issued", &data)
    });
    opening.into_iter().chain(later)
}

fn draft(event: &str, at: &str, data: &str) -> String {
    format!(r#"{{"type":"{event}","occurred_at":"{at}","data":{data}}}"#)
}

fn received(receipt: &str, item: &str, qty: u64, cents: u64) -> String {
    let value = format!(r#"{{"amount":"{}.{:02}","currency":"EUR"}}"#, cents / 100, cents % 100);
    format!(r#"{{"receipt":"{receipt}","item":"{item}","warehouse":"main","#)
        + &format!(r#""qty":"{qty}","value":{value}}}"#)
}

fn issued(issue: &str, item: &str) -> String {
    format!(r#"{{"issue":"{issue}","item":"{item}","warehouse":"main","#)
        + r#""qty":"1","reason":"sale"}"#
}

fn case(run: &mut Run<'_>, address: SocketAddr, moves: u64, most: u64) -> Result<(), BenchError> {
    let (mut whole, mut written, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..run.rounds {
        let others = others(round);
        let beside = std::thread::spawn(move || open(address, 4, &others, OTHERS.1, OTHERS.0));
        std::thread::sleep(Duration::from_millis(50));
        let began = Instant::now();
        let body = draft(
            "goods.received",
            &format!("2025-01-01T12:00:{:02}Z", round % 60),
            &received(&format!("late-{round}"), "busy", 5, 750),
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
        let data = issued(&format!("other-{round}-{number}"), "other");
        sending("/v1/events", &draft("goods.issued", "2025-01-20T12:00:00Z", &data))
    };
    (0..OTHERS.1).map(issue).collect()
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
