//! What was sent and sent back of orders that have gone far, kept beside the facts. Invariant: it
//! is what a walk over the life of the order finds, whether that is in order or not; it answers
//! only for one that is. Droppable, made anew from the facts, and held against the walk in builds
//! with debug assertions.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use rust_decimal::Decimal;
use sijil_projections::{
    Lens, Side, Sym, Word,
    summed::{Flow, Summed},
    trade::{Goods, Trade},
};
use sijil_schemas::{Event, Position, Record, event::Orders, id::kind, time::Timestamp};

use super::standings::FACTS_LONG;

type Place = (Timestamp, Position);
type Order = Sym<kind::Order>;
type Shipment = Sym<kind::Shipment>;
type Item = Sym<kind::Item>;

/// What is bounded by how much was ordered of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Line(Sym<Word>),
    Item(Item),
}

/// Where goods go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Out,
    Back,
}

/// How much may go of something, and what went and came back: whatever goes needs it to be there.
#[derive(Debug, Clone, Default)]
struct Left {
    most: Decimal,
    flow: Summed<Place, Flow>,
}

impl Left {
    fn insert(&mut self, place: Place, flow: Flow) {
        let is_there = self.flow.iter_since(place).next().is_some_and(|(there, _)| *there == place);
        if !is_there {
            self.flow.insert(place, flow);
        }
    }
    fn is_clean(&self) -> bool {
        self.flow.whole().bears(self.most, Decimal::ZERO)
    }
    fn at(&self, place: Place) -> Decimal {
        self.most + self.flow.before(place).sum
    }
    fn bears(&self, place: Place, qty: Decimal, is_bound: bool) -> bool {
        let before = self.at(place);
        (!is_bound || before >= qty) && self.flow.since(place).bears(before, -qty)
    }
}

/// What was sent and sent back of one order.
#[derive(Debug, Clone, Default)]
pub(super) struct Delivery {
    /// The item of each line that has one.
    items: BTreeMap<Sym<Word>, Option<Item>>,
    asked: BTreeSet<Item>,
    left: BTreeMap<Key, Left>,
    /// Of what more went at some time than there was.
    unclean: BTreeSet<Key>,
    sent: BTreeSet<Place>,
}

impl Delivery {
    fn of(trade: &Trade, order: Order, now: Lens<'_>) -> Option<Delivery> {
        let placed = trade.order_at(order, now)?;
        let mut delivery = Delivery::default();
        for line in trade.lines(placed.doc.document.lines) {
            delivery.items.entry(line.key).or_insert(line.item);
            // Of lines with one key the first is the one.
            let of_line = Left { most: line.qty.get(), ..Left::default() };
            delivery.left.entry(Key::Line(line.key)).or_insert(of_line);
            if let Some(item) = line.item {
                delivery.asked.insert(item);
                delivery.left.entry(Key::Item(item)).or_default().most += line.qty.get();
            }
        }
        for (shipment, sent) in trade.shipments(order, now) {
            delivery.put(sent.order(), &trade.goods_of(sent.what.goods), Way::Out);
            for back in trade.returns(shipment, now) {
                delivery.put(back.order(), &trade.goods_of(back.what), Way::Back);
            }
        }
        Some(delivery)
    }
    /// How much goods are of each line and item, and whether that must be there.
    fn parts(&self, goods: &[Goods]) -> BTreeMap<Key, (Decimal, bool)> {
        let mut parts: BTreeMap<Key, (Decimal, bool)> = BTreeMap::new();
        for one in goods {
            let line = one.line.filter(|line| self.items.contains_key(line));
            if let Some(line) = line {
                parts.entry(Key::Line(line)).or_insert((Decimal::ZERO, true)).0 += one.qty.get();
            }
            // A line without an item is fulfilled by any: the named line alone bounds it.
            let is_any = line.is_some_and(|line| self.items[&line].is_none());
            let part = parts.entry(Key::Item(one.item)).or_default();
            *part = (part.0 + one.qty.get(), part.1 || !is_any);
        }
        parts
    }
    fn put(&mut self, place: Place, goods: &[Goods], way: Way) {
        for (key, (qty, is_bound)) in self.parts(goods) {
            let left = self.left.entry(key).or_default();
            left.insert(
                place,
                match way {
                    Way::Out if is_bound => Flow::bound(-qty),
                    Way::Out => Flow::free(-qty),
                    Way::Back => Flow::free(qty),
                },
            );
            self.note(key);
        }
        if way == Way::Out {
            self.sent.insert(place);
        }
    }
    fn take_out(&mut self, place: Place, goods: &[Goods]) {
        for key in self.parts(goods).into_keys() {
            if let Some(left) = self.left.get_mut(&key) {
                left.flow.remove(place, |_| true);
                self.note(key);
            }
        }
        self.sent.remove(&place);
    }
    fn note(&mut self, key: Key) {
        if self.left.get(&key).is_none_or(Left::is_clean) {
            self.unclean.remove(&key);
        } else {
            self.unclean.insert(key);
        }
    }
    /// Whether what was sent and sent back could be.
    pub(super) fn is_clean(&self) -> bool {
        self.unclean.is_empty()
    }
    /// Whether goods can go at a place, and all that goes later still can.
    pub(super) fn bears(&self, place: Place, goods: &[Goods]) -> bool {
        let none = Left::default();
        self.parts(goods).into_iter().all(|(key, (qty, is_bound))| {
            self.left.get(&key).unwrap_or(&none).bears(place, qty, is_bound)
        })
    }
    /// Whether everything that was asked for is sent by a place, with some goods more.
    pub(super) fn is_shipped(&self, place: Place, more: &[Goods]) -> bool {
        let more = self.parts(more);
        let left = |key: Key| {
            let more = more.get(&key).map_or(Decimal::ZERO, |(qty, _)| *qty);
            self.left.get(&key).map_or(Decimal::ZERO, |left| left.at(place)) - more
        };
        let of_item = |key: &&Key| matches!(key, Key::Item(_));
        let mut items = self.left.keys().chain(more.keys()).filter(of_item);
        let most = |key: &Key| self.left.get(key).map_or(Decimal::ZERO, |left| left.most);
        self.asked.iter().all(|item| left(Key::Item(*item)) <= Decimal::ZERO)
            && items.any(|key| left(*key) != most(key))
    }
    /// The first that is sent at a place or after it.
    pub(super) fn sent_after(&self, place: Place) -> Option<Place> {
        self.sent.range(place..).next().copied()
    }
}

/// What is left to come back of one shipment.
#[derive(Debug, Clone, Default)]
pub(super) struct Returns(BTreeMap<Item, Left>);

impl Returns {
    fn of(trade: &Trade, shipment: Shipment, now: Lens<'_>) -> Option<Returns> {
        let sent = trade.sent(shipment, now)?;
        let mut returns = Returns::default();
        for one in trade.goods_of(sent.what.goods) {
            returns.0.entry(one.item).or_default().most += one.qty.get();
        }
        for back in trade.returns(shipment, now) {
            returns.put(back.order(), &trade.goods_of(back.what));
        }
        Some(returns)
    }
    fn parts(goods: &[Goods]) -> BTreeMap<Item, Decimal> {
        let mut parts = BTreeMap::new();
        for one in goods {
            *parts.entry(one.item).or_insert(Decimal::ZERO) += one.qty.get();
        }
        parts
    }
    fn put(&mut self, place: Place, goods: &[Goods]) {
        for (item, qty) in Returns::parts(goods) {
            self.0.entry(item).or_default().insert(place, Flow::bound(-qty));
        }
    }
    fn take_out(&mut self, place: Place, goods: &[Goods]) {
        for item in Returns::parts(goods).into_keys() {
            if let Some(left) = self.0.get_mut(&item) {
                left.flow.remove(place, |_| true);
            }
        }
    }
    /// Whether goods can come back at a place, and all that comes back later still can.
    pub(super) fn bears(&self, place: Place, goods: &[Goods]) -> bool {
        Returns::parts(goods)
            .into_iter()
            .all(|(item, qty)| self.0.get(&item).is_some_and(|left| left.bears(place, qty, true)))
    }
}

/// The orders that have gone far, and the shipments of which much came back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deliveries {
    orders: BTreeMap<Order, Delivery>,
    shipments: BTreeMap<Shipment, Returns>,
    /// Orders that are walked: one id stood for several of their shipments, or for several orders.
    walked: BTreeSet<Order>,
}

impl Deliveries {
    /// What is kept of an order, if anything is.
    pub(super) fn order(&self, order: Order) -> Option<&Delivery> {
        self.orders.get(&order)
    }
    /// What is kept of a shipment, if anything is.
    pub(super) fn shipment(&self, shipment: Shipment) -> Option<&Returns> {
        self.shipments.get(&shipment)
    }
    /// Takes a record that the facts have taken.
    pub(crate) fn take(&mut self, trade: &Trade, now: Lens<'_>, record: &Record) {
        match &record.event {
            Event::Orders(Orders::OrderPlaced(_)) => {
                for order in trade.placed_at(only(record.position), Side::Decided) {
                    if trade.is_placed_again(order, Side::Decided) {
                        self.walk(order);
                    }
                }
            }
            Event::Orders(Orders::ShipmentDispatched(_) | Orders::ReturnReceived(_)) => {
                self.put_in(trade, now, record.position);
            }
            Event::System(_) => {
                if let Some(target) = record.voids {
                    self.take_out(trade, only(target));
                }
            }
            _ => (),
        }
    }
    /// Takes a record in again whose void was taken back.
    pub(crate) fn put_back(&mut self, trade: &Trade, now: Lens<'_>, target: Position) {
        self.put_in(trade, now, target);
    }
    fn walk(&mut self, order: Order) {
        self.orders.remove(&order);
        self.walked.insert(order);
    }
    fn put_in(&mut self, trade: &Trade, now: Lens<'_>, position: Position) {
        for (shipment, sent) in trade.sent_at(only(position), Side::Decided) {
            let order = sent.what.order;
            if trade.is_sent_again(shipment, Side::Decided) {
                self.shipments.remove(&shipment);
                trade.sent_ever(shipment, Side::Decided).for_each(|order| self.walk(order));
            } else if let Some(delivery) = self.orders.get_mut(&order) {
                delivery.put(sent.order(), &trade.goods_of(sent.what.goods), Way::Out);
            } else if trade.shipments_count(order, Side::Decided) >= FACTS_LONG {
                self.keep(trade, now, order);
            }
        }
        for (shipment, back) in trade.returned_at(only(position), Side::Decided) {
            let Some(sent) = trade.sent(shipment, now) else { continue };
            if trade.is_sent_again(shipment, Side::Decided) {
                continue;
            }
            let (order, goods) = (sent.what.order, trade.goods_of(back.what));
            let is_long = trade.returns_count(shipment, Side::Decided) >= FACTS_LONG;
            if let Some(returns) = self.shipments.get_mut(&shipment) {
                returns.put(back.order(), &goods);
            } else if is_long {
                let returns = Returns::of(trade, shipment, now);
                self.shipments.extend(returns.map(|returns| (shipment, returns)));
            }
            if let Some(delivery) = self.orders.get_mut(&order) {
                delivery.put(back.order(), &goods, Way::Back);
            } else if is_long {
                self.keep(trade, now, order);
            }
        }
    }
    fn keep(&mut self, trade: &Trade, now: Lens<'_>, order: Order) {
        if !self.walked.contains(&order) {
            let delivery = Delivery::of(trade, order, now);
            self.orders.extend(delivery.map(|delivery| (order, delivery)));
        }
    }
    /// Takes out what records at some positions say, which the facts still have.
    pub(crate) fn take_out(&mut self, trade: &Trade, positions: Range<Position>) {
        for (shipment, back) in trade.returned_at(positions.clone(), Side::Decided) {
            let goods = trade.goods_of(back.what);
            if let Some(returns) = self.shipments.get_mut(&shipment) {
                returns.take_out(back.order(), &goods);
            }
            // It is the one order of the shipment, or that is walked.
            for order in trade.sent_ever(shipment, Side::Decided) {
                if let Some(delivery) = self.orders.get_mut(&order) {
                    delivery.take_out(back.order(), &goods);
                }
            }
        }
        for (shipment, sent) in trade.sent_at(positions.clone(), Side::Decided) {
            self.shipments.remove(&shipment);
            if let Some(delivery) = self.orders.get_mut(&sent.what.order) {
                delivery.take_out(sent.order(), &trade.goods_of(sent.what.goods));
            }
        }
        for order in trade.placed_at(positions, Side::Decided) {
            self.orders.remove(&order);
        }
    }
}

/// The position of a record, as an interval.
const fn only(position: Position) -> Range<Position> {
    position..position.next()
}
