//! Voids as readers meet them: among the records of what they void, on cards, in histories and
//! timelines, and in restatements. Invariant: whoever sees a voided record sees that it is voided,
//! by whom, when and why.

use serde_json::{Value, json};

use crate::server::{Directory, Server, code, draft, invoice, opening, run};

/// Positions 5 and 6 are two invoices of one client, 7 renames it, 8 voids the second invoice.
fn with_a_void() -> (Directory, Server) {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    let mut events = opening();
    events.extend([invoice("I1", "2025-01-10", "100.00"), invoice("I2", "2025-02-10", "250.00")]);
    events.push(draft("client.renamed", "2025-03-01", json!({"client": "C1", "name": "Renamed"})));
    assert_eq!(server.post("/v1/events", &json!({"events": events})).status, 201);
    let target = server.get("/v1/events/6").json()["id"].clone();
    let mut void =
        draft("event.voided", "2025-04-01", json!({"target": target, "reason": "billed twice"}));
    void["actor"] = json!("anna");
    assert_eq!(server.post("/v1/events", &void).status, 201);
    (directory, server)
}

fn positions(rows: &Value) -> Vec<u64> {
    rows.as_array().expect("rows").iter().filter_map(|row| row["position"].as_u64()).collect()
}

/// The row at a position says who voided it.
fn says_so(rows: &Value) {
    let row = rows
        .as_array()
        .into_iter()
        .flatten()
        .find(|row| row["position"] == 6)
        .expect("the voided one is there");
    assert_eq!(
        (&row["voided"]["position"], &row["voided"]["actor"], &row["voided"]["reason"]),
        (&json!(8), &json!("anna"), &json!("billed twice")),
        "{rows}"
    );
    assert!(row["voided"]["recorded_at"].is_string() && row["voided_by"] == 8, "{rows}");
}

#[test]
fn the_records_of_an_entity_list_the_voids_of_its_records() {
    let (_directory, server) = with_a_void();
    let of = |query: &str| server.get(&format!("/v1/events?{query}")).json();
    let all = of("entity=invoice:I2");
    assert_eq!(positions(&all["events"]), [6, 8], "{all}");
    says_so(&all["events"]);
    assert_eq!(
        (&all["events"][1]["type"], &all["events"][1]["voids"]),
        (&json!("event.voided"), &json!(6))
    );
    // Of the client, whom the invoice names, too; pages go on through them, and before the void was
    // known there is none.
    assert_eq!(positions(&of("entity=client:C1")["events"]), [3, 5, 6, 7, 8]);
    let first = of("entity=client:C1&limit=4");
    let next = of(&format!("entity=client:C1&limit=4&after={}", first["next"]));
    assert_eq!(
        (positions(&first["events"]).len(), positions(&next["events"]), &next["next"]),
        (4, vec![8], &Value::Null)
    );
    let then = of("entity=invoice:I2&known_at=7");
    assert_eq!((positions(&then["events"]), &then["events"][0]["voided"]), (vec![6], &Value::Null));
    assert_eq!(positions(&of("entity=invoice:I1")["events"]), [5]);
    let page = of("after=4");
    says_so(&page["events"]);
    let alone = server.get("/v1/events/6").json();
    says_so(&json!([alone]));
    let lines = server.get("/v1/events?entity=invoice:I2&format=ndjson");
    assert_eq!(lines.text.lines().count(), 2);
}

#[test]
fn a_card_and_a_history_tell_a_void() {
    let (_directory, server) = with_a_void();
    let card = server.get("/v1/invoices/I2").json();
    assert_eq!(
        (&card["voided"]["position"], &card["voided"]["actor"], &card["voided"]["reason"]),
        (&json!(8), &json!("anna"), &json!("billed twice")),
        "{card}"
    );
    let fields: Vec<&str> =
        card["fields"].as_object().expect("fields").keys().map(String::as_str).collect();
    assert_eq!(
        (fields, &card["fields"]["status"]["value"], &card["opened"]),
        (vec!["status"], &json!("voided"), &json!(6)),
        "{card}"
    );
    assert_eq!(
        (&card["voids"][0]["voids"], &card["voids"][0]["position"]),
        (&json!(6), &json!(8)),
        "{card}"
    );
    let before = server.get("/v1/invoices/I2?known_at=7").json();
    assert_eq!(
        (&before["voided"], &before["voids"], &before["fields"]["status"]),
        (&Value::Null, &json!([]), &Value::Null),
        "{before}"
    );
    let client = server.get("/v1/clients/C1").json();
    assert_eq!(
        (&client["voided"], &client["voids"][0]["position"]),
        (&Value::Null, &json!(8)),
        "{client}"
    );
    let history = server.get("/v1/invoices/I2/history").json();
    assert_eq!(positions(&history["steps"]), [6, 8]);
    says_so(&history["steps"]);
    let void = &history["steps"][1];
    assert_eq!(
        (&void["voids"], &void["reason"], &void["actor"]),
        (&json!(6), &json!("billed twice"), &json!("anna")),
        "{history}"
    );
    let changes = void["changes"].as_array().expect("changes");
    let back = |field: &str| {
        changes
            .iter()
            .find(|change| change["field"] == field)
            .map(|change| (change["before"]["value"].clone(), change["after"]["value"].clone()))
    };
    assert_eq!(back("status"), Some((Value::Null, json!("voided"))), "{history}");
    assert!(
        back("total")
            .is_some_and(|(before, after)| before["amount"].is_string() && after.is_null()),
        "{history}"
    );
}

#[test]
fn timelines_show_what_was_voided_and_the_void() {
    let (_directory, server) = with_a_void();
    for path in ["/v1/invoices/I2/timeline", "/v1/clients/C1/timeline"] {
        let timeline = server.get(path).json();
        says_so(&timeline["events"]);
        assert_eq!(
            (&timeline["events"][0]["position"], &timeline["events"][0]["voids"]),
            (&json!(8), &json!(6)),
            "{path}: {timeline}"
        );
    }
    let pages = |after: &str| server.get(&format!("/v1/clients/C1/timeline?limit=2{after}")).json();
    let first = pages("");
    let second = pages(&format!("&before={}", first["next"].as_str().expect("a page follows")));
    assert_eq!(
        (positions(&first["events"]), positions(&second["events"])),
        (vec![8, 7], vec![6, 5])
    );
    let then = server.get("/v1/clients/C1/timeline?known_at=7").json();
    assert_eq!(
        (positions(&then["events"])[..2].to_vec(), &then["events"][1]["voided"]),
        (vec![7, 6], &Value::Null),
        "{then}"
    );
}

#[test]
fn the_words_tell_voids_and_restatements_in_columns() {
    let (directory, server) = with_a_void();
    let words = |words: &str| {
        String::from_utf8(
            server.asked_by(&words.split(' ').collect::<Vec<_>>()).output().expect("runs").stdout,
        )
        .expect("text")
    };
    let events = words("events --entity invoice:I2");
    assert!(
        events.contains("| voids | voided_by | voided_actor |") && events.contains("billed twice"),
        "{events}"
    );
    assert!(!words("events --entity invoice:I1").contains("voided_by"));
    let statement = words("restate receivables --as-of 2025-03-31 --since 6");
    let rows: Vec<Vec<&str>> = statement
        .lines()
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let wanted = ["currency", "position", "type", "document", "why", "gross"];
    let at = |row: usize| {
        wanted.map(|name| rows[row][rows[0].iter().position(|of| *of == name).expect("a column")])
    };
    assert_eq!(rows.len(), 5, "{statement}");
    assert_eq!(at(2), ["EUR", "6", "before", "", "", "350.00"], "{statement}");
    assert_eq!(
        at(3),
        [
            "",
            "8",
            "event.voided",
            "invoice:I2",
            "voids invoice.issued of 6: billed twice",
            "-250.00"
        ],
        "{statement}"
    );
    assert_eq!(at(4), ["", "8", "after", "", "", "100.00"], "{statement}");
    drop(server);
    let since = |since: &str, format: &str| {
        run(
            &directory.path(),
            &[
                "restate",
                "receivables",
                "--as-of",
                "2025-03-31",
                "--since",
                since,
                "--format",
                format,
            ],
        )
    };
    let csv = String::from_utf8(since("4", "csv").stdout).expect("text");
    let head = "currency,column,before,after,difference,\
                by_position,by_occurred_at,by_recorded_at,by_type,";
    assert!(csv.starts_with(head), "{csv}");
    assert!(
        !csv.contains(['{', '['])
            && csv.lines().any(|line| line.starts_with("EUR,gross,350.00,100.00,-250.00,8,")),
        "{csv}"
    );
    let nothing = since("2099-01-01", "table");
    assert!(
        code(&nothing) == 0 && String::from_utf8_lossy(&nothing.stderr).contains("no row differs"),
        "{nothing:?}"
    );
    assert_eq!(code(&since("tomorrow", "table")), 2);
}
