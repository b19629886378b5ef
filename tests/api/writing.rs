//! Writing over HTTP.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use serde_json::json;

use crate::server::{Directory, Server, authorization, draft, invoice, opening};

fn opened() -> (Directory, Server) {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    (directory, server)
}

#[test]
fn one_event_is_recorded_and_can_be_read() {
    let (_directory, server) = opened();
    let answer = server.post("/v1/events", &invoice("I1", "2025-01-31", "100.00"));
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("location"), "/v1/events/5");
    assert_eq!(answer.header("etag"), "\"1\"");
    let record = server.get("/v1/events/5").json();
    assert_eq!(record["data"]["total"]["amount"], "100.00");
    assert_eq!(record["type"], "invoice.issued");
    assert_eq!(server.get("/v1/invoices/I1").json()["revision"], 1);
}

#[test]
fn the_same_key_gives_the_same_answer_and_another_body_is_refused() {
    let (_directory, server) = opened();
    let body = invoice("I1", "2025-01-31", "100.00").to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "k-1")];
    let first = server.send("POST", "/v1/events", &headers, Some(&body));
    let second = server.send("POST", "/v1/events", &headers, Some(&body));
    assert_eq!((first.status, second.status), (201, 200));
    assert_eq!(first.json()["events"][0]["id"], second.json()["events"][0]["id"]);
    assert_eq!(first.json()["position"], second.json()["position"]);
    let other = server.send(
        "POST",
        "/v1/events",
        &headers,
        Some(&invoice("I1", "2025-01-31", "99.00").to_string()),
    );
    assert_eq!((other.status, other.problem().as_str()), (409, "idempotency_conflict"));
    assert_eq!(server.get("/v1/log").json()["position"], 5);
}

#[test]
fn an_entity_id_left_out_is_made_and_stays_the_same_under_a_key() {
    let (_directory, server) = opened();
    let body = draft("client.registered", "2025-01-02", json!({"name": "No Id", "kind": "org"}))
        .to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "k-2")];
    let first = server.send("POST", "/v1/events", &headers, Some(&body)).json();
    let second = server.send("POST", "/v1/events", &headers, Some(&body)).json();
    assert!(
        first["events"][0]["entity"].as_str().is_some_and(|e| e.starts_with("client:")),
        "{first}"
    );
    assert_eq!(first["events"][0]["entity"], second["events"][0]["entity"]);
}

#[test]
fn a_batch_lands_whole_or_not_at_all() {
    let (_directory, server) = opened();
    let good = invoice("I1", "2025-01-31", "100.00");
    let bad = draft("client.renamed", "2025-01-31", json!({"client": "nobody", "name": "X"}));
    let answer = server.post("/v1/events", &json!({"events": [good, bad]}));
    assert_eq!((answer.status, answer.problem().as_str()), (422, "unknown_reference"));
    assert_eq!(answer.json()["index"], 1);
    assert_eq!(server.get("/v1/invoices/I1").status, 404);
    // The dropped half leaves no trace: the same id is free, and the position is used by what comes
    // next.
    let again = server.post("/v1/events", &invoice("I1", "2025-01-31", "50.00"));
    assert_eq!(again.json()["position"], 5);
}

#[test]
fn expected_revisions_are_checked() {
    let (_directory, server) = opened();
    let rename = draft("client.renamed", "2025-01-03", json!({"client": "C1", "name": "Other"}));
    let headers = [("content-type", "application/json"), ("if-match", "\"1\"")];
    assert_eq!(server.send("POST", "/v1/events", &headers, Some(&rename.to_string())).status, 201);
    let late = server.send("POST", "/v1/events", &headers, Some(&rename.to_string()));
    assert_eq!((late.status, late.problem().as_str()), (412, "revision_conflict"));
    assert_eq!(late.json()["newer"], json!([5]));
    let expect = json!({"events": [rename], "expect": [{"entity": "client:C1", "revision": 1}]});
    assert_eq!(server.post("/v1/events", &expect).status, 409);
    let expect = json!({"events": [rename], "expect": [{"entity": "client:C1", "revision": 2}]});
    assert_eq!(server.post("/v1/events", &expect).status, 201);
}

#[test]
fn an_import_tells_refused_lines_and_adds_nothing_when_sent_again() {
    let (_directory, server) = opened();
    let mut lines: Vec<String> = (0..3000_u32)
        .map(|n| {
            let mut one = invoice(&format!("I{n}"), "2025-01-31", "10.00");
            one["id"] = json!(format!("00000000-0000-4000-8000-{n:012}"));
            one.to_string()
        })
        .collect();
    lines.insert(10, "{not json".into());
    lines.insert(
        20,
        draft("client.renamed", "2025-01-31", json!({"client": "nobody", "name": "X"})).to_string(),
    );
    let text = lines.join("\n");
    let first = server.import(&text).json();
    assert_eq!(
        (&first["recorded"], &first["known"], &first["refused"]),
        (&json!(3000), &json!(0), &json!(2)),
        "{first}"
    );
    assert_eq!(
        (&first["refusals"][0]["line"], &first["refusals"][0]["name"]),
        (&json!(11), &json!("malformed_json"))
    );
    let second = server.import(&text).json();
    assert_eq!(
        (&second["recorded"], &second["known"], &second["refused"]),
        (&json!(0), &json!(3000), &json!(2))
    );
    assert_eq!(server.get("/v1/log").json()["position"], 3004);
}

#[test]
fn a_fact_and_what_rests_on_it_are_voided_together() {
    let (_directory, server) = opened();
    let answer = server.post(
        "/v1/events",
        &json!({
            "events": [
                invoice("I1", "2025-01-31", "100.00"),
                draft("payment.received", "2025-02-01", json!({
                    "payment": "P1", "client": "C1", "amount": {"amount": "60", "currency": "EUR"},
                    "bank_account": "bank",
                })),
                draft("payment.allocated", "2025-02-01", json!({
                    "payment": "P1", "invoice": "I1", "amount": "60",
                })),
            ],
        }),
    );
    assert_eq!(answer.status, 201, "{}", answer.text);
    let events = answer.json()["events"].clone();
    let void = |n: usize| {
        draft(
            "event.voided",
            "2025-02-02",
            json!({"target": events[n]["id"], "reason": "entered twice"}),
        )
    };
    let alone = server.post("/v1/events", &void(0));
    assert_eq!((alone.status, alone.problem().as_str()), (422, "has_dependants"));
    assert_eq!(alone.json()["dependants"], json!([7]));
    let together = server.post("/v1/events", &json!({"events": [void(0), void(2)]}));
    assert_eq!(together.status, 201, "{}", together.text);
    assert!(server.get("/v1/events/5").json()["voided_by"].is_number());
}

#[test]
fn amounts_are_compared_by_what_they_are_worth() {
    let (_directory, server) = opened();
    let id = "22222222-2222-4222-8222-222222222222";
    let written = |amount: &str| {
        let mut body = invoice("I1", "2025-01-31", amount);
        body["id"] = json!(id);
        server.post("/v1/events", &body)
    };
    assert_eq!(written("100.00").status, 201);
    for amount in ["100", "100.0", "100.00"] {
        let again = written(amount);
        assert_eq!(again.status, 200, "{amount}: {}", again.text);
        assert_eq!(again.json()["events"][0]["known"], true);
    }
    assert_eq!(written("100.01").problem(), "idempotency_conflict");
}

/// Sends bytes as they are, and takes what comes until the server closes.
fn raw(server: &Server, head: &str, body: &[u8]) -> String {
    let address = server.url.strip_prefix("http://").expect("plain");
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket");
    let credential = authorization(address);
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{credential}\
         content-type: application/json\r\n{head}\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat()).expect("sent");
    let mut answer = Vec::new();
    // One that is refused unread may be cut off behind its answer.
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_body_may_be_compressed_and_one_that_is_too_large_is_refused_unread() {
    let (_directory, server) = opened();
    let zipped = |text: &str| {
        let mut to = GzEncoder::new(Vec::new(), Compression::default());
        to.write_all(text.as_bytes()).expect("memory");
        to.finish().expect("memory")
    };
    let body = zipped(&invoice("I1", "2025-01-31", "100.00").to_string());
    let head = |length: usize| format!("content-encoding: gzip\r\ncontent-length: {length}\r\n");
    let answer = raw(&server, &head(body.len()), &body);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(server.get("/v1/invoices/I1").json()["revision"], 1);
    // One that ends early, and one that unfolds into more than a body may be.
    let cut = &body[..body.len() / 2];
    let answer = raw(&server, &head(cut.len()), cut);
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("body_cut_short"), "{answer}");
    let bomb = zipped(&" ".repeat(4 << 20));
    let answer = raw(&server, &head(bomb.len()), &bomb);
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("body_too_large"), "{answer}");
    // What a head announces is refused before any of it comes.
    let answer = raw(&server, "content-length: 99999999999\r\n", b"");
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("body_too_large"), "{answer}");
    assert_eq!(server.get("/v1/log").json()["position"], 5);
}
