//! How invoices and payments are settled. Invariant: what is open of a document is the sum of its
//! moves; a reversal ends what is still allocated from its payment, and nothing of a payment counts
//! after its reversal.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::kind, time::Timestamp};

use super::{BillPart, Deducted, InvoiceDoc, Listed, Means, PaymentChange, Settlement, Trade};
use crate::{
    cells::Run,
    cut::{Dated, Lens},
    ids::Sym,
};

/// Why what is open of a document changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MoveKind {
    /// The invoice was issued, the payment received, or the free credit note issued.
    Opened,
    /// Part of the payment was kept back on the way, and settles like the rest; or, with the
    /// payment's reversal, does no longer.
    Deducted,
    /// The invoice was reduced by a credit note.
    Credited,
    /// Part of the invoice was given up.
    WrittenOff,
    /// Part of the payment was put against the invoice.
    Allocated,
    /// Part of the payment was taken from the invoice.
    Unallocated,
    /// The payment was reversed while part of it was put against the invoice.
    Ended,
    /// Part of the payment was paid back.
    Refunded,
    /// The payment was reversed; the rest of it never came.
    Reversed,
}

impl MoveKind {
    /// Whether money came in or went out with it, rather than only finding its place.
    #[must_use]
    pub const fn is_cash(self) -> bool {
        match self {
            MoveKind::Opened | MoveKind::Refunded | MoveKind::Reversed => true,
            MoveKind::Deducted
            | MoveKind::Credited
            | MoveKind::WrittenOff
            | MoveKind::Allocated
            | MoveKind::Unallocated
            | MoveKind::Ended => false,
        }
    }
}

/// One change of what is open of an invoice, or free of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Its business date.
    pub at: Timestamp,
    /// The record it comes from.
    pub position: Position,
    /// Why.
    pub kind: MoveKind,
    /// By how much: positive adds to what is open or free.
    pub amount: Decimal,
    /// The invoice, in a payment's move between the two.
    pub invoice: Option<Sym<kind::Invoice>>,
    /// The bill, in a payment's move between the two.
    pub bill: Option<Sym<kind::Bill>>,
    /// The payment or free credit note, in a document's move between the two.
    pub means: Option<Means>,
}

impl Move {
    fn of<T: Copy>(fact: Dated<T>, kind: MoveKind, amount: Decimal) -> Move {
        Move {
            at: fact.at,
            position: fact.position,
            kind,
            amount,
            invoice: None,
            bill: None,
            means: None,
        }
    }
}

impl Trade {
    /// What a payment or free credit note begins with.
    fn opening<T: Copy>(
        &self,
        fact: Dated<T>,
        amount: Decimal,
        deductions: Run<Deducted>,
    ) -> Vec<Move> {
        let kept_back = self.deducted(deductions);
        let back = (!kept_back.is_zero()).then(|| Move::of(fact, MoveKind::Deducted, kept_back));
        std::iter::once(Move::of(fact, MoveKind::Opened, amount)).chain(back).collect()
    }
    /// The reversal of a payment, if it counts.
    #[must_use]
    pub fn reversal(&self, payment: Sym<kind::Payment>, lens: Lens<'_>) -> Option<Dated<()>> {
        self.reversals.of(payment).counting(lens).next()
    }

    /// Every change of what is open of an invoice, in replay order; none if the invoice does not
    /// count.
    #[must_use]
    pub fn invoice_moves(&self, sym: Sym<kind::Invoice>, lens: Lens<'_>) -> Vec<Move> {
        let Some(issued) = self.issued.of(sym).last(lens) else { return Vec::new() };
        let mut moves = vec![Move::of(issued, MoveKind::Opened, issued.what.total.get())];
        let credits = self.credits.of(sym).counting(lens);
        moves.extend(credits.map(|c| Move::of(c, MoveKind::Credited, -c.what.total.get())));
        let mut open: BTreeMap<Sym<kind::Payment>, Decimal> = BTreeMap::new();
        for fact in self.settled.of(sym).counting(lens) {
            let (means, kind, amount) = match fact.what {
                Settlement::Allocated { means, amount } => {
                    (means, MoveKind::Allocated, -amount.get())
                }
                Settlement::Unallocated { means, amount } => {
                    (means, MoveKind::Unallocated, amount.get())
                }
                Settlement::WrittenOff { amount } => {
                    moves.push(Move::of(fact, MoveKind::WrittenOff, -amount.get()));
                    continue;
                }
            };
            let of = Move { means: Some(means), ..Move::of(fact, kind, amount) };
            let payment = match means {
                Means::Payment(payment) => payment,
                Means::CreditNote(note) => {
                    moves.extend(self.notes.of(note).any(lens).then_some(of));
                    continue;
                }
            };
            let reversal = self.reversal(payment, lens);
            if self.received.of(payment).any(lens)
                && reversal.is_none_or(|r| fact.order() < r.order())
            {
                moves.push(of);
                // What nothing ends need not be known.
                if reversal.is_some() {
                    *open.entry(payment).or_default() -= amount;
                }
            }
        }
        for (payment, open) in open {
            if let Some(reversal) = self.reversal(payment, lens).filter(|_| !open.is_zero()) {
                moves.push(Move {
                    means: Some(Means::Payment(payment)),
                    ..Move::of(reversal, MoveKind::Ended, open)
                });
            }
        }
        moves.sort_by_key(|m| (m.at, m.position));
        moves
    }

    /// How much of an invoice that counts is settled: what all its moves but the first in replay
    /// order, which is its issue unless something was dated before it, took away.
    pub fn settled(
        &self,
        invoice: Listed<'_, kind::Invoice, InvoiceDoc>,
        lens: Lens<'_>,
    ) -> Decimal {
        let walked = || {
            -self
                .invoice_moves(invoice.sym, lens)
                .iter()
                .skip(1)
                .map(|change| change.amount)
                .sum::<Decimal>()
        };
        self.plainly_settled(invoice, lens).unwrap_or_else(walked)
    }
    /// The same without making a list of moves, where no payment was reversed and nothing is dated
    /// before the issue.
    fn plainly_settled(
        &self,
        listed: Listed<'_, kind::Invoice, InvoiceDoc>,
        lens: Lens<'_>,
    ) -> Option<Decimal> {
        let mut settled = Decimal::ZERO;
        for credit in self.credits.of(listed.sym).counting(lens) {
            (credit.order() > listed.order()).then_some(())?;
            settled += credit.what.total.get();
        }
        for fact in self.settled.of(listed.sym).counting(lens) {
            (fact.order() > listed.order()).then_some(())?;
            let (means, amount) = match fact.what {
                Settlement::Allocated { means, amount } => (means, amount.get()),
                Settlement::Unallocated { means, amount } => (means, -amount.get()),
                Settlement::WrittenOff { amount } => {
                    settled += amount.get();
                    continue;
                }
            };
            let counts = match means {
                Means::Payment(payment) => {
                    let counts = self.received.of(payment).any(lens);
                    (!counts || self.reversal(payment, lens).is_none()).then_some(counts)?
                }
                Means::CreditNote(note) => self.notes.of(note).any(lens),
            };
            if counts {
                settled += amount;
            }
        }
        Some(settled)
    }

    /// Every change of what is free of a payment received, in replay order; none if the payment
    /// does not count.
    #[must_use]
    pub fn payment_moves(&self, sym: Sym<kind::Payment>, lens: Lens<'_>) -> Vec<Move> {
        let Some(received) = self.received.of(sym).last(lens) else { return Vec::new() };
        let moves = self.opening(received, received.what.amount.get(), received.what.deductions);
        let changes = self.changes.of(sym).counting(lens);
        self.used(moves, changes, self.reversals.of(sym).any(lens), lens)
    }
    /// The first change of a payment, received or made, at or after a place in replay order that
    /// counts and is told to be one of those wanted: what it does.
    pub fn change_after(
        &self,
        payment: Sym<kind::Payment>,
        place: (Timestamp, Position),
        lens: Lens<'_>,
        is_wanted: impl Fn(Position) -> bool,
    ) -> Option<Dated<MoveKind>> {
        let mut after = self.changes.of(payment).after(place, lens);
        let first = after.find(|fact| is_wanted(fact.position))?;
        Some(first.map(|change| match change {
            PaymentChange::Allocated { .. } | PaymentChange::PutAgainst { .. } => {
                MoveKind::Allocated
            }
            PaymentChange::Unallocated { .. } => MoveKind::Unallocated,
            PaymentChange::Refunded { .. } | PaymentChange::PaidOut { .. } => MoveKind::Refunded,
            PaymentChange::Reversed => MoveKind::Reversed,
        }))
    }
    /// Every change of what is free of a free credit note, in replay order; none if it does not
    /// count.
    #[must_use]
    pub fn credit_note_moves(&self, sym: Sym<kind::CreditNote>, lens: Lens<'_>) -> Vec<Move> {
        let Some(issued) = self.notes.of(sym).last(lens) else { return Vec::new() };
        let moves = self.opening(issued, issued.what.total.get(), Run::none());
        self.used(moves, self.note_changes.of(sym).counting(lens), false, lens)
    }
    /// The moves of a payment received or a free credit note, from those of its opening on.
    fn used(
        &self,
        mut moves: Vec<Move>,
        changes: impl Iterator<Item = Dated<PaymentChange>>,
        is_reversed: bool,
        lens: Lens<'_>,
    ) -> Vec<Move> {
        let mut open: BTreeMap<Sym<kind::Invoice>, Decimal> = BTreeMap::new();
        let sum = |moves: &[Move], kind: MoveKind| {
            moves.iter().filter(|m| m.kind == kind).map(|m| m.amount).sum::<Decimal>()
        };
        let (mut there, kept_back) =
            (sum(&moves, MoveKind::Opened), sum(&moves, MoveKind::Deducted));
        for fact in changes {
            let (invoice, kind, amount) = match fact.what {
                PaymentChange::Allocated { invoice, amount } => {
                    (invoice, MoveKind::Allocated, -amount.get())
                }
                PaymentChange::Unallocated { invoice, amount } => {
                    (invoice, MoveKind::Unallocated, amount.get())
                }
                PaymentChange::Refunded { amount } | PaymentChange::PaidOut { amount, .. } => {
                    there -= amount.get();
                    moves.push(Move::of(fact, MoveKind::Refunded, -amount.get()));
                    continue;
                }
                PaymentChange::Reversed => {
                    let ended = open.iter().filter(|(_, amount)| !amount.is_zero());
                    moves.extend(ended.map(|(invoice, amount)| Move {
                        invoice: Some(*invoice),
                        ..Move::of(fact, MoveKind::Ended, *amount)
                    }));
                    moves.push(Move::of(fact, MoveKind::Reversed, -there));
                    moves.extend(
                        (!kept_back.is_zero())
                            .then(|| Move::of(fact, MoveKind::Deducted, -kept_back)),
                    );
                    break;
                }
                PaymentChange::PutAgainst { .. } => continue,
            };
            if self.issued.of(invoice).any(lens) {
                moves.push(Move { invoice: Some(invoice), ..Move::of(fact, kind, amount) });
                if is_reversed {
                    *open.entry(invoice).or_default() -= amount;
                }
            }
        }
        moves
    }

    /// Every change of what is open of a supplier's invoice, in replay order; none if it does not
    /// count.
    #[must_use]
    pub fn bill_moves(&self, sym: Sym<kind::Bill>, lens: Lens<'_>) -> Vec<Move> {
        let Some(received) = self.billed.of(sym).last(lens) else { return Vec::new() };
        let mut moves = vec![Move::of(received, MoveKind::Opened, received.what.total.get())];
        let credits = self.bill_credits.of(sym).counting(lens);
        moves.extend(credits.map(|c| Move::of(c, MoveKind::Credited, -c.what.total.get())));
        let mut open: BTreeMap<Sym<kind::Payment>, Decimal> = BTreeMap::new();
        for fact in self.bill_parts.of(sym).counting(lens) {
            let BillPart { payment, amount } = fact.what;
            let reversal = self.reversal(payment, lens);
            if self.made.of(payment).any(lens) && reversal.is_none_or(|r| fact.order() < r.order())
            {
                moves.push(Move {
                    means: Some(Means::Payment(payment)),
                    ..Move::of(fact, MoveKind::Allocated, -amount.get())
                });
                if reversal.is_some() {
                    *open.entry(payment).or_default() += amount.get();
                }
            }
        }
        for (payment, open) in open {
            if let Some(reversal) = self.reversal(payment, lens) {
                moves.push(Move {
                    means: Some(Means::Payment(payment)),
                    ..Move::of(reversal, MoveKind::Ended, open)
                });
            }
        }
        moves.sort_by_key(|m| (m.at, m.position));
        moves
    }
    /// Every change of what is free of a payment made, in replay order; none if the payment does
    /// not count.
    #[must_use]
    pub fn outgoing_moves(&self, sym: Sym<kind::Payment>, lens: Lens<'_>) -> Vec<Move> {
        let Some(made) = self.made.of(sym).last(lens) else { return Vec::new() };
        let mut moves = self.opening(made, made.what.amount.get(), made.what.deductions);
        let kept_back = self.deducted(made.what.deductions);
        let mut open: BTreeMap<Sym<kind::Bill>, Decimal> = BTreeMap::new();
        for fact in self.changes.of(sym).counting(lens) {
            match fact.what {
                PaymentChange::PutAgainst { bill, amount } if self.billed.of(bill).any(lens) => {
                    moves.push(Move {
                        bill: Some(bill),
                        ..Move::of(fact, MoveKind::Allocated, -amount.get())
                    });
                    *open.entry(bill).or_default() += amount.get();
                }
                PaymentChange::Reversed => {
                    moves.extend(open.iter().map(|(bill, amount)| Move {
                        bill: Some(*bill),
                        ..Move::of(fact, MoveKind::Ended, *amount)
                    }));
                    moves.push(Move::of(fact, MoveKind::Reversed, -made.what.amount.get()));
                    moves.extend(
                        (!kept_back.is_zero())
                            .then(|| Move::of(fact, MoveKind::Deducted, -kept_back)),
                    );
                    break;
                }
                PaymentChange::PutAgainst { .. }
                | PaymentChange::Allocated { .. }
                | PaymentChange::Unallocated { .. } => (),
                PaymentChange::Refunded { .. } | PaymentChange::PaidOut { .. } => (),
            }
        }
        moves
    }

    /// What is open of an invoice: total − credit notes − allocations − write-offs; below zero if
    /// it was credited after it was paid.
    #[must_use]
    pub fn outstanding(&self, sym: Sym<kind::Invoice>, lens: Lens<'_>) -> Decimal {
        self.invoice_moves(sym, lens).iter().map(|m| m.amount).sum()
    }
    /// What is free of a payment received: what came in, deductions with it, − refunds −
    /// allocations, nothing after its reversal.
    #[must_use]
    pub fn free(&self, sym: Sym<kind::Payment>, lens: Lens<'_>) -> Decimal {
        self.payment_moves(sym, lens).iter().map(|m| m.amount).sum()
    }
}
