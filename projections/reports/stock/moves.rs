//! What moved, and why. Invariant: the net of a period is what on hand changed by in it.

use std::collections::BTreeMap;

use super::{items_asked, per_item, place_cells, place_columns, warehouse_asked};
use crate::{
    report::{ColumnKind, Context, ReportError, Table, Value, col},
    stock::Moves,
};

const MEASURES: [&str; 11] = ["received", "rejected", "returned", "sold", "used", "lost", "produced", "scrapped", "transferred", "adjusted", "net"];

pub(super) fn table(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (per_item, within) = (per_item(ctx)?, ctx.interval()?);
    let mut table = Table::new(&place_columns(per_item, MEASURES.map(|name| col(name, ColumnKind::Quantity))));
    for (item, id) in items_asked(ctx) {
        let mut lines: BTreeMap<Option<&str>, Moves> = BTreeMap::new();
        for (warehouse, moves) in ctx.views.stock.tally(item, &within, ctx.lens()) {
            if warehouse_asked(ctx, Some(warehouse)) {
                let name = (!per_item).then(|| ctx.views.stock.warehouse_name(warehouse));
                lines.entry(name).or_default().add(&moves);
            }
        }
        for (warehouse, moves) in lines {
            let mut row = place_cells(per_item, id, warehouse);
            let m = &moves;
            for quantity in [m.received, m.rejected, m.returned, m.sold, m.used, m.lost, m.produced, m.scrapped, m.transferred, m.adjusted, m.net] {
                let mut why = ctx.why();
                m.positions.iter().for_each(|p| why.add(*p));
                row.push(Value::Quantity(quantity).because(why));
            }
            table.push(row);
        }
    }
    Ok(table)
}
