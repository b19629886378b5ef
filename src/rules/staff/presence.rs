//! Rules on absences and dismissals. Invariant: an employee is away by one absence a day, and is
//! dismissed once, not before being hired.

use sijil_projections::staff::Absence;
use sijil_schemas::{EmployeeAbsent, EmployeeDismissed, id::kind};

use crate::{Book, Proposal, Rejection};

pub(super) fn check_absence(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &EmployeeAbsent,
) -> Result<(), Rejection> {
    if e.to < e.from {
        let (pointer, first, last) = ("/data/to", e.from, e.to);
        return Err(Rejection::DaysOutOfOrder { pointer, first, last });
    }
    let ids = book.staff.ids();
    let employee = ids.sym(&e.employee);
    // No two of one employee overlap so far, so only its neighbours can.
    let near = book.staff.absences_near(employee, e.from, proposal.position, book.now());
    let is_over = |other: &Absence| e.from <= other.to && other.from <= e.to;
    match near.into_iter().flatten().map(|fact| fact.what).find(is_over) {
        Some(other) => Err(Rejection::AbsenceOverlap {
            employee: e.employee.entity(),
            other: ids.entity_of(other.absence.into()),
            from: other.from,
            to: other.to,
        }),
        None => Ok(()),
    }
}

pub(super) fn check_dismissal(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &EmployeeDismissed,
) -> Result<(), Rejection> {
    let (entity, at) = (e.employee.entity(), proposal.at());
    let employee = book.staff.ids().find::<kind::Employee>(e.employee.as_str());
    let mut placements = book.staff.placements(employee).counting(book.now());
    let hired = placements.find(|placement| placement.what.hired);
    if let Some(hired) = hired.filter(|hired| at < hired.at) {
        return Err(Rejection::BeforeOpening { entity, opened: hired.at, at });
    }
    match book.staff.dismissal(employee, book.now()) {
        Some(_) => Err(Rejection::IllegalTransition {
            entity,
            from: "dismissed",
            to: "dismissed",
            at,
            position: proposal.position,
        }),
        None => Ok(()),
    }
}
