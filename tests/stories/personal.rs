//! What folds keep. Invariant: no value about a person stands in the state of any fold, whatever
//! was recorded, so what is erased in the log is in no snapshot and no answer made from one.

use serde_json::{Value, json};
use sijil_projections::{Families, Known, Views};
use sijil_schemas::{
    Position,
    decode::{decode, draft_from_slice},
    event::EVENT_TYPES,
    record::Stamp,
    time::Timestamp,
};
use uuid::Uuid;

use crate::world::World;

/// No id, key or public text has it.
const CANARY: &str = "Zaunkönig";

fn has_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

/// Puts the canary in the place of every text below a value that speaks of persons.
fn plant(value: &mut Value) {
    match value {
        Value::String(text) => CANARY.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(plant),
        Value::Object(fields) => {
            // The kind of a channel is a key, and so is a question.
            let said = fields.iter_mut().filter(|(key, _)| *key != "kind" && *key != "question");
            said.for_each(|(_, field)| plant(field));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}

fn folds_with_canary(views: &Known) -> Vec<&'static str> {
    let state = |fold: &&str| views.bytes(fold).expect("a fold of the views");
    Families::FOLDS.iter().copied().filter(|fold| has_canary(&state(fold))).collect()
}

/// An event of every type, with all it can say about persons.
#[test]
fn no_fold_keeps_what_any_event_says_about_persons() {
    let (mut views, mut planted) = (Views::default(), 0);
    for (number, event_type) in (1..).zip(EVENT_TYPES) {
        let mut example = event_type.example();
        for (field, _) in event_type.personal {
            let value = &mut example["data"][*field];
            plant(value);
            planted += usize::from(has_canary(value.to_string().as_bytes()));
        }
        let draft = draft_from_slice(example.to_string().as_bytes()).expect("a draft");
        let position = Position::new(number);
        let stamp = Stamp {
            position,
            recorded_at: Timestamp::MIN,
            voids: None,
            salt: *b"sixteen bytes 16",
            voucher: None,
        };
        let candidate = decode(draft, Uuid::nil()).expect("an event");
        let (record, _) = candidate.keep(&stamp).expect("it is small enough");
        views.apply(&record);
    }
    let fields: usize = EVENT_TYPES.iter().map(|event_type| event_type.personal.len()).sum();
    assert_eq!(planted, fields, "every example says all about persons that its type can say");
    assert_eq!(folds_with_canary(&views), Vec::<&str>::new());
}

/// Names, tax numbers, accounts and channels of a history that the rules admit.
#[test]
fn no_fold_keeps_the_names_of_clients() {
    let mut world = World::open("UTC", "EUR");
    let name = |of: &str| format!("{CANARY} {of}");
    let mut say = |event_type: &str, data: Value| {
        world.record(event_type, "2025-01-05T00:00:00Z", data).expect("it is admitted");
    };
    say("client.registered", json!({"client": "C1", "name": name("& Söhne"), "kind": "org"}));
    say("client.renamed", json!({"client": "C1", "name": name("GmbH")}));
    let account = json!([name("DE89 3704")]);
    say(
        "counterparty.registered",
        json!({"counterparty": "L1", "legal_name": name("AG"), "tax_id": name("77"),
               "bank_accounts": account}),
    );
    say("counterparty.linked", json!({"counterparty": "L1", "client": "C1"}));
    let channels = json!([{"kind": "phone", "address": name("+49 30")}]);
    say(
        "contact.added",
        json!({"contact": "P1", "client": "C1", "name": name("Anna"), "channels": channels}),
    );
    say(
        "employee.hired",
        json!({"employee": "m1", "name": name("Ben"), "department": "sales", "role": "manager"}),
    );
    say(
        "client.owner_assigned",
        json!({"client": "C1", "employee": "m1", "reason": name("knows them")}),
    );
    assert_eq!(folds_with_canary(&world.views), Vec::<&str>::new());
}
