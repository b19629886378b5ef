//! Rules on the catalogue and on goods. Invariant: nothing leaves that is not there, at its own
//! date or at any later moment, unless a policy of that date allows it.

mod costs;
mod kept;
mod line;
mod purchases;
mod quantities;
mod receipts;
mod reservations;
mod stands;

pub(crate) use costs::worth;
pub(crate) use receipts::Costs;
pub use stands::{Entry, Shelf, Stand, Stands};

use sijil_projections::{Lens, Sym, steps, stock::Step};
use sijil_schemas::{
    Event, ItemKind, LimitMost, Position, Record,
    event::{Catalogue, Stock},
    id::{ItemId, OrderId, WarehouseId, kind},
    money::Quantity,
    time::Timestamp,
};

use crate::{
    Book, Proposal, Rejection,
    trade::{not_negative, positive},
};

/// Whether the whole walk is made as well: in builds with debug assertions, up to so many moves.
fn is_checked(book: &Book, item: Sym<kind::Item>) -> bool {
    cfg!(debug_assertions) && steps::uncounted(|| book.stock.moves(item).len(book.side())) <= 600
}

/// A moment of replay: business date, then position.
type Order = (Timestamp, Position);

/// An item at a warehouse.
type Place = (Sym<kind::Item>, Sym<kind::Warehouse>);

pub(crate) fn check_catalogue(
    book: &Book,
    _proposal: &Proposal<'_>,
    event: &Catalogue,
) -> Result<(), Rejection> {
    match event {
        Catalogue::PriceSet(e) => not_negative("/data/price/amount", e.price.amount.get()),
        Catalogue::ReplenishmentPolicySet(e) => {
            positive("/data/multiple", e.multiple.get())?;
            not_negative("/data/safety", e.safety.get())?;
            e.max.map_or(Ok(()), |max| not_negative("/data/max", max.get()))
        }
        Catalogue::ProductLimitSet(e) => match e.most {
            LimitMost::Qty(qty) => not_negative("/data/most/qty", qty.get()),
            LimitMost::Amount(amount) => {
                not_negative("/data/most/amount/amount", amount.amount.get())
            }
        },
        // A policy binds what is recorded from then on: what was admitted under another stays.
        Catalogue::CurrencyDefined(e) => crate::coins::check_definition(book, e),
        Catalogue::ItemRegistered(_)
        | Catalogue::StockPolicySet(_)
        | Catalogue::ExchangeRateSet(_) => Ok(()),
    }
}

pub(crate) fn check(book: &Book, proposal: &Proposal<'_>, event: &Stock) -> Result<(), Rejection> {
    check_figures(event)?;
    for (pointer, item, qty) in goods(event) {
        check_goods(book, &pointer, item, qty)?;
    }
    let order = (proposal.at(), book.position().next());
    match event {
        Stock::GoodsReceived(e) => {
            costs::check_receipt(book, order, e)?;
            purchases::check_receipt(book, order, e)?;
        }
        Stock::PurchaseOrderClosed(e) => return purchases::check_close(book, order, e),
        Stock::GoodsIssued(e) => reservations::check_issue(book, order, e)?,
        Stock::ReceiptCostAdjusted(e) => costs::check_adjustment(book, order, e)?,
        Stock::StockAdjusted(e) => {
            if e.delta.get().is_zero() {
                return Err(Rejection::NothingAdjusted {});
            }
        }
        Stock::GoodsTransferred(e) if e.from == e.to => {
            return Err(Rejection::TransferToItself { warehouse: e.from.to_string() });
        }
        Stock::StockReserved(e) => return reservations::check(book, order, e),
        Stock::ReservationReleased(e) => return reservations::check_release(book, order, e),
        Stock::WarehouseRegistered(_)
        | Stock::PurchaseOrderPlaced(_)
        | Stock::GoodsTransferred(_) => (),
        Stock::StockCounted(_)
        | Stock::ProductionCompleted(_)
        | Stock::PurchaseOrderLinesAdded(_) => (),
    }
    quantities::check(book, order, event)?;
    kept::check(book, order, event)?;
    match event {
        Stock::StockAdjusted(e) => {
            costs::check_stock_adjustment(book, order, e, proposal.beforehand)
        }
        _ => Ok(()),
    }
}

/// The records that would not have been admitted had an order never been cancelled.
pub(crate) fn dependants_of_cancel(book: &Book, target: &Record, order: &OrderId) -> Vec<Position> {
    reservations::dependants_of_cancel(book, target, order)
}

/// The records that would not have been admitted had the target never been.
pub(crate) fn dependants(book: &Book, target: &Record) -> Vec<Position> {
    match &target.event {
        Event::Catalogue(Catalogue::StockPolicySet(_)) => {
            quantities::dependants_of_policy(book, target)
        }
        Event::Catalogue(Catalogue::CurrencyDefined(e)) => {
            crate::coins::dependants(book, target, e)
        }
        Event::Stock(Stock::ReservationReleased(e)) => {
            reservations::dependants_of_release(book, target, e)
        }
        Event::Stock(Stock::ReceiptCostAdjusted(e)) => costs::dependants(book, target, e),
        Event::Stock(e) => {
            let mut all = quantities::dependants(book, target, e);
            all.extend(reservations::dependants(book, target, e));
            all
        }
        Event::Catalogue(_)
        | Event::Clients(_)
        | Event::Counterparties(_)
        | Event::Interactions(_)
        | Event::Deals(_)
        | Event::Orders(_) => Vec::new(),
        Event::Invoices(_)
        | Event::Accounting(_)
        | Event::Marketing(_)
        | Event::Claims(_)
        | Event::Tasks(_)
        | Event::Staff(_)
        | Event::Surveys(_)
        | Event::Access(_)
        | Event::System(_) => Vec::new(),
    }
}

/// Quantities and values by themselves.
fn check_figures(event: &Stock) -> Result<(), Rejection> {
    match event {
        Stock::WarehouseRegistered(_)
        | Stock::PurchaseOrderClosed(_)
        | Stock::ReceiptCostAdjusted(_)
        | Stock::PurchaseOrderLinesAdded(_) => Ok(()),
        Stock::PurchaseOrderPlaced(e) => e
            .lines
            .iter()
            .enumerate()
            .try_for_each(|(i, l)| positive(&format!("/data/lines/{i}/qty"), l.qty.get())),
        Stock::GoodsReceived(e) => {
            positive("/data/qty", e.qty.get())?;
            e.value.map_or(Ok(()), |value| not_negative("/data/value/amount", value.amount.get()))
        }
        Stock::GoodsIssued(e) => positive("/data/qty", e.qty.get()),
        Stock::GoodsTransferred(e) => positive("/data/qty", e.qty.get()),
        Stock::StockReserved(e) => positive("/data/qty", e.qty.get()),
        Stock::ReservationReleased(e) => {
            e.qty.map_or(Ok(()), |qty| positive("/data/qty", qty.get()))
        }
        Stock::StockCounted(e) => not_negative("/data/counted", e.counted.get()),
        Stock::StockAdjusted(e) => {
            e.value.map_or(Ok(()), |value| not_negative("/data/value/amount", value.amount.get()))
        }
        Stock::ProductionCompleted(e) => {
            positive("/data/qty", e.qty.get())?;
            e.scrapped.map_or(Ok(()), |scrapped| not_negative("/data/scrapped", scrapped.get()))?;
            e.consumed.iter().enumerate().try_for_each(|(i, part)| {
                positive(&format!("/data/consumed/{i}/qty"), part.qty.get())
            })
        }
    }
}

/// The items an event moves or keeps, with how many and where it says so.
fn goods(event: &Stock) -> Vec<(String, &ItemId, Quantity)> {
    let one = |pointer: &str, item, qty| vec![(pointer.to_owned(), item, qty)];
    match event {
        // A purchase order may have services and be counted in units of the supplier's: only what
        // comes in is stock.
        Stock::WarehouseRegistered(_)
        | Stock::PurchaseOrderPlaced(_)
        | Stock::PurchaseOrderClosed(_) => Vec::new(),
        Stock::ReservationReleased(_)
        | Stock::ReceiptCostAdjusted(_)
        | Stock::PurchaseOrderLinesAdded(_) => Vec::new(),
        Stock::GoodsReceived(e) => one("/data/qty", &e.item, e.qty),
        Stock::GoodsIssued(e) => one("/data/qty", &e.item, e.qty),
        Stock::GoodsTransferred(e) => one("/data/qty", &e.item, e.qty),
        Stock::StockReserved(e) => one("/data/qty", &e.item, e.qty),
        Stock::StockCounted(e) => one("/data/counted", &e.item, e.counted),
        Stock::StockAdjusted(e) => one("/data/delta", &e.item, e.delta),
        Stock::ProductionCompleted(e) => {
            let consumed = e
                .consumed
                .iter()
                .enumerate()
                .map(|(i, part)| (format!("/data/consumed/{i}/qty"), &part.item, part.qty));
            one("/data/qty", &e.item, e.qty)
                .into_iter()
                .chain(e.scrapped.map(|scrapped| ("/data/scrapped".to_owned(), &e.item, scrapped)))
                .chain(consumed)
                .collect()
        }
    }
}

/// Refuses a service, and a quantity with more decimal places than the item has.
fn check_goods(book: &Book, pointer: &str, item: &ItemId, qty: Quantity) -> Result<(), Rejection> {
    let Some(card) =
        book.stock.item(item.as_str()).and_then(|sym| book.stock.card(sym, book.now()))
    else {
        return Ok(());
    };
    if card.kind == ItemKind::Service {
        return Err(Rejection::ServiceNotStocked { item: item.to_string() });
    }
    match card.decimals {
        Some(decimals) if qty.get().normalize().scale() > u32::from(decimals) => {
            Err(Rejection::TooManyDecimals {
                pointer: pointer.to_owned(),
                of: format!("a quantity of item {item}"),
                decimals: u32::from(decimals),
                got: qty.get(),
            })
        }
        Some(_) | None => Ok(()),
    }
}

/// Where an event changes quantities on hand, and how.
struct Change {
    item: Sym<kind::Item>,
    warehouse: Sym<kind::Warehouse>,
    steps: Vec<Step>,
}

/// The changes of an event, one for each item and warehouse.
fn changes(book: &Book, event: &Stock) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    let mut add = |item: &ItemId, warehouse: &WarehouseId, step: Step| {
        let (Some(item), Some(warehouse)) =
            (book.stock.item(item.as_str()), book.stock.ids().find(warehouse.as_str()))
        else {
            return;
        };
        match all.iter_mut().find(|c| c.item == item && c.warehouse == warehouse) {
            Some(change) => change.steps.push(step),
            None => all.push(Change { item, warehouse, steps: vec![step] }),
        }
    };
    match event {
        Stock::GoodsReceived(e) => add(&e.item, &e.warehouse, Step::By(e.qty.get())),
        Stock::GoodsIssued(e) => add(&e.item, &e.warehouse, Step::By(-e.qty.get())),
        Stock::GoodsTransferred(e) => {
            add(&e.item, &e.from, Step::By(-e.qty.get()));
            add(&e.item, &e.to, Step::By(e.qty.get()));
        }
        Stock::StockCounted(e) => add(&e.item, &e.warehouse, Step::To(e.counted.get())),
        Stock::StockAdjusted(e) => add(&e.item, &e.warehouse, Step::By(e.delta.get())),
        Stock::ProductionCompleted(e) => {
            for part in &e.consumed {
                add(&part.item, &part.warehouse, Step::By(-part.qty.get()));
            }
            add(&e.item, &e.warehouse, Step::By(e.qty.get()));
        }
        Stock::WarehouseRegistered(_)
        | Stock::PurchaseOrderPlaced(_)
        | Stock::PurchaseOrderClosed(_)
        | Stock::StockReserved(_) => (),
        Stock::ReservationReleased(_)
        | Stock::ReceiptCostAdjusted(_)
        | Stock::PurchaseOrderLinesAdded(_) => (),
    }
    all
}

/// Whether a policy of that moment lets an item go below zero at a warehouse.
fn allowed(
    book: &Book,
    item: Sym<kind::Item>,
    warehouse: Sym<kind::Warehouse>,
    at: Timestamp,
    lens: Lens<'_>,
) -> bool {
    book.stock.may_go_below_zero(item, warehouse, at, lens)
}
