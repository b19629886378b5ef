//! Bills and receipts that settle each other. Invariant: what settles the other belongs to the
//! areas of both, since it changes what goods cost and what is owed for them.

use sijil_projections::{EntitySym, Side, stock::Charge};
use sijil_schemas::{
    BillLine, ClosingArea, Event, GoodsReceived,
    event::{Accounting, Stock},
    id::{EntityRef, Kind, kind},
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
        | Event::Surveys(_)
        | Event::Access(_)
        | Event::System(_) => None,
    }
}

/// The dates of what a bill, its credit or a receipt settles or may settle; of the receipts for one
/// purchase order the first.
pub(crate) fn dates(book: &Book, event: &Event) -> Vec<Timestamp> {
    match event {
        Event::Accounting(Accounting::BillReceived(e)) => receipts(book, &e.lines, &e.refs),
        Event::Accounting(Accounting::BillCredited(e)) => {
            let (stock, ids) = (&book.stock, book.stock.ids());
            let bill = stock.bill_of(ids.find(e.bill.as_str())).last(book.now());
            let Some(bill) = bill.map(|bill| bill.what) else { return Vec::new() };
            let refs: Vec<_> = stock.refs(bill.refs).map(|entity| ids.entity_of(entity)).collect();
            let mut dates = receipts(book, &e.lines, &refs);
            let named = stock.charge_lines(&bill).filter_map(|line| line.receipt);
            dates.extend(named.filter_map(|receipt| born(book, &ids.entity_of(receipt.into()))));
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
        | Event::Surveys(_)
        | Event::Access(_)
        | Event::System(_) => Vec::new(),
    }
}

fn born(book: &Book, entity: &EntityRef) -> Option<Timestamp> {
    book.entities
        .get(entity, book.side())
        .and_then(|life| life.opening(book.now()))
        .map(|birth| birth.at)
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
                let purchase = book.stock.purchase(book.stock.ids().find(entity.id()));
                let first = purchase.receipts().counting(book.now()).next();
                dates.extend(first.map(|receipt| receipt.at));
            }
            _ => (),
        }
    }
    dates
}

/// The dates of the bills that may take a receipt: those it names, and those that name its purchase
/// order.
fn bills(book: &Book, e: &GoodsReceived) -> Vec<Timestamp> {
    let (stock, ids) = (&book.stock, book.stock.ids());
    let Some(item) = stock.item(e.item.as_str()) else { return Vec::new() };
    let order: Option<EntitySym> = e
        .purchase_order
        .as_ref()
        .and_then(|order| ids.find::<kind::PurchaseOrder>(order.as_str()))
        .map(Into::into);
    let named: Vec<EntitySym> =
        e.refs.iter().filter_map(|entity| ids.find_entity(entity)).collect();
    let all = stock.bills_of(item, Side::Decided).into_iter();
    let all = all.filter_map(|bill| stock.bill_of(Some(bill)).last(book.now()));
    let names = |bill: &Charge| {
        stock.refs(bill.refs).any(|entity| Some(entity) == order) || named.contains(&bill.document)
    };
    all.filter(|bill| names(&bill.what)).map(|bill| bill.at).collect()
}
