//! Rules on what payments and free credit notes are put to. Invariant: neither is ever put against
//! more than it holds, nor against what is not its own.

use sijil_projections::trade::{InvoiceDoc, Listed, Means, Move, MoveKind, Party};
use sijil_schemas::{
    CreditNoteAllocated, CreditNoteRefunded, CreditNoteUnallocated, PaymentAllocated,
    PaymentRefunded, PaymentUnallocated,
    id::{BankAccountId, CreditNoteId, EntityRef, InvoiceId, Kind, PaymentId, kind},
    money::{Amount, Currency},
};

use super::{
    invoices::{candidate, same_currency},
    payments::{check_bank, received},
    positive, settlement, standings,
    whose::{Whose, same_party},
};
use crate::{Book, Proposal, Rejection};

/// A payment received or a free credit note, with what became of it.
struct Purse {
    means: Means,
    entity: EntityRef,
    party: Party,
    currency: Currency,
}

impl Purse {
    fn payment(book: &Book, id: &PaymentId) -> Result<Purse, Rejection> {
        let payment = received(book, id)?;
        Ok(Purse {
            means: Means::Payment(payment.sym),
            entity: id.entity(),
            party: payment.doc.party,
            currency: payment.doc.currency,
        })
    }
    /// A credit note without an invoice; one that has an invoice is not free.
    fn credit_note(book: &Book, id: &CreditNoteId) -> Result<Purse, Rejection> {
        let (trade, now) = (&book.trade, book.now());
        let sym = trade.credit_note_sym(id.as_str());
        let Some(note) = sym.and_then(|sym| trade.free_credit(sym, now)) else {
            let invoice = sym
                .and_then(|sym| trade.credited_by(sym, now.side).pop())
                .and_then(|invoice| trade.invoice(invoice, now));
            let invoice = invoice.map(|invoice| invoice.id.to_owned()).unwrap_or_default();
            return Err(Rejection::CreditNotFree { credit_note: id.entity(), invoice });
        };
        let document = note.doc.document;
        Ok(Purse {
            means: Means::CreditNote(note.sym),
            entity: id.entity(),
            party: document.party,
            currency: document.currency,
        })
    }

    /// Judges both histories with the candidate between them.
    fn judge(
        &self,
        book: &Book,
        invoice: Listed<'_, kind::Invoice, InvoiceDoc>,
        more: Move,
    ) -> Result<(), Rejection> {
        let more = Move { invoice: Some(invoice.sym), means: Some(self.means), ..more };
        standings::check(book, &self.entity, more)?;
        standings::check(book, &settlement::entity(Kind::Invoice, invoice.id), more)
    }
    fn allocate(
        &self,
        book: &Book,
        proposal: &Proposal<'_>,
        invoice: &InvoiceId,
        amount: Amount,
        for_party: Option<&EntityRef>,
    ) -> Result<(), Rejection> {
        let Some(invoice) = book
            .trade
            .invoice_sym(invoice.as_str())
            .and_then(|sym| book.trade.invoice(sym, book.now()))
        else {
            return Ok(());
        };
        self.judge(book, invoice, candidate(proposal, MoveKind::Allocated, -amount.get()))?;
        same_currency("amount", invoice.doc.document.currency, self.currency)?;
        let (of_invoice, own) = (
            Whose::of(&invoice.doc.document.party, Kind::Invoice, invoice.id),
            Whose::of(&self.party, self.entity.kind, self.entity.id()),
        );
        same_party(book, &of_invoice, &own, for_party)?;
        positive("/data/amount", amount.get())
    }
    fn unallocate(
        &self,
        book: &Book,
        proposal: &Proposal<'_>,
        invoice: &InvoiceId,
        amount: Amount,
    ) -> Result<(), Rejection> {
        let Some(invoice) = book
            .trade
            .invoice_sym(invoice.as_str())
            .and_then(|sym| book.trade.invoice(sym, book.now()))
        else {
            return Ok(());
        };
        self.judge(book, invoice, candidate(proposal, MoveKind::Unallocated, amount.get()))?;
        positive("/data/amount", amount.get())
    }
    fn refund(
        &self,
        book: &Book,
        proposal: &Proposal<'_>,
        amount: Amount,
    ) -> Result<(), Rejection> {
        standings::check(
            book,
            &self.entity,
            candidate(proposal, MoveKind::Refunded, -amount.get()),
        )?;
        positive("/data/amount", amount.get())
    }
}

pub(crate) fn check_allocated(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &PaymentAllocated,
) -> Result<(), Rejection> {
    Purse::payment(book, &event.payment)?.allocate(
        book,
        proposal,
        &event.invoice,
        event.amount,
        event.for_party.as_ref(),
    )
}

pub(crate) fn check_unallocated(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &PaymentUnallocated,
) -> Result<(), Rejection> {
    Purse::payment(book, &event.payment)?.unallocate(book, proposal, &event.invoice, event.amount)
}

pub(crate) fn check_refunded(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &PaymentRefunded,
) -> Result<(), Rejection> {
    let purse = Purse::payment(book, &event.payment)?;
    let own = received(book, &event.payment)?.doc.bank.is_some();
    check_bank_said(book, &purse.entity, (own, event.bank_account.as_ref()), purse.currency)?;
    purse.refund(book, proposal, event.amount)
}

/// Money that goes back moves on an account of its currency: on that of its payment, where it has
/// one and no other is said.
pub(crate) fn check_bank_said(
    book: &Book,
    payment: &EntityRef,
    (has_own, said): (bool, Option<&BankAccountId>),
    currency: Currency,
) -> Result<(), Rejection> {
    match said {
        Some(bank) => check_bank(book, "amount", bank.as_str(), currency),
        None if has_own => Ok(()),
        None => Err(Rejection::BankAccountNeeded { payment: payment.clone() }),
    }
}

pub(crate) fn check_note_allocated(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &CreditNoteAllocated,
) -> Result<(), Rejection> {
    Purse::credit_note(book, &event.credit_note)?.allocate(
        book,
        proposal,
        &event.invoice,
        event.amount,
        event.for_party.as_ref(),
    )
}

pub(crate) fn check_note_unallocated(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &CreditNoteUnallocated,
) -> Result<(), Rejection> {
    Purse::credit_note(book, &event.credit_note)?.unallocate(
        book,
        proposal,
        &event.invoice,
        event.amount,
    )
}

pub(crate) fn check_note_refunded(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &CreditNoteRefunded,
) -> Result<(), Rejection> {
    let note = Purse::credit_note(book, &event.credit_note)?;
    check_bank(book, "amount", event.bank_account.as_str(), note.currency)?;
    note.refund(book, proposal, event.amount)
}
