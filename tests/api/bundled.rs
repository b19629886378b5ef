//! Bundles through the doors. Invariant: whoever checks one has the file and the key; what it shows
//! is no more than its maker may read.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Value, json};
use sijil_proof::bundle::Bundle;

use crate::{
    house::House,
    server::{Server, sijil},
};

fn said(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

fn vkey(server: &Server) -> String {
    server.get("/v1/log").json()["vkey"].as_str().expect("a key").to_owned()
}

/// Makes a bundle; what was said of it.
fn proven(house: &House, words: &[&str], file: &Path) -> Value {
    let words = [&["prove", "receivables", "--as-of", "2025-12-31", "--format", "json"], words];
    let mut command = house.server.asked_by(&words.concat());
    let output = command.arg("-o").arg(file).output().expect("it runs");
    assert!(output.status.success(), "{:?}", said(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn checked(file: &Path, key: &str) -> (Option<i32>, String) {
    let mut command = sijil();
    command.arg("check").arg(file).args(["--key", key, "--format", "json"]);
    said(&command.output().expect("it runs"))
}

fn by_python(house: &House, file: &Path, key: &str) -> (Option<i32>, String) {
    let verifier = house.directory.file("verify.py", sijil_proof::VERIFIER);
    let python = Command::new("python3").arg("-I").arg(verifier).arg(key).arg(file).output();
    said(&python.expect("python3 is there"))
}

fn place(house: &House, name: &str) -> PathBuf {
    house.directory.file("place", "").with_file_name(name)
}

#[test]
fn a_stranger_checks_the_records_behind_a_figure() {
    let house = House::new();
    let (key, file) = (vkey(&house.server), place(&house, "figure.tar"));
    for (words, complete) in [
        (&[][..], false),
        (&["--row", "EUR"], false),
        (&["--row", "EUR", "--column", "gross"], false),
        (&["--all"], true),
    ] {
        let made = proven(&house, words, &file);
        let (code, text) = checked(&file, &key);
        assert_eq!(code, Some(0), "{words:?}: {text}");
        let found: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(found["records"], made["records"]);
        assert!(found["records"].as_u64() >= Some(1), "{found}");
        assert_eq!(found["complete"] == "no", !complete, "{found}");
        let (code, text) = by_python(&house, &file, &key);
        assert_eq!((code, text.starts_with("yes: ")), (Some(0), true), "{text}");
        assert_eq!(text.contains("all of these are here"), complete, "{text}");
        // What is asked again is answered so again.
        let bundle = Bundle::read(&std::fs::read(&file).expect("a file")).expect("a bundle");
        let question: Value = serde_json::from_str(&bundle.question).expect("JSON");
        let answer: Value = serde_json::from_str(&bundle.answer).expect("JSON");
        let asked: Vec<String> = question["parameters"]
            .as_object()
            .expect("parameters")
            .iter()
            .map(|(name, value)| format!("{name}={}", value.as_str().expect("a text")))
            .collect();
        let again = house.server.get(&format!("/v1/reports/receivables?{}", asked.join("&")));
        assert_eq!(again.json()["rows"], answer["rows"]);
    }
    // Of the directory alone, as of the server.
    assert_eq!(proven(&house, &[], &file)["records"], {
        let data = house.directory.path();
        let other = place(&house, "other.tar");
        let mut command = sijil();
        command.args(["prove", "receivables", "--as-of", "2025-12-31", "--format", "json"]);
        let output = command.arg("--data").arg(&data).arg("-o").arg(&other).output();
        let output = output.expect("it runs");
        assert!(output.status.success(), "{:?}", said(&output));
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")["records"].clone()
    });
}

#[test]
fn a_bundle_that_was_changed_is_refused() {
    let (house, other) = (House::new(), House::new());
    let (key, file) = (vkey(&house.server), place(&house, "figure.tar"));
    proven(&house, &["--all"], &file);
    let whole = std::fs::read(&file).expect("a file");
    let theirs = checked(&file, &vkey(&other.server));
    assert_eq!((theirs.0, theirs.1.contains("expected a signature by")), (Some(1), true));
    // A byte here and there; each of all bytes is changed in the tests of proofs.
    for at in (0..whole.len()).step_by(whole.len() / 20) {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        std::fs::write(&file, &bytes).expect("written");
        let (code, text) = checked(&file, &key);
        assert!(matches!(code, Some(1 | 4)), "byte {at}: {text}");
        let (code, text) = by_python(&house, &file, &key);
        assert!(matches!(code, Some(1 | 4)), "byte {at}: {text}");
    }
    // Hashes that fit help nobody who puts a record in another place, or another answer to it.
    let read = || Bundle::read(&whole).expect("a bundle");
    let mut moved = read();
    moved.records[0].position += 1;
    let mut later = read();
    later.answer = later.answer.replace("\"known_at\": ", "\"known_at\": 9");
    for forged in [moved, later] {
        std::fs::write(&file, forged.packed()).expect("written");
        assert_eq!(checked(&file, &key).0, Some(1));
        assert_eq!(by_python(&house, &file, &key).0, Some(1));
    }
}

#[test]
fn a_bundle_shows_what_its_maker_may_read() {
    let house = House::new();
    house.user("answers", None, "operator");
    let run = |role: &str, words: &[&str]| {
        house.service(role, role);
        let secret = house.key(&format!("service:{role}"), json!({})).1;
        let credential = house.directory.file("credential", &secret);
        let mut command = sijil();
        command.args(["prove", "receivables", "--as-of", "2025-12-31", "--server"]);
        command.args([&house.server.url, "-o"]);
        let file = place(&house, &format!("{role}.tar"));
        command.arg(&file).arg("--credential").arg(&credential).args(words);
        (said(&command.output().expect("it runs")), file)
    };
    let ((code, text), file) = run("storekeeper", &[]);
    assert_eq!((code, text.contains("not_allowed")), (Some(1), true), "{text}");
    assert!(!file.exists());
    let ((code, text), file) = run("analyst", &["--all"]);
    assert_eq!((code, text.contains("not_allowed")), (Some(1), true), "{text}");
    assert!(!file.exists());
    let ((code, text), file) = run("auditor", &["--all"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(checked(&file, &vkey(&house.server)).0, Some(0));
}

#[test]
fn a_bundle_is_a_file() {
    let house = House::new();
    let output = house.server.asked_by(&["prove", "receivables"]).output().expect("it runs");
    let (code, text) = said(&output);
    assert_eq!((code, text.contains("give -o FILE.tar")), (Some(2), true), "{text}");
}
