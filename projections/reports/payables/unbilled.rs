//! What was received and not billed, and billed and not received (R37). Invariant: what it stands
//! at comes to the balance of goods received and not invoiced.

use crate::{
    report::{Cell, ColumnKind, Context, Part, ReportError, Table, Value, col, key},
    stock::valuation::{Unbilled, Valuation},
    trade::grouping::currency_cell,
};

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    // Units of different items differ, and amounts stand in two currencies.
    let mut table = Table::new(&[
        key("kind", ColumnKind::Text),
        key("document", ColumnKind::Id),
        key("line", ColumnKind::Text),
        key("item", ColumnKind::Id),
        key("currency", ColumnKind::Text),
        col("quantity", ColumnKind::Quantity),
        col("billed", ColumnKind::Quantity),
        col("unbilled", ColumnKind::Quantity),
        col("net", ColumnKind::Amount),
        col("in_base", ColumnKind::Amount),
    ]);
    let (stock, valuation) = (ctx.views.stock, Valuation::of(ctx.views, ctx.lens()));
    for (item, name) in stock.items() {
        let all = valuation.unbilled(item).map_err(|e| e.in_report(ctx.views.company))?;
        for one in all {
            table.push(row(ctx, &one, name));
        }
    }
    Ok(table)
}

fn row(ctx: &Context<'_>, one: &Unbilled, item: &str) -> Vec<Cell> {
    let kind = match (one.line, one.beside) {
        (Some(_), _) => "bill",
        (None, true) => "cost",
        (None, false) => "receipt",
    };
    let sum = |amount| {
        let mut sum = ctx.sum();
        sum += Part::of(one.fact.position, amount);
        sum
    };
    let document = ctx.views.stock.ids().id_of(one.fact.what.what.document());
    let (currency, base) = (one.currency, ctx.views.company.base());
    vec![
        Value::Text(kind.to_owned()).into(),
        Value::id(Some(document)).into(),
        one.line.map_or(Value::Null, |line| Value::Text((line + 1).to_string())).into(),
        Value::id(Some(item)).into(),
        currency.map_or_else(|| Value::Null.into(), currency_cell),
        sum(one.of).shown(Value::Quantity),
        sum(one.of - one.qty).shown(Value::Quantity),
        sum(one.qty).shown(Value::Quantity),
        sum(one.net).shown(|net| match currency {
            Some(currency) => Value::money(net, currency),
            None => Value::Null,
        }),
        sum(one.base).shown(|amount| match base {
            Some(base) => Value::money(amount, base),
            None => Value::Amount(amount),
        }),
    ]
}
