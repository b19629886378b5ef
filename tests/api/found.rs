//! Damage that is found while a server runs. Invariant: it hides what rests on it and nothing else,
//! and is told.

use crate::damage::{ends, said, words};
use crate::{
    server::{Directory, Server, ask, authorization, code, invoice},
    states::{SMALL, books, flip, frames, own, rows, segments, stripped},
};
use serde_json::{Value, json};
use sijil_ledger::Filter;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

/// What comes of a stream that is read to its end: its text, and whether it ended well.
fn streamed(url: &str, path: &str) -> (String, bool) {
    let address = url.trim_start_matches("http://");
    let who = authorization(address);
    let mut socket = TcpStream::connect(address).expect("connects");
    write!(socket, "GET {path} HTTP/1.1\r\nhost: {address}\r\n{who}\r\n").expect("sent");
    socket.set_read_timeout(Some(std::time::Duration::from_secs(60))).expect("set");
    let mut text = String::new();
    let mut reader = BufReader::new(socket);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        text.push_str(&String::from_utf8_lossy(&line));
        if line == b"0\r\n" {
            return (text, true);
        }
        line.clear();
    }
    drop(reader.into_inner().take(0));
    (text, false)
}

/// Found while serving: all that does not need the bytes goes on, and every answer says so.
#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn damage_that_is_found_while_serving_hides_only_itself() {
    let directory = Directory::new();
    let [base, data] = ["base", "data"].map(|name| directory.path().join(name));
    books(&base, SMALL, &rows(40));
    own(&base, &data);
    let (server, connection) = Server::start_with_grpc(&data);
    // The last segment is open, and stands uncompressed.
    let path = segments(&data).pop().expect("a segment");
    let frame = frames(&path).remove(0);
    let paths = [
        "/v1/reports/receivables?as_of=2025-02-28&known_at=20",
        "/v1/invoices/I1-1",
        "/v1/invoices",
        "/v1/events/7",
        "/v1/reports",
        "/v1/schemas",
    ];
    let before: Vec<(u16, String)> = paths
        .iter()
        .map(|path| server.get(path))
        .map(|answer| (answer.status, answer.text))
        .collect();
    assert_eq!(server.get("/v1/reports").header("sijil-log"), "");
    flip(&path, frame.start + 60);
    let (inside, vouched) = (frame.first, frame.first - 1);
    let refused = server.get(&format!("/v1/events/{inside}"));
    assert_eq!(
        (refused.status, refused.problem().as_str()),
        (503, "log_damaged"),
        "{}",
        refused.text
    );
    let header = format!("damaged; vouched={vouched}");
    assert_eq!(server.get("/v1/reports").header("sijil-log"), header);
    for (path, before) in paths.iter().zip(&before) {
        let answer = server.get(path);
        assert_eq!((answer.status, &answer.text), (before.0, &before.1), "{path}");
    }
    for path in [
        format!("/v1/events?after={vouched}"),
        "/v1/events?entity=client:C1&limit=1000".to_owned(),
        "/v1/events?family=money&limit=1000".to_owned(),
    ] {
        let answer = server.get(&path);
        assert!(
            answer.status == 503 || !answer.text.contains(&format!("\"position\":{inside},")),
            "{path}: {}",
            answer.text
        );
    }
    // Streams break off, and say why where there is a way to.
    let (lines, ended) = streamed(&server.url, "/v1/events?format=ndjson");
    assert!(
        !ended && lines.contains("\"position\":3,"),
        "an export that breaks off is no whole one, and what stands before is sent: {ended}, {} \
         bytes",
        lines.len()
    );
    let (events, ended) = streamed(&server.url, "/v1/events/stream?after=0");
    assert!(
        !ended && events.contains("event: problem") && events.contains("log_damaged"),
        "{}",
        events.chars().rev().take(400).collect::<String>()
    );
    assert!(!events.contains(&format!("id: {inside}\n")));
    assert!(
        ask(&server.url, "GET", "/v1/events?format=ndjson", &[], None).is_err(),
        "a client sees that it broke off"
    );
    let export = server.asked_by(&["export"]).output().expect("runs");
    let why = said(&export);
    assert!(
        code(&export) == 4 && why.contains("log_damaged: the export broke off"),
        "{} {why}",
        code(&export)
    );
    ends("a word that needs them", &data, "export", 4);
    assert!(
        grpc_reads(&connection).is_err_and(|why| why.contains("log_damaged")),
        "a subscription ends with an error"
    );
    let (ready, log, metrics) =
        (server.get("/readyz"), server.get("/v1/log").json(), server.get("/metrics").text);
    assert_eq!(
        (ready.status, ready.json()["log"].clone(), ready.json()["writable"].clone()),
        (200, json!("damaged"), json!(true))
    );
    assert_eq!((&log["state"], &log["vouched_to"]), (&json!("damaged"), &json!(vouched)));
    assert!(
        metrics.contains("sijil_log_damaged 1")
            && metrics.contains(&format!("sijil_log_vouched_position {vouched}")),
        "{metrics}"
    );
    let recorded = server.post("/v1/events", &invoice("X", "2025-01-31", "1.00"));
    assert_eq!(
        (recorded.status, recorded.header("sijil-log")),
        (201, header.as_str()),
        "{}",
        recorded.text
    );
    assert!(server.terminate());
    assert_eq!(code(&words(&data, "verify")), 4);
}

/// Reads all events over gRPC, from the first.
pub fn grpc_reads(connection: &str) -> Result<usize, String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let client =
            eventstore::Client::new(connection.parse().map_err(|error| format!("{error}"))?)
                .map_err(|error| error.to_string())?;
        let options = eventstore::ReadAllOptions::default()
            .position(eventstore::StreamPosition::Start)
            .max_count(usize::MAX);
        let mut stream = client.read_all(&options).await.map_err(|error| format!("{error:?}"))?;
        let mut count = 0;
        loop {
            match stream.next().await {
                Ok(Some(_)) => count += 1,
                Ok(None) => return Ok(count),
                Err(error) => return Err(format!("{error:?}")),
            }
        }
    })
}

/// Personal parts that somebody stripped: every hash is right, and still it is said.
#[test]
fn a_personal_part_that_is_gone_without_an_erasure_is_told() {
    let directory = Directory::new();
    let [base, data] = ["base", "data"].map(|name| directory.path().join(name));
    books(&base, 256 << 20, &rows(1));
    stripped(&base, &data, 3);
    ends("part missing", &data, "query receivables --as-of 2025-02-28", 0);
    assert!(said(&words(&data, "events")).contains("part_missing"), "a word says so");
    let verify = words(&data, "verify");
    assert_eq!(code(&verify), 4);
    assert!(
        said(&verify).contains("position 3: part_missing: 1 of its personal parts are not there"),
        "{}",
        said(&verify)
    );
    ends("part missing", &data, "status", 4);
    let server = Server::start(&data);
    let (record, ready) = (server.get("/v1/events/3"), server.get("/readyz"));
    assert_eq!(
        (record.status, record.json()["missing"].clone()),
        (200, json!(["/data/name"])),
        "{}",
        record.text
    );
    assert_eq!(server.get("/v1/events/2").json()["missing"], Value::Null);
    let (card, other) = (server.get("/v1/clients/C1"), server.get("/v1/employees/m1"));
    assert_eq!(
        (card.status, card.json()["missing"].clone(), card.json()["fields"]["name"].clone()),
        (200, json!(["/fields/name"]), Value::Null),
        "{}",
        card.text
    );
    assert_eq!(
        (other.json()["missing"].clone(), other.json()["fields"]["name"]["value"].clone()),
        (Value::Null, json!("Manager One")),
        "{}",
        other.text
    );
    assert_eq!((ready.status, ready.json()["log"].clone()), (200, json!("damaged")));
    assert_eq!(server.post("/v1/events", &invoice("X", "2025-01-31", "1.00")).status, 201);
}

/// What nobody asks for is looked at, too.
#[test]
fn a_scrub_finds_rot_before_anybody_asks() {
    let directory = Directory::new();
    let [base, data] = ["base", "data"].map(|name| directory.path().join(name));
    books(&base, SMALL, &rows(40));
    own(&base, &data);
    let ledger = crate::beside::opened(&data);
    ledger.scrub(std::time::Duration::ZERO, &|| false).expect("it is whole");
    assert_eq!(ledger.damaged(), None);
    let path = segments(&data).pop().expect("a segment");
    let frame = frames(&path).remove(0);
    flip(&path, frame.start + 60);
    assert!(ledger.scrub(std::time::Duration::ZERO, &|| false).is_err());
    let damaged = ledger.damaged().expect("it is found");
    assert_eq!(damaged.vouched_to.get(), frame.first - 1);
    assert!(ledger.page(&Filter::default(), damaged.vouched_to, 5).is_err());
    assert_eq!(frame.last - frame.first, 4);
    ledger.stop();
}
