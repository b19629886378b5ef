//! Followers of the ledger: how far they are, and how their streams end. Invariant: no stream ends
//! without saying why, and none holds up the end of the server.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::Duration,
};

use axum::body::Body;
use serde_json::json;
use tokio_stream::StreamExt;
use tower::ServiceExt;

use crate::{
    beside::opened,
    server::{Directory, Server, authorization, draft, invoice, opening, sijil},
};

/// How long a test waits for what must come; nothing is asserted of it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Subscribes from the first event, tells when `wanted` have come, and gives the words with which
/// the subscription ends.
fn subscribed(connection: &str, wanted: usize, caught_up: &std::sync::mpsc::Sender<()>) -> String {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let client =
            eventstore::Client::new(connection.parse().expect("an address")).expect("a client");
        let options = eventstore::SubscribeToAllOptions::default()
            .position(eventstore::StreamPosition::Start);
        let mut subscription = client.subscribe_to_all(&options).await;
        let mut count = 0;
        loop {
            match tokio::time::timeout(PATIENCE, subscription.next())
                .await
                .expect("something comes")
            {
                Ok(_) => count += 1,
                Err(error) => return format!("{error:?}"),
            }
            if count == wanted {
                caught_up.send(()).expect("somebody waits");
            }
        }
    })
}

/// Waits until no more fits into what stands between the server and a reader that does not read.
fn full(reader: &TcpStream) {
    let (mut bytes, mut there, mut same) = (vec![0; 16 << 20], 0, 0);
    while same < 20 {
        let now = reader.peek(&mut bytes).expect("it was sent something");
        same = if now == there { same + 1 } else { 0 };
        there = now;
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// One follower of each door that reads, and one that reads nothing: what it is sent no longer fits
/// between the two.
#[test]
fn a_server_that_is_told_to_end_tells_its_followers_and_waits_for_none_that_does_not_read() {
    let directory = Directory::new();
    let mut command = sijil();
    command.env("SIJIL_LOG", "sijil_http=debug");
    let (server, connection, said) = Server::start_heard(command, &directory.path());
    let said =
        std::thread::spawn(move || said.map_while(Result::ok).collect::<Vec<_>>().join("\n"));
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    let long = "x".repeat(8_000);
    let lines: Vec<String> = (0..2_400)
        .map(|n| {
            let mut one = invoice(&format!("I{n}"), "2025-01-31", "1.00");
            one["data"]["lines"][0]["text"] = json!(long);
            one.to_string()
        })
        .collect();
    assert_eq!(server.import(&lines.join("\n")).json()["recorded"], 2_400);
    let address = server.url.trim_start_matches("http://").to_owned();
    let who = authorization(&address);
    let mut deaf = TcpStream::connect(&address).expect("connects");
    write!(deaf, "GET /v1/events/stream?after=0 HTTP/1.1\r\nhost: {address}\r\n{who}\r\n")
        .expect("sent");

    let mut live = TcpStream::connect(&address).expect("connects");
    write!(
        live,
        "GET /v1/events/stream?type=ledger.opened&after=0 HTTP/1.1\r\nhost: {address}\r\n{who}\r\n"
    )
    .expect("sent");
    live.set_read_timeout(Some(PATIENCE)).expect("set");
    let mut live = BufReader::new(live).lines().map_while(Result::ok);
    live.by_ref().find(|line| line == "id: 2404").expect("it catches up");
    let (told, caught_up) = std::sync::mpsc::channel();
    let subscription = std::thread::spawn(move || subscribed(&connection, 2_404, &told));
    caught_up.recv_timeout(PATIENCE).expect("the subscription catches up");
    full(&deaf);

    assert!(server.terminate(), "it ends well");
    let rest: Vec<String> = live.collect();
    let end = rest
        .iter()
        .position(|line| line == "event: end")
        .unwrap_or_else(|| panic!("a last event: {rest:?}"));
    assert!(
        rest[end..].iter().any(|line| line.starts_with("data: the server is ending")),
        "{rest:?}"
    );
    assert!(
        rest.iter().any(|line| line == "id: 2404") && rest.last().is_some_and(String::is_empty),
        "it says where to go on, and is whole: {rest:?}"
    );
    let words = subscription.join().expect("no panic");
    assert!(words.contains("the server is ending"), "{words}");
    let said = said.join().expect("no panic");
    assert!(said.contains("a follower that does not read was let go"), "{said}");
    drop(deaf);
}

/// The last event names the position from which a follower goes on.
#[test]
fn a_feed_ends_once_and_a_follower_that_comes_back_goes_on() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    let address = server.url.trim_start_matches("http://").to_owned();
    let who = authorization(&address);
    let mut socket = TcpStream::connect(&address).expect("connects");
    write!(socket, "GET /v1/events/stream?after=0 HTTP/1.1\r\nhost: {address}\r\n{who}\r\n")
        .expect("sent");
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    let mut lines = BufReader::new(socket).lines().map_while(Result::ok);
    lines.by_ref().find(|line| line == "id: 4").expect("it catches up");
    assert!(server.terminate());
    let rest: Vec<String> = lines.collect();
    assert_eq!(rest.iter().filter(|line| *line == "event: end").count(), 1, "{rest:?}");
    assert!(rest.iter().any(|line| line == "0"), "the last chunk says that it is whole: {rest:?}");
    let last = rest
        .iter()
        .filter_map(|line| line.strip_prefix("id: "))
        .next_back()
        .expect("ids")
        .to_owned();
    let server = Server::start(&directory.path());
    let renamed = draft("client.renamed", "2025-03-01", json!({"client": "C1", "name": "Live"}));
    assert_eq!(server.post("/v1/events", &renamed).status, 201);
    let page = server.get(&format!("/v1/events?after={last}&type=client.renamed")).json();
    assert_eq!(page["events"].as_array().map(Vec::len), Some(1), "{page}");
}

/// Nothing passes the filter after the first record; with each beat the follower hears a position,
/// and so how far it need not read again.
#[test]
fn a_filtered_feed_says_its_position_with_each_beat() {
    let directory = Directory::new();
    let data = directory.path();
    let server = Server::start(&data);
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    let ledger = opened(&data);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let said = runtime.block_on(async {
        let feed = sijil_http::service_with_beat(&ledger, Duration::from_millis(1));
        let request = axum::http::Request::builder()
            .uri("/v1/events/stream?type=ledger.opened&after=0")
            .body(Body::empty())
            .expect("a request");
        let mut body =
            feed.oneshot(request).await.expect("an answer").into_body().into_data_stream();
        let (mut said, mut beats) = (String::new(), 0);
        while beats < 3 {
            let chunk = tokio::time::timeout(PATIENCE, body.next())
                .await
                .expect("a beat")
                .expect("it goes on")
                .expect("bytes");
            said.push_str(&String::from_utf8_lossy(&chunk));
            beats = said.matches("id: 4\n").count();
        }
        let renamed =
            draft("client.renamed", "2025-03-01", json!({"client": "C1", "name": "Live"}));
        assert_eq!(server.post("/v1/events", &renamed).status, 201);
        while !said.contains("id: 5\n") {
            let chunk = tokio::time::timeout(PATIENCE, body.next())
                .await
                .expect("a beat")
                .expect("it goes on")
                .expect("bytes");
            said.push_str(&String::from_utf8_lossy(&chunk));
        }
        said
    });
    assert_eq!(said.matches("event: ").count(), 1, "only one record passes: {said}");
    ledger.stop();
}
