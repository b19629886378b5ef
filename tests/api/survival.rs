//! Killed servers, second processes, copies. Invariant: what was answered yes is there, once.

use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::server::{Directory, Server, code, invoice, opening, run, try_send};

#[test]
fn a_second_process_on_one_directory_is_refused() {
    let directory = Directory::new();
    let _server = Server::start(&directory.path());
    let second = run(&directory.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(code(&second), 3);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        said.contains("another process") && said.contains(&directory.path().display().to_string()),
        "{said}"
    );
}

#[test]
fn killed_during_an_import_nothing_is_lost_and_nothing_is_twice() {
    let directory = Directory::new();
    let lines: Vec<String> = (0..20_000_u32)
        .map(|n| {
            let mut one = invoice(&format!("I{n}"), "2025-01-31", "10.00");
            one["id"] = json!(format!("00000000-0000-4000-8000-{n:012}"));
            one.to_string()
        })
        .collect();
    let text = Arc::new(lines.join("\n"));
    let server = Server::start(&directory.path());
    server.post("/v1/events", &json!({"events": opening()}));
    drop(server);
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..3 {
        let server = Server::start(&directory.path());
        let (url, sent, seen) = (server.url.clone(), text.clone(), acknowledged.clone());
        let import = std::thread::spawn(move || {
            try_send(
                &url,
                "POST",
                "/v1/events/import",
                &[("content-type", "application/x-ndjson")],
                Some(&sent),
            )
            .is_ok()
        });
        // Single events with answers, so that there are acknowledgements to hold the server to.
        for n in 0..20 {
            let id = format!("S{}-{n}", server.url.rsplit(':').next().unwrap_or_default());
            let answer = try_send(
                &server.url,
                "POST",
                "/v1/events",
                &[("content-type", "application/json")],
                Some(&invoice(&id, "2025-01-31", "1.00").to_string()),
            );
            if answer.is_ok_and(|a| a.status == 201) {
                seen.lock().expect("lock").push(id);
            }
        }
        server.kill();
        import.join().expect("the client ends");
    }
    let server = Server::start(&directory.path());
    let report = server.import(&text).json();
    let (recorded, known) =
        (report["recorded"].as_u64().expect("a count"), report["known"].as_u64().expect("a count"));
    assert_eq!((recorded + known, &report["refused"]), (20_000, &json!(0)), "{report}");
    let acknowledged = acknowledged.lock().expect("lock");
    assert!(acknowledged.len() >= 20, "some were acknowledged");
    for id in acknowledged.iter() {
        assert_eq!(
            server.get(&format!("/v1/invoices/{id}")).json()["revision"],
            1,
            "{id} was acknowledged"
        );
    }
    assert!(server.terminate(), "SIGTERM ends it well");
    assert_eq!(code(&run(&directory.path(), &["verify"])), 0);
    assert_eq!(code(&run(&directory.path(), &["replay", "--threads", "1"])), 0);
}

#[test]
fn a_flipped_byte_is_found_and_the_ledger_opens_to_read_only() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    server.post("/v1/events", &json!({"events": opening()}));
    for n in 0..20 {
        server.post("/v1/events", &invoice(&format!("I{n}"), "2025-01-31", "1.00"));
    }
    assert!(server.terminate());
    assert_eq!(code(&run(&directory.path(), &["verify"])), 0);
    let segment = std::fs::read_dir(directory.path().join("log"))
        .expect("a log")
        .next()
        .expect("a segment")
        .expect("a segment")
        .path();
    let mut bytes = std::fs::read(&segment).expect("read");
    let at =
        bytes.windows(14).position(|w| w == b"\"invoice\":\"I3\"").expect("the record is there");
    bytes[at + 12] ^= 1;
    std::fs::write(&segment, bytes).expect("written");
    let verify = run(&directory.path(), &["verify"]);
    assert_eq!(code(&verify), 4);
    assert!(
        String::from_utf8_lossy(&verify.stderr).contains("position"),
        "{}",
        String::from_utf8_lossy(&verify.stderr)
    );
}
