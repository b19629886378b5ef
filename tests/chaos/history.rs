//! Histories of concurrent clients against one server. Invariant: they are linear: the log's own
//! order explains every answer, and is true to real time.

use std::{thread, time::Instant};

use serde_json::{Value, json};

use crate::{
    judge::{Entry, Saw, Tally, judge},
    kills::times,
    operation::{CLIENTS, Dice, ITEMS, Operation, opening},
    server::{Directory, Server},
    wire::{Reply, Wire},
};

/// Clients of one history.
const HANDS: usize = 8;

#[test]
fn concurrent_clients_see_one_order() {
    let histories = times("SIJIL_HISTORIES", 20);
    let operations = times("SIJIL_HISTORY_OPERATIONS", 5_000);
    let base = times("SIJIL_SEED", 1) as u64;
    let mut tally = Tally::default();
    for history in 0..histories {
        let seed = base * 1_000_000 + history as u64;
        let directory = Directory::new();
        let server = Server::start(&directory.path());
        let begun = opening();
        assert_eq!(server.post("/v1/events", &json!({ "events": begun })).status, 201);
        let hands: Vec<_> = (0..HANDS)
            .map(|hand| {
                let url = server.url.clone();
                thread::spawn(move || play(&url, seed, hand, operations / HANDS))
            })
            .collect();
        let entries: Vec<Entry> =
            hands.into_iter().flat_map(|hand| hand.join().expect("a client ends")).collect();
        let log = server.send("GET", "/v1/events?format=ndjson", &[], None).text;
        tally.add(judge(seed, &log, begun.len() as u64, &entries));
        assert!(server.terminate());
    }
    assert!(
        tally.recorded > 0 && tally.refused > 0 && tally.reads > 0 && tally.unknown > 0,
        "every kind of answer came: {tally:?}"
    );
    println!(
        "histories: {histories} of {HANDS} clients, seeds from {}; {tally:?}",
        base * 1_000_000
    );
}

fn play(url: &str, seed: u64, hand: usize, operations: usize) -> Vec<Entry> {
    let mut dice = Dice::of(seed * 31 + hand as u64 + 1);
    let mut wire = Wire::to(url);
    let mut entries: Vec<Entry> = Vec::with_capacity(operations);
    for n in 0..operations {
        // Now and then a request whose answer was not awaited is sent again: the same ids tell what
        // became of it.
        let again = entries
            .last()
            .filter(|e| e.saw == Saw::Unknown && dice.below(2) == 0)
            .map(|e| (e.ids.clone(), e.operation.clone()));
        let (ids, operation) = again.unwrap_or_else(|| {
            let operation = Operation::roll(&mut dice, &format!("n{hand}-{n}"));
            let ids = match &operation {
                Operation::Write { acts, .. } => (0..acts.len())
                    .map(|part| format!("{seed:08x}-{hand:04x}-4000-8000-{n:010x}{part:02x}"))
                    .collect(),
                Operation::ReadClient { .. } | Operation::ReadStock => Vec::new(),
            };
            (ids, operation)
        });
        let abandon = !ids.is_empty() && dice.below(50) == 0;
        let invoked = Instant::now();
        let saw = perform(&mut wire, &ids, &operation, abandon);
        let entry =
            Entry { ids, operation, invoked, answered: Instant::now(), doubtful: abandon, saw };
        match entries.last_mut().filter(|last| !last.ids.is_empty() && last.ids == entry.ids) {
            Some(last) => (last.answered, last.saw) = (entry.answered, entry.saw),
            None => entries.push(entry),
        }
    }
    entries
}

fn perform(wire: &mut Wire, ids: &[String], operation: &Operation, abandon: bool) -> Saw {
    match operation {
        Operation::Write { acts, expect } => {
            let drafts: Vec<Value> = acts.iter().zip(ids).map(|(act, id)| act.draft(id)).collect();
            let body = if let [one] = drafts.as_slice() {
                one.to_string()
            } else {
                json!({ "events": drafts }).to_string()
            };
            let headers =
                expect.map(|revision| format!("if-match: \"{revision}\"\r\n")).unwrap_or_default();
            if abandon {
                wire.abandon("POST", "/v1/events", &headers, &body);
                return Saw::Unknown;
            }
            let reply = wire.ask("POST", "/v1/events", &headers, &body).expect("an answer");
            match reply.status {
                200 | 201 => Saw::Recorded(reply.body["position"].as_u64().expect("a position")),
                _ => Saw::Refused(
                    reply.body["type"]
                        .as_str()
                        .and_then(|t| t.rsplit('/').next())
                        .unwrap_or_default()
                        .to_owned(),
                ),
            }
        }
        Operation::ReadClient { client } => {
            let Reply { status, body } = wire
                .ask("GET", &format!("/v1/clients/C{}", client % CLIENTS), "", "")
                .expect("an answer");
            assert_eq!(status, 200, "{body}");
            let name = body["fields"]["name"]["value"].as_str().expect("a name").to_owned();
            Saw::Client {
                name,
                revision: body["revision"].as_u64().expect("a revision"),
                at: body["known_at"].as_u64().expect("a position"),
            }
        }
        Operation::ReadStock => {
            let Reply { status, body } =
                wire.ask("GET", "/v1/reports/stock", "", "").expect("an answer");
            assert_eq!(status, 200, "{body}");
            let mut on_hand = [0; ITEMS as usize];
            for row in body["rows"].as_array().expect("rows") {
                let item = row["item"]
                    .as_str()
                    .and_then(|i| i.strip_prefix("item"))
                    .and_then(|n| n.parse::<usize>().ok())
                    .expect("an item");
                on_hand[item] += row["on_hand"]
                    .as_str()
                    .expect("a quantity")
                    .parse::<u64>()
                    .expect("a whole number");
            }
            Saw::Stock { on_hand, at: body["position"].as_u64().expect("a position") }
        }
    }
}
