//! Base amounts: what the rate of a document makes of it and of each part of it. Invariant: a
//! document is rounded once; whatever reduces it takes its share of what is left, and what takes
//! all that is left takes the last cent of it, so a document settled in full is 0 in base.
//!
//! Every report and every posting asks here, and only adds what it is told: so rows add up to
//! totals, and reports agree with the trial balance.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    money::{Currency, SCALE_MAX, mul_div, round, split},
    time::Timestamp,
};

use crate::{company::Company, cut::Lens, report::ReportError};

/// Decimal places of a weight: fine enough for the share of a cent in any document.
const WEIGHT_PLACES: u32 = 12;

/// The currency that amounts of a document are counted in, and the worth of one of its own units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rated {
    /// The currency of what it makes.
    pub currency: Currency,
    rate: Decimal,
    places: u32,
}

impl Rated {
    /// Amounts as they are, in their own currency.
    #[must_use]
    pub const fn own(currency: Currency) -> Rated {
        Rated { currency, rate: Decimal::ONE, places: SCALE_MAX }
    }
    /// Amounts in a currency, one unit of the document's own at this rate, rounded to so many
    /// places.
    #[must_use]
    pub const fn at(currency: Currency, rate: Decimal, places: u32) -> Rated {
        Rated { currency, rate, places }
    }
    /// Amounts in the base currency, at the rate in force at the date of a document as known at its
    /// own position; in their own currency before the ledger is open. A rate that is missing is a
    /// refusal.
    pub fn base(
        company: &Company,
        lens: Lens<'_>,
        currency: Currency,
        (at, position): (Timestamp, Position),
    ) -> Result<Rated, ReportError> {
        let Some(base) = company.base() else { return Ok(Rated::own(currency)) };
        let missing = || ReportError::MissingRate {
            currency: currency.to_string(),
            on: at.date(&company.zone()).to_string(),
        };
        let rate = company.rate(currency, at, lens, position).ok_or_else(missing)?;
        Ok(Rated { currency: base, rate, places: base.minor_unit() })
    }
    /// The rate itself: units of [`Rated::currency`] for one own unit.
    #[must_use]
    pub const fn rate(self) -> Decimal {
        self.rate
    }
    /// A whole amount, rounded once, half away from zero.
    #[must_use]
    pub fn whole(self, own: Decimal) -> Decimal {
        if self.rate == Decimal::ONE {
            round(own, self.places)
        } else {
            mul_div(own, self.rate, Decimal::ONE, self.places)
        }
    }
    /// Portions of a whole that was rounded already, by the split rule: they sum to it.
    #[must_use]
    pub fn shares(self, whole: Decimal, weights: &[Decimal]) -> Vec<Decimal> {
        let exact = weights.iter().sum::<Decimal>() == whole
            && weights.iter().all(|w| w.normalize().scale() <= self.places);
        if exact { weights.to_vec() } else { split(whole, weights, self.places) }
    }
    /// A whole amount rounded once, and its parts.
    #[must_use]
    pub fn parts(self, own: &[Decimal]) -> Vec<Decimal> {
        self.shares(self.whole(own.iter().sum()), own)
    }
    /// Net and tax of lines, rounded once as one document: the whole is split into net and tax, and
    /// each of these over the lines.
    #[must_use]
    pub fn lines(self, lines: &[(Decimal, Decimal)]) -> Vec<(Decimal, Decimal)> {
        let (nets, taxes): (Vec<Decimal>, Vec<Decimal>) = lines.iter().copied().unzip();
        let whole = self.parts(&[nets.iter().sum(), taxes.iter().sum()]);
        self.shares(whole[0], &nets).into_iter().zip(self.shares(whole[1], &taxes)).collect()
    }
}

/// What is left of a document or of a part of it, in its own currency and as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    rated: Rated,
    own: Decimal,
    base: Decimal,
}

impl Left {
    /// Nothing yet.
    #[must_use]
    pub const fn nothing(rated: Rated) -> Left {
        Left { rated, own: Decimal::ZERO, base: Decimal::ZERO }
    }
    /// What is left of it in its own currency.
    #[must_use]
    pub const fn own(self) -> Decimal {
        self.own
    }
    /// What is left of it as it is counted.
    #[must_use]
    pub const fn base(self) -> Decimal {
        self.base
    }
    /// Adds a whole amount at the document's rate, and says what it is as it is counted.
    pub fn open(&mut self, own: Decimal) -> Decimal {
        let base = self.rated.whole(own);
        self.give(own, base)
    }
    /// The share of a part in what is left, to some decimal places; what is beyond it, which only
    /// an illegal history has, is at the document's rate.
    fn share(self, part: Decimal, places: u32) -> Decimal {
        if part == self.own {
            self.base
        } else if self.own.is_zero() || part.is_sign_negative() != self.own.is_sign_negative() {
            self.rated.whole(part)
        } else if part.abs() > self.own.abs() {
            self.base + self.rated.whole(part - self.own)
        } else if self.base == self.own {
            round(part, places)
        } else {
            mul_div(self.base, part, self.own, places)
        }
    }
    /// Takes a part away, and says its share.
    pub fn take(&mut self, part: Decimal) -> Decimal {
        let base = self.share(part, self.rated.places);
        self.own -= part;
        self.base -= base;
        base
    }
    /// Puts back what was worth so much when it was taken. Where this leaves nothing, it is worth
    /// what that needs.
    pub fn give(&mut self, part: Decimal, base: Decimal) -> Decimal {
        self.own += part;
        self.base += base;
        if self.own.is_zero() {
            return base - std::mem::take(&mut self.base);
        }
        base
    }
}

/// What is left of a document, and what others hold of it: payments of an invoice, invoices of a
/// payment.
#[derive(Debug, Clone)]
pub struct Open<K> {
    left: Left,
    held: BTreeMap<K, Left>,
}

impl<K: Ord + Copy> Open<K> {
    /// Nothing yet.
    #[must_use]
    pub const fn nothing(rated: Rated) -> Open<K> {
        Open { left: Left::nothing(rated), held: BTreeMap::new() }
    }
    /// The document comes to this amount.
    pub fn open(&mut self, own: Decimal) -> Decimal {
        self.left.open(own)
    }
    /// What is still open of it.
    #[must_use]
    pub const fn left(&self) -> Left {
        self.left
    }
    /// The rate of the document.
    #[must_use]
    pub const fn rated(&self) -> Rated {
        self.left.rated
    }
    /// Part of it goes for good: paid back, given up.
    pub fn take(&mut self, own: Decimal) -> Decimal {
        self.left.take(own)
    }
    /// Part of it is held by another document from now on.
    pub fn allocate(&mut self, by: K, own: Decimal) -> Decimal {
        let base = self.left.take(own);
        let rated = self.left.rated;
        let held = self.held.entry(by).or_insert_with(|| Left::nothing(rated));
        held.own += own;
        held.base += base;
        base
    }
    /// Part of what another holds comes back: the cents that its allocation took.
    pub fn unallocate(&mut self, by: K, own: Decimal) -> Decimal {
        let rated = self.left.rated;
        let held = self.held.entry(by).or_insert_with(|| Left::nothing(rated));
        let base = held.take(own);
        self.left.give(own, base)
    }
    /// The others that still hold something of it, with how much, in order.
    #[must_use]
    pub fn holders(&self) -> Vec<(K, Decimal)> {
        self.held.iter().filter(|(_, h)| !h.own.is_zero()).map(|(k, h)| (*k, h.own)).collect()
    }
    /// All that is left of it goes.
    pub fn end(&mut self) -> Decimal {
        self.left.take(self.left.own)
    }
}

/// An invoice or bill: what is open of it, and what credits left of it.
#[derive(Debug, Clone)]
pub struct Debt<K> {
    /// What is open: the total less credits, allocations and write-offs.
    pub open: Open<K>,
    /// What can be credited: the total less credits.
    uncredited: Left,
}

impl<K: Ord + Copy> Debt<K> {
    /// Nothing yet.
    #[must_use]
    pub const fn nothing(rated: Rated) -> Debt<K> {
        Debt { open: Open::nothing(rated), uncredited: Left::nothing(rated) }
    }
    /// The document is issued.
    pub fn open(&mut self, own: Decimal) -> Decimal {
        self.uncredited.open(own);
        self.open.open(own)
    }
    /// A credit takes its share of what is open, and what is more, of what was settled before.
    pub fn credit(&mut self, own: Decimal) -> Decimal {
        let open = own.min(self.open.left.own).max(Decimal::ZERO);
        let first = if open.is_zero() { Decimal::ZERO } else { self.open.take(open) };
        self.uncredited.own -= open;
        self.uncredited.base -= first;
        let more = own - open;
        if more.is_zero() {
            return first;
        }
        let second = self.uncredited.take(more);
        self.open.left.own -= more;
        self.open.left.base -= second;
        first + second
    }
}

/// The parts of a document, with what credits left of each. Invariant: together they are what
/// credits left of the whole.
#[derive(Debug, Clone)]
pub struct Portions(Vec<Left>);

impl Portions {
    /// The parts of a whole that was rounded already.
    #[must_use]
    pub fn of(rated: Rated, whole: Decimal, own: &[Decimal]) -> Portions {
        let shares = rated.shares(whole, own);
        Portions(
            own.iter().zip(shares).map(|(own, base)| Left { rated, own: *own, base }).collect(),
        )
    }
    /// What is left of each as it is counted.
    #[must_use]
    pub fn base(&self) -> Vec<Decimal> {
        self.0.iter().map(|part| part.base).collect()
    }
    /// Splits what a credit took of the whole over the parts: to each its share of what is left of
    /// it, and to a credit of all that is left just that.
    pub fn take(&mut self, whole: Decimal, own: &[Decimal]) -> Vec<Decimal> {
        let all = self.0.iter().zip(own).all(|(part, own)| part.own == *own);
        let shares = if all && self.0.iter().map(|part| part.base).sum::<Decimal>() == whole {
            self.base()
        } else {
            self.weigh(whole, own)
        };
        for ((part, own), share) in self.0.iter_mut().zip(own).zip(&shares) {
            part.own -= own;
            part.base -= share;
        }
        shares
    }
    fn weigh(&self, whole: Decimal, own: &[Decimal]) -> Vec<Decimal> {
        let share = |(part, own): (&Left, &Decimal)| match own.is_zero() {
            true => Decimal::ZERO,
            false => part.share(*own, WEIGHT_PLACES),
        };
        let weights: Vec<Decimal> = self.0.iter().zip(own).map(share).collect();
        let rated = self.0.first().map(|part| part.rated);
        let weights = if weights.iter().sum::<Decimal>().is_zero() { own } else { &weights };
        rated.map_or_else(Vec::new, |rated| rated.shares(whole, weights))
    }
}

/// Splits an amount over what is left of parts, and takes it from them: all of it where it is all
/// that is left. `scale` is the amount's decimal places.
pub fn take_shares(left: &mut [Decimal], amount: Decimal, scale: u32) -> Vec<Decimal> {
    let shares = split(amount, left, scale);
    left.iter_mut().zip(&shares).for_each(|(left, share)| *left -= share);
    shares
}
