//! What lies idle (R23). Invariant: only what is on hand is listed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::kind, time::Timestamp};

use super::{items_asked, place, places, warehouse_asked};
use crate::{
    Sym,
    report::{ColumnKind, Context, Part, ReportError, Sum, Table, Value, col, sum},
    stock::valuation::{Against, Valuation},
};

/// What is there, and when something last went.
struct Line {
    qty: Sum,
    value: Sum,
    first: (Timestamp, Position),
    last: Option<(Timestamp, Position)>,
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let mut table = Table::new(&places([
        col("last_issue", ColumnKind::Date),
        col("days", ColumnKind::Count),
        sum("qty", ColumnKind::Quantity).not_over(&["item"]),
        sum("value", ColumnKind::Amount),
    ]));
    let valuation = Valuation::of(ctx.views, ctx.lens());
    let items: Vec<Sym<kind::Item>> = items_asked(ctx).into_iter().map(|(item, _)| item).collect();
    let mut lines: BTreeMap<(Sym<kind::Item>, Sym<kind::Warehouse>), Line> = BTreeMap::new();
    valuation
        .walk(&items, &mut |effect| {
            if !warehouse_asked(ctx, Some(effect.warehouse)) {
                return;
            }
            let when = effect.fact.order();
            let line = lines.entry((effect.item, effect.warehouse)).or_insert_with(|| Line {
                qty: ctx.sum(),
                value: ctx.sum(),
                first: when,
                last: None,
            });
            line.qty += Part::of(when.1, effect.qty);
            line.value += Part::of(when.1, effect.value);
            line.first = line.first.min(when);
            let goes = matches!(effect.against, Against::CostOfGoods | Against::Production);
            if goes && effect.qty < Decimal::ZERO {
                line.last = line.last.max(Some(when));
            }
        })
        .map_err(|missing| missing.in_report(ctx.views.company))?;
    let Some(currency) = valuation.currency() else { return Ok(table) };
    let (stock, as_of) = (ctx.views.stock, ctx.as_of_day().days());
    let idle = i64::from(ctx.arguments.count("idle_days")?.unwrap_or(90));
    let mut named: Vec<_> = lines.into_iter().collect();
    named.sort_by_key(|((item, warehouse), _)| {
        (stock.item_name(*item), stock.warehouse_name(*warehouse))
    });
    for (of, line) in named {
        let since = line.last.unwrap_or(line.first);
        let days = i64::from(as_of - ctx.day(since.0).days());
        if line.qty.get() <= Decimal::ZERO || days < idle {
            continue;
        }
        let by = || ctx.said_by([since.1]);
        let last = line.last.map_or(Value::Null, |(at, _)| Value::Date(ctx.day(at)));
        let mut row = place(ctx, of, currency);
        row.extend([
            last.because(by()),
            Value::Count(days).because(by()),
            line.qty.shown(Value::Quantity),
            line.value.shown(|amount| Value::money(amount, currency)),
        ]);
        table.push(row);
    }
    Ok(table)
}
