//! What settles and spends besides payments, in piles: set-offs, write-offs of bills, expenses and
//! exchanges. Invariant: it is a history that the rules would have let in.

use serde_json::{Value, json};

use super::{
    Ledger, at,
    ground::{eur, line},
    piles::start,
};

/// A cent of the invoice and the bill that all piles are about.
pub(super) fn set_off(id: &str) -> Value {
    json!({
        "set_off": id, "invoices": [{"invoice": "INV", "amount": "0.01"}],
        "bills": [{"bill": "B", "amount": "0.01"}],
    })
}

pub(super) fn exchange(id: &str) -> Value {
    json!({
        "funds_exchange": id, "from": "b0", "to": "b2", "sold": eur("9"),
        "bought": {"amount": "10", "currency": "USD"}, "fee": eur("0.10"),
    })
}

pub(super) fn open(ledger: &mut Ledger) {
    let mut tell = |name: &str, data: Value| ledger.tell(name, start(), data);
    tell("bank_account.opened", json!({"bank_account": "b2", "currency": "USD"}));
    tell("set_off.recorded", set_off("SO"));
    // One that is closed, and not cancelled.
    tell(
        "order.placed",
        json!({
            "order": "OD", "client": "C", "currency": "EUR",
            "lines": [line("I", "1000000000", "1000000000")],
        }),
    );
    tell(
        "expense.recorded",
        json!({"expense": "EX", "amount": eur("1"), "purpose": "travel", "bank_account": "b0"}),
    );
}

pub(super) fn pile(ledger: &mut Ledger, k: usize) {
    let mut tell = |second: usize, name: &str, data: Value| ledger.tell(name, at(k, second), data);
    let id = |prefix: &str| format!("{prefix}{k}");
    tell(
        5,
        "shipment.dispatched",
        json!({
            "shipment": id("SD"), "order": "OD", "lines": [{"line": "1", "item": "I", "qty": "1"}],
        }),
    );
    tell(5, "set_off.recorded", set_off(&id("SO")));
    if k.is_multiple_of(3) {
        tell(6, "set_off.reversed", json!({"set_off": id("SO"), "reason": "wrong"}));
    }
    tell(5, "payment.made_allocated", json!({"payment": "PM", "bill": "B", "amount": "0.02"}));
    tell(6, "payment.made_unallocated", json!({"payment": "PM", "bill": "B", "amount": "0.01"}));
    tell(7, "payment.made_refunded", json!({"payment": "PM", "amount": "0.01"}));
    tell(8, "bill.written_off", json!({"bill": "B", "amount": "0.01", "reason": "waived"}));
    tell(
        5,
        "expense.recorded",
        json!({
            "expense": id("EX"), "amount": eur("1"), "purpose": "travel", "bank_account": "b0",
        }),
    );
    tell(6, "expense.reversed", json!({"expense": id("EX"), "reason": "wrong"}));
    tell(5, "funds.exchanged", exchange(&id("FX")));
    tell(6, "account.revalued", json!({"account": "assets/bank/b2"}));
    tell(
        5,
        "invoice.brought_forward",
        json!({
            "invoice": id("IB"), "client": "C", "total": eur("10"), "due_on": "2025-12-31",
        }),
    );
    tell(
        5,
        "bill.brought_forward",
        json!({"bill": id("BB"), "supplier": "S", "total": eur("10"), "due_on": "2025-12-31"}),
    );
    tell(
        5,
        "payment.brought_forward",
        json!({
            "payment": id("PB"), "direction": "made", "counterparty": "S", "amount": eur("10"),
        }),
    );
}
