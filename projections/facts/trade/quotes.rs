//! Quotes: what clients were offered, and how they decided. Invariant: a quote has expired from the
//! day after its last one on, unless it was decided; nothing says so but its date.

use serde::Serialize;
use sijil_schemas::{
    QuoteAccepted, QuoteDeclined, QuoteIssued, Record,
    id::kind,
    time::Date,
};

use super::{Document, Listed, Trade};
use crate::{
    cells,
    cut::{Dated, Lens},
    ids::Sym,
    words::Word,
};

cells! {
    /// A quote.
    pub struct QuoteDoc {
        /// The members all documents share: party, owner, currency and lines.
        pub document: Document,
        /// The deal it belongs to.
        pub deal: Option<Sym<kind::Deal>>,
        /// The last day on which it can be decided.
        pub valid_to: Date,
    }
}

cells! {
    /// How a client decided.
    pub enum Decision {
        /// The quote was accepted.
        Accepted {
            /// The order that came of it.
            order: Option<Sym<kind::Order>>,
        },
        /// The quote was declined.
        Declined {
            /// Why.
            reason: Sym<Word>,
            /// Who was preferred.
            competitor: Option<Sym<kind::Competitor>>,
        },
    }
}

/// Where a quote stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum QuoteState {
    /// It can still be decided.
    Issued,
    /// It was accepted.
    Accepted,
    /// It was declined.
    Declined,
    /// Its last day is over, and nobody decided.
    Expired,
}

impl QuoteState {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            QuoteState::Issued => "issued",
            QuoteState::Accepted => "accepted",
            QuoteState::Declined => "declined",
            QuoteState::Expired => "expired",
        }
    }
    /// Where a quote stands on a day that is valid to another, by the decision if there is one.
    #[must_use]
    pub fn of(decision: Option<&Decision>, valid_to: Date, today: Date) -> QuoteState {
        match decision {
            Some(Decision::Accepted { .. }) => QuoteState::Accepted,
            Some(Decision::Declined { .. }) => QuoteState::Declined,
            None if valid_to < today => QuoteState::Expired,
            None => QuoteState::Issued,
        }
    }
}

impl Trade {
    pub(super) fn take_quote(&self, record: &Record, e: &QuoteIssued) {
        let whose = (self.party(e.client.as_ref(), e.counterparty.as_ref()), e.owner.as_ref());
        let document =
            self.document(record.position, whose, e.currency, &e.lines, &e.attributes);
        let deal = e.deal.as_ref().map(|deal| self.ids.sym(deal));
        let doc = QuoteDoc { document, deal, valid_to: e.valid_to };
        self.quotes.push(self.ids.sym(&e.quote), Dated::of(record, doc));
    }
    pub(super) fn accept(&self, record: &Record, e: &QuoteAccepted) {
        let order = e.order.as_ref().map(|order| self.ids.sym(order));
        let accepted = Decision::Accepted { order };
        self.decided.push(self.ids.sym(&e.quote), Dated::of(record, accepted));
    }
    pub(super) fn decline(&self, record: &Record, e: &QuoteDeclined) {
        let reason = self.word(e.reason.as_str(), record.position);
        let competitor = e.competitor.as_ref().map(|of| self.ids.sym(of));
        let declined = Decision::Declined { reason, competitor };
        self.decided.push(self.ids.sym(&e.quote), Dated::of(record, declined));
    }

    /// Every quote that counts, in order of position.
    pub fn quotes<'a>(
        &'a self,
        lens: Lens<'a>,
    ) -> impl Iterator<Item = Listed<'a, kind::Quote, QuoteDoc>> + 'a {
        self.all(&self.quotes, lens)
    }
    /// One quote by its id, if it counts.
    #[must_use]
    pub fn quote<'a>(
        &'a self,
        id: &str,
        lens: Lens<'a>,
    ) -> Option<Listed<'a, kind::Quote, QuoteDoc>> {
        self.last(&self.quotes, self.ids.find(id), lens)
    }
    /// How a quote was decided, if that counts.
    #[must_use]
    pub fn decision(&self, quote: Sym<kind::Quote>, lens: Lens<'_>) -> Option<Dated<Decision>> {
        self.decided.of(quote).last(lens)
    }
}
