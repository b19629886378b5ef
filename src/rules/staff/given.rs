//! Rules on what is given to somebody. Invariant: from their dismissal on nobody becomes owner,
//! assignee or deputy of anything; what they have by then stays until it is handed over.

use sijil_schemas::{
    Event,
    event::{Claims, Clients, Deals, Invoices, Orders, Staff, Tasks},
    id::EmployeeId,
};

use crate::{Book, Proposal, Rejection};

/// Who gets something by an event, and which field says so. Whoever did something, as with an entry
/// of time, gets nothing; neither does whom a credit note takes back from.
fn given(event: &Event) -> Option<(&'static str, &EmployeeId)> {
    match event {
        Event::Clients(Clients::ClientRegistered(e)) => Some(("/data/owner", e.owner.as_ref()?)),
        Event::Clients(Clients::ClientOwnerAssigned(e)) => Some(("/data/employee", &e.employee)),
        Event::Deals(Deals::DealOpened(e)) => Some(("/data/owner", &e.owner)),
        Event::Deals(Deals::DealOwnerChanged(e)) => Some(("/data/to", &e.to)),
        Event::Orders(Orders::OrderPlaced(e)) => Some(("/data/owner", e.owner.as_ref()?)),
        Event::Orders(Orders::QuoteIssued(e)) => Some(("/data/owner", e.owner.as_ref()?)),
        Event::Invoices(Invoices::InvoiceIssued(e)) => Some(("/data/owner", e.owner.as_ref()?)),
        Event::Claims(Claims::ClaimAssigned(e)) => Some(("/data/employee", &e.employee)),
        Event::Tasks(Tasks::TaskAssigned(e)) => Some(("/data/assignee", &e.assignee)),
        Event::Tasks(Tasks::TaskReassigned(e)) => Some(("/data/to", &e.to)),
        Event::Tasks(Tasks::ReminderSet(e)) => Some(("/data/employee", &e.employee)),
        Event::Staff(Staff::WorkHandedOver(e)) => Some(("/data/to", &e.to)),
        Event::Staff(Staff::SubstitutionStarted(e)) => Some(("/data/deputy", &e.deputy)),
        Event::Staff(Staff::EmployeeMoved(e)) => Some(("/data/employee", &e.employee)),
        Event::Clients(_)
        | Event::Counterparties(_)
        | Event::Interactions(_)
        | Event::Deals(_)
        | Event::Catalogue(_)
        | Event::Orders(_)
        | Event::Invoices(_) => None,
        Event::Accounting(_)
        | Event::Stock(_)
        | Event::Marketing(_)
        | Event::Claims(_)
        | Event::Tasks(_)
        | Event::Staff(_)
        | Event::Access(_)
        | Event::Surveys(_)
        | Event::System(_) => None,
    }
}

pub(crate) fn check(book: &Book, proposal: &Proposal<'_>, event: &Event) -> Result<(), Rejection> {
    let Some((pointer, employee)) = given(event) else { return Ok(()) };
    let known = book.staff.ids().find(employee.as_str());
    match book.staff.dismissal(known, book.now()).filter(|left| left.at <= proposal.at()) {
        Some(left) => Err(Rejection::EmployeeDismissed {
            pointer,
            employee: employee.entity(),
            at: left.at,
            position: left.position,
        }),
        None => Ok(()),
    }
}
