//! The demo company: whether the rules admit it, whether it is the same twice, and whether what it
//! says next works.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    process::Stdio,
};

use serde_json::{Value, json};
use sijil_demo::Company;

use crate::server::{Directory, code, keep_credential, opening, run, sijil, try_send};

fn fill(directory: &Directory, seed: u64, events: u64) -> std::process::Output {
    run(
        &directory.path(),
        &[
            "demo",
            "--no-serve",
            "--format",
            "json",
            "--seed",
            &seed.to_string(),
            "--events",
            &events.to_string(),
        ],
    )
}

fn report(output: &std::process::Output) -> Value {
    assert_eq!(
        code(output),
        0,
        "{}\n{}",
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout)
    );
    serde_json::from_slice(&output.stdout).expect("a report")
}

#[test]
fn the_rules_admit_every_event_and_twice_is_once() {
    for (seed, events) in [(1, 1), (2, 300), (3, 3_000), (4, 6_000), (5, 12_000)] {
        let directory = Directory::new();
        let made = report(&fill(&directory, seed, events));
        assert_eq!(
            (&made["recorded"], &made["refused"]),
            (&json!(events), &json!(0)),
            "seed {seed}, {events} events: {made}"
        );
        if events == 3_000 {
            let again = report(&fill(&directory, seed, events));
            assert_eq!(
                (&again["recorded"], &again["known"]),
                (&json!(0), &json!(events)),
                "{again}"
            );
        }
    }
}

#[test]
fn a_demo_that_is_there_is_served_at_once_and_one_that_was_cut_short_goes_on() {
    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let directory = Directory::new();
    // What a fill that was killed leaves: the beginning of the story.
    let beginning: String = Company::new(1, 3_000).take(1_234).map(|line| line + "\n").collect();
    let file = directory.file("beginning.ndjson", &beginning);
    report(&run(
        &directory.path(),
        &["import", "--format", "json", file.to_str().expect("a path")],
    ));
    let filled = fill(&directory, 1, 3_000);
    let made = report(&filled);
    assert_eq!(
        (&made["known"], &made["recorded"], &made["position"]),
        (&json!(1_234), &json!(1_766), &json!(3_000)),
        "{made}"
    );
    assert!(
        said(&filled).contains("1234 of 3000 events of this demo are here; it goes on from there"),
        "{}",
        said(&filled)
    );
    // Once whole, nothing is sent, whatever else was recorded there.
    let own = json!({
        "type": "client.registered", "occurred_at": "2025-12-31T00:00:00Z",
        "data": {"client": "mine", "name": "Mine", "kind": "org"},
    });
    let file = directory.file("own.json", &own.to_string());
    assert_eq!(code(&run(&directory.path(), &["record", file.to_str().expect("a path")])), 0);
    let filled = fill(&directory, 1, 3_000);
    let made = report(&filled);
    assert_eq!(
        (&made["known"], &made["recorded"], &made["position"]),
        (&json!(3_000), &json!(0), &json!(3_001)),
        "{made}"
    );
    assert!(
        said(&filled).contains("all 3000 events of this demo are here; nothing was sent"),
        "{}",
        said(&filled)
    );
}

#[test]
fn a_fill_that_is_killed_loses_nothing_and_the_next_one_ends_it() {
    let directory = Directory::new();
    let events = 20_000;
    let mut child = sijil()
        .args(["demo", "--no-serve", "--events", &events.to_string(), "--data"])
        .arg(directory.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let recorded = || {
        report(&run(&directory.path(), &["status", "--format", "json"]))["position"]
            .as_u64()
            .expect("a position")
    };
    while !directory.path().join("log").exists() || recorded() == 0 {
        assert!(
            child.try_wait().expect("it can be asked").is_none_or(|ended| ended.success()),
            "it fills"
        );
    }
    child.kill().expect("it is killed");
    child.wait().expect("it is gone");
    let before = recorded();
    let made = report(&fill(&directory, 1, events));
    assert_eq!(
        (&made["known"], &made["recorded"]),
        (&json!(before), &json!(events - before)),
        "{made}"
    );
    println!("killed after {before} of {events} events");
    assert_eq!(code(&run(&directory.path(), &["verify"])), 0);
}

fn types(seed: u64, events: u64) -> (BTreeMap<String, u64>, u64) {
    let (mut types, mut bytes) = (BTreeMap::new(), 0);
    for line in Company::new(seed, events) {
        let draft: Value = serde_json::from_str(&line).expect("a draft is JSON");
        *types.entry(draft["type"].as_str().expect("a type").to_owned()).or_default() += 1;
        bytes += line.len() as u64;
    }
    (types, bytes)
}

#[test]
fn it_tells_of_everything_and_in_the_same_measure_at_any_length() {
    let (small, bytes) = types(1, 20_000);
    let told: BTreeSet<&str> = small.keys().map(String::as_str).collect();
    // Access counts from when it is recorded, so nobody tells of it in a story of the past.
    let of_the_past = sijil_schemas::event::EVENT_TYPES.iter().filter(|t| t.family != "access");
    let all: BTreeSet<&str> = of_the_past.map(|t| t.name).collect();
    assert_eq!(told, all, "every event type that tells of the past, and no other");
    assert!((250..=320).contains(&(bytes / 20_000)), "{} bytes an event", bytes / 20_000);
    let (large, _) = types(1, 100_000);
    assert_eq!(large.values().sum::<u64>(), 100_000);
    for (name, count) in &large {
        // In thousandths of all events.
        let (before, after) = (small[name] / 20, count / 100);
        // Talk fills what is left of a day, and the longer the story, the more is left.
        let most = if *name == "interaction.recorded" { before } else { 4 + before / 4 };
        assert!(
            before.abs_diff(after) <= most,
            "{name}: {before} ‰ of 20,000 events, {after} ‰ of 100,000"
        );
    }
}

/// What is open on every invoice, and what each payment put where, by the drafts alone.
#[derive(Default)]
struct Naive {
    open: BTreeMap<String, i64>,
    put: BTreeMap<(String, String), i64>,
}

impl Naive {
    fn take(&mut self, draft: &Value, voided: &BTreeSet<String>) {
        if voided.contains(draft["id"].as_str().expect("an id")) {
            return;
        }
        let data = &draft["data"];
        let text = |member: &str| data[member].as_str().unwrap_or_default().to_owned();
        let cents = |value: &Value| {
            value.as_str().expect("an amount").replace('.', "").parse::<i64>().expect("hundredths")
        };
        let (invoice, payment) = (text("invoice"), text("payment"));
        let mut settled = 0;
        match draft["type"].as_str().expect("a type") {
            "invoice.issued" => settled = -cents(&data["total"]["amount"]),
            "invoice.written_off" => settled = cents(&data["amount"]),
            "payment.allocated" => settled = cents(&data["amount"]),
            "payment.unallocated" => settled = -cents(&data["amount"]),
            "credit_note.allocated" => settled = cents(&data["amount"]),
            "credit_note.unallocated" => settled = -cents(&data["amount"]),
            "credit_note.issued" if !invoice.is_empty() => {
                *self.open.entry(invoice.clone()).or_default() -= cents(&data["total"]["amount"]);
            }
            "payment.reversed" => {
                for ((_, invoice), put) in self.put.iter_mut().filter(|((by, _), _)| *by == payment)
                {
                    *self.open.entry(invoice.clone()).or_default() += std::mem::take(put);
                }
            }
            _ => (),
        }
        if settled != 0 {
            let open = self.open.entry(invoice.clone()).or_default();
            *open -= settled;
            assert!(settled < 0 || *open >= 0, "{open} open after {draft}");
            if !payment.is_empty() {
                *self.put.entry((payment, invoice)).or_default() += settled;
            }
        }
    }
}

#[test]
fn nothing_is_settled_beyond_itself_in_a_long_story() {
    for seed in [11, 12] {
        let story: Vec<Value> = Company::new(seed, 100_000)
            .map(|line| serde_json::from_str(&line).expect("a draft is JSON"))
            .collect();
        let target = |draft: &Value| {
            draft["data"]["target"]
                .as_str()
                .filter(|_| draft["type"] == "event.voided")
                .map(ToOwned::to_owned)
        };
        let voided: BTreeSet<String> = story.iter().filter_map(target).collect();
        let mut naive = Naive::default();
        story.iter().for_each(|draft| naive.take(draft, &voided));
        assert!(
            naive.open.len() > 1_000
                && naive.open.values().any(|open| *open > 0)
                && naive.open.values().any(|open| *open == 0)
        );
        assert!(voided.len() > 50);
    }
}

#[test]
fn the_same_seed_tells_the_same_story() {
    let story = |seed| Company::new(seed, 2_000).collect::<Vec<_>>();
    assert_eq!(story(9), story(9));
    assert_ne!(story(9), story(10));
}

#[test]
fn another_ledger_is_left_alone() {
    let directory = Directory::new();
    let file = directory.file("events.json", &json!({"events": opening()}).to_string());
    assert_eq!(code(&run(&directory.path(), &["record", file.to_str().expect("a path")])), 0);
    let refused = fill(&directory, 1, 300);
    assert_eq!(code(&refused), 1);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("holds another ledger (company acme)") && said.contains("--data DIR"),
        "{said}"
    );
    let other = Directory::new();
    report(&fill(&other, 1, 300));
    assert_eq!(code(&fill(&other, 2, 300)), 1, "another seed is another ledger");
}

#[test]
fn what_it_says_to_try_next_works() {
    let directory = Directory::new();
    let filled = run(&directory.path(), &["demo", "--no-serve", "--events", "2500"]);
    assert_eq!(code(&filled), 0, "{}", String::from_utf8_lossy(&filled.stderr));
    let said = String::from_utf8_lossy(&filled.stderr).into_owned();
    let lines: Vec<&str> = said
        .lines()
        .filter_map(|l| l.strip_prefix("  sijil "))
        .filter(|l| !l.ends_with("serve"))
        .collect();
    assert!(lines.len() >= 10, "{said}");
    for line in lines {
        let tried = sijil().args(line.split_whitespace()).output().expect("it runs");
        assert_eq!(code(&tried), 0, "sijil {line}: {}", String::from_utf8_lossy(&tried.stderr));
    }
    let mut child = sijil()
        .args(["demo", "--events", "2500", "--listen", "127.0.0.1:0", "--data"])
        .arg(directory.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let lines =
        BufReader::new(child.stderr.take().expect("stderr is piped")).lines().map_while(Result::ok);
    let mut urls = Vec::new();
    for line in lines {
        urls.extend(
            line.strip_prefix("  curl -H @")
                .and_then(|l| l.split_once(" '")?.1.strip_suffix('\''))
                .map(ToOwned::to_owned),
        );
        if line.ends_with("/v1/log'") {
            break;
        }
    }
    let answers: Vec<_> = urls
        .iter()
        .map(|url| {
            let (server, path) = url.split_at(url.find("/v1/").expect("a path of the interface"));
            keep_credential(server, &directory.path().join("keys/local"));
            try_send(server, "GET", path, &[], None).map(|answer| answer.status)
        })
        .collect();
    child.kill().expect("it is stopped");
    child.wait().expect("it is gone");
    assert!(answers.len() >= 5, "{urls:?}");
    for (url, answer) in urls.iter().zip(answers) {
        assert!(matches!(answer, Ok(200)), "{url}: {answer:?}");
    }
}
