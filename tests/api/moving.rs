//! `sijil copy` between logs of every kind, by real processes. Invariant: a copy has the roots, the
//! personal parts and the digests of its source, whatever stopped it on the way.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use sijil_eventstore_peer::Peer;
use sijil_peers::Postgres;

use crate::server::{Directory, code, run, run_on, sijil};

/// Events of the history that goes round all three.
fn history() -> u64 {
    std::env::var("SIJIL_HISTORY").ok().and_then(|text| text.parse().ok()).unwrap_or(50_000)
}

fn demo(data: &Path, events: u64, seed: u64) {
    let made = run(
        data,
        &["demo", "--no-serve", "--events", &events.to_string(), "--seed", &seed.to_string()],
    );
    assert_eq!(code(&made), 0, "{}", said(&made));
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn copying(from: &str, to: &str) -> Command {
    let mut command = sijil();
    command.args(["copy", "--format", "json", "--from", from, "--to", to]);
    command
}

fn copied(from: &str, to: &str) -> Value {
    let output = copying(from, to).output().expect("the binary runs");
    assert_eq!(code(&output), 0, "{from} to {to}: {}", said(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path").to_owned()
}

/// Root, records and digests of all folds, from the log alone; `log` is a data directory or an
/// address.
fn told(log: &str) -> (Value, Value) {
    let scratch = Directory::new();
    let ask = |words: &[&str]| {
        let words = [words, &["--format", "json"]].concat();
        let output = if log.contains("://") {
            run_on(log, &scratch.path(), &words)
        } else {
            run(Path::new(log), &words)
        };
        assert_eq!(code(&output), 0, "{log} {words:?}: {}", said(&output));
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    let verified = ask(&["verify"]);
    assert_eq!(verified["damage"], json!([]), "{log}");
    let replayed = ask(&["replay"]);
    let folds = replayed["projections"].as_array().expect("projections").iter();
    let digests: Vec<Value> =
        folds.map(|fold| json!([fold["projection"], fold["position"], fold["digest"]])).collect();
    (json!([verified["records"], verified["root"]]), json!(digests))
}

#[test]
fn every_direction_keeps_every_byte() {
    let Some(postgres) = Postgres::shared() else { return };
    let (first, second, peer) = (Directory::new(), Directory::new(), Peer::new());
    demo(&first.path(), 3_000, 7);
    let database = postgres.database("moving");
    let tables = |name: &str| format!("{database}?log={name}");
    let stream = |name: &str| format!("{}&stream={name}", peer.url());
    let embedded = text(&first.path());
    let other = |name: &str| text(&second.path().join(name));
    let expected = told(&embedded);
    let ways = [
        (embedded.clone(), other("a")),
        (embedded.clone(), tables("a")),
        (embedded.clone(), stream("a")),
        (tables("a"), other("b")),
        (tables("a"), tables("b")),
        (tables("a"), stream("b")),
        (stream("a"), other("c")),
        (stream("a"), tables("c")),
        (stream("a"), stream("c")),
    ];
    for (from, to) in &ways {
        let report = copied(from, to);
        assert_eq!(
            (&report["copied"], &report["known"], &report["position"]),
            (&json!(3_000), &json!(0), &json!(3_000)),
            "{from} to {to}"
        );
        assert_eq!(told(to), expected, "{from} to {to}");
        let again = copied(from, to);
        assert_eq!(
            (&again["copied"], &again["known"], &again["root"]),
            (&json!(0), &json!(3_000), &report["root"])
        );
    }
    // Names stand in the personal parts: they have come along.
    let names = |data: &str| {
        String::from_utf8_lossy(
            &run(
                Path::new(data),
                &["events", "--type", "client.registered", "--limit", "40", "--format", "json"],
            )
            .stdout,
        )
        .into_owned()
    };
    assert!(names(&embedded).contains("\"name\""));
    assert_eq!(names(&other("c")), names(&embedded));
    println!("{} ways between logs of three kinds, 3,000 events each", ways.len());
}

#[test]
fn another_ledger_is_not_written_over() {
    let Some(postgres) = Postgres::shared() else { return };
    let (one, two, peer) = (Directory::new(), Directory::new(), Peer::new());
    demo(&one.path(), 1_000, 1);
    demo(&two.path(), 1_200, 2);
    let (one, two) = (text(&one.path()), text(&two.path()));
    let (tables, stream) =
        (format!("{}?log=theirs", postgres.database("moving_another")), peer.url());
    copied(&one, &tables);
    copied(&one, &stream);
    for target in [&tables, &stream, &one] {
        let refused = copying(&two, target).output().expect("the binary runs");
        assert!(
            code(&refused) == 3 && said(&refused).contains("foreign: the target is another ledger"),
            "{target}: {} {}",
            code(&refused),
            said(&refused)
        );
        assert_eq!(told(target).0, told(&one).0, "nothing was written to {target}");
    }
    // Nor is a copy here taken for that of another log.
    let data = Directory::new();
    assert_eq!(code(&run_on(&tables, &data.path(), &["status"])), 0);
    copied(&two, &format!("{tables}-of-another"));
    for (line, exit) in [
        ("status", 3),
        ("query trial_balance", 3),
        ("export", 3),
        ("serve --listen 127.0.0.1:0", 3),
    ] {
        let refused = run_on(
            &format!("{tables}-of-another"),
            &data.path(),
            &line.split(' ').collect::<Vec<_>>(),
        );
        let said = said(&refused);
        assert!(
            code(&refused) == exit && said.contains("foreign: ") && refused.stdout.is_empty(),
            "{line}: {} {said}",
            code(&refused)
        );
    }
    // A target that is ahead is not a beginning of the source, though it is the same ledger.
    let long = Directory::new();
    copied(&one, &text(&long.path()));
    let client = concat!(
        r#"{"type": "client.registered", "occurred_at": "2025-12-01T09:00:00Z", "#,
        r#""data": {"client": "C-new", "name": "A Buyer", "kind": "org"}}"#
    );
    let file = long.file("more.ndjson", client);
    assert_eq!(code(&run(&long.path(), &["import", file.to_str().expect("a path")])), 0);
    assert_eq!(copied(&text(&long.path()), &tables)["copied"], 1);
    let refused = copying(&one, &tables).output().expect("the binary runs");
    assert!(
        code(&refused) == 1 && said(&refused).contains("it ends at 1001, the source at 1000"),
        "{}",
        said(&refused)
    );
    for (from, to, exit) in [
        (one.as_str(), "mysql://host", 2),
        (one.as_str(), one.as_str(), 2),
        ("postgres://127.0.0.1:1/none", two.as_str(), 3),
        ("no-such-directory", two.as_str(), 3),
    ] {
        assert_eq!(
            code(&copying(from, to).output().expect("the binary runs")),
            exit,
            "{from} to {to}"
        );
    }
}

/// Kills a copy as soon as the target has grown; where it stood then, or nothing if it was faster.
fn killed(from: &str, to: &str, grown: &dyn Fn() -> u64) -> u64 {
    let before = grown();
    let mut child = copying(from, to)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    while child.try_wait().expect("a child").is_none() && grown() == before {
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(child.kill());
    child.wait().expect("gone");
    grown()
}

#[test]
fn one_history_round_all_three_kinds_killed_and_resumed() {
    let Some(postgres) = Postgres::shared() else { return };
    let (events, directory, back, peer) =
        (history(), Directory::new(), Directory::new(), Peer::new());
    demo(&directory.path(), events, 3);
    let (embedded, last) = (text(&directory.path()), text(&back.path()));
    let (tables, stream) = (
        format!("{}?log=acme", postgres.database("moving_round")),
        format!("{}&stream=acme", peer.url()),
    );
    let in_tables = || {
        let there =
            postgres.sql("moving_round", "SELECT to_regclass('sijil.record') IS NOT NULL") == "t";
        if there {
            postgres
                .sql("moving_round", "SELECT count(*) FROM sijil.record")
                .parse()
                .expect("a count")
        } else {
            0
        }
    };
    let in_stream = || peer.memory().len_of("acme") as u64;
    let mut stops = Vec::new();
    for _ in 0..3 {
        stops.push(killed(&embedded, &tables, &in_tables));
    }
    assert_eq!(copied(&embedded, &tables)["position"], json!(events));
    for _ in 0..3 {
        stops.push(killed(&tables, &stream, &in_stream));
    }
    assert_eq!(copied(&tables, &stream)["position"], json!(events));
    assert_eq!(copied(&stream, &last)["position"], json!(events));
    assert!(
        stops.iter().any(|stop| (1..events).contains(stop)),
        "some were killed in the middle: {stops:?}"
    );
    let expected = told(&embedded);
    for log in [&tables, &stream, &last] {
        assert_eq!(told(log), expected, "{log}");
    }
    println!(
        "{events} events, embedded to Postgres to EventStoreDB to embedded, copies killed at \
         {stops:?}: equal roots and digests"
    );
}
