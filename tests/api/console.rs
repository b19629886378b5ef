//! The console's pages, as any client gets them. Invariant: a page shows what `/v1` answers whoever
//! asks, no more and no other number; none is dead, and nothing that somebody recorded becomes
//! markup.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    house::House,
    scoped::of_two,
    server::{Answer, Directory, Server, ask, draft, opening, run},
};

/// How many events the company of these tests has lived through.
const EVENTS: &str = "6000";
/// A day in the middle of it.
const DAY: &str = "2024-05-31";
/// The most pages of one crawl.
const PAGES_MAX: usize = 420;

/// A server of the demo company.
pub fn demo(directory: &Directory) -> Server {
    let made = run(&directory.path(), &["demo", "--events", EVENTS, "--no-serve"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Server::start(&directory.path())
}

fn page(url: &str, path: &str) -> Answer {
    ask(url, "GET", path, &[], None).expect("an answer")
}

/// The page of an address as somebody in particular.
fn page_as(house: &House, secret: &str, path: &str) -> Answer {
    let bearer = format!("Bearer {secret}");
    ask(&house.server.url, "GET", path, &[("authorization", &bearer)], None).expect("an answer")
}

/// The values of an attribute, with what HTML writes otherwise read back.
fn values<'h>(html: &'h str, attribute: &str) -> impl Iterator<Item = String> + use<'h> {
    let mark = format!(" {attribute}=\"");
    let parts: Vec<&str> = html.split(mark.as_str()).skip(1).collect();
    parts.into_iter().map(|rest| {
        let value = rest.split('"').next().unwrap_or_default();
        value
            .replace("&amp;", "&")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
    })
}

/// A page is one of the console, whole and under its policy.
pub fn check(path: &str, answer: &Answer) {
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{path}: {policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("script"), "{path}: {policy}");
    assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    for forbidden in ["<script", " style=", " onclick=", "javascript:", "http-equiv"] {
        assert!(!answer.text.contains(forbidden), "{path}: {forbidden}");
    }
    assert_eq!(answer.text.matches("<h1").count(), 1, "{path}: one heading");
    assert!(answer.text.ends_with("</html>"), "{path}: it is whole");
}

/// Where a crawl counts an address: numbers and ids of one kind lead to pages of one kind.
fn shape(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    let path: Vec<&str> = path.split('/').collect();
    let path = match *path {
        ["", "reports", ..] | ["", _] => path.join("/"),
        ["", kind, _] => format!("/{kind}/*"),
        _ => path.join("/"),
    };
    format!("{path}?{}", names.join("&"))
}

#[test]
fn no_link_from_today_is_dead() {
    let directory = Directory::new();
    let server = demo(&directory);
    let (mut seen, mut shapes) = (BTreeSet::new(), BTreeMap::<String, usize>::new());
    let mut next = vec!["/".to_owned(), format!("/?as_of={DAY}")];
    let mut pages = 0;
    for depth in 0..4 {
        let mut found = Vec::new();
        for address in std::mem::take(&mut next) {
            // Of each kind of address a few are looked at.
            let of_shape = shapes.entry(shape(&address)).or_default();
            if pages == PAGES_MAX || *of_shape == 3 {
                continue;
            }
            *of_shape += 1;
            pages += 1;
            let answer = page(&server.url, &address);
            let is_file = address.starts_with("/assets/");
            assert!(
                answer.status == 200,
                "depth {depth}: {address}: {} {}",
                answer.status,
                answer.text
            );
            let is_text = ["/v1/", "/docs", "/metrics", "/checkpoint"]
                .iter()
                .any(|path| address.starts_with(path));
            if is_file || is_text {
                continue;
            }
            check(&address, &answer);
            for link in values(&answer.text, "href").filter(|link| !link.starts_with('#')) {
                assert!(link.starts_with('/'), "{address} leads elsewhere: {link}");
                if seen.insert(link.clone()) {
                    found.push(link);
                }
            }
        }
        next = found;
    }
    assert!(pages > 150 && shapes.len() > 60, "{pages} pages of {} kinds", shapes.len());
    println!("{pages} pages of {} kinds, {} addresses seen", shapes.len(), seen.len());
}

/// A decimal as English writes it.
fn english(written: &str) -> String {
    let (sign, size) = written.strip_prefix('-').map_or(("", written), |size| ("−", size));
    let (whole, rest) = size
        .split_once('.')
        .map_or((size, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let digits: Vec<char> = whole.chars().rev().collect();
    let groups: Vec<String> = digits.chunks(3).map(|group| group.iter().collect()).collect();
    let whole: String = groups.join(",").chars().rev().collect();
    format!("{sign}{whole}{rest}")
}

/// The cells of numbers of a page, in order: (column, what it shows, where it leads).
fn cells(html: &str) -> Vec<(String, String, String)> {
    html.split("<td class=\"n\" data-column=\"")
        .skip(1)
        .map(|rest| {
            let (column, rest) = rest.split_once('"').expect("a column");
            let cell = rest.split("</td>").next().expect("a cell");
            let link = values(cell, "href").next().unwrap_or_default();
            let shown = cell.split("<bdi>").nth(1).and_then(|text| text.split("</bdi>").next());
            (column.to_owned(), shown.unwrap_or("–").to_owned(), link)
        })
        .collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn a_cell_of_a_page_is_that_of_the_answer_and_of_its_records() {
    let directory = Directory::new();
    let server = demo(&directory);
    let (mut compared, mut explained) = (0, 0);
    for report in [
        "receivables?group=client",
        "receivables?group=invoice",
        "sales?group=owner&from=2024-01-01&to=2024-05-31",
        "payments?view=split",
        "stock?view=on_hand",
        "valuation?group=item",
        "trial_balance?in=own",
        "funnel?view=cohort",
        "win_rate?group=owner",
        "pipeline?view=months",
        "orders?view=backlog",
        "margin?group=client",
        "payables?group=supplier",
        "tasks?group=assignee",
    ] {
        let path = format!("{report}&as_of={DAY}");
        let answer = page(&server.url, &format!("/v1/reports/{path}&nonzero=true&limit=100"));
        let answer = answer.json();
        let numbers: Vec<(String, bool)> = answer["columns"]
            .as_array()
            .expect("columns")
            .iter()
            .filter(|it| {
                let kind = it["kind"].as_str().unwrap_or_default();
                ["amount", "quantity", "percent", "number", "count"].contains(&kind)
            })
            .map(|it| (it["name"].as_str().expect("a name").to_owned(), it["kind"] == "percent"))
            .collect();
        let first_is_key = |name: &str| answer["columns"][0]["name"] == name;
        let mut expected = Vec::new();
        for row in answer["rows"].as_array().expect("rows") {
            for (name, is_percent) in numbers.iter().filter(|(name, _)| !first_is_key(name)) {
                let shown = match &row[name] {
                    Value::Null => "–".to_owned(),
                    Value::String(text) => english(text),
                    other => english(&other.to_string()),
                };
                let unit = if *is_percent && shown != "–" { "\u{a0}%" } else { "" };
                expected.push((name.clone(), format!("{shown}{unit}")));
            }
        }
        let html = page(&server.url, &format!("/reports/{path}&lang=en"));
        check(&path, &html);
        let shown = cells(&html.text);
        let told: Vec<(String, String)> =
            shown.iter().map(|(column, text, _)| (column.clone(), text.clone())).collect();
        assert_eq!(told, expected, "{path}");
        assert!(!told.is_empty(), "{path} shows something");
        compared += told.len();
        // Of some cells, the records behind them.
        for (column, text, link) in shown.iter().step_by(shown.len() / 12 + 1) {
            if link.is_empty() {
                continue;
            }
            let why = page(&server.url, link);
            assert_eq!(why.status, 200, "{link}: {}", why.text);
            check(link, &why);
            let query = link.replace("/reports/", "/v1/reports/").replace("/why?", "/explain?");
            let query = query.replace("&lang=en", "");
            let answer = page(&server.url, &query).json();
            if answer["cells"][0]["means"] != "sum" || answer["total"].as_u64() > Some(200) {
                continue;
            }
            let said = why.text.contains("The records add up to the cell");
            let has_records = answer["total"].as_u64() > Some(0);
            assert_eq!(said, has_records, "{link} shows {column} {text}");
            for record in answer["records"].as_array().expect("records") {
                let part = english(record["contributes"][column].as_str().expect("a part"));
                assert!(why.text.contains(&format!("<bdi>{part}</bdi>")), "{link}: {part}");
            }
            explained += 1;
        }
    }
    assert!(compared > 500 && explained > 40, "{compared} cells, {explained} explained");
    println!("{compared} cells compared, {explained} with the records behind them");
}

#[test]
fn what_changed_is_told_by_the_records_that_changed_it() {
    let directory = Directory::new();
    let server = demo(&directory);
    let path = format!("receivables/changed?as_of={DAY}&since=1100&lang=en");
    let html = page(&server.url, &format!("/reports/{path}"));
    check(&path, &html);
    let query = path.replace("/changed", "/restatement").replace("&lang=en", "");
    let answer = page(&server.url, &format!("/v1/reports/{query}")).json();
    let changes = answer["changes"].as_array().expect("changes");
    assert!(!changes.is_empty(), "something changed: {answer}");
    for change in changes {
        for (column, moved) in change["moved"].as_object().expect("columns") {
            let difference = moved["difference"].as_str().map(english);
            let is_there =
                difference.is_none_or(|said| html.text.contains(&format!("<bdi>{said}</bdi>")));
            assert!(is_there, "{column}: {moved}");
        }
        for step in change["steps"].as_array().expect("steps").iter().take(60) {
            let link = format!("/log/{}?", step["position"]);
            assert!(html.text.contains(&link), "{link}");
        }
    }
}

#[test]
fn a_pinned_page_stays_what_it_is() {
    let directory = Directory::new();
    let server = demo(&directory);
    let now = page(&server.url, "/reports/receivables?group=client&lang=en");
    let mut links = values(&now.text, "href").filter(|it| it.starts_with("/reports/"));
    let pinned = links.find(|it| it.contains("known_at="));
    let pinned = pinned.expect("a link that never changes");
    let main = |answer: &Answer| {
        let text = answer.text.split("<main").nth(1).and_then(|it| it.split("</main>").next());
        text.expect("a main part").to_owned()
    };
    let before = page(&server.url, &pinned);
    // On the day that is shown: that of the last record.
    let last = server.get(&format!("/v1/events/{EVENTS}")).json();
    let day = last["occurred_at"].as_str().expect("a time").get(..10).expect("a day").to_owned();
    let line = json!({
        "line": "1", "text": "x", "qty": "1", "price": "77", "net": "77", "tax": "0",
    });
    let more = draft(
        "invoice.issued",
        &day,
        json!({
            "invoice": "LATE-1", "client": "C-1", "due_on": day, "lines": [line],
            "total": {"amount": "77.00", "currency": "EUR"},
        }),
    );
    let said = server.post("/v1/events", &more);
    assert_eq!(said.status, 201, "{}", said.text);
    let after = page(&server.url, &pinned);
    let past = "newer records are left out";
    assert!(!before.text.contains(past) && after.text.contains(past), "it is said");
    // Besides that line, nothing moves.
    let told = |text: String| {
        let (before, rest) = text.split_once("<section").expect("a section");
        assert!(before.len() < 20_000, "what is told stands in sections");
        rest.to_owned()
    };
    assert_eq!(told(main(&before)), told(main(&after)));
    let fresh = page(&server.url, "/reports/receivables?group=client&lang=en");
    assert_ne!(told(main(&before)), told(main(&fresh)), "and now is another answer");
}

#[test]
fn what_is_hostile_stays_a_text_and_every_id_an_address() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    let hostile = "<script>alert(1)</script>\" onmouseover=\"x \u{202e}txt.exe &amp; '";
    let ids = ["A/B", "..", ".", "a:b", "C.d_e-f/../g", "%2F", "-"];
    let mut events = opening();
    for id in ids.iter().filter(|id| !id.contains('%')) {
        let data = json!({"client": id, "name": hostile, "kind": "org"});
        events.push(draft("client.registered", "2025-01-02", data));
    }
    assert_eq!(server.post("/v1/events", &json!({ "events": events })).status, 201);
    let list = page(&server.url, "/clients?lang=en");
    check("/clients", &list);
    assert!(list.text.contains("[U+202E]") && !list.text.contains('\u{202e}'), "{}", list.text);
    assert!(list.text.contains("&lt;script&gt;"), "{}", list.text);
    let links: Vec<String> =
        values(&list.text, "href").filter(|it| it.starts_with("/clients/")).collect();
    assert_eq!(links.len(), ids.len(), "{links:?}");
    for link in &links {
        let answer = page(&server.url, link);
        assert_eq!(answer.status, 200, "{link}: {}", answer.text);
        check(link, &answer);
        assert!(!answer.text.contains('\u{202e}'), "{link}");
        let title = answer.text.split("<title>").nth(1).and_then(|it| it.split('<').next());
        assert!(!title.unwrap_or_default().contains("script"), "{link}: no name in the title");
    }
    for path in [
        "/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/reports/%3Cscript%3E",
        "/reports/receivables?group=%22%3E%3Cscript%3E",
        "/reports/receivables/why?row=%3Cscript%3E%E2%80%AE&column=gross",
        "/?as_of=%3Cscript%3E",
        "/clocks?to=//evil.example/%22%3E%3Cscript%3E",
        "/log?actor=%3Cscript%3E",
    ] {
        let answer = page(&server.url, path);
        check(path, &answer);
        assert!(!answer.text.contains('\u{202e}') && !answer.text.contains("evil"), "{path}");
    }
    // Nobody is sent away from here.
    for to in ["//evil.example/", "https://evil.example/", "/\\evil.example", "/v1/me", ""] {
        let answer = page(&server.url, &format!("/clocks?to={to}&go=1&as_of=2025-01-31"));
        assert_eq!((answer.status, answer.header("location")), (303, "/?as_of=2025-01-31"), "{to}");
    }
    let chosen = page(&server.url, "/clocks?to=%2Freports%2Fsales%3Fby%3Dmonth&go=1&known_at=3");
    assert_eq!(chosen.header("location"), "/reports/sales?by=month&known_at=3");
}

#[test]
fn a_page_shows_what_its_caller_may_see_and_no_more() {
    let (house, one, two) = of_two();
    for (secret, own, other) in [(&one, "C1", "C2"), (&two, "C2", "C1")] {
        for path in ["/", "/clients", "/deals", "/log", "/reports/receivables?group=client"] {
            let answer = page_as(&house, secret, path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            check(path, &answer);
            let theirs = format!(">{other}<");
            assert!(!answer.text.contains(&theirs), "{path} tells {own} of {other}");
        }
        let list = page_as(&house, secret, "/clients");
        assert!(list.text.contains(&format!(">{own}<")), "{own}: {}", list.text);
        assert_eq!(page_as(&house, secret, &format!("/clients/{own}")).status, 200);
        // What belongs to somebody else is as what is not there.
        let [theirs, none] = [other, "C9"].map(|id| {
            let answer = page_as(&house, secret, &format!("/clients/{id}"));
            (answer.status, answer.text.replace(id, "…"))
        });
        assert_eq!((theirs.0, theirs.1), (404, none.1), "{other} for {own}");
        let found = page_as(&house, secret, &format!("/search?q={other}"));
        assert!(found.status == 200 && !found.text.contains(&format!("/clients/{other}")));
        let owed = page_as(&house, secret, "/reports/receivables?lang=en");
        assert!(owed.text.contains("a part of the company"), "{}", owed.text);
        for (path, status) in [
            ("/reports/trial_balance", 403),
            ("/reports/trial_balance/why?row=x&column=debit", 403),
            ("/reports/trial_balance/changed?since=1", 403),
            ("/users", 403),
        ] {
            let (page, answer) =
                (page_as(&house, secret, path), page_as(&house, secret, &format!("/v1{path}")));
            assert_eq!(page.status, status, "{path}: {}", page.text);
            check(path, &page);
            let is_route = answer.status != 404 && answer.status != 400;
            assert!(!is_route || answer.status == status, "{path}: {}", answer.text);
        }
    }
}

#[test]
fn whoever_is_nobody_is_sent_to_sign_in_and_the_console_can_be_left_out() {
    let house = House::new();
    let url = &house.server.url;
    for (name, secret) in [("nobody", ""), ("a stranger", "Bearer sijil_AAAAAAAAAAAAAAAAAAAA")] {
        for path in ["/", "/reports", "/clients/C1", "/log/1", "/search?q=C1"] {
            let answer = ask(url, "GET", path, &[("authorization", secret)], None).expect("asked");
            assert_eq!(
                (answer.status, answer.header("location")),
                (303, "/sign-in"),
                "{name}: {path}"
            );
            assert!(answer.text.is_empty(), "{name}: {path}");
        }
    }
    let css = values(&page(url, "/reports").text, "href").find(|it| it.ends_with("console.css"));
    let css = css.expect("a style sheet");
    let style = ask(url, "GET", &css, &[("authorization", "")], None).expect("asked");
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(
        style.header("cache-control").contains("immutable"),
        "{}",
        style.header("cache-control")
    );
    let old = css.replace("/assets/", "/assets/0");
    assert_eq!(page(url, &old).status, 404, "another style has another address");
    // What is no page is what it was.
    for path in ["/nothing", "/reportss", "/clients/C1/more", "/log/x"] {
        assert_eq!(page(url, path).problem(), "not_found", "{path}");
    }
    let posted = ask(url, "POST", "/reports", &[], Some("")).expect("asked");
    assert_eq!(posted.problem(), "not_found");
    let directory = Directory::new();
    let (server, _) = Server::start_with_more(&directory.path(), &["--no-console"]);
    assert_eq!(page(&server.url, "/reports").problem(), "not_found");
    assert!(page(&server.url, &css).problem() == "not_found");
}
