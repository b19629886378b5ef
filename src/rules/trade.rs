//! Rules on orders, invoices and payments. Invariant: nothing is sent, settled, credited or paid back that is not there, at its own date or at any later moment.

mod document;
mod invoices;
mod limits;
mod orders;
pub(crate) mod payments;
pub(crate) mod settlement;

pub(crate) use document::{check_document, check_purposes};
pub(crate) use invoices::{check as check_invoice, check_credit_itself, check_credit_lines, same_currency};
pub(crate) use orders::check as check_order;

use rust_decimal::Decimal;
use sijil_schemas::{
    Event, Position, Record,
    event::{Invoices, Orders},
};

use crate::{Book, Rejection};

/// Refuses what has no direction: an amount or quantity that is not above zero.
pub(crate) fn positive(pointer: &str, value: Decimal) -> Result<(), Rejection> {
    if value > Decimal::ZERO { Ok(()) } else { Err(Rejection::NotPositive { pointer: pointer.to_owned(), got: value }) }
}

/// The records that would not have been admitted had the target never been.
pub(crate) fn dependants(book: &Book, target: &Record) -> Vec<Position> {
    let without = book.without(target.position);
    match &target.event {
        Event::Orders(Orders::ReturnReceived(e)) => orders::faults_of_shipment(book, e.shipment.as_str(), without),
        Event::Orders(Orders::ShipmentDispatched(e)) => orders::faults_of_order(book, e.order.as_str(), without),
        Event::Orders(Orders::OrderPlaced(_) | Orders::OrderCancelled(_)) => Vec::new(),
        Event::Invoices(Invoices::PaymentAllocated(e)) => settlement::faults_without(book, e.payment.as_str(), Some(e.invoice.as_str()), without),
        Event::Invoices(Invoices::PaymentUnallocated(e)) => settlement::faults_without(book, e.payment.as_str(), Some(e.invoice.as_str()), without),
        Event::Invoices(Invoices::PaymentReversed(e)) => settlement::faults_without(book, e.payment.as_str(), None, without),
        Event::Invoices(Invoices::PaymentRefunded(e)) => payments::matches_without(book, e.payment.as_str(), without),
        Event::Invoices(Invoices::PeriodClosed(e)) => payments::reopenings_without(book, e.area, without),
        Event::Invoices(
            Invoices::InvoiceIssued(_)
            | Invoices::CreditNoteIssued(_)
            | Invoices::PaymentReceived(_)
            | Invoices::DebtWrittenOff(_)
            | Invoices::StatementLineImported(_)
            | Invoices::StatementLineMatched(_)
            | Invoices::PeriodReopened(_),
        ) => Vec::new(),
        Event::Clients(_) | Event::Counterparties(_) | Event::Interactions(_) | Event::Deals(_) | Event::Catalogue(_) | Event::Accounting(_) => Vec::new(),
        Event::Stock(_) | Event::Marketing(_) | Event::Claims(_) | Event::Tasks(_) | Event::Staff(_) | Event::System(_) => Vec::new(),
    }
}
