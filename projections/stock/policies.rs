//! Whether stock may go below zero, and whether goods reserved for one may go to another.
//! Invariant: at any date the narrowest policy holds, among equals the latest; without one both are
//! refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    NegativeStock, ReservedStock, StockPolicySet,
    id::{ItemId, WarehouseId},
    time::Timestamp,
};

use crate::{
    cut::{Dated, Facts, Lens},
    steps,
};

/// One revision of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Policy {
    item: Option<ItemId>,
    warehouse: Option<WarehouseId>,
    allow: bool,
    ignore: bool,
}

impl Policy {
    pub(super) fn of(event: &StockPolicySet) -> Policy {
        Policy {
            item: event.item.clone(),
            warehouse: event.warehouse.clone(),
            allow: event.negative == NegativeStock::Allow,
            ignore: event.reserved == Some(ReservedStock::Ignore),
        }
    }
    fn binds(&self, item: &str, warehouse: &str) -> bool {
        self.item.as_ref().is_none_or(|i| i.as_str() == item)
            && self.warehouse.as_ref().is_none_or(|w| w.as_str() == warehouse)
    }
    const fn narrowness(&self) -> u8 {
        self.item.is_some() as u8 * 2 + self.warehouse.is_some() as u8
    }
}

/// Every policy by its id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Policies(BTreeMap<String, Facts<Policy>>);

impl Policies {
    pub(super) fn set(&mut self, id: &str, fact: Dated<Policy>) {
        self.0.entry(id.to_owned()).or_default().insert(fact);
    }
    /// Whether what was issued at this moment might have gone below zero, as known.
    pub(super) fn allow(&self, item: &str, warehouse: &str, at: Timestamp, lens: Lens<'_>) -> bool {
        self.in_force(item, warehouse, at, lens).is_some_and(|p| p.allow)
    }
    /// Whether what was issued at this moment might have been what others had reserved, as known.
    pub(super) fn ignore(
        &self,
        item: &str,
        warehouse: &str,
        at: Timestamp,
        lens: Lens<'_>,
    ) -> bool {
        self.in_force(item, warehouse, at, lens).is_some_and(|p| p.ignore)
    }
    fn in_force<'a>(
        &'a self,
        item: &str,
        warehouse: &str,
        at: Timestamp,
        lens: Lens<'a>,
    ) -> Option<&'a Policy> {
        let in_force = steps::each(self.0.values()).filter_map(|facts| facts.last(lens.until(at)));
        let binding = in_force.filter(|p| p.what.binds(item, warehouse));
        binding.max_by_key(|p| (p.what.narrowness(), p.order())).map(|p| &p.what)
    }
}
