//! Payments, and what they are put against. Invariant: each change of a payment or free credit note
//! stands with it and with the document it settles, so that either tells of it.

use sijil_schemas::{
    AccountPath, BillWrittenOff, CreditNoteRefunded, DebtWrittenOff, PaymentMade, PaymentReceived,
    PaymentReversed, Record,
    id::{BankAccountId, BillId, InvoiceId, PaymentId},
    money::{Amount, Currency},
};

use super::{
    Deducted, Matched, Means, Mover, Outgoing, PaymentChange, Receipt, Settlement, Trade, UnitSym,
};
use crate::{
    cells::Run,
    cut::{Dated, Side},
};

impl Trade {
    pub(super) fn receive(&self, record: &Record, e: &PaymentReceived) {
        let payment = self.ids.sym(&e.payment);
        let doc = Receipt {
            party: self.party(e.client.as_ref(), e.counterparty.as_ref()),
            amount: e.amount.amount,
            currency: e.amount.currency,
            bank: Some(self.ids.sym(&e.bank_account)),
            purposes: self.purposes(record.position, &e.purpose_lines),
            deductions: self.kept_back(record.position, e.deductions.as_deref()),
        };
        self.received.push(payment, Dated::of(record, doc));
        self.post_deductions(record, doc.deductions, doc.currency);
        if let Some(line) = &e.statement_line {
            self.matched(record, line, Matched { to: Mover::Payment(payment), amount: None });
        }
    }
    pub(super) fn pay(&self, record: &Record, e: &PaymentMade) {
        let doc = Outgoing {
            party: self.party(None, Some(&e.counterparty)),
            amount: e.amount.amount,
            currency: e.amount.currency,
            bank: Some(self.ids.sym(&e.bank_account)),
            purposes: self.purposes(record.position, &e.purpose_lines),
            deductions: self.kept_back(record.position, e.deductions.as_deref()),
        };
        self.made.push(self.ids.sym(&e.payment), Dated::of(record, doc));
        self.post_deductions(record, doc.deductions, doc.currency);
    }
    /// The accounts that parts of a payment went to have its currency from then on.
    fn post_deductions(&self, record: &Record, of: Run<Deducted>, currency: Currency) {
        for part in self.deductions(of) {
            self.post(record, part.account, UnitSym::Currency { currency });
        }
    }
    pub(super) fn allocate(
        &self,
        record: &Record,
        means: Means,
        invoice: &InvoiceId,
        amount: Amount,
        on: bool,
    ) {
        let invoice = self.ids.sym(invoice);
        let (change, part) = if on {
            let change = PaymentChange::Allocated { invoice, amount };
            (change, Settlement::Allocated { means, amount })
        } else {
            let change = PaymentChange::Unallocated { invoice, amount };
            (change, Settlement::Unallocated { means, amount })
        };
        match means {
            Means::Payment(payment) => self.changes.push(payment, Dated::of(record, change)),
            Means::CreditNote(note) => self.note_changes.push(note, Dated::of(record, change)),
            // Its parts stand with it.
            Means::SetOff(_) => 0,
        };
        self.settled.push(invoice, Dated::of(record, part));
    }
    /// Part of a payment made is put against a bill, or taken from it.
    pub(super) fn put_against(
        &self,
        record: &Record,
        (payment, bill): (&PaymentId, &BillId),
        amount: Amount,
        on: bool,
    ) {
        let (payment, bill) = (self.ids.sym(payment), self.ids.sym(bill));
        let means = Means::Payment(payment);
        let (change, part) = if on {
            let change = PaymentChange::PutAgainst { bill, amount };
            (change, Settlement::Allocated { means, amount })
        } else {
            let change = PaymentChange::TakenFrom { bill, amount };
            (change, Settlement::Unallocated { means, amount })
        };
        self.changes.push(payment, Dated::of(record, change));
        self.bills_settled.push(bill, Dated::of(record, part));
    }
    /// Part of a payment goes back, from or to an account of its own where one is said.
    pub(super) fn pay_back(
        &self,
        record: &Record,
        payment: &PaymentId,
        amount: Amount,
        bank: Option<&BankAccountId>,
    ) {
        let bank = bank.map(|bank| self.ids.sym(bank));
        let change = PaymentChange::Refunded { amount, bank };
        self.changes.push(self.ids.sym(payment), Dated::of(record, change));
    }
    pub(super) fn pay_out(&self, record: &Record, e: &CreditNoteRefunded) {
        let change =
            PaymentChange::PaidOut { amount: e.amount, bank: self.ids.sym(&e.bank_account) };
        self.note_changes.push(self.ids.sym(&e.credit_note), Dated::of(record, change));
    }
    pub(super) fn reverse(&self, record: &Record, e: &PaymentReversed) {
        let payment = self.ids.sym(&e.payment);
        self.changes.push(payment, Dated::of(record, PaymentChange::Reversed));
        self.reversals.push(payment, Dated::of(record, ()));
    }
    pub(super) fn write_off(&self, record: &Record, e: &DebtWrittenOff) {
        let invoice = self.ids.sym(&e.invoice);
        let issued = self.issued.of(invoice).all(Side::Decided).next_back();
        if let (Some(AccountPath(path)), Some(issued)) = (&e.account, issued) {
            let unit = UnitSym::Currency { currency: issued.what.document.currency };
            self.post(record, self.ids.sym(path), unit);
        }
        let part = Settlement::WrittenOff { amount: e.amount };
        self.settled.push(invoice, Dated::of(record, part));
    }
    pub(super) fn write_off_bill(&self, record: &Record, e: &BillWrittenOff) {
        let bill = self.ids.sym(&e.bill);
        let billed = self.billed.of(bill).all(Side::Decided).next_back();
        if let (Some(AccountPath(path)), Some(billed)) = (&e.account, billed) {
            let unit = UnitSym::Currency { currency: billed.what.document.currency };
            self.post(record, self.ids.sym(path), unit);
        }
        let part = Settlement::WrittenOff { amount: e.amount };
        self.bills_settled.push(bill, Dated::of(record, part));
    }
}
