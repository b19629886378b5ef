//! TRUST §6, row by row: what each state of a log answers on every word, route and stream.
//! Invariant: no answer comes from damaged bytes, nor is any made as if they had never been there.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};
use sijil_ledger::Filter;

use crate::{
    server::{Directory, Server, ask, code, invoice, run, sijil},
    states::{
        SMALL, all_segments_gone, books, copy, first_segment_gone, flip, foreign, frames,
        header_flipped, hole_without_snapshots, key_open_to_others, last_batch_flipped,
        newer_format, nothing, own, rolled_back, rows, segments, stripped, torn, unknown_type,
    },
};

/// Words that read, each with all it needs.
const READS: &[&str] = &[
    "query receivables --as-of 2025-02-28",
    "query trial_balance --format json",
    "events",
    "events --format csv",
    "export",
    "export --format csv",
    "replay",
    "status",
];

/// A state, how it is made, and what each kind of word ends with.
struct State {
    name: &'static str,
    /// Small segments, so that there are several.
    small: bool,
    batches: usize,
    make: fn(&Path),
    reads: i32,
    writes: i32,
    verify: i32,
    /// `None` if it serves.
    serve: Option<i32>,
    /// With --salvage and a known_at before the damage.
    salvage: i32,
}

const fn state(name: &'static str, make: fn(&Path), reads: i32, verify: i32) -> State {
    State {
        name,
        small: false,
        batches: 3,
        make,
        reads,
        writes: reads,
        verify,
        serve: Some(reads),
        salvage: reads,
    }
}

const STATES: &[State] = &[
    State { serve: None, ..state("whole", nothing, 0, 0) },
    State { serve: None, ..state("torn tail", torn, 0, 0) },
    state("header of a segment flipped", header_flipped, 4, 4),
    State { salvage: 0, ..state("byte of the last batch flipped", last_batch_flipped, 4, 4) },
    State { batches: 0, ..state("only batch flipped", last_batch_flipped, 4, 4) },
    state("all segments removed", all_segments_gone, 4, 4),
    State { small: true, batches: 40, ..state("first segment gone", first_segment_gone, 4, 4) },
    State {
        small: true,
        batches: 40,
        salvage: 0,
        ..state("hole in the middle, no snapshots", hole_without_snapshots, 4, 4)
    },
    State { salvage: 0, ..state("truncated below the mark", rolled_back, 4, 4) },
    state("log of another ledger", foreign, 3, 4),
    state("newer format", newer_format, 3, 3),
    state("unknown event type", unknown_type, 3, 3),
    state("key open to others", key_open_to_others, 3, 3),
];

fn words(data: &Path, line: &str) -> Output {
    run(data, &line.split(' ').collect::<Vec<_>>())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs `serve` where it is expected to end.
fn serve(data: &Path, more: &[&str]) -> i32 {
    let mut command = Command::new("timeout");
    command
        .arg("60")
        .arg(env!("CARGO_BIN_EXE_sijil"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(more);
    code(&command.output().expect("timeout runs"))
}

/// Fails unless the word ends so; a word that fails writes no data.
fn ends(state: &str, data: &Path, line: &str, expected: i32) {
    let output = words(data, line);
    assert_eq!(code(&output), expected, "{state}: sijil {line}: {}", said(&output));
    // `status` tells what stands there in any state.
    if expected != 0 && !line.starts_with("status") {
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "",
            "{state}: sijil {line} has written data"
        );
        assert!(said(&output).len() > 20, "{state}: sijil {line} says why");
    }
}

fn check(state: &State, base: &Path, at: &Path) {
    own(base, at);
    (state.make)(at);
    // The same code as `verify`, where both look at the same thing.
    let status = if state.verify == 4 { 4 } else { state.reads };
    for line in READS {
        ends(
            state.name,
            at,
            line,
            if *line == "status" && state.reads == 4 { status } else { state.reads },
        );
    }
    if state.reads != 0 {
        ends(state.name, at, "publish --to postgres://127.0.0.1:1/none", state.reads);
        let elsewhere = at.with_extension("target");
        ends(
            state.name,
            at,
            &format!("copy --from {} --to {}", at.display(), elsewhere.display()),
            state.reads,
        );
        assert_eq!(serve(at, &[]), state.serve.expect("an end"), "{}: serve", state.name);
        ends(
            state.name,
            at,
            &format!("import {}", at.with_extension("ndjson").display()),
            state.writes,
        );
    }
    let question = "query receivables --as-of 2025-02-28 --salvage";
    ends(state.name, at, &format!("{question} --known-at 4"), state.salvage);
    ends(state.name, at, question, state.reads);
    ends(state.name, at, &format!("{question} --known-at 19"), state.reads);
    if state.salvage != 0 {
        assert_eq!(serve(at, &["--salvage"]), state.salvage, "{}: serve --salvage", state.name);
    }
    let verify = words(at, "verify");
    assert_eq!(code(&verify), state.verify, "{}: verify: {}", state.name, said(&verify));
    if state.writes == 0 {
        ends(state.name, at, &format!("import {}", at.with_extension("ndjson").display()), 0);
    }
}

#[test]
fn each_state_ends_every_word_as_the_table_says() {
    let directory = Directory::new();
    let [one, few, many] = ["one", "few", "many"].map(|name| directory.path().join(name));
    books(&one, 256 << 20, &rows(0));
    books(&few, 256 << 20, &rows(3));
    books(&many, SMALL, &rows(40));
    assert!(segments(&many).len() >= 3);
    let line = format!("{}\n", invoice("NEW", "2025-01-31", "1.00"));
    std::thread::scope(|scope| {
        for (number, state) in STATES.iter().enumerate() {
            let base = if state.small {
                &many
            } else if state.batches == 0 {
                &one
            } else {
                &few
            };
            let at = directory.path().join(format!("state-{number}"));
            std::fs::write(at.with_extension("ndjson"), &line).expect("written");
            let run = scope.spawn(move || check(state, base, &at));
            // Two at a time.
            if number % 2 == 1 {
                run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        }
    });
    println!(
        "row 13: {} states × {} words, serve, salvage and verify, each as TRUST §6 says",
        STATES.len(),
        READS.len() + 4
    );
}

/// Where something begins in a segment: header, heads and footers of batches, lengths, headers and
/// texts of records.
fn structural(segment: &Path) -> Vec<usize> {
    let bytes = std::fs::read(segment).expect("read");
    let mut places: Vec<usize> = vec![0, 8, 12, 16, 24, 32, 64, 96, 100, 104, 2_000, 4_060, 4_092];
    for frame in frames(segment) {
        places.extend([0, 4, 8, 16, 20].map(|at| frame.start + at));
        places.extend([96, 88, 84, 80, 72, 40, 8, 1].map(|back| frame.end - back));
        let mut at = frame.start + 24;
        while at < frame.end - 96 {
            let length = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
            let end = at + 4 + length(at) + length(at + 2);
            places.extend([
                at,
                at + 2,
                at + 4,
                at + 5,
                at + 13,
                at + 21,
                at + 29,
                at + 31,
                at + 32,
                at + 48,
                at + 60,
                end - 1,
            ]);
            at = end;
        }
    }
    places
}

#[test]
fn no_word_answers_from_a_flipped_place() {
    let directory = Directory::new();
    let [base, data] = ["base", "data"].map(|name| directory.path().join(name));
    books(&base, 256 << 20, &rows(3));
    own(&base, &data);
    let path = segments(&data).pop().expect("a segment");
    let places = structural(&path);
    assert!(places.len() >= 200, "{} places", places.len());
    let step = places.len() / 200;
    let (mut asked, mut found) = (0, 0);
    for (number, at) in places.into_iter().step_by(step).enumerate() {
        flip(&path, at);
        let line = READS[number % (READS.len() - 1)];
        let output = words(&data, line);
        assert_eq!(
            (code(&output), output.stdout.is_empty()),
            (4, true),
            "byte {at}: sijil {line}: {}",
            said(&output)
        );
        if number % 20 == 0 {
            assert_eq!(serve(&data, &[]), 4, "byte {at}: serve");
            found += 1;
        }
        asked += 1;
        flip(&path, at);
    }
    assert!(asked >= 200);
    ends("as it was", &data, READS[0], 0);
    println!(
        "row 13: {asked} structural places flipped, each word in turn and {found} servers: 0 answers"
    );
}

/// What is salvaged: the server that says so on every door.
#[test]
fn a_salvaged_log_answers_what_was_known_before_the_damage() {
    let directory = Directory::new();
    let [base, data] = ["base", "data"].map(|name| directory.path().join(name));
    books(&base, 256 << 20, &rows(3));
    own(&base, &data);
    let whole = words(&data, "query receivables --as-of 2025-02-28 --known-at 14 --format csv");
    last_batch_flipped(&data);
    let (server, _) = Server::start_with_more(&data, &["--salvage"]);
    let asked = |path: &str| {
        let answer = server.get(path);
        assert_eq!(answer.header("sijil-log"), "damaged; vouched=14", "{path}");
        answer
    };
    let known = asked("/v1/reports/receivables?as_of=2025-02-28&known_at=14&format=csv");
    assert_eq!(
        (known.status, known.text.trim()),
        (200, String::from_utf8_lossy(&whole.stdout).trim())
    );
    for path in [
        "/v1/reports/receivables?as_of=2025-02-28",
        "/v1/reports/receivables?as_of=2025-02-28&known_at=15",
        "/v1/reports/receivables?as_of=2025-02-28&known_at=2090-01-01",
        "/v1/events",
        "/v1/events?known_at=19",
        "/v1/events?format=ndjson",
        "/v1/events/stream",
        "/v1/events/15",
        "/v1/invoices",
        "/v1/invoices/I0-0",
        "/v1/invoices/I0-0/history",
        "/v1/clients/C1/timeline",
        "/v1/reports/receivables/explain?as_of=2025-02-28&row=EUR",
        "/v1/reports/receivables/restatement?as_of=2025-02-28&since=4",
    ] {
        let answer = asked(path);
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (503, "log_damaged"),
            "{path}: {}",
            answer.text
        );
    }
    for path in [
        "/v1/events?known_at=14",
        "/v1/events/14",
        "/v1/invoices?known_at=14",
        "/v1/invoices/I0-0?known_at=14",
        "/v1/clients/C1/timeline?known_at=14",
    ] {
        let answer = asked(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    assert_eq!(asked("/v1/invoices/I2-0?known_at=14").status, 404, "it stood behind the damage");
    let (ready, log) = (
        ask(&server.url, "GET", "/readyz", &[], None).expect("it answers"),
        asked("/v1/log").json(),
    );
    assert_eq!((ready.status, ready.json()["log"].clone()), (503, json!("damaged")));
    assert_eq!(
        (&log["state"], &log["vouched_to"], &log["writable"]),
        (&json!("damaged"), &json!(14), &json!(false))
    );
    assert!(asked("/metrics").text.contains("sijil_log_damaged 1"));
    let refused = server.post("/v1/events", &invoice("X", "2025-01-31", "1.00"));
    assert_eq!((refused.status, refused.problem().as_str()), (503, "log_damaged"));
    let status = sijil().args(["status", "--server", &server.url]).output().expect("runs");
    assert_eq!((code(&status), status.stdout.is_empty()), (4, false));
}

/// A copy: it answers, and waits to be adopted.
#[test]
fn a_copy_answers_and_takes_no_writes_until_it_is_adopted() {
    let directory = Directory::new();
    let [base, data] = ["base", "data"].map(|name| directory.path().join(name));
    books(&base, 256 << 20, &rows(3));
    copy(&base, &data);
    let line = directory.file("new.ndjson", &format!("{}\n", invoice("NEW", "2025-01-31", "1.00")));
    let import = format!("import {}", line.display());
    for line in READS.iter().chain(&["verify"]) {
        let (here, there) = (words(&data, line), words(&base, line));
        assert_eq!((code(&here), code(&there)), (0, 0), "sijil {line}: {}", said(&here));
        assert!(
            said(&here).contains("is a copy of another one, up to position 19"),
            "sijil {line} says so: {}",
            said(&here)
        );
    }
    ends("copy", &data, &import, 3);
    assert!(said(&words(&data, &import)).contains("not_adopted"));
    let server = Server::start(&data);
    let (ready, report) =
        (server.get("/readyz"), server.get("/v1/reports/receivables?as_of=2025-02-28"));
    assert_eq!(
        (ready.status, ready.json()["log"].clone(), ready.json()["writable"].clone()),
        (200, json!("copy"), json!(false))
    );
    assert_eq!((report.status, report.header("sijil-log")), (200, "copy"));
    let refused = server.post("/v1/events", &invoice("X", "2025-01-31", "1.00"));
    assert_eq!(
        (refused.status, refused.problem().as_str(), refused.header("sijil-log")),
        (503, "not_adopted", "copy")
    );
    assert!(server.terminate());
    let adopted = words(&data, "adopt --format json");
    assert_eq!(code(&adopted), 0, "{}", said(&adopted));
    assert_eq!(
        serde_json::from_slice::<Value>(&adopted.stdout).expect("JSON"),
        json!({"position": 19, "left_out": null, "incarnation": null})
    );
    ends("adopted", &data, &import, 0);
    ends("adopted", &data, "verify", 0);
    ends("adopted twice", &data, "adopt", 1);
    let clone = words(&data, "adopt --as-clone --format json");
    let incarnation =
        serde_json::from_slice::<Value>(&clone.stdout).expect("JSON")["incarnation"].clone();
    assert_eq!(incarnation.as_str().map(str::len), Some(32), "{incarnation}");
    ends("the original", &base, &import, 0);
}

/// What comes of a stream that is read to its end: its text, and whether it ended well.
fn streamed(url: &str, path: &str) -> (String, bool) {
    let address = url.trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).expect("connects");
    write!(socket, "GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").expect("sent");
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
        "an export that breaks off is no whole one, and what stands before is sent: {ended}, {} bytes",
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
    let export = sijil().args(["export", "--server", &server.url]).output().expect("runs");
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
