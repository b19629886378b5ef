//! `sijil upgrade`: there is nothing to bring forward so far. Invariant: it changes nothing, and
//! refuses what a newer release wrote.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::files;
use crate::{
    server::{Directory, Server, code, opening, run},
    states::{books, copy, last_batch_flipped, newer_format, rows},
};

fn told(data: &Path) -> (i32, String, Value) {
    let output = run(data, &["upgrade", "--format", "json"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (code(&output), said, serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
}

#[test]
fn an_upgrade_looks_at_all_and_changes_nothing() {
    let directory = Directory::new();
    let [data, other] = ["data", "other"].map(|name| directory.path().join(name));
    let server = Server::start(&data);
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    assert_eq!(server.get("/checkpoint").status, 200, "there is a key");
    assert!(server.terminate());
    let bytes = || -> Vec<_> {
        files(&data).into_iter().map(|path| (fs::read(&path).expect("bytes"), path)).collect()
    };
    let before = bytes();
    let (code, said, answer) = told(&data);
    assert_eq!(code, 0, "{said}");
    let formats = json!({"segment": 3, "record": 2, "manifest": 3, "key": 1});
    assert_eq!((&answer["changed"], &answer["formats"]), (&json!(0), &formats), "{answer}");
    assert!(bytes() == before, "something was changed");
    // What a newer release wrote is refused by name.
    let key = data.join("keys/checkpoint.key");
    let text = fs::read_to_string(&key).expect("a key");
    fs::write(&key, text.replacen("key 1,", "key 2,", 1)).expect("written");
    let (code, said, _) = told(&data);
    assert!(code == 3 && said.contains("has format 2, which a newer release wrote"), "{said}");
    books(&other, 1 << 20, &rows(2));
    let newer = directory.path().join("newer");
    copy(&other, &newer);
    newer_format(&newer);
    let (code, said, _) = told(&newer);
    assert_eq!(code, 3, "{said}");
    last_batch_flipped(&other);
    let (code, said, _) = told(&other);
    assert_eq!(code, 4, "{said}");
}
