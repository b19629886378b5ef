//! What takes long is found out beforehand, by the judge. Invariant: others are answered meanwhile,
//! every request is answered in the end, and by the same rules.

use std::{future::Future, pin::Pin, sync::atomic::Ordering, task::Poll};

use serde_json::{Value, json};
use sijil_ledger::{Desk, Receipt, Sequencer, SubmitError, limits::FORESIGHTS_MAX};
use sijil_schemas::decode::Draft;
use uuid::Uuid;

use super::{House, client, draft, opened, positions, record, request};

type Answer = Pin<Box<dyn Future<Output = Result<Receipt, SubmitError>>>>;

fn look(answer: &mut Answer) -> Option<Result<Receipt, SubmitError>> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match answer.as_mut().poll(&mut context) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}
fn send(ledger: &Desk, draft: Draft) -> Answer {
    let sender = ledger.clone();
    let mut answer: Answer = Box::pin(async move { sender.submit(request(vec![draft])).await });
    assert!(look(&mut answer).is_none());
    answer
}
/// An event that is known by a number.
fn told(n: u128, name: &str, data: Value) -> Draft {
    let mut draft = draft(name, data);
    draft.id = Some(serde_json::from_value(json!(Uuid::from_u128(n))).expect("an id"));
    draft
}
fn renamed(n: u128) -> Draft {
    told(n, "client.renamed", json!({"client": "C1", "name": format!("Name {n}")}))
}
fn void(n: u128) -> Draft {
    draft("event.voided", json!({"target": Uuid::from_u128(n), "reason": "wrong"}))
}

/// A client that has lived long, at position 11, with a judge who takes a step when he is told to.
fn lived(house: &House) -> (Desk, Sequencer) {
    let (ledger, sequencer) = house.open_stepped();
    let mut sequencer = sequencer.judged();
    let ground = [opened(0), opened(1)].into_iter().chain((1..10).map(renamed));
    let mut answers: Vec<Answer> = ground.map(|draft| send(&ledger, draft)).collect();
    assert!(sequencer.decide() && sequencer.commit());
    assert!(answers.iter_mut().all(|answer| matches!(look(answer), Some(Ok(_)))));
    (ledger, sequencer)
}

#[test]
fn others_are_answered_while_a_long_void_is_judged() {
    let house = House::new();
    let (ledger, mut sequencer) = lived(&house);
    let mut long = send(&ledger, void(5));
    assert!(sequencer.decide() && sequencer.commit());
    assert!(look(&mut long).is_none(), "the judge has it");
    // The judge takes as long as it takes: he is not told to go on yet.
    let mut other =
        send(&ledger, draft("warehouse.registered", json!({"warehouse": "w", "name": "W"})));
    assert!(sequencer.decide() && sequencer.commit());
    let answer = look(&mut other).expect("answered").expect("recorded");
    assert_eq!(positions(&answer), [12]);
    assert!(look(&mut long).is_none());
    assert!(sequencer.judge() && !sequencer.judge());
    assert!(sequencer.decide() && sequencer.commit());
    let answer = look(&mut long).expect("answered").expect("recorded");
    assert_eq!(positions(&answer), [13], "decided when it was judged");
    let counters = ledger.counters();
    assert_eq!(counters.foreseen.load(Ordering::Relaxed), 1);
    assert_eq!(counters.outrun.load(Ordering::Relaxed), 0);
    sequencer.finish();
}

#[test]
fn what_is_outrun_is_judged_again_and_in_the_end_where_it_is_decided() {
    let house = House::new();
    let (ledger, mut sequencer) = lived(&house);
    let mut long = send(&ledger, void(5));
    assert!(sequencer.decide() && sequencer.commit());
    for n in 0..FORESIGHTS_MAX {
        // What it rests on goes on living: that is decided while the judge looks at what was
        // durable before it.
        let mut faster = send(&ledger, renamed(u128::from(100 + n)));
        assert!(sequencer.decide());
        assert!(sequencer.judge(), "{n} times");
        assert!(sequencer.commit() && look(&mut faster).is_some_and(|answer| answer.is_ok()));
        assert!(look(&mut long).is_none());
        assert!(sequencer.decide() && sequencer.commit());
    }
    assert!(!sequencer.judge());
    look(&mut long).expect("answered").expect("recorded");
    let counters = ledger.counters();
    assert_eq!(counters.outrun.load(Ordering::Relaxed), u64::from(FORESIGHTS_MAX));
    assert_eq!(counters.foreseen.load(Ordering::Relaxed), 0);
    sequencer.finish();
}

#[test]
fn with_threads_a_long_void_is_judged_and_answered_too() {
    let house = House::new();
    let ledger = house.open();
    let ground = [opened(0), client("C1")].into_iter().chain((1..10).map(renamed));
    record(&ledger, ground.collect()).expect("recorded");
    assert_eq!(positions(&record(&ledger, vec![void(5)]).expect("recorded")), [12]);
    let again = record(&ledger, vec![void(5)]).expect_err("it is voided");
    assert_eq!(again.name(), "already_voided");
    assert!(ledger.counters().foreseen.load(Ordering::Relaxed) > 0);
    ledger.stop();
}
