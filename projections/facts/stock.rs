//! Goods: items, moves, reservations, purchases, policies, as dated facts; quantities and costs are
//! derived from them. Invariant: what an event says of goods is kept once; a second way to it, by
//! item, receipt or order, holds row numbers alone.

use rust_decimal::Decimal;
use sijil_schemas::{
    Costing, Event, ItemKind, Position, ProductionCompleted, Record,
    event::{Accounting, Catalogue, Orders, Stock as Goods},
    id::{EntityRef, Id, kind},
};

use crate::{
    Column, Rows, cells,
    cells::Run,
    config::Config,
    cut::{Dated, Lens, Side},
    family,
    ids::{EntitySym, Sym},
    links::{EntityLinks, Links},
    words::{Word, Words},
};

mod bills;
mod demand;
mod moves;
mod policies;
mod purchases;
mod receipts;
mod reservations;

pub use bills::{Charge, ChargeLine};
pub use demand::{Asked, Demand, Ordered, Sent};
pub use moves::{History, Move, Moved, Step};
use policies::Policies;
pub use purchases::{Arrived, Attribute, Placed, Purchase, PurchaseLine};
pub use reservations::{Freed, Held, Holding, Reserved};

cells! { list ItemKind { Goods, Service } }
cells! { list Costing { Fifo, Average } }

cells! {
    /// What the catalogue says of an item.
    pub struct Card {
        /// Goods or service.
        pub kind: ItemKind,
        /// How the cost of what leaves the stock is found.
        pub costing: Costing,
        /// Decimal places of its quantities; `None` allows six.
        pub decimals: Option<u8>,
    }
}

family! {
    /// What is known of goods.
    pub struct Stock {
        words: Words,
        refs: Rows<EntitySym>,
        cards: Column<kind::Item, Card>,
        moves: Column<kind::Item, Move>,
        components: Rows<Sym<kind::Item>>,
        /// The productions that made each item from components: rows of `moves`.
        made: Links<1>,
        /// The openings of each receipt: rows of `moves`.
        receipts: Column<kind::Receipt, u32>,
        /// How many more came with a receipt and were sent back at once.
        rejected: Column<kind::Receipt, Decimal>,
        /// Cost adjustments that stand before their receipts in the log.
        ahead: Column<kind::Receipt, Move>,
        /// The same by the items of the receipts, once these are known: rows of `ahead`.
        ahead_of_items: Links<1>,
        opened: Column<kind::Reservation, Reserved>,
        freed: Column<kind::Reservation, Freed>,
        reservations_of_items: Links<1>,
        /// The reservations for each order, shipment, deal or whatever else.
        kept_for: EntityLinks,
        purchases: Column<kind::PurchaseOrder, Placed>,
        purchase_lines: Rows<PurchaseLine>,
        attributes: Rows<Attribute>,
        closed: Column<kind::PurchaseOrder, ()>,
        purchases_of_items: Links<1>,
        /// The receipts for each purchase order: rows of `moves`.
        arrivals: Column<kind::PurchaseOrder, u32>,
        orders: Column<kind::Order, Ordered>,
        goods: Rows<Asked>,
        /// What ends orders: cancelling, or closing.
        cancelled: Column<kind::Order, ()>,
        sent: Column<kind::Order, Sent>,
        /// What came back of each shipment.
        back: Column<kind::Shipment, Run<Asked>>,
        orders_of_items: Links<1>,
        orders_of_shipments: Links<1>,
        bills: Column<kind::Bill, Charge>,
        bill_credits: Column<kind::Bill, Charge>,
        charge_lines: Rows<ChargeLine>,
        /// The bills that may bill each item, by their own lines or by those that name its
        /// receipts.
        bills_of_items: Links<1>,
        bills_of_receipts: Links<1>,
        policies: Config<Policies>,
    }
}

/// Adds a number to what is noted of a subject; one that comes again after others is told apart
/// when asked.
fn note(links: &Links<1>, subject: u32, position: Position, number: u32) {
    if links.back(subject, Side::Decided).next().is_none_or(|(_, [last])| last != number) {
        links.push(subject, position, [number]);
    }
}

/// Each number that was noted, once, in order of first appearance in the log.
fn each<K>(noted: impl Iterator<Item = (Position, [u32; 1])>) -> Vec<Sym<K>> {
    let mut all: Vec<Sym<K>> = noted.map(|(_, [number])| Sym::of(number)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl Stock {
    /// Takes the next record.
    pub fn take(&self, record: &Record) {
        match &record.event {
            Event::Catalogue(e) => self.take_catalogue(record, e),
            Event::Stock(e) => self.take_goods(record, e),
            Event::Orders(e) => self.take_orders(record, e),
            Event::Accounting(e) => self.take_accounting(record, e),
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Interactions(_)
            | Event::Deals(_)
            | Event::Invoices(_) => (),
            Event::Marketing(_)
            | Event::Claims(_)
            | Event::Tasks(_)
            | Event::Staff(_)
            | Event::Surveys(_)
            | Event::Access(_)
            | Event::System(_) => (),
        }
    }
    fn take_catalogue(&self, record: &Record, event: &Catalogue) {
        match event {
            Catalogue::ItemRegistered(e) => {
                let card = Card { kind: e.kind, costing: e.costing, decimals: e.decimals };
                self.cards.push(self.ids.sym(&e.item), Dated::of(record, card));
            }
            Catalogue::StockPolicySet(e) => self.set_policy(record, e),
            Catalogue::PriceSet(_)
            | Catalogue::ReplenishmentPolicySet(_)
            | Catalogue::ProductLimitSet(_)
            | Catalogue::ExchangeRateSet(_)
            | Catalogue::CurrencyDefined(_) => (),
        }
    }
    fn take_goods(&self, record: &Record, event: &Goods) {
        match event {
            // A document is taken whole, with its parts.
            Goods::WarehouseRegistered(_) | Goods::PurchaseOrderLinesAdded(_) => (),
            Goods::PurchaseOrderPlaced(e) => self.place(record, e),
            Goods::PurchaseOrderClosed(e) => {
                self.closed.push(self.ids.sym(&e.purchase_order), Dated::of(record, ()));
            }
            Goods::GoodsReceived(e) => self.receive(record, e),
            Goods::GoodsIssued(e) => {
                let reservation = self.any(e.reservation.as_ref());
                let what = Moved::Issued {
                    issue: self.ids.sym(&e.issue),
                    warehouse: self.ids.sym(&e.warehouse),
                    qty: e.qty.get(),
                    reason: e.reason,
                    reservation,
                };
                self.moved(record, self.ids.sym(&e.item), &e.refs, what);
                if let Some(reservation) = reservation {
                    self.freed.push(reservation, Dated::of(record, Freed::Taken { qty: e.qty }));
                }
            }
            Goods::GoodsTransferred(e) => {
                let what = Moved::Transferred {
                    transfer: self.ids.sym(&e.goods_transfer),
                    from: self.ids.sym(&e.from),
                    to: self.ids.sym(&e.to),
                    qty: e.qty.get(),
                };
                self.moved(record, self.ids.sym(&e.item), &e.refs, what);
            }
            Goods::StockReserved(e) => self.reserve(record, e),
            Goods::ReservationReleased(e) => {
                let freed = e.qty.map_or(Freed::Rest, |qty| Freed::Part { qty });
                self.freed.push(self.ids.sym(&e.reservation), Dated::of(record, freed));
            }
            Goods::StockCounted(e) => {
                let what = Moved::Counted {
                    count: self.ids.sym(&e.count),
                    warehouse: self.ids.sym(&e.warehouse),
                    counted: e.counted.get(),
                };
                self.moved(record, self.ids.sym(&e.item), &e.refs, what);
            }
            Goods::StockAdjusted(e) => {
                let what = Moved::Adjusted {
                    adjustment: self.ids.sym(&e.adjustment),
                    warehouse: self.ids.sym(&e.warehouse),
                    delta: e.delta.get(),
                    value: e.value,
                };
                self.moved(record, self.ids.sym(&e.item), &e.refs, what);
            }
            Goods::ReceiptCostAdjusted(e) => self.adjust_cost(record, e),
            Goods::ProductionCompleted(e) => self.produce(record, e),
        }
    }
    fn take_orders(&self, record: &Record, event: &Orders) {
        match event {
            Orders::OrderPlaced(e) => self.order(record, e),
            // A document is taken whole, with its parts.
            Orders::OrderLinesAdded(_)
            | Orders::ShipmentLinesAdded(_)
            | Orders::ReturnLinesAdded(_)
            | Orders::QuoteLinesAdded(_) => (),
            // What is offered moves nothing and keeps nothing.
            Orders::QuoteIssued(_) | Orders::QuoteAccepted(_) | Orders::QuoteDeclined(_) => (),
            Orders::OrderCancelled(e) => {
                self.cancelled.push(self.ids.sym(&e.order), Dated::of(record, ()));
            }
            // For goods it is as if the rest were cancelled.
            Orders::OrderClosed(e) => {
                self.cancelled.push(self.ids.sym(&e.order), Dated::of(record, ()));
            }
            Orders::ShipmentDispatched(e) => self.dispatch(record, e),
            Orders::ReturnReceived(e) => self.give_back(record, e),
        }
    }
    fn take_accounting(&self, record: &Record, event: &Accounting) {
        match event {
            Accounting::BillReceived(e) => self.bill(record, e),
            Accounting::BillCredited(e) => self.credit_bill(record, e),
            // A document is taken whole, with its parts.
            Accounting::BillLinesAdded(_) | Accounting::BillCreditLinesAdded(_) => (),
            Accounting::LedgerOpened(_)
            | Accounting::AccountOpened(_)
            | Accounting::BankAccountOpened(_)
            | Accounting::PaymentMade(_) => (),
            Accounting::PaymentMadeAllocated(_)
            | Accounting::FundsTransferred(_)
            | Accounting::EntryPosted(_) => (),
            // What was brought forward bills nothing that came here.
            Accounting::BillBroughtForward(_)
            | Accounting::ExpenseRecorded(_)
            | Accounting::ExpenseReversed(_)
            | Accounting::PaymentMadeUnallocated(_)
            | Accounting::PaymentMadeRefunded(_) => (),
            Accounting::BillWrittenOff(_)
            | Accounting::FundsExchanged(_)
            | Accounting::AccountRevalued(_) => (),
        }
    }
    fn produce(&self, record: &Record, e: &ProductionCompleted) {
        let production = self.ids.sym(&e.production);
        for part in &e.consumed {
            let what = Moved::Consumed {
                production,
                warehouse: self.ids.sym(&part.warehouse),
                qty: part.qty.get(),
            };
            self.moved(record, self.ids.sym(&part.item), &e.refs, what);
        }
        let parts = e.consumed.iter().map(|part| self.ids.sym(&part.item));
        let components = self.components.extend(record.position, parts);
        let what = Moved::Produced {
            production,
            warehouse: self.ids.sym(&e.warehouse),
            qty: e.qty.get(),
            scrapped: e.scrapped.map_or(Decimal::ZERO, sijil_schemas::money::Quantity::get),
            components,
        };
        let item = self.ids.sym(&e.item);
        let row = self.moved(record, item, &e.refs, what);
        if !components.is_empty() {
            self.made.push(item.number(), record.position, [row]);
        }
    }
    fn moved(
        &self,
        record: &Record,
        item: Sym<kind::Item>,
        refs: &[EntityRef],
        what: Moved,
    ) -> u32 {
        let refs = self.take_refs(record, refs);
        self.moves.push(item, Dated::of(record, Move { refs, what }))
    }
    fn take_refs(&self, record: &Record, refs: &[EntityRef]) -> Run<EntitySym> {
        self.refs.extend(record.position, refs.iter().map(|entity| self.ids.entity(entity)))
    }
    /// The number of an id that may be absent.
    fn any<K: sijil_schemas::id::Entity>(&self, id: Option<&Id<K>>) -> Option<Sym<K>> {
        id.map(|id| self.ids.sym(id))
    }

    /// Every item with its id, in order of the ids.
    #[must_use]
    pub fn items(&self) -> Vec<(Sym<kind::Item>, &str)> {
        let mut all: Vec<_> = self.ids.syms().map(|item| (item, self.ids.name(item))).collect();
        all.sort_unstable_by_key(|(_, id)| *id);
        all
    }
    /// The number of an item.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<Sym<kind::Item>> {
        self.ids.find(id)
    }
    /// The id of an item.
    #[must_use]
    pub fn item_name(&self, item: Sym<kind::Item>) -> &str {
        self.ids.name(item)
    }
    /// The id of a warehouse.
    #[must_use]
    pub fn warehouse_name(&self, warehouse: Sym<kind::Warehouse>) -> &str {
        self.ids.name(warehouse)
    }
    /// A word that a fact names.
    #[must_use]
    pub fn word(&self, word: Sym<Word>) -> &str {
        self.words.text(word)
    }
    /// The entities that a fact refers to, in their order.
    pub fn refs(
        &self,
        refs: Run<EntitySym>,
    ) -> impl DoubleEndedIterator<Item = EntitySym> + ExactSizeIterator {
        self.refs.of(refs)
    }
    /// What the catalogue says of an item, as known.
    #[must_use]
    pub fn card(&self, item: Sym<kind::Item>, lens: Lens<'_>) -> Option<Card> {
        self.cards.of(item).newest_known(lens).map(|card| card.what)
    }
    /// The moves of an item, whether they count or not.
    #[must_use]
    pub const fn moves(&self, item: Sym<kind::Item>) -> History<'_> {
        History::new(self, item)
    }
    /// What the records at some positions moved, in order of position: (item, move).
    pub fn moved_by(
        &self,
        positions: std::ops::Range<Position>,
        side: Side,
    ) -> impl Iterator<Item = (Sym<kind::Item>, Dated<Move>)> {
        self.moves.recorded(positions, side)
    }
    /// Whether an item was ever made from components.
    #[must_use]
    pub fn is_assembled(&self, item: Sym<kind::Item>, side: Side) -> bool {
        self.made.back(item.number(), side).next().is_some()
    }
    /// What the productions of an item used up, whether they count or not.
    pub fn made_of(
        &self,
        item: Sym<kind::Item>,
        side: Side,
    ) -> impl Iterator<Item = Sym<kind::Item>> {
        self.made.back(item.number(), side).flat_map(|(_, [row])| {
            match self.moves.at(row).what.what {
                Moved::Produced { components, .. } => self.components.of(components),
                _ => self.components.of(Run::none()),
            }
        })
    }
    /// The items that a production used up.
    pub fn components(
        &self,
        components: Run<Sym<kind::Item>>,
    ) -> impl DoubleEndedIterator<Item = Sym<kind::Item>> {
        self.components.of(components)
    }
}
