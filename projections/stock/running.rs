//! The running quantities after voids and retractions. Invariant: nothing voided, and nothing taken back, is counted in them.

use std::ops::Range;

use rust_decimal::Decimal;
use sijil_schemas::{Position, Record, id::kind, time::Timestamp};

use super::{Stand, Step, Stock, each};
use crate::table::Sym;

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
        let kept = self.kept_by(within.clone());
        if self.touched_by(within.clone()).is_empty() && kept.is_empty() {
            return;
        }
        self.voided.push((void, target));
        self.unmove(within);
        self.rehold(&kept, |stock| stock.dead.extend([target]));
    }
    /// What the records in an interval move: (position, business date, item).
    fn touched_by(&self, within: Range<Position>) -> &[(Position, Timestamp, Sym<kind::Item>)] {
        let from = self.touched.partition_point(|(p, ..)| *p < within.start);
        let count = self.touched[from..].partition_point(|(p, ..)| *p < within.end);
        &self.touched[from..from + count]
    }
    /// The reservations that hold more or less by the records in an interval, or by the end of their orders there.
    fn kept_by(&self, within: Range<Position>) -> Vec<Sym<kind::Reservation>> {
        let from = self.touched_held.partition_point(|(p, _)| *p < within.start);
        let own = self.touched_held[from..].iter().take_while(|(p, _)| *p < within.end).map(|(_, reservation)| *reservation);
        let from = self.cancels.partition_point(|(p, _)| *p < within.start);
        let orders = self.cancels[from..].iter().take_while(|(p, _)| *p < within.end).map(|(_, order)| *order);
        let names = orders.map(|order| format!("order:{}", self.orders.name(order)));
        let all: Vec<_> = names.flat_map(|name| self.kept_for.get(&name).into_iter().flatten().copied()).chain(own).collect();
        each(&all)
    }
    /// The positions in an interval of what moves, reserves, frees or cancels.
    fn touching(&self, within: &Range<Position>) -> Vec<Position> {
        let held = self.touched_held.iter().map(|(p, _)| *p).rev().take_while(|p| *p >= within.start);
        let cancels = self.cancels.iter().map(|(p, _)| *p).rev().take_while(|p| *p >= within.start);
        self.touched_by(within.clone()).iter().map(|(p, ..)| *p).chain(held.chain(cancels).filter(|p| *p < within.end)).collect()
    }
    /// Takes everything from a position on out of the running quantities: those records were decided, and never became durable.
    pub fn retract(&mut self, from: Position) {
        let within = from..Position::MAX;
        let (gone, mut kept) = (self.touching(&within), self.kept_by(within.clone()));
        let mut back = Vec::new();
        for (_, target) in self.voided.extract_if(.., |(void, _)| *void >= from).collect::<Vec<_>>() {
            if target < from && !self.voided.iter().any(|(_, other)| *other == target) {
                back.push(target);
                kept.extend(self.kept_by(target..target.next()));
            }
        }
        self.unmove(within);
        self.rehold(&each(&kept), |stock| {
            stock.dead.extend(gone);
            stock.dead.retain(|position| !back.contains(position));
        });
        back.into_iter().for_each(|target| self.change_stands(target..target.next(), Decimal::ONE, Stand::move_by));
    }
    /// Takes what the records in an interval move out of the running quantities, where it is in them.
    fn unmove(&mut self, within: Range<Position>) {
        self.change_stands(within, Decimal::NEGATIVE_ONE, Stand::unmove);
    }
    fn change_stands(&mut self, within: Range<Position>, sign: Decimal, change: impl Fn(&mut Stand, Timestamp, Position, Step)) {
        for (position, at, item) in self.touched_by(within).to_vec() {
            // What is taken out already is not there any more.
            if sign.is_sign_negative() && self.dead.contains(&position) {
                continue;
            }
            let item = self.items.at_mut(item);
            let moved: Vec<_> = item.moves.at((at, position)).map(|fact| fact.what.what.clone()).collect();
            for what in moved {
                for (warehouse, step) in what.steps() {
                    change(item.stands.entry(warehouse).or_default(), at, position, step);
                }
                item.give_back(&what, sign);
            }
        }
    }
}
