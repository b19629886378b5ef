//! A directory read beside the server that writes it. Invariant: an opening to read only answers
//! with all that was acknowledged before it, and one that stays open keeps up.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use serde_json::{Value, json};
use sijil_ledger::{Caller, Desk, Ledger, Parts, Question, ReadOnly, Snapshots};
use sijil_log::{
    embedded::{self, Options},
    machine::{Disk, SystemClock, SystemRandomness},
};
use sijil_schemas::Position;

use crate::server::{Directory, Server, code, invoice, opening, run};

fn recorded(server: &Server, id: &str) -> u64 {
    let answer = server.post("/v1/events", &invoice(id, "2025-01-31", "1.00"));
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["position"].as_u64().expect("a position")
}

#[test]
fn a_word_beside_a_busy_server_answers_with_all_that_was_acknowledged() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    server.post("/v1/events", &json!({"events": opening()}));
    let lines: Vec<String> =
        (0..6_000).map(|n| invoice(&format!("I{n}"), "2025-01-31", "1.00").to_string()).collect();
    let busy = |said: &Server| said.import(&lines.join("\n")).json()["recorded"].clone();
    std::thread::scope(|scope| {
        let importing = scope.spawn(|| busy(&server));
        for n in 0..8 {
            let acknowledged = recorded(&server, &format!("S{n}"));
            let status = run(&directory.path(), &["status", "--format", "json"]);
            assert_eq!(code(&status), 0, "{}", String::from_utf8_lossy(&status.stderr));
            let status: Value = serde_json::from_slice(&status.stdout).expect("a status");
            assert!(
                status["position"].as_u64() >= Some(acknowledged) && status["quarantined"] == 0,
                "{acknowledged} was acknowledged: {status}"
            );
            let known = format!("{acknowledged}");
            let asked = run(
                &directory.path(),
                &[
                    "query",
                    "receivables",
                    "--as-of",
                    "2025-01-31",
                    "--known-at",
                    &known,
                    "--format",
                    "csv",
                ],
            );
            let there = server.get(&format!(
                "/v1/reports/receivables?as_of=2025-01-31&known_at={known}&format=csv"
            ));
            assert_eq!(
                (code(&asked), String::from_utf8_lossy(&asked.stdout).trim()),
                (0, there.text.trim()),
                "{}",
                String::from_utf8_lossy(&asked.stderr)
            );
        }
        assert_eq!(importing.join().expect("the import ends"), 6_000);
    });
    assert_eq!(code(&run(&directory.path(), &["verify"])), 0, "beside the server, too");
}

pub(crate) fn opened(data: &Path) -> Desk {
    let storage = Arc::new(Disk);
    let opened =
        embedded::open(storage.clone(), data, &Options { read_only: true, ..Options::default() })
            .expect("it opens");
    let parts = Parts {
        writer: None,
        read_only_because: Some(ReadOnly::Asked("it was opened to read only".into())),
        reader: Arc::new(opened.reader),
        clock: Arc::new(SystemClock),
        randomness: Arc::new(SystemRandomness),
        snapshots: Some(Snapshots { storage, dir: data.join("snapshots") }),
        threads: 2,
        progress: None,
    };
    Ledger::start(parts).expect("it starts").desk_of_all(Caller::open())
}

/// What is owed, as a ledger here and a server tell it.
fn agree(ledger: &Desk, server: &Server, known_at: u64) {
    let parameters: BTreeMap<String, String> =
        [("as_of", "2025-02-28"), ("known_at", &known_at.to_string())]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
    let answer =
        ledger.ask(&Question { report: "receivables".into(), parameters }).expect("it is answered");
    let here = serde_json::to_value(&answer).expect("JSON");
    let there =
        server.get(&format!("/v1/reports/receivables?as_of=2025-02-28&known_at={known_at}")).json();
    assert_eq!((&here["columns"], &here["rows"]), (&there["columns"], &there["rows"]));
    assert!(here["rows"].as_array().is_some_and(|rows| !rows.is_empty()), "{here}");
}

#[test]
fn a_ledger_that_stays_open_to_read_only_keeps_up_with_the_servers() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    // Opened before anything was recorded.
    let ledger = opened(&directory.path());
    assert_eq!((ledger.durable(), ledger.writable()), (Position::ZERO, false));
    server.post("/v1/events", &json!({"events": opening()}));
    let level = |acknowledged: u64| {
        let reached = ledger.wait(Position::new(acknowledged), Duration::from_secs(60));
        assert!(
            reached >= Position::new(acknowledged),
            "{acknowledged} was acknowledged, the reader stands at {reached}"
        );
    };
    for n in 0..5 {
        let acknowledged = recorded(&server, &format!("A{n}"));
        level(acknowledged);
        agree(&ledger, &server, acknowledged);
    }
    let lines: Vec<String> =
        (0..3_000).map(|n| invoice(&format!("B{n}"), "2025-01-31", "2.00").to_string()).collect();
    let report = server.import(&lines.join("\n")).json();
    level(report["position"].as_u64().expect("a position"));
    // A server that is killed takes nothing along, and the next one is followed as well.
    server.kill();
    let server = Server::start(&directory.path());
    let acknowledged = recorded(&server, "C0");
    level(acknowledged);
    agree(&ledger, &server, acknowledged);
    assert_eq!(ledger.stale(), None);
    assert!(server.terminate());
    let replay = ledger.replay("all", None, 1, |_, _| ()).expect("it is replayed");
    assert!(replay.projections.iter().all(|p| p.agrees() == Some(true)), "{replay:?}");
    ledger.stop();
}
