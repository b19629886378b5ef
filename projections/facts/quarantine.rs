//! Facts that fit nowhere, which only a fault of the rules can let in. Invariant: they are part of
//! the state of the family that set them aside, and nothing counts them.

use std::{
    fmt,
    sync::{PoisonError, RwLock},
};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sijil_schemas::{Position, id::EntityRef};

use crate::family::Part;

/// A fact that only a fault of the rules can have let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quarantined {
    /// The entity it is about.
    pub entity: EntityRef,
    /// Where it stands.
    pub position: Position,
    /// Why it fits nowhere.
    pub reason: String,
}

/// The facts a family set aside.
#[derive(Default)]
pub struct Quarantine(RwLock<Vec<Quarantined>>);

impl Quarantine {
    /// Sets a fact aside.
    pub fn add(&self, entity: EntityRef, position: Position, reason: impl Into<String>) {
        let fact = Quarantined { entity, position, reason: reason.into() };
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(fact);
    }
    /// What is set aside, in order of position.
    #[must_use]
    pub fn facts(&self) -> Vec<Quarantined> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Part for Quarantine {
    fn truncate(&self, after: Position) {
        let mut facts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        facts.retain(|fact| fact.position <= after);
    }
    fn copy(&self, up_to: Position) -> Self {
        let copy = Quarantine(RwLock::new(self.facts()));
        copy.truncate(up_to);
        copy
    }
}
impl Clone for Quarantine {
    fn clone(&self) -> Self {
        Quarantine(RwLock::new(self.facts()))
    }
}
impl fmt::Debug for Quarantine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.facts().fmt(f)
    }
}
impl Serialize for Quarantine {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.facts().serialize(s)
    }
}
impl<'de> Deserialize<'de> for Quarantine {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Vec::deserialize(d).map(|facts| Quarantine(RwLock::new(facts)))
    }
}
