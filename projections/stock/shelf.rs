//! Running quantities, as known now. Invariant: `after` of each entry is the quantity after it, entries standing in replay order; nothing voided has an entry.
//!
//! A shelf answers the rules, which must know the quantity at any moment without walking a long history for every event. Reports ask the facts.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sijil_schemas::{Position, time::Timestamp};

use super::moves::Step;
use crate::steps;

/// One change of a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The business date.
    pub at: Timestamp,
    /// The record.
    pub position: Position,
    /// The change.
    pub step: Step,
    /// The quantity after it.
    #[serde(with = "crate::exact")]
    pub after: Decimal,
}

impl Entry {
    const fn order(&self) -> (Timestamp, Position) {
        (self.at, self.position)
    }
}

/// A quantity that changes, as known now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf(Vec<Entry>);

impl Shelf {
    /// Puts a change in its place and carries it forward.
    pub(super) fn insert(&mut self, at: Timestamp, position: Position, step: Step) {
        let index = self.0.partition_point(|e| e.order() <= (at, position));
        self.0.insert(index, Entry { at, position, step, after: Decimal::ZERO });
        self.carry(index);
    }
    /// Takes a change out; nothing if there is none like it.
    pub(super) fn remove(&mut self, at: Timestamp, position: Position, step: Step) {
        let from = self.0.partition_point(|e| e.order() < (at, position));
        let same = self.0[from..].iter().take_while(|e| e.order() == (at, position)).position(|e| e.step == step);
        if let Some(index) = same.map(|n| from + n) {
            self.0.remove(index);
            self.carry(index);
        }
    }
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
    fn carry(&mut self, from: usize) {
        let mut running = self.before(from);
        for entry in &mut self.0[from..] {
            steps::tick(1);
            running = entry.step.after(running);
            entry.after = running;
        }
    }
    fn before(&self, index: usize) -> Decimal {
        index.checked_sub(1).map_or(Decimal::ZERO, |i| self.0[i].after)
    }
    /// All changes, in replay order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        steps::tick(self.0.len());
        &self.0
    }
    /// The quantity just before a moment of replay.
    #[must_use]
    pub fn at(&self, order: (Timestamp, Position)) -> Decimal {
        self.before(self.0.partition_point(|e| e.order() < order))
    }
    /// The quantity now.
    #[must_use]
    pub fn now(&self) -> Decimal {
        self.before(self.0.len())
    }
    /// The changes from a moment of replay on, with the quantities after them if the changes of `without` had never been and `extra` came first: (entry, quantity).
    pub fn judged<'a>(&'a self, order: (Timestamp, Position), extra: &[Step], without: Option<Position>) -> impl Iterator<Item = (&'a Entry, Decimal)> + 'a {
        let from = self.0.partition_point(|e| e.order() < order);
        let running = extra.iter().fold(self.before(from), |q, step| step.after(q));
        steps::each(self.0[from..].iter()).filter(move |e| without != Some(e.position)).scan(running, |q, entry| {
            *q = entry.step.after(*q);
            Some((entry, *q))
        })
    }
}
