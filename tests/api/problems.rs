//! Every no has a name, a page and a body that helps.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::json;
use sijil_http::{Hosts, page, problem_names};
use sijil_schemas::problem::ProblemKind;

use crate::server::{Directory, Server, draft, opening};

#[test]
fn every_problem_has_a_page() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    let names = sijil_http::problem_names();
    assert!(names.len() > 60, "there are {} names", names.len());
    for name in names {
        let page = server.get(&format!("/docs/problems/{name}"));
        assert_eq!(page.status, 200, "{name} has no page");
        assert!(page.text.len() > 200, "{name} says too little");
    }
    assert_eq!(server.get("/docs/problems/no_such").problem(), "not_found");
}

#[test]
fn bad_requests_are_named() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    let json_type = [("content-type", "application/json")];
    let send = |body: &str| server.send("POST", "/v1/events", &json_type, Some(body));
    assert_eq!(send("{").problem(), "malformed_json");
    assert_eq!(
        server.send("POST", "/v1/events", &[], Some("{}")).problem(),
        "unsupported_media_type"
    );
    assert_eq!(server.get("/v1/nothing").problem(), "not_found");
    assert_eq!(server.send("DELETE", "/v1/events", &[], None).problem(), "method_not_allowed");
    assert_eq!(server.get("/v1/events/7").problem(), "not_found");
    assert_eq!(server.get("/v1/clients/C9").problem(), "not_found");
    assert_eq!(
        server.send("GET", "/v1/reports/trial_balance", &[("accept", "image/png")], None).problem(),
        "not_acceptable"
    );
    let large = send(&format!("{{\"events\": [{}]}}", " ".repeat(1_000_000)));
    assert_eq!((large.status, large.problem().as_str()), (413, "body_too_large"));
    assert_eq!(send(r#"{"events": []}"#).problem(), "request_size");
    let headers = [("content-type", "application/json"), ("if-match", "seven")];
    let rename = draft("client.renamed", "2025-01-01", json!({"client": "C1", "name": "X"}));
    assert_eq!(
        server.send("POST", "/v1/events", &headers, Some(&rename.to_string())).problem(),
        "invalid_header"
    );
    let mut with_id = opening()[0].clone();
    with_id["id"] = json!("00000000-0000-4000-8000-000000000001");
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    assert_eq!(
        server.send("POST", "/v1/events", &headers, Some(&with_id.to_string())).problem(),
        "key_and_ids"
    );
}

#[test]
fn a_wrong_field_is_pointed_at() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    let row = |data: serde_json::Value, name: &str, pointer: &str| {
        let answer = server.post("/v1/events", &draft("client.registered", "2025-01-02", data));
        assert_eq!((answer.status, answer.problem().as_str()), (400, name), "{}", answer.text);
        assert_eq!(answer.json()["pointer"], pointer, "{}", answer.text);
    };
    row(json!({"client": "C2", "name": "X", "kind": "alien"}), "invalid_field", "/data/kind");
    row(json!({"client": "C 2", "name": "X", "kind": "org"}), "invalid_field", "/data/client");
    row(json!({"client": "C2", "kind": "org"}), "missing_field", "/data/name");
    row(
        json!({"client": "C2", "name": "X", "kind": "org", "colour": "red"}),
        "unknown_field",
        "/data/colour",
    );
    let unknown = server.post("/v1/events", &draft("client.exploded", "2025-01-02", json!({})));
    assert_eq!(unknown.problem(), "unknown_type");
    assert_eq!(server.get("/v1/log").json()["position"], 4, "a refusal changes nothing");
}

#[test]
fn every_name_has_a_page_that_says_what_when_and_what_to_do() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http/problems");
    let files: Vec<String> = fs::read_dir(folder)
        .expect("the pages")
        .map(|file| file.expect("a page").file_name().to_string_lossy().into_owned())
        .collect();
    let pages: BTreeSet<String> = files
        .iter()
        .map(|file| file.strip_suffix(".md").expect("a page in Markdown").to_owned())
        .collect();
    let names: BTreeSet<String> = problem_names().into_iter().map(ToOwned::to_owned).collect();
    assert_eq!(names.len(), ProblemKind::ALL.len(), "a name is said once");
    assert_eq!(
        names.difference(&pages).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "names without a page"
    );
    assert_eq!(
        pages.difference(&names).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "pages of no problem"
    );
    for kind in ProblemKind::ALL {
        let (name, text) = (kind.name(), page(*kind));
        assert_eq!(ProblemKind::named(name), Some(*kind));
        assert_eq!(
            text.trim().split("\n\n").count(),
            3,
            "{name}: what it means, when it happens, what to do"
        );
        assert!(text.len() >= 250, "{name} says too little");
    }
}

#[test]
fn a_foreign_name_is_not_known_whatever_it_resolves_to() {
    let local = Hosts::new("127.0.0.1:7425".parse().expect("an address"), Some("books.example"));
    for host in [
        "localhost",
        "LOCALHOST:7425",
        "127.0.0.1:1",
        "127.9.9.9",
        "[::1]:7425",
        "::1",
        "books.example",
        "Books.Example:443",
    ] {
        assert!(local.know(host), "{host}");
    }
    for host in [
        "",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.0.2.7",
        "books.example.evil",
        "[2001:db8::1]:80",
    ] {
        assert!(!local.know(host), "{host}");
    }
    let open = Hosts::new("0.0.0.0:7425".parse().expect("an address"), None);
    assert!(open.know("192.0.2.7:7425") && open.know("[2001:db8::1]:80"));
    assert!(!open.know("evil.example") && !open.know("books.example"));
}
