//! Drafts for the rules to judge, good and bad, on few entities, so that they meet, and at the
//! edges of what was said: the amount that is left, a cent more, the closing day itself. Invariant:
//! no two facts of one history share a moment.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::naive::{Facts, State};
use crate::trade::history::Random;

const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

pub fn draft(name: &str, at: &str, data: Value) -> Value {
    json!({"type": name, "occurred_at": at, "actor": "tester", "data": data})
}

/// What every history begins with.
pub fn opening() -> Vec<Value> {
    let at = "2025-01-01T00:00:00Z";
    let stages = json!([
        {"stage": "s1", "rank": 1, "name": "One", "probability": "0.1"},
        {"stage": "s2", "rank": 2, "name": "Two", "probability": "0.5"},
    ]);
    let mut all = vec![
        draft(
            "ledger.opened",
            at,
            json!({"company": "acme", "time_zone": "UTC", "base_currency": "EUR"}),
        ),
        draft(
            "item.registered",
            at,
            json!({
                "item": "I", "sku": "I", "name": "chair", "unit": "piece", "kind": "goods",
                "costing": "fifo",
            }),
        ),
        draft("bank_account.opened", at, json!({"bank_account": "EUR", "currency": "EUR"})),
        draft("bank_account.opened", at, json!({"bank_account": "USD", "currency": "USD"})),
        draft("pipeline.defined", at, json!({"pipeline": "P", "stages": stages})),
    ];
    all.extend(["e1", "e2"].map(|employee| {
        draft(
            "employee.hired",
            at,
            json!({"employee": employee, "name": "E", "department": "sales", "role": "seller"}),
        )
    }));
    all.extend(["w1", "w2"].map(|warehouse| {
        draft("warehouse.registered", at, json!({"warehouse": warehouse, "name": "W"}))
    }));
    all.extend(["C1", "C2", "C3"].map(|client| {
        draft("client.registered", at, json!({"client": client, "name": "Buyer", "kind": "org"}))
    }));
    all.extend(["L1", "L2"].map(|legal| {
        draft("counterparty.registered", at, json!({"counterparty": legal, "legal_name": "Legal"}))
    }));
    all
}

fn id(random: &mut Random, prefix: &str, of: u64) -> String {
    format!("{prefix}{}", random.below(of) + 1)
}

fn money(amount: &str, currency: &str) -> Value {
    json!({"amount": amount, "currency": currency})
}

/// An amount or quantity by what there is of it: that, a little more, a little less; or any.
fn near(random: &mut Random, there: Option<Decimal>, little: Decimal) -> String {
    let any = ["0.01", "5", "9.99", "10", "10.01", "20", "0", "-1"];
    match there.filter(|there| *there > Decimal::ZERO && !random.one_in(4)) {
        Some(there) => {
            random.pick(&[there, there, there + little, there - little]).normalize().to_string()
        }
        None => (*random.pick(&any)).to_owned(),
    }
}

/// Few days, so that they meet.
fn day(random: &mut Random) -> u64 {
    1 + 5 * random.below(6)
}

fn moment(random: &mut Random, facts: &Facts, name: &str, step: u64) -> String {
    let (minute, second) = (step / 60, step % 60);
    let said = |random: &mut Random, closings: bool| -> Option<String> {
        let some =
            facts.said.iter().filter(|said| (said.draft["type"] == "period.closed") == closings);
        let days = some.filter_map(|said| {
            if closings {
                said.draft["data"]["until"].as_str()
            } else {
                said.draft["occurred_at"].as_str()?.get(..10)
            }
        });
        let days: Vec<&str> = days.filter(|day| *day < "2025-07").collect();
        (!days.is_empty()).then(|| (*random.pick(&days)).to_owned())
    };
    match random.below(60) {
        0 => return format!("2025-09-01T00:{minute:02}:{second:02}Z"),
        // The last moment that is not too far ahead, and the next one.
        1 if facts.said.iter().all(|said| said.draft["occurred_at"] != "2025-07-02T00:00:00Z") => {
            return "2025-07-02T00:00:00Z".to_owned();
        }
        2 => return "2025-07-02T00:00:01Z".to_owned(),
        3..=12 => {
            if let Some(until) = said(random, true) {
                // The last day that is closed, and the first one that is not.
                let day: u32 = until[8..].parse::<u32>().unwrap() + u32::from(random.one_in(3));
                return format!("{}-{day:02}T01:{minute:02}:{second:02}Z", &until[..7]);
            }
        }
        13..=20 => {
            if let Some(day) = said(random, false) {
                return format!("{day}T01:{minute:02}:{second:02}Z");
            }
        }
        _ => (),
    }
    // What opens comes early, most of the time, so that something can follow it.
    let ends_with = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
    let (first, months) = if random.one_in(4) {
        (1, 6)
    } else if ends_with(&["issued", "received", "opened", "reserved", "assigned"]) {
        (1, 2)
    } else if ends_with(&["unallocated", "unmerged", "unlinked", "reopened", "released"]) {
        (5, 2)
    } else {
        (3, 4)
    };
    format!(
        "2025-{:02}-{:02}T01:{minute:02}:{second:02}Z",
        first + random.below(months),
        day(random)
    )
}

/// Some draft, in the light of what was said; each history is mostly about one family of facts, or
/// about all of them.
pub fn any(random: &mut Random, facts: &Facts, (seed, step): (u64, u64)) -> Value {
    let now = facts.now();
    let about = if random.one_in(4) { random.below(5) } else { seed % 6 };
    let about = if about == 5 { random.below(5) } else { about };
    let (name, data) = match about {
        _ if random.one_in(8) => books(random, facts),
        0 => trade(random, &now),
        1 => stock(random, &now),
        2 => deals(random, &now),
        3 => clients(random, &now),
        _ => work(random, &now),
    };
    let at = moment(random, facts, name, step);
    draft(name, &at, data)
}

fn trade(random: &mut Random, now: &State<'_>) -> (&'static str, Value) {
    let (mut invoice, mut payment) = (id(random, "INV", 2), id(random, "PAY", 2));
    let (party, currency) =
        (if random.one_in(5) { "L2" } else { "L1" }, if random.one_in(6) { "USD" } else { "EUR" });
    let next = random.below(9);
    // Most of the time what can be put together, and what was, where it is to be taken apart.
    let pairs = now
        .payments
        .keys()
        .flat_map(|payment| now.invoices.keys().map(|invoice| (*payment, *invoice)));
    let pairs: Vec<(&str, &str)> = match next {
        3 | 4 => pairs.filter(|pair| now.fit(*pair)).collect(),
        5 | 6 => pairs
            .filter(|pair| now.parts.get(pair).is_some_and(|part| *part > Decimal::ZERO))
            .collect(),
        _ => Vec::new(),
    };
    if !pairs.is_empty() && !random.one_in(4) {
        let (of, to) = *random.pick(&pairs);
        (payment, invoice) = (of.to_owned(), to.to_owned());
    }
    let open = now.invoices.get(&*invoice).map(|(_, open)| *open);
    let free = now.payments.get(&*payment).map(|(_, free)| *free);
    let part = now.parts.get(&(&*payment, &*invoice)).copied();
    match next {
        0 | 1 => {
            let total = *random.pick(&["10", "10", "20", "0", "-1"]);
            let net = if random.one_in(8) { "10.01" } else { total };
            let lines = json!([
                {"line": "1", "text": "chair", "qty": "1", "price": net, "net": net, "tax": "0"},
            ]);
            (
                "invoice.issued",
                json!({
                    "invoice": invoice, "counterparty": party, "lines": lines,
                    "total": money(total, currency), "due_on": "2025-12-31",
                }),
            )
        }
        2 => {
            let amount = *random.pick(&["10", "20", "30", "0"]);
            let bank = if random.one_in(8) { "USD" } else { currency };
            (
                "payment.received",
                json!({
                    "payment": payment, "counterparty": party, "amount": money(amount, currency),
                    "bank_account": bank,
                }),
            )
        }
        3 | 4 => {
            // The less of both fits wherever the parties do.
            let least = open.zip(free).map(|(open, free)| open.min(free));
            let there = *random.pick(&[open, free, least]);
            (
                "payment.allocated",
                json!({
                    "payment": payment, "invoice": invoice, "amount": near(random, there, CENT),
                }),
            )
        }
        5 | 6 => (
            "payment.unallocated",
            json!({"payment": payment, "invoice": invoice, "amount": near(random, part, CENT)}),
        ),
        7 => ("payment.refunded", json!({"payment": payment, "amount": near(random, free, CENT)})),
        _ => (
            "invoice.written_off",
            json!({"invoice": invoice, "amount": near(random, open, CENT), "reason": "small"}),
        ),
    }
}

fn stock(random: &mut Random, now: &State<'_>) -> (&'static str, Value) {
    let (warehouse, reservation, number) =
        (id(random, "w", 2), id(random, "RS", 3), random.below(1_000_000));
    let there = now.on_hand.get(&*warehouse).copied();
    let kept: Decimal =
        now.reserved.values().filter(|(place, _)| *place == warehouse).map(|(_, held)| *held).sum();
    // What is there, or what of it nobody has reserved.
    let there = there.map(|there| if random.one_in(2) { there } else { there - kept });
    let held = now.reserved.get(&*reservation).map(|(_, held)| *held);
    let qty = near(random, there, Decimal::ONE);
    match random.below(8) {
        0 | 1 => {
            let qty = *random.pick(&["1", "2", "5", "9", "0"]);
            (
                "goods.received",
                json!({
                    "receipt": format!("GR{number}"), "item": "I", "warehouse": warehouse,
                    "qty": qty,
                }),
            )
        }
        2 | 3 => (
            "goods.issued",
            json!({
                "issue": format!("GI{number}"), "item": "I", "warehouse": warehouse, "qty": qty,
                "reason": "sale",
            }),
        ),
        4 => (
            "goods.transferred",
            json!({
                "goods_transfer": format!("GT{number}"), "item": "I", "from": warehouse,
                "to": id(random, "w", 2), "qty": qty,
            }),
        ),
        5 | 6 => (
            "stock.reserved",
            json!({
                "reservation": reservation, "item": "I", "warehouse": warehouse, "qty": qty,
                "ref": "client:C1",
            }),
        ),
        _ => (
            "reservation.released",
            json!({"reservation": reservation, "qty": near(random, held, Decimal::ONE)}),
        ),
    }
}

fn deals(random: &mut Random, now: &State<'_>) -> (&'static str, Value) {
    let deal = id(random, "D", 2);
    let is = now.deals.get(&*deal).copied();
    // Where it is, most of the time.
    let stage = is
        .map(|(stage, _)| stage)
        .filter(|_| !random.one_in(4))
        .unwrap_or(if random.one_in(2) { "s1" } else { "s2" });
    let to = *random.pick(&["s1", "s2", "s2", "s3"]);
    let next = match is.map(|(_, state)| state).filter(|_| random.one_in(2)) {
        Some("open") => *random.pick(&[2, 2, 4, 6]),
        Some("held") => *random.pick(&[2, 5, 6]),
        Some(_) => *random.pick(&[7, 7, 2]),
        None => random.below(8),
    };
    match next {
        0 | 1 => (
            "deal.opened",
            json!({
                "deal": deal, "client": "C1", "pipeline": "P",
                "stage": random.pick(&["s1", "s1", "s2", "s3"]), "owner": "e1",
            }),
        ),
        2 | 3 => ("deal.stage_entered", json!({"deal": deal, "from": stage, "to": to})),
        4 => ("deal.put_on_hold", json!({"deal": deal, "reason": "waits"})),
        5 => ("deal.resumed", json!({"deal": deal})),
        6 => ("deal.won", json!({"deal": deal})),
        _ => ("deal.reopened", json!({"deal": deal, "stage": random.pick(&["s1", "s2"])})),
    }
}

fn clients(random: &mut Random, now: &State<'_>) -> (&'static str, Value) {
    let (client, other, legal) = (id(random, "C", 3), id(random, "C", 4), id(random, "L", 2));
    let linked = now
        .linked
        .get(&*legal)
        .filter(|_| random.one_in(2))
        .map_or(client.clone(), |client| (*client).to_owned());
    let merged: Vec<&str> = now.merged.keys().copied().filter(|_| random.one_in(2)).collect();
    match random.below(5) {
        0 | 1 => ("client.merged", json!({"client": client, "into": other})),
        2 => ("client.unmerged", json!({"client": merged.first().copied().unwrap_or(&client)})),
        3 => ("counterparty.linked", json!({"counterparty": legal, "client": client})),
        _ => ("counterparty.unlinked", json!({"counterparty": legal, "client": linked})),
    }
}

fn work(random: &mut Random, now: &State<'_>) -> (&'static str, Value) {
    if random.one_in(2) { claims(random, now) } else { tasks(random, now) }
}

fn claims(random: &mut Random, now: &State<'_>) -> (&'static str, Value) {
    let claim = id(random, "K", 3);
    if !now.work.contains_key(&*claim) && !random.one_in(4) {
        return (
            "claim.opened",
            json!({"claim": claim, "client": "C1", "kind": "broken", "severity": "low"}),
        );
    }
    match random.below(8) {
        0 => ("claim.opened", json!({"claim": claim, "kind": "broken", "severity": "low"})),
        1 => ("claim.responded", json!({"claim": claim})),
        2 => ("claim.resolved", json!({"claim": claim, "resolution": "repaired"})),
        3 => ("claim.rejected", json!({"claim": claim, "reason": "misuse"})),
        4 => ("claim.reopened", json!({"claim": claim})),
        5 => ("claim.assigned", json!({"claim": claim, "employee": id(random, "e", 2)})),
        _ => (
            "claim.status_changed",
            json!({"claim": claim, "to": random.pick(&["in_progress", "waiting_client"])}),
        ),
    }
}

fn tasks(random: &mut Random, now: &State<'_>) -> (&'static str, Value) {
    let (task, due) = (id(random, "T", 3), "2025-12-31T00:00:00Z");
    let assigned = |task| ("task.assigned", json!({"task": task, "assignee": "e1", "due": due}));
    let Some(holder) = now.holders.get(&*task).filter(|_| !random.one_in(5)) else {
        return assigned(task);
    };
    let other = if *holder == "e1" { "e2" } else { "e1" };
    match random.below(9) {
        0 => assigned(task),
        1 => ("task.completed", json!({"task": task})),
        2 => ("task.cancelled", json!({"task": task})),
        3 | 4 => ("task.started", json!({"task": task})),
        5 => ("task.due_changed", json!({"task": task, "due": due})),
        6 => ("task.reassigned", json!({"task": task, "from": other, "to": holder})),
        _ => ("task.reassigned", json!({"task": task, "from": holder, "to": other})),
    }
}

fn books(random: &mut Random, facts: &Facts) -> (&'static str, Value) {
    let area = *random.pick(&["sales", "money", "stock", "all"]);
    match random.below(8) {
        0 | 1 => (
            "period.closed",
            json!({
                "area": area,
                "until": format!("2025-0{}-{:02}", random.pick(&[1, 1, 1, 1, 2, 3]), day(random)),
            }),
        ),
        2 | 3 => ("period.reopened", json!({"area": area, "reason": "late"})),
        4 if random.one_in(4) => (
            "ledger.opened",
            json!({"company": "acme", "time_zone": "UTC", "base_currency": "EUR"}),
        ),
        _ => {
            // What every history begins with stays.
            let from = opening().len();
            let some = facts.said.get(
                from + usize::try_from(random.below(1 + (facts.said.len() - from) as u64)).unwrap(),
            );
            (
                "event.voided",
                json!({
                    "target": some.map_or(uuid::Uuid::from_u128(7), |said| said.id),
                    "reason": "wrong",
                }),
            )
        }
    }
}
