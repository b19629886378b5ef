//! Stock kept for somebody. Invariant: what a reservation still holds is what was reserved minus
//! what was released or taken after it, never below zero; an order that is cancelled holds nothing
//! from then on.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Position, Record, StockReserved,
    id::{EntityRef, ReservationId, kind},
    money::Quantity,
    time::Timestamp,
};

use super::{Demand, Stock, note};
use crate::{
    cut::{Dated, Facts, Lens},
    summed::{Flow, Summed},
    table::{Sym, Table},
};

/// The opening of a reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// What.
    pub item: Sym<kind::Item>,
    /// Where.
    pub warehouse: Sym<kind::Warehouse>,
    /// How many.
    #[serde(with = "crate::exact")]
    pub qty: Decimal,
    /// For what.
    pub r#for: EntityRef,
    /// The order, if it is for one.
    pub order: Option<Sym<kind::Order>>,
}

/// What ends a reservation, in whole or in part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Freed {
    /// So many are released.
    Part(Quantity),
    /// What is left is released.
    Rest,
    /// So many were issued; what they are beyond what is held came out of the rest of the stock.
    Taken(Quantity),
}

/// A reservation: its openings, and what was freed of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Reservation {
    /// Its openings; at most one counts.
    pub(super) opened: Facts<Reserved>,
    /// What was freed.
    pub(super) freed: Facts<Freed>,
    /// How much it holds, where that is told by parts alone: no fact of its own.
    #[serde(skip)]
    kept: Option<Summed<(Timestamp, Position), Flow>>,
}

/// What has fewer facts is walked; in builds with debug assertions hardly anything is.
const FACTS_LONG: usize = if cfg!(debug_assertions) { 3 } else { 64 };

/// A reservation together with the life of its order.
#[derive(Debug, Clone, Copy)]
pub struct Holding<'a> {
    reservation: &'a Reservation,
    orders: &'a Table<kind::Order, Demand>,
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
    /// Whether so much more may be freed at a moment, then and for all that was freed later;
    /// `false` also where only a walk tells.
    #[must_use]
    pub fn bears(&self, order: (Timestamp, Position), freed: Freed) -> bool {
        let Some(kept) = &self.reservation.kept else { return false };
        match freed {
            Freed::Part(qty) | Freed::Taken(qty) => {
                let before = kept.before(order).sum;
                before >= qty.get() && kept.since(order).bears(before, -qty.get())
            }
            Freed::Rest => {
                kept.last().is_some_and(|last| last < order) && kept.whole().sum > Decimal::ZERO
            }
        }
    }
    /// How many facts free it, whether they count or not.
    #[must_use]
    pub fn facts(&self) -> usize {
        self.reservation.freed.len()
    }
    /// Its openings, whether they count or not; at most one does.
    #[must_use]
    pub fn openings(&self) -> &'a [Dated<Reserved>] {
        self.reservation.opened.all()
    }
    /// The opening that counts, if any.
    #[must_use]
    pub fn opening(&self, lens: Lens<'a>) -> Option<&'a Dated<Reserved>> {
        self.reservation.opened.last(lens)
    }
    /// Its steps that `counts` lets count, in replay order, an extra end among them.
    pub fn steps(
        &self,
        counts: impl Fn(Timestamp, Position) -> bool,
        extra: Option<(Timestamp, Position, Freed)>,
    ) -> Vec<Held> {
        let opened = self.openings().iter().rev().find(|f| counts(f.at, f.position));
        let freed = self.reservation.freed.all().iter().map(|f| (f.order(), End::Freed(f.what)));
        let over = opened
            .and_then(|f| f.what.order)
            .map_or(&[][..], |order| self.orders.at(order).cancelled.all());
        let mut ends: Vec<((Timestamp, Position), End)> = freed
            .chain(over.iter().map(|f| (f.order(), End::Cancelled)))
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
    /// How many it still holds.
    #[must_use]
    pub fn held(&self, lens: Lens<'_>) -> Decimal {
        self.steps(|at, position| at < lens.cut.before && lens.known(position), None)
            .iter()
            .map(|s| s.delta)
            .sum()
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
            End::Freed(Freed::Part(qty) | Freed::Taken(qty)) => qty.get(),
            End::Freed(Freed::Rest) | End::Cancelled => self.held,
        };
        let given = wanted.min(self.held);
        let beyond = match end {
            End::Freed(Freed::Part(_)) => wanted - given,
            // Releasing the rest where nothing is left asks for something that is not there.
            End::Freed(Freed::Rest) if self.held.is_zero() => Decimal::ONE,
            End::Freed(Freed::Rest | Freed::Taken(_)) | End::Cancelled => Decimal::ZERO,
        };
        self.over |= matches!(end, End::Cancelled);
        self.held -= given;
        self.steps.push(Held { at, position, delta: -given, beyond });
    }
}

type Place = (Sym<kind::Item>, Sym<kind::Warehouse>);

impl Stock {
    pub(super) fn reserve(&mut self, record: &Record, e: &StockReserved) {
        let (item, warehouse) = (self.items.intern(&e.item), self.warehouses.intern(&e.warehouse));
        let order = e.r#ref.typed::<kind::Order>().map(|order| self.orders.intern(&order));
        let reserved =
            Reserved { item, warehouse, qty: e.qty.get(), r#for: e.r#ref.clone(), order };
        let sym = self.reservations.intern(&e.reservation);
        note(&mut self.items.at_mut(item).reservations, sym);
        note(self.kept_for.entry(e.r#ref.to_string()).or_default(), sym);
        self.touch_held(record.position, sym);
        self.rehold(&[sym], |stock| {
            stock.reservations.at_mut(sym).opened.insert(Dated::of(record, reserved));
        });
    }
    pub(super) fn free(&mut self, record: &Record, reservation: &ReservationId, freed: Freed) {
        let sym = self.reservations.intern(reservation);
        self.touch_held(record.position, sym);
        let (order, fact) = ((record.occurred_at(), record.position), Dated::of(record, freed));
        let part = match freed {
            Freed::Part(qty) | Freed::Taken(qty)
                if qty.get() > Decimal::ZERO && self.holding(sym).bears(order, freed) =>
            {
                qty.get()
            }
            Freed::Part(_) | Freed::Taken(_) | Freed::Rest => {
                self.rehold(&[sym], |stock| stock.reservations.at_mut(sym).freed.insert(fact));
                return self.keep(sym);
            }
        };
        // What is held is told by parts alone, before and after: none of the others changes.
        let place = self
            .holding(sym)
            .openings()
            .iter()
            .rev()
            .find(|f| !self.dead.contains(&f.position))
            .map(|f| (f.what.item, f.what.warehouse));
        let reservation = self.reservations.at_mut(sym);
        reservation.freed.insert(fact);
        if let Some(kept) = &mut reservation.kept {
            kept.insert(order, Flow::bound(-part));
        }
        if let Some((item, warehouse)) = place {
            self.items
                .at_mut(item)
                .stands
                .entry(warehouse)
                .or_default()
                .hold(order.0, order.1, -part);
        }
    }
    /// Keeps how much a reservation of many parts holds; nothing where it was opened after a part,
    /// more was freed than it held, or its rest or order was ended.
    fn keep(&mut self, sym: Sym<kind::Reservation>) {
        let (holding, counts) =
            (self.holding(sym), |position: &Position| !self.dead.contains(position));
        // Not at every fact: what is not told by parts mostly stays so.
        if holding.facts() < FACTS_LONG || !holding.facts().is_power_of_two() {
            return;
        }
        let mut kept = Summed::default();
        let opened: Vec<_> = holding.openings().iter().filter(|f| counts(&f.position)).collect();
        let [opened] = opened[..] else { return };
        let ends = opened.what.order.is_some_and(|order| {
            self.orders.at(order).cancelled.all().iter().any(|f| counts(&f.position))
        });
        kept.insert(opened.order(), Flow::free(opened.what.qty));
        for fact in self.reservations.at(sym).freed.all().iter().filter(|f| counts(&f.position)) {
            match fact.what {
                Freed::Part(qty) | Freed::Taken(qty) if fact.order() > opened.order() => {
                    kept.insert(fact.order(), Flow::bound(-qty.get()));
                }
                Freed::Part(_) | Freed::Taken(_) | Freed::Rest => return,
            }
        }
        if !ends && kept.whole().bears(Decimal::ZERO, Decimal::ZERO) {
            self.reservations.at_mut(sym).kept = Some(kept);
        }
    }
    pub(super) fn cancel(&mut self, record: &Record, order: &sijil_schemas::id::OrderId) {
        let sym = self.orders.intern(order);
        self.cancels.push((record.position, sym));
        let kept = self.kept_for(&order.entity()).to_vec();
        self.rehold(&kept, |stock| {
            stock.orders.at_mut(sym).cancelled.insert(Dated::of(record, ()));
        });
    }
    /// Takes note that a record opens or frees a reservation.
    fn touch_held(&mut self, position: Position, reservation: Sym<kind::Reservation>) {
        self.touched_held.push((position, reservation));
    }
    /// Changes something about reservations, and puts their new steps in the place of those they
    /// had.
    pub(super) fn rehold(
        &mut self,
        reservations: &[Sym<kind::Reservation>],
        change: impl FnOnce(&mut Stock),
    ) {
        reservations.iter().for_each(|r| self.reservations.at_mut(*r).kept = None);
        let before: Vec<_> = reservations.iter().map(|r| self.standing(*r)).collect();
        change(self);
        for (reservation, before) in reservations.iter().zip(before) {
            let after = self.standing(*reservation);
            if before == after {
                continue;
            }
            // What both begin with stays where it is: of a long life only the end is new.
            let same = match (&before, &after) {
                (Some((here, before)), Some((there, after))) if here == there => {
                    before.iter().zip(after).take_while(|(one, other)| one == other).count()
                }
                _ => 0,
            };
            if let Some(((item, warehouse), steps)) = before {
                let stand = self.items.at_mut(item).stands.entry(warehouse).or_default();
                steps.iter().skip(same).rev().for_each(|s| stand.unhold(s.at, s.position, s.delta));
            }
            self.hold(after.map(|(place, steps)| (place, steps.into_iter().skip(same).collect())));
        }
    }
    pub(super) fn hold(&mut self, standing: Option<(Place, Vec<Held>)>) {
        if let Some(((item, warehouse), steps)) = standing {
            let stand = self.items.at_mut(item).stands.entry(warehouse).or_default();
            steps.iter().for_each(|s| stand.hold(s.at, s.position, s.delta));
        }
    }
    /// Where a reservation holds how much, as known now; `None` where it was never opened.
    pub(super) fn standing(
        &self,
        reservation: Sym<kind::Reservation>,
    ) -> Option<(Place, Vec<Held>)> {
        let holding = self.holding(reservation);
        let opening = holding.openings().iter().rev().find(|f| !self.dead.contains(&f.position))?;
        let mut steps = holding.steps(|_, p| !self.dead.contains(&p), None);
        steps.retain(|s| !s.delta.is_zero());
        Some(((opening.what.item, opening.what.warehouse), steps))
    }
    /// A reservation by its number.
    #[must_use]
    pub fn holding(&self, reservation: Sym<kind::Reservation>) -> Holding<'_> {
        Holding { reservation: self.reservations.at(reservation), orders: &self.orders }
    }
    /// A reservation; `None` if no record names it.
    #[must_use]
    pub fn reservation(&self, id: &str) -> Option<Holding<'_>> {
        self.reservations.sym(id).map(|sym| self.holding(sym))
    }
    /// The reservations of an item.
    pub fn reservations_of(
        &self,
        item: Sym<kind::Item>,
    ) -> impl Iterator<Item = (&str, Holding<'_>)> {
        super::each(&self.items.at(item).reservations)
            .into_iter()
            .map(|r| (self.reservations.name(r), self.holding(r)))
    }
    /// The reservations for an order, a shipment, a deal or whatever else.
    #[must_use]
    pub fn kept_for(&self, whom: &EntityRef) -> &[Sym<kind::Reservation>] {
        self.kept_for.get(&whom.to_string()).map_or(&[][..], |kept| &kept[..])
    }
    /// The id of a reservation.
    #[must_use]
    pub fn reservation_name(&self, reservation: Sym<kind::Reservation>) -> &str {
        self.reservations.name(reservation)
    }
    /// The number of a reservation.
    #[must_use]
    pub fn reservation_sym(&self, id: &str) -> Option<Sym<kind::Reservation>> {
        self.reservations.sym(id)
    }
}
