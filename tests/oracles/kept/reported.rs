//! The reports on exports, on requests of persons and on permissions, against the raw records.
//! Invariant: a moment is a record's own, so that a report is asked between any two.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sijil_schemas::{Record, time::Date};

use super::history;
use crate::{
    access::{self, said},
    trade::history::Random,
    world::World,
};

const HISTORIES: u64 = 100;

type Rows = Vec<BTreeMap<&'static str, String>>;

fn asked(world: &World, report: &str, moment: &str, known_at: u64) -> Rows {
    let known_at = known_at.to_string();
    let parameters = [("as_of", moment), ("known_at", known_at.as_str())];
    World::rows(&world.report(report, &parameters).unwrap())
}

/// A value as a report shows it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(is) => if *is { "yes" } else { "no" }.to_owned(),
        other => other.to_string(),
    }
}

/// The records up to the nearer of both clocks: of access they are the same.
fn seen(world: &World, moment: u64, known_at: u64) -> u64 {
    assert!(world.records.iter().is_sorted_by_key(|record| record.recorded_at));
    moment.min(known_at)
}

fn ended<'a>(
    records: &'a [Record],
    seen: u64,
    name: &str,
    field: &str,
    id: &Value,
) -> Option<(&'a Record, Value)> {
    let names = [name];
    let mut all = said(records, seen, &names);
    let (position, data) = all
        .rfind(|(_, data)| data[field] == *id)
        .map(|(record, data)| (record.position.get(), data))?;
    Some((&records[usize::try_from(position).unwrap() - 1], data))
}

fn naive_exports(records: &[Record], seen: u64) -> BTreeSet<Vec<String>> {
    let row = |(record, data): (&Record, Value)| {
        let end = ended(records, seen, "data.exported", "export", &data["export"]);
        let of_end =
            |field: &str| end.as_ref().map_or(String::new(), |(_, end)| shown(&end[field]));
        let at = end.as_ref().map_or(String::new(), |(record, _)| record.recorded_at.to_string());
        vec![
            shown(&data["export"]),
            record.envelope.actor.to_string(),
            shown(&data["personal"]),
            record.recorded_at.to_string(),
            at,
            of_end("rows"),
            of_end("bytes"),
            of_end("whole"),
        ]
    };
    said(records, seen, &["export.begun"]).map(row).collect()
}

fn naive_requests(records: &[Record], seen: u64, today: Date) -> BTreeSet<Vec<String>> {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let row = |(_, data): (&Record, Value)| {
        let names = "subject_request.answered";
        let end = ended(records, seen, names, "request", &data["request"]);
        let due: Date = data["due_on"].as_str().unwrap().parse().unwrap();
        let on = end.as_ref().map_or(today, |(record, _)| record.recorded_at.date(&zone));
        let standing = match (end.is_some(), on > due) {
            (true, true) => "late",
            (true, false) => "answered",
            (false, true) => "overdue",
            (false, false) => "open",
        };
        let over = (0..).find(|days| due.plus_days(*days) >= on).unwrap();
        vec![
            shown(&data["request"]),
            shown(&data["subject"]),
            end.map_or(String::new(), |(_, end)| shown(&end["outcome"])),
            standing.to_owned(),
            over.to_string(),
        ]
    };
    said(records, seen, &["subject_request.received"]).map(row).collect()
}

fn picked(rows: &Rows, columns: &[&str]) -> BTreeSet<Vec<String>> {
    let all: BTreeSet<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|name| row[name].clone()).collect()).collect();
    assert_eq!(all.len(), rows.len(), "each row once");
    all
}

#[test]
fn exports_and_requests_are_what_the_records_say() {
    let (mut exports, mut requests) = (0, 0);
    for seed in 1..=HISTORIES {
        let (world, mut random) = (history(seed), Random::new(seed ^ 0x5EE));
        let head = world.records.len() as u64;
        for _ in 0..3 {
            let (moment, known_at) = (1 + random.below(head), 1 + random.below(head));
            let at = world.records[usize::try_from(moment).unwrap() - 1].recorded_at;
            let seen = seen(&world, moment, known_at);
            let told = asked(&world, "exports", &at.to_string(), known_at);
            let columns = ["export", "by", "personal", "begun", "ended", "rows", "bytes", "whole"];
            let expected = naive_exports(&world.records, seen);
            assert_eq!(picked(&told, &columns), expected, "SEED={seed} {moment} {known_at}");
            exports += expected.len();
            let told = asked(&world, "subject_requests", &at.to_string(), known_at);
            let columns = ["request", "subject", "outcome", "standing", "days_over"];
            let today = at.date(&jiff::tz::TimeZone::get("Europe/Berlin").unwrap());
            let expected = naive_requests(&world.records, seen, today);
            assert_eq!(picked(&told, &columns), expected, "SEED={seed} {moment} {known_at}");
            requests += expected.len();
        }
    }
    println!("{exports} exports, {requests} requests of {HISTORIES} histories");
    assert!(exports > 100 && requests > 100, "{exports} {requests}");
}

/// What each holder may by each grant, of roles that are defined: those that ship are written down
/// by hand in the story.
fn naive_permissions(records: &[Record], seen: u64, moment: &str) -> BTreeSet<Vec<String>> {
    let mut all = BTreeSet::new();
    for (_, data) in said(records, seen, &["permission.granted"]) {
        let of = |name: &str, field: &str, id: &Value| ended(records, seen, name, field, id);
        let suspended = |user: &str| {
            let names = ["user.enrolled", "user.suspended", "user.resumed"];
            let mut said = said(records, seen, &names);
            let newest = said.rfind(|(_, data)| data["user"] == user);
            newest.is_none_or(|(record, _)| record.event.event_type().name == "user.suspended")
        };
        let holder = data["to"].as_str().unwrap();
        let gone = of("permission.revoked", "grant", &data["grant"]).is_some()
            || holder.strip_prefix("user:").is_some_and(suspended)
            || data["from"].as_str().is_some_and(|from| moment < from)
            || data["until"].as_str().is_some_and(|until| until <= moment);
        let Some((_, role)) = of("role.defined", "role", &data["role"]).filter(|_| !gone) else {
            continue;
        };
        for right in role["rights"].as_array().unwrap() {
            let (own, given) = (scope(&right["scope"]), scope(&data["scope"]));
            let scope = match (own.as_str(), given.as_str()) {
                (_, "" | "all") => own,
                ("all", _) => given,
                _ if own == given => own,
                _ => format!("{own}&{given}"),
            };
            for may in right["may"].as_array().unwrap() {
                let row = [&data["to"], &data["grant"], &right["family"], may].map(shown);
                all.insert([row.to_vec(), vec![scope.clone()]].concat());
            }
        }
    }
    all
}

fn scope(scope: &Value) -> String {
    let Some((name, of)) = scope.as_object().and_then(|scope| scope.iter().next()) else {
        return shown(scope);
    };
    let of: Vec<&str> = of.as_array().unwrap().iter().map(|of| of.as_str().unwrap()).collect();
    format!("{name}:{}", of.join("+"))
}

#[test]
fn permissions_are_what_the_records_say() {
    let mut permissions = 0;
    for seed in 1..=HISTORIES {
        let (world, mut random) = (access::history(seed), Random::new(seed ^ 0x9E4));
        let head = world.records.len() as u64;
        for _ in 0..3 {
            let (moment, known_at) = (1 + random.below(head), 1 + random.below(head));
            let at = world.records[usize::try_from(moment).unwrap() - 1].recorded_at.to_string();
            let mut told = asked(&world, "permissions", &at, known_at);
            told.retain(|row| row["role"].starts_with('r'));
            let columns = ["holder", "grant", "family", "may", "scope"];
            let expected = naive_permissions(&world.records, seen(&world, moment, known_at), &at);
            assert_eq!(picked(&told, &columns), expected, "SEED={seed} {moment} {known_at}");
            permissions += expected.len();
        }
    }
    println!("{permissions} permissions of {HISTORIES} histories");
    assert!(permissions > 100, "{permissions}");
}
