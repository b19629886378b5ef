//! Rules on orders, invoices and payments. Invariant: (being written).

use sijil_schemas::{Position, Record, event};

use crate::{Book, Proposal, Rejection};

pub(crate) fn check_order(_book: &Book, _proposal: &Proposal<'_>, _event: &event::Orders) -> Result<(), Rejection> {
    Ok(())
}

pub(crate) fn check_invoice(_book: &Book, _proposal: &Proposal<'_>, _event: &event::Invoices) -> Result<(), Rejection> {
    Ok(())
}

/// The records that would not have been admitted had the target never been.
pub(crate) fn dependants(_book: &Book, _target: &Record) -> Vec<Position> {
    Vec::new()
}
