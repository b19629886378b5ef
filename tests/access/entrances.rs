//! Both doors of a server, and what stands before them. Invariant: who is no good at one door is no
//! good at the other, and no header makes anybody one of this machine.

use std::{sync::mpsc, time::Duration};

use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;

use crate::{
    house::{House, now, renamed},
    server::{Answer, ask, credential_of},
};

/// Asks the second door for a stream as any client of HTTP/2 can, and gives the status of gRPC and
/// its words.
fn called(address: &str, headers: &[(&str, &str)]) -> (String, String) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .expect("HTTP/2");
        tokio::spawn(connection);
        let mut request = hyper::Request::post(format!(
            "http://{address}/event_store.client.streams.Streams/Read"
        ))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = axum::body::Body::empty();
        let answer = client.send_request(request.body(body).expect("a request")).await;
        let answer = answer.expect("an answer");
        let text = |name: &str| {
            let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        (text("grpc-status"), text("grpc-message"))
    })
}

const WRONG: (&str, &str) = ("authorization", "Bearer sijil_nothing");
const HANDED_ON: (&str, &str) = ("x-forwarded-for", "127.0.0.1");

fn me(house: &House, headers: &[(&str, &str)]) -> Answer {
    ask(&house.server.url, "GET", "/v1/me", headers, None).expect("an answer")
}

/// What opens everything on this machine opens nothing for whoever is asked for by another.
#[test]
fn the_local_credential_is_good_from_this_machine_alone() {
    let house = House::with(&["--grpc", "127.0.0.1:0", "--behind-proxy", "10.0.0.0/8"]);
    let local = credential_of(&house.server.url).expect("a credential");
    let bearer = format!("Bearer {local}");
    let local = ("authorization", bearer.as_str());
    assert_eq!(me(&house, &[local]).status, 200);
    let address = house.grpc.clone().expect("the second door");
    // No body is sent, so whoever is let in is told that a message is wanting.
    assert_ne!(called(&address, &[local]).0, "16");
    for handed_on in
        [HANDED_ON, ("forwarded", "for=127.0.0.1"), ("via", "1.1 a"), ("x-real-ip", "::1")]
    {
        let refused = me(&house, &[local, handed_on]);
        assert_eq!((refused.status, refused.problem().as_str()), (401, "bad_credential"));
        let (status, words) = called(&address, &[local, handed_on]);
        assert_eq!(status, "16", "{words}");
    }
}

/// Where nobody is asked who he is, nobody comes who was asked for by another.
#[test]
fn an_open_server_is_for_this_machine_alone() {
    let house = House::with(&["--grpc", "127.0.0.1:0", "--open"]);
    let address = house.grpc.clone().expect("the second door");
    assert_eq!(me(&house, &[]).status, 200);
    assert_ne!(called(&address, &[]).0, "7");
    for handed_on in [HANDED_ON, ("via", "1.1 a")] {
        for path in ["/v1/me", "/healthz", "/nothing"] {
            let answer = ask(&house.server.url, "GET", path, &[handed_on], None);
            let answer = answer.expect("an answer");
            assert_eq!((answer.status, answer.problem().as_str()), (403, "cross_site"), "{path}");
        }
        let (status, words) = called(&address, &[handed_on]);
        assert_eq!((status.as_str(), words.contains("cross_site")), ("7", true), "{words}");
    }
}

/// Tries at one door count at the other, and so do those at a route that anybody may ask.
#[test]
fn whoever_guesses_waits_at_every_door() {
    for first in ["streams", "readyz"] {
        let house = House::with(&["--grpc", "127.0.0.1:0"]);
        let address = house.grpc.clone().expect("the second door");
        for _ in 0..10 {
            if first == "streams" {
                let (status, words) = called(&address, &[WRONG, HANDED_ON]);
                assert_eq!((status.as_str(), words.contains("bad_credential")), ("16", true));
            } else {
                let headers = [WRONG, HANDED_ON];
                let ready = ask(&house.server.url, "GET", "/readyz", &headers, None);
                assert_eq!(ready.expect("an answer").json(), json!({"ready": true}));
            }
        }
        let (status, words) = called(&address, &[WRONG, HANDED_ON]);
        assert_eq!((status.as_str(), words.contains("too_many")), ("8", true), "{first}: {words}");
        let refused = me(&house, &[WRONG, HANDED_ON]);
        assert_eq!((refused.status, refused.problem().as_str()), (429, "too_many"), "{first}");
        // Whoever is on this machine has better ways than to guess.
        assert_eq!(me(&house, &[WRONG]).status, 401);
    }
}

/// How much a caller asks is counted over both doors.
#[test]
fn the_pace_of_a_caller_is_one_for_all_doors() {
    let house = House::with(&["--grpc", "127.0.0.1:0"]);
    let address = house.grpc.clone().expect("the second door");
    house.user("K", None, "keyholder");
    let (_, secret) = house.key("user:K", json!({}));
    let waits = |_| house.ask(&secret, "GET", "/v1/me", None).status == 429;
    assert!((0..2_000).any(waits), "it is a person");
    let bearer = format!("Bearer {secret}");
    let tried = (0..50).any(|_| {
        let too_many = house.ask(&secret, "GET", "/v1/me", None).status == 429;
        too_many && called(&address, &[("authorization", &bearer)]).0 == "8"
    });
    assert!(tried, "what was asked here counts there");
}

/// Subscribes with a secret from the first event, and tells the types of what comes; gives the
/// words with which the subscription ends.
fn subscribed(address: &str, secret: &str, heard: &mpsc::Sender<String>) -> String {
    let settings = format!("esdb://anyone:{secret}@{address}?tls=false").parse();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let client = eventstore::Client::new(settings.expect("an address")).expect("a client");
        let options = eventstore::SubscribeToAllOptions::default()
            .position(eventstore::StreamPosition::Start);
        let mut subscription = client.subscribe_to_all(&options).await;
        loop {
            let next = tokio::time::timeout(Duration::from_secs(60), subscription.next()).await;
            match next.expect("something comes") {
                Ok(event) => {
                    let event_type = event.get_original_event().event_type.clone();
                    heard.send(event_type).expect("somebody listens");
                }
                Err(error) => return format!("{error:?}"),
            }
        }
    })
}

/// A subscription is let go when its key is, and is shown nothing that was recorded after.
#[test]
fn a_subscription_ends_when_its_key_does() {
    let house = House::with(&["--grpc", "127.0.0.1:0"]);
    let address = house.grpc.clone().expect("the second door");
    house.user("K1", None, "keyholder");
    let data = |taken: &str, key: &str| match taken {
        "key.revoked" => json!({"key": key, "reason": "lost"}),
        _ => json!({"grant": "G-K2", "reason": "moved"}),
    };
    for (taken, why) in [("key.revoked", "bad_credential"), ("permission.revoked", "not_allowed")] {
        let user = if taken == "key.revoked" { "K1" } else { "K2" };
        if user == "K2" {
            house.user("K2", None, "keyholder");
            // What remains is no right to streams.
            house.grant("G-more", "user:K2", "storekeeper");
        }
        let (key, secret) = house.key(&format!("user:{user}"), json!({}));
        let head = house.server.get("/v1/log").json()["position"].as_u64().expect("a position");
        let (told, heard) = mpsc::channel();
        let address = address.clone();
        let subscription = std::thread::spawn(move || subscribed(&address, &secret, &told));
        let mut types = Vec::new();
        // And the record that says that it is followed.
        while (types.len() as u64) <= head {
            types.push(heard.recv_timeout(Duration::from_secs(60)).expect("it catches up"));
        }
        // In one batch with what comes after it, so that nothing stands between them.
        let batch = json!({"events": [now(taken, data(taken, &key)), renamed("Later")]});
        assert_eq!(house.server.post("/v1/events", &batch).status, 201);
        let words = subscription.join().expect("no panic");
        assert!(words.contains(why) || words.contains("AccessDenied"), "{taken}: {words}");
        let later: Vec<String> = heard.iter().collect();
        assert!(later.is_empty(), "{taken}: {later:?}");
    }
}
