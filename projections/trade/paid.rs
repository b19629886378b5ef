//! Payments, and what they are put against. Invariant: each change of a payment or free credit note
//! stands with it and with the document it settles, so that either tells of it.

use sijil_schemas::{
    AccountPath, CreditNoteRefunded, DebtWrittenOff, Deduction, PaymentMade, PaymentMadeAllocated,
    PaymentReceived, PaymentReversed, Record, Unit,
    id::InvoiceId,
    money::{Amount, Currency},
};

use super::{
    BillPart, Deducted, Matched, Means, Mover, Outgoing, PaymentChange, Receipt, Settlement, Trade,
};
use crate::cut::Dated;

impl Trade {
    pub(super) fn receive(&mut self, record: &Record, e: &PaymentReceived) {
        let party = self.party(e.client.as_ref(), e.counterparty.as_ref());
        let purposes = e.purpose_lines.iter().map(|p| (p.purpose.clone(), p.amount)).collect();
        let (bank, payment) =
            (self.banks.intern(&e.bank_account), self.payments.intern(&e.payment));
        let deductions = self.deductions(record, e.amount.currency, e.deductions.as_deref());
        let doc = Receipt {
            party,
            amount: e.amount.amount,
            currency: e.amount.currency,
            bank,
            purposes,
            deductions,
        };
        self.payments.at_mut(payment).received.insert(Dated::of(record, doc));
        if let Some(line) = &e.statement_line {
            self.matched(record, line, Matched { to: Mover::Payment(payment), amount: None });
        }
    }
    pub(super) fn pay(&mut self, record: &Record, e: &PaymentMade) {
        let counterparty = self.counterparties.intern(&e.counterparty);
        let purposes = e.purpose_lines.iter().map(|p| (p.purpose.clone(), p.amount)).collect();
        let bank = self.banks.intern(&e.bank_account);
        let deductions = self.deductions(record, e.amount.currency, e.deductions.as_deref());
        let doc = Outgoing {
            counterparty,
            amount: e.amount.amount,
            currency: e.amount.currency,
            bank,
            purposes,
            deductions,
        };
        self.payments.entry(&e.payment).made.insert(Dated::of(record, doc));
    }
    pub(super) fn allocate(
        &mut self,
        record: &Record,
        means: Means,
        invoice: &InvoiceId,
        amount: Amount,
        on: bool,
    ) {
        let invoice = self.invoices.intern(invoice);
        let (change, part) = if on {
            (PaymentChange::Allocated(invoice, amount), Settlement::Allocated(means, amount))
        } else {
            (PaymentChange::Unallocated(invoice, amount), Settlement::Unallocated(means, amount))
        };
        match means {
            Means::Payment(payment) => {
                self.payments.at_mut(payment).changes.insert(Dated::of(record, change));
            }
            Means::CreditNote(note) => {
                self.credit_notes.at_mut(note).changes.insert(Dated::of(record, change));
            }
        }
        self.invoices.at_mut(invoice).settled.insert(Dated::of(record, part));
    }
    pub(super) fn put_against(&mut self, record: &Record, e: &PaymentMadeAllocated) {
        let (payment, bill) = (self.payments.intern(&e.payment), self.bills.intern(&e.bill));
        self.payments
            .at_mut(payment)
            .changes
            .insert(Dated::of(record, PaymentChange::PutAgainst(bill, e.amount)));
        self.bills
            .at_mut(bill)
            .settled
            .insert(Dated::of(record, BillPart { payment, amount: e.amount }));
    }
    pub(super) fn pay_out(&mut self, record: &Record, e: &CreditNoteRefunded) {
        let bank = self.banks.intern(&e.bank_account);
        self.credit_notes
            .entry(&e.credit_note)
            .changes
            .insert(Dated::of(record, PaymentChange::PaidOut(e.amount, bank)));
    }
    pub(super) fn reverse(&mut self, record: &Record, e: &PaymentReversed) {
        let payment = self.payments.entry(&e.payment);
        payment.changes.insert(Dated::of(record, PaymentChange::Reversed));
        payment.reversals.insert(Dated::of(record, ()));
    }
    pub(super) fn write_off(&mut self, record: &Record, e: &DebtWrittenOff) {
        let invoice = self.invoices.intern(&e.invoice);
        let currency =
            self.invoices.at(invoice).issued.newest().map(|fact| fact.what.document.currency);
        if let (Some(AccountPath(path)), Some(currency)) = (&e.account, currency) {
            self.accounts
                .entry(path)
                .posted
                .entry(Unit::Currency(currency))
                .or_default()
                .insert(Dated::of(record, ()));
        }
        self.invoices
            .at_mut(invoice)
            .settled
            .insert(Dated::of(record, Settlement::WrittenOff(e.amount)));
    }
    /// What was kept back of a payment; the accounts it went to have units from then on.
    fn deductions(
        &mut self,
        record: &Record,
        currency: Currency,
        deductions: Option<&[Deduction]>,
    ) -> Vec<Deducted> {
        let one = |d: &Deduction| {
            let account = self.accounts.intern(&d.account);
            self.accounts
                .at_mut(account)
                .posted
                .entry(Unit::Currency(currency))
                .or_default()
                .insert(Dated::of(record, ()));
            (account, d.amount)
        };
        deductions.unwrap_or_default().iter().map(one).collect()
    }
}
