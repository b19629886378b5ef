//! The console's forms, as any client sends them. Invariant: nothing is recorded before its effects
//! were shown, and once, however often it is sent; what is refused is marked where it was written.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sijil_schemas::event::EVENT_TYPES;

use crate::{
    console::check,
    house::House,
    server::{Answer, Directory, Server, ask, draft, invoice, opening},
};

/// What a page's form would send: its hidden fields and inputs, as they are filled.
fn written(html: &str) -> BTreeMap<String, String> {
    let main = html.split("<main").nth(1).expect("a page");
    let form = main.split("method=\"post\"").nth(1).expect("a form");
    let form = form.split("</form>").next().expect("a whole form");
    let attribute = |tag: &str, name: &str| {
        let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
        Some(read(rest.split('"').next().unwrap_or_default()))
    };
    let mut all = BTreeMap::new();
    for tag in form.split("<input").skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let is_left = (tag.contains("type=\"radio\"") || tag.contains("type=\"checkbox\""))
            && !tag.contains(" checked");
        if let (Some(name), false) = (attribute(tag, "name"), is_left) {
            all.insert(name, attribute(tag, "value").unwrap_or_default());
        }
    }
    for list in form.split("<select").skip(1) {
        let (tag, rest) = list.split_once('>').expect("a list");
        let chosen = rest.split("</select>").next().unwrap_or_default();
        let chosen = chosen.split("<option").find(|option| {
            option.split('>').next().is_some_and(|option| option.contains(" selected"))
        });
        let name = attribute(tag, "name").expect("a name");
        all.insert(name, chosen.and_then(|it| attribute(it, "value")).unwrap_or_default());
    }
    for text in form.split("<textarea").skip(1) {
        let (tag, rest) = text.split_once('>').expect("a text");
        let name = attribute(tag, "name").expect("a name");
        all.insert(name, read(rest.split("</textarea>").next().unwrap_or_default()));
    }
    all
}

fn read(html: &str) -> String {
    html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

const MEDIA: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Sends a form by one of its buttons.
fn send(url: &str, path: &str, fields: &BTreeMap<String, String>, op: &str) -> Answer {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    body.append_pair("~op", op);
    ask(url, "POST", path, &[MEDIA], Some(&body.finish())).expect("an answer")
}

fn page(server: &Server, path: &str) -> Answer {
    ask(&server.url, "GET", path, &[], None).expect("an answer")
}

fn opened() -> (Directory, Server) {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    assert_eq!(server.post("/v1/events", &json!({ "events": opening() })).status, 201);
    (directory, server)
}

fn head(server: &Server) -> Value {
    server.get("/v1/log").json()["position"].clone()
}

#[test]
fn every_type_has_a_form_in_every_language() {
    let (_directory, server) = opened();
    let list = page(&server, "/record?lang=en");
    check("/record", &list);
    for (at, of) in EVENT_TYPES.iter().enumerate() {
        let lang = ["en", "ar", "ru"][at % 3];
        let path = format!("/record/{}?lang={lang}", of.name);
        let answer = page(&server, &path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        check(&path, &answer);
        let fields = written(&answer.text);
        for field in of.fields() {
            let is_there = |name: &String| name == field || name.starts_with(&format!("{field}."));
            let is_choice = answer.text.contains(&format!("name=\"{field}\""));
            assert!(is_choice || fields.keys().any(is_there), "{}: no {field}", of.name);
        }
        let is_offered = list.text.contains(&format!("/record/{}?", of.name));
        let is_begun = of.name != "event.voided" && !of.name.ends_with(".lines_added");
        assert_eq!(is_offered, is_begun, "{}", of.name);
    }
    assert_eq!(page(&server, "/record/client.registerd").status, 404);
}

#[test]
fn what_is_too_large_is_marked_and_what_is_right_is_recorded_once() {
    let (_directory, server) = opened();
    let owed = invoice("I1", "2025-01-31", "119.00");
    let paid = draft(
        "payment.received",
        "2025-02-01",
        json!({"payment": "P1", "client": "C1", "bank_account": "bank",
               "amount": {"amount": "119.00", "currency": "EUR"}}),
    );
    assert_eq!(server.post("/v1/events", &json!({"events": [owed, paid]})).status, 201);
    let before = head(&server);
    let path = "/record/payment.allocated?lang=en";
    let first = page(&server, "/record/payment.allocated?lang=en&from=invoice:I1");
    let mut fields = written(&first.text);
    assert_eq!(fields["invoice"], "I1");
    fields.insert("payment".into(), "P1".into());
    fields.insert("amount".into(), "200.00".into());
    fields.insert("~actor".into(), "accountant-1".into());
    fields.insert("~occurred_at".into(), "2025-02-03 09:00".into());
    let refused = send(&server.url, path, &fields, "check");
    check(path, &refused);
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("role=\"alert\""), "{}", refused.text);
    assert!(
        refused.text.contains("/docs/problems/allocation_exceeds_remainder"),
        "{}",
        refused.text
    );
    assert_eq!(written(&refused.text)["amount"], "200.00", "what was written is kept");
    // A field that is no amount is marked where it stands.
    fields.insert("amount".into(), "12,5".into());
    let refused = send(&server.url, path, &fields, "check");
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("href=\"#f-amount\""), "{}", refused.text);
    assert!(refused.text.contains("aria-invalid=\"true\""), "{}", refused.text);
    fields.insert("amount".into(), "100.00".into());
    let would = send(&server.url, path, &fields, "check");
    check(path, &would);
    assert_eq!((would.status, head(&server)), (200, before.clone()), "{}", would.text);
    // What receivables will say, before they say it.
    let cell = "<s class=\"zero\"><bdi>119.00</bdi></s> <b><bdi>19.00</bdi></b>";
    assert!(would.text.contains(cell), "{}", would.text);
    let seen = written(&would.text);
    assert!(!seen["~key"].is_empty());
    // A double click records once.
    let answers = [0, 1].map(|_| send(&server.url, path, &seen, "record"));
    for answer in &answers {
        assert_eq!(answer.status, 303, "{}", answer.text);
        assert_eq!(answer.header("location"), answers[0].header("location"));
    }
    assert_eq!(answers[0].header("location").split('#').next(), Some("/payments/P1?lang=en"));
    let shown = page(&server, "/payments/P1?lang=en");
    let anchor = answers[0].header("location").split('#').nth(1).expect("an anchor");
    assert!(shown.text.contains(&format!("id=\"{anchor}\"")), "{}", shown.text);
    let after = head(&server).as_u64().expect("a position");
    assert_eq!(after, before.as_u64().expect("a position") + 1);
    let owed = server.get("/v1/reports/receivables?as_of=2025-12-31").json();
    assert_eq!(owed["rows"][0]["gross"], "19.00");
    let record = server.get(&format!("/v1/events/{after}")).json();
    assert_eq!(
        (&record["actor"], &record["occurred_at"]),
        (&json!("accountant-1"), &json!("2025-02-03T09:00:00Z"))
    );
}

#[test]
fn what_was_changed_meanwhile_is_a_conflict_and_nothing_is_recorded() {
    let (_directory, server) = opened();
    let owed = invoice("I1", "2025-01-31", "119.00");
    let paid = draft(
        "payment.received",
        "2025-02-01",
        json!({"payment": "P1", "client": "C1", "bank_account": "bank",
               "amount": {"amount": "119.00", "currency": "EUR"}}),
    );
    assert_eq!(server.post("/v1/events", &json!({"events": [owed, paid]})).status, 201);
    let path = "/record/payment.allocated?lang=en";
    let mut stale = written(&page(&server, "/record/payment.allocated?from=payment:P1").text);
    assert_eq!(stale["~revision"], "1");
    stale.insert("invoice".into(), "I1".into());
    stale.insert("amount".into(), "1.00".into());
    stale.insert("~actor".into(), "accountant-1".into());
    let more = draft(
        "payment.allocated",
        "2025-02-04",
        json!({"payment": "P1", "invoice": "I1", "amount": "2.00"}),
    );
    assert_eq!(server.post("/v1/events", &more).status, 201);
    let refused = send(&server.url, path, &stale, "record");
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert!(refused.text.contains("revision_conflict"), "{}", refused.text);
    assert_eq!(server.get("/v1/payments/P1").json()["revision"], 2);
}

#[test]
fn a_void_shows_what_rests_on_it_and_takes_it_along() {
    let (_directory, server) = opened();
    let owed = invoice("I1", "2025-01-31", "119.00");
    let paid = draft(
        "payment.received",
        "2025-02-01",
        json!({"payment": "P1", "client": "C1", "bank_account": "bank",
               "amount": {"amount": "119.00", "currency": "EUR"}}),
    );
    let settled = draft(
        "payment.allocated",
        "2025-02-01",
        json!({"payment": "P1", "invoice": "I1", "amount": "119.00"}),
    );
    let answer = server.post("/v1/events", &json!({"events": [owed, paid, settled]})).json();
    let at = answer["events"][0]["position"].as_u64().expect("a position");
    let shown = page(&server, &format!("/log/{at}?lang=en")).text;
    let link = shown.split("href=\"").find(|it| it.starts_with("/record/event.voided?"));
    let link = read(link.and_then(|it| it.split('"').next()).expect("a link to void it"));
    let mut fields = written(&page(&server, &link).text);
    fields.insert("reason".into(), "Entered twice".into());
    fields.insert("~actor".into(), "accountant-1".into());
    let refused = send(&server.url, &link, &fields, "check");
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("has_dependants"), "{}", refused.text);
    let also = refused.text.split("name=\"~also\" value=\"").nth(1).expect("what falls with it");
    fields.insert("~also".into(), also.split('"').next().unwrap_or_default().to_owned());
    let would = send(&server.url, &link, &fields, "check");
    assert_eq!(would.status, 200, "{}", would.text);
    assert!(would.text.contains("2 records, together or none"), "{}", would.text);
    let done = send(&server.url, &link, &written(&would.text), "record");
    assert_eq!(done.status, 303, "{}", done.text);
    let shown = page(&server, "/invoices/I1?lang=en").text;
    assert!(shown.contains("Entered twice"), "{shown}");
    // It can be recorded anew, as it was, but for what was wrong.
    let anew = page(&server, &format!("/record/invoice.issued?like={at}&lang=en"));
    let fields = written(&anew.text);
    assert_eq!((fields["invoice"].as_str(), fields["lines.0.net"].as_str()), ("I1", "119.00"));
}

#[test]
fn lists_get_room_and_empty_rows_say_nothing() {
    let (_directory, server) = opened();
    let path = "/record/payment.received?lang=en";
    let mut fields = written(&page(&server, path).text);
    assert!(fields.contains_key("purpose_lines.0.purpose"));
    assert!(!fields.contains_key("purpose_lines.1.purpose"));
    fields.insert("purpose_lines.0.purpose".into(), "goods".into());
    fields.insert("purpose_lines.0.amount".into(), "10.00".into());
    let more = send(&server.url, path, &fields, "more:purpose_lines");
    assert_eq!(more.status, 200);
    let mut fields = written(&more.text);
    assert_eq!(fields["purpose_lines.0.purpose"], "goods");
    assert!(fields.contains_key("purpose_lines.3.purpose"), "{fields:?}");
    for (name, value) in [
        ("payment", "P1"),
        ("client", "C1"),
        ("bank_account", "bank"),
        ("amount.amount", "10.00"),
        ("amount.currency", "EUR"),
        ("~actor", "accountant-1"),
        ("~occurred_at", "2025-02-01"),
    ] {
        fields.insert(name.into(), value.into());
    }
    let would = send(&server.url, path, &fields, "check");
    assert_eq!(would.status, 200, "{}", would.text);
    let done = send(&server.url, path, &written(&would.text), "record");
    assert_eq!(done.status, 303, "{}", done.text);
    let kept = server.get("/v1/payments/P1/history").json();
    assert!(kept.to_string().contains("goods"), "{kept}");
}

#[test]
fn hostile_values_stay_texts_in_forms() {
    let (_directory, server) = opened();
    let path = "/record/client.registered?lang=en";
    let hostile = "<script>alert(1)</script>\" onfocus=\"x \u{202e}txt";
    let mut fields = written(&page(&server, path).text);
    fields.insert("name".into(), hostile.into());
    fields.insert("~actor".into(), hostile.into());
    for op in ["change", "check", hostile] {
        let answer = send(&server.url, path, &fields, op);
        check(path, &answer);
        assert!(!answer.text.contains("<script>") && !answer.text.contains(" onfocus=\""));
    }
    // A row of a number of its own is one row.
    let path = "/record/payment.received?lang=en";
    for number in ["4000000000", "18446744073709551615", "99999999999999999999", "-1", "x"] {
        let far = BTreeMap::from([(format!("purpose_lines.{number}.purpose"), "goods".to_owned())]);
        for op in ["change", "check", "more:purpose_lines"] {
            let answer = send(&server.url, path, &far, op);
            check(path, &answer);
            assert!(answer.text.len() < 100_000, "{number}: {} bytes", answer.text.len());
        }
    }
    // What would be another caller's key is none.
    let key = BTreeMap::from([("~key".to_owned(), "user:U\0k".to_owned())]);
    let answer = send(&server.url, path, &key, "record");
    assert_eq!((answer.status, answer.text.contains("invalid_field")), (400, true));
    let twice = ask(&server.url, "POST", path, &[MEDIA], Some("name=a&name=b")).expect("asked");
    assert_eq!(twice.status, 400);
}

#[test]
fn nobody_records_by_a_form_what_he_may_not() {
    let house = House::new();
    house.user("READER", None, "analyst");
    let (_, reader) = house.key("user:READER", json!({}));
    let bearer = format!("Bearer {reader}");
    let before = head(&house.server);
    let url = &house.server.url;
    let as_reader = [("authorization", bearer.as_str())];
    let list = ask(url, "GET", "/record?lang=en", &as_reader, None).expect("asked");
    assert!(!list.text.contains("/record/client.registered"), "{}", list.text);
    let body = "name=N&kind=org&client=C7&~op=record&~actor=m1&~occurred_at=2025-01-01";
    let sent = |headers: &[(&str, &str)]| {
        let all = [&[MEDIA], headers].concat();
        ask(url, "POST", "/record/client.registered", &all, Some(body)).expect("asked")
    };
    assert_eq!(sent(&as_reader).status, 403);
    let nobody = sent(&[("authorization", "")]);
    assert_eq!((nobody.status, nobody.header("location")), (303, "/sign-in"));
    // Another site's page cannot send it for somebody who is signed in.
    for other in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        assert_eq!(sent(&[other]).problem(), "cross_site", "{other:?}");
    }
    let media = [("content-type", "application/json")];
    let json = ask(url, "POST", "/record/client.registered", &media, Some("{}")).expect("asked");
    assert_eq!(json.problem(), "unsupported_media_type");
    assert_eq!(head(&house.server), before);
    assert_eq!(house.server.get("/v1/clients/C7").status, 404);
}

#[test]
fn what_has_an_amount_or_a_name_is_found_by_it() {
    let (_directory, server) = opened();
    let one = invoice("I1", "2025-01-31", "1013.38");
    let other = draft(
        "client.registered",
        "2025-01-02",
        json!({"client": "C7", "name": "Möbel Kraft & Söhne", "kind": "org", "owner": "m1"}),
    );
    assert_eq!(server.post("/v1/events", &json!({"events": [one, other]})).status, 201);
    for q in ["1013.38", "1,013.38"] {
        let found = page(&server, &format!("/search?q={q}&lang=en"));
        let to = (found.status, found.header("location"));
        assert_eq!(to, (303, "/invoices/I1?lang=en"), "{}", found.text);
    }
    for q in ["kra", "m%C3%B6bel+s%C3%B6", "KRAFT"] {
        let found = page(&server, &format!("/search?q={q}&lang=en"));
        assert_eq!(found.header("location"), "/clients/C7?lang=en", "{q}: {}", found.text);
    }
    for q in ["1013.39", "raft", "kraft+nobody"] {
        let found = page(&server, &format!("/search?q={q}&lang=en"));
        assert!(found.text.contains("Nothing has this"), "{q}: {}", found.text);
    }
}

#[test]
fn a_fold_is_made_anew_by_a_button_and_a_record_is_proven() {
    let (_directory, server) = opened();
    let list = page(&server, "/projections?lang=en");
    check("/projections", &list);
    let mut nothing = BTreeMap::new();
    for (op, says) in [("compare", "The digests are equal"), ("rebuild", "The new one serves now")]
    {
        let made = send(&server.url, "/projections/trade?lang=en", &nothing, op);
        check("/projections/trade", &made);
        assert!(made.status == 200 && made.text.contains(says), "{op}: {}", made.text);
    }
    assert_eq!(send(&server.url, "/projections/trades?lang=en", &nothing, "compare").status, 404);
    nothing.insert("more".into(), "1".into());
    assert_eq!(send(&server.url, "/projections/trade?lang=en", &nothing, "drop").status, 404);
    // What is only looked at does nothing.
    assert_eq!(page(&server, "/projections/trade").status, 200);
    let proof = page(&server, "/log/2/proof?lang=en");
    check("/log/2/proof", &proof);
    let text = server.get("/v1/events/2/proof").text;
    assert!(read(&proof.text).contains(text.lines().nth(1).expect("a record")), "{}", proof.text);
    let house = page(&server, "/house?lang=en");
    check("/house", &house);
    let root = server.get("/v1/log").json()["root"].as_str().expect("a root").to_owned();
    assert!(house.text.contains(&root), "{}", house.text);
    // Of a client two days are compared.
    let renamed =
        draft("client.renamed", "2025-03-01", json!({"client": "C1", "name": "Client Otherwise"}));
    assert_eq!(server.post("/v1/events", &renamed).status, 201);
    let compared = page(&server, "/clients/C1/compare?since=4&lang=en");
    check("/clients/C1/compare", &compared);
    let (now, before) = ("Client Otherwise", "Client One");
    assert!(compared.text.contains(now) && compared.text.contains(before), "{}", compared.text);
}
