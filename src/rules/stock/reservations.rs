//! Reservations. Invariant: what is reserved was available, from its date on, unless a policy of
//! that date lets stock go below zero; no more is released than is held.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use sijil_projections::{Lens, Sym, steps, stock::Freed};
use sijil_schemas::{
    GoodsIssued, Position, Record, ReservationReleased, StockReserved, event::Stock, id::kind,
    time::Timestamp,
};

use super::{Order, Place, allowed, changes, is_checked, kept, line::Line};
use crate::{Book, Rejection};

/// The least there is on hand and not reserved, from the start on, at the end of each moment, by
/// walking; what is issued and released at once does not count as missing.
fn walked(book: &Book, (item, warehouse): Place, order: Order) -> Decimal {
    let on_hand = Line::of(book.stands.shelf(item, warehouse), order, &[], None);
    let held = Line::of(book.stands.held(item, warehouse), order, &[], None);
    let ends = on_hand.ends(&held).into_iter().map(|end| on_hand.at(end) - held.at(end));
    ends.chain([on_hand.before - held.before]).min().unwrap_or_default()
}

/// Refuses a reservation of what is not available.
pub(super) fn check(book: &Book, order: Order, e: &StockReserved) -> Result<(), Rejection> {
    if let Some(order_id) = e.r#ref.typed::<kind::Order>() {
        check_order(book, order, &order_id)?;
    }
    let (Some(item), Some(warehouse)) =
        (book.stock.item(e.item.as_str()), book.stock.ids().find(e.warehouse.as_str()))
    else {
        return Ok(());
    };
    if allowed(book, item, warehouse, order.0, book.now()) {
        return Ok(());
    }
    // The first reservation ever is walked for.
    let kept = book.stands.at(item, warehouse).and_then(|stand| stand.least_free(order, true));
    let available = kept.unwrap_or_else(|| walked(book, (item, warehouse), order));
    debug_assert!(
        !is_checked(book, item)
            || available == steps::uncounted(|| walked(book, (item, warehouse), order)),
        "the least that is free"
    );
    if available < e.qty.get() {
        let (item, warehouse) = (e.item.to_string(), e.warehouse.to_string());
        return Err(Rejection::ReservationAboveAvailable {
            item,
            warehouse,
            at: order.0,
            available,
            asked: e.qty.get(),
        });
    }
    Ok(())
}

/// Refuses to keep goods for an order that is cancelled or closed.
fn check_order(
    book: &Book,
    (at, position): Order,
    id: &sijil_schemas::id::OrderId,
) -> Result<(), Rejection> {
    let lens = book.now().until(at);
    let Some(order) = book.trade.order(id.as_str(), lens) else { return Ok(()) };
    if book.trade.ended(order.sym, lens).is_none() {
        return Ok(());
    }
    let is_closed = book.trade.cancelled(order.sym, lens).is_none();
    Err(Rejection::IllegalTransition {
        entity: id.entity(),
        from: if is_closed { "closed" } else { "cancelled" },
        to: "reserved",
        at,
        position,
    })
}

/// Refuses a release of more than is held, at its own date or at that of a later release.
pub(super) fn check_release(
    book: &Book,
    order: Order,
    e: &ReservationReleased,
) -> Result<(), Rejection> {
    check_freed(book, order, &e.reservation, e.qty.map_or(Freed::Rest, |qty| Freed::Part { qty }))
}

/// Refuses an issue from a reservation of other goods, from one that is not there yet, and one that
/// leaves a later release without what it releases.
pub(super) fn check_issue(book: &Book, order: Order, e: &GoodsIssued) -> Result<(), Rejection> {
    let Some(id) = &e.reservation else { return Ok(()) };
    let reservation = book.stock.holding(book.stock.ids().find(id.as_str()));
    let Some(opening) = reservation.opening(book.now()) else { return Ok(()) };
    let (item, warehouse) = (
        book.stock.item_name(opening.what.item),
        book.stock.warehouse_name(opening.what.warehouse),
    );
    if (item, warehouse) != (e.item.as_str(), e.warehouse.as_str()) {
        return Err(Rejection::ReservationOfOther {
            reservation: id.to_string(),
            item: item.to_owned(),
            warehouse: warehouse.to_owned(),
        });
    }
    if opening.order() > order {
        return Err(Rejection::BeforeOpening {
            entity: id.entity(),
            opened: opening.at,
            at: order.0,
        });
    }
    check_freed(book, order, id, Freed::Taken { qty: e.qty })
}

fn check_freed(
    book: &Book,
    order: Order,
    id: &sijil_schemas::id::ReservationId,
    freed: Freed,
) -> Result<(), Rejection> {
    let Some(reservation) = book.stock.ids().find(id.as_str()) else { return Ok(()) };
    if !book.stands.bears(reservation, order, freed) {
        return walk_freed(book, order, id, freed);
    }
    let facts = || book.stock.holding(Some(reservation)).freed().len(book.side());
    debug_assert!(
        steps::uncounted(|| facts() > 600 || walk_freed(book, order, id, freed).is_ok()),
        "more is held than the walk finds"
    );
    Ok(())
}

fn walk_freed(
    book: &Book,
    order: Order,
    id: &sijil_schemas::id::ReservationId,
    freed: Freed,
) -> Result<(), Rejection> {
    let reservation = book.stock.holding(book.stock.ids().find(id.as_str()));
    let known = |_: Timestamp, position| book.now().known(position);
    let before = reservation.steps(book.side(), known, None);
    let faulty =
        |position| before.iter().any(|s| s.position == position && s.beyond > Decimal::ZERO);
    let steps = reservation.steps(book.side(), known, Some((order.0, order.1, freed)));
    let Some(fault) = steps.iter().find(|s| s.beyond > Decimal::ZERO && !faulty(s.position)) else {
        return Ok(());
    };
    let held: Decimal = before.iter().filter(|s| (s.at, s.position) < order).map(|s| s.delta).sum();
    let (asked, qty) = match freed {
        Freed::Part { qty } | Freed::Taken { qty } => (qty.to_string(), Some(qty.get())),
        Freed::Rest => ("the rest".to_owned(), None),
    };
    let remainder =
        if fault.position == order.1 { held } else { qty.map_or(held, |qty| qty - fault.beyond) };
    let position = (fault.position != order.1).then_some(fault.position);
    Err(Rejection::ReleaseAboveRemainder {
        reservation: id.to_string(),
        at: order.0,
        remainder,
        asked,
        position,
    })
}

/// The reservations of what would not be available without the target, and what was taken that
/// would then be others'.
pub(super) fn dependants(book: &Book, target: &Record, event: &Stock) -> Vec<Position> {
    let order = (target.occurred_at(), target.position);
    let mut all = Vec::new();
    for change in changes(book, event) {
        let place = (change.item, change.warehouse);
        let on_hand = |without| Line::of(book.stands.shelf(place.0, place.1), order, &[], without);
        let held = Line::of(book.stands.held(place.0, place.1), order, &[], None);
        all.extend(bereft(
            book,
            place,
            (&on_hand(None), &held),
            (&on_hand(Some(target.position)), &held),
        ));
    }
    all
}

/// What would not be available had a release never been.
pub(super) fn dependants_of_release(
    book: &Book,
    target: &Record,
    e: &ReservationReleased,
) -> Vec<Position> {
    let reservation = book.stock.ids().find(e.reservation.as_str());
    dependants_of_freed(book, target, reservation.as_slice())
}

/// What would not be available had an order never been cancelled: its reservations come back.
pub(crate) fn dependants_of_cancel(
    book: &Book,
    target: &Record,
    order: &sijil_schemas::id::OrderId,
) -> Vec<Position> {
    let order = book.stock.ids().find::<kind::Order>(order.as_str()).map(Into::into);
    dependants_of_freed(book, target, &book.stock.kept_for(order, book.side()))
}

fn dependants_of_freed(
    book: &Book,
    target: &Record,
    reservations: &[Sym<kind::Reservation>],
) -> Vec<Position> {
    let without = book.without(target.position);
    let place = |r: &Sym<kind::Reservation>| {
        book.stock.holding(Some(*r)).opening(without).map(|o| (o.what.item, o.what.warehouse))
    };
    let places: BTreeSet<Place> = reservations.iter().filter_map(place).collect();
    let order = (target.occurred_at(), target.position);
    let mut all = Vec::new();
    for place in places {
        let (on_hand, held) = (
            Line::of(book.stands.shelf(place.0, place.1), order, &[], None),
            book.stands.held(place.0, place.1),
        );
        let changed = Line::of(held, order, &[], None).plus(&more_held(
            book,
            place,
            reservations,
            without,
            order,
        ));
        all.extend(bereft(
            book,
            place,
            (&on_hand, &Line::of(held, order, &[], None)),
            (&on_hand, &changed),
        ));
    }
    all
}

/// How much more reservations would hold at a place from a moment on under a lens.
fn more_held(
    book: &Book,
    place: Place,
    reservations: &[Sym<kind::Reservation>],
    lens: Lens<'_>,
    order: Order,
) -> Line {
    let mut steps: Vec<(Order, Decimal)> = Vec::new();
    for holding in reservations.iter().map(|r| book.stock.holding(Some(*r))) {
        for (lens, sign) in [(lens, Decimal::ONE), (book.now(), Decimal::NEGATIVE_ONE)] {
            let here =
                holding.opening(lens).is_some_and(|o| (o.what.item, o.what.warehouse) == place);
            let own = holding.steps(lens.side, |_, p| lens.known(p), None);
            steps.extend(own.iter().filter(|_| here).map(|s| ((s.at, s.position), s.delta * sign)));
        }
    }
    Line::of_steps(steps, order)
}

/// The reservations whose goods were available and would not be, and what was taken that was not
/// others' and would be: by (on hand, held) as it is and as it would be.
fn bereft(
    book: &Book,
    place: Place,
    (on_hand, held): (&Line, &Line),
    (new_on_hand, new_held): (&Line, &Line),
) -> Vec<Position> {
    let mut all = Vec::new();
    let mut before = held.before;
    for (order, after) in &held.after {
        let opens = *after > before;
        before = *after;
        let (was, would) =
            (on_hand.at(*order) - after, new_on_hand.at(*order) - new_held.at(*order));
        if opens
            && would < Decimal::ZERO
            && was >= Decimal::ZERO
            && !allowed(book, place.0, place.1, order.0, book.now())
        {
            all.push(order.1);
        }
    }
    all.extend(kept::barred(book, place, (on_hand, held), (new_on_hand, new_held)));
    all
}
