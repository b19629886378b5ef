//! What other books left, bills and set-offs, on the walk. Invariant: see the parent.

use rust_decimal::Decimal;
use sijil_schemas::{
    InvoiceBroughtForward, InvoiceIssued, PaymentBroughtForward, PaymentReceived, Record,
    SetOffRecorded, event::Accounting,
};

use super::Walked;

impl Walked<'_> {
    pub(super) fn set_off(&mut self, record: &Record, e: &SetOffRecorded) {
        let (mut legal, mut sums) = (true, (Decimal::ZERO, Decimal::ZERO));
        let (mut invoices, mut bills) = (Vec::new(), Vec::new());
        for part in &e.invoices {
            let (id, amount) = (part.invoice.to_string(), part.amount.get());
            legal &= self.invoices.get_mut(&id).is_some_and(|bill| {
                bill.open -= amount;
                bill.open >= Decimal::ZERO && amount > Decimal::ZERO
            });
            sums.0 += amount;
            self.set_off.push((record.occurred_at(), id.clone(), amount));
            invoices.push((id, amount));
        }
        for part in &e.bills {
            let (id, amount) = (part.bill.to_string(), part.amount.get());
            legal &= self.bills.get_mut(&id).is_some_and(|(open, _)| {
                *open -= amount;
                *open >= Decimal::ZERO && amount > Decimal::ZERO
            });
            sums.1 += amount;
            bills.push((id, amount));
        }
        self.set_offs.insert(e.set_off.to_string(), (invoices, bills));
        self.fault(legal && sums.0 == sums.1, record);
    }
    pub(super) fn purchase(&mut self, record: &Record, event: &Accounting) {
        match event {
            Accounting::BillReceived(e) => {
                let of = (e.total.amount.get(), e.total.currency.to_string());
                self.bills.insert(e.bill.to_string(), of);
            }
            Accounting::BillBroughtForward(e) => {
                let of = (e.total.amount.get(), e.total.currency.to_string());
                self.bills.insert(e.bill.to_string(), of);
            }
            Accounting::BillWrittenOff(e) => {
                let legal = self.bills.get_mut(e.bill.as_str()).is_some_and(|(open, _)| {
                    *open -= e.amount.get();
                    *open >= Decimal::ZERO
                });
                self.fault(legal, record);
            }
            _ => (),
        }
    }
}

/// An invoice that was brought forward as one that was issued, without lines.
pub(super) fn as_issued(e: &InvoiceBroughtForward) -> InvoiceIssued {
    InvoiceIssued {
        invoice: e.invoice.clone(),
        counterparty: e.counterparty.clone(),
        client: e.client.clone(),
        owner: e.owner.clone(),
        order: None,
        lines: Vec::new(),
        total: e.total,
        due_on: e.due_on,
        instalments: e.instalments.clone(),
        parts: None,
        refs: Vec::new(),
        attributes: std::collections::BTreeMap::new(),
    }
}

/// An advance that was brought forward as a payment that came in.
pub(super) fn as_received(e: &PaymentBroughtForward) -> PaymentReceived {
    PaymentReceived {
        payment: e.payment.clone(),
        counterparty: e.counterparty.clone(),
        client: e.client.clone(),
        amount: e.amount,
        bank_account: sijil_schemas::id::BankAccountId::new("none").expect("an id"),
        purpose_lines: Vec::new(),
        statement_line: None,
        deductions: None,
        refs: Vec::new(),
        attributes: std::collections::BTreeMap::new(),
    }
}
