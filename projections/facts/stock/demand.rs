//! What clients ordered and has not been sent. Invariant: an order asks for what it placed minus
//! what was sent for it plus what came back, never below zero.

use rust_decimal::Decimal;
use sijil_schemas::{
    OrderPlaced, Position, Record, ReturnReceived, ShipmentDispatched, id::kind, time::Date,
};

use super::{Stock, each, note};
use crate::{
    cells,
    cells::Run,
    chain::Chain,
    cut::{Dated, Lens, Side},
    ids::Sym,
};

cells! {
    /// So many of an item.
    pub struct Asked {
        /// What.
        pub item: Sym<kind::Item>,
        /// How many.
        pub qty: Decimal,
    }
}

cells! {
    /// What a client's order asks for.
    pub struct Ordered {
        /// When it was promised.
        pub promised_on: Option<Date>,
        /// What was ordered.
        pub goods: Run<Asked>,
    }
}

cells! {
    /// What was sent for an order.
    pub struct Sent {
        /// The shipment.
        pub shipment: Sym<kind::Shipment>,
        /// What.
        pub goods: Run<Asked>,
    }
}

/// A client's order, as far as it asks for goods.
#[derive(Debug, Clone, Copy)]
pub struct Demand<'a> {
    stock: &'a Stock,
    /// Which order.
    pub order: Sym<kind::Order>,
}

impl<'a> Demand<'a> {
    /// When it was promised, and what was ordered, if it counts.
    #[must_use]
    pub fn placed(self, lens: Lens<'a>) -> Option<Dated<Ordered>> {
        self.stock.orders.of(self.order).last(lens)
    }
    /// Its cancellings.
    #[must_use]
    pub const fn cancelled(self) -> Chain<'a, kind::Order, ()> {
        self.stock.cancelled.of(self.order)
    }
    /// How many of an item were ordered.
    #[must_use]
    pub fn ordered(self, item: Sym<kind::Item>, placed: &Ordered) -> Decimal {
        self.stock.of_item(placed.goods, item)
    }
    /// How many of an item each shipment sent for it, and (negative) each return brought back, of
    /// those that count, in replay order.
    #[must_use]
    pub fn sent(self, item: Sym<kind::Item>, lens: Lens<'a>) -> Vec<Dated<Decimal>> {
        let of = |fact: Dated<Run<Asked>>, sign: Decimal| Dated {
            at: fact.at,
            position: fact.position,
            what: self.stock.of_item(fact.what, item) * sign,
        };
        let (sent, mut all) = (self.stock.sent.of(self.order), Vec::new());
        let mut shipments: Vec<Sym<kind::Shipment>> = Vec::new();
        for fact in sent.all(lens.side) {
            shipments.push(fact.what.shipment);
            if lens.counts(&fact) {
                let goods = Dated { at: fact.at, position: fact.position, what: fact.what.goods };
                all.push(of(goods, Decimal::ONE));
            }
        }
        shipments.sort_unstable();
        shipments.dedup();
        for shipment in shipments {
            let back = self.stock.back.of(shipment).counting(lens);
            let own = back.filter(|fact| {
                self.stock.sent_for(shipment, fact.position, lens.side) == Some(self.order)
            });
            all.extend(own.map(|fact| of(fact, Decimal::NEGATIVE_ONE)));
        }
        all.sort_by_key(Dated::order);
        all
    }
}

impl Stock {
    pub(super) fn order(&self, record: &Record, e: &OrderPlaced) {
        let order = self.ids.sym(&e.order);
        let goods = e.lines.iter().filter_map(|line| {
            Some(Asked { item: self.any(line.item.as_ref())?, qty: line.qty.get() })
        });
        let goods = self.goods.extend(record.position, goods);
        for line in self.goods.of(goods) {
            note(&self.orders_of_items, line.item.number(), record.position, order.number());
        }
        let ordered = Ordered { promised_on: e.promised_on, goods };
        self.orders.push(order, Dated::of(record, ordered));
    }
    pub(super) fn dispatch(&self, record: &Record, e: &ShipmentDispatched) {
        let (order, shipment) = (self.ids.sym(&e.order), self.ids.sym(&e.shipment));
        let goods = e.lines.iter().map(|l| Asked { item: self.ids.sym(&l.item), qty: l.qty.get() });
        let goods = self.goods.extend(record.position, goods);
        self.sent.push(order, Dated::of(record, Sent { shipment, goods }));
        let (number, position) = (shipment.number(), record.position);
        self.orders_of_shipments.push(number, position, [order.number()]);
    }
    pub(super) fn give_back(&self, record: &Record, e: &ReturnReceived) {
        let goods = e.lines.iter().map(|l| Asked { item: self.ids.sym(&l.item), qty: l.qty.get() });
        let goods = self.goods.extend(record.position, goods);
        self.back.push(self.ids.sym(&e.shipment), Dated::of(record, goods));
    }
    fn of_item(&self, goods: Run<Asked>, item: Sym<kind::Item>) -> Decimal {
        self.goods.of(goods).filter(|line| line.item == item).map(|line| line.qty).sum()
    }
    /// The order that a return at a position gives goods of a shipment back for: that of the
    /// dispatch before it in the log, else of the first.
    fn sent_for(
        &self,
        shipment: Sym<kind::Shipment>,
        position: Position,
        side: Side,
    ) -> Option<Sym<kind::Order>> {
        let mut first = None;
        for (sent, [order]) in self.orders_of_shipments.back(shipment.number(), side) {
            first = Some(Sym::of(order));
            if sent < position {
                break;
            }
        }
        first
    }
    /// The clients' orders of an item, in order of first appearance.
    pub fn orders_of(&self, item: Sym<kind::Item>, side: Side) -> impl Iterator<Item = Demand<'_>> {
        let all = each(self.orders_of_items.back(item.number(), side));
        all.into_iter().map(|order| Demand { stock: self, order })
    }
}
