//! Orders, shipments and returns. Invariant: none of them moves stock; goods events do, and cite
//! them.

use crate::{
    event::event,
    id::{ClientId, CounterpartyId, DealId, EmployeeId, GoodsReturnId, OrderId, ShipmentId},
    line::{GoodsLine, Line},
    money::Currency,
    parts::PartNumber,
    text::{Name, Text},
    time::Date,
};

event! {
    /// A client ordered.
    601 "order.placed" v 2 Opens OrderPlaced {
        /// The order.
        order: OrderId,
        /// By which client.
        client: Option<ClientId>,
        /// By which legal entity.
        counterparty: Option<CounterpartyId>,
        /// For which employee it counts.
        owner: Option<EmployeeId>,
        /// The currency of the lines.
        currency: Currency,
        /// What was ordered.
        lines: Vec<Line>,
        /// The deal it came from.
        deal: Option<DealId>,
        /// The day it was promised for.
        promised_on: Option<Date>,
        /// In how many parts it comes, where one record is too short: this is the first,
        /// `order.lines_added` has the others.
        parts: Option<PartNumber>,
    }
}
event! {
    /// An order was cancelled.
    602 "order.cancelled" v 1 Continues OrderCancelled {
        /// The order.
        order: OrderId,
        /// Why.
        reason: Text,
    }
}
event! {
    /// Goods of an order left.
    603 "shipment.dispatched" v 2 Opens ShipmentDispatched {
        /// The shipment.
        shipment: ShipmentId,
        /// The order.
        order: OrderId,
        /// What was sent.
        lines: Vec<GoodsLine>,
        /// The serial numbers.
        #[serde(default)]
        serials: Vec<Name>,
        /// Months of warranty.
        warranty_months: Option<u16>,
        /// In how many parts it comes, where one record is too short: this is the first,
        /// `shipment.lines_added` has the others.
        parts: Option<PartNumber>,
    }
}
event! {
    /// Goods of a shipment came back.
    604 "return.received" v 2 Opens ReturnReceived {
        /// The return.
        goods_return: GoodsReturnId,
        /// The shipment.
        shipment: ShipmentId,
        /// What came back.
        lines: Vec<GoodsLine>,
        /// In how many parts it comes, where one record is too short: this is the first,
        /// `return.lines_added` has the others.
        parts: Option<PartNumber>,
    }
}
event! {
    /// A later part of an order too long for one record; it follows the part before it at once, in
    /// the same request.
    605 "order.lines_added" v 1 Continues OrderLinesAdded {
        /// The order.
        order: OrderId,
        /// Which part it is: 2, 3 … up to its opening's `parts`.
        part: PartNumber,
        /// The lines it adds.
        lines: Vec<Line>,
    }
}
event! {
    /// A later part of a shipment too long for one record; it follows the part before it at once,
    /// in the same request.
    606 "shipment.lines_added" v 1 Continues ShipmentLinesAdded {
        /// The shipment.
        shipment: ShipmentId,
        /// Which part it is: 2, 3 … up to its opening's `parts`.
        part: PartNumber,
        /// The lines it adds.
        lines: Vec<GoodsLine>,
    }
}
event! {
    /// A later part of a return too long for one record; it follows the part before it at once, in
    /// the same request.
    607 "return.lines_added" v 1 Continues ReturnLinesAdded {
        /// The return.
        goods_return: GoodsReturnId,
        /// Which part it is: 2, 3 … up to its opening's `parts`.
        part: PartNumber,
        /// The lines it adds.
        lines: Vec<GoodsLine>,
    }
}
event! {
    /// An order was closed early: what was not sent of it is not expected any more.
    608 "order.closed" v 1 Continues OrderClosed {
        /// The order.
        order: OrderId,
        /// Why.
        reason: Text,
    }
}
