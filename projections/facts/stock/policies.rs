//! Whether stock may go below zero, and whether goods reserved for one may go to another.
//! Invariant: at any date the narrowest policy holds, among equals the latest; without one both are
//! refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    NegativeStock, Position, Record, ReservedStock, StockPolicySet, id::kind, time::Timestamp,
};

use super::Stock;
use crate::{
    config::Revised,
    cut::{Dated, Lens},
    ids::Sym,
    steps,
};

/// One revision of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Policy {
    item: Option<Sym<kind::Item>>,
    warehouse: Option<Sym<kind::Warehouse>>,
    allow: bool,
    ignore: bool,
}

impl Policy {
    fn binds(&self, (item, warehouse): (Sym<kind::Item>, Sym<kind::Warehouse>)) -> bool {
        self.item.is_none_or(|of| of == item) && self.warehouse.is_none_or(|of| of == warehouse)
    }
    const fn narrowness(&self) -> u8 {
        self.item.is_some() as u8 * 2 + self.warehouse.is_some() as u8
    }
}

/// Every policy by its id, each in replay order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Policies(BTreeMap<String, Vec<Dated<Policy>>>);

impl Revised for Policies {
    fn truncate(&mut self, after: Position) {
        for revisions in self.0.values_mut() {
            revisions.retain(|policy| policy.position <= after);
        }
        self.0.retain(|_, revisions| !revisions.is_empty());
    }
}

impl Policies {
    fn set(&mut self, id: &str, policy: Dated<Policy>) {
        let revisions = self.0.entry(id.to_owned()).or_default();
        let at = revisions.partition_point(|other| other.order() <= policy.order());
        revisions.insert(at, policy);
    }
    fn in_force(
        &self,
        place: (Sym<kind::Item>, Sym<kind::Warehouse>),
        at: Timestamp,
        lens: Lens<'_>,
    ) -> Option<Policy> {
        let lens = lens.until(at);
        let in_force = steps::each(self.0.values()).filter_map(|revisions| {
            let begun = revisions.partition_point(|policy| policy.at < lens.cut.before);
            steps::each(revisions[..begun].iter()).rfind(|policy| lens.known(policy.position))
        });
        let binding = in_force.filter(|policy| policy.what.binds(place));
        binding
            .max_by_key(|policy| (policy.what.narrowness(), policy.order()))
            .map(|policy| policy.what)
    }
}

impl Stock {
    pub(super) fn set_policy(&self, record: &Record, e: &StockPolicySet) {
        let policy = Policy {
            item: self.any(e.item.as_ref()),
            warehouse: self.any(e.warehouse.as_ref()),
            allow: e.negative == NegativeStock::Allow,
            ignore: e.reserved == Some(ReservedStock::Ignore),
        };
        let policy = Dated::of(record, policy);
        self.policies.change(|policies| policies.set(e.policy.as_str(), policy));
    }
    /// Whether stock of an item at a warehouse might have gone below zero at a moment, as known.
    #[must_use]
    pub fn may_go_below_zero(
        &self,
        item: Sym<kind::Item>,
        warehouse: Sym<kind::Warehouse>,
        at: Timestamp,
        lens: Lens<'_>,
    ) -> bool {
        self.policies.get().in_force((item, warehouse), at, lens).is_some_and(|policy| policy.allow)
    }
    /// Whether goods of an item that others had reserved at a warehouse might have been taken at a
    /// moment, as known.
    #[must_use]
    pub fn may_take_reserved(
        &self,
        item: Sym<kind::Item>,
        warehouse: Sym<kind::Warehouse>,
        at: Timestamp,
        lens: Lens<'_>,
    ) -> bool {
        let policy = self.policies.get().in_force((item, warehouse), at, lens);
        policy.is_some_and(|policy| policy.ignore)
    }
}
