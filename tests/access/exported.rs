//! What is taken out in bulk is recorded, and what is read is told. Invariant: whatever left a door
//! of bulk has two records, by whoever took it, with what left counted and hashed.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    found::grpc_reads,
    house::{House, now},
    server::{Server, opening, run},
};

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The records of a type, oldest first, once there are so many.
fn records(house: &House, name: &str, wanted: usize) -> Vec<Value> {
    for _ in 0..600 {
        let page = house.server.get(&format!("/v1/events?type={name}&limit=1000")).json();
        let events = page["events"].as_array().cloned().unwrap_or_default();
        if events.len() >= wanted {
            return events;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("expected {wanted} of {name}");
}

fn an_analyst(house: &House) -> String {
    house.user("answers", None, "operator");
    house.service("warehouse", "analyst");
    house.key("service:warehouse", json!({})).1
}

#[test]
fn lines_are_recorded_before_they_leave_and_counted_behind_them() {
    let house = House::new();
    let secret = an_analyst(&house);
    let head = house.server.get("/v1/log").json()["position"].as_u64().expect("a position");
    let path = "/v1/events?family=invoices&format=ndjson";
    assert_eq!(house.ask(&secret, "HEAD", path, None).status, 200);
    let lines = house.ask(&secret, "GET", path, None);
    assert_eq!(lines.text.lines().count(), 1, "{}", lines.text);

    // A probe left nothing, so nothing is said of it.
    let [begun, ended] = ["export.begun", "data.exported"].map(|name| {
        let all = records(&house, name, 1);
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].clone()
    });
    let export = begun["data"]["export"].clone();
    let actor = begun["actor"].clone();
    assert_eq!((&ended["data"]["export"], &ended["actor"]), (&export, &actor));
    assert_ne!(actor, json!("local"), "the integration took it");
    assert_eq!(begun["position"], head + 1);
    assert_eq!(
        begun["data"],
        json!({
            "export": export, "what": "events", "filter": "family=invoices", "known_at": head,
            "personal": false, "purpose": "work",
        })
    );
    assert_eq!(
        ended["data"],
        json!({
            "export": export, "rows": 1, "bytes": lines.text.len(),
            "sha256": hex(lines.text.as_bytes()), "whole": true,
        })
    );
    let report = house.server.get("/v1/reports/exports?as_of=2100-01-01").json();
    let row = &report["rows"][0];
    assert_eq!(
        (&row["by"], &row["personal"], &row["rows"], &row["whole"]),
        (&actor, &json!("no"), &json!(1), &json!("yes")),
        "{report}"
    );
    // What may be seen of persons is said: the accountant's would have been another export.
    house.user("K", None, "keyholder");
    let (_, keyholder) = house.key("user:K", json!({}));
    house.ask(&keyholder, "GET", "/v1/events?format=ndjson&type=client.registered", None);
    let begun = records(&house, "export.begun", 2);
    assert_eq!(
        (&begun[1]["data"]["personal"], &begun[1]["data"]["filter"]),
        (&json!(true), &json!("type=client.registered"))
    );
}

#[test]
fn nobody_takes_out_unsaid_or_says_it_for_another() {
    let house = House::new();
    let secret = an_analyst(&house);
    house.user("S", None, "storekeeper");
    let (_, storekeeper) = house.key("user:S", json!({}));
    let refused = house.ask(&storekeeper, "GET", "/v1/events?format=ndjson", None);
    assert_eq!(refused.problem(), "not_allowed");
    let begin = |export: &str| {
        let data = json!({
            "export": export, "what": "report", "known_at": 1, "personal": false, "purpose": "work",
        });
        now("export.begun", data)
    };
    let end = |export: &str| {
        let sha256 = hex(b"");
        let data = json!({
            "export": export, "rows": 0, "bytes": 0, "sha256": sha256, "whole": true,
        });
        now("data.exported", data)
    };
    assert_eq!(house.record(&storekeeper, &begin("theirs")).problem(), "not_allowed");
    assert_eq!(house.server.post("/v1/events", &begin("of-the-house")).status, 201);
    // Whoever may take out says so itself, and ends no other's.
    assert_eq!(house.record(&secret, &begin("own")).status, 201);
    assert_eq!(house.record(&secret, &end("of-the-house")).problem(), "not_allowed");
    assert_eq!(house.record(&secret, &end("own")).status, 201);
}

#[test]
fn what_breaks_off_is_not_whole() {
    let house = House::new();
    let secret = an_analyst(&house);
    // More than any machine keeps on its way to a reader who does not read.
    for round in 0..80 {
        let drafts: Vec<Value> = (0..250)
            .map(|number| {
                let data = json!({
                    "client": format!("B-{round}-{number}"), "name": "x".repeat(200), "kind": "org",
                });
                crate::server::draft("client.registered", "2025-02-01", data)
            })
            .collect();
        let answer = house.server.post("/v1/events", &json!({ "events": drafts }));
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    let address = house.server.url.trim_start_matches("http://").to_owned();
    let mut socket = TcpStream::connect(&address).expect("connects");
    write!(
        socket,
        "GET /v1/events?format=ndjson HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer \
         {secret}\r\n\r\n"
    )
    .expect("sent");
    // Its beginning is there before the first byte of the answer is.
    let mut first = [0; 1];
    socket.read_exact(&mut first).expect("a byte");
    assert_eq!(records(&house, "export.begun", 1).len(), 1);
    drop(socket);
    let ended = records(&house, "data.exported", 1);
    assert_eq!(ended[0]["data"]["whole"], json!(false), "{ended:?}");
    let rows = ended[0]["data"]["rows"].as_u64().expect("a number");
    assert!(rows < 20_000, "{rows}");
}

#[test]
fn a_key_that_is_revoked_meanwhile_has_its_export_ended_for_it() {
    let house = House::new();
    house.user("U-1", None, "analyst");
    let (key, secret) = house.key("user:U-1", json!({}));
    let address = house.server.url.trim_start_matches("http://").to_owned();
    let mut socket = TcpStream::connect(&address).expect("connects");
    write!(
        socket,
        "GET /v1/events/stream?after=0&type=invoice.issued HTTP/1.1\r\nhost: {address}\r\n\
         connection: close\r\nauthorization: Bearer {secret}\r\n\r\n"
    )
    .expect("sent");
    socket.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
    let mut lines = BufReader::new(socket).lines().map_while(Result::ok);
    lines.by_ref().find(|line| line == "event: invoice.issued").expect("it is fed");
    house.say("key.revoked", json!({"key": key, "reason": "lost"}));
    assert!(lines.any(|line| line == "event: access"));
    let begun = records(&house, "export.begun", 1);
    let ended = records(&house, "data.exported", 1);
    assert_eq!(begun[0]["data"]["purpose"], json!("following"));
    assert_eq!((&ended[0]["actor"], &ended[0]["data"]["rows"]), (&begun[0]["actor"], &json!(1)));
}

#[test]
fn a_stream_of_all_is_an_export_and_one_of_a_client_is_none() {
    let house = House::with(&["--grpc", "127.0.0.1:0"]);
    house.user("U-1", None, "keyholder");
    let (_, secret) = house.key("user:U-1", json!({}));
    let head = house.server.get("/v1/log").json()["position"].as_u64().expect("a position");
    let grpc = house.grpc.clone().expect("a door");
    let connection = format!("esdb://anyone:{secret}@{grpc}?tls=false");
    assert_eq!(grpc_reads(&connection), Ok(usize::try_from(head).expect("a few")));
    let begun = records(&house, "export.begun", 1);
    let ended = records(&house, "data.exported", 1);
    assert_eq!(
        (&begun[0]["data"]["known_at"], &begun[0]["data"]["personal"]),
        (&json!(head), &json!(false))
    );
    assert_eq!(
        (&ended[0]["data"]["rows"], &ended[0]["data"]["whole"]),
        (&json!(head), &json!(true))
    );
}

#[test]
fn a_word_on_the_files_takes_no_record_and_one_on_a_server_does() {
    let house = House::new();
    let head = |house: &House| house.server.get("/v1/log").json()["position"].clone();
    let before = head(&house);
    let lines = run(&house.directory.path(), &["export"]);
    assert!(lines.status.success());
    assert_eq!(head(&house), before, "whoever holds the files needs no door");
    let lines = house.server.asked_by(&["export"]).output().expect("runs");
    assert!(lines.status.success());
    let ended = records(&house, "data.exported", 1);
    assert_eq!(ended[0]["data"]["sha256"], json!(hex(&lines.stdout)));
}

#[test]
fn reads_are_told_in_lines_and_not_answered_where_lines_are_required() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("a path");
    let house = House::with(&["--audit-reads", "--audit-to", path]);
    house.user("AUD", None, "auditor");
    let (key, secret) = house.key("user:AUD", json!({}));
    house.ask(&secret, "GET", "/v1/clients/C1?as_of=2025-02-28", None);
    house.ask(&secret, "GET", "/v1/reports/receivables?as_of=2025-02-28", None);
    house.ask(&secret, "GET", "/v1/events/999", None);
    let told = std::fs::read_to_string(file.path()).expect("read");
    let lines: Vec<Value> =
        told.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of: Vec<&Value> = lines.iter().filter(|line| line["key"] == json!(key)).collect();
    let [card, report, nothing] = of[..] else { panic!("{told}") };
    assert_eq!(
        [&card["who"], &card["route"], &card["rows"], &card["status"], &card["hidden"]],
        [&json!("user:AUD"), &json!("/v1/clients/{id}"), &json!(1), &json!(200), &json!(true)]
    );
    assert_eq!((&report["report"], &report["rows"]), (&json!("receivables"), &json!(1)));
    assert_eq!((&nothing["status"], &nothing["rows"]), (&json!(404), &Value::Null));
    assert_eq!(card["asked"], json!(hex(b"/v1/clients/C1?as_of=2025-02-28")));
    assert!(!told.contains("C1") && !told.contains("2025-02-28"), "what was asked stays unsaid");

    // A file that is always full.
    let house = crate::server::Directory::new();
    let words = ["--audit-reads", "required", "--audit-to", "/dev/full"];
    let (server, _) = Server::start_with_more(&house.path(), &words);
    assert_eq!(server.post("/v1/events", &json!({ "events": opening() })).status, 201);
    assert_eq!(server.get("/v1/clients/C1").problem(), "unavailable");
    // What is tried is answered by what is known.
    let tried = "/v1/events?dry_run=yes&effects=receivables";
    let answer = server.post(tried, &crate::server::invoice("I1", "2025-01-31", "1.00"));
    assert_eq!(answer.problem(), "unavailable");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let path = "/record/client.renamed";
    let sent = crate::server::ask(&server.url, "POST", path, &form, Some("client=C1&~op=check"));
    assert_eq!(sent.expect("an answer").problem(), "unavailable");
}
