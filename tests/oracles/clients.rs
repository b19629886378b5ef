//! Clients against a naive reading of the records: timelines, links, cards, rules. Invariant: every
//! history is made from a seed, which a failure prints.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and its history says where")]

mod history;
mod laws;
pub mod naive;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sijil_projections::{
    Cut,
    report::{ReportError, Table},
};
use sijil_schemas::time::Timestamp;

use crate::world::World;
pub use history::history;
use naive::Naive;

const HISTORIES: u64 = 180;
const EVENTS: u64 = 60;
const CLIENTS: [&str; 5] = ["A", "B", "C", "D", "E"];
const LEGALS: [&str; 4] = ["L1", "L2", "L3", "L4"];
/// Where the first exchange rate stands.
const RATE: u64 = 6;
const FIRST: i64 = 1_735_689_600_000_000; // 2025-01-01
const DAY: i64 = 86_400_000_000;

/// SplitMix64.
pub struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    /// A moment in 60 days; often a whole day, so that moments coincide.
    fn moment(&mut self) -> Timestamp {
        let day = i64::try_from(self.below(60)).unwrap();
        let within = if self.one_in(2) {
            0
        } else {
            i64::try_from(self.below(u64::try_from(DAY).unwrap())).unwrap()
        };
        Timestamp::from_micros(FIRST + day * DAY + within).unwrap()
    }
}

/// What the generator reached, so that a generator that reaches nothing fails.
#[derive(Debug, Default)]
pub struct Reached(BTreeMap<String, usize>);

impl Reached {
    fn note(&mut self, what: &str) {
        *self.0.entry(what.to_owned()).or_default() += 1;
    }
    fn demand(&self, what: &[(&str, usize)]) {
        for (name, least) in what {
            assert!(
                self.0.get(*name).copied().unwrap_or_default() >= *least,
                "expected {name} at least {least} times, got {:?}",
                self.0
            );
        }
    }
}

fn seeded_world() -> World {
    let mut world = World::open("UTC", "EUR");
    let early = "2024-06-01T00:00:00Z";
    let mut record = |name: &str, data: Value| {
        assert!(world.record(name, early, data).is_ok(), "{name} is admitted");
    };
    record(
        "employee.hired",
        json!({"employee": "m1", "name": "One", "department": "sales", "role": "manager"}),
    );
    record(
        "employee.hired",
        json!({"employee": "m2", "name": "Two", "department": "sales", "role": "manager"}),
    );
    record(
        "pipeline.defined",
        json!({
            "pipeline": "W",
            "stages": [{"stage": "S1", "rank": 1, "name": "Lead", "probability": "0.1"}],
        }),
    );
    record(
        "item.registered",
        json!({"item": "X", "sku": "X", "unit": "pcs", "kind": "goods", "costing": "fifo"}),
    );
    record("exchange_rate.set", json!({"currency": "USD", "rate": "0.9"}));
    for client in CLIENTS {
        record(
            "client.registered",
            json!({"client": client, "name": client, "kind": "org", "owner": "m1"}),
        );
    }
    for legal in LEGALS {
        record("counterparty.registered", json!({"counterparty": legal, "legal_name": legal}));
    }
    world
}

/// Runs a check on many histories; a failure says which seed.
fn each_history(
    check: impl Fn(u64, &mut Reached) + std::panic::RefUnwindSafe,
    demands: &[(&str, usize)],
) {
    let reached = std::sync::Mutex::new(Reached::default());
    for seed in 1..=HISTORIES {
        let run = std::panic::catch_unwind(|| {
            check(seed, &mut reached.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        });
        assert!(run.is_ok(), "SEED={seed}");
    }
    reached.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).demand(demands);
}

/// A random cut, as the parameters that ask for it.
fn cut_parameters(world: &World, dice: &mut Dice) -> Vec<(&'static str, String)> {
    let mut parameters = Vec::new();
    if dice.one_in(2) {
        parameters.push(("as_of", dice.moment().to_string()));
    }
    if dice.one_in(2) {
        parameters
            .push(("known_at", (17 + dice.below(world.records.len() as u64 - 16)).to_string()));
    }
    parameters
}

fn ask(
    world: &World,
    report: &str,
    parameters: &[(&'static str, String)],
) -> Result<Table, ReportError> {
    let borrowed: Vec<(&str, &str)> = parameters.iter().map(|(k, v)| (*k, v.as_str())).collect();
    world.report(report, &borrowed)
}

fn naive(world: &World, parameters: &[(&'static str, String)]) -> (Naive, Cut) {
    let borrowed: Vec<(&str, &str)> = parameters.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let cut = world.cut(&borrowed).0;
    (Naive::new(&world.records, cut), cut)
}

/// The rows of a timeline, all pages.
fn timeline(
    world: &World,
    client: &str,
    parameters: &[(&'static str, String)],
    limit: u64,
) -> Vec<[String; 5]> {
    let mut rows: Vec<[String; 5]> = Vec::new();
    loop {
        let mut all = parameters.to_vec();
        all.extend([("client", client.to_owned()), ("limit", limit.to_string())]);
        if let Some([at, position, ..]) = rows.last() {
            all.push(("before", format!("{at}@{position}")));
        }
        let page = World::rows(&ask(world, "client_timeline", &all).unwrap());
        let done = (page.len() as u64) < limit;
        rows.extend(
            page.into_iter().map(|r| {
                ["occurred_at", "position", "type", "entity", "actor"].map(|c| r[c].clone())
            }),
        );
        if done {
            return rows;
        }
    }
}

#[test]
fn timelines_are_what_a_scan_of_the_records_finds() {
    let check = |seed, reached: &mut Reached| {
        let (world, mut dice) = history(seed, reached);
        for _ in 0..4 {
            let parameters = cut_parameters(&world, &mut dice);
            let (naive, _) = naive(&world, &parameters);
            let mut shown = 0;
            for client in CLIENTS {
                let expected = naive.timeline(client);
                let limit = 1 + dice.below(20);
                assert_eq!(
                    timeline(&world, client, &parameters, limit),
                    expected,
                    "client {client} {parameters:?}"
                );
                shown += expected.len();
                reached.note(if expected.len() > 3 { "long timeline" } else { "short timeline" });
            }
            let tied =
                naive.counting().iter().filter(|r| naive.client_of(r, false).is_some()).count();
            assert_eq!(shown, tied, "each event of some client is on exactly one timeline");
        }
    };
    let demands = [
        ("counterparty.linked", 150),
        ("counterparty.unlinked", 20),
        ("client.merged", 100),
        ("client.unmerged", 20),
        ("void", 100),
        ("has_dependants", 20),
        ("counterparty_linked_twice", 100),
        ("counterparty_not_linked", 20),
        ("client_merged_twice", 20),
        ("client_not_merged", 20),
        ("merge_cycle", 20),
        ("employee.work_handed_over", 20),
        ("from_mismatch", 10),
        ("claim.responded", 2),
        ("long timeline", 300),
        ("short timeline", 100),
        ("contact.added", 100),
        ("order.placed", 100),
        ("shipment.dispatched", 20),
        ("interaction.recorded", 50),
    ];
    each_history(check, &demands);
}

#[test]
fn invoices_by_client_are_what_a_scan_of_the_records_finds() {
    let check = |seed, reached: &mut Reached| {
        let (world, mut dice) = history(seed, reached);
        for _ in 0..6 {
            let mut parameters = cut_parameters(&world, &mut dice);
            let (naive, _) = naive(&world, &parameters);
            let (current, base, by_legal) = (dice.one_in(2), dice.one_in(3), dice.one_in(2));
            let mut within = Timestamp::MIN..Timestamp::END;
            if dice.one_in(3) {
                parameters
                    .extend([("from", "2025-01-15".to_owned()), ("to", "2025-02-10".to_owned())]);
                within = "2025-01-15T00:00:00Z".parse().unwrap()
                    .."2025-02-11T00:00:00Z".parse().unwrap();
            }
            parameters.push(("view", if current { "current" } else { "at_event" }.to_owned()));
            parameters.push(("in", if base { "base" } else { "own" }.to_owned()));
            parameters.push(("by", if by_legal { "counterparty" } else { "client" }.to_owned()));
            let expected = naive.billed(current, base, by_legal, within);
            let got = ask(&world, "counterparty_links", &parameters);
            let Some(expected) = expected else {
                assert_eq!(got.err().map(|e| e.name()), Some("missing_rate"), "{parameters:?}");
                reached.note("missing_rate");
                continue;
            };
            let rows = World::rows(&got.unwrap());
            let or_none =
                |text: &str| if text.is_empty() { "~".to_owned() } else { text.to_owned() };
            let got: Vec<_> = rows
                .iter()
                .map(|r| {
                    (
                        or_none(&r["client"]),
                        or_none(r.get("counterparty").map_or("", String::as_str)),
                        r["currency"].clone(),
                    )
                })
                .collect();
            assert_eq!(got, expected.keys().cloned().collect::<Vec<_>>(), "{parameters:?}");
            for (row, (count, invoiced, credited)) in rows.iter().zip(expected.values()) {
                let number = |column: &str| row[column].parse::<rust_decimal::Decimal>().unwrap();
                assert_eq!(
                    (
                        row["invoices"].clone(),
                        number("invoiced"),
                        number("credited"),
                        number("amount")
                    ),
                    (count.to_string(), *invoiced, *credited, invoiced - credited),
                    "{parameters:?}"
                );
            }
            reached.note(if rows.len() > 2 { "many rows" } else { "few rows" });
            reached.note(if rows.iter().any(|r| r["client"].is_empty()) {
                "no client"
            } else {
                "all with client"
            });
        }
    };
    each_history(
        check,
        &[
            ("many rows", 100),
            ("missing_rate", 10),
            ("no client", 100),
            ("all with client", 20),
            ("invoice.issued", 300),
            ("credit_note.issued", 50),
        ],
    );
}
