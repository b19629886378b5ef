//! Receivables worked out by hand. Invariant: the same rows as in the papers of the domain.

use serde_json::{Value, json};

use crate::world::World;

/// The worked data of R19.
pub fn worked_receivables() -> World {
    let mut world = World::open("UTC", "EUR");
    let mut must = |event: &str, day: &str, data: Value| {
        world
            .record(event, &format!("{day}T00:00:00Z"), data)
            .unwrap_or_else(|e| panic!("{event}: {e}"));
    };
    must("bank_account.opened", "2024-01-01", json!({"bank_account": "A", "currency": "EUR"}));
    for (invoice, on, due, amount) in [
        ("I3", "2024-12-01", "2024-12-15", "300"),
        ("I1", "2025-01-01", "2025-01-31", "1000"),
        ("I2", "2025-02-01", "2025-03-03", "500"),
    ] {
        let line = json!([{"line": "1", "qty": "1", "price": amount, "net": amount, "tax": "0"}]);
        must(
            "invoice.issued",
            on,
            json!({
                "invoice": invoice, "total": {"amount": amount, "currency": "EUR"}, "due_on": due,
                "lines": line,
            }),
        );
    }
    must(
        "payment.received",
        "2025-02-10",
        json!({
            "payment": "P1", "amount": {"amount": "700", "currency": "EUR"}, "bank_account": "A",
        }),
    );
    must(
        "payment.allocated",
        "2025-02-10",
        json!({"payment": "P1", "invoice": "I1", "amount": "600"}),
    );
    must(
        "credit_note.issued",
        "2025-02-20",
        json!({
            "credit_note": "N1", "invoice": "I3", "total": {"amount": "50", "currency": "EUR"},
            "reason": "broken",
        }),
    );
    must(
        "payment.received",
        "2025-02-25",
        json!({
            "payment": "P3", "amount": {"amount": "50", "currency": "EUR"}, "bank_account": "A",
        }),
    );
    must(
        "payment.allocated",
        "2025-02-25",
        json!({"payment": "P3", "invoice": "I1", "amount": "50"}),
    );
    must(
        "payment.received",
        "2025-03-05",
        json!({
            "payment": "P2", "amount": {"amount": "400", "currency": "EUR"}, "bank_account": "A",
        }),
    );
    must(
        "payment.allocated",
        "2025-03-05",
        json!({"payment": "P2", "invoice": "I1", "amount": "350"}),
    );
    world
}
