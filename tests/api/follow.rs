//! Following the ledger with the official clients of other languages. Invariant: real clients, a
//! real server; the clients stand in `target/clients`, where `tests/run` puts them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;

use crate::server::{Directory, Server, draft, invoice, opening};

pub fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients")
}

pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/clients").join(name)
}

/// The server with 19 records, its connection string, and what keeps its data.
fn followed() -> (Server, String, Directory) {
    let directory = Directory::new();
    let (server, url) = Server::start_with_grpc(&directory.path());
    let mut drafts = opening();
    drafts.extend((1..=5).map(|n| invoice(&format!("INV-{n}"), "2025-01-02", "10.00")));
    drafts.extend((1..=10).map(|n| {
        draft(
            "client.owner_assigned",
            &format!("2025-02-{n:02}"),
            json!({"client": "C1", "employee": "m1", "reason": "by turns"}),
        )
    }));
    for one in &drafts {
        let answer = server.post("/v1/events", one);
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    assert_eq!(drafts.len(), 19);
    (server, url, directory)
}

/// Whether something that `tests/run` installs is here; with `CI=true` it must be.
pub fn is_here(present: &Path) -> bool {
    if !present.exists() {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "{} is missing: tests/run installs it",
            present.display()
        );
        eprintln!("skipped: no {} (tests/run installs it)", present.display());
    }
    present.exists()
}

/// Runs a client, or says that it is not here.
fn run(mut command: Command, present: &Path) {
    if !is_here(present) {
        return;
    }
    let output = command.output().expect("the client starts");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    println!("{said}");
    assert!(output.status.success() && said.contains(" passed, 0 failed"), "{said}");
}

#[test]
fn the_python_client_follows_the_ledger() {
    let (_server, url, _directory) = followed();
    let python = clients().join("python/bin/python");
    let mut command = Command::new(&python);
    command.arg(script("follow.py")).args([&url, "19"]);
    run(command, &python);
}

#[test]
fn the_node_client_follows_the_ledger() {
    let (_server, url, _directory) = followed();
    let node = clients().join("node");
    let mut command = Command::new("node");
    command.arg(script("follow.mjs")).arg(&node).args([&url, "19"]);
    run(command, &node.join("node_modules/@kurrent/kurrentdb-client"));
}
