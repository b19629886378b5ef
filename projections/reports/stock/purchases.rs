//! What was ordered from suppliers. Invariant: every purchase order of the period stands in one row, one per item line where rows are items.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::kind, money::Currency, time::Date};

use crate::{
    base::Rated,
    cut::Dated,
    report::{ColumnKind, Context, ReportError, Table, Value, col, key, parameters::grouped},
    stock::{Placed, Purchase},
    table::Sym,
    trade::{
        calendar::Grain,
        grouping::{base_rate, currency_cell, last_if_null},
    },
};

#[derive(Default)]
struct Sum {
    orders: BTreeSet<Position>,
    lines: usize,
    ordered: Decimal,
    received: Decimal,
    rejected: Decimal,
    subtotal: Decimal,
    tax: Decimal,
    positions: BTreeSet<Position>,
}

/// A row's key: null behind every value, then the group, the period and the currency.
type RowKey = ((bool, String), Option<(Date, String)>, Currency);

pub(super) fn table(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (group, attribute) = grouped(ctx.arguments)?;
    let (grain, period, lens) = (Grain::of(ctx.arguments.text("by")), ctx.interval()?, ctx.lens());
    let mut sums: BTreeMap<RowKey, Sum> = BTreeMap::new();
    for (id, purchase) in ctx.views.stock.purchases() {
        let Some(order) = purchase.order(lens).filter(|o| period.contains(&o.at)) else { continue };
        let rated = base_rate(ctx, order.what.currency, order.at, order.position)?.unwrap_or_else(|| Rated::own(order.what.currency));
        let (currency, worth) = (rated.currency, rated.lines(&order.what.lines.iter().map(|line| (line.net, line.tax)).collect::<Vec<_>>()));
        let span = (grain != Grain::Whole).then(|| grain.span(ctx.day(order.at))).map(|span| (span.first, grain.label(span)));
        let mut seen = BTreeSet::new();
        for (n, line) in order.what.lines.iter().enumerate() {
            let item = line.item.map(|item| ctx.views.stock.item_name(item));
            if ctx.arguments.text("item").is_some_and(|wanted| item != Some(wanted)) || !super::warehouse_asked(ctx, order.what.warehouse) {
                continue;
            }
            let name = match group {
                "item" => item,
                "supplier" => Some(order.what.supplier.as_str()),
                "purchase_order" => Some(id),
                "attribute" => order.what.attributes.iter().find(|(key, _)| Some(*key) == attribute.as_ref()).map(|(_, value)| value.as_str()),
                _ => Some(""),
            };
            let (null, name) = last_if_null(name);
            let sum = sums.entry(((null, name.to_owned()), span.clone(), currency)).or_default();
            sum.line(order, n, worth[n]);
            if let Some(item) = line.item.filter(|item| seen.insert(*item)) {
                sum.arrived(purchase, item, lens);
            }
        }
    }
    Ok(shown(ctx, group, grain, sums))
}

impl Sum {
    fn line(&mut self, order: &Dated<Placed>, n: usize, (net, tax): (Decimal, Decimal)) {
        let line = &order.what.lines[n];
        self.orders.insert(order.position);
        self.positions.insert(order.position);
        self.lines += 1;
        self.ordered += line.qty;
        self.subtotal += net;
        self.tax += tax;
    }
    fn arrived(&mut self, purchase: &Purchase, item: Sym<kind::Item>, lens: crate::cut::Lens<'_>) {
        for arrived in purchase.receipts.counting(lens).filter(|r| r.what.item == item) {
            self.received += arrived.what.qty;
            self.rejected += arrived.what.rejected;
            self.positions.insert(arrived.position);
        }
    }
}

fn shown(ctx: &Context<'_>, group: &str, grain: Grain, sums: BTreeMap<RowKey, Sum>) -> Table {
    let kind = if group == "attribute" { ColumnKind::Text } else { ColumnKind::Id };
    let groups = (group != "none").then(|| key("group", kind));
    let periods = (grain != Grain::Whole).then(|| key("period", ColumnKind::Text));
    let counts = [col("orders", ColumnKind::Count), col("lines", ColumnKind::Count)];
    let quantities = ["ordered", "received", "rejected"].map(|name| col(name, ColumnKind::Quantity));
    let amounts = ["subtotal", "tax", "total"].map(|name| col(name, ColumnKind::Amount));
    let columns: Vec<_> = groups.into_iter().chain(periods).chain([key("currency", ColumnKind::Text)]).chain(counts).chain(quantities).chain(amounts).collect();
    let mut table = Table::new(&columns);
    for (((null, name), span, currency), sum) in sums {
        let value = if null {
            Value::Null
        } else if group == "attribute" {
            Value::Text(name)
        } else {
            Value::Id(name)
        };
        let mut row = if group == "none" { Vec::new() } else { vec![value.into()] };
        row.extend(span.map(|(_, label)| Value::Text(label).into()));
        row.push(currency_cell(currency));
        let because = |value: Value| {
            let mut why = ctx.why();
            sum.positions.iter().for_each(|p| why.add(*p));
            value.because(why)
        };
        row.extend([Value::count(sum.orders.len()), Value::count(sum.lines)].map(because));
        row.extend([sum.ordered, sum.received, sum.rejected].map(Value::Quantity).map(because));
        row.extend([sum.subtotal, sum.tax, sum.subtotal + sum.tax].map(|amount| because(Value::money(amount, currency))));
        table.push(row);
    }
    table
}
