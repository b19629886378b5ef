//! Limits on what is shipped or sold. Invariant: each is configuration, in force as last known.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    LimitMode, LimitMost, LimitOf, LimitScope, Position, ProductLimitSet, Record, time::Period,
};

use super::Trade;
use crate::{
    config::Revised,
    cut::{Dated, Facts, Lens},
};

/// A limit on what is shipped or sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitDoc {
    /// Whom it binds.
    pub scope: LimitScope,
    /// What it counts.
    pub of: LimitOf,
    /// When.
    pub period: Period,
    /// How much is allowed.
    pub most: LimitMost,
    /// What happens above it.
    pub mode: LimitMode,
}

/// All limits, by id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Limits(BTreeMap<String, Facts<LimitDoc>>);

impl Limits {
    pub(super) fn set(&mut self, record: &Record, e: &ProductLimitSet) {
        let doc = LimitDoc {
            scope: e.scope.clone(),
            of: e.of.clone(),
            period: e.period,
            most: e.most.clone(),
            mode: e.mode,
        };
        self.0.entry(e.limit.to_string()).or_default().insert(Dated::of(record, doc));
    }
    /// The limits in force, as known, with their ids, in order of these.
    pub fn in_force<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (&'a str, &'a LimitDoc)> + 'a {
        self.0
            .iter()
            .filter_map(move |(id, facts)| facts.newest_known(lens).map(|f| (id.as_str(), &f.what)))
    }
}

impl Limits {
    /// Where limits are set, whether that counts or not.
    pub fn set_at(&self) -> impl Iterator<Item = Position> {
        self.0.values().flat_map(Facts::all).map(|fact| fact.position)
    }
}

impl Trade {
    /// All limits.
    #[must_use]
    pub fn limits(&self) -> Arc<Limits> {
        self.limits.get()
    }
}

impl Revised for Limits {
    fn truncate(&mut self, after: Position) {
        self.0.values_mut().for_each(|facts| facts.truncate(after));
        self.0.retain(|_, facts| !facts.is_empty());
    }
}
