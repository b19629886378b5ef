//! Several ledgers on one log: races, unknown outcomes, a log out of reach, every step chosen by a
//! seed. Invariant: no event is lost, doubled or admitted against the rules, and all nodes end
//! alike.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use serde_json::{Value, json};
use sijil_ledger::{Caller, Desk, Ledger, Parts, Receipt, Sequencer, SubmitError};
use sijil_log::{AppendError, Batch, Reader, Writer};
use sijil_schemas::{Position, decode::Draft, time::Timestamp};
use uuid::Uuid;

mod far;

use super::{digests, request};
use far::{Chance, Log, Wire};

const NODES: usize = 3;
const SEEDS: u64 = 60;

fn event(id: u128, event_type: &str, data: &Value) -> Draft {
    let whole = json!({
        "id": Uuid::from_u128(id), "type": event_type, "occurred_at": "2025-01-01T00:00:00Z",
        "actor": "tester", "data": data,
    });
    Draft::from_value(whole).expect("a draft")
}

fn company() -> Vec<Draft> {
    vec![
        event(
            1,
            "ledger.opened",
            &json!({"company": "acme", "time_zone": "UTC", "base_currency": "EUR"}),
        ),
        event(2, "warehouse.registered", &json!({"warehouse": "A", "name": "A"})),
        event(
            3,
            "item.registered",
            &json!({
                "item": "X", "sku": "X", "name": "X", "unit": "piece", "decimals": 0,
                "kind": "goods", "costing": "fifo",
            }),
        ),
        event(
            4,
            "goods.received",
            &json!({
                "receipt": "R", "item": "X", "warehouse": "A", "qty": "30",
                "value": {"amount": "30", "currency": "EUR"}, "quality": "first",
            }),
        ),
    ]
}

type Waiting = Pin<Box<dyn Future<Output = Result<Receipt, SubmitError>>>>;

struct Node {
    ledger: Desk,
    sequencer: Sequencer,
    wire: Arc<Wire>,
    waiting: Vec<(Vec<Draft>, Waiting)>,
}

/// What became of requests, by the id of their first event.
#[derive(Default)]
struct Outcomes {
    recorded: BTreeMap<Uuid, Position>,
    refused: BTreeMap<Uuid, &'static str>,
    unknown: Vec<Vec<Draft>>,
}

fn first_id(drafts: &[Draft]) -> Uuid {
    drafts[0].id.expect("an id").0
}

impl Node {
    fn start(log: &Log, number: usize) -> Node {
        let (wire, parts) = log.parts(number);
        let (ledger, sequencer) = Ledger::start_stepped(parts).expect("it starts");
        let ledger = ledger.desk_of_all(Caller::open());
        Node { ledger, sequencer: sequencer.expect("it writes"), wire, waiting: Vec::new() }
    }
    fn offer(&mut self, drafts: Vec<Draft>, outcomes: &mut Outcomes) {
        let ledger = self.ledger.clone();
        let offered = ledger
            .parse(request(drafts.clone()))
            .and_then(|parsed| ledger.offer(parsed).map_err(|unqueued| unqueued.why));
        match offered {
            Ok(pending) => {
                self.waiting
                    .push((drafts, Box::pin(async move { ledger.answered(pending).await })));
            }
            Err(SubmitError::Unavailable { .. }) => outcomes.unknown.push(drafts),
            Err(error) => panic!("not queued: {error}"),
        }
    }
    fn collect(&mut self, outcomes: &mut Outcomes) {
        for (drafts, mut answer) in std::mem::take(&mut self.waiting) {
            match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending => self.waiting.push((drafts, answer)),
                Poll::Ready(Ok(receipt)) => {
                    for outcome in receipt.outcomes {
                        let recorded = outcome.expect("atomic");
                        let before = outcomes.recorded.insert(recorded.id, recorded.position);
                        assert!(
                            before.is_none_or(|position| position == recorded.position),
                            "one id, one position"
                        );
                    }
                }
                Poll::Ready(Err(SubmitError::Unavailable { .. })) => outcomes.unknown.push(drafts),
                Poll::Ready(Err(error)) => {
                    outcomes.refused.insert(first_id(&drafts), error.name());
                }
            }
        }
    }
    fn step(&mut self, chance: &Chance) {
        match chance.below(4) {
            0 => drop(self.sequencer.decide()),
            1 => drop(self.sequencer.commit()),
            2 => drop(self.sequencer.take_in()),
            _ => self.sequencer.follow(),
        }
    }
    fn settle(&mut self) {
        self.sequencer.follow();
        while self.sequencer.take_in() || self.sequencer.commit() || self.sequencer.decide() {}
    }
}

fn some_drafts(chance: &Chance, next: &mut u128) -> Vec<Draft> {
    let issue = |id: u128, qty: u64| {
        event(
            id,
            "goods.issued",
            &json!({
                "issue": format!("I{id}"), "item": "X", "warehouse": "A", "qty": qty.to_string(),
                "reason": "loss",
            }),
        )
    };
    let client = |id: u128, name: u64| {
        event(
            id,
            "client.registered",
            &json!({"client": format!("C{name}"), "name": "Name", "kind": "org"}),
        )
    };
    *next += 10;
    match chance.below(4) {
        0 => vec![issue(*next, 1 + chance.below(4))],
        1 => vec![client(*next, chance.below(25)), client(*next + 1, chance.below(25))],
        _ => vec![client(*next, chance.below(60))],
    }
}

/// What the plainest model says of the log: how often each id and client occurs, and whether the
/// stock ever went below zero.
fn judge(log: &Log, outcomes: &Outcomes, seed: u64) {
    let (mut ids, mut clients, mut stock) = (HashMap::new(), BTreeSet::new(), 0_i64);
    let mut last = Timestamp::MIN;
    for stored in log.records() {
        let record = stored.decode().expect("it can be read");
        assert!(
            ids.insert(record.id, record.position).is_none(),
            "SEED={seed}: {} stands twice",
            record.id
        );
        assert!(
            record.recorded_at >= last,
            "SEED={seed}: recorded_at went back at {}",
            record.position
        );
        last = record.recorded_at;
        let data = record.event.data().expect("data");
        match record.event.event_type().name {
            "client.registered" => assert!(
                clients.insert(data["client"].as_str().expect("an id").to_owned()),
                "SEED={seed}: {data} twice"
            ),
            "goods.received" => stock += 30,
            "goods.issued" => {
                stock -= data["qty"].as_str().expect("a quantity").parse::<i64>().expect("whole");
            }
            _ => (),
        }
        assert!(stock >= 0, "SEED={seed}: the stock is {stock} at {}", record.position);
    }
    for (id, position) in &outcomes.recorded {
        assert_eq!(
            ids.get(id),
            Some(position),
            "SEED={seed}: an acknowledged event is where it was said to be"
        );
    }
    for id in outcomes.refused.keys() {
        assert!(!ids.contains_key(id), "SEED={seed}: {id} was refused and is there");
    }
    assert_eq!(
        ids.len(),
        outcomes.recorded.len(),
        "SEED={seed}: every record was acknowledged in the end"
    );
}

#[expect(clippy::too_many_lines, reason = "one world, from its first step to its verdict")]
fn run(seed: u64, seen: &mut BTreeMap<&'static str, u64>) {
    let log = Log::new(seed);
    let chance = log.chance.clone();
    let mut nodes: Vec<Node> = (0..NODES).map(|number| Node::start(&log, number)).collect();
    let mut outcomes = Outcomes::default();
    // Two nodes open the empty log, each with ids of its own in turn: one wins.
    nodes[0].offer(company(), &mut outcomes);
    nodes[1].offer(
        vec![event(
            9,
            "ledger.opened",
            &json!({"company": "other", "time_zone": "UTC", "base_currency": "EUR"}),
        )],
        &mut outcomes,
    );
    nodes[0].settle();
    nodes[1].settle();
    for node in &mut nodes {
        node.collect(&mut outcomes);
        node.wire.faults.store(true, Ordering::Relaxed);
    }
    assert_eq!(
        outcomes.refused.get(&Uuid::from_u128(9)),
        Some(&"ledger_already_open"),
        "SEED={seed}"
    );
    let mut next = 100;
    for _ in 0..600 {
        let node = usize::try_from(chance.below(NODES as u64)).expect("small");
        match chance.below(40) {
            0..=7 => {
                let drafts = some_drafts(&chance, &mut next);
                nodes[node].offer(drafts, &mut outcomes);
            }
            8 => {
                if let Some(drafts) = outcomes.unknown.pop() {
                    nodes[node].offer(drafts, &mut outcomes);
                }
            }
            9 => nodes[node].wire.cut.store(chance.below(3) == 0, Ordering::Relaxed),
            _ => nodes[node].step(&chance),
        }
        nodes[node].collect(&mut outcomes);
    }
    for node in &mut nodes {
        node.wire.cut.store(false, Ordering::Relaxed);
        node.wire.faults.store(false, Ordering::Relaxed);
        node.settle();
        node.collect(&mut outcomes);
        assert!(node.waiting.is_empty(), "SEED={seed}: every request is answered");
    }
    // Whoever does not know asks again, at any node, with the same ids.
    for (turn, drafts) in std::mem::take(&mut outcomes.unknown).into_iter().enumerate() {
        let node = &mut nodes[turn % NODES];
        node.settle();
        assert!(
            node.ledger.writable(),
            "SEED={seed}: it recovers by itself: {:?}",
            node.ledger.stale()
        );
        node.offer(drafts, &mut outcomes);
        node.settle();
        node.collect(&mut outcomes);
    }
    assert!(outcomes.unknown.is_empty(), "SEED={seed}");
    judge(&log, &outcomes, seed);
    let mut all = BTreeSet::new();
    for node in &mut nodes {
        node.settle();
        node.settle();
        assert_eq!(
            node.ledger.durable(),
            log.reader.head().expect("in memory").position,
            "SEED={seed}"
        );
        all.insert(digests(&node.ledger));
        for (what, count) in node.wire.seen.lock().expect("a lock").iter() {
            *seen.entry(what).or_default() += count;
        }
    }
    assert_eq!(all.len(), 1, "SEED={seed}: all nodes end alike");
    let fresh = Ledger::start_stepped(log.parts(9).1).expect("it starts").0;
    let fresh = fresh.desk_of_all(Caller::open());
    assert!(all.contains(&digests(&fresh)), "SEED={seed}: and like one that reads the log alone");
    *seen.entry("recorded").or_default() += outcomes.recorded.len() as u64;
    *seen.entry("refused").or_default() += outcomes.refused.len() as u64;
}

#[test]
fn nodes_on_one_log_lose_double_and_break_nothing() {
    let first = std::env::var("SEED").ok().and_then(|text| text.parse().ok());
    let count = std::env::var("SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    let mut seen = BTreeMap::new();
    match first {
        Some(seed) => run(seed, &mut seen),
        None => (1..=count).for_each(|seed| run(seed, &mut seen)),
    }
    println!("{count} seeds, {NODES} nodes: {seen:?}");
    for what in [
        "races lost",
        "answers lost",
        "appends lost",
        "conflicts out of the air",
        "cut after the append",
    ] {
        assert!(
            seen.get(what).is_some_and(|count| first.is_some() || *count >= SEEDS / 2),
            "the worlds had enough of everything: {seen:?}"
        );
    }
}

#[test]
fn a_node_follows_says_when_it_cannot_and_recovers() {
    let log = Log::new(7);
    let (near, far) = (log.parts(0), log.parts(1));
    let (one, two) = (
        Ledger::start(near.1).expect("it starts").desk_of_all(Caller::open()),
        Ledger::start(far.1).expect("it starts").desk_of_all(Caller::open()),
    );
    one.submit_blocking(request(company())).expect("recorded");
    assert_eq!(
        two.wait(Position::new(4), Duration::from_secs(20)),
        Position::new(4),
        "an idle node follows"
    );
    let receipt = two
        .submit_blocking(request(vec![event(
            50,
            "client.registered",
            &json!({"client": "C1", "name": "N", "kind": "org"}),
        )]))
        .expect("recorded");
    assert_eq!(receipt.outcomes[0].as_ref().expect("recorded").position, Position::new(5));
    // A node that has not heard of it yet refuses by the whole history, not by what it knew.
    let twice = one.submit_blocking(request(vec![event(
        51,
        "client.registered",
        &json!({"client": "C1", "name": "N", "kind": "org"}),
    )]));
    assert_eq!(twice.expect_err("it exists").name(), "already_exists");
    far.0.cut.store(true, Ordering::Relaxed);
    let lost = two.submit_blocking(request(vec![event(
        52,
        "client.registered",
        &json!({"client": "C2", "name": "N", "kind": "org"}),
    )]));
    assert_eq!(lost.expect_err("out of reach").name(), "unavailable");
    assert!(two.stale().is_some() && !two.writable() && two.poisoned().is_none());
    assert_eq!(
        two.wait(Position::new(5), Duration::from_secs(20)),
        Position::new(5),
        "questions are answered"
    );
    one.submit_blocking(request(vec![event(
        53,
        "client.registered",
        &json!({"client": "C3", "name": "N", "kind": "org"}),
    )]))
    .expect("the other node goes on");
    far.0.cut.store(false, Ordering::Relaxed);
    assert_eq!(
        two.wait(Position::new(6), Duration::from_secs(20)),
        Position::new(6),
        "it recovers by itself"
    );
    let again = loop {
        match two.submit_blocking(request(vec![event(
            52,
            "client.registered",
            &json!({"client": "C2", "name": "N", "kind": "org"}),
        )])) {
            Err(SubmitError::Unavailable { .. }) => std::thread::sleep(Duration::from_millis(10)),
            answer => break answer.expect("recorded"),
        }
    };
    assert_eq!(again.outcomes[0].as_ref().expect("recorded").position, Position::new(7));
    assert_eq!(one.wait(Position::new(7), Duration::from_secs(20)), Position::new(7));
    assert_eq!(digests(&one), digests(&two));
}

#[test]
fn of_a_batch_whose_beginning_another_node_recorded_no_more_is_acknowledged_than_landed() {
    let log = Log::new(11);
    let mut outcomes = Outcomes::default();
    let mut nodes: Vec<Node> = (0..NODES).map(|number| Node::start(&log, number)).collect();
    nodes[0].offer(company(), &mut outcomes);
    nodes[0].settle();
    // The clock of the third node is ahead, so from its record on the others stamp the time of
    // that.
    nodes[2].settle();
    nodes[2].offer(
        vec![event(10, "client.registered", &json!({"client": "C1", "name": "N", "kind": "org"}))],
        &mut outcomes,
    );
    nodes[2].settle();
    nodes[0].settle();
    nodes[1].settle();
    let issue = |id: u128| {
        let data = json!({
            "issue": format!("I{id}"), "item": "X", "warehouse": "A", "qty": "1", "reason": "loss",
        });
        vec![event(id, "goods.issued", &data)]
    };
    // One request comes to two nodes at once, and gives the same bytes in both; the second puts
    // another behind it.
    nodes[0].offer(issue(20), &mut outcomes);
    nodes[1].offer(issue(20), &mut outcomes);
    nodes[1].offer(issue(21), &mut outcomes);
    assert!(nodes[1].sequencer.decide());
    nodes[0].settle();
    // It has not heard of the first when it appends.
    assert!(nodes[1].sequencer.commit());
    for node in [0, 1, 0, 2] {
        nodes[node].settle();
        nodes[node].collect(&mut outcomes);
    }
    judge(&log, &outcomes, 11);
    assert_eq!(log.reader.head().expect("in memory").position, Position::new(7));
    let all: BTreeSet<Vec<String>> = nodes.iter().map(|node| digests(&node.ledger)).collect();
    assert_eq!(all.len(), 1, "all nodes end alike");
}

/// A log that is in reach and takes nothing.
struct RefusingWriter(Arc<AtomicU64>);
impl Writer for RefusingWriter {
    fn shared(&self) -> bool {
        true
    }
    fn append(&mut self, _: Position, _: &Batch) -> Result<(), AppendError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(AppendError::Io {
            what: "append to the log".into(),
            source: io::Error::other("permission denied for table record [42501]"),
        })
    }
}

#[test]
fn a_batch_the_log_will_not_have_is_refused_in_its_words() {
    let log = Log::new(13);
    let appends = Arc::new(AtomicU64::new(0));
    let ledger = Ledger::start(Parts {
        writer: Some(Box::new(RefusingWriter(appends.clone()))),
        ..log.parts(0).1
    })
    .expect("it starts")
    .desk_of_all(Caller::open());
    let refused = ledger.submit_blocking(request(company())).expect_err("nothing is taken");
    assert!(refused.to_string().contains("permission denied for table record"), "{refused}");
    assert_eq!(appends.load(Ordering::Relaxed), 1, "trying again does not help");
}
