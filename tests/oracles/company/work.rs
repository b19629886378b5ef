//! R26 and the tasks of R32 from the raw records. Invariant: see the parent.

use std::collections::BTreeMap;

use rust_decimal::{Decimal, RoundingStrategy};
use sijil_schemas::{
    ClaimStatus, Event,
    event::{Claims, Staff, Tasks},
    id::Kind,
    time::{Date, Timestamp},
};

use super::{Asked, number};
use crate::trade::history::Random;

const HOUR: i64 = 3_600 * 1_000_000;

/// A claim, naively.
struct Claim {
    opened: Timestamp,
    kind: String,
    answered: Option<Timestamp>,
    resolved: Option<Timestamp>,
    waits: Option<Timestamp>,
    waited: i64,
}

/// A task, naively.
struct Task {
    assigned: Timestamp,
    assignee: String,
    due: Timestamp,
    done: Option<Timestamp>,
}

pub fn claims_and_tasks(asked: &Asked<'_>, _: &mut Random) -> usize {
    let (mut claims, mut tasks): (BTreeMap<String, Claim>, BTreeMap<String, Task>) =
        Default::default();
    for record in asked.records(&asked.as_of) {
        let at = record.occurred_at();
        match &record.event {
            Event::Claims(e) => claim(&mut claims, e, at),
            Event::Tasks(Tasks::TaskAssigned(e)) => {
                let task =
                    Task { assigned: at, assignee: e.assignee.to_string(), due: e.due, done: None };
                tasks.insert(e.task.to_string(), task);
            }
            Event::Tasks(Tasks::TaskCompleted(e)) => {
                let task = tasks.get_mut(e.task.as_str()).expect("it was assigned");
                task.done.get_or_insert(at);
            }
            Event::Staff(Staff::WorkHandedOver(e)) => {
                for task in e.refs.iter().filter(|entity| entity.kind == Kind::Task) {
                    let task = tasks.get_mut(task.id()).expect("it was assigned");
                    task.assignee = e.to.to_string();
                }
            }
            _ => (),
        }
    }
    let zone = asked.world.views.company.zone();
    let (from, to): (Date, Date) = (asked.from.parse().unwrap(), asked.to.parse().unwrap());
    let within = |at: Timestamp| {
        let day = at.date(&zone);
        from <= day && day <= to
    };
    let now = asked.cut(&asked.as_of).before.micros() - 1;
    of_claims(asked, now, &claims.into_values().filter(|c| within(c.opened)).collect::<Vec<_>>())
        + of_tasks(asked, now, &tasks.into_values().filter(|t| within(t.due)).collect::<Vec<_>>())
}

fn claim(claims: &mut BTreeMap<String, Claim>, event: &Claims, at: Timestamp) {
    let known = "it was opened";
    match event {
        Claims::ClaimOpened(e) => {
            let (answered, resolved, waits) = (None, None, None);
            let kind = e.kind.to_string();
            let claim = Claim { opened: at, kind, answered, resolved, waits, waited: 0 };
            claims.insert(e.claim.to_string(), claim);
        }
        Claims::ClaimResponded(e) => {
            claims.get_mut(e.claim.as_str()).expect(known).answered.get_or_insert(at);
        }
        Claims::ClaimStatusChanged(e) => {
            let claim = claims.get_mut(e.claim.as_str()).expect(known);
            claim.waited += claim.waits.take().map_or(0, |since| at.micros() - since.micros());
            claim.waits = (e.to == ClaimStatus::WaitingClient).then_some(at);
        }
        Claims::ClaimResolved(e) => {
            let claim = claims.get_mut(e.claim.as_str()).expect(known);
            claim.waited += claim.waits.take().map_or(0, |since| at.micros() - since.micros());
            claim.resolved = Some(at);
        }
    }
}

/// A quotient as it is shown: two places, half away from zero.
fn shown(above: Decimal, below: Decimal) -> String {
    if below.is_zero() {
        return String::new();
    }
    let half = RoundingStrategy::MidpointAwayFromZero;
    let mut value = (above / below).round_dp_with_strategy(2, half);
    value.rescale(2);
    value.to_string()
}

/// The middle of some spans in hours, as it is shown.
fn median(mut spans: Vec<i64>) -> String {
    if spans.is_empty() {
        return String::new();
    }
    spans.sort_unstable();
    let (one, other) = (spans[(spans.len() - 1) / 2], spans[spans.len() / 2]);
    shown(Decimal::from(one) + Decimal::from(other), Decimal::from(2 * HOUR))
}

fn count(n: usize) -> Decimal {
    Decimal::from(n as u64)
}

fn of_claims(asked: &Asked<'_>, now: i64, claims: &[Claim]) -> usize {
    let window = [("group", "kind"), ("from", asked.from.as_str()), ("to", asked.to.as_str())];
    let Some(rows) = asked.rows("claims", &asked.as_of, &window) else { return 0 };
    let mut kinds: Vec<&str> = claims.iter().map(|claim| claim.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(rows.iter().map(|row| row["group"].as_str()).collect::<Vec<_>>(), kinds);
    for row in &rows {
        let of: Vec<&Claim> = claims.iter().filter(|claim| claim.kind == row["group"]).collect();
        let since = |claim: &Claim, at: Timestamp| at.micros() - claim.opened.micros();
        let answers: Vec<i64> =
            of.iter().filter_map(|claim| Some(since(claim, claim.answered?))).collect();
        let gross: Vec<i64> =
            of.iter().filter_map(|claim| Some(since(claim, claim.resolved?))).collect();
        let net: Vec<i64> = of
            .iter()
            .filter_map(|claim| Some(since(claim, claim.resolved?) - claim.waited))
            .collect();
        let rate = |done: &dyn Fn(&Claim) -> Option<Timestamp>, most: i64| {
            let took = |claim: &&&Claim| done(claim).map(|at| since(claim, at));
            let met = of.iter().filter(|c| took(c).is_some_and(|took| took <= most)).count();
            let judged =
                of.iter().filter(|c| took(c).is_some() || now - c.opened.micros() > most).count();
            shown(count(met) * Decimal::ONE_HUNDRED, count(judged))
        };
        let open = of.iter().filter(|claim| claim.resolved.is_none()).count();
        assert_eq!(number(&row["claims"]), count(of.len()), "{row:?}");
        assert_eq!(number(&row["answered"]), count(answers.len()), "{row:?}");
        assert_eq!(number(&row["open"]), count(open), "{row:?}");
        assert_eq!(row["first_response_h"], median(answers), "{row:?}");
        assert_eq!(row["resolution_h"], median(gross), "{row:?}");
        assert_eq!(row["net_h"], median(net), "{row:?}");
        assert_eq!(row["within_sla"], rate(&|claim| claim.answered, 24 * HOUR), "{row:?}");
        assert_eq!(row["within_resolve"], rate(&|claim| claim.resolved, 120 * HOUR), "{row:?}");
    }
    rows.len()
}

fn of_tasks(asked: &Asked<'_>, now: i64, tasks: &[Task]) -> usize {
    let window = [("group", "assignee"), ("from", asked.from.as_str()), ("to", asked.to.as_str())];
    let rows = asked.rows("tasks", &asked.as_of, &window).expect("no rate is asked");
    let mut who: Vec<&str> = tasks.iter().map(|task| task.assignee.as_str()).collect();
    who.sort_unstable();
    who.dedup();
    assert_eq!(rows.iter().map(|row| row["group"].as_str()).collect::<Vec<_>>(), who);
    for row in &rows {
        let of: Vec<&Task> = tasks.iter().filter(|task| task.assignee == row["group"]).collect();
        let done: Vec<&&Task> = of.iter().filter(|task| task.done.is_some()).collect();
        let on_time = done.iter().filter(|task| task.done <= Some(task.due)).count();
        let overdue =
            of.iter().filter(|task| task.done.is_none() && task.due.micros() < now).count();
        let days: Decimal = done
            .iter()
            .filter_map(|task| Some(task.done?.micros() - task.assigned.micros()))
            .map(Decimal::from)
            .sum();
        let figures = [
            ("assigned", of.len()),
            ("done", done.len()),
            ("on_time", on_time),
            ("late", done.len() - on_time),
            ("overdue", overdue),
            ("pending", of.len() - done.len() - overdue),
        ];
        for (name, figure) in figures {
            assert_eq!(number(&row[name]), count(figure), "{name} of {row:?}");
        }
        let rate = shown(count(on_time) * Decimal::ONE_HUNDRED, count(done.len() + overdue));
        assert_eq!(row["on_time_rate"], rate, "{row:?}");
        let mean = shown(days, count(done.len()) * Decimal::from(24 * HOUR));
        assert_eq!(row["mean_days"], mean, "{row:?}");
    }
    rows.len()
}
