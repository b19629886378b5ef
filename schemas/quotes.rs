//! Quotes: what clients were offered, and how they decided. Invariant: a quote moves neither goods
//! nor money; what came of it is an order of its own.

use crate::{
    event::event,
    id::{ClientId, CompetitorId, CounterpartyId, DealId, EmployeeId, Key, OrderId, QuoteId},
    line::Line,
    money::Currency,
    parts::PartNumber,
    time::Date,
};

event! {
    /// A client was offered goods or services at a price.
    609 "quote.issued" v 1 Opens QuoteIssued {
        /// The quote.
        quote: QuoteId,
        /// To which client.
        client: Option<ClientId>,
        /// To which legal entity.
        counterparty: Option<CounterpartyId>,
        /// For which employee it counts.
        owner: Option<EmployeeId>,
        /// The deal it belongs to.
        deal: Option<DealId>,
        /// The currency of the lines.
        currency: Currency,
        /// What was offered.
        lines: Vec<Line>,
        /// The last day on which it can be accepted or declined.
        valid_to: Date,
        /// In how many parts it comes, where one record is too short: this is the first,
        /// `quote.lines_added` has the others.
        parts: Option<PartNumber>,
    }
}
event! {
    /// A client accepted a quote.
    610 "quote.accepted" v 1 Continues QuoteAccepted {
        /// The quote.
        quote: QuoteId,
        /// The order that came of it.
        order: Option<OrderId>,
    }
}
event! {
    /// A client declined a quote.
    611 "quote.declined" v 1 Continues QuoteDeclined {
        /// The quote.
        quote: QuoteId,
        /// Why, by a word of the company's own.
        reason: Key,
        /// The competitor that was preferred.
        competitor: Option<CompetitorId>,
    }
}
event! {
    /// A later part of a quote too long for one record; it follows the part before it at once, in
    /// the same request.
    615 "quote.lines_added" v 1 Continues QuoteLinesAdded {
        /// The quote.
        quote: QuoteId,
        /// Which part it is: 2, 3 … up to its opening's `parts`.
        part: PartNumber,
        /// The lines it adds.
        lines: Vec<Line>,
    }
}
