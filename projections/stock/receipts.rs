//! Receipts: goods that come in, and what is said of their cost later. Invariant: what names a
//! receipt that stands behind it in the log waits for it, and is put to the receipt's item then.

use compact_str::CompactString;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{GoodsReceived, ReceiptCostAdjusted, Record, id::kind, money::Quantity};

use super::{Arrived, Move, Moved, Stock, note};
use crate::{cut::Dated, few::Few, table::Sym};

/// What is known of a receipt: its item, the cost adjustments that stand before it in the log, and
/// the bills that name it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Arrival {
    pub(super) item: Option<Sym<kind::Item>>,
    waiting: Vec<Dated<Move>>,
    pub(super) bills: Few<Sym<kind::Bill>>,
}

impl Stock {
    pub(super) fn receive(&mut self, record: &Record, e: &GoodsReceived) {
        let named = e
            .attributes
            .iter()
            .find(|(key, _)| key.as_str() == "rejected")
            .and_then(|(_, text)| text.parse::<Quantity>().ok());
        let order = e.purchase_order.as_ref().map(|o| self.purchases.intern(o));
        let what = Moved::Received {
            warehouse: self.warehouses.intern(&e.warehouse),
            qty: e.qty.get(),
            value: e.value,
            order,
            returns: e.returns.as_ref().map(|i| CompactString::new(i.as_str())),
            rejected: named.map_or(Decimal::ZERO, Quantity::get),
        };
        let item = self.items.intern(&e.item);
        if let (Some(order), Moved::Received { qty, rejected, .. }) = (order, &what) {
            self.purchases
                .at_mut(order)
                .receipts
                .insert(Dated::of(record, Arrived { item, qty: *qty, rejected: *rejected }));
        }
        self.moved(record, &e.item, e.receipt.as_str(), &e.refs, what);
        let arrival = self.receipts.entry(&e.receipt);
        arrival.item = Some(item);
        let (waiting, bills) = (std::mem::take(&mut arrival.waiting), arrival.bills.to_vec());
        let state = self.items.at_mut(item);
        waiting.into_iter().for_each(|adjustment| state.moves.insert(adjustment));
        bills.into_iter().for_each(|bill| note(&mut state.bills, bill));
    }
    /// A cost adjustment names its receipt alone: the item is that of the receipt, which the rules
    /// want before it in the log.
    pub(super) fn adjust_cost(&mut self, record: &Record, e: &ReceiptCostAdjusted) {
        let document = CompactString::new(e.receipt.as_str());
        let fact = Move {
            document,
            refs: e.refs.iter().cloned().collect(),
            what: Moved::CostAdjusted { delta: e.delta_value, extra: e.extra == Some(true) },
        };
        let arrival = self.receipts.entry(&e.receipt);
        match arrival.item {
            Some(item) => self.put(record, item, fact),
            None => arrival.waiting.push(Dated::of(record, fact)),
        }
    }
    /// The item of a receipt.
    #[must_use]
    pub fn item_of_receipt(&self, receipt: &str) -> Option<Sym<kind::Item>> {
        self.receipts.get(receipt)?.item
    }
}
