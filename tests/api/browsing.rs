//! Pages in a real browser: the ledger's own, and those of somebody who means it ill (TRUST §2.7).
//! Invariant: what a foreign page has a browser send changes nothing and tells it nothing, whoever
//! is signed in.

use std::net::SocketAddr;

use axum::{Router, response::Html, routing::get};
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{
    browser::Browser,
    house::House,
    server::{Directory, Server, credential_of, opening},
    sessions::linked,
};

/// A name that is not the server's, and leads to it all the same.
const EVIL: &str = "evil.example";

/// Serves the pages of somebody else, on a port of this machine.
struct Elsewhere {
    _runtime: Runtime,
    address: SocketAddr,
}

impl Elsewhere {
    /// One page, at `/`.
    fn serving(page: String) -> Elsewhere {
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/", get(async move || Html(page)));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Elsewhere { _runtime: runtime, address }
    }
    /// Its page, by a name.
    fn at(&self, name: &str) -> String {
        format!("http://{name}:{}/", self.address.port())
    }
}

/// A page that sends all it can to a server, and what came of it.
fn attack(server: &str) -> String {
    let draft = json!({
        "type": "client.registered", "occurred_at": "2025-01-02T00:00:00Z",
        "data": {"client": "EVIL", "name": "x", "kind": "org"},
    });
    // A form in text/plain writes name=value; with an = in a member of its own that is JSON.
    let name = draft.to_string();
    let name = format!("{},\"source\":\"", name.strip_suffix('}').expect("an object"));
    let form = |id: &str, path: &str, media: &str, name: &str, value: &str| {
        let (name, value) = (name.replace('"', "&quot;"), value.replace('"', "&quot;"));
        format!(
            "<form id={id} method=post action=\"{server}{path}\" enctype={media}>\
             <input name=\"{name}\" value=\"{value}\"><button>{id}</button></form>"
        )
    };
    let plain = "text/plain";
    let urlencoded = "application/x-www-form-urlencoded";
    format!(
        "<!doctype html><meta charset=utf-8><title>Elsewhere</title>{}{}{}\
         <iframe id=home src=\"{server}/\"></iframe>\
         <iframe id=signing src=\"{server}/sign-in\"></iframe>\
         <img id=image src=\"{server}/v1/me\">\
         <script>
         async function sends(method, path, mode, type) {{
           const body = method === 'GET' ? undefined : JSON.stringify({draft});
           const headers = type ? {{'content-type': type}} : undefined;
           try {{
             const answer = await fetch('{server}' + path, {{
               method, mode, headers, credentials: 'include', body,
             }});
             return answer.type + ' ' + answer.status + ' ' + (await answer.text());
           }} catch (error) {{ return 'failed'; }}
         }}
         </script>",
        form("event", "/v1/events", plain, &name, "\"}"),
        form("out", "/sign-out", urlencoded, "x", "y"),
        form("in", "/v1/session", urlencoded, "key", "sijil_mine"),
    )
}

fn signed_in(browser: &Browser, server: &Server) {
    browser.go(&format!("{}/sign-in", server.url));
    browser.types("#key", &credential_of(&server.url).expect("a credential"));
    browser.click("button");
    browser.comes_to(&format!("{}/", server.url));
}

fn head(server: &Server) -> Value {
    server.get("/v1/log").json()["position"].clone()
}

#[test]
fn what_a_foreign_page_sends_is_refused_whoever_is_signed_in() {
    let Some(browser) = Browser::start(&[EVIL]) else { return };
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    let elsewhere = Elsewhere::serving(attack(&server.url));
    signed_in(&browser, &server);
    let before = head(&server);
    // Of the same host on another port the browser thinks that it is the same site.
    for page in [elsewhere.at(EVIL), elsewhere.at("127.0.0.1")] {
        for (form, path) in [("event", "/v1/events"), ("out", "/sign-out"), ("in", "/v1/session")] {
            browser.go(&page);
            browser.click(&format!("#{form} button"));
            browser.comes_to(&format!("{}{path}", server.url));
            browser.shows("cross_site");
        }
        browser.go(&page);
        for (sent, expected) in [
            ("'GET', '/v1/events?format=ndjson', 'no-cors'", "failed"),
            ("'GET', '/v1/me', 'no-cors'", "failed"),
            ("'GET', '/v1/me', 'cors'", "failed"),
            ("'POST', '/v1/events', 'no-cors', 'text/plain'", "failed"),
            ("'POST', '/v1/events', 'cors', 'application/json'", "failed"),
            ("'DELETE', '/v1/session', 'cors'", "failed"),
        ] {
            let came = browser.runs(&format!("return sends({sent})"));
            assert_eq!(came, expected, "{page}: {sent}");
        }
        for frame in ["home", "signing"] {
            let framed = browser.runs(&format!(
                "try {{ return document.getElementById('{frame}').contentDocument === null }}
                 catch (error) {{ return true }}"
            ));
            assert_eq!(framed, true, "{page}: {frame} cannot be reached");
        }
        let console = browser.console().join("\n");
        assert!(console.contains("frame-ancestors"), "{page}: nothing is framed: {console}");
    }
    assert_eq!(head(&server), before, "nothing is recorded, no export begun");
    // A name that was made to lead here (DNS rebinding) opens nothing, not even a page.
    let rebound = server.url.replace("127.0.0.1", EVIL);
    for path in ["/", "/sign-in", "/v1/me", "/docs"] {
        browser.go(&format!("{rebound}{path}"));
        browser.shows("unknown_host");
    }
    browser.go(&format!("{}/", server.url));
    browser.shows("whoever holds the files");
    // Somebody who follows a link from there is signed in.
    browser.go(&elsewhere.at(EVIL));
    browser.runs(&format!("location = '{}/'", server.url));
    browser.comes_to(&format!("{}/", server.url));
}

#[test]
fn one_signs_in_by_link_and_by_key_and_out_again() {
    let Some(browser) = Browser::start(&[]) else { return };
    let directory = Directory::new();
    let (server, code, said) = linked(&directory);
    let url = server.url.clone();
    let link = format!("{url}/sign-in/{code}");
    browser.go(&link);
    browser.picture("link");
    browser.click("button");
    browser.comes_to(&format!("{url}/"));
    browser.shows("whoever holds the files");
    browser.picture("home");
    let cookies = browser.runs("return document.cookie");
    assert_eq!(cookies, "", "no script sees the cookie");
    browser.go(&link);
    browser.click("button");
    browser.comes_to(&format!("{url}/sign-in?refused=bad_credential"));
    browser.shows("not good here and now");
    browser.picture("refused");
    browser.go(&format!("{url}/"));
    browser.click(".who button");
    browser.comes_to(&format!("{url}/sign-in"));
    browser.picture("sign-in");
    browser.go(&format!("{url}/"));
    browser.comes_to(&format!("{url}/sign-in"));
    signed_in(&browser, &server);
    for path in ["/docs", "/docs/problems/busy"] {
        browser.go(&format!("{url}{path}"));
        browser.picture(path.rsplit('/').next().unwrap_or_default());
    }
    assert_eq!(browser.console(), Vec::<String>::new(), "nothing is amiss on any page");
    assert!(!said(server).contains(&code[19..]), "the code is in no line");
}

#[test]
fn a_user_signs_in_and_sees_who_it_is() {
    let Some(browser) = Browser::start(&[]) else { return };
    let house = House::new();
    house.user("U-1", Some("m1"), "salesperson");
    let (key, secret) = house.key("user:U-1", json!({}));
    let url = &house.server.url;
    browser.go(&format!("{url}/"));
    browser.comes_to(&format!("{url}/sign-in"));
    browser.types("#key", &secret);
    browser.click("button");
    browser.comes_to(&format!("{url}/"));
    for said in ["user:U-1", "m1", "Sign out"] {
        browser.shows(said);
    }
    browser.picture("user");
    browser.go(&format!("{url}/v1/me"));
    browser.shows("\"known_by\":\"session\"");
    house.say("key.revoked", json!({"key": key, "reason": "lost"}));
    browser.go(&format!("{url}/"));
    browser.comes_to(&format!("{url}/sign-in"));
    assert_eq!(browser.console(), Vec::<String>::new(), "nothing is amiss on any page");
}
