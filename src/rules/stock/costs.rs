//! Values of goods. Invariant: every value can be told in the base currency, no receipt costs less
//! than nothing, and no more comes back than was sold.

use rust_decimal::Decimal;
use sijil_projections::{
    Dated, Lens, Sym, steps,
    stock::{Move, Moved, valuation::Valuation},
};
use sijil_schemas::{
    GoodsReceived, IssueReason, Position, ReceiptCostAdjusted, Record, StockAdjusted,
    id::{IssueId, kind},
    money::{Currency, Money, round},
    time::Timestamp,
};

use super::{Order, is_checked, receipts::in_base};
use crate::{
    Book, Rejection,
    beforehand::{Beforehand, Worth},
};

/// Refuses a value in a currency without a rate at its date.
pub(super) fn check_rate(book: &Book, currency: Currency, order: Order) -> Result<(), Rejection> {
    match book.company.rate(currency, order.0, book.now(), order.1) {
        Some(_) => Ok(()),
        None => Err(Rejection::NoRate {
            currency: currency.to_string(),
            on: order.0.date(&book.company.zone()),
        }),
    }
}

/// Refuses a receipt whose value has no rate, and one that brings back what was not sold.
pub(super) fn check_receipt(book: &Book, order: Order, e: &GoodsReceived) -> Result<(), Rejection> {
    if let Some(value) = e.value {
        check_rate(book, value.currency, order)?;
    }
    match &e.returns {
        Some(issue) => check_return(book, order, e, issue),
        None => Ok(()),
    }
}

fn check_return(
    book: &Book,
    order: Order,
    e: &GoodsReceived,
    issue: &IssueId,
) -> Result<(), Rejection> {
    let entity = issue.entity();
    let Some(birth) =
        book.entities.get(&entity, book.side()).and_then(|life| life.opening(book.now()))
    else {
        return Ok(());
    };
    if birth.order() > order {
        return Err(Rejection::BeforeOpening { entity, opened: birth.at, at: order.0 });
    }
    let Some(item) = book.stock.item(e.item.as_str()) else { return Ok(()) };
    let moved = book.stock.moves(item).at(birth.order(), book.side()).next();
    let Some(Moved::Issued { issue: out, qty, reason, .. }) = moved.map(|f| f.what.what) else {
        return Err(Rejection::ReturnOfOther {
            issue: issue.to_string(),
            item: e.item.to_string(),
        });
    };
    if reason != IssueReason::Sale {
        return Err(Rejection::ReturnOfNoSale { issue: issue.to_string() });
    }
    let left = qty - book.stands.returned(item, out);
    if e.qty.get() > left {
        return Err(Rejection::ReturnAboveIssued {
            issue: issue.to_string(),
            left,
            got: e.qty.get(),
        });
    }
    Ok(())
}

/// Refuses an adjustment before its receipt, without a rate, or one that leaves goods that cost
/// less than nothing, at its own date or at that of a later one.
pub(super) fn check_adjustment(
    book: &Book,
    order: Order,
    e: &ReceiptCostAdjusted,
) -> Result<(), Rejection> {
    check_rate(book, e.delta_value.currency, order)?;
    let receipt = book.stock.ids().find(e.receipt.as_str());
    let entity = e.receipt.entity();
    let birth = book.entities.get(&entity, book.side()).and_then(|life| life.opening(book.now()));
    let item = book.stock.item_of_receipt(receipt, book.side());
    let (Some(birth), Some(item), Some(receipt)) = (birth, item, receipt) else { return Ok(()) };
    if birth.order() > order {
        return Err(Rejection::BeforeOpening { entity, opened: birth.at, at: order.0 });
    }
    let delta = base(book, e.delta_value, order);
    let refuse = |cost, position| Rejection::CostBelowZero {
        receipt: e.receipt.to_string(),
        cost,
        delta,
        position,
    };
    let opening = book.stock.openings_of_receipt(receipt, book.side()).next();
    let value = opening.and_then(|f| match f.what.what {
        Moved::Received { value, .. } => value.map(|value| base(book, value, f.order())),
        _ => None,
    });
    let fits = !book.stock.is_tangled_receipt(receipt, book.side())
        && book.costs.bears(receipt, value.unwrap_or_default(), order, delta);
    let walked = |extra| course(book, item, receipt, extra, book.now());
    if fits {
        let is_fine =
            |steps: Vec<(Position, Decimal)>| steps.iter().all(|(_, cost)| *cost >= Decimal::ZERO);
        debug_assert!(
            !is_checked(book, item)
                || steps::uncounted(|| {
                    !is_fine(walked(None)) || is_fine(walked(Some((order, delta))))
                }),
            "{entity}: the sums bear what the walk does not"
        );
        return Ok(());
    }
    let steps = walked(Some((order, delta)));
    if let Some((position, cost)) = steps
        .into_iter()
        .find(|(position, cost)| *cost < Decimal::ZERO && *position >= birth.position)
    {
        return Err(refuse(cost - delta, (position != order.1).then_some(position)));
    }
    Ok(())
}

/// The later adjustments that would leave goods that cost less than nothing without the target.
pub(super) fn dependants(book: &Book, target: &Record, e: &ReceiptCostAdjusted) -> Vec<Position> {
    let receipt = book.stock.ids().find(e.receipt.as_str());
    let item = book.stock.item_of_receipt(receipt, book.side());
    let (Some(item), Some(receipt)) = (item, receipt) else { return Vec::new() };
    let cost = |lens| course(book, item, receipt, None, lens);
    let (now, without) = (cost(book.now()), cost(book.without(target.position)));
    let fine = |position| now.iter().any(|(p, cost)| *p == position && *cost >= Decimal::ZERO);
    without
        .into_iter()
        .filter(|(position, cost)| *cost < Decimal::ZERO && fine(*position))
        .map(|(position, _)| position)
        .collect()
}

fn base(book: &Book, value: Money, order: Order) -> Decimal {
    in_base(&book.company, book.now(), value, order)
}

/// What a receipt cost after each record on it, in replay order, with one more adjustment in its
/// place.
fn course(
    book: &Book,
    item: Sym<kind::Item>,
    of: Sym<kind::Receipt>,
    extra: Option<(Order, Decimal)>,
    lens: Lens<'_>,
) -> Vec<(Position, Decimal)> {
    let figure = |f: Dated<Move>| match f.what.what {
        Moved::Received { receipt, value, .. } if receipt == of => {
            Some((f.order(), value.map_or(Decimal::ZERO, |v| base(book, v, f.order()))))
        }
        Moved::CostAdjusted { receipt, delta, .. } if receipt == of => {
            Some((f.order(), base(book, delta, f.order())))
        }
        _ => None,
    };
    let mut all: Vec<(Order, Decimal)> =
        book.stock.moves(item).counting(lens).filter_map(figure).chain(extra).collect();
    all.sort_by_key(|(order, _)| *order);
    let mut cost = Decimal::ZERO;
    let after = all.into_iter().map(|((_, position), by)| {
        cost += by;
        (position, cost)
    });
    after.collect()
}

/// Refuses a value without a rate at its date, and a loss that is worth more than what is there.
pub(super) fn check_stock_adjustment(
    book: &Book,
    order: Order,
    e: &StockAdjusted,
    beforehand: Option<&Beforehand>,
) -> Result<(), Rejection> {
    let Some(value) = e.value else { return Ok(()) };
    check_rate(book, value.currency, order)?;
    if e.delta.get() > Decimal::ZERO {
        return Ok(());
    }
    let found = beforehand.and_then(|verdict| verdict.worth_of(e, order.0));
    debug_assert!(
        found.is_none_or(|found| {
            let item = book.stock.item(e.item.as_str());
            item.is_none_or(|item| !is_checked(book, item))
                || steps::uncounted(|| worth(book, e, order.0)) == found
        }),
        "{}: found out beforehand is {found:?}",
        e.item
    );
    // A value that cannot be told in the base currency now is none that could be compared.
    let Some((qty, worth)) = found.unwrap_or_else(|| worth(book, e, order.0)) else {
        return Ok(());
    };
    let got = round(base(book, value, order), book.company.base().map_or(2, Currency::minor_unit));
    if got > worth || -e.delta.get() > qty {
        let worth = worth.max(Decimal::ZERO);
        return Err(Rejection::ValueAboveStock {
            item: e.item.to_string(),
            warehouse: e.warehouse.to_string(),
            at: order.0,
            worth,
            got,
        });
    }
    Ok(())
}

/// How many there are of what an adjustment is about at the end of a moment, and what they are
/// worth; `None` where that cannot be told in the base currency. The costs of the item are walked.
pub(crate) fn worth(book: &Book, e: &StockAdjusted, at: Timestamp) -> Worth {
    let item = book.stock.item(e.item.as_str())?;
    let warehouse = book.stock.ids().find(e.warehouse.as_str())?;
    let valuation = Valuation::new(&book.stock, &book.company, book.now().until(at));
    let shelves = valuation.walk(&[item], &mut |_| ()).ok()?;
    let shelf = shelves.get(&(item, warehouse));
    Some(shelf.map_or((Decimal::ZERO, Decimal::ZERO), |shelf| (shelf.qty(), shelf.value())))
}
