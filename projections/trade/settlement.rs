//! How invoices and payments are settled. Invariant: what is open of a document is the sum of its
//! moves; a reversal ends what is still allocated from its payment, and nothing of a payment counts
//! after its reversal.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::kind, money::Currency, time::Timestamp};

use super::{
    BillPart, Deducted, InvoiceDoc, Listed, Means, PaymentChange, Settlement, Trade, deducted,
    grouping::{base_rate, wants},
};
use crate::{
    base::{Debt, Rated},
    cut::{Dated, Facts, Lens},
    report::{Context, ReportError},
    table::Sym,
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
    fn of<T>(fact: &Dated<T>, kind: MoveKind, amount: Decimal) -> Move {
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
    /// The reversal of a payment, if it counts.
    #[must_use]
    pub fn reversal<'a>(
        &'a self,
        payment: Sym<kind::Payment>,
        lens: Lens<'a>,
    ) -> Option<&'a Dated<()>> {
        self.payments.at(payment).reversals.counting(lens).next()
    }

    /// Every change of what is open of an invoice, in replay order; none if the invoice does not
    /// count.
    #[must_use]
    pub fn invoice_moves(&self, sym: Sym<kind::Invoice>, lens: Lens<'_>) -> Vec<Move> {
        let invoice = self.invoices.at(sym);
        let Some(issued) = invoice.issued.last(lens) else { return Vec::new() };
        let mut moves = vec![Move::of(issued, MoveKind::Opened, issued.what.total.get())];
        moves.extend(
            invoice
                .credits
                .counting(lens)
                .map(|c| Move::of(c, MoveKind::Credited, -c.what.total.get())),
        );
        let mut open: BTreeMap<Sym<kind::Payment>, Decimal> = BTreeMap::new();
        for fact in invoice.settled.counting(lens) {
            let (means, kind, amount) = match fact.what {
                Settlement::Allocated(means, amount) => (means, MoveKind::Allocated, -amount.get()),
                Settlement::Unallocated(means, amount) => {
                    (means, MoveKind::Unallocated, amount.get())
                }
                Settlement::WrittenOff(amount) => {
                    moves.push(Move::of(fact, MoveKind::WrittenOff, -amount.get()));
                    continue;
                }
            };
            let of = Move { means: Some(means), ..Move::of(fact, kind, amount) };
            let payment = match means {
                Means::Payment(payment) => payment,
                Means::CreditNote(note) => {
                    moves.extend(self.free_credit(note, lens).map(|_| of));
                    continue;
                }
            };
            let reversal = self.reversal(payment, lens);
            if self.payment(payment, lens).is_some()
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
    pub(crate) fn settled(
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
        let (invoice, mut settled) = (self.invoices.at(listed.sym), Decimal::ZERO);
        for credit in invoice.credits.counting(lens) {
            (credit.order() > listed.order()).then_some(())?;
            settled += credit.what.total.get();
        }
        for fact in invoice.settled.counting(lens) {
            (fact.order() > listed.order()).then_some(())?;
            let (means, amount) = match fact.what {
                Settlement::Allocated(means, amount) => (means, amount.get()),
                Settlement::Unallocated(means, amount) => (means, -amount.get()),
                Settlement::WrittenOff(amount) => {
                    settled += amount.get();
                    continue;
                }
            };
            let counts = match means {
                Means::Payment(payment) => {
                    let counts = self.payment(payment, lens).is_some();
                    (!counts || self.reversal(payment, lens).is_none()).then_some(counts)?
                }
                Means::CreditNote(note) => self.free_credit(note, lens).is_some(),
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
        let payment = self.payments.at(sym);
        let Some(received) = payment.received.last(lens) else { return Vec::new() };
        let moves = opening(received, received.what.amount.get(), &received.what.deductions);
        self.used(moves, &payment.changes, self.reversal(sym, lens).is_some(), lens)
    }
    /// Every change of what is free of a free credit note, in replay order; none if it does not
    /// count.
    #[must_use]
    pub fn credit_note_moves(&self, sym: Sym<kind::CreditNote>, lens: Lens<'_>) -> Vec<Move> {
        let note = self.credit_notes.at(sym);
        let Some(issued) = note.issued.last(lens) else { return Vec::new() };
        self.used(opening(issued, issued.what.total.get(), &[]), &note.changes, false, lens)
    }
    /// The moves of a payment received or a free credit note, from those of its opening on.
    fn used(
        &self,
        mut moves: Vec<Move>,
        changes: &Facts<PaymentChange>,
        is_reversed: bool,
        lens: Lens<'_>,
    ) -> Vec<Move> {
        let mut open: BTreeMap<Sym<kind::Invoice>, Decimal> = BTreeMap::new();
        let sum = |moves: &[Move], kind: MoveKind| {
            moves.iter().filter(|m| m.kind == kind).map(|m| m.amount).sum::<Decimal>()
        };
        let (mut there, kept_back) =
            (sum(&moves, MoveKind::Opened), sum(&moves, MoveKind::Deducted));
        for fact in changes.counting(lens) {
            let (invoice, kind, amount) = match fact.what {
                PaymentChange::Allocated(invoice, amount) => {
                    (invoice, MoveKind::Allocated, -amount.get())
                }
                PaymentChange::Unallocated(invoice, amount) => {
                    (invoice, MoveKind::Unallocated, amount.get())
                }
                PaymentChange::Refunded(amount) | PaymentChange::PaidOut(amount, _) => {
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
                PaymentChange::PutAgainst(..) => continue,
            };
            if self.invoice(invoice, lens).is_some() {
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
        let bill = self.bills.at(sym);
        let Some(received) = bill.received.last(lens) else { return Vec::new() };
        let mut moves = vec![Move::of(received, MoveKind::Opened, received.what.total.get())];
        moves.extend(
            bill.credits
                .counting(lens)
                .map(|c| Move::of(c, MoveKind::Credited, -c.what.total.get())),
        );
        let mut open: BTreeMap<Sym<kind::Payment>, Decimal> = BTreeMap::new();
        for fact in bill.settled.counting(lens) {
            let BillPart { payment, amount } = fact.what;
            let reversal = self.reversal(payment, lens);
            if self.payment_made(payment, lens).is_some()
                && reversal.is_none_or(|r| fact.order() < r.order())
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
        let payment = self.payments.at(sym);
        let Some(made) = payment.made.last(lens) else { return Vec::new() };
        let mut moves = opening(made, made.what.amount.get(), &made.what.deductions);
        let kept_back = deducted(&made.what.deductions);
        let mut open: BTreeMap<Sym<kind::Bill>, Decimal> = BTreeMap::new();
        for fact in payment.changes.counting(lens) {
            match fact.what {
                PaymentChange::PutAgainst(bill, amount)
                    if self.bills.at(bill).received.any(lens) =>
                {
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
                PaymentChange::PutAgainst(..)
                | PaymentChange::Allocated(..)
                | PaymentChange::Unallocated(..) => (),
                PaymentChange::Refunded(_) | PaymentChange::PaidOut(..) => (),
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

/// What a payment or free credit note begins with.
fn opening<T>(fact: &Dated<T>, amount: Decimal, deductions: &[Deducted]) -> Vec<Move> {
    let kept_back = deducted(deductions);
    let deducted = (!kept_back.is_zero()).then(|| Move::of(fact, MoveKind::Deducted, kept_back));
    std::iter::once(Move::of(fact, MoveKind::Opened, amount)).chain(deducted).collect()
}

/// The same moves of one document, in replay order, as the document's rate makes them: what is open
/// ends at zero when the own amount does. A payment and what was kept back of it are rounded as one
/// and split, and go together when it is reversed.
pub fn in_base(moves: &mut [Move], rated: Rated) {
    let mut document = Debt::nothing(rated);
    let (mut kept_back, mut reversed) = (Decimal::ZERO, false);
    for n in 0..moves.len() {
        let one = moves[n];
        let with = moves
            .get(n + 1)
            .filter(|next| next.kind == MoveKind::Deducted && next.position == one.position)
            .map(|next| next.amount);
        let back = with.unwrap_or_default();
        let other = (one.invoice, one.bill, one.means);
        moves[n].amount = match one.kind {
            MoveKind::Opened => {
                let whole = document.open(one.amount + back);
                kept_back = if with.is_some() {
                    rated.shares(whole, &[one.amount, back])[1]
                } else {
                    Decimal::ZERO
                };
                whole - kept_back
            }
            MoveKind::Reversed => {
                reversed = true;
                kept_back - document.open.take(-one.amount - back)
            }
            MoveKind::Deducted if reversed => -kept_back,
            MoveKind::Deducted => kept_back,
            MoveKind::Credited => -document.credit(-one.amount),
            MoveKind::WrittenOff | MoveKind::Refunded => -document.open.take(-one.amount),
            MoveKind::Allocated => -document.open.allocate(other, -one.amount),
            MoveKind::Unallocated | MoveKind::Ended => document.open.unallocate(other, one.amount),
        };
    }
}

/// A document's moves in the currency a report shows them in, its own or the base currency; `when`
/// is the document's own date and position.
pub(crate) fn shown(
    ctx: &Context<'_>,
    own: Currency,
    when: (Timestamp, Position),
    mut moves: Vec<Move>,
) -> Result<(Currency, Vec<Move>), ReportError> {
    let Some(rated) = base_rate(ctx, own, when.0, when.1)? else { return Ok((own, moves)) };
    in_base(&mut moves, rated);
    Ok((rated.currency, moves))
}

/// The same, if documents of the own currency are asked for.
pub(crate) fn asked(
    ctx: &Context<'_>,
    own: Currency,
    when: (Timestamp, Position),
    moves: impl FnOnce() -> Vec<Move>,
) -> Result<Option<(Currency, Vec<Move>)>, ReportError> {
    if wants(ctx, own)? { shown(ctx, own, when, moves()).map(Some) } else { Ok(None) }
}
