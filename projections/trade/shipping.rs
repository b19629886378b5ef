//! What was sent and sent back of an order. Invariant: an order's state follows from its shipments
//! and returns that count.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use sijil_schemas::id::{Key, kind};

use super::{Goods, OrderDoc, Trade};
use crate::{
    cut::{Dated, Lens},
    table::Sym,
};

/// A shipment: its number, and its order and goods.
pub type Sent<'a> = (Sym<kind::Shipment>, &'a Dated<(Sym<kind::Order>, Vec<Goods>)>);

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
            OrderState::Cancelled => "cancelled",
        }
    }
}

/// What was sent of an order and not sent back, by line (where the goods name one) and by item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shipped {
    /// By line of the order.
    pub by_line: BTreeMap<Key, Decimal>,
    /// By item, named lines included.
    pub by_item: BTreeMap<Sym<kind::Item>, Decimal>,
}

impl Shipped {
    /// Adds goods that were sent (sign 1) or sent back (sign −1).
    pub fn add(&mut self, goods: &[Goods], sign: Decimal) {
        for one in goods {
            if let Some(line) = &one.line {
                *self.by_line.entry(line.clone()).or_default() += one.qty.get() * sign;
            }
            *self.by_item.entry(one.item).or_default() += one.qty.get() * sign;
        }
    }
    /// How many units of each item an order asks for.
    #[must_use]
    pub fn asked(order: &OrderDoc) -> BTreeMap<Sym<kind::Item>, Decimal> {
        let mut asked = BTreeMap::new();
        for line in &order.document.lines {
            if let Some(item) = line.item {
                *asked.entry(item).or_default() += line.qty.get();
            }
        }
        asked
    }
    /// The state that follows for an order that is not cancelled.
    #[must_use]
    pub fn state(&self, order: &OrderDoc) -> OrderState {
        if self.by_item.values().all(Decimal::is_zero) {
            OrderState::Placed
        } else if Shipped::asked(order)
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
    /// The shipments of an order that count, by number.
    pub fn shipments<'a>(
        &'a self,
        order: Sym<kind::Order>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Sent<'a>> + 'a {
        let all = self.orders.at(order).shipments.iter();
        all.filter_map(move |s| {
            self.shipments
                .at(*s)
                .dispatched
                .last(lens)
                .filter(|fact| fact.what.0 == order)
                .map(|fact| (*s, fact))
        })
    }
    /// One shipment by its id, if it counts: its number, and its order and goods.
    #[must_use]
    pub fn shipment<'a>(&'a self, id: &str, lens: Lens<'a>) -> Option<Sent<'a>> {
        let sym = self.shipments.sym(id)?;
        self.shipments.at(sym).dispatched.last(lens).map(|fact| (sym, fact))
    }
    /// The returns of a shipment that count, in replay order.
    pub fn returns<'a>(
        &'a self,
        shipment: Sym<kind::Shipment>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = &'a Dated<Vec<Goods>>> + 'a {
        self.shipments.at(shipment).returned.counting(lens)
    }
    /// What was sent of an order and not sent back.
    #[must_use]
    pub fn shipped(&self, order: Sym<kind::Order>, lens: Lens<'_>) -> Shipped {
        let mut shipped = Shipped::default();
        for (shipment, sent) in self.shipments(order, lens) {
            shipped.add(&sent.what.1, Decimal::ONE);
            for back in self.returns(shipment, lens) {
                shipped.add(&back.what, Decimal::NEGATIVE_ONE);
            }
        }
        shipped
    }
    /// The cancelling of an order, if it counts.
    #[must_use]
    pub fn cancelled<'a>(
        &'a self,
        order: Sym<kind::Order>,
        lens: Lens<'a>,
    ) -> Option<&'a Dated<()>> {
        self.orders.at(order).cancelled.last(lens)
    }
    /// Where an order stands; `None` if it does not count.
    #[must_use]
    pub fn order_state(&self, order: Sym<kind::Order>, lens: Lens<'_>) -> Option<OrderState> {
        let placed = self.orders.at(order).placed.last(lens)?;
        Some(if self.cancelled(order, lens).is_some() {
            OrderState::Cancelled
        } else {
            self.shipped(order, lens).state(&placed.what)
        })
    }
}
