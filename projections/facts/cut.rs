//! Which facts count: the one definition behind both clocks, back-dating, voids and restatement.
//! Invariant: nothing else in this room decides it.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize};
use sijil_schemas::{Position, Record, time::Timestamp};

use crate::{few::Few, steps};
pub use crate::{seen::Seen, voids::Voids};

/// The reader's two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// `as_of`: only what occurred before this moment was true (exclusive; the start of the next
    /// day for a day).
    pub before: Timestamp,
    /// `known_at`: only what stands at or before this position was known.
    pub known_at: Position,
    /// One record that is taken as never recorded: restatement and voids ask what would change
    /// without it.
    pub except: Option<Position>,
}

impl Cut {
    /// Everything known, without a cut on business time.
    #[must_use]
    pub const fn all() -> Cut {
        Cut { before: Timestamp::END, known_at: Position::MAX, except: None }
    }
}

/// A fact with its business date and its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated<T> {
    /// The business date.
    pub at: Timestamp,
    /// The position of the record it came from.
    pub position: Position,
    /// What is true from then on.
    pub what: T,
}

impl<T> Dated<T> {
    /// The fact that a record states.
    pub const fn of(record: &Record, what: T) -> Dated<T> {
        Dated { at: record.envelope.occurred_at, position: record.position, what }
    }
    /// Another fact of the same record.
    pub fn map<U>(self, what: impl FnOnce(T) -> U) -> Dated<U> {
        Dated { at: self.at, position: self.position, what: what(self.what) }
    }
    /// The order for replay: business time, then position.
    pub const fn order(&self) -> (Timestamp, Position) {
        (self.at, self.position)
    }
}

/// Notes, while an answer is made, the nearest position after `known_at` that it depends on. Up to
/// the position before that one the answer is the same, since an answer learns of `known_at` only
/// by asking a lens whether a position is reached, and to every such question the reply stays what
/// it was.
#[derive(Debug)]
pub struct Watch {
    next: AtomicU64,
    asked: AtomicU64,
}

impl Default for Watch {
    fn default() -> Watch {
        Watch { next: AtomicU64::new(u64::MAX), asked: AtomicU64::new(0) }
    }
}

impl Watch {
    fn note(&self, position: Position) {
        self.next.fetch_min(position.get(), Ordering::Relaxed);
    }
    /// The first position after `known_at` from which on the answer may be another; `None` if it is
    /// the same for ever.
    #[must_use]
    pub fn next(&self) -> Option<Position> {
        Some(Position::new(self.next.load(Ordering::Relaxed))).filter(|next| *next < Position::MAX)
    }
    /// How many positions were asked about: a measure of the work that does not depend on the
    /// machine.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Whose facts are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What was decided, whether it is durable or not: the writer's.
    Decided = 0,
    /// What is durable: everybody else's.
    Durable = 1,
}

/// A cut together with the voids it needs.
#[derive(Debug, Clone, Copy)]
pub struct Lens<'a> {
    /// The reader's clocks.
    pub cut: Cut,
    /// Whose facts are seen.
    pub side: Side,
    /// The voids, of any time.
    pub voids: &'a Voids,
    /// Which records are seen; `None` is all of them.
    pub seen: Option<&'a Seen>,
    /// Who wants to know what the answer depends on.
    pub watch: Option<&'a Watch>,
}

impl<'a> Lens<'a> {
    /// A lens that nobody watches.
    #[must_use]
    pub const fn new(cut: Cut, voids: &'a Voids) -> Lens<'a> {
        Lens { cut, side: Side::Decided, voids, seen: None, watch: None }
    }
    /// Whether the record was known and stood: at or before `known_at`, not voided by then, not
    /// excepted. Effective-dated configuration is cut by this alone.
    #[must_use]
    #[inline]
    pub fn known(&self, position: Position) -> bool {
        if self.voids.is_plain(position) {
            return self.sees(position)
                && self.is_reached(position)
                && self.cut.except != Some(position);
        }
        self.recorded(position) && self.void_of(position).is_none()
    }
    /// Whether the record was known, voided or not: at or before `known_at`, not excepted.
    #[must_use]
    #[inline]
    pub fn recorded(&self, position: Position) -> bool {
        self.reached(position) && self.cut.except != Some(position)
    }
    /// The void of a record, if it was known.
    #[must_use]
    #[inline]
    pub fn void_of(&self, position: Position) -> Option<Position> {
        self.voids.of(position).filter(|void| self.recorded(*void))
    }
    /// Whether a position, or the last part of the document that was opened there, is at or before
    /// `known_at`, and seen. Nothing else compares the two, so that a watch misses nothing.
    #[must_use]
    #[inline]
    pub fn reached(&self, position: Position) -> bool {
        self.sees(position) && self.is_reached(self.voids.whole(position))
    }
    /// Whether a record is among those that are seen.
    #[must_use]
    #[inline]
    pub fn sees(&self, position: Position) -> bool {
        self.seen.is_none_or(|seen| seen.has(position))
    }
    #[inline]
    fn is_reached(&self, position: Position) -> bool {
        let reached = position <= self.cut.known_at;
        if let Some(watch) = self.watch {
            watch.asked.fetch_add(1, Ordering::Relaxed);
            if !reached {
                watch.note(position);
            }
        }
        reached
    }
    /// Tells whoever watches that the first fact left out for `known_at` stands at a position.
    pub(crate) fn ends_before(&self, position: Position) {
        if let Some(watch) = self.watch {
            watch.note(self.voids.whole(position));
        }
    }
    /// The same, but knowing nothing that was recorded after a position.
    #[must_use]
    pub fn known_by(self, position: Position) -> Self {
        // Where nothing later can become known, nothing later needs to be watched.
        let watch = self.watch.filter(|_| position > self.cut.known_at);
        Lens { cut: Cut { known_at: self.cut.known_at.min(position), ..self.cut }, watch, ..self }
    }
    /// Whether a fact counts: known, and not after the `as_of` cut.
    #[must_use]
    pub fn counts<T>(&self, fact: &Dated<T>) -> bool {
        fact.at < self.cut.before && self.known(fact.position)
    }
    /// The same clocks with `as_of` at the end of a moment: what counted when something with this
    /// business date happened.
    #[must_use]
    pub fn until(self, at: Timestamp) -> Self {
        Lens { cut: Cut { before: at.next().min(self.cut.before), ..self.cut }, ..self }
    }
}

/// Facts of one thing, kept in replay order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts<T>(Few<Dated<T>>);

impl<T> Default for Facts<T> {
    fn default() -> Self {
        Facts(Few::default())
    }
}

impl<T> Facts<T> {
    /// Puts a fact in its place; a back-dated one falls between older ones.
    pub fn insert(&mut self, fact: Dated<T>) {
        let there = self.0.unseen();
        let at = if there.last().is_none_or(|last| last.order() <= fact.order()) {
            there.len()
        } else {
            there.partition_point(|f| f.order() <= fact.order())
        };
        self.0.insert(at, fact);
    }
    /// Takes back the facts of records after a position.
    pub fn truncate(&mut self, after: Position) {
        self.0.retain(|fact| fact.position <= after);
    }
    /// How many facts there are, whether they count or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.unseen().len()
    }
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.unseen().is_empty()
    }
    /// All facts in replay order, whether they count or not. Whoever takes them has looked at all
    /// of them.
    #[must_use]
    pub fn all(&self) -> &[Dated<T>] {
        &self.0
    }
    /// The last fact in replay order, whether it counts or not.
    #[must_use]
    pub fn newest(&self) -> Option<&Dated<T>> {
        steps::tick(1);
        self.0.unseen().last()
    }
    /// Whether a fact, counting or not, stands at a place in replay order.
    #[must_use]
    pub fn holds(&self, order: (Timestamp, Position)) -> bool {
        self.0.unseen().binary_search_by_key(&order, Dated::order).is_ok()
    }
    /// The facts, counting or not, at a place in replay order: several if one record states
    /// several.
    pub fn at(&self, order: (Timestamp, Position)) -> impl Iterator<Item = &Dated<T>> {
        let there = self.0.unseen();
        let from = there.partition_point(|f| f.order() < order);
        steps::each(there[from..].iter()).take_while(move |f| f.order() == order)
    }
    /// Whether any fact, counting or not, has its business date in an interval: nothing can have
    /// happened in one that holds none.
    #[must_use]
    pub fn any_within(&self, within: &Range<Timestamp>) -> bool {
        let there = self.0.unseen();
        let from = if there.last().is_none_or(|last| last.at < within.start) {
            there.len()
        } else {
            there.partition_point(|f| f.at < within.start)
        };
        there.get(from).is_some_and(|first| first.at < within.end)
    }
    /// The facts that count, in replay order.
    pub fn counting<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl DoubleEndedIterator<Item = &'a Dated<T>> + 'a {
        let there = self.0.unseen();
        let end = there.partition_point(|f| f.at < lens.cut.before);
        steps::each(there[..end].iter()).filter(move |f| lens.known(f.position))
    }
    /// The first known fact that began after a moment.
    #[must_use]
    pub fn first_after(&self, at: Timestamp, lens: Lens<'_>) -> Option<&Dated<T>> {
        let there = self.0.unseen();
        let begun = there.partition_point(|f| f.at <= at);
        steps::each(there[begun..].iter()).find(|f| lens.known(f.position))
    }
    /// The last known fact that began at or before a moment; configuration is cut by `known_at`
    /// alone.
    #[must_use]
    pub fn in_force(&self, at: Timestamp, lens: Lens<'_>) -> Option<&Dated<T>> {
        let there = self.0.unseen();
        let begun = there.partition_point(|f| f.at <= at);
        steps::each(there[..begun].iter()).rfind(|f| lens.known(f.position))
    }
    /// The last known fact, of any business date.
    #[must_use]
    pub fn newest_known(&self, lens: Lens<'_>) -> Option<&Dated<T>> {
        steps::each(self.0.unseen().iter()).rfind(|f| lens.known(f.position))
    }
    /// The facts that are known, of any business date, in replay order: configuration is cut by
    /// `known_at` alone.
    pub fn known<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl DoubleEndedIterator<Item = &'a Dated<T>> + 'a {
        steps::each(self.0.unseen().iter()).filter(move |f| lens.known(f.position))
    }
    /// The facts before a place in replay order that count, in replay order.
    pub fn before<'a>(
        &'a self,
        order: (Timestamp, Position),
        lens: Lens<'a>,
    ) -> impl DoubleEndedIterator<Item = &'a Dated<T>> + 'a {
        let there = self.0.unseen();
        let end = there.partition_point(|f| f.order() < order);
        steps::each(there[..end].iter()).filter(move |f| lens.counts(f))
    }
    /// The facts at or after a place in replay order that count, in replay order.
    pub fn after<'a>(
        &'a self,
        order: (Timestamp, Position),
        lens: Lens<'a>,
    ) -> impl DoubleEndedIterator<Item = &'a Dated<T>> + 'a {
        let there = self.0.unseen();
        let from = there.partition_point(|f| f.order() < order);
        steps::each(there[from..].iter()).filter(move |f| lens.counts(f))
    }
    /// The facts with business dates in an interval that count, in replay order.
    pub fn within<'a>(
        &'a self,
        within: Range<Timestamp>,
        lens: Lens<'a>,
    ) -> impl DoubleEndedIterator<Item = &'a Dated<T>> + 'a {
        let there = self.0.unseen();
        let (from, end) = (
            there.partition_point(|f| f.at < within.start),
            there.partition_point(|f| f.at < within.end),
        );
        steps::each(there[from..end.max(from)].iter()).filter(move |f| lens.counts(f))
    }
    /// The last fact that counts: what is in force.
    #[must_use]
    pub fn last<'a>(&'a self, lens: Lens<'a>) -> Option<&'a Dated<T>> {
        self.counting(lens).next_back()
    }
    /// Whether any fact counts.
    #[must_use]
    pub fn any(&self, lens: Lens<'_>) -> bool {
        self.last(lens).is_some()
    }
}
