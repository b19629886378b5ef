//! Receipts that turn out to have cost something else. Invariant: once a receipt is adjusted,
//! everything that rests on its cost stands as if it had cost that from the start, and what was
//! shown is made up for at the step of the adjustment.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::kind, time::Timestamp};

use super::{Goods, Replay, Step};
use crate::{
    Sym,
    cut::Dated,
    stock::{
        Moved, Source, Stock, Valued,
        valuation::{Against, Effect, MissingRate},
    },
};

/// A receipt that adjustments name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Adjusted {
    /// Its step, once it is reached.
    arrived: Option<usize>,
    /// How much more it costs so far.
    more: Decimal,
    /// How many adjustments are still to come.
    pub(super) pending: usize,
}

/// What a change is told apart by: item, warehouse, account, whose cost it is, and whether it
/// settles a provisional one.
type Change = (Sym<kind::Item>, Sym<kind::Warehouse>, Against, (Timestamp, Position), bool);

/// What rests on the cost of an item: the item itself, and what is made of it.
pub(super) type Rests = BTreeSet<Sym<kind::Item>>;

impl Replay<'_, '_> {
    /// How much more the receipt of this step costs so far; if that may change, it can be gone back
    /// to.
    pub(super) fn arrive(&mut self, item: Sym<kind::Item>, receipt: Sym<kind::Receipt>) -> Decimal {
        let now = self.now;
        let Some(adjusted) = self.adjusted.get_mut(&receipt) else { return Decimal::ZERO };
        adjusted.arrived = Some(now);
        let (more, pending) = (adjusted.more, adjusted.pending);
        if pending > 0 && !self.again {
            let items = self.rests_on(item);
            let state = items
                .iter()
                .map(|item| (*item, self.goods.get(item).cloned().unwrap_or_default()))
                .collect();
            self.saved.insert(now, state);
            for item in items {
                self.open.entry(item).or_default().insert(now);
            }
        }
        more
    }
    /// Makes a receipt cost so much more, and shows at this step what that changes.
    pub(super) fn adjust(
        &mut self,
        n: usize,
        receipt: Sym<kind::Receipt>,
        more: Decimal,
    ) -> Result<(), MissingRate> {
        let Some(adjusted) = self.adjusted.get_mut(&receipt) else { return Ok(()) };
        adjusted.more += more;
        adjusted.pending -= 1;
        let Adjusted { arrived: Some(from), pending, .. } = *adjusted else { return Ok(()) };
        let items = self.rests_on(self.steps[from].item);
        if !more.is_zero() {
            self.retake(from, n, &items)?;
        }
        if pending == 0 {
            self.saved.remove(&from);
            for item in items {
                self.forget(item, from);
            }
        }
        Ok(())
    }
    /// What rests on the cost of an item.
    fn rests_on(&self, item: Sym<kind::Item>) -> Rests {
        self.rests.get(&item).cloned().unwrap_or_else(|| Rests::from([item]))
    }
    /// A receipt need not be gone back to any more: what was changed before the next one is
    /// settled.
    fn forget(&mut self, item: Sym<kind::Item>, receipt: usize) {
        let open = self.open.entry(item).or_default();
        open.remove(&receipt);
        let (first, log) = (open.first().copied(), self.log.entry(item).or_default());
        let settled =
            first.map_or(log.len(), |first| log.partition_point(|(step, _)| *step < first));
        log.drain(..settled);
    }
    /// Goes back to a receipt, takes all steps since then again as far as they rest on it, and
    /// shows how much more or less they change now.
    fn retake(&mut self, from: usize, n: usize, items: &Rests) -> Result<(), MissingRate> {
        let Some(saved) = self.saved.get(&from).cloned() else { return Ok(()) };
        let (mut before, mut old) = (BTreeMap::new(), Vec::new());
        for (item, goods) in saved {
            before.insert(item, self.goods.insert(item, goods).unwrap_or_default());
            let log = self.log.entry(item).or_default();
            old.extend(log.split_off(log.partition_point(|(step, _)| *step < from)));
        }
        self.again = true;
        let mut last = from;
        for step in self.steps_of(items, from, n) {
            self.save_again(last, step, items);
            last = step;
            self.step(step)?;
        }
        self.save_again(last, n, items);
        (self.now, self.again) = (n, false);
        let mut changes: BTreeMap<_, (Decimal, Dated<Source>)> = BTreeMap::new();
        let mut note = |effect: &Effect, sign: Decimal| {
            let key = (
                effect.item,
                effect.warehouse,
                effect.against,
                effect.origin.order(),
                effect.settles,
            );
            changes.entry(key).or_insert((Decimal::ZERO, effect.origin)).0 += effect.value * sign;
        };
        old.iter().for_each(|(_, effect)| note(effect, Decimal::NEGATIVE_ONE));
        let new = items
            .iter()
            .filter_map(|item| self.log.get(item))
            .flat_map(|log| log.range(log.partition_point(|(step, _)| *step < from)..));
        new.for_each(|(_, effect)| note(effect, Decimal::ONE));
        self.show_changes(n, changes, &before);
        Ok(())
    }
    fn show_changes(
        &mut self,
        n: usize,
        changes: BTreeMap<Change, (Decimal, Dated<Source>)>,
        before: &BTreeMap<Sym<kind::Item>, Goods>,
    ) {
        let mut totals: BTreeMap<_, (Decimal, Decimal)> = BTreeMap::new();
        let fact = self.steps[n].fact;
        for ((item, warehouse, against, _, settles), (value, origin)) in
            changes.into_iter().filter(|(_, (value, _))| !value.is_zero())
        {
            let there = || {
                before
                    .get(&item)
                    .and_then(|goods| goods.shelves.get(&warehouse))
                    .map_or((Decimal::ZERO, Decimal::ZERO), Valued::totals)
            };
            let after = totals.entry((item, warehouse)).or_insert_with(there);
            after.1 += value;
            // What a receipt's own step changes is its own; what it made other moves cost is
            // theirs.
            let origin = if against == Against::Supplier { Source::of(fact) } else { origin };
            (self.visit)(&Effect {
                fact,
                item,
                warehouse,
                qty: Decimal::ZERO,
                value,
                against,
                origin,
                settles,
                after: *after,
            });
        }
        debug_assert!(
            totals.iter().all(|((item, warehouse), (_, value))| self.goods[item]
                .shelves
                .get(warehouse)
                .is_some_and(|shelf| shelf.value() == *value)),
            "what is shown is what changed"
        );
    }
    /// The steps of some items in between, in order.
    fn steps_of(&self, items: &Rests, from: usize, until: usize) -> Vec<usize> {
        let mut all: Vec<usize> = Vec::new();
        for steps in items.iter().filter_map(|item| self.by_item.get(item)) {
            let (first, end) =
                (steps.partition_point(|n| *n < from), steps.partition_point(|n| *n < until));
            all.extend(&steps[first..end]);
        }
        all.sort_unstable();
        all
    }
    /// What is kept of these items from just before the receipts in between is what they are now.
    fn save_again(&mut self, after: usize, through: usize, items: &Rests) {
        let Replay { saved, goods, .. } = self;
        if after >= through {
            return;
        }
        for (item, kept) in saved
            .range_mut(after + 1..=through)
            .flat_map(|(_, state)| state)
            .filter(|(item, _)| items.contains(item))
        {
            *kept = goods.get(item).cloned().unwrap_or_default();
        }
    }
}

/// What rests on the cost of each item: what is made of it, and of that, and so on.
pub(super) fn rests(stock: &Stock, steps: &[Step]) -> BTreeMap<Sym<kind::Item>, Rests> {
    let mut made: BTreeMap<Sym<kind::Item>, Rests> = BTreeMap::new();
    for step in steps {
        if let Moved::Produced { components, .. } = step.fact.what.what {
            for component in stock.components(components) {
                made.entry(component).or_default().insert(step.item);
            }
        }
    }
    let closure = |item: Sym<kind::Item>| {
        let (mut all, mut open) = (Rests::new(), vec![item]);
        while let Some(item) = open.pop() {
            if all.insert(item) {
                open.extend(made.get(&item).into_iter().flatten());
            }
        }
        all
    };
    made.keys().map(|item| (*item, closure(*item))).collect()
}
