//! Proofs through the doors. Invariant: whoever checks has the text and the key, and nothing of the
//! ledger: neither its server nor its files.

use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};

use crate::{
    house::{House, renamed},
    server::{Directory, Server, draft, opening, sijil},
};

fn run(words: &[&str]) -> Output {
    sijil().args(words).output().expect("it runs")
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

/// The words of a ledger's own directory.
fn words(data: &Path, words: &[&str]) -> String {
    let output = sijil().arg("--data").arg(data).args(words).output().expect("it runs");
    assert!(output.status.success(), "{words:?}: {:?}", said(&output));
    String::from_utf8(output.stdout).expect("text")
}

fn vkey(server: &Server) -> String {
    server.get("/v1/log").json()["vkey"].as_str().expect("a key").to_owned()
}

#[test]
fn a_stranger_checks_what_the_ledger_says() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    assert_eq!(server.get("/checkpoint").problem(), "unsigned", "before the ledger is opened");
    let told = [("content-type", "application/json"), ("prefer", "respond-async, Proof")];
    let body = json!({"events": opening()}).to_string();
    let answer = server.send("POST", "/v1/events", &told, Some(&body));
    assert_eq!((answer.status, answer.header("preference-applied")), (201, "proof"));
    let proofs = answer.json()["proofs"].as_array().expect("proofs").clone();
    assert_eq!(proofs.len(), opening().len());
    let key = vkey(&server);
    let again = server.send("POST", "/v1/events", &told[..1], Some(&body));
    assert_eq!(again.json()["proofs"], Value::Null, "nobody asked");
    // The server is gone, and its directory is not looked at.
    let log = server.get("/v1/log").json();
    assert!(server.terminate());
    let elsewhere = Directory::new();
    let verifier = elsewhere.file("verify.py", "");
    let verifier = verifier.to_str().expect("a path");
    assert_eq!(said(&run(&["check", "--write-verifier", verifier])), (Some(0), String::new()));
    for (n, proof) in proofs.iter().enumerate() {
        let file = elsewhere.file("proof", proof.as_str().expect("a text"));
        let file = file.to_str().expect("a path");
        let (code, text) = said(&run(&["check", file, "--key", &key, "--format", "json"]));
        assert_eq!(code, Some(0), "{text}");
        let found: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(found["position"], n + 1);
        assert_eq!(found["type"], opening()[n]["type"]);
        assert_eq!(found["origin"], format!("localhost/{}/1", log["ledger"].as_str().expect("id")));
        let python = Command::new("python3").args(["-I", verifier, &key, file]).output();
        let (code, text) = said(&python.expect("python3 is there"));
        assert_eq!(code, Some(0), "{text}");
    }
}

#[test]
fn check_says_no_or_that_it_cannot_read() {
    let house = House::new();
    let key = vkey(&house.server);
    let proof = house.server.get("/v1/events/2/proof").text;
    let (good, other) = (house.directory.file("good", &proof), House::new());
    let moved = house.directory.file("moved", &proof.replace("index 1", "index 2"));
    let cut = house.directory.file("cut", &proof[..proof.len() / 2]);
    let bytes = house.directory.file("bytes", "c2sp.org/tlog-proof@v1\n");
    std::fs::write(&bytes, [0xFF, 0xFE]).expect("written");
    let theirs = vkey(&other.server);
    let broken = key.replace("+", "-");
    for (file, key, code, why) in [
        (&good, &key, 0, "the log holds this record at this position"),
        (&good, &theirs, 1, "expected a signature by"),
        (&moved, &key, 1, "the path leads to another root"),
        (&cut, &key, 4, "expected a proof of the form"),
        (&bytes, &key, 4, "invalid utf-8"),
        (&house.directory.path().join("none"), &key, 2, "No such file"),
        (&good, &broken, 2, "No such file"),
    ] {
        let (got, text) = said(&run(&["check", file.to_str().expect("a path"), "--key", key]));
        assert_eq!((got, text.contains(why)), (Some(code), true), "{text}");
    }
    let checkpoint = house.directory.file("checkpoint", &house.server.get("/checkpoint").text);
    let checkpoint = checkpoint.to_str().expect("a path");
    let (code, text) = said(&run(&["check", checkpoint, "--key", &key]));
    assert_eq!((code, text.contains("vouches for this root")), (Some(0), true), "{text}");
    assert_eq!(run(&["check"]).status.code(), Some(2));
}

#[test]
fn an_older_checkpoint_is_the_beginning_of_a_newer_one() {
    let house = House::new();
    let key = vkey(&house.server);
    let older = house.server.get("/checkpoint").text;
    let from = older.lines().nth(1).expect("a size").to_owned();
    house.user("answers", None, "operator");
    let last = house.server.get("/v1/log").json()["position"].as_u64().expect("a position");
    // A proof of the last record needs a checkpoint that holds it.
    let proof = house.server.get(&format!("/v1/events/{last}/proof")).text;
    let newer = proof.split_once("\n\n").expect("a checkpoint").1;
    let path = house.server.get(&format!("/v1/proofs/consistency?from={from}&to={last}")).text;
    let other = house.server.get(&format!("/v1/proofs/consistency?from=1&to={last}")).text;
    let file = |name: &str, text: &str| {
        house.directory.file(name, text).to_str().expect("a path").to_owned()
    };
    let (older, newer) = (file("older", &older), file("newer", newer));
    let verifier = file("verify.py", sijil_proof::VERIFIER);
    for (path, code) in [(&path, 0), (&other, 1)] {
        let path = file("path", path);
        let words = ["check", &newer, "--key", &key, "--since", &older, "--path", &path];
        let (got, text) = said(&run(&words));
        assert_eq!(got, Some(code), "{text}");
        let words = [&verifier, &key, &older, &newer, &path];
        let python = Command::new("python3").args(words).output().expect("python3 is there");
        let (got, text) = said(&python);
        assert_eq!(got, Some(code), "{text}");
    }
}

#[test]
fn the_words_prove_what_the_server_proves() {
    let directory = Directory::new();
    let data = directory.path();
    let server = Server::start(&data);
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    let key = vkey(&server);
    let file = data.join("keys/checkpoint.key");
    let mode = std::fs::metadata(&file).expect("a key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Beside the server, and without it.
    assert_eq!(words(&data, &["checkpoint", "--vkey"]), format!("{key}\n"));
    let by_server = server.get("/checkpoint").text;
    assert_eq!(words(&data, &["checkpoint"]), by_server);
    assert!(server.terminate());
    let out = data.join("proof");
    words(&data, &["prove", "3", "-o", out.to_str().expect("a path")]);
    let (code, text) = said(&run(&["check", out.to_str().expect("a path"), "--key", &key]));
    assert_eq!(code, Some(0), "{text}");
    let server = Server::start(&data);
    assert_eq!(vkey(&server), key, "the key stays");
    let place = ["--server", &server.url, "--data", data.to_str().expect("a path")];
    let (code, text) = said(&run(&[&place[..], &["prove", "99"]].concat()));
    assert_eq!((code, text.contains("not_found")), (Some(2), true), "{text}");
    assert!(server.terminate());
    // Whoever reads the key can sign: it is good for nothing any more.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("set");
    let output = sijil().arg("--data").arg(&data).arg("checkpoint").output().expect("it runs");
    let (code, text) = said(&output);
    assert_eq!((code, text.contains("others than its owner")), (Some(3), true), "{text}");
}

#[test]
fn the_public_name_is_the_origin_and_stays_it() {
    let directory = Directory::new();
    let data = directory.path();
    let named = ["--public-url", "https://books.example"];
    let (server, _) = Server::start_with_more(&data, &named);
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    let origin = server.get("/checkpoint").text.lines().next().expect("a line").to_owned();
    assert!(origin.starts_with("books.example/"), "{origin}");
    assert!(server.terminate());
    assert!(words(&data, &["checkpoint"]).starts_with(&format!("{origin}\n")));
}

#[test]
fn a_copy_that_is_older_signs_nothing() {
    let directory = Directory::new();
    let data = directory.path();
    let server = Server::start(&data);
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    assert!(server.terminate());
    let kept = data.with_extension("kept");
    let copied = Command::new("cp").arg("-a").arg(data.join("log")).arg(&kept).status();
    assert!(copied.expect("cp runs").success());
    let server = Server::start(&data);
    let more = draft(
        "client.registered",
        "2025-01-05",
        json!({
            "client": "C9", "name": "Late", "kind": "org",
        }),
    );
    assert_eq!(server.post("/v1/events", &more).status, 201);
    // The key stands in the log before anything is signed with it.
    assert!(server.get("/checkpoint").text.contains("\n6\n"));
    assert!(server.terminate());
    // What is derived goes with the log that was put back.
    for name in ["log", "index", "tiles", "snapshots", "state", "mark"] {
        drop(std::fs::remove_dir_all(data.join(name)));
        drop(std::fs::remove_file(data.join(name)));
    }
    std::fs::rename(&kept, data.join("log")).expect("put back");
    let server = Server::start(&data);
    assert_eq!(server.get("/v1/events/4").status, 200, "questions are answered");
    assert_eq!(server.get("/checkpoint").problem(), "rolled_back");
    assert_eq!(server.get("/v1/events/1/proof").problem(), "rolled_back");
    // What was recorded and signed since is gone: nothing is put in its place unasked.
    assert_eq!(server.post("/v1/events", &more).problem(), "rolled_back");
    let ready = server.get("/readyz");
    assert_eq!((ready.status, &ready.json()["log"]), (503, &json!("rolled_back")));
    assert!(server.terminate());
    for (word, code) in [("events", 0), ("verify", 1), ("status", 1)] {
        let output = sijil().arg("--data").arg(&data).arg(word).output().expect("it runs");
        let (got, text) = said(&output);
        assert_eq!((got, text.contains("the log was signed at 6")), (Some(code), true), "{text}");
    }
    // Accepted, it goes on as another log than the one that was signed.
    words(&data, &["adopt", "--as-clone"]);
    let server = Server::start(&data);
    assert_eq!(server.post("/v1/events", &more).status, 201);
    let signed = server.get("/checkpoint").text;
    assert!(!signed.lines().next().is_some_and(|origin| origin.ends_with("/1")), "{signed}");
    assert!(server.terminate());
    words(&data, &["verify"]);
}

#[test]
fn a_signing_key_stands_in_the_log_and_another_takes_its_place() {
    let directory = Directory::new();
    let data = directory.path();
    let types = |server: &Server| -> Vec<(Value, Value)> {
        let page = server.get("/v1/events?family=access").json();
        let events = page["events"].as_array().cloned().unwrap_or_default();
        events.iter().map(|one| (one["type"].clone(), one["data"].clone())).collect()
    };
    let server = Server::start(&data);
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    assert_eq!(types(&server), [], "nothing was signed yet");
    let first = vkey(&server);
    for _ in 0..2 {
        assert_eq!(server.get("/checkpoint").status, 200);
    }
    let told = types(&server);
    assert_eq!((told.len(), &told[0].0), (1, &json!("checkpoint_key.added")));
    assert_eq!(told[0].1["vkey"], json!(first));
    assert!(server.terminate());
    // Put away, another one is made, and takes its place.
    std::fs::remove_file(data.join("keys/checkpoint.key")).expect("removed");
    let server = Server::start(&data);
    assert_eq!(server.get("/checkpoint").status, 200);
    let told = types(&server);
    let names: Vec<&Value> = told.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["checkpoint_key.added", "checkpoint_key.added", "checkpoint_key.retired"]);
    assert_eq!(told[1].1["vkey"], json!(vkey(&server)));
    assert_eq!(told[2].1["checkpoint_key"], told[0].1["checkpoint_key"]);
}

#[test]
fn proofs_show_no_more_than_may_be_read() {
    let house = House::new();
    house.user("answers", None, "operator");
    let secret = |role: &str| {
        house.service(role, role);
        house.key(&format!("service:{role}"), json!({})).1
    };
    let (auditor, storekeeper, integration) =
        (secret("auditor"), secret("storekeeper"), secret("integration"));
    // The client's registration, which whoever keeps the stores may not read.
    let client = (1..=9).find(|n| {
        let event = house.server.get(&format!("/v1/events/{n}"));
        event.json()["type"] == "client.registered"
    });
    let path = format!("/v1/events/{}/proof", client.expect("a client"));
    let hidden = house.ask(&storekeeper, "GET", &path, None);
    let unknown = house.ask(&storekeeper, "GET", "/v1/events/9999/proof", None);
    assert_eq!((hidden.status, unknown.status), (404, 404));
    let told = |answer: &crate::server::Answer, at: &str| {
        let mut body = answer.json();
        body["request_id"] = Value::Null;
        body.to_string().replace(at, "N")
    };
    let at = path.split('/').nth(3).expect("a position");
    assert_eq!(
        told(&hidden, &format!("position {at};")),
        told(&unknown, "position 9999;"),
        "what may not be read is told as what is not there"
    );
    for secret in [&auditor, &integration] {
        assert_eq!(house.ask(secret, "GET", &path, None).status, 200);
    }
    // No value about a person stands in a proof.
    house.record(&integration, &renamed("Canary Cassandra"));
    let last = house.server.get("/v1/log").json()["position"].as_u64().expect("a position");
    let proof = house.ask(&auditor, "GET", &format!("/v1/events/{last}/proof"), None).text;
    let file = house.directory.file("proof", &proof);
    let key = vkey(&house.server);
    let words = ["check", file.to_str().expect("a path"), "--key", &key, "--format", "json"];
    let (code, text) = said(&run(&words));
    assert_eq!((code, text.contains("client.renamed")), (Some(0), true), "{text}");
    assert!(!text.contains("Cassandra") && !proof.contains("Cassandra"), "{text}");
}

#[test]
fn hashes_are_served_as_tiles() {
    let house = House::new();
    let log = house.server.get("/v1/log").json();
    let size = log["position"].as_u64().expect("a position");
    let path = format!("/v1/proofs/inclusion?position=2&size={size}");
    let inclusion = house.server.get(&path).json();
    assert_eq!(inclusion["size"], size);
    let consistency = house.server.get("/v1/proofs/consistency?from=1").json();
    assert_eq!((consistency["from"].clone(), consistency["to"].clone()), (json!(1), json!(size)));
    assert_eq!(consistency["second"], inclusion["root"]);
    for (path, status) in [
        (format!("/tile/0/000.p/{size}"), 200),
        (format!("/tile/entries/000.p/{size}"), 200),
        (format!("/tile/0/000.p/{}", size + 1), 404),
        ("/tile/0/000".into(), 404),
        ("/tile/00/000.p/1".into(), 404),
        ("/tile/0/x000/000.p/1".into(), 404),
        ("/tile/1/000.p/1".into(), 404),
        ("/tile/entries/0".into(), 404),
        ("/v1/proofs/inclusion".into(), 400),
        ("/v1/proofs/inclusion?position=0".into(), 404),
        (format!("/v1/proofs/inclusion?position=1&size={}", size + 1), 400),
        ("/v1/proofs/consistency?from=3&to=2".into(), 400),
        ("/v1/proofs/consistency?from=3&until=4".into(), 400),
    ] {
        let answer = house.server.get(&path);
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
    }
}
