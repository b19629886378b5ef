//! Rules and readers share one company. Invariant: who asks sees what is durable and no more,
//! whatever is decided, taken back or put in place meanwhile; who holds an answer delays nobody.

use std::{future::Future, pin::Pin, task::Poll};

use serde_json::{Value, json};
use sijil_ledger::{Desk, Receipt, SubmitError, limits::TAKEN_BACK_BYTES_MAX};
use sijil_projections::{Families, Known};
use sijil_schemas::{decode::Draft, id::EntityRef};

use super::{House, client, digests, draft, opened, positions, record, request};

type Answer = Pin<Box<dyn Future<Output = Result<Receipt, SubmitError>>>>;

/// Queues a request.
fn send(ledger: &Desk, drafts: Vec<Draft>) -> Answer {
    let sender = ledger.clone();
    let mut answer: Answer = Box::pin(async move { sender.submit(request(drafts)).await });
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(answer.as_mut().poll(&mut context).is_pending());
    answer
}
fn answered(answer: &mut Answer) -> Result<Receipt, SubmitError> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match answer.as_mut().poll(&mut context) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("expected an answer"),
    }
}
fn knows(known: &Known, client: &str) -> bool {
    let client: EntityRef = format!("client:{client}").parse().expect("an entity");
    known.entities.exists(&client, known.now())
}
fn states(known: &Known) -> Vec<Option<Vec<u8>>> {
    Families::FOLDS.iter().map(|fold| known.bytes(fold)).collect()
}

#[test]
fn what_is_decided_is_known_once_it_is_durable() {
    let (ledger, mut sequencer) = House::new().open_stepped();
    let mut first = send(&ledger, vec![opened(0), client("C1")]);
    assert!(sequencer.decide() && sequencer.commit());
    assert_eq!(positions(&answered(&mut first).expect("recorded")), [1, 2]);
    let before = ledger.views();
    let mut second = send(&ledger, vec![client("C2")]);
    assert!(sequencer.decide());
    // It is decided: the next request is refused by it.
    let mut third = send(&ledger, vec![client("C2")]);
    assert!(sequencer.decide());
    let meanwhile = ledger.views();
    assert_eq!(meanwhile.position().get(), 2);
    assert!(knows(&meanwhile, "C1") && !knows(&meanwhile, "C2"));
    assert_eq!(states(&meanwhile), states(&before), "not a byte of what is in flight");
    assert_eq!(answered(&mut third).expect_err("in flight").name(), "already_exists");
    assert!(sequencer.commit());
    answered(&mut second).expect("recorded");
    assert!(knows(&ledger.views(), "C2"));
    sequencer.finish();
}

#[test]
fn who_holds_what_was_known_delays_nobody_and_sees_no_more() {
    let house = House::new();
    let ledger = house.open();
    record(&ledger, vec![opened(0), client("C1")]).expect("recorded");
    let held = ledger.views();
    let before = states(&held);
    for n in 2..200 {
        record(&ledger, vec![client(&format!("C{n}"))]).expect("recorded, whoever asks");
    }
    assert_eq!(ledger.views().position().get(), 200);
    assert!(knows(&ledger.views(), "C199") && !knows(&held, "C2"));
    assert_eq!(held.entities.of_kind(sijil_schemas::id::Kind::Client, held.now()).len(), 1);
    assert_eq!(states(&held), before);
    ledger.stop();
}

#[test]
fn folds_are_put_in_place_under_what_is_in_flight() {
    for name in Families::FOLDS.iter().copied().chain(["all"]) {
        let house = House::new();
        let (ledger, mut sequencer) = house.open_stepped();
        let mut first = send(&ledger, vec![opened(0), client("C1")]);
        assert!(sequencer.decide() && sequencer.commit());
        answered(&mut first).expect("recorded");
        let mut flying = send(&ledger, vec![client("C2"), client("C3")]);
        assert!(sequencer.decide());
        let rebuilt = ledger.rebuild(name, true).expect("rebuilt");
        assert!(rebuilt.switched && rebuilt.projections.iter().all(|p| p.agrees() == Some(true)));
        assert!(!knows(&ledger.views(), "C2"), "{name}");
        // Decided on what was put in place, which has taken what is in flight.
        let mut again = send(&ledger, vec![client("C3")]);
        let mut dropped = send(&ledger, vec![client("C4"), client("C2")]);
        let mut next = send(&ledger, vec![client("C4")]);
        assert!(sequencer.decide());
        assert!(sequencer.commit() && sequencer.commit());
        assert_eq!(positions(&answered(&mut flying).expect("recorded")), [3, 4]);
        assert_eq!(answered(&mut again).expect_err("there").name(), "already_exists", "{name}");
        assert_eq!(answered(&mut dropped).expect_err("there").name(), "already_exists", "{name}");
        assert_eq!(positions(&answered(&mut next).expect("recorded")), [5]);
        assert!(knows(&ledger.views(), "C4") && knows(&ledger.views(), "C2"), "{name}");
        let live = digests(&ledger);
        sequencer.finish();
        drop(ledger);
        let anew = house.open();
        anew.stop();
        assert_eq!(digests(&anew), live, "{name}");
    }
}

/// Readers may hold what was taken back; it is given up by a copy of the company, now and then.
#[test]
fn what_is_taken_back_again_and_again_takes_no_more_room() {
    const REQUESTS: u64 = 2_600;
    const FIELDS: u64 = 7;
    let ledger = House::new().open();
    let hired = json!({"employee": "m1", "name": "One", "department": "sales", "role": "seller"});
    let stages = json!([{"stage": "s1", "rank": 1, "name": "One", "probability": "0.1"}]);
    let deal = json!({"deal": "D", "client": "C1", "pipeline": "P", "stage": "s1", "owner": "m1"});
    let ground = vec![
        opened(0),
        client("C1"),
        draft("employee.hired", hired),
        draft("pipeline.defined", json!({"pipeline": "P", "stages": stages})),
        draft("deal.opened", deal),
    ];
    record(&ledger, ground).expect("recorded");
    let mut most = 0;
    for n in 0..REQUESTS {
        let long =
            |field: u64| (format!("field{field}"), json!(format!("{n} {}", "x".repeat(8_000))));
        let attributes: serde_json::Map<String, Value> = (0..FIELDS).map(long).collect();
        let estimate = json!({"deal": "D", "attributes": attributes});
        let told = draft("deal.estimate_changed", estimate);
        let refused = record(&ledger, vec![told, client("C1")]).expect_err("it is there");
        assert_eq!(refused.name(), "already_exists");
        most = ledger.views().left_over().max(most);
    }
    let (one, all) = (FIELDS * 8_000, REQUESTS * FIELDS * 8_000);
    assert!(most > one && all > TAKEN_BACK_BYTES_MAX * 2, "{most} of {all}");
    assert!(most < TAKEN_BACK_BYTES_MAX + 2 * one, "{most} of {all}");
    assert_eq!(positions(&record(&ledger, vec![client("C2")]).expect("recorded")), [6]);
    ledger.stop();
}
