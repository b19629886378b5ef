//! The served document, fuzzed from outside: schemathesis asks a running server what the document
//! allows, and what it forbids. Invariant: every operation is asked, the door for writes among
//! them; no answer is a 5xx, has a status, media type, header or body that the document does not
//! tell, or keeps its caller waiting.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::server::{Directory, Server, code, credential_of, run};

/// No answer takes longer.
const ANSWER_S: u32 = 20;
/// A feed has no end: so long it is listened to.
const FEED_S: f32 = 0.1;
const CHECKS: &str = "\
    not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,unsupported_method";
/// What else is checked, but of writes: their bodies are drafts of the vocabulary, wrong or right.
const WRONG_IS_REFUSED: &str = "negative_data_rejection";
/// The operations that write such bodies; they are asked so many times as often.
const WRITES: [&str; 2] = ["post_v1_events", "post_v1_events_import"];
const WRITES_TIMES: u64 = 30;

fn asked_for(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Where `tests/run` puts it; `None` where it is missing, which is a failure with `CI=true`.
fn schemathesis() -> Option<PathBuf> {
    let program =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients/schemathesis/bin/schemathesis");
    if !program.exists() {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "{} is missing: tests/run installs it",
            program.display()
        );
        eprintln!("skipped: no {} (tests/run installs it)", program.display());
        return None;
    }
    Some(program)
}

/// What a stranger cannot guess: for each kind, ids that are there, to be put into most paths.
fn settings(server: &Server, document: &Value, examples: u64) -> String {
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/clients/fuzzed.py");
    let general = format!(
        "hooks = {hooks:?}\n[generation]\nmax-examples = {examples}\n[parameters]\n\
         \"query.at_least\" = 1\n"
    );
    let (mut dictionaries, mut operations) = (String::new(), String::new());
    for path in document["paths"]
        .as_object()
        .expect("paths")
        .keys()
        .filter_map(|path| path.strip_suffix("/{id}"))
        .filter(|path| !path.contains('{'))
    {
        let rows = server.get(&format!("{path}?limit=8")).json()["rows"].clone();
        let ids: Vec<&str> =
            rows.as_array().expect("rows").iter().filter_map(|row| row["id"].as_str()).collect();
        if !ids.is_empty() {
            let name = path.trim_start_matches("/v1/");
            writeln!(dictionaries, "[dictionaries.{name}]\nvalues = {}", Value::from(ids))
                .expect("a string grows");
            let of = format!(
                "include-path-regex = \"^{path}/\"\n\
                 parameters = {{ \"path.id\" = {{ dictionary = \"{name}\", probability = 0.8 }} }}"
            );
            writeln!(operations, "[[operations]]\n{of}").expect("a string grows");
        }
    }
    let feed = format!(
        "[[operations]]\ninclude-path = \"/v1/events/stream\"\nrequest-timeout = {FEED_S}\n"
    );
    format!("{general}{dictionaries}{operations}{feed}")
}

/// One run over some operations: its report, and what it said.
fn fuzz(
    (program, server): (&Path, &Server),
    (config, report): (&Path, &Path),
    (checks, which): (&str, &[String]),
) -> (Value, String) {
    let who = credential_of(&server.url).expect("a credential");
    let mut command = Command::new(program);
    command.env("SIJIL_URL", &server.url).env("SIJIL_SECRET", &who);
    command.arg("--config-file").arg(config).args(["run", "--no-color"]);
    command.args(["--phases", "coverage,fuzzing", "--checks", checks]);
    command.args(["--seed", &asked_for("SIJIL_SEED", 1).to_string()]);
    command.args(["--generation-database", "none", "--continue-on-failure"]);
    command.args(["--suppress-health-check", "all", "--warnings", "off"]);
    command.args(["--request-timeout", &ANSWER_S.to_string()]);
    command.args(["--header", &format!("Authorization: Bearer {who}")]);
    command.arg("--report-json-path").arg(report).args(which);
    command.arg(format!("{}/openapi.json", server.url));
    let output = command
        .current_dir(report.parent().expect("a directory"))
        .output()
        .expect("schemathesis starts");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    let report = std::fs::read(report).expect("a report");
    (serde_json::from_slice(&report).expect("JSON"), said)
}

#[test]
fn whatever_is_asked_is_answered_as_the_document_says() {
    let Some(program) = schemathesis() else { return };
    let directory = Directory::new();
    let made = run(&directory.path(), &["demo", "--no-serve", "--events", "2000", "--seed", "5"]);
    assert_eq!(code(&made), 0, "{}", String::from_utf8_lossy(&made.stderr));
    let server = Server::start(&directory.path());
    let document = server.get("/openapi.json").json();
    let examples = asked_for("SIJIL_EXAMPLES", 5);
    let report = directory.file("report.json", "");
    let of = |how: &str| -> Vec<String> {
        WRITES.iter().flat_map(|id| [format!("--{how}-operation-id"), (*id).to_owned()]).collect()
    };
    let runs = [
        (format!("{CHECKS},{WRONG_IS_REFUSED}"), of("exclude"), examples),
        (CHECKS.to_owned(), of("include"), examples * WRITES_TIMES),
    ];
    let (mut tested, mut asked) = (0, 0);
    for (checks, which, examples) in runs {
        let config = directory.file("schemathesis.toml", &settings(&server, &document, examples));
        let (report, said) =
            fuzz((&program, &server), (&config, &report), (checks.as_str(), which.as_slice()));
        let (operations, cases) = (&report["operations"], &report["test_cases"]);
        assert_eq!(
            (&report["complete"], &cases["errored"]),
            (&Value::from(true), &Value::from(0)),
            "{said}"
        );
        tested += operations["tested"].as_u64().expect("a count");
        asked += cases["generated"].as_u64().expect("a count");
    }
    let all: usize = document["paths"]
        .as_object()
        .expect("paths")
        .values()
        .map(|methods| methods.as_object().expect("methods").len())
        .sum();
    println!(
        "row 9: {tested} operations of the document, {asked} requests, no failure ({examples} \
         random examples an operation besides the edges of its parameters, SEED={})",
        asked_for("SIJIL_SEED", 1)
    );
    // It has fetched the document itself already, and leaves that out.
    assert_eq!(tested, all as u64 - 1, "every operation was asked");
    // It takes writes still, and what it was told is sound.
    assert_eq!(server.get("/readyz").json()["writable"], true);
    assert!(server.terminate());
    for check in ["verify", "replay"] {
        let checked = run(&directory.path(), &[check]);
        assert_eq!(code(&checked), 0, "{check}: {}", String::from_utf8_lossy(&checked.stderr));
    }
}
