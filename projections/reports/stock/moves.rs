//! What moved, and why. Invariant: the net of a period is what on hand changed by in it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{items_asked, per_item, place_cells, place_columns, warehouse_asked};
use crate::{
    report::{ColumnKind, Context, Part, ReportError, Sum, Table, Value, sum},
    stock::{Moves, moving},
};

const MEASURES: [&str; 11] = [
    "received",
    "rejected",
    "returned",
    "sold",
    "used",
    "lost",
    "produced",
    "scrapped",
    "transferred",
    "adjusted",
    "net",
];

/// What each record adds to each measure, in their order.
fn amounts(m: &Moves) -> [Decimal; 11] {
    [
        m.received,
        m.rejected,
        m.returned,
        m.sold,
        m.used,
        m.lost,
        m.produced,
        m.scrapped,
        m.transferred,
        m.adjusted,
        m.net,
    ]
}

pub(super) fn table(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (per_item, within) = (per_item(ctx)?, ctx.interval()?);
    let measure = |name| sum(name, ColumnKind::Quantity).not_over(&["item"]);
    let mut table = Table::new(&place_columns(per_item, MEASURES.map(measure)));
    let (stock, lens) = (ctx.views.stock, ctx.lens());
    for (item, id) in items_asked(ctx) {
        let mut lines: BTreeMap<Option<&str>, [Sum; 11]> = BTreeMap::new();
        for moving in moving(stock, item, &within, lens) {
            if warehouse_asked(ctx, Some(moving.warehouse)) {
                let name = (!per_item).then(|| stock.warehouse_name(moving.warehouse));
                let sums = lines.entry(name).or_insert_with(|| std::array::from_fn(|_| ctx.sum()));
                for (sum, amount) in sums
                    .iter_mut()
                    .zip(amounts(&moving.by_reason(stock, lens)))
                    .filter(|(_, amount)| !amount.is_zero())
                {
                    *sum += Part::of(moving.fact.position, amount);
                }
            }
        }
        for (warehouse, sums) in lines {
            let mut row = place_cells(per_item, id, warehouse);
            row.extend(sums.iter().map(|sum| sum.shown(Value::Quantity)));
            table.push(row);
        }
    }
    Ok(table)
}
