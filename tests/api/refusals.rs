//! Every no, as its caller sees it. Invariant: each name of a problem has one row in
//! `refusals.txt`, and the row is what a running server answered; a name without a row, or a row
//! without an answer, fails.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::SystemTime,
};

use serde_json::{Value, json};
use sijil_schemas::time::Timestamp;

use crate::malformed::{malformed, near};
use crate::{
    callers, faults,
    line::{draft as told, pairs, words},
    server::{Answer, Directory, Server, code, draft, invoice, opening, run},
};

/// Names that no request can provoke, each with the test that shows what is seen instead.
const NOT_OVER_HTTP: &[(&str, &str)] = &[(
    "position_beyond_head",
    "only `sijil replay --to` asks for a position to stop at: \
         a_replay_beyond_the_head_is_refused, below",
)];

/// The rows of the table: name, status, who provokes it, pointer, detail.
fn table() -> BTreeMap<String, Vec<String>> {
    let rows = include_str!("refusals.txt").lines().filter(|l| l.starts_with('|')).skip(1);
    let cells = rows
        .map(|l| l.trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect::<Vec<_>>());
    cells.map(|row| (row[0].clone(), row)).collect()
}

/// What was answered, by name: the first answer of each.
#[derive(Default)]
pub(crate) struct Seen(BTreeMap<String, Vec<String>>);

impl Seen {
    /// Takes an answer that must be this problem.
    pub(crate) fn take(&mut self, by: &str, name: &str, answer: &Answer) {
        assert_eq!(answer.problem(), name, "{by}: {}", answer.text);
        let body = answer.json();
        let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
        assert_eq!(body["type"], format!("/docs/problems/{name}"));
        assert_eq!(
            text("title").to_lowercase(),
            name.replace('_', " "),
            "{by}: the title is the name in words"
        );
        let row = vec![
            name.to_owned(),
            answer.status.to_string(),
            by.to_owned(),
            text("pointer"),
            text("detail").replace('|', "¦").replace('\n', " "),
        ];
        self.0.entry(name.to_owned()).or_insert(row);
    }
}

/// Whether a text is as expected, where `…` stands for anything.
fn fits(expected: &str, got: &str) -> bool {
    if !expected.contains('…') {
        return expected == got;
    }
    let mut rest = got;
    let parts: Vec<&str> = expected.split('…').collect();
    for (n, part) in parts.iter().enumerate() {
        let found = if n == 0 { rest.starts_with(part).then_some(0) } else { rest.find(part) };
        let Some(at) = found else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || parts.last().is_some_and(|p| p.is_empty())
}

/// The time of the server's clock, which is this machine's.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let micros = i64::try_from(since.as_micros()).expect("in range");
    Timestamp::from_micros(micros).expect("a moment of our time")
}

/// A story told to a server: what it records is recorded, what it says is refused must be.
struct Telling<'a> {
    by: &'a str,
    _directory: Directory,
    server: Server,
    waiting: Vec<Value>,
    ids: Vec<Value>,
    marks: BTreeMap<String, usize>,
}

impl Telling<'_> {
    fn of(by: &str) -> Telling<'_> {
        let directory = Directory::new();
        let server = Server::start(&directory.path());
        Telling {
            by,
            _directory: directory,
            server,
            waiting: Vec::new(),
            ids: Vec::new(),
            marks: BTreeMap::new(),
        }
    }
    fn reached(&self) -> usize {
        self.ids.len() + self.waiting.len()
    }
    fn position(&self, word: &str) -> usize {
        if word == "last" {
            self.reached()
        } else {
            self.marks
                .get(word)
                .copied()
                .unwrap_or_else(|| word.parse().expect("a mark or a position"))
        }
    }
    /// Records what waits, in one request.
    fn send(&mut self) {
        for some in std::mem::take(&mut self.waiting).chunks(500) {
            let answer = self.server.post("/v1/events", &json!({"events": some}));
            assert_eq!(answer.status, 201, "{}: {}", self.by, answer.text);
            self.ids.extend(
                answer.json()["events"].as_array().expect("events").iter().map(|e| e["id"].clone()),
            );
        }
    }
    fn void(&mut self, words: &[String]) -> Value {
        let target = self.position(&words[1]);
        self.send();
        draft(
            "event.voided",
            &words[0],
            json!({"target": self.ids[target - 1], "reason": "entered wrongly"}),
        )
    }
    fn draft(&mut self, words: &[String]) -> Value {
        if words[0] == "void" { self.void(&words[1..]) } else { told(words, now()) }
    }
    fn refused(&mut self, words: &[String], seen: &mut Seen) {
        let begun = self.begun();
        let draft = self.draft(&words[1..]);
        self.send();
        let answer = match begun.is_empty() {
            true => self.server.post("/v1/events", &draft),
            false => self.server.post(
                "/v1/events",
                &json!({"events": begun.iter().chain([&draft]).collect::<Vec<_>>()}),
            ),
        };
        self.waiting = begun;
        seen.take(self.by, &words[0], &answer);
    }
    /// Takes what waits of a document in parts that is not whole yet: it goes with what comes next.
    fn begun(&mut self) -> Vec<Value> {
        let opening = self.waiting.iter().rposition(|draft| !draft["data"]["parts"].is_null());
        let begun = opening.filter(|at| {
            self.waiting[*at]["data"]["parts"]
                .as_u64()
                .is_some_and(|parts| ((self.waiting.len() - at) as u64) < parts)
        });
        begun.map(|at| self.waiting.split_off(at)).unwrap_or_default()
    }
    fn fails(&mut self, words: &[String], seen: &mut Seen) {
        self.send();
        let value = |k: &str, v: &str| {
            if k == "known_at" {
                self.position(v).to_string()
            } else {
                v.replace('/', "%2F").replace('+', "%2B")
            }
        };
        let query: Vec<String> =
            pairs(&words[2..]).iter().map(|(k, v)| format!("{k}={}", value(k, v))).collect();
        let answer = self.server.get(&format!("/v1/reports/{}?{}", words[0], query.join("&")));
        seen.take(self.by, &words[1], &answer);
    }
}

fn tell(path: &Path, seen: &mut Seen) -> usize {
    let text = std::fs::read_to_string(path).expect("the story can be read");
    let by = path.file_name().expect("a name").to_string_lossy().into_owned();
    let lines: Vec<Vec<String>> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with(['#', '|']))
        .map(words)
        .collect();
    let says_no = |l: &Vec<String>| l[0] == "refused" || l[0] == "fails";
    let Some(last) = lines.iter().rposition(says_no) else { return 0 };
    let mut telling = Telling::of(&by);
    for (n, line) in lines[..=last].iter().enumerate() {
        match line[0].as_str() {
            "ledger" | "empty" if n > 0 && telling.reached() > 0 => telling = Telling::of(&by),
            _ => (),
        }
        match line[0].as_str() {
            "ledger" => {
                let data =
                    json!({"company": "acme", "time_zone": line[1], "base_currency": line[2]});
                telling.waiting.push(draft("ledger.opened", "2000-01-01", data));
            }
            // A story's clock stands in 2100, a server's does not.
            at if at.starts_with("2099") || at.starts_with("2100") => (),
            "empty" | "report" | "notes" | "state" | "history" | "differences" | "restated" => (),
            "mark" => drop(telling.marks.insert(line[1].clone(), telling.reached())),
            "refused" => telling.refused(&line[1..], seen),
            "fails" => telling.fails(&line[1..], seen),
            _ => {
                let draft = telling.draft(line);
                telling.waiting.push(draft);
            }
        }
    }
    lines.iter().filter(|l| says_no(l)).count()
}

/// Requests that are fine by themselves, and not here.
#[expect(clippy::too_many_lines, reason = "one row for each refusal")]
fn misplaced(server: &Server, seen: &mut Seen) {
    let by = "misplaced";
    let keyed = |name: &str| {
        let headers = [("content-type", "application/json"), ("idempotency-key", "again")];
        server.send(
            "POST",
            "/v1/events",
            &headers,
            Some(
                &draft("client.renamed", "2025-01-03", json!({"client": "C1", "name": name}))
                    .to_string(),
            ),
        )
    };
    assert_eq!(keyed("First").status, 201);
    seen.take(by, "idempotency_conflict", &keyed("Second"));
    let mut twice = draft("client.renamed", "2025-01-03", json!({"client": "C1", "name": "Third"}));
    twice["id"] = json!("00000000-0000-4000-8000-000000000001");
    seen.take(by, "id_twice", &server.post("/v1/events", &json!({"events": [twice, twice]})));
    let expect = json!({
        "events": [invoice("I1", "2025-01-31", "1.00")],
        "expect": [{"entity": "client:C1", "revision": 1}],
    });
    seen.take(by, "revision_conflict", &server.post("/v1/events", &expect));
    let ahead = draft("client.renamed", "2025-01-03", json!({"client": "C1", "name": "Fourth"}));
    let ahead = server.send(
        "POST",
        "/v1/events",
        &[("content-type", "application/json"), ("if-match", "\"99\"")],
        Some(&ahead.to_string()),
    );
    assert_eq!((ahead.status, ahead.problem().as_str()), (412, "revision_conflict"));
    assert!(
        ahead.text.contains(
            "expected revision 99, client:C1 is at 3 (it has not come that far: read it again)"
        ),
        "{}",
        ahead.text
    );
    for (path, name) in [
        ("/v1/events?from=", "from"),
        ("/v1/clients?as_of=", "as_of"),
        ("/v1/reports/trial_balance?as_of=", "as_of"),
    ] {
        let bare = server.get(&format!("{path}2025-01-31T09:00:00+02:00"));
        assert_eq!((bare.status, bare.problem().as_str()), (400, "invalid_query"), "{path}");
        assert!(
            bare.text.contains("write %2B") && bare.json()["parameter"] == name,
            "{}",
            bare.text
        );
        assert_eq!(server.get(&format!("{path}2025-01-31T09:00:00%2B02:00")).status, 200, "{path}");
    }
    near(server);
    seen.take(by, "not_found", &server.get("/v1/clients/C9"));
    seen.take(
        by,
        "unknown_host",
        &server.send("GET", "/healthz", &[("host", "evil.example")], None),
    );
    let another_site = [("sec-fetch-site", "cross-site")];
    seen.take(by, "cross_site", &server.send("POST", "/v1/events", &another_site, Some("{}")));
    seen.take(by, "credential_in_query", &server.get("/v1/log?api_key=abc"));
    seen.take(by, "method_not_allowed", &server.send("DELETE", "/v1/events", &[], None));
    seen.take(
        by,
        "not_acceptable",
        &server.send("GET", "/v1/reports/trial_balance", &[("accept", "image/png")], None),
    );
    seen.take(by, "invalid_query", &server.get("/v1/events?limit=1001"));
    for query in [
        "limit=0",
        "limit=x",
        "after=-1",
        "type=no.such",
        "family=none",
        "entity=C1",
        "from=soon",
        "as_of=soon",
        "known_at=soon",
        "colour=red",
    ] {
        assert_eq!(
            server.get(&format!("/v1/events?{query}")).problem(),
            "invalid_query",
            "{query}"
        );
    }
    seen.take(
        by,
        "follower_beyond_head",
        &server.send("GET", "/v1/events/stream", &[("last-event-id", "9999")], None),
    );
    for path in [
        "/v1/events/stream?after=9999",
        "/v1/events?after=9999",
        "/v1/events?after=9999&format=ndjson",
        "/v1/events?entity=client:C1&after=9999",
    ] {
        assert_eq!(
            (server.get(path).status, server.get(path).problem().as_str()),
            (409, "follower_beyond_head"),
            "{path}"
        );
    }
    seen.take(by, "as_of_required", &server.get("/v1/reports/receivables"));
    let beyond = server.get("/v1/reports/trial_balance?known_at=9999");
    assert_eq!(
        (beyond.status, beyond.problem().as_str()),
        (400, "known_at_beyond_head"),
        "in an event it is the rules that say no"
    );
    seen.take(by, "unknown_report", &server.get("/v1/reports/horoscope"));
    seen.take(by, "no_such_cell", &server.get("/v1/reports/trial_balance/explain?row=nobody,EUR"));
    seen.take(
        by,
        "unknown_projection",
        &server.send("POST", "/v1/projections/none/rebuild", &[], None),
    );
    assert_eq!(
        server.send("POST", "/v1/projections/none/rollback", &[], None).problem(),
        "unknown_projection"
    );
    assert_eq!(
        server.send("POST", "/v1/projections/trade/rebuild?switch=perhaps", &[], None).problem(),
        "invalid_query"
    );
    seen.take(
        by,
        "nothing_kept",
        &server.send("POST", "/v1/projections/trade/rollback", &[], None),
    );
}

#[test]
fn every_name_has_a_row_that_a_server_answers() {
    let mut seen = Seen::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    let mut stories: Vec<_> = std::fs::read_dir(folder)
        .expect("the stories")
        .map(|e| e.expect("an entry").path())
        .collect();
    stories.retain(|p| p.extension().is_some_and(|e| e == "story"));
    stories.sort();
    let refused: usize = stories.iter().map(|path| tell(path, &mut seen)).sum();
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    malformed(&server, &mut seen);
    misplaced(&server, &mut seen);
    for (name, answer) in callers::denied() {
        seen.take("callers", name, &answer);
    }
    for (name, answer) in faults::answers() {
        seen.take("faults", name, &answer);
    }
    let table = table();
    let names: BTreeSet<String> =
        sijil_http::problem_names().into_iter().map(ToOwned::to_owned).collect();
    let mut wrong: Vec<String> = Vec::new();
    for name in &names {
        if let Some((_, why)) = NOT_OVER_HTTP.iter().find(|(n, _)| n == name) {
            println!("{name}: {why}");
            continue;
        }
        match (table.get(name), seen.0.get(name)) {
            (None, None) => wrong.push(format!("{name} has no row, and nothing here provokes it")),
            (Some(_), None) => {
                wrong.push(format!("{name} has a row, and nothing here provokes it"));
            }
            (Some(row), Some(got))
                if row.len() == got.len() && row.iter().zip(got).all(|(e, g)| fits(e, g)) => {}
            (_, Some(got)) => wrong.push(format!("| {} |", got.join(" | "))),
        }
    }
    wrong.extend(
        table
            .keys()
            .filter(|row| !names.contains(*row))
            .map(|row| format!("{row} has a row, and is the name of no problem")),
    );
    assert!(
        wrong.is_empty(),
        "rows that are not in refusals.txt as they were answered:\n{}",
        wrong.join("\n")
    );
    println!(
        "{} names of problems, each shown by a body; {refused} refusals of {} stories over HTTP",
        seen.0.len(),
        stories.len()
    );
}

#[test]
fn a_replay_beyond_the_head_is_refused() {
    let directory = Directory::new();
    let file = directory.file("events.json", &json!({"events": opening()}).to_string());
    assert_eq!(code(&run(&directory.path(), &["record", file.to_str().expect("a path")])), 0);
    let output = run(&directory.path(), &["replay", "--to", "99"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_ne!(code(&output), 0);
    assert!(said.contains("expected a position up to the head 4, got 99"), "{said}");
}

#[test]
fn a_line_that_is_too_long_ends_an_import_and_the_lines_before_it_stay() {
    let directory = Directory::new();
    let server = Server::start(&directory.path());
    let lines: Vec<String> = opening().iter().map(ToString::to_string).collect();
    let answer = server.import(&format!("{}\n{}", lines.join("\n"), "x".repeat(1024 * 1024)));
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (413, "body_too_large"),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("line 5: expected at most 921600 bytes"), "{}", answer.text);
    let again = server.import(&lines.join("\n")).json();
    assert_eq!(again["refused"], 4, "they are recorded: {again}");
}
