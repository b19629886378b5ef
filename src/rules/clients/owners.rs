//! Whose a client is. Invariant: a client is handed over by whoever has it at that moment, whatever was recorded later.

use sijil_projections::Lens;
use sijil_schemas::{
    Position,
    id::{EmployeeId, EntityRef, Kind},
    time::Timestamp,
};

use super::Misfits;
use crate::{Book, Proposal, Rejection};

/// What is shown where a client belongs to nobody.
const NOBODY: &str = "nobody";

/// From its date, a client belongs to `to`; if it is handed over, it belonged to `from` until then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    at: Timestamp,
    position: Position,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

impl<'a> Step<'a> {
    pub(super) fn of(proposal: &Proposal<'_>, from: Option<&'a EmployeeId>, to: Option<&'a EmployeeId>) -> Step<'a> {
        Step { at: proposal.at(), position: proposal.position, from: from.map(EmployeeId::as_str), to: to.map(EmployeeId::as_str) }
    }
}

/// Every hand-over of a client by somebody who does not have it; each counts all the same for what follows.
pub(super) fn walk(book: &Book, lens: Lens<'_>, client: &str, candidate: Option<Step<'_>>) -> Misfits {
    let id = |employee| book.clients.employee_id(employee);
    let facts = book.clients.owner_facts(client).iter().filter(|fact| lens.known(fact.position));
    let known = facts.map(|fact| Step { at: fact.at, position: fact.position, from: fact.what.from.map(id), to: fact.what.to.map(id) });
    let mut steps: Vec<Step<'_>> = known.chain(candidate).collect();
    steps.sort_by_key(|step| (step.at, step.position));
    let (mut owner, mut misfits) = (None, Misfits::new());
    for Step { at, position, from, to } in steps {
        if from.is_some()
            && from != owner
            && let Ok(entity) = EntityRef::new(Kind::Client, client)
        {
            let (current, got) = (owner.unwrap_or(NOBODY).to_owned(), from.unwrap_or(NOBODY).to_owned());
            misfits.push((position, Rejection::FromMismatch { entity, pointer: "/data/from", current, got, at, position }));
        }
        owner = to;
    }
    misfits
}
