//! Dry runs of requests. Invariant: a trial says what the request then says, and what reports then
//! say; nothing of it stays, and it tells nobody more than he may read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    scoped::of_two,
    server::{Answer, Directory, Server, draft, invoice, opening, run},
};

/// The reports whose effects are told.
const REPORTS: [&str; 5] = ["receivables", "stock", "pipeline", "orders", "trial_balance"];

fn head(server: &Server) -> Value {
    server.get("/v1/log").json()["position"].clone()
}

fn tried(server: &Server, body: &Value, effects: &str) -> Answer {
    server.post(&format!("/v1/events?dry_run=yes&effects={effects}"), body)
}

/// The rows of a report by their key.
fn rows(server: &Server, report: &str) -> BTreeMap<String, Value> {
    let answer = server.get(&format!("/v1/reports/{report}?as_of=2025-12-31")).json();
    let columns = answer["columns"].as_array().expect("columns").clone();
    let keys: Vec<&str> = columns
        .iter()
        .filter(|column| column["key"] == true)
        .filter_map(|column| column["name"].as_str())
        .collect();
    let rows = answer["rows"].as_array().expect("rows").iter();
    let key = |row: &Value| keys.iter().map(|key| row[*key].clone()).collect::<Vec<_>>();
    rows.map(|row| (Value::Array(key(row)).to_string(), row.clone())).collect()
}

#[test]
fn a_trial_says_what_the_record_then_says_and_nothing_of_it_stays() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    assert_eq!(server.post("/v1/events", &json!({ "events": opening() })).status, 201);
    let before = head(&server);
    let body = invoice("I1", "2025-01-31", "119.00");
    let answer = tried(&server, &body, "receivables,trial_balance");
    assert_eq!(answer.status, 200, "{}", answer.text);
    let said = answer.json();
    assert_eq!(said["events"][0]["entity"], "invoice:I1");
    assert_eq!(said["events"][0]["revision"], 1);
    assert_eq!(said["effects"][0]["report"], "receivables");
    let changed = &said["effects"][0]["changes"][0];
    assert_eq!((&changed["before"], &changed["after"]["gross"]), (&Value::Null, &json!("119.00")));
    assert!(said["effects"][1]["changes"].as_array().is_some_and(|rows| rows.len() > 1));
    assert_eq!(head(&server), before);
    assert_eq!(server.get("/v1/invoices/I1").status, 404);
    // What the rules refuse, a trial refuses by the same name.
    let mut wrong = body.clone();
    wrong["data"]["total"]["amount"] = json!("118.00");
    let (tried_wrong, sent_wrong) =
        (tried(&server, &wrong, "receivables"), server.post("/v1/events", &wrong));
    assert_eq!((tried_wrong.status, tried_wrong.problem()), (422, sent_wrong.problem()));
    // Several stand or fall together, and each sees those before it.
    let paid = draft(
        "payment.received",
        "2025-02-01",
        json!({"payment": "P1", "client": "C1", "bank_account": "bank",
               "amount": {"amount": "119.00", "currency": "EUR"}}),
    );
    let settled = draft(
        "payment.allocated",
        "2025-02-01",
        json!({"payment": "P1", "invoice": "I1", "amount": "119.00"}),
    );
    let all = json!({"events": [body, paid, settled]});
    let answer = tried(&server, &all, "receivables");
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["events"].as_array().map(Vec::len), Some(3));
    let settled = tried(&server, &json!({"events": [all["events"][2]]}), "receivables");
    assert_eq!(settled.status, 422, "{}", settled.text);
    assert_eq!(head(&server), before);
    // An event that is known is told as known.
    let mut known = opening()[0].clone();
    known["id"] = json!(server.get("/v1/events/1").json()["id"]);
    let answer = tried(&server, &known, "receivables").json();
    assert_eq!((&answer["events"][0]["known"], &answer["position"]), (&json!(true), &json!(1)));
}

#[test]
fn what_is_asked_of_a_trial_is_used_or_refused() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    assert_eq!(server.post("/v1/events", &json!({ "events": opening() })).status, 201);
    let body = invoice("I1", "2025-01-31", "119.00");
    for (query, problem) in [
        ("effects=receivables", "invalid_query"),
        ("dry_run=no&effects=receivables", "invalid_query"),
        ("dry_run=yes&as_of=2025-01-31", "invalid_query"),
        ("dry_run=perhaps", "invalid_query"),
        ("dry_run=yes&effects=recievables", "unknown_report"),
        ("dry_run=yes&effects=receivables&as_of=soon", "invalid_parameter"),
        ("dry_run=yes&effects=a,b,c,d,e,f,g,h,i", "invalid_query"),
        ("more=1", "invalid_query"),
    ] {
        let answer = server.post(&format!("/v1/events?{query}"), &body);
        assert_eq!(answer.problem(), problem, "{query}: {}", answer.text);
    }
    assert_eq!(server.get("/v1/invoices/I1").status, 404);
    for query in ["dry_run=true", "dry_run=yes", "dry_run=yes&effects=receivables&as_of=2025-01-30"]
    {
        let answer = server.post(&format!("/v1/events?{query}"), &body);
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        // On the day before it is issued nothing is owed.
        let effects = &answer.json()["effects"];
        assert!(
            effects.as_array().is_some_and(|all| all.iter().all(|it| it["changes"] == json!([])))
        );
    }
}

/// Every event of a company is tried before it is recorded.
#[test]
fn every_event_of_a_company_is_tried_and_then_recorded_alike() {
    let demo = Directory::new();
    let made = run(&demo.path(), &["demo", "--events", "700", "--no-serve"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let lines = String::from_utf8(run(&demo.path(), &["export"]).stdout).expect("UTF-8");
    // The parts of a document stand together.
    let mut drafts: Vec<Vec<Value>> = Vec::new();
    for line in lines.lines() {
        let record: Value = serde_json::from_str(line).expect("a record");
        let names = ["type", "version", "id", "occurred_at", "actor", "on_behalf_of", "data"];
        let kept = names.iter().filter(|name| !record[**name].is_null());
        let draft = kept.map(|name| ((*name).to_owned(), record[*name].clone())).collect();
        match drafts.last_mut() {
            Some(last) if record["type"].as_str().is_some_and(|it| it.ends_with("lines_added")) => {
                last.push(Value::Object(draft));
            }
            _ => drafts.push(vec![Value::Object(draft)]),
        }
    }
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    let (mut compared, mut differ) = (0, 0);
    for (at, events) in drafts.iter().enumerate() {
        let body = &json!({ "events": events });
        // Reports are asked of a part, so that the test ends.
        let asks = at % 7 == 0 && at > 0;
        let before: Vec<_> = if asks {
            REPORTS.iter().map(|report| rows(&server, report)).collect()
        } else {
            Vec::new()
        };
        let query = if asks {
            format!("dry_run=yes&as_of=2025-12-31&effects={}", REPORTS.join(","))
        } else {
            "dry_run=yes".to_owned()
        };
        let answer = server.post(&format!("/v1/events?{query}"), body);
        let recorded = server.post("/v1/events", body);
        assert_eq!(recorded.status, 201, "{body}: {}", recorded.text);
        assert_eq!(answer.status, 200, "{body}: {}", answer.text);
        let (said, then) = (answer.json(), recorded.json());
        assert_eq!(said["position"], then["position"]);
        for field in ["position", "id", "entity", "revision", "known"] {
            assert_eq!(said["events"][0][field], then["events"][0][field], "{field} of {body}");
        }
        for (report, (before, effect)) in
            REPORTS.iter().zip(before.iter().zip(said["effects"].as_array().into_iter().flatten()))
        {
            let mut expected = before.clone();
            for change in effect["changes"].as_array().expect("changes") {
                let key = change["key"].to_string();
                differ += 1;
                match &change["after"] {
                    Value::Null => drop(expected.remove(&key)),
                    row => drop(expected.insert(key, row.clone())),
                }
            }
            compared += 1;
            let is = rows(&server, report);
            if effect["left_out"] == 0 {
                assert_eq!(shown(&expected), shown(&is), "{report} after {body}");
            }
        }
    }
    println!("{} trials, {compared} reports compared, {differ} rows differ", drafts.len());
    assert!(compared > 400 && differ > 60, "{compared} reports, {differ} rows");
}

/// Rows as their columns say them; what is computed of a whole column is left out by who asks.
fn shown(rows: &BTreeMap<String, Value>) -> Vec<(String, String)> {
    rows.iter().map(|(key, row)| (key.clone(), row.to_string())).collect()
}

#[test]
fn a_trial_tells_nobody_more_than_he_may_read() {
    let (house, one, two) = of_two();
    let path = "/v1/events?dry_run=yes&effects=pipeline";
    // A salesperson tries to take a deal over, and hears of it what she may read of it now.
    let by_herself = |mut draft: Value| {
        draft.as_object_mut().expect("a draft").remove("actor");
        draft
    };
    let take = by_herself(draft(
        "client.owner_assigned",
        "2025-02-01",
        json!({"client": "C2", "employee": "m1"}),
    ));
    let answer = house.ask(&one, "POST", path, Some(&take));
    assert!(!answer.text.contains("70.00") && !answer.text.contains("D2"), "{}", answer.text);
    let own = by_herself(draft(
        "deal.estimate_changed",
        "2025-02-01",
        json!({"deal": "D1", "amount": {"amount": "500.00", "currency": "EUR"}}),
    ));
    let answer = house.ask(&one, "POST", path, Some(&own));
    assert_eq!(answer.status, 200, "{}", answer.text);
    let changes = answer.json()["effects"][0]["changes"].clone();
    assert!(changes.as_array().is_some_and(|rows| !rows.is_empty()), "{changes}");
    let theirs = house.ask(&two, "POST", path, Some(&own));
    assert_eq!(theirs.status, 403, "{}", theirs.text);
    // Whoever may not ask a report is not told what it would say.
    let whole = "/v1/events?dry_run=yes&effects=trial_balance";
    assert_eq!(house.ask(&one, "POST", whole, Some(&own)).status, 403);
}
