//! Is it there? Invariant: only what takes goods away is ever at fault, and only if it was not at
//! fault before.

use rust_decimal::Decimal;
use sijil_projections::{Lens, steps};
use sijil_schemas::{Position, Record, event::Stock};

use super::{Change, Order, Shelf, allowed, changes, is_checked, kept};
use crate::{Book, Rejection};

/// Refuses what takes more than there is, at its own date or at any later moment.
pub(super) fn check(book: &Book, order: Order, event: &Stock) -> Result<(), Rejection> {
    let empty = Shelf::default();
    for change in changes(book, event) {
        let shelf = book.stands.shelf(change.item, change.warehouse).unwrap_or(&empty);
        let before = shelf.at(order);
        let (mut running, mut asked) = (before, Decimal::ZERO);
        let short = |asked: Decimal, most: Decimal, position| Rejection::IssueAboveOnHand {
            item: book.stock.item_name(change.item).to_owned(),
            warehouse: book.stock.warehouse_name(change.warehouse).to_owned(),
            at: order.0,
            most: most.max(Decimal::ZERO),
            asked,
            position,
        };
        for step in &change.steps {
            running = step.after(running);
            asked = before - running;
            if step.takes()
                && running < Decimal::ZERO
                && !allowed(book, change.item, change.warehouse, order.0, book.now())
            {
                return Err(short(asked, before, None));
            }
        }
        // More takes nothing from anybody; fewer only where too few are left.
        if asked <= Decimal::ZERO || shelf.bears(order, before, asked) {
            let walked = || faults(book, &change, shelf, order, None, book.now());
            debug_assert!(
                !is_checked(book, change.item) || steps::uncounted(walked).is_empty(),
                "what the walk does not bear"
            );
            continue;
        }
        if let Some((position, after)) =
            faults(book, &change, shelf, order, None, book.now()).first()
        {
            return Err(short(asked, asked + after, Some(*position)));
        }
    }
    Ok(())
}

/// The records that take what would not be there without the target.
pub(super) fn dependants(book: &Book, target: &Record, event: &Stock) -> Vec<Position> {
    let order = (target.occurred_at(), target.position);
    let (without, empty) = (book.without(target.position), Shelf::default());
    let mut all = Vec::new();
    for change in changes(book, event) {
        let shelf = book.stands.shelf(change.item, change.warehouse).unwrap_or(&empty);
        let nothing = Change { steps: Vec::new(), ..change };
        all.extend(
            faults(book, &nothing, shelf, order, Some(target.position), without)
                .into_iter()
                .map(|(position, _)| position),
        );
    }
    all
}

/// What would take more than there is if a change came at a moment, and a record had never been:
/// with the quantity after each.
fn faults(
    book: &Book,
    change: &Change,
    shelf: &Shelf,
    order: Order,
    without: Option<Position>,
    lens: Lens<'_>,
) -> Vec<(Position, Decimal)> {
    let mut all = Vec::new();
    for (entry, after) in shelf.judged(order, &change.steps, without) {
        if entry.after == after {
            break;
        }
        let fault = entry.step.takes() && after < Decimal::ZERO && entry.after >= Decimal::ZERO;
        if fault && !allowed(book, change.item, change.warehouse, entry.at, lens) {
            all.push((entry.position, after));
        }
    }
    all
}

/// The records that went below zero, or took what others had reserved, by leave of a policy that
/// would not have been there.
pub(super) fn dependants_of_policy(book: &Book, target: &Record) -> Vec<Position> {
    let without = book.without(target.position);
    let mut all = Vec::new();
    for (item, _) in book.stock.items() {
        for warehouse in book.stands.warehouses_of(item) {
            let below = book
                .stands
                .shelf(item, warehouse)
                .into_iter()
                .flat_map(Shelf::entries)
                .filter(|e| e.step.takes() && e.after < Decimal::ZERO);
            let leave = |at, lens| allowed(book, item, warehouse, at, lens);
            all.extend(
                below
                    .filter(|e| leave(e.at, book.now()) && !leave(e.at, without))
                    .map(|e| e.position),
            );
            let ignored = |at, lens| book.stock.may_take_reserved(item, warehouse, at, lens);
            all.extend(kept::dependants_of_policy(book, (item, warehouse), |order| {
                ignored(order.0, book.now()) && !ignored(order.0, without)
            }));
        }
    }
    all
}
