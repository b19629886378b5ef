//! Goods: items, moves, reservations, purchases, policies; quantities and costs are derived from
//! them. Invariant: each item's moves stand in replay order in one vector, and a running quantity
//! is kept beside them only as known now, for the rules.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Event, Line, Position, ProductionCompleted, Record,
    event::{Catalogue, Orders, Stock as Goods},
    id::{EntityRef, ItemId, WarehouseId, kind},
    time::Timestamp,
};

use crate::{
    cut::{Dated, Facts, Lens},
    few::Few,
    fold::Fold,
    table::{Ids, Sym, Table},
};

mod bills;
mod demand;
mod free;
mod layers;
mod moves;
mod policies;
mod purchases;
mod quantities;
mod receipts;
mod reservations;
mod running;
mod shelf;
pub mod valuation;

pub use bills::{Bill, Charge, ChargeLine};
pub use demand::{Asked, Demand};
pub use layers::{Layer, Valued};
pub use moves::{Card, Move, Moved, Step};
pub use purchases::{Arrived, Placed, Purchase, PurchaseLine};
pub use quantities::{Moves, Quantities};
use receipts::Arrival;
pub use reservations::{Freed, Held, Holding, Reservation, Reserved};
pub use shelf::{Entry, Shelf, Stand};

/// What is known of one item.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Item {
    cards: Facts<Card>,
    moves: Facts<Move>,
    stands: BTreeMap<Sym<kind::Warehouse>, Stand>,
    /// How many came back of each issue, as known now.
    returned: BTreeMap<CompactString, Returned>,
    reservations: Few<Sym<kind::Reservation>>,
    purchases: Few<Sym<kind::PurchaseOrder>>,
    orders: Few<Sym<kind::Order>>,
    bills: Few<Sym<kind::Bill>>,
    assembled: bool,
}

/// What is known of a shipment: its order, and the returns that stand before it in the log.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Sent {
    order: Option<Sym<kind::Order>>,
    waiting: Vec<Dated<Vec<Asked>>>,
}

/// The read model.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Stock {
    items: Table<kind::Item, Item>,
    warehouses: Ids<kind::Warehouse>,
    reservations: Table<kind::Reservation, Reservation>,
    purchases: Table<kind::PurchaseOrder, Purchase>,
    orders: Table<kind::Order, Demand>,
    shipments: Table<kind::Shipment, Sent>,
    receipts: Table<kind::Receipt, Arrival>,
    bills: Table<kind::Bill, Bill>,
    /// The reservations for each order, shipment, deal or whatever else, by `kind:id`.
    kept_for: BTreeMap<String, Few<Sym<kind::Reservation>>>,
    /// Which order each record cancels, in order of position.
    cancels: Vec<(Position, Sym<kind::Order>)>,
    policies: policies::Policies,
    /// Which item each record moves, in order of position, with its business date.
    touched: Vec<(Position, Timestamp, Sym<kind::Item>)>,
    /// Which reservation each record opens or frees, in order of position.
    touched_held: Vec<(Position, Sym<kind::Reservation>)>,
    /// Voids of such records, in order: (void, target).
    voided: Vec<(Position, Position)>,
    /// Records that no running quantity counts: voided, or retracted from the rules' book.
    dead: BTreeSet<Position>,
}

impl Fold for Stock {
    const NAME: &'static str = "stock";
    const EDITION: u32 = 4;

    fn apply(&mut self, record: &Record) {
        match &record.event {
            Event::Catalogue(e) => self.apply_catalogue(record, e),
            Event::Stock(e) => self.apply_goods(record, e),
            Event::Orders(e) => self.apply_orders(record, e),
            Event::System(_) => {
                if let Some(target) = record.voids {
                    self.void(record.position, target);
                }
            }
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Interactions(_)
            | Event::Deals(_)
            | Event::Invoices(_) => (),
            Event::Accounting(e) => self.apply_accounting(record, e),
            Event::Marketing(_) | Event::Claims(_) | Event::Tasks(_) | Event::Staff(_) => (),
        }
    }
}

impl Stock {
    fn apply_catalogue(&mut self, record: &Record, event: &Catalogue) {
        match event {
            Catalogue::ItemRegistered(e) => {
                let card = Card { kind: e.kind, costing: e.costing, decimals: e.decimals };
                self.items.entry(&e.item).cards.insert(Dated::of(record, card));
            }
            Catalogue::StockPolicySet(e) => {
                self.policies.set(e.policy.as_str(), Dated::of(record, policies::Policy::of(e)));
            }
            Catalogue::PriceSet(_)
            | Catalogue::ReplenishmentPolicySet(_)
            | Catalogue::ProductLimitSet(_)
            | Catalogue::ExchangeRateSet(_) => (),
            Catalogue::CurrencyDefined(_) => (),
        }
    }
    fn apply_goods(&mut self, record: &Record, event: &Goods) {
        match event {
            Goods::WarehouseRegistered(e) => drop(self.warehouses.intern(&e.warehouse)),
            Goods::PurchaseOrderPlaced(e) => {
                let lines = e.lines.iter().map(|l| self.purchase_line(l)).collect();
                let warehouse = e
                    .refs
                    .iter()
                    .find_map(EntityRef::typed::<kind::Warehouse>)
                    .map(|w| self.warehouses.intern(&w));
                let placed = Placed::of(e, lines, warehouse);
                let sym = self.purchases.intern(&e.purchase_order);
                for item in placed.lines.iter().filter_map(|l| l.item) {
                    note(&mut self.items.at_mut(item).purchases, sym);
                }
                self.purchases.at_mut(sym).placed.insert(Dated::of(record, placed));
            }
            // A document is taken whole, with its parts.
            Goods::PurchaseOrderLinesAdded(_) => (),
            Goods::PurchaseOrderClosed(e) => {
                self.purchases.entry(&e.purchase_order).closed.insert(Dated::of(record, ()));
            }
            Goods::GoodsReceived(e) => self.receive(record, e),
            Goods::GoodsIssued(e) => {
                let reservation = e.reservation.as_ref().map(|r| self.reservations.intern(r));
                let what = Moved::Issued {
                    warehouse: self.warehouses.intern(&e.warehouse),
                    qty: e.qty.get(),
                    reason: e.reason,
                    reservation,
                };
                self.moved(record, &e.item, e.issue.as_str(), &e.refs, what);
                if let Some(reservation) = &e.reservation {
                    self.free(record, reservation, Freed::Taken(e.qty));
                }
            }
            Goods::GoodsTransferred(e) => {
                let (from, to) = (self.warehouses.intern(&e.from), self.warehouses.intern(&e.to));
                self.moved(
                    record,
                    &e.item,
                    e.goods_transfer.as_str(),
                    &e.refs,
                    Moved::Transferred { from, to, qty: e.qty.get() },
                );
            }
            Goods::StockReserved(e) => self.reserve(record, e),
            Goods::ReservationReleased(e) => {
                self.free(record, &e.reservation, e.qty.map_or(Freed::Rest, Freed::Part));
            }
            Goods::StockCounted(e) => {
                let what = Moved::Counted {
                    warehouse: self.warehouses.intern(&e.warehouse),
                    counted: e.counted.get(),
                };
                self.moved(record, &e.item, e.count.as_str(), &e.refs, what);
            }
            Goods::StockAdjusted(e) => {
                let what = Moved::Adjusted {
                    warehouse: self.warehouses.intern(&e.warehouse),
                    delta: e.delta.get(),
                    value: e.value,
                };
                self.moved(record, &e.item, e.adjustment.as_str(), &e.refs, what);
            }
            Goods::ReceiptCostAdjusted(e) => self.adjust_cost(record, e),
            Goods::ProductionCompleted(e) => self.produce(record, e),
        }
    }
    fn apply_orders(&mut self, record: &Record, event: &Orders) {
        match event {
            Orders::OrderPlaced(e) => {
                let lines: Vec<Asked> = e
                    .lines
                    .iter()
                    .filter_map(|l| {
                        Some(Asked { item: self.items.intern(l.item.as_ref()?), qty: l.qty.get() })
                    })
                    .collect();
                let sym = self.orders.intern(&e.order);
                for line in &lines {
                    note(&mut self.items.at_mut(line.item).orders, sym);
                }
                self.orders.at_mut(sym).placed.insert(Dated::of(record, (e.promised_on, lines)));
            }
            // A document is taken whole, with its parts.
            Orders::OrderLinesAdded(_)
            | Orders::ShipmentLinesAdded(_)
            | Orders::ReturnLinesAdded(_) => (),
            Orders::OrderCancelled(e) => self.cancel(record, &e.order),
            Orders::ShipmentDispatched(e) => {
                let sent = e
                    .lines
                    .iter()
                    .map(|l| Asked { item: self.items.intern(&l.item), qty: l.qty.get() })
                    .collect();
                let sym = self.orders.intern(&e.order);
                self.orders.at_mut(sym).sent.insert(Dated::of(record, sent));
                let shipment = self.shipments.entry(&e.shipment);
                shipment.order = Some(sym);
                for back in std::mem::take(&mut shipment.waiting) {
                    self.orders.at_mut(sym).sent.insert(back);
                }
            }
            Orders::ReturnReceived(e) => {
                let back = e
                    .lines
                    .iter()
                    .map(|l| Asked { item: self.items.intern(&l.item), qty: -l.qty.get() })
                    .collect();
                let (shipment, back) = (self.shipments.entry(&e.shipment), Dated::of(record, back));
                match shipment.order {
                    Some(order) => self.orders.at_mut(order).sent.insert(back),
                    None => shipment.waiting.push(back),
                }
            }
        }
    }
    fn purchase_line(&mut self, line: &Line) -> PurchaseLine {
        let item = line.item.as_ref().map(|item| self.items.intern(item));
        PurchaseLine { item, qty: line.qty.get(), net: line.net.get(), tax: line.tax.get() }
    }
    fn produce(&mut self, record: &Record, e: &ProductionCompleted) {
        for part in &e.consumed {
            let what = Moved::Consumed {
                warehouse: self.warehouses.intern(&part.warehouse),
                qty: part.qty.get(),
            };
            self.moved(record, &part.item, e.production.as_str(), &e.refs, what);
        }
        let components: Box<[_]> =
            e.consumed.iter().map(|part| self.items.intern(&part.item)).collect();
        self.items.entry(&e.item).assembled |= !components.is_empty();
        let scrapped = e.scrapped.map_or(Decimal::ZERO, sijil_schemas::money::Quantity::get);
        let what = Moved::Produced {
            warehouse: self.warehouses.intern(&e.warehouse),
            qty: e.qty.get(),
            scrapped,
            components,
        };
        self.moved(record, &e.item, e.production.as_str(), &e.refs, what);
    }
    fn moved(
        &mut self,
        record: &Record,
        item: &ItemId,
        document: &str,
        refs: &[EntityRef],
        what: Moved,
    ) {
        let item = self.items.intern(item);
        self.put(
            record,
            item,
            Move {
                document: CompactString::new(document),
                refs: refs.iter().cloned().collect(),
                what,
            },
        );
    }
    fn put(&mut self, record: &Record, item: Sym<kind::Item>, fact: Move) {
        self.touch(record, item);
        let state = self.items.at_mut(item);
        for (warehouse, step) in fact.what.steps() {
            state.stands.entry(warehouse).or_default().move_by(
                record.occurred_at(),
                record.position,
                step,
            );
        }
        state.give_back(&fact.what, Decimal::ONE);
        state.moves.insert(Dated::of(record, fact));
    }
}

/// How many units of an issue have come back, of all dates and as far as nothing is voided.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Returned(#[serde(with = "crate::exact")] Decimal);

impl Item {
    /// Counts what brings goods of an issue back, or with −1 no longer does.
    fn give_back(&mut self, what: &Moved, sign: Decimal) {
        if let Moved::Received { returns: Some(issue), qty, .. } = what {
            self.returned.entry(issue.clone()).or_default().0 += *qty * sign;
        }
    }
}

/// Adds a number to an index; one that comes again after others is told apart when asked.
fn note<K: PartialEq + Copy>(index: &mut Few<Sym<K>>, sym: Sym<K>) {
    if index.unseen().last() != Some(&sym) {
        index.push(sym);
    }
}

/// Each number of an index, once.
fn each<K: Copy + Ord>(index: &[Sym<K>]) -> Vec<Sym<K>> {
    let mut all = index.to_vec();
    all.sort_unstable();
    all.dedup();
    all
}

impl Stock {
    /// Every item with its id, in order of the ids.
    #[must_use]
    pub fn items(&self) -> Vec<(Sym<kind::Item>, &str, &Item)> {
        self.items.sorted()
    }
    /// The number of an item.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<Sym<kind::Item>> {
        self.items.sym(id)
    }
    /// The id of an item.
    #[must_use]
    pub fn item_name(&self, item: Sym<kind::Item>) -> &str {
        self.items.name(item)
    }
    /// The number of a warehouse.
    #[must_use]
    pub fn warehouse(&self, id: &str) -> Option<Sym<kind::Warehouse>> {
        self.warehouses.get(id)
    }
    /// The id of a warehouse.
    #[must_use]
    pub fn warehouse_name(&self, warehouse: Sym<kind::Warehouse>) -> &str {
        self.warehouses.name(warehouse)
    }
    /// What the catalogue says of an item, as known.
    #[must_use]
    pub fn card(&self, item: Sym<kind::Item>, lens: Lens<'_>) -> Option<Card> {
        self.items.at(item).cards.newest_known(lens).map(|c| c.what)
    }
    /// The moves of an item, in replay order, whether they count or not.
    #[must_use]
    pub fn moves(&self, item: Sym<kind::Item>) -> &Facts<Move> {
        &self.items.at(item).moves
    }
    /// How many of an item came back of an issue, as known now.
    #[must_use]
    pub fn returned(&self, item: Sym<kind::Item>, issue: &str) -> Decimal {
        self.items.at(item).returned.get(issue).copied().unwrap_or_default().0
    }
    /// What there is of an item at a warehouse and what of it is reserved, as known now.
    #[must_use]
    pub fn stand(&self, item: Sym<kind::Item>, warehouse: Sym<kind::Warehouse>) -> Option<&Stand> {
        self.items.at(item).stands.get(&warehouse)
    }
    /// The running quantity of an item at a warehouse, as known now.
    #[must_use]
    pub fn shelf(&self, item: Sym<kind::Item>, warehouse: Sym<kind::Warehouse>) -> Option<&Shelf> {
        self.stand(item, warehouse).map(Stand::on_hand)
    }
    /// The running quantity of an item that is reserved at a warehouse, as known now.
    #[must_use]
    pub fn held(&self, item: Sym<kind::Item>, warehouse: Sym<kind::Warehouse>) -> Option<&Shelf> {
        self.stand(item, warehouse).map(Stand::held)
    }
    /// The warehouses an item was ever at or reserved at, in order of their first appearance.
    pub fn warehouses_of(&self, item: Sym<kind::Item>) -> BTreeSet<Sym<kind::Warehouse>> {
        self.items.at(item).stands.keys().copied().collect()
    }
    /// Every purchase order with its id, in order of the ids.
    #[must_use]
    pub fn purchases(&self) -> Vec<(&str, &Purchase)> {
        self.purchases.sorted().into_iter().map(|(_, id, purchase)| (id, purchase)).collect()
    }
    /// A purchase order; `None` if no record names it.
    #[must_use]
    pub fn purchase(&self, id: &str) -> Option<&Purchase> {
        self.purchases.get(id)
    }
    /// The purchase orders of an item.
    pub fn purchases_of(&self, item: Sym<kind::Item>) -> impl Iterator<Item = &Purchase> {
        each(&self.items.at(item).purchases).into_iter().map(|p| self.purchases.at(p))
    }
    /// The clients' orders of an item.
    pub fn orders_of(&self, item: Sym<kind::Item>) -> impl Iterator<Item = (&str, &Demand)> {
        each(&self.items.at(item).orders)
            .into_iter()
            .map(|o| (self.orders.name(o), self.orders.at(o)))
    }
    /// Whether stock of an item at a warehouse might have gone below zero at a moment, as known.
    #[must_use]
    pub fn may_go_below_zero(
        &self,
        item: &str,
        warehouse: &str,
        at: Timestamp,
        lens: Lens<'_>,
    ) -> bool {
        self.policies.allow(item, warehouse, at, lens)
    }
    /// Whether goods of an item that others had reserved at a warehouse might have been taken at a
    /// moment, as known.
    #[must_use]
    pub fn may_take_reserved(
        &self,
        item: &str,
        warehouse: &str,
        at: Timestamp,
        lens: Lens<'_>,
    ) -> bool {
        self.policies.ignore(item, warehouse, at, lens)
    }
    /// The number of a warehouse, by its typed id.
    #[must_use]
    pub fn warehouse_of(&self, id: &WarehouseId) -> Option<Sym<kind::Warehouse>> {
        self.warehouse(id.as_str())
    }
}
