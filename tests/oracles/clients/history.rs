//! Random histories of clients. Invariant: a seed gives the same history wherever it is told, and
//! every kind of event that clients meet comes in some of them.

use super::*;
use crate::world::World;
use naive::{Naive, Raw};
use serde_json::{Value, json};
use sijil_projections::Cut;
use sijil_schemas::{Position, Record, time::Timestamp};

/// A hand-over of a client, most often by whoever has it in the end.
fn handed_over(world: &World, dice: &mut Dice, client: &str) -> Value {
    let clients = &world.views.clients;
    let owner = clients
        .sym(client)
        .and_then(|c| clients.owner_id(c, world.views.now()))
        .filter(|_| !dice.one_in(4))
        .unwrap_or("m1");
    json!({
        "from": owner, "to": if owner == "m1" { "m2" } else { "m1" },
        "refs": [format!("client:{client}")],
    })
}

/// An event of a random type, about what the history has by then.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
fn draft(
    world: &World,
    dice: &mut Dice,
    n: u64,
    made: &[(&'static str, String)],
) -> (&'static str, Value) {
    let (client, legal) = (*dice.one(&CLIENTS), *dice.one(&LEGALS));
    let about = |dice: &mut Dice, kind: &str| {
        let known: Vec<&String> =
            made.iter().filter(|(k, _)| *k == kind).map(|(_, id)| id).collect();
        if known.is_empty() { format!("{kind}-0") } else { (*dice.one(&known)).clone() }
    };
    let line =
        json!([{"line": "1", "item": "X", "qty": "1", "price": "10", "net": "10", "tax": "0"}]);
    let who = match dice.below(4) {
        0 => json!({"client": client}),
        1 | 2 => json!({"counterparty": legal}),
        _ => json!({}),
    };
    let with = |mut base: Value, more: Value| {
        base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        base
    };
    let money = || {
        json!({
            "amount": (10 + n % 90).to_string(),
            "currency": if n.is_multiple_of(4) { "USD" } else { "EUR" },
        })
    };
    match dice.below(27) {
        0 | 1 => ("counterparty.linked", json!({"counterparty": legal, "client": client})),
        2 | 3 => {
            // Most often the client it is linked to in the end, so that links do end.
            let clients = &world.views.clients;
            let linked = clients
                .counterparty(legal)
                .and_then(|l| clients.linked_client(l, world.views.now()))
                .map(|(c, _)| clients.id(c));
            let client = linked.filter(|_| !dice.one_in(4)).unwrap_or(client);
            ("counterparty.unlinked", json!({"counterparty": legal, "client": client}))
        }
        4 | 5 => ("client.merged", json!({"client": client, "into": dice.one(&CLIENTS)})),
        6 => {
            let merged = CLIENTS.into_iter().find(|c| {
                world
                    .views
                    .clients
                    .sym(c)
                    .is_some_and(|c| world.views.clients.root(c, world.views.now()) != c)
            });
            (
                "client.unmerged",
                json!({"client": merged.filter(|_| !dice.one_in(3)).unwrap_or(client)}),
            )
        }
        7 => ("client.renamed", json!({"client": client, "name": format!("name {n}")})),
        8 if dice.one_in(2) => (
            "client.owner_assigned",
            json!({"client": client, "employee": dice.one(&["m1", "m2"])}),
        ),
        8 => ("employee.work_handed_over", handed_over(world, dice, client)),
        9 => (
            "client.attributes_set",
            json!({
                "client": client,
                "set": {
                    "region": if n.is_multiple_of(3) { Value::Null } else { json!(n.to_string()) },
                },
            }),
        ),
        10 => (
            "contact.added",
            json!({"contact": format!("contact-{n}"), "client": client, "name": "Person"}),
        ),
        11 => (
            "deal.opened",
            with(
                who,
                json!({"deal": format!("deal-{n}"), "pipeline": "W", "stage": "S1", "owner": "m1"}),
            ),
        ),
        12 => {
            let deal =
                if dice.one_in(2) { json!({"deal": about(dice, "deal")}) } else { json!({}) };
            (
                "order.placed",
                with(
                    with(who, deal),
                    json!({"order": format!("order-{n}"), "currency": "EUR", "lines": line}),
                ),
            )
        }
        13 => (
            "shipment.dispatched",
            json!({
                "shipment": format!("shipment-{n}"), "order": about(dice, "order"),
                "lines": [{"item": "X", "qty": "1"}],
            }),
        ),
        14 => (
            "claim.opened",
            json!({
                "claim": format!("claim-{n}"), "shipment": about(dice, "shipment"),
                "kind": "broken", "severity": "low",
            }),
        ),
        15 => ("claim.responded", json!({"claim": about(dice, "claim")})),
        16 => {
            let kind = *dice.one(&["deal", "claim", "order", "invoice"]);
            let participants = if dice.one_in(3) {
                json!([format!("contact:{}", about(dice, "contact"))])
            } else {
                json!([])
            };
            let refs = json!([format!("{kind}:{}", about(dice, kind))]);
            (
                "interaction.recorded",
                json!({
                    "interaction": format!("interaction-{n}"), "channel": "call",
                    "direction": "out", "participants": participants, "refs": refs,
                }),
            )
        }
        17 | 18 => {
            let total = money();
            let lines = json!([
                {
                    "line": "1", "qty": "1", "price": total["amount"], "net": total["amount"],
                    "tax": "0",
                },
            ]);
            (
                "invoice.issued",
                with(
                    who,
                    json!({
                        "invoice": format!("invoice-{n}"), "due_on": "2025-12-31", "lines": lines,
                        "total": total,
                    }),
                ),
            )
        }
        19 => {
            let lines = json!([{"line": "1", "qty": "1", "price": "50", "net": "50", "tax": "0"}]);
            let order = about(dice, "order");
            (
                "invoice.issued",
                json!({
                    "invoice": format!("invoice-{n}"), "order": order, "due_on": "2025-12-31",
                    "lines": lines, "total": {"amount": "50", "currency": "EUR"},
                }),
            )
        }
        20 => {
            let total = json!({"amount": "5", "currency": "EUR"});
            (
                "credit_note.issued",
                json!({
                    "credit_note": format!("credit-{n}"), "invoice": about(dice, "invoice"),
                    "total": total, "reason": "damaged",
                }),
            )
        }
        21 | 22 => {
            let party = match dice.below(2) {
                0 => json!({"client": client}),
                _ => json!({"counterparty": legal}),
            };
            ("deal.client_set", with(party, json!({"deal": about(dice, "deal")})))
        }
        23 => (
            "agreement.noted",
            with(who, json!({"agreement": format!("agreement-{n}"), "text": "a plan"})),
        ),
        24 => ("agreement.settled", json!({"agreement": about(dice, "agreement"), "kept": true})),
        25 => {
            let subject = if dice.one_in(2) {
                format!("client:{client}")
            } else {
                format!("contact:{}", about(dice, "contact"))
            };
            ("consent.given", json!({"subject": subject, "channel": "email"}))
        }
        _ => ("exchange_rate.set", json!({"currency": "USD", "rate": format!("0.{}", 5 + n % 4)})),
    }
}

/// Tries one event or void, and holds the rules to the naive reading of what is legal.
fn try_one(
    world: &mut World,
    dice: &mut Dice,
    n: u64,
    made: &mut Vec<(&'static str, String)>,
    reached: &mut Reached,
) {
    if dice.one_in(6) {
        let target = Position::new(if dice.one_in(6) {
            RATE
        } else {
            17 + dice.below(world.records.len() as u64)
        });
        if target.get() > world.records.len() as u64
            || world.records[target.get() as usize - 1].voids.is_some()
            || world.book.voids.of(target).is_some()
        {
            return;
        }
        let remaining: Vec<Record> =
            world.records.iter().filter(|r| r.position != target).cloned().collect();
        let legal = Naive::new(&remaining, Cut::all()).is_legal();
        let answer = world.void("2025-03-10T00:00:00Z", target);
        reached.note(if answer.is_ok() { "void" } else { "has_dependants" });
        // Other rooms' rules may have reasons of their own for a no, never for a yes.
        let ours = matches!(
            world.records[target.get() as usize - 1].event.family(),
            "clients" | "counterparties"
        );
        assert!(answer.is_err() || legal, "void of {target} leaves an illegal history");
        assert!(
            answer.is_ok() || !legal || !ours,
            "void of {target} leaves a legal history, got {answer:?}"
        );
        return;
    }
    let (name, data) = draft(world, dice, n, made);
    let at = dice.moment();
    let before = world.records.len();
    match world.record(name, &at.to_string(), data.clone()) {
        Ok(_) => {
            assert!(
                !is_judged(name) || Naive::new(&world.records, Cut::all()).is_legal(),
                "{name} {data} at {at} was admitted into an illegal history"
            );
            reached.note(name);
            if let Some(kind) =
                ["contact", "deal", "order", "shipment", "claim", "invoice", "agreement"]
                    .into_iter()
                    .find(|k| data[*k].as_str().is_some_and(|id| id.ends_with(&format!("-{n}"))))
            {
                made.push((kind, data[kind].as_str().unwrap().to_owned()));
            }
        }
        Err(refusal) => {
            assert_eq!(world.records.len(), before, "a refusal changes nothing");
            let rule = refusal.split(':').next().unwrap_or_default();
            reached.note(rule);
            if is_judged(name) {
                let rules = [
                    "counterparty_linked_twice",
                    "counterparty_not_linked",
                    "client_merged_twice",
                    "client_not_merged",
                    "merge_cycle",
                    "from_mismatch",
                ];
                assert!(rules.contains(&rule), "{refusal}");
                assert!(
                    !admitted_naively(world, name, at, &data),
                    "{name} {data} at {at} is legal, got {refusal}"
                );
            }
        }
    }
}

/// Whether the recount says if an event of this type is legal.
fn is_judged(name: &str) -> bool {
    name.starts_with("client.")
        || name.starts_with("counterparty.")
        || name == "employee.work_handed_over"
}

/// Whether the history would stay legal with an event in its place.
fn admitted_naively(world: &World, name: &'static str, at: Timestamp, data: &Value) -> bool {
    let kind = name.split_once('.').map_or("", |(kind, _)| kind);
    let home = format!(
        "{kind}:{}",
        data.get(kind).or_else(|| data.get("from")).and_then(Value::as_str).unwrap()
    );
    let position = Position::new(world.records.len() as u64 + 1);
    Naive::new(&world.records, Cut::all())
        .with(Raw { at, position, name, home, actor: "tester".into(), data: data.clone() })
        .is_legal()
}

pub fn history(seed: u64, reached: &mut Reached) -> (World, Dice) {
    let (mut world, mut dice, mut made) = (seeded_world(), Dice(seed), Vec::new());
    for n in 1..=EVENTS {
        try_one(&mut world, &mut dice, n, &mut made, reached);
    }
    (world, dice)
}
