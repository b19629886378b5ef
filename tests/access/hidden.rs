//! What callers can find out, and what they can come to. Invariant: what may not be read tells
//! nothing of itself, and nobody comes to more power than was given.

use serde_json::{Value, json};

use crate::{
    house::{House, now, wanted},
    server::draft,
};

/// Neither where a page ends, nor a revision, nor an id that is taken tells of what may not be
/// read.
#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn nothing_tells_what_is_there_but_what_may_be_read() {
    let house = House::new();
    house.user("S", None, "storekeeper");
    house.user("AUD", None, "auditor");
    let [(_, store), (_, auditor)] = ["user:S", "user:AUD"].map(|of| house.key(of, json!({})));
    for query in ["entity=client:C1&limit=1", "type=invoice.issued&limit=1", "limit=1"] {
        let page = house.ask(&store, "GET", &format!("/v1/events?{query}"), None).json();
        assert_eq!(page, json!({"events": [], "next": null}), "{query}");
    }
    // A right to record elsewhere, and none to read: the expectation is not looked at.
    let warehouse = draft("warehouse.registered", "2025-01-02", json!({"name": "Main"}));
    let mut warehouse = warehouse;
    warehouse.as_object_mut().expect("an object").remove("actor");
    for entity in ["client:C1", "client:nobody"] {
        let batch = json!({
            "events": [warehouse], "expect": [{"entity": entity, "revision": 7}],
        });
        assert_eq!(house.record(&store, &batch).problem(), "not_allowed", "{entity}");
    }
    // Whoever guesses what is hidden from him is told nothing, whether he is right or wrong.
    let event = house.ask(&auditor, "GET", "/v1/events/3", None).json();
    let guess = |name: &str| {
        let mut guess = event.clone();
        let members = guess.as_object_mut().expect("an object");
        members.retain(|name, _| ["id", "type", "occurred_at", "data"].contains(&name.as_str()));
        guess["data"]["name"] = json!(name);
        let answer = house.record(&auditor, &guess);
        (answer.status, answer.problem())
    };
    assert_eq!(guess("Client One"), guess("Client Two"));
    house.say(
        "role.defined",
        json!({
            "role": "scribe",
            "rights": [{"family": "clients", "may": ["read", "record", "attest"]}],
        }),
    );
    house.user("SC", None, "scribe");
    let (_, scribe) = house.key("user:SC", json!({}));
    let guess = |name: &str| {
        let mut guess = event.clone();
        let members = guess.as_object_mut().expect("an object");
        members.retain(|name, _| {
            ["id", "type", "occurred_at", "actor", "data"].contains(&name.as_str())
        });
        guess["data"]["name"] = json!(name);
        let answer = house.record(&scribe, &guess);
        assert!(!answer.text.contains("position"), "{}", answer.text);
        (answer.status, answer.problem())
    };
    assert_eq!(guess("Client One"), guess("Client Two"));
    // A void says nothing of what it is of.
    let void = |target: &Value| now("event.voided", json!({"target": target, "reason": "wrong"}));
    let unknown = house.record(&store, &void(&json!("00000000-0000-4000-8000-000000000001")));
    let unseen = house.record(&store, &void(&event["id"]));
    assert_eq!(unknown.json()["detail"], unseen.json()["detail"]);
    // What stands in the way of an event is told to whoever may read it.
    house.say(
        "role.defined",
        json!({
            "role": "blind", "rights": [{"family": "clients", "may": ["record"]}],
        }),
    );
    house.user("B", None, "blind");
    let (_, blind) = house.key("user:B", json!({}));
    let taken = draft(
        "client.registered",
        "2025-01-02",
        json!({
            "client": "C1", "name": "X", "kind": "org",
        }),
    );
    let mut taken = taken;
    taken.as_object_mut().expect("an object").remove("actor");
    let refused = house.record(&blind, &taken);
    assert_eq!(refused.problem(), "already_exists");
    assert!(refused.text.contains("ask somebody who may"), "{}", refused.text);
}

/// What is void cannot be made to come back, and a period is opened by who may close it.
#[test]
fn powers_that_come_later_are_powers() {
    let house = House::new();
    house.user("K", None, "keyholder");
    house.user("A", None, "administrator");
    let (_, admin) = house.key("user:A", json!({}));
    // A grant that begins one day, and a keyholder who is suspended, are keyholders' affairs.
    house.say("user.enrolled", json!({"user": "later"}));
    house.say("permission.granted", json!({
        "to": "user:later", "role": "keyholder", "from": "2150-01-01T00:00:00Z", "reason": "then",
    }));
    let key = wanted("user:later", json!({}));
    let refused = house.ask(&admin, "POST", "/v1/keys", Some(&key));
    assert_eq!(refused.problem(), "grants_more_than_own");
    house.user("K2", None, "keyholder");
    house.say("user.suspended", json!({"user": "K2", "reason": "leave"}));
    let resumed = house.record(&admin, &now("user.resumed", json!({"user": "K2"})));
    assert_eq!(resumed.problem(), "grants_more_than_own");
    let rights = json!([{"family": "access", "may": ["grant", "void"], "scope": "team"}]);
    let role = now("role.defined", json!({"role": "sleeper", "rights": rights}));
    assert_eq!(house.record(&admin, &role).problem(), "grants_more_than_own");
    // Whoever may void invoices may not open what was closed.
    house.say(
        "role.defined",
        json!({
            "role": "voider", "rights": [{"family": "invoices", "may": ["read", "record", "void"]}],
        }),
    );
    house.user("V", None, "voider");
    let (_, voider) = house.key("user:V", json!({}));
    let closed = draft(
        "period.closed",
        "2025-03-01",
        json!({
            "area": "sales", "until": "2025-01-31",
        }),
    );
    assert_eq!(house.server.post("/v1/events", &closed).status, 201);
    let id = house.server.get("/v1/events?type=period.closed").json()["events"][0]["id"].clone();
    let void = now("event.voided", json!({"target": id, "reason": "wrong"}));
    let refused = house.record(&voider, &void);
    assert_eq!(refused.problem(), "not_allowed");
    assert!(refused.text.contains("close in invoices"), "{}", refused.text);
    // An integration works as long as somebody answers for it.
    house.user("answers", None, "operator");
    house.service("shop", "analyst");
    let (_, shop) = house.key("service:shop", json!({}));
    assert_eq!(house.ask(&shop, "GET", "/v1/me", None).status, 200);
    house.say("user.suspended", json!({"user": "answers", "reason": "gone"}));
    assert_eq!(house.ask(&shop, "GET", "/v1/me", None).status, 401);
}
