//! What the operator of a server hears of requests. Invariant: one that fails is one line, which
//! says what was asked, how it ended, how long it took and why, under the id that its caller has.

use std::{collections::BTreeMap, sync::mpsc, time::Duration};

use serde_json::json;

use crate::server::{Directory, Server, ask, invoice, opening, sijil};

/// What is asked, under an id that names it, and how it ends.
struct Asked {
    id: &'static str,
    method: &'static str,
    path: &'static str,
    body: Option<String>,
    /// Another credential than that of whoever holds the files.
    credential: Option<&'static str>,
    status: u16,
    cause: &'static str,
}

fn asked(id: &'static str, path: &'static str, status: u16, cause: &'static str) -> Asked {
    Asked { id, method: "GET", path, body: None, credential: None, status, cause }
}

impl Asked {
    /// What fails is told by one line, and what succeeds by none.
    fn is_told_by(&self, lines: &[String]) {
        if self.status < 400 {
            assert_eq!(lines, Vec::<String>::new(), "what succeeds is not told");
            return;
        }
        let [line] = lines else { panic!("{}: one line, got {lines:?}", self.id) };
        let path = self.path.split('?').next().unwrap_or_default();
        let parts = [
            format!("method={}", self.method),
            format!("path=\"{path}\""),
            format!("id=\"{}\"", self.id),
            format!("status={}", self.status),
            "duration_ms=".to_owned(),
            "cause=".to_owned(),
            self.cause.to_owned(),
        ];
        for part in parts {
            assert!(line.contains(&part), "{}: no {part} in {line}", self.id);
        }
    }
}

#[test]
fn a_request_that_fails_is_one_line_with_its_id_and_its_cause() {
    let directory = Directory::new();
    let (server, _, lines) = Server::launch(sijil(), &directory.path(), &[]);
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|it| drop(tell.send(it))));
    let mut known = opening()[0].clone();
    known["id"] = json!("11111111-1111-4111-8111-111111111111");
    let mut first = opening();
    first[0] = known.clone();
    assert_eq!(server.post("/v1/events", &json!({ "events": first })).status, 201);
    let mut wrong = invoice("I1", "2025-01-31", "119.00");
    wrong["data"]["total"]["amount"] = json!("118.00");
    known["data"]["company"] = json!("another");
    let posted = |id, body: &serde_json::Value, status, cause| Asked {
        method: "POST",
        body: Some(body.to_string()),
        ..asked(id, "/v1/events", status, cause)
    };
    let all = [
        asked("nobody-there", "/v1/clients/none", 404, "client:none is not known"),
        asked("no-such-word", "/v1/reports/recievables", 404, "receivables"),
        posted("wrong-total", &wrong, 422, "/data/total"),
        posted("another-body", &known, 409, "known with another body"),
        Asked {
            credential: Some("Bearer sijil_AAAAAAAAAAAAAAAAAAAAAA"),
            ..asked("a-stranger", "/v1/clients", 401, "")
        },
        asked("beyond", "/v1/events/stream?after=900", 409, "900"),
        asked("fine", "/v1/clients/C1", 200, ""),
    ];
    for one in &all {
        let mut headers = vec![("x-request-id", one.id), ("content-type", "application/json")];
        headers.extend(one.credential.map(|secret| ("authorization", secret)));
        let answer = ask(&server.url, one.method, one.path, &headers, one.body.as_deref());
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, one.status, "{}: {}", one.id, answer.text);
        assert_eq!(answer.header("x-request-id"), one.id);
        if one.status >= 400 {
            assert_eq!(answer.json()["request_id"], one.id, "the problem has it, too");
        }
    }
    // One without an id gets one, and whoever was refused finds the line by it.
    let made = ask(&server.url, "GET", "/v1/clients/last", &[], None).expect("an answer");
    let made = made.json()["request_id"].as_str().expect("an id").to_owned();
    let mut heard: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    loop {
        let line = told.recv_timeout(Duration::from_secs(20)).expect("the last line comes");
        if line.contains(&made) {
            break;
        }
        if let Some(one) = all.iter().find(|one| line.contains(one.id)) {
            heard.entry(one.id).or_default().push(line);
        }
    }
    for one in &all {
        one.is_told_by(&heard.remove(one.id).unwrap_or_default());
    }
}
