//! Receipts: goods that come in, and what is said of their cost later. Invariant: what names a
//! receipt that stands behind it in the log is found by the receipt, and by its item from then on.

use sijil_schemas::{GoodsReceived, ReceiptCostAdjusted, Record, id::kind, money::Quantity};

use super::{Move, Moved, Stock, each, note};
use crate::{
    cut::{Dated, Lens, Side},
    ids::Sym,
};

impl Stock {
    pub(super) fn receive(&self, record: &Record, e: &GoodsReceived) {
        let rejected = e
            .attributes
            .iter()
            .find(|(key, _)| key.as_str() == "rejected")
            .and_then(|(_, text)| text.parse::<Quantity>().ok());
        let (receipt, item) = (self.ids.sym(&e.receipt), self.ids.sym(&e.item));
        let order = self.any(e.purchase_order.as_ref());
        let what = Moved::Received {
            receipt,
            warehouse: self.ids.sym(&e.warehouse),
            qty: e.qty.get(),
            value: e.value,
            order,
            returns: self.any(e.returns.as_ref()),
        };
        let row = self.moved(record, item, &e.refs, what);
        if let Some(rejected) = rejected {
            self.rejected.push(receipt, Dated::of(record, rejected.get()));
        }
        if let Some(order) = order {
            self.arrivals.push(order, Dated::of(record, row));
        }
        if self.receipts.of(receipt).is_empty(Side::Decided) {
            for ahead in self.ahead.of(receipt).rows(Side::Decided) {
                self.ahead_of_items.push(item.number(), record.position, [ahead]);
            }
        }
        self.receipts.push(receipt, Dated::of(record, row));
        let bills = self.bills_of_receipts.back(receipt.number(), Side::Decided);
        for bill in each::<kind::Bill>(bills) {
            note(&self.bills_of_items, item.number(), record.position, bill.number());
        }
    }
    /// A cost adjustment names its receipt alone: the item is that of the receipt, which the rules
    /// want before it in the log.
    pub(super) fn adjust_cost(&self, record: &Record, e: &ReceiptCostAdjusted) {
        let receipt = self.ids.sym(&e.receipt);
        let extra = e.extra == Some(true);
        let what = Moved::CostAdjusted { receipt, delta: e.delta_value, extra };
        match self.item_of_receipt(Some(receipt), Side::Decided) {
            Some(item) => drop(self.moved(record, item, &e.refs, what)),
            None => {
                let refs = self.take_refs(record, &e.refs);
                self.ahead.push(receipt, Dated::of(record, Move { refs, what }));
            }
        }
    }
    /// The cost adjustments of an item that count and stand before their receipts in the log, in
    /// replay order.
    pub(super) fn ahead_of(&self, item: Sym<kind::Item>, lens: Lens<'_>) -> Vec<Dated<Move>> {
        let rows = self.ahead_of_items.back(item.number(), lens.side);
        let facts = rows.map(|(_, [row])| self.ahead.at(row)).filter(|fact| lens.counts(fact));
        let mut all: Vec<Dated<Move>> = facts.collect();
        all.sort_unstable_by_key(Dated::order);
        all
    }
    /// The openings of a receipt, whether they count or not.
    pub fn openings_of_receipt(
        &self,
        receipt: Sym<kind::Receipt>,
        side: Side,
    ) -> impl Iterator<Item = Dated<Move>> {
        self.receipts.of(receipt).all(side).map(|opening| self.moves.at(opening.what))
    }
    /// Whether a receipt was opened more than once, or its cost adjusted before it stood in the
    /// log.
    #[must_use]
    pub fn is_tangled_receipt(&self, receipt: Sym<kind::Receipt>, side: Side) -> bool {
        self.receipts.of(receipt).is_many(side) || !self.ahead.of(receipt).is_empty(side)
    }
    /// The items of the openings of a receipt, whether they count or not.
    pub fn items_of_receipt(
        &self,
        receipt: Option<Sym<kind::Receipt>>,
        side: Side,
    ) -> impl Iterator<Item = Sym<kind::Item>> {
        let openings = self.receipts.of_any(receipt).all(side);
        openings.map(|opening| self.moves.subject(opening.what))
    }
    /// The item of a receipt, as known; of several openings that of the last in the log.
    #[must_use]
    pub fn item_of_known_receipt(
        &self,
        receipt: Option<Sym<kind::Receipt>>,
        lens: Lens<'_>,
    ) -> Option<Sym<kind::Item>> {
        let known = self.receipts.of_any(receipt).known(lens);
        let opening = known.max_by_key(|opening| opening.position)?;
        Some(self.moves.subject(opening.what))
    }
    /// The item of a receipt, whether it counts or not; of several openings that of the last in the
    /// log.
    #[must_use]
    pub fn item_of_receipt(
        &self,
        receipt: Option<Sym<kind::Receipt>>,
        side: Side,
    ) -> Option<Sym<kind::Item>> {
        let opening = self.receipts.of_any(receipt).recorded_last(side)?;
        Some(self.moves.subject(opening.what))
    }
}
