//! What is still to be sent, at what it was sold for (R41). Invariant: a line that nothing was sent
//! of stands with all of its net.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::money::{Currency, mul_div};

use super::followed;
use crate::{
    report::{
        Cell, Column, ColumnKind, Context, Count, Grounds, ReportError, Sum, Table, col, key, sum,
    },
    trade::grouping::{By, Grouping, Subject, base_rate, currency_cell, last_if_null, money},
};

struct Line {
    placed: Grounds,
    orders: Count,
    backlog: Sum,
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grouping = Grouping::asked(ctx)?;
    let within = ctx.interval()?;
    let mut lines: BTreeMap<((bool, &str), Currency), Line> = BTreeMap::new();
    let all = followed(ctx)?;
    for of in all.iter().filter(|of| within.contains(&of.order.at) && !of.is_ended()) {
        let (trade, document) = (ctx.views.trade, of.order.doc.document);
        let rated = base_rate(ctx, document.currency, of.order.at, of.order.position)?;
        let currency = rated.map_or(document.currency, |rated| rated.currency);
        let said: Vec<(Decimal, Decimal)> =
            trade.lines(document.lines).map(|line| (line.net.get(), line.tax.get())).collect();
        let worth = rated.map_or(said.clone(), |rated| rated.lines(&said));
        let mut placed = ctx.grounds();
        let whole = grouping.of(&Subject::order(of.order), &mut placed);
        let mut counted: Vec<Option<&str>> = Vec::new();
        for line in &of.lines {
            let open = line.open();
            if open.get().is_zero() {
                continue;
            }
            let group = match grouping.by {
                By::Item => line.line.item.map(|item| trade.ids().name(item)),
                _ => whole,
            };
            let row = lines.entry((last_if_null(group), currency)).or_insert_with(|| Line {
                placed: ctx.grounds(),
                orders: ctx.count(),
                backlog: ctx.sum(),
            });
            row.placed.join(&placed);
            if !counted.contains(&group) {
                counted.push(group);
                row.orders += of.order.position;
            }
            let (net, ordered) = (worth[line.number].0, line.ordered.get());
            let places = currency.minor_unit().max(net.normalize().scale());
            row.backlog += &open.share(mul_div(net, open.get(), ordered, places));
        }
    }
    Ok(shown(ctx, &grouping, lines))
}

fn shown(
    ctx: &Context<'_>,
    grouping: &Grouping<'_>,
    lines: BTreeMap<((bool, &str), Currency), Line>,
) -> Table {
    // An order stands on the row of each of its items.
    let orders = match grouping.by {
        By::Item => col("orders", ColumnKind::Count),
        _ => sum("orders", ColumnKind::Count),
    };
    let columns: Vec<Column> = grouping
        .columns()
        .into_iter()
        .chain([key("currency", ColumnKind::Text), orders, sum("backlog", ColumnKind::Amount)])
        .collect();
    let mut table = Table::new(&columns);
    for (((without, group), currency), line) in lines {
        let mut row: Vec<Cell> = grouping.cells((!without).then_some(group), &line.placed);
        row.extend([
            currency_cell(currency),
            line.orders.shown(),
            line.backlog.shown(|amount| money(ctx, amount, currency)),
        ]);
        table.push(row);
    }
    table
}
