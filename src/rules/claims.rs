//! Rules on interactions, claims and tasks. Invariant: (being written).

use sijil_schemas::{Position, Record, event};

use crate::{Book, Proposal, Rejection};

pub(crate) fn check_interaction(_book: &Book, _proposal: &Proposal<'_>, _event: &event::Interactions) -> Result<(), Rejection> {
    Ok(())
}

pub(crate) fn check(_book: &Book, _proposal: &Proposal<'_>, _event: &event::Claims) -> Result<(), Rejection> {
    Ok(())
}

pub(crate) fn check_task(_book: &Book, _proposal: &Proposal<'_>, _event: &event::Tasks) -> Result<(), Rejection> {
    Ok(())
}

/// The records that would not have been admitted had the target never been.
pub(crate) fn dependants(_book: &Book, _target: &Record) -> Vec<Position> {
    Vec::new()
}
