//! Writers that keep on writing, and remember every answer. Invariant: an answer is acknowledged,
//! refused or unknown; nothing is guessed.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    server::{Server, invoice},
    wire::{Reply, Wire},
};

/// What a client was told of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Recorded: the last of its events at this position.
    Acknowledged(u64),
    /// Refused, with a status that promises nothing was recorded.
    Refused,
    /// No answer, or one that promises nothing.
    Unknown,
}

/// A request of one or several events that stand or fall together.
#[derive(Debug, Clone)]
pub struct Sent {
    pub ids: Vec<String>,
    pub body: String,
    pub outcome: Outcome,
}

/// Clients at work.
pub struct Crowd {
    acknowledged: Arc<AtomicUsize>,
    clients: Vec<JoinHandle<Vec<Sent>>>,
}

/// What was found when a crowd's answers were compared with the log.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    pub acknowledged: usize,
    pub unknown: usize,
    pub unknown_that_landed: usize,
}

impl Counts {
    pub fn add(&mut self, other: Counts) {
        self.acknowledged += other.acknowledged;
        self.unknown += other.unknown;
        self.unknown_that_landed += other.unknown_that_landed;
    }
}

impl Crowd {
    /// Starts clients that write until the server is gone. `round` makes their ids their own.
    pub fn start(url: &str, round: usize, clients: usize) -> Crowd {
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let clients = (0..clients)
            .map(|client| {
                let (acknowledged, url) = (acknowledged.clone(), url.to_owned());
                std::thread::spawn(move || write(&url, round, client, &acknowledged))
            })
            .collect();
        Crowd { acknowledged, clients }
    }

    /// Waits until so many requests were acknowledged, or the clients are gone.
    pub fn wait_for(&self, requests: usize) {
        while self.acknowledged.load(Ordering::Relaxed) < requests
            && self.clients.iter().any(|c| !c.is_finished())
        {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until the clients have found the server gone.
    pub fn wait_for_the_end(self) -> Vec<Sent> {
        self.clients.into_iter().flat_map(|client| client.join().expect("a client ends")).collect()
    }
}

fn write(url: &str, round: usize, client: usize, acknowledged: &AtomicUsize) -> Vec<Sent> {
    let mut wire = Wire::to(url);
    let mut all = Vec::new();
    for n in 0.. {
        // Every fourth request is a batch: all of it lands, or none.
        let size = if n % 4 == 3 { 3 } else { 1 };
        let events: Vec<Value> = (0..size)
            .map(|part| {
                let mut event =
                    invoice(&format!("R{round}-{client}-{n}-{part}"), "2025-01-31", "10.00");
                event["id"] =
                    json!(format!("{round:08x}-{client:04x}-4000-8000-{n:010x}{part:02x}"));
                event
            })
            .collect();
        let ids = events.iter().map(|e| e["id"].as_str().expect("an id").to_owned()).collect();
        let body = json!({ "events": events }).to_string();
        let answer = wire.ask("POST", "/v1/events", "", &body);
        let outcome = match &answer {
            Ok(reply) if matches!(reply.status, 200 | 201) => {
                Outcome::Acknowledged(reply.body["position"].as_u64().expect("a position"))
            }
            Ok(reply) if reply.status < 500 || reply.status == 507 => Outcome::Refused,
            Ok(_) | Err(_) => Outcome::Unknown,
        };
        if matches!(outcome, Outcome::Acknowledged(_)) {
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
        all.push(Sent { ids, body, outcome });
        if outcome == Outcome::Unknown {
            break;
        }
    }
    all
}

/// Sends a request until it is taken: a node may learn only now that its log was away.
fn once_it_takes_writes(wire: &mut Wire, body: &str) -> Reply {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let answer = wire.ask("POST", "/v1/events", "", body).expect("an answer");
        if answer.status != 503 || Instant::now() > end {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Compares what clients were told with what a server has now, then sends every unknown request
/// again: the same ids tell.
pub fn check(server: &Server, sent: &[Sent]) -> Counts {
    let log = server.send("GET", "/v1/events?format=ndjson", &[], None).text;
    let mut positions: HashMap<String, u64> = HashMap::new();
    for line in log.lines() {
        let record: Value = serde_json::from_str(line).expect("a record");
        let id = record["id"].as_str().expect("an id").to_owned();
        let before = positions.insert(id.clone(), record["position"].as_u64().expect("a position"));
        assert!(before.is_none(), "{id} is in the log twice");
    }
    let mut wire = Wire::to(&server.url);
    let mut counts = Counts::default();
    for request in sent {
        let there: Vec<u64> =
            request.ids.iter().filter_map(|id| positions.get(id).copied()).collect();
        assert!(
            there.is_empty() || there.len() == request.ids.len(),
            "half a batch: {there:?} of {:?}",
            request.ids
        );
        match request.outcome {
            Outcome::Acknowledged(position) => {
                assert_eq!(
                    there.last(),
                    Some(&position),
                    "acknowledged at {position}, the log has {} records: {:?}",
                    positions.len(),
                    request.ids
                );
                counts.acknowledged += 1;
            }
            Outcome::Refused => {
                assert!(there.is_empty(), "refused, and yet recorded: {:?}", request.ids);
            }
            Outcome::Unknown => {
                let again = once_it_takes_writes(&mut wire, &request.body);
                let status = if there.is_empty() { 201 } else { 200 };
                assert_eq!(
                    again.status, status,
                    "sent again: {again:?}, in the log before: {there:?}"
                );
                if let Some(last) = there.last() {
                    assert_eq!(
                        again.body["position"].as_u64(),
                        Some(*last),
                        "the first answer again"
                    );
                    counts.unknown_that_landed += 1;
                }
                counts.unknown += 1;
            }
        }
    }
    counts
}
