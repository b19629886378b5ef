//! What is said in simulations: few kinds of events, so that a naive model can foretell every
//! answer. Invariant: a draft is a function of its arguments.

use serde_json::{Value, json};
use sijil_ledger::{Atomicity, Request};
use sijil_schemas::{decode::Draft, id::EntityRef};
use uuid::Uuid;

/// A draft of an event on a day that lies before every clock.
#[must_use]
pub fn draft(event_type: &str, data: &Value) -> Draft {
    let draft = json!({
        "type": event_type, "occurred_at": "2025-01-01T00:00:00Z", "actor": "simulator",
        "data": data,
    });
    Draft::from_value(draft).unwrap_or_else(|refusal| panic!("{event_type}: {refusal}"))
}

/// The first event of a ledger.
#[must_use]
pub fn opening() -> Draft {
    draft("ledger.opened", &json!({"company": "acme", "time_zone": "UTC", "base_currency": "EUR"}))
}

/// A client; its name stands in the personal part.
#[must_use]
pub fn client(number: u64) -> Draft {
    draft(
        "client.registered",
        &json!({"client": client_id(number), "name": format!("Client {number}"), "kind": "org"}),
    )
}

/// A note of so many bytes on a client.
#[must_use]
pub fn note(number: u64, bytes: usize, salt: u64) -> Draft {
    let mut set = serde_json::Map::new();
    let mut left = bytes;
    while left > 0 || set.is_empty() {
        let here = left.min(4_000);
        let letter = char::from(b'a' + u8::try_from((salt + set.len() as u64) % 26).unwrap_or(0));
        set.insert(format!("k{}", set.len()), Value::String(letter.to_string().repeat(here)));
        left -= here;
    }
    draft("client.attributes_set", &json!({"client": client_id(number), "set": set}))
}

/// A void of the event with this id.
#[must_use]
pub fn void(target: Uuid) -> Draft {
    draft("event.voided", &json!({"target": target, "reason": "entered wrongly"}))
}

/// The id of client number so-and-so.
#[must_use]
pub fn client_id(number: u64) -> String {
    format!("C{number}")
}

/// The same as an entity.
#[must_use]
pub fn client_ref(number: u64) -> EntityRef {
    format!("client:C{number}").parse().unwrap_or_else(|error| panic!("client {number}: {error}"))
}

/// All or nothing, under a key.
#[must_use]
pub fn together(key: &str, drafts: Vec<Draft>) -> Request {
    Request {
        drafts,
        key: Some(key.to_owned()),
        expect: Vec::new(),
        atomicity: Atomicity::Together,
    }
}

/// Each by itself, under a key.
#[must_use]
pub fn alone(key: &str, drafts: Vec<Draft>) -> Request {
    Request { atomicity: Atomicity::Alone, ..together(key, drafts) }
}
