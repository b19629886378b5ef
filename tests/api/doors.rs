//! TRUST §6 by its columns: every door of a server over each state of the log in which it serves.
//! Invariant: a door that is added is asked in every state.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    found::grpc_reads,
    server::{Directory, Server, code, credential_of, invoice, run},
    states::{books, copy, last_batch_flipped, nothing, own, rows, stripped, torn},
};

/// What is asked without a word of when: of what is known now.
const READS: &[&str] = &[
    "/v1/reports/receivables?as_of=2025-02-28",
    "/v1/reports/receivables?as_of=2025-02-28&format=csv",
    "/v1/reports/trial_balance",
    "/v1/reports/receivables/explain?as_of=2025-02-28&row=EUR",
    "/v1/reports/receivables/restatement?as_of=2025-02-28&since=4",
    "/v1/invoices",
    "/v1/invoices/I0-0",
    "/v1/invoices/I0-0/history",
    "/v1/invoices/I0-0/differences?before_known_at=4",
    "/v1/invoices/I0-0/timeline",
    "/v1/clients/C1/timeline",
    "/v1/events",
    "/v1/events?format=ndjson",
    "/v1/events?entity=client:C1",
    "/v1/events/19",
];

/// A state in which a server serves, and what its doors answer.
struct Served {
    name: &'static str,
    make: fn(&Path, &Path),
    more: &'static [&'static str],
    /// The header of every answer.
    says: &'static str,
    /// The problem of every question and stream; none if they are answered.
    reads: Option<&'static str>,
    writes: Option<&'static str>,
    ready: (u16, &'static str),
    verify: i32,
}

const WHOLE: Served = Served {
    name: "whole",
    make: |base, data| made(base, data, nothing),
    more: &[],
    says: "",
    reads: None,
    writes: None,
    ready: (200, "whole"),
    verify: 0,
};

const SERVED: &[Served] = &[
    WHOLE,
    Served { name: "torn tail", make: |base, data| made(base, data, torn), ..WHOLE },
    Served {
        name: "copy",
        make: copy,
        says: "copy",
        writes: Some("not_adopted"),
        ready: (200, "copy"),
        ..WHOLE
    },
    Served {
        name: "part missing",
        make: |base, data| stripped(base, data, 3),
        ready: (200, "damaged"),
        verify: 4,
        ..WHOLE
    },
    Served {
        name: "salvaged",
        make: |base, data| made(base, data, last_batch_flipped),
        more: &["--salvage"],
        says: "damaged; vouched=14",
        reads: Some("log_damaged"),
        writes: Some("log_damaged"),
        ready: (503, "damaged"),
        verify: 4,
    },
];

/// A directory of its own, then changed.
fn made(base: &Path, data: &Path, change: fn(&Path)) {
    own(base, data);
    change(data);
}

fn check(state: &Served, base: &Path, data: &Path) {
    let name = state.name;
    (state.make)(base, data);
    let more = [&["--grpc", "127.0.0.1:0"], state.more].concat();
    let (server, said) = Server::start_with_more(data, &more);
    let connection = said
        .split_whitespace()
        .find(|word| word.starts_with("esdb://"))
        .expect("a connection string");
    let secret = credential_of(&server.url).expect("a credential");
    let connection = connection.replace("esdb://", &format!("esdb://anyone:{secret}@"));
    for path in READS {
        let answer = server.get(path);
        assert_eq!(answer.header("sijil-log"), state.says, "{name}: {path}");
        match state.reads {
            None => assert_eq!(answer.status, 200, "{name}: {path}: {}", answer.text),
            Some(problem) => assert_eq!(
                (answer.status, answer.problem().as_str()),
                (503, problem),
                "{name}: {path}: {}",
                answer.text
            ),
        }
    }
    let followed = grpc_reads(&connection);
    match state.reads {
        // That the lines above left is recorded, twice, where anything can be.
        None => {
            let records = if state.writes.is_none() { 21 } else { 19 };
            assert_eq!(followed, Ok(records), "{name}: gRPC");
        }
        Some(problem) => assert!(
            followed.as_ref().is_err_and(|why| why.contains(problem)),
            "{name}: gRPC: {followed:?}"
        ),
    }
    let (ready, log) = (server.get("/readyz"), server.get("/v1/log").json());
    assert_eq!(
        (ready.status, ready.json()["log"].clone(), log["state"].clone()),
        (state.ready.0, json!(state.ready.1), json!(state.ready.1)),
        "{name}"
    );
    let drafts =
        [("/v1/events", "application/json"), ("/v1/events/import", "application/x-ndjson")];
    for (number, (path, media)) in drafts.into_iter().enumerate() {
        let draft = invoice(&format!("NEW-{number}"), "2025-01-31", "1.00").to_string();
        let answer = server.send("POST", path, &[("content-type", media)], Some(&draft));
        match state.writes {
            None => assert!(answer.status < 300, "{name}: {path}: {}", answer.text),
            Some(problem) => assert!(
                answer.text.contains(problem),
                "{name}: {path}: {} {}",
                answer.status,
                answer.text
            ),
        }
    }
    if let Some(problem) = state.reads {
        assert_eq!(server.get("/v1/events/stream?after=0").problem(), problem, "{name}: the feed");
    }
    assert!(server.terminate(), "{name}: it ends well");
    let verify = run(data, &["verify", "--format", "json"]);
    assert_eq!(code(&verify), state.verify, "{name}: {}", String::from_utf8_lossy(&verify.stderr));
    if state.verify == 0 {
        assert_eq!(
            serde_json::from_slice::<Value>(&verify.stdout).expect("JSON")["damage"],
            json!([]),
            "{name}"
        );
    }
}

#[test]
fn every_door_answers_in_every_state_as_the_table_says() {
    let directory = Directory::new();
    let base = directory.path().join("base");
    books(&base, 256 << 20, &rows(3));
    for (number, state) in SERVED.iter().enumerate() {
        check(state, &base, &directory.path().join(format!("state-{number}")));
    }
    println!(
        "row 13: {} states in which a server serves × {} doors, each as TRUST §6 says",
        SERVED.len(),
        READS.len() + 5
    );
}
