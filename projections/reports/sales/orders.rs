//! Orders placed, by group and period (R12, basis orders). Invariant: an order counts on the day it
//! was placed, whatever became of it; the cancelled are told apart.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::kind,
    money::Currency,
    time::{Date, Timestamp},
};

use super::{Place, columns, front, placed_by};
use crate::{
    ratio::Ratio,
    report::{
        Cell, ColumnKind, Context, Count, Grounds, Number, Part, ReportError, Sum, Table, Value,
        col, quotient, sum,
    },
    trade::{
        DocumentLine, Listed, OrderDoc,
        calendar::{Grain, Span},
        grouping::{By, Grouping, Subject, base_rate, last_if_null, money, wants},
    },
};

/// An order in the currency asked for.
struct Placed<'a> {
    order: Listed<'a, kind::Order, OrderDoc>,
    day: Date,
    currency: Currency,
    lines: Vec<DocumentLine>,
    /// Gross and net of each line.
    amounts: Vec<(Decimal, Decimal)>,
    /// The record that cancelled it.
    cancelled: Option<Position>,
}

#[derive(Debug, Clone)]
struct Sums {
    placed: Grounds,
    orders: Count,
    cancelled: Count,
    lines: Count,
    units: Sum,
    gross: Sum,
    net: Sum,
}

impl Sums {
    fn new(ctx: &Context<'_>) -> Sums {
        let (count, sum) = (|| ctx.count(), || ctx.sum());
        Sums {
            placed: ctx.grounds(),
            orders: count(),
            cancelled: count(),
            lines: count(),
            units: sum(),
            gross: sum(),
            net: sum(),
        }
    }
}

pub(super) fn run(ctx: &Context<'_>, grouping: &Grouping<'_>) -> Result<Table, ReportError> {
    let grain = Grain::of(ctx.arguments.text("by"));
    let orders = placed(ctx)?;
    // An order stands on the row of each of its items.
    let counted = |name| {
        if grouping.by == By::Item {
            col(name, ColumnKind::Count)
        } else {
            sum(name, ColumnKind::Count)
        }
    };
    let measures = [
        counted("orders"),
        counted("cancelled"),
        sum("lines", ColumnKind::Count),
        super::units(grouping),
        sum("gross", ColumnKind::Amount),
        sum("net", ColumnKind::Amount),
        col("average", ColumnKind::Amount),
        super::PREVIOUS,
        col("change", ColumnKind::Percent),
    ];
    let mut table = Table::new(&columns(grouping, grain, &measures));
    let Some(whole) = crate::reports::payments::period(ctx, grain, orders.iter().map(|o| o.day))?
    else {
        return Ok(table);
    };
    for span in grain.spans(whole) {
        let (now, before) =
            (count(ctx, grouping, &orders, span), count(ctx, grouping, &orders, span.previous()));
        let places: BTreeSet<Place<'_>> = now.keys().chain(before.keys()).copied().collect();
        for place in places {
            let of = |map: &BTreeMap<Place<'_>, Sums>| {
                map.get(&place).cloned().unwrap_or_else(|| Sums::new(ctx))
            };
            let (now, before) = (of(&now), of(&before));
            let mut row =
                front(grouping, grain, span, place, &placed_by(&now.placed, &before.placed));
            row.extend(cells(ctx, &now, &before, place.1));
            table.push(row);
        }
    }
    Ok(table)
}

fn placed<'a>(ctx: &Context<'a>) -> Result<Vec<Placed<'a>>, ReportError> {
    let mut all = Vec::new();
    for order in ctx.views.trade.orders(ctx.lens()) {
        let document = order.doc.document;
        let lines: Vec<DocumentLine> = ctx.views.trade.lines(document.lines).collect();
        if !wants(ctx, document.currency)? {
            continue;
        }
        let mut currency = document.currency;
        let mut amounts: Vec<(Decimal, Decimal)> =
            lines.iter().map(|l| (l.qty.get() * l.price.get(), l.net.get())).collect();
        if let Some(rated) = base_rate(ctx, currency, order.at, order.position)? {
            currency = rated.currency;
            // Gross is rounded as one, net as part of what the lines come to with tax.
            let gross = rated.parts(&amounts.iter().map(|(gross, _)| *gross).collect::<Vec<_>>());
            let nets =
                rated.lines(&lines.iter().map(|l| (l.net.get(), l.tax.get())).collect::<Vec<_>>());
            amounts = gross.into_iter().zip(nets.into_iter().map(|(net, _)| net)).collect();
        }
        let cancelled = ctx.views.trade.cancelled(order.sym, ctx.lens()).map(|fact| fact.position);
        all.push(Placed { order, day: ctx.day(order.at), currency, lines, amounts, cancelled });
    }
    all.sort_by_key(|o| o.order.order());
    debug_assert!(all.iter().all(|o| o.order.at < Timestamp::END), "an order has a date");
    Ok(all)
}

fn count<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    orders: &[Placed<'a>],
    span: Span,
) -> BTreeMap<Place<'a>, Sums> {
    let mut sums: BTreeMap<Place<'a>, Sums> = BTreeMap::new();
    let from = orders.partition_point(|o| o.day < span.first);
    for order in orders[from..].iter().take_while(|o| o.day <= span.last) {
        let mut placed = ctx.grounds();
        let mut groups: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
        let lines = &order.lines;
        if grouping.by == By::Item {
            for (n, line) in lines.iter().enumerate() {
                groups.entry(line.item.map(|i| ctx.views.trade.ids().name(i))).or_default().push(n);
            }
        } else {
            groups.insert(
                grouping.of(&Subject::order(order.order), &mut placed),
                (0..lines.len()).collect(),
            );
        }
        for (group, of) in groups {
            let sums =
                sums.entry((last_if_null(group), order.currency)).or_insert_with(|| Sums::new(ctx));
            sums.placed.join(&placed);
            add(sums, order, lines, &of);
        }
    }
    sums
}

fn add(sums: &mut Sums, order: &Placed<'_>, lines: &[DocumentLine], of: &[usize]) {
    let position = order.order.position;
    sums.orders += position;
    order.cancelled.iter().for_each(|cancelled| sums.cancelled += *cancelled);
    sums.lines.add(position, of.len());
    for n in of {
        sums.units += Part::of(position, lines[*n].qty.get());
        sums.gross += Part::of(position, order.amounts[*n].0);
        sums.net += Part::of(position, order.amounts[*n].1);
    }
}

fn cells(ctx: &Context<'_>, now: &Sums, before: &Sums, currency: Currency) -> Vec<Cell> {
    let average = Ratio::of(now.net.get(), now.orders.number())
        .map_or(Value::Null, |r| money(ctx, r.round(currency.minor_unit()), currency));
    let shown = |sum: &Sum| sum.shown(|amount| money(ctx, amount, currency));
    let change = Value::percent(crate::reports::payments::change(now.net.get(), before.net.get()));
    vec![
        now.orders.shown(),
        now.cancelled.shown(),
        now.lines.shown(),
        now.units.shown(Value::Quantity),
        shown(&now.gross),
        shown(&now.net),
        quotient(average, &now.net, &now.orders, "orders"),
        shown(&before.net),
        quotient(change, &now.net.minus(&before.net), &before.net, "net of the period before"),
    ]
}
