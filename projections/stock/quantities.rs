//! Quantities at any two clocks. Invariant: on hand is the sum of the moves that count, where a
//! count moves by its difference; it never asks the running sums.

use std::{collections::BTreeMap, ops::Range};

use rust_decimal::Decimal;
use sijil_schemas::{IssueReason, id::kind, time::Timestamp};

use super::{Move, Moved, Stock};
use crate::{
    Sym,
    cut::{Dated, Lens},
    report::Part,
};

/// What is there of an item at a warehouse.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quantities {
    /// On hand.
    pub on_hand: Decimal,
    /// Reserved and not released.
    pub reserved: Decimal,
    /// What each record adds to `on_hand`.
    pub moves: Vec<Part>,
    /// What each record adds to `reserved`, reservation by reservation.
    pub reservations: Vec<Vec<Part>>,
}

impl Quantities {
    /// On hand and not reserved.
    #[must_use]
    pub fn available(&self) -> Decimal {
        self.on_hand - self.reserved
    }
}

/// One change of the quantity of an item at a warehouse.
#[derive(Debug, Clone, Copy)]
pub struct Moving {
    /// Where.
    pub warehouse: Sym<kind::Warehouse>,
    /// The record that made it.
    pub fact: Dated<Move>,
    /// How many more, or fewer if negative.
    pub delta: Decimal,
}

/// How much of an item moved, by why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moves {
    /// Came in from suppliers.
    pub received: Decimal,
    /// Came and was sent back at once; not in any other sum.
    pub rejected: Decimal,
    /// Came back from clients.
    pub returned: Decimal,
    /// Was sold.
    pub sold: Decimal,
    /// Went into production: issued to it, or consumed by it.
    pub used: Decimal,
    /// Was lost.
    pub lost: Decimal,
    /// Was made.
    pub produced: Decimal,
    /// Was scrapped in the making; not in any other sum.
    pub scrapped: Decimal,
    /// Came from other warehouses, minus what went there.
    pub transferred: Decimal,
    /// Was corrected by counts and adjustments.
    pub adjusted: Decimal,
    /// All together: what on hand changed by.
    pub net: Decimal,
}

impl Moving {
    /// What the change is, by why.
    #[must_use]
    pub fn by_reason(&self, stock: &Stock, lens: Lens<'_>) -> Moves {
        let (mut moves, delta) = (Moves { net: self.delta, ..Moves::default() }, self.delta);
        match self.fact.what.what {
            Moved::Received { receipt, returns, .. } => {
                moves.rejected = stock.rejected(receipt, self.fact, lens.side);
                *if returns.is_none() { &mut moves.received } else { &mut moves.returned } = delta;
            }
            Moved::Issued { reason, .. } => match reason {
                IssueReason::Sale => moves.sold = -delta,
                IssueReason::Production => moves.used = -delta,
                IssueReason::Loss => moves.lost = -delta,
            },
            Moved::Consumed { .. } => moves.used = -delta,
            Moved::Produced { scrapped, .. } => {
                (moves.produced, moves.scrapped) = (delta, scrapped);
            }
            Moved::Transferred { .. } => moves.transferred = delta,
            Moved::Counted { .. } | Moved::Adjusted { .. } => moves.adjusted = delta,
            Moved::CostAdjusted { .. } | Moved::Billed { .. } => (),
        }
        moves
    }
}

/// Every change of the quantity of an item within an interval, in replay order.
#[must_use]
pub fn moving<'a>(
    stock: &'a Stock,
    item: Sym<kind::Item>,
    within: &Range<Timestamp>,
    lens: Lens<'a>,
) -> Vec<Moving> {
    let mut running: BTreeMap<Sym<kind::Warehouse>, Decimal> = BTreeMap::new();
    let mut all = Vec::new();
    for fact in stock.moves(item).counting(lens).take_while(|f| f.at < within.end) {
        for (warehouse, step) in fact.what.what.steps() {
            let before = running.entry(warehouse).or_default();
            let after = step.after(*before);
            let delta = after - std::mem::replace(before, after);
            if fact.at >= within.start {
                all.push(Moving { warehouse, fact, delta });
            }
        }
    }
    all
}

/// What is there of an item at each warehouse.
#[must_use]
pub fn quantities(
    stock: &Stock,
    item: Sym<kind::Item>,
    lens: Lens<'_>,
) -> BTreeMap<Sym<kind::Warehouse>, Quantities> {
    let everything = Timestamp::MIN..Timestamp::END;
    let mut all: BTreeMap<Sym<kind::Warehouse>, Quantities> = BTreeMap::new();
    for moving in moving(stock, item, &everything, lens) {
        let here = all.entry(moving.warehouse).or_default();
        here.on_hand += moving.delta;
        here.moves.push(Part::of(moving.fact.position, moving.delta));
    }
    for reservation in stock.reservations_of(item, lens.side) {
        let Some(opening) = reservation.opening(lens).filter(|o| o.what.item == item) else {
            continue;
        };
        let here = all.entry(opening.what.warehouse).or_default();
        let steps = reservation.counting(lens);
        here.reserved += steps.iter().map(|step| step.delta).sum::<Decimal>();
        here.reservations
            .push(steps.iter().map(|step| Part::of(step.position, step.delta)).collect());
    }
    all
}
