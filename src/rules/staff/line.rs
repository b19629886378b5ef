//! Rules on who is under whom. Invariant: at no moment does the way up from an employee lead back
//! to the employee.

use sijil_projections::Lens;
use sijil_schemas::{
    Position,
    id::{EmployeeId, EntityRef, Kind},
    time::Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

use crate::{Book, Proposal, Rejection};

/// One change of who is above an employee.
struct Change<'a> {
    at: Timestamp,
    position: Position,
    employee: &'a str,
    manager: Option<&'a str>,
}

pub(crate) fn check(
    book: &Book,
    proposal: &Proposal<'_>,
    employee: &EmployeeId,
    manager: Option<&EmployeeId>,
    hired: bool,
) -> Result<(), Rejection> {
    let entity = employee.entity();
    let placements = || {
        book.staff
            .placements(employee.as_str())
            .into_iter()
            .flat_map(|facts| facts.counting(book.now()))
    };
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
    let candidate = Change {
        at: proposal.at(),
        position: proposal.position,
        employee: employee.as_str(),
        manager: manager.map(EmployeeId::as_str),
    };
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
    employee: &EmployeeId,
    manager: &EmployeeId,
) -> bool {
    let (order, now) = ((proposal.at(), proposal.position), book.now());
    let next = book
        .staff
        .placements(employee.as_str())
        .and_then(|facts| facts.after(order, now).next())
        .map_or(Timestamp::END, |next| next.at.next());
    let (mut open, mut seen) = (vec![manager.as_str()], BTreeSet::from([manager.as_str()]));
    while let Some(at) = open.pop() {
        if at == employee.as_str() {
            return true;
        }
        let Some(facts) = book.staff.placements(at) else { continue };
        let meanwhile = facts.after(order, now).take_while(|fact| fact.at < next);
        for fact in facts.before(order, now).next_back().into_iter().chain(meanwhile) {
            open.extend(
                fact.what
                    .manager
                    .as_ref()
                    .map(EmployeeId::as_str)
                    .filter(|above| seen.insert(above)),
            );
        }
    }
    false
}

/// Every change that closes a circle, in replay order; each is passed over.
fn circles<'a>(
    book: &'a Book,
    lens: Lens<'a>,
    candidate: Option<Change<'a>>,
) -> Vec<(Position, Rejection)> {
    let mut changes: Vec<Change<'a>> = candidate.into_iter().collect();
    for (employee, facts) in book.staff.employees() {
        changes.extend(facts.counting(lens).map(|fact| {
            let manager = fact.what.manager.as_ref().map(EmployeeId::as_str);
            Change { at: fact.at, position: fact.position, employee, manager }
        }));
    }
    changes.sort_by_key(|change| (change.at, change.position));
    let (mut above, mut illegal): (BTreeMap<&str, &str>, Vec<_>) = (BTreeMap::new(), Vec::new());
    for change in changes {
        let before = match change.manager {
            Some(manager) => above.insert(change.employee, manager),
            None => above.remove(change.employee),
        };
        let Some(chain) = way_round(&above, change.employee) else { continue };
        match before {
            Some(manager) => above.insert(change.employee, manager),
            None => above.remove(change.employee),
        };
        if let Ok(employee) = EntityRef::new(Kind::Employee, change.employee) {
            illegal.push((
                change.position,
                Rejection::ManagerCycle { employee, chain: chain.join(" → "), at: change.at },
            ));
        }
    }
    illegal
}

/// The way up from an employee, if it leads back to the employee.
fn way_round<'a>(above: &BTreeMap<&'a str, &'a str>, employee: &'a str) -> Option<Vec<&'a str>> {
    let (mut chain, mut seen, mut at) = (vec![employee], BTreeSet::from([employee]), employee);
    while let Some(manager) = above.get(at).copied() {
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
