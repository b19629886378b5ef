//! Bills and receipts that settle each other. Invariant: what settles the other belongs to the
//! areas of both, since it changes what goods cost and what is owed for them.

use sijil_schemas::{
    BillLine, ClosingArea, Event, GoodsReceived,
    event::{Accounting, Stock},
    id::{EntityRef, Kind},
    time::Timestamp,
};

use crate::Book;

/// The other area of a bill, of its credit or of a receipt.
pub(crate) const fn other_area(event: &Event) -> Option<ClosingArea> {
    match event {
        Event::Accounting(Accounting::BillReceived(_) | Accounting::BillCredited(_)) => {
            Some(ClosingArea::Stock)
        }
        Event::Stock(Stock::GoodsReceived(e)) if e.returns.is_none() => Some(ClosingArea::Money),
        Event::Accounting(_)
        | Event::Stock(_)
        | Event::Invoices(_)
        | Event::Orders(_)
        | Event::Catalogue(_) => None,
        Event::Clients(_) | Event::Counterparties(_) | Event::Interactions(_) | Event::Deals(_) => {
            None
        }
        Event::Marketing(_)
        | Event::Claims(_)
        | Event::Tasks(_)
        | Event::Staff(_)
        | Event::System(_) => None,
    }
}

/// The dates of what a bill, its credit or a receipt settles or may settle; of the receipts for one
/// purchase order the first.
pub(crate) fn dates(book: &Book, event: &Event) -> Vec<Timestamp> {
    match event {
        Event::Accounting(Accounting::BillReceived(e)) => receipts(book, &e.lines, &e.refs),
        Event::Accounting(Accounting::BillCredited(e)) => {
            let Some(bill) =
                book.stock.bill_of(e.bill.as_str()).and_then(|bill| bill.last(book.now()))
            else {
                return Vec::new();
            };
            let mut dates = receipts(book, &e.lines, &bill.what.refs);
            dates.extend(
                bill.what.receipts().filter_map(|receipt| {
                    born(book, &EntityRef::new(Kind::Receipt, receipt).ok()?)
                }),
            );
            dates
        }
        Event::Stock(Stock::GoodsReceived(e)) if e.returns.is_none() => bills(book, e),
        Event::Accounting(_)
        | Event::Stock(_)
        | Event::Invoices(_)
        | Event::Orders(_)
        | Event::Catalogue(_) => Vec::new(),
        Event::Clients(_) | Event::Counterparties(_) | Event::Interactions(_) | Event::Deals(_) => {
            Vec::new()
        }
        Event::Marketing(_)
        | Event::Claims(_)
        | Event::Tasks(_)
        | Event::Staff(_)
        | Event::System(_) => Vec::new(),
    }
}

fn born(book: &Book, entity: &EntityRef) -> Option<Timestamp> {
    book.entities.get(entity).and_then(|life| life.opening(book.now())).map(|birth| birth.at)
}

/// The dates of the receipts that a bill names, by its lines, itself or through purchase orders.
fn receipts(book: &Book, lines: &[BillLine], refs: &[EntityRef]) -> Vec<Timestamp> {
    let by_lines = lines
        .iter()
        .filter_map(|line| line.receipt.as_ref())
        .filter_map(|receipt| born(book, &receipt.entity()));
    let mut dates: Vec<Timestamp> = by_lines.collect();
    if lines.iter().all(|line| line.item.is_none()) && !lines.is_empty() {
        return dates;
    }
    for entity in refs {
        match entity.kind {
            Kind::Receipt => dates.extend(born(book, entity)),
            Kind::PurchaseOrder => {
                let purchase = book.stock.purchase(entity.id());
                dates.extend(purchase.into_iter().filter_map(|purchase| {
                    purchase.receipts.counting(book.now()).next().map(|receipt| receipt.at)
                }));
            }
            _ => (),
        }
    }
    dates
}

/// The dates of the bills that may take a receipt: those it names, and those that name its purchase
/// order.
fn bills(book: &Book, e: &GoodsReceived) -> Vec<Timestamp> {
    let Some(item) = book.stock.item(e.item.as_str()) else { return Vec::new() };
    let order = e.purchase_order.as_ref().map(sijil_schemas::id::Id::entity);
    let all = book.stock.bills_of(item).filter_map(|bill| bill.last(book.now()));
    let names = |refs: &[EntityRef], id: &str| {
        refs.iter().any(|entity| Some(entity) == order.as_ref())
            || e.refs.iter().any(|entity| entity.kind == Kind::Bill && entity.id() == id)
    };
    all.filter(|bill| names(&bill.what.refs, &bill.what.document)).map(|bill| bill.at).collect()
}
