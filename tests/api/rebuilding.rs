//! Folds made anew beside the live ones: what differs is shown, they change places at once, and
//! what was replaced can be put back.

use std::path::Path;

use serde_json::{Value, json};

use crate::server::{Directory, Server, code, draft, invoice, opening, run};

fn payment() -> Value {
    let data = json!({
        "payment": "P1", "client": "C1", "amount": {"amount": "60.00", "currency": "EUR"},
        "bank_account": "bank",
    });
    draft("payment.received", "2025-01-20", data)
}

/// Which event of a batch the rules refuse: more is written off than the invoice has, and nobody is
/// C9. Nothing is recorded either way.
fn refused(server: &Server, invoice: &str) -> String {
    let too_much = draft(
        "invoice.written_off",
        "2025-01-25",
        json!({"invoice": invoice, "amount": "150.00", "reason": "gone"}),
    );
    let nobody = draft("client.renamed", "2025-01-25", json!({"client": "C9", "name": "X"}));
    server.post("/v1/events", &json!({"events": [too_much, nobody]})).problem()
}

/// The label and the state of a snapshot.
fn snapshot(data: &Path, name: &str) -> (Value, Vec<u8>) {
    let bytes =
        std::fs::read(data.join("snapshots").join(format!("{name}.snapshot"))).expect("a snapshot");
    let mut lines = bytes.splitn(3, |b| *b == b'\n');
    assert_eq!(lines.next(), Some(&b"sijil snapshot 2"[..]));
    let label = serde_json::from_slice(lines.next().expect("a label")).expect("JSON");
    (label, lines.next().expect("a state").to_vec())
}

fn put(data: &Path, name: &str, label: &Value, state: &[u8]) {
    let bytes = [b"sijil snapshot 2\n", label.to_string().as_bytes(), b"\n", state].concat();
    std::fs::write(data.join("snapshots").join(format!("{name}.snapshot")), bytes)
        .expect("written");
}

/// A directory whose snapshot of `trade` is what a faulty fold would have left: it has not taken
/// the record of the invoice.
fn with_a_wrong_state() -> Directory {
    let directory = Directory::new();
    let data = directory.path();
    let server = Server::start(&data);
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    assert!(server.terminate());
    let (before, state) = snapshot(&data, "trade");
    let server = Server::start(&data);
    assert_eq!(server.post("/v1/events", &invoice("I1", "2025-01-10", "100.00")).status, 201);
    assert!(server.terminate());
    let (mut label, _) = snapshot(&data, "trade");
    label["digest"] = before["digest"].clone();
    put(&data, "trade", &label, &state);
    directory
}

fn receivables(server: &Server) -> Value {
    server.get("/v1/reports/receivables?as_of=2025-01-31").json()["rows"].clone()
}

fn kept(server: &Server, fold: &str) -> Value {
    let body = server.get("/v1/projections").json();
    let rows = body["projections"].as_array().expect("rows");
    rows.iter().find(|row| row["name"] == fold).expect("the fold")["kept"].clone()
}

fn post(server: &Server, path: &str) -> Value {
    let answer = server.send("POST", path, &[], None);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn a_rebuild_shows_what_differs_and_a_rollback_puts_the_old_state_back() {
    let directory = with_a_wrong_state();
    let server = Server::start(&directory.path());
    assert_eq!(receivables(&server), json!([]));
    assert_eq!(server.post("/v1/events", &payment()).status, 201);
    assert_eq!(receivables(&server)[0]["gross"], "0.00");
    assert_eq!(
        refused(&server, "I1"),
        "unknown_reference",
        "the rules judge by the very state the reports read"
    );

    let looked = post(&server, "/v1/projections/trade/rebuild?switch=no");
    assert_eq!(
        (&looked["switched"], &looked["kept"], &looked["records"]),
        (&json!(false), &json!(false), &json!(6))
    );
    assert_eq!(receivables(&server)[0]["gross"], "0.00", "only compared");
    assert_eq!(kept(&server, "trade"), Value::Null);

    let rebuilt = post(&server, "/v1/projections/trade/rebuild");
    assert_eq!((&rebuilt["switched"], &rebuilt["kept"]), (&json!(true), &json!(true)));
    assert_eq!(
        rebuilt["differences"], looked["differences"],
        "the same, whichever of the two is live"
    );
    let trade = &rebuilt["projections"][0];
    assert_ne!(trade["digest"], trade["live_digest"]);
    assert!(
        trade["differing_parts"].as_array().is_some_and(|parts| parts.contains(&json!("issued"))),
        "{trade}"
    );
    let shown = rebuilt["differences"]["shown"].as_array().expect("rows");
    let row = shown
        .iter()
        .find(|row| row["report"] == "receivables" && row["parameters"] == json!({}))
        .expect("a row of receivables");
    assert_eq!(
        (&row["key"], &row["before"]["gross"], &row["after"]["gross"]),
        (&json!(["EUR"]), &json!("0.00"), &json!("100.00"))
    );
    assert!(rebuilt["differences"]["rows"].as_u64() >= Some(shown.len() as u64), "{rebuilt}");
    assert_eq!(receivables(&server)[0]["gross"], "100.00");
    let old = kept(&server, "trade");
    let of_the_old = json!({
        "edition": trade["edition"], "position": 6, "digest": trade["live_digest"],
        "replaced_by": "rebuild",
    });
    assert_eq!(old, of_the_old);
    assert_eq!(
        refused(&server, "I1"),
        "write_off_exceeds_open_amount",
        "the rules' book is made of the new state"
    );

    // The old state has not seen record 7: it is brought there first.
    assert_eq!(server.post("/v1/events", &invoice("I2", "2025-01-11", "5.00")).status, 201);
    let back = post(&server, "/v1/projections/trade/rollback");
    assert_eq!(
        (&back["switched"], &back["kept"], &back["projections"][0]["position"]),
        (&json!(true), &json!(true), &json!(7))
    );
    assert_eq!(receivables(&server)[0]["gross"], "5.00", "as the faulty fold would have it");
    assert_eq!(refused(&server, "I2"), "write_off_exceeds_open_amount", "by its own id");
    assert_eq!(refused(&server, "I1"), "unknown_reference");
    // And what the rollback replaced can be put back in turn, on the command line too.
    assert!(server.terminate());
    let forth = run(&directory.path(), &["rebuild", "all", "--rollback", "--format", "json"]);
    assert_eq!(code(&forth), 0, "{}", String::from_utf8_lossy(&forth.stderr));
    let said = String::from_utf8_lossy(&forth.stderr).into_owned();
    assert!(
        said.contains("  receivables [EUR]: ")
            && said.contains("gross 5.00 → 105.00")
            && said.contains("--rollback` puts it back"),
        "{said}"
    );
    let answer: Value = serde_json::from_slice(&forth.stdout).expect("JSON");
    assert_eq!(
        answer["projections"].as_array().map(Vec::len),
        Some(1),
        "only what is kept: {answer}"
    );
    assert_eq!(code(&run(&directory.path(), &["replay"])), 0, "all digests are those of the log");
}

#[test]
fn a_replay_names_the_rows_that_differ() {
    let directory = with_a_wrong_state();
    let replay = run(&directory.path(), &["replay", "trade"]);
    let said = String::from_utf8_lossy(&replay.stderr).into_owned();
    assert_eq!(code(&replay), 1, "{said}");
    assert!(
        said.contains("  receivables [EUR]: was not there") && said.contains("trade ("),
        "{said}"
    );
}

#[test]
fn what_equals_the_new_state_is_not_kept() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    let rebuilt = post(&server, "/v1/projections/all/rebuild");
    assert_eq!(
        (&rebuilt["switched"], &rebuilt["kept"], &rebuilt["differences"]),
        (&json!(true), &json!(false), &Value::Null)
    );
    assert!(
        rebuilt["projections"]
            .as_array()
            .expect("folds")
            .iter()
            .all(|p| p["digest"] == p["live_digest"])
    );
    assert_eq!(
        server.send("POST", "/v1/projections/all/rollback", &[], None).problem(),
        "nothing_kept"
    );
}

#[test]
fn the_state_of_another_edition_stays_until_its_release_comes_back() {
    let directory = Directory::new();
    let data = directory.path();
    let server = Server::start(&data);
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    assert!(server.terminate());
    // As if a release with another edition had saved it.
    let (label, state) = snapshot(&data, "trade");
    let mut other = label.clone();
    other["edition"] = json!(900);
    put(&data, "trade", &other, &state);
    let server = Server::start(&data);
    assert_eq!(server.post("/v1/events", &invoice("I1", "2025-01-10", "100.00")).status, 201);
    assert_eq!(
        receivables(&server)[0]["gross"],
        "100.00",
        "passed over, and the fold rebuilt alone"
    );
    assert!(server.terminate());
    let server = Server::start(&data);
    let of_the_other =
        json!({"edition": 900, "position": 4, "digest": label["digest"], "replaced_by": "release"});
    assert_eq!(kept(&server, "trade"), of_the_other);
    let refused = server.send("POST", "/v1/projections/trade/rollback", &[], None);
    assert_eq!(refused.problem(), "nothing_kept");
    assert!(
        refused.text.contains("is of edition 900, and this release makes edition"),
        "{}",
        refused.text
    );
    assert!(server.terminate());
    // The release comes back: it takes up its own and brings that to the head, not from the
    // beginning.
    let (newer, bytes) = snapshot(&data, "trade");
    let mut newer = newer;
    newer["edition"] = json!(901);
    put(&data, "trade", &newer, &bytes);
    put(&data, "trade.kept", &label, &state);
    let replay = crate::server::sijil()
        .args(["replay", "--data"])
        .arg(&data)
        .env("SIJIL_LOG", "info")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&replay.stderr).into_owned();
    assert_eq!(code(&replay), 0, "{said}");
    assert!(said.contains("rebuilding") && said.contains("from=4 to=5"), "{said}");
}
