//! Orders placed, by group and period (R12, basis orders). Invariant: an order counts on the day it was placed, whatever became of it; the cancelled are told apart.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_schemas::{
    id::kind,
    money::Currency,
    time::{Date, Timestamp},
};

use super::{Place, columns, front};
use crate::{
    ratio::Ratio,
    report::{Cell, ColumnKind, Context, ReportError, Table, Value, Why, col},
    trade::{
        DocumentLine, Listed, OrderDoc, OrderState,
        calendar::{Grain, Span},
        grouping::{By, Grouping, Subject, base_rate, last_if_null, money, wants},
    },
};

/// An order in the currency asked for.
struct Placed<'a> {
    order: Listed<'a, kind::Order, OrderDoc>,
    day: Date,
    currency: Currency,
    /// Gross and net of each line.
    amounts: Vec<(Decimal, Decimal)>,
    cancelled: bool,
}

#[derive(Debug, Clone)]
struct Sums {
    orders: usize,
    cancelled: usize,
    lines: usize,
    units: Decimal,
    gross: Decimal,
    net: Decimal,
    why: Why,
}

impl Sums {
    const fn new(ctx: &Context<'_>) -> Sums {
        Sums { orders: 0, cancelled: 0, lines: 0, units: Decimal::ZERO, gross: Decimal::ZERO, net: Decimal::ZERO, why: ctx.why() }
    }
}

pub(super) fn run(ctx: &Context<'_>, grouping: &Grouping<'_>) -> Result<Table, ReportError> {
    let grain = Grain::of(ctx.arguments.text("by"));
    let orders = placed(ctx)?;
    let measures = [
        col("orders", ColumnKind::Count),
        col("cancelled", ColumnKind::Count),
        col("lines", ColumnKind::Count),
        col("units", ColumnKind::Quantity),
        col("gross", ColumnKind::Amount),
        col("net", ColumnKind::Amount),
        col("average", ColumnKind::Amount),
        col("previous", ColumnKind::Amount),
        col("change", ColumnKind::Percent),
    ];
    let mut table = Table::new(&columns(grouping, grain, &measures));
    let Some(whole) = crate::reports::payments::period(ctx, grain, orders.iter().map(|o| o.day))? else { return Ok(table) };
    for span in grain.spans(whole) {
        let (now, before) = (count(ctx, grouping, &orders, span), count(ctx, grouping, &orders, span.previous()));
        let places: BTreeSet<Place<'_>> = now.keys().chain(before.keys()).copied().collect();
        for place in places {
            let of = |map: &BTreeMap<Place<'_>, Sums>| map.get(&place).cloned().unwrap_or_else(|| Sums::new(ctx));
            let mut row = front(grouping, grain, span, place);
            row.extend(cells(ctx, &of(&now), &of(&before), place.1));
            table.push(row);
        }
    }
    Ok(table)
}

fn placed<'a>(ctx: &Context<'a>) -> Result<Vec<Placed<'a>>, ReportError> {
    let mut all = Vec::new();
    for order in ctx.views.trade.orders(ctx.lens()) {
        let document = &order.doc.document;
        if !wants(ctx, document.currency)? {
            continue;
        }
        let (mut currency, mut amounts) = (document.currency, Vec::with_capacity(document.lines.len()));
        amounts.extend(document.lines.iter().map(|l| (l.qty.get() * l.price.get(), l.net.get())));
        if let Some(rated) = base_rate(ctx, currency, order.at, order.position)? {
            currency = rated.currency;
            // Gross is rounded as one, net as part of what the lines come to with tax.
            let gross = rated.parts(&amounts.iter().map(|(gross, _)| *gross).collect::<Vec<_>>());
            let lines = rated.lines(&document.lines.iter().map(|l| (l.net.get(), l.tax.get())).collect::<Vec<_>>());
            amounts = gross.into_iter().zip(lines.into_iter().map(|(net, _)| net)).collect();
        }
        let cancelled = ctx.views.trade.order_state(order.sym, ctx.lens()) == Some(OrderState::Cancelled);
        all.push(Placed { order, day: ctx.day(order.at), currency, amounts, cancelled });
    }
    all.sort_by_key(|o| o.order.order());
    debug_assert!(all.iter().all(|o| o.order.at < Timestamp::END), "an order has a date");
    Ok(all)
}

fn count<'a>(ctx: &Context<'a>, grouping: &Grouping<'a>, orders: &[Placed<'a>], span: Span) -> BTreeMap<Place<'a>, Sums> {
    let mut sums: BTreeMap<Place<'a>, Sums> = BTreeMap::new();
    let from = orders.partition_point(|o| o.day < span.first);
    for order in orders[from..].iter().take_while(|o| o.day <= span.last) {
        let mut why = ctx.why();
        why.add(order.order.position);
        if let Some(cancelled) = ctx.views.trade.cancelled(order.order.sym, ctx.lens()) {
            why.add(cancelled.position);
        }
        let mut groups: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
        let lines = &order.order.doc.document.lines;
        if grouping.by == By::Item {
            for (n, line) in lines.iter().enumerate() {
                groups.entry(line.item.map(|i| ctx.views.trade.items.name(i))).or_default().push(n);
            }
        } else {
            groups.insert(grouping.of(&Subject::order(order.order), &mut why), (0..lines.len()).collect());
        }
        for (group, of) in groups {
            add(sums.entry((last_if_null(group), order.currency)).or_insert_with(|| Sums::new(ctx)), order, lines, &of, &why);
        }
    }
    sums
}

fn add(sums: &mut Sums, order: &Placed<'_>, lines: &[DocumentLine], of: &[usize], why: &Why) {
    sums.orders += 1;
    sums.cancelled += usize::from(order.cancelled);
    sums.lines += of.len();
    for n in of {
        sums.units += lines[*n].qty.get();
        sums.gross += order.amounts[*n].0;
        sums.net += order.amounts[*n].1;
    }
    sums.why.join(why);
}

fn cells(ctx: &Context<'_>, now: &Sums, before: &Sums, currency: Currency) -> Vec<Cell> {
    let mut both = now.why.clone();
    both.join(&before.why);
    let average = Ratio::of(now.net, Decimal::from(now.orders)).map_or(Value::Null, |r| money(ctx, r.round(currency.minor_unit()), currency));
    let because = |value: Value| value.because(now.why.clone());
    vec![
        because(Value::count(now.orders)),
        because(Value::count(now.cancelled)),
        because(Value::count(now.lines)),
        because(Value::Quantity(now.units)),
        because(money(ctx, now.gross, currency)),
        because(money(ctx, now.net, currency)),
        because(average),
        money(ctx, before.net, currency).because(before.why.clone()),
        Value::percent(crate::reports::payments::change(now.net, before.net)).because(both),
    ]
}
