//! What a client of a history asks for. Invariant: an operation says everything the server and the
//! model need, so both judge the same thing.

use serde_json::{Value, json};

use crate::server::draft;

/// Items, clients, invoices and payments there are to fight over.
pub const ITEMS: u64 = 3;
pub const CLIENTS: u64 = 4;
pub const DOCUMENTS: u64 = 24;

/// One event of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Receive { item: u64, qty: u64, name: String },
    Issue { item: u64, qty: u64, name: String },
    Invoice { invoice: u64, amount: u64 },
    Pay { payment: u64, amount: u64 },
    Allocate { payment: u64, invoice: u64, amount: u64 },
    Release { payment: u64, invoice: u64, amount: u64 },
    Rename { client: u64, name: String },
}

/// What is asked of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Events that stand or fall together; one may expect its home entity at a revision.
    Write { acts: Vec<Act>, expect: Option<u64> },
    /// A client's name and revision.
    ReadClient { client: u64 },
    /// What is on hand of every item.
    ReadStock,
}

/// A small generator of random numbers, the same everywhere.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn of(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

impl Operation {
    /// The next operation of a client; `name` is like no other.
    pub fn roll(dice: &mut Dice, name: &str) -> Operation {
        let one = |act| Operation::Write { acts: vec![act], expect: None };
        match dice.below(20) {
            0..=2 => one(Act::Receive {
                item: dice.below(ITEMS),
                qty: 1 + dice.below(6),
                name: name.to_owned(),
            }),
            3..=6 => one(issue(dice, name)),
            7 => one(Act::Invoice { invoice: dice.below(DOCUMENTS), amount: 50 + dice.below(200) }),
            8 => one(Act::Pay { payment: dice.below(DOCUMENTS), amount: 50 + dice.below(200) }),
            9..=11 => one(allocate(dice)),
            12 => one(Act::Release {
                payment: dice.below(DOCUMENTS),
                invoice: dice.below(DOCUMENTS),
                amount: 1 + dice.below(40),
            }),
            13 | 14 => {
                let expect = (dice.below(3) > 0).then(|| 1 + dice.below(40));
                Operation::Write {
                    acts: vec![Act::Rename { client: dice.below(CLIENTS), name: name.to_owned() }],
                    expect,
                }
            }
            15 | 16 => {
                Operation::Write { acts: vec![issue(dice, name), allocate(dice)], expect: None }
            }
            17 | 18 => Operation::ReadClient { client: dice.below(CLIENTS) },
            _ => Operation::ReadStock,
        }
    }
}

fn issue(dice: &mut Dice, name: &str) -> Act {
    Act::Issue { item: dice.below(ITEMS), qty: 1 + dice.below(5), name: name.to_owned() }
}

fn allocate(dice: &mut Dice) -> Act {
    Act::Allocate {
        payment: dice.below(DOCUMENTS),
        invoice: dice.below(DOCUMENTS),
        amount: 1 + dice.below(90),
    }
}

impl Act {
    /// The draft that asks for it.
    pub fn draft(&self, id: &str) -> Value {
        let (event_type, data) = match self {
            Act::Receive { item, qty, name } => {
                let value = json!({"amount": format!("{qty}.00"), "currency": "EUR"});
                (
                    "goods.received",
                    json!({
                        "receipt": name, "item": format!("item{item}"), "warehouse": "W",
                        "qty": qty.to_string(), "value": value,
                    }),
                )
            }
            Act::Issue { item, qty, name } => (
                "goods.issued",
                json!({
                    "issue": name, "item": format!("item{item}"), "warehouse": "W",
                    "qty": qty.to_string(), "reason": "sale",
                }),
            ),
            Act::Invoice { invoice, amount } => {
                let line = json!({
                    "line": "1", "text": "goods", "qty": "1", "price": amount.to_string(),
                    "net": amount.to_string(), "tax": "0",
                });
                let total = json!({"amount": amount.to_string(), "currency": "EUR"});
                (
                    "invoice.issued",
                    json!({
                        "invoice": format!("inv{invoice}"), "client": "C0", "lines": [line],
                        "total": total, "due_on": "2025-03-31",
                    }),
                )
            }
            Act::Pay { payment, amount } => {
                let amount = json!({"amount": amount.to_string(), "currency": "EUR"});
                (
                    "payment.received",
                    json!({
                        "payment": format!("pay{payment}"), "client": "C0", "amount": amount,
                        "bank_account": "bank",
                    }),
                )
            }
            Act::Allocate { payment, invoice, amount } => (
                "payment.allocated",
                json!({
                    "payment": format!("pay{payment}"), "invoice": format!("inv{invoice}"),
                    "amount": amount.to_string(),
                }),
            ),
            Act::Release { payment, invoice, amount } => (
                "payment.unallocated",
                json!({
                    "payment": format!("pay{payment}"), "invoice": format!("inv{invoice}"),
                    "amount": amount.to_string(),
                }),
            ),
            Act::Rename { client, name } => {
                ("client.renamed", json!({"client": format!("C{client}"), "name": name}))
            }
        };
        let mut draft = draft(event_type, "2025-02-01", data);
        draft["id"] = json!(id);
        draft
    }
}

/// The drafts every history begins with.
pub fn opening() -> Vec<Value> {
    let mut all = vec![
        draft(
            "ledger.opened",
            "2025-01-01",
            json!({"company": "acme", "time_zone": "UTC", "base_currency": "EUR"}),
        ),
        draft(
            "bank_account.opened",
            "2025-01-01",
            json!({"bank_account": "bank", "currency": "EUR"}),
        ),
        draft("warehouse.registered", "2025-01-01", json!({"warehouse": "W", "name": "warehouse"})),
    ];
    for item in 0..ITEMS {
        let data = json!({
            "item": format!("item{item}"), "sku": format!("sku{item}"), "name": "thing",
            "unit": "piece", "kind": "goods", "costing": "fifo",
        });
        all.push(draft("item.registered", "2025-01-01", data));
    }
    all.extend((0..CLIENTS).map(|n| {
        draft(
            "client.registered",
            "2025-01-01",
            json!({"client": format!("C{n}"), "name": "first", "kind": "org"}),
        )
    }));
    all
}
