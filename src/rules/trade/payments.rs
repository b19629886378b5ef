//! Rules on payments received, bank statements and reopened periods. Invariant: a payment is never put against more than it holds, nor against what is not its own.

use rust_decimal::Decimal;
use sijil_projections::{
    Lens,
    clients::{LinkView, Resolver},
    trade::{InvoiceDoc, Listed, Move, MoveKind, Party, Receipt},
};
use sijil_schemas::{
    ClosingArea, PaymentAllocated, PaymentReceived, PaymentRefunded, PaymentReversed, PaymentUnallocated, PeriodReopened, Position, StatementLineImported,
    StatementLineMatched,
    id::{PaymentId, kind},
};

use super::{
    document,
    invoices::{candidate, same_currency},
    positive, settlement,
};
use crate::{Book, Proposal, Rejection};

/// A payment received; one that was made is none.
fn received<'a>(book: &'a Book, payment: &PaymentId) -> Result<Listed<'a, kind::Payment, Receipt>, Rejection> {
    let sym = book.trade.payment_sym(payment.as_str());
    sym.and_then(|sym| book.trade.payment(sym, book.now())).ok_or_else(|| Rejection::WrongDirection {
        payment: payment.entity(),
        expected: "received",
        got: "made",
    })
}

fn invoice<'a>(book: &'a Book, id: &str) -> Option<Listed<'a, kind::Invoice, InvoiceDoc>> {
    book.trade.invoice_sym(id).and_then(|sym| book.trade.invoice(sym, book.now()))
}

pub(crate) fn check_received(book: &Book, event: &PaymentReceived) -> Result<(), Rejection> {
    if let Some(line) = &event.statement_line {
        check_line(book, line.as_str(), event.bank_account.as_str(), &event.payment)?;
    }
    check_bank(book, "amount", event.bank_account.as_str(), event.amount.currency)?;
    document::check_purposes(event.amount, &event.purpose_lines)?;
    positive("/data/amount/amount", event.amount.amount.get())?;
    let mut purposes = event.purpose_lines.iter().enumerate();
    purposes.try_for_each(|(n, p)| positive(&format!("/data/purpose_lines/{n}/amount"), p.amount.get()))
}

/// Money on a bank account is of the account's currency.
pub(crate) fn check_bank(book: &Book, what: &'static str, bank: &str, currency: sijil_schemas::money::Currency) -> Result<(), Rejection> {
    book.trade.bank_currency(bank, book.now()).map_or(Ok(()), |expected| same_currency(what, expected, currency))
}

pub(crate) fn check_allocated(book: &Book, proposal: &Proposal<'_>, event: &PaymentAllocated) -> Result<(), Rejection> {
    let payment = received(book, &event.payment)?;
    let Some(invoice) = invoice(book, event.invoice.as_str()) else { return Ok(()) };
    judge(book, proposal, (payment, &event.payment), invoice, MoveKind::Allocated, -event.amount.get())?;
    same_currency("amount", invoice.doc.document.currency, payment.doc.currency)?;
    same_party(book, payment, invoice)?;
    positive("/data/amount", event.amount.get())
}

pub(crate) fn check_unallocated(book: &Book, proposal: &Proposal<'_>, event: &PaymentUnallocated) -> Result<(), Rejection> {
    let payment = received(book, &event.payment)?;
    let Some(invoice) = invoice(book, event.invoice.as_str()) else { return Ok(()) };
    judge(book, proposal, (payment, &event.payment), invoice, MoveKind::Unallocated, event.amount.get())?;
    positive("/data/amount", event.amount.get())
}

/// Judges payment and invoice with the candidate between them.
fn judge(
    book: &Book,
    proposal: &Proposal<'_>,
    payment: (Listed<'_, kind::Payment, Receipt>, &PaymentId),
    invoice: Listed<'_, kind::Invoice, InvoiceDoc>,
    kind: MoveKind,
    amount: Decimal,
) -> Result<(), Rejection> {
    let (trade, now) = (&book.trade, book.now());
    let more = Move { invoice: Some(invoice.sym), payment: Some(payment.0.sym), ..candidate(proposal, kind, amount) };
    settlement::refuse(settlement::of_payment(&payment.1.entity(), &settlement::with(trade.payment_moves(payment.0.sym, now), more)))?;
    let document = settlement::entity(sijil_schemas::id::Kind::Invoice, invoice.id);
    settlement::refuse(settlement::of_document(&document, &settlement::with(trade.invoice_moves(invoice.sym, now), more)))
}

/// Payment and invoice must not be of two different legal entities; where neither names one, not of two different clients.
fn same_party(book: &Book, payment: Listed<'_, kind::Payment, Receipt>, invoice: Listed<'_, kind::Invoice, InvoiceDoc>) -> Result<(), Rejection> {
    let counterparty = |party: &Party| party.counterparty.map(|c| book.trade.counterparties.name(c).to_owned());
    let other = |expected: String, got: String| Rejection::OtherCounterparty { expected, got };
    match (counterparty(&invoice.doc.document.party), counterparty(&payment.doc.party)) {
        (Some(expected), Some(got)) if expected != got => Err(other(format!("counterparty:{expected}"), format!("counterparty:{got}"))),
        (None, None) => {
            let resolver = Resolver::new(&book.clients, book.now(), LinkView::AtEvent);
            let client = |kind, id| resolver.client_of_document(&settlement::entity(kind, id));
            let (expected, got) = (client(sijil_schemas::id::Kind::Invoice, invoice.id), client(sijil_schemas::id::Kind::Payment, payment.id));
            match (expected, got) {
                (Some(expected), Some(got)) if expected != got => {
                    Err(other(format!("client:{}", book.clients.id(expected)), format!("client:{}", book.clients.id(got))))
                }
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

pub(crate) fn check_refunded(book: &Book, proposal: &Proposal<'_>, event: &PaymentRefunded) -> Result<(), Rejection> {
    let payment = received(book, &event.payment)?;
    let moves = settlement::with(book.trade.payment_moves(payment.sym, book.now()), candidate(proposal, MoveKind::Refunded, -event.amount.get()));
    settlement::refuse(settlement::of_payment(&event.payment.entity(), &moves))?;
    positive("/data/amount", event.amount.get())
}

pub(crate) fn check_reversed(book: &Book, proposal: &Proposal<'_>, event: &PaymentReversed) -> Result<(), Rejection> {
    let payment = received(book, &event.payment)?;
    let moves = settlement::with(book.trade.payment_moves(payment.sym, book.now()), candidate(proposal, MoveKind::Reversed, Decimal::ZERO));
    settlement::refuse(settlement::of_payment(&event.payment.entity(), &moves))
}

pub(crate) fn check_imported(book: &Book, event: &StatementLineImported) -> Result<(), Rejection> {
    check_bank(book, "amount", event.bank_account.as_str(), event.amount.currency)
}

/// A line is matched once, and to a payment on its own bank account.
fn check_line(book: &Book, line: &str, bank: &str, payment: &PaymentId) -> Result<(), Rejection> {
    let now = book.now();
    let Some(listed) = book.trade.statement_line(line, now) else { return Ok(()) };
    if let Some(matched) = book.trade.matched(listed.sym, now) {
        let matched = book.trade.payment_id(matched.what).to_owned();
        return Err(Rejection::AlreadyMatched { statement_line: line.to_owned(), matched, payment: payment.to_string() });
    }
    let expected = book.trade.bank(listed.doc.bank);
    if expected == bank {
        Ok(())
    } else {
        Err(Rejection::OtherBankAccount { statement_line: line.to_owned(), expected: expected.to_owned(), got: bank.to_owned() })
    }
}

pub(crate) fn check_matched(book: &Book, event: &StatementLineMatched) -> Result<(), Rejection> {
    let (trade, now) = (&book.trade, book.now());
    let Some(payment) = trade.payment_sym(event.payment.as_str()) else { return Ok(()) };
    let (bank, came_in) = match (trade.payment(payment, now), trade.payment_made(payment, now)) {
        (Some(received), _) => (received.doc.bank, true),
        (None, Some(made)) => (made.doc.bank, false),
        (None, None) => return Ok(()),
    };
    let line = event.statement_line.as_str();
    check_line(book, line, trade.bank(bank), &event.payment)?;
    let amount = trade.statement_line(line, now).map_or(Decimal::ZERO, |l| l.doc.amount.amount.get());
    if (amount > Decimal::ZERO) == came_in {
        return Ok(());
    }
    let (expected, got) = if came_in { ("made", "received") } else { ("received", "made") };
    Err(Rejection::WrongDirection { payment: event.payment.entity(), expected, got })
}

pub(crate) fn check_reopened(book: &Book, event: &PeriodReopened) -> Result<(), Rejection> {
    if book.company.closings(event.area, book.now()).0 > 0 { Ok(()) } else { Err(Rejection::NothingClosed { area: event.area.name() }) }
}

/// The reopenings of an area that would undo nothing under a lens.
pub(crate) fn reopenings_without(book: &Book, area: ClosingArea, lens: Lens<'_>) -> Vec<Position> {
    book.company.closings(area, lens).1
}
