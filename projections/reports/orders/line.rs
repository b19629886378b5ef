//! Orders line by line (R41). Invariant: see the parent.

use rust_decimal::Decimal;
use sijil_facts::Sym;
use sijil_schemas::id::kind;

use super::{Followed, followed, invoices};
use crate::{
    report::{Cell, ColumnKind, Context, Part, ReportError, Sum, Table, Value, col, key, sum},
    trade::{
        fulfilment::{LineOf, over_lines},
        grouping::{base_rate, currency_cell, money},
    },
};

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let quantities = ["ordered", "shipped", "returned", "open", "invoiced"];
    let columns: Vec<_> = [
        key("order", ColumnKind::Id),
        key("line", ColumnKind::Text),
        key("currency", ColumnKind::Text),
        col("item", ColumnKind::Id),
    ]
    .into_iter()
    // Units of different items differ.
    .chain(quantities.map(|name| col(name, ColumnKind::Quantity)))
    .chain([
        sum("net", ColumnKind::Amount),
        col("promised_on", ColumnKind::Date),
        col("complete_on", ColumnKind::Date),
        col("on_time", ColumnKind::Text),
        col("state", ColumnKind::Text),
    ])
    .collect();
    let mut table = Table::new(&columns);
    let (within, invoices) = (ctx.interval()?, invoices(ctx));
    for of in followed(ctx)?.iter().filter(|of| within.contains(&of.order.at)) {
        let trade = ctx.views.trade;
        let document = of.order.doc.document;
        let rated = base_rate(ctx, document.currency, of.order.at, of.order.position)?;
        let currency = rated.map_or(document.currency, |rated| rated.currency);
        let said: Vec<(Decimal, Decimal)> =
            trade.lines(document.lines).map(|line| (line.net.get(), line.tax.get())).collect();
        let worth = rated.map_or(said.clone(), |rated| rated.lines(&said));
        let of_invoices = invoices.get(&of.order.sym).into_iter().flatten();
        let billed: Vec<(Sym<kind::Item>, Part)> = of_invoices
            .flat_map(|invoice| {
                let lines = trade.lines(invoice.doc.document.lines);
                lines.filter_map(|line| {
                    Some((line.item?, Part::of(invoice.position, line.qty.get())))
                })
            })
            .collect();
        let invoiced = over_lines(&of.lines, &billed, ctx.explain);
        for (line, invoiced) in of.lines.iter().zip(&invoiced) {
            let mut net = ctx.sum();
            net += Part::of(of.order.position, worth[line.number].0);
            let mut row: Vec<Cell> = vec![
                Value::id(Some(of.order.id)).into(),
                Value::Text(trade.text(line.line.key).to_owned()).into(),
                currency_cell(currency),
                Value::id(line.line.item.map(|item| trade.ids().name(item)))
                    .because(ctx.said_by([of.order.position])),
            ];
            let open = if of.is_ended() { ctx.sum() } else { line.open() };
            row.extend(
                [&line.ordered, &line.shipped, &line.returned, &open, invoiced]
                    .map(|sum: &Sum| sum.shown(Value::Quantity)),
            );
            row.push(net.shown(|amount| money(ctx, amount, currency)));
            row.extend(when(ctx, of, line));
            table.push(row);
        }
    }
    Ok(table)
}

/// When a line was promised and complete, whether that was in time, and how its order stands.
fn when(ctx: &Context<'_>, of: &Followed<'_>, line: &LineOf) -> [Cell; 4] {
    let said = |value: Value, by: Option<sijil_schemas::Position>| {
        value.because(ctx.said_by(by.into_iter().chain([of.order.position])))
    };
    let promised = of.order.doc.promised_on;
    let complete = line.complete.map(|(at, _)| ctx.day(at));
    let by = line.complete.map(|(_, position)| position);
    // Late is what was not there when the day was over.
    let is_over = promised.is_some_and(|day| ctx.as_of_day() >= day);
    let on_time = match (promised, complete) {
        (Some(promised), Some(complete)) => Some(complete <= promised),
        (Some(_), None) if is_over => Some(false),
        _ => None,
    };
    let word = |on_time: bool| Value::Text(if on_time { "true" } else { "false" }.to_owned());
    let sent = line.shipped.plus(&line.returned);
    let state = ctx.said_by(
        crate::report::Number::parts(&sent)
            .positions()
            .chain(ctx.views.trade.ended(of.order.sym, ctx.lens()).map(|fact| fact.position))
            .chain([of.order.position]),
    );
    [
        said(promised.map_or(Value::Null, Value::Date), None),
        said(complete.map_or(Value::Null, Value::Date), by),
        said(on_time.map_or(Value::Null, word), by),
        Value::Text(of.state.name().to_owned()).because(state),
    ]
}
