//! Quantities at any two clocks. Invariant: on hand is the sum of the moves that count, where a count moves by its difference; it never asks the running sums.

use std::{collections::BTreeMap, ops::Range};

use rust_decimal::Decimal;
use sijil_schemas::{IssueReason, Position, id::kind, time::Timestamp};

use super::{Moved, Stock};
use crate::{cut::Lens, table::Sym};

/// What is there of an item at a warehouse.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quantities {
    /// On hand.
    pub on_hand: Decimal,
    /// Reserved and not released.
    pub reserved: Decimal,
    /// The records behind `on_hand`.
    pub moves: Vec<Position>,
    /// The records behind `reserved`.
    pub reservations: Vec<Position>,
}

impl Quantities {
    /// On hand and not reserved.
    #[must_use]
    pub fn available(&self) -> Decimal {
        self.on_hand - self.reserved
    }
}

/// How much of an item moved at a warehouse, by why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// The records behind them.
    pub positions: Vec<Position>,
}

impl Moves {
    /// Adds what moved elsewhere.
    pub fn add(&mut self, other: &Moves) {
        self.received += other.received;
        self.rejected += other.rejected;
        self.returned += other.returned;
        self.sold += other.sold;
        self.used += other.used;
        self.lost += other.lost;
        self.produced += other.produced;
        self.scrapped += other.scrapped;
        self.transferred += other.transferred;
        self.adjusted += other.adjusted;
        self.net += other.net;
        self.positions.extend(&other.positions);
    }
    fn note(&mut self, what: &Moved, delta: Decimal) {
        match what {
            Moved::Received { returns: None, rejected, .. } => {
                self.received += delta;
                self.rejected += rejected;
            }
            Moved::Received { returns: Some(_), rejected, .. } => {
                self.returned += delta;
                self.rejected += rejected;
            }
            Moved::Issued { reason, .. } => match reason {
                IssueReason::Sale => self.sold -= delta,
                IssueReason::Production => self.used -= delta,
                IssueReason::Loss => self.lost -= delta,
            },
            Moved::Consumed { .. } => self.used -= delta,
            Moved::Produced { scrapped, .. } => {
                self.produced += delta;
                self.scrapped += scrapped;
            }
            Moved::Transferred { .. } => self.transferred += delta,
            Moved::Counted { .. } | Moved::Adjusted { .. } => self.adjusted += delta,
            Moved::CostAdjusted { .. } | Moved::Billed(_) => (),
        }
        self.net += delta;
    }
}

impl Stock {
    /// How much of an item moved at each warehouse within an interval.
    #[must_use]
    pub fn tally(&self, item: Sym<kind::Item>, within: &Range<Timestamp>, lens: Lens<'_>) -> BTreeMap<Sym<kind::Warehouse>, Moves> {
        let mut running: BTreeMap<Sym<kind::Warehouse>, Decimal> = BTreeMap::new();
        let mut all: BTreeMap<Sym<kind::Warehouse>, Moves> = BTreeMap::new();
        for fact in self.moves(item).counting(lens).take_while(|f| f.at < within.end) {
            for (warehouse, step) in fact.what.what.steps() {
                let before = running.entry(warehouse).or_default();
                let after = step.after(*before);
                let delta = after - std::mem::replace(before, after);
                if fact.at >= within.start {
                    let moves = all.entry(warehouse).or_default();
                    moves.note(&fact.what.what, delta);
                    moves.positions.push(fact.position);
                }
            }
        }
        all
    }
    /// What is there of an item at each warehouse.
    #[must_use]
    pub fn quantities(&self, item: Sym<kind::Item>, lens: Lens<'_>) -> BTreeMap<Sym<kind::Warehouse>, Quantities> {
        let everything = Timestamp::MIN..Timestamp::END;
        let mut all: BTreeMap<Sym<kind::Warehouse>, Quantities> = BTreeMap::new();
        for (warehouse, moves) in self.tally(item, &everything, lens) {
            let here = all.entry(warehouse).or_default();
            (here.on_hand, here.moves) = (moves.net, moves.positions);
        }
        for (_, reservation) in self.reservations_of(item) {
            let Some(opening) = reservation.opening(lens).filter(|o| o.what.item == item) else { continue };
            let here = all.entry(opening.what.warehouse).or_default();
            for step in reservation.steps(|at, position| at < lens.cut.before && lens.known(position), None) {
                here.reserved += step.delta;
                here.reservations.push(step.position);
            }
        }
        all
    }
    /// What is on hand of an item at a warehouse.
    #[must_use]
    pub fn on_hand(&self, item: &str, warehouse: &str, lens: Lens<'_>) -> Decimal {
        self.here(item, warehouse, lens).on_hand
    }
    /// What is available of an item at a warehouse: on hand and not reserved.
    #[must_use]
    pub fn available(&self, item: &str, warehouse: &str, lens: Lens<'_>) -> Decimal {
        self.here(item, warehouse, lens).available()
    }
    fn here(&self, item: &str, warehouse: &str, lens: Lens<'_>) -> Quantities {
        let (Some(item), Some(warehouse)) = (self.item(item), self.warehouse(warehouse)) else { return Quantities::default() };
        self.quantities(item, lens).remove(&warehouse).unwrap_or_default()
    }
}
