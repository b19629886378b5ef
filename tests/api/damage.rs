//! TRUST §6, row by row: what each state of a log answers on every word, route and stream.
//! Invariant: no answer comes from damaged bytes, nor is any made as if they had never been there.

use std::{
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};

use crate::{
    server::{Directory, Server, ask, code, invoice, run},
    states::{
        SMALL, all_segments_gone, books, copy, first_segment_gone, flip, foreign, frames,
        header_flipped, hole_without_snapshots, key_open_to_others, last_batch_flipped,
        newer_format, nothing, own, rolled_back, rows, segments, torn, unknown_type,
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

pub(crate) fn words(data: &Path, line: &str) -> Output {
    run(data, &line.split(' ').collect::<Vec<_>>())
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs `serve` where it is expected to end.
pub(crate) fn serve(data: &Path, more: &[&str]) -> i32 {
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
pub(crate) fn ends(state: &str, data: &Path, line: &str, expected: i32) {
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
pub(crate) fn structural(segment: &Path) -> Vec<usize> {
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
        "row 13: {asked} structural places flipped, each word in turn and {found} servers: 0 \
         answers"
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
    let status = server.asked_by(&["status"]).output().expect("runs");
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
    let local = |of: &Path| std::fs::read_to_string(of.join("keys/local")).expect("a credential");
    let (before, curl) = (local(&data), data.join("keys/curl"));
    let adopted = words(&data, "adopt --format json");
    assert_eq!(code(&adopted), 0, "{}", said(&adopted));
    let own = local(&data);
    assert_ne!(before, own, "who could read the copy's could come into the original");
    assert!(std::fs::read_to_string(curl).expect("a line").contains(own.trim()));
    assert_eq!(
        serde_json::from_slice::<Value>(&adopted.stdout).expect("JSON"),
        json!({"position": 19, "left_out": null, "incarnation": null})
    );
    ends("adopted", &data, &import, 0);
    ends("adopted", &data, "verify", 0);
    ends("adopted twice", &data, "adopt", 1);
    assert_eq!(local(&data), own, "it is no copy any more");
    let clone = words(&data, "adopt --as-clone --format json");
    let incarnation =
        serde_json::from_slice::<Value>(&clone.stdout).expect("JSON")["incarnation"].clone();
    assert_eq!(incarnation.as_str().map(str::len), Some(32), "{incarnation}");
    assert_ne!(local(&data), own, "a clone is another one still");
    ends("the original", &base, &import, 0);
}
