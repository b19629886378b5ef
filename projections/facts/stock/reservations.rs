//! Stock kept for somebody. Invariant: what a reservation still holds is what was reserved minus
//! what was released or taken after it, never below zero; an order that is cancelled holds nothing
//! from then on.

use std::ops::Range;

use rust_decimal::Decimal;
use sijil_schemas::{Position, Record, StockReserved, id::kind, money::Quantity, time::Timestamp};

use super::{Stock, each, note};
use crate::{
    cells,
    chain::{Chain, Told},
    cut::{Dated, Lens, Side},
    ids::{EntitySym, Sym},
};

cells! {
    /// The opening of a reservation.
    pub struct Reserved {
        /// What.
        pub item: Sym<kind::Item>,
        /// Where.
        pub warehouse: Sym<kind::Warehouse>,
        /// How many.
        pub qty: Decimal,
        /// For what.
        pub r#for: EntitySym,
    }
}

impl Reserved {
    /// The order, if it is for one.
    #[must_use]
    pub fn order(&self) -> Option<Sym<kind::Order>> {
        self.r#for.typed()
    }
}

cells! {
    /// What ends a reservation, in whole or in part.
    pub enum Freed {
        /// So many are released.
        Part {
            /// How many.
            qty: Quantity,
        },
        /// What is left is released.
        Rest,
        /// So many were issued; what they are beyond what is held came out of the rest of the
        /// stock.
        Taken {
            /// How many.
            qty: Quantity,
        },
    }
}

/// A reservation together with the life of its order.
#[derive(Debug, Clone, Copy)]
pub struct Holding<'a> {
    stock: &'a Stock,
    reservation: Option<Sym<kind::Reservation>>,
}

/// One step in the life of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The business date.
    pub at: Timestamp,
    /// The record.
    pub position: Position,
    /// How many more are held, or fewer if negative.
    pub delta: Decimal,
    /// How many a release asks for beyond what is held.
    pub beyond: Decimal,
}

/// What ends a reservation, its order's end among it.
#[derive(Clone, Copy)]
enum End {
    Freed(Freed),
    Cancelled,
}

impl<'a> Holding<'a> {
    /// What frees it, whether it counts or not.
    #[must_use]
    pub const fn freed(&self) -> Chain<'a, kind::Reservation, Freed> {
        self.stock.freed.of_any(self.reservation)
    }
    /// Its openings, whether they count or not; at most one does.
    #[must_use]
    pub fn openings(&self, side: Side) -> Told<'a, kind::Reservation, Reserved> {
        self.stock.opened.of_any(self.reservation).all(side)
    }
    /// The opening that counts, if any.
    #[must_use]
    pub fn opening(&self, lens: Lens<'a>) -> Option<Dated<Reserved>> {
        self.stock.opened.of_any(self.reservation).last(lens)
    }
    /// The cancellings of its order, whether they count or not.
    #[must_use]
    pub fn cancelled(&self, opening: &Reserved) -> Chain<'a, kind::Order, ()> {
        self.stock.cancelled.of_any(opening.order())
    }
    /// Its steps that `counts` lets count, in replay order, an extra end among them.
    pub fn steps(
        &self,
        side: Side,
        counts: impl Fn(Timestamp, Position) -> bool,
        extra: Option<(Timestamp, Position, Freed)>,
    ) -> Vec<Held> {
        let opened = self.openings(side).rfind(|f| counts(f.at, f.position));
        let freed = self.freed().all(side).map(|f| (f.order(), End::Freed(f.what)));
        let over = self.stock.cancelled.of_any(opened.and_then(|f| f.what.order())).all(side);
        let mut ends: Vec<((Timestamp, Position), End)> = freed
            .chain(over.map(|f| (f.order(), End::Cancelled)))
            .filter(|((at, position), _)| counts(*at, *position))
            .collect();
        ends.extend(extra.map(|(at, position, freed)| ((at, position), End::Freed(freed))));
        ends.sort_by_key(|(order, _)| *order);
        let mut course = Course {
            opening: opened.map(|f| (f.order(), f.what.qty)),
            held: Decimal::ZERO,
            over: false,
            steps: Vec::new(),
        };
        for (order, end) in ends {
            course.open_before(Some(order));
            course.end(order, end);
        }
        course.open_before(None);
        course.steps
    }
    /// Its steps that count, in replay order.
    #[must_use]
    pub fn counting(&self, lens: Lens<'_>) -> Vec<Held> {
        self.steps(lens.side, |at, position| at < lens.cut.before && lens.known(position), None)
    }
    /// How many it still holds.
    #[must_use]
    pub fn held(&self, lens: Lens<'_>) -> Decimal {
        self.counting(lens).iter().map(|s| s.delta).sum()
    }
}

/// A reservation as it goes on.
struct Course {
    opening: Option<((Timestamp, Position), Decimal)>,
    held: Decimal,
    /// Whether its order is cancelled.
    over: bool,
    steps: Vec<Held>,
}

impl Course {
    /// Opens it if it was opened before a moment; `None` is after everything.
    fn open_before(&mut self, moment: Option<(Timestamp, Position)>) {
        if let Some(((at, position), reserved)) =
            self.opening.take_if(|(order, _)| moment.is_none_or(|moment| *order < moment))
        {
            self.held = if self.over { Decimal::ZERO } else { reserved };
            self.steps.push(Held { at, position, delta: self.held, beyond: Decimal::ZERO });
        }
    }
    fn end(&mut self, (at, position): (Timestamp, Position), end: End) {
        let wanted = match end {
            End::Freed(Freed::Part { qty } | Freed::Taken { qty }) => qty.get(),
            End::Freed(Freed::Rest) | End::Cancelled => self.held,
        };
        let given = wanted.min(self.held);
        let beyond = match end {
            End::Freed(Freed::Part { .. }) => wanted - given,
            // Releasing the rest where nothing is left asks for something that is not there.
            End::Freed(Freed::Rest) if self.held.is_zero() => Decimal::ONE,
            End::Freed(Freed::Rest | Freed::Taken { .. }) | End::Cancelled => Decimal::ZERO,
        };
        self.over |= matches!(end, End::Cancelled);
        self.held -= given;
        self.steps.push(Held { at, position, delta: -given, beyond });
    }
}

impl Stock {
    pub(super) fn reserve(&self, record: &Record, e: &StockReserved) {
        let (item, r#for) = (self.ids.sym(&e.item), self.ids.entity(&e.r#ref));
        let warehouse = self.ids.sym(&e.warehouse);
        let reserved = Reserved { item, warehouse, qty: e.qty.get(), r#for };
        let reservation = self.ids.sym(&e.reservation);
        let (number, position) = (reservation.number(), record.position);
        note(&self.reservations_of_items, item.number(), position, number);
        self.kept_for.push(r#for, position, [number]);
        self.opened.push(reservation, Dated::of(record, reserved));
    }
    /// A reservation; one without openings if no record names it.
    #[must_use]
    pub const fn holding(&self, reservation: Option<Sym<kind::Reservation>>) -> Holding<'_> {
        Holding { stock: self, reservation }
    }
    /// The reservations of an item, in order of first appearance.
    pub fn reservations_of(
        &self,
        item: Sym<kind::Item>,
        side: Side,
    ) -> impl Iterator<Item = Holding<'_>> {
        let all = each(self.reservations_of_items.back(item.number(), side));
        all.into_iter().map(|reservation| self.holding(Some(reservation)))
    }
    /// The reservations for an order, a shipment, a deal or whatever else, in order of first
    /// appearance.
    #[must_use]
    pub fn kept_for(&self, whom: Option<EntitySym>, side: Side) -> Vec<Sym<kind::Reservation>> {
        each(whom.into_iter().flat_map(|whom| self.kept_for.back(whom, side)))
    }
    /// The reservations that the records at some positions open or free, or whose orders they
    /// cancel; each once.
    #[must_use]
    pub fn held_by(&self, positions: &Range<Position>, side: Side) -> Vec<Sym<kind::Reservation>> {
        let opened = self.opened.recorded(positions.clone(), side).map(|(of, _)| of);
        let freed = self.freed.recorded(positions.clone(), side).map(|(of, _)| of);
        let cancelled = self.cancelled.recorded(positions.clone(), side);
        let kept = cancelled.flat_map(|(order, _)| self.kept_for(Some(order.into()), side));
        let mut all: Vec<_> = opened.chain(freed).chain(kept).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
    /// The positions within some of what moves, reserves, frees or cancels.
    pub fn touching(
        &self,
        positions: Range<Position>,
        side: Side,
    ) -> impl Iterator<Item = Position> {
        let moves = self.moves.recorded(positions.clone(), side).map(|(_, f)| f.position);
        let opened = self.opened.recorded(positions.clone(), side).map(|(_, f)| f.position);
        let freed = self.freed.recorded(positions.clone(), side).map(|(_, f)| f.position);
        let cancelled = self.cancelled.recorded(positions, side).map(|(_, f)| f.position);
        moves.chain(opened).chain(freed).chain(cancelled)
    }
}
