//! What is put against what: payments and free credit notes against invoices and bills. Invariant:
//! each of the two gives its share of what is left of it, and the difference of the shares is a leg
//! of its own.

use rust_decimal::Decimal;
use sijil_schemas::{id::kind, money::Currency};

use super::{Against, Holder, Money, When};
use crate::{
    Sym,
    accounts::ledger::Account,
    base::{Open, Rated},
    report::ReportError,
};

impl Money<'_, '_> {
    /// A free credit note is put against an invoice, or taken from it.
    pub(super) fn allocate_note(
        &mut self,
        note: Sym<kind::CreditNote>,
        invoice: Sym<kind::Invoice>,
        amount: Decimal,
        when: When,
    ) -> Result<(), ReportError> {
        self.invoice(invoice, when)?;
        let (Some(free), Some(invoiced)) =
            (&mut self.notes[note.index()], &mut self.invoices[invoice.index()])
        else {
            return Ok(());
        };
        let legs = put(
            free,
            &mut invoiced.debt.open,
            (Against::Invoice(invoice), Holder::Note(note)),
            amount,
        );
        self.settle(legs);
        Ok(())
    }
    pub(super) fn allocate(
        &mut self,
        payment: Sym<kind::Payment>,
        invoice: Sym<kind::Invoice>,
        amount: Decimal,
        when: When,
    ) -> Result<(), ReportError> {
        self.invoice(invoice, when)?;
        let (Some(paid), Some(invoiced)) =
            (&mut self.payments[payment.index()], &mut self.invoices[invoice.index()])
        else {
            return Ok(());
        };
        let legs = put(
            &mut paid.open,
            &mut invoiced.debt.open,
            (Against::Invoice(invoice), Holder::Payment(payment)),
            amount,
        );
        self.settle(legs);
        Ok(())
    }
    fn settle(&mut self, Put { currency, advances, settled, difference }: Put) {
        self.draft(Account::Advances, currency, advances);
        self.draft(Account::Receivable, currency, -settled);
        self.draft(difference, currency, settled - advances);
    }
    /// Puts a part of a payment made against a bill, or takes it back where the part is below zero.
    pub(super) fn settle_bill(
        &mut self,
        payment: Sym<kind::Payment>,
        bill: Sym<kind::Bill>,
        amount: Decimal,
        when: When,
    ) -> Result<(), ReportError> {
        self.billed(bill, when)?;
        let (Some(paid), Some(billed)) =
            (&mut self.payments[payment.index()], &mut self.bills[bill.index()])
        else {
            return Ok(());
        };
        let Put { currency, advances, settled, difference } = put(
            &mut paid.open,
            &mut billed.debt.open,
            (Against::Bill(bill), Holder::Payment(payment)),
            amount,
        );
        self.draft(Account::Payable, currency, settled);
        self.draft(Account::SupplierAdvances, currency, -advances);
        self.draft(difference, currency, advances - settled);
        Ok(())
    }
}

/// Where the difference of two documents goes that settle each other: at one rate it is what
/// rounding leaves.
fn between(one: Rated, other: Rated) -> Account {
    if one.rate() == other.rate() { Account::Rounding } else { Account::Exchange }
}

/// The legs of an allocation, or, negative, of its end.
struct Put {
    currency: Currency,
    advances: Decimal,
    settled: Decimal,
    difference: Account,
}

/// Puts part of a payment or free credit note against an invoice or bill, or takes it from there:
/// of each its share of what is left.
fn put(
    means: &mut Open<Against>,
    debt: &mut Open<Holder>,
    (against, holder): (Against, Holder),
    amount: Decimal,
) -> Put {
    let (advances, settled) = if amount.is_sign_negative() {
        (-means.unallocate(against, -amount), -debt.unallocate(holder, -amount))
    } else {
        (means.allocate(against, amount), debt.allocate(holder, amount))
    };
    Put {
        currency: means.rated().currency,
        advances,
        settled,
        difference: between(means.rated(), debt.rated()),
    }
}
