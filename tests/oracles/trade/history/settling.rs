//! Random payments, credit notes and what they settle. Invariant: some are refused, and those leave
//! the history as it was.

use super::*;
use serde_json::{Value, json};

impl History {
    pub(super) fn credit(&mut self, random: &mut Random) {
        let (invoice, credit) = (self.known("I", random), self.new_id("N"));
        let issued = self
            .world
            .records
            .iter()
            .filter_map(|r| r.event.data().ok())
            .find(|d| d["invoice"] == json!(invoice) && d.get("lines").is_some());
        let currency = issued.as_ref().map_or(json!("EUR"), |d| d["total"]["currency"].clone());
        let mut data = json!({
            "credit_note": credit, "invoice": invoice,
            "total": {"amount": random.amount(1_500), "currency": currency}, "reason": "back",
        });
        if let (true, Some(line)) =
            (random.one_in(2), issued.as_ref().and_then(|d| d["lines"].get(0)))
        {
            let sum = cents_of(&line["net"]) + cents_of(&line["tax"]);
            data["lines"] = json!([line]);
            data["total"]["amount"] = json!(euros(sum));
        }
        self.propose(random, "credit_note.issued", data);
    }
    pub(super) fn free_credit(&mut self, random: &mut Random) {
        let (lines, cents) = Self::lines(random);
        let currency = if random.one_in(5) { "USD" } else { "EUR" };
        let note = self.new_id("F");
        let mut data = json!({
            "credit_note": note, "lines": lines,
            "total": {"amount": euros(cents), "currency": currency}, "reason": "bonus",
        });
        if random.one_in(2) {
            data["owner"] = json!(random.pick(&["m1", "m2"]));
        }
        self.party(random, &mut data);
        self.propose(random, "credit_note.issued", data);
    }
    pub(super) fn payment(&mut self, random: &mut Random) {
        let payment = self.new_id("P");
        let cents = random.below(6_000) + 1;
        let (bank, currency) =
            *random.pick(&[("A", "EUR"), ("A", "EUR"), ("B", "EUR"), ("U", "USD")]);
        let (bank, currency) =
            if self.foreign && !random.one_in(5) { ("U", "USD") } else { (bank, currency) };
        let mut data = json!({
            "payment": payment, "amount": {"amount": euros(cents), "currency": currency},
            "bank_account": bank,
        });
        if random.one_in(2) && cents > 3 {
            data["purpose_lines"] = json!([
                {"purpose": "goods", "amount": euros(cents / 3)},
                {"purpose": "advance", "amount": euros(cents - cents / 3)},
            ]);
        }
        if random.one_in(5) {
            data["deductions"] = json!([
                {"account": "assets/withheld_tax", "amount": euros(random.below(300) + 1)},
                {"account": "income/rounding", "amount": "-0.01"},
            ]);
        }
        self.party(random, &mut data);
        self.propose(random, "payment.received", data);
    }
    /// A part of a payment for an invoice of the same party and currency, on a day after both: most
    /// others are refused.
    pub(super) fn allocation(&mut self, random: &mut Random) {
        let all: Vec<Value> =
            self.world.records.iter().filter_map(|r| r.event.data().ok()).collect();
        let invoices: Vec<&Value> = all
            .iter()
            .filter(|d| {
                d.get("invoice").is_some()
                    && d.get("total").is_some()
                    && d.get("credit_note").is_none()
            })
            .collect();
        let payments: Vec<&Value> = all
            .iter()
            .filter(|d| d.get("payment").is_some() && d.get("bank_account").is_some())
            .collect();
        let same = |one: &Value, other: &Value, field: &str| one.get(field) == other.get(field);
        let fits = |payment: &Value, invoice: &Value| {
            payment["amount"]["currency"] == invoice["total"]["currency"]
                && same(payment, invoice, "client")
                && same(payment, invoice, "counterparty")
        };
        let pairs: Vec<(&Value, &Value)> = payments
            .iter()
            .flat_map(|p| invoices.iter().map(move |i| (*p, *i)))
            .filter(|(p, i)| fits(p, i))
            .collect();
        if pairs.is_empty() {
            return;
        }
        let (payment, invoice) = *random.pick(&pairs);
        let amount = if self.foreign {
            let most =
                cents_of(&payment["amount"]["amount"]).min(cents_of(&invoice["total"]["amount"]));
            euros(most.div_ceil(random.below(4) + 1))
        } else {
            random.amount(2_500)
        };
        let data =
            json!({"payment": payment["payment"], "invoice": invoice["invoice"], "amount": amount});
        self.moments += 1;
        let at = format!(
            "2025-06-{:02}T{:02}:{:02}:{:02}Z",
            random.below(28) + 1,
            random.below(24),
            self.moments / 60,
            self.moments % 60
        );
        if self.world.record("payment.allocated", &at, data).is_err() {
            self.refused += 1;
        }
    }
}
