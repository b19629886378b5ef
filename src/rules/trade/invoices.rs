//! Rules on invoices, credit notes and write-offs; payments have a file of their own. Invariant: an invoice is never credited, settled or given up beyond itself.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_projections::trade::{CreditDoc, DocumentLine, Move, MoveKind};
use sijil_schemas::{
    CreditNoteIssued, DebtWrittenOff, Line,
    event::Invoices,
    id::EntityRef,
    money::{Currency, Money},
    time::Timestamp,
};

use super::{document, payments, positive, settlement};
use crate::{Book, Proposal, Rejection};

pub(crate) fn check(book: &Book, proposal: &Proposal<'_>, event: &Invoices) -> Result<(), Rejection> {
    match event {
        Invoices::InvoiceIssued(e) => document::check_document(&e.lines, e.total, e.due_on, &e.instalments),
        Invoices::CreditNoteIssued(e) => check_credit(book, proposal, e),
        Invoices::DebtWrittenOff(e) => check_write_off(book, proposal, e),
        Invoices::PaymentReceived(e) => payments::check_received(book, e),
        Invoices::PaymentAllocated(e) => payments::check_allocated(book, proposal, e),
        Invoices::PaymentUnallocated(e) => payments::check_unallocated(book, proposal, e),
        Invoices::PaymentRefunded(e) => payments::check_refunded(book, proposal, e),
        Invoices::PaymentReversed(e) => payments::check_reversed(book, proposal, e),
        Invoices::StatementLineImported(e) => payments::check_imported(book, e),
        Invoices::StatementLineMatched(e) => payments::check_matched(book, e),
        Invoices::PeriodClosed(_) => Ok(()),
        Invoices::PeriodReopened(e) => payments::check_reopened(book, e),
    }
}

/// A move of the candidate's own.
pub(crate) fn candidate(proposal: &Proposal<'_>, kind: MoveKind, amount: Decimal) -> Move {
    Move { at: proposal.at(), position: proposal.position, kind, amount, invoice: None, bill: None, payment: None }
}

fn check_credit(book: &Book, proposal: &Proposal<'_>, event: &CreditNoteIssued) -> Result<(), Rejection> {
    let (trade, now) = (&book.trade, book.now());
    let Some(invoice) = trade.invoice_sym(event.invoice.as_str()).and_then(|sym| trade.invoice(sym, now)) else { return Ok(()) };
    let moves = settlement::with(trade.invoice_moves(invoice.sym, now), candidate(proposal, MoveKind::Credited, -event.total.amount.get()));
    settlement::refuse(settlement::of_document(&event.invoice.entity(), &moves))?;
    let before: Vec<&CreditDoc> = trade.credit_notes(invoice.sym, now).map(|c| &c.what).collect();
    let lines = &invoice.doc.document.lines;
    check_credit_lines(book, &event.invoice.entity(), lines, &before, &event.lines, proposal.at())?;
    check_credit_itself(invoice.doc.document.currency, &event.lines, event.total)
}

/// What a credit must be in itself: its document's currency, its lines' sum, above zero.
pub(crate) fn check_credit_itself(currency: Currency, lines: &[Line], total: Money) -> Result<(), Rejection> {
    same_currency("total", currency, total.currency)?;
    document::check_lines(lines)?;
    if !lines.is_empty() {
        document::check_total(lines, total)?;
    }
    positive("/data/total/amount", total.amount.get())
}

/// Refuses an amount in another currency.
pub(crate) fn same_currency(what: &'static str, expected: Currency, got: Currency) -> Result<(), Rejection> {
    if expected == got { Ok(()) } else { Err(Rejection::OtherCurrency { what, expected, got }) }
}

/// Each line of a credit names a line of the document and, with the credits before it, takes back no more units and money than the line has.
pub(crate) fn check_credit_lines(
    book: &Book,
    document: &EntityRef,
    lines: &[DocumentLine],
    before: &[&CreditDoc],
    credited: &[Line],
    on: Timestamp,
) -> Result<(), Rejection> {
    let mut taken: BTreeMap<&str, (Decimal, Decimal)> = BTreeMap::new();
    for line in before.iter().flat_map(|c| &c.lines) {
        let taken = taken.entry(line.key.as_str()).or_default();
        *taken = (taken.0 + line.qty.get(), taken.1 + line.net.get() + line.tax.get());
    }
    for line in credited {
        let item = |l: &DocumentLine| l.item.is_none_or(|sym| line.item.as_ref().is_none_or(|i| i.as_str() == book.trade.items.name(sym)));
        let Some(of) = lines.iter().find(|l| l.key == line.line && item(l)) else {
            return Err(Rejection::UnknownLine { document: document.clone(), line: line.line.to_string() });
        };
        let (qty, sum) = taken.get(line.line.as_str()).copied().unwrap_or_default();
        let beyond = |whole: Decimal, taken: Decimal, more: Decimal| (taken + more).abs() > whole.abs() || (taken + more) * whole < Decimal::ZERO;
        let (whole, amount) = (of.net.get() + of.tax.get(), line.net.get() + line.tax.get());
        let exceeds = |left: Decimal, amount: Decimal| Rejection::CreditExceedsDocument {
            document: document.clone(),
            line: format!(" line {}", line.line),
            left,
            amount,
            on,
        };
        if beyond(of.qty.get(), qty, line.qty.get()) {
            return Err(exceeds(of.qty.get() - qty, line.qty.get()));
        }
        if beyond(whole, sum, amount) {
            return Err(exceeds(whole - sum, amount));
        }
    }
    Ok(())
}

fn check_write_off(book: &Book, proposal: &Proposal<'_>, event: &DebtWrittenOff) -> Result<(), Rejection> {
    let (trade, now) = (&book.trade, book.now());
    let Some(sym) = trade.invoice_sym(event.invoice.as_str()) else { return Ok(()) };
    let moves = settlement::with(trade.invoice_moves(sym, now), candidate(proposal, MoveKind::WrittenOff, -event.amount.get()));
    settlement::refuse(settlement::of_document(&event.invoice.entity(), &moves))?;
    positive("/data/amount", event.amount.get())
}
