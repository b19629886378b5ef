//! Rules on warranties and service. Invariant: a job that says a warranty covers it was done on a
//! day of that warranty's term.

use sijil_projections::{Sym, activity::Guarantee};
use sijil_schemas::{
    ServicePerformed, WarrantyStarted,
    id::{EntityRef, Id, kind},
};

use super::positive;
use crate::{Book, Proposal, Rejection};

/// A line that a warranty names is one of its shipment.
pub(super) fn check_warranty(book: &Book, e: &WarrantyStarted) -> Result<(), Rejection> {
    let Some(line) = &e.line else { return Ok(()) };
    let trade = &book.trade;
    let shipment = e.shipment.as_ref().and_then(|shipment| trade.ids().find(shipment.as_str()));
    let sent = shipment.and_then(|shipment: Sym<kind::Shipment>| trade.sent(shipment, book.now()));
    let has = sent.is_some_and(|sent| {
        let goods = trade.goods_of(sent.what.goods).into_iter();
        goods.filter_map(|one| one.line).any(|of| trade.text(of) == line.as_str())
    });
    if has {
        return Ok(());
    }
    let document = e.shipment.as_ref().map_or_else(|| e.warranty.entity(), Id::entity);
    Err(Rejection::UnknownLine { document, line: line.to_string() })
}

pub(super) fn check(
    book: &Book,
    proposal: &Proposal<'_>,
    e: &ServicePerformed,
) -> Result<(), Rejection> {
    if let Some((by, term)) = term(book, e).filter(|_| e.in_warranty) {
        let on = proposal.at().date(&book.company.zone());
        if !term.covers(on) {
            return Err(Rejection::OutOfWarranty { by, from: term.from, end: term.end(), on });
        }
    }
    positive("/data/cost/amount", e.cost)?;
    positive("/data/price/amount", e.price)
}

/// The warranty that a job names; else the one that came with the shipment it is about, by its refs
/// or its claim.
fn term(book: &Book, e: &ServicePerformed) -> Option<(EntityRef, Guarantee)> {
    let (activity, trade) = (&book.activity, &book.trade);
    if let Some(warranty) = &e.warranty {
        let term = activity.warranty(activity.ids().find(warranty.as_str())).last(book.now())?;
        return Some((warranty.entity(), term.what));
    }
    let named = e.refs.iter().find_map(EntityRef::typed::<kind::Shipment>);
    let complained = || {
        let claim = activity.ids().find(e.claim.as_ref()?.as_str());
        activity.complaint(claim, book.now())?.what.shipment
    };
    let shipment = named.and_then(|id| trade.ids().find(id.as_str())).or_else(complained)?;
    let sent = trade.sent(shipment, book.now())?;
    let (from, months) = (sent.at.date(&book.company.zone()), sent.what.warranty_months?);
    let (client, line, item) = (None, None, None);
    let term = Guarantee { client, shipment: Some(shipment), line, item, from, months };
    Some((trade.ids().entity_of(shipment.into()), term))
}
