//! Decisions that are not durable, or were dropped. Invariant: what comes after them is judged as
//! if the former stood and the latter had never been.

use std::future::Future;

use serde_json::json;
use sijil_ledger::Receipt;

use crate::{House, client, draft, opened, positions, record, request};

#[test]
fn what_is_decided_and_not_durable_yet_is_known_to_what_comes_after_it() {
    let house = House::new();
    let (ledger, mut sequencer) = house.open_stepped();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut send = |drafts| {
        let ledger = ledger.clone();
        let mut answer = Box::pin(async move { ledger.submit(request(drafts)).await });
        assert!(answer.as_mut().poll(&mut context).is_pending());
        answer
    };
    let id = uuid::Uuid::from_u128(7);
    let told = || {
        let mut draft = client("C1");
        draft.id = Some(serde_json::from_value(json!(id)).expect("an id"));
        draft
    };
    let first = send(vec![opened(0), told()]);
    assert!(sequencer.decide());
    let again = send(vec![told()]);
    let voided = send(vec![draft("event.voided", json!({"target": id, "reason": "wrong"}))]);
    assert!(sequencer.decide());
    sequencer.finish();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let answers: Vec<Receipt> = [first, again, voided]
        .into_iter()
        .map(|mut answer| match answer.as_mut().poll(&mut context) {
            std::task::Poll::Ready(Ok(receipt)) => receipt,
            other => panic!("expected a receipt, got {other:?}"),
        })
        .collect();
    assert_eq!(answers.iter().map(positions).collect::<Vec<_>>(), [vec![1, 2], vec![2], vec![3]]);
    assert!(answers[1].outcomes.iter().flatten().all(|recorded| recorded.known));
}

#[test]
fn what_was_dropped_many_times_leaves_nothing() {
    let house = House::new();
    let ledger = house.open();
    record(&ledger, vec![opened(0)]).expect("recorded");
    for _ in 0..4_000 {
        record(&ledger, vec![client("C1"), client("C1")]).expect_err("twice in one request");
    }
    assert_eq!(
        positions(&record(&ledger, vec![client("C1")]).expect("its id was never taken")),
        [2]
    );
    assert_eq!(
        record(&ledger, vec![client("C1")]).expect_err("now it is").name(),
        "already_exists"
    );
    ledger.stop();
}
