//! A quantity over time, as the rules see it. Invariant: it stands for every moment from its start
//! on, and what lies before is its first value.

use rust_decimal::Decimal;
use sijil_projections::stock::Step;
use sijil_schemas::{Position, time::Timestamp};

use super::{Order, Shelf};

/// A quantity as it changes from a moment on: the quantity before, then each moment with the
/// quantity after it.
pub(super) struct Line {
    pub(super) before: Decimal,
    pub(super) after: Vec<(Order, Decimal)>,
}

impl Line {
    /// A running quantity from a moment on, as if `extra` came first and the changes of `without`
    /// had never been.
    pub(super) fn of(
        shelf: Option<&Shelf>,
        order: Order,
        extra: &[Step],
        without: Option<Position>,
    ) -> Line {
        let empty = Shelf::default();
        let shelf = shelf.unwrap_or(&empty);
        let before = extra.iter().fold(shelf.at(order), |quantity, step| step.after(quantity));
        let after = shelf
            .judged(order, extra, without)
            .map(|(entry, after)| ((entry.at, entry.position), after))
            .collect();
        Line { before, after }
    }
    /// What changes in any order add up to, from a moment on.
    pub(super) fn of_steps(mut steps: Vec<(Order, Decimal)>, order: Order) -> Line {
        steps.sort_by_key(|(order, _)| *order);
        let (mut running, mut line) =
            (Decimal::ZERO, Line { before: Decimal::ZERO, after: Vec::new() });
        for (moment, delta) in steps {
            running += delta;
            if moment < order {
                line.before = running;
            } else {
                line.after.push((moment, running));
            }
        }
        line
    }
    /// The quantity at a moment, what happens at it included.
    pub(super) fn at(&self, order: Order) -> Decimal {
        let index = self.after.partition_point(|(o, _)| *o <= order);
        index.checked_sub(1).map_or(self.before, |i| self.after[i].1)
    }
    /// This quantity and another together.
    pub(super) fn plus(&self, other: &Line) -> Line {
        let mut moments: Vec<Order> =
            self.after.iter().chain(&other.after).map(|(order, _)| *order).collect();
        moments.sort_unstable();
        moments.dedup();
        Line {
            before: self.before + other.before,
            after: moments
                .into_iter()
                .map(|order| (order, self.at(order) + other.at(order)))
                .collect(),
        }
    }
    /// This quantity less another.
    pub(super) fn less(&self, other: &Line) -> Line {
        let negative = Line {
            before: -other.before,
            after: other.after.iter().map(|(order, quantity)| (*order, -*quantity)).collect(),
        };
        self.plus(&negative)
    }
    /// The ends of the moments at which this quantity or another changes, in order.
    pub(super) fn ends(&self, other: &Line) -> Vec<Order> {
        let mut moments: Vec<Timestamp> =
            self.after.iter().chain(&other.after).map(|((at, _), _)| *at).collect();
        moments.sort_unstable();
        moments.dedup();
        moments.into_iter().map(|at| (at, Position::MAX)).collect()
    }
    /// Whether it is zero throughout.
    pub(super) fn is_zero(&self) -> bool {
        self.before.is_zero() && self.after.iter().all(|(_, quantity)| quantity.is_zero())
    }
}
