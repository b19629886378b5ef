//! Purchase orders. Invariant: an order is closed once, and nothing comes in for it after that.

use sijil_schemas::{GoodsReceived, PurchaseOrderClosed};

use super::Order;
use crate::{Book, Rejection};

/// Refuses a receipt for an order that is closed by then.
pub(super) fn check_receipt(book: &Book, order: Order, e: &GoodsReceived) -> Result<(), Rejection> {
    let Some(id) = &e.purchase_order else { return Ok(()) };
    let purchase = book.stock.purchase(book.stock.ids().find(id.as_str()));
    let closed = purchase.closed().last(book.now());
    match closed.filter(|closed| closed.order() < order) {
        Some(closed) => Err(Rejection::PurchaseOrderClosed {
            purchase_order: id.to_string(),
            closed: closed.at,
            at: order.0,
            position: None,
        }),
        None => Ok(()),
    }
}

/// Refuses a closing before the order, a second one, and one before a receipt for it.
pub(super) fn check_close(
    book: &Book,
    order: Order,
    e: &PurchaseOrderClosed,
) -> Result<(), Rejection> {
    let (entity, now) = (e.purchase_order.entity(), book.now());
    let purchase = book.stock.purchase(book.stock.ids().find(e.purchase_order.as_str()));
    if let Some(placed) = purchase.order(now).filter(|placed| placed.order() > order) {
        return Err(Rejection::BeforeOpening { entity, opened: placed.at, at: order.0 });
    }
    if let Some(closed) = purchase.closed().last(now) {
        let later = closed.order() > order;
        let (at, position) = if later { closed.order() } else { order };
        return Err(Rejection::IllegalTransition {
            entity,
            from: "closed",
            to: "closed",
            at,
            position,
        });
    }
    match purchase.receipts().after(order, now).find(|receipt| receipt.order() > order) {
        Some(receipt) => Err(Rejection::PurchaseOrderClosed {
            purchase_order: e.purchase_order.to_string(),
            closed: order.0,
            at: receipt.at,
            position: Some(receipt.position),
        }),
        None => Ok(()),
    }
}
