//! What was brought forward from other books. Invariant: it stands among the documents of its kind,
//! without lines and without a bank account, so that what is open of it settles like theirs.

use sijil_schemas::{
    BillBroughtForward, InvoiceBroughtForward, PaymentBroughtForward, PaymentWay, Record,
};

use super::{Begun, BillDoc, InvoiceDoc, Outgoing, Receipt, Trade};
use crate::{cells::Run, cut::Dated};

impl Trade {
    pub(super) fn bring_invoice(&self, record: &Record, e: &InvoiceBroughtForward) {
        let party = self.party(e.client.as_ref(), e.counterparty.as_ref());
        let (whose, total) = ((party, e.owner.as_ref()), e.total.amount);
        let doc = InvoiceDoc {
            document: self.document(record.position, whose, e.total.currency, &[], &e.attributes),
            order: None,
            total,
            due: self.due(record.position, e.due_on, &e.instalments, total),
            begun: Begun::Before { issued_on: e.issued_on },
        };
        self.issued.push(self.ids.sym(&e.invoice), Dated::of(record, doc));
    }
    pub(super) fn bring_bill(&self, record: &Record, e: &BillBroughtForward) {
        let party = self.party(None, Some(&e.supplier));
        let total = e.total.amount;
        let doc = BillDoc {
            document: self.document(
                record.position,
                (party, None),
                e.total.currency,
                &[],
                &e.attributes,
            ),
            total,
            due: self.due(record.position, e.due_on, &e.instalments, total),
            begun: Begun::Before { issued_on: e.issued_on },
        };
        self.billed.push(self.ids.sym(&e.bill), Dated::of(record, doc));
    }
    pub(super) fn bring_payment(&self, record: &Record, e: &PaymentBroughtForward) {
        let payment = self.ids.sym(&e.payment);
        let party = self.party(e.client.as_ref(), e.counterparty.as_ref());
        let (amount, currency, bank) = (e.amount.amount, e.amount.currency, None);
        let (purposes, deductions) = (Run::none(), Run::none());
        match e.direction {
            PaymentWay::Received => {
                let doc = Receipt { party, amount, currency, bank, purposes, deductions };
                self.received.push(payment, Dated::of(record, doc));
            }
            PaymentWay::Made => {
                let doc = Outgoing { party, amount, currency, bank, purposes, deductions };
                self.made.push(payment, Dated::of(record, doc));
            }
        }
    }
}
