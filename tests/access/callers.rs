//! What callers can and cannot do, by name. Invariant: who somebody is, is proven; what is taken
//! away is gone at once; a denial tells nothing of what was asked for.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    house::{House, made, now, renamed, wanted},
    server::{Answer, ask_as_nobody, draft, invoice, run},
};

fn vouched(house: &House, position: &Value) -> Value {
    house.server.get(&format!("/v1/events/{position}")).json()["vouched"].clone()
}

/// The actor is the employee behind the key, whoever it is said to be.
#[test]
fn who_records_is_proven_and_not_claimed() {
    let house = House::new();
    house.user("U-1", Some("m1"), "keyholder");
    house.say("user.enrolled", json!({"user": "answers"}));
    house.service("shop", "integration");
    let (key, secret) = house.key("user:U-1", json!({}));
    let answer = house.record(&secret, &renamed("By Key"));
    assert_eq!(answer.status, 201, "{}", answer.text);
    let position = answer.json()["position"].clone();
    let record = house.server.get(&format!("/v1/events/{position}")).json();
    assert_eq!(record["actor"], "m1");
    assert_eq!(record["vouched"], json!({"by": "key", "key": key}));

    let (shop_key, shop) = house.key("service:shop", json!({}));
    let own = house.record(&shop, &renamed("By Shop")).json()["position"].clone();
    let record = house.server.get(&format!("/v1/events/{own}")).json();
    assert_eq!(record["actor"], "service:shop", "no employee can be taken for it");
    // It brings in what others did: it may attest.
    let mut others = renamed("By Another");
    others["actor"] = json!("m1");
    let position = house.record(&shop, &others).json()["position"].clone();
    assert_eq!(
        vouched(&house, &position),
        json!({"by": "key", "key": shop_key, "recorded_by": "service:shop"})
    );
    // Whoever holds the files attests as well, and is told as what it is.
    assert_eq!(vouched(&house, &json!(1)), json!({"by": "local"}));

    house.user("U-2", None, "accountant");
    let (_, accountant) = house.key("user:U-2", json!({}));
    let mut as_another = invoice("I2", "2025-02-01", "1.00");
    let refused = house.record(&accountant, &as_another);
    assert_eq!((refused.status, refused.problem().as_str()), (403, "actor_not_yours"));
    as_another.as_object_mut().expect("an object").remove("actor");
    as_another["on_behalf_of"] = json!("m1");
    let refused = house.record(&accountant, &as_another);
    assert_eq!((refused.status, refused.problem().as_str()), (403, "on_behalf_of_not_granted"));
    as_another.as_object_mut().expect("an object").remove("on_behalf_of");
    assert_eq!(house.record(&accountant, &as_another).status, 201);
    // A right that is wanting is named, and the event is not looked at: this client is none.
    let refused =
        house.record(&accountant, &now("client.renamed", json!({"client": "nobody", "name": "X"})));
    assert_eq!((refused.status, refused.problem().as_str()), (403, "not_allowed"));
    assert!(refused.text.contains("record in clients"), "{}", refused.text);
    let void = |target: &Value| now("event.voided", json!({"target": target, "reason": "wrong"}));
    let id = house.server.get(&format!("/v1/events/{own}")).json()["id"].clone();
    assert_eq!(house.record(&accountant, &void(&id)).problem(), "not_allowed");
    let id = house.server.get("/v1/events?type=invoice.issued").json()["events"][1]["id"].clone();
    assert_eq!(house.record(&accountant, &void(&id)).status, 201);
    assert_eq!(run(&house.directory.path(), &["replay"]).status.code(), Some(0));
}

/// What is decided after the record that takes a key away is refused.
#[test]
fn a_key_that_is_revoked_is_good_for_nothing_from_there_on() {
    let house = House::new();
    house.user("U-1", Some("m1"), "keyholder");
    let (key, secret) = house.key("user:U-1", json!({}));
    let revoked = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let (house, secret) = (&house, &secret);
                scope.spawn(move || {
                    let mut last = 0;
                    for n in 0.. {
                        let answer = house.record(secret, &renamed(&format!("W{writer}-{n}")));
                        if answer.status == 401 {
                            return last;
                        }
                        if answer.status == 429 {
                            std::thread::sleep(Duration::from_millis(20));
                            continue;
                        }
                        assert_eq!(answer.status, 201, "{}", answer.text);
                        last = answer.json()["position"].as_u64().expect("a position");
                    }
                    last
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(300));
        let revoked = house.say("key.revoked", json!({"key": key, "reason": "lost"}));
        for writer in writers {
            let last = writer.join().expect("a writer");
            assert!(last > 0 && last < revoked, "recorded at {last}, revoked at {revoked}");
        }
        revoked
    });
    let after = house.server.get(&format!("/v1/events?after={revoked}")).json();
    assert_eq!(after["events"], json!([]), "nothing is decided after it");
}

/// For the time that two keys overlap both are good; no request is refused at the change.
#[test]
fn a_key_is_replaced_without_a_refused_request() {
    let house = House::new();
    house.user("U-1", Some("m1"), "accountant");
    let (first_of, first) = house.key("user:U-1", json!({}));
    // It replaces itself: no right to grant is needed for that.
    let wanted = wanted("user:U-1", json!({"replaces": first_of, "overlap_h": 1}));
    let (_, second) = made(&house.ask(&first, "POST", "/v1/keys", Some(&wanted)));
    for secret in [&first, &second] {
        assert_eq!(house.ask(secret, "GET", "/v1/me", None).status, 200);
    }
    // But not by one that is good for more, or elsewhere, nor for somebody else.
    let (old, narrow) =
        house.key("user:U-1", json!({"narrows": [{"family": "invoices", "may": ["read"]}]}));
    let wider = json!([{"family": "invoices", "may": ["read", "record"]}]);
    for more in [
        json!({"replaces": old, "narrows": wider}),
        json!({"replaces": old, "networks": ["10.0.0.0/8"]}),
        json!({"replaces": old, "expires_on": "2027-06-30"}),
        json!({"replaces": first_of, "overlap_h": 1}),
        json!({}),
    ] {
        let more = crate::house::wanted("user:U-1", more);
        let refused = house.ask(&narrow, "POST", "/v1/keys", Some(&more));
        assert_eq!(refused.problem(), "not_allowed", "{more}");
    }
    let more = crate::house::wanted("user:U-1", json!({}));
    assert_eq!(house.ask(&second, "POST", "/v1/keys", Some(&more)).problem(), "not_allowed");
    // A key narrows its holder, and can be given up by him.
    let invoiced = house.record(&narrow, &invoice("I9", "2025-02-01", "1.00"));
    assert_eq!(invoiced.problem(), "not_allowed");
    let me = house.ask(&narrow, "GET", "/v1/me", None).json();
    assert_eq!(me["rights"], json!([{"family": "invoices", "may": ["read"]}]));
    assert_eq!((&me["holder"], &me["actor"]), (&json!("user:U-1"), &json!("m1")));
    let gone = house.record(&narrow, &now("key.revoked", json!({"key": old, "reason": "done"})));
    assert_eq!(gone.status, 201, "{}", gone.text);
    assert_eq!(house.ask(&narrow, "GET", "/v1/me", None).status, 401);
}

/// Whoever grants gives no more of the ledger's own affairs than he has.
#[test]
fn nobody_makes_himself_a_keyholder() {
    let house = House::new();
    house.user("K", None, "keyholder");
    house.user("A", None, "administrator");
    let (_, admin) = house.key("user:A", json!({}));
    let grant = |role: &str, to: &str| {
        now("permission.granted", json!({"to": to, "role": role, "reason": "wants it"}))
    };
    for role in ["keyholder", "operator", "auditor"] {
        let refused = house.record(&admin, &grant(role, "user:A"));
        assert_eq!(
            (refused.status, refused.problem().as_str()),
            (422, "grants_more_than_own"),
            "{role}"
        );
    }
    let role = |family: &str| {
        let rights = json!([{"family": family, "may": ["read", "erase"]}]);
        now("role.defined", json!({"role": "mine", "rights": rights}))
    };
    for family in ["system", "all"] {
        assert_eq!(house.record(&admin, &role(family)).problem(), "grants_more_than_own");
    }
    assert_eq!(house.record(&admin, &role("clients")).status, 201);
    let of_keyholder = wanted("user:K", json!({}));
    let refused = house.ask(&admin, "POST", "/v1/keys", Some(&of_keyholder));
    assert_eq!(refused.problem(), "grants_more_than_own", "a key of his is he");
    // What is the company's own affair, granting is for.
    assert_eq!(house.record(&admin, &grant("accountant", "user:A")).status, 201);
    assert_eq!(
        house.ask(&admin, "GET", "/v1/reports/receivables?as_of=2025-02-28", None).status,
        200
    );
}

/// What may not be read is not there: not in pages, cards, timelines, streams, nor by its number.
#[test]
fn what_may_not_be_read_is_as_if_it_were_not() {
    let house = House::new();
    house.user("S", None, "storekeeper");
    house.user("AUD", None, "auditor");
    house.user("ACC", None, "accountant");
    let [(_, store), (_, auditor), (_, accountant)] =
        ["user:S", "user:AUD", "user:ACC"].map(|of| house.key(of, json!({})));
    let types = |secret: &str, query: &str| -> Vec<String> {
        let page = house.ask(secret, "GET", &format!("/v1/events?{query}"), None).json();
        let all = page["events"].as_array().expect("events").clone();
        all.iter().map(|event| event["type"].as_str().expect("a type").to_owned()).collect()
    };
    assert_eq!(types(&store, "limit=1000"), Vec::<String>::new());
    assert_eq!(types(&store, "entity=client:C1"), Vec::<String>::new());
    let mut bodies = Vec::new();
    for position in [3, 999] {
        let answer = house.ask(&store, "GET", &format!("/v1/events/{position}"), None);
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not_found"));
        let text = answer.json()["detail"].as_str().expect("a text").to_owned();
        bodies.push(text.replace(&position.to_string(), "N"));
    }
    assert_eq!(bodies[0], bodies[1], "invisible and unknown are one");
    let lines = house.ask(&store, "GET", "/v1/events?format=ndjson", None);
    assert_eq!(lines.problem(), "not_allowed", "bulk wants export");
    // An auditor sees the client, and not who it is.
    let card = house.ask(&auditor, "GET", "/v1/clients/C1", None).json();
    assert_eq!((&card["hidden"], card["fields"].get("name")), (&json!(["/fields/name"]), None));
    let event = house.ask(&auditor, "GET", "/v1/events/3", None).json();
    assert_eq!((&event["hidden"], event["data"].get("name")), (&json!(["/data/name"]), None));
    assert!(
        !house.ask(&auditor, "GET", "/v1/clients/C1/history", None).text.contains("Client One")
    );
    assert!(
        !house.ask(&auditor, "GET", "/v1/clients/C1/timeline", None).text.contains("Client One")
    );
    let card = house.ask(&accountant, "GET", "/v1/clients/C1", None).json();
    assert_eq!(card["fields"]["name"]["value"], "Client One", "{card}");
}

/// Two callers may take the same key for their requests: neither is told of the other's.
#[test]
fn an_idempotency_key_is_its_callers_own() {
    let house = House::new();
    for user in ["U-1", "U-2"] {
        house.user(user, None, "keyholder");
    }
    let secrets = ["user:U-1", "user:U-2"].map(|of| house.key(of, json!({})).1);
    let mut positions = Vec::new();
    for secret in &secrets {
        for status in [201, 200] {
            let bearer = format!("Bearer {secret}");
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", "application/json"),
                ("idempotency-key", "monday"),
            ];
            let body = renamed("Once").to_string();
            let answer = house.server.send("POST", "/v1/events", &headers, Some(&body));
            assert_eq!(answer.status, status, "{}", answer.text);
            positions.push(answer.json()["position"].clone());
        }
    }
    assert_eq!((&positions[0], &positions[2]), (&positions[1], &positions[3]));
    assert_ne!(positions[0], positions[2]);
}

/// A stream ends when its follower may see something else than when it came.
#[test]
fn a_stream_ends_when_its_key_does() {
    let house = House::new();
    house.user("U-1", None, "analyst");
    let (key, secret) = house.key("user:U-1", json!({}));
    let address = house.server.url.trim_start_matches("http://").to_owned();
    let mut socket = TcpStream::connect(&address).expect("connects");
    write!(
        socket,
        "GET /v1/events/stream?after=0 HTTP/1.1\r\nhost: {address}\r\n\
         connection: close\r\nauthorization: Bearer {secret}\r\n\r\n"
    )
    .expect("sent");
    socket.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
    let mut lines = BufReader::new(socket).lines().map_while(Result::ok);
    lines.by_ref().find(|line| line == "id: 5").expect("it catches up");
    house.say("key.revoked", json!({"key": key, "reason": "lost"}));
    let said: Vec<String> = lines.collect();
    assert!(said.iter().any(|line| line == "event: access"), "{said:?}");
    assert!(!said.iter().any(|line| line.contains("key.revoked")), "{said:?}");
}

/// The secret of a key stands in one answer, and nowhere else.
#[test]
fn a_secret_is_nowhere_but_in_the_answer_that_made_it() {
    let house = House::new();
    house.user("K", None, "keyholder");
    let (key, secret) = house.key("user:K", json!({}));
    house.ask(&format!("{secret}x"), "GET", "/v1/me", None);
    house.record(&secret, &draft("client.renamed", "2025-02-01", json!({"secret": secret})));
    let seen = ["/v1/events?limit=1000", "/metrics", &format!("/v1/keys/{key}"), "/v1/log"]
        .map(|path| house.server.get(path).text);
    assert!(seen.iter().all(|text| !text.contains(&secret[19..])), "it is told");
    let card = house.server.get(&format!("/v1/keys/{key}")).json();
    assert_eq!(card["fields"]["hint"]["value"], secret[secret.len() - 4..], "{card}");
    for file in walked(&house.directory.path()) {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let found = bytes.windows(secret.len() - 19).any(|part| part == &secret.as_bytes()[19..]);
        assert!(!found, "{}", file.display());
    }
}

/// Dry runs and corrections take turns, and only those who may record make others wait.
#[test]
fn who_may_not_record_holds_up_nobody() {
    let house = House::new();
    for (user, role) in [("AC", "accountant"), ("AUD", "auditor"), ("SHOP", "integration")] {
        house.user(user, None, role);
    }
    let [(_, accountant), (_, auditor), (_, shop)] =
        ["user:AC", "user:AUD", "user:SHOP"].map(|of| house.key(of, json!({})));
    let line = invoice("I9", "2025-02-01", "1.00").to_string();
    let sent = |secret: &str, path: &str| {
        let bearer = format!("Bearer {secret}");
        let headers =
            [("authorization", bearer.as_str()), ("content-type", "application/x-ndjson")];
        house.server.send("POST", path, &headers, Some(&line))
    };
    let (dry_run, correct) = ("/v1/events/import?dry_run=yes", "/v1/events/correct?source=bank");
    for (secret, path) in [(&auditor, dry_run), (&auditor, correct), (&shop, correct)] {
        let refused = sent(secret, path);
        assert_eq!((refused.status, refused.problem().as_str()), (403, "not_allowed"), "{path}");
    }
    // One that begins and sends no more has its turn; its holder gets no second one.
    let address = house.server.url.trim_start_matches("http://").to_owned();
    let mut socket = TcpStream::connect(&address).expect("connects");
    write!(
        socket,
        "POST {dry_run} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {accountant}\r\n\
         content-type: application/x-ndjson\r\ncontent-length: 1000\r\n\r\n"
    )
    .expect("sent");
    let waits = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let second = sent(&accountant, correct);
        second.status == 429 && second.problem() == "too_many"
    });
    assert!(waits, "one at a time");
    drop(socket);
    assert_eq!(sent(&shop, dry_run).status, 200, "it is over when its sender is gone");
}

fn walked(at: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    // A server takes directories away while they are looked at.
    for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(walked(&path)) } else { files.push(path) }
    }
    files
}

/// Asks until it is more than one caller may.
fn too_much(house: &House, secret: &str) -> Answer {
    loop {
        let answer = house.ask(secret, "GET", "/v1/me", None);
        if answer.status != 200 {
            return answer;
        }
    }
}

/// Every no that a caller can be told, by name.
pub fn denied() -> Vec<(&'static str, Answer)> {
    let house = House::new();
    house.user("A", None, "administrator");
    house.user("ACC", Some("m1"), "accountant");
    let [(_, admin), (_, accountant)] = ["user:A", "user:ACC"].map(|of| house.key(of, json!({})));
    let mut others = invoice("I9", "2025-02-01", "1.00");
    let as_another = house.record(&accountant, &others);
    others.as_object_mut().expect("an object").remove("actor");
    others["on_behalf_of"] = json!("m2");
    let more = json!({"to": "user:A", "role": "keyholder", "reason": "wants it"});
    house.user("S", None, "salesperson");
    let (_, seller) = house.key("user:S", json!({}));
    vec![
        ("not_in_scope", house.record(&seller, &renamed("New"))),
        ("needs_whole", house.ask(&seller, "GET", "/v1/reports/trial_balance", None)),
        ("no_credential", ask_as_nobody(&house.server.url, "GET", "/v1/me")),
        ("bad_credential", house.ask("sijil_nothing", "GET", "/v1/me", None)),
        ("not_allowed", house.ask(&accountant, "GET", "/v1/grants", None)),
        ("actor_not_yours", as_another),
        ("on_behalf_of_not_granted", house.record(&accountant, &others)),
        ("grants_more_than_own", house.record(&admin, &now("permission.granted", more))),
        ("too_many", too_much(&house, &accountant)),
    ]
}

/// What a client of the gRPC door gets with a password: how many events, or why none.
fn streamed(address: &str, secret: Option<&str>) -> Result<usize, String> {
    let who = secret.map_or(String::new(), |secret| format!("anyone:{secret}@"));
    let settings = format!("esdb://{who}{address}?tls=false").parse().expect("an address");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let client = eventstore::Client::new(settings).expect("a client");
        let options = eventstore::ReadAllOptions::default()
            .position(eventstore::StreamPosition::Start)
            .max_count(1_000);
        let mut events = client.read_all(&options).await.map_err(|error| format!("{error:?}"))?;
        let mut count = 0;
        loop {
            match events.next().await {
                Ok(Some(_)) => count += 1,
                Ok(None) => return Ok(count),
                Err(error) => return Err(format!("{error:?}")),
            }
        }
    })
}

/// Streams are for whoever may read everything and take it out.
#[test]
fn the_grpc_door_asks_as_well() {
    let house = House::with(&["--grpc", "127.0.0.1:0"]);
    let address = house.grpc.clone().expect("the second door");
    for (user, role) in [("K", "keyholder"), ("AN", "analyst"), ("AUD", "auditor")] {
        house.user(user, None, role);
    }
    let [(key, keyholder), (_, analyst), (_, auditor)] =
        ["user:K", "user:AN", "user:AUD"].map(|of| house.key(of, json!({})));
    assert_eq!(streamed(&address, Some(&keyholder)), Ok(14));
    for secret in [None, Some("nothing"), Some(analyst.as_str()), Some(auditor.as_str())] {
        assert!(streamed(&address, secret).is_err(), "{secret:?} is let in");
    }
    house.user("K2", None, "keyholder");
    house.say("key.revoked", json!({"key": key, "reason": "lost"}));
    assert!(streamed(&address, Some(&keyholder)).is_err());
}
