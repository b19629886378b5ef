//! A person is erased: canaries in every personal field are in no file and no answer, and every
//! figure is as it was. Invariant: what is erased is asked for by its own words, not by what the
//! code believes it keeps.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    house::House,
    server::{Server, code, draft, run},
};

/// Events with a canary in every personal field of the vocabulary that is about somebody.
fn persons() -> Vec<Value> {
    let day = "2025-01-10";
    vec![
        draft(
            "client.registered",
            day,
            json!({"client": "P1", "name": "Canary-client", "kind": "person", "owner": "m1"}),
        ),
        draft("client.renamed", day, json!({"client": "P1", "name": "Canary-renamed"})),
        draft(
            "client.owner_assigned",
            day,
            json!({"client": "P1", "employee": "m1", "reason": "Canary-reason"}),
        ),
        draft(
            "contact.added",
            day,
            json!({
                "contact": "AN", "client": "P1", "name": "Canary-contact",
                "channels": [{"kind": "email", "address": "canary-mail@example.org"}],
            }),
        ),
        draft(
            "interaction.recorded",
            day,
            json!({
                "interaction": "IN", "client": "P1", "channel": "call", "direction": "in",
                "text": "Canary-call",
            }),
        ),
        draft(
            "interaction.recorded",
            day,
            json!({
                "interaction": "IC", "client": "P1", "channel": "call", "direction": "in",
                "participants": ["contact:AN"], "text": "Canary-talk",
            }),
        ),
        draft(
            "claim.opened",
            day,
            json!({
                "claim": "CL", "client": "P1", "kind": "late", "severity": "high",
                "text": "Canary-claim",
            }),
        ),
        draft("claim.responded", day, json!({"claim": "CL", "text": "Canary-response"})),
        draft(
            "task.assigned",
            day,
            json!({
                "task": "T", "client": "P1", "assignee": "m1", "due": "2025-02-01T09:00:00Z",
                "text": "Canary-task",
            }),
        ),
        draft(
            "counterparty.registered",
            day,
            json!({
                "counterparty": "CP", "legal_name": "Canary-legal", "tax_id": "Canary-tax",
                "bank_accounts": ["Canary-iban"],
            }),
        ),
        draft("counterparty.linked", day, json!({"counterparty": "CP", "client": "P1"})),
    ]
}

const OF_CLIENT: [&str; 7] = [
    "Canary-client",
    "Canary-renamed",
    "Canary-reason",
    "Canary-call",
    "Canary-claim",
    "Canary-response",
    "Canary-task",
];
const OF_CONTACT: [&str; 3] = ["Canary-contact", "canary-mail@example.org", "Canary-talk"];
const OF_COUNTERPARTY: [&str; 3] = ["Canary-legal", "Canary-tax", "Canary-iban"];

/// The files below a directory in which a text stands.
fn found(dir: &Path, text: &str) -> Vec<String> {
    let mut files = Vec::new();
    // A server takes directories away while they are looked at.
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(found(&path, text));
        } else if let Ok(bytes) = fs::read(&path)
            && bytes.windows(text.len()).any(|window| window == text.as_bytes())
        {
            files.push(path.display().to_string());
        }
    }
    files
}

/// What all reports say that take no parameter of their own, at one cut.
fn figures(house: &House, known_at: u64) -> Vec<(String, Value)> {
    let reports = house.server.get("/v1/reports").json();
    let names = reports["reports"].as_array().expect("a list").iter();
    let names = names.filter_map(|report| report["name"].as_str());
    let figures = names.filter_map(|name| {
        let cut = format!("as_of=2025-12-31&known_at={known_at}");
        let answer = house.server.get(&format!("/v1/reports/{name}?{cut}"));
        (answer.status == 200).then(|| (name.to_owned(), answer.json()["rows"].clone()))
    });
    figures.collect()
}

fn head(house: &House) -> u64 {
    house.server.get("/v1/log").json()["position"].as_u64().expect("a position")
}

fn erase(house: &House, subject: &str, more: Value) -> Value {
    let mut body = json!({"subject": subject, "basis": "not_needed"});
    let more = more.as_object().cloned().unwrap_or_default();
    body.as_object_mut().expect("an object").extend(more);
    let answer = house.server.post("/v1/erasures", &body);
    assert_eq!(answer.status, 201, "{}", answer.text);
    assert_eq!(answer.json()["gone_from"], json!(["log"]), "{}", answer.text);
    answer.json()
}

#[test]
fn a_person_is_erased_and_every_figure_is_as_it_was() {
    let house = House::new();
    let answer = house.server.post("/v1/events", &json!({ "events": persons() }));
    assert_eq!(answer.status, 201, "{}", answer.text);
    let (data, known_at) = (house.directory.path(), head(&house));
    let before = figures(&house, known_at);
    assert!(before.len() > 10, "{} reports answer", before.len());
    let root = house.server.get("/v1/log").json()["root"].clone();
    for canary in OF_CLIENT.iter().chain(&OF_CONTACT).chain(&OF_COUNTERPARTY) {
        assert!(!found(&data, canary).is_empty(), "{canary} stands somewhere before");
    }
    // What would be erased is seen first.
    let wanted = json!({"subject": "client:P1", "basis": "consent_withdrawn"});
    let preview = house.server.post("/v1/erasures?preview=yes", &wanted);
    assert_eq!(preview.status, 200, "{}", preview.text);
    for canary in OF_CLIENT {
        assert!(preview.text.contains(canary), "{canary}: {}", preview.text);
    }
    assert!(!preview.text.contains("Canary-contact"), "{}", preview.text);
    assert_eq!(head(&house), known_at, "a preview records nothing");

    let told = erase(&house, "client:P1", json!({}));
    assert_eq!(told["parts"].as_array().map(Vec::len), Some(OF_CLIENT.len()), "{told}");
    erase(&house, "contact:AN", json!({}));
    let law = json!({"subject": "counterparty:CP", "basis": "not_needed"});
    let refused = house.server.post("/v1/erasures", &law);
    assert_eq!((refused.status, refused.problem().as_str()), (400, "invalid_field"));
    assert!(refused.text.contains("erase_legal"), "it says what to do: {}", refused.text);
    erase(&house, "counterparty:CP", json!({"erase_legal": true}));
    let position = told["positions"][0].clone();

    for canary in OF_CLIENT.iter().chain(&OF_CONTACT).chain(&OF_COUNTERPARTY) {
        assert_eq!(found(&data, canary), Vec::<String>::new(), "{canary}");
        let events = house.server.get("/v1/events?limit=1000").text;
        assert!(!events.contains(canary), "{canary}");
    }
    assert_eq!(figures(&house, known_at), before);
    let card = house.server.get("/v1/clients/P1").json();
    let erased = json!(["/fields/name", "/fields/reason"]);
    assert_eq!((&card["erased"], &card["erased_by"]), (&erased, &position), "{card}");
    assert_eq!(card.get("missing"), None, "{card}");
    let log = house.server.get("/v1/log").json();
    assert_eq!((&log["state"], log.get("missing_parts")), (&json!("whole"), None));
    let root_then = house.server.get(&format!("/v1/events?limit=1&after={}", known_at - 1));
    assert_eq!(root_then.status, 200);
    assert_ne!(log["root"], root, "the log went on");

    // Known again: the public bytes decide. Something new about somebody erased is refused.
    let again = house.server.get("/v1/events?type=client.registered&limit=1000").json();
    let events = again["events"].as_array().expect("a list").clone();
    let shown = events.iter().find(|event| event["data"]["client"] == "P1").expect("it is there");
    assert_eq!((&shown["erased"], &shown["erased_by"]), (&json!(["/data/name"]), &position));
    let mut sent = persons().remove(0);
    sent["id"] = shown["id"].clone();
    let known = house.server.post("/v1/events", &sent);
    assert_eq!(known.status, 200, "{}", known.text);
    let new = draft("client.renamed", "2025-03-01", json!({"client": "P1", "name": "Canary-new"}));
    assert_eq!(house.server.post("/v1/events", &new).problem(), "subject_erased");

    // After a restart, and for an auditor who has only the directory.
    let House { directory, server, grpc } = house;
    drop(server);
    let verified = run(&data, &["verify", "--format", "json"]);
    let text = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert_eq!(code(&verified), 0, "{text}");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["erased"], json!(OF_CLIENT.len() + 2 + 1), "{report}");
    assert_eq!(code(&run(&data, &["replay", "--format", "json"])), 0);
    let house = House { server: Server::start(&data), directory, grpc };
    assert_eq!(figures(&house, known_at), before);
    assert_eq!(house.server.get("/v1/log").json()["state"], "whole");
}

#[test]
fn what_is_held_or_not_allowed_is_not_erased_and_what_is_restricted_is_hidden() {
    let house = House::new();
    let answer = house.server.post("/v1/events", &json!({ "events": persons() }));
    assert_eq!(answer.status, 201, "{}", answer.text);
    house.user("ACC", None, "accountant");
    let (_, accountant) = house.key("user:ACC", json!({}));
    let wanted = json!({"subject": "client:P1", "basis": "not_needed"});
    for (method, path) in [("GET", "/v1/subjects/client/P1"), ("POST", "/v1/erasures")] {
        let body = (method == "POST").then_some(&wanted);
        assert_eq!(house.ask(&accountant, method, path, body).problem(), "not_allowed", "{path}");
    }
    house.say("hold.placed", json!({"hold": "H", "subject": "client:P1", "basis": "litigation"}));
    let held = house.server.post("/v1/erasures", &wanted);
    assert_eq!((held.status, held.problem().as_str()), (409, "erasure_on_hold"));
    let subject = house.server.get("/v1/subjects/client/P1").json();
    assert_eq!(subject["hold"], "H", "{subject}");
    house.say("personal_data.restricted", json!({"subject": "client:P1", "basis": "accuracy"}));
    let card = house.server.get("/v1/clients/P1");
    assert!(!card.text.contains("Canary"), "{}", card.text);
    let hidden = json!(["/fields/name", "/fields/reason"]);
    assert_eq!(card.json()["hidden"], hidden, "{}", card.text);
    assert!(house.server.get("/v1/events?limit=1000").text.contains("Canary-contact"));
    house.say("personal_data.released", json!({"subject": "client:P1"}));
    assert!(house.server.get("/v1/clients/P1").text.contains("Canary-renamed"));
    let nobody = house.server.get("/v1/subjects/client/NOBODY");
    assert_eq!((nobody.status, nobody.problem().as_str()), (404, "not_found"));
}

/// Through merges: a client is erased under all its ids, and by the words.
#[test]
fn who_was_merged_is_erased_under_every_id() {
    let house = House::new();
    let events = [
        draft(
            "client.registered",
            "2025-01-10",
            json!({"client": "A", "name": "Canary-one", "kind": "person"}),
        ),
        draft(
            "client.registered",
            "2025-01-10",
            json!({"client": "B", "name": "Canary-other", "kind": "person"}),
        ),
        draft("client.merged", "2025-01-11", json!({"client": "A", "into": "B"})),
    ];
    assert_eq!(house.server.post("/v1/events", &json!({ "events": events })).status, 201);
    let shown = house.server.asked_by(&["subject", "client:A", "--format", "json"]).output();
    let shown = String::from_utf8_lossy(&shown.expect("it runs").stdout).into_owned();
    assert!(shown.contains("Canary-one") && shown.contains("Canary-other"), "{shown}");
    let done = house.server.asked_by(&["erase", "client:A", "--format", "json"]).output();
    let done = done.expect("it runs");
    assert_eq!(code(&done), 0, "{}", String::from_utf8_lossy(&done.stderr));
    let until = Instant::now() + Duration::from_secs(20);
    let data = house.directory.path();
    while Instant::now() < until && !found(&data, "Canary").is_empty() {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(found(&data, "Canary"), Vec::<String>::new());
}
