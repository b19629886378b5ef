//! The executable model: what a ledger with these few entities must answer. Invariant: it is
//! written from the rules' words, not from their code.

use std::collections::BTreeMap;

use crate::operation::{Act, ITEMS, Operation};

/// The state after some position of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    on_hand: [u64; ITEMS as usize],
    /// Invoice → what is open.
    open: BTreeMap<u64, u64>,
    /// Payment → what is free.
    free: BTreeMap<u64, u64>,
    /// (payment, invoice) → what is allocated.
    allocated: BTreeMap<(u64, u64), u64>,
    /// Client → (name, revision).
    clients: BTreeMap<u64, (String, u64)>,
}

impl Model {
    /// The state after the opening.
    pub fn opened() -> Model {
        Model {
            clients: (0..crate::operation::CLIENTS).map(|n| (n, ("first".to_owned(), 1))).collect(),
            ..Model::default()
        }
    }

    /// What must be answered to a write: nothing, or the name of the refusal.
    pub fn judge(&self, operation: &Operation) -> Option<&'static str> {
        let Operation::Write { acts, expect } = operation else { return None };
        if let (Some(revision), [Act::Rename { client, .. }]) = (expect, acts.as_slice())
            && self.clients[client].1 != *revision
        {
            return Some("revision_conflict");
        }
        let mut after = self.clone();
        acts.iter().find_map(|act| {
            let refused = after.refuses(act);
            if refused.is_none() {
                after.apply(act);
            }
            refused
        })
    }

    fn refuses(&self, act: &Act) -> Option<&'static str> {
        match act {
            Act::Receive { .. } | Act::Rename { .. } => None,
            Act::Issue { item, qty, .. } => (self.on_hand[usize::try_from(*item).expect("small")]
                < *qty)
                .then_some("issue_above_on_hand"),
            Act::Invoice { invoice, .. } => {
                self.open.contains_key(invoice).then_some("already_exists")
            }
            Act::Pay { payment, .. } => self.free.contains_key(payment).then_some("already_exists"),
            Act::Allocate { payment, invoice, amount } => {
                match (self.free.get(payment), self.open.get(invoice)) {
                    (None, _) | (_, None) => Some("unknown_reference"),
                    (Some(free), _) if free < amount => Some("allocation_exceeds_remainder"),
                    (_, Some(open)) if open < amount => Some("payment_exceeds_open_amount"),
                    (Some(_), Some(_)) => None,
                }
            }
            Act::Release { payment, invoice, amount } => {
                match (self.free.get(payment), self.open.get(invoice)) {
                    (None, _) | (_, None) => Some("unknown_reference"),
                    (Some(_), Some(_))
                        if self.allocated.get(&(*payment, *invoice)).is_none_or(|a| a < amount) =>
                    {
                        Some("unallocation_exceeds_allocation")
                    }
                    (Some(_), Some(_)) => None,
                }
            }
        }
    }

    /// Takes an act that was recorded.
    pub fn apply(&mut self, act: &Act) {
        match act {
            Act::Receive { item, qty, .. } => {
                self.on_hand[usize::try_from(*item).expect("small")] += qty;
            }
            Act::Issue { item, qty, .. } => {
                self.on_hand[usize::try_from(*item).expect("small")] -= qty;
            }
            Act::Invoice { invoice, amount } => drop(self.open.insert(*invoice, *amount)),
            Act::Pay { payment, amount } => drop(self.free.insert(*payment, *amount)),
            Act::Allocate { payment, invoice, amount } => {
                *self.free.get_mut(payment).expect("known") -= amount;
                *self.open.get_mut(invoice).expect("known") -= amount;
                *self.allocated.entry((*payment, *invoice)).or_default() += amount;
            }
            Act::Release { payment, invoice, amount } => {
                *self.free.get_mut(payment).expect("known") += amount;
                *self.open.get_mut(invoice).expect("known") += amount;
                *self.allocated.get_mut(&(*payment, *invoice)).expect("known") -= amount;
            }
            Act::Rename { client, name } => {
                let known = self.clients.get_mut(client).expect("known");
                *known = (name.clone(), known.1 + 1);
            }
        }
    }

    /// What a read of a client must show: name and revision.
    pub fn client(&self, client: u64) -> (&str, u64) {
        let (name, revision) = &self.clients[&client];
        (name, *revision)
    }

    /// What a read of the stock must show.
    pub fn on_hand(&self) -> [u64; ITEMS as usize] {
        self.on_hand
    }
}
