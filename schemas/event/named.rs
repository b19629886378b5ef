//! What an event names. Invariant: every entity is told once, the home first.

use super::Event;
use crate::id::EntityRef;

impl Event {
    /// The family's wire name.
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.event_type().family
    }
    /// Every entity the event names, each once, the home first.
    #[must_use]
    pub fn touched(&self) -> Vec<EntityRef> {
        let mut all: Vec<EntityRef> = Vec::new();
        self.touch(&mut |entity| {
            if !all.contains(&entity) {
                all.push(entity);
            }
        });
        all
    }
}
