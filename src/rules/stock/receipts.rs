//! What receipts cost whose cost was ever adjusted, kept beside the facts. Invariant: of each it is
//! what the walk over the moves of its item finds; whatever a record adds is taken out with it.

use std::{collections::BTreeMap, ops::Range};

use rust_decimal::Decimal;
use sijil_projections::{
    Dated, Families, Lens, Side, Sym,
    company::Company,
    stock::{Move, Moved},
    summed::{Flow, Summed},
};
use sijil_schemas::{Event, Position, Record, event::Stock as Goods, id::kind, money::Money};

use super::Order;

type Receipt = Sym<kind::Receipt>;

/// A value in the base currency, at the rate of its date as known at its own position; zero where
/// there is none.
pub(super) fn in_base(
    company: &Company,
    now: Lens<'_>,
    value: Money,
    (at, position): Order,
) -> Decimal {
    let rate = company.rate(value.currency, at, now, position);
    rate.map_or(Decimal::ZERO, |rate| value.amount.get() * rate)
}

/// The costs of adjusted receipts, in the base currency.
#[derive(Debug, Clone, Default)]
pub(crate) struct Costs {
    of: BTreeMap<Receipt, Summed<Order, Flow>>,
    /// Whether any value among them is in another currency, so that a rate that goes changes it.
    foreign: bool,
}

impl Costs {
    /// The costs by all that is known.
    pub(crate) fn of(families: &Families, now: Lens<'_>) -> Costs {
        let mut costs = Costs::default();
        costs.put_in(families, now, Position::ZERO..Position::MAX);
        costs
    }
    /// What a receipt cost before a place in replay order, and whether everything later bears so
    /// much more or less.
    pub(super) fn bears(
        &self,
        receipt: Receipt,
        opening: Decimal,
        order: Order,
        delta: Decimal,
    ) -> bool {
        let Some(sums) = self.of.get(&receipt) else { return opening + delta >= Decimal::ZERO };
        let before = sums.before(order).sum;
        before + delta >= Decimal::ZERO && sums.since(order).bears(before, delta)
    }
    /// Takes a record that the facts have taken.
    pub(crate) fn take(&mut self, families: &Families, now: Lens<'_>, record: &Record) {
        match &record.event {
            Event::Stock(Goods::GoodsReceived(_) | Goods::ReceiptCostAdjusted(_)) => {
                self.put_in(families, now, record.position..record.position.next());
            }
            Event::System(_) => {
                if let Some(target) = record.voids {
                    self.take_out(families, target..target.next());
                    self.rerate(families, now, target);
                }
            }
            _ => (),
        }
    }
    /// Takes a record in again whose void was taken back.
    pub(crate) fn put_back(&mut self, families: &Families, now: Lens<'_>, target: Position) {
        self.put_in(families, now, target..target.next());
        self.rerate(families, now, target);
    }
    /// With a rate, values change that were told by it.
    fn rerate(&mut self, families: &Families, now: Lens<'_>, target: Position) {
        if self.foreign && families.company.is_rate(target, Side::Decided) {
            *self = Costs::of(families, now);
        }
    }
    fn put_in(&mut self, families: &Families, now: Lens<'_>, positions: Range<Position>) {
        for (_, fact) in families.stock.moved_by(positions, Side::Decided) {
            let (receipt, adjusts) = match fact.what.what {
                Moved::CostAdjusted { receipt, .. } => (receipt, true),
                Moved::Received { receipt, .. } => (receipt, false),
                _ => continue,
            };
            if !now.known(fact.position) || !adjusts && !self.of.contains_key(&receipt) {
                continue;
            }
            if !self.of.contains_key(&receipt) {
                let openings = families.stock.openings_of_receipt(receipt, Side::Decided);
                let openings: Vec<_> = openings.filter(|f| now.known(f.position)).collect();
                openings.into_iter().for_each(|f| self.put(families, now, receipt, f));
            }
            self.put(families, now, receipt, fact);
        }
    }
    fn put(&mut self, families: &Families, now: Lens<'_>, receipt: Receipt, fact: Dated<Move>) {
        let value = match fact.what.what {
            Moved::Received { value, .. } => value,
            Moved::CostAdjusted { delta, .. } => Some(delta),
            _ => None,
        };
        let (company, order) = (&families.company, fact.order());
        let amount = value.map_or(Decimal::ZERO, |value| in_base(company, now, value, order));
        self.foreign |= value.is_some_and(|value| Some(value.currency) != company.base());
        let sums = self.of.entry(receipt).or_default();
        let is_there = sums.iter_since(order).next().is_some_and(|(there, _)| *there == order);
        if !is_there {
            sums.insert(order, Flow::bound(amount));
        }
    }
    /// Takes out what records at some positions add, which the facts still have.
    pub(crate) fn take_out(&mut self, families: &Families, positions: Range<Position>) {
        for (_, fact) in families.stock.moved_by(positions, Side::Decided) {
            if let Moved::CostAdjusted { receipt, .. } | Moved::Received { receipt, .. } =
                fact.what.what
                && let Some(sums) = self.of.get_mut(&receipt)
            {
                sums.remove(fact.order(), |_| true);
            }
        }
    }
}
