//! What was ordered from suppliers. Invariant: every purchase order of the period stands in one
//! row, one per item line where rows are items.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_schemas::{
    Position,
    id::{Key, kind},
    money::Currency,
    time::Date,
};

use crate::{
    Sym,
    base::Rated,
    cut::{Dated, Lens},
    report::{
        ColumnKind, Context, Count, Grounds, Part, ReportError, Sum, Table, Value, col, key,
        parameters::grouped, sum,
    },
    stock::{Placed, Purchase, PurchaseLine},
    trade::{
        calendar::Grain,
        grouping::{base_rate, currency_cell, last_if_null},
    },
};

struct Sums {
    placed: Grounds,
    orders: BTreeSet<Position>,
    lines: Count,
    ordered: Sum,
    received: Sum,
    rejected: Sum,
    subtotal: Sum,
    tax: Sum,
}

/// A row's key: null behind every value, then the group, the period and the currency.
type RowKey = ((bool, String), Option<(Date, String)>, Currency);

pub(super) fn table(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (group, attribute) = grouped(ctx.arguments)?;
    let (grain, period, lens) = (Grain::of(ctx.arguments.text("by")), ctx.interval()?, ctx.lens());
    let mut sums: BTreeMap<RowKey, Sums> = BTreeMap::new();
    let stock = ctx.views.stock;
    for (id, purchase) in stock.purchases() {
        let Some(order) = purchase.order(lens).filter(|o| period.contains(&o.at)) else { continue };
        let rated = base_rate(ctx, order.what.currency, order.at, order.position)?
            .unwrap_or_else(|| Rated::own(order.what.currency));
        let lines: Vec<PurchaseLine> = stock.purchase_lines(&order.what).collect();
        let amounts: Vec<_> = lines.iter().map(|line| (line.net, line.tax)).collect();
        let (currency, worth) = (rated.currency, rated.lines(&amounts));
        let span = (grain != Grain::Whole)
            .then(|| grain.span(ctx.day(order.at)))
            .map(|span| (span.first, grain.label(span)));
        let mut seen = BTreeSet::new();
        for (n, line) in lines.iter().enumerate() {
            let item = line.item.map(|item| stock.item_name(item));
            if ctx.arguments.text("item").is_some_and(|wanted| item != Some(wanted))
                || !super::warehouse_asked(ctx, order.what.warehouse)
            {
                continue;
            }
            let name = match group {
                "item" => item,
                "supplier" => Some(stock.ids().name(order.what.supplier)),
                "purchase_order" => Some(id),
                "attribute" => stock
                    .attributes(&order.what)
                    .find(|(key, _)| Some(*key) == attribute.as_ref().map(Key::as_str))
                    .map(|(_, value)| value),
                _ => Some(""),
            };
            let (null, name) = last_if_null(name);
            let row = sums
                .entry(((null, name.to_owned()), span.clone(), currency))
                .or_insert_with(|| Sums::new(ctx));
            row.line(&order, line, worth[n]);
            if let Some(item) = line.item.filter(|item| seen.insert(*item)) {
                row.arrived(purchase, item, lens);
            }
        }
    }
    Ok(shown(ctx, group, grain, sums))
}

impl Sums {
    fn new(ctx: &Context<'_>) -> Sums {
        let sum = || ctx.sum();
        let (placed, orders, lines) = (ctx.grounds(), BTreeSet::new(), ctx.count());
        Sums {
            placed,
            orders,
            lines,
            ordered: sum(),
            received: sum(),
            rejected: sum(),
            subtotal: sum(),
            tax: sum(),
        }
    }
    fn line(&mut self, order: &Dated<Placed>, line: &PurchaseLine, (net, tax): (Decimal, Decimal)) {
        let of = |amount| Part::of(order.position, amount);
        if self.orders.insert(order.position) {
            self.placed.add(order.position);
        }
        self.lines += order.position;
        self.ordered += of(line.qty);
        self.subtotal += of(net);
        self.tax += of(tax);
    }
    fn arrived(&mut self, purchase: Purchase<'_>, item: Sym<kind::Item>, lens: Lens<'_>) {
        for arrived in purchase.arrived(lens).filter(|r| r.what.item == item) {
            self.received += Part::of(arrived.position, arrived.what.qty);
            self.rejected += Part::of(arrived.position, arrived.what.rejected);
        }
    }
}

fn shown(ctx: &Context<'_>, group: &str, grain: Grain, rows: BTreeMap<RowKey, Sums>) -> Table {
    let kind = if group == "attribute" { ColumnKind::Text } else { ColumnKind::Id };
    let groups = (group != "none").then(|| key("group", kind));
    let periods = (grain != Grain::Whole).then(|| key("period", ColumnKind::Text));
    // An order stands on the row of each of its items.
    let orders = if group == "item" {
        col("orders", ColumnKind::Count)
    } else {
        sum("orders", ColumnKind::Count)
    };
    let counts = [orders, sum("lines", ColumnKind::Count)];
    // Units of different items differ.
    let quantity = |name| match sum(name, ColumnKind::Quantity) {
        of_items if group == "item" => of_items.not_over(&["group"]),
        all => all,
    };
    let quantities = ["ordered", "received", "rejected"].map(quantity);
    let amounts = ["subtotal", "tax", "total"].map(|name| sum(name, ColumnKind::Amount));
    let columns: Vec<_> = groups
        .into_iter()
        .chain(periods)
        .chain([key("currency", ColumnKind::Text)])
        .chain(counts)
        .chain(quantities)
        .chain(amounts)
        .collect();
    let mut table = Table::new(&columns);
    for (((null, name), span, currency), sums) in rows {
        let value = if null {
            Value::Null
        } else if group == "attribute" {
            Value::Text(name)
        } else {
            Value::Id(name)
        };
        let mut row =
            if group == "none" { Vec::new() } else { vec![value.because(sums.placed.clone())] };
        row.extend(span.map(|(_, label)| Value::Text(label).into()));
        row.push(currency_cell(currency));
        let mut orders = ctx.count();
        sums.orders.iter().for_each(|order| orders += *order);
        row.extend([orders.shown(), sums.lines.shown()]);
        row.extend(
            [&sums.ordered, &sums.received, &sums.rejected].map(|sum| sum.shown(Value::Quantity)),
        );
        row.extend(
            [&sums.subtotal, &sums.tax, &sums.subtotal.plus(&sums.tax)]
                .map(|sum| sum.shown(|amount| Value::money(amount, currency))),
        );
        table.push(row);
    }
    table
}
