//! Rules on set-offs. Invariant: a set-off takes as much of invoices as of bills, all of one party
//! and of one currency, and of none more than is open.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use sijil_projections::trade::{Document, Means, Move, MoveKind};
use sijil_schemas::{
    SetOffRecorded, SetOffReversed,
    id::{EntityRef, SetOffId},
    money::Amount,
};

use super::{
    invoices::{candidate, same_currency},
    positive, standings,
    whose::{Whose, same_party},
};
use crate::{Book, Proposal, Rejection};

/// A document that a set-off names.
struct Named {
    entity: EntityRef,
    document: Document,
    amount: Amount,
    /// Where the amount stands.
    pointer: String,
}

impl Named {
    fn whose(&self) -> Whose<'_> {
        Whose::of(&self.document.party, self.entity.kind, self.entity.id())
    }
}

/// The documents that a set-off names, bills first; that they are there was asked before.
fn named(book: &Book, event: &SetOffRecorded) -> Vec<Named> {
    let bills = event
        .bills
        .iter()
        .enumerate()
        .map(|(n, part)| (part.bill.entity(), part.amount, format!("/data/bills/{n}/amount")));
    let invoices = event.invoices.iter().enumerate().map(|(n, part)| {
        (part.invoice.entity(), part.amount, format!("/data/invoices/{n}/amount"))
    });
    let document = |entity: &EntityRef| {
        let of = book.trade.settleable(entity)?;
        book.trade.document_of(of, book.now())
    };
    let one = |(entity, amount, pointer): (EntityRef, Amount, String)| {
        let document = document(&entity)?;
        Some(Named { entity, document, amount, pointer })
    };
    bills.chain(invoices).filter_map(one).collect()
}

pub(crate) fn check_recorded(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &SetOffRecorded,
) -> Result<(), Rejection> {
    let invoices: Decimal = event.invoices.iter().map(|part| part.amount.get()).sum();
    let bills: Decimal = event.bills.iter().map(|part| part.amount.get()).sum();
    if invoices != bills {
        return Err(Rejection::SetOffMismatch { invoices, bills });
    }
    let (named, mut seen) = (named(book, event), BTreeSet::new());
    if let Some(twice) = named.iter().find(|of| !seen.insert(&of.entity)) {
        return Err(Rejection::SetOffTwice { document: twice.entity.clone() });
    }
    if let Some(first) = named.first() {
        let expected = first.document.currency;
        named.iter().try_for_each(|of| {
            let what = if of.pointer.contains("bills") { "bills" } else { "invoices" };
            same_currency(what, expected, of.document.currency)
        })?;
    }
    let means = book.trade.set_off_sym(event.set_off.as_str()).map(Means::SetOff);
    for of in &named {
        let taken = candidate(proposal, MoveKind::Allocated, -of.amount.get());
        standings::check(book, &of.entity, Move { means, ..taken })?;
    }
    check_party(book, &named, event.for_party.as_ref())?;
    named.iter().try_for_each(|of| positive(&of.pointer, of.amount.get()))?;
    positive("/data/invoices", invoices)
}

/// All documents are of one party, or of the party on whose behalf the set-off is.
fn check_party(
    book: &Book,
    named: &[Named],
    for_party: Option<&EntityRef>,
) -> Result<(), Rejection> {
    let Some((first, others)) = named.split_first() else { return Ok(()) };
    let own = |of: &Named| same_party(book, &of.whose(), &first.whose(), None);
    let Some(party) = for_party else { return others.iter().try_for_each(own) };
    let theirs = |of: &Named| same_party(book, &of.whose(), &first.whose(), Some(party));
    // Somebody's documents must be meant by it.
    if named.iter().all(|of| theirs(of).is_err()) {
        return theirs(first);
    }
    others.iter().try_for_each(|of| own(of).or_else(|_| theirs(of)))
}

pub(crate) fn check_reversed(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &SetOffReversed,
) -> Result<(), Rejection> {
    let (trade, now, id): (_, _, &SetOffId) = (&book.trade, book.now(), &event.set_off);
    let Some(sym) = trade.set_off_sym(id.as_str()) else { return Ok(()) };
    let opened = trade.set_off_opening(sym, now).map(|(at, _)| at);
    let reversed = trade.set_off_reversal(sym, now).is_some();
    reversed_once(proposal, id.entity(), opened, reversed)
}

/// What is reversed was recorded before, and is reversed once.
pub(crate) fn reversed_once(
    proposal: &Proposal<'_>,
    entity: EntityRef,
    opened: Option<sijil_schemas::time::Timestamp>,
    is_reversed: bool,
) -> Result<(), Rejection> {
    let (at, position) = (proposal.at(), proposal.position);
    match opened {
        Some(opened) if at < opened => Err(Rejection::BeforeOpening { entity, opened, at }),
        _ if is_reversed => {
            let (from, to) = ("reversed", "reversed");
            Err(Rejection::IllegalTransition { entity, from, to, at, position })
        }
        _ => Ok(()),
    }
}
