//! Importing the same rows again after their mapping was corrected. Invariant: what was recorded is
//! corrected as one plan, or stays as it is.

use crate::importing::{MAPPING, Shop, id, json_of, said};
use crate::server::{Directory, Server, code, draft, opening, run};
use serde_json::{Value, json};

const PAYMENTS: &str = r#"
[tables.payments]
file = "payments.csv"
types.Day = "date"
types.Sum = "decimal"

[[event]]
type = "payment.received"
from = "payments"
at = "Day"
data = { payment = "`P${No}`", client = "`K${Customer}`", amount = "money(Sum)", bank_account = { text = "bank" } }

[[event]]
type = "payment.allocated"
from = "payments"
key = "No"
at = "Day"
data = { payment = "`P${No}`", invoice = "`I${Order}`", amount = "Sum" }
"#;

/// The counts of a report, in one line.
fn counts(report: &Value) -> String {
    let correction = &report["correction"];
    let count = |name: &str| format!("{name} {}", correction.get(name).unwrap_or(&report[name]));
    ["recorded", "known", "refused", "corrected", "moved", "vanished", "voided", "left_voided"]
        .map(count)
        .join(", ")
}

/// What a correction counts; rehearsed first, with the same counts and nothing recorded.
fn corrected(shop: &Shop, words: &[&str]) -> Value {
    let head = shop.head();
    let all = [&["--correct", "--format", "json"], words].concat();
    let rehearsed = json_of(&shop.import(&[&all[..], &["--dry-run"]].concat()));
    assert_eq!(shop.head(), head, "a dry run records nothing");
    let mut report = json_of(&shop.import(&all));
    report["dry_run"] = true.into();
    assert_eq!(rehearsed, report);
    report
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn what_a_mapping_made_wrong_is_corrected_as_one_plan() {
    let shop = Shop::new(&format!("{MAPPING}{PAYMENTS}"));
    let customers = "1,Buyer,org\n2,Other,org\n";
    let orders = |first: &str, more: &str| {
        shop.tables(
            customers,
            &format!("1,1,2025-03-01,tea,{first}\n2,2,2025-03-02,tea,20.00\n{more}"),
        );
    };
    shop.directory.file("payments.csv", "No,Customer,Order,Day,Sum\n1,1,1,2025-03-05,8.00\n");
    orders("10.00", "3,1,2025-03-03,tea,30.00\n");
    assert_eq!(json_of(&shop.import(&["--format", "json"]))["recorded"], 7);
    // The first order was another sum, the third is gone, a fourth has come.
    orders("12.00", "4,2,2025-03-04,tea,40.00\n");
    let plain = shop.import(&["--format", "json", "--dry-run"]);
    assert_eq!(json_of(&plain)["refusals"][0]["name"], "idempotency_conflict");
    assert!(
        said(&plain).contains("`sijil import --correct` voids the old one and records the new one"),
        "{}",
        said(&plain)
    );
    let report = corrected(&shop, &[]);
    assert_eq!(
        counts(&report),
        "recorded 1, known 5, refused 0, corrected 1, moved 1, vanished 1, voided 0, left_voided 0",
        "{report}"
    );
    let owed = |client: &str| {
        let answer = run(
            &shop.directory.path(),
            &["query", "receivables", "--as-of", "2025-03-31", "group=client", "--format", "json"],
        );
        let rows = json_of(&answer)["rows"].as_array().expect("rows").clone();
        rows.iter()
            .find(|row| row["group"] == client)
            .map_or(Value::Null, |row| row["gross"].clone())
    };
    assert_eq!(
        (owed("K1"), owed("K2")),
        (json!("34.00"), json!("60.00")),
        "12 - 8 + 30, and 20 + 40"
    );
    // What was corrected is known, and is corrected again when it changes again.
    assert_eq!(
        counts(&corrected(&shop, &[])),
        "recorded 0, known 7, refused 0, corrected 0, moved 0, vanished 1, voided 0, left_voided 0"
    );
    orders("13.00", "4,2,2025-03-04,tea,40.00\n");
    let report = corrected(&shop, &["--void-missing"]);
    assert_eq!(
        counts(&report),
        "recorded 0, known 6, refused 0, corrected 1, moved 1, vanished 1, voided 1, left_voided 0",
        "{report}"
    );
    assert_eq!(owed("K1"), json!("5.00"));
    // A row that comes back is recorded again; one that was voided by hand stays voided.
    let events = json_of(&run(
        &shop.directory.path(),
        &["events", "--entity", "invoice:I4", "--format", "json"],
    ));
    let events = events.as_array().or_else(|| events["events"].as_array()).expect("events").clone();
    let void = draft(
        "event.voided",
        "2025-04-01",
        json!({"target": events[0]["id"], "reason": "never sent"}),
    );
    let file = shop.directory.file("void.json", &void.to_string());
    assert_eq!(code(&run(&shop.directory.path(), &["record", file.to_str().expect("a path")])), 0);
    orders("13.00", "3,1,2025-03-03,tea,30.00\n4,2,2025-03-04,tea,40.00\n");
    let report = corrected(&shop, &[]);
    assert_eq!(
        counts(&report),
        "recorded 1, known 6, refused 0, corrected 0, moved 0, vanished 0, voided 0, left_voided 1",
        "{report}"
    );
    assert_eq!((owed("K1"), owed("K2")), (json!("35.00"), json!("20.00")));
}

#[test]
fn what_others_rest_on_is_not_corrected_under_them() {
    let shop = Shop::new(MAPPING);
    shop.tables("1,Buyer,org\n", "1,1,2025-03-01,tea,10.00\n");
    assert_eq!(json_of(&shop.import(&["--format", "json"]))["recorded"], 2);
    // A payment of somebody else is put against the invoice.
    let payment = json!({
        "payment": "P1", "client": "K1", "amount": {"amount": "8.00", "currency": "EUR"},
        "bank_account": "bank",
    });
    let events = [
        draft("payment.received", "2025-03-05", payment),
        draft(
            "payment.allocated",
            "2025-03-05",
            json!({"payment": "P1", "invoice": "I1", "amount": "8.00"}),
        ),
    ];
    let file = shop.directory.file("paid.json", &json!({"events": events}).to_string());
    assert_eq!(code(&run(&shop.directory.path(), &["record", file.to_str().expect("a path")])), 0);
    let head = shop.head();
    shop.tables("1,Buyer,org\n", "1,1,2025-03-01,tea,12.00\n");
    let report = corrected(&shop, &[]);
    assert_eq!(
        counts(&report),
        "recorded 0, known 1, refused 1, corrected 0, moved 0, vanished 0, voided 0, left_voided 0",
        "{report}"
    );
    let refusal = &report["refusals"][0];
    assert_eq!(
        json!([refusal["file"], refusal["line"], refusal["name"]]),
        json!(["orders.csv", 2, "has_dependants"])
    );
    assert_eq!(shop.head(), head, "a group that cannot be corrected as a whole stays as it is");
    let server = Server::start(&shop.directory.path());
    let media = [("content-type", "application/x-ndjson")];
    let without = server.send("POST", "/v1/events/correct", &media, Some(""));
    assert_eq!((without.status, without.problem().as_str()), (400, "invalid_query"));
    let lines = "{not json\n\n\
                 {\"type\":\"client.renamed\",\"occurred_at\":\"2025-03-01T00:00:00Z\",\
                 \"data\":{}}\n";
    let report =
        server.send("POST", "/v1/events/correct?source=nobody", &media, Some(lines)).json();
    let told: Vec<Value> = report["refusals"]
        .as_array()
        .expect("refusals")
        .iter()
        .map(|r| json!([r["line"], r["name"]]))
        .collect();
    assert_eq!(
        told,
        [json!([1, "malformed_json"]), json!([3, "missing_field"])],
        "a draft without an id has no chain"
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn a_document_in_parts_is_corrected_whole() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    assert_eq!(
        server
            .import(&opening().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
            .json()["refused"],
        0
    );
    let line = |n: u32, amount: &str| {
        json!({
            "line": n.to_string(), "text": "goods ".repeat(40), "qty": "1", "price": amount,
            "net": amount, "tax": "0",
        })
    };
    let from_shop = |n: u64, name: &str, data: Value| {
        let mut draft = draft(name, "2025-01-10", data);
        (draft["id"], draft["source"]) = (id(n).into(), "shop".into());
        draft
    };
    // An invoice told in two parts, one too long for a record, and what rests on both.
    let client = |name: &str| {
        from_shop(1, "client.registered", json!({"client": "CP", "name": name, "kind": "org"}))
    };
    let invoice = |n: u64, id: &str, total: &str, lines: Vec<Value>| {
        let total = json!({"amount": total, "currency": "EUR"});
        from_shop(
            n,
            "invoice.issued",
            json!({
                "invoice": id, "client": "CP", "total": total, "due_on": "2025-02-28",
                "lines": lines,
            }),
        )
    };
    let in_two = |second: &str, total: &str| {
        let mut opening = invoice(2, "IP", total, vec![line(1, "10.00")]);
        opening["data"]["parts"] = 2.into();
        [
            opening,
            from_shop(
                3,
                "invoice.lines_added",
                json!({"invoice": "IP", "part": 2, "lines": [line(2, second)]}),
            ),
        ]
    };
    let long = |total: &str, last: &str| {
        let lines = (1..=1_000).map(|n| line(n, if n == 1_000 { last } else { "0.01" })).collect();
        [invoice(4, "IL", total, lines)]
    };
    let paid = [
        from_shop(
            5,
            "payment.received",
            json!({
                "payment": "PP", "client": "CP", "amount": {"amount": "20.00", "currency": "EUR"},
                "bank_account": "bank",
            }),
        ),
        from_shop(
            6,
            "payment.allocated",
            json!({"payment": "PP", "invoice": "IP", "amount": "5.00"}),
        ),
        from_shop(
            7,
            "payment.allocated",
            json!({"payment": "PP", "invoice": "IL", "amount": "5.00"}),
        ),
    ];
    let correct = |drafts: &[&[Value]], more: &str| {
        let lines: Vec<String> =
            drafts.iter().copied().flatten().map(ToString::to_string).collect();
        let media = [("content-type", "application/x-ndjson")];
        server
            .send(
                "POST",
                &format!("/v1/events/correct?source=shop{more}"),
                &media,
                Some(&lines.join("\n")),
            )
            .json()
    };
    let checked = |drafts: &[&[Value]], more: &str| {
        let mut rehearsed = correct(drafts, &format!("&dry_run=yes{more}"));
        rehearsed["dry_run"] = false.into();
        let report = correct(drafts, more);
        assert_eq!(rehearsed, report);
        counts(&report)
    };
    let owed = || {
        let rows = server.get("/v1/reports/receivables?as_of=2025-01-31&group=invoice").json();
        let gross = |id: &str| {
            rows["rows"]
                .as_array()
                .expect("rows")
                .iter()
                .find(|row| row["group"] == id)
                .map_or(Value::Null, |row| row["gross"].clone())
        };
        [gross("IP"), gross("IL")]
    };
    let (first, two, thousand) =
        ([client("Parts")], in_two("20.00", "30.00"), long("19.99", "10.00"));
    assert_eq!(
        checked(&[&first, &two, &thousand, &paid], ""),
        "recorded 7, known 0, refused 0, corrected 0, moved 0, vanished 0, voided 0, left_voided 0"
    );
    assert_eq!(owed(), [json!("25.00"), json!("14.99")]);
    // The documents count once each from now on, in whatever parts they were told.
    assert_eq!(
        checked(&[&first, &two, &thousand, &paid], ""),
        "recorded 0, known 6, refused 0, corrected 0, moved 0, vanished 0, voided 0, left_voided 0"
    );
    let whole = invoice(2, "IP", "30.00", vec![line(1, "10.00"), line(2, "20.00")]);
    assert_eq!(
        checked(&[&first, &[whole], &thousand, &paid], ""),
        "recorded 0, known 6, refused 0, corrected 0, moved 0, vanished 0, voided 0, left_voided 0"
    );
    // One cent in the last line of each, and what rests on them moves behind them.
    let (two, thousand) = (in_two("20.01", "30.01"), long("20.00", "10.01"));
    assert_eq!(
        checked(&[&first, &two, &thousand, &paid], ""),
        "recorded 0, known 4, refused 0, corrected 2, moved 2, vanished 0, voided 0, left_voided 0"
    );
    assert_eq!(owed(), [json!("25.01"), json!("15.00")]);
    // What the documents rest on is corrected, and they move with all their parts.
    let first = [client("Renamed")];
    assert_eq!(
        checked(&[&first, &two, &thousand, &paid], ""),
        "recorded 0, known 5, refused 0, corrected 1, moved 5, vanished 0, voided 0, left_voided 0"
    );
    assert_eq!(owed(), [json!("25.01"), json!("15.00")]);
    // A part that is missing is no correction, and no part is missed where the document is gone.
    let report = correct(&[&first, &two[..1], &thousand, &paid], "");
    assert_eq!(
        counts(&report),
        "recorded 0, known 5, refused 1, corrected 0, moved 0, vanished 0, voided 0, left_voided 0"
    );
    assert_eq!(report["refusals"][0]["name"], "document_parts");
    let left = [paid[0].clone(), paid[1].clone()];
    assert_eq!(
        checked(&[&first, &two, &left], "&void_missing=yes"),
        "recorded 0, known 4, refused 0, corrected 0, moved 0, vanished 2, voided 2, left_voided 0"
    );
    assert_eq!(owed(), [json!("25.01"), Value::Null]);
}
