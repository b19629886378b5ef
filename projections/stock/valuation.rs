//! What goods are worth, and what those that left cost: FIFO layers or moving average per item and warehouse, worked out from the facts that count at the time of the
//! question. Invariant: every change of stock value stands against one account, so value in = cost of what left + value left, to the last minor unit.
//!
//! The readings taken where the domain leaves a choice:
//! - values are kept in the company's base currency; a value in another is converted at the rate of its date as known at its own position, and must have one;
//! - the issue that a return brings back gives its cost, settlements up to then included, in proportion, its last part the rest; a value that the return states is not used;
//! - the last receipt, whose unit cost is the provisional one, is a receipt, a return or a production, with its cost adjustments so far;
//! - a gain without value enters at the unit cost of what is there, or at the provisional cost where nothing is; the value of a loss is derived, never taken;
//! - a shortfall that a transfer, a loss or a production took settles to cost of goods too.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_schemas::{
    Costing, IssueReason, Position,
    id::kind,
    money::{Currency, Money, round, split},
    time::Timestamp,
};

use super::{
    Layer, Move, Moved, Stock, Valued,
    layers::{Deficit, part},
};
use crate::{
    company::Company,
    cut::{Dated, Lens},
    report::ReportError,
    table::Sym,
    views::Folds,
};

/// The account against which stock value changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Against {
    /// Suppliers: goods received, not invoiced.
    Supplier,
    /// Cost of goods: sales, their returns, settlements of provisional cost, and what cost adjustments find gone.
    CostOfGoods,
    /// Work in production.
    Production,
    /// Losses.
    Loss,
    /// Counts and adjustments.
    Adjustment,
    /// Another warehouse.
    Warehouse,
}

/// One change of the stock of an item at a warehouse.
#[derive(Debug, Clone, Copy)]
pub struct Effect<'a> {
    /// The record that made it.
    pub fact: &'a Dated<Move>,
    /// What.
    pub item: Sym<kind::Item>,
    /// Where.
    pub warehouse: Sym<kind::Warehouse>,
    /// How many more, or fewer if negative.
    pub qty: Decimal,
    /// How much more the stock is worth, or less if negative.
    pub value: Decimal,
    /// Against what.
    pub against: Against,
    /// Whose cost it is: the issue that a return brings back or a settlement completes; else the record itself.
    pub origin: &'a Dated<Move>,
    /// Whether it is the settlement of a provisional cost.
    pub settles: bool,
    /// Quantity and value at the warehouse after it.
    pub after: (Decimal, Decimal),
}

/// Cost of goods that left, or came back.
#[derive(Debug, Clone, Copy)]
pub struct Cost<'a> {
    /// When it became cost.
    pub at: Timestamp,
    /// The record that made it cost.
    pub position: Position,
    /// What.
    pub item: &'a str,
    /// From where.
    pub warehouse: &'a str,
    /// How many were sold; negative for what came back, zero for a settlement or a cost adjustment.
    pub qty: Decimal,
    /// What they cost; negative for what came back.
    pub amount: Decimal,
    /// The issue it is the cost of, with its refs; the record itself where it is no issue's.
    pub origin: &'a Dated<Move>,
}

/// A value needs a rate that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingRate {
    /// The currency.
    pub currency: Currency,
    /// The business date.
    pub at: Timestamp,
}

impl MissingRate {
    /// The same, as a report answers it.
    #[must_use]
    pub fn in_report(self, company: &Company) -> ReportError {
        ReportError::MissingRate { currency: self.currency.to_string(), on: self.at.date(&company.zone()).to_string() }
    }
}

/// The stock of each item at each warehouse.
pub type Shelves<'a> = BTreeMap<(Sym<kind::Item>, Sym<kind::Warehouse>), Valued<'a>>;

/// The question: whose goods, and at which clocks.
#[derive(Debug, Clone, Copy)]
pub struct Valuation<'a> {
    stock: &'a Stock,
    company: &'a Company,
    lens: Lens<'a>,
}

impl<'a> Valuation<'a> {
    /// The valuation at two clocks.
    #[must_use]
    pub const fn new(stock: &'a Stock, company: &'a Company, lens: Lens<'a>) -> Valuation<'a> {
        Valuation { stock, company, lens }
    }
    /// The valuation of some views at two clocks.
    #[must_use]
    pub const fn of(views: Folds<'a>, lens: Lens<'a>) -> Valuation<'a> {
        Valuation::new(views.stock, views.company, lens)
    }
    /// The currency of every value.
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.company.base()
    }
    /// Goes through every item's history: each change is shown in replay order within its item, then what is left is given.
    pub fn all(&self, visit: &mut dyn FnMut(&Effect<'a>)) -> Result<Shelves<'a>, MissingRate> {
        let items: Vec<_> = self.stock.items().into_iter().map(|(sym, _, _)| sym).collect();
        self.walk(&items, visit)
    }
    /// Goes through the history of some items.
    pub fn walk(&self, items: &[Sym<kind::Item>], visit: &mut dyn FnMut(&Effect<'a>)) -> Result<Shelves<'a>, MissingRate> {
        let (asked, mut shelves) = (items.iter().copied().collect::<BTreeSet<_>>(), Shelves::new());
        let joint = self.upstream(&asked);
        let mut shown = |effect: &Effect<'a>| {
            if asked.contains(&effect.item) {
                visit(effect);
            }
        };
        for item in asked.difference(&joint) {
            shelves.extend(self.together(&BTreeSet::from([*item]), &mut shown)?);
        }
        shelves.extend(self.together(&joint, &mut shown)?.into_iter().filter(|((item, _), _)| asked.contains(item)));
        Ok(shelves)
    }
    /// Cost of goods of some items, in replay order within each item.
    pub fn costs(&self, items: &[Sym<kind::Item>]) -> Result<Vec<Cost<'a>>, MissingRate> {
        let mut costs = Vec::new();
        self.walk(items, &mut |e| {
            if e.against == Against::CostOfGoods {
                let (item, warehouse) = (self.stock.item_name(e.item), self.stock.warehouse_name(e.warehouse));
                costs.push(Cost { at: e.fact.at, position: e.fact.position, item, warehouse, qty: -e.qty, amount: -e.value, origin: e.origin });
            }
        })?;
        Ok(costs)
    }
    /// Cost of goods of every item.
    pub fn all_costs(&self) -> Result<Vec<Cost<'a>>, MissingRate> {
        let items: Vec<_> = self.stock.items().into_iter().map(|(sym, _, _)| sym).collect();
        self.costs(&items)
    }
    /// The records on which the cost of an item rests: its own moves, and those of what it is made from.
    #[must_use]
    pub fn behind(&self, item: Sym<kind::Item>) -> Vec<Position> {
        let mut items = self.upstream(&BTreeSet::from([item]));
        items.insert(item);
        items.into_iter().flat_map(|i| self.stock.moves(i).counting(self.lens)).map(|f| f.position).collect()
    }
    /// The items whose cost may rest on that of some items: those themselves, and what was ever made from them.
    #[must_use]
    pub fn downstream(&self, of: &BTreeSet<Sym<kind::Item>>) -> BTreeSet<Sym<kind::Item>> {
        let made = self.stock.items.iter().filter(|(_, _, state)| state.assembled).map(|(item, _, _)| item);
        let rests = |item: &Sym<kind::Item>| !self.upstream(&BTreeSet::from([*item])).is_disjoint(of);
        made.filter(rests).chain(of.iter().copied()).collect()
    }
    /// The items among those asked that are made from components, with all they are made from: their costs hang together.
    fn upstream(&self, asked: &BTreeSet<Sym<kind::Item>>) -> BTreeSet<Sym<kind::Item>> {
        let mut open: Vec<_> = asked.iter().copied().filter(|i| self.stock.items.at(*i).assembled).collect();
        let mut all = BTreeSet::new();
        while let Some(item) = open.pop() {
            if all.insert(item) && self.stock.items.at(item).assembled {
                for fact in self.stock.moves(item).all() {
                    if let Moved::Produced { components, .. } = &fact.what.what {
                        open.extend(components.iter().copied().filter(|c| !all.contains(c)));
                    }
                }
            }
        }
        all
    }
    /// Values items whose costs hang together, in one replay.
    fn together(&self, items: &BTreeSet<Sym<kind::Item>>, visit: &mut dyn FnMut(&Effect<'a>)) -> Result<Shelves<'a>, MissingRate> {
        let lens = self.lens;
        let mut facts: Vec<(Sym<kind::Item>, &'a Dated<Move>)> = Vec::new();
        for item in items {
            facts.extend(self.stock.moves(*item).counting(lens).map(|f| (*item, f)));
        }
        if items.len() > 1 {
            // What a production consumes is known before what it makes.
            facts.sort_by_key(|(_, f)| (f.order(), matches!(f.what.what, Moved::Produced { .. })));
        }
        let mut replay = Replay::new(self, &facts, visit);
        for (item, fact) in facts {
            replay.take(item, fact)?;
        }
        Ok(replay.shelves)
    }
}

/// An issue that something brings back: what of it is still out.
struct Out<'a> {
    fact: &'a Dated<Move>,
    qty: Decimal,
    value: Decimal,
}

struct Replay<'a, 'v> {
    valuation: &'v Valuation<'a>,
    minor: u32,
    shelves: Shelves<'a>,
    average: BTreeMap<Sym<kind::Item>, bool>,
    /// The latest receipt of each item, with its quantity and cost.
    latest: BTreeMap<Sym<kind::Item>, (Position, Decimal, Decimal)>,
    /// The issues that returns name, by id; only those are remembered.
    returned: BTreeSet<&'a str>,
    out: BTreeMap<&'a str, Out<'a>>,
    /// The receipts that cost adjustments name.
    adjusted: BTreeSet<&'a str>,
    receipts: BTreeMap<&'a str, (Position, Sym<kind::Warehouse>, Decimal)>,
    /// What the production at a position has consumed so far.
    consumed: (Position, Decimal),
    visit: &'v mut dyn FnMut(&Effect<'a>),
}

impl<'a, 'v> Replay<'a, 'v> {
    fn new(valuation: &'v Valuation<'a>, facts: &[(Sym<kind::Item>, &'a Dated<Move>)], visit: &'v mut dyn FnMut(&Effect<'a>)) -> Self {
        let (mut returned, mut adjusted) = (BTreeSet::new(), BTreeSet::new());
        for (_, fact) in facts {
            match &fact.what.what {
                Moved::Received { returns: Some(issue), .. } => drop(returned.insert(issue.as_str())),
                Moved::CostAdjusted { .. } => drop(adjusted.insert(fact.what.document.as_str())),
                Moved::Received { .. } | Moved::Issued { .. } | Moved::Transferred { .. } | Moved::Counted { .. } | Moved::Adjusted { .. } => (),
                Moved::Consumed { .. } | Moved::Produced { .. } => (),
            }
        }
        let average = |item| valuation.stock.card(item, valuation.lens).is_some_and(|c| c.costing == Costing::Average);
        Replay {
            valuation,
            minor: valuation.currency().map_or(2, Currency::minor_unit),
            shelves: Shelves::new(),
            average: facts.iter().map(|(item, _)| *item).collect::<BTreeSet<_>>().into_iter().map(|item| (item, average(item))).collect(),
            latest: BTreeMap::new(),
            returned,
            out: BTreeMap::new(),
            adjusted,
            receipts: BTreeMap::new(),
            consumed: (Position::new(0), Decimal::ZERO),
            visit,
        }
    }
    fn take(&mut self, item: Sym<kind::Item>, fact: &'a Dated<Move>) -> Result<(), MissingRate> {
        match &fact.what.what {
            Moved::Received { warehouse, qty, value, returns, .. } => self.receive(item, fact, *warehouse, *qty, *value, returns.as_deref())?,
            Moved::Issued { warehouse, qty, reason } => {
                let against = match reason {
                    IssueReason::Sale => Against::CostOfGoods,
                    IssueReason::Production => Against::Production,
                    IssueReason::Loss => Against::Loss,
                };
                let value: Decimal = self.give(item, fact, *warehouse, *qty, against).iter().map(|l| l.value).sum();
                if self.returned.contains(fact.what.document.as_str()) {
                    self.out.insert(&fact.what.document, Out { fact, qty: *qty, value });
                }
            }
            Moved::Transferred { from, to, qty } => {
                let parts = self.give(item, fact, *from, *qty, Against::Warehouse);
                self.put(item, fact, *to, &parts, Against::Warehouse, fact);
            }
            Moved::Counted { warehouse, counted } => {
                let delta = *counted - self.shelf(item, *warehouse).qty();
                self.correct(item, fact, *warehouse, delta, None);
            }
            Moved::Adjusted { warehouse, delta, value } => {
                let value = value.map(|v| self.base(v, fact)).transpose()?;
                self.correct(item, fact, *warehouse, *delta, value);
            }
            Moved::CostAdjusted { delta } => {
                let delta = self.base(*delta, fact)?;
                self.adjust_cost(item, fact, delta);
            }
            Moved::Consumed { warehouse, qty } => {
                let value: Decimal = self.give(item, fact, *warehouse, *qty, Against::Production).iter().map(|l| l.value).sum();
                let so_far = if self.consumed.0 == fact.position { self.consumed.1 } else { Decimal::ZERO };
                self.consumed = (fact.position, so_far + value);
            }
            Moved::Produced { warehouse, qty, .. } => {
                let value = if self.consumed.0 == fact.position { self.consumed.1 } else { Decimal::ZERO };
                self.latest.insert(item, (fact.position, *qty, value));
                self.enter(item, fact, *warehouse, (*qty, value), Against::Production);
            }
        }
        Ok(())
    }
    /// A value in the base currency, at the rate of its date as known at its own position.
    fn base(&self, value: Money, fact: &Dated<Move>) -> Result<Decimal, MissingRate> {
        let (company, currency) = (self.valuation.company, value.currency);
        if company.base().is_none_or(|base| base == currency) {
            return Ok(value.amount.get());
        }
        let rate = company.rate(currency, fact.at, self.valuation.lens, fact.position).ok_or(MissingRate { currency, at: fact.at })?;
        Ok(round(value.amount.get() * rate, self.minor))
    }
    fn shelf(&mut self, item: Sym<kind::Item>, warehouse: Sym<kind::Warehouse>) -> &mut Valued<'a> {
        let average = self.average.get(&item).copied().unwrap_or_default();
        self.shelves.entry((item, warehouse)).or_insert_with(|| Valued::new(average))
    }
    fn receive(
        &mut self,
        item: Sym<kind::Item>,
        fact: &'a Dated<Move>,
        warehouse: Sym<kind::Warehouse>,
        qty: Decimal,
        value: Option<Money>,
        returns: Option<&str>,
    ) -> Result<(), MissingRate> {
        if self.adjusted.contains(fact.what.document.as_str()) {
            self.receipts.insert(&fact.what.document, (fact.position, warehouse, qty));
        }
        let Some(issue) = returns else {
            let value = value.map_or(Ok(Decimal::ZERO), |v| self.base(v, fact))?;
            self.latest.insert(item, (fact.position, qty, value));
            self.enter(item, fact, warehouse, (qty, value), Against::Supplier);
            return Ok(());
        };
        let (minor, mut origin, mut value) = (self.minor, fact, Decimal::ZERO);
        if let Some(out) = self.out.get_mut(issue) {
            let back = qty.min(out.qty);
            value = if out.qty.is_zero() { Decimal::ZERO } else { part(out.value, back, out.qty, minor) };
            out.qty -= back;
            out.value -= value;
            origin = out.fact;
        }
        self.latest.insert(item, (fact.position, qty, value));
        let layer = Layer { place: fact.order(), receipt: fact.position, qty, value };
        self.put(item, fact, warehouse, &[layer], Against::CostOfGoods, origin);
        Ok(())
    }
    fn enter(&mut self, item: Sym<kind::Item>, fact: &'a Dated<Move>, warehouse: Sym<kind::Warehouse>, (qty, value): (Decimal, Decimal), against: Against) {
        let layer = Layer { place: fact.order(), receipt: fact.position, qty, value };
        self.put(item, fact, warehouse, &[layer], against, fact);
    }
    /// Puts goods in: shown as one change, then each settlement of a deficit as another.
    fn put(
        &mut self,
        item: Sym<kind::Item>,
        fact: &'a Dated<Move>,
        warehouse: Sym<kind::Warehouse>,
        parts: &[Layer],
        against: Against,
        origin: &'a Dated<Move>,
    ) {
        let minor = self.minor;
        let (before, mut settled) = (self.shelf(item, warehouse).totals(), Vec::new());
        let shelf = self.shelf(item, warehouse);
        for layer in parts {
            shelf.put(*layer, minor, |origin, more| settled.push((origin, more)));
        }
        let (qty, value) = parts.iter().fold((Decimal::ZERO, Decimal::ZERO), |(q, v), l| (q + l.qty, v + l.value));
        let mut after = (before.0 + qty, before.1 + value);
        (self.visit)(&Effect { fact, item, warehouse, qty, value, against, origin, settles: false, after });
        for (origin, more) in settled {
            if let Some(out) = self.out.get_mut(origin.what.document.as_str()).filter(|o| o.fact.position == origin.position && !o.qty.is_zero()) {
                out.value += more;
            }
            after.1 -= more;
            let (qty, value, against) = (Decimal::ZERO, -more, Against::CostOfGoods);
            (self.visit)(&Effect { fact, item, warehouse, qty, value, against, origin, settles: true, after });
        }
    }
    /// Takes goods out, what is not there at the provisional cost.
    fn give(&mut self, item: Sym<kind::Item>, fact: &'a Dated<Move>, warehouse: Sym<kind::Warehouse>, qty: Decimal, against: Against) -> Vec<Layer> {
        let (minor, latest) = (self.minor, self.latest.get(&item).copied());
        let shelf = self.shelf(item, warehouse);
        let (mut parts, short) = shelf.take(qty, minor);
        if !short.is_zero() {
            let value = provisional(latest, short, minor);
            shelf.owe(Deficit { origin: fact, qty: short, value });
            parts.push(Layer { place: fact.order(), receipt: fact.position, qty: short, value });
        }
        let (value, after): (Decimal, _) = (parts.iter().map(|l| l.value).sum(), shelf.totals());
        (self.visit)(&Effect { fact, item, warehouse, qty: -qty, value: -value, against, origin: fact, settles: false, after });
        parts
    }
    fn correct(&mut self, item: Sym<kind::Item>, fact: &'a Dated<Move>, warehouse: Sym<kind::Warehouse>, delta: Decimal, value: Option<Decimal>) {
        if delta < Decimal::ZERO {
            self.give(item, fact, warehouse, -delta, Against::Adjustment);
            return;
        }
        let (minor, latest) = (self.minor, self.latest.get(&item).copied());
        let (there, worth) = self.shelf(item, warehouse).there();
        let value = value.unwrap_or_else(|| if there.is_zero() { provisional(latest, delta, minor) } else { part(worth, delta, there, minor) });
        self.enter(item, fact, warehouse, (delta, value), Against::Adjustment);
    }
    /// The share of what is still there changes the value of the stock, the rest is cost of goods.
    fn adjust_cost(&mut self, item: Sym<kind::Item>, fact: &'a Dated<Move>, delta: Decimal) {
        let minor = self.minor;
        let receipt = self.receipts.get(fact.what.document.as_str()).copied();
        if let (Some((position, ..)), Some((latest, _, value))) = (receipt, self.latest.get_mut(&item)) {
            *value += if *latest == position { delta } else { Decimal::ZERO };
        }
        let mut rest = delta;
        let mut home = None;
        if let Some((position, warehouse, qty)) = receipt.filter(|(_, _, qty)| !qty.is_zero()) {
            home = Some(warehouse);
            let shares = self.left_of(item, position, warehouse, qty);
            let left: Decimal = shares.iter().map(|(_, qty)| *qty).sum();
            let kept = part(delta, left, qty, minor);
            let by = split(kept, &shares.iter().map(|(_, qty)| *qty).collect::<Vec<_>>(), minor.max(kept.scale()));
            rest -= by.iter().sum::<Decimal>();
            let mut by = by.into_iter();
            for place in shares.chunk_by(|a, b| a.0 == b.0) {
                let (warehouse, by): (_, Vec<Decimal>) = (place[0].0, by.by_ref().take(place.len()).collect());
                let shelf = self.shelf(item, warehouse);
                shelf.revalue(position, &by);
                let after = shelf.totals();
                let (value, against) = (by.iter().sum(), Against::Supplier);
                (self.visit)(&Effect { fact, item, warehouse, qty: Decimal::ZERO, value, against, origin: fact, settles: false, after });
            }
        }
        let Some(warehouse) = home.filter(|_| !rest.is_zero()) else { return };
        let (before, qty) = (self.shelf(item, warehouse).totals(), Decimal::ZERO);
        let through = (before.0, before.1 + rest);
        (self.visit)(&Effect { fact, item, warehouse, qty, value: rest, against: Against::Supplier, origin: fact, settles: false, after: through });
        (self.visit)(&Effect { fact, item, warehouse, qty, value: -rest, against: Against::CostOfGoods, origin: fact, settles: false, after: before });
    }
    /// How many goods of a receipt are still there: of each of its layers, wherever it was moved; under moving average at most what is at its warehouse.
    fn left_of(&mut self, item: Sym<kind::Item>, receipt: Position, warehouse: Sym<kind::Warehouse>, qty: Decimal) -> Vec<(Sym<kind::Warehouse>, Decimal)> {
        if self.average.get(&item).copied().unwrap_or_default() {
            let there = self.shelf(item, warehouse).there().0;
            return if there.is_zero() { Vec::new() } else { vec![(warehouse, there.min(qty))] };
        }
        let mut all = Vec::new();
        for warehouse in self.valuation.stock.warehouses_of(item) {
            all.extend(self.shelf(item, warehouse).of_receipt(receipt).map(|l| (warehouse, l.qty)));
        }
        all
    }
}

/// What goods cost that are not there: the unit cost of the item's latest receipt, nothing if there never was one.
fn provisional(latest: Option<(Position, Decimal, Decimal)>, qty: Decimal, minor: u32) -> Decimal {
    latest.filter(|(_, of, _)| !of.is_zero()).map_or(Decimal::ZERO, |(_, of, value)| round(part(value, qty, of, minor), minor))
}
