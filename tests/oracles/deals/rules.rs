//! What compliance must say, by going through every stay. Invariant: nothing here knows the folds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sijil_schemas::time::Date;

use super::{
    naive::{Deal, Facts, Stay},
    reports::{Rows, listed_rank, percent},
};

const HOUR: i64 = 3_600_000_000;

struct Asked {
    deal: String,
    stage: String,
    requirement: String,
    owner: String,
    verdict: &'static str,
}

fn requirements(facts: &Facts, at: i64, stage: &str) -> Vec<Value> {
    let in_force = facts
        .in_force("regulation.defined", at)
        .map(|f| f.data["requirements"].as_array().cloned().unwrap_or_default());
    in_force.unwrap_or_default().into_iter().filter(|r| r["stage"] == stage).collect()
}

fn judge(facts: &Facts, deal: &Deal, stay: &Stay, requirement: &Value) -> (i64, &'static str) {
    let due = stay.from + requirement["due_h"].as_i64().expect("hours") * HOUR;
    let name = requirement["requirement"].as_str().expect("a key");
    let said = |event: &'static str| {
        let number = stay.number;
        deal.facts.iter().filter(move |f| {
            f.event == event
                && f.text("requirement") == name
                && f.data["visit"].as_u64() == Some(number)
        })
    };
    if said("deal.requirement_waived").next().is_some() {
        return (due, "waived");
    }
    let stated = said("deal.requirement_fulfilled").filter(|f| {
        let after_entry = (f.at, f.position) >= (stay.from, stay.from_position);
        after_entry
            && stay
                .to
                .as_ref()
                .is_none_or(|(at, position, ..)| (f.at, f.position) < (*at, *position))
    });
    let found = facts
        .evidence(deal, requirement)
        .into_iter()
        .filter(|at| *at >= stay.from && stay.to.as_ref().is_none_or(|to| *at < to.0));
    let verdict = match stated.map(|f| f.at).chain(found).min() {
        Some(at) if at <= due => "on time",
        Some(_) => "late",
        None if stay.to.is_some() || due < facts.cut => "missed",
        None => "pending",
    };
    (due, verdict)
}

fn asked(facts: &Facts, from: Date, to: Date) -> Vec<Asked> {
    let within = |at: i64| {
        from.start(&facts.zone).micros() <= at && at < to.plus_days(1).start(&facts.zone).micros()
    };
    let mut all = Vec::new();
    for deal in &facts.deals {
        let mut add = |stage: &str, requirement: &Value, owner: &str, verdict| {
            let (stage, requirement) =
                (stage.to_owned(), requirement["requirement"].as_str().expect("a key").to_owned());
            all.push(Asked {
                deal: deal.id.clone(),
                stage,
                requirement,
                owner: owner.to_owned(),
                verdict,
            });
        };
        for stay in deal.stays.iter().filter(|s| within(s.from)) {
            for requirement in requirements(facts, stay.from, &stay.stage) {
                let (due, verdict) = judge(facts, deal, stay, &requirement);
                add(&stay.stage, &requirement, deal.owner_at(due), verdict);
            }
        }
        let stages =
            facts.in_force("pipeline.defined", deal.opened).map(Facts::stages).unwrap_or_default();
        for (stage, rank, _) in
            stages.iter().filter(|s| deal.stays.iter().all(|stay| stay.stage != s.0))
        {
            let above = deal
                .stays
                .iter()
                .find(|s| facts.stage(deal, &s.stage, s.from).is_some_and(|(r, _)| r > *rank))
                .map(|s| s.from);
            let won = deal.close.as_ref().filter(|c| c.2).map(|c| c.0);
            if let Some(at) = above.or(won).filter(|at| within(*at)) {
                requirements(facts, at, stage)
                    .iter()
                    .for_each(|r| add(stage, r, deal.owner_at(at), "skipped"));
            }
        }
    }
    all
}

const JUDGED: [&str; 3] = ["on time", "late", "missed"];

fn deals_of(asked: &[&Asked], failed: bool) -> usize {
    let judged =
        asked.iter().filter(|a| JUDGED.contains(&a.verdict) && (!failed || a.verdict != "on time"));
    judged.map(|a| a.deal.as_str()).collect::<BTreeSet<_>>().len()
}

pub fn compliance(facts: &Facts, from: Date, to: Date) -> Rows {
    let all = asked(facts, from, to);
    let mut rows: BTreeMap<(i64, &str, &str), Vec<&Asked>> = BTreeMap::new();
    for a in &all {
        rows.entry((listed_rank(facts, &a.stage), &a.stage, &a.requirement)).or_default().push(a);
    }
    let row = |((_, stage, requirement), asked): (&(i64, &str, &str), &Vec<&Asked>)| {
        let n = |verdict: &str| asked.iter().filter(|a| a.verdict == verdict).count();
        let judged: usize = JUDGED.iter().map(|v| n(v)).sum();
        let mut row = vec![(*stage).to_owned(), (*requirement).to_owned(), judged.to_string()];
        row.extend(
            ["on time", "late", "missed", "pending", "waived", "skipped"].map(|v| n(v).to_string()),
        );
        row.extend([percent(n("on time"), judged), percent(n("on time") + n("late"), judged)]);
        row.extend(
            [deals_of(asked, false), deals_of(asked, false) - deals_of(asked, true)]
                .map(|n| n.to_string()),
        );
        row
    };
    rows.iter().map(row).collect()
}

pub fn compliance_by_owner(facts: &Facts, from: Date, to: Date) -> Rows {
    let all = asked(facts, from, to);
    let mut rows: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
    for a in &all {
        rows.entry(&a.owner).or_default().push(a);
    }
    let row = |(owner, asked): (&&str, &Vec<&Asked>)| {
        let n = |verdict: &str| asked.iter().filter(|a| a.verdict == verdict).count();
        let judged: usize = JUDGED.iter().map(|v| n(v)).sum();
        let counts =
            [judged, n("on time"), n("late"), n("missed"), n("skipped"), deals_of(asked, false)];
        std::iter::once((*owner).to_owned()).chain(counts.map(|n| n.to_string())).collect()
    };
    rows.iter().map(row).collect()
}
