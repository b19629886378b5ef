//! Ledgers whose log stands elsewhere: real processes on a Postgres server, and on EventStoreDB's
//! protocol over the wire. Invariant: what was answered yes is in the log, and shows from any data
//! directory.

use std::{
    path::Path,
    process::Output,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sijil_peers::Postgres;

use crate::{
    server::{Answer, Directory, Server, code, invoice, opening, run_on},
    shelf::Shelf,
};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json_of(log: &str, data: &Path, words: &[&str]) -> Value {
    let output = run_on(log, data, &[words, &["--format", "json"]].concat());
    assert_eq!(code(&output), 0, "{words:?}: {}", said(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Asks until the answer is as it should be.
fn until(server: &Server, path: &str, fits: impl Fn(&Answer) -> bool) -> Answer {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let answer = server.get(path);
        if fits(&answer) {
            return answer;
        }
        assert!(Instant::now() < end, "{path}: {} {}", answer.status, answer.text);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_ledger_lives_in_a_database_or_a_stream() {
    for shelf in Shelf::each() {
        let log = shelf.log();
        let (here, there) = (Directory::new(), Directory::new());
        let server = Server::start_on(&log, &here.path());
        assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
        assert_eq!(server.post("/v1/events", &invoice("I1", "2025-01-31", "100.00")).status, 201);
        server.kill();
        let server = Server::start_on(&log, &here.path());
        assert_eq!(server.get("/v1/invoices/I1").json()["revision"], 1, "it was acknowledged");
        assert_eq!(server.post("/v1/events", &invoice("I2", "2025-01-31", "50.00")).status, 201);
        // A second process asks beside the running one, or from a directory of its own; one that
        // writes needs its own.
        let question = ["query", "trial_balance"];
        let beside = json_of(&log, &here.path(), &question);
        assert_eq!(beside["position"], 6);
        assert_eq!(json_of(&log, &there.path(), &question), beside);
        let file = here.file("more.ndjson", &invoice("I3", "2025-01-31", "25.00").to_string());
        let import = ["import", file.to_str().expect("a path")];
        assert_eq!(
            code(&run_on(&log, &here.path(), &import)),
            3,
            "one process writes to a directory"
        );
        assert_eq!(json_of(&log, &there.path(), &import)["recorded"], 1);
        let taken = server.post("/v1/events", &invoice("I3", "2025-01-31", "25.00"));
        assert_eq!(
            (taken.status, taken.problem().as_str()),
            (409, "already_exists"),
            "nodes decide on all of the log"
        );
        assert_eq!(server.get("/v1/invoices/I3?at_least=7").json()["revision"], 1);
        assert!(server.terminate());
        // What is kept beside the log can be made again.
        let before = json_of(&log, &here.path(), &["verify"]);
        assert_eq!((&before["records"], &before["damage"]), (&json!(7), &json!([])), "{before}");
        std::fs::remove_dir_all(here.path().join("mirror")).expect("it was there");
        assert_eq!(code(&run_on(&log, &here.path(), &["replay"])), 0);
        assert_eq!(json_of(&log, &here.path(), &["verify"])["root"], before["root"]);
        let answers = [&here, &there].map(|directory| json_of(&log, &directory.path(), &question));
        assert_eq!(answers[0], answers[1], "{}", shelf.name());
    }
}

#[test]
fn a_log_that_cannot_be_opened_says_why() {
    let directory = Directory::new();
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let refused = |log: &str, exit: i32, words: &str| {
        let output = run_on(log, &directory.path(), &serve);
        let said = said(&output);
        assert!(
            code(&output) == exit && said.contains(words) && !said.contains("secret"),
            "{log}: expected {exit} and {words:?}, got {}: {said}",
            code(&output)
        );
    };
    refused("mysql://me:secret@host/books", 2, "expected a log as in postgres://");
    refused("postgres://me:secret@host/books?log=", 2, "the log's name");
    refused("esdb://me:secret@host?stream=$all", 2, "the stream's name");
    refused(
        "postgres://me:secret@127.0.0.1:1/books",
        3,
        "cannot open the log at postgres://127.0.0.1:1/books",
    );
    refused(
        "esdb://me:secret@127.0.0.1:1?tls=false&maxDiscoverAttempts=1",
        3,
        "the log at esdb://127.0.0.1:1",
    );
    if let Some(postgres) = Postgres::shared() {
        refused(
            &postgres
                .url()
                .replace("/postgres?", "/no_such_books?")
                .replace("/postgres", "/no_such_books"),
            3,
            "does not exist",
        );
        let url = postgres.database("nothing_in_it");
        let asked = run_on(&url, &directory.path(), &["status"]);
        assert_eq!(code(&asked), 3, "who only asks makes no log: {}", said(&asked));
        assert_eq!(
            postgres.sql(
                "nothing_in_it",
                "SELECT count(*) FROM information_schema.schemata WHERE schema_name = 'sijil'"
            ),
            "0"
        );
    }
}

#[test]
fn a_node_that_loses_its_log_serves_on_and_recovers() {
    for mut shelf in Shelf::each() {
        let log = shelf.log();
        let directory = Directory::new();
        let server = Server::start_on(&log, &directory.path());
        assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
        assert_eq!(server.get("/v1/log").header("sijil-log"), "");
        shelf.stop();
        // Nobody writes: the node sees by itself that it is cut off.
        let ready = until(&server, "/readyz", |answer| answer.json()["stale"] == true);
        assert_eq!(
            (ready.status, &ready.json()["writable"]),
            (200, &json!(false)),
            "{}",
            ready.text
        );
        assert!(
            ready.json()["why"].as_str().is_some_and(|why| why.contains("out of reach")),
            "{}",
            ready.text
        );
        let read = server.get("/v1/reports/trial_balance");
        assert_eq!((read.status, read.header("sijil-log")), (200, "stale"));
        let refused = server.post("/v1/events", &invoice("I1", "2025-01-31", "100.00"));
        assert_eq!(
            (refused.status, refused.header("sijil-log"), refused.problem().as_str()),
            (503, "stale", "unavailable")
        );
        shelf.start();
        until(&server, "/readyz", |answer| answer.json()["writable"] == true);
        assert_eq!(server.get("/v1/log").header("sijil-log"), "");
        assert_eq!(server.post("/v1/events", &invoice("I1", "2025-01-31", "100.00")).status, 201);
        assert!(server.terminate());
        assert_eq!(code(&run_on(&log, &directory.path(), &["verify"])), 0);
    }
}
