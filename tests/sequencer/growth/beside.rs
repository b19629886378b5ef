//! What is kept beside the facts, over random histories in which records are voided and taken back.
//! Invariant: a book that lived through all of it says of any event what a book says that only took
//! what was left; builds with debug assertions hold both against the walk.

use serde_json::{Value, json};
use sijil_rules::{Book, Proposal, Rejection, admit};
use sijil_schemas::{
    Event, Position,
    decode::{Candidate, Draft, decode},
    event::Orders,
    time::Timestamp,
};
use uuid::Uuid;

use super::{
    Ledger, at,
    ground::{eur, line},
    piles::start,
};

/// Dice that fall the same way for each seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) as usize % sides
    }
    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

const CLIENTS: &[&str] = &["C0", "C1", "C2", "C3"];
const LEGAL: &[&str] = &["L0", "L1"];
const ITEMS: &[&str] = &["I", "J"];

fn open(ledger: &mut Ledger) {
    let mut tell = |name: &str, data: Value| ledger.tell(name, start(), data);
    tell(
        "ledger.opened",
        json!({"company": "acme", "time_zone": "Europe/Berlin", "base_currency": "EUR"}),
    );
    tell(
        "employee.hired",
        json!({"employee": "e0", "name": "E", "department": "sales", "role": "seller"}),
    );
    tell("warehouse.registered", json!({"warehouse": "w0", "name": "W"}));
    for item in ITEMS {
        tell(
            "item.registered",
            json!({
                "item": item, "sku": item, "name": "chair", "unit": "piece", "kind": "goods",
                "costing": "fifo", "attributes": {"group": "chairs"},
            }),
        );
    }
    for client in CLIENTS {
        tell("client.registered", json!({"client": client, "name": "Buyer", "kind": "org"}));
    }
    for legal in LEGAL {
        tell("counterparty.registered", json!({"counterparty": legal, "legal_name": "Legal"}));
    }
    tell("exchange_rate.set", json!({"currency": "USD", "rate": "0.9"}));
    for user in ["u0", "u1"] {
        tell("user.enrolled", json!({"user": user}));
    }
    tell(
        "permission.granted",
        json!({"grant": "first", "to": "user:u0", "role": "keyholder", "reason": "owns it"}),
    );
}

/// An event of the kinds whose rules keep something beside the facts.
fn next(dice: &mut Dice, n: usize) -> (&'static str, Value) {
    // Of the last few, so that ids meet.
    let near = |dice: &mut Dice, what: &str| format!("{what}{}", n.saturating_sub(dice.roll(25)));
    let (item, qty) = (dice.one(ITEMS), format!("{}", 1 + dice.roll(5)));
    match dice.roll(24) {
        0..=3 => {
            let mut order = json!({
                "order": format!("O{n}"), "currency": "EUR",
                "lines": [line(item, &format!("{}", 5 + dice.roll(12)), "100")],
            });
            if dice.roll(3) == 0 {
                order["counterparty"] = dice.one(LEGAL).into();
            } else {
                order["client"] = dice.one(CLIENTS).into();
            }
            if dice.roll(2) == 0 {
                order["owner"] = "e0".into();
            }
            ("order.placed", order)
        }
        4..=8 => {
            let (order, goods) = (near(dice, "O"), json!({"item": item, "qty": qty}));
            let data = json!({"shipment": format!("S{n}"), "order": order, "lines": [goods]});
            ("shipment.dispatched", data)
        }
        9..=10 => {
            let (shipment, goods) = (near(dice, "S"), json!({"item": item, "qty": qty}));
            let data = json!({
                "goods_return": format!("B{n}"), "shipment": shipment, "lines": [goods],
            });
            ("return.received", data)
        }
        11 if dice.roll(2) == 0 => {
            ("order.closed", json!({"order": near(dice, "O"), "reason": "late"}))
        }
        11 => ("order.cancelled", json!({"order": near(dice, "O"), "reason": "twice"})),
        12 => limit(dice),
        13 => {
            let data = json!({"client": dice.one(CLIENTS), "into": dice.one(CLIENTS)});
            ("client.merged", data)
        }
        14 => ("client.unmerged", json!({"client": dice.one(CLIENTS)})),
        15 => {
            let data = json!({"counterparty": dice.one(LEGAL), "client": dice.one(CLIENTS)});
            (dice.one(&["counterparty.linked", "counterparty.unlinked"]), data)
        }
        16..=20 => goods(dice, n),
        _ => access(dice, n),
    }
}

fn limit(dice: &mut Dice) -> (&'static str, Value) {
    let item = dice.one(ITEMS);
    let most = match dice.roll(3) {
        0 => json!({"amount": eur(&format!("{}", 60 * (1 + dice.roll(3))))}),
        _ => json!({"qty": format!("{}", 4 * (1 + dice.roll(4)))}),
    };
    let scope = match dice.roll(3) {
        0 => json!({"manager": "e0"}),
        _ => json!({"client": dice.one(CLIENTS)}),
    };
    let of = if dice.roll(2) == 0 { json!({"item": item}) } else { json!({"group": "chairs"}) };
    let data = json!({
        "limit": dice.one(&["LA", "LB", "LC"]), "scope": scope, "of": of, "most": most,
        "period": {"first": "2025-01-01", "last": dice.one(&["2025-01-01", "2025-12-31"])},
        "mode": dice.one(&["refuse", "refuse", "warn"]),
    });
    ("product_limit.set", data)
}

fn goods(dice: &mut Dice, n: usize) -> (&'static str, Value) {
    let near = |dice: &mut Dice, what: &str| format!("{what}{}", n.saturating_sub(dice.roll(25)));
    let (item, qty) = (dice.one(ITEMS), format!("{}", 1 + dice.roll(5)));
    match dice.roll(5) {
        0 => {
            let data = json!({
                "receipt": format!("R{n}"), "item": item, "warehouse": "w0", "qty": "100",
                "value": eur("10"),
            });
            ("goods.received", data)
        }
        1 => {
            let delta = format!("{}", dice.roll(12) as i64 - 6);
            let value = json!({"amount": delta, "currency": dice.one(&["EUR", "USD"])});
            let data = json!({
                "receipt": near(dice, "R"), "delta_value": value, "reason": "freight",
            });
            ("receipt.cost_adjusted", data)
        }
        2 => {
            let data = json!({
                "reservation": format!("V{n}"), "item": item, "warehouse": "w0", "qty": qty,
                "ref": format!("order:{}", near(dice, "O")),
            });
            ("stock.reserved", data)
        }
        3 => {
            let mut data = json!({"reservation": near(dice, "V")});
            if dice.roll(2) == 0 {
                data["qty"] = qty.into();
            }
            ("reservation.released", data)
        }
        _ => ("exchange_rate.set", json!({"currency": "USD", "rate": "1.1"})),
    }
}

fn access(dice: &mut Dice, n: usize) -> (&'static str, Value) {
    let user = dice.one(&["u0", "u1"]);
    match dice.roll(7) {
        0 => ("user.suspended", json!({"user": user, "reason": "leave"})),
        1 => ("user.resumed", json!({"user": user})),
        2 => {
            let data = json!({
                "grant": format!("G{n}"), "to": format!("user:{user}"), "role": "keyholder",
                "reason": "helps",
            });
            ("permission.granted", data)
        }
        3 => {
            let grant =
                if dice.roll(3) == 0 { "first".into() } else { format!("G{}", dice.roll(n)) };
            ("permission.revoked", json!({"grant": grant, "reason": "helps no more"}))
        }
        4 => {
            let mut data = json!({
                "hold": format!("H{n}"), "subject": "client:C0", "basis": "contract",
            });
            if dice.roll(2) == 0 {
                data["until"] = "2024-12-31".into();
            }
            ("hold.placed", data)
        }
        5 => ("hold.lifted", json!({"hold": format!("H{}", dice.roll(n))})),
        _ => {
            let data = json!({
                "erasure": format!("E{n}"), "subject": "client:C0", "basis": "not_needed",
                "parts": [[1 + dice.roll(n), dice.roll(3)]], "kept": [],
            });
            ("personal_data.erased", data)
        }
    }
}

/// An event that may follow, or a void of what an earlier one said.
fn proposed(dice: &mut Dice, ledger: &Ledger, base: usize) -> Candidate {
    let n = ledger.records.len();
    let (name, data) = if dice.roll(9) == 0 && n > base {
        let (id, _) = ledger.records[base + dice.roll(n - base)];
        ("event.voided", json!({"target": id, "reason": "wrong"}))
    } else {
        next(dice, n)
    };
    let is_back_dated = dice.roll(3) == 0;
    let minute = if is_back_dated { dice.roll(n + 1) } else { n };
    let draft = json!({
        "type": name, "occurred_at": moment(name, n, minute).to_string(), "actor": "tester",
        "data": data,
    });
    let draft = Draft::from_value(draft).unwrap_or_else(|e| panic!("{name}: {e}"));
    decode(draft, Uuid::from_u128(n as u128 + 1)).unwrap_or_else(|e| panic!("{name}: {e}"))
}
/// Access is never back-dated; of the rest some is of the day of the first limits, most later.
fn moment(name: &str, n: usize, minute: usize) -> Timestamp {
    let is_of_access =
        ["user.", "permission.", "hold.", "personal_data."].iter().any(|of| name.starts_with(of));
    at(if is_of_access { n } else { minute } * 20, 0)
}

fn says(book: &Book, ledger: &Ledger, candidate: &Candidate) -> Result<(), Rejection> {
    let clock = match candidate.event {
        Event::Access(_) => candidate.body.envelope.occurred_at,
        _ => Timestamp::from_micros(4_102_444_800_000_000).expect("2100 is a moment"),
    };
    let (position, target) = (book.position().next(), ledger.target(candidate));
    admit(book, &Proposal { candidate, position, clock, target, beforehand: None })
}

#[test]
fn what_is_kept_beside_the_facts_is_what_is_left_of_them() {
    let (mut admitted, mut refused, mut limited) = (0, 0, 0);
    for seed in 0..120 {
        let (mut dice, mut ledger) = (Dice(seed * 7919 + 1), Ledger::default());
        open(&mut ledger);
        let base = ledger.records.len();
        for _ in 0..6 {
            for _ in 0..40 {
                let candidate = proposed(&mut dice, &ledger, base);
                match says(&ledger.book, &ledger, &candidate) {
                    Ok(()) => {
                        admitted += 1;
                        ledger.take(candidate, true);
                    }
                    Err(why) => {
                        refused += 1;
                        let of_orders = matches!(
                            candidate.event,
                            Event::Orders(Orders::OrderPlaced(_) | Orders::ShipmentDispatched(_))
                        );
                        limited += usize::from(of_orders && why.name() == "limit_passed");
                    }
                }
            }
            // A batch that does not land.
            let keep = ledger.records.len() - dice.roll(ledger.records.len() - base + 1).min(25);
            ledger.book.truncate(Position::new(keep as u64));
            ledger.records.truncate(keep);
            let mut fresh = Ledger::default();
            for (id, record) in &ledger.records {
                let record = record.clone().expect("all are kept");
                fresh.book.apply(&record);
                fresh.records.push((*id, Some(record)));
            }
            for _ in 0..30 {
                let candidate = proposed(&mut dice, &ledger, base);
                let (lived, told) = (
                    says(&ledger.book, &ledger, &candidate),
                    says(&fresh.book, &fresh, &candidate),
                );
                assert_eq!(lived, told, "seed {seed}: {:?}", candidate.event);
            }
        }
    }
    assert!(
        admitted > 5_000 && refused > 1_000 && limited > 100,
        "{admitted} admitted, {refused} refused, {limited} by limits"
    );
}
