//! Stock card: every move of an item, with running quantity and value. Invariant: the last line of a warehouse is its stock in the stock and valuation reports.

use rust_decimal::Decimal;
use sijil_schemas::{Position, id::Kind, money::Currency};

use super::stock::{WAREHOUSE, warehouse_asked};
use crate::report::parameters::{FROM, TO};
use crate::{
    report::{ColumnKind, Context, Parameter, ParameterKind, Report, ReportError, Table, Value, col, key},
    stock::valuation::{Against, Effect, Valuation},
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "stock_card",
    title: "Stock card",
    about: "Every move of one item, in order of business time, then position: one row per event and warehouse, with the quantity and value there after it.",
    formula: "qty and value as in the valuation; cost_of_goods = what the move made cost, settlements of provisional cost included; on_hand and stock_value are running \
              sums of the warehouse, item_on_hand and item_value of the item at all warehouses. from and to choose rows; sums run from the first move.",
    source: "DOMAIN R21, R22",
    edition: 2,
    needs_as_of: false,
    parameters: &[Parameter { name: "item", kind: ParameterKind::Id(Kind::Item), required: true, default: None, about: "whose moves" }, WAREHOUSE, FROM, TO],
    only: &[],
    run,
});

struct Line<'a> {
    first: Effect<'a>,
    qty: Decimal,
    value: Decimal,
    cost: Decimal,
    after: (Decimal, Decimal),
    item: (Decimal, Decimal),
}

fn run<'a>(ctx: &Context<'a>) -> Result<Table, ReportError> {
    let within = ctx.interval()?;
    let mut table = Table::new(&[
        key("position", ColumnKind::Count),
        key("warehouse", ColumnKind::Id),
        key("kind", ColumnKind::Text),
        col("at", ColumnKind::Time),
        col("document", ColumnKind::Id),
        col("qty", ColumnKind::Quantity),
        col("value", ColumnKind::Amount),
        col("cost_of_goods", ColumnKind::Amount),
        col("on_hand", ColumnKind::Quantity),
        col("stock_value", ColumnKind::Amount),
        col("item_on_hand", ColumnKind::Quantity),
        col("item_value", ColumnKind::Amount),
    ]);
    let Some(item) = ctx.arguments.text("item").and_then(|id| ctx.views.stock.item(id)) else { return Ok(table) };
    let valuation = Valuation::of(ctx.views, ctx.lens());
    let Some(currency) = valuation.currency() else { return Ok(table) };
    let (mut lines, mut running) = (Vec::<Line<'a>>::new(), (Decimal::ZERO, Decimal::ZERO));
    let mut note = |effect: &Effect<'a>| {
        running = (running.0 + effect.qty, running.1 + effect.value);
        let cost = if effect.against == Against::CostOfGoods { -effect.value } else { Decimal::ZERO };
        let place = |e: &Effect<'_>| (e.fact.position, e.warehouse, e.fact.what.what.name());
        match lines.last_mut().filter(|line| place(&line.first) == place(effect)) {
            Some(line) => {
                (line.qty, line.value, line.cost) = (line.qty + effect.qty, line.value + effect.value, line.cost + cost);
                (line.after, line.item) = (effect.after, running);
            }
            None => lines.push(Line { first: *effect, qty: effect.qty, value: effect.value, cost, after: effect.after, item: running }),
        }
    };
    valuation.walk(&[item], &mut note).map_err(|e| e.in_report(ctx.views.company))?;
    let mut before: Vec<Position> = Vec::new();
    for line in &lines {
        before.push(line.first.fact.position);
        if within.contains(&line.first.fact.at) && warehouse_asked(ctx, Some(line.first.warehouse)) {
            table.push(row(ctx, line, currency, &before));
        }
    }
    Ok(table)
}

/// A row; its running numbers rest on every move up to it, its own on the move, and its cost on those that brought the goods in.
fn row(ctx: &Context<'_>, line: &Line<'_>, currency: Currency, before: &[Position]) -> crate::report::Row {
    let fact = line.first.fact;
    let because = |value: Value, positions: &[Position]| {
        let mut why = ctx.why();
        positions.iter().for_each(|p| why.add(*p));
        value.because(why)
    };
    let own = [fact.position];
    vec![
        Value::Count(i64::try_from(fact.position.get()).unwrap_or(i64::MAX)).into(),
        Value::Id(ctx.views.stock.warehouse_name(line.first.warehouse).to_owned()).into(),
        Value::Text(fact.what.what.name().to_owned()).into(),
        Value::Time(fact.at).into(),
        Value::Id(fact.what.document.to_string()).into(),
        because(Value::Quantity(line.qty), &own),
        because(Value::money(line.value, currency), before),
        because(Value::money(line.cost, currency), before),
        because(Value::Quantity(line.after.0), before),
        because(Value::money(line.after.1, currency), before),
        because(Value::Quantity(line.item.0), before),
        because(Value::money(line.item.1, currency), before),
    ]
}
