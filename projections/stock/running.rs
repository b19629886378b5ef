//! The running quantities after voids and retractions. Invariant: nothing voided, and nothing taken back, is counted in them.

use sijil_schemas::{Position, id::kind};

use super::{Shelf, Stock, each};
use crate::table::Sym;

impl Stock {
    /// Takes note that a record moves an item.
    pub(super) fn touch(&mut self, position: Position, item: Sym<kind::Item>) {
        if self.touched.last() != Some(&(position, item)) {
            self.touched.push((position, item));
        }
    }
    pub(super) fn void(&mut self, void: Position, target: Position) {
        let (items, orders) = (self.touched_by(target), self.cancelled_by(target).to_vec());
        if items.is_empty() && orders.is_empty() {
            return;
        }
        self.voided.push((void, target));
        let kept = self.kept_of(orders.iter().map(|(_, order)| *order));
        self.rehold(&kept, |stock| stock.dead.extend([target]));
        self.rebuild(&items);
    }
    fn touched_by(&self, position: Position) -> Vec<Sym<kind::Item>> {
        let from = self.touched.partition_point(|(p, _)| *p < position);
        self.touched[from..].iter().take_while(|(p, _)| *p == position).map(|(_, item)| *item).collect()
    }
    /// The reservations for some orders.
    fn kept_of(&self, orders: impl Iterator<Item = Sym<kind::Order>>) -> Vec<Sym<kind::Reservation>> {
        let names = orders.map(|order| format!("order:{}", self.orders.name(order)));
        let all: Vec<_> = names.flat_map(|name| self.kept_for.get(&name).into_iter().flatten().copied()).collect();
        each(&all)
    }
    /// Takes everything from a position on out of the running quantities: those records were decided, and never became durable.
    pub fn retract(&mut self, from: Position) {
        let first = self.touched.partition_point(|(p, _)| *p < from);
        let mut items: Vec<_> = self.touched[first..].iter().map(|(_, item)| *item).collect();
        let cancels = self.cancels.partition_point(|(p, _)| *p < from);
        let mut orders: Vec<_> = self.cancels[cancels..].iter().map(|(_, order)| *order).collect();
        let mut gone: Vec<Position> = self.touched[first..].iter().map(|(p, _)| *p).collect();
        gone.extend(self.cancels[cancels..].iter().map(|(p, _)| *p));
        let mut back = Vec::new();
        for (_, target) in self.voided.extract_if(.., |(void, _)| *void >= from).collect::<Vec<_>>() {
            if target < from {
                back.push(target);
                items.extend(self.touched_by(target));
                orders.extend(self.cancelled_by(target).iter().map(|(_, order)| *order));
            }
        }
        let kept = self.kept_of(orders.into_iter());
        self.rehold(&kept, |stock| {
            stock.dead.extend(gone);
            stock.dead.retain(|position| !back.contains(position));
        });
        self.rebuild(&each(&items));
    }
    fn rebuild(&mut self, items: &[Sym<kind::Item>]) {
        for item in items {
            let state = self.items.at_mut(*item);
            state.shelves.values_mut().chain(state.held.values_mut()).for_each(Shelf::clear);
            for fact in state.moves.all().iter().filter(|f| !self.dead.contains(&f.position)) {
                for (warehouse, step) in fact.what.what.steps() {
                    state.shelves.entry(warehouse).or_default().insert(fact.at, fact.position, step);
                }
            }
            for reservation in each(&state.reservations) {
                self.hold(self.standing(reservation).filter(|((of, _), _)| of == item));
            }
        }
    }
}
