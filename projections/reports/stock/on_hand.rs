//! What there is. Invariant: the rows of an item sum to what there is of it, wherever orders could be placed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::{Kind, kind},
    time::Date,
};

use super::{items_asked, per_item, place_cells, place_columns, warehouse_asked};
use crate::{
    report::{Cell, ColumnKind, Context, ReportError, Table, Value, Why, col},
    table::Sym,
};

/// One row: what there is, and what will come and go.
#[derive(Default)]
struct Line {
    on_hand: Decimal,
    reserved: Decimal,
    on_order: Decimal,
    demand: Decimal,
    moves: Vec<Position>,
    reservations: Vec<Position>,
    orders: Vec<Position>,
    demands: Vec<Position>,
}

type Lines = BTreeMap<Option<Sym<kind::Warehouse>>, Line>;

pub(super) fn table(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (per_item, by) = (per_item(ctx)?, ctx.arguments.date("t")?);
    let measures = ["on_hand", "reserved", "available", "on_order", "demand", "forecast"].map(|name| col(name, ColumnKind::Quantity));
    let mut table = Table::new(&place_columns(per_item, measures));
    for (item, id) in items_asked(ctx) {
        let mut lines = lines_of(ctx, item, by);
        lines.retain(|warehouse, _| warehouse_asked(ctx, *warehouse));
        if per_item && !lines.is_empty() {
            let all = lines.into_values().reduce(Line::and).unwrap_or_default();
            lines = Lines::from([(None, all)]);
        }
        let name = |warehouse: Sym<kind::Warehouse>| ctx.views.stock.warehouse_name(warehouse);
        let mut named: Vec<_> = lines.into_iter().map(|(warehouse, line)| (warehouse.map(name), line)).collect();
        // What has no warehouse stands behind what has one.
        named.sort_by_key(|(warehouse, _)| (warehouse.is_none(), *warehouse));
        for (warehouse, line) in named {
            let mut row = place_cells(per_item, id, warehouse);
            row.extend(line.cells(ctx));
            table.push(row);
        }
    }
    Ok(table)
}

fn lines_of(ctx: &Context<'_>, item: Sym<kind::Item>, by: Option<Date>) -> Lines {
    let (stock, lens) = (ctx.views.stock, ctx.lens());
    let mut lines = Lines::new();
    for (warehouse, here) in stock.quantities(item, lens) {
        let line = lines.entry(Some(warehouse)).or_default();
        (line.on_hand, line.moves, line.reserved, line.reservations) = (here.on_hand, here.moves, here.reserved, here.reservations);
    }
    let only = match lines.keys().collect::<Vec<_>>()[..] {
        [only] => *only,
        _ => None,
    };
    for purchase in stock.purchases_of(item) {
        let Some(order) = purchase.order(lens) else { continue };
        let expected = purchase.expected(item, lens);
        if expected.is_zero() || order.what.expected_on.zip(by).is_some_and(|(expected, by)| expected > by) {
            continue;
        }
        let line = lines.entry(order.what.warehouse.or(only)).or_default();
        line.on_order += expected;
        line.orders.push(order.position);
        line.orders.extend(purchase.receipts.counting(lens).map(|r| r.position));
    }
    let held = held_for_orders(ctx, item);
    for (id, demand) in stock.orders_of(item) {
        let open = demand.open(item, by, lens);
        if open.is_zero() {
            continue;
        }
        let (kept, why) = held.get(id).map_or((Decimal::ZERO, &[][..]), |(kept, why)| (*kept, why));
        let line = lines.entry(only).or_default();
        line.demand += (open - kept).max(Decimal::ZERO);
        line.demands.extend(demand.positions(lens).chain(why.iter().copied()));
    }
    lines
}

/// What reservations hold of an item for each client's order, and the records that say so.
fn held_for_orders<'a>(ctx: &Context<'a>, item: Sym<kind::Item>) -> BTreeMap<&'a str, (Decimal, Vec<Position>)> {
    let lens = ctx.lens();
    let mut held: BTreeMap<&str, (Decimal, Vec<Position>)> = BTreeMap::new();
    for (_, reservation) in ctx.views.stock.reservations_of(item) {
        let opening = reservation.opening(lens).filter(|o| o.what.item == item && o.what.r#for.kind == Kind::Order);
        let Some(opening) = opening else { continue };
        let of_order = held.entry(opening.what.r#for.id()).or_default();
        for step in reservation.steps(|at, position| at < lens.cut.before && lens.known(position), None) {
            of_order.0 += step.delta;
            of_order.1.push(step.position);
        }
    }
    held
}

impl Line {
    fn and(mut self, other: Line) -> Line {
        self.on_hand += other.on_hand;
        self.reserved += other.reserved;
        self.on_order += other.on_order;
        self.demand += other.demand;
        self.moves.extend(other.moves);
        self.reservations.extend(other.reservations);
        self.orders.extend(other.orders);
        self.demands.extend(other.demands);
        self
    }
    fn cells(&self, ctx: &Context<'_>) -> [Cell; 6] {
        let (moves, reservations, orders, demands) = (&self.moves, &self.reservations, &self.orders, &self.demands);
        let available = self.on_hand - self.reserved;
        let because = |quantity: Decimal, groups: &[&Vec<Position>]| {
            let mut why: Why = ctx.why();
            groups.iter().flat_map(|g| g.iter()).for_each(|p| why.add(*p));
            Value::Quantity(quantity).because(why)
        };
        [
            because(self.on_hand, &[moves]),
            because(self.reserved, &[reservations]),
            because(available, &[moves, reservations]),
            because(self.on_order, &[orders]),
            because(self.demand, &[demands]),
            because(available + self.on_order - self.demand, &[moves, reservations, orders, demands]),
        ]
    }
}
