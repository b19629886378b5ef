//! Secrets and personal values that are looked for wherever they must not be. Invariant: each of
//! them was used before, so that a place which tells what it hears would have heard it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Value, json};

use crate::{
    house::{made, now, renamed, wanted},
    server::{Directory, Server, ask_plainly, code, credential_of, invoice, opening, run, sijil},
    sessions::{cookie, signed_in},
};

const NAME: &str = "Canary Quillon";
const CLIENT_SECRET: &str = "canary-secret-of-the-client-0451";
/// A token as a provider's would be, of a key that is not known.
const TOKEN: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImNhbmFyeSJ9.\
    eyJpc3MiOiJodHRwczovL2NhbmFyeS5leGFtcGxlIiwic3ViIjoiY2FuYXJ5In0.Y2FuYXJ5LXNpZ25hdHVyZQ";
/// A key of the right form that nobody has.
const NOBODYS: &str = "sijil_canarycanary_canaryCANARY0123456789canaryCANARY0123456789abc_000000";

/// A server that says all it can say, and what it said.
struct Talker {
    server: Server,
    link: String,
    said: Arc<Mutex<Vec<String>>>,
    listening: thread::JoinHandle<()>,
}

impl Talker {
    fn start(data: &Path, words: &[&str]) -> Talker {
        let mut command = sijil();
        command.env("SIJIL_LOG", "trace");
        let (server, _, mut lines) = Server::launch(command, data, words);
        let link = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, code) = line.split_once("/sign-in/")?;
            Some(code.trim().to_owned())
        });
        let link = link.expect("a link is printed");
        let said = Arc::new(Mutex::new(Vec::new()));
        let told = said.clone();
        let listening = thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                told.lock().expect("a lock").push(line);
            }
        });
        Talker { server, link, said, listening }
    }
    fn ask(&self, secret: &str, method: &str, path: &str, body: Option<&str>) -> u16 {
        let bearer = format!("Bearer {secret}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.server.send(method, path, &headers, body).status
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Where one of these is said, of some places by name.
fn found(canaries: &[(&str, &str)], places: &[(String, Vec<u8>)]) -> Vec<String> {
    let mut found = Vec::new();
    for (what, canary) in canaries {
        assert!(canary.len() > 8, "{what} is too short to be looked for");
        let holds = |bytes: &[u8]| bytes.windows(canary.len()).any(|at| at == canary.as_bytes());
        let hits = places.iter().filter(|(_, bytes)| holds(bytes));
        found.extend(hits.map(|(place, _)| format!("{what} in {place}")));
    }
    found
}

fn of_files(files: Vec<PathBuf>) -> Vec<(String, Vec<u8>)> {
    let read = |path: PathBuf| (path.display().to_string(), fs::read(&path).unwrap_or_default());
    files.into_iter().map(read).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn no_secret_is_said_where_it_was_used() {
    let directory = Directory::new();
    let [data, from] = ["data", "backup"].map(|name| directory.path().join(name));
    let reads = directory.path().join("reads.log");
    let secret_file = directory.file("client-secret", CLIENT_SECRET);
    let (place, audit) = (from.display().to_string(), reads.display().to_string());
    let client = secret_file.display().to_string();
    let words = [
        "--backup-to",
        &place,
        "--audit-reads",
        "possible",
        "--audit-to",
        &audit,
        "--oidc-issuer",
        "https://127.0.0.1:9/canary",
        "--oidc-audience",
        "books",
        "--oidc-client",
        "books",
        "--oidc-client-secret-file",
        &client,
    ];
    let talker = Talker::start(&data, &words);
    let (server, url) = (&talker.server, &talker.server.url);
    let link = talker.link.clone();
    let mut events = opening();
    events[2]["data"]["name"] = json!(NAME);
    events.push(invoice("I1", "2025-01-31", "100.00"));
    assert_eq!(server.post("/v1/events", &json!({ "events": events })).status, 201);
    let enrolled = json!({"user": "U-1", "employee": "m1", "name": NAME});
    assert_eq!(server.post("/v1/events", &now("user.enrolled", enrolled)).status, 201);
    let granted = json!({"grant": "G-1", "to": "user:U-1", "role": "keyholder", "reason": "test"});
    assert_eq!(server.post("/v1/events", &now("permission.granted", granted)).status, 201);
    let (_, key) = made(&server.post("/v1/keys", &wanted("user:U-1", json!({}))));
    let local = credential_of(url).expect("a credential");
    let session = signed_in(url, &key);
    used(&talker, [&key, &local, &session, &link]);
    let answers = said_aloud(&talker, &key);
    let metrics = server.get("/metrics").text;
    let ready = ask_plainly(url, "GET", "/readyz", &[], None).text;
    let Talker { server, said, listening, .. } = talker;
    assert!(server.terminate());
    listening.join().expect("no panic");
    let said = said.lock().expect("a lock").join("\n");
    assert!(said.lines().count() > 20, "nothing was said: {said}");
    assert!(!metrics.is_empty() && reads.exists());
    assert!(code(&run(&data, &["backup", "verify", &place])) == 0);
    let secrets = [
        ("a key", key.as_str()),
        ("the part of a key that is secret", key.split('_').nth(2).expect("three parts")),
        ("the credential of the directory", &local),
        ("a session", &session),
        ("the code of a link", &link),
        ("the client's secret", CLIENT_SECRET),
        ("a token", TOKEN),
        ("a key of nobody", NOBODYS),
    ];
    let mut places = vec![
        ("what the server said".to_owned(), said.into_bytes()),
        ("/metrics".to_owned(), metrics.into_bytes()),
        ("/readyz".to_owned(), ready.into_bytes()),
    ];
    places.extend(answers);
    places.extend(of_files(vec![reads]));
    // A personal value may stand in the log, and in what is personal of a backup.
    let is_personal = |path: &PathBuf| path.to_string_lossy().contains("/personal/");
    let (personal, clear): (Vec<_>, Vec<_>) = files(&from).into_iter().partition(is_personal);
    assert!(!clear.is_empty());
    assert!(!found(&[("a name", NAME)], &of_files(personal.clone())).is_empty(), "it is there");
    let told: Vec<_> =
        places.iter().filter(|(place, _)| !place.starts_with("answer")).cloned().collect();
    assert_eq!(found(&[("a name", NAME)], &[told, of_files(clear.clone())].concat()), no_hits());
    // A secret stands in the files of the credential alone.
    places.extend(of_files(clear.into_iter().chain(personal).collect()));
    let own = ["keys/local", "keys/curl"].map(|name| data.join(name));
    let in_own = of_files(own.to_vec());
    assert_eq!(found(&[("the credential", &local)], &in_own).len(), 2, "it is looked for right");
    let others = files(&data).into_iter().filter(|path| !own.contains(path));
    places.extend(of_files(others.collect()));
    assert_eq!(found(&secrets, &places), no_hits());
}

fn no_hits() -> Vec<String> {
    Vec::new()
}

/// Uses each of the secrets, rightly and wrongly.
fn used(talker: &Talker, [key, local, session, link]: [&str; 4]) {
    let (server, url) = (&talker.server, &talker.server.url);
    for secret in [key, local] {
        assert_eq!(talker.ask(secret, "GET", "/v1/me", None), 200);
        assert_eq!(talker.ask(secret, "GET", "/v1/nothing/at/all", None), 404);
        assert_eq!(talker.ask(secret, "POST", "/v1/events", Some("{not json")), 400);
    }
    for secret in [TOKEN, NOBODYS, session, &format!("{key}x"), &key[..key.len() - 1]] {
        assert_eq!(talker.ask(secret, "GET", "/v1/me", None), 401);
    }
    let own = cookie(session);
    let in_session = |path: &str| ask_plainly(url, "GET", path, &[("cookie", own.as_str())], None);
    assert_eq!(in_session("/v1/me").status, 200);
    assert_eq!(in_session("/v1/reports/receivables?as_of=2025-03-01").status, 200);
    for secret in [key, session, TOKEN] {
        let refused = server.get(&format!("/v1/me?key={secret}"));
        assert!(refused.status == 400, "{}", refused.text);
    }
    assert_eq!(ask_plainly(url, "GET", &format!("/sign-in/{link}"), &[], None).status, 200);
    assert!(ask_plainly(url, "GET", &format!("/sign-in/{link}x"), &[], None).status < 500);
    let form =
        [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    let by_link = format!("key={link}");
    let signed = ask_plainly(url, "POST", "/v1/session", &form, Some(&by_link));
    assert!(signed.status < 400, "{}", signed.text);
    let again = ask_plainly(url, "POST", "/v1/session", &form, Some(&by_link));
    assert_eq!(again.header("set-cookie"), "", "once");
    let back = format!("/sign-in/return?code={link}&state={session}");
    assert_ne!(ask_plainly(url, "GET", &back, &[], None).status, 200);
}

/// Answers that are refusals, to whom the secret or the value is not to be said again.
fn said_aloud(talker: &Talker, key: &str) -> Vec<(String, Vec<u8>)> {
    let server = &talker.server;
    let bearer = format!("Bearer {key}");
    let ask = |method: &str, path: &str, body: Option<&Value>| {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let text = body.map(ToString::to_string);
        server.send(method, path, &headers, text.as_deref())
    };
    let mut unknown = renamed(NAME);
    unknown["data"]["client"] = json!("C404");
    let all = [
        ask("POST", "/v1/events", Some(&unknown)),
        ask("GET", "/v1/events/4711", None),
        ask("GET", "/v1/reports/receivables?as_of=never", None),
        ask("DELETE", "/v1/me", None),
        server.get(&format!("/v1/me?access_token={key}")),
    ];
    let told = |answer: crate::server::Answer| {
        assert!(answer.status >= 400, "{}", answer.text);
        (format!("answer {}", answer.problem()), answer.text.into_bytes())
    };
    all.into_iter().map(told).collect()
}
