//! What goods are worth, and what those that left cost: FIFO layers or moving average per item and
//! warehouse, worked out from the facts that count at the time of the question. Invariant: every
//! change of stock value stands against one account, so value in = cost of what left + value left,
//! to the last minor unit.
//!
//! The readings taken where the domain leaves a choice:
//! - values are kept in the company's base currency; a value in another is converted at the rate of
//!   its date as known at its own position, and must have one;
//! - the issue that a return brings back gives its cost, settlements up to then included, in
//!   proportion, its last part the rest; a value that the return states is not used;
//! - from the date of a cost adjustment on, all is as if the receipt had cost that from the start;
//!   what earlier moves would have cost more or less is posted on that date;
//! - the last receipt, whose unit cost is the provisional one, is a receipt, a return or a
//!   production, with its cost adjustments so far;
//! - a gain without value enters at the unit cost of what is there, or at the provisional cost
//!   where nothing is;
//! - a loss with a value takes the layers of whose units that is the cost when it happens, else the
//!   oldest, and no more than the layers it takes from are worth; where all there is goes, or more
//!   than there is, its value is derived;
//! - a shortfall that a transfer, a loss or a production took settles to cost of goods too.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::kind,
    money::{Currency, Money, round},
    time::Timestamp,
};

use super::{Move, Source, Stock, Valued};
use crate::{
    Sym,
    company::Company,
    cut::{Dated, Lens},
    families::Folds,
    report::ReportError,
};

mod based;
mod billing;
mod replay;

pub(crate) use based::{BillInBase, LineInBase};
pub use billing::Settlement;
pub(crate) use billing::Unbilled;
use replay::{Replay, Step};

/// The account against which stock value changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Against {
    /// Suppliers: goods received, not invoiced.
    Supplier,
    /// Cost of goods: sales, their returns, settlements of provisional cost.
    CostOfGoods,
    /// Work in production: what goes into it.
    Production,
    /// Work in production: what comes out of it.
    Product,
    /// Losses.
    Loss,
    /// Counts and adjustments.
    Adjustment,
    /// Another warehouse.
    Warehouse,
}

/// One change of the stock of an item at a warehouse.
#[derive(Debug, Clone, Copy)]
pub struct Effect {
    /// The record that made it.
    pub fact: Dated<Move>,
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
    /// Whose cost it is: the issue that a return brings back, or whose cost a settlement completes
    /// or an adjustment corrects; else the record itself.
    pub origin: Dated<Source>,
    /// Whether it is the settlement of a provisional cost.
    pub settles: bool,
    /// Quantity and value at the warehouse after it.
    pub after: (Decimal, Decimal),
}

/// Cost of goods that left, or came back.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// When it became cost.
    pub at: Timestamp,
    /// The record that made it cost.
    pub position: Position,
    /// What.
    pub item: Sym<kind::Item>,
    /// From where.
    pub warehouse: Sym<kind::Warehouse>,
    /// How many were sold; negative for what came back, zero for a settlement or a cost adjustment.
    pub qty: Decimal,
    /// What they cost; negative for what came back.
    pub amount: Decimal,
    /// The issue it is the cost of, with its refs; the record itself where it is no issue's.
    pub origin: Dated<Source>,
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
        ReportError::MissingRate {
            currency: self.currency.to_string(),
            on: self.at.date(&company.zone()).to_string(),
        }
    }
}

/// The stock of each item at each warehouse.
pub type Shelves = BTreeMap<(Sym<kind::Item>, Sym<kind::Warehouse>), Valued>;

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
    /// A value in the base currency, at the rate of its date as known at its own position.
    fn base(
        &self,
        value: Money,
        (at, position): (Timestamp, Position),
    ) -> Result<Decimal, MissingRate> {
        let currency = value.currency;
        if self.currency().is_none_or(|base| base == currency) {
            return Ok(value.amount.get());
        }
        let rate = self
            .company
            .rate(currency, at, self.lens, position)
            .ok_or(MissingRate { currency, at })?;
        Ok(round(value.amount.get() * rate, self.currency().map_or(2, Currency::minor_unit)))
    }
    /// Goes through every item's history: each change is shown in replay order within its item,
    /// then what is left is given.
    pub fn all(&self, visit: &mut dyn FnMut(&Effect)) -> Result<Shelves, MissingRate> {
        let items: Vec<_> = self.stock.ids().syms().collect();
        self.walk(&items, visit)
    }
    /// Goes through the history of some items.
    pub fn walk(
        &self,
        items: &[Sym<kind::Item>],
        visit: &mut dyn FnMut(&Effect),
    ) -> Result<Shelves, MissingRate> {
        let (asked, mut shelves) = (items.iter().copied().collect::<BTreeSet<_>>(), Shelves::new());
        let joint = self.upstream(&asked);
        let mut shown = |effect: &Effect| {
            if asked.contains(&effect.item) {
                visit(effect);
            }
        };
        for item in asked.difference(&joint) {
            shelves.extend(self.together(&BTreeSet::from([*item]), &mut shown)?);
        }
        shelves.extend(
            self.together(&joint, &mut shown)?
                .into_iter()
                .filter(|((item, _), _)| asked.contains(item)),
        );
        Ok(shelves)
    }
    /// Cost of goods of some items, in replay order within each item.
    pub fn costs(&self, items: &[Sym<kind::Item>]) -> Result<Vec<Cost>, MissingRate> {
        let mut costs = Vec::new();
        self.walk(items, &mut |e| {
            if e.against == Against::CostOfGoods {
                costs.push(Cost {
                    at: e.fact.at,
                    position: e.fact.position,
                    item: e.item,
                    warehouse: e.warehouse,
                    qty: -e.qty,
                    amount: -e.value,
                    origin: e.origin,
                });
            }
        })?;
        Ok(costs)
    }
    /// Cost of goods of every item.
    pub fn all_costs(&self) -> Result<Vec<Cost>, MissingRate> {
        let items: Vec<_> = self.stock.ids().syms().collect();
        self.costs(&items)
    }
    /// The items whose cost may rest on that of some items: those themselves, and what was ever
    /// made from them.
    #[must_use]
    pub fn downstream(&self, of: &BTreeSet<Sym<kind::Item>>) -> BTreeSet<Sym<kind::Item>> {
        let all = self.stock.ids().syms();
        let made = all.filter(|item| self.stock.is_assembled(*item, self.lens.side));
        let rests =
            |item: &Sym<kind::Item>| !self.upstream(&BTreeSet::from([*item])).is_disjoint(of);
        made.filter(rests).chain(of.iter().copied()).collect()
    }
    /// The items among those asked that are made from components, with all they are made from:
    /// their costs hang together.
    fn upstream(&self, asked: &BTreeSet<Sym<kind::Item>>) -> BTreeSet<Sym<kind::Item>> {
        let (stock, side) = (self.stock, self.lens.side);
        let mut open: Vec<_> =
            asked.iter().copied().filter(|item| stock.is_assembled(*item, side)).collect();
        let mut all = BTreeSet::new();
        while let Some(item) = open.pop() {
            if all.insert(item) {
                open.extend(stock.made_of(item, side).filter(|part| !all.contains(part)));
            }
        }
        all
    }
    /// Values items whose costs hang together, in one replay.
    fn together(
        &self,
        items: &BTreeSet<Sym<kind::Item>>,
        visit: &mut dyn FnMut(&Effect),
    ) -> Result<Shelves, MissingRate> {
        let lens = self.lens;
        let (mut steps, mut mixed) = (Vec::<Step>::new(), false);
        for item in items {
            steps.extend(self.stock.moves(*item).counting(lens).map(|fact| Step {
                item: *item,
                fact,
                differs: None,
            }));
            let (moves, settled) = (steps.len(), self.settlements(*item)?);
            let differs = settled.into_iter().filter(|s| !s.differs.is_zero());
            steps.extend(differs.map(|s| Step {
                item: *item,
                fact: s.fact,
                differs: Some((s.receipt, s.differs)),
            }));
            mixed |= steps.len() > moves;
        }
        if items.len() > 1 || mixed {
            // What a production consumes is known before what it makes.
            steps.sort_by_key(Step::order);
        }
        Replay::new(self, &steps, visit).run()
    }
}
