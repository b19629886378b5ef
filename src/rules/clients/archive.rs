//! Clients that are dealt with no more. Invariant: archivings and restorings take turns; an
//! archived client gets no new deal, quote, order or invoice.
//!
//! What stood when a client was archived stays: an archiving bars what comes later, and nothing
//! that was recorded before it.

use sijil_projections::{
    Dated, Lens, Side,
    clients::{LinkView, Resolver, happenings},
    steps,
};
use sijil_schemas::{
    Event, Position, Record,
    event::{Deals, Invoices, Orders, event_type_of_code},
    id::{ClientId, Kind},
    time::Timestamp,
};

use super::WALKED_MAX;
use crate::{Book, Proposal, Rejection};

/// The types that give a client something new.
const NEW: [&str; 5] =
    ["deal.opened", "deal.client_set", "quote.issued", "order.placed", "invoice.issued"];

/// What an event gives its client that is new; `None` if it gives nothing.
const fn gives(event: &Event) -> Option<&'static str> {
    match event {
        Event::Deals(Deals::DealOpened(_) | Deals::DealClientSet(_)) => Some("a deal"),
        Event::Orders(Orders::QuoteIssued(_)) => Some("a quote"),
        Event::Orders(Orders::OrderPlaced(_)) => Some("an order"),
        Event::Invoices(Invoices::InvoiceIssued(_)) => Some("an invoice"),
        _ => None,
    }
}

/// Refuses a new deal, quote, order or invoice of a client that is archived on its date.
pub(crate) fn check_live(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &Event,
) -> Result<(), Rejection> {
    let Some(what) = gives(event) else { return Ok(()) };
    let (at, now) = (proposal.at(), book.now());
    let resolver = Resolver::new(&book.clients, now, LinkView::AtEvent);
    let Some(client) = resolver.client_of_new(event, at) else { return Ok(()) };
    match book.clients.archiving(client, now.until(at)) {
        Some(archived) => Err(Rejection::ClientArchived {
            client: book.clients.id(client).to_owned(),
            since: archived.at,
            position: archived.position,
            what,
            at,
        }),
        None => Ok(()),
    }
}

const fn name(archived: bool) -> &'static str {
    if archived { "archived" } else { "live" }
}

fn refusal(client: &ClientId, fact: &Dated<bool>) -> Rejection {
    let state = name(fact.what);
    Rejection::IllegalTransition {
        entity: client.entity(),
        from: state,
        to: state,
        at: fact.at,
        position: fact.position,
    }
}

/// Judges an archiving or restoring by the one before it and the one after it.
pub(super) fn judge(
    book: &Book,
    proposal: &Proposal<'_>,
    client: &ClientId,
    archived: bool,
) -> Result<(), Rejection> {
    let candidate = Dated { at: proposal.at(), position: proposal.position, what: archived };
    let Some(sym) = book.clients.sym(client.as_str()) else { return Ok(()) };
    let (facts, now) = (book.clients.archivings(sym), book.now());
    let before = facts.before(candidate.order(), now).next_back().is_some_and(|fact| fact.what);
    let after = facts.after(candidate.order(), now).next();
    let verdict = if before == archived {
        Err(refusal(client, &candidate))
    } else {
        match after.filter(|after| after.what == archived) {
            Some(after) => Err(refusal(client, &after)),
            None => Ok(()),
        }
    };
    let walk = |candidate| misfits(client, facts.counting(now).chain(candidate).collect());
    let first = |misfits: Vec<(Position, Rejection)>| {
        misfits.into_iter().next().map_or(Ok(()), |(_, why)| Err(why))
    };
    debug_assert!(
        facts.len(now.side) > WALKED_MAX
            || steps::uncounted(
                || !walk(None).is_empty() || verdict == first(walk(Some(candidate)))
            ),
        "archivings of {client}"
    );
    verdict
}

/// Every archiving of an archived client, and every restoring of a live one; each is passed over.
fn misfits(client: &ClientId, mut facts: Vec<Dated<bool>>) -> Vec<(Position, Rejection)> {
    facts.sort_by_key(Dated::order);
    let (mut archived, mut misfits) = (false, Vec::new());
    for fact in facts {
        if fact.what == archived {
            misfits.push((fact.position, refusal(client, &fact)));
        }
        archived = fact.what;
    }
    misfits
}

/// The records that would not have been admitted had an archiving or restoring never been: those
/// that took turns with it, and, of a restoring, what the client got since.
pub(super) fn dependants(book: &Book, target: &Record, client: &ClientId) -> Vec<Position> {
    let Some(sym) = book.clients.sym(client.as_str()) else { return Vec::new() };
    let (facts, without) = (book.clients.archivings(sym), book.without(target.position));
    let known = |lens| misfits(client, facts.counting(lens).collect());
    let mut all: Vec<Position> = known(without).into_iter().map(|(position, _)| position).collect();
    let order = (target.occurred_at(), target.position);
    let restores =
        matches!(&target.event, Event::Clients(sijil_schemas::event::Clients::ClientRestored(_)));
    if restores && facts.before(order, without).next_back().is_some_and(|fact| fact.what) {
        let until = facts.after(order, without).next().map_or(Timestamp::END, |fact| fact.at);
        all.extend(given(book, client, book.now(), order, until));
    }
    all
}

/// What a client got that was recorded after a record and is dated after it, before a moment.
fn given(
    book: &Book,
    client: &ClientId,
    lens: Lens<'_>,
    (from, position): (Timestamp, Position),
    until: Timestamp,
) -> Vec<Position> {
    let Some(sym) = book.clients.sym(client.as_str()) else { return Vec::new() };
    let folds = book.families().folds(Side::Decided, book.position());
    let is_new = |code| event_type_of_code(code).is_some_and(|of| NEW.contains(&of.name));
    happenings(folds, book.clients.root(sym, lens), lens)
        .into_iter()
        .filter(|of| of.position > position && (from..until).contains(&of.at) && is_new(of.code))
        .filter(|of| of.home.kind != Kind::Client)
        .map(|of| of.position)
        .collect()
}
