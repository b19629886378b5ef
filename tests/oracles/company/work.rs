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

/// How a claim stands.
#[derive(PartialEq, Eq)]
enum Stand {
    Open,
    Resolved,
    Rejected,
}

/// A claim, naively.
struct Claim {
    opened: Timestamp,
    kind: String,
    answered: Option<Timestamp>,
    stands: Stand,
    /// The moments between which its clock does not run, and those between which it waits.
    stopped: Vec<(Timestamp, Option<Timestamp>)>,
    waits: Vec<(Timestamp, Option<Timestamp>)>,
    /// What its settlements cost; `None` where one is of a foreign currency.
    cost: Option<Decimal>,
}

/// How long some spans lasted, up to a moment where they still do.
fn lasted(spans: &[(Timestamp, Option<Timestamp>)], now: i64) -> i64 {
    spans.iter().map(|(from, to)| to.map_or(now, Timestamp::micros) - from.micros()).sum()
}

impl Claim {
    /// How long its clock ran by then.
    fn ran(&self, now: i64) -> i64 {
        now - self.opened.micros() - lasted(&self.stopped, now)
    }
    /// How long it was open until it was resolved, without the time it waited.
    fn resolution(&self, now: i64) -> Option<(i64, i64)> {
        let ran = self.ran(now);
        (self.stands == Stand::Resolved).then(|| (ran, ran - lasted(&self.waits, now)))
    }
}

/// A task, naively.
struct Task {
    assigned: Timestamp,
    assignee: String,
    due: Timestamp,
    first_due: Timestamp,
    done: Option<Timestamp>,
    cancelled: bool,
}

pub fn claims_and_tasks(asked: &Asked<'_>, _: &mut Random) -> usize {
    let (mut claims, mut tasks): (BTreeMap<String, Claim>, BTreeMap<String, Task>) =
        Default::default();
    let base = asked.base();
    for record in asked.records(&asked.as_of) {
        let at = record.occurred_at();
        match &record.event {
            Event::Claims(e) => claim(&mut claims, e, at, &base),
            Event::Tasks(Tasks::TaskAssigned(e)) => {
                let task = Task {
                    assigned: at,
                    assignee: e.assignee.to_string(),
                    due: e.due,
                    first_due: e.due,
                    done: None,
                    cancelled: false,
                };
                tasks.insert(e.task.to_string(), task);
            }
            Event::Tasks(Tasks::TaskCancelled(e)) => {
                tasks.get_mut(e.task.as_str()).expect("it was assigned").cancelled = true;
            }
            Event::Tasks(Tasks::TaskReassigned(e)) => {
                let task = tasks.get_mut(e.task.as_str()).expect("it was assigned");
                task.assignee = e.to.to_string();
            }
            Event::Tasks(Tasks::TaskDueChanged(e)) => {
                tasks.get_mut(e.task.as_str()).expect("it was assigned").due = e.due;
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
    let claims: Vec<Claim> = claims.into_values().filter(|c| within(c.opened)).collect();
    let tasks: Vec<Task> = tasks.into_values().collect();
    let due_within = |due: fn(&Task) -> Timestamp| {
        tasks.iter().filter(|task| within(due(task))).map(|task| (task, due(task))).collect()
    };
    of_claims(asked, now, &claims)
        + of_tasks(asked, now, ("last", due_within(|task| task.due)))
        + of_tasks(asked, now, ("first", due_within(|task| task.first_due)))
}

fn claim(claims: &mut BTreeMap<String, Claim>, event: &Claims, at: Timestamp, base: &str) {
    if let Claims::ClaimOpened(e) = event {
        let claim = Claim {
            opened: at,
            kind: e.kind.to_string(),
            answered: None,
            stands: Stand::Open,
            stopped: Vec::new(),
            waits: Vec::new(),
            cost: Some(Decimal::ZERO),
        };
        claims.insert(e.claim.to_string(), claim);
        return;
    }
    let id = match event {
        Claims::ClaimOpened(e) => &e.claim,
        Claims::ClaimResponded(e) => &e.claim,
        Claims::ClaimStatusChanged(e) => &e.claim,
        Claims::ClaimResolved(e) => &e.claim,
        Claims::ClaimRejected(e) => &e.claim,
        Claims::ClaimReopened(e) => &e.claim,
        Claims::ClaimAssigned(e) => &e.claim,
        Claims::WarrantyStarted(_) | Claims::ServicePerformed(_) => return,
    };
    let claim = claims.get_mut(id.as_str()).expect("it was opened");
    let mut ends_wait = || {
        if let Some((_, end @ None)) = claim.waits.last_mut() {
            *end = Some(at);
        }
    };
    match event {
        Claims::ClaimResponded(_) => drop(claim.answered.get_or_insert(at)),
        Claims::ClaimStatusChanged(e) => {
            ends_wait();
            if e.to == ClaimStatus::WaitingClient {
                claim.waits.push((at, None));
            }
        }
        Claims::ClaimResolved(_) | Claims::ClaimRejected(_) => {
            ends_wait();
            claim.stopped.push((at, None));
            let is_resolved = matches!(event, Claims::ClaimResolved(_));
            claim.stands = if is_resolved { Stand::Resolved } else { Stand::Rejected };
            if let Claims::ClaimResolved(e) = event
                && let Some(cost) = &e.cost
            {
                let own = cost.currency.to_string() == base;
                claim.cost = claim.cost.filter(|_| own).map(|sum| sum + cost.amount.get());
            }
        }
        Claims::ClaimReopened(_) => {
            claim.stopped.last_mut().expect("it was closed").1 = Some(at);
            claim.stands = Stand::Open;
        }
        _ => (),
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
        let resolutions: Vec<(i64, i64)> =
            of.iter().filter_map(|claim| claim.resolution(now)).collect();
        let rate = |took: &dyn Fn(&Claim) -> Option<i64>, ran: &dyn Fn(&Claim) -> i64, most| {
            let met = of.iter().filter(|c| took(c).is_some_and(|took| took <= most)).count();
            let judged = of.iter().filter(|c| took(c).is_some() || ran(c) > most).count();
            shown(count(met) * Decimal::ONE_HUNDRED, count(judged))
        };
        let stand = |stand: Stand| of.iter().filter(|claim| claim.stands == stand).count();
        let closed = of.iter().filter(|claim| !claim.stopped.is_empty()).count();
        let reopened =
            of.iter().filter(|claim| claim.stopped.iter().any(|(_, end)| end.is_some())).count();
        let figures = [
            ("claims", of.len()),
            ("answered", answers.len()),
            ("resolved", resolutions.len()),
            ("rejected", stand(Stand::Rejected)),
            ("open", stand(Stand::Open)),
        ];
        for (name, figure) in figures {
            assert_eq!(number(&row[name]), count(figure), "{name} of {row:?}");
        }
        assert_eq!(row["first_response_h"], median(answers), "{row:?}");
        let (gross, net) = resolutions.into_iter().unzip();
        assert_eq!(row["resolution_h"], median(gross), "{row:?}");
        assert_eq!(row["net_h"], median(net), "{row:?}");
        let answer = |claim: &Claim| claim.answered.map(|at| since(claim, at));
        let age = |claim: &Claim| now - claim.opened.micros();
        assert_eq!(row["within_sla"], rate(&answer, &age, 24 * HOUR), "{row:?}");
        // The clock of a rejected one says nothing.
        let settled = |claim: &Claim| claim.resolution(now).map(|(gross, _)| gross);
        let ran = |claim: &Claim| {
            if claim.stands == Stand::Open { claim.ran(now) } else { 0 }
        };
        assert_eq!(row["within_resolve"], rate(&settled, &ran, 120 * HOUR), "{row:?}");
        let share = shown(count(reopened) * Decimal::ONE_HUNDRED, count(closed));
        assert_eq!(row["reopened"], share, "{row:?}");
        if let Some(cost) = of.iter().map(|claim| claim.cost).sum::<Option<Decimal>>() {
            assert_eq!(number(&row["cost"]), cost, "{row:?}");
        }
    }
    rows.len()
}

fn of_tasks(asked: &Asked<'_>, now: i64, (due, tasks): (&str, Vec<(&Task, Timestamp)>)) -> usize {
    let window = [
        ("group", "assignee"),
        ("due", due),
        ("from", asked.from.as_str()),
        ("to", asked.to.as_str()),
    ];
    let rows = asked.rows("tasks", &asked.as_of, &window).expect("no rate is asked");
    let mut who: Vec<&str> = tasks.iter().map(|(task, _)| task.assignee.as_str()).collect();
    who.sort_unstable();
    who.dedup();
    assert_eq!(rows.iter().map(|row| row["group"].as_str()).collect::<Vec<_>>(), who);
    for row in &rows {
        let of: Vec<&(&Task, Timestamp)> =
            tasks.iter().filter(|(task, _)| task.assignee == row["group"]).collect();
        let how_many = |is: &dyn Fn(&Task, Timestamp) -> bool| {
            of.iter().filter(|(t, due)| is(t, *due)).count()
        };
        let is_open = |task: &Task| task.done.is_none() && !task.cancelled;
        let done = how_many(&|task, _| task.done.is_some());
        let on_time = how_many(&|task, due| task.done.is_some_and(|done| done <= due));
        let overdue = how_many(&|task, due| is_open(task) && due.micros() < now);
        let days: Decimal = of
            .iter()
            .filter_map(|(task, _)| Some(task.done?.micros() - task.assigned.micros()))
            .map(Decimal::from)
            .sum();
        let figures = [
            ("assigned", of.len()),
            ("done", done),
            ("on_time", on_time),
            ("late", done - on_time),
            ("cancelled", how_many(&|task, _| task.cancelled)),
            ("open", how_many(&|task, _| is_open(task))),
            ("overdue", overdue),
        ];
        for (name, figure) in figures {
            assert_eq!(number(&row[name]), count(figure), "{name} of {row:?}");
        }
        let rate = shown(count(on_time) * Decimal::ONE_HUNDRED, count(done + overdue));
        assert_eq!(row["on_time_rate"], rate, "{row:?}");
        let mean = shown(days, count(done) * Decimal::from(24 * HOUR));
        assert_eq!(row["mean_days"], mean, "{row:?}");
    }
    rows.len()
}
