//! Event types by name and by code. Invariant: what is found is a row of the one list of all.

use std::{collections::HashMap, sync::LazyLock};

use super::{EVENT_TYPES, EventType};

/// The event type of a wire name.
#[must_use]
pub fn event_type(name: &str) -> Option<&'static EventType> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static EventType>> =
        LazyLock::new(|| EVENT_TYPES.iter().map(|t| (t.name, t)).collect());
    BY_NAME.get(name).copied()
}

/// The event type of a stored code.
#[must_use]
pub fn event_type_of_code(code: u16) -> Option<&'static EventType> {
    static BY_CODE: LazyLock<Vec<Option<&'static EventType>>> = LazyLock::new(|| {
        let mut all =
            vec![None; EVENT_TYPES.iter().map(|t| usize::from(t.code) + 1).max().unwrap_or(0)];
        for event_type in EVENT_TYPES {
            all[usize::from(event_type.code)] = Some(event_type);
        }
        all
    });
    BY_CODE.get(usize::from(code)).copied().flatten()
}
