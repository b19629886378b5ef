//! May an event be voided? Invariant: a void is admitted iff the remaining history would have been
//! admitted without its target.

use sijil_projections::steps;
use sijil_schemas::{
    Event, Position, Record,
    event::{Birth, Orders, System},
};

use crate::{
    Book, Proposal, Rejection, claims, clients, deals, money, parts, staff, stock, surveys, trade,
};

pub(crate) fn check(book: &Book, proposal: &Proposal<'_>, event: &System) -> Result<(), Rejection> {
    let void = match event {
        System::EventVoided(void) => void,
        System::ImportKeyed(_) => return Ok(()),
    };
    let Some(target) = proposal.target else {
        return Err(Rejection::UnknownReference {
            entity: sijil_schemas::Event::home(&Event::System(System::EventVoided(void.clone()))),
        });
    };
    if matches!(target.event, Event::System(System::EventVoided(_))) {
        return Err(Rejection::VoidOfVoid { target: target.position });
    }
    if matches!(target.event, Event::Access(_)) {
        let event_type = target.event.event_type().name;
        return Err(Rejection::AccessNotVoidable { target: target.position, event_type });
    }
    parts::check_void(target)?;
    if let Some(void) = book.voids.of(target.position) {
        return Err(Rejection::AlreadyVoided { target: target.position, void });
    }
    let found = proposal.beforehand.and_then(|verdict| verdict.dependants_of(target.position));
    debug_assert!(
        found.as_ref().is_none_or(|found| {
            steps::uncounted(|| is_long(book, target) || *found == dependants(book, target))
        }),
        "the void of {}: found out beforehand is {found:?}",
        target.position
    );
    let dependants = found.unwrap_or_else(|| dependants(book, target));
    if dependants.is_empty() {
        Ok(())
    } else {
        Err(Rejection::HasDependants { target: target.position, dependants })
    }
}

/// Whether what a record is about has lived too long to find everything out twice.
fn is_long(book: &Book, target: &Record) -> bool {
    let life = book.entities.get(&target.event.home(), book.side());
    life.is_some_and(|life| life.touching_back().nth(600).is_some())
}

/// The records that would not have been admitted had the target never been, in order of position.
pub(crate) fn dependants(book: &Book, target: &Record) -> Vec<Position> {
    let mut dependants = orphans(book, target);
    dependants.extend(match &target.event {
        Event::Clients(_) | Event::Counterparties(_) => clients::dependants(book, target),
        Event::Deals(_) => deals::dependants(book, target),
        Event::Orders(_) | Event::Invoices(_) => trade::dependants(book, target),
        Event::Accounting(_) => money::dependants(book, target),
        Event::Catalogue(_) | Event::Stock(_) => stock::dependants(book, target),
        Event::Interactions(_) | Event::Claims(_) | Event::Tasks(_) => {
            claims::dependants(book, target)
        }
        Event::Staff(_) | Event::Marketing(_) => staff::dependants(book, target),
        Event::Surveys(e) => surveys::dependants(book, target, e),
        Event::Access(_) | Event::System(_) => Vec::new(),
    });
    // The reservations of an order come back with it.
    if let Event::Orders(Orders::OrderCancelled(e)) = &target.event {
        dependants.extend(stock::dependants_of_cancel(book, target, &e.order));
    }
    if let Event::Orders(Orders::OrderClosed(e)) = &target.event {
        dependants.extend(stock::dependants_of_cancel(book, target, &e.order));
    }
    // A gate of a deal may rest on an interaction or a task, its owner on a hand-over.
    if matches!(target.event, Event::Interactions(_) | Event::Tasks(_) | Event::Staff(_)) {
        dependants.extend(deals::dependants(book, target));
    }
    dependants.sort_unstable();
    dependants.dedup();
    dependants
}

/// The records that name the target's home entity and would name nothing without it.
fn orphans(book: &Book, target: &Record) -> Vec<Position> {
    if target.event.event_type().birth == Birth::Continues {
        return Vec::new();
    }
    let without = book.without(target.position);
    let Some(life) = book.entities.get(&target.event.home(), book.side()) else {
        return Vec::new();
    };
    if life.opening(without).is_some() {
        return Vec::new();
    }
    let ledger = matches!(
        target.event,
        Event::Accounting(sijil_schemas::event::Accounting::LedgerOpened(_))
    );
    if ledger {
        // Everything rests on it.
        return Some(book.position())
            .filter(|newest| *newest > target.position)
            .into_iter()
            .collect();
    }
    // A part of a document stands and falls with its opening.
    let touching = life
        .touching()
        .into_iter()
        .map(|(p, _)| p)
        .filter(|p| without.known(*p))
        .map(|p| book.voids.opening_of(p));
    touching.filter(|p| *p != target.position).collect()
}
