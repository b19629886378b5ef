//! Random documents of other books, bills, set-offs, expenses and exchanges. Invariant: money here
//! is on bank accounts of its own, so that what payments brought is on theirs.

use super::*;
use serde_json::{Value, json};

impl History {
    pub(super) fn brought_forward(&mut self, random: &mut Random) {
        let currency = if random.one_in(5) != self.foreign { "USD" } else { "EUR" };
        let cents = random.below(6_000) + 3;
        let total = json!({"amount": euros(cents), "currency": currency});
        match random.below(4) {
            0 => {
                let payment = self.new_id("P");
                let mut data =
                    json!({"payment": payment, "direction": "received", "amount": total});
                self.party(random, &mut data);
                self.propose(random, "payment.brought_forward", data);
            }
            1 => {
                let bill = self.new_id("B");
                let (supplier, due) = (*random.pick(&["L1", "L2", "L3"]), random.day());
                self.propose(
                    random,
                    "bill.brought_forward",
                    json!({
                        "bill": bill, "supplier": supplier, "total": total,
                        "due_on": due,
                    }),
                );
            }
            _ => {
                let mut data = json!({"invoice": self.new_id("I"), "total": total});
                if random.one_in(3) {
                    data["instalments"] = json!([
                        {"due_on": random.day(), "amount": euros(cents / 3)},
                        {"due_on": random.day(), "amount": euros(cents - cents / 3)},
                    ]);
                } else {
                    data["due_on"] = json!(random.day());
                }
                if random.one_in(2) {
                    data["issued_on"] = json!(format!("2024-{}", &random.day()[5..]));
                }
                if random.one_in(2) {
                    data["owner"] = json!(random.pick(&["m1", "m2"]));
                }
                self.party(random, &mut data);
                self.propose(random, "invoice.brought_forward", data);
            }
        }
    }
    pub(super) fn bill(&mut self, random: &mut Random) {
        if random.one_in(4) {
            let (bill, amount) = (self.known("B", random), random.amount(2_000));
            let data = json!({"bill": bill, "amount": amount, "reason": "waived"});
            return self.propose(random, "bill.written_off", data);
        }
        let currency = if random.one_in(5) != self.foreign { "USD" } else { "EUR" };
        let net = euros(random.below(6_000) + 1);
        let bill = self.new_id("B");
        let (supplier, due) = (*random.pick(&["L1", "L2", "L3"]), random.day());
        let line = json!({
            "line": "1", "text": "work", "qty": "1", "price": "1", "net": net, "tax": "0",
        });
        self.propose(
            random,
            "bill.received",
            json!({
                "bill": bill, "supplier": supplier, "lines": [line],
                "total": {"amount": net, "currency": currency}, "due_on": due,
            }),
        );
    }
    /// Parts of one bill and one or two invoices of the same legal entity and currency; many are
    /// more than is open.
    pub(super) fn set_off(&mut self, random: &mut Random) {
        let all: Vec<Value> =
            self.world.records.iter().filter_map(|r| r.event.data().ok()).collect();
        let bills: Vec<&Value> = all
            .iter()
            .filter(|d| d.get("supplier").is_some() && d.get("total").is_some())
            .collect();
        if bills.is_empty() {
            return;
        }
        let bill = *random.pick(&bills);
        let invoices: Vec<&Value> = all
            .iter()
            .filter(|d| {
                d.get("invoice").is_some()
                    && d.get("credit_note").is_none()
                    && d["total"]["currency"] == bill["total"]["currency"]
                    && d.get("counterparty") == bill.get("supplier")
            })
            .collect();
        let other = self.known("I", random);
        let mut parts: Vec<(String, u64)> = Vec::new();
        for _ in 0..=random.below(2) {
            let invoice = match invoices.is_empty() {
                true => other.clone(),
                false => {
                    let of = random.pick(&invoices)["invoice"].as_str();
                    of.unwrap_or_default().to_owned()
                }
            };
            parts.push((invoice, random.below(1_500) + 1));
        }
        let sum: u64 = parts.iter().map(|(_, cents)| cents).sum();
        let invoices: Vec<Value> = parts
            .into_iter()
            .map(|(invoice, cents)| json!({"invoice": invoice, "amount": euros(cents)}))
            .collect();
        let set_off = self.new_id("T");
        let data = json!({
            "set_off": set_off, "invoices": invoices,
            "bills": [{"bill": bill["bill"], "amount": euros(sum)}],
        });
        self.moments += 1;
        let at = format!(
            "2025-06-{:02}T{:02}:{:02}:{:02}Z",
            random.below(28) + 1,
            random.below(24),
            self.moments / 60,
            self.moments % 60
        );
        if self.world.record("set_off.recorded", &at, data).is_err() {
            self.refused += 1;
        }
    }
    pub(super) fn set_off_reversed(&mut self, random: &mut Random) {
        let data = json!({"set_off": self.known("T", random), "reason": "wrong"});
        self.propose(random, "set_off.reversed", data);
    }
    pub(super) fn spent(&mut self, random: &mut Random) {
        let amount = random.amount(3_000);
        match random.below(6) {
            0 | 1 => {
                let (bank, currency) = *random.pick(&[("X", "EUR"), ("Y", "USD"), ("", "USD")]);
                let mut data = json!({
                    "expense": self.new_id("E"), "purpose": *random.pick(&["travel", "tools"]),
                    "amount": {"amount": amount, "currency": currency},
                });
                if !bank.is_empty() {
                    data["bank_account"] = json!(bank);
                }
                if random.one_in(3) {
                    data["account"] = json!("assets/tools");
                }
                self.propose(random, "expense.recorded", data);
            }
            2 => {
                let data = json!({"expense": self.known("E", random), "reason": "wrong"});
                self.propose(random, "expense.reversed", data);
            }
            3 | 4 => {
                let (from, to) =
                    *random.pick(&[(("X", "EUR"), ("Y", "USD")), (("Y", "USD"), ("X", "EUR"))]);
                let mut data = json!({
                    "funds_exchange": self.new_id("X"), "from": from.0, "to": to.0,
                    "sold": {"amount": amount, "currency": from.1},
                    "bought": {"amount": random.amount(3_000), "currency": to.1},
                });
                if random.one_in(2) {
                    let currency = *random.pick(&["EUR", "USD"]);
                    data["fee"] = json!({"amount": random.amount(90), "currency": currency});
                }
                self.propose(random, "funds.exchanged", data);
            }
            _ => {
                let data = json!({"account": "assets/bank/Y"});
                self.propose(random, "account.revalued", data);
            }
        }
    }
}
