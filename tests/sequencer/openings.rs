//! The first event of a ledger. Invariant: ids are made of the ledger's id once it has one, and an
//! opening that did not become durable leaves nothing.

use super::*;
use serde_json::json;
use sijil_ledger::Request;
use sijil_simulation::faults::Fault;
use std::future::Future;

#[test]
fn what_was_dropped_does_not_rest_on_the_opening() {
    let house = House::new();
    let ledger = house.open();
    let opening = record(&ledger, vec![opened(0)]).expect("recorded").outcomes[0]
        .as_ref()
        .expect("recorded")
        .id;
    record(&ledger, vec![client("C1"), client("C1")]).expect_err("twice in one request");
    let voided =
        record(&ledger, vec![draft("event.voided", json!({"target": opening, "reason": "wrong"}))]);
    assert_eq!(positions(&voided.expect("nothing rests on it")), [2]);
}

#[test]
fn the_request_that_opens_the_ledger_is_known_again() {
    let house = House::new();
    let ledger = house.open();
    let opening =
        || Request { key: Some("first".into()), ..request(vec![opened(0), client("C1")]) };
    let first = ledger.submit_blocking(opening()).expect("recorded");
    let again = ledger.submit_blocking(opening()).expect("known");
    assert_eq!(positions(&again), positions(&first));
    assert!(again.outcomes.iter().flatten().all(|r| r.known));
    ledger.stop();
    drop(ledger);
    let reopened = house.open();
    assert_eq!(positions(&reopened.submit_blocking(opening()).expect("known")), [1, 2]);
    let other = Request { key: Some("first".into()), ..request(vec![client("C2"), client("C1")]) };
    assert_eq!(
        reopened.submit_blocking(other).expect_err("the same key with something else in it").name(),
        "idempotency_conflict"
    );
}

#[test]
fn a_key_that_came_before_there_was_a_ledger_is_asked_for_again() {
    let house = House::new();
    let (ledger, mut sequencer) = house.open_stepped();
    let keyed = |key: &str, drafts| Request { key: Some(key.into()), ..request(drafts) };
    let mut waiting: Vec<_> = [keyed("a", vec![opened(0)]), keyed("b", vec![client("C1")])]
        .into_iter()
        .map(|r| Box::pin(ledger.submit(r)))
        .collect();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    waiting.iter_mut().for_each(|answer| assert!(answer.as_mut().poll(&mut context).is_pending()));
    while sequencer.decide() || sequencer.commit() || sequencer.take_in() {}
    let answers: Vec<_> =
        waiting.iter_mut().map(|answer| answer.as_mut().poll(&mut context)).collect();
    assert!(matches!(&answers[0], std::task::Poll::Ready(Ok(_))), "{answers:?}");
    // Its event would have another id when it is sent again, and so would be there twice.
    assert!(
        matches!(&answers[1], std::task::Poll::Ready(Err(error)) if error.name() == "unavailable"),
        "{answers:?}"
    );
}

#[test]
fn an_opening_that_is_dropped_leaves_the_one_before() {
    let house = House::new();
    let (ledger, mut sequencer) = house.open_stepped();
    let send = |drafts| {
        let ledger = ledger.clone();
        let mut answer = Box::pin(async move { ledger.submit(request(drafts)).await });
        assert!(
            answer
                .as_mut()
                .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
                .is_pending()
        );
        answer
    };
    let mut first = send(vec![opened(0)]);
    while sequencer.decide() || sequencer.commit() || sequencer.take_in() {}
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Ok(receipt)) = first.as_mut().poll(&mut context) else {
        panic!("recorded")
    };
    let id = receipt.outcomes[0].as_ref().expect("recorded").id;
    house.disk.fail(Fault::Full(1));
    // The void finds no room, and the second opening is decided on top of it.
    let mut voided = send(vec![draft("event.voided", json!({"target": id, "reason": "wrong"}))]);
    assert!(sequencer.decide());
    let _reopened = send(vec![opened(0)]);
    assert!(sequencer.decide());
    for _ in 0..2 {
        assert!(sequencer.commit());
    }
    let answer =
        voided.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    assert!(
        matches!(&answer, std::task::Poll::Ready(Err(error)) if error.name() == "log_full"),
        "{answer:?}"
    );
    let mut next = send(vec![client("C1")]);
    while sequencer.decide() || sequencer.commit() || sequencer.take_in() {}
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let answer = next.as_mut().poll(&mut context);
    assert!(matches!(answer, std::task::Poll::Ready(Ok(_))), "{answer:?}");
}
