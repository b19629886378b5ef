//! Orders one by one (R41). Invariant: outstanding is what receivables say is open of the order's
//! invoices.

use std::collections::BTreeMap;

use sijil_schemas::money::Currency;

use super::{followed, invoices};
use crate::{
    report::{
        Cell, ColumnKind, Context, Part, ReportError, Sum, Table, Value, col, key, share, sum,
    },
    trade::{
        MoveKind,
        grouping::{base_rate, currency_cell, money},
        settlement,
    },
};

/// What an order comes to in one currency, and what became of its invoices in it.
struct Amounts {
    total: Sum,
    invoiced: Sum,
    paid: Sum,
    outstanding: Sum,
}

impl Amounts {
    fn new(ctx: &Context<'_>) -> Amounts {
        let sum = || ctx.sum();
        Amounts { total: sum(), invoiced: sum(), paid: sum(), outstanding: sum() }
    }
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let amount = |name| sum(name, ColumnKind::Amount);
    let mut table = Table::new(&[
        key("order", ColumnKind::Id),
        key("currency", ColumnKind::Text),
        amount("total"),
        col("shipped_share", ColumnKind::Percent),
        amount("invoiced"),
        amount("paid"),
        amount("outstanding"),
        col("state", ColumnKind::Text),
    ]);
    let (within, invoices, trade) = (ctx.interval()?, invoices(ctx), ctx.views.trade);
    for of in followed(ctx)?.iter().filter(|of| within.contains(&of.order.at)) {
        let document = of.order.doc.document;
        let rated = base_rate(ctx, document.currency, of.order.at, of.order.position)?;
        let own = trade.net(&document) + trade.tax(&document);
        let (currency, total) =
            rated.map_or((document.currency, own), |rated| (rated.currency, rated.whole(own)));
        let mut rows: BTreeMap<Currency, Amounts> = BTreeMap::new();
        rows.entry(currency).or_insert_with(|| Amounts::new(ctx)).total +=
            Part::of(of.order.position, total);
        for invoice in invoices.get(&of.order.sym).into_iter().flatten() {
            let moves = trade.invoice_moves(invoice.sym, ctx.lens());
            let own = invoice.doc.document.currency;
            let (currency, moves) = settlement::shown(ctx, own, invoice.order(), moves)?;
            let row = rows.entry(currency).or_insert_with(|| Amounts::new(ctx));
            for m in &moves {
                let part = Part::of(m.position, m.amount);
                row.outstanding += part;
                match m.kind {
                    MoveKind::Opened => row.invoiced += part,
                    MoveKind::Allocated | MoveKind::Unallocated | MoveKind::Ended => {
                        row.paid -= part;
                    }
                    _ => (),
                }
            }
        }
        let (mut sent, mut ordered) = (ctx.sum(), ctx.sum());
        for line in &of.lines {
            sent += &line.shipped.minus(&line.returned);
            ordered += &line.ordered;
        }
        let ended = trade.ended(of.order.sym, ctx.lens()).map(|fact| fact.position);
        let said = crate::report::Number::parts(&sent).positions().chain(ended);
        let said = ctx.said_by(said.chain([of.order.position]));
        for (currency, row) in rows {
            let shown = |sum: &Sum| sum.shown(|amount| money(ctx, amount, currency));
            let cells: Vec<Cell> = vec![
                Value::id(Some(of.order.id)).into(),
                currency_cell(currency),
                shown(&row.total),
                share(&sent, &ordered, "units ordered"),
                shown(&row.invoiced),
                shown(&row.paid),
                shown(&row.outstanding),
                Value::Text(of.state.name().to_owned()).because(said.clone()),
            ];
            table.push(cells);
        }
    }
    Ok(table)
}
