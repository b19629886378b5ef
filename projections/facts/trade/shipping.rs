//! What was sent and sent back of an order. Invariant: an order's state follows from its shipments
//! and returns that count.

use std::{collections::BTreeMap, ops::Range};

use rust_decimal::Decimal;
use serde::Serialize;
use sijil_schemas::{Position, id::kind};

use super::{Dispatched, DocumentLine, Goods, Trade};
use crate::{
    cells::Run,
    cut::{Dated, Lens, Side},
    ids::Sym,
    words::Word,
};

/// A shipment: its number, and its order and goods.
pub type Sent = (Sym<kind::Shipment>, Dated<Dispatched>);

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderState {
    /// Nothing was sent.
    Placed,
    /// Part of it was sent.
    PartlyShipped,
    /// All of it was sent.
    Shipped,
    /// It was closed: the rest is not expected.
    Closed,
    /// It was cancelled.
    Cancelled,
}

impl OrderState {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            OrderState::Placed => "placed",
            OrderState::PartlyShipped => "partly_shipped",
            OrderState::Shipped => "shipped",
            OrderState::Closed => "closed",
            OrderState::Cancelled => "cancelled",
        }
    }
}

/// What was sent of an order and not sent back, by line (where the goods name one) and by item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shipped {
    /// By line of the order.
    pub by_line: BTreeMap<Sym<Word>, Decimal>,
    /// By item, named lines included.
    pub by_item: BTreeMap<Sym<kind::Item>, Decimal>,
}

impl Shipped {
    /// Adds goods that were sent (sign 1) or sent back (sign −1).
    pub fn add(&mut self, goods: &[Goods], sign: Decimal) {
        for one in goods {
            if let Some(line) = one.line {
                *self.by_line.entry(line).or_default() += one.qty.get() * sign;
            }
            *self.by_item.entry(one.item).or_default() += one.qty.get() * sign;
        }
    }
    /// How many units of each item an order with such lines asks for.
    #[must_use]
    pub fn asked(lines: impl Iterator<Item = DocumentLine>) -> BTreeMap<Sym<kind::Item>, Decimal> {
        let mut asked = BTreeMap::new();
        for line in lines {
            if let Some(item) = line.item {
                *asked.entry(item).or_default() += line.qty.get();
            }
        }
        asked
    }
    /// The state that follows for an order with such lines that is not cancelled.
    #[must_use]
    pub fn state(&self, lines: impl Iterator<Item = DocumentLine>) -> OrderState {
        if self.by_item.values().all(Decimal::is_zero) {
            OrderState::Placed
        } else if Shipped::asked(lines)
            .iter()
            .all(|(item, asked)| self.by_item.get(item).copied().unwrap_or_default() >= *asked)
        {
            OrderState::Shipped
        } else {
            OrderState::PartlyShipped
        }
    }
}

impl Trade {
    /// The shipments that records at some positions say, whether they count or not.
    pub fn sent_at(&self, positions: Range<Position>, side: Side) -> impl Iterator<Item = Sent> {
        self.dispatched.recorded(positions, side)
    }
    /// The returns that records at some positions say, whether they count or not: of which
    /// shipment, and what.
    pub fn returned_at(
        &self,
        positions: Range<Position>,
        side: Side,
    ) -> impl Iterator<Item = (Sym<kind::Shipment>, Dated<Run<Goods>>)> {
        self.returned.recorded(positions, side)
    }
    /// The orders that records at some positions place, whether they count or not.
    pub fn placed_at(
        &self,
        positions: Range<Position>,
        side: Side,
    ) -> impl Iterator<Item = Sym<kind::Order>> {
        self.placed.recorded(positions, side).map(|(order, _)| order)
    }
    /// How many shipments of an order there are, whether they count or not.
    #[must_use]
    pub fn shipments_count(&self, order: Sym<kind::Order>, side: Side) -> usize {
        self.sent.of(order).len(side)
    }
    /// How many returns of a shipment there are, whether they count or not.
    #[must_use]
    pub fn returns_count(&self, shipment: Sym<kind::Shipment>, side: Side) -> usize {
        self.returned.of(shipment).len(side)
    }
    /// Whether an order was placed more than once, all but one of them voided.
    #[must_use]
    pub fn is_placed_again(&self, order: Sym<kind::Order>, side: Side) -> bool {
        self.placed.of(order).is_many(side)
    }
    /// Whether a shipment was dispatched more than once, all but one of them voided.
    #[must_use]
    pub fn is_sent_again(&self, shipment: Sym<kind::Shipment>, side: Side) -> bool {
        self.dispatched.of(shipment).is_many(side)
    }
    /// The orders a shipment was ever said to be for, whether that counts or not.
    pub fn sent_ever(
        &self,
        shipment: Sym<kind::Shipment>,
        side: Side,
    ) -> impl Iterator<Item = Sym<kind::Order>> {
        self.dispatched.of(shipment).all(side).map(|fact| fact.what.order)
    }
    /// What a shipment was, if it counts.
    #[must_use]
    pub fn sent(&self, shipment: Sym<kind::Shipment>, lens: Lens<'_>) -> Option<Dated<Dispatched>> {
        self.dispatched.of(shipment).last(lens)
    }
    /// The shipments of an order that count, by number.
    #[must_use]
    pub fn shipments(&self, order: Sym<kind::Order>, lens: Lens<'_>) -> Vec<Sent> {
        let rows = self.sent.of(order).all(lens.side);
        let mut numbers: Vec<_> = rows.map(|row| self.dispatched.subject(row.what)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let last = |shipment| Some((shipment, self.dispatched.of(shipment).last(lens)?));
        let sent = numbers.into_iter().filter_map(last);
        sent.filter(|(_, fact)| fact.what.order == order).collect()
    }
    /// One shipment by its id, if it counts: its number, and its order and goods.
    #[must_use]
    pub fn shipment(&self, id: &str, lens: Lens<'_>) -> Option<Sent> {
        let sym = self.ids.find(id)?;
        self.dispatched.of(sym).last(lens).map(|fact| (sym, fact))
    }
    /// What came back of a shipment and counts, in replay order.
    pub fn returns<'a>(
        &'a self,
        shipment: Sym<kind::Shipment>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Dated<Run<Goods>>> + 'a {
        self.returned.of(shipment).counting(lens)
    }
    /// What was sent of an order and not sent back.
    #[must_use]
    pub fn shipped(&self, order: Sym<kind::Order>, lens: Lens<'_>) -> Shipped {
        let mut shipped = Shipped::default();
        for (shipment, sent) in self.shipments(order, lens) {
            shipped.add(&self.goods_of(sent.what.goods), Decimal::ONE);
            for back in self.returns(shipment, lens) {
                shipped.add(&self.goods_of(back.what), Decimal::NEGATIVE_ONE);
            }
        }
        shipped
    }
    /// The cancelling of an order, if it counts.
    #[must_use]
    pub fn cancelled(&self, order: Sym<kind::Order>, lens: Lens<'_>) -> Option<Dated<()>> {
        self.cancelled.of(order).last(lens)
    }
    /// The early closing of an order, if it counts.
    #[must_use]
    pub fn closed(&self, order: Sym<kind::Order>, lens: Lens<'_>) -> Option<Dated<()>> {
        self.closed.of(order).last(lens)
    }
    /// What ended an order before all of it was sent: its cancelling or its closing, if it counts.
    #[must_use]
    pub fn ended(&self, order: Sym<kind::Order>, lens: Lens<'_>) -> Option<Dated<()>> {
        self.cancelled(order, lens).or_else(|| self.closed(order, lens))
    }
    /// Where an order stands; `None` if it does not count.
    #[must_use]
    pub fn order_state(&self, order: Sym<kind::Order>, lens: Lens<'_>) -> Option<OrderState> {
        let placed = self.placed.of(order).last(lens)?;
        Some(if self.cancelled(order, lens).is_some() {
            OrderState::Cancelled
        } else if self.closed(order, lens).is_some() {
            OrderState::Closed
        } else {
            self.shipped(order, lens).state(self.lines(placed.what.document.lines))
        })
    }
}
