//! What was reached, told record by record. Invariant: every event of a metric is credited once, to
//! somebody or to nobody.

use std::collections::BTreeMap;

use sijil_schemas::{
    Channel, Event, TargetScope,
    event::{Claims, Interactions, Invoices, Orders, Staff, Tasks},
    id::Kind,
};

use super::{
    Rows,
    credit::split,
    naive::{DAY, Naive, at, cents, median},
};

pub const METRICS: &[(&str, &str)] = &[
    ("won_amount", "owner"),
    ("won_amount", "tenure"),
    ("won_amount", "opener"),
    ("won_count", "owner"),
    ("win_rate", "owner"),
    ("new_deals", "owner"),
    ("interactions", "owner"),
    ("interactions_call", "owner"),
    ("response_time", "owner"),
    ("overdue_tasks", "owner"),
    ("claims", "owner"),
    ("order_amount", "owner"),
    ("orders", "owner"),
    ("collected_payments", "owner"),
    ("receivables_over_30", "owner"),
];

struct Event1 {
    who: Option<String>,
    at: i64,
    value: i128,
    cents: bool,
}

fn thing(who: &str, at: i64, value: i128, cents: bool) -> Event1 {
    Event1 { who: Some(who.to_owned()), at, value, cents }
}

fn money(amount: sijil_schemas::money::Amount) -> i128 {
    cents(&format!("{:.2}", amount.get()))
}

fn of_deals(naive: &Naive<'_>, metric: &str, credit: &str) -> Vec<Event1> {
    let mut events = Vec::new();
    for deal in naive.deals() {
        let who = if credit == "opener" { deal.opener } else { deal.owner_at_close(naive) };
        match (metric, deal.closed) {
            ("new_deals", _) => events.push(thing(deal.first_owner, deal.opened, 1, false)),
            ("win_rate", Some((at, won, _))) => events.push(thing(who, at, i128::from(won), false)),
            ("won_count", Some((at, true, _))) => events.push(thing(who, at, 1, false)),
            ("won_amount", Some((at, true, Some(value))))
                if credit == "tenure" && !deal.owned.is_empty() =>
            {
                let weights: Vec<i128> = deal.owned.iter().map(|(_, micros)| *micros).collect();
                events.extend(
                    deal.owned
                        .iter()
                        .zip(split(value, &weights))
                        .map(|((owner, _), part)| thing(owner, at, part, true)),
                );
            }
            ("won_amount", Some((at, true, Some(value)))) => {
                events.push(thing(who, at, value, true));
            }
            _ => (),
        }
    }
    events
}

impl super::naive::Deal<'_> {
    /// The owner at the last closing: what is said later in replay is later.
    fn owner_at_close<'n>(&'n self, naive: &'n Naive<'_>) -> &'n str {
        let Some((closed, ..)) = self.closed else { return self.owner };
        let mut owner = self.first_owner;
        for record in naive.records.iter().filter(|r| at(r) <= closed) {
            match &record.event {
                Event::Deals(sijil_schemas::event::Deals::DealOwnerChanged(e))
                    if e.deal.as_str() == self.id =>
                {
                    owner = e.to.as_str();
                }
                Event::Staff(Staff::WorkHandedOver(e))
                    if e.refs.iter().any(|x| x.kind == Kind::Deal && x.id() == self.id) =>
                {
                    owner = e.to.as_str();
                }
                Event::Deals(sijil_schemas::event::Deals::DealWon(e))
                    if e.deal.as_str() == self.id && at(record) == closed =>
                {
                    break;
                }
                Event::Deals(sijil_schemas::event::Deals::DealLost(e))
                    if e.deal.as_str() == self.id && at(record) == closed =>
                {
                    break;
                }
                _ => (),
            }
        }
        owner
    }
}

fn of_activity(naive: &Naive<'_>, metric: &str) -> Vec<Event1> {
    let mut events = Vec::new();
    for record in &naive.records {
        match (metric, &record.event) {
            (
                "interactions" | "interactions_call",
                Event::Interactions(Interactions::InteractionRecorded(e)),
            ) => {
                if metric == "interactions" || e.channel == Channel::Call {
                    events.push(thing(
                        &naive.acting(record.envelope.actor.as_str(), at(record)),
                        at(record),
                        1,
                        false,
                    ));
                }
            }
            ("claims", Event::Claims(Claims::ClaimOpened(e))) => {
                let client = naive.root(e.client.as_ref().unwrap().as_str());
                let given = naive.records.iter().rev().find_map(|r| match &r.event {
                    Event::Claims(Claims::ClaimAssigned(x)) if x.claim == e.claim => {
                        Some(x.employee.to_string())
                    }
                    _ => None,
                });
                events.push(Event1 {
                    who: given.or_else(|| naive.owner_of(&client, at(record))),
                    at: at(record),
                    value: 1,
                    cents: false,
                });
            }
            ("orders" | "order_amount", Event::Orders(Orders::OrderPlaced(e))) => {
                let value =
                    if metric == "orders" { 1 } else { e.lines.iter().map(|l| money(l.net)).sum() };
                events.push(thing(
                    e.owner.as_ref().unwrap().as_str(),
                    at(record),
                    value,
                    metric == "order_amount",
                ));
            }
            ("collected_payments", Event::Invoices(Invoices::PaymentReceived(e))) => {
                let client = naive.root(e.client.as_ref().unwrap().as_str());
                let who = naive.owner_of(&client, at(record));
                let value = money(e.amount.amount);
                events.push(Event1 { who: who.clone(), at: at(record), value, cents: true });
                let back = naive.records.iter().find(|r| {
                    matches!(
                        &r.event,
                        Event::Invoices(Invoices::PaymentReversed(x)) if x.payment == e.payment
                    )
                });
                events.extend(back.map(|r| Event1 { who, at: at(r), value: -value, cents: true }));
            }
            _ => (),
        }
    }
    events
}

/// What stood open at the end of the period, or of the day asked if that is earlier.
fn standing(naive: &Naive<'_>, metric: &str) -> Vec<Event1> {
    let end = naive.end.min(naive.before);
    let records: Vec<_> = naive.records.iter().filter(|r| at(r) < end).collect();
    let (mut events, now) = (Vec::new(), end - 1);
    for record in &records {
        match (metric, &record.event) {
            ("overdue_tasks", Event::Tasks(Tasks::TaskAssigned(e))) => {
                let (mut closed, mut due, mut who) = (false, e.due, &e.assignee);
                for r in &records {
                    match &r.event {
                        Event::Tasks(Tasks::TaskCompleted(x)) => closed |= x.task == e.task,
                        Event::Tasks(Tasks::TaskCancelled(x)) => closed |= x.task == e.task,
                        Event::Tasks(Tasks::TaskDueChanged(x)) if x.task == e.task => due = x.due,
                        Event::Tasks(Tasks::TaskReassigned(x)) if x.task == e.task => who = &x.to,
                        _ => (),
                    }
                }
                if !closed && due.micros() < now {
                    events.push(thing(who.as_str(), now, 1, false));
                }
            }
            ("receivables_over_30", Event::Invoices(Invoices::InvoiceIssued(e))) => {
                let mut open = money(e.total.amount);
                for part in &records {
                    let Event::Invoices(Invoices::PaymentAllocated(x)) = &part.event else {
                        continue;
                    };
                    let reversed = records.iter().any(|r| {
                        matches!(
                            &r.event,
                            Event::Invoices(Invoices::PaymentReversed(y)) if y.payment == x.payment
                        )
                    });
                    if x.invoice == e.invoice && !reversed {
                        open -= money(x.amount);
                    }
                }
                let days = now.div_euclid(DAY) - i64::from(e.due_on.unwrap().days());
                if days > 30 && open > 0 {
                    let client = root_then(naive, &records, e.client.as_ref().unwrap().as_str());
                    events.push(Event1 {
                        who: naive.owner_of(&client, now),
                        at: now,
                        value: open,
                        cents: true,
                    });
                }
            }
            _ => (),
        }
    }
    events
}

fn root_then(naive: &Naive<'_>, records: &[&&sijil_schemas::Record], client: &str) -> String {
    let then = Naive {
        records: records.iter().map(|r| **r).collect(),
        known: Vec::new(),
        before: naive.before,
        first: naive.first,
        end: naive.end,
    };
    then.root(client)
}

fn department(naive: &Naive<'_>, who: &str, when: i64) -> Option<String> {
    let mut department = None;
    for record in naive.records.iter().filter(|r| at(r) <= when) {
        match &record.event {
            Event::Staff(Staff::EmployeeHired(e)) if e.employee.as_str() == who => {
                department = Some(e.department.to_string());
            }
            Event::Staff(Staff::EmployeeMoved(e)) if e.employee.as_str() == who => {
                department = Some(e.department.to_string());
            }
            _ => (),
        }
    }
    department
}

fn target(naive: &Naive<'_>, metric: &str, scope: &str, id: &str) -> String {
    let set = naive.known.iter().any(|r| match &r.event {
        Event::Staff(Staff::TargetSet(e)) => {
            metric == e.metric.as_str()
                && scope == "employee"
                && matches!(&e.scope, TargetScope::Employee(x) if x.as_str() == id)
        }
        _ => false,
    });
    if set { "1000.00".to_owned() } else { String::new() }
}

#[expect(clippy::too_many_lines, reason = "one metric is told in one walk")]
pub fn expected(naive: &Naive<'_>, metric: &str, credit: &str) -> Rows {
    let mut events: Vec<Event1> = match metric {
        "overdue_tasks" | "receivables_over_30" => standing(naive, metric),
        "won_amount" | "won_count" | "win_rate" | "new_deals" => of_deals(naive, metric, credit),
        _ => of_activity(naive, metric),
    };
    if !matches!(metric, "overdue_tasks" | "receivables_over_30") {
        events.retain(|e| naive.first <= e.at && e.at < naive.end);
    }
    let is_money = matches!(
        metric,
        "won_amount" | "order_amount" | "collected_payments" | "receivables_over_30"
    );
    debug_assert!(events.iter().all(|e| e.cents == is_money), "one unit per metric");
    let shown = |events: &[&Event1]| {
        let sum: i128 = events.iter().map(|e| e.value).sum();
        if metric == "win_rate" {
            let n = events.len() as i128;
            return if n == 0 { String::new() } else { percent(sum, n) };
        }
        if is_money {
            format!("{}{}.{:02}", if sum < 0 { "-" } else { "" }, sum.abs() / 100, sum.abs() % 100)
        } else {
            sum.to_string()
        }
    };
    let staff = ["m1", "m2", "m3", "m4"];
    let mut rows = Rows::new();
    let answers = naive.responses("employee", i64::MAX / 4);
    let median_of = |who: &dyn Fn(&str) -> bool| {
        let all: Vec<i64> = answers
            .iter()
            .filter(|(id, _)| who(id))
            .flat_map(|(_, a)| a.answered.iter().copied())
            .collect();
        median(&all, 60_000_000)
    };
    let mut put =
        |scope: &str, id: &str, of: &dyn Fn(&Event1) -> bool, who: &dyn Fn(&str) -> bool| {
            let chosen: Vec<&Event1> = events.iter().filter(|e| of(e)).collect();
            let actual = if metric == "response_time" { median_of(who) } else { shown(&chosen) };
            rows.insert(
                vec![scope.to_owned(), id.to_owned()],
                vec![actual, target(naive, metric, scope, id)],
            );
        };
    for id in staff {
        put("employee", id, &|e| e.who.as_deref() == Some(id), &|who| who == id);
    }
    put(
        "employee",
        "no employee",
        &|e| e.who.as_deref().is_none_or(|who| !staff.contains(&who)),
        &|who| !staff.contains(&who),
    );
    put("company", "", &|_| true, &|_| true);
    let ends = naive.end.min(naive.before);
    let mut names: BTreeMap<String, ()> = BTreeMap::new();
    for record in naive.records.iter().filter(|r| at(r) < ends) {
        let name = match &record.event {
            Event::Staff(Staff::EmployeeHired(e)) => e.department.to_string(),
            Event::Staff(Staff::EmployeeMoved(e)) => e.department.to_string(),
            _ => continue,
        };
        names.extend(name.split_once('/').map(|(part, _)| (part.to_owned(), ())));
        names.insert(name, ());
    }
    if metric != "response_time" {
        for name in names.keys() {
            let is_in = |e: &Event1| {
                let place = e.who.as_deref().and_then(|who| department(naive, who, e.at));
                place.is_some_and(|place| place == *name || place.starts_with(&format!("{name}/")))
            };
            put("department", name, &is_in, &|_| false);
        }
    }
    rows
}

fn percent(part: i128, of: i128) -> String {
    let hundredths = (part * 10_000 * 2 + of) / (of * 2);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
