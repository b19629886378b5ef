//! R36: what one entity's records say about it. Invariant: a pure function of the records and the reader's clocks; nothing is kept, so an erased personal value
//! is gone from every state and history at once.
//!
//! The records are those that name the entity, in any order; a reader of the log fetches them (`Life::touching` says where they stand). The state is what its
//! own records and the hand-overs of it say, newest business time last; the history shows every record that names it.

mod effects;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sijil_schemas::{
    Position, Record,
    event::Birth,
    id::{EntityRef, Key},
    money::Amount,
    time::Timestamp,
};

use crate::cut::Lens;
use effects::{Effect, effects};

/// A field's value, and the record that gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Field {
    /// The value, as in the event's data.
    pub value: Value,
    /// Where the record stands.
    pub position: Position,
    /// Its business date.
    pub occurred_at: Timestamp,
    /// Who said so.
    pub actor: Key,
}

/// What is said of an entity at one cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// The entity.
    pub entity: EntityRef,
    /// How many records have it as home, voided or not, up to `known_at`.
    pub revision: u64,
    /// Where the record stands that opened it.
    pub opened: Position,
    /// Since when it exists.
    pub opened_at: Timestamp,
    /// Field to value: the newest that counts.
    pub fields: BTreeMap<String, Field>,
}

/// What a record changed in one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// The field.
    pub field: String,
    /// What it was; `None` if it had no value.
    pub before: Option<Field>,
    /// What it is; `None` if it has no value.
    pub after: Option<Field>,
}

/// One record in an entity's history: who, when, why, on whose behalf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Step<'a> {
    /// Where it stands.
    pub position: Position,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: &'static str,
    /// When it was so.
    pub occurred_at: Timestamp,
    /// When it was said.
    pub recorded_at: Timestamp,
    /// Who said it.
    pub actor: &'a Key,
    /// On whose behalf.
    pub on_behalf_of: Option<&'a Key>,
    /// Why: the reason the event gives; `None` if it gives none, or it was erased.
    pub reason: Option<String>,
    /// What it belongs together with.
    pub correlation: Option<&'a Key>,
    /// What caused it.
    pub causation: Option<&'a Key>,
    /// The system it came from.
    pub source: Option<&'a Key>,
    /// The entity it belongs to, if it is another one that names this.
    pub home: Option<EntityRef>,
    /// The record that voids it, as known.
    pub voided_by: Option<Position>,
    /// What it changed in the entity; nothing if it is voided.
    pub changes: Vec<Difference>,
}

/// What the records say of an entity at the lens; `None` if it does not exist there.
#[must_use]
pub fn state(entity: &EntityRef, records: &[Record], lens: Lens<'_>) -> Option<State> {
    let counting = in_order(records.iter().filter(|r| r.occurred_at() < lens.cut.before && lens.known(r.position)));
    let opens = |r: &&Record| r.event.home() == *entity && r.event.event_type().birth != Birth::Continues;
    let opened = counting.iter().copied().find(opens)?;
    let mut fields = Fields::default();
    for record in counting {
        fields.take(entity, record);
    }
    let mut homes: Vec<Position> = records.iter().filter(|r| r.position <= lens.cut.known_at && r.event.home() == *entity).map(|r| r.position).collect();
    homes.sort_unstable();
    homes.dedup();
    Some(State { entity: entity.clone(), revision: homes.len() as u64, opened: opened.position, opened_at: opened.occurred_at(), fields: fields.now() })
}

/// Every record that names an entity, as known, in replay order, with what each changed in it. Voided records are shown, and change nothing.
#[must_use]
pub fn history<'a>(entity: &EntityRef, records: &'a [Record], lens: Lens<'_>) -> Vec<Step<'a>> {
    let shown = |r: &&Record| r.position <= lens.cut.known_at && lens.cut.except != Some(r.position) && r.occurred_at() < lens.cut.before;
    let mut fields = Fields::default();
    let names = |r: &&Record| r.event.touched().contains(entity);
    in_order(records.iter().filter(shown).filter(names)).into_iter().map(|record| step(entity, record, lens, &mut fields)).collect()
}

/// What differs between two states of one entity, in order of the fields; of an entity that does not exist, no field has a value.
#[must_use]
pub fn differences(before: Option<&State>, after: Option<&State>) -> Vec<Difference> {
    let none = BTreeMap::new();
    compare(before.map_or(&none, |s| &s.fields), after.map_or(&none, |s| &s.fields))
}

fn step<'a>(entity: &EntityRef, record: &'a Record, lens: Lens<'_>, fields: &mut Fields) -> Step<'a> {
    let home = record.event.home();
    let envelope = &record.envelope;
    let reason = record.event.data().ok().and_then(|data| data.get("reason").and_then(Value::as_str).map(str::to_owned));
    Step {
        position: record.position,
        event_type: record.event.event_type().name,
        occurred_at: record.occurred_at(),
        recorded_at: record.recorded_at,
        actor: &envelope.actor,
        on_behalf_of: envelope.on_behalf_of.as_ref(),
        reason,
        correlation: envelope.correlation.as_ref(),
        causation: envelope.causation.as_ref(),
        source: envelope.source.as_ref(),
        home: (home != *entity).then_some(home),
        voided_by: lens.voids.of(record.position).filter(|void| *void <= lens.cut.known_at && lens.cut.except != Some(*void)),
        changes: if lens.known(record.position) { fields.take(entity, record) } else { Vec::new() },
    }
}

fn in_order<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<&'a Record> {
    let mut all: Vec<&Record> = records.collect();
    all.sort_by_key(|r| (r.occurred_at(), r.position));
    all.dedup_by_key(|r| r.position);
    all
}

fn compare(before: &BTreeMap<String, Field>, after: &BTreeMap<String, Field>) -> Vec<Difference> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let value = |fields: &BTreeMap<String, Field>, name: &String| fields.get(name).map(|f| f.value.clone());
    names.retain(|name| value(before, name) != value(after, name));
    names.into_iter().map(|name| Difference { field: name.clone(), before: before.get(name).cloned(), after: after.get(name).cloned() }).collect()
}

/// The values each field had, oldest first; `None` where it had none.
#[derive(Debug, Default)]
struct Fields(BTreeMap<String, Vec<Option<Field>>>);

impl Fields {
    /// Takes what a record says of the entity, and gives what that changes.
    fn take(&mut self, entity: &EntityRef, record: &Record) -> Vec<Difference> {
        let effects = effects(entity, record);
        let all = effects.contains(&Effect::Clear).then(|| self.0.keys().cloned());
        let named: BTreeSet<String> = effects.iter().filter_map(Effect::field).map(str::to_owned).chain(all.into_iter().flatten()).collect();
        let before = self.values(&named);
        let said = |value: Value| Field { value, position: record.position, occurred_at: record.occurred_at(), actor: record.envelope.actor.clone() };
        for effect in effects {
            match effect {
                Effect::Remove(field) => self.0.entry(field).or_default().push(None),
                Effect::Put(field, value) if is_nothing(&value) => self.0.entry(field).or_default().push(None),
                Effect::Put(field, value) => self.0.entry(field).or_default().push(Some(said(value))),
                Effect::Undo(field) => drop(self.0.entry(field).or_default().pop()),
                Effect::Add(field, amount) => {
                    let values = self.0.entry(field).or_default();
                    let sum = values.last().and_then(Option::as_ref).and_then(decimal).unwrap_or_default() + amount;
                    values.push(Some(said(Value::String(sum.to_string()))));
                }
                Effect::Clear => self.0.values_mut().for_each(|values| values.push(None)),
            }
        }
        compare(&before, &self.values(&named))
    }
    fn values(&self, names: &BTreeSet<String>) -> BTreeMap<String, Field> {
        names.iter().filter_map(|name| Some((name.clone(), self.0.get(name)?.last()?.clone()?))).collect()
    }
    fn now(&self) -> BTreeMap<String, Field> {
        self.0.iter().filter_map(|(name, values)| Some((name.clone(), values.last()?.clone()?))).collect()
    }
}

/// An absent value and an empty list say the same.
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn decimal(field: &Field) -> Option<Decimal> {
    field.value.as_str()?.parse().ok().map(Amount::get)
}
