//! Rules on the catalogue and on goods. Invariant: (being written).

use sijil_schemas::{Position, Record, event};

use crate::{Book, Proposal, Rejection};

pub(crate) fn check_catalogue(_book: &Book, _proposal: &Proposal<'_>, _event: &event::Catalogue) -> Result<(), Rejection> {
    Ok(())
}

pub(crate) fn check(_book: &Book, _proposal: &Proposal<'_>, _event: &event::Stock) -> Result<(), Rejection> {
    Ok(())
}

/// The records that would not have been admitted had the target never been.
pub(crate) fn dependants(_book: &Book, _target: &Record) -> Vec<Position> {
    Vec::new()
}
