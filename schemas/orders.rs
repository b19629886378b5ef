//! Orders, shipments and returns. Invariant: none of them moves stock; goods events do, and cite them.

use crate::{
    event::event,
    id::{ClientId, CounterpartyId, DealId, EmployeeId, GoodsReturnId, OrderId, ShipmentId},
    line::{GoodsLine, Line},
    money::Currency,
    text::{Name, Text},
    time::Date,
};

event! {
    /// A client ordered.
    601 "order.placed" v 1 Opens OrderPlaced {
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
    603 "shipment.dispatched" v 1 Opens ShipmentDispatched {
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
    }
}
event! {
    /// Goods of a shipment came back.
    604 "return.received" v 1 Opens ReturnReceived {
        /// The return.
        goods_return: GoodsReturnId,
        /// The shipment.
        shipment: ShipmentId,
        /// What came back.
        lines: Vec<GoodsLine>,
    }
}
