//! The door against browsers, addresses that tell and callers that never wait (TRUST §2.7).
//! Invariant: what is refused here is refused before anything is looked at.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{IpAddr, TcpStream},
    time::Duration,
};

use axum::response::IntoResponse;
use base64::{Engine, engine::general_purpose::STANDARD};
use governor::clock::FakeRelativeClock;
use serde_json::json;
use sha2::{Digest, Sha256};
use sijil_http::{
    Attempts, Pace, Problem, Quotas, RetryAfter, Turns,
    limits::{ADDRESSES_REMEMBERED_MAX, PRINCIPALS_REMEMBERED_MAX},
};

use crate::server::{Answer, Directory, Server, ask, opening, sijil};

/// What every answer carries.
const ALWAYS: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'";

/// Sends a request as it stands and returns the head of the answer, its names in small letters.
fn head(url: &str, request: &str) -> BTreeMap<String, String> {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.write_all(request.replace("HOST", address).as_bytes()).expect("a request");
    let mut bytes = Vec::new();
    let mut one = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut one).expect("an answer"), 1, "it ends within its head");
        bytes.push(one[0]);
    }
    let text = String::from_utf8(bytes).expect("a head is text");
    let lines = text.lines().skip(1).filter_map(|line| line.split_once(": "));
    lines.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect()
}

#[test]
fn every_answer_tells_a_browser_to_keep_it_to_itself() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    server.post("/v1/events", &json!({"events": opening()}));
    let rows = [
        ("an answer", "GET /v1/log HTTP/1.1\r\nHost: HOST\r\n\r\n"),
        ("its head alone", "HEAD /v1/log HTTP/1.1\r\nHost: HOST\r\n\r\n"),
        ("a problem", "GET /v1/clients/C9 HTTP/1.1\r\nHost: HOST\r\n\r\n"),
        ("no such path", "GET /favicon.ico HTTP/1.1\r\nHost: HOST\r\n\r\n"),
        ("no such method", "DELETE /v1/events HTTP/1.1\r\nHost: HOST\r\n\r\n"),
        ("a foreign host", "GET /v1/log HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
        (
            "another site",
            "POST /v1/log HTTP/1.1\r\nHost: HOST\r\nSec-Fetch-Site: cross-site\r\n\r\n",
        ),
        ("a key in the query", "GET /v1/log?token=x HTTP/1.1\r\nHost: HOST\r\n\r\n"),
        ("records", "GET /v1/events?format=ndjson HTTP/1.1\r\nHost: HOST\r\n\r\n"),
        ("a stream", "GET /v1/events/stream?after=0 HTTP/1.1\r\nHost: HOST\r\n\r\n"),
        ("the document", "GET /openapi.json HTTP/1.1\r\nHost: HOST\r\n\r\n"),
        ("metrics", "GET /metrics HTTP/1.1\r\nHost: HOST\r\n\r\n"),
        ("an Origin", "GET /v1/log HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil.example\r\n\r\n"),
        (
            "a preflight",
            "OPTIONS /v1/events HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil.example\r\n\
             Access-Control-Request-Method: POST\r\n\r\n",
        ),
    ];
    let pages = [
        ("the reference", "GET /docs HTTP/1.1\r\nHost: HOST\r\n\r\n"),
        ("a page", "GET /docs/problems/busy HTTP/1.1\r\nHost: HOST\r\n\r\n"),
    ];
    for (row, request) in rows.into_iter().chain(pages) {
        let head = head(&server.url, request);
        for (name, value) in ALWAYS {
            assert_eq!(head.get(name).map(String::as_str), Some(value), "{row}: {name}");
        }
        assert!(!head.contains_key("strict-transport-security"), "{row}: it is not by TLS");
        assert!(!head.keys().any(|name| name.starts_with("access-control-")), "{row}: {head:?}");
        let policy = &head["content-security-policy"];
        if pages.iter().any(|(page, _)| *page == row) {
            assert!(!policy.contains("unsafe"), "{row}: {policy}");
        } else {
            assert_eq!(policy, POLICY, "{row}");
        }
    }
    println!("{} kinds of answer, each with what a browser is told", rows.len() + pages.len());
}

#[test]
fn a_page_may_load_its_own_style_and_nothing_else() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    for path in ["/docs", "/docs/problems/busy"] {
        let page = server.get(path);
        let style = page.text.split("<style>").nth(1).expect("a style");
        let style = style.split("</style>").next().expect("it ends");
        let hash = STANDARD.encode(Sha256::digest(style));
        assert_eq!(
            page.header("content-security-policy"),
            format!(
                "default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'; base-uri \
                 'none'"
            ),
            "{path}: the policy names the style by its hash"
        );
        for loaded in ["<script", " style=", "<link", "<img", "<form"] {
            assert!(!page.text.contains(loaded), "{path}: {loaded}");
        }
    }
}

/// What is sent to a route that takes POST alone, and what is answered: `-` is no header, HOST the
/// server's own host and port.
const SITES: &str = "
    method  | Sec-Fetch-Site          | Origin               | answered
    POST    | -                       | -                    | 400 malformed_json
    POST    | same-origin             | -                    | 400 malformed_json
    POST    | none                    | -                    | 400 malformed_json
    POST    | same-origin             | http://evil.example  | 400 malformed_json
    POST    | same-site               | -                    | 403 cross_site
    POST    | cross-site              | -                    | 403 cross_site
    POST    | cross-site              | http://HOST          | 403 cross_site
    POST    | Same-Origin             | -                    | 403 cross_site
    POST    | anything                | -                    | 403 cross_site
    POST    | same-origin, cross-site | -                    | 403 cross_site
    POST    | -                       | http://HOST          | 400 malformed_json
    POST    | -                       | https://HOST         | 400 malformed_json
    POST    | -                       | http://evil.example  | 403 cross_site
    POST    | -                       | http://127.0.0.1     | 403 cross_site
    POST    | -                       | http://HOST.evil.net | 403 cross_site
    POST    | -                       | http://evil@HOST     | 403 cross_site
    POST    | -                       | null                 | 403 cross_site
    POST    | -                       | HOST                 | 403 cross_site
    PUT     | cross-site              | -                    | 403 cross_site
    PATCH   | cross-site              | -                    | 403 cross_site
    DELETE  | cross-site              | -                    | 403 cross_site
    DELETE  | -                       | http://evil.example  | 403 cross_site
    DELETE  | none                    | -                    | 405 method_not_allowed
    GET     | cross-site              | http://evil.example  | 200 -
    HEAD    | cross-site              | http://evil.example  | 200 -
    OPTIONS | cross-site              | http://evil.example  | 405 method_not_allowed
";

#[test]
fn a_page_of_another_site_changes_nothing() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    let host = server.url.trim_start_matches("http://").to_owned();
    let rows: Vec<&str> = SITES.lines().filter(|line| line.contains('|')).skip(1).collect();
    for row in &rows {
        let cells: Vec<String> =
            row.split('|').map(|cell| cell.trim().replace("HOST", &host)).collect();
        let [method, site, origin, expected] = &cells[..] else { panic!("a row: {row}") };
        let headers: Vec<(&str, &str)> = [("sec-fetch-site", site), ("origin", origin)]
            .into_iter()
            .filter(|(_, value)| *value != "-")
            .flat_map(|(name, value)| value.split(", ").map(move |one| (name, one)))
            .chain([("content-type", "application/json")])
            .collect();
        let body = matches!(method.as_str(), "POST" | "PUT" | "PATCH").then_some("{");
        let answer = ask(&server.url, method, "/v1/events", &headers, body).expect("an answer");
        let name = if answer.status < 400 { "-".to_owned() } else { answer.problem() };
        assert_eq!(&format!("{} {name}", answer.status), expected, "{row}");
    }
    assert_eq!(server.get("/v1/log").json()["position"], 0);
    println!("{} requests, by who a browser says made them", rows.len());
}

#[test]
fn what_a_form_can_send_is_no_body_of_the_ledger() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    for media in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
    {
        for path in ["/v1/events", "/v1/events/import", "/v1/events/correct?source=x"] {
            let answer = server.send("POST", path, &[("content-type", media)], Some("{}"));
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (415, "unsupported_media_type"),
                "{path} {media}"
            );
        }
    }
}

/// What stands in place of a key here, and must stand nowhere else.
const CANARY: &str = "cAnArY7f3a91";

/// Queries with a credential in them.
const TELLING: &[&str] = &[
    "key=CANARY",
    "api_key=CANARY",
    "apikey=CANARY",
    "apiKey=CANARY",
    "API-KEY=CANARY",
    "token=CANARY",
    "access_token=CANARY",
    "credential=CANARY",
    "password=CANARY",
    "Pass%77ord=CANARY",
    "%6B%65%79=CANARY",
    "k%2565y=CANARY",
    "+key+=CANARY",
    "limit=5&key=CANARY",
    "limit=5&&token=CANARY&after=1",
    "key",
    "client=sijil_CANARY",
    "client=SIJIL_CANARY",
    "client=%73ijil%5FCANARY",
    "client=%2573ijil_CANARY",
    "client=+sijil_CANARY",
    "sijil_CANARY",
    "sijil_CANARY=1",
];

/// Queries that have none, though they look like it.
const HARMLESS: &[&str] =
    &["monkey=CANARY", "keys_of=CANARY", "tokens=CANARY", "a=my_sijil_CANARY"];

#[test]
fn a_key_in_a_query_is_refused_and_stands_in_no_log() {
    let directory = Directory::new();
    let mut command = sijil();
    // Everything the program can say, its libraries included.
    command.env("SIJIL_LOG", "trace");
    let (server, _, lines) = Server::launch(command, &directory.path(), &[]);
    let log = std::thread::spawn(move || lines.map_while(Result::ok).collect::<Vec<String>>());
    let requests = [("GET", "/v1/log"), ("GET", "/v1/nothing"), ("POST", "/v1/events")];
    for query in TELLING {
        let query = query.replace("CANARY", CANARY);
        for (method, path) in requests {
            let body = (method == "POST").then_some("{}");
            let answer = ask(&server.url, method, &format!("{path}?{query}"), &[], body);
            let answer: Answer = answer.expect("an answer");
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (400, "credential_in_query"),
                "{method} {path}?{query}: {}",
                answer.text
            );
            assert!(!answer.text.contains(CANARY), "{}", answer.text);
        }
    }
    let evil = [("host", "evil.example"), ("sec-fetch-site", "cross-site")];
    let first = ask(&server.url, "POST", "/v1/events?key=x", &evil, Some("{}")).expect("an answer");
    assert_eq!(first.problem(), "credential_in_query", "before anything else is looked at");
    for query in HARMLESS {
        let answer = server.get(&format!("/v1/log?{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    }
    assert!(server.terminate());
    let log = log.join().expect("the log is read");
    let told = log.iter().filter(|line| line.contains("expected no credential in the query"));
    assert_eq!(told.count(), TELLING.len() * requests.len() + 1, "each refusal is told");
    let leaks: Vec<&String> = log.iter().filter(|line| line.contains(CANARY)).collect();
    assert!(leaks.is_empty(), "{leaks:?}");
    println!("{} queries with a credential, {} lines of log without", TELLING.len(), log.len());
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn an_address_that_is_wrong_too_often_has_to_wait() {
    let clock = FakeRelativeClock::default();
    let attempts = Attempts::with_clock(clock.clone());
    let wait = |from: &str| attempts.may_try(ip(from)).err().map(RetryAfter::seconds);
    let wrong = |from: &str, times: usize| (0..times).for_each(|_| attempts.failed(ip(from)));
    wrong("192.0.2.7", 9);
    assert_eq!(wait("192.0.2.7"), None, "nine are not ten");
    wrong("192.0.2.7", 1);
    assert_eq!(wait("192.0.2.7"), Some(6), "ten a minute is one in six seconds");
    assert_eq!(wait("::ffff:192.0.2.7"), Some(6), "the same address, written otherwise");
    assert_eq!(wait("192.0.2.8"), None, "another one does not wait for it");
    clock.advance(Duration::from_millis(5_001));
    assert_eq!(wait("192.0.2.7"), Some(1), "rounded up");
    clock.advance(Duration::from_secs(1));
    assert_eq!(wait("192.0.2.7"), None);
    wrong("192.0.2.7", 1);
    assert!(wait("192.0.2.7").is_some(), "it was one more");
    clock.advance(Duration::from_secs(120));
    wrong("192.0.2.7", 9);
    assert_eq!(wait("192.0.2.7"), None, "quiet for long, it has ten again");
    wrong("2001:db8::1", 5);
    wrong("2001:db8::ffff:1", 5);
    assert!(wait("2001:db8::2").is_some(), "one subscriber has the whole network of 64 bits");
    assert_eq!(wait("2001:db8:0:1::1"), None, "that is another network");
}

#[test]
fn however_many_addresses_are_wrong_memory_is_bounded_and_who_waits_waits() {
    let clock = FakeRelativeClock::default();
    let attempts = Attempts::with_clock(clock.clone());
    (0..10).for_each(|_| attempts.failed(ip("192.0.2.7")));
    for n in 0..4 * u32::try_from(ADDRESSES_REMEMBERED_MAX).expect("a small number") {
        attempts.failed(IpAddr::V4(n.to_be().into()));
        assert!(attempts.remembered() <= 2 * ADDRESSES_REMEMBERED_MAX);
    }
    assert!(attempts.may_try(ip("192.0.2.7")).is_err(), "it is not forgotten for others");
    let quotas = Quotas::with_clock(clock.clone());
    for n in 0..PRINCIPALS_REMEMBERED_MAX {
        assert_eq!(quotas.take(&format!("user:{n}"), Pace::User), Ok(()));
    }
    clock.advance(Duration::from_secs(60));
    assert_eq!(quotas.take("user:new", Pace::User), Ok(()));
    assert_eq!(quotas.remembered(), 1, "who was quiet is forgotten");
}

#[test]
fn each_caller_has_the_pace_of_its_kind() {
    let clock = FakeRelativeClock::default();
    let quotas = Quotas::with_clock(clock.clone());
    let taken = |name: &str, pace: Pace, asked: usize| {
        (0..asked).filter(|_| quotas.take(name, pace).is_ok()).count()
    };
    assert_eq!(taken("user:U1", Pace::User, 1_000), 100, "a hundred at once");
    assert_eq!(taken("user:U2", Pace::User, 10), 10, "each has its own");
    clock.advance(Duration::from_secs(1));
    assert_eq!(taken("user:U1", Pace::User, 1_000), 50, "then fifty a second");
    assert_eq!(taken("service:S1", Pace::Service, 10_000), 4_000);
    clock.advance(Duration::from_secs(1));
    assert_eq!(taken("service:S1", Pace::Service, 10_000), 2_000);
    assert_eq!(taken("local", Pace::Local, 20_000), 20_000, "nobody waits on his own machine");
}

#[test]
fn who_has_to_wait_is_told_how_long() {
    let attempts = Attempts::with_clock(FakeRelativeClock::default());
    (0..10).for_each(|_| attempts.failed(ip("192.0.2.7")));
    let wait = attempts.may_try(ip("192.0.2.7")).expect_err("it waits");
    let response = wait.into_response();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["retry-after"]),
        (429, &"6".parse().expect("a value"))
    );
    assert_eq!(response.headers()["content-type"], "application/problem+json");
}

/// Of each holder one is under way or waits, and none lasts as long as its sender likes.
#[test]
fn a_turn_ends_and_nobody_has_two() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let turns = Turns::of(Duration::from_millis(20));
        let of = |name: &str| turns.take(Some(format!("user:{name}")));
        let forever = || std::future::pending::<Result<(), Problem>>();
        let first = of("U1").await.expect("it is free");
        let second = of("U1").await.expect_err("one at a time").into_response();
        assert_eq!(second.status().as_u16(), 429);
        let ended = first.within(forever()).await.expect_err("it has had its time");
        assert_eq!(ended.kind().name(), "body_cut_short");
        assert_eq!(ended.into_response().status().as_u16(), 408);
        let waits = tokio::time::timeout(Duration::from_millis(20), of("U2")).await;
        assert!(waits.is_err(), "the first is not over");
        drop(first);
        drop(of("U1").await.expect("it was over"));
        drop(of("U2").await.expect("whoever gave up waiting does not wait any more"));
        let local = turns.take(None).await.expect("it is free");
        let ends = tokio::time::timeout(Duration::from_millis(60), local.within(forever())).await;
        assert!(ends.is_err(), "nobody waits for himself on his own machine");
    });
}

#[test]
fn a_server_keeps_its_files_and_its_memory_to_itself() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    let of = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", server.child.id()));
    let (Ok(limits), Ok(status)) = (of("limits"), of("status")) else {
        return println!("skipped: this system does not tell limits of a process");
    };
    let core = limits.lines().find(|line| line.starts_with("Max core file size"));
    let core: Vec<&str> = core.expect("a limit").split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "no memory goes to a file");
    assert!(status.lines().any(|line| line == "Umask:\t0077"), "{status}");
}
