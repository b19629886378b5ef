//! What a change restates, asked over HTTP. Invariant: a restatement is told with the record that
//! made it.

use crate::reading::with_invoices;
use crate::server::{draft, invoice};
use serde_json::{Value, json};

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn a_change_is_restated_and_explained() {
    let (_directory, server) = with_invoices();
    server.post("/v1/events", &invoice("I3", "2025-01-20", "5.00"));
    let changes = server.get("/v1/reports/receivables/restatement?since=6&as_of=2025-03-31").json();
    let change = &changes["changes"][0];
    assert_eq!(
        (&change["key"], &changes["untold"], &change["others"]),
        (&json!(["EUR"]), &Value::Null, &Value::Null),
        "{changes}"
    );
    let step = &change["steps"][0];
    assert_eq!(
        (change["steps"].as_array().map(Vec::len), &step["position"], &step["type"]),
        (Some(1), &json!(7), &json!("invoice.issued")),
        "{changes}"
    );
    assert_eq!(
        (&step["document"], &step["moved"]["gross"]["difference"]),
        (&json!("invoice:I3"), &json!("5.00")),
        "{changes}"
    );
    assert!(
        step["recorded_at"].is_string()
            && step["occurred_at"].is_string()
            && step["actor"].is_string(),
        "{changes}"
    );
    let table = server.get("/v1/reports/receivables?as_of=2025-03-31").json();
    let keys: Vec<&str> = table["columns"]
        .as_array()
        .expect("columns")
        .iter()
        .filter(|c| c["key"] == true)
        .filter_map(|c| c["name"].as_str())
        .collect();
    let row: Vec<String> =
        keys.iter().map(|k| table["rows"][0][k].as_str().unwrap_or_default().to_owned()).collect();
    let why = server
        .get(&format!("/v1/reports/receivables/explain?as_of=2025-03-31&row={}", row.join(",")))
        .json();
    let gross = why["cells"]
        .as_array()
        .expect("cells")
        .iter()
        .find(|cell| cell["column"] == "gross")
        .expect("a gross");
    let cents = |text: &Value| text.as_str().and_then(|t| t.replace('.', "").parse::<i64>().ok());
    let sum: i64 = why["records"]
        .as_array()
        .expect("records")
        .iter()
        .filter_map(|r| cents(&r["contributes"]["gross"]))
        .sum();
    assert_eq!(Some(sum), cents(&gross["value"]), "{why}");
    // One cell, page by page: each record with what it is, and nothing of another column.
    let cell = |more: &str| {
        server
            .get(&format!(
                "/v1/reports/receivables/explain?as_of=2025-03-31&row={}&column=gross{more}",
                row.join(",")
            ))
            .json()
    };
    let (whole, first) = (cell(""), cell("&records=1"));
    assert_eq!(
        (first["records"].as_array().map(Vec::len), &first["total"]),
        (Some(1), &whole["total"]),
        "{first}"
    );
    let rest = cell(&format!("&after={}", first["next"]));
    let listed = |answer: &Value| answer["records"].as_array().expect("records").clone();
    assert_eq!([listed(&first), listed(&rest)].concat(), listed(&whole));
    for record in listed(&whole) {
        assert_eq!(record["type"], "invoice.issued", "{record}");
        assert!(
            record["entity"].as_str().is_some_and(|e| e.starts_with("invoice:"))
                && record["actor"].is_string(),
            "{record}"
        );
        assert!(record["occurred_at"].is_string() && record["recorded_at"].is_string(), "{record}");
    }
}

#[test]
fn a_rate_restates_nothing_that_stood_before_it() {
    let (_directory, server) = with_invoices();
    let rate = |at: &str, currency: &str, rate: &str| {
        draft("exchange_rate.set", at, json!({"currency": currency, "rate": rate}))
    };
    let foreign = |id: &str, at: &str, currency: &str| {
        let mut one = invoice(id, at, "100.00");
        one["data"]["total"]["currency"] = json!(currency);
        one
    };
    let post = |events: Vec<Value>| {
        assert_eq!(server.post("/v1/events", &json!({"events": events})).status, 201);
    };
    post(vec![rate("2025-01-01", "USD", "0.9"), foreign("U1", "2025-01-10", "USD")]);
    // Position 9 changes the rate from the 5th on: U1 keeps the rate it was recorded with, U2 has
    // the new one.
    post(vec![rate("2025-01-05", "USD", "0.8"), foreign("U2", "2025-01-20", "USD")]);
    let steps = |since: &str| {
        let changes = server
            .get(&format!(
                "/v1/reports/receivables/restatement?since={since}&as_of=2025-02-28&in=base"
            ))
            .json();
        let found = changes["changes"][0]["steps"].as_array().expect("steps").clone();
        found
            .into_iter()
            .map(|s| {
                (
                    s["position"].as_u64().expect("a position"),
                    s["moved"]["gross"]["difference"].clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(steps("8"), [(10, json!("80.00"))]);
    post(vec![rate("2025-01-01", "GBP", "1.2"), foreign("U3", "2025-01-20", "GBP")]);
    assert_eq!(steps("7"), [(8, json!("90.00")), (10, json!("80.00")), (12, json!("120.00"))]);
}

#[test]
fn a_restatement_begins_at_a_position_a_day_or_a_time() {
    let (_directory, server) = with_invoices();
    let late = server.post("/v1/events", &invoice("I3", "2025-01-20", "5.00"));
    assert_eq!(late.status, 201);
    let recorded = |position: u64| {
        server.get(&format!("/v1/events/{position}")).json()["recorded_at"]
            .as_str()
            .expect("a time")
            .to_owned()
    };
    let path = |since: &str| {
        format!(
            "/v1/reports/receivables/restatement?since={}&as_of=2025-03-31",
            since.replace(':', "%3A").replace('+', "%2B")
        )
    };
    let from = |since: &str| server.get(&path(since)).json()["from"].clone();
    assert_eq!((from("6"), from(&recorded(6))), (json!(6), json!(6)));
    // A day means its end: before the first record of today nothing was known, at its end all is.
    assert_eq!((from("2020-01-01"), from("2099-01-01")), (json!(0), json!(7)));
    let whole = server.get(&path("2020-01-01")).json();
    assert_eq!(whole["changes"][0]["steps"].as_array().map(Vec::len), Some(3), "{whole}");
    let nothing = server.get(&path("2099-01-01")).json();
    assert_eq!(nothing["changes"], json!([]), "{nothing}");
    for (since, status, problem) in [
        ("8", 400, "invalid_parameter"),
        ("soon", 400, "invalid_parameter"),
        ("2025-02-30", 400, "invalid_parameter"),
    ] {
        let refused = server.get(&path(since));
        assert_eq!(
            (refused.status, refused.problem().as_str()),
            (status, problem),
            "{since}: {}",
            refused.text
        );
    }
    assert_eq!(
        server.get("/v1/reports/receivables/restatement?as_of=2025-03-31").problem(),
        "invalid_query"
    );
    let later =
        server.get("/v1/reports/receivables/restatement?since=6&known_at=5&as_of=2025-03-31");
    assert_eq!(
        (later.status, later.problem().as_str()),
        (400, "invalid_parameter"),
        "{}",
        later.text
    );
}

#[test]
fn a_void_that_restates_says_what_it_voided_and_why() {
    let (_directory, server) = with_invoices();
    let id = server.get("/v1/events/6").json()["id"].clone();
    let void = draft("event.voided", "2025-04-01", json!({"target": id, "reason": "billed twice"}));
    assert_eq!(server.post("/v1/events", &void).status, 201);
    let changes = server.get("/v1/reports/receivables/restatement?since=6&as_of=2025-03-31").json();
    let step = &changes["changes"][0]["steps"][0];
    assert_eq!(
        (&step["position"], &step["type"], &step["reason"]),
        (&json!(7), &json!("event.voided"), &json!("billed twice")),
        "{changes}"
    );
    assert_eq!(
        (&step["voids"]["position"], &step["voids"]["type"], &step["document"]),
        (&json!(6), &json!("invoice.issued"), &json!("invoice:I2")),
        "{changes}"
    );
}
