//! Running quantities, as known now. Invariant: they are those of a walk over the changes in replay
//! order; nothing voided is among the changes.
//!
//! A shelf answers the rules, which must know the quantity at any moment without walking a long
//! history for every event. Reports ask the facts.

use rust_decimal::Decimal;
use sijil_projections::{
    stock::Step,
    summed::{Entry as SummedEntry, Stretch, Summed},
};
use sijil_schemas::{Position, time::Timestamp};

use super::{Order, free::Laid};

/// One change of a quantity, with what there is after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The business date.
    pub at: Timestamp,
    /// The record.
    pub position: Position,
    /// The change.
    pub step: Step,
    /// The quantity after it.
    pub after: Decimal,
}

/// Changes of a quantity one after the other, as one change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Run {
    /// Whether one of them says how many there are.
    is_set: bool,
    /// How many more there are after them, or how many if that is said.
    by: Decimal,
    /// The least after one that takes, before it is said how many there are; from zero at the
    /// beginning.
    least: Option<Decimal>,
}

/// One change, as it stands in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change(Step);

impl SummedEntry<Order> for Change {
    type Sum = Run;
    fn sum(&self, _: Order) -> Run {
        match self.0 {
            Step::By(by) => Run { is_set: false, by, least: self.0.takes().then_some(by) },
            Step::To(counted) => Run { is_set: true, by: counted, least: None },
        }
    }
}

impl Stretch for Run {
    fn then(&self, next: &Run) -> Run {
        let later = next.least.filter(|_| !self.is_set).map(|least| self.by + least);
        let by = if next.is_set { next.by } else { self.by + next.by };
        Run {
            is_set: self.is_set || next.is_set,
            by,
            least: self.least.into_iter().chain(later).min(),
        }
    }
}

/// A quantity that changes, as known now.
#[derive(Debug, Clone, Default)]
pub struct Shelf(Summed<Order, Change>);

impl Shelf {
    /// Puts a change in its place.
    pub(super) fn insert(&mut self, at: Timestamp, position: Position, step: Step) {
        self.0.insert((at, position), Change(step));
    }
    /// Takes a change out; `false` if there is none like it.
    pub(super) fn remove(&mut self, at: Timestamp, position: Position, step: Step) -> bool {
        self.0.remove((at, position), |change| change.0 == step).is_some()
    }
    /// Every change with its place, in replay order.
    pub(super) fn steps(&self) -> impl Iterator<Item = (Order, Step)> {
        self.0.iter().map(|(order, change)| (*order, change.0))
    }
    /// Whether no fact ever changed the quantity, voided ones among them taken out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.last().is_none()
    }
    /// All changes, in replay order.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.judged((Timestamp::MIN, Position::new(0)), &[], None).map(|(entry, _)| entry)
    }
    /// The quantity just before a moment of replay.
    #[must_use]
    pub fn at(&self, order: Order) -> Decimal {
        self.0.before(order).by
    }
    /// The quantity now.
    #[must_use]
    pub fn now(&self) -> Decimal {
        self.0.whole().by
    }
    /// Whether so many fewer at a moment leave every later change that takes what it takes, up to
    /// where it is said how many there are.
    #[must_use]
    pub fn bears(&self, order: Order, before: Decimal, fewer: Decimal) -> bool {
        self.0.since(order).least.is_none_or(|least| before + least >= fewer)
    }
    /// The changes from a moment of replay on, with the quantities after them if the changes of
    /// `without` had never been and `extra` came first: (entry, quantity).
    pub fn judged(
        &self,
        order: Order,
        extra: &[Step],
        without: Option<Position>,
    ) -> impl Iterator<Item = (Entry, Decimal)> {
        let before = self.at(order);
        let running = extra.iter().fold(before, |q, step| step.after(q));
        let all = self.0.iter_since(order).scan(before, |after, ((at, position), change)| {
            let step = change.0;
            *after = step.after(*after);
            Some(Entry { at: *at, position: *position, step, after: *after })
        });
        all.filter(move |e| without != Some(e.position)).scan(running, |q, entry| {
            *q = entry.step.after(*q);
            Some((entry, *q))
        })
    }
}

/// What there is of an item at a warehouse, and what of it is reserved.
#[derive(Debug, Clone, Default)]
pub struct Stand {
    on_hand: Shelf,
    held: Shelf,
    /// Both together, where anything was ever reserved.
    free: Option<Summed<Order, Laid>>,
}

impl Stand {
    /// The quantities on hand of an item in a warehouse, reserved units among them.
    #[must_use]
    pub const fn on_hand(&self) -> &Shelf {
        &self.on_hand
    }
    /// What of it is reserved.
    #[must_use]
    pub const fn held(&self) -> &Shelf {
        &self.held
    }
    pub(super) fn move_by(&mut self, at: Timestamp, position: Position, step: Step) {
        self.on_hand.insert(at, position, step);
        if let Some(free) = &mut self.free {
            free.insert((at, position), Laid::Moved(step));
        }
    }
    pub(super) fn unmove(&mut self, at: Timestamp, position: Position, step: Step) {
        if self.on_hand.remove(at, position, step)
            && let Some(free) = &mut self.free
        {
            free.remove((at, position), |one| *one == Laid::Moved(step));
        }
    }
    pub(super) fn hold(&mut self, at: Timestamp, position: Position, delta: Decimal) {
        self.held.insert(at, position, Step::By(delta));
        match &mut self.free {
            Some(free) => free.insert((at, position), Laid::Held(delta)),
            None => self.join(),
        }
    }
    pub(super) fn unhold(&mut self, at: Timestamp, position: Position, delta: Decimal) {
        if self.held.remove(at, position, Step::By(delta))
            && let Some(free) = &mut self.free
        {
            free.remove((at, position), |one| *one == Laid::Held(delta));
        }
    }
    /// Lays the changes of what is there and of what is reserved into one list, from the first
    /// reservation on.
    fn join(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let mut free = Summed::default();
        self.on_hand.steps().for_each(|(order, step)| free.insert(order, Laid::Moved(step)));
        for (order, step) in self.held.steps() {
            if let Step::By(delta) = step {
                free.insert(order, Laid::Held(delta));
            }
        }
        self.free = Some(free);
    }
    /// The least that is there and not reserved from a place in replay order on: just before it,
    /// and at the end of each moment; up to where it is said how many there are, or after that too.
    /// `None` where nothing was ever reserved, so that nobody laid both together.
    #[must_use]
    pub fn least_free(&self, order: Order, after_counts: bool) -> Option<Decimal> {
        let (on_hand, held) = (self.on_hand.at(order), self.held.at(order));
        let later = self.free.as_ref()?.since(order).least(on_hand, held, after_counts);
        Some(later.map_or(on_hand - held, |least| least.min(on_hand - held)))
    }
}
