//! What settles every document, added up in one walk over the columns. Invariant: of each document
//! it is what the walk over its own moves comes to; builds with debug assertions hold one against
//! the other.

use rust_decimal::Decimal;
use sijil_schemas::id::kind;

use super::{CreditNoteDoc, InvoiceDoc, Listed, Means, PaymentChange, Receipt, Settlement, Trade};
use crate::{cut::Lens, ids::Sym, marks::Marks, steps};

/// Amounts by number, 0 where none was added.
#[derive(Debug)]
struct Amounts(Vec<Decimal>);

impl Amounts {
    fn add<K>(&mut self, of: Sym<K>, amount: Decimal) {
        if let Some(sum) = self.0.get_mut(of.index()) {
            *sum += amount;
        }
    }
    fn of<K>(&self, of: Sym<K>) -> Decimal {
        self.0.get(of.index()).copied().unwrap_or_default()
    }
}

/// What is settled of each invoice, and used of each payment received and free credit note, at a
/// reader's clocks, in their own currencies.
#[derive(Debug)]
pub struct OpenSums<'a> {
    trade: &'a Trade,
    lens: Lens<'a>,
    settled: Amounts,
    used: Amounts,
    used_of_notes: Amounts,
    /// Payments that were received and not reversed.
    payments: Marks,
}

impl Trade {
    /// What is open of every invoice and free of every payment received and free credit note: for
    /// who asks of all of them, since it walks all their facts, one after the other.
    #[must_use]
    pub fn open_sums<'a>(&'a self, lens: Lens<'a>) -> OpenSums<'a> {
        let amounts = |count: u32| Amounts(vec![Decimal::ZERO; count as usize]);
        let [payments, notes, issued, set_offs] = [(); 4].map(|()| Marks::default());
        self.received
            .counting(lens)
            .for_each(|(_, payment, _)| payments.set(payment.number(), true));
        self.reversals
            .counting(lens)
            .for_each(|(_, payment, _)| payments.set(payment.number(), false));
        self.notes.counting(lens).for_each(|(_, note, _)| notes.set(note.number(), true));
        self.set_offs.counting(lens).for_each(|(_, off, _)| set_offs.set(off.number(), true));
        self.set_offs_reversed
            .counting(lens)
            .for_each(|(_, off, _)| set_offs.set(off.number(), false));
        self.issued.counting(lens).for_each(|(_, invoice, _)| issued.set(invoice.number(), true));
        let mut settled = amounts(self.ids.count::<kind::Invoice>());
        for (_, invoice, credit) in self.credits.counting(lens) {
            settled.add(invoice, credit.what.total.get());
        }
        for (_, invoice, fact) in self.settled.counting(lens) {
            let (means, amount) = match fact.what {
                Settlement::Allocated { means, amount } => (Some(means), amount.get()),
                Settlement::Unallocated { means, amount } => (Some(means), -amount.get()),
                Settlement::WrittenOff { amount } => (None, amount.get()),
            };
            let settles = match means {
                Some(Means::Payment(payment)) => payments.has(payment.number()),
                Some(Means::CreditNote(note)) => notes.has(note.number()),
                Some(Means::SetOff(set_off)) => set_offs.has(set_off.number()),
                None => true,
            };
            if settles {
                settled.add(invoice, amount);
            }
        }
        let used = |change: PaymentChange| match change {
            PaymentChange::Allocated { invoice, amount } if issued.has(invoice.number()) => {
                amount.get()
            }
            PaymentChange::Unallocated { invoice, amount } if issued.has(invoice.number()) => {
                -amount.get()
            }
            PaymentChange::Refunded { amount, .. } | PaymentChange::PaidOut { amount, .. } => {
                amount.get()
            }
            PaymentChange::Allocated { .. }
            | PaymentChange::Unallocated { .. }
            | PaymentChange::Reversed
            | PaymentChange::PutAgainst { .. }
            | PaymentChange::TakenFrom { .. } => Decimal::ZERO,
        };
        let mut used_of_payments = amounts(self.ids.count::<kind::Payment>());
        for (_, payment, fact) in self.changes.counting(lens) {
            used_of_payments.add(payment, used(fact.what));
        }
        let mut used_of_notes = amounts(self.ids.count::<kind::CreditNote>());
        for (_, note, fact) in self.note_changes.counting(lens) {
            used_of_notes.add(note, used(fact.what));
        }
        OpenSums { trade: self, lens, settled, used: used_of_payments, used_of_notes, payments }
    }
}

impl OpenSums<'_> {
    /// What is open of an invoice that counts, as [`Trade::outstanding`] tells it.
    #[must_use]
    pub fn open(&self, invoice: Listed<'_, kind::Invoice, InvoiceDoc>) -> Decimal {
        let open = invoice.doc.total.get() - self.settled.of(invoice.sym);
        self.is(open, || self.trade.outstanding(invoice.sym, self.lens));
        open
    }
    /// What is free of a payment received that counts, as [`Trade::free`] tells it.
    #[must_use]
    pub fn free(&self, payment: Listed<'_, kind::Payment, Receipt>) -> Decimal {
        let free = if self.payments.has(payment.sym.number()) {
            let received = payment.doc.amount.get() + self.trade.deducted(payment.doc.deductions);
            received - self.used.of(payment.sym)
        } else {
            Decimal::ZERO
        };
        self.is(free, || self.trade.free(payment.sym, self.lens));
        free
    }
    /// What is free of a credit note without an invoice that counts.
    #[must_use]
    pub fn free_of_note(&self, note: Listed<'_, kind::CreditNote, CreditNoteDoc>) -> Decimal {
        let free = note.doc.total.get() - self.used_of_notes.of(note.sym);
        let moves = || self.trade.credit_note_moves(note.sym, self.lens);
        self.is(free, || moves().iter().map(|change| change.amount).sum());
        free
    }
    fn is(&self, amount: Decimal, walked: impl Fn() -> Decimal) {
        debug_assert_eq!(amount, steps::uncounted(walked), "the sum of all is that of one");
    }
}
