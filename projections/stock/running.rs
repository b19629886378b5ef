//! The running quantities after voids and retractions. Invariant: nothing voided, and nothing taken
//! back, is counted in them.

use std::ops::Range;

use rust_decimal::Decimal;
use sijil_schemas::{Position, Record, id::kind, time::Timestamp};

use super::{Stand, Step, Stock, each};
use crate::table::Sym;

/// What stands at the positions of an interval, of what stands in order of position.
fn stretch<'a, T>(
    all: &'a [T],
    position: impl Fn(&T) -> Position,
    within: &Range<Position>,
) -> &'a [T] {
    let (from, end) = (
        all.partition_point(|one| position(one) < within.start),
        all.partition_point(|one| position(one) < within.end),
    );
    &all[from..end.max(from)]
}

impl Stock {
    /// Takes note that a record moves an item.
    pub(super) fn touch(&mut self, record: &Record, item: Sym<kind::Item>) {
        let touched = (record.position, record.occurred_at(), item);
        if self.touched.last() != Some(&touched) {
            self.touched.push(touched);
        }
    }
    pub(super) fn void(&mut self, void: Position, target: Position) {
        let within = target..target.next();
        // A cancelling counts even where nothing is kept for its order yet.
        if self.touching(&within).is_empty() {
            return;
        }
        let kept = self.kept_by(&within);
        self.voided.push((void, target));
        self.unmove(within);
        self.rehold(&kept, |stock| stock.dead.extend([target]));
    }
    /// What the records in an interval move: (position, business date, item).
    fn touched_by(&self, within: &Range<Position>) -> &[(Position, Timestamp, Sym<kind::Item>)] {
        stretch(&self.touched, |(p, ..)| *p, within)
    }
    /// The reservations that hold more or less by the records in an interval, or by the end of
    /// their orders there.
    fn kept_by(&self, within: &Range<Position>) -> Vec<Sym<kind::Reservation>> {
        let own = stretch(&self.touched_held, |(p, _)| *p, within)
            .iter()
            .map(|(_, reservation)| *reservation);
        let orders = stretch(&self.cancels, |(p, _)| *p, within)
            .iter()
            .map(|(_, order)| format!("order:{}", self.orders.name(*order)));
        let all: Vec<_> = orders
            .flat_map(|order| self.kept_for.get(&order).into_iter().flatten().copied())
            .chain(own)
            .collect();
        each(&all)
    }
    /// The positions in an interval of what moves, reserves, frees or cancels.
    fn touching(&self, within: &Range<Position>) -> Vec<Position> {
        let held = stretch(&self.touched_held, |(p, _)| *p, within).iter().map(|(p, _)| *p);
        let cancels = stretch(&self.cancels, |(p, _)| *p, within).iter().map(|(p, _)| *p);
        self.touched_by(within).iter().map(|(p, ..)| *p).chain(held).chain(cancels).collect()
    }
    /// Takes everything from a position on out of the running quantities: those records were
    /// decided, and never became durable.
    pub fn retract(&mut self, from: Position) {
        let within = from..Position::MAX;
        let (gone, mut kept) = (self.touching(&within), self.kept_by(&within));
        let mut back = Vec::new();
        for (_, target) in self.voided.extract_if(.., |(void, _)| *void >= from).collect::<Vec<_>>()
        {
            if target < from && !self.voided.iter().any(|(_, other)| *other == target) {
                back.push(target);
                kept.extend(self.kept_by(&(target..target.next())));
            }
        }
        self.unmove(within);
        self.rehold(&each(&kept), |stock| {
            stock.dead.extend(gone);
            stock.dead.retain(|position| !back.contains(position));
        });
        back.into_iter().for_each(|target| {
            self.change_stands(target..target.next(), Decimal::ONE, Stand::move_by);
        });
    }
    /// Takes what the records in an interval move out of the running quantities, where it is in
    /// them.
    fn unmove(&mut self, within: Range<Position>) {
        self.change_stands(within, Decimal::NEGATIVE_ONE, Stand::unmove);
    }
    fn change_stands(
        &mut self,
        within: Range<Position>,
        sign: Decimal,
        change: impl Fn(&mut Stand, Timestamp, Position, Step),
    ) {
        for (position, at, item) in self.touched_by(&within).to_vec() {
            // What is taken out already is not there any more.
            if sign.is_sign_negative() && self.dead.contains(&position) {
                continue;
            }
            let item = self.items.at_mut(item);
            let moved: Vec<_> =
                item.moves.at((at, position)).map(|fact| fact.what.what.clone()).collect();
            for what in moved {
                for (warehouse, step) in what.steps() {
                    change(item.stands.entry(warehouse).or_default(), at, position, step);
                }
                item.give_back(&what, sign);
            }
        }
    }
}
