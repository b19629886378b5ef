//! Long lives: a ledger in which facts of every kind have piled up. Invariant: it is a history that
//! the rules would have let in.

use serde_json::{Value, json};

use super::{
    Ledger, access, at,
    ground::{eur, line, open, open_documents},
    kept, otherwise, relations, work,
};

/// A ledger with so many facts of every kind on the entities that the probes are about.
pub(super) fn piled(facts: usize) -> Ledger {
    let mut ledger = Ledger::default();
    let openings = [
        open,
        open_documents,
        access::open,
        kept::open,
        otherwise::open,
        relations::open,
        work::open,
    ];
    for open in openings {
        open(&mut ledger);
    }
    for k in 0..facts {
        clients(&mut ledger, k);
        for deal in ["D", "DW", "DL"] {
            deals(&mut ledger, k, deal);
        }
        money(&mut ledger, k);
        goods(&mut ledger, k);
        work::pile(&mut ledger, k);
        configuration(&mut ledger, k);
        for pile in [access::pile, kept::pile, otherwise::pile, relations::pile] {
            pile(&mut ledger, k);
        }
    }
    // What the gates of the last visit ask for.
    for deal in ["D", "DW"] {
        for (name, data) in met(deal, facts) {
            ledger.tell(name, at(facts, 0), data);
        }
    }
    // Nothing rests on this one, so that it can be voided.
    ledger.tell("deal.estimate_changed", at(facts, 1), json!({"deal": "DL", "amount": eur("10")}));
    ledger
}

pub(super) fn start() -> sijil_schemas::time::Timestamp {
    sijil_schemas::time::Timestamp::from_micros(super::FIRST_MICROS - 86_400_000_000)
        .expect("in range")
}

fn clients(ledger: &mut Ledger, k: usize) {
    let mut tell = |second: usize, name: &str, data: Value| ledger.tell(name, at(k, second), data);
    tell(0, "client.renamed", json!({"client": "C", "name": "Buyer"}));
    tell(0, "client.attributes_set", json!({"client": "C", "set": {"region": "North"}}));
    tell(
        0,
        "client.owner_assigned",
        json!({"client": "C", "employee": if k.is_multiple_of(2) { "e1" } else { "e0" }}),
    );
    tell(
        0,
        "client.registered",
        json!({"client": format!("M{k}"), "name": "Buyer", "kind": "org"}),
    );
    tell(1, "client.merged", json!({"client": format!("M{k}"), "into": "C"}));
    tell(0, "client.merged", json!({"client": "CC", "into": "X"}));
    tell(1, "client.unmerged", json!({"client": "CC"}));
    tell(
        0,
        "contact.added",
        json!({"contact": format!("K{k}"), "client": "C", "name": "Somebody"}),
    );
    tell(0, "contact.role_set", json!({"contact": "KC", "roles": ["buyer"]}));
    tell(
        0,
        "counterparty.registered",
        json!({"counterparty": format!("L{k}"), "legal_name": "Legal"}),
    );
    tell(1, "counterparty.linked", json!({"counterparty": format!("L{k}"), "client": "C"}));
    tell(0, "counterparty.linked", json!({"counterparty": "L", "client": "C"}));
    tell(1, "counterparty.unlinked", json!({"counterparty": "L", "client": "C"}));
    tell(
        0,
        "contract.signed",
        json!({
            "contract": format!("T{k}"), "counterparty": "L", "terms": "net",
            "valid_from": "2025-01-01", "payment_days": 30,
        }),
    );
    tell(
        0,
        "attribution.stated",
        json!({"subject": "client:C", "question": "learned", "source": "fair"}),
    );
}

/// What the gates of the first stage ask for.
fn met(deal: &str, k: usize) -> [(&'static str, Value); 4] {
    let (task, refs) = (format!("T{deal}{k}"), [format!("deal:{deal}")]);
    [
        (
            "interaction.recorded",
            json!({
                "interaction": format!("N{deal}{k}"), "client": "C", "channel": "call",
                "direction": "out", "refs": refs,
            }),
        ),
        (
            "task.assigned",
            json!({
                "task": task, "assignee": "e0", "due": "2026-01-01T00:00:00Z", "text": "call",
                "refs": refs,
            }),
        ),
        ("task.completed", json!({"task": task})),
        ("deal.estimate_changed", json!({"deal": deal, "amount": eur("10")})),
    ]
}

fn deals(ledger: &mut Ledger, k: usize, deal: &str) {
    let visit = k + 1;
    let mut tell = |second: usize, name: &str, data: Value| ledger.tell(name, at(k, second), data);
    for (second, (name, data)) in met(deal, k).into_iter().enumerate() {
        tell(second.min(2), name, data);
    }
    tell(3, "deal.stage_entered", json!({"deal": deal, "from": "s1", "to": "s2"}));
    tell(4, "deal.put_on_hold", json!({"deal": deal, "reason": "waits"}));
    tell(5, "deal.resumed", json!({"deal": deal}));
    tell(6, "deal.owner_changed", json!({"deal": deal, "from": "e0", "to": "e1"}));
    tell(
        7,
        "deal.requirement_fulfilled",
        json!({"deal": deal, "requirement": "paper", "visit": visit}),
    );
    tell(
        8,
        "deal.requirement_waived",
        json!({"deal": deal, "requirement": "paper", "visit": visit, "reason": "agreed"}),
    );
    tell(9, "deal.lost", json!({"deal": deal, "at_stage": "s2", "reason": "price"}));
    tell(10, "deal.reopened", json!({"deal": deal, "stage": "s1"}));
    tell(11, "deal.owner_changed", json!({"deal": deal, "from": "e1", "to": "e0"}));
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
fn money(ledger: &mut Ledger, k: usize) {
    let mut tell = |second: usize, name: &str, data: Value| ledger.tell(name, at(k, second), data);
    for payment in ["PAY", "PV"] {
        tell(
            0,
            "payment.allocated",
            json!({"payment": payment, "invoice": "INV", "amount": "0.02"}),
        );
        tell(
            1,
            "payment.unallocated",
            json!({"payment": payment, "invoice": "INV", "amount": "0.01"}),
        );
        tell(2, "payment.refunded", json!({"payment": payment, "amount": "0.01"}));
    }
    let (one, invoice) = (format!("P{k}"), format!("INV{k}"));
    tell(
        0,
        "payment.received",
        json!({"payment": one, "client": "C", "amount": eur("10"), "bank_account": "b0"}),
    );
    tell(1, "payment.allocated", json!({"payment": one, "invoice": "INV", "amount": "0.01"}));
    tell(
        0,
        "invoice.issued",
        json!({
            "invoice": invoice, "client": "C", "lines": [line("I", "1", "10")], "total": eur("10"),
            "due_on": "2025-12-31",
        }),
    );
    tell(1, "payment.allocated", json!({"payment": "PAY", "invoice": invoice, "amount": "0.01"}));
    tell(
        2,
        "credit_note.issued",
        json!({
            "credit_note": format!("CN{k}"), "invoice": "INV", "lines": [line("I", "1", "0.01")],
            "total": eur("0.01"), "reason": "late",
        }),
    );
    tell(
        0,
        "credit_note.allocated",
        json!({"credit_note": "CA", "invoice": "INV", "amount": "0.02"}),
    );
    tell(
        1,
        "credit_note.unallocated",
        json!({"credit_note": "CA", "invoice": "INV", "amount": "0.01"}),
    );
    tell(
        2,
        "credit_note.refunded",
        json!({"credit_note": "CA", "amount": "0.01", "bank_account": "b0"}),
    );
    tell(3, "invoice.written_off", json!({"invoice": "INV", "amount": "0.01", "reason": "small"}));
    tell(
        3,
        "statement_line.matched",
        json!({"statement_line": "SL", "to": "payment:PAY", "amount": "0.01"}),
    );
    tell(
        3,
        "statement_line.imported",
        json!({
            "statement_line": format!("SL{k}"), "bank_account": "b0", "amount": eur("0.01"),
            "text": "in",
        }),
    );
    tell(
        4,
        "statement_line.matched",
        json!({"statement_line": format!("SL{k}"), "to": "payment:PAY", "amount": "0.01"}),
    );
    tell(
        0,
        "bill.received",
        json!({
            "bill": format!("B{k}"), "supplier": "S",
            "lines": [
                {
                    "line": "1", "item": "I", "text": "chair", "qty": "1", "price": "10",
                    "net": "10", "tax": "0",
                },
            ],
            "total": eur("10"), "due_on": "2025-12-31", "refs": ["purchase_order:PO"],
        }),
    );
    tell(
        1,
        "bill.credited",
        json!({
            "bill_credit": format!("BC{k}"), "bill": "B",
            "lines": [
                {
                    "line": "1", "text": "rent", "qty": "1", "price": "0.01", "net": "0.01",
                    "tax": "0",
                },
            ],
            "total": eur("0.01"), "reason": "late",
        }),
    );
    tell(1, "payment.made_allocated", json!({"payment": "PM", "bill": "B", "amount": "0.01"}));
    tell(
        0,
        "payment.made",
        json!({
            "payment": format!("PM{k}"), "counterparty": "S", "amount": eur("1"),
            "bank_account": "b0",
        }),
    );
    tell(
        1,
        "payment.made_allocated",
        json!({"payment": format!("PM{k}"), "bill": "B", "amount": "0.01"}),
    );
    tell(
        0,
        "funds.transferred",
        json!({"funds_transfer": format!("FT{k}"), "from": "b0", "to": "b1", "amount": eur("1")}),
    );
    let postings = json!([
        {"account": "expenses/x", "unit": "EUR", "amount": "1"},
        {"account": "income/y", "unit": "EUR", "amount": "-1"},
    ]);
    tell(0, "entry.posted", json!({"entry": format!("E{k}"), "postings": postings, "text": "so"}));
    tell(0, "period.closed", json!({"area": "sales", "until": "1999-12-31"}));
    tell(1, "period.reopened", json!({"area": "sales", "reason": "late"}));
    tell(2, "period.closed", json!({"area": "stock", "until": "1999-12-31"}));
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
fn goods(ledger: &mut Ledger, k: usize) {
    let mut tell = |second: usize, name: &str, data: Value| ledger.tell(name, at(k, second), data);
    tell(
        0,
        "order.placed",
        json!({
            "order": format!("O{k}"), "client": "C", "currency": "EUR",
            "lines": [line("I", "10", "10")],
        }),
    );
    for order in ["O", "OC"] {
        tell(
            0,
            "shipment.dispatched",
            json!({
                "shipment": format!("SH{order}{k}"), "order": order,
                "lines": [{"line": "1", "item": "I", "qty": "1"}],
            }),
        );
    }
    tell(
        1,
        "return.received",
        json!({
            "goods_return": format!("GB{k}"), "shipment": "SH",
            "lines": [{"line": "1", "item": "I", "qty": "1"}],
        }),
    );
    tell(
        0,
        "purchase_order.placed",
        json!({
            "purchase_order": format!("PO{k}"), "supplier": "S", "currency": "EUR",
            "lines": [line("I", "1", "1")],
        }),
    );
    for order in ["PO", "PC"] {
        tell(
            0,
            "goods.received",
            json!({
                "receipt": format!("GR{order}{k}"), "item": "I", "warehouse": "w0", "qty": "10",
                "value": eur("10"), "purchase_order": order,
            }),
        );
    }
    tell(
        1,
        "goods.issued",
        json!({
            "issue": format!("GI{k}"), "item": "I", "warehouse": "w0", "qty": "1", "reason": "sale",
        }),
    );
    tell(
        2,
        "goods.transferred",
        json!({
            "goods_transfer": format!("GT{k}"), "item": "I", "from": "w0", "to": "w1", "qty": "1",
        }),
    );
    tell(
        3,
        "stock.counted",
        json!({"count": format!("CT{k}"), "item": "I", "warehouse": "w1", "counted": "1000000"}),
    );
    tell(
        4,
        "stock.adjusted",
        json!({
            "adjustment": format!("AD{k}"), "item": "I", "warehouse": "w0", "delta": "1",
            "value": eur("1"), "reason": "found",
        }),
    );
    tell(
        5,
        "production.completed",
        json!({
            "production": format!("PR{k}"), "item": "J", "warehouse": "w0", "qty": "1",
            "consumed": [{"item": "I", "warehouse": "w0", "qty": "1"}],
        }),
    );
    tell(
        6,
        "stock.reserved",
        json!({
            "reservation": format!("RS{k}"), "item": "I", "warehouse": "w0", "qty": "1",
            "ref": "order:O",
        }),
    );
    tell(7, "reservation.released", json!({"reservation": "RS", "qty": "1"}));
    tell(
        8,
        "goods.issued",
        json!({
            "issue": format!("GX{k}"), "item": "I", "warehouse": "w0", "qty": "1", "reason": "sale",
            "reservation": "RS",
        }),
    );
    tell(
        9,
        "receipt.cost_adjusted",
        json!({"receipt": "GR", "delta_value": eur("0.01"), "reason": "freight"}),
    );
    tell(
        10,
        "goods.received",
        json!({
            "receipt": format!("GB{k}"), "item": "I", "warehouse": "w0", "qty": "1",
            "returns": "GI",
        }),
    );
}

fn configuration(ledger: &mut Ledger, k: usize) {
    let mut tell = |second: usize, name: &str, data: Value| ledger.tell(name, at(k, second), data);
    tell(
        0,
        "price.set",
        json!({"list": "retail", "item": "I", "price": eur("10"), "valid_from": "2025-01-01"}),
    );
    tell(
        0,
        "item.replenishment_policy_set",
        json!({"item": "I", "warehouse": "w0", "safety": "4", "multiple": "1", "lead_days": 10}),
    );
    tell(
        0,
        "stock_policy.set",
        json!({"policy": "NP", "item": "I", "warehouse": "w0", "negative": "refuse"}),
    );
    tell(0, "exchange_rate.set", json!({"currency": "USD", "rate": "0.9"}));
    tell(
        0,
        "custom_field.defined",
        json!({
            "custom_field": "FD", "entity": "client", "key": "region", "type": "text",
            "required": false,
        }),
    );
    tell(
        0,
        "segment.defined",
        json!({
            "segment": "SG", "name": "Silent", "criteria": {"last_contact_older_than_days": 60},
        }),
    );
    tell(
        0,
        "source.defined",
        json!({"source": "fair", "name": "Fair", "kind": "campaign", "campaign": "F"}),
    );
    tell(
        0,
        "kpi.defined",
        json!({"kpi": "own", "metric": "won_amount", "unit": "EUR", "better": "up"}),
    );
    tell(
        0,
        "target.set",
        json!({
            "target": "G", "scope": {"employee": "e0"}, "metric": "own",
            "period": {"first": "2025-02-01", "last": "2025-02-28"}, "value": "1",
        }),
    );
    tell(0, "import.keyed", json!({"import": "shop", "fingerprint": "9f2c1a7be0d34c58"}));
}
