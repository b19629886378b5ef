//! Whoever reads and records within a scope. Invariant: what belongs to somebody else, and what is
//! not there, get the same answer, byte for byte.

use serde_json::{Value, json};

use crate::{
    house::{House, now},
    server::{draft, invoice},
};

/// A house with a client, a deal and an invoice of each of two salespeople.
pub fn of_two() -> (House, String, String) {
    let house = House::new();
    let deal = |deal: &str, client: &str, owner: &str| {
        let (pipeline, stage) = ("P", "new");
        json!({
            "deal": deal, "pipeline": pipeline, "stage": stage, "owner": owner, "client": client,
        })
    };
    let mut theirs = invoice("I2", "2025-01-31", "70.00");
    theirs["data"]["client"] = json!("C2");
    let stages = json!([{"stage": "new", "rank": 1, "name": "New", "probability": "0.5"}]);
    let events = [
        draft(
            "employee.hired",
            "2025-01-01",
            json!({"employee": "m2", "name": "Two", "department": "sales", "role": "sales"}),
        ),
        draft(
            "client.registered",
            "2025-01-01",
            json!({"client": "C2", "name": "Client Two", "kind": "org", "owner": "m2"}),
        ),
        draft("pipeline.defined", "2025-01-01", json!({"pipeline": "P", "stages": stages})),
        draft("deal.opened", "2025-01-02", deal("D1", "C1", "m1")),
        draft("deal.opened", "2025-01-02", deal("D2", "C2", "m2")),
        theirs,
    ];
    let answer = house.server.post("/v1/events", &json!({ "events": events }));
    assert_eq!(answer.status, 201, "{}", answer.text);
    house.user("ONE", Some("m1"), "salesperson");
    house.user("TWO", Some("m2"), "salesperson");
    let [one, two] = ["user:ONE", "user:TWO"].map(|of| house.key(of, json!({})).1);
    (house, one, two)
}

fn said(house: &House, secret: &str, path: &str) -> Value {
    let answer = house.ask(secret, "GET", path, None);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

/// The body of a refusal, without what is of this request alone.
fn refused(house: &House, secret: &str, path: &str) -> String {
    let answer = house.ask(secret, "GET", path, None);
    assert_eq!(answer.status, 404, "{path}: {}", answer.text);
    let mut body = answer.json();
    body["request_id"] = Value::Null;
    body.to_string()
}

#[test]
fn each_sees_what_is_its_own_and_nothing_tells_of_the_rest() {
    let (house, one, two) = of_two();
    for (secret, own, amount) in [(&one, "C1", "100.00"), (&two, "C2", "70.00")] {
        let clients = said(&house, secret, "/v1/clients");
        assert_eq!(clients["rows"].as_array().map(Vec::len), Some(1), "{clients}");
        assert_eq!(clients["rows"][0]["id"], own);
        let owed = said(&house, secret, "/v1/reports/receivables?as_of=2025-12-31");
        assert_eq!((&owed["scope"], &owed["immutable"]), (&json!("own"), &json!(false)));
        assert_eq!(owed["rows"][0]["gross"], amount, "{owed}");
        let events = said(&house, secret, "/v1/events?limit=1000");
        let text = events.to_string();
        let other = if own == "C1" { "C2" } else { "C1" };
        assert!(text.contains(own) && !text.contains(other), "{text}");
        assert!(text.contains("pipeline.defined"), "what configures is everybody's: {text}");
    }
    // The whole company, for comparison.
    let all = house.server.get("/v1/reports/receivables?as_of=2025-12-31").json();
    assert_eq!((&all["scope"], &all["rows"][0]["gross"]), (&Value::Null, &json!("170.00")));
}

#[test]
fn what_is_somebody_elses_might_as_well_not_be_there() {
    let (house, one, _) = of_two();
    for (kind, theirs, nobodys) in [("clients", "C2", "C8"), ("deals", "D2", "D8")] {
        for view in ["", "/history", "/timeline", "/differences?before_known_at=1"] {
            let at = |id: &str| refused(&house, &one, &format!("/v1/{kind}/{id}{view}"));
            assert_eq!(at(theirs).replace(theirs, nobodys), at(nobodys), "{kind} {view}");
        }
    }
    let events = house.server.get("/v1/events?limit=1000").json();
    let of = |text: &str| {
        let mut all = events["events"].as_array().expect("events").iter();
        let found = all.rfind(|event| event.to_string().contains(text));
        found.map(|event| event["position"].as_u64().expect("a position")).expect("one")
    };
    let theirs = of("I2");
    let at = |position: u64| refused(&house, &one, &format!("/v1/events/{position}"));
    assert_eq!(at(theirs).replace(&theirs.to_string(), "99999"), at(99_999));
    let filtered = said(&house, &one, "/v1/events?entity=client:C2");
    assert_eq!(filtered["events"], said(&house, &one, "/v1/events?entity=client:C8")["events"]);
    // A write about it, and one about nothing, are told apart by their ids alone.
    let renamed = |client: &str| {
        let data = json!({"client": client, "name": "New"});
        let answer = house.record(&one, &now("client.renamed", data));
        assert_eq!((answer.status, answer.problem().as_str()), (403, "not_in_scope"));
        answer.json()["detail"].as_str().expect("a detail").replace(client, "?")
    };
    assert_eq!(renamed("C2"), renamed("C8"));
}

#[test]
fn each_records_for_its_own_and_what_is_handed_over_goes_along() {
    let (house, one, two) = of_two();
    let opened = |secret: &str, deal: &str, client: &str, owner: &str| {
        let data = json!({"deal": deal, "pipeline": "P", "stage": "new", "owner": owner,
            "client": client});
        house.record(secret, &now("deal.opened", data))
    };
    assert_eq!(opened(&one, "D3", "C1", "m1").status, 201);
    let theirs = opened(&one, "D4", "C2", "m1");
    assert_eq!((theirs.status, theirs.problem().as_str()), (403, "not_in_scope"));
    let own = json!({"client": "C3", "name": "Three", "kind": "org", "owner": "m1"});
    assert_eq!(house.record(&one, &now("client.registered", own)).status, 201);
    let nobodys = json!({"client": "C4", "name": "Four", "kind": "org"});
    let answer = house.record(&one, &now("client.registered", nobodys));
    assert_eq!((answer.status, answer.problem().as_str()), (403, "not_in_scope"));
    // A report of the whole company is no report of a part.
    let books = house.ask(&one, "GET", "/v1/reports/trial_balance", None);
    assert_eq!((books.status, books.problem().as_str()), (403, "needs_whole"));

    // With the client everything of it goes along, at once.
    house.say("client.owner_assigned", json!({"client": "C2", "employee": "m1"}));
    assert_eq!(said(&house, &one, "/v1/clients")["rows"].as_array().map(Vec::len), Some(3));
    assert_eq!(said(&house, &two, "/v1/clients")["rows"], json!([]));
    let owed = said(&house, &two, "/v1/reports/receivables?as_of=2025-12-31");
    assert_eq!(owed["rows"], json!([]), "{owed}");
    assert_eq!(opened(&one, "D4", "C2", "m1").status, 201);
    // The deal is still its owner's, whosever its client is.
    assert_eq!(said(&house, &two, "/v1/deals/D2")["entity"], "deal:D2");
}

#[test]
fn a_deputy_sees_and_acts_for_who_is_away_and_a_head_for_all_below() {
    let (house, one, _) = of_two();
    let seen = |secret: &str| said(&house, secret, "/v1/clients")["rows"].as_array().map(Vec::len);
    let mut for_two = now("client.renamed", json!({"client": "C2", "name": "New"}));
    for_two["on_behalf_of"] = json!("m2");
    assert_eq!(seen(&one), Some(1));
    assert_eq!(house.record(&one, &for_two).status, 403);
    let away = json!({"substitution": "S1", "absent": "m2", "deputy": "m1"});
    house.say("substitution.started", away);
    assert_eq!(seen(&one), Some(2));
    let answer = house.record(&one, &for_two);
    assert_eq!(answer.status, 201, "{}", answer.text);
    house.say("substitution.ended", json!({"substitution": "S1"}));
    assert_eq!(seen(&one), Some(1));

    house.say(
        "employee.hired",
        json!({"employee": "head", "name": "Head", "department": "sales", "role": "head"}),
    );
    house.user("HEAD", Some("head"), "head_of_sales");
    let (_, head) = house.key("user:HEAD", json!({}));
    assert_eq!(seen(&head), Some(0));
    for below in ["m1", "m2"] {
        let data = json!({"employee": below, "department": "sales", "role": "sales",
            "manager": "head"});
        house.say("employee.moved", data);
    }
    assert_eq!(seen(&head), Some(2));
    // A key leaves out what its holder has, and a right within a scope can be narrowed, too.
    let narrows = json!([{"family": "clients", "may": ["read"], "scope": "own"}]);
    let (_, narrow) = house.key("user:HEAD", json!({ "narrows": narrows }));
    assert_eq!(seen(&narrow), Some(0));
}
