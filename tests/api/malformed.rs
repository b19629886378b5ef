//! Requests that are refused before anything is decided. Invariant: each is answered with the name
//! of what is wrong with it, and nothing is recorded.

use crate::refusals::Seen;
use crate::server::{Server, draft};
use serde_json::{Value, json};

/// Requests that are wrong by themselves, whatever is recorded.
#[expect(clippy::too_many_lines, reason = "one row for each refusal")]
pub(crate) fn malformed(server: &Server, seen: &mut Seen) {
    let by = "malformed";
    let json_type = ("content-type", "application/json");
    let send = |headers: &[(&str, &str)], body: &str| {
        server.send("POST", "/v1/events", headers, Some(body))
    };
    seen.take(by, "malformed_json", &send(&[json_type], "{"));
    seen.take(by, "unsupported_media_type", &send(&[], "{}"));
    seen.take(by, "body_too_large", &send(&[json_type], &" ".repeat(1_000_000)));
    seen.take(by, "request_size", &send(&[json_type], r#"{"events": []}"#));
    let many: Vec<Value> = (0..1001)
        .map(|n| {
            draft(
                "client.renamed",
                "2025-01-02",
                json!({"client": "C1", "name": format!("Name {n}")}),
            )
        })
        .collect();
    let many = server.post("/v1/events", &json!({"events": many}));
    assert_eq!((many.status, many.problem().as_str()), (400, "request_size"), "{}", many.text);
    let rename = draft("client.renamed", "2025-01-02", json!({"client": "C1", "name": "X"}));
    seen.take(
        by,
        "invalid_header",
        &send(&[json_type, ("if-match", "seven")], &rename.to_string()),
    );
    for (name, value) in [
        ("idempotency-key", "k".repeat(257)),
        ("idempotency-key", String::new()),
        ("if-match", "W/\"1\"".into()),
    ] {
        assert_eq!(
            send(&[json_type, (name, &value)], &rename.to_string()).problem(),
            "invalid_header",
            "{name}: {value}"
        );
    }
    assert_eq!(
        send(&[json_type, ("idempotency-key", &"k".repeat(256))], &rename.to_string()).status,
        201,
        "256 bytes are a key"
    );
    assert_eq!(
        server.send("GET", "/v1/events/stream", &[("last-event-id", "x")], None).problem(),
        "invalid_header"
    );
    let mut with_id = rename;
    with_id["id"] = json!("00000000-0000-4000-8000-000000000001");
    seen.take(
        by,
        "key_and_ids",
        &send(&[json_type, ("idempotency-key", "k")], &with_id.to_string()),
    );
    for body in [
        "[]",
        "null",
        "7",
        &json!([draft("client.renamed", "2025-01-02", json!({"client": "C1", "name": "X"}))])
            .to_string(),
    ] {
        let answer = send(&[json_type], body);
        assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid_field"), "{body}");
        assert!(
            answer.text.contains(
                r#"the body: expected an object: one draft, or several as {\"events\": […]}, got "#
            ),
            "{}",
            answer.text
        );
    }
    let data =
        |data: Value| server.post("/v1/events", &draft("client.registered", "2025-01-02", data));
    seen.take(by, "invalid_field", &data(json!({"client": "C2", "name": "X", "kind": "alien"})));
    seen.take(by, "missing_field", &data(json!({"client": "C2", "kind": "org"})));
    seen.take(
        by,
        "unknown_field",
        &data(json!({"client": "C2", "name": "X", "kind": "org", "colour": "red"})),
    );
    seen.take(
        by,
        "unknown_type",
        &server.post("/v1/events", &draft("client.exploded", "2025-01-02", json!({}))),
    );
    let mut future = draft("client.renamed", "2025-01-02", json!({"client": "C1", "name": "X"}));
    future["version"] = json!(9);
    seen.take(by, "unknown_version", &server.post("/v1/events", &future));
    let long: serde_json::Map<String, Value> =
        (0..8).map(|n| (format!("text-{n}"), json!("x".repeat(8_192)))).collect();
    seen.take(
        by,
        "record_too_large",
        &server.post(
            "/v1/events",
            &draft("client.attributes_set", "2025-01-02", json!({"client": "C1", "set": long})),
        ),
    );
    // A text about a person stands beside the record, behind a commitment: what is kept is more
    // than what was sent.
    let call = |n: usize| {
        json!({
            "client": "C1", "channel": "call", "direction": "out", "text": format!("{n:0760}"),
        })
    };
    let one = |n: usize| {
        json!({
            "type": "interaction.recorded", "occurred_at": "2025-01-02T00:00:00Z", "data": call(n),
        })
    };
    seen.take(
        by,
        "request_too_large",
        &server.post("/v1/events", &json!({"events": (0..1000).map(one).collect::<Vec<_>>()})),
    );
}

/// A word that is none of those there are: the nearest is offered, whatever kind of word it is.
pub(crate) fn near(server: &Server) {
    for (path, meant) in [
        ("/v1/reports/recievables?as_of=2025-01-31", "receivables"),
        ("/v1/reports/receivables?as_of=2025-01-31&gruop=client", "group"),
        ("/v1/reports/trial_balance/explain?row=assets,EUR&column=blaance", "balance"),
        ("/v1/events?type=client.rename", "client.renamed"),
        ("/v1/events?family=invocies", "invoices"),
        ("/v1/events?actr=m1", "actor"),
        ("/v1/clients?limt=1", "limit"),
        ("/v1/schemas/client.rename", "client.renamed"),
    ] {
        let answer = server.get(path);
        assert!(
            answer.status >= 400 && answer.text.contains(&format!("(did you mean {meant}?)")),
            "{path}: {}",
            answer.text
        );
    }
    let rebuilt = server.send("POST", "/v1/projections/trede/rebuild", &[], None);
    assert!(rebuilt.text.contains("(did you mean trade?)"), "{}", rebuilt.text);
    let typed = server.post(
        "/v1/events",
        &draft("client.rename", "2025-01-03", json!({"client": "C1", "name": "X"})),
    );
    assert!(typed.text.contains("(did you mean client.renamed?)"), "{}", typed.text);
    // A row that names nothing, where a row has a name of one part, of several, and none at all.
    for (path, status, problem) in [
        ("/v1/reports/receivables/explain?as_of=2025-01-31&row=", 404, "no_such_cell"),
        (
            "/v1/reports/receivables/explain?as_of=2025-01-31&group=client&row=",
            400,
            "invalid_parameter",
        ),
        ("/v1/reports/receivables/explain?as_of=2025-01-31", 400, "invalid_query"),
    ] {
        let answer = server.get(path);
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (status, problem),
            "{path}: {}",
            answer.text
        );
    }
}
