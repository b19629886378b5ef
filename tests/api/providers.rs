//! Signing in by a provider of somebody else's making, and its tokens as credentials. Invariant: a
//! provider says who somebody is; what he may, the ledger alone says.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    follow::{clients, is_here, script},
    house::House,
    server::{Answer, ask_plainly, invoice},
};

const AUDIENCE: &str = "https://books.example";

/// A provider that runs beside a test, and ends with it.
struct Provider {
    child: Child,
    issuer: String,
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Provider {
    /// Starts one; `None` where it is not installed, which is a failure with `CI=true`.
    fn start() -> Option<Provider> {
        let node = clients().join("node");
        if !is_here(&node.join("node_modules/oidc-provider")) {
            return None;
        }
        let mut child = Command::new("node")
            .arg(script("provider.mjs"))
            .arg(&node)
            .arg(AUDIENCE)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the provider starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let said = lines.by_ref().map_while(Result::ok).find(|line| line.contains(AUDIENCE));
        let said = said.expect("the provider says where it listens");
        let issuer = said.split_whitespace().next().expect("an address").to_owned();
        // What it says later is of no interest, and is read, so that it can say it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Some(Provider { child, issuer })
    }
    /// An access token for an integration of the provider, for some uses.
    fn token(&self, audience: &str, scope: &str) -> String {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("resource", audience)
            .append_pair("scope", scope)
            .finish();
        let basic = format!("Basic {}", STANDARD.encode("robot:robot"));
        let agent = ureq::agent();
        let sent = agent
            .post(format!("{}/token", self.issuer))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", basic)
            .send(form);
        let body = sent.expect("a token").body_mut().read_to_string().expect("a text");
        let answer: Value = serde_json::from_str(&body).expect("JSON");
        answer["access_token"].as_str().expect("a token").to_owned()
    }
    /// A house where its word counts, and it is known.
    fn house(&self, more: &[&str]) -> House {
        let words = [&["--oidc-issuer", &self.issuer, "--oidc-audience", AUDIENCE], more].concat();
        House::with(&words)
    }
}

fn ask(house: &House, token: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
    house.ask(token, method, path, body)
}

/// Asks until a token is known: the provider's keys are asked for beside the server.
fn known(house: &House, token: &str) -> Answer {
    let began = Instant::now();
    loop {
        let answer = ask(house, token, "GET", "/v1/me", None);
        if answer.status == 200 || began.elapsed() > Duration::from_secs(20) {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// An invoice that whoever sends it records as himself.
fn own_invoice(id: &str) -> Value {
    let mut invoice = invoice(id, "2025-02-01", "7.00");
    invoice.as_object_mut().expect("a draft").remove("actor");
    invoice
}

fn enrolled(house: &House, user: &str, issuer: &str, subject: &str, role: &str) {
    let logins = json!([{"issuer": issuer, "subject": subject}]);
    house.say("user.enrolled", json!({"user": user, "logins": logins}));
    house.grant(&format!("G-{user}"), &format!("user:{user}"), role);
}

#[test]
fn a_token_of_the_provider_is_a_credential_of_the_user_it_names() {
    let Some(provider) = Provider::start() else { return };
    let house = provider.house(&[]);
    let token = provider.token(AUDIENCE, "sijil:read sijil:record");
    assert_eq!(ask(&house, &token, "GET", "/v1/me", None).status, 401, "nobody is meant yet");
    enrolled(&house, "robot", &provider.issuer, "robot", "accountant");
    let me = known(&house, &token);
    assert_eq!(me.status, 200, "{}", me.text);
    let me = me.json();
    assert_eq!((&me["holder"], &me["known_by"]), (&json!("user:robot"), &json!("token")));
    // It records as that user, vouched for by a token.
    let draft = own_invoice("I2");
    let answer = ask(&house, &token, "POST", "/v1/events", Some(&draft));
    assert_eq!(answer.status, 201, "{}", answer.text);
    let position = &answer.json()["position"];
    let record = house.server.get(&format!("/v1/events/{position}")).json();
    assert_eq!(record["actor"], "user:robot");
    assert_eq!(record["vouched"]["by"], "token", "{record}");
    // One that is for reading records nothing, and for this ledger it has to be.
    let narrow = provider.token(AUDIENCE, "sijil:read");
    assert_eq!(
        ask(&house, &narrow, "GET", "/v1/reports/receivables?as_of=2025-03-01", None).status,
        200
    );
    let draft = own_invoice("I3");
    assert_eq!(ask(&house, &narrow, "POST", "/v1/events", Some(&draft)).problem(), "not_allowed");
    let other = provider.token("https://other.example", "sijil:read");
    assert_eq!(ask(&house, &other, "GET", "/v1/me", None).problem(), "bad_credential");
    let mut forged = token.clone().into_bytes();
    let middle = forged.len() / 2;
    forged[middle] = if forged[middle] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).expect("a text");
    assert_eq!(ask(&house, &forged, "GET", "/v1/me", None).problem(), "bad_credential");
    // What the ledger takes away is gone at once, whatever the provider says.
    house.say("user.suspended", json!({"user": "robot", "reason": "on leave"}));
    assert_eq!(ask(&house, &token, "GET", "/v1/me", None).problem(), "bad_credential");
    house.say("user.resumed", json!({"user": "robot"}));
    assert_eq!(ask(&house, &token, "GET", "/v1/me", None).status, 200);
    house.say("permission.revoked", json!({"grant": "G-robot", "reason": "moved"}));
    let draft = own_invoice("I4");
    assert_eq!(ask(&house, &token, "POST", "/v1/events", Some(&draft)).problem(), "not_allowed");
}

#[test]
fn nobody_takes_a_login_by_coming_later_and_an_erased_one_means_nobody() {
    let Some(provider) = Provider::start() else { return };
    let house = provider.house(&[]);
    enrolled(&house, "first", &provider.issuer, "robot", "auditor");
    enrolled(&house, "second", &provider.issuer, "robot", "administrator");
    enrolled(&house, "elsewhere", "https://other.example", "robot", "administrator");
    let token = provider.token(AUDIENCE, "");
    assert_eq!(known(&house, &token).json()["holder"], "user:first");
    let erased = house.server.send(
        "POST",
        "/v1/erasures",
        &[("content-type", "application/json")],
        Some(&json!({"subject": "user:first", "basis": "not_needed"}).to_string()),
    );
    assert!(erased.status < 300, "{}", erased.text);
    assert_eq!(ask(&house, &token, "GET", "/v1/me", None).json()["holder"], "user:second");
}

#[test]
fn a_server_without_its_provider_goes_on_by_keys() {
    let house = House::with(&["--oidc-issuer", "http://127.0.0.1:9", "--oidc-audience", AUDIENCE]);
    house.user("u", None, "auditor");
    let (_, secret) = house.key("user:u", json!({}));
    assert_eq!(ask(&house, &secret, "GET", "/v1/me", None).status, 200);
    assert_eq!(ask(&house, "a.b.c", "GET", "/v1/me", None).problem(), "bad_credential");
    let url = &house.server.url;
    let sent = ask_plainly(url, "GET", "/sign-in/provider", &[], None);
    assert_eq!((sent.status, sent.header("location")), (303, "/sign-in?refused=provider"));
    let page = ask_plainly(url, "GET", "/sign-in?refused=provider", &[], None);
    assert!(page.text.contains("does not answer") && !page.text.contains("Sign in at"));
    let back = ask_plainly(url, "GET", "/sign-in/return?code=1&state=2", &[], None);
    assert_eq!((back.status, back.header("location")), (303, "/sign-in?refused=bad_credential"));
}

/// Signs in on the provider's own pages.
fn sign_in_there(browser: &Browser, name: &str) {
    browser.shows("Sign-in");
    browser.types("input[name=login]", name);
    browser.types("input[name=password]", "anything");
    browser.click("button[type=submit]");
    browser.shows("Authorize");
    browser.click("button[type=submit]");
}

#[test]
fn one_signs_in_at_the_provider_and_is_somebody_here() {
    let Some(browser) = Browser::start(&[]) else { return };
    let Some(provider) = Provider::start() else { return };
    let secret = house_secret();
    let house = provider.house(&[
        "--oidc-client",
        "console",
        "--oidc-client-secret-file",
        secret.path().to_str().expect("a path"),
    ]);
    enrolled(&house, "amina", &provider.issuer, "amina@id", "salesperson");
    let token = provider.token(AUDIENCE, "");
    enrolled(&house, "robot", &provider.issuer, "robot", "auditor");
    assert_eq!(known(&house, &token).status, 200, "the provider is known");
    let url = house.server.url.clone();
    // Whoever is no user here is nobody, whatever he is there.
    browser.go(&format!("{url}/sign-in"));
    browser.picture("provider");
    browser.click("a.button");
    sign_in_there(&browser, "stranger");
    browser.comes_to(&format!("{url}/sign-in?refused=bad_credential"));
    browser.go(&format!("{}/session/end", provider.issuer));
    browser.click("button[name=logout]");
    // Its answer would take the place of what is asked for before it comes.
    browser.comes_to(&format!("{}/session/end/success", provider.issuer));
    browser.go(&format!("{url}/sign-in"));
    browser.click("a.button");
    sign_in_there(&browser, "amina@id");
    browser.comes_to(&format!("{url}/"));
    browser.shows("user:amina");
    browser.picture("provider-home");
    browser.go(&format!("{url}/v1/me"));
    browser.shows("\"known_by\":\"session\"");
    assert_eq!(browser.runs("return document.cookie"), "", "no script sees a cookie");
    house.say("user.suspended", json!({"user": "amina", "reason": "left"}));
    browser.go(&format!("{url}/"));
    browser.comes_to(&format!("{url}/sign-in"));
}

/// The file of the client's secret.
fn house_secret() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "between us\n").expect("written");
    file
}
