//! Why a number is what it is. Invariant: a number of a report grows only together with the record
//! that makes it grow, so the parts of a sum add up to it.

use std::{
    ops::{AddAssign, SubAssign},
    sync::Arc,
};

use rust_decimal::{Decimal, RoundingStrategy};
use schemars::JsonSchema;
use serde::Serialize;
use sijil_schemas::{
    Position,
    money::{SCALE_MAX, mul_div},
};

use super::{Cell, Context, Value};
use crate::ratio::Ratio;

/// The most places a decimal can have.
const MAX_SCALE: u32 = 28;

/// A record, and what it adds to a number (negative: takes from it).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Where the record stands.
    pub position: Position,
    /// What it adds, in the number's unit.
    pub amount: Decimal,
}

impl Part {
    /// What a record adds.
    #[must_use]
    pub const fn of(position: Position, amount: Decimal) -> Part {
        Part { position, amount }
    }
}

/// What comes to nothing in a number, as a document that is settled in full does: counted, not
/// listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Settled {
    /// Documents whose records come to nothing together.
    pub documents: u64,
    /// Those records.
    pub records: u64,
}

impl AddAssign for Settled {
    fn add_assign(&mut self, other: Settled) {
        self.documents += other.documents;
        self.records += other.records;
    }
}

/// The parts of a number, as they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Gathered {
    parts: Vec<Part>,
    settled: Settled,
}

/// The parts of a number, if they are wanted. Clones share them until one of them grows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts(Option<Shared>);

/// The first so many of some parts: running totals share one list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shared {
    all: Arc<Gathered>,
    first: usize,
}

impl Parts {
    fn wanted(wanted: bool) -> Parts {
        Parts(wanted.then(|| Shared { all: Arc::default(), first: 0 }))
    }
    /// To be changed; none if nobody wants to know.
    fn own(&mut self) -> Option<&mut Gathered> {
        let shared = self.0.as_mut()?;
        let all = Arc::make_mut(&mut shared.all);
        all.parts.truncate(shared.first);
        shared.first = usize::MAX;
        Some(all)
    }
    fn push(&mut self, part: Part) {
        if let Some(all) = self.own() {
            all.parts.push(part);
        }
    }
    fn join(&mut self, other: &Parts, sign: Decimal) {
        let Some(from) = &other.0 else { return };
        if from.all.parts.is_empty() && from.all.settled == Settled::default() {
            return;
        }
        if let Some(all) = self.own() {
            all.parts.extend(
                from.parts().iter().map(|part| Part::of(part.position, part.amount * sign)),
            );
            all.settled += from.all.settled;
        }
    }
    fn document(&mut self, parts: &[Part]) {
        let Some(all) = self.own() else { return };
        if !parts.is_empty() && parts.iter().map(|part| part.amount).sum::<Decimal>().is_zero() {
            all.settled += Settled { documents: 1, records: parts.len() as u64 };
        } else {
            all.parts.extend(parts);
        }
    }
    /// The parts, each record once, in order of position; what comes to nothing is counted. Where
    /// the number is shown rounded, its parts are rounded so that they add up to what is shown:
    /// each down, then the smallest unit one by one to those that lost most, the earliest first.
    #[must_use]
    pub fn listed(&self, shown: Option<Decimal>) -> (Vec<Part>, Settled) {
        let Some(shared) = &self.0 else { return (Vec::new(), Settled::default()) };
        let mut sorted = shared.parts().to_vec();
        sorted.sort_by_key(|part| part.position);
        let mut parts: Vec<Part> = Vec::with_capacity(sorted.len());
        for part in sorted {
            match parts.last_mut().filter(|last| last.position == part.position) {
                Some(last) => last.amount += part.amount,
                None => parts.push(part),
            }
        }
        let mut settled = shared.all.settled;
        parts.retain(|part| {
            let nothing = part.amount.is_zero();
            settled += Settled { documents: u64::from(nothing), records: u64::from(nothing) };
            !nothing
        });
        if let Some(shown) = shown {
            fit(&mut parts, shown);
        }
        (parts, settled)
    }
    /// The positions of all of them.
    pub fn positions(&self) -> impl Iterator<Item = Position> {
        self.0.iter().flat_map(|shared| shared.parts().iter().map(|part| part.position))
    }
}

impl Shared {
    fn parts(&self) -> &[Part] {
        &self.all.parts[..self.first.min(self.all.parts.len())]
    }
}

/// Rounds parts to the places of what is shown, so that they come to it; leaves them if no rounding
/// of them does.
fn fit(parts: &mut [Part], shown: Decimal) {
    let places = shown.scale();
    if parts.iter().map(|part| part.amount).sum::<Decimal>() == shown {
        return;
    }
    let down = |part: &Part| {
        part.amount.round_dp_with_strategy(places, RoundingStrategy::ToNegativeInfinity)
    };
    let unit = Decimal::new(1, places);
    let left = (shown - parts.iter().map(down).sum::<Decimal>()) / unit;
    let Some(left) = usize::try_from(left).ok().filter(|left| *left <= parts.len()) else { return };
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|n| std::cmp::Reverse(parts[*n].amount - down(&parts[*n])));
    for part in &mut *parts {
        part.amount = down(part);
    }
    for n in order.into_iter().take(left) {
        parts[n].amount += unit;
    }
}

/// An amount or quantity with the records that make it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    amount: Decimal,
    parts: Parts,
}

impl Sum {
    /// Nothing yet; the records are kept if somebody wants to know them.
    #[must_use]
    pub fn new(explain: bool) -> Sum {
        Sum { amount: Decimal::ZERO, parts: Parts::wanted(explain) }
    }
    /// How much it is, exact.
    #[must_use]
    pub const fn get(&self) -> Decimal {
        self.amount
    }
    /// Adds the records of one document: if they come to nothing together, they are counted, not
    /// listed.
    pub fn document(&mut self, parts: &[Part]) {
        self.amount += parts.iter().map(|part| part.amount).sum::<Decimal>();
        self.parts.document(parts);
    }
    /// The same with its sign turned.
    #[must_use]
    pub fn negated(&self) -> Sum {
        let mut turned = Sum::new(self.parts.0.is_some());
        turned -= self;
        turned
    }
    /// A sum of nothing, its records wanted if those of this one are.
    #[must_use]
    pub fn nothing(&self) -> Sum {
        Sum::new(self.parts.0.is_some())
    }
    /// So much of it, of each record its share: rounded down to the finest of their places, what is
    /// left one by one to those that lost most.
    #[must_use]
    pub fn share(&self, amount: Decimal) -> Sum {
        let mut part = Sum { amount, parts: self.nothing().parts };
        let (Some(all), Some(shared)) = (part.parts.own(), &self.parts.0) else { return part };
        let places = shared
            .parts()
            .iter()
            .map(|one| one.amount.scale())
            .max()
            .unwrap_or(0)
            .max(amount.scale());
        let finer = (places + SCALE_MAX).min(MAX_SCALE);
        all.parts = shared
            .parts()
            .iter()
            .map(|one| Part::of(one.position, mul_div(one.amount, amount, self.amount, finer)))
            .collect();
        let mut whole = amount;
        whole.rescale(places);
        fit(&mut all.parts, whole);
        part
    }
    /// The same and another.
    #[must_use]
    pub fn plus(&self, other: &Sum) -> Sum {
        let mut both = self.clone();
        both += other;
        both
    }
    /// The same without another.
    #[must_use]
    pub fn minus(&self, other: &Sum) -> Sum {
        let mut rest = self.clone();
        rest -= other;
        rest
    }
    /// The cell that shows it.
    #[must_use]
    pub fn shown(&self, show: impl FnOnce(Decimal) -> Value) -> Cell {
        debug_assert!(
            self.parts.0.as_ref().is_none_or(|shared| shared
                .parts()
                .iter()
                .map(|part| part.amount)
                .sum::<Decimal>()
                == self.amount),
            "the parts of a sum add up to it"
        );
        Cell::made_of(show(self.amount), Behind::Sum(self.parts.clone()))
    }
    /// The totals after each of some steps; they share one list of records.
    #[must_use]
    pub fn running<'s>(explain: bool, steps: impl IntoIterator<Item = &'s Sum>) -> Vec<Sum> {
        let (mut sum, mut ends) = (Sum::new(explain), Vec::new());
        for step in steps {
            sum.amount += step.amount;
            sum.parts.join(&step.parts, Decimal::ONE);
            ends.push((
                sum.amount,
                sum.parts.0.as_ref().map_or(0, |shared| shared.all.parts.len()),
            ));
        }
        if let Some(all) = sum.parts.own() {
            all.settled = Settled::default();
        }
        let share = |first| {
            Parts(sum.parts.0.as_ref().map(|shared| Shared { all: Arc::clone(&shared.all), first }))
        };
        ends.into_iter().map(|(amount, first)| Sum { amount, parts: share(first) }).collect()
    }
}

impl AddAssign<Part> for Sum {
    fn add_assign(&mut self, part: Part) {
        self.amount += part.amount;
        self.parts.push(part);
    }
}
impl SubAssign<Part> for Sum {
    fn sub_assign(&mut self, part: Part) {
        *self += Part::of(part.position, -part.amount);
    }
}
impl AddAssign<&Sum> for Sum {
    fn add_assign(&mut self, other: &Sum) {
        self.amount += other.amount;
        self.parts.join(&other.parts, Decimal::ONE);
    }
}
impl SubAssign<&Sum> for Sum {
    fn sub_assign(&mut self, other: &Sum) {
        self.amount -= other.amount;
        self.parts.join(&other.parts, Decimal::NEGATIVE_ONE);
    }
}

/// How many things, each with the record that makes it one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count {
    n: usize,
    parts: Parts,
}

impl Count {
    /// None yet; the records are kept if somebody wants to know them.
    #[must_use]
    pub fn new(explain: bool) -> Count {
        Count { n: 0, parts: Parts::wanted(explain) }
    }
    /// How many there are.
    #[must_use]
    pub const fn get(&self) -> usize {
        self.n
    }
    /// Adds so many that one record makes.
    pub fn add(&mut self, position: Position, n: usize) {
        self.n += n;
        self.parts.push(Part::of(position, Decimal::from(n as u64)));
    }
    /// The cell that shows it.
    #[must_use]
    pub fn shown(&self) -> Cell {
        Cell::made_of(Value::count(self.n), Behind::Sum(self.parts.clone()))
    }
}

impl AddAssign<Position> for Count {
    fn add_assign(&mut self, position: Position) {
        self.add(position, 1);
    }
}
impl AddAssign<&Count> for Count {
    fn add_assign(&mut self, other: &Count) {
        self.n += other.n;
        self.parts.join(&other.parts, Decimal::ONE);
    }
}

/// A sum or a count: what stands above or below a line.
pub trait Number {
    /// How much it is.
    fn number(&self) -> Decimal;
    /// The records that make it.
    fn parts(&self) -> &Parts;
}

impl Number for Sum {
    fn number(&self) -> Decimal {
        self.amount
    }
    fn parts(&self) -> &Parts {
        &self.parts
    }
}
impl Number for Count {
    fn number(&self) -> Decimal {
        Decimal::from(self.n as u64)
    }
    fn parts(&self) -> &Parts {
        &self.parts
    }
}

/// A value that is one number over another, with the records of both apart; `of` names the one
/// below the line.
#[must_use]
pub fn quotient(value: Value, above: &impl Number, below: &impl Number, of: &'static str) -> Cell {
    Cell::made_of(
        value,
        Behind::Quotient { above: above.parts().clone(), below: below.parts().clone(), of },
    )
}

/// The share of one number in another, as a percentage; null where the other is zero.
#[must_use]
pub fn share(above: &impl Number, below: &impl Number, of: &'static str) -> Cell {
    quotient(Value::percent(Ratio::of(above.number(), below.number())), above, below, of)
}

/// The records that say a value which is no number: a date, a label, the middle of many.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grounds {
    wanted: bool,
    positions: Vec<Position>,
}

impl Grounds {
    /// Adds one record.
    pub fn add(&mut self, position: Position) {
        if self.wanted {
            self.positions.push(position);
        }
    }
    /// Adds what another one collected.
    pub fn join(&mut self, other: &Grounds) {
        if self.wanted {
            self.positions.extend(&other.positions);
        }
    }
    /// The positions, each once, in order.
    fn take(mut self) -> Vec<Position> {
        self.positions.sort_unstable();
        self.positions.dedup();
        self.positions
    }
}

impl Extend<Position> for Grounds {
    fn extend<I: IntoIterator<Item = Position>>(&mut self, positions: I) {
        positions.into_iter().for_each(|position| self.add(position));
    }
}

impl Value {
    /// The value with the records that say it.
    #[must_use]
    pub fn because(self, said: Grounds) -> Cell {
        if said.wanted { Cell::made_of(self, Behind::Said(said.take())) } else { self.into() }
    }
}

/// What is behind a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behind {
    /// Records that add up to it.
    Sum(Parts),
    /// Two numbers, one over the other.
    Quotient {
        /// The number above the line.
        above: Parts,
        /// The number below it.
        below: Parts,
        /// What the number below the line is.
        of: &'static str,
    },
    /// Records that say it.
    Said(Vec<Position>),
}

impl Behind {
    pub(super) const fn is_wanted(&self) -> bool {
        match self {
            Behind::Sum(parts) => parts.0.is_some(),
            Behind::Quotient { above, below, .. } => above.0.is_some() || below.0.is_some(),
            Behind::Said(_) => true,
        }
    }
}

impl Context<'_> {
    /// A sum of nothing.
    #[must_use]
    pub fn sum(&self) -> Sum {
        Sum::new(self.explain)
    }
    /// A count of nothing.
    #[must_use]
    pub fn count(&self) -> Count {
        Count::new(self.explain)
    }
    /// No records that say anything yet.
    #[must_use]
    pub const fn grounds(&self) -> Grounds {
        Grounds { wanted: self.explain, positions: Vec::new() }
    }
    /// These records, which say something.
    #[must_use]
    pub fn said_by(&self, positions: impl IntoIterator<Item = Position>) -> Grounds {
        let mut said = self.grounds();
        positions.into_iter().for_each(|position| said.add(position));
        said
    }
}
