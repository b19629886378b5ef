//! Stock kept for somebody. Invariant: what a reservation still holds is what was reserved minus what was released after it, never below zero.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{
    Position,
    id::{EntityRef, kind},
    money::Quantity,
    time::Timestamp,
};

use crate::{
    cut::{Facts, Lens},
    table::Sym,
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
}

/// A reservation: its opening and its releases (`None` releases the rest).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Reservation {
    /// Its openings; at most one counts.
    pub opened: Facts<Reserved>,
    /// Its releases.
    pub released: Facts<Option<Quantity>>,
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

impl Reservation {
    /// The opening that counts, if any.
    #[must_use]
    pub fn opening<'a>(&'a self, lens: Lens<'a>) -> Option<&'a crate::cut::Dated<Reserved>> {
        self.opened.last(lens)
    }
    /// Its steps that `counts` lets count, in replay order, an extra release among them.
    pub fn steps(&self, counts: impl Fn(Timestamp, Position) -> bool, extra: Option<(Timestamp, Position, Option<Decimal>)>) -> Vec<Held> {
        let opened = self.opened.all().iter().rev().find(|f| counts(f.at, f.position));
        let mut releases: Vec<_> =
            self.released.all().iter().filter(|f| counts(f.at, f.position)).map(|f| (f.at, f.position, f.what.map(Quantity::get))).chain(extra).collect();
        releases.sort_by_key(|(at, position, _)| (*at, *position));
        let (mut steps, mut held) = (Vec::new(), Decimal::ZERO);
        let mut opening = opened.map(|f| (f.order(), f.what.qty));
        for (at, position, qty) in releases {
            if let Some((order, reserved)) = opening.take_if(|(order, _)| *order < (at, position)) {
                held = reserved;
                steps.push(Held { at: order.0, position: order.1, delta: reserved, beyond: Decimal::ZERO });
            }
            let wanted = qty.unwrap_or(held);
            let given = wanted.min(held);
            // Releasing the rest where nothing is left asks for something that is not there.
            let beyond = if qty.is_none() && held.is_zero() { Decimal::ONE } else { wanted - given };
            held -= given;
            steps.push(Held { at, position, delta: -given, beyond });
        }
        if let Some((order, reserved)) = opening {
            steps.push(Held { at: order.0, position: order.1, delta: reserved, beyond: Decimal::ZERO });
        }
        steps
    }
    /// How many it still holds.
    #[must_use]
    pub fn held(&self, lens: Lens<'_>) -> Decimal {
        self.steps(|at, position| at < lens.cut.before && lens.known(position), None).iter().map(|s| s.delta).sum()
    }
}
