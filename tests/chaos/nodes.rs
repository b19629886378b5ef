//! Three nodes on one log, written to at once while nodes and the database are killed. Invariant:
//! one order explains every answer of every node, and all nodes end alike.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    judge::{Entry, Saw, judge},
    kills::times,
    logs::recovered,
    operation::{Dice, Operation, opening},
    server::{Directory, Server, code, run_on},
    shelf::Shelf,
    wire::Wire,
};

const NODES: usize = 3;
const HANDS: usize = 9;
/// Between two kills.
const PAUSE: Duration = Duration::from_millis(700);
/// Every so many kills the database is killed instead of a node.
const DATABASE_EVERY: u64 = 4;

/// Where the nodes listen now.
type Addresses = Arc<Mutex<Vec<String>>>;

/// A client of all nodes.
struct Hand {
    addresses: Addresses,
    dice: Dice,
    wires: Vec<(String, Wire)>,
}

impl Hand {
    fn ask(&mut self, ids: &[String], operation: &Operation) -> Saw {
        let node = usize::try_from(self.dice.below(NODES as u64)).expect("small");
        let address = self.addresses.lock().unwrap_or_else(PoisonError::into_inner)[node].clone();
        if self.wires[node].0 != address {
            self.wires[node] = (address.clone(), Wire::to(&address));
        }
        let Operation::Write { acts, expect } = operation else { panic!("hands write") };
        let drafts: Vec<Value> = acts.iter().zip(ids).map(|(act, id)| act.draft(id)).collect();
        let headers =
            expect.map(|revision| format!("if-match: \"{revision}\"\r\n")).unwrap_or_default();
        let body = if let [one] = drafts.as_slice() {
            one.to_string()
        } else {
            json!({ "events": drafts }).to_string()
        };
        match self.wires[node].1.ask("POST", "/v1/events", &headers, &body) {
            Ok(reply) if matches!(reply.status, 200 | 201) => {
                Saw::Recorded(reply.body["position"].as_u64().expect("a position"))
            }
            Ok(reply) if reply.status < 500 => Saw::Refused(
                reply.body["type"]
                    .as_str()
                    .and_then(|t| t.rsplit('/').next())
                    .unwrap_or_default()
                    .to_owned(),
            ),
            Ok(_) | Err(_) => {
                thread::sleep(Duration::from_millis(20));
                Saw::Unknown
            }
        }
    }

    /// Writes until it is told to end, and then until nothing is unknown.
    fn play(mut self, seed: u64, hand: usize, done: &AtomicBool) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        for n in 0.. {
            if done.load(Ordering::Acquire) {
                break;
            }
            // Half of what was not answered is sent again at once, at whatever node: the same ids
            // tell what became of it.
            if entries.last().is_some_and(|last| last.saw == Saw::Unknown)
                && self.dice.below(2) == 0
            {
                let last = entries.last_mut().expect("there is one");
                (last.saw, last.answered) = (self.ask(&last.ids, &last.operation), Instant::now());
                continue;
            }
            let name = format!("n{hand}-{n}");
            let operation = std::iter::repeat_with(|| Operation::roll(&mut self.dice, &name))
                .find(|o| matches!(o, Operation::Write { .. }))
                .expect("one writes");
            let Operation::Write { acts, .. } = &operation else { continue };
            let ids: Vec<String> = (0..acts.len())
                .map(|part| format!("{seed:08x}-{hand:04x}-4000-8000-{n:010x}{part:02x}"))
                .collect();
            let invoked = Instant::now();
            let saw = self.ask(&ids, &operation);
            entries.push(Entry {
                ids,
                operation,
                invoked,
                answered: Instant::now(),
                doubtful: saw == Saw::Unknown,
                saw,
            });
        }
        for entry in entries.iter_mut().filter(|entry| entry.saw == Saw::Unknown) {
            while entry.saw == Saw::Unknown {
                (entry.saw, entry.answered) =
                    (self.ask(&entry.ids, &entry.operation), Instant::now());
            }
        }
        entries
    }
}

/// What a node holds: where its log ends and the root there, and its views rebuilt and as they
/// were.
fn held(server: &Server, position: u64) -> (Value, Value) {
    let end = Instant::now() + Duration::from_secs(120);
    while server.get("/readyz").json()["folded"].as_u64() < Some(position) {
        assert!(Instant::now() < end, "expected {position}: {}", server.get("/readyz").text);
        thread::sleep(Duration::from_millis(20));
    }
    let log = server.get("/v1/log").json();
    let rebuilt = server.send("POST", "/v1/projections/all/rebuild", &[], Some("")).json();
    let folds = rebuilt["projections"].as_array().expect("projections").iter();
    let digests = folds.map(|fold| {
        assert_eq!(fold["digest"], fold["live_digest"], "live views are those of the log: {fold}");
        json!([fold["projection"], fold["digest"]])
    });
    (json!([log["position"], log["root"]]), digests.collect())
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn three_nodes_writing_the_same_entities_keep_one_order() {
    let (seed, seconds) = (times("SIJIL_SEED", 1) as u64, times("SIJIL_NODES_SECONDS", 15) as u64);
    for mut shelf in Shelf::each() {
        let log = shelf.log();
        let directories: Vec<Directory> = (0..NODES).map(|_| Directory::new()).collect();
        let mut nodes: Vec<Server> =
            directories.iter().map(|directory| Server::start_on(&log, &directory.path())).collect();
        let begun = opening();
        assert_eq!(nodes[0].post("/v1/events", &json!({ "events": begun })).status, 201);
        let addresses: Addresses =
            Arc::new(Mutex::new(nodes.iter().map(|node| node.url.clone()).collect()));
        let done = Arc::new(AtomicBool::new(false));
        let hands: Vec<_> = (0..HANDS)
            .map(|hand| {
                let wires = (0..NODES).map(|_| (String::new(), Wire::to(""))).collect();
                let player = Hand {
                    addresses: addresses.clone(),
                    dice: Dice::of(seed * 37 + hand as u64),
                    wires,
                };
                let done = done.clone();
                thread::spawn(move || player.play(seed, hand, &done))
            })
            .collect();
        let (end, mut dice, mut killed) =
            (Instant::now() + Duration::from_secs(seconds), Dice::of(seed), [0, 0]);
        for kill in 1.. {
            thread::sleep(PAUSE);
            if Instant::now() > end {
                break;
            }
            if kill % DATABASE_EVERY == 0 {
                shelf.stop();
                thread::sleep(Duration::from_millis(dice.below(300)));
                shelf.start();
                killed[1] += 1;
            } else {
                let node = usize::try_from(dice.below(NODES as u64)).expect("small");
                nodes.remove(node).kill();
                nodes.insert(node, Server::start_on(&log, &directories[node].path()));
                addresses.lock().unwrap_or_else(PoisonError::into_inner)[node]
                    .clone_from(&nodes[node].url);
                killed[0] += 1;
            }
        }
        nodes.iter().for_each(recovered);
        done.store(true, Ordering::Release);
        let entries: Vec<Entry> =
            hands.into_iter().flat_map(|hand| hand.join().expect("a client ends")).collect();
        // Whatever was acknowledged was so by one of them.
        let head = nodes
            .iter()
            .filter_map(|node| node.get("/v1/log").json()["position"].as_u64())
            .max()
            .expect("nodes");
        let all: Vec<_> = nodes.iter().map(|node| held(node, head)).collect();
        assert!(
            all.windows(2).all(|two| two[0] == two[1]),
            "{}, seed {seed}: all nodes end alike at {head}: {all:?}",
            shelf.name()
        );
        let records = nodes[1].send("GET", "/v1/events?format=ndjson", &[], None).text;
        let tally = judge(seed, &records, begun.len() as u64, &entries);
        assert!(
            tally.recorded > 20 && tally.refused > 20 && tally.unknown == 0,
            "every kind of answer came: {tally:?}"
        );
        let doubtful = entries.iter().filter(|entry| entry.doubtful).count();
        assert!(nodes.into_iter().all(Server::terminate));
        for directory in &directories {
            assert_eq!(code(&run_on(&log, &directory.path(), &["verify"])), 0);
        }
        println!(
            "{}: seed {seed}, {NODES} nodes, {HANDS} clients, {seconds} s, nodes killed {}, \
             database killed {}; {doubtful} in doubt, all told; {tally:?}",
            shelf.name(),
            killed[0],
            killed[1]
        );
    }
}
