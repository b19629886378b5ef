//! Signing in and out, as a browser asks for it. Invariant: a session is its key, for as long as
//! both are good, and for nobody's page but the server's own.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};

use crate::{
    house::{House, renamed},
    server::{Answer, Directory, Server, ask_plainly, credential_of, run, sijil},
};

const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The header that sends a session's reference.
pub fn cookie(reference: &str) -> String {
    format!("__Host-sijil={reference}")
}

fn sign_in(url: &str, key: &str, headers: &[(&str, &str)]) -> Answer {
    let headers = [headers, &[JSON]].concat();
    ask_plainly(url, "POST", "/v1/session", &headers, Some(&json!({ "key": key }).to_string()))
}

/// What a form on the page sends.
fn sign_in_by_form(url: &str, key: &str) -> Answer {
    let headers = [FORM, ("sec-fetch-site", "same-origin")];
    ask_plainly(url, "POST", "/v1/session", &headers, Some(&format!("key={key}")))
}

/// The reference in the cookie of an answer, checked to be set as it should.
fn reference(answer: &Answer) -> String {
    let rest = answer.header("set-cookie").strip_prefix("__Host-sijil=").expect("a cookie");
    let (reference, rest) = rest.split_once(';').expect("more than a value");
    assert_eq!(rest, " Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=43200");
    assert_eq!(answer.header("cache-control"), "no-store");
    reference.to_owned()
}

/// Signs in by a key, and gives the reference of the session.
pub fn signed_in(url: &str, key: &str) -> String {
    let answer = sign_in(url, key, &[]);
    assert_eq!(answer.status, 201, "{}", answer.text);
    reference(&answer)
}

/// Asks in a session; the last header is the cookie.
fn asked(url: &str, reference: &str, method: &str, path: &str, more: &[(&str, &str)]) -> Answer {
    let cookie = cookie(reference);
    ask_plainly(url, method, path, &[more, &[("cookie", cookie.as_str())]].concat(), None)
}

fn me(url: &str, reference: &str) -> u16 {
    asked(url, reference, "GET", "/v1/me", &[]).status
}

#[test]
fn a_session_is_its_key_and_no_more() {
    let house = House::new();
    let url = &house.server.url;
    house.user("U-1", Some("m1"), "keyholder");
    let narrows = json!([{"family": "clients", "may": ["read", "record"]}]);
    let (key, secret) = house.key("user:U-1", json!({ "narrows": narrows }));
    let begun = sign_in(url, &secret, &[]);
    assert_eq!(
        begun.json(),
        json!({"holder": "user:U-1", "idle_s": 1800, "most_s": 43200}),
        "of the session nothing stands in the body"
    );
    let session = reference(&begun);
    assert!(session != secret && session.len() > 43, "256 bits of its own");
    let mine = asked(url, &session, "GET", "/v1/me", &[]);
    let (own, mut expected) = (mine.json(), house.ask(&secret, "GET", "/v1/me", None).json());
    assert_eq!(own["known_by"], "session");
    expected["known_by"] = json!("session");
    assert_eq!((own["key"].clone(), own), (json!(key), expected), "all else is the key's");
    assert_eq!(mine.header("vary"), "authorization, cookie");
    assert_eq!(asked(url, &session, "GET", "/v1/log", &[]).problem(), "not_allowed");
    // What it records is vouched for as what it is.
    let (cookie, body) = (cookie(&session), renamed("By Session").to_string());
    let headers = [JSON, ("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let answer = ask_plainly(url, "POST", "/v1/events", &headers, Some(&body));
    assert_eq!(answer.status, 201, "{}", answer.text);
    let record = house.server.get(&format!("/v1/events/{}", answer.json()["position"])).json();
    assert_eq!((&record["actor"], &record["vouched"]), (&json!("m1"), &json!({"by": "session"})));
    // A reference is no key, a key no reference, and a credential goes before a cookie.
    assert_eq!(house.ask(&session, "GET", "/v1/me", None).problem(), "bad_credential");
    assert_eq!(me(url, &secret), 401);
    assert_eq!(sign_in(url, &session, &[]).problem(), "bad_credential");
    let wrong = [("authorization", "Bearer sijil_nothing")];
    assert_eq!(asked(url, &session, "GET", "/v1/me", &wrong).problem(), "bad_credential");
    // Whoever signs in again leaves the session before.
    let again = reference(&sign_in(url, &secret, &[("cookie", cookie.as_str())]));
    assert_eq!((me(url, &session), me(url, &again)), (401, 200));
    let ended = asked(url, &again, "DELETE", "/v1/session", &[]);
    assert_eq!(ended.status, 204);
    assert!(ended.header("set-cookie").ends_with("Max-Age=0"), "{ended:?}");
    assert_eq!(me(url, &again), 401);
    assert_eq!(asked(url, &again, "DELETE", "/v1/session", &[]).status, 204, "there is none");
    // The operator's own, by what stands among the files.
    let local = signed_in(url, &credential_of(url).expect("a credential"));
    assert_eq!(asked(url, &local, "GET", "/v1/me", &[]).json()["known_by"], "local");
    let elsewhere = [("x-forwarded-for", "192.0.2.7")];
    assert_eq!(asked(url, &local, "GET", "/v1/me", &elsewhere).status, 401, "not from here");
    assert_eq!(me(url, &local), 200, "and good here still");
}

#[test]
fn a_session_ends_with_its_key_and_with_its_user() {
    let house = House::new();
    let url = &house.server.url;
    house.user("U-1", None, "accountant");
    let (revoked_key, revoked) = house.key("user:U-1", json!({}));
    let (_, kept) = house.key("user:U-1", json!({}));
    let (first, second) = (signed_in(url, &revoked), signed_in(url, &kept));
    assert_eq!((me(url, &first), me(url, &second)), (200, 200));
    house.say("key.revoked", json!({"key": revoked_key, "reason": "lost"}));
    assert_eq!((me(url, &first), me(url, &second)), (401, 200));
    house.say("user.suspended", json!({"user": "U-1", "reason": "left"}));
    assert_eq!(me(url, &second), 401);
    assert_eq!(sign_in(url, &kept, &[]).problem(), "bad_credential");
    house.say("user.resumed", json!({"user": "U-1", "reason": "came back"}));
    assert_eq!(me(url, &second), 401, "it ended, and does not come back");
    assert_eq!(me(url, &signed_in(url, &kept)), 200);
}

#[test]
fn sessions_go_on_after_a_restart_and_are_kept_as_hashes() {
    let house = House::new();
    house.user("U-1", None, "accountant");
    let (_, secret) = house.key("user:U-1", json!({}));
    let (kept, ended) =
        (signed_in(&house.server.url, &secret), signed_in(&house.server.url, &secret));
    let local = credential_of(&house.server.url).expect("a credential");
    let own = signed_in(&house.server.url, &local);
    assert_eq!(asked(&house.server.url, &ended, "DELETE", "/v1/session", &[]).status, 204);
    let file = house.directory.path().join("keys/sessions");
    let text = fs::read_to_string(&file).expect("it is kept at once");
    assert_eq!(text.lines().count(), 3, "{text}");
    let mode = fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for reference in [&kept, &ended, &own] {
        assert!(!text.contains(&reference[6..18]), "not even its id is in {text}");
    }
    for secret in [&kept, &ended, &own, &secret, &local] {
        assert!(!text.contains(&secret[19..]), "a secret is in {text}");
    }
    let House { directory, server, .. } = house;
    // Killed, so that nothing is kept that was not before.
    server.kill();
    let server = Server::start(&directory.path());
    assert_eq!([&kept, &own, &ended].map(|session| me(&server.url, session)), [200, 200, 401]);
    // With the credential of the directory its sessions end.
    assert!(server.terminate());
    fs::remove_file(directory.path().join("keys/local")).expect("it is there");
    let server = Server::start(&directory.path());
    assert_eq!([&kept, &own].map(|session| me(&server.url, session)), [200, 401]);
    assert!(server.terminate());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("it is ours");
    let refused = run(&directory.path(), &["serve", "--listen", "127.0.0.1:0"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{said}");
    assert!(said.contains("keys/sessions can be read by others"), "{said}");
}

/// A server, the code of the link it printed, and all it says later, once it has ended.
pub fn linked(directory: &Directory) -> (Server, String, impl FnOnce(Server) -> String) {
    let mut command = sijil();
    command.env("SIJIL_LOG", "trace");
    let (server, _, mut lines) = Server::launch(command, &directory.path(), &[]);
    let code = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let (_, code) = line.split_once("/sign-in/")?;
        Some(code.trim().to_owned())
    });
    let code = code.expect("a link is printed");
    let later = std::thread::spawn(move || {
        lines.map_while(Result::ok).fold(String::new(), |all, line| format!("{all}{line}\n"))
    });
    (server, code, move |server: Server| {
        assert!(server.terminate());
        later.join().expect("it was read")
    })
}

#[test]
fn the_link_that_is_printed_signs_in_once() {
    let directory = Directory::new();
    let (server, code, said) = linked(&directory);
    let url = server.url.clone();
    let at = format!("/sign-in/{code}");
    // Whoever looks ahead uses nothing up.
    for _ in 0..2 {
        let page = ask_plainly(&url, "GET", &at, &[], None);
        assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
        assert!(page.text.contains(&format!("value=\"{code}\"")), "{}", page.text);
    }
    let elsewhere = [("x-forwarded-for", "192.0.2.7")];
    assert_eq!(sign_in(&url, &code, &elsewhere).problem(), "bad_credential", "not from here");
    assert_eq!(ask_plainly(&url, "GET", "/", &[], None).header("location"), "/sign-in");
    let begun = sign_in_by_form(&url, &code);
    assert_eq!((begun.status, begun.header("location")), (303, "/"));
    let session = reference(&begun);
    let home = asked(&url, &session, "GET", "/", &[]);
    assert_eq!(home.status, 200);
    assert!(home.text.contains("whoever holds the files"), "{}", home.text);
    let again = sign_in_by_form(&url, &code);
    assert_eq!((again.status, again.header("set-cookie")), (303, ""));
    assert_eq!(again.header("location"), "/sign-in?refused=bad_credential");
    let page = ask_plainly(&url, "GET", again.header("location"), &[], None);
    assert!(page.text.contains("not good here and now"), "{}", page.text);
    assert_eq!(sign_in(&url, &code, &[]).problem(), "bad_credential");
    let out = asked(&url, &session, "POST", "/sign-out", &[("sec-fetch-site", "same-origin")]);
    assert_eq!((out.status, out.header("location")), (303, "/sign-in"));
    let home = asked(&url, &session, "GET", "/", &[]);
    assert_eq!((home.status, home.header("location")), (303, "/sign-in"));
    assert!(home.header("set-cookie").ends_with("Max-Age=0"));
    let said = said(server);
    assert!(said.contains("a sign-in was refused"), "{said}");
    for secret in [&code, &session, &credential_of(&url).expect("a credential")] {
        assert!(!said.contains(&secret[19..]), "{said}");
    }
}

/// A page of the sign-in shows what was sent to nobody, and runs nothing.
#[test]
fn the_pages_of_signing_in_hold_no_script_and_nothing_that_was_sent() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    for path in [
        "/sign-in",
        "/sign-in?refused=too_many",
        "/sign-in?refused=%3Cscript%3Ealert(1)%3C/script%3E",
        "/sign-in/%3Cscript%3E",
        "/sign-in/sijil_%22onload=",
    ] {
        let page = ask_plainly(&server.url, "GET", path, &[], None);
        assert_eq!(page.status, 200, "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(
            policy.ends_with("; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
            "{policy}"
        );
        for never in ["<script", "onload", "alert(", "unsafe"] {
            assert!(!page.text.contains(never) && !policy.contains(never), "{path}: {never}");
        }
        assert!(page.text.contains("autocomplete=off"), "{path}");
    }
    let unknown = ask_plainly(&server.url, "GET", "/sign-in?colour=red", &[], None);
    assert_eq!(unknown.problem(), "invalid_query");
}

/// Who sends a cookie along, and what comes of it: `-` is no header.
const SITES: &str = "
    method | path        | site        | mode     | dest     | answered
    GET    | /v1/me      | same-origin | cors     | empty    | 200
    GET    | /v1/me      | none        | navigate | document | 200
    GET    | /v1/me      | -           | -        | -        | 200
    GET    | /v1/me      | same-site   | cors     | empty    | 401
    GET    | /v1/me      | cross-site  | no-cors  | image    | 401
    GET    | /v1/me      | cross-site  | navigate | document | 401
    GET    | /           | cross-site  | navigate | document | 200
    GET    | /           | same-site   | navigate | document | 200
    GET    | /           | cross-site  | navigate | iframe   | 303
    GET    | /           | cross-site  | no-cors  | empty    | 303
    GET    | /           | none        | navigate | document | 200
    POST   | /v1/events  | same-origin | cors     | empty    | 415
    POST   | /v1/events  | cross-site  | no-cors  | empty    | 403
    POST   | /v1/events  | same-site   | navigate | document | 403
    POST   | /v1/session | cross-site  | navigate | document | 403
    DELETE | /v1/session | same-site   | cors     | empty    | 403
    POST   | /sign-out   | cross-site  | navigate | document | 403
    POST   | /sign-out   | -           | -        | -        | 303
";

#[test]
fn a_cookie_counts_for_the_servers_own_pages_alone() {
    let house = House::new();
    house.user("U-1", None, "accountant");
    let (_, secret) = house.key("user:U-1", json!({}));
    let session = signed_in(&house.server.url, &secret);
    let rows: Vec<&str> = SITES.lines().filter(|line| line.contains('|')).skip(1).collect();
    for row in &rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [method, path, site, mode, dest, answered] = cells[..] else { panic!("a row: {row}") };
        let headers =
            [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)];
        let headers: Vec<_> = headers.into_iter().filter(|(_, value)| *value != "-").collect();
        let answer = asked(&house.server.url, &session, method, path, &headers);
        assert_eq!(answer.status.to_string(), answered, "{row}: {}", answer.text);
    }
    println!("{} requests with a cookie, by who a browser says made them", rows.len());
}

#[test]
fn who_tries_to_sign_in_too_often_waits() {
    let house = House::new();
    let url = &house.server.url;
    house.user("U-1", None, "accountant");
    let (_, secret) = house.key("user:U-1", json!({}));
    // Not from this machine, which has better ways than to guess.
    let elsewhere = [("via", "1.1 proxy")];
    let tries: Vec<u16> =
        (0..14).map(|_| sign_in(url, "sijil_nothing", &elsewhere).status).collect();
    assert_eq!(tries[0], 401);
    assert_eq!(tries[13], 429, "{tries:?}");
    let headers = [FORM, elsewhere[0]];
    let answer = ask_plainly(url, "POST", "/v1/session", &headers, Some("key=sijil_nothing"));
    assert_eq!(answer.header("location"), "/sign-in?refused=too_many");
    assert_eq!(sign_in(url, &secret, &elsewhere).status, 201, "a good one is no guess");
    for (body, problem) in
        [("{}", "missing_field"), ("[]", "invalid_field"), ("{", "malformed_json")]
    {
        let answer = ask_plainly(url, "POST", "/v1/session", &[JSON], Some(body));
        assert_eq!(answer.problem(), problem, "{body}");
    }
    for body in ["", "key=a&key=b", "key=a&more=b"] {
        let answer = ask_plainly(url, "POST", "/v1/session", &[FORM], Some(body));
        assert!([400, 422].contains(&answer.status), "{body:?} is of no page: {}", answer.text);
    }
    let open = Directory::new();
    let (open, _) = Server::start_with_more(&open.path(), &["--open"]);
    let answer = sign_in(&open.url, "anything", &[]);
    assert_eq!((answer.status, answer.header("set-cookie")), (201, ""), "nobody is asked");
    assert_eq!(answer.json()["holder"], Value::Null);
}
