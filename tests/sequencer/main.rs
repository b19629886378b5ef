//! The sequencer: what is answered, what is dropped, what a restart finds. Invariant: the
//! production threads run here over a disk that fails on command.

mod beforehand;
mod decisions;
mod growth;
mod nodes;
mod openings;
mod parts;
mod proofs;
mod shared;

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use sijil_ledger::{
    Atomicity, Caller, Desk, Expectation, Ledger, Parts, Question, Receipt, Request, Sequencer,
    Snapshots, SubmitError,
};
use sijil_log::{
    AppendError, Batch, Writer,
    embedded::{self, Options},
    seam::{Clock, Randomness},
};
use sijil_projections::Families;
use sijil_schemas::{Position, decode::Draft, time::Timestamp};
use sijil_simulation::{disk::SimulatedDisk, faults::Fault};

/// A clock that goes on by a microsecond a look, and can be set.
#[derive(Clone)]
struct CountingClock(Arc<AtomicI64>);
impl Clock for CountingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.fetch_add(1, Ordering::Relaxed)).expect("in range")
    }
}

/// Bytes that count.
struct CountingBytes(AtomicU64);
impl Randomness for CountingBytes {
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        bytes.iter_mut().zip(count.iter().cycle()).for_each(|(b, c)| *b = *c);
        Ok(())
    }
}

struct House {
    disk: SimulatedDisk,
    clock: CountingClock,
}

impl House {
    fn new() -> House {
        House {
            disk: SimulatedDisk::new(),
            clock: CountingClock(Arc::new(AtomicI64::new(1_750_000_000_000_000))),
        }
    }
    fn open(&self) -> Desk {
        Ledger::start(self.parts()).expect("the ledger starts").desk_of_all(Caller::open())
    }
    fn open_stepped(&self) -> (Desk, Sequencer) {
        let (ledger, sequencer) = Ledger::start_stepped(self.parts()).expect("the ledger starts");
        (ledger.desk_of_all(Caller::open()), sequencer.expect("it takes requests"))
    }
    fn parts(&self) -> Parts {
        let storage: Arc<dyn sijil_log::seam::Storage> = Arc::new(self.disk.clone());
        let options = Options { segment_bytes: 1 << 16, background: false, ..Options::default() };
        let opened =
            embedded::open(storage.clone(), Path::new("/d"), &options).expect("the log opens");
        Parts {
            writer: opened.writer.map(|w| Box::new(w) as Box<dyn Writer>),
            read_only_because: None,
            reader: Arc::new(opened.reader),
            clock: Arc::new(self.clock.clone()),
            randomness: Arc::new(CountingBytes(AtomicU64::new(0))),
            snapshots: Some(Snapshots { storage, dir: "/d/snapshots".into() }),
            threads: 2,
            progress: None,
        }
    }
}

fn draft(event_type: &str, data: Value) -> Draft {
    Draft::from_value(json!({
        "type": event_type, "occurred_at": "2025-01-01T00:00:00Z", "actor": "tester", "data": data,
    }))
    .expect("a draft")
}

fn opened(n: usize) -> Draft {
    if n == 0 {
        draft(
            "ledger.opened",
            json!({"company": "acme", "time_zone": "UTC", "base_currency": "EUR"}),
        )
    } else {
        client(&format!("C{n}"))
    }
}

fn client(id: &str) -> Draft {
    draft("client.registered", json!({"client": id, "name": "Name", "kind": "org"}))
}

fn request(drafts: Vec<Draft>) -> Request {
    Request { drafts, key: None, expect: Vec::new(), atomicity: Atomicity::Together }
}

fn record(ledger: &Desk, drafts: Vec<Draft>) -> Result<Receipt, SubmitError> {
    ledger.submit_blocking(request(drafts))
}

fn positions(receipt: &Receipt) -> Vec<u64> {
    receipt.outcomes.iter().flatten().map(|r| r.position.get()).collect()
}

fn digests(ledger: &Desk) -> Vec<String> {
    assert!(ledger.settle(Duration::from_secs(10)));
    let views = ledger.views();
    Families::FOLDS
        .iter()
        .map(|fold| format!("{fold} {:02x?}", views.digest(fold).expect("a digest")))
        .collect()
}

#[test]
fn what_was_answered_is_there_after_a_restart_and_the_folds_are_the_same() {
    let house = House::new();
    let ledger = house.open();
    for n in 0..50 {
        assert_eq!(positions(&record(&ledger, vec![opened(n)]).expect("recorded")), [n as u64 + 1]);
    }
    let before = digests(&ledger);
    ledger.stop();
    drop(ledger);
    // Once from the snapshots, once from the log alone.
    let ledger = house.open();
    assert_eq!(digests(&ledger), before);
    ledger.stop();
    drop(ledger);
    Snapshots { storage: Arc::new(house.disk.clone()), dir: "/d/snapshots".into() }
        .clear()
        .expect("cleared");
    let ledger = house.open();
    assert_eq!(digests(&ledger), before);
    for threads in [1, 2, 4] {
        let replay = ledger.replay("all", None, threads, |_, _| ()).expect("replayed");
        assert!(replay.projections.iter().all(|p| p.agrees() == Some(true)), "{replay:?}");
    }
}

#[test]
fn a_request_that_is_refused_half_way_leaves_no_trace_in_the_rules() {
    let house = House::new();
    let ledger = house.open();
    record(&ledger, vec![opened(0)]).expect("recorded");
    let refused = record(&ledger, vec![client("C1"), client("C2"), client("C1")])
        .expect_err("C1 comes twice");
    assert_eq!(refused.name(), "already_exists");
    // Neither id is taken, and the positions are used by what comes next.
    assert_eq!(positions(&record(&ledger, vec![client("C2")]).expect("recorded")), [2]);
    assert_eq!(positions(&record(&ledger, vec![client("C1")]).expect("recorded")), [3]);
    let again = record(&ledger, vec![client("C1")]).expect_err("now it exists");
    assert!(
        again.to_string().contains("position 3"),
        "the position is the log's, not the book's: {again}"
    );
    let expect = Request {
        expect: vec![Expectation { entity: "client:C1".parse().expect("a ref"), revision: 1 }],
        ..request(vec![client("C9")])
    };
    assert!(ledger.submit_blocking(expect).is_ok(), "revisions do not count what was dropped");
}

#[test]
fn a_request_that_cannot_stand_as_a_whole_is_told_why_and_leaves_nothing() {
    let house = House::new();
    let ledger = house.open();
    let hired = draft(
        "employee.hired",
        json!({"employee": "m1", "name": "Manager One", "department": "sales", "role": "manager"}),
    );
    record(&ledger, vec![opened(0), hired]).expect("recorded");
    let told = |n: u128| {
        let mut draft = client(&format!("C{n}"));
        draft.id = Some(serde_json::from_value(json!(uuid::Uuid::from_u128(n))).expect("an id"));
        draft
    };
    record(&ledger, vec![told(1)]).expect("recorded");

    let expect = vec![Expectation { entity: "client:C1".parse().expect("a ref"), revision: 0 }];
    let refused = ledger
        .submit_blocking(Request { expect, ..request(vec![client("C9")]) })
        .expect_err("somebody was faster");
    let SubmitError::RevisionConflict { expected: 0, actual: 1, newer, .. } = &refused else {
        panic!("{refused}")
    };
    assert_eq!(newer, &[Position::new(3)]);

    let refused = record(&ledger, vec![told(1), told(2)]).expect_err("known in part");
    let SubmitError::IdempotencyConflict { events } = &refused else { panic!("{refused}") };
    assert_eq!(events.len(), 1, "{refused}");
    let refused = record(&ledger, vec![told(3), told(3)]).expect_err("one id twice in one request");
    assert!(
        matches!(
            &refused,
            SubmitError::IdTwice { index: 1, first: 0, id } if *id == uuid::Uuid::from_u128(3)
        ),
        "{refused}"
    );

    let long = || {
        draft(
            "task.assigned",
            json!({"assignee": "m1", "due": "2025-02-01T00:00:00Z", "text": "x".repeat(8_000)}),
        )
    };
    let refused = record(&ledger, (0..120).map(|_| long()).collect())
        .expect_err("longer than one append may be");
    let SubmitError::RequestTooLarge { got, limit } = &refused else { panic!("{refused}") };
    assert!(got > limit, "{refused}");

    assert_eq!(
        positions(&record(&ledger, vec![told(2)]).expect("nothing of all that was kept")),
        [4]
    );
    ledger.stop();
}

#[test]
fn a_rejection_after_one_that_was_dropped_names_a_position_of_the_log() {
    let house = House::new();
    let ledger = house.open();
    record(&ledger, (0..3).map(opened).collect()).expect("admitted");
    // The second is refused and the first taken back: its position is used again.
    record(&ledger, vec![client("dropped"), opened(1)]).expect_err("the id is taken");
    let linked = |client: &str| {
        draft("counterparty.linked", json!({"counterparty": "L1", "client": client}))
    };
    let receipt = record(
        &ledger,
        vec![
            draft("counterparty.registered", json!({"counterparty": "L1", "legal_name": "L1"})),
            linked("C1"),
        ],
    )
    .expect("admitted");
    assert_eq!(positions(&receipt), [4, 5]);
    let refused = record(&ledger, vec![linked("C2")]).expect_err("one client at a time");
    let SubmitError::Rejected { rejection, .. } = &refused else { panic!("{refused}") };
    assert_eq!(rejection.name(), "counterparty_linked_twice");
    assert!(rejection.to_string().contains("(position 5)"), "{rejection}");
    ledger.stop();
}

#[test]
fn what_is_sent_again_is_known_in_any_order_and_among_what_is_new() {
    let house = House::new();
    let ledger = house.open();
    record(&ledger, vec![opened(0)]).expect("recorded");
    let told = |n: u64| {
        let id = uuid::Uuid::from_u128(u128::from(n) + 1);
        let data = json!({"client": format!("C{n}"), "name": "Name", "kind": "org"});
        let draft = json!({
            "id": id, "type": "client.registered", "occurred_at": "2025-01-01T00:00:00Z",
            "actor": "tester", "data": data,
        });
        Draft::from_value(draft).expect("a draft")
    };
    let send = |numbers: Vec<u64>| {
        let request = Request {
            atomicity: Atomicity::Alone,
            ..request(numbers.into_iter().map(told).collect())
        };
        let receipt = ledger.submit_blocking(request).expect("each is judged alone");
        receipt
            .outcomes
            .into_iter()
            .map(|outcome| outcome.map(|r| (r.position.get(), r.known)).expect("recorded"))
            .collect::<Vec<_>>()
    };
    for hundred in 0..6 {
        assert!(
            send((hundred * 100..hundred * 100 + 100).collect()).iter().all(|(_, known)| !known)
        );
    }
    let known = |numbers: &[u64]| numbers.iter().map(|n| (n + 2, true)).collect::<Vec<_>>();
    let orders: [Vec<u64>; 5] = [
        (0..600).collect(),
        (0..600).rev().collect(),
        (0..600).step_by(7).collect(),
        (0..600).map(|n| n * 7 % 600).collect(),
        (0..600).map(|n| n / 2).collect(),
    ];
    for order in orders {
        for some in order.chunks(170) {
            assert_eq!(send(some.to_vec()), known(some));
        }
    }
    // New ones between known ones take the next positions, and are known from then on.
    let mixed: Vec<u64> = (0..200).map(|n| if n % 10 == 9 { 600 + n / 10 } else { n }).collect();
    let answers = send(mixed.clone());
    for (n, (position, known)) in mixed.iter().zip(&answers) {
        assert_eq!((*position, *known), (n + 2, *n < 600));
    }
    assert_eq!(send(mixed.clone()), known(&mixed));
    let mut other = told(5);
    other.data["name"] = json!("Another");
    let refused = record(&ledger, vec![other]).expect_err("another body");
    assert_eq!(refused.name(), "idempotency_conflict");
    ledger.stop();
}

#[test]
fn voids_find_their_target_after_what_was_dropped() {
    let house = House::new();
    let ledger = house.open();
    record(&ledger, vec![opened(0)]).expect("recorded");
    for _ in 0..5 {
        record(&ledger, vec![client("C1"), client("C1")]).expect_err("twice in one request");
    }
    let receipt = record(&ledger, vec![client("C1")]).expect("recorded");
    let id = receipt.outcomes[0].as_ref().expect("recorded").id;
    record(&ledger, vec![draft("event.voided", json!({"target": id, "reason": "wrong"}))])
        .expect("voided");
    record(&ledger, vec![client("C1")]).expect("the id is free again");
    let twice =
        record(&ledger, vec![draft("event.voided", json!({"target": id, "reason": "wrong"}))])
            .expect_err("voided already");
    assert_eq!(twice.name(), "already_voided");
    let before = digests(&ledger);
    ledger.stop();
    drop(ledger);
    assert_eq!(digests(&house.open()), before);
}

#[test]
fn a_void_whose_target_cannot_be_read_is_not_said_to_be_wrong() {
    let house = House::new();
    let ledger = house.open();
    record(&ledger, vec![opened(0)]).expect("recorded");
    let id = record(&ledger, vec![client("C1")]).expect("recorded").outcomes[0]
        .as_ref()
        .expect("recorded")
        .id;
    house.disk.fail(Fault::ReadsFrom(1));
    let refused =
        record(&ledger, vec![draft("event.voided", json!({"target": id, "reason": "wrong"}))])
            .expect_err("unreadable");
    assert_eq!(refused.name(), "unavailable", "{refused}");
    house.disk.fail(Fault::None);
    record(&ledger, vec![draft("event.voided", json!({"target": id, "reason": "wrong"}))])
        .expect("readable again");
}

#[test]
fn a_full_disk_refuses_keeps_reading_and_takes_more_once_there_is_space() {
    let house = House::new();
    let ledger = house.open();
    record(&ledger, vec![opened(0)]).expect("recorded");
    house.disk.leave_room(0);
    let mut refused = None;
    for n in 1..2_000 {
        if let Err(error) = record(&ledger, vec![client(&format!("C{n}"))]) {
            refused = Some((n, error));
            break;
        }
    }
    let (n, error) = refused.expect("the disk fills up");
    assert_eq!(error.name(), "log_full");
    assert!(ledger.writable(), "a full disk does not poison");
    let answer = ledger.ask(&Question { report: "trial_balance".into(), ..Question::default() });
    assert!(answer.is_ok(), "reads go on: {answer:?}");
    house.disk.free_room();
    assert_eq!(
        positions(&record(&ledger, vec![client(&format!("C{n}"))]).expect("space again")),
        [n as u64 + 1]
    );
    let before = digests(&ledger);
    ledger.stop();
    drop(ledger);
    assert_eq!(digests(&house.open()), before);
}

#[test]
fn a_failed_sync_poisons_and_nothing_of_the_batch_is_acknowledged() {
    let house = House::new();
    let ledger = house.open();
    record(&ledger, vec![opened(0)]).expect("recorded");
    house.disk.fail(Fault::Syncs);
    let lost = record(&ledger, vec![client("C1")]).expect_err("the sync fails");
    assert_eq!(lost.name(), "unavailable");
    house.disk.fail(Fault::None);
    let after = record(&ledger, vec![client("C2")]).expect_err("no retry after a failed sync");
    assert_eq!(after.name(), "unavailable");
    assert!(!ledger.writable() && ledger.poisoned().is_some());
    assert_eq!(ledger.durable(), Position::new(1));
    ledger.stop();
    drop(ledger);
    let ledger = house.open();
    assert!(record(&ledger, vec![client("C2")]).is_ok(), "opened again, it takes more");
}

#[test]
fn a_clock_that_jumps_back_does_not_take_recorded_at_back() {
    let house = House::new();
    let ledger = house.open();
    let first = record(&ledger, vec![opened(0)]).expect("recorded");
    house.clock.0.fetch_sub(3_600_000_000, Ordering::Relaxed);
    let second = record(&ledger, vec![client("C1")]).expect("recorded");
    let at = |r: &Receipt| r.outcomes[0].as_ref().expect("recorded").recorded_at;
    assert!(at(&second) >= at(&first));
}

#[test]
fn many_writers_at_once_get_distinct_positions_and_the_same_key_one_event() {
    let house = House::new();
    let ledger = house.open();
    record(&ledger, vec![opened(0)]).expect("recorded");
    let keyed: Vec<u64> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..8)
            .map(|writer| {
                let ledger = ledger.clone();
                scope.spawn(move || {
                    for n in 0..50 {
                        record(&ledger, vec![client(&format!("W{writer}-{n}"))]).expect("recorded");
                    }
                    let one =
                        Request { key: Some("the key".into()), ..request(vec![client("KEYED")]) };
                    positions(
                        &ledger.submit_blocking(one).expect("recorded once, known to the others"),
                    )[0]
                })
            })
            .collect();
        handles.into_iter().map(|h| h.join().expect("a writer")).collect()
    });
    assert!(keyed.iter().all(|p| *p == keyed[0]), "{keyed:?}");
    assert_eq!(ledger.durable(), Position::new(402));
}

/// A log whose appends panic, as asked.
struct PanickingWriter;
impl Writer for PanickingWriter {
    fn append(&mut self, _: Position, _: &Batch) -> Result<(), AppendError> {
        panic!("an append that panics, as asked")
    }
}

#[test]
fn when_the_committer_panics_every_caller_is_answered_and_the_ledger_can_stop() {
    let house = House::new();
    let ledger = Ledger::start(Parts { writer: Some(Box::new(PanickingWriter)), ..house.parts() })
        .expect("it starts")
        .desk_of_all(Caller::open());
    assert!(matches!(record(&ledger, vec![opened(0)]), Err(SubmitError::Unavailable { .. })));
    for _ in 0..10_000 {
        if ledger.poisoned().is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let refused =
        record(&ledger, vec![opened(0)]).expect_err("nobody appends any more").to_string();
    assert!(refused.contains("the committer has panicked"), "{refused}");
    assert!(!ledger.writable());
    ledger.stop();
}
