//! What is still to come in and to go out. Invariant: what is expected or asked for is the sum of
//! its parts, never below zero, and nothing once the order is closed or cancelled.

use rust_decimal::Decimal;
use sijil_schemas::{id::kind, time::Date};

use super::{Demand, Purchase, Stock};
use crate::{Sym, cut::Lens, report::Part};

fn sum(parts: &[Part]) -> Decimal {
    parts.iter().map(|part| part.amount).sum::<Decimal>().max(Decimal::ZERO)
}

/// How many of an item a purchase order still brings.
#[must_use]
pub fn expected<'a>(
    stock: &'a Stock,
    purchase: Purchase<'a>,
    item: Sym<kind::Item>,
    lens: Lens<'a>,
) -> Decimal {
    sum(&expected_parts(stock, purchase, item, lens))
}

/// What each record adds to how many of an item are expected: the order what it ordered, receipts
/// less what they brought. Below zero in all if more came; nothing once the order is closed.
#[must_use]
pub fn expected_parts<'a>(
    stock: &'a Stock,
    purchase: Purchase<'a>,
    item: Sym<kind::Item>,
    lens: Lens<'a>,
) -> Vec<Part> {
    let Some(order) = purchase.order(lens).filter(|_| !purchase.closed().any(lens)) else {
        return Vec::new();
    };
    let lines = stock.purchase_lines(&order.what).filter(|line| line.item == Some(item));
    let ordered: Decimal = lines.map(|line| line.qty).sum();
    let received = purchase.arrived(lens).filter(|arrived| arrived.what.item == item);
    let received =
        received.map(|fact| Part::of(fact.position, -(fact.what.qty + fact.what.rejected)));
    [Part::of(order.position, ordered)].into_iter().chain(received).collect()
}

/// How many of an item a client's order still asks for, by a day if one is given; without a
/// promised day it asks at once.
#[must_use]
pub fn demand<'a>(
    order: Demand<'a>,
    item: Sym<kind::Item>,
    by: Option<Date>,
    lens: Lens<'a>,
) -> Decimal {
    let Some(placed) = order.placed(lens) else { return Decimal::ZERO };
    let later = placed.what.promised_on.zip(by).is_some_and(|(promised, by)| promised > by);
    if later || order.cancelled().any(lens) {
        return Decimal::ZERO;
    }
    sum(&demanded(order, item, lens))
}

/// What each record adds to how many of an item a client's order asks for: the order what it
/// ordered, shipments less what they sent. Below zero in all if more was sent.
#[must_use]
pub fn demanded<'a>(order: Demand<'a>, item: Sym<kind::Item>, lens: Lens<'a>) -> Vec<Part> {
    let placed = order.placed(lens);
    let placed = placed.map(|placed| Part::of(placed.position, order.ordered(item, &placed.what)));
    let sent = order.sent(item, lens).into_iter();
    placed.into_iter().chain(sent.map(|sent| Part::of(sent.position, -sent.what))).collect()
}
