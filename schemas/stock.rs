//! Warehouses, purchases and goods. Invariant: only these events move stock, and none of them
//! stores a cost that can be derived.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event::event,
    id::{
        AdjustmentId, CountId, CounterpartyId, EntityRef, GoodsTransferId, IssueId, ItemId, Key,
        ProductionId, PurchaseOrderId, ReceiptId, ReservationId, WarehouseId,
    },
    line::Line,
    money::{Currency, Money, Quantity},
    parts::PartNumber,
    text::{Field, Name, Text, plain_fields},
    time::Date,
};

/// Why goods went out.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum IssueReason {
    /// Sold.
    Sale,
    /// Used to make something.
    Production,
    /// Lost, broken or stolen.
    Loss,
}

/// A component that production used up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Consumed {
    /// What.
    pub item: ItemId,
    /// From where.
    pub warehouse: WarehouseId,
    /// How many units.
    pub qty: Quantity,
}

plain_fields!(IssueReason);
impl Field for Consumed {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        visit(self.item.entity());
        visit(self.warehouse.entity());
    }
}

event! {
    /// A place that holds stock.
    901 "warehouse.registered" v 1 Opens WarehouseRegistered {
        /// The warehouse.
        warehouse: WarehouseId,
        /// Its label.
        name: Name,
    }
}
event! {
    /// Goods were ordered from a supplier.
    902 "purchase_order.placed" v 2 Opens PurchaseOrderPlaced {
        /// The order.
        purchase_order: PurchaseOrderId,
        /// From whom.
        supplier: CounterpartyId,
        /// The currency of the lines.
        currency: Currency,
        /// What was ordered.
        lines: Vec<Line>,
        /// The day it is expected.
        expected_on: Option<Date>,
        /// In how many parts it comes, where one record is too short: this is the first,
        /// `purchase_order.lines_added` has the others.
        parts: Option<PartNumber>,
    }
}
event! {
    /// Goods came in.
    903 "goods.received" v 1 Opens GoodsReceived {
        /// The receipt.
        receipt: ReceiptId,
        /// What.
        item: ItemId,
        /// Where.
        warehouse: WarehouseId,
        /// How many units.
        qty: Quantity,
        /// What they cost in all; absent costs nothing and is flagged unvalued.
        value: Option<Money>,
        /// The order they fulfil.
        purchase_order: Option<PurchaseOrderId>,
        /// The issue they bring back.
        returns: Option<IssueId>,
        /// How good they are.
        quality: Option<Key>,
    }
}
event! {
    /// Goods went out.
    904 "goods.issued" v 2 Opens GoodsIssued {
        /// The issue.
        issue: IssueId,
        /// What.
        item: ItemId,
        /// From where.
        warehouse: WarehouseId,
        /// How many units.
        qty: Quantity,
        /// Why.
        reason: IssueReason,
        /// The reservation it takes from: so many of it are released.
        reservation: Option<ReservationId>,
    }
}
event! {
    /// Goods moved between warehouses.
    905 "goods.transferred" v 1 Opens GoodsTransferred {
        /// The transfer.
        goods_transfer: GoodsTransferId,
        /// What.
        item: ItemId,
        /// From where.
        from: WarehouseId,
        /// To where.
        to: WarehouseId,
        /// How many units.
        qty: Quantity,
    }
}
event! {
    /// Stock was kept for somebody.
    906 "stock.reserved" v 1 Opens StockReserved {
        /// The reservation.
        reservation: ReservationId,
        /// What.
        item: ItemId,
        /// Where.
        warehouse: WarehouseId,
        /// How many units.
        qty: Quantity,
        /// For what: an order or a deal.
        r#ref: EntityRef,
    }
}
event! {
    /// A reservation ended, in whole or in part.
    907 "reservation.released" v 1 Continues ReservationReleased {
        /// The reservation.
        reservation: ReservationId,
        /// How many units; absent releases the rest.
        qty: Option<Quantity>,
    }
}
event! {
    /// Stock was counted: from this date on hand is what was counted.
    908 "stock.counted" v 1 Opens StockCounted {
        /// The count.
        count: CountId,
        /// What.
        item: ItemId,
        /// Where.
        warehouse: WarehouseId,
        /// How many units were there.
        counted: Quantity,
    }
}
event! {
    /// Stock was corrected by a difference.
    909 "stock.adjusted" v 1 Opens StockAdjusted {
        /// The correction.
        adjustment: AdjustmentId,
        /// What.
        item: ItemId,
        /// Where.
        warehouse: WarehouseId,
        /// How many units more, or fewer if negative.
        delta: Quantity,
        /// What a gain is worth; absent enters at the current unit cost.
        value: Option<Money>,
        /// Why.
        reason: Text,
    }
}
event! {
    /// A receipt turned out to have cost more or less.
    910 "receipt.cost_adjusted" v 2 Continues ReceiptCostAdjusted {
        /// The receipt.
        receipt: ReceiptId,
        /// How much more, or less if negative.
        delta_value: Money,
        /// Why.
        reason: Text,
        /// Whether it is a cost beside the price of the goods, as freight: a bill of its own clears
        /// it.
        extra: Option<bool>,
    }
}
event! {
    /// A product was made from components.
    911 "production.completed" v 1 Opens ProductionCompleted {
        /// The production.
        production: ProductionId,
        /// What was made.
        item: ItemId,
        /// Where it was put.
        warehouse: WarehouseId,
        /// How many good units.
        qty: Quantity,
        /// How many were scrapped.
        scrapped: Option<Quantity>,
        /// What was used up.
        consumed: Vec<Consumed>,
    }
}
event! {
    /// A purchase order ended: what has not come in is expected no more.
    912 "purchase_order.closed" v 1 Continues PurchaseOrderClosed {
        /// The order.
        purchase_order: PurchaseOrderId,
        /// Why.
        reason: Text,
    }
}
event! {
    /// A later part of a purchase order too long for one record; it follows the part before it at
    /// once, in the same request.
    913 "purchase_order.lines_added" v 1 Continues PurchaseOrderLinesAdded {
        /// The order.
        purchase_order: PurchaseOrderId,
        /// Which part it is: 2, 3 … up to its opening's `parts`.
        part: PartNumber,
        /// The lines it adds.
        lines: Vec<Line>,
    }
}
