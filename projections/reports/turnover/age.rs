//! How old what is there is (R23). Invariant: the ages of an item at a warehouse come to its value
//! and its quantity.

use std::collections::{BTreeMap, VecDeque};

use rust_decimal::Decimal;
use sijil_schemas::{
    Costing, Position,
    id::kind,
    money::{Currency, split},
    time::Timestamp,
};

use super::{items_asked, place, places, warehouse_asked};
use crate::{
    Sym,
    report::{Column, ColumnKind, Context, Part, ReportError, Sum, Table, Value, sum},
    reports::receivables::bucket_of_age,
    stock::valuation::{Shelves, Valuation},
};

const VALUES: [&str; 4] = ["days_0_30", "days_31_60", "days_61_90", "over_90"];
const QUANTITIES: [&str; 4] = ["qty_0_30", "qty_31_60", "qty_61_90", "qty_over_90"];

type Place = (Sym<kind::Item>, Sym<kind::Warehouse>);

/// Some of what is there: since when, the record that brought it, quantity and value.
type Layer = (Timestamp, Position, Decimal, Decimal);

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let columns: Vec<Column> = places(
        VALUES.iter().chain(&["value"]).map(|name| sum(name, ColumnKind::Amount)).chain(
            QUANTITIES
                .iter()
                .chain(&["qty"])
                .map(|name| sum(name, ColumnKind::Quantity).not_over(&["item"])),
        ),
    );
    let mut table = Table::new(&columns);
    let valuation = Valuation::of(ctx.views, ctx.lens());
    let items: Vec<Sym<kind::Item>> = items_asked(ctx).into_iter().map(|(item, _)| item).collect();
    let mut queues: BTreeMap<Place, VecDeque<(Timestamp, Position, Decimal)>> = BTreeMap::new();
    let shelves = valuation
        .walk(&items, &mut |effect| {
            if is_averaged(ctx, effect.item) {
                let queue = queues.entry((effect.item, effect.warehouse)).or_default();
                first_in_first_out(queue, (effect.fact.at, effect.fact.position, effect.qty));
            }
        })
        .map_err(|missing| missing.in_report(ctx.views.company))?;
    let Some(currency) = valuation.currency() else { return Ok(table) };
    let stock = ctx.views.stock;
    let mut named: Vec<Place> = shelves.keys().copied().collect();
    named.retain(|(_, warehouse)| warehouse_asked(ctx, Some(*warehouse)));
    named.sort_by_key(|(item, warehouse)| {
        (stock.item_name(*item), stock.warehouse_name(*warehouse))
    });
    for of in named {
        let layers = layers(ctx, &shelves, of, &queues, currency);
        if !layers.is_empty() {
            let mut row = place(ctx, of, currency);
            row.extend(cells(ctx, &layers, currency));
            table.push(row);
        }
    }
    Ok(table)
}

fn is_averaged(ctx: &Context<'_>, item: Sym<kind::Item>) -> bool {
    let card = ctx.views.stock.card(item, ctx.lens());
    card.is_some_and(|card| card.costing == Costing::Average)
}

/// Adds what came, or takes what went from what came first; what was not there stands below zero
/// until something comes.
fn first_in_first_out(
    queue: &mut VecDeque<(Timestamp, Position, Decimal)>,
    (at, position, qty): (Timestamp, Position, Decimal),
) {
    let mut left = qty;
    while let Some((_, _, there)) = queue.front_mut() {
        if left.is_zero() || there.is_sign_negative() == left.is_sign_negative() {
            break;
        }
        let taken = if left.abs() < there.abs() { -left } else { *there };
        *there -= taken;
        left += taken;
        if there.is_zero() {
            queue.pop_front();
        }
    }
    if !left.is_zero() {
        queue.push_back((at, position, left));
    }
}

fn layers(
    ctx: &Context<'_>,
    shelves: &Shelves,
    of: Place,
    queues: &BTreeMap<Place, VecDeque<(Timestamp, Position, Decimal)>>,
    currency: Currency,
) -> Vec<Layer> {
    let Some(shelf) = shelves.get(&of) else { return Vec::new() };
    if is_averaged(ctx, of.0) {
        let parts: Vec<_> = queues.get(&of).into_iter().flatten().copied().collect();
        let weights: Vec<Decimal> = parts.iter().map(|(_, _, qty)| qty.abs()).collect();
        let scale = currency.minor_unit().max(shelf.value().normalize().scale());
        let values = split(shelf.value(), &weights, scale);
        let each = parts.into_iter().zip(values);
        return each.map(|((at, position, qty), value)| (at, position, qty, value)).collect();
    }
    let there = shelf.layers().map(|layer| (layer.place.0, layer.receipt, layer.qty, layer.value));
    let moves = || ctx.views.stock.moves(of.0).counting(ctx.lens());
    let owed = shelf.deficits().filter_map(|(qty, value, position)| {
        let gone = moves().find(|fact| fact.position == position)?;
        Some((gone.at, position, -qty, -value))
    });
    there.chain(owed).collect()
}

fn cells(ctx: &Context<'_>, layers: &[Layer], currency: Currency) -> Vec<crate::report::Cell> {
    let sums = || std::array::from_fn::<Sum, 4, _>(|_| ctx.sum());
    let (mut values, mut quantities) = (sums(), sums());
    let (mut value, mut qty) = (ctx.sum(), ctx.sum());
    let as_of = ctx.as_of_day().days();
    for (at, position, n, worth) in layers {
        let place = bucket_of_age(as_of - ctx.day(*at).days()) - 1;
        let (worth, n) = (Part::of(*position, *worth), Part::of(*position, *n));
        values[place] += worth;
        quantities[place] += n;
        value += worth;
        qty += n;
    }
    let of_value = values.iter().chain([&value]);
    let of_qty = quantities.iter().chain([&qty]);
    of_value
        .map(|sum| sum.shown(|amount| Value::money(amount, currency)))
        .chain(of_qty.map(|sum| sum.shown(Value::Quantity)))
        .collect()
}
