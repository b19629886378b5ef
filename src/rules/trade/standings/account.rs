//! The sums of one document or payment. Invariant: only what is in order has them, so a move that
//! fits them is one that a walk of the whole history finds no fault with.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_projections::{
    summed::{Flow, Summed},
    trade::{Move, MoveKind, Settleable},
};
use sijil_schemas::{Position, time::Timestamp};

use super::Order;
use crate::Book;

/// The sums of one thing. Only what is in order has them: a history without faults in which every
/// move takes or gives as its kind does.
#[derive(Debug, Clone)]
pub(super) struct Account {
    opened: Order,
    is_document: bool,
    /// What is open or free; whatever takes of it needs it to be there, but credits.
    pub(super) open: Summed<Order, Flow>,
    /// What is left to credit of a document.
    creditable: Summed<Order, Flow>,
    /// What is put against it, or it is put against, by the other side.
    pub(super) parts: BTreeMap<Option<Settleable>, Summed<Order, Flow>>,
    /// The other side of each record that can be taken out again.
    own: BTreeMap<Position, (Timestamp, Option<Settleable>)>,
}

impl Account {
    /// The sums of some moves; `None` where they are not in order.
    pub(super) fn of(of: Settleable, moves: &[Move]) -> Option<Account> {
        let opened =
            moves.iter().find(|m| m.kind == MoveKind::Opened).map(|m| (m.at, m.position))?;
        let [open, creditable] = [Summed::default(), Summed::default()];
        let mut account = Account {
            opened,
            is_document: of.is_document(),
            open,
            creditable,
            parts: BTreeMap::new(),
            own: BTreeMap::new(),
        };
        for one in moves {
            let is_plain = match one.kind {
                MoveKind::Opened | MoveKind::Deducted => true,
                MoveKind::Ended => account.is_document,
                // Nothing follows a reversal, which sums do not tell.
                MoveKind::Reversed => false,
                _ => (one.at, one.position) > opened && account.fits(of, one),
            };
            is_plain.then(|| account.add(of, one))?;
        }
        Some(account)
    }
    pub(super) fn add(&mut self, of: Settleable, one: &Move) {
        let (order, other) = ((one.at, one.position), of.other_side(one));
        let (bound, free) = (Flow::bound(one.amount), Flow::free(one.amount));
        match one.kind {
            MoveKind::Opened => {
                (self.open.insert(order, free), self.creditable.insert(order, free))
            }
            MoveKind::Deducted => (self.open.insert(order, free), ()),
            MoveKind::Credited => {
                (self.open.insert(order, free), self.creditable.insert(order, bound))
            }
            MoveKind::WrittenOff => {
                (self.open.insert(order, bound), self.creditable.insert(order, free))
            }
            MoveKind::Refunded => (self.open.insert(order, bound), ()),
            MoveKind::Allocated => (
                self.open.insert(order, bound),
                self.parts.entry(other).or_default().insert(order, Flow::free(-one.amount)),
            ),
            MoveKind::Unallocated => (
                self.open.insert(order, free),
                self.parts.entry(other).or_default().insert(order, Flow::bound(-one.amount)),
            ),
            MoveKind::Ended => (
                self.open.insert(order, free),
                self.parts.entry(other).or_default().insert(order, Flow::free(-one.amount)),
            ),
            // Nothing is kept of what was reversed.
            MoveKind::Reversed => ((), ()),
        };
        if !matches!(one.kind, MoveKind::Opened | MoveKind::Deducted | MoveKind::Ended) {
            self.own.insert(one.position, (one.at, other));
        }
    }
    /// Takes a record out; `false` where the sums cannot go on without it.
    pub(super) fn remove(&mut self, position: Position) -> bool {
        let Some((at, other)) = self.own.remove(&position) else { return false };
        let order = (at, position);
        self.creditable.remove(order, |_| true);
        let mut clean = is_clean(&self.creditable)
            && self.open.remove(order, |_| true).is_some()
            && is_clean(&self.open);
        if let Some(part) = self.parts.get_mut(&other) {
            part.remove(order, |_| true);
            clean &= is_clean(part);
        }
        clean
    }
    /// What stands after a reversal in its place, which bars it, and what that does; `None` where
    /// only the walk tells.
    pub(super) fn first_after_reversal(
        &self,
        book: &Book,
        of: Settleable,
        one: &Move,
    ) -> Option<(Timestamp, Position, MoveKind)> {
        let Settleable::Payment(payment) = of else { return None };
        let is_barred = one.kind == MoveKind::Reversed && one.at >= self.opened.0;
        let (order, now) = (is_barred.then_some((one.at, one.position))?, book.now());
        let is_own = |position: Position| self.own.contains_key(&position);
        let first = book.trade.change_after(payment, order, now, is_own)?;
        Some((first.at, first.position, first.what))
    }
    /// Whether one more move stands in its place without a fault, and no other becomes one.
    pub(super) fn fits(&self, of: Settleable, one: &Move) -> bool {
        let order = (one.at, one.position);
        let bears = |line: &Summed<Order, Flow>, must_be_there: bool, change: Decimal| {
            let before = line.before(order).sum;
            (!must_be_there || before + change >= Decimal::ZERO)
                && line.since(order).bears(before, change)
        };
        let takes = one.amount < Decimal::ZERO;
        one.at >= self.opened.0
            && match one.kind {
                MoveKind::Allocated | MoveKind::Refunded => {
                    takes && bears(&self.open, true, one.amount)
                }
                MoveKind::WrittenOff => {
                    takes
                        && bears(&self.open, true, one.amount)
                        && bears(&self.creditable, false, one.amount)
                }
                MoveKind::Credited => {
                    one.amount <= Decimal::ZERO
                        && bears(&self.open, false, one.amount)
                        && bears(&self.creditable, true, one.amount)
                }
                MoveKind::Unallocated if self.is_document => {
                    one.amount > Decimal::ZERO
                        && self
                            .parts
                            .get(&of.other_side(one))
                            .is_some_and(|part| bears(part, true, -one.amount))
                }
                MoveKind::Unallocated => one.amount > Decimal::ZERO,
                MoveKind::Reversed => self.open.last().is_none_or(|last| last < order),
                MoveKind::Opened | MoveKind::Deducted | MoveKind::Ended => false,
            }
    }
}

/// Whether everything in a line has what it needs.
fn is_clean(line: &Summed<Order, Flow>) -> bool {
    line.whole().bears(Decimal::ZERO, Decimal::ZERO)
}
