//! A server with users of every role, each with a key. Invariant: everything is done over HTTP, as
//! whoever holds the files would do it.

use serde_json::{Value, json};

use crate::server::{Answer, Directory, Server, draft, invoice, opening};

/// The roles that ship.
pub const ROLES: [&str; 10] = [
    "keyholder",
    "administrator",
    "auditor",
    "accountant",
    "head_of_sales",
    "salesperson",
    "storekeeper",
    "analyst",
    "integration",
    "operator",
];

/// A draft about access, of now.
pub fn now(event_type: &str, data: Value) -> Value {
    let at = jiff::Timestamp::now().to_string();
    json!({"type": event_type, "occurred_at": at, "data": data})
}

/// A server that asks who somebody is.
pub struct House {
    pub directory: Directory,
    pub server: Server,
    /// Where the gRPC door is, if it is there.
    pub grpc: Option<String>,
}

impl House {
    /// A ledger that is open, with a few entities and an invoice.
    pub fn new() -> House {
        House::with(&[])
    }
    /// The same, of a server that was started with more words.
    pub fn with(words: &[&str]) -> House {
        let directory = Directory::new();
        let (server, said) = Server::start_with_more(&directory.path(), words);
        let grpc = said.split_once("esdb://").and_then(|(_, rest)| rest.split_once('?'));
        let grpc = grpc.map(|(address, _)| address.to_owned());
        let mut events = opening();
        events.push(invoice("I1", "2025-01-31", "100.00"));
        assert_eq!(server.post("/v1/events", &json!({ "events": events })).status, 201);
        House { directory, server, grpc }
    }
    /// Records as whoever holds the files.
    pub fn say(&self, event_type: &str, data: Value) -> u64 {
        let answer = self.server.post("/v1/events", &now(event_type, data));
        assert_eq!(answer.status, 201, "{event_type}: {}", answer.text);
        answer.json()["position"].as_u64().expect("a position")
    }
    /// Enrols a user with a role.
    pub fn user(&self, user: &str, employee: Option<&str>, role: &str) {
        let mut data = json!({ "user": user });
        if let Some(employee) = employee {
            data["employee"] = json!(employee);
        }
        self.say("user.enrolled", data);
        self.grant(&format!("G-{user}"), &format!("user:{user}"), role);
    }
    /// Enrols an integration with a role; the user `answers` for it.
    pub fn service(&self, service: &str, role: &str) {
        let purpose = "the test";
        self.say(
            "integration.enrolled",
            json!({"service": service, "owner": "answers", "purpose": purpose}),
        );
        self.grant(&format!("GS-{service}"), &format!("service:{service}"), role);
    }
    /// Gives a role.
    pub fn grant(&self, grant: &str, to: &str, role: &str) {
        self.say(
            "permission.granted",
            json!({"grant": grant, "to": to, "role": role, "reason": "for the test"}),
        );
    }
    /// Makes a key, and gives its id and secret.
    pub fn key(&self, of: &str, more: Value) -> (String, String) {
        made(&self.server.post("/v1/keys", &wanted(of, more)))
    }
    /// Asks with a secret.
    pub fn ask(&self, secret: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {secret}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = body.map(ToString::to_string);
        let headers = if body.is_some() { &headers[..] } else { &headers[..1] };
        self.server.send(method, path, headers, body.as_deref())
    }
    /// Records with a secret.
    pub fn record(&self, secret: &str, draft: &Value) -> Answer {
        self.ask(secret, "POST", "/v1/events", Some(draft))
    }
}

/// What is asked for a key.
pub fn wanted(of: &str, more: Value) -> Value {
    let mut wanted = json!({ "of": of });
    let more = more.as_object().cloned().unwrap_or_default();
    wanted.as_object_mut().expect("an object").extend(more);
    wanted
}

/// The id and the secret of a key that was made.
pub fn made(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let (key, secret) = (answer.json()["key"].clone(), answer.json()["secret"].clone());
    let text = |value: Value| value.as_str().expect("a text").to_owned();
    (text(key), text(secret))
}

/// A client's new name, as somebody who may record in clients would say it.
pub fn renamed(name: &str) -> Value {
    let mut draft = draft("client.renamed", "2025-02-01", json!({"client": "C1", "name": name}));
    draft.as_object_mut().expect("an object").remove("actor");
    draft
}
