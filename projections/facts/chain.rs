//! The facts of one subject, asked in replay order. Invariant: every question gives what a walk
//! over all of them would; a question about the end of a long life does not walk it.

use std::ops::Range;

use sijil_schemas::{Position, time::Timestamp};
use smallvec::SmallVec;

use crate::{
    cells::Cells,
    column::{Column, Order, WALK_MAX},
    cut::{Dated, Lens, Side},
    ids::Sym,
    steps,
};

/// A place in replay order.
type Place = (Timestamp, Position);

/// The facts of one subject.
#[derive(Debug)]
pub struct Chain<'a, S, T> {
    column: &'a Column<S, T>,
    subject: Option<Sym<S>>,
}

impl<S, T> Clone for Chain<'_, S, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<S, T> Copy for Chain<'_, S, T> {}

/// Rows in replay order: few, or a stretch of many.
#[derive(Debug, Clone)]
enum Found {
    Few(SmallVec<[u32; WALK_MAX]>),
    Many(Order),
}

impl Found {
    #[inline]
    fn rows(&self) -> &[u32] {
        match self {
            Found::Few(rows) => rows,
            Found::Many(rows) => rows,
        }
    }
}

/// Which facts are told.
#[derive(Debug, Clone, Copy)]
enum Which<'a> {
    /// All of them, whether they count or not.
    All,
    /// Those that are known, of any business date.
    Known(Lens<'a>),
    /// Those that count.
    Counting(Lens<'a>),
}

/// Facts in replay order, read as they are asked for.
#[derive(Debug, Clone)]
pub struct Told<'a, S, T> {
    column: &'a Column<S, T>,
    which: Which<'a>,
    found: Found,
    within: Range<usize>,
}

impl<S, T: Cells> Told<'_, S, T> {
    #[inline]
    fn tell(&self, at: usize) -> Option<Dated<T>> {
        let (head, fact) = self.column.read(self.found.rows()[at]);
        steps::tick(1);
        let told = match self.which {
            Which::All => true,
            Which::Known(lens) => lens.known(head.position),
            Which::Counting(lens) => head.at < lens.cut.before && lens.known(head.position),
        };
        told.then(fact)
    }
}

impl<S, T: Cells> Iterator for Told<'_, S, T> {
    type Item = Dated<T>;
    fn next(&mut self) -> Option<Dated<T>> {
        loop {
            let at = self.within.next()?;
            if let Some(fact) = self.tell(at) {
                return Some(fact);
            }
        }
    }
}
impl<S, T: Cells> DoubleEndedIterator for Told<'_, S, T> {
    fn next_back(&mut self) -> Option<Dated<T>> {
        loop {
            let at = self.within.next_back()?;
            if let Some(fact) = self.tell(at) {
                return Some(fact);
            }
        }
    }
}

impl<'a, S, T: Cells> Chain<'a, S, T> {
    #[inline]
    pub(crate) const fn new(column: &'a Column<S, T>, subject: Option<Sym<S>>) -> Self {
        Chain { column, subject }
    }
    /// Its newest row.
    #[inline]
    fn newest_row(&self, side: Side) -> Option<u32> {
        self.column.newest(self.subject?.number(), side)
    }
    /// Its number, if it has more facts than are walked.
    #[inline]
    fn long(&self) -> Option<u32> {
        self.subject.map(Sym::number).filter(|subject| self.column.is_long(*subject))
    }
    /// All rows, in replay order.
    fn found(&self, side: Side) -> Found {
        if let Some(subject) = self.long() {
            return Found::Many(self.column.order_of(subject, side));
        }
        let (mut rows, mut next, mut in_order) = (SmallVec::new(), self.newest_row(side), true);
        while let Some(row) = next {
            let head = self.column.head(row);
            rows.push(row);
            in_order &= head.in_order;
            next = head.before;
        }
        rows.reverse();
        if !in_order {
            rows.sort_unstable_by_key(|row| (self.column.head(*row).order(), *row));
        }
        Found::Few(rows)
    }
    fn told(
        self,
        side: Side,
        which: Which<'a>,
        within: impl FnOnce(&dyn Fn(&dyn Fn(Place) -> bool) -> usize, usize) -> Range<usize>,
    ) -> Told<'a, S, T> {
        let found = self.found(side);
        let rows = found.rows();
        // How many of the first rows stand at a place that is told to be one of them.
        let until = |is_before: &dyn Fn(Place) -> bool| {
            rows.partition_point(|row| is_before(self.column.head(*row).order()))
        };
        let within = within(&until, rows.len());
        let within = within.start..within.end.max(within.start);
        Told { column: self.column, which, found, within }
    }

    /// How many facts there are, whether they count or not.
    #[must_use]
    pub fn len(&self, side: Side) -> usize {
        match (self.subject, side) {
            (Some(subject), Side::Decided) => self.column.count(subject.number()),
            _ => self.found(side).rows().len(),
        }
    }
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self, side: Side) -> bool {
        self.newest_row(side).is_none()
    }
    /// Whether there are several.
    #[must_use]
    pub fn is_many(&self, side: Side) -> bool {
        // What is in flight alone makes no two that are durable.
        self.subject.is_some_and(|subject| self.column.is_several(subject.number()))
            && self.newest_row(side).is_some_and(|row| self.column.head(row).before.is_some())
    }
    /// All facts in replay order, whether they count or not.
    #[must_use]
    pub fn all(self, side: Side) -> Told<'a, S, T> {
        self.told(side, Which::All, |_, len| 0..len)
    }
    /// The rows of all facts, whether they count or not, in replay order.
    #[must_use]
    #[inline]
    pub fn rows(&self, side: Side) -> Vec<u32> {
        let found = self.found(side);
        steps::tick(found.rows().len());
        found.rows().to_vec()
    }
    /// The fact that was recorded last, whether it counts or not.
    #[must_use]
    pub fn recorded_last(&self, side: Side) -> Option<Dated<T>> {
        steps::tick(1);
        self.newest_row(side).map(|row| self.column.at(row))
    }
    /// Whether a fact, counting or not, stands at a place in replay order.
    #[must_use]
    pub fn holds(self, place: Place, side: Side) -> bool {
        self.at(place, side).next().is_some()
    }
    /// The facts, counting or not, at a place in replay order: several if one record states several
    /// things.
    #[must_use]
    pub fn at(self, place: Place, side: Side) -> Told<'a, S, T> {
        self.told(side, Which::All, |until, _| until(&|of| of < place)..until(&|of| of <= place))
    }
    /// Whether any fact, counting or not, has its business date in an interval: nothing can have
    /// happened in one that holds none.
    #[must_use]
    pub fn any_within(&self, within: &Range<Timestamp>, side: Side) -> bool {
        let Some(newest) = self.newest_row(side) else { return false };
        let head = self.column.head(newest);
        if head.in_order && head.at < within.start {
            return false;
        }
        let found = self.found(side);
        let at = |row: &u32| self.column.head(*row).at;
        let from = found.rows().partition_point(|row| at(row) < within.start);
        found.rows().get(from).is_some_and(|row| at(row) < within.end)
    }
    /// The facts that count, in replay order.
    #[must_use]
    pub fn counting(self, lens: Lens<'a>) -> Told<'a, S, T> {
        let before = lens.cut.before;
        if before == Timestamp::END {
            return self.told(lens.side, Which::Counting(lens), |_, len| 0..len);
        }
        self.told(lens.side, Which::Counting(lens), |until, _| 0..until(&|of| of.0 < before))
    }
    /// The facts that are known, of any business date, in replay order: configuration is cut by
    /// `known_at` alone.
    #[must_use]
    pub fn known(self, lens: Lens<'a>) -> Told<'a, S, T> {
        self.told(lens.side, Which::Known(lens), |_, len| 0..len)
    }
    /// The facts before a place in replay order that count, in replay order.
    #[must_use]
    pub fn before(self, place: Place, lens: Lens<'a>) -> Told<'a, S, T> {
        self.told(lens.side, Which::Counting(lens), |until, _| 0..until(&|of| of < place))
    }
    /// The facts at or after a place in replay order that count, in replay order.
    #[must_use]
    pub fn after(self, place: Place, lens: Lens<'a>) -> Told<'a, S, T> {
        self.told(lens.side, Which::Counting(lens), |until, len| until(&|of| of < place)..len)
    }
    /// The facts with business dates in an interval that count, in replay order.
    #[must_use]
    pub fn within(self, within: Range<Timestamp>, lens: Lens<'a>) -> Told<'a, S, T> {
        self.told(lens.side, Which::Counting(lens), |until, _| {
            until(&|of| of.0 < within.start)..until(&|of| of.0 < within.end)
        })
    }
    /// The last known fact that began at or before a moment; configuration is cut by `known_at`
    /// alone.
    #[must_use]
    pub fn in_force(self, at: Timestamp, lens: Lens<'a>) -> Option<Dated<T>> {
        self.last_of(lens.side, at.next(), lens)
    }
    /// The last known fact, of any business date.
    #[must_use]
    pub fn newest_known(self, lens: Lens<'a>) -> Option<Dated<T>> {
        self.last_of(lens.side, Timestamp::END, lens)
    }
    /// The last fact that counts: what is in force.
    #[must_use]
    pub fn last(self, lens: Lens<'a>) -> Option<Dated<T>> {
        self.last_of(lens.side, lens.cut.before, lens)
    }
    /// Whether any fact counts.
    #[must_use]
    pub fn any(self, lens: Lens<'a>) -> bool {
        self.last_row(lens.side, lens.cut.before, lens).is_some()
    }
    /// The last known fact in replay order of those before a moment.
    fn last_of(self, side: Side, before: Timestamp, lens: Lens<'_>) -> Option<Dated<T>> {
        self.last_row(side, before, lens).map(|row| self.column.at(row))
    }
    fn last_row(self, side: Side, before: Timestamp, lens: Lens<'_>) -> Option<u32> {
        if let Some(subject) = self.long() {
            let order = self.column.order_of(subject, side);
            let end = order.partition_point(|row| self.column.head(*row).at < before);
            return steps::each(order[..end].iter().copied())
                .rfind(|row| lens.known(self.column.head(*row).position));
        }
        let (mut best, mut next) = (None, self.newest_row(side));
        while let Some(row) = next {
            let head = self.column.head(row);
            steps::tick(1);
            if best.is_none_or(|(place, _)| place < head.order())
                && head.at < before
                && lens.known(head.position)
            {
                best = Some((head.order(), row));
            }
            // Nothing earlier follows this one in replay order.
            if head.in_order && best.is_some_and(|(place, _)| place >= head.order()) {
                break;
            }
            next = head.before;
        }
        best.map(|(_, row)| row)
    }
}
