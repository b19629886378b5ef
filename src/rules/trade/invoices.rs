//! Rules on invoices, credit notes and write-offs; payments have a file of their own. Invariant: an
//! invoice is never credited, settled or given up beyond itself.

use rust_decimal::Decimal;
use sijil_projections::{
    Lens,
    trade::{InvoiceDoc, Listed, Move, MoveKind, Settleable},
};
use sijil_schemas::{
    AccountPath, CreditNoteIssued, DebtWrittenOff, Line, Position, Unit,
    event::Invoices,
    id::{InvoiceId, kind},
    money::{Currency, Money},
};

use super::{allocations, credits::History, document, payments, positive, set_off, standings};
use crate::{Book, Proposal, Rejection, money};

pub(crate) fn check(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &Invoices,
) -> Result<(), Rejection> {
    match event {
        Invoices::InvoiceIssued(e) => {
            document::check_document(&e.lines, e.total, e.due_on, &e.instalments)
        }
        // Its lines are judged with the whole document.
        Invoices::InvoiceLinesAdded(_) | Invoices::CreditNoteLinesAdded(_) => Ok(()),
        Invoices::CreditNoteIssued(e) => check_credit(book, proposal, e),
        Invoices::DebtWrittenOff(e) => check_write_off(book, proposal, e),
        Invoices::PaymentReceived(e) => payments::check_received(book, e),
        Invoices::PaymentAllocated(e) => allocations::check_allocated(book, proposal, e),
        Invoices::PaymentUnallocated(e) => allocations::check_unallocated(book, proposal, e),
        Invoices::CreditNoteAllocated(e) => allocations::check_note_allocated(book, proposal, e),
        Invoices::CreditNoteUnallocated(e) => {
            allocations::check_note_unallocated(book, proposal, e)
        }
        Invoices::CreditNoteRefunded(e) => allocations::check_note_refunded(book, proposal, e),
        Invoices::PaymentRefunded(e) => allocations::check_refunded(book, proposal, e),
        Invoices::PaymentReversed(e) => payments::check_reversed(book, proposal, e),
        Invoices::StatementLineImported(e) => payments::check_imported(book, e),
        Invoices::StatementLineMatched(e) => payments::check_matched(book, e),
        Invoices::InvoiceBroughtForward(e) => {
            document::check_brought(e.total, e.due_on, &e.instalments)
        }
        Invoices::PaymentBroughtForward(e) => {
            positive("/data/amount/amount", e.amount.amount.get())
        }
        Invoices::SetOffRecorded(e) => set_off::check_recorded(book, proposal, e),
        Invoices::SetOffReversed(e) => set_off::check_reversed(book, proposal, e),
        Invoices::PeriodClosed(_) => Ok(()),
        Invoices::PeriodReopened(e) => payments::check_reopened(book, e),
    }
}

/// A move of the candidate's own.
pub(crate) fn candidate(proposal: &Proposal<'_>, kind: MoveKind, amount: Decimal) -> Move {
    Move {
        at: proposal.at(),
        position: proposal.position,
        kind,
        amount,
        invoice: None,
        bill: None,
        means: None,
    }
}

fn check_credit(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &CreditNoteIssued,
) -> Result<(), Rejection> {
    let (trade, now) = (&book.trade, book.now());
    let Some(id) = &event.invoice else { return check_free(event) };
    let own = [
        ("/data/client", event.client.is_some()),
        ("/data/counterparty", event.counterparty.is_some()),
    ];
    let more = [("/data/owner", event.owner.is_some()), ("/data/order", event.order.is_some())];
    if let Some((pointer, _)) = own.into_iter().chain(more).find(|(_, given)| *given) {
        return Err(Rejection::PartyOfInvoice { pointer });
    }
    let Some(invoice) = trade.invoice_sym(id.as_str()).and_then(|sym| trade.invoice(sym, now))
    else {
        return Ok(());
    };
    if invoice.doc.begun.is_before() {
        return Err(Rejection::BroughtForward { document: id.entity() });
    }
    standings::check(
        book,
        &id.entity(),
        candidate(proposal, MoveKind::Credited, -event.total.amount.get()),
    )?;
    history(book, id, invoice, now).check(book, proposal, &event.lines, event.total.amount)?;
    check_credit_itself(invoice.doc.document.currency, &event.lines, event.total)
}

fn history<'a>(
    book: &'a Book,
    id: &InvoiceId,
    invoice: Listed<'a, kind::Invoice, InvoiceDoc>,
    lens: Lens<'a>,
) -> History<'a> {
    let of = Settleable::Invoice(invoice.sym);
    History::of(book, id.entity(), invoice.doc.document, of, lens)
}

/// The credits of the same invoice that could not stand under a lens, by the cents that one left to
/// another.
pub(crate) fn faults_without(
    book: &Book,
    event: &CreditNoteIssued,
    lens: Lens<'_>,
) -> Vec<Position> {
    let Some(id) = &event.invoice else { return Vec::new() };
    let Some(invoice) =
        book.trade.invoice_sym(id.as_str()).and_then(|sym| book.trade.invoice(sym, lens))
    else {
        return Vec::new();
    };
    history(book, id, invoice, lens).worse_than(&history(book, id, invoice, book.now()))
}

/// A credit note without an invoice says by its lines what it is for.
fn check_free(event: &CreditNoteIssued) -> Result<(), Rejection> {
    if event.lines.is_empty() {
        return Err(Rejection::CreditLinesNeeded {});
    }
    check_credit_itself(event.total.currency, &event.lines, event.total)
}

/// What a credit must be in itself: its document's currency, its lines' sum, above zero, or zero
/// with lines.
pub(crate) fn check_credit_itself(
    currency: Currency,
    lines: &[Line],
    total: Money,
) -> Result<(), Rejection> {
    same_currency("total", currency, total.currency)?;
    document::check_lines(lines)?;
    if !lines.is_empty() {
        document::check_total(lines, total)?;
    }
    document::at_least_zero(lines, total)
}

/// Refuses an amount in another currency.
pub(crate) fn same_currency(
    what: &'static str,
    expected: Currency,
    got: Currency,
) -> Result<(), Rejection> {
    if expected == got { Ok(()) } else { Err(Rejection::OtherCurrency { what, expected, got }) }
}

fn check_write_off(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &DebtWrittenOff,
) -> Result<(), Rejection> {
    let (trade, now) = (&book.trade, book.now());
    let Some(sym) = trade.invoice_sym(event.invoice.as_str()) else { return Ok(()) };
    standings::check(
        book,
        &event.invoice.entity(),
        candidate(proposal, MoveKind::WrittenOff, -event.amount.get()),
    )?;
    if let (Some(AccountPath(account)), Some(invoice)) = (&event.account, trade.invoice(sym, now)) {
        money::check_path_under(account.as_str(), &["expenses", "income"], "expenses/ or income/")?;
        money::check_unit(book, account.as_str(), &Unit::Currency(invoice.doc.document.currency))?;
    }
    positive("/data/amount", event.amount.get())
}
