//! One replay of the goods of some items. Invariant: what has been shown adds up, at every step, to
//! what a history would show in which each receipt had cost, from the start, what it costs by that
//! step.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rust_decimal::Decimal;
use sijil_schemas::{
    Costing, IssueReason, Position,
    id::kind,
    money::{Currency, Money, round},
    time::Timestamp,
};

use super::{Against, Effect, MissingRate, Shelves, Valuation};
use crate::{
    Sym,
    cut::Dated,
    stock::{
        Layer, Move, Moved, Source, Valued,
        layers::{Deficit, part},
    },
};

mod retake;

use retake::{Adjusted, Rests, rests};

/// One step of a replay: a move, or, after it, a difference of price that it brings out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) item: Sym<kind::Item>,
    pub(super) fact: Dated<Move>,
    /// A receipt, and how much more it cost.
    pub(super) differs: Option<(Sym<kind::Receipt>, Decimal)>,
}

impl Step {
    /// Its place in the replay: what a production consumes is known before what it makes, a
    /// difference after what brings it out.
    pub(super) fn order(&self) -> ((Timestamp, Position), u8) {
        let rank = if self.differs.is_some() {
            2
        } else {
            u8::from(matches!(self.fact.what.what, Moved::Produced { .. }))
        };
        (self.fact.order(), rank)
    }
    /// The receipt whose cost it adjusts, if it does.
    fn adjusts(&self) -> Option<Sym<kind::Receipt>> {
        match (self.fact.what.what, self.differs) {
            (_, Some((receipt, _))) | (Moved::CostAdjusted { receipt, .. }, None) => Some(receipt),
            (_, None) => None,
        }
    }
}

/// An issue that something brings back: what of it is still out.
#[derive(Debug, Clone)]
struct Out {
    fact: Dated<Source>,
    qty: Decimal,
    value: Decimal,
}

/// The goods of one item at one step of the replay.
#[derive(Debug, Clone, Default)]
struct Goods {
    shelves: BTreeMap<Sym<kind::Warehouse>, Valued>,
    /// The latest receipt, with its quantity and cost.
    latest: Option<(Decimal, Decimal)>,
    out: BTreeMap<Sym<kind::Issue>, Out>,
}

pub(super) struct Replay<'a, 'v> {
    valuation: &'v Valuation<'a>,
    steps: &'v [Step],
    minor: u32,
    average: BTreeMap<Sym<kind::Item>, bool>,
    /// The issues that returns name, by id; only those are remembered.
    returned: BTreeSet<Sym<kind::Issue>>,
    goods: BTreeMap<Sym<kind::Item>, Goods>,
    /// What each consumption used up, by step.
    used: BTreeMap<usize, Decimal>,
    adjusted: BTreeMap<Sym<kind::Receipt>, Adjusted>,
    /// The steps of each item, and what rests on its cost, if anything is ever adjusted.
    by_item: BTreeMap<Sym<kind::Item>, Vec<usize>>,
    rests: BTreeMap<Sym<kind::Item>, Rests>,
    /// The goods just before each receipt that is still to be adjusted, as far as they rest on it.
    saved: BTreeMap<usize, BTreeMap<Sym<kind::Item>, Goods>>,
    /// The steps of such receipts, by item, and all changes of the item since the first of them, as
    /// if they had cost from the start what they cost now.
    open: BTreeMap<Sym<kind::Item>, BTreeSet<usize>>,
    log: BTreeMap<Sym<kind::Item>, VecDeque<(usize, Effect)>>,
    /// Which layers losses with a value took, by step: a later adjustment does not make it others.
    chosen: BTreeMap<usize, Vec<usize>>,
    /// The step that is being taken, and whether it is taken again.
    now: usize,
    again: bool,
    visit: &'v mut dyn FnMut(&Effect),
}

impl<'a, 'v> Replay<'a, 'v> {
    pub(super) fn new(
        valuation: &'v Valuation<'a>,
        steps: &'v [Step],
        visit: &'v mut dyn FnMut(&Effect),
    ) -> Self {
        let (mut returned, mut adjusted) = (BTreeSet::new(), BTreeMap::<_, Adjusted>::new());
        for step in steps {
            if let Moved::Received { returns: Some(issue), .. } = step.fact.what.what {
                returned.insert(issue);
            }
            if let Some(receipt) = step.adjusts() {
                adjusted.entry(receipt).or_default().pending += 1;
            }
        }
        let mut by_item: BTreeMap<Sym<kind::Item>, Vec<usize>> = BTreeMap::new();
        for (n, step) in steps.iter().enumerate() {
            let of = by_item.entry(step.item).or_default();
            if !adjusted.is_empty() {
                of.push(n);
            }
        }
        let average = |item| {
            valuation
                .stock
                .card(item, valuation.lens)
                .is_some_and(|c| c.costing == Costing::Average)
        };
        Replay {
            valuation,
            steps,
            minor: valuation.currency().map_or(2, Currency::minor_unit),
            average: by_item.keys().map(|item| (*item, average(*item))).collect(),
            returned,
            goods: BTreeMap::new(),
            used: BTreeMap::new(),
            rests: if adjusted.is_empty() {
                BTreeMap::new()
            } else {
                rests(valuation.stock, steps)
            },
            adjusted,
            by_item,
            saved: BTreeMap::new(),
            open: BTreeMap::new(),
            log: BTreeMap::new(),
            chosen: BTreeMap::new(),
            now: 0,
            again: false,
            visit,
        }
    }
    /// Takes every step, and gives what is left.
    pub(super) fn run(mut self) -> Result<Shelves, MissingRate> {
        for n in 0..self.steps.len() {
            self.step(n)?;
        }
        let shelves = self.goods.into_iter().flat_map(|(item, goods)| {
            goods.shelves.into_iter().map(move |(warehouse, shelf)| ((item, warehouse), shelf))
        });
        Ok(shelves.collect())
    }
    fn step(&mut self, n: usize) -> Result<(), MissingRate> {
        let step = self.steps[n];
        self.now = n;
        match step.adjusts() {
            // What is taken again knows already what its receipts cost.
            Some(_) if self.again => Ok(()),
            Some(receipt) => {
                let more = match (step.fact.what.what, step.differs) {
                    (_, Some((_, more))) => more,
                    (Moved::CostAdjusted { delta, .. }, None) => self.base(delta, step.fact)?,
                    (_, None) => Decimal::ZERO,
                };
                self.adjust(n, receipt, more)
            }
            None => self.take(step.item, step.fact),
        }
    }
    /// Shows a change, unless it was shown before, and remembers it while it may be made again.
    fn show(&mut self, effect: Effect) {
        if !self.again {
            (self.visit)(&effect);
        }
        if self.open.get(&effect.item).is_some_and(|open| !open.is_empty()) {
            self.log.entry(effect.item).or_default().push_back((self.now, effect));
        }
    }
    fn take(&mut self, item: Sym<kind::Item>, fact: Dated<Move>) -> Result<(), MissingRate> {
        match fact.what.what {
            Moved::Received { receipt, warehouse, qty, value, returns, .. } => {
                self.receive(item, fact, (receipt, returns), warehouse, qty, value)?;
            }
            Moved::Issued { issue, warehouse, qty, reason, .. } => {
                let against = match reason {
                    IssueReason::Sale => Against::CostOfGoods,
                    IssueReason::Production => Against::Production,
                    IssueReason::Loss => Against::Loss,
                };
                let value: Decimal =
                    self.give(item, fact, warehouse, qty, against).iter().map(|l| l.value).sum();
                if self.returned.contains(&issue) {
                    let out = Out { fact: Source::of(fact), qty, value };
                    self.of(item).out.insert(issue, out);
                }
            }
            Moved::Transferred { from, to, qty, .. } => {
                let parts = self.give(item, fact, from, qty, Against::Warehouse);
                self.put(item, fact, to, &parts, Against::Warehouse, Source::of(fact));
            }
            Moved::Counted { warehouse, counted, .. } => {
                let delta = counted - self.shelf(item, warehouse).qty();
                self.correct(item, fact, warehouse, delta, None);
            }
            Moved::Adjusted { warehouse, delta, value, .. } => {
                let value = value.map(|v| self.base(v, fact)).transpose()?;
                self.correct(item, fact, warehouse, delta, value);
            }
            Moved::CostAdjusted { .. } | Moved::Billed { .. } => (),
            Moved::Consumed { warehouse, qty, .. } => {
                let value: Decimal = self
                    .give(item, fact, warehouse, qty, Against::Production)
                    .iter()
                    .map(|l| l.value)
                    .sum();
                self.used.insert(self.now, value);
            }
            Moved::Produced { warehouse, qty, .. } => {
                let value = self.consumed_for(fact.position);
                self.of(item).latest = Some((qty, value));
                self.enter(item, fact, warehouse, (qty, value), Against::Product);
            }
        }
        Ok(())
    }
    /// What the production at a position consumed: its consumptions stand just before it.
    fn consumed_for(&self, position: Position) -> Decimal {
        let own = (0..self.now).rev().take_while(|n| self.steps[*n].fact.position == position);
        own.filter_map(|n| self.used.get(&n)).sum()
    }
    /// A value in the base currency, at the rate of its date as known at its own position.
    fn base(&self, value: Money, fact: Dated<Move>) -> Result<Decimal, MissingRate> {
        self.valuation.base(value, fact.order())
    }
    fn of(&mut self, item: Sym<kind::Item>) -> &mut Goods {
        self.goods.entry(item).or_default()
    }
    fn shelf(&mut self, item: Sym<kind::Item>, warehouse: Sym<kind::Warehouse>) -> &mut Valued {
        let average = self.average.get(&item).copied().unwrap_or_default();
        self.of(item).shelves.entry(warehouse).or_insert_with(|| Valued::new(average))
    }
    fn receive(
        &mut self,
        item: Sym<kind::Item>,
        fact: Dated<Move>,
        (receipt, returns): (Sym<kind::Receipt>, Option<Sym<kind::Issue>>),
        warehouse: Sym<kind::Warehouse>,
        qty: Decimal,
        value: Option<Money>,
    ) -> Result<(), MissingRate> {
        let more = self.arrive(item, receipt);
        let Some(issue) = returns else {
            let value = value.map_or(Ok(Decimal::ZERO), |v| self.base(v, fact))? + more;
            self.of(item).latest = Some((qty, value));
            self.enter(item, fact, warehouse, (qty, value), Against::Supplier);
            return Ok(());
        };
        let (minor, mut origin, mut value) = (self.minor, Source::of(fact), Decimal::ZERO);
        if let Some(out) = self.of(item).out.get_mut(&issue) {
            let back = qty.min(out.qty);
            value = if out.qty.is_zero() {
                Decimal::ZERO
            } else {
                part(out.value, back, out.qty, minor)
            };
            out.qty -= back;
            out.value -= value;
            origin = out.fact;
        }
        self.of(item).latest = Some((qty, value + more));
        let layer = Layer { place: fact.order(), receipt: fact.position, qty, value: value + more };
        if !more.is_zero() {
            // What it cost beyond what it brings back is the supplier's, not the client's.
            let (there, qty) = (self.shelf(item, warehouse).totals(), Decimal::ZERO);
            for (against, value, after) in [
                (Against::Supplier, more, (there.0, there.1 + more)),
                (Against::CostOfGoods, -more, there),
            ] {
                self.show(Effect {
                    fact,
                    item,
                    warehouse,
                    qty,
                    value,
                    against,
                    origin: Source::of(fact),
                    settles: false,
                    after,
                });
            }
        }
        self.put(item, fact, warehouse, &[layer], Against::CostOfGoods, origin);
        Ok(())
    }
    fn enter(
        &mut self,
        item: Sym<kind::Item>,
        fact: Dated<Move>,
        warehouse: Sym<kind::Warehouse>,
        (qty, value): (Decimal, Decimal),
        against: Against,
    ) {
        let layer = Layer { place: fact.order(), receipt: fact.position, qty, value };
        self.put(item, fact, warehouse, &[layer], against, Source::of(fact));
    }
    /// Puts goods in: shown as one change, then each settlement of a deficit as another.
    fn put(
        &mut self,
        item: Sym<kind::Item>,
        fact: Dated<Move>,
        warehouse: Sym<kind::Warehouse>,
        parts: &[Layer],
        against: Against,
        origin: Dated<Source>,
    ) {
        let minor = self.minor;
        let (before, mut settled) = (self.shelf(item, warehouse).totals(), Vec::new());
        let shelf = self.shelf(item, warehouse);
        for layer in parts {
            shelf.put(*layer, minor, |origin, more| settled.push((origin, more)));
        }
        let (qty, value) =
            parts.iter().fold((Decimal::ZERO, Decimal::ZERO), |(q, v), l| (q + l.qty, v + l.value));
        let mut after = (before.0 + qty, before.1 + value);
        self.show(Effect {
            fact,
            item,
            warehouse,
            qty,
            value,
            against,
            origin,
            settles: false,
            after,
        });
        for (origin, more) in settled {
            let issue: Option<Sym<kind::Issue>> = origin.what.document.typed();
            if let Some(out) = issue
                .and_then(|issue| self.of(item).out.get_mut(&issue))
                .filter(|o| o.fact.position == origin.position && !o.qty.is_zero())
            {
                out.value += more;
            }
            after.1 -= more;
            let (qty, value, against) = (Decimal::ZERO, -more, Against::CostOfGoods);
            self.show(Effect {
                fact,
                item,
                warehouse,
                qty,
                value,
                against,
                origin,
                settles: true,
                after,
            });
        }
    }
    /// Takes goods out, what is not there at the provisional cost.
    fn give(
        &mut self,
        item: Sym<kind::Item>,
        fact: Dated<Move>,
        warehouse: Sym<kind::Warehouse>,
        qty: Decimal,
        against: Against,
    ) -> Vec<Layer> {
        let (minor, latest) = (self.minor, self.of(item).latest);
        let shelf = self.shelf(item, warehouse);
        let (mut parts, short) = shelf.take(qty, minor);
        if !short.is_zero() {
            let value = provisional(latest, short, minor);
            shelf.owe(Deficit { origin: Source::of(fact), qty: short, value });
            parts.push(Layer { place: fact.order(), receipt: fact.position, qty: short, value });
        }
        let (value, after): (Decimal, _) = (parts.iter().map(|l| l.value).sum(), shelf.totals());
        self.show(Effect {
            fact,
            item,
            warehouse,
            qty: -qty,
            value: -value,
            against,
            origin: Source::of(fact),
            settles: false,
            after,
        });
        parts
    }
    fn correct(
        &mut self,
        item: Sym<kind::Item>,
        fact: Dated<Move>,
        warehouse: Sym<kind::Warehouse>,
        delta: Decimal,
        value: Option<Decimal>,
    ) {
        let (minor, latest) = (self.minor, self.of(item).latest);
        let (there, worth) = self.shelf(item, warehouse).there();
        match value {
            Some(value) if delta < Decimal::ZERO && -delta < there => {
                self.lose(item, fact, warehouse, -delta, value);
            }
            Some(_) | None if delta < Decimal::ZERO => {
                drop(self.give(item, fact, warehouse, -delta, Against::Adjustment));
            }
            given => {
                let current = || {
                    if there.is_zero() {
                        provisional(latest, delta, minor)
                    } else {
                        part(worth, delta, there, minor)
                    }
                };
                self.enter(
                    item,
                    fact,
                    warehouse,
                    (delta, given.unwrap_or_else(current)),
                    Against::Adjustment,
                );
            }
        }
    }
    /// Takes goods out that were worth just so much.
    fn lose(
        &mut self,
        item: Sym<kind::Item>,
        fact: Dated<Move>,
        warehouse: Sym<kind::Warehouse>,
        qty: Decimal,
        value: Decimal,
    ) {
        let (minor, now) = (self.minor, self.now);
        let chosen = self.shelf(item, warehouse).layers_at(qty, value, minor);
        let chosen = self.chosen.entry(now).or_insert(chosen).clone();
        let shelf = self.shelf(item, warehouse);
        let (value, after) = (shelf.lose(qty, value, &chosen, minor), shelf.totals());
        self.show(Effect {
            fact,
            item,
            warehouse,
            qty: -qty,
            value: -value,
            against: Against::Adjustment,
            origin: Source::of(fact),
            settles: false,
            after,
        });
    }
}

/// What goods cost that are not there: the unit cost of the item's latest receipt, nothing if there
/// never was one.
fn provisional(latest: Option<(Decimal, Decimal)>, qty: Decimal, minor: u32) -> Decimal {
    latest
        .filter(|(of, _)| !of.is_zero())
        .map_or(Decimal::ZERO, |(of, value)| round(part(value, qty, of, minor), minor))
}
