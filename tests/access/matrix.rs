//! Every route, asked by everybody. Invariant: `matrix.txt` was written by hand, and a running
//! server answers as it says; a route without a row fails.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{
    house::{House, ROLES},
    sessions,
};

/// Who may ask a route.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    Anybody,
    Everybody,
    Roles(BTreeSet<String>),
}

/// The table: method and path of a route, or `report` and its name, to who may ask it.
fn table() -> BTreeMap<(String, String), Who> {
    let (mut who, mut table) = (Who::Anybody, BTreeMap::new());
    let text = include_str!("matrix.txt");
    for line in text.lines().skip_while(|line| *line != "anybody") {
        if let Some(row) = line.strip_prefix('|') {
            let (method, paths) =
                row.trim_end_matches([' ', '|']).split_once('|').expect("a method and paths");
            for path in paths.split_whitespace() {
                let row = (method.trim().to_owned(), path.to_owned());
                assert_eq!(table.insert(row, who.clone()), None, "{line}: {path} stands twice");
            }
        } else if !line.is_empty() {
            let names = line.split(':').next().expect("names");
            who = match names {
                "anybody" => Who::Anybody,
                "everybody" => Who::Everybody,
                names => Who::Roles(names.split(' ').map(ToOwned::to_owned).collect()),
            };
        }
    }
    table
}

/// Who may ask a route, by the table.
fn expected(table: &BTreeMap<(String, String), Who>, method: &str, path: &str) -> Option<Who> {
    let find = |method: &str, name: &str| table.get(&(method.to_owned(), name.to_owned())).cloned();
    find(method, path).or_else(|| {
        let kind = path.strip_prefix("/v1/")?.split('/').next()?;
        find("entities", kind).filter(|_| method == "get")
    })
}

/// A path that can be asked.
fn filled(path: &str) -> String {
    path.replace("{position}", "1")
        .replace("{type}", "client.renamed")
        .replace("/docs/problems/{name}", "/docs/problems/busy")
        .replace("{name}", "none")
        .replace("{id}", "nobody")
        .replace("{level}", "0")
        .replace("{tile}", "000.p/1")
        .replace("{code}", "none")
}

/// The status of an answer to somebody who shows a secret.
fn status(house: &House, secret: Option<&str>, method: &str, path: &str) -> u16 {
    let bearer = secret.map(|secret| ("authorization", format!("Bearer {secret}")));
    status_with(house, method, path, bearer.as_slice())
}

/// The status of an answer, whose body is not waited for.
fn status_with(house: &House, method: &str, path: &str, headers: &[(&str, String)]) -> u16 {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("{}{path}", house.server.url);
    let mut request =
        ureq::http::Request::builder().method(method.to_uppercase().as_str()).uri(url);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let response = agent.run(request.body(()).expect("a request")).expect("it answers");
    response.status().as_u16()
}

/// Credentials that are good for nothing, by what is wrong with them.
fn useless(house: &House) -> Vec<(&'static str, String)> {
    house.user("keyholder", None, "keyholder");
    house.user("suspended", None, "keyholder");
    let (_, suspended) = house.key("user:suspended", json!({}));
    house.say("user.suspended", json!({"user": "suspended", "reason": "for the test"}));
    let (revoked_key, revoked) = house.key("user:keyholder", json!({}));
    house.say("key.revoked", json!({"key": revoked_key, "reason": "for the test"}));
    let (_, elsewhere) = house.key("user:keyholder", json!({"networks": ["192.0.2.0/24"]}));
    let (old, replaced) = house.key("user:keyholder", json!({}));
    house.key("user:keyholder", json!({"replaces": old}));
    let other = House::new();
    other.user("keyholder", None, "keyholder");
    let (_, of_another) = other.key("user:keyholder", json!({}));
    vec![
        ("malformed", "sijil_nothing".to_owned()),
        ("suspended user", suspended),
        ("revoked", revoked),
        ("another network", elsewhere),
        ("replaced", replaced),
        ("another ledger's", of_another),
    ]
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table, asked by everybody")]
fn every_route_admits_whom_the_table_names() {
    let (house, table) = (House::new(), table());
    // Of each role one that may ask quickly.
    house.user("answers", None, "operator");
    let mut secrets = Vec::new();
    for role in ROLES {
        house.service(role, role);
        secrets.push((role, house.key(&format!("service:{role}"), json!({})).1));
    }
    let useless = useless(&house);
    house.user("U-cookie", None, "auditor");
    let cookie = sessions::signed_in(&house.server.url, &house.key("user:U-cookie", json!({})).1);
    let mut used = BTreeSet::new();
    let (mut asked, mut wrong) = (0, Vec::new());
    let mut check = |what: String, secret: Option<&str>, got: u16, admitted: bool, known: bool| {
        asked += 1;
        let fits = match (admitted, known) {
            (true, _) => got != 401 && got != 403,
            (false, true) => got == 403,
            (false, false) => got == 401,
        };
        if !fits {
            wrong.push(format!("{what} ({}): {got}", secret.map_or("none", |_| "sent")));
        }
    };
    let routes = sijil_http::listed();
    for route in &routes {
        let text = |name: &str| route[name].as_str().expect("a text").to_owned();
        let (method, path) = (text("method"), text("path"));
        if method == "get" && path.starts_with("/v1/reports/{name}") {
            continue;
        }
        let who = expected(&table, &method, &path);
        let Some(who) = who else { panic!("{method} {path} has no row in matrix.txt") };
        used.insert((method.clone(), path.split('/').nth(2).unwrap_or_default().to_owned()));
        let at = filled(&path);
        for (role, secret) in &secrets {
            let admitted = match &who {
                Who::Anybody | Who::Everybody => true,
                Who::Roles(roles) => roles.contains(*role),
            };
            let got = status(&house, Some(secret), &method, &at);
            check(format!("{role} {method} {path}"), Some(secret), got, admitted, true);
        }
        let anybody = who == Who::Anybody;
        let got = status(&house, None, &method, &at);
        check(format!("nobody {method} {path}"), None, got, anybody, false);
        for (what, secret) in &useless {
            let got = status(&house, Some(secret), &method, &at);
            check(format!("{what} {method} {path}"), Some(secret), got, anybody, false);
        }
        // What changes something is refused to a page of another site, whoever it is for.
        let (site, cookie) = ("sec-fetch-site", ("cookie", sessions::cookie(&cookie)));
        let foreign = [cookie.clone(), (site, "cross-site".to_owned())];
        let got = status_with(&house, &method, &at, &foreign);
        let (admitted, known) = (anybody && method == "get", method != "get");
        check(format!("cookie cross-site {method} {path}"), Some("cookie"), got, admitted, known);
        // Signing out is not what it is for.
        if !anybody {
            let own = [cookie, (site, "same-origin".to_owned())];
            let got = status_with(&house, &method, &at, &own);
            let admitted =
                who == Who::Everybody || matches!(&who, Who::Roles(all) if all.contains("auditor"));
            check(format!("cookie {method} {path}"), Some("cookie"), got, admitted, true);
        }
    }
    for report in sijil_projections::reports::all() {
        let row = ("report".to_owned(), report.name.to_owned());
        let Some(Who::Roles(roles)) = table.get(&row) else {
            panic!("the report {} has no row in matrix.txt", report.name)
        };
        for view in ["", "/explain?row=x", "/restatement?since=1"] {
            let path = format!("/v1/reports/{}{view}", report.name);
            for (role, secret) in &secrets {
                let got = status(&house, Some(secret), "get", &path);
                let admitted = roles.contains(*role);
                check(format!("{role} {path}"), Some(secret), got, admitted, true);
            }
            let got = status(&house, None, "get", &path);
            check(format!("nobody {path}"), None, got, false, false);
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "of {asked}");
    println!("row 15: {asked} requests to {} routes and every report", routes.len());
    let kinds: BTreeSet<String> = used.into_iter().map(|(_, kind)| kind).collect();
    let unused: Vec<_> =
        table.keys().filter(|(what, name)| what == "entities" && !kinds.contains(name)).collect();
    assert!(unused.is_empty(), "rows of no route: {unused:?}");
}

/// Whatever is wrong with a credential, one answer is given.
#[test]
fn a_credential_that_is_no_good_is_told_nothing() {
    let house = House::new();
    let mut bodies = BTreeSet::new();
    for (what, secret) in useless(&house) {
        let answer = house.ask(&secret, "GET", "/v1/me", None);
        assert_eq!((answer.status, answer.problem().as_str()), (401, "bad_credential"), "{what}");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"sijil\"");
        let mut body = answer.json();
        body["request_id"] = Value::Null;
        bodies.insert(body.to_string());
    }
    assert_eq!(bodies.len(), 1, "{bodies:?}");
}
