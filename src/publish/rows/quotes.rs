//! Quotes. Invariant: whether one expired is no column, since the clock says that and no record.

use sijil_projections::trade::Decision;
use sijil_schemas::id::Kind;

use super::trade::{attributes, line_columns, lined, party};
use crate::{
    groups::{Group, Owner},
    reading::Reading,
    sheet::Sheet,
    table::{Table, date, json, numeric, text, time},
};

static QUOTE: Table = Table::new(
    "quotes",
    "trade",
    "One quote to a client.",
    &[
        text("quote_id", "The quote's id.").key(),
        text("client_id", "Whose it is, by links and merges.").optional().to("clients"),
        text("counterparty_id", "The legal entity it names.").optional().to("counterparties"),
        text("owner_id", "The employee it counts for.").optional().to("employees"),
        text("deal_id", "The deal it belongs to.").optional().to("deals"),
        time("issued_at", "When it was issued."),
        date("issued_on", "The day of that."),
        date("valid_to", "The last day on which it can be decided."),
        text("decision", "accepted or declined; null if nobody decided.").optional(),
        time("decided_at", "When that was.").optional(),
        text("order_id", "The order that came of it.").optional().to("orders"),
        text("reason", "Why it was declined.").optional(),
        text("competitor_id", "Who was preferred.").optional(),
        text("currency", "The currency of its amounts."),
        numeric("net", "The sum of its lines, without tax."),
        numeric("tax", "The tax of its lines."),
        json("attributes", "The company's own fields."),
    ],
);
static QUOTE_LINE: Table = Table::new(
    "quote_lines",
    "trade",
    "One line of a quote.",
    &line_columns(text("quote_id", "The quote.").key().to("quotes")),
);

pub(crate) static QUOTES: Group = Group {
    owner: Owner::Each(Kind::Quote),
    tables: &[&QUOTE, &QUOTE_LINE],
    from_records: false,
    rows: quote,
};

fn quote(reading: &Reading<'_>, id: &str, sheet: &mut Sheet) {
    let (trade, lens) = (&reading.views.trade, reading.lens);
    let Some(quote) = trade.quote(id, lens) else { return };
    let (position, document) = (reading.position(Kind::Quote, id), &quote.doc.document);
    let decided = trade.decision(quote.sym, lens);
    let (word, order, reason, competitor) = match decided.map(|decided| decided.what) {
        None => (None, None, None, None),
        Some(Decision::Accepted { order }) => (Some("accepted"), order, None, None),
        Some(Decision::Declined { reason, competitor }) => {
            (Some("declined"), None, Some(reason), competitor)
        }
    };
    let row = party(reading, sheet.row(&QUOTE, position).put(id), Kind::Quote, id, document);
    row.put(quote.doc.deal.map(|deal| trade.ids().name(deal)))
        .put(quote.at)
        .put(reading.day(quote.at))
        .put(quote.doc.valid_to)
        .put(word)
        .put(decided.map(|decided| decided.at))
        .put(order.map(|order| trade.ids().name(order)))
        .put(reason.map(|reason| trade.text(reason)))
        .put(competitor.map(|competitor| trade.ids().name(competitor)))
        .put(document.currency.as_str())
        .put(trade.net(document))
        .put(trade.tax(document))
        .put(attributes(trade, document));
    for (number, line) in (1_usize..).zip(trade.lines(document.lines)) {
        lined(trade, sheet.row(&QUOTE_LINE, position).put(id).put(number), &line);
    }
}
