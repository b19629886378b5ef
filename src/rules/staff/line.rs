//! Rules on who is under whom. Invariant: at no moment does the way up from an employee lead back
//! to the employee.

use sijil_projections::{Lens, Sym};
use sijil_schemas::{
    Position,
    id::{EmployeeId, kind},
    time::Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

use crate::{Book, Proposal, Rejection};

/// An employee, by number.
type Employee = Sym<kind::Employee>;

/// One change of who is above an employee.
struct Change {
    at: Timestamp,
    position: Position,
    employee: Employee,
    manager: Option<Employee>,
}

pub(crate) fn check(
    book: &Book,
    proposal: &Proposal<'_>,
    employee: &EmployeeId,
    manager: Option<&EmployeeId>,
    hired: bool,
) -> Result<(), Rejection> {
    let (entity, ids) = (employee.entity(), book.staff.ids());
    let (employee, manager) = (ids.sym(employee), manager.map(|manager| ids.sym(manager)));
    let placements = || book.staff.placements(Some(employee)).counting(book.now());
    let hiring = placements().find(|placement| placement.what.hired).map(|placement| placement.at);
    if let Some(opened) = hiring.filter(|hiring| !hired && proposal.at() < *hiring) {
        return Err(Rejection::BeforeOpening { entity, opened, at: proposal.at() });
    }
    if let Some(early) = placements().next().filter(|first| hired && first.at < proposal.at()) {
        return Err(Rejection::BeforeOpening { entity, opened: proposal.at(), at: early.at });
    }
    if !manager.is_some_and(|manager| may_lead_back(book, proposal, employee, manager)) {
        return Ok(());
    }
    let candidate = Change { at: proposal.at(), position: proposal.position, employee, manager };
    match circles(book, book.now(), Some(candidate)).into_iter().next() {
        Some((_, rejection)) => Err(rejection),
        None => Ok(()),
    }
}

/// The records that would close a circle, had the target never been.
pub(crate) fn dependants(book: &Book, target: Position) -> Vec<Position> {
    circles(book, book.without(target), None).into_iter().map(|(position, _)| position).collect()
}

/// Whether any way up from a manager, while a placement holds, comes to the employee: by all who
/// are above anybody on the way at any moment until the employee is placed anew.
fn may_lead_back(
    book: &Book,
    proposal: &Proposal<'_>,
    employee: Employee,
    manager: Employee,
) -> bool {
    let (order, now) = ((proposal.at(), proposal.position), book.now());
    let next = book.staff.placements(Some(employee)).after(order, now).next();
    let next = next.map_or(Timestamp::END, |next| next.at.next());
    let (mut open, mut seen) = (vec![manager], BTreeSet::from([manager]));
    while let Some(at) = open.pop() {
        if at == employee {
            return true;
        }
        let facts = book.staff.placements(Some(at));
        let meanwhile = facts.after(order, now).take_while(|fact| fact.at < next);
        for fact in facts.before(order, now).next_back().into_iter().chain(meanwhile) {
            open.extend(fact.what.manager.filter(|above| seen.insert(*above)));
        }
    }
    false
}

/// Every change that closes a circle, in replay order; each is passed over.
fn circles(book: &Book, lens: Lens<'_>, candidate: Option<Change>) -> Vec<(Position, Rejection)> {
    let mut changes: Vec<Change> = candidate.into_iter().collect();
    changes.extend(book.staff.placed(lens).map(|(employee, fact)| Change {
        at: fact.at,
        position: fact.position,
        employee,
        manager: fact.what.manager,
    }));
    changes.sort_by_key(|change| (change.at, change.position));
    let ids = book.staff.ids();
    let (mut above, mut illegal) = (BTreeMap::new(), Vec::new());
    for change in changes {
        let before = match change.manager {
            Some(manager) => above.insert(change.employee, manager),
            None => above.remove(&change.employee),
        };
        let Some(chain) = way_round(&above, change.employee) else { continue };
        match before {
            Some(manager) => above.insert(change.employee, manager),
            None => above.remove(&change.employee),
        };
        let chain: Vec<&str> = chain.into_iter().map(|employee| ids.name(employee)).collect();
        let (employee, chain) = (ids.entity_of(change.employee.into()), chain.join(" → "));
        let rejection = Rejection::ManagerCycle { employee, chain, at: change.at };
        illegal.push((change.position, rejection));
    }
    illegal
}

/// The way up from an employee, if it leads back to the employee.
fn way_round(above: &BTreeMap<Employee, Employee>, employee: Employee) -> Option<Vec<Employee>> {
    let (mut chain, mut seen, mut at) = (vec![employee], BTreeSet::from([employee]), employee);
    while let Some(manager) = above.get(&at).copied() {
        chain.push(manager);
        if manager == employee {
            return Some(chain);
        }
        if !seen.insert(manager) {
            return None;
        }
        at = manager;
    }
    None
}
