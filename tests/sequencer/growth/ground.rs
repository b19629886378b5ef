//! What every pile stands on: a company, its parties, and documents that stay open. Invariant: all
//! of it is there before the first pile begins.

use super::Ledger;
use super::piles::start;
use serde_json::{Value, json};

pub(super) fn eur(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

pub(super) fn line(item: &str, qty: &str, net: &str) -> Value {
    json!({
        "line": "1", "item": item, "text": "chair", "qty": qty, "price": "1", "net": net,
        "tax": "0",
    })
}

pub(super) fn open(ledger: &mut Ledger) {
    let mut tell = |name: &str, data: Value| ledger.tell(name, start(), data);
    tell(
        "ledger.opened",
        json!({"company": "acme", "time_zone": "Europe/Berlin", "base_currency": "EUR"}),
    );
    for employee in ["e0", "e1", "e2"] {
        tell(
            "employee.hired",
            json!({"employee": employee, "name": "E", "department": "sales", "role": "seller"}),
        );
    }
    for warehouse in ["w0", "w1"] {
        tell("warehouse.registered", json!({"warehouse": warehouse, "name": "W"}));
    }
    for item in ["I", "J", "K"] {
        tell(
            "item.registered",
            json!({
                "item": item, "sku": item, "name": "chair", "unit": "piece", "kind": "goods",
                "costing": "fifo",
            }),
        );
    }
    for client in ["C", "CC", "CH", "MX", "X"] {
        tell(
            "client.registered",
            json!({"client": client, "name": "Buyer", "kind": "org", "owner": "e0"}),
        );
    }
    for legal in ["L", "S"] {
        tell("counterparty.registered", json!({"counterparty": legal, "legal_name": "Legal"}));
    }
    tell("contact.added", json!({"contact": "KC", "client": "C", "name": "Somebody"}));
    for bank in ["b0", "b1"] {
        tell("bank_account.opened", json!({"bank_account": bank, "currency": "EUR"}));
    }
    tell("account.opened", json!({"path": "income/y", "unit": "EUR"}));
    let stages = json!([
        {"stage": "s1", "rank": 1, "name": "One", "probability": "0.1"},
        {"stage": "s2", "rank": 2, "name": "Two", "probability": "0.5"},
    ]);
    tell("pipeline.defined", json!({"pipeline": "P", "stages": stages}));
    let duty = |requirement: &str, stage: &str, kind: &str, matches: Value, gate: bool| {
        json!({
            "requirement": requirement, "stage": stage, "kind": kind, "match": matches, "due_h": 24,
            "gate": gate,
        })
    };
    let duties = [
        duty("said", "s1", "interaction", json!({"channel": "call"}), true),
        duty("done", "s1", "task", json!({}), true),
        duty("amount", "s1", "field", json!({"field": "amount"}), true),
        duty("paper", "s2", "document", json!({}), false),
    ];
    tell("regulation.defined", json!({"regulation": "R", "pipeline": "P", "requirements": duties}));
    tell(
        "source.defined",
        json!({"source": "fair", "name": "Fair", "kind": "campaign", "campaign": "F"}),
    );
    tell(
        "kpi.defined",
        json!({"kpi": "own", "metric": "won_amount", "unit": "EUR", "better": "up"}),
    );
}

#[expect(clippy::too_many_lines, reason = "one row for each document that stays open")]
pub(super) fn open_documents(ledger: &mut Ledger) {
    let mut tell = |name: &str, data: Value| ledger.tell(name, start(), data);
    tell(
        "campaign.planned",
        json!({
            "campaign": "F", "name": "Fair", "kind": "exhibition", "from": "2025-01-01",
            "to": "2025-12-31",
        }),
    );
    for deal in ["D", "DW", "DL", "DH"] {
        tell(
            "deal.opened",
            json!({
                "deal": deal, "client": "C", "pipeline": "P", "stage": "s1", "owner": "e0",
                "amount": eur("10"),
            }),
        );
    }
    for order in ["O", "OC"] {
        tell(
            "order.placed",
            json!({
                "order": order, "client": "C", "currency": "EUR",
                "lines": [line("I", "1000000000", "1000000000")],
            }),
        );
    }
    tell(
        "shipment.dispatched",
        json!({
            "shipment": "SH", "order": "O", "lines": [{"line": "1", "item": "I", "qty": "1000000"}],
        }),
    );
    tell(
        "invoice.issued",
        json!({
            "invoice": "INV", "client": "C", "lines": [line("I", "1000000000", "1000000000")],
            "total": eur("1000000000"), "due_on": "2025-12-31",
        }),
    );
    tell(
        "credit_note.issued",
        json!({
            "credit_note": "CA", "client": "C", "lines": [line("I", "1", "1000000")],
            "total": eur("1000000"), "reason": "bonus",
        }),
    );
    for payment in ["PAY", "PV"] {
        tell(
            "payment.received",
            json!({
                "payment": payment, "client": "C", "amount": eur("1000000000"),
                "bank_account": "b0",
            }),
        );
    }
    tell(
        "statement_line.imported",
        json!({
            "statement_line": "SL", "bank_account": "b0", "amount": eur("1000000"), "text": "in",
        }),
    );
    tell(
        "bill.received",
        json!({
            "bill": "B", "supplier": "S",
            "lines": [
                {
                    "line": "1", "text": "rent", "qty": "1000000", "price": "1", "net": "1000000",
                    "tax": "0",
                },
            ],
            "total": eur("1000000"), "due_on": "2025-12-31",
        }),
    );
    tell(
        "payment.made",
        json!({
            "payment": "PM", "counterparty": "S", "amount": eur("1000000"), "bank_account": "b0",
        }),
    );
    for order in ["PO", "PC"] {
        tell(
            "purchase_order.placed",
            json!({
                "purchase_order": order, "supplier": "S", "currency": "EUR",
                "lines": [line("I", "1000000000", "1000000000")],
            }),
        );
    }
    tell(
        "goods.received",
        json!({
            "receipt": "GR", "item": "I", "warehouse": "w0", "qty": "100000000",
            "value": eur("100000000"),
        }),
    );
    tell(
        "goods.received",
        json!({
            "receipt": "GR1", "item": "I", "warehouse": "w1", "qty": "1000000",
            "value": eur("1000000"),
        }),
    );
    tell(
        "goods.issued",
        json!({"issue": "GI", "item": "I", "warehouse": "w0", "qty": "1000000", "reason": "sale"}),
    );
    tell(
        "stock.reserved",
        json!({
            "reservation": "RS", "item": "I", "warehouse": "w0", "qty": "1000000", "ref": "order:O",
        }),
    );
    tell(
        "claim.opened",
        json!({
            "claim": "CL", "client": "C", "kind": "damage", "severity": "high", "text": "broken",
        }),
    );
    tell(
        "task.assigned",
        json!({
            "task": "TK", "assignee": "e0", "due": "2026-01-01T00:00:00Z", "text": "call",
            "refs": ["deal:D"],
        }),
    );
    tell(
        "product_limit.set",
        json!({
            "limit": "LM", "scope": {"client": "C"}, "of": {"item": "I"},
            "period": {"first": "2025-01-01", "last": "2025-12-31"},
            "most": {"qty": "900000000000"}, "mode": "refuse",
        }),
    );
}
