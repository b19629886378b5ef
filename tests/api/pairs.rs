//! Every pair of parameters of every report over HTTP. Invariant: each answer is that of the same
//! ledger asked without a door, or a problem with the name of its error.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;
use sijil_ledger::{Caller, Desk, Ledger, Parts, Question};
use sijil_log::{
    embedded::{self, Options},
    machine::{Disk, SystemClock, SystemRandomness},
};
use sijil_projections::{
    report::{Parameter, ParameterKind, Report},
    reports,
};

use crate::server::{Directory, Server, code, run};

type Parameters = BTreeMap<String, String>;

/// The ledger in a data directory, asked beside the process that writes to it.
fn beside(data: &std::path::Path) -> Desk {
    let opened =
        embedded::open(Arc::new(Disk), data, &Options { read_only: true, ..Options::default() })
            .expect("the log opens");
    let (clock, randomness) = (Arc::new(SystemClock), Arc::new(SystemRandomness));
    let reader = Arc::new(opened.reader);
    Ledger::start(Parts {
        writer: None,
        read_only_because: None,
        reader,
        clock,
        randomness,
        snapshots: None,
        threads: 2,
        progress: None,
    })
    .expect("it starts")
    .desk_of_all(Caller::open())
}

/// Values that mean something in this ledger; some have no rows, one is wrong.
fn values(ledger: &Desk, parameter: &Parameter) -> Vec<String> {
    let some = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
    match parameter.kind {
        ParameterKind::Date | ParameterKind::Moment => some(&["2024-06-01", "2025-09-30"]),
        ParameterKind::Id(kind) => {
            let views = ledger.views();
            let all: Vec<String> = views
                .entities
                .of_kind(kind, views.now())
                .iter()
                .map(|(id, _)| (*id).to_owned())
                .collect();
            let middle = all.len() / 2;
            all.into_iter().skip(middle).take(1).chain(["no one & nobody".to_owned()]).collect()
        }
        ParameterKind::Choice(all) => some(all),
        ParameterKind::Count => some(&["3", "-3"]),
        ParameterKind::Decimal => some(&["70", "x"]),
        ParameterKind::Currency => some(&["EUR", "eur"]),
        ParameterKind::Flag => some(&["true", "false"]),
        ParameterKind::Attribute(_) => some(&["sales", "product", "region"]),
        ParameterKind::Text => match parameter.name {
            "account" => some(&["assets", "income"]),
            "unit" => some(&["EUR", "item:I-1"]),
            "before" => some(&["2025-06-30T00:00:00Z@900", "yesterday"]),
            "metric" => some(&["won_amount", "new_deals"]),
            "department" => some(&["sales-north", "nowhere"]),
            "role" => some(&["manager", "nobody"]),
            _ => some(&["sales", "product", "ä+b%2F&c=d"]),
        },
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// A question for each pair of values, with what must be given besides.
fn questions(
    ledger: &Desk,
    report: &'static Report,
    known_at: &str,
) -> Vec<((&'static str, &'static str), Parameters)> {
    let mut all = Vec::new();
    for (n, one) in report.parameters.iter().enumerate() {
        for other in &report.parameters[n + 1..] {
            for a in values(ledger, one) {
                for b in values(ledger, other) {
                    let mut asked: Parameters =
                        [(one.name.to_owned(), a.clone()), (other.name.to_owned(), b)].into();
                    for must in report.parameters.iter().filter(|parameter| parameter.required) {
                        asked
                            .entry(must.name.to_owned())
                            .or_insert_with(|| values(ledger, must).swap_remove(0));
                    }
                    if asked.contains_key("attribute") {
                        asked.entry("group".to_owned()).or_insert_with(|| "attribute".to_owned());
                    }
                    asked.insert("as_of".to_owned(), "2025-12-31".to_owned());
                    if all.len() % 3 == 0 {
                        asked.insert("known_at".to_owned(), known_at.to_owned());
                    }
                    all.push(((one.name, other.name), asked));
                }
            }
        }
    }
    all
}

#[test]
fn every_pair_of_parameters_is_answered_as_without_a_door() {
    let directory = Directory::new();
    let made = run(&directory.path(), &["demo", "--no-serve", "--events", "3000", "--seed", "9"]);
    assert_eq!(code(&made), 0, "{}", String::from_utf8_lossy(&made.stderr));
    let (server, ledger) = (Server::start(&directory.path()), beside(&directory.path()));
    let (mut pairs, mut lively, mut problems) =
        (BTreeSet::new(), BTreeSet::new(), BTreeMap::<String, u32>::new());
    // Pairs of which one means nothing beside the other; that no other is refused so is what the
    // oracles hold.
    let mut barred = BTreeSet::new();
    let (mut asked, mut rows) = (0, 0);
    for report in reports::all() {
        for ((one, other), parameters) in questions(&ledger, report, "2100") {
            let query: Vec<String> = parameters
                .iter()
                .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
                .collect();
            let path = format!("/v1/reports/{}?{}", report.name, query.join("&"));
            let answer = server.get(&path);
            match ledger.ask(&Question { report: report.name.to_owned(), parameters }) {
                Ok(expected) => {
                    let expected: Value =
                        serde_json::from_str(&serde_json::to_string(&expected).expect("JSON"))
                            .expect("JSON");
                    assert_eq!((answer.status, answer.json()), (200, expected), "{path}");
                    let found = answer.json()["rows"].as_array().map_or(0, Vec::len);
                    rows += found;
                    if found > 0 {
                        lively.insert((report.name, one, other));
                    }
                }
                Err(error) => {
                    assert_eq!(answer.problem(), error.name(), "{path}");
                    assert!(
                        (400..500).contains(&answer.status)
                            && answer.json()["detail"] == error.to_string(),
                        "{path}: {error}: {}",
                        answer.text
                    );
                    if error.name() == "unused_parameter" {
                        barred.insert((report.name, one, other));
                    }
                    *problems.entry(error.name().to_owned()).or_default() += 1;
                }
            }
            pairs.insert((report.name, one, other));
            asked += 1;
        }
    }
    println!(
        "row 7: {asked} questions over HTTP by {} pairs of parameters of {} reports, {} of them \
         with rows, {rows} rows; problems {problems:?}",
        pairs.len(),
        reports::all().count(),
        lively.len()
    );
    let all: usize = reports::all()
        .map(|report| report.parameters.len() * report.parameters.len().saturating_sub(1) / 2)
        .sum();
    let told = lively.union(&barred).count();
    assert!(
        pairs.len() == all && told >= all * 9 / 10,
        "{} of {all} pairs, {} with rows, {} barred",
        pairs.len(),
        lively.len(),
        barred.len()
    );
    assert!(lively.len() >= all * 4 / 5, "{} of {all} pairs with rows", lively.len());
}
