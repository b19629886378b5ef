//! What stays of answers and secrets. Invariant: nobody has an answer who could not ask for it, and
//! of a secret that was sent where none belongs no more is kept than the id of its key.

use serde_json::json;

use crate::{
    house::{House, now},
    server::{Directory, Server, ask, run, sijil},
};

/// What needs a credential is kept by nobody between, and what can be about persons by nobody.
#[test]
fn nobody_keeps_what_the_next_may_not_see() {
    let house = House::new();
    let asked = "private, no-cache";
    let rows = [
        ("/healthz", ""),
        ("/docs", ""),
        ("/readyz", "no-store"),
        ("/openapi.json", asked),
        ("/v1/log", asked),
        ("/v1/reports", asked),
        ("/v1/reports/receivables?as_of=2025-02-28", asked),
        ("/v1/reports/receivables/explain?as_of=2025-02-28&row=EUR", asked),
        ("/v1/events", "no-store"),
        ("/v1/events?format=ndjson", "no-store"),
        ("/v1/events/stream?after=0", "no-store"),
        ("/v1/events/3", "no-store"),
        ("/v1/events/999", "no-store"),
        ("/v1/clients", "no-store"),
        ("/v1/clients/C1", "no-store"),
        ("/v1/clients/C1/timeline", "no-store"),
        ("/v1/clients/C1/history", "no-store"),
        ("/v1/clients/C1/differences", "no-store"),
        ("/v1/me", "no-store"),
        ("/v1/keys", "no-store"),
    ];
    for (path, control) in rows {
        for headers in [&[][..], &[("authorization", "Bearer sijil_nothing")]] {
            let answer = ask(&house.server.url, "HEAD", path, headers, None).expect("an answer");
            assert_eq!(answer.header("cache-control"), control, "{path} {}", answer.status);
            let varies = answer.header("vary").contains("authorization, cookie");
            assert_eq!(varies, !control.is_empty(), "{path} {}", answer.status);
        }
    }
    let report = house.server.get(rows[6].0);
    assert_eq!(report.header("vary"), "accept, authorization, cookie");
}

/// A tag stands for what its caller was shown, and opens nothing.
#[test]
fn a_tag_is_no_credential() {
    let house = House::new();
    for (user, role) in [("AC", "accountant"), ("AUD", "auditor")] {
        house.user(user, None, role);
    }
    let [(key, accountant), (_, auditor)] =
        ["user:AC", "user:AUD"].map(|of| house.key(of, json!({})));
    let path = "/v1/reports/receivables?as_of=2025-02-28&known_at=5";
    let asked = |secret: &str, tag: &str| {
        let bearer = format!("Bearer {secret}");
        let headers = [("authorization", bearer.as_str()), ("if-none-match", tag)];
        house.server.send("GET", path, &headers, None)
    };
    let tags =
        [&accountant, &auditor].map(|secret| asked(secret, "\"\"").header("etag").to_owned());
    assert_ne!(tags[0], tags[1]);
    assert_eq!(asked(&accountant, &tags[0]).status, 304);
    assert_eq!(asked(&auditor, &tags[0]).status, 200);
    house.say("key.revoked", json!({"key": key, "reason": "lost"}));
    assert_eq!(asked(&accountant, &tags[0]).status, 401);
    assert_eq!(asked("sijil_nothing", &tags[1]).status, 401);
}

/// A secret that was sent where none belongs is told to nobody, neither there nor in the log.
#[test]
fn a_secret_in_the_wrong_place_goes_no_further() {
    let directory = Directory::new();
    let mut command = sijil();
    command.env("SIJIL_LOG", "trace");
    let (server, _, lines) = Server::launch(command, &directory.path(), &[]);
    let log = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<String>>());
    let rest = "ZxCvBnM0123456789ZxCvBnM0123456789ZxCvBnM0123456789";
    let secret = format!("sijil_AbCdEfGhIjKl_{rest}");
    let escaped = secret.replace('_', "%5F").replace('A', "%41");
    let mut told = Vec::new();
    for place in [&secret, &escaped] {
        for path in ["/v1/keys/", "/v1/clients/", "/v1/reports/", "/v1/events/", "/nothing/"] {
            told.push(server.send("GET", &format!("{path}{place}"), &[], None));
        }
    }
    let media = ("content-type", "application/json");
    for name in ["accept", "content-type", "x-request-id", "last-event-id", "if-match", "host"] {
        let headers = [(name, secret.as_str())];
        told.push(ask(&server.url, "GET", "/v1/reports/nothing", &headers, None).expect("told"));
        told.push(ask(&server.url, "POST", "/v1/events", &headers, Some("{}")).expect("told"));
    }
    for body in [
        json!({"type": secret}),
        json!({"type": "client.renamed", "occurred_at": secret, "data": {}}),
        now("client.renamed", json!({"client": secret, "name": "X"})),
        now("client.renamed", json!({"client": "C1", "name": "X", secret.as_str(): 1})),
    ] {
        told.push(server.send("POST", "/v1/events", &[media], Some(&body.to_string())));
        told.push(server.import(&body.to_string()));
    }
    let said = run(&directory.path(), &["query", &secret]);
    assert!(server.terminate());
    let log = log.join().expect("the log is read");
    let leaks: Vec<&String> = log.iter().filter(|line| line.contains(&rest[..20])).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
    assert!(log.iter().any(|line| line.contains("sijil_AbCdEfGhIjKl…")), "its id is there");
    for answer in &told {
        assert!(!answer.text.contains(&rest[..20]), "{}", answer.text);
        assert!(!format!("{:?}", answer.headers).contains(&rest[..20]), "{:?}", answer.headers);
    }
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("sijil_AbCdEfGhIjKl…") && !said.contains(&rest[..20]), "{said}");
}
