//! Random histories of a small trading company. Invariant: one seed makes one history, whatever it
//! contains was admitted by the rules, and no two records share a moment.

mod otherwise;
mod settling;
mod worked;

pub use worked::worked_receivables;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sijil_projections::Views;
use sijil_schemas::{Position, Record};

use crate::world::World;

/// A generator of numbers (xorshift64*): enough for tests, and the same everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).expect("small")]
    }
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    /// A day of the first half of 2025.
    pub fn day(&mut self) -> String {
        let (month, day) = (self.below(6) + 1, self.below(28) + 1);
        format!("2025-{month:02}-{day:02}")
    }
    /// Cents, as an amount.
    fn amount(&mut self, cents: u64) -> String {
        let cents = self.below(cents) + 1;
        format!("{}.{:02}", cents / 100, cents % 100)
    }
}

/// A history and what the rules refused while it was made.
pub struct History {
    pub world: World,
    pub refused: usize,
    moments: u64,
    counts: BTreeMap<&'static str, u64>,
    /// The records that every history begins with and keeps.
    kept: u64,
    /// Whether most of it is in another currency, at many rates.
    foreign: bool,
}

const PARTIES: [&str; 5] = ["L1", "L2", "L3", "C1", "C2"];

impl History {
    pub fn random(random: &mut Random) -> History {
        History::of(random, false)
    }
    /// A history of which most is in another currency, at many rates, and much of it settled in
    /// full.
    pub fn foreign(random: &mut Random) -> History {
        History::of(random, true)
    }
    fn of(random: &mut Random, foreign: bool) -> History {
        let mut history = History {
            world: World::open("Europe/Berlin", "EUR"),
            refused: 0,
            moments: 0,
            counts: BTreeMap::new(),
            kept: 0,
            foreign,
        };
        history.set_up(random);
        history.kept = history.world.records.len() as u64;
        let steps = 40 + random.below(50);
        for _ in 0..steps {
            history.step(random);
        }
        history
    }

    /// The same history, told by another ledger.
    pub fn told_by(&self, world: World) -> History {
        History {
            world,
            refused: self.refused,
            moments: self.moments,
            counts: self.counts.clone(),
            kept: self.kept,
            foreign: self.foreign,
        }
    }

    fn set_up(&mut self, random: &mut Random) {
        let world = &mut self.world;
        let mut must = |event: &str, at: &str, data: Value| {
            world.record(event, at, data).unwrap_or_else(|e| panic!("{event}: {e}"));
        };
        for client in ["C1", "C2", "C3"] {
            must(
                "client.registered",
                "2024-01-01T00:00:00Z",
                json!({"client": client, "name": client, "kind": "org"}),
            );
        }
        for legal in ["L1", "L2", "L3"] {
            must(
                "counterparty.registered",
                "2024-01-01T00:00:01Z",
                json!({"counterparty": legal, "legal_name": legal}),
            );
        }
        for employee in ["m1", "m2"] {
            must(
                "employee.hired",
                "2024-01-01T00:00:02Z",
                json!({
                    "employee": employee, "name": employee, "department": "sales",
                    "role": "manager",
                }),
            );
        }
        for item in ["i1", "i2"] {
            must(
                "item.registered",
                "2024-01-01T00:00:03Z",
                json!({
                    "item": item, "sku": item, "unit": "piece", "kind": "goods", "costing": "fifo",
                }),
            );
        }
        for (bank, currency) in
            [("A", "EUR"), ("B", "EUR"), ("U", "USD"), ("X", "EUR"), ("Y", "USD")]
        {
            must(
                "bank_account.opened",
                "2024-01-01T00:00:04Z",
                json!({"bank_account": bank, "currency": currency}),
            );
        }
        must(
            "exchange_rate.set",
            "2024-01-01T00:00:05Z",
            json!({"currency": "USD", "rate": "0.91"}),
        );
        must(
            "counterparty.linked",
            "2024-02-01T00:00:00Z",
            json!({"counterparty": "L1", "client": "C1"}),
        );
        if random.one_in(2) {
            must(
                "counterparty.linked",
                "2024-02-02T00:00:00Z",
                json!({"counterparty": "L2", "client": "C3"}),
            );
        }
    }

    /// A moment of its own, on any day: most records are dated before others that were recorded
    /// earlier.
    fn moment(&mut self, random: &mut Random) -> String {
        self.moments += 1;
        format!(
            "{}T{:02}:{:02}:{:02}Z",
            random.day(),
            random.below(24),
            self.moments / 60,
            self.moments % 60
        )
    }
    fn new_id(&mut self, prefix: &'static str) -> String {
        let count = self.counts.entry(prefix).or_default();
        *count += 1;
        format!("{prefix}{count}")
    }
    fn known(&self, prefix: &'static str, random: &mut Random) -> String {
        format!(
            "{prefix}{}",
            random.below(self.counts.get(prefix).copied().unwrap_or(0).max(1)) + 1
        )
    }
    fn propose(&mut self, random: &mut Random, event: &str, data: Value) {
        let at = self.moment(random);
        if self.world.record(event, &at, data).is_err() {
            self.refused += 1;
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
    fn step(&mut self, random: &mut Random) {
        if self.foreign && random.one_in(12) {
            // Rates at which nothing comes out even.
            let rate = format!("0.{}", random.below(8_000) + 1_501);
            self.propose(random, "exchange_rate.set", json!({"currency": "USD", "rate": rate}));
        }
        match random.below(60) {
            48..=50 => self.brought_forward(random),
            51..=52 => self.bill(random),
            53..=55 => self.set_off(random),
            56 => self.set_off_reversed(random),
            57..=59 => self.spent(random),
            0..=6 => self.invoice(random),
            7..=8 => self.credit(random),
            9..=13 => self.payment(random),
            14..=18 => self.allocation(random),
            19..=20 => {
                let (payment, invoice, amount) =
                    (self.known("P", random), self.known("I", random), random.amount(4_000));
                self.propose(
                    random,
                    "payment.allocated",
                    json!({"payment": payment, "invoice": invoice, "amount": amount}),
                );
            }
            21 => {
                let (payment, invoice, amount) =
                    (self.known("P", random), self.known("I", random), random.amount(2_000));
                self.propose(
                    random,
                    "payment.unallocated",
                    json!({"payment": payment, "invoice": invoice, "amount": amount}),
                );
            }
            22 => {
                let (payment, amount) = (self.known("P", random), random.amount(2_000));
                self.propose(
                    random,
                    "payment.refunded",
                    json!({"payment": payment, "amount": amount}),
                );
            }
            23 => {
                let payment = self.known("P", random);
                self.propose(
                    random,
                    "payment.reversed",
                    json!({"payment": payment, "reason": "bounced"}),
                );
            }
            24 => {
                let (invoice, amount) = (self.known("I", random), random.amount(3_000));
                self.propose(
                    random,
                    "invoice.written_off",
                    json!({"invoice": invoice, "amount": amount, "reason": "gone"}),
                );
            }
            25 | 30..=32 => self.order(random),
            28..=29 | 33..=38 => self.goods(random),
            26 => self.link(random),
            42..=43 => self.free_credit(random),
            44..=45 => {
                let (note, invoice, amount) =
                    (self.known("F", random), self.known("I", random), random.amount(1_500));
                let mut data = json!({"credit_note": note, "invoice": invoice, "amount": amount});
                if random.one_in(2) {
                    data["for_party"] =
                        json!(format!("client:{}", random.pick(&["C1", "C2", "C3"])));
                }
                let event = *random.pick(&[
                    "credit_note.allocated",
                    "credit_note.allocated",
                    "credit_note.unallocated",
                ]);
                if event == "credit_note.unallocated"
                    && let Some(fields) = data.as_object_mut()
                {
                    fields.remove("for_party");
                }
                self.propose(random, event, data);
            }
            46 => {
                let (note, amount, bank) =
                    (self.known("F", random), random.amount(1_000), *random.pick(&["A", "B", "U"]));
                self.propose(
                    random,
                    "credit_note.refunded",
                    json!({"credit_note": note, "amount": amount, "bank_account": bank}),
                );
            }
            27 => {
                let rate = format!("0.{}", random.below(80) + 15);
                self.propose(random, "exchange_rate.set", json!({"currency": "USD", "rate": rate}));
            }
            _ => self.void(random),
        }
    }

    /// Puts a party, or an order, into a document.
    fn party(&mut self, random: &mut Random, data: &mut Value) {
        match *random.pick(&PARTIES) {
            legal if legal.starts_with('L') => data["counterparty"] = json!(legal),
            client => data["client"] = json!(client),
        }
        if random.one_in(6)
            && let Some(fields) = data.as_object_mut()
        {
            fields.remove("counterparty");
            fields.remove("client");
        }
    }

    fn lines(random: &mut Random) -> (Value, u64) {
        let (mut lines, mut cents) = (Vec::new(), 0);
        for line in 0..=random.below(3) {
            let (qty, net) = (random.below(9) + 1, random.below(4_000) + 1);
            let tax = if random.one_in(2) { net / 5 } else { 0 };
            cents += net + tax;
            let mut one = json!({
                "line": line.to_string(), "qty": qty.to_string(), "price": "1", "net": euros(net),
                "tax": euros(tax),
            });
            if !random.one_in(4) {
                one["item"] = json!(random.pick(&["i1", "i2"]));
            }
            lines.push(one);
        }
        (Value::Array(lines), cents)
    }

    fn invoice(&mut self, random: &mut Random) {
        let (lines, cents) = Self::lines(random);
        let invoice = self.new_id("I");
        let currency = if random.one_in(5) != self.foreign { "USD" } else { "EUR" };
        let mut data = json!({
            "invoice": invoice, "lines": lines,
            "total": {"amount": euros(cents), "currency": currency},
        });
        if random.one_in(3) && cents > 2 {
            let first = cents / 3;
            data["instalments"] = json!([
                {"due_on": random.day(), "amount": euros(first)},
                {"due_on": random.day(), "amount": euros(cents - first)},
            ]);
        } else {
            data["due_on"] = json!(random.day());
        }
        if random.one_in(2) {
            data["owner"] = json!(random.pick(&["m1", "m2"]));
        }
        self.party(random, &mut data);
        if random.one_in(4) && self.counts.contains_key("O") {
            data["order"] = json!(self.known("O", random));
        }
        self.propose(random, "invoice.issued", data);
    }

    fn order(&mut self, random: &mut Random) {
        let (lines, _) = Self::lines(random);
        let order = self.new_id("O");
        let mut data = json!({"order": order, "currency": "EUR", "lines": lines});
        self.party(random, &mut data);
        self.propose(random, "order.placed", data);
    }

    /// A shipment, a return, or a cancelled order.
    fn goods(&mut self, random: &mut Random) {
        let (order, item, qty) = (
            self.known("O", random),
            *random.pick(&["i1", "i2"]),
            (random.below(5) + 1).to_string(),
        );
        match random.below(7) {
            6 => {
                self.propose(random, "order.closed", json!({"order": order, "reason": "enough"}));
            }
            0 => self.propose(
                random,
                "order.cancelled",
                json!({"order": order, "reason": "changed"}),
            ),
            1 | 2 => {
                let (back, shipment) = (self.new_id("R"), self.known("S", random));
                self.propose(
                    random,
                    "return.received",
                    json!({
                        "goods_return": back, "shipment": shipment,
                        "lines": [{"item": item, "qty": qty}],
                    }),
                );
            }
            _ => {
                let shipment = self.new_id("S");
                self.propose(
                    random,
                    "shipment.dispatched",
                    json!({
                        "shipment": shipment, "order": order, "lines": [{"item": item, "qty": qty}],
                    }),
                );
            }
        }
    }

    fn link(&mut self, random: &mut Random) {
        let (legal, client) =
            (*random.pick(&["L1", "L2", "L3"]), *random.pick(&["C1", "C2", "C3"]));
        match random.below(4) {
            0 => self.propose(random, "client.merged", json!({"client": "C3", "into": "C2"})),
            1 => self.propose(random, "client.unmerged", json!({"client": "C3"})),
            2 => self.propose(
                random,
                "counterparty.unlinked",
                json!({"counterparty": legal, "client": client}),
            ),
            _ => self.propose(
                random,
                "counterparty.linked",
                json!({"counterparty": legal, "client": client}),
            ),
        }
    }

    fn void(&mut self, random: &mut Random) {
        let last = self.world.records.len() as u64;
        let target = Position::new((last - random.below(12)).max(self.kept + 1));
        if target.get() > last {
            return;
        }
        let at = self.moment(random);
        if self.world.void(&at, target).is_err() {
            self.refused += 1;
        }
    }

    /// The same facts folded in another order of recording.
    pub fn shuffled(&self, random: &mut Random) -> Views {
        let mut order: Vec<&Record> = self.world.records.iter().collect();
        for i in (1..order.len()).rev() {
            order.swap(i, usize::try_from(random.below(i as u64 + 1)).expect("small"));
        }
        let place: BTreeMap<Position, Position> =
            order.iter().zip(1..).map(|(r, n)| (r.position, Position::new(n))).collect();
        let mut views = Views::default();
        for record in order {
            let mut record = record.clone();
            record.position = place[&record.position];
            record.voids = record.voids.map(|target| place[&target]);
            views.apply(&record);
        }
        views
    }
}

/// Cents as a decimal.
fn euros(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The cents of a decimal with two places.
fn cents_of(amount: &Value) -> u64 {
    amount.as_str().unwrap_or("0").replace('.', "").parse().unwrap_or(0)
}
