//! Random histories of goods and money. Invariant: a history is made from its seed alone, and what
//! the rules refuse is not in it.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use sijil_schemas::Position;

use crate::world::World;

const FIRST: i64 = 1_735_689_600_000_000; // 2025-01-01
const DAY: i64 = 86_400_000_000;
pub const ITEMS: [&str; 4] = ["F", "G", "V", "P"];
const PLACES: [&str; 2] = ["A", "B"];
const PURCHASES: [&str; 2] = ["PO1", "PO2"];
const ORDERS: [&str; 3] = ["O", "O2", "O3"];

/// SplitMix64.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).expect("the generator knows")]
    }
    fn cents(&mut self, most: u64) -> String {
        Decimal::new(i64::try_from(self.below(most) + 1).expect("the generator knows"), 2)
            .to_string()
    }
    /// A moment in 40 days, from a day on; to the microsecond if moments must differ.
    fn moment(&mut self, from: u64, apart: bool) -> String {
        let day = i64::try_from(from + self.below(40 - from)).expect("the generator knows");
        let within = if apart {
            i64::try_from(self.below(u64::try_from(DAY).expect("the generator knows")))
                .expect("the generator knows")
        } else {
            i64::try_from(self.below(3)).expect("the generator knows") * DAY / 3
        };
        sijil_schemas::time::Timestamp::from_micros(FIRST + day * DAY + within)
            .expect("the generator knows")
            .to_string()
    }
}

/// A history, and how it was made.
pub struct History {
    pub world: World,
    pub refused: usize,
    pub voids: usize,
}

/// A world with a catalogue; stock may go below zero from some day on, or never.
fn opened(dice: &mut Dice) -> World {
    let mut world = World::open("UTC", "EUR");
    let early = "2024-06-01T00:00:00Z";
    let mut record = |name: &str, data: Value| {
        world.record(name, early, data).expect("the generator knows");
    };
    for (item, costing) in ITEMS.into_iter().zip(["fifo", "fifo", "average", "fifo"]) {
        record(
            "item.registered",
            json!({
                "item": item, "sku": item, "unit": "piece", "kind": "goods", "costing": costing,
                "decimals": 1,
            }),
        );
    }
    for place in PLACES {
        record("warehouse.registered", json!({"warehouse": place, "name": place}));
    }
    record("exchange_rate.set", json!({"currency": "USD", "rate": "0.9137"}));
    record("counterparty.registered", json!({"counterparty": "L", "legal_name": "Maker"}));
    record("client.registered", json!({"client": "C", "name": "Buyer", "kind": "org"}));
    for order in ORDERS {
        record(
            "order.placed",
            json!({"order": order, "client": "C", "currency": "EUR", "lines": []}),
        );
    }
    for order in PURCHASES {
        record(
            "purchase_order.placed",
            json!({"purchase_order": order, "supplier": "L", "currency": "EUR", "lines": []}),
        );
    }
    for bank in ["b1", "b2"] {
        record("bank_account.opened", json!({"bank_account": bank, "currency": "EUR"}));
    }
    world
        .record(
            "exchange_rate.set",
            "2025-01-15T00:00:00Z",
            json!({"currency": "USD", "rate": "0.8642"}),
        )
        .expect("the generator knows");
    if dice.below(2) == 0 {
        let at = dice.moment(0, false);
        let reserved = *dice.one(&["keep", "ignore", "ignore"]);
        world
            .record(
                "stock_policy.set",
                &at,
                json!({"policy": "N", "negative": "allow", "reserved": reserved}),
            )
            .expect("the generator knows");
    }
    world
}

/// A history of so many attempts.
pub fn history(seed: u64, attempts: u64, apart: bool) -> History {
    let mut dice = Dice(seed);
    let mut made = History { world: opened(&mut dice), refused: 0, voids: 0 };
    let first = made.world.records.len() as u64;
    for n in 0..attempts {
        let at = dice.moment(0, apart);
        let answer = if dice.below(12) == 0 && made.world.records.len() as u64 > first {
            let target =
                Position::new(first + 1 + dice.below(made.world.records.len() as u64 - first));
            let answer = made.world.void(&at, target);
            made.voids += usize::from(answer.is_ok());
            answer
        } else {
            let (name, data) = if dice.below(3) == 0 {
                money(&mut dice, n, &made.world)
            } else {
                goods(&mut dice, n, &made.world)
            };
            // What settles comes late, so that there is something to settle.
            let late = [
                "payment.allocated",
                "payment.unallocated",
                "payment.refunded",
                "payment.reversed",
                "invoice.written_off",
            ]
            .contains(&name);
            let at = if late { dice.moment(20, apart) } else { at };
            made.world.record(name, &at, data)
        };
        made.refused += usize::from(answer.is_err());
    }
    made
}

/// Orders from the supplier after all else, and goods that come in for some of them: from a seed of
/// their own, so that the history before is what it was.
pub fn purchases(world: &mut World, seed: u64) {
    let mut dice = Dice(seed ^ 0x0DDE);
    for n in 0..12 {
        let (at, order, item) = (dice.moment(0, true), format!("P{n}"), *dice.one(&ITEMS));
        let (net, tax) = (dice.cents(9_999), dice.cents(900));
        let goods =
            json!({"line": "1", "item": item, "qty": "5", "price": "1", "net": net, "tax": tax});
        let work = json!({
            "line": "2", "text": "freight", "qty": "1", "price": "9.5", "net": "9.5", "tax": "0",
        });
        let placed = json!({
            "purchase_order": order, "supplier": "L", "currency": dice.one(&["EUR", "EUR", "USD"]),
            "lines": [goods, work],
        });
        let placed =
            world.record("purchase_order.placed", &at, placed).expect("the generator knows");
        match dice.below(3) {
            0 => {
                world.void(&at, placed).expect("the generator knows");
            }
            1 => {
                let came = json!({
                    "receipt": format!("PR{n}"), "item": item, "warehouse": dice.one(&PLACES),
                    "qty": "4", "purchase_order": order,
                });
                world.record("goods.received", &at, came).expect("the generator knows");
            }
            _ => (),
        }
    }
}

/// The id of a record of a type, among those made so far; one that is not there if there is none.
fn earlier(dice: &mut Dice, world: &World, kind: &str, field: &str) -> String {
    let ids: Vec<String> = world
        .records
        .iter()
        .filter(|r| r.event.event_type().name == kind)
        .filter_map(|r| r.event.data().ok()?.get(field)?.as_str().map(str::to_owned))
        .collect();
    if ids.is_empty() { "none".into() } else { dice.one(&ids).clone() }
}

/// Makes an issue one of what an earlier reservation keeps.
fn from_reservation(dice: &mut Dice, world: &World, data: &mut Value) {
    let reservation = earlier(dice, world, "stock.reserved", "reservation");
    let of = world.records.iter().find_map(|r| {
        r.event
            .data()
            .ok()
            .filter(|d| d.get("ref").is_some() && d["reservation"] == json!(reservation))
    });
    for (field, value) in
        of.iter().flat_map(|of| ["item", "warehouse"].map(|field| (field, of[field].clone())))
    {
        data[field] = value;
    }
    data["reservation"] = json!(reservation);
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
fn goods(dice: &mut Dice, n: u64, world: &World) -> (&'static str, Value) {
    let (item, place) = (*dice.one(&ITEMS), *dice.one(&PLACES));
    let other = if place == "A" { "B" } else { "A" };
    let id = format!("{n}");
    let qty = Decimal::new(i64::try_from(dice.below(60) + 1).expect("the generator knows"), 1)
        .to_string();
    let value = json!({
        "amount": dice.cents(9_999), "currency": if dice.below(5) == 0 { "USD" } else { "EUR" },
    });
    match dice.below(24) {
        0..=4 => {
            let mut data = json!({
                "receipt": id, "item": item, "warehouse": place, "qty": qty, "value": value,
            });
            if dice.below(3) > 0 {
                data["purchase_order"] = json!(dice.one(&PURCHASES));
            }
            ("goods.received", data)
        }
        5 => {
            ("goods.received", json!({"receipt": id, "item": item, "warehouse": place, "qty": qty}))
        }
        6..=9 => {
            let reason = *dice.one(&["sale", "sale", "sale", "loss", "production"]);
            let mut data = json!({
                "issue": id, "item": item, "warehouse": place, "qty": qty, "reason": reason,
                "refs": [format!("order:{}", dice.one(&ORDERS))],
            });
            if dice.below(4) == 0 {
                from_reservation(dice, world, &mut data);
            }
            ("goods.issued", data)
        }
        10 | 11 => {
            let issue = earlier(dice, world, "goods.issued", "issue");
            let of = world.records.iter().find_map(|r| {
                r.event.data().ok().filter(|d| d.get("issue").is_some_and(|i| *i == json!(issue)))
            });
            let item = of.and_then(|d| d.get("item").cloned()).unwrap_or(json!(item));
            let part =
                Decimal::new(i64::try_from(dice.below(20) + 1).expect("the generator knows"), 1)
                    .to_string();
            (
                "goods.received",
                json!({
                    "receipt": id, "item": item, "warehouse": place, "qty": part, "returns": issue,
                }),
            )
        }
        12 | 13 => (
            "goods.transferred",
            json!({"goods_transfer": id, "item": item, "from": place, "to": other, "qty": qty}),
        ),
        14 => (
            "stock.counted",
            json!({"count": id, "item": item, "warehouse": place, "counted": qty}),
        ),
        15 => {
            let sign = if dice.below(2) == 0 { "-" } else { "" };
            let mut data = json!({
                "adjustment": id, "item": item, "warehouse": place, "delta": format!("{sign}{qty}"),
                "reason": "checked",
            });
            if dice.below(2) == 0 {
                data["value"] = value;
            }
            ("stock.adjusted", data)
        }
        16 => {
            let receipt = earlier(dice, world, "goods.received", "receipt");
            let sign = if dice.below(2) == 0 { "-" } else { "" };
            let delta = json!({"amount": format!("{sign}{}", dice.cents(900)), "currency": "EUR"});
            (
                "receipt.cost_adjusted",
                json!({"receipt": receipt, "delta_value": delta, "reason": "freight"}),
            )
        }
        17 => ("production.completed", produced(dice, &id, (place, other), &qty)),
        18 | 21..=23 => (
            "stock.reserved",
            json!({
                "reservation": id, "item": item, "warehouse": place, "qty": qty,
                "ref": format!("order:{}", dice.one(&ORDERS)),
            }),
        ),
        19 if dice.below(2) == 0 => {
            let event = if dice.below(3) == 0 { "order.closed" } else { "order.cancelled" };
            (event, json!({"order": dice.one(&ORDERS), "reason": "late"}))
        }
        _ => {
            let reservation = earlier(dice, world, "stock.reserved", "reservation");
            let mut data = json!({"reservation": reservation});
            if dice.below(3) > 0 {
                data["qty"] = json!(
                    Decimal::new(
                        i64::try_from(dice.below(20) + 1).expect("the generator knows"),
                        1
                    )
                    .to_string()
                );
            }
            ("reservation.released", data)
        }
    }
}

/// Goods made in one place of what stands in another.
fn produced(dice: &mut Dice, id: &str, (from, to): (&str, &str), qty: &str) -> Value {
    let part = |item: &str, dice: &mut Dice| {
        let qty = Decimal::new(i64::try_from(dice.below(20) + 1).expect("the generator knows"), 1)
            .to_string();
        json!({"item": item, "warehouse": from, "qty": qty})
    };
    let consumed = json!([part("F", dice), part("V", dice)]);
    json!({
        "production": id, "item": dice.one(&["P", "P", "G"]), "warehouse": to, "qty": qty,
        "scrapped": "1", "consumed": consumed,
    })
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
fn money(dice: &mut Dice, n: u64, world: &World) -> (&'static str, Value) {
    let id = format!("{n}");
    let (net, tax) = (Decimal::from(10 + dice.below(90)), Decimal::from(dice.below(9)));
    let total = json!({"amount": (net + tax).to_string(), "currency": "EUR"});
    let some = json!({"amount": (1 + dice.below(60)).to_string(), "currency": "EUR"});
    let line = |key: &str, item: Option<&str>, net: Decimal, tax: Decimal| {
        let mut line = json!({
            "line": key, "qty": "1", "price": net.to_string(), "net": net.to_string(),
            "tax": tax.to_string(),
        });
        let (field, value) = item.map_or(("text", "work"), |item| ("item", item));
        line[field] = json!(value);
        line
    };
    let amount = some["amount"].clone();
    match dice.below(20) {
        0..=2 => (
            "invoice.issued",
            json!({
                "invoice": id, "client": "C", "lines": [line("1", None, net, tax)], "total": total,
                "due_on": "2025-03-01",
            }),
        ),
        3 => (
            "credit_note.issued",
            json!({
                "credit_note": id, "invoice": earlier(dice, world, "invoice.issued", "invoice"),
                "total": some, "reason": "late",
            }),
        ),
        4 | 5 => (
            "payment.received",
            json!({
                "payment": id, "client": "C", "amount": some,
                "bank_account": dice.one(&["b1", "b2"]),
            }),
        ),
        6..=8 | 18 | 19 => {
            let (payment, invoice) = (
                earlier(dice, world, "payment.received", "payment"),
                earlier(dice, world, "invoice.issued", "invoice"),
            );
            let name =
                *dice.one(&["payment.allocated", "payment.allocated", "payment.unallocated"]);
            (
                name,
                json!({
                    "payment": payment, "invoice": invoice,
                    "amount": (1 + dice.below(20)).to_string(),
                }),
            )
        }
        9 => (
            "payment.refunded",
            json!({
                "payment": earlier(dice, world, "payment.received", "payment"),
                "amount": (1 + dice.below(9)).to_string(),
            }),
        ),
        10 | 16 | 17 => (
            "payment.reversed",
            json!({
                "payment": earlier(dice, world, "payment.received", "payment"), "reason": "bounced",
            }),
        ),
        11 => (
            "invoice.written_off",
            json!({
                "invoice": earlier(dice, world, "invoice.issued", "invoice"), "amount": amount,
                "reason": "gone",
            }),
        ),
        12 | 15 => {
            let mut goods = line("1", Some(*dice.one(&["F", "G", "V"])), net, tax);
            goods["qty"] = json!(
                Decimal::new(i64::try_from(dice.below(90) + 1).expect("the generator knows"), 1)
                    .to_string()
            );
            let receipt = earlier(dice, world, "goods.received", "receipt");
            let refs = match dice.below(6) {
                0 => json!([]),
                1 if receipt != "none" => json!([format!("receipt:{receipt}")]),
                _ => json!([format!("purchase_order:{}", dice.one(&PURCHASES))]),
            };
            let currency = *dice.one(&["EUR", "EUR", "USD"]);
            let lines = json!([goods, line("2", None, Decimal::ONE, Decimal::ZERO)]);
            let total =
                json!({"amount": (net + tax + Decimal::ONE).to_string(), "currency": currency});
            (
                "bill.received",
                json!({
                    "bill": id, "supplier": "L", "lines": lines, "total": total,
                    "due_on": "2025-03-01", "refs": refs,
                }),
            )
        }
        13 => (
            "payment.made",
            json!({"payment": id, "counterparty": "L", "amount": some, "bank_account": "b1"}),
        ),
        _ => {
            let (payment, bill) = (
                earlier(dice, world, "payment.made", "payment"),
                earlier(dice, world, "bill.received", "bill"),
            );
            (
                "payment.made_allocated",
                json!({
                    "payment": payment, "bill": bill, "amount": (1 + dice.below(20)).to_string(),
                }),
            )
        }
    }
}
