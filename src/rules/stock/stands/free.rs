//! What is there and not reserved, over stretches of time. Invariant: only the ends of moments
//! count, since what is issued and released at once is never missing.

use rust_decimal::Decimal;
use sijil_projections::{
    stock::Step,
    summed::{Entry, Stretch},
};
use sijil_schemas::time::Timestamp;

use super::Order;

/// Changes of what is there and of what is reserved, in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Free {
    /// The first moment and the last.
    moments: Option<(Timestamp, Timestamp)>,
    /// Whether it is said how many are there.
    is_set: bool,
    /// How many more are there after them, or how many if that is said.
    on_hand: Decimal,
    /// How many more are reserved after them.
    held: Decimal,
    /// The least free at the end of a moment within, before it is said how many are there: from
    /// nothing there and nothing reserved at the beginning.
    least: Option<Decimal>,
    /// The same after that is said: from nothing reserved at the beginning.
    least_set: Option<Decimal>,
}

/// A change of one or the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Laid {
    /// Of what is there.
    Moved(Step),
    /// Of what is reserved.
    Held(Decimal),
}

impl Entry<Order> for Laid {
    type Sum = Free;
    fn sum(&self, (at, _): Order) -> Free {
        let moment = Free { moments: Some((at, at)), ..Free::default() };
        match *self {
            Laid::Moved(Step::By(on_hand)) => Free { on_hand, ..moment },
            Laid::Moved(Step::To(on_hand)) => Free { is_set: true, on_hand, ..moment },
            Laid::Held(held) => Free { held, ..moment },
        }
    }
}

impl Free {
    /// The least free at the end of a moment, if so many are there and reserved before; `None` if
    /// there is no moment, or none before it is said how many are there.
    pub(super) fn least(
        &self,
        on_hand: Decimal,
        held: Decimal,
        after_counts: bool,
    ) -> Option<Decimal> {
        let end = self.moments.map(|_| self.on_hand - self.held);
        let (before, after) = if self.is_set {
            (self.least, min(self.least_set, end))
        } else {
            (min(self.least, end), None)
        };
        min(
            before.map(|least| least + on_hand - held),
            after.filter(|_| after_counts).map(|least| least - held),
        )
    }
}

fn min(one: Option<Decimal>, other: Option<Decimal>) -> Option<Decimal> {
    one.into_iter().chain(other).min()
}

impl Stretch for Free {
    fn then(&self, next: &Free) -> Free {
        let (Some((first, here)), Some((there, last))) = (self.moments, next.moments) else {
            return if self.moments.is_some() { *self } else { *next };
        };
        // Where the next stretch goes on within the moment, that has not ended.
        let end = (here != there).then_some(self.on_hand - self.held);
        let free = next.least.map(|least| self.on_hand - self.held + least);
        let set = next.least_set.map(|least| least - self.held);
        let (least, least_set) = if self.is_set {
            (self.least, min(min(self.least_set, end), min(free, set)))
        } else {
            (min(min(self.least, end), free), set)
        };
        let on_hand = if next.is_set { next.on_hand } else { self.on_hand + next.on_hand };
        Free {
            moments: Some((first, last)),
            is_set: self.is_set || next.is_set,
            on_hand,
            held: self.held + next.held,
            least,
            least_set,
        }
    }
}
