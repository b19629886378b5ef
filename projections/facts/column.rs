//! Facts of one shape about subjects of one kind. Invariant: they stand in order of position, each
//! with a link to the fact of its subject before it; a subject's facts are asked in replay order.
//!
//! ```
//! use sijil_facts::{Column, Cut, Dated, Lens, Voids, ids::Sym};
//! use sijil_schemas::{Position, id::kind, time::Timestamp};
//!
//! let (owners, voids) = (Column::<kind::Client, u32>::default(), Voids::default());
//! let client = Sym::of(0);
//! let at = |micros| Timestamp::from_micros(micros).expect("a moment of our time");
//! owners.push(client, Dated { at: at(2_000), position: Position::new(1), what: 11 });
//! // Recorded later, it was so before.
//! owners.push(client, Dated { at: at(1_000), position: Position::new(2), what: 12 });
//!
//! let now = Lens::new(Cut::all(), &voids);
//! let told: Vec<u32> = owners.of(client).counting(now).map(|fact| fact.what).collect();
//! assert_eq!(told, [12, 11]);
//! assert_eq!(owners.of(client).last(now).map(|fact| fact.what), Some(11));
//! ```

use std::{
    fmt,
    marker::PhantomData,
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
};

use hashbrown::HashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sijil_schemas::{Position, time::Timestamp};

use crate::{
    cells::{Cells, Cursor, Row, narrow},
    chain::Chain,
    cut::{Dated, Lens, Side},
    heads::Heads,
    ids::Sym,
    marks::Marks,
    row_head::{
        BEFORE, COUNT, COUNT_MAX, COUNT_SHIFT, FACT, Head, IN_ORDER, MOMENT, NONE, SUBJECT, counts,
        head_of,
    },
    rows::Store,
    steps,
};

/// The longest chain that is walked row by row; of longer ones the replay order is kept.
pub(crate) const WALK_MAX: usize = 32;

/// Rows in replay order.
pub(crate) type Order = Arc<Vec<u32>>;

/// The facts of one shape about subjects of kind `S`.
pub struct Column<S, T> {
    store: Store,
    heads: Heads,
    /// How many rows are durable, by what was published.
    published: AtomicU32,
    /// The subjects that several rows are about.
    several: Marks,
    /// The replay order of subjects with many facts, by side: an index, made when it is first
    /// wanted, and dropped when facts are taken back.
    orders: [RwLock<HashMap<u32, Order>>; 2],
    /// Of subjects whose newest fact is not in order, the row that is last in replay order.
    peaks: Mutex<HashMap<u32, u32>>,
    of: PhantomData<fn() -> (S, T)>,
}

impl<S, T> Column<S, T> {
    /// The cells of the rows up to a position, row by row, as they are saved.
    fn cells(&self, up_to: Position) -> Vec<u32> {
        let mut cells = self.store.all(up_to);
        cells.chunks_exact_mut(self.store.width()).for_each(|row| row[MOMENT + 1] &= !COUNT);
        cells
    }
}

impl<S, T: Cells> Column<S, T> {
    const WIDTH: usize = FACT + T::CELLS;

    /// Adds a fact; only the one writer does, in order of position. Gives its row.
    pub fn push(&self, subject: Sym<S>, fact: Dated<T>) -> u32 {
        let before = self.heads.decided(subject.number());
        let in_order = self.is_in_order(subject.number(), before, fact.order());
        let mut row = Row::new();
        row.push(narrow(fact.position));
        row.push(before.unwrap_or(NONE));
        row.push(subject.number());
        (fact.at.micros() - Timestamp::MIN.micros()).cast_unsigned().put(&mut row);
        if in_order {
            row[MOMENT + 1] |= IN_ORDER;
        }
        let facts = self.count_after(before);
        row[MOMENT + 1] |= facts << COUNT_SHIFT;
        fact.what.put(&mut row);
        let number = self.store.push(&row);
        self.heads.set(subject.number(), Some(number));
        if before.is_some() {
            self.several.set(subject.number(), true);
        }
        if facts as usize == WALK_MAX + 1 {
            // From now on nobody walks it.
            let _ = self.order_of(subject.number(), Side::Decided);
        } else {
            self.note(subject.number(), Side::Decided, number);
        }
        number
    }
    /// How many facts of a subject there are with the one behind a row.
    fn count_after(&self, before: Option<u32>) -> u32 {
        before.map_or(1, |before| (self.told_count(before) + 1).min(COUNT_MAX))
    }
    #[inline]
    fn told_count(&self, row: u32) -> u32 {
        let moment = self.store.row(row)[MOMENT + 1].load(Ordering::Relaxed);
        (moment & COUNT) >> COUNT_SHIFT
    }
    /// Whether several rows are about a subject, durable or not.
    #[inline]
    pub(crate) fn is_several(&self, subject: u32) -> bool {
        self.several.has(subject)
    }
    /// Whether every earlier fact of a subject comes before a place in replay order.
    fn is_in_order(&self, subject: u32, before: Option<u32>, order: (Timestamp, Position)) -> bool {
        let Some(before) = before else { return true };
        let head = self.head(before);
        if head.in_order {
            return head.order() <= order;
        }
        let mut peaks = self.peaks.lock().unwrap_or_else(PoisonError::into_inner);
        let peak = *peaks.entry(subject).or_insert_with(|| self.peak_of(before));
        let is_in_order = self.head(peak).order() <= order;
        if is_in_order {
            peaks.remove(&subject);
        }
        is_in_order
    }
    /// The row that is last in replay order, of one and those before it.
    fn peak_of(&self, newest: u32) -> u32 {
        let (mut peak, mut next) = (newest, Some(newest));
        while let Some(row) = next {
            let head = self.head(row);
            if head.order() > self.head(peak).order() {
                peak = row;
            }
            next = head.before.filter(|_| !head.in_order);
        }
        peak
    }
    /// Takes note of a new row in the replay order that is kept of its subject.
    fn note(&self, subject: u32, side: Side, number: u32) {
        let orders = &self.orders[side as usize];
        if !orders.read().unwrap_or_else(PoisonError::into_inner).contains_key(&subject) {
            return;
        }
        let mut orders = orders.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(rows) = orders.get_mut(&subject) {
            self.put_in_place(rows, number);
        }
    }
    /// Puts a row in its place in replay order, unless it is there.
    fn put_in_place(&self, rows: &mut Order, number: u32) {
        let order = self.head(number).order();
        let is_last = rows.last().is_none_or(|last| self.head(*last).order() <= order);
        let at = if is_last {
            rows.len()
        } else {
            rows.partition_point(|row| self.head(*row).order() <= order)
        };
        // Whoever made the order just now may have found the row already.
        let mut same = rows[..at].iter().rev().take_while(|row| self.head(**row).order() == order);
        if !same.any(|row| *row == number) {
            Arc::make_mut(rows).insert(at, number);
        }
    }

    /// The facts of a subject.
    pub const fn of(&self, subject: Sym<S>) -> Chain<'_, S, T> {
        Chain::new(self, Some(subject))
    }
    /// The facts of a subject that may never have been named.
    pub const fn of_any(&self, subject: Option<Sym<S>>) -> Chain<'_, S, T> {
        Chain::new(self, subject)
    }
    /// How many facts there are, whether they count or not, durable or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.len() as usize
    }
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Every fact that counts, in order of position: (row, subject, fact).
    pub fn counting<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (u32, Sym<S>, Dated<T>)> + 'a {
        self.told(lens, |head, lens| counts(head, lens))
    }
    /// The facts whose heads are told to be wanted: (row, subject, fact).
    fn told<'a>(
        &'a self,
        lens: Lens<'a>,
        wanted: impl Fn(&Head, Lens<'a>) -> bool + 'a,
    ) -> impl Iterator<Item = (u32, Sym<S>, Dated<T>)> + 'a {
        self.scan(lens).filter(move |(_, head, _)| wanted(head, lens)).map(|(row, head, cells)| {
            let what = T::get(&mut Cursor::new(cells, FACT));
            (row, Sym::of(head.subject), Dated { at: head.at, position: head.position, what })
        })
    }
    /// The rows that count, with what they say but for the facts, in order of position.
    pub(crate) fn heads_counting<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (u32, Head)> + 'a {
        self.scan(lens)
            .filter(move |(_, head, _)| counts(head, lens))
            .map(|(row, head, _)| (row, head))
    }
    /// The same, of those with business dates in an interval.
    pub fn within<'a>(
        &'a self,
        within: Range<Timestamp>,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (u32, Sym<S>, Dated<T>)> + 'a {
        self.told(lens, move |head, lens| within.contains(&head.at) && counts(head, lens))
    }
    /// What every row says but for its fact, whether it counts or not, as a side sees them.
    pub(crate) fn every_head(&self, side: Side) -> impl Iterator<Item = Head> {
        self.store.scan(0, self.there(side)).map(|(_, cells)| {
            steps::tick(1);
            head_of(cells)
        })
    }
    /// Every row up to `known_at`. The first behind it is noted by whoever watches.
    pub(crate) fn scan<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = (u32, Head, &'a [AtomicU32])> {
        let there = self.there(lens.side);
        let until = self.store.until(lens.cut.known_at, there);
        if until < there {
            lens.ends_before(self.head(until).position);
        }
        self.store.scan(0, until).map(|(number, cells)| {
            steps::tick(1);
            (number, head_of(cells), cells)
        })
    }
    /// How many bytes it takes in memory, with what is kept beside the rows.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let kept = |orders: &RwLock<HashMap<u32, Order>>| {
            let orders = orders.read().unwrap_or_else(PoisonError::into_inner);
            orders.values().map(|rows| (rows.capacity() * size_of::<u32>()) as u64).sum::<u64>()
        };
        let rows = self.store.bytes() + self.heads.bytes() + self.several.bytes();
        rows + self.orders.iter().map(kept).sum::<u64>()
    }
    /// How many rows a side can see.
    #[inline]
    fn there(&self, side: Side) -> u32 {
        match side {
            Side::Decided => self.store.len(),
            Side::Durable => self.published.load(Ordering::Acquire),
        }
    }
    #[inline]
    pub(crate) fn head(&self, row: u32) -> Head {
        head_of(self.store.row(row))
    }
    /// The fact of a row.
    #[must_use]
    #[inline]
    pub fn at(&self, row: u32) -> Dated<T> {
        self.read(row).1()
    }
    /// What a row says but for its fact, and the fact, for whoever wants it.
    #[inline]
    pub(crate) fn read(&self, row: u32) -> (Head, impl FnOnce() -> Dated<T>) {
        let cells = self.store.row(row);
        let head = head_of(cells);
        let fact = move || {
            let what = T::get(&mut Cursor::new(cells, FACT));
            Dated { at: head.at, position: head.position, what }
        };
        (head, fact)
    }
    /// The subject of a row.
    #[must_use]
    #[inline]
    pub fn subject(&self, row: u32) -> Sym<S> {
        Sym::of(self.head(row).subject)
    }
    /// The facts, counting or not, of the records at some positions, in order of position:
    /// (subject, fact).
    pub fn recorded(
        &self,
        positions: Range<Position>,
        side: Side,
    ) -> impl Iterator<Item = (Sym<S>, Dated<T>)> {
        let until = |position: Position| match position.get().checked_sub(1) {
            Some(last) => self.store.until(Position::new(last), self.there(side)),
            None => 0,
        };
        (until(positions.start)..until(positions.end)).map(|row| {
            steps::tick(1);
            (self.subject(row), self.at(row))
        })
    }
    #[inline]
    pub(crate) fn newest(&self, subject: u32, side: Side) -> Option<u32> {
        match side {
            Side::Decided => self.heads.decided(subject),
            Side::Durable => {
                let published = self.published.load(Ordering::Acquire);
                self.heads.durable(subject, published, |row| self.head(row).before)
            }
        }
    }
    /// How many facts of a subject are decided.
    pub(crate) fn count(&self, subject: u32) -> usize {
        match self.heads.decided(subject).map_or(0, |newest| self.told_count(newest)) {
            COUNT_MAX => self.order_of(subject, Side::Decided).len(),
            count => count as usize,
        }
    }
    /// Whether a subject has more facts than are walked.
    #[inline]
    pub(crate) fn is_long(&self, subject: u32) -> bool {
        self.is_several(subject)
            && self
                .heads
                .decided(subject)
                .is_some_and(|newest| self.told_count(newest) as usize > WALK_MAX)
    }
    /// The replay order of a subject with many facts.
    pub(crate) fn order_of(&self, subject: u32, side: Side) -> Order {
        let orders = &self.orders[side as usize];
        let kept = orders.read().unwrap_or_else(PoisonError::into_inner).get(&subject).cloned();
        if let Some(order) = kept {
            return order;
        }
        // Whoever publishes waits for nobody who sorts.
        let newest = self.newest(subject, side);
        let mut rows: Vec<u32> = self.walk(newest, None).collect();
        // Rows of one record and subject stand in the order they came.
        rows.sort_unstable_by_key(|row| (self.head(*row).order(), *row));
        let mut orders = orders.write().unwrap_or_else(PoisonError::into_inner);
        let made = || {
            let mut rows = Arc::new(rows);
            // What was published meanwhile found no order to be noted in.
            let since: Vec<u32> = self.walk(self.newest(subject, side), newest).collect();
            since.into_iter().rev().for_each(|row| self.put_in_place(&mut rows, row));
            rows
        };
        orders.entry(subject).or_insert_with(made).clone()
    }
    /// The rows of a subject from one back to another, which is left out.
    fn walk(&self, from: Option<u32>, to: Option<u32>) -> impl Iterator<Item = u32> {
        let mut next = from.filter(|_| from != to);
        std::iter::from_fn(move || {
            let row = next?;
            steps::tick(1);
            next = self.head(row).before.filter(|before| Some(*before) != to);
            Some(row)
        })
    }

    /// Lets readers see the facts of records up to a position; only one thread does, and it may be
    /// another than the one that adds facts of later records meanwhile.
    pub fn publish(&self, up_to: Position) {
        let from = self.published.load(Ordering::Relaxed);
        let to = self.store.until(up_to, self.store.len()).max(from);
        // First: whoever makes a replay order meanwhile finds the rows, or has them noted next.
        self.published.store(to, Ordering::Release);
        let durable = &self.orders[Side::Durable as usize];
        if durable.read().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return;
        }
        for (number, cells) in self.store.scan(from, to) {
            self.note(cells[SUBJECT].load(Ordering::Relaxed), Side::Durable, number);
        }
    }
    /// Takes back the facts of records after a position.
    pub fn truncate(&self, after: Position) {
        let len = self.store.len();
        let keep = self.store.until(after, len);
        if keep == len {
            return;
        }
        debug_assert!(keep >= self.published.load(Ordering::Relaxed), "what is durable stays");
        let decided = &self.orders[Side::Decided as usize];
        let mut orders = decided.write().unwrap_or_else(PoisonError::into_inner);
        let mut peaks = self.peaks.lock().unwrap_or_else(PoisonError::into_inner);
        for row in (keep..len).rev() {
            let head = self.head(row);
            self.heads.set(head.subject, head.before);
            if head.before.is_none_or(|before| self.head(before).before.is_none()) {
                self.several.set(head.subject, false);
            }
            orders.remove(&head.subject);
            peaks.remove(&head.subject);
        }
        self.heads.taken_back();
        self.store.shorten(keep);
    }
    /// The facts of records up to a position, apart; nothing of it is published.
    #[must_use]
    pub fn copy(&self, up_to: Position) -> Self {
        Self::of_cells(&self.cells(up_to)).expect("whole rows")
    }

    fn of_cells(cells: &[u32]) -> Option<Self> {
        let column = Column { store: Store::of(Self::WIDTH, cells)?, ..Column::default() };
        for (number, cells) in column.store.scan(0, column.store.len()) {
            let subject = cells[SUBJECT].load(Ordering::Relaxed);
            let before = column.heads.decided(subject);
            // A row that says another one before it was made by nobody.
            (before.unwrap_or(NONE) == cells[BEFORE].load(Ordering::Relaxed)).then_some(())?;
            cells[MOMENT + 1]
                .fetch_or(column.count_after(before) << COUNT_SHIFT, Ordering::Relaxed);
            column.heads.set(subject, Some(number));
            if before.is_some() {
                column.several.set(subject, true);
            }
        }
        Some(column)
    }
}

impl<S, T: Cells> Default for Column<S, T> {
    fn default() -> Self {
        Column {
            store: Store::new(Self::WIDTH),
            heads: Heads::new(),
            published: AtomicU32::new(0),
            several: Marks::default(),
            orders: Default::default(),
            peaks: Mutex::default(),
            of: PhantomData,
        }
    }
}
impl<S, T: Cells> Clone for Column<S, T> {
    fn clone(&self) -> Self {
        self.copy(Position::MAX)
    }
}
impl<S, T> fmt::Debug for Column<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} facts", self.store.len())
    }
}
impl<S, T> Serialize for Column<S, T> {
    fn serialize<R: Serializer>(&self, s: R) -> Result<R::Ok, R::Error> {
        self.cells(Position::MAX).serialize(s)
    }
}
impl<'de, S, T: Cells> Deserialize<'de> for Column<S, T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let column = Self::of_cells(&<Vec<u32>>::deserialize(d)?);
        column.ok_or_else(|| serde::de::Error::custom("cells that are no whole rows"))
    }
}
