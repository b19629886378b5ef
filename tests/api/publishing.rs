//! Tables in SQL from the command line and beside a server. Invariant: a real binary and a real
//! Postgres server.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sijil_peers::Postgres;

use crate::server::{Directory, Server, sijil};

#[test]
fn tables_are_written_once_and_kept_up_by_a_server() {
    let Some(postgres) = Postgres::shared() else { return };
    let to = postgres.database("from_the_command_line");
    let directory = Directory::new();
    let data = directory.path();
    let run = |words: &[&str]| {
        sijil()
            .args(words)
            .arg("--data")
            .arg(&data)
            .args(["--format", "json"])
            .output()
            .expect("runs")
    };
    assert!(run(&["demo", "--events", "2000", "--no-serve"]).status.success());

    let written = run(&["publish", "--to", &to]);
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let said: Value = serde_json::from_slice(&written.stdout).expect("JSON");
    assert_eq!((&said["position"], &said["missing"]), (&json!(2000), &json!([])));
    assert_eq!(
        postgres
            .sql("from_the_command_line", "SELECT position, personal FROM sijil_tables.published"),
        "2000|f"
    );

    let code = |words: &[&str]| run(words).status.code().expect("a code");
    assert_eq!(code(&["publish", "--to", "http://127.0.0.1"]), 2);
    assert_eq!(code(&["publish", "--to", &to, "--schema", "Not a name"]), 2);
    assert_eq!(
        code(&["publish", "--to", &to, "--follow"]),
        2,
        "the process that writes a directory follows it"
    );
    assert_eq!(code(&["publish", "--to", "postgres://127.0.0.1:1/none"]), 3);
    postgres
        .sql("from_the_command_line", "CREATE SCHEMA theirs; CREATE TABLE theirs.things (n int)");
    assert_eq!(code(&["publish", "--to", &to, "--schema", "theirs"]), 1);

    let mut command = sijil();
    command.env("SIJIL_PUBLISH", &to);
    let server = Server::start_by(command, &data);
    let event = json!({
        "type": "client.registered", "occurred_at": "2025-12-01T09:00:00Z",
        "data": {"client": "C-new", "name": "A Buyer", "kind": "org"},
    });
    assert_eq!(server.post("/v1/events", &event).status, 201);
    let until = Instant::now() + Duration::from_secs(60);
    let kind = || {
        postgres.sql(
            "from_the_command_line",
            "SELECT kind FROM sijil_tables.clients WHERE client_id = 'C-new'",
        )
    };
    while kind() != "org" {
        assert!(Instant::now() < until, "the server keeps the tables up");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(server.terminate(), "it ends well");
    // That rows left is recorded before they do, and how many did once no more do.
    let told = |word: &str| -> Value {
        let told = run(&["events", "--type", word]);
        serde_json::from_slice(&told.stdout).expect("JSON")
    };
    let (begun, ended) = (told("export.begun"), told("data.exported"));
    let of = |told: &Value, field: &str| told["events"][0]["data"][field].clone();
    assert_eq!(
        ["what", "purpose", "personal", "filter"].map(|field| of(&begun, field)),
        [json!("tables"), json!("publication"), json!(false), json!("schema=sijil_tables")]
    );
    assert_eq!(of(&ended, "export"), of(&begun, "export"));
    assert_eq!(of(&ended, "whole"), json!(true));
    assert!(of(&ended, "rows").as_u64() > Some(0), "{ended}");
}
