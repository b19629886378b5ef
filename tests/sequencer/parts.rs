//! Documents in parts: recorded whole or not at all. Invariant: no prefix of their records changes
//! any report, and what is too long for one record is cut without anybody asking.

use std::time::Duration;

use serde_json::{Value, json};
use sijil_ledger::{Atomicity, Desk, Question, Request, SubmitError};
use sijil_schemas::decode::Draft;

use crate::{House, client, digests, draft, opened, positions, record, request};

/// Line k of k cents, without tax.
fn line(k: u32, text: &str) -> Value {
    let amount = format!("{}.{:02}", k / 100, k % 100);
    json!({
        "line": k.to_string(), "text": format!("{text}{k}"), "qty": "1", "price": amount,
        "net": amount, "tax": "0",
    })
}

fn lines(numbers: std::ops::RangeInclusive<u32>) -> Vec<Value> {
    numbers.map(|k| line(k, "line ")).collect()
}

/// An invoice of 1,114 lines in three parts: 1252.50 + 3752.50 + 1205.55 = 6210.55.
fn in_three(invoice: &str) -> Vec<Draft> {
    let total = json!({"amount": "6210.55", "currency": "EUR"});
    let opening = json!({
        "invoice": invoice, "client": "C1", "parts": 3, "total": total, "due_on": "2025-02-01",
        "lines": lines(1..=500),
    });
    let part = |part: u8, numbers| {
        draft(
            "invoice.lines_added",
            json!({"invoice": invoice, "part": part, "lines": lines(numbers)}),
        )
    };
    vec![draft("invoice.issued", opening), part(2, 501..=1_000), part(3, 1_001..=1_114)]
}

/// The gross of receivables, as known at a position; `None` where nobody owes anything.
fn gross(ledger: &Desk, known_at: u64) -> Option<String> {
    assert!(ledger.settle(Duration::from_secs(10)));
    let parameters = [("as_of", "2025-01-31".to_owned()), ("known_at", known_at.to_string())];
    let parameters = parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let answer =
        ledger.ask(&Question { report: "receivables".into(), parameters }).expect("an answer");
    let answer = serde_json::to_value(&answer).expect("JSON");
    answer["rows"].as_array().expect("rows").first().map(|row| {
        let cell = row.get("gross").unwrap_or(
            &row[answer["columns"].as_array().map_or(0, |columns| {
                columns.iter().position(|c| c["name"] == "gross").unwrap_or(0)
            })],
        );
        cell.get("amount").unwrap_or(cell).as_str().expect("an amount").to_owned()
    })
}

fn name(refused: &SubmitError) -> (&'static str, usize) {
    let SubmitError::Rejected { index, rejection } = refused else { panic!("{refused}") };
    (rejection.name(), *index)
}

#[test]
fn a_document_in_parts_stands_from_its_last_part_on_or_not_at_all() {
    let house = House::new();
    let ledger = house.open();
    record(&ledger, (0..6).map(opened).collect()).expect("recorded");
    let mut missing = in_three("I1");
    missing.pop();
    assert_eq!(
        name(&record(&ledger, missing).expect_err("a part is missing")),
        ("document_parts", 0)
    );
    let mut between = in_three("I1");
    between.insert(2, client("C9"));
    assert_eq!(
        name(&record(&ledger, between).expect_err("something stands between")),
        ("document_parts", 2)
    );
    let mut twice = in_three("I1");
    twice.push(twice[2].clone());
    assert_eq!(name(&record(&ledger, twice).expect_err("a part too many")), ("document_parts", 3));
    // Of drafts that are judged alone, a document and its parts are one.
    let mut alone = in_three("I1");
    alone.swap(1, 2);
    alone.push(client("C9"));
    let receipt = ledger
        .submit_blocking(Request { atomicity: Atomicity::Alone, ..request(alone) })
        .expect("each is judged alone");
    let refused: Vec<_> = receipt
        .outcomes
        .iter()
        .map(|outcome| outcome.as_ref().err().map(SubmitError::name))
        .collect();
    assert_eq!(
        refused,
        [Some("document_parts"), Some("document_parts"), Some("document_parts"), None]
    );
    assert_eq!(ledger.durable().get(), 7, "nothing of them is left but the client");

    let receipt = ledger
        .submit_blocking(Request { atomicity: Atomicity::Alone, ..request(in_three("I1")) })
        .expect("each is judged alone");
    assert_eq!(positions(&receipt), [8, 9, 10]);
    assert_eq!(
        [7, 8, 9, 10].map(|known_at| gross(&ledger, known_at)),
        [None, None, None, Some("6210.55".to_owned())]
    );
    let before = digests(&ledger);
    ledger.stop();
    drop(ledger);
    let ledger = house.open();
    assert_eq!(digests(&ledger), before);
    for threads in [1, 3] {
        let replay = ledger.replay("all", None, threads, |_, _| ()).expect("replayed");
        assert!(replay.projections.iter().all(|p| p.agrees() == Some(true)), "{replay:?}");
    }
    ledger.stop();
}

#[test]
fn a_document_has_one_part_or_two_to_fifteen() {
    let house = House::new();
    let ledger = house.open();
    record(&ledger, vec![opened(0), opened(1)]).expect("recorded");
    for parts in [0, 1, 16] {
        let mut drafts = in_three("I1");
        drafts[0].data["parts"] = json!(parts);
        assert_eq!(
            record(&ledger, drafts).expect_err("no such number of parts").name(),
            "invalid_field",
            "{parts}"
        );
    }
    ledger.stop();
}

#[test]
fn a_draft_too_long_for_a_record_is_cut_and_answers_as_one() {
    let house = House::new();
    let ledger = house.open();
    record(&ledger, vec![opened(0), opened(1)]).expect("recorded");
    let id = uuid::Uuid::from_u128(0x1114);
    let told = |last: u32| {
        let text = "a line with a text that is long enough to fill several records, number ";
        let lines: Vec<Value> = (1..=last).map(|k| line(k, text)).collect();
        let cents = last * (last + 1) / 2;
        let total =
            json!({"amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "EUR"});
        let data = json!({
            "invoice": format!("I{last}"), "client": "C1", "total": total, "due_on": "2025-02-01",
            "lines": lines,
        });
        let mut draft = draft("invoice.issued", data);
        draft.id = Some(
            serde_json::from_value(json!(uuid::Uuid::from_u128(u128::from(last) + id.as_u128())))
                .expect("an id"),
        );
        draft
    };
    let receipt = record(&ledger, vec![told(1_114)]).expect("recorded");
    assert_eq!(positions(&receipt), [3], "the opening is what was asked for");
    let last = ledger.durable().get();
    assert!((5..=17).contains(&last), "{last}");
    assert_eq!(
        [last - 1, last].map(|known_at| gross(&ledger, known_at)),
        [None, Some("6210.55".to_owned())]
    );
    let again = record(&ledger, vec![told(1_114)]).expect("the same once more");
    assert_eq!((positions(&again), ledger.durable().get()), (vec![3], last));
    assert!(again.outcomes.iter().flatten().all(|recorded| recorded.known));
    // Alone among others, too; what would need more than fifteen parts is refused as too large.
    let request = Request {
        atomicity: Atomicity::Alone,
        ..request(vec![told(500), told(9_000), client("C9")])
    };
    let names: Vec<_> = ledger
        .submit_blocking(request)
        .expect("each is judged alone")
        .outcomes
        .into_iter()
        .map(|outcome| outcome.map_err(|e| e.name()))
        .collect();
    assert!(names[0].is_ok() && names[2].is_ok(), "{names:?}");
    assert_eq!(names[1].as_ref().err(), Some(&"record_too_large"));
    ledger.stop();
}
