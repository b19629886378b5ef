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
    let (stock, lens) = (&ctx.views.stock, ctx.lens());
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
    for (id, demand) in stock.orders_of(item) {
        let open = demand.open(item, by, lens);
        if open.is_zero() {
            continue;
        }
        let (mut held, mut why) = (Decimal::ZERO, demand.positions(lens).collect::<Vec<_>>());
        for (_, reservation) in stock.reservations_of(item) {
            let Some(opening) = reservation.opening(lens) else { continue };
            if opening.what.item == item && opening.what.r#for.kind == Kind::Order && opening.what.r#for.id() == id {
                held += reservation.held(lens);
                why.extend(reservation.steps(|at, position| at < lens.cut.before && lens.known(position), None).iter().map(|s| s.position));
            }
        }
        let line = lines.entry(only).or_default();
        line.demand += (open - held).max(Decimal::ZERO);
        line.demands.extend(why);
    }
    lines
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
