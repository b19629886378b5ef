//! Quotes (R41): what became of those issued in the period. Invariant: quotes = accepted + declined
//! + expired + open, of every row.

use std::collections::BTreeMap;

use sijil_schemas::money::Currency;

use crate::{
    deals::{day_decimal, days},
    ratio::Ratio,
    report::{
        Cell, Column, ColumnKind, Context, Count, Grounds, Number, Part, ReportError, Sum, Table,
        Value, col, key, quotient, share, sum,
    },
    trade::{
        QuoteState,
        grouping::{Grouping, Subject, converted, currency_cell, last_if_null, money, wants},
    },
};

struct Line {
    placed: Grounds,
    quotes: Count,
    accepted: Count,
    declined: Count,
    expired: Count,
    open: Count,
    /// Those that are accepted, declined or expired.
    over: Count,
    net: Sum,
    /// Those that were decided, and how long that took together: in days as records add to it, and
    /// exactly, in microseconds.
    decided: Count,
    took: Sum,
    micros: i64,
}

impl Line {
    fn new(ctx: &Context<'_>) -> Line {
        let count = || ctx.count();
        Line {
            placed: ctx.grounds(),
            quotes: count(),
            accepted: count(),
            declined: count(),
            expired: count(),
            open: count(),
            over: count(),
            net: ctx.sum(),
            decided: count(),
            took: ctx.sum(),
            micros: 0,
        }
    }
    fn cells(&self, ctx: &Context<'_>, currency: Currency) -> Vec<Cell> {
        let mean = days(self.micros).over(&Ratio::whole(self.decided.number()));
        vec![
            self.quotes.shown(),
            self.accepted.shown(),
            self.declined.shown(),
            self.expired.shown(),
            self.open.shown(),
            share(&self.accepted, &self.over, "quotes decided or expired"),
            self.net.shown(|amount| money(ctx, amount, currency)),
            quotient(Value::number(mean), &self.took, &self.decided, "quotes decided"),
        ]
    }
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grouping = Grouping::asked(ctx)?;
    let (trade, lens, within) = (ctx.views.trade, ctx.lens(), ctx.interval()?);
    let mut lines: BTreeMap<((bool, &str), Currency), Line> = BTreeMap::new();
    for quote in trade.quotes(lens).filter(|quote| within.contains(&quote.at)) {
        let (document, position) = (quote.doc.document, quote.position);
        if !wants(ctx, document.currency)? {
            continue;
        }
        let own = (document.currency, trade.net(&document));
        let (currency, net) = converted(ctx, own, quote.at, position)?;
        let mut placed = ctx.grounds();
        let group = grouping.of(&Subject::quote(quote), &mut placed);
        let line =
            lines.entry((last_if_null(group), currency)).or_insert_with(|| Line::new(ctx));
        line.placed.join(&placed);
        line.quotes += position;
        line.net += Part::of(position, net);
        let decision = trade.decision(quote.sym, lens);
        let said = decision.map_or(position, |decision| decision.position);
        let what = decision.as_ref().map(|decision| &decision.what);
        let state = QuoteState::of(what, quote.doc.valid_to, ctx.as_of_day());
        match state {
            QuoteState::Accepted => line.accepted += said,
            QuoteState::Declined => line.declined += said,
            QuoteState::Expired => line.expired += position,
            QuoteState::Issued => line.open += position,
        }
        if state != QuoteState::Issued {
            line.over += said;
        }
        if let Some(decision) = decision {
            let micros = decision.at.micros() - quote.at.micros();
            line.decided += said;
            line.took += Part::of(said, day_decimal(micros));
            line.micros += micros;
        }
    }
    Ok(shown(ctx, &grouping, lines))
}

fn shown(
    ctx: &Context<'_>,
    grouping: &Grouping<'_>,
    lines: BTreeMap<((bool, &str), Currency), Line>,
) -> Table {
    let counts = ["quotes", "accepted", "declined", "expired", "open"];
    let columns: Vec<Column> = grouping
        .columns()
        .into_iter()
        .chain([key("currency", ColumnKind::Text)])
        .chain(counts.map(|name| sum(name, ColumnKind::Count)))
        .chain([
            col("conversion", ColumnKind::Percent),
            sum("net", ColumnKind::Amount),
            col("mean_days", ColumnKind::Number),
        ])
        .collect();
    let mut table = Table::new(&columns);
    for (((without, group), currency), line) in lines {
        let mut row: Vec<Cell> = grouping.cells((!without).then_some(group), &line.placed);
        row.push(currency_cell(currency));
        row.extend(line.cells(ctx, currency));
        table.push(row);
    }
    table
}
