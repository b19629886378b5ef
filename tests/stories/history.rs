//! What stories ask of one entity's records (R36): its state, its history, and what differs between
//! two points. Invariant: only the production functions answer.

use std::collections::BTreeMap;

use serde_json::Value;
use sijil_projections::{
    Lens,
    state::{Difference, Field, differences, history, state},
};
use sijil_schemas::id::EntityRef;

use crate::world::World;

/// Rows of column → shown value.
pub type Rows = Vec<BTreeMap<&'static str, String>>;

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
fn of(field: Option<&Field>) -> String {
    field.map(|f| shown(&f.value)).unwrap_or_default()
}
fn entity(word: &str) -> EntityRef {
    word.parse().unwrap_or_else(|e| panic!("{word}: {e}"))
}
fn lens<'a>(world: &'a World, parameters: &[(&str, &str)]) -> Lens<'a> {
    let (cut, rest) = world.cut(parameters);
    assert!(rest.is_empty(), "unknown parameters {rest:?}");
    world.views.lens(cut)
}

/// `state deal:D3 as_of=…`: each field with its value, and the position and actor of the record
/// that gave it.
pub fn state_rows(world: &World, word: &str, parameters: &[(&str, &str)]) -> Rows {
    let Some(state) = state(&entity(word), &world.records, lens(world, parameters)) else {
        return Vec::new();
    };
    let row = |(name, field): (&String, &Field)| {
        BTreeMap::from([
            ("field", name.clone()),
            ("value", shown(&field.value)),
            ("position", field.position.to_string()),
            ("actor", field.actor.to_string()),
            ("revision", state.revision.to_string()),
        ])
    };
    state.fields.iter().map(row).collect()
}

/// `history deal:D3 …`: who, when, why, on whose behalf, and what changed.
pub fn history_rows(world: &World, word: &str, parameters: &[(&str, &str)]) -> Rows {
    let text = |d: &Difference| {
        format!("{}: {} -> {}", d.field, of(d.before.as_ref()), of(d.after.as_ref()))
    };
    let steps = history(&entity(word), &world.records, lens(world, parameters));
    let rows = steps.iter().map(|step| {
        BTreeMap::from([
            ("position", step.position.to_string()),
            ("type", step.event_type.to_owned()),
            ("occurred_at", step.occurred_at.to_string()),
            ("actor", step.actor.to_string()),
            ("on_behalf_of", step.on_behalf_of.map(ToString::to_string).unwrap_or_default()),
            ("reason", step.reason.clone().unwrap_or_default()),
            ("home", step.home.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("voids", step.voids.map(|p| p.to_string()).unwrap_or_default()),
            ("voided_by", step.voided_by.map(|p| p.to_string()).unwrap_or_default()),
            (
                "changes",
                step.changes.iter().map(text).collect::<Vec<_>>().join(", ").trim_end().to_owned(),
            ),
        ])
    });
    rows.collect()
}

/// `differences deal:D3 as_of=… known_at=… to_as_of=… to_known_at=…`: field by field, what differs
/// between the two points.
pub fn difference_rows(world: &World, word: &str, parameters: &[(&str, &str)]) -> Rows {
    let (to, from): (Vec<_>, Vec<_>) =
        parameters.iter().copied().partition(|(name, _)| name.starts_with("to_"));
    let to: Vec<(&str, &str)> =
        to.into_iter().map(|(name, value)| (name.trim_start_matches("to_"), value)).collect();
    let at =
        |parameters: &[(&str, &str)]| state(&entity(word), &world.records, lens(world, parameters));
    let (before, after) = (at(&from), at(&to));
    let row = |d: &Difference| {
        BTreeMap::from([
            ("field", d.field.clone()),
            ("before", of(d.before.as_ref())),
            ("after", of(d.after.as_ref())),
            ("position", d.after.as_ref().map(|f| f.position.to_string()).unwrap_or_default()),
        ])
    };
    differences(before.as_ref(), after.as_ref()).iter().map(row).collect()
}
