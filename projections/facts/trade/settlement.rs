//! How invoices and payments are settled. Invariant: what is open of a document is the sum of its
//! moves; a reversal ends what is still allocated from its payment, and nothing of a payment counts
//! after its reversal.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::kind, time::Timestamp};

use super::{Deducted, InvoiceDoc, Listed, Means, PaymentChange, Settlement, Trade};
use crate::{
    cells::Run,
    cut::{Dated, Lens},
    ids::{EntitySym, Sym},
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
    /// Part of the payment was put against the invoice, or a set-off was.
    Allocated,
    /// Part of the payment was taken from the invoice.
    Unallocated,
    /// The payment or set-off was reversed while part of it was put against the invoice.
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

/// What a payment is put against: an invoice, or a bill.
type Settled = (Option<Sym<kind::Invoice>>, Option<Sym<kind::Bill>>);

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
    /// The payment, free credit note or set-off, in a document's move between the two.
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
        self.settle(&mut moves, self.settled.of(sym).counting(lens), false, lens);
        moves
    }
    /// Adds what settled a document besides its credits, and what reversals ended of that; all in
    /// replay order.
    fn settle(
        &self,
        moves: &mut Vec<Move>,
        settled: impl Iterator<Item = Dated<Settlement>>,
        is_bill: bool,
        lens: Lens<'_>,
    ) {
        let mut open: BTreeMap<Means, Decimal> = BTreeMap::new();
        for fact in settled {
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
            let end = self.end_of(means, lens);
            if self.is_there(means, is_bill, lens)
                && end.is_none_or(|end| fact.order() < end.order())
            {
                moves.push(Move { means: Some(means), ..Move::of(fact, kind, amount) });
                // What nothing ends need not be known.
                if end.is_some() {
                    *open.entry(means).or_default() -= amount;
                }
            }
        }
        for (means, open) in open.into_iter().filter(|(_, open)| !open.is_zero()) {
            if let Some(end) = self.end_of(means, lens) {
                moves.push(Move { means: Some(means), ..Move::of(end, MoveKind::Ended, open) });
            }
        }
        moves.sort_by_key(|m| (m.at, m.position));
    }
    /// Whether what settles an invoice, or a bill, counts.
    fn is_there(&self, means: Means, is_bill: bool, lens: Lens<'_>) -> bool {
        match means {
            Means::Payment(payment) if is_bill => self.made.of(payment).any(lens),
            Means::Payment(payment) => self.received.of(payment).any(lens),
            Means::CreditNote(note) => self.notes.of(note).any(lens),
            Means::SetOff(set_off) => self.set_offs.of(set_off).any(lens),
        }
    }
    /// The reversal that ends what a payment or set-off settles; nothing ends a credit note.
    pub fn end_of(&self, means: Means, lens: Lens<'_>) -> Option<Dated<()>> {
        match means {
            Means::Payment(payment) => self.reversal(payment, lens),
            Means::SetOff(set_off) => self.set_off_reversal(set_off, lens),
            Means::CreditNote(_) => None,
        }
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
            let counts = self.is_there(means, false, lens);
            (!counts || self.end_of(means, lens).is_none()).then_some(())?;
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
        self.used(moves, changes, (false, self.reversals.of(sym).any(lens)), lens)
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
            PaymentChange::Unallocated { .. } | PaymentChange::TakenFrom { .. } => {
                MoveKind::Unallocated
            }
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
        self.used(moves, self.note_changes.of(sym).counting(lens), (false, false), lens)
    }
    /// The moves of a payment or a free credit note, from those of its opening on: whether it was
    /// made, and whether it is reversed.
    fn used(
        &self,
        mut moves: Vec<Move>,
        changes: impl Iterator<Item = Dated<PaymentChange>>,
        (is_made, is_reversed): (bool, bool),
        lens: Lens<'_>,
    ) -> Vec<Move> {
        let mut open: BTreeMap<Settled, Decimal> = BTreeMap::new();
        let sum = |moves: &[Move], kind: MoveKind| {
            moves.iter().filter(|m| m.kind == kind).map(|m| m.amount).sum::<Decimal>()
        };
        let (mut there, kept_back) =
            (sum(&moves, MoveKind::Opened), sum(&moves, MoveKind::Deducted));
        for fact in changes {
            let (document, kind, amount): (EntitySym, MoveKind, Decimal) = match fact.what {
                PaymentChange::Allocated { invoice, amount } => {
                    (invoice.into(), MoveKind::Allocated, -amount.get())
                }
                PaymentChange::Unallocated { invoice, amount } => {
                    (invoice.into(), MoveKind::Unallocated, amount.get())
                }
                PaymentChange::PutAgainst { bill, amount } => {
                    (bill.into(), MoveKind::Allocated, -amount.get())
                }
                PaymentChange::TakenFrom { bill, amount } => {
                    (bill.into(), MoveKind::Unallocated, amount.get())
                }
                PaymentChange::Refunded { amount, .. } | PaymentChange::PaidOut { amount, .. } => {
                    there -= amount.get();
                    moves.push(Move::of(fact, MoveKind::Refunded, -amount.get()));
                    continue;
                }
                PaymentChange::Reversed => {
                    let ended = open.iter().filter(|(_, amount)| !amount.is_zero());
                    moves.extend(ended.map(|((invoice, bill), amount)| Move {
                        invoice: *invoice,
                        bill: *bill,
                        ..Move::of(fact, MoveKind::Ended, *amount)
                    }));
                    moves.push(Move::of(fact, MoveKind::Reversed, -there));
                    moves.extend(
                        (!kept_back.is_zero())
                            .then(|| Move::of(fact, MoveKind::Deducted, -kept_back)),
                    );
                    break;
                }
            };
            // Money that came in settles invoices, money that went out bills.
            let invoice = document.typed().filter(|of| !is_made && self.issued.of(*of).any(lens));
            let bill = document.typed().filter(|of| is_made && self.billed.of(*of).any(lens));
            if invoice.is_some() || bill.is_some() {
                moves.push(Move { invoice, bill, ..Move::of(fact, kind, amount) });
                if is_reversed {
                    *open.entry((invoice, bill)).or_default() -= amount;
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
        self.settle(&mut moves, self.bills_settled.of(sym).counting(lens), true, lens);
        moves
    }
    /// Every change of what is free of a payment made, in replay order; none if the payment does
    /// not count.
    #[must_use]
    pub fn outgoing_moves(&self, sym: Sym<kind::Payment>, lens: Lens<'_>) -> Vec<Move> {
        let Some(made) = self.made.of(sym).last(lens) else { return Vec::new() };
        let moves = self.opening(made, made.what.amount.get(), made.what.deductions);
        let changes = self.changes.of(sym).counting(lens);
        self.used(moves, changes, (true, self.reversals.of(sym).any(lens)), lens)
    }

    /// What is open of an invoice: total − credit notes − allocations − set-offs − write-offs;
    /// below zero if it was credited after it was paid.
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
