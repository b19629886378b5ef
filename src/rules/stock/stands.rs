//! Running quantities, as the rules see them. Invariant: they are those of a walk over the facts;
//! nothing voided, and nothing taken back, is counted in them.
//!
//! No fact is kept here: it is made anew from what is known of goods, and follows each record.
//! Without it a rule would walk the whole history of an item for every event; reports do walk it.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use rust_decimal::Decimal;
use sijil_projections::{
    Dated, Lens, Side, Sym, Voids,
    stock::{Freed, Held, Moved, Reserved, Stock},
    summed::{Flow, Summed},
};
use sijil_schemas::{
    Event, Position, Record,
    event::{Orders, Stock as Goods},
    id::kind,
    time::Timestamp,
};

use super::{Order, Place};

mod free;
mod shelf;

pub use shelf::{Entry, Shelf, Stand};

/// What has fewer facts is walked; in builds with debug assertions hardly anything is.
const FACTS_LONG: usize = if cfg!(debug_assertions) { 3 } else { 64 };

/// A reservation, by number.
type Reservation = Sym<kind::Reservation>;

/// Where a reservation holds how much, in replay order; `None` where it was never opened.
type Standing = Option<(Place, Vec<Held>)>;

/// What is there and reserved of each item at each warehouse, and how much each reservation holds.
#[derive(Debug, Clone, Default)]
pub struct Stands {
    stands: BTreeMap<Place, Stand>,
    /// How many came back of each issue.
    returned: BTreeMap<(Sym<kind::Item>, Sym<kind::Issue>), Decimal>,
    /// How much a reservation holds, where that is told by parts alone.
    kept: BTreeMap<Reservation, Summed<Order, Flow>>,
    /// Voids of records that move, reserve, free or cancel: (void, target).
    voided: Vec<(Position, Position)>,
    /// Such records that no running quantity counts.
    dead: BTreeSet<Position>,
}

/// The position of a record, as an interval.
const fn only(position: Position) -> Range<Position> {
    position..position.next()
}

impl Stands {
    /// What stands by all that is known of goods.
    pub(crate) fn of(stock: &Stock, voids: &Voids) -> Stands {
        let mut stands = Stands::default();
        for (target, void) in voids.iter() {
            if stock.touching(only(target), Side::Decided).next().is_some() {
                stands.voided.push((void, target));
                stands.dead.insert(target);
            }
        }
        stands.put_in(stock, Position::ZERO..Position::MAX);
        for reservation in stock.ids().syms::<kind::Reservation>() {
            let standing = stands.standing(stock, reservation, None);
            stands.hold(standing);
            stands.keep(stock, reservation);
        }
        stands
    }
    /// What stands of some items, as far as a lens sees it.
    pub(crate) fn of_items(
        stock: &Stock,
        lens: Lens<'_>,
        items: &BTreeSet<Sym<kind::Item>>,
    ) -> Stands {
        let mut stands = Stands::default();
        for item in items {
            for fact in stock.moves(*item).counting(lens) {
                for (warehouse, step) in fact.what.what.steps() {
                    stands.stand((*item, warehouse)).move_by(fact.at, fact.position, step);
                }
            }
            let held = stock.reservations_of(*item, lens.side).filter_map(|holding| {
                let place = holding.opening(lens).map(|o| (o.what.item, o.what.warehouse))?;
                let mut steps = holding.steps(lens.side, |_, p| lens.known(p), None);
                steps.retain(|step| !step.delta.is_zero());
                Some((place, steps))
            });
            held.filter(|(place, _)| place.0 == *item).for_each(|one| stands.hold(Some(one)));
        }
        stands
    }
    /// What there is of an item at a warehouse and what of it is reserved.
    #[must_use]
    pub fn at(&self, item: Sym<kind::Item>, warehouse: Sym<kind::Warehouse>) -> Option<&Stand> {
        self.stands.get(&(item, warehouse))
    }
    /// The running quantity of an item at a warehouse.
    #[must_use]
    pub fn shelf(&self, item: Sym<kind::Item>, warehouse: Sym<kind::Warehouse>) -> Option<&Shelf> {
        self.at(item, warehouse).map(Stand::on_hand)
    }
    /// The running quantity of an item that is reserved at a warehouse.
    #[must_use]
    pub fn held(&self, item: Sym<kind::Item>, warehouse: Sym<kind::Warehouse>) -> Option<&Shelf> {
        self.at(item, warehouse).map(Stand::held)
    }
    /// The warehouses an item was ever at or reserved at, in order of their first appearance.
    pub fn warehouses_of(
        &self,
        item: Sym<kind::Item>,
    ) -> impl Iterator<Item = Sym<kind::Warehouse>> {
        let all = (item, Sym::of(0))..=(item, Sym::of(u32::MAX));
        self.stands.range(all).map(|((_, warehouse), _)| *warehouse)
    }
    /// How many of an item came back of an issue.
    pub(super) fn returned(&self, item: Sym<kind::Item>, issue: Sym<kind::Issue>) -> Decimal {
        self.returned.get(&(item, issue)).copied().unwrap_or_default()
    }
    /// Whether so much more of a reservation may be freed at a moment, then and for all that was
    /// freed later; `false` also where only a walk tells.
    pub(super) fn bears(&self, reservation: Reservation, order: Order, freed: Freed) -> bool {
        let Some(kept) = self.kept.get(&reservation) else { return false };
        match freed {
            Freed::Part { qty } | Freed::Taken { qty } => {
                let before = kept.before(order).sum;
                before >= qty.get() && kept.since(order).bears(before, -qty.get())
            }
            Freed::Rest => {
                kept.last().is_some_and(|last| last < order) && kept.whole().sum > Decimal::ZERO
            }
        }
    }

    /// How much a reservation holds; `None` where only a walk tells.
    pub(crate) fn holds(&self, reservation: Reservation) -> Option<Decimal> {
        self.kept.get(&reservation).map(|kept| kept.whole().sum)
    }

    /// Takes a record that the facts of goods have taken.
    pub(crate) fn take(&mut self, stock: &Stock, record: &Record) {
        match &record.event {
            Event::Stock(e) => {
                self.put_in(stock, only(record.position));
                match e {
                    Goods::StockReserved(e) => {
                        let reservation = stock.ids().sym(&e.reservation);
                        let before = self.standing(stock, reservation, Some(record.position));
                        self.rehold(stock, vec![(reservation, before)]);
                    }
                    Goods::ReservationReleased(e) => {
                        let freed = e.qty.map_or(Freed::Rest, |qty| Freed::Part { qty });
                        self.free(stock, record, stock.ids().sym(&e.reservation), freed);
                    }
                    Goods::GoodsIssued(e) => {
                        if let Some(reservation) = &e.reservation {
                            let freed = Freed::Taken { qty: e.qty };
                            self.free(stock, record, stock.ids().sym(reservation), freed);
                        }
                    }
                    Goods::WarehouseRegistered(_)
                    | Goods::PurchaseOrderPlaced(_)
                    | Goods::PurchaseOrderLinesAdded(_)
                    | Goods::PurchaseOrderClosed(_)
                    | Goods::GoodsReceived(_) => (),
                    Goods::GoodsTransferred(_)
                    | Goods::StockCounted(_)
                    | Goods::StockAdjusted(_)
                    | Goods::ReceiptCostAdjusted(_)
                    | Goods::ProductionCompleted(_) => (),
                }
            }
            Event::Orders(Orders::OrderCancelled(e)) => {
                let kept = stock.kept_for(Some(stock.ids().sym(&e.order).into()), Side::Decided);
                let before = self.standings(stock, kept, Some(record.position));
                self.rehold(stock, before);
            }
            Event::Orders(Orders::OrderClosed(e)) => {
                let kept = stock.kept_for(Some(stock.ids().sym(&e.order).into()), Side::Decided);
                let before = self.standings(stock, kept, Some(record.position));
                self.rehold(stock, before);
            }
            Event::System(_) => {
                if let Some(target) = record.voids {
                    self.void(stock, record.position, target);
                }
            }
            Event::Clients(_)
            | Event::Counterparties(_)
            | Event::Interactions(_)
            | Event::Deals(_)
            | Event::Catalogue(_)
            | Event::Orders(_)
            | Event::Invoices(_) => (),
            Event::Accounting(_)
            | Event::Marketing(_)
            | Event::Claims(_)
            | Event::Tasks(_)
            | Event::Staff(_)
            | Event::Surveys(_)
            | Event::Access(_) => (),
        }
    }
    fn void(&mut self, stock: &Stock, void: Position, target: Position) {
        let within = only(target);
        // A cancelling counts even where nothing is kept for its order yet.
        if stock.touching(within.clone(), Side::Decided).next().is_none() {
            return;
        }
        let kept = stock.held_by(&within, Side::Decided);
        let before = self.standings(stock, kept, None);
        self.voided.push((void, target));
        self.take_out(stock, within);
        self.dead.insert(target);
        self.rehold(stock, before);
    }
    /// Takes everything after a position out of the running quantities: those records were decided,
    /// and never became durable. The facts still have them, and lose them next.
    pub(crate) fn truncate(&mut self, stock: &Stock, after: Position) {
        let from = after.next();
        let within = from..Position::MAX;
        let mut kept = stock.held_by(&within, Side::Decided);
        let mut back = Vec::new();
        for (_, target) in self.voided.extract_if(.., |(void, _)| *void >= from).collect::<Vec<_>>()
        {
            if target < from && !self.voided.iter().any(|(_, other)| *other == target) {
                back.push(target);
                kept.extend(stock.held_by(&only(target), Side::Decided));
            }
        }
        kept.sort_unstable();
        kept.dedup();
        let before = self.standings(stock, kept, None);
        self.take_out(stock, within.clone());
        self.dead.extend(stock.touching(within, Side::Decided));
        self.dead.retain(|position| !back.contains(position));
        self.rehold(stock, before);
        back.into_iter().for_each(|target| self.put_in(stock, only(target)));
        self.dead.retain(|position| *position < from);
    }

    /// Counts what records at some positions move.
    fn put_in(&mut self, stock: &Stock, positions: Range<Position>) {
        for (item, fact) in stock.moved_by(positions, Side::Decided) {
            if self.dead.contains(&fact.position) {
                continue;
            }
            let what = fact.what.what;
            for (warehouse, step) in what.steps() {
                self.stand((item, warehouse)).move_by(fact.at, fact.position, step);
            }
            self.give_back(item, what, Decimal::ONE);
        }
    }
    /// Takes what records at some positions move out, where it is counted.
    fn take_out(&mut self, stock: &Stock, positions: Range<Position>) {
        for (item, fact) in stock.moved_by(positions, Side::Decided) {
            // What is taken out already is not there any more.
            if self.dead.contains(&fact.position) {
                continue;
            }
            let what = fact.what.what;
            for (warehouse, step) in what.steps() {
                self.stand((item, warehouse)).unmove(fact.at, fact.position, step);
            }
            self.give_back(item, what, Decimal::NEGATIVE_ONE);
        }
    }
    fn stand(&mut self, place: Place) -> &mut Stand {
        self.stands.entry(place).or_default()
    }
    /// Counts what brings goods of an issue back, or with −1 no longer does.
    fn give_back(&mut self, item: Sym<kind::Item>, what: Moved, sign: Decimal) {
        if let Moved::Received { returns: Some(issue), qty, .. } = what {
            *self.returned.entry((item, issue)).or_default() += qty * sign;
        }
    }

    fn free(&mut self, stock: &Stock, record: &Record, reservation: Reservation, freed: Freed) {
        let order = (record.occurred_at(), record.position);
        let part = match freed {
            Freed::Part { qty } | Freed::Taken { qty }
                if qty.get() > Decimal::ZERO && self.bears(reservation, order, freed) =>
            {
                qty.get()
            }
            Freed::Part { .. } | Freed::Taken { .. } | Freed::Rest => {
                let before = self.standing(stock, reservation, Some(record.position));
                self.rehold(stock, vec![(reservation, before)]);
                let facts = stock.holding(Some(reservation)).freed().len(Side::Decided);
                // Not at every fact: what is not told by parts mostly stays so.
                if facts.is_power_of_two() {
                    self.keep(stock, reservation);
                }
                return;
            }
        };
        // What is held is told by parts alone, before and after: none of the others changes.
        if let Some(kept) = self.kept.get_mut(&reservation) {
            kept.insert(order, Flow::bound(-part));
        }
        if let Some(opening) = self.opening(stock, reservation, None) {
            let place = (opening.what.item, opening.what.warehouse);
            self.stand(place).hold(order.0, order.1, -part);
        }
    }
    /// Keeps how much a reservation of many parts holds; nothing where it was opened after a part,
    /// more was freed than it held, or its rest or order was ended.
    fn keep(&mut self, stock: &Stock, reservation: Reservation) {
        let (holding, side) = (stock.holding(Some(reservation)), Side::Decided);
        if holding.freed().len(side) < FACTS_LONG {
            return;
        }
        let counts = |position: &Position| !self.dead.contains(position);
        let mut kept = Summed::default();
        let mut openings = holding.openings(side).filter(|f| counts(&f.position));
        let (Some(opened), None) = (openings.next(), openings.next()) else { return };
        let mut cancelled = holding.cancelled(&opened.what).all(side);
        let ends = cancelled.any(|f| counts(&f.position));
        kept.insert(opened.order(), Flow::free(opened.what.qty));
        for fact in holding.freed().all(side).filter(|f| counts(&f.position)) {
            match fact.what {
                Freed::Part { qty } | Freed::Taken { qty } if fact.order() > opened.order() => {
                    kept.insert(fact.order(), Flow::bound(-qty.get()));
                }
                Freed::Part { .. } | Freed::Taken { .. } | Freed::Rest => return,
            }
        }
        if !ends && kept.whole().bears(Decimal::ZERO, Decimal::ZERO) {
            self.kept.insert(reservation, kept);
        }
    }
    /// The opening of a reservation that counts, if any, as if one record had never been.
    fn opening(
        &self,
        stock: &Stock,
        reservation: Reservation,
        but: Option<Position>,
    ) -> Option<Dated<Reserved>> {
        let mut openings = stock.holding(Some(reservation)).openings(Side::Decided);
        openings.rfind(|f| Some(f.position) != but && !self.dead.contains(&f.position))
    }
    /// Where a reservation holds how much, as if one record had never been.
    fn standing(&self, stock: &Stock, reservation: Reservation, but: Option<Position>) -> Standing {
        let opening = self.opening(stock, reservation, but)?;
        let counts = |_: Timestamp, p| Some(p) != but && !self.dead.contains(&p);
        let mut steps = stock.holding(Some(reservation)).steps(Side::Decided, counts, None);
        steps.retain(|step| !step.delta.is_zero());
        Some(((opening.what.item, opening.what.warehouse), steps))
    }
    fn standings(
        &self,
        stock: &Stock,
        reservations: Vec<Reservation>,
        but: Option<Position>,
    ) -> Vec<(Reservation, Standing)> {
        reservations.into_iter().map(|r| (r, self.standing(stock, r, but))).collect()
    }
    /// Puts the steps that reservations have now in the place of those they had.
    fn rehold(&mut self, stock: &Stock, reservations: Vec<(Reservation, Standing)>) {
        for (reservation, before) in reservations {
            self.kept.remove(&reservation);
            let after = self.standing(stock, reservation, None);
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
            if let Some((place, steps)) = before {
                let stand = self.stand(place);
                steps.iter().skip(same).rev().for_each(|s| stand.unhold(s.at, s.position, s.delta));
            }
            self.hold(after.map(|(place, steps)| (place, steps.into_iter().skip(same).collect())));
        }
    }
    fn hold(&mut self, standing: Standing) {
        if let Some((place, steps)) = standing {
            let stand = self.stand(place);
            steps.iter().for_each(|s| stand.hold(s.at, s.position, s.delta));
        }
    }
}
