//! What there is. Invariant: the rows of an item sum to what there is of it, wherever orders could
//! be placed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{id::kind, time::Date};

use super::{items_asked, per_item, place_cells, place_columns, warehouse_asked};
use crate::{
    Sym,
    report::{Cell, ColumnKind, Context, Part, ReportError, Sum, Table, Value, sum},
    stock::{demand, demanded, expected, expected_parts, quantities},
};

/// One row: what there is, and what will come and go.
struct Line {
    on_hand: Sum,
    reserved: Sum,
    on_order: Sum,
    demand: Sum,
}

type Lines = BTreeMap<Option<Sym<kind::Warehouse>>, Line>;

pub(super) fn table(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (per_item, by) = (per_item(ctx)?, ctx.arguments.date("t")?);
    let measures = ["on_hand", "reserved", "available", "on_order", "demand", "forecast"]
        .map(|name| sum(name, ColumnKind::Quantity).not_over(&["item"]));
    let mut table = Table::new(&place_columns(per_item, measures));
    for (item, id) in items_asked(ctx) {
        let mut lines = lines_of(ctx, item, by);
        lines.retain(|warehouse, _| warehouse_asked(ctx, *warehouse));
        if per_item && !lines.is_empty() {
            let all = lines.into_values().fold(Line::new(ctx), Line::and);
            lines = Lines::from([(None, all)]);
        }
        let name = |warehouse: Sym<kind::Warehouse>| ctx.views.stock.warehouse_name(warehouse);
        let mut named: Vec<_> =
            lines.into_iter().map(|(warehouse, line)| (warehouse.map(name), line)).collect();
        // What has no warehouse stands behind what has one.
        named.sort_by_key(|(warehouse, _)| (warehouse.is_none(), *warehouse));
        for (warehouse, line) in named {
            let mut row = place_cells(per_item, id, warehouse);
            row.extend(line.cells());
            table.push(row);
        }
    }
    Ok(table)
}

fn lines_of(ctx: &Context<'_>, item: Sym<kind::Item>, by: Option<Date>) -> Lines {
    let (stock, lens) = (ctx.views.stock, ctx.lens());
    let mut lines = Lines::new();
    for (warehouse, here) in quantities(stock, item, lens) {
        let line = lines.entry(Some(warehouse)).or_insert_with(|| Line::new(ctx));
        here.moves.into_iter().for_each(|part| line.on_hand += part);
        here.reservations.iter().for_each(|steps| line.reserved.document(steps));
    }
    let only = match lines.keys().collect::<Vec<_>>()[..] {
        [only] => *only,
        _ => None,
    };
    for purchase in stock.purchases_of(item, lens.side) {
        let Some(order) = purchase.order(lens) else { continue };
        if expected(stock, purchase, item, lens).is_zero()
            || order.what.expected_on.zip(by).is_some_and(|(expected, by)| expected > by)
        {
            continue;
        }
        let line = lines.entry(order.what.warehouse.or(only)).or_insert_with(|| Line::new(ctx));
        line.on_order.document(&expected_parts(stock, purchase, item, lens));
    }
    let held = held_for_orders(ctx, item);
    for order in stock.orders_of(item, lens.side) {
        let open = demand(order, item, by, lens);
        if open.is_zero() {
            continue;
        }
        let (kept, steps) =
            held.get(&order.order).map_or((Decimal::ZERO, &[][..]), |(kept, steps)| (*kept, steps));
        let mut parts = demanded(order, item, lens);
        if open > kept {
            parts.extend(steps.iter().map(|step| Part::of(step.position, -step.amount)));
        } else {
            // All of it is kept already: it asks for nothing more.
            parts.extend(parts.clone().iter().map(|part| Part::of(part.position, -part.amount)));
        }
        lines.entry(only).or_insert_with(|| Line::new(ctx)).demand.document(&parts);
    }
    lines
}

/// What reservations hold of an item for each client's order, and what each record adds to it.
fn held_for_orders(
    ctx: &Context<'_>,
    item: Sym<kind::Item>,
) -> BTreeMap<Sym<kind::Order>, (Decimal, Vec<Part>)> {
    let lens = ctx.lens();
    let mut held: BTreeMap<_, (Decimal, Vec<Part>)> = BTreeMap::new();
    for reservation in ctx.views.stock.reservations_of(item, lens.side) {
        let opening = reservation.opening(lens).filter(|opening| opening.what.item == item);
        let Some(order) = opening.and_then(|opening| opening.what.order()) else { continue };
        let of_order = held.entry(order).or_default();
        for step in reservation.counting(lens) {
            of_order.0 += step.delta;
            of_order.1.push(Part::of(step.position, step.delta));
        }
    }
    held
}

impl Line {
    fn new(ctx: &Context<'_>) -> Line {
        Line { on_hand: ctx.sum(), reserved: ctx.sum(), on_order: ctx.sum(), demand: ctx.sum() }
    }
    fn and(mut self, other: Line) -> Line {
        self.on_hand += &other.on_hand;
        self.reserved += &other.reserved;
        self.on_order += &other.on_order;
        self.demand += &other.demand;
        self
    }
    fn cells(&self) -> [Cell; 6] {
        let available = self.on_hand.minus(&self.reserved);
        let forecast = available.plus(&self.on_order).minus(&self.demand);
        [&self.on_hand, &self.reserved, &available, &self.on_order, &self.demand, &forecast]
            .map(|sum| sum.shown(Value::Quantity))
    }
}
