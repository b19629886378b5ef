//! Bugs planted in the rules. Invariant: none is reachable from production code, and each is caught
//! by the naive judge alone, which finds nothing wrong without it.
//!
//! A rule looks at the company (the folds of the book), at the draft, and at a void's target, and
//! says yes or no. A bug bends one of these as a rule with that fault would see or say it: a part
//! of the company that has not heard of some facts or heard them wrongly, a draft that is read a
//! cent or a day off, a refusal that is not made. All else is as it is.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use sijil_projections::Families;
use sijil_rules::{Book, Rejection};
use sijil_schemas::Position;

use super::{ALL, History, Judge, SOUND};

fn is(draft: &Value, name: &str) -> bool {
    draft["type"] == name
}
fn at(draft: &Value) -> &str {
    draft["occurred_at"].as_str().unwrap()
}
fn say(draft: &mut Value, field: &str, value: impl Into<Value>) {
    if draft["data"].get(field).is_some() {
        draft["data"][field] = value.into();
    }
}
fn amount(draft: &Value, field: &str) -> Option<Decimal> {
    draft["data"][field].as_str()?.parse().ok()
}
/// More or less by a little, where something is left.
fn by(draft: &mut Value, name: &str, field: &str, little: Decimal) {
    if let Some(amount) =
        amount(draft, field).filter(|amount| is(draft, name) && *amount > little.abs())
    {
        say(draft, field, (amount + little).to_string());
    }
}
const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

fn shown(name: &'static str, shown: fn(&mut Value)) -> Judge {
    Judge { name, shown, ..SOUND }
}
/// Part of the company did not hear things as they were said.
fn bent(name: &'static str, sees: fn(&mut Book, &Book), told: fn(&mut Value) -> bool) -> Judge {
    Judge { name, sees, told, ..SOUND }
}
/// A refusal is not made.
fn silent(
    name: &'static str,
    answers: fn(&Value, Result<(), Rejection>) -> Result<(), Rejection>,
) -> Judge {
    Judge { name, answers, ..SOUND }
}
fn unless(verdict: Result<(), Rejection>, name: &str) -> Result<(), Rejection> {
    verdict.or_else(|why| if why.name() == name { Ok(()) } else { Err(why) })
}

/// Has a book go on with other families.
fn bend(book: &mut Book, change: impl FnOnce(&mut Families)) {
    let mut families = Families::clone(book.families());
    change(&mut families);
    families.link();
    book.go_on_with(&Arc::new(families));
}
fn trade(book: &mut Book, bent: &Book) {
    bend(book, |families| families.trade = bent.trade.clone());
}
fn stock(book: &mut Book, bent: &Book) {
    bend(book, |families| families.stock = bent.stock.clone());
}
fn deals(book: &mut Book, bent: &Book) {
    bend(book, |families| families.deals = bent.deals.clone());
}
fn clients(book: &mut Book, bent: &Book) {
    bend(book, |families| families.clients = bent.clients.clone());
}
fn company(book: &mut Book, bent: &Book) {
    bend(book, |families| families.company = bent.company.clone());
}
fn activity(book: &mut Book, bent: &Book) {
    bend(book, |families| families.activity = bent.activity.clone());
}
fn entities(book: &mut Book, bent: &Book) {
    bend(book, |families| families.entities = Arc::new(bent.entities.copy(Position::MAX)));
}
fn voids(book: &mut Book, bent: &Book) {
    bend(book, |families| families.voids = bent.voids.clone());
}
fn all(book: &mut Book, bent: &Book) {
    *book = bent.clone();
}

/// Moves the day until which a period is closed.
fn until(draft: &mut Value, days: i64) {
    if let Some(until) =
        draft["data"]["until"].as_str().and_then(|until| until.parse::<jiff::civil::Date>().ok())
    {
        let until = until.saturating_add(jiff::Span::new().days(days));
        say(draft, "until", until.to_string());
    }
}

/// Euros, whatever was invoiced or paid.
fn euros(draft: &mut Value) {
    for field in ["amount", "total"] {
        if draft["data"][field]["currency"].is_string() {
            draft["data"][field]["currency"] = json!("EUR");
        }
    }
}

fn bugs_of_amounts() -> Vec<Judge> {
    vec![
        shown("lets an allocation be a cent too much", |draft| {
            by(draft, "payment.allocated", "amount", -CENT);
        }),
        shown("lets a refund be a cent too much", |draft| {
            by(draft, "payment.refunded", "amount", -CENT);
        }),
        shown("lets a write-off be a cent too much", |draft| {
            by(draft, "invoice.written_off", "amount", -CENT);
        }),
        shown("lets a cent more be taken back than was allocated", |draft| {
            by(draft, "payment.unallocated", "amount", -CENT);
        }),
        shown("does not let all that is open be allocated", |draft| {
            by(draft, "payment.allocated", "amount", CENT);
        }),
        shown("does not let all that is free be refunded", |draft| {
            by(draft, "payment.refunded", "amount", CENT);
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
        silent("lets an invoice come to less than nothing", |_, verdict| {
            unless(verdict, "below_zero")
        }),
    ]
}

fn bugs_of_money() -> Vec<Judge> {
    vec![
        bent("forgets refunds", trade, |draft| !is(draft, "payment.refunded")),
        bent("forgets write-offs", trade, |draft| !is(draft, "invoice.written_off")),
        bent("forgets earlier allocations", trade, |draft| !is(draft, "payment.allocated")),
        bent("forgets that an allocation was taken back", trade, |draft| {
            !is(draft, "payment.unallocated")
        }),
        bent("does not ask what a payment holds", trade, |draft| {
            if is(draft, "payment.received") {
                draft["data"]["amount"]["amount"] = json!("1000000");
            }
            true
        }),
        bent("does not ask what an invoice comes to", trade, |draft| {
            if is(draft, "invoice.issued") {
                draft["data"]["total"]["amount"] = json!("1000000");
            }
            true
        }),
        bent("leaves the currency unchecked", trade, |draft| {
            euros(draft);
            true
        }),
        silent("lets dollars onto an account in euros", |draft, verdict| {
            if is(draft, "payment.received") { unless(verdict, "other_currency") } else { verdict }
        }),
        bent("takes the payment of anybody", trade, |draft| {
            if is(draft, "payment.received") || is(draft, "invoice.issued") {
                say(draft, "counterparty", "L1");
            }
            true
        }),
    ]
}

fn bugs_of_goods() -> Vec<Judge> {
    vec![
        shown("lets one piece more be issued than is there", |draft| {
            by(draft, "goods.issued", "qty", -Decimal::ONE);
        }),
        shown("does not let the last piece be issued", |draft| {
            by(draft, "goods.issued", "qty", Decimal::ONE);
        }),
        shown("lets one piece more be reserved than is free", |draft| {
            by(draft, "stock.reserved", "qty", -Decimal::ONE);
        }),
        shown("lets one piece more be released than is held", |draft| {
            by(draft, "reservation.released", "qty", -Decimal::ONE);
        }),
        bent("forgets what was issued", stock, |draft| !is(draft, "goods.issued")),
        bent("forgets what was transferred", stock, |draft| !is(draft, "goods.transferred")),
        bent("knows one warehouse", stock, |draft| {
            say(draft, "warehouse", "w1");
            true
        }),
        bent("lets goods be taken that others have reserved", stock, |draft| {
            if is(draft, "stock.reserved") {
                say(draft, "qty", "0.5");
            }
            true
        }),
        bent("forgets what was released", stock, |draft| !is(draft, "reservation.released")),
        silent("lets goods be transferred to where they are", |_, verdict| {
            unless(verdict, "transfer_to_itself")
        }),
        Judge {
            name: "looks at no later date for goods",
            sees: stock,
            looks: Some(|fact, draft| {
                ["registered", "reserved"]
                    .iter()
                    .any(|word| fact["type"].as_str().unwrap().ends_with(word))
                    || at(fact) <= at(draft)
            }),
            ..SOUND
        },
    ]
}

fn bugs_of_states() -> Vec<Judge> {
    vec![
        bent("does not ask which stage a deal comes from", deals, |draft| {
            if is(draft, "deal.reopened") {
                say(draft, "stage", "s1");
            }
            !is(draft, "deal.stage_entered")
        }),
        bent("lets a deal go on after it was won", deals, |draft| !is(draft, "deal.won")),
        bent("forgets that a deal was opened again", deals, |draft| !is(draft, "deal.reopened")),
        bent("forgets that a deal is on hold", deals, |draft| !is(draft, "deal.put_on_hold")),
        bent("forgets that a deal goes on", deals, |draft| !is(draft, "deal.resumed")),
        silent("lets a deal enter a stage that is not there", |_, verdict| {
            unless(verdict, "unknown_stage")
        }),
        bent("lets a legal entity have two clients", clients, |draft| {
            !is(draft, "counterparty.linked")
        }),
        bent("forgets the end of a link", clients, |draft| !is(draft, "counterparty.unlinked")),
        bent("lets merges go round", clients, |draft| !is(draft, "client.merged")),
        bent("forgets that a merge was undone", clients, |draft| !is(draft, "client.unmerged")),
        silent("asks only whether two clients are merged into each other", |draft, verdict| {
            match verdict {
                Err(why)
                    if why.name() == "merge_cycle"
                        && draft["data"]["client"] != draft["data"]["into"] =>
                {
                    Ok(())
                }
                verdict => verdict,
            }
        }),
        bent("lets a claim be resolved twice", activity, |draft| !is(draft, "claim.resolved")),
        bent("forgets where a claim stands", activity, |draft| !is(draft, "claim.status_changed")),
        bent("lets a task be done twice", activity, |draft| !is(draft, "task.completed")),
        bent("forgets that a claim was rejected", activity, |draft| !is(draft, "claim.rejected")),
        bent("forgets that a claim is open again", activity, |draft| !is(draft, "claim.reopened")),
        bent("lets a task be started twice", activity, |draft| !is(draft, "task.started")),
        bent("forgets that a task was cancelled", activity, |draft| !is(draft, "task.cancelled")),
        bent("forgets who has a task", activity, |draft| !is(draft, "task.reassigned")),
    ]
}

fn bugs_of_dates() -> Vec<Judge> {
    vec![
        shown("judges by the day of recording", |draft| {
            if at(draft) < "2025-07-01" {
                draft["occurred_at"] = json!("2025-06-30T23:00:00Z");
            }
        }),
        shown("lets dates be ahead of the clock", |draft| {
            if at(draft) > "2025-07-01" {
                draft["occurred_at"] = json!("2025-06-30T23:00:00Z");
            }
        }),
        shown("refuses the last moment that is not too far ahead", |draft| {
            if at(draft) == "2025-07-02T00:00:00Z" {
                draft["occurred_at"] = json!("2025-07-02T00:00:01Z");
            }
        }),
        Judge {
            name: "looks at no later date",
            sees: all,
            looks: Some(|fact, draft| {
                let opens = ["registered", "opened", "issued", "received", "assigned"]
                    .iter()
                    .any(|word| fact["type"].as_str().unwrap().ends_with(word));
                opens || draft["type"] == "event.voided" || at(fact) <= at(draft)
            }),
            ..SOUND
        },
        silent("lets things happen before what they are about", |_, verdict| {
            unless(verdict, "before_opening")
        }),
        bent("keeps no period closed", company, |draft| !is(draft, "period.closed")),
        bent("closes a period a day early", company, |draft| {
            until(draft, -1);
            true
        }),
        bent("closes a period a day late", company, |draft| {
            until(draft, 1);
            true
        }),
        bent("never opens a period again", company, |draft| !is(draft, "period.reopened")),
        bent("closes every area with one", company, |draft| {
            say(draft, "area", "all");
            true
        }),
        Judge {
            name: "judges a void by its own date",
            aims: |target, draft| target.envelope.occurred_at = at(draft).parse().unwrap(),
            ..SOUND
        },
    ]
}

fn bugs_of_existence() -> Vec<Judge> {
    vec![
        bent("counts what was voided", voids, |draft| !is(draft, "event.voided")),
        silent(
            "lets anything be voided",
            |draft, verdict| if is(draft, "event.voided") { Ok(()) } else { verdict },
        ),
        silent("asks no void for what rests on its target", |_, verdict| {
            unless(verdict, "has_dependants")
        }),
        silent("voids what is voided", |_, verdict| unless(verdict, "already_voided")),
        silent("voids a void", |_, verdict| unless(verdict, "void_of_void")),
        bent("knows no invoice by its id", entities, |draft| !is(draft, "invoice.issued")),
        shown("lets an id be taken twice if its case differs", |draft| {
            for field in ["invoice", "payment", "deal", "reservation"] {
                let opens = ["invoice.issued", "payment.received", "deal.opened", "stock.reserved"]
                    .iter()
                    .any(|name| is(draft, name));
                if let Some(id) =
                    draft["data"][field].as_str().filter(|_| opens).map(str::to_lowercase)
                {
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
    [
        bugs_of_amounts(),
        bugs_of_money(),
        bugs_of_goods(),
        bugs_of_states(),
        bugs_of_dates(),
        bugs_of_existence(),
    ]
    .concat()
}

/// Says which of these histories catches a bug, if any of them does.
fn hunt(histories: &[&History], bug: &Judge) -> Option<String> {
    histories.iter().find_map(|history| history.judged_by(bug).err())
}

#[test]
fn every_bug_planted_in_the_rules_is_caught() {
    // A history on which the rules as they are differ from the naive judge catches nothing.
    let histories: Vec<&History> =
        ALL.iter().filter(|history| history.judged_by(&SOUND).is_ok()).collect();
    let found: Vec<(&str, Option<String>)> =
        bugs().iter().map(|bug| (bug.name, hunt(&histories, bug))).collect();
    let missed: Vec<&str> =
        found.iter().filter(|(_, by)| by.is_none()).map(|(name, _)| *name).collect();
    println!(
        "row 12: {} of {} bugs planted in the rules caught:",
        found.len() - missed.len(),
        found.len()
    );
    found
        .iter()
        .for_each(|(name, by)| println!("    {name}: {}", by.as_deref().unwrap_or("MISSED")));
    assert!(found.len() >= 60, "{} bugs are planted", found.len());
    assert_eq!(missed, Vec::<&str>::new(), "planted bugs that nobody caught");
}
