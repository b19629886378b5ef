//! Drafts for the rules to judge, good and bad, on few entities, so that they meet. Invariant: no two of one history share a moment.

use serde_json::{Value, json};

use super::naive::Facts;
use crate::trade::history::Random;

pub fn draft(name: &str, at: &str, data: Value) -> Value {
    json!({"type": name, "occurred_at": at, "actor": "tester", "data": data})
}

/// What every history begins with.
pub fn opening() -> Vec<Value> {
    let at = "2025-01-01T00:00:00Z";
    let stages = json!([{"stage": "s1", "rank": 1, "name": "One", "probability": "0.1"}, {"stage": "s2", "rank": 2, "name": "Two", "probability": "0.5"}]);
    let mut all = vec![
        draft("ledger.opened", at, json!({"company": "acme", "time_zone": "UTC", "base_currency": "EUR"})),
        draft("employee.hired", at, json!({"employee": "e1", "name": "E", "department": "sales", "role": "seller"})),
        draft("item.registered", at, json!({"item": "I", "sku": "I", "name": "chair", "unit": "piece", "kind": "goods", "costing": "fifo"})),
        draft("bank_account.opened", at, json!({"bank_account": "EUR", "currency": "EUR"})),
        draft("bank_account.opened", at, json!({"bank_account": "USD", "currency": "USD"})),
        draft("pipeline.defined", at, json!({"pipeline": "P", "stages": stages})),
    ];
    all.extend(["w1", "w2"].map(|warehouse| draft("warehouse.registered", at, json!({"warehouse": warehouse, "name": "W"}))));
    all.extend(["C1", "C2", "C3"].map(|client| draft("client.registered", at, json!({"client": client, "name": "Buyer", "kind": "org"}))));
    all.extend(["L1", "L2"].map(|legal| draft("counterparty.registered", at, json!({"counterparty": legal, "legal_name": "Legal"}))));
    all
}

fn id(random: &mut Random, prefix: &str, of: u64) -> String {
    format!("{prefix}{}", random.below(of) + 1)
}

fn amount(random: &mut Random) -> String {
    (*random.pick(&["0.01", "5", "9.99", "10", "10.01", "20", "0", "-1"])).to_owned()
}

fn money(amount: &str, currency: &str) -> Value {
    json!({"amount": amount, "currency": currency})
}

/// Few days, so that they meet.
fn day(random: &mut Random) -> u64 {
    1 + 5 * random.below(6)
}

fn moment(random: &mut Random, name: &str, step: u64) -> String {
    // What opens comes early, most of the time, so that something can follow it.
    let opens = ["issued", "received", "opened", "reserved"].iter().any(|word| name.ends_with(word));
    let (first, months) = if random.one_in(4) {
        (1, 6)
    } else if opens {
        (1, 2)
    } else {
        (3, 4)
    };
    let (month, day) = (first + random.below(months), day(random));
    let (minute, second) = (step / 60, step % 60);
    match random.below(60) {
        0 => format!("2025-09-01T00:{minute:02}:{second:02}Z"),
        _ => format!("2025-{month:02}-{day:02}T01:{minute:02}:{second:02}Z"),
    }
}

/// Some draft, in the light of what was said.
pub fn any(random: &mut Random, facts: &Facts, step: u64) -> Value {
    let (name, data) = match random.below(11) {
        0..=3 => trade(random),
        4..=6 => stock(random),
        7..=8 => deals(random),
        9 => clients(random),
        _ => books(random, facts),
    };
    let at = moment(random, name, step);
    draft(name, &at, data)
}

fn trade(random: &mut Random) -> (&'static str, Value) {
    let (invoice, payment, amount) = (id(random, "INV", 2), id(random, "PAY", 2), amount(random));
    let (party, currency) = (if random.one_in(4) { "L2" } else { "L1" }, if random.one_in(8) { "USD" } else { "EUR" });
    match random.below(9) {
        0 | 1 => {
            let total = *random.pick(&["10", "10", "20", "0"]);
            let net = if random.one_in(8) { "11" } else { total };
            let lines = json!([{"line": "1", "text": "chair", "qty": "1", "price": net, "net": net, "tax": "0"}]);
            ("invoice.issued", json!({"invoice": invoice, "counterparty": party, "lines": lines, "total": money(total, currency), "due_on": "2025-12-31"}))
        }
        2 | 3 => {
            let amount = *random.pick(&["10", "20", "30", "0"]);
            ("payment.received", json!({"payment": payment, "counterparty": party, "amount": money(amount, currency), "bank_account": currency}))
        }
        4 | 5 => ("payment.allocated", json!({"payment": payment, "invoice": invoice, "amount": amount})),
        6 => ("payment.unallocated", json!({"payment": payment, "invoice": invoice, "amount": amount})),
        7 => ("payment.refunded", json!({"payment": payment, "amount": amount})),
        _ => ("invoice.written_off", json!({"invoice": invoice, "amount": amount, "reason": "small"})),
    }
}

fn stock(random: &mut Random) -> (&'static str, Value) {
    let (warehouse, qty, number) = (id(random, "w", 2), *random.pick(&["1", "2", "5", "9", "0"]), random.below(1_000_000));
    match random.below(8) {
        0..=2 => ("goods.received", json!({"receipt": format!("GR{number}"), "item": "I", "warehouse": warehouse, "qty": qty})),
        3 | 4 => ("goods.issued", json!({"issue": format!("GI{number}"), "item": "I", "warehouse": warehouse, "qty": qty, "reason": "sale"})),
        5 => ("goods.transferred", json!({"goods_transfer": format!("GT{number}"), "item": "I", "from": warehouse, "to": id(random, "w", 2), "qty": qty})),
        6 => ("stock.reserved", json!({"reservation": id(random, "RS", 3), "item": "I", "warehouse": warehouse, "qty": qty, "ref": "client:C1"})),
        _ => ("reservation.released", json!({"reservation": id(random, "RS", 3), "qty": qty})),
    }
}

fn deals(random: &mut Random) -> (&'static str, Value) {
    let (deal, stage) = (id(random, "D", 2), *random.pick(&["s1", "s2"]));
    match random.below(8) {
        0 | 1 => ("deal.opened", json!({"deal": deal, "client": "C1", "pipeline": "P", "stage": "s1", "owner": "e1"})),
        2 | 3 => ("deal.stage_entered", json!({"deal": deal, "from": stage, "to": random.pick(&["s1", "s2", "s3"])})),
        4 => ("deal.put_on_hold", json!({"deal": deal, "reason": "waits"})),
        5 => ("deal.resumed", json!({"deal": deal})),
        6 => ("deal.won", json!({"deal": deal})),
        _ => ("deal.reopened", json!({"deal": deal, "stage": stage})),
    }
}

fn clients(random: &mut Random) -> (&'static str, Value) {
    let (client, other, legal) = (id(random, "C", 3), id(random, "C", 4), id(random, "L", 2));
    match random.below(4) {
        0 => ("client.merged", json!({"client": client, "into": other})),
        1 => ("client.unmerged", json!({"client": client})),
        2 => ("counterparty.linked", json!({"counterparty": legal, "client": client})),
        _ => ("counterparty.unlinked", json!({"counterparty": legal, "client": client})),
    }
}

fn books(random: &mut Random, facts: &Facts) -> (&'static str, Value) {
    let area = *random.pick(&["sales", "money", "stock", "all"]);
    match random.below(8) {
        0 | 1 => ("period.closed", json!({"area": area, "until": format!("2025-01-{:02}", day(random))})),
        2 | 3 => ("period.reopened", json!({"area": area, "reason": "late"})),
        _ => {
            // What every history begins with stays.
            let from = opening().len();
            let some = facts.said.get(from + usize::try_from(random.below(1 + (facts.said.len() - from) as u64)).unwrap());
            ("event.voided", json!({"target": some.map_or(uuid::Uuid::from_u128(7), |said| said.id), "reason": "wrong"}))
        }
    }
}
