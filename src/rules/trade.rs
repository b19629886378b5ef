//! Rules on orders, invoices and payments. Invariant: nothing is sent, settled, credited or paid
//! back that is not there, at its own date or at any later moment.

pub(crate) mod allocations;
mod credited;
pub(crate) mod credits;
mod deliveries;
mod document;
mod invoices;
mod limits;
mod orders;
pub(crate) mod payments;
mod quotes;
pub(crate) mod set_off;
pub(crate) mod settlement;
pub(crate) mod standings;
pub(crate) mod used;
pub(crate) mod whose;

pub(crate) use deliveries::Deliveries;
pub(crate) use document::{check_brought, check_document, check_purposes};
pub(crate) use invoices::{candidate, check as check_invoice, check_credit_itself, same_currency};
pub(crate) use orders::check as check_order;
pub(crate) use standings::Standings;

use rust_decimal::Decimal;
use sijil_projections::Lens;
use sijil_schemas::{
    Event, Position, Record,
    event::{Invoices, Orders},
};

use crate::{Book, Rejection};

/// Refuses what has no direction: an amount or quantity that is not above zero.
pub(crate) fn positive(pointer: &str, value: Decimal) -> Result<(), Rejection> {
    if value > Decimal::ZERO {
        Ok(())
    } else {
        Err(Rejection::NotPositive { pointer: pointer.to_owned(), got: value })
    }
}

/// Refuses an amount or quantity below zero.
pub(crate) fn not_negative(pointer: &str, got: Decimal) -> Result<(), Rejection> {
    if got < Decimal::ZERO {
        Err(Rejection::BelowZero { pointer: pointer.to_owned(), got })
    } else {
        Ok(())
    }
}

/// The records that would not have been admitted had the target never been.
pub(crate) fn dependants(book: &Book, target: &Record) -> Vec<Position> {
    let without = book.without(target.position);
    match &target.event {
        Event::Orders(e) => dependants_of_order(book, e, without),
        Event::Invoices(e) => dependants_of_invoice(book, e, without),
        Event::Clients(_)
        | Event::Counterparties(_)
        | Event::Interactions(_)
        | Event::Deals(_)
        | Event::Catalogue(_)
        | Event::Accounting(_) => Vec::new(),
        Event::Stock(_)
        | Event::Marketing(_)
        | Event::Claims(_)
        | Event::Tasks(_)
        | Event::Staff(_)
        | Event::Surveys(_)
        | Event::Access(_)
        | Event::System(_) => Vec::new(),
    }
}

fn dependants_of_order(book: &Book, event: &Orders, without: Lens<'_>) -> Vec<Position> {
    match event {
        Orders::ReturnReceived(e) => orders::faults_of_shipment(book, e.shipment.as_str(), without),
        Orders::ShipmentDispatched(e) => orders::faults_of_order(book, e.order.as_str(), without),
        Orders::OrderPlaced(_) | Orders::OrderCancelled(_) | Orders::OrderClosed(_) => Vec::new(),
        Orders::OrderLinesAdded(_)
        | Orders::ShipmentLinesAdded(_)
        | Orders::ReturnLinesAdded(_)
        | Orders::QuoteLinesAdded(_) => Vec::new(),
        // What goes on with a quote names it, and nothing rests on how it was decided.
        Orders::QuoteIssued(_) | Orders::QuoteAccepted(_) | Orders::QuoteDeclined(_) => Vec::new(),
    }
}

fn dependants_of_invoice(book: &Book, event: &Invoices, without: Lens<'_>) -> Vec<Position> {
    match event {
        Invoices::PaymentAllocated(e) => {
            settlement::faults_without(book, &e.payment.entity(), Some(e.invoice.as_str()), without)
        }
        Invoices::PaymentUnallocated(e) => {
            settlement::faults_without(book, &e.payment.entity(), Some(e.invoice.as_str()), without)
        }
        Invoices::PaymentReversed(e) => {
            settlement::faults_without(book, &e.payment.entity(), None, without)
        }
        Invoices::SetOffReversed(e) => settlement::faults_of_set_off(book, &e.set_off, without),
        Invoices::PaymentRefunded(e) => {
            payments::matches_without(book, &e.payment.entity(), without)
        }
        Invoices::CreditNoteAllocated(e) => settlement::faults_without(
            book,
            &e.credit_note.entity(),
            Some(e.invoice.as_str()),
            without,
        ),
        Invoices::CreditNoteUnallocated(e) => settlement::faults_without(
            book,
            &e.credit_note.entity(),
            Some(e.invoice.as_str()),
            without,
        ),
        Invoices::CreditNoteRefunded(e) => {
            payments::matches_without(book, &e.credit_note.entity(), without)
        }
        Invoices::CreditNoteIssued(e) => invoices::faults_without(book, e, without),
        Invoices::PeriodClosed(e) => payments::reopenings_without(book, e.area, without),
        Invoices::InvoiceLinesAdded(_) | Invoices::CreditNoteLinesAdded(_) => Vec::new(),
        Invoices::InvoiceIssued(_)
        | Invoices::PaymentReceived(_)
        | Invoices::DebtWrittenOff(_)
        | Invoices::StatementLineImported(_)
        | Invoices::StatementLineMatched(_)
        | Invoices::PeriodReopened(_) => Vec::new(),
        // What was put against it, and its reversal, name it.
        Invoices::InvoiceBroughtForward(_)
        | Invoices::PaymentBroughtForward(_)
        | Invoices::SetOffRecorded(_) => Vec::new(),
    }
}
