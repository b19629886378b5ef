//! What the records of an entity say about it, field by field. Invariant: read from the log at the moment asked; nothing of it is kept.

use serde_json::{Value, json};
use sijil_ledger::Ledger;
use sijil_projections::Cut;
use sijil_schemas::{Record, id::EntityRef};

use crate::problem::Problem;

fn counting(ledger: &Ledger, entity: &EntityRef, cut: Cut) -> Result<Vec<Record>, Problem> {
    let mut records = ledger.history(entity, cut.known_at)?;
    let views = ledger.views();
    let lens = views.lens(cut);
    records.retain(|r| r.occurred_at() < cut.before && lens.known(r.position) && r.event.home() == *entity);
    records.sort_by_key(|r| (r.occurred_at(), r.position));
    Ok(records)
}

/// The fields the entity's own records set, the latest in replay order.
pub(crate) fn state(ledger: &Ledger, entity: &EntityRef, cut: Cut) -> Result<Value, Problem> {
    let mut state = json!({});
    for record in counting(ledger, entity, cut)? {
        if let Ok(Value::Object(data)) = record.event.data() {
            for (field, value) in data {
                state[field] = value;
            }
        }
    }
    Ok(state)
}

/// Each of the entity's own records in replay order: who, when, and what it set.
pub(crate) fn history(ledger: &Ledger, entity: &EntityRef, cut: Cut) -> Result<Vec<Value>, Problem> {
    let one = |r: &Record| {
        json!({"position": r.position, "type": r.event.event_type().name, "occurred_at": r.envelope.occurred_at, "recorded_at": r.recorded_at,
            "actor": r.envelope.actor, "on_behalf_of": r.envelope.on_behalf_of, "set": r.event.data().unwrap_or_default()})
    };
    Ok(counting(ledger, entity, cut)?.iter().map(one).collect())
}
