//! Reservations. Invariant: what is reserved was available, from its date on, unless a policy of that date lets stock go below zero; no more is released than is held.

use rust_decimal::Decimal;
use sijil_projections::stock::{Shelf, Step};
use sijil_schemas::{Position, Record, ReservationReleased, StockReserved, event::Stock, time::Timestamp};

use super::{Order, allowed, changes};
use crate::{Book, Rejection};

/// A quantity as it changes from a moment on: the quantity before, then each moment with the quantity after it.
struct Line {
    before: Decimal,
    after: Vec<(Order, Decimal)>,
}

impl Line {
    fn of(shelf: Option<&Shelf>, order: Order, without: Option<Position>) -> Line {
        let Some(shelf) = shelf else { return Line { before: Decimal::ZERO, after: Vec::new() } };
        let after = shelf.judged(order, &[], without).map(|(entry, after)| ((entry.at, entry.position), after)).collect();
        Line { before: shelf.at(order), after }
    }
    fn at(&self, order: Order) -> Decimal {
        let index = self.after.partition_point(|(o, _)| *o <= order);
        index.checked_sub(1).map_or(self.before, |i| self.after[i].1)
    }
}

/// The least there is of one and not of the other, from the start on, at the end of each moment; what is issued and released at once does not count as missing.
fn least(on_hand: &Line, held: &Line) -> Decimal {
    let mut moments: Vec<Timestamp> = on_hand.after.iter().chain(&held.after).map(|((at, _), _)| *at).collect();
    moments.sort_unstable();
    moments.dedup();
    let ends = moments.into_iter().map(|at| (at, Position::MAX)).map(|end| on_hand.at(end) - held.at(end));
    ends.chain([on_hand.before - held.before]).min().unwrap_or_default()
}

/// Refuses a reservation of what is not available.
pub(super) fn check(book: &Book, order: Order, e: &StockReserved) -> Result<(), Rejection> {
    let (Some(item), Some(warehouse)) = (book.stock.item(e.item.as_str()), book.stock.warehouse_of(&e.warehouse)) else { return Ok(()) };
    if allowed(book, item, warehouse, order.0, book.now()) {
        return Ok(());
    }
    let on_hand = Line::of(book.stock.shelf(item, warehouse), order, None);
    let held = Line::of(book.stock.held(item, warehouse), order, None);
    let available = least(&on_hand, &held);
    if available < e.qty.get() {
        let (item, warehouse) = (e.item.to_string(), e.warehouse.to_string());
        return Err(Rejection::ReservationAboveAvailable { item, warehouse, at: order.0, available, asked: e.qty.get() });
    }
    Ok(())
}

/// Refuses a release of more than is held, at its own date or at that of a later release.
pub(super) fn check_release(book: &Book, order: Order, e: &ReservationReleased) -> Result<(), Rejection> {
    let Some(reservation) = book.stock.reservation(e.reservation.as_str()) else { return Ok(()) };
    let known = |_, position| book.now().known(position);
    let before = reservation.steps(known, None);
    let faulty = |position| before.iter().any(|s| s.position == position && s.beyond > Decimal::ZERO);
    let steps = reservation.steps(known, Some((order.0, order.1, e.qty.map(sijil_schemas::money::Quantity::get))));
    match steps.iter().find(|s| s.beyond > Decimal::ZERO && !faulty(s.position)) {
        None => Ok(()),
        Some(fault) => {
            let held: Decimal = before.iter().filter(|s| (s.at, s.position) < order).map(|s| s.delta).sum();
            let remainder = if fault.position == order.1 { held } else { e.qty.map_or(held, |qty| qty.get() - fault.beyond) };
            let position = (fault.position != order.1).then_some(fault.position);
            let asked = e.qty.map_or_else(|| "the rest".to_owned(), |qty| qty.to_string());
            Err(Rejection::ReleaseAboveRemainder { reservation: e.reservation.to_string(), at: order.0, remainder, asked, position })
        }
    }
}

/// The reservations of what would not be available without the target.
pub(super) fn dependants(book: &Book, target: &Record, event: &Stock) -> Vec<Position> {
    let order = (target.occurred_at(), target.position);
    let mut all = Vec::new();
    for change in changes(book, event) {
        let held = Line::of(book.stock.held(change.item, change.warehouse), order, None);
        let on_hand = |without| Line::of(book.stock.shelf(change.item, change.warehouse), order, without);
        all.extend(unbacked(book, (change.item, change.warehouse), (&on_hand(None), &held), (&on_hand(Some(target.position)), &held)));
    }
    all
}

/// The reservations of what would not be available had a release never been.
pub(super) fn dependants_of_release(book: &Book, target: &Record, e: &ReservationReleased) -> Vec<Position> {
    let without = book.without(target.position);
    let Some(reservation) = book.stock.reservation(e.reservation.as_str()) else { return Vec::new() };
    let Some(opening) = reservation.opening(without) else { return Vec::new() };
    let place = (opening.what.item, opening.what.warehouse);
    let own: Vec<Position> = reservation.steps(|_, p| book.now().known(p), None).iter().map(|s| s.position).collect();
    let Some(shelf) = book.stock.held(place.0, place.1) else { return Vec::new() };
    let steps = reservation.steps(|_, p| without.known(p), None);
    let mut entries: Vec<(Order, Step)> = shelf.entries().iter().filter(|x| !own.contains(&x.position)).map(|x| ((x.at, x.position), x.step)).collect();
    entries.extend(steps.iter().map(|s| ((s.at, s.position), Step::By(s.delta))));
    entries.sort_by_key(|(order, _)| *order);
    let order = (target.occurred_at(), target.position);
    let mut running = Decimal::ZERO;
    let mut changed = Line { before: Decimal::ZERO, after: Vec::new() };
    for (moment, step) in entries {
        running = step.after(running);
        if moment < order {
            changed.before = running;
        } else {
            changed.after.push((moment, running));
        }
    }
    let (on_hand, held) = (Line::of(book.stock.shelf(place.0, place.1), order, None), Line::of(Some(shelf), order, None));
    unbacked(book, place, (&on_hand, &held), (&on_hand, &changed))
}

type Place = (sijil_projections::table::Sym<sijil_schemas::id::kind::Item>, sijil_projections::table::Sym<sijil_schemas::id::kind::Warehouse>);

/// The reservations whose goods were available, and would not be: by (on hand, held) as it is and as it would be.
fn unbacked(book: &Book, place: Place, (on_hand, held): (&Line, &Line), (new_on_hand, new_held): (&Line, &Line)) -> Vec<Position> {
    let mut all = Vec::new();
    let mut before = held.before;
    for (order, after) in &held.after {
        let opens = *after > before;
        before = *after;
        let (was, would) = (on_hand.at(*order) - after, new_on_hand.at(*order) - new_held.at(*order));
        if opens && would < Decimal::ZERO && was >= Decimal::ZERO && !allowed(book, place.0, place.1, order.0, book.now()) {
            all.push(order.1);
        }
    }
    all
}
