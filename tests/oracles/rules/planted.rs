//! Bugs planted in the rules: what their book is told, what they are shown and what they say, each bent in one way, as a rule with that fault would have it. Invariant: a bug is
//! caught by the naive judge alone, which finds nothing wrong without it; none of them is reachable from the production code.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Judge, SOUND, compare};

/// Histories a bug may hide in.
const HUNTED: u64 = 120;

fn is(draft: &Value, name: &str) -> bool {
    draft["type"] == name
}
fn say(draft: &mut Value, field: &str, value: impl Into<Value>) {
    if draft["data"].get(field).is_some() {
        draft["data"][field] = value.into();
    }
}
fn amount(draft: &Value, field: &str) -> Option<Decimal> {
    draft["data"][field].as_str()?.parse().ok()
}
/// Less by a little, where something is left.
fn less(draft: &mut Value, field: &str, by: Decimal) {
    if let Some(amount) = amount(draft, field).filter(|amount| *amount > by) {
        say(draft, field, (amount - by).to_string());
    }
}
const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

fn told(name: &'static str, told: fn(&mut Value) -> bool) -> Judge {
    Judge { name, told, ..SOUND }
}
fn shown(name: &'static str, shown: fn(&mut Value)) -> Judge {
    Judge { name, shown, ..SOUND }
}
fn looks(name: &'static str, looks: fn(&Value, &Value) -> bool) -> Judge {
    Judge { name, looks: Some(looks), ..SOUND }
}

/// Euros, whatever it was.
fn euros(draft: &mut Value) {
    for field in ["amount", "total"] {
        if draft["data"][field]["currency"].is_string() {
            draft["data"][field]["currency"] = json!("EUR");
        }
    }
    say(draft, "bank_account", "EUR");
}

fn bugs_of_money() -> Vec<Judge> {
    vec![
        shown("lets an allocation be a cent too much", |draft| {
            if is(draft, "payment.allocated") {
                less(draft, "amount", CENT);
            }
        }),
        shown("lets a refund be a cent too much", |draft| {
            if is(draft, "payment.refunded") {
                less(draft, "amount", CENT);
            }
        }),
        shown("lets a write-off be a cent too much", |draft| {
            if is(draft, "invoice.written_off") {
                less(draft, "amount", CENT);
            }
        }),
        told("forgets refunds", |draft| !is(draft, "payment.refunded")),
        told("forgets write-offs", |draft| !is(draft, "invoice.written_off")),
        told("forgets earlier allocations", |draft| !is(draft, "payment.allocated")),
        told("forgets that an allocation was taken back", |draft| !is(draft, "payment.unallocated")),
        told("does not ask what a payment holds", |draft| {
            if is(draft, "payment.received") {
                draft["data"]["amount"]["amount"] = json!("1000000");
            }
            true
        }),
        told("leaves the currency unchecked", |draft| {
            euros(draft);
            true
        }),
        told("takes the payment of anybody", |draft| {
            if is(draft, "payment.received") || is(draft, "invoice.issued") {
                say(draft, "counterparty", "L1");
            }
            true
        }),
        shown("lets nothing through as something", |draft| {
            for field in ["amount", "qty"] {
                if amount(draft, field).is_some_and(|amount| amount <= Decimal::ZERO) {
                    say(draft, field, "0.01");
                }
            }
        }),
        shown("does not add up a document", |draft| {
            if is(draft, "invoice.issued") {
                draft["data"]["lines"][0]["net"] = draft["data"]["total"]["amount"].clone();
            }
        }),
    ]
}

fn bugs_of_goods() -> Vec<Judge> {
    vec![
        shown("lets one piece more be issued than is there", |draft| {
            if is(draft, "goods.issued") {
                less(draft, "qty", Decimal::ONE);
            }
        }),
        told("forgets what was issued", |draft| !is(draft, "goods.issued")),
        told("forgets what was transferred", |draft| !is(draft, "goods.transferred")),
        told("knows one warehouse", |draft| {
            say(draft, "warehouse", "w1");
            true
        }),
        told("lets goods be taken that others have reserved", |draft| {
            if is(draft, "stock.reserved") {
                say(draft, "qty", "0.5");
            }
            true
        }),
        told("forgets what was released", |draft| !is(draft, "reservation.released")),
        looks("looks at no later date for goods", |fact, draft| {
            let goods = |draft: &Value| ["goods.", "stock."].iter().any(|family| draft["type"].as_str().unwrap().starts_with(family));
            !goods(draft) || !goods(fact) || fact["occurred_at"].as_str() <= draft["occurred_at"].as_str()
        }),
    ]
}

fn bugs_of_states() -> Vec<Judge> {
    vec![
        told("does not ask which stage a deal comes from", |draft| {
            if is(draft, "deal.stage_entered") {
                return false;
            }
            if is(draft, "deal.reopened") {
                say(draft, "stage", "s1");
            }
            true
        }),
        told("lets a deal go on after it was won", |draft| !is(draft, "deal.won")),
        told("forgets that a deal was opened again", |draft| !is(draft, "deal.reopened")),
        told("forgets that a deal is on hold", |draft| !is(draft, "deal.put_on_hold")),
        told("lets a legal entity have two clients", |draft| !is(draft, "counterparty.linked")),
        told("forgets the end of a link", |draft| !is(draft, "counterparty.unlinked")),
        told("lets merges go round", |draft| !is(draft, "client.merged")),
        told("forgets that a merge was undone", |draft| !is(draft, "client.unmerged")),
    ]
}

fn bugs_of_dates() -> Vec<Judge> {
    vec![
        shown("judges by the day of recording", |draft| {
            if draft["occurred_at"].as_str().is_some_and(|at| at < "2025-07-01") {
                draft["occurred_at"] = json!("2025-06-30T23:00:00Z");
            }
        }),
        shown("lets dates be ahead of the clock", |draft| {
            if draft["occurred_at"].as_str().is_some_and(|at| at > "2025-07-01") {
                draft["occurred_at"] = json!("2025-06-30T23:00:00Z");
            }
        }),
        looks("looks at no later date", |fact, draft| {
            let opens = ["registered", "opened", "issued", "received"].iter().any(|word| fact["type"].as_str().unwrap().ends_with(word));
            opens || draft["type"] == "event.voided" || fact["occurred_at"].as_str() <= draft["occurred_at"].as_str()
        }),
        told("keeps no period closed", |draft| !is(draft, "period.closed")),
        told("closes a period a day early", |draft| {
            if let Some(day) = draft["data"]["until"].as_str().and_then(|until| until[8..].parse::<u32>().ok()) {
                say(draft, "until", if day > 1 { format!("2025-01-{:02}", day - 1) } else { "2024-12-31".to_owned() });
            }
            true
        }),
        told("never opens a period again", |draft| !is(draft, "period.reopened")),
        told("closes every area with one", |draft| {
            say(draft, "area", "all");
            true
        }),
    ]
}

fn bugs_of_existence() -> Vec<Judge> {
    vec![
        told("counts what was voided", |draft| !is(draft, "event.voided")),
        Judge { name: "lets anything be voided", says: |draft, verdict| is(draft, "event.voided") || verdict.is_ok(), ..SOUND },
        Judge {
            name: "asks no void for what rests on its target",
            says: |_, verdict| verdict.is_ok() || verdict.is_err_and(|why| why.name() == "has_dependants"),
            ..SOUND
        },
        shown("lets an id be taken twice if its case differs", |draft| {
            for field in ["invoice", "payment", "deal", "reservation"] {
                let opens = ["invoice.issued", "payment.received", "deal.opened", "stock.reserved"].iter().any(|name| is(draft, name));
                if let Some(id) = draft["data"][field].as_str().filter(|_| opens).map(str::to_lowercase) {
                    say(draft, field, id);
                }
            }
        }),
        shown("does not ask whether a client exists", |draft| {
            if draft["data"]["into"] == "C4" {
                say(draft, "into", if draft["data"]["client"] == "C1" { "C2" } else { "C1" });
            }
        }),
    ]
}

fn bugs() -> Vec<Judge> {
    [bugs_of_money(), bugs_of_goods(), bugs_of_states(), bugs_of_dates(), bugs_of_existence()].concat()
}

/// Says which history catches a bug, if any of so many does.
fn hunt(bug: &Judge) -> Option<String> {
    (0..HUNTED).find_map(|seed| compare(seed, bug).err())
}

#[test]
fn every_bug_planted_in_the_rules_is_caught() {
    let found: Vec<(&str, Option<String>)> = bugs().iter().map(|bug| (bug.name, hunt(bug))).collect();
    let missed: Vec<&str> = found.iter().filter(|(_, by)| by.is_none()).map(|(name, _)| *name).collect();
    println!("row 12: {} of {} bugs planted in the rules caught:", found.len() - missed.len(), found.len());
    found.iter().for_each(|(name, by)| println!("    {name}: {}", by.as_deref().unwrap_or("MISSED")));
    assert!(found.len() >= 20, "{} bugs are planted", found.len());
    assert_eq!(missed, Vec::<&str>::new(), "planted bugs that nobody caught");
}
