//! Rules on quotes. Invariant: a quote is decided once, from its date on and while it is valid.

use sijil_projections::trade::QuoteState;
use sijil_schemas::{QuoteIssued, id::QuoteId};

use super::{document, not_negative, positive};
use crate::{Book, Proposal, Rejection};

pub(super) fn check_issued(event: &QuoteIssued) -> Result<(), Rejection> {
    document::check_lines(&event.lines)?;
    let mut lines = event.lines.iter().enumerate();
    lines.try_for_each(|(n, l)| positive(&format!("/data/lines/{n}/qty"), l.qty.get()))?;
    not_negative("/data/lines", event.lines.iter().map(|l| l.net.get() + l.tax.get()).sum())
}

pub(super) fn check_decided(
    book: &Book,
    proposal: &Proposal<'_>,
    quote: &QuoteId,
    to: &'static str,
) -> Result<(), Rejection> {
    let (entity, at, now) = (quote.entity(), proposal.at(), book.now());
    let Some(issued) = book.trade.quote(quote.as_str(), now) else { return Ok(()) };
    if at < issued.at {
        return Err(Rejection::BeforeOpening { entity, opened: issued.at, at });
    }
    let decided = book.trade.decision(issued.sym, now);
    let decision = decided.as_ref().map(|decided| &decided.what);
    let today = at.date(&book.company.zone());
    let (from, later) = match QuoteState::of(decision, issued.doc.valid_to, today) {
        QuoteState::Issued => return Ok(()),
        state => (state.name(), decided.map_or((at, proposal.position), |decided| decided.order())),
    };
    // Dated before the decision that is there, it is that one which would become the second.
    let (at, position) = later.max((at, proposal.position));
    Err(Rejection::IllegalTransition { entity, from, to, at, position })
}
