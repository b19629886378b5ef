//! Reading over HTTP: pages, streams, reports, clocks, caches.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

use crate::server::{Directory, Server, authorization, draft, invoice, opening};

pub(crate) fn with_invoices() -> (Directory, Server) {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    let mut events = opening();
    events.push(invoice("I1", "2025-01-10", "100.00"));
    events.push(invoice("I2", "2025-02-10", "250.00"));
    assert_eq!(server.post("/v1/events", &json!({"events": events})).status, 201);
    (directory, server)
}

#[test]
fn pages_follow_each_other() {
    let (_directory, server) = with_invoices();
    let first = server.get("/v1/events?limit=4").json();
    assert_eq!(first["events"].as_array().map(Vec::len), Some(4));
    let next = server.get(&format!("/v1/events?limit=4&after={}", first["next"])).json();
    assert_eq!(next["events"][0]["position"], 5);
    assert_eq!(next["next"], Value::Null);
    let of_type = server.get("/v1/events?type=invoice.issued").json();
    assert_eq!(of_type["events"].as_array().map(Vec::len), Some(2));
    let of_entity = server.get("/v1/events?entity=client:C1").json();
    assert_eq!(of_entity["events"].as_array().map(Vec::len), Some(3));
    let as_of = server.get("/v1/events?family=invoices&as_of=2025-01-31").json();
    assert_eq!(as_of["events"].as_array().map(Vec::len), Some(1));
    let lines = server.send("GET", "/v1/events", &[("accept", "application/x-ndjson")], None);
    assert_eq!(lines.text.lines().count(), 6);
    assert_eq!(server.get("/v1/events?type=no.such").problem(), "invalid_query");
    assert_eq!(server.get("/v1/events?colour=red").problem(), "invalid_query");
}

#[test]
fn the_timeline_of_a_merged_client_names_the_one_it_went_into() {
    let (_directory, server) = with_invoices();
    assert_eq!(
        server
            .post(
                "/v1/events",
                &draft(
                    "client.registered",
                    "2025-03-01",
                    json!({"client": "C2", "name": "Other", "kind": "org"})
                )
            )
            .status,
        201
    );
    assert_eq!(
        server
            .post(
                "/v1/events",
                &draft("client.merged", "2025-03-02", json!({"client": "C1", "into": "C2"}))
            )
            .status,
        201
    );
    let into = |path: &str| server.get(path).json()["merged_into"].clone();
    assert_eq!(into("/v1/clients/C1/timeline"), json!("client:C2"));
    // It was not known before the merge was recorded, and the one that stays went into nobody.
    assert_eq!(into("/v1/clients/C1/timeline?known_at=7"), Value::Null);
    assert_eq!(into("/v1/clients/C2/timeline"), Value::Null);
    let invoices = server.get("/v1/clients/C2/timeline").json()["events"]
        .as_array()
        .map(|all| all.iter().filter(|e| e["type"] == "invoice.issued").count());
    assert_eq!(invoices, Some(2), "what was the merged client's is the other's too");
}

#[test]
fn a_stream_resumes_after_the_last_event_id() {
    let (_directory, server) = with_invoices();
    let address = server.url.trim_start_matches("http://").to_owned();
    let who = authorization(&address);
    let mut socket = TcpStream::connect(&address).expect("connects");
    write!(
        socket,
        "GET /v1/events/stream HTTP/1.1\r\nhost: {address}\r\n{who}last-event-id: 4\r\n\r\n"
    )
    .expect("sent");
    let mut ids = Vec::new();
    let mut lines = BufReader::new(socket).lines().map_while(Result::ok);
    for line in lines.by_ref() {
        if let Some(id) = line.strip_prefix("id: ").or_else(|| line.strip_prefix("id:")) {
            ids.push(id.trim().to_owned());
            if ids.len() == 2 {
                break;
            }
        }
    }
    assert_eq!(ids, ["5", "6"]);
    server.post(
        "/v1/events",
        &draft("client.renamed", "2025-03-01", json!({"client": "C1", "name": "Live"})),
    );
    let live = lines.find(|l| l.starts_with("id:")).expect("the stream goes on");
    // Between them stands the record that says it is followed.
    assert_eq!(live.trim_start_matches("id:").trim(), "7");
    let live = lines.find(|l| l.starts_with("id:")).expect("the stream goes on");
    assert_eq!(live.trim_start_matches("id:").trim(), "8");
}

/// What passes the filter stands at 1, then nothing does: the stream says at once that it has come
/// to 7, which says that it is followed, and a follower resumes there.
#[test]
fn a_filtered_stream_says_how_far_it_is() {
    let (_directory, server) = with_invoices();
    let address = server.url.trim_start_matches("http://").to_owned();
    let who = authorization(&address);
    let mut socket = TcpStream::connect(&address).expect("connects");
    write!(
        socket,
        "GET /v1/events/stream?type=ledger.opened&after=0 HTTP/1.1\r\nhost: {address}\r\n{who}\r\n"
    )
    .expect("sent");
    let lines = BufReader::new(socket).lines().map_while(Result::ok);
    let mut said = lines
        .filter_map(|line| {
            line.split_once(':').map(|(field, text)| (field.to_owned(), text.trim().to_owned()))
        })
        .filter(|(field, _)| field == "id" || field == "event");
    let mut next = || said.next().expect("the stream goes on");
    let pair = |field: &str, text: &str| (field.to_owned(), text.to_owned());
    assert_eq!(
        [next(), next(), next()],
        [pair("id", "1"), pair("event", "ledger.opened"), pair("id", "7")]
    );
}

#[test]
fn reports_answer_on_two_clocks() {
    let (_directory, server) = with_invoices();
    let total = |path: &str| {
        let answer = server.get(path);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let late = total("/v1/reports/trial_balance");
    let early = total("/v1/reports/trial_balance?as_of=2025-01-31");
    assert_ne!(late["rows"], early["rows"]);
    let then = total("/v1/reports/trial_balance?known_at=5");
    assert_eq!(then["rows"], early["rows"]);
    assert_eq!(
        server.get("/v1/reports/trial_balance?known_at=99").problem(),
        "known_at_beyond_head"
    );
    assert_eq!(server.get("/v1/reports/receivables").problem(), "as_of_required");
    assert_eq!(server.get("/v1/reports/trial_balance?colour=red").problem(), "unknown_parameter");
    assert_eq!(server.get("/v1/reports/no_such").problem(), "unknown_report");
    assert_eq!(server.get("/v1/reports/trial_balance?as_of=soon").problem(), "invalid_parameter");
}

#[test]
fn an_answer_that_has_not_changed_is_not_sent_again() {
    let (_directory, server) = with_invoices();
    let past = server.get("/v1/reports/trial_balance?known_at=5");
    assert_eq!(past.header("cache-control"), "private, no-cache");
    let tag = past.header("etag").to_owned();
    let again = server.send(
        "GET",
        "/v1/reports/trial_balance?known_at=5",
        &[("if-none-match", &tag)],
        None,
    );
    assert_eq!(again.status, 304);
    let csv = server.get("/v1/reports/trial_balance?known_at=5&format=csv");
    assert!(csv.header("content-type").starts_with("text/csv"));
    assert_ne!(csv.header("etag"), tag);
    assert!(csv.text.lines().count() > 1);
}

#[test]
fn a_row_whose_key_is_null_or_holds_a_comma_is_asked_as_in_a_line_of_csv() {
    let (_directory, server) = with_invoices();
    let mut draft = invoice("I7", "2025-01-20", "5.00");
    draft["data"]["attributes"] = json!({"product": "nuts, \"small\""});
    server.post("/v1/events", &draft);
    let sales = |row: &str| {
        server.get(&format!(
            "/v1/reports/sales/explain?group=attribute&attribute=product&column=invoices&row={row}"
        ))
    };
    let of = |answer: &Value| -> Vec<Value> {
        answer["records"].as_array().expect("records").iter().map(|r| r["entity"].clone()).collect()
    };
    let quoted = sales("%22nuts%2C%20%22%22small%22%22%22,EUR").json();
    assert_eq!(
        (of(&quoted), &quoted["row"]),
        (vec![json!("invoice:I7")], &json!(["nuts, \"small\"", "EUR"])),
        "{quoted}"
    );
    let null = sales(",EUR").json();
    assert_eq!(null["row"], json!([null, "EUR"]), "{null}");
    assert!(of(&null).len() > 1 && !of(&null).contains(&json!("invoice:I7")), "{null}");
    for (row, status, name) in [
        ("EUR", 400, "invalid_parameter"),
        ("%22nuts", 400, "invalid_query"),
        ("nuts,EUR", 404, "no_such_cell"),
    ] {
        let refused = sales(row);
        assert_eq!(
            (refused.status, refused.problem().as_str()),
            (status, name),
            "{row}: {}",
            refused.text
        );
    }
}

#[test]
fn the_reference_needs_nothing_from_outside_and_openapi_tells_every_route() {
    let (_directory, server) = with_invoices();
    let page = server.get("/docs");
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("src=\"http") && !page.text.contains("<script"));
    let document = server.get("/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    for route in sijil_http::listed() {
        let (path, method) =
            (route["path"].as_str().expect("a path"), route["method"].as_str().expect("a method"));
        assert!(document["paths"][path][method]["responses"].is_object(), "{method} {path}");
    }
    let ids: Vec<&str> = document["paths"]
        .as_object()
        .expect("paths")
        .values()
        .flat_map(|p| p.as_object().expect("a path").values())
        .filter_map(|o| o["operationId"].as_str())
        .collect();
    let distinct: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), distinct.len(), "operation ids are distinct");
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/v1/schemas",
        "/v1/schemas/deal.won",
        "/v1/reports",
        "/v1/projections",
        "/v1/clients",
        "/v1/clients/C1",
        "/v1/clients/C1/timeline",
        "/v1/clients/C1/history",
    ] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
}

#[test]
fn a_rebuild_gives_the_same_digest() {
    let (_directory, server) = with_invoices();
    let answer = server.send("POST", "/v1/projections/all/rebuild", &[], None).json();
    let rows = answer["projections"].as_array().expect("rows");
    assert!(rows.len() >= 10 && rows.iter().all(|r| r["digest"] == r["live_digest"]), "{answer}");
    assert_eq!(
        server.send("POST", "/v1/projections/none/rebuild", &[], None).problem(),
        "unknown_projection"
    );
}

#[test]
fn a_number_beyond_all_positions_is_no_position() {
    let (_directory, server) = with_invoices();
    // The largest number of 64 bits has none after it: it was counted on from, and the pages began
    // anew or broke off.
    for beyond in ["9223372036854775808", "18446744073709551615"] {
        for (path, problem) in [
            (format!("/v1/events?after={beyond}"), "invalid_query"),
            (format!("/v1/events?after={beyond}&format=ndjson"), "invalid_query"),
            (format!("/v1/events?known_at={beyond}"), "invalid_query"),
            (format!("/v1/events/{beyond}"), "invalid_query"),
            (format!("/v1/events/stream?after={beyond}"), "invalid_query"),
            (format!("/v1/clients?at_least={beyond}"), "invalid_parameter"),
            (format!("/v1/reports/trial_balance?at_least={beyond}"), "invalid_parameter"),
            (format!("/v1/reports/trial_balance?known_at={beyond}"), "invalid_parameter"),
            (format!("/v1/reports/trial_balance/restatement?since={beyond}"), "invalid_parameter"),
        ] {
            let answer = server.get(&path);
            assert_eq!((answer.status, answer.problem().as_str()), (400, problem), "{path}");
        }
        let fed = server.send("GET", "/v1/events/stream", &[("last-event-id", beyond)], None);
        assert_eq!((fed.status, fed.problem().as_str()), (400, "invalid_header"));
    }
    assert_eq!(
        server.get("/v1/events?after=9223372036854775807").problem(),
        "follower_beyond_head"
    );
    let last = server.get("/v1/events?after=6").json();
    assert_eq!((&last["events"], &last["next"]), (&json!([]), &Value::Null));
}

#[test]
fn a_format_of_no_kind_is_refused() {
    let (_directory, server) = with_invoices();
    for wanted in ["null", "csv", "", "NDJSON"] {
        assert_eq!(
            server.get(&format!("/v1/events?format={wanted}")).problem(),
            "invalid_query",
            "{wanted:?}"
        );
    }
    assert_eq!(server.get("/v1/events?format=json").header("content-type"), "application/json");
    assert_eq!(
        server.get("/v1/events?format=ndjson").header("content-type"),
        "application/x-ndjson"
    );
}

#[test]
fn rows_come_in_the_order_and_on_the_pages_that_are_asked_for() {
    let (_directory, server) = with_invoices();
    let sales = "/v1/reports/sales?by=month&from=2025-01-01&to=2025-04-30";
    let all = server.get(&format!("{sales}&sort=-net&total=true")).json();
    let net: Vec<&str> = all["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["net"].as_str())
        .collect();
    assert_eq!(net, ["250.00", "100.00", "0.00"]);
    assert_eq!((all["rows_in_all"].as_u64(), &all["next"]), (Some(3), &Value::Null));
    let total = &all["totals"][0];
    assert_eq!((total["currency"].as_str(), total["net"].as_str()), (Some("EUR"), Some("350.00")));
    // What looks back over days that another row has, too, is in no total.
    assert_eq!(total.get("previous"), None);
    // March looks back on February.
    let some = server.get(&format!("{sales}&nonzero=true&sort=-net&limit=2")).json();
    assert_eq!(
        (some["rows_in_all"].as_u64(), &some["rows"][1]["net"]),
        (Some(3), &json!("100.00"))
    );
    let next = some["next"].as_str().expect("there is another");
    let rest = format!("{sales}&nonzero=true&sort=-net&after={next}&known_at={}", some["known_at"]);
    let last = server.get(&rest).json();
    assert_eq!((&last["rows"][0]["net"], &last["next"]), (&json!("0.00"), &Value::Null));
    let csv = server.get(&format!("{sales}&limit=1&format=csv"));
    assert_eq!((csv.text.lines().count(), csv.header("sijil-next").is_empty()), (2, false));
    for (wrong, problem) in [
        ("limit=0", "invalid_parameter"),
        ("limit=10001", "invalid_parameter"),
        ("sort=colour", "invalid_parameter"),
        ("sort=net,-net", "invalid_parameter"),
        ("nonzero=perhaps", "invalid_parameter"),
        ("after=1999-01,EUR", "invalid_parameter"),
        ("total=true&format=csv", "unused_parameter"),
    ] {
        assert_eq!(server.get(&format!("{sales}&{wrong}")).problem(), problem, "{wrong}");
    }
    // It cuts its own rows, and nothing adds up in it.
    let timeline = "/v1/reports/client_timeline?client=C1";
    assert_eq!(server.get(&format!("{timeline}&after=3")).problem(), "unknown_parameter");
    assert_eq!(server.get(&format!("{timeline}&total=true")).problem(), "unused_parameter");
}
