//! What will be on the bank accounts, if what is open is paid when it is due (R39). Invariant: what
//! is due is what receivables and payables say is open, each part once.

use std::collections::{BTreeMap, BTreeSet};

use sijil_schemas::{money::Currency, time::Date};

use super::legs;
use crate::{
    report::{
        Cell, Column, ColumnKind, Context, Part, ReportError, Sum, Table, Value, col, key, sum,
    },
    trade::{
        calendar::{Grain, Span},
        grouping::{currency_cell, money},
        owed,
    },
};

/// What is due on a day: in, and out.
type Due = BTreeMap<Date, [Vec<Part>; 2]>;

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let as_of = ctx.as_of_given("the day from which on is looked ahead")?;
    let to = ctx.arguments.date("to")?;
    if let Some(to) = to.filter(|to| *to < as_of) {
        return Err(ReportError::InvalidParameter {
            name: "to".into(),
            expected: format!("a day not before as_of ({as_of})"),
            got: to.to_string(),
        });
    }
    let mut there: BTreeMap<Currency, Sum> = BTreeMap::new();
    legs(ctx, &mut |moved| {
        *there.entry(moved.currency).or_insert_with(|| ctx.sum()) += moved.part;
    })?;
    let mut due: BTreeMap<Currency, Due> = BTreeMap::new();
    let mut add = |way: usize, open: Option<(Currency, owed::Standing)>| {
        let Some((currency, standing)) = open else { return };
        let of_currency = due.entry(currency).or_default();
        for (on, parts) in standing.open {
            of_currency.entry(on).or_default()[way].extend(parts);
        }
    };
    let (trade, lens) = (ctx.views.trade, ctx.lens());
    for invoice in trade.invoices(lens) {
        add(0, owed::of_invoice(ctx, invoice)?);
    }
    for bill in trade.bills(lens) {
        add(1, owed::of_bill(ctx, bill)?);
    }
    let grain = Grain::of(ctx.arguments.text("by"));
    let last = due.values().filter_map(|due| due.keys().next_back()).max().copied();
    let last = to.or(last).unwrap_or(as_of).max(as_of);
    let mut table = Table::new(&columns());
    let currencies: BTreeSet<Currency> = there.keys().chain(due.keys()).copied().collect();
    for currency in currencies {
        let nothing = Due::new();
        let due = due.get(&currency).unwrap_or(&nothing);
        let mut closing = there.get(&currency).cloned().unwrap_or_else(|| ctx.sum());
        let overdue = ("overdue".to_owned(), due.range(..as_of));
        let ahead = grain
            .spans(Span { first: as_of, last })
            .into_iter()
            .map(|span| (grain.label(span), due.range(span.first..=span.last)));
        for (label, days) in std::iter::once(overdue).chain(ahead) {
            let (mut came, mut went) = (ctx.sum(), ctx.sum());
            for [in_parts, out_parts] in days.map(|(_, parts)| parts) {
                came.document(in_parts);
                went.document(out_parts);
            }
            closing = closing.plus(&came).minus(&went);
            let net = came.minus(&went);
            let mut row: Vec<Cell> = vec![Value::Text(label).into(), currency_cell(currency)];
            row.extend(
                [&came, &went, &net, &closing]
                    .map(|sum| sum.shown(|amount| money(ctx, amount, currency))),
            );
            table.push(row);
        }
    }
    Ok(table)
}

fn columns() -> Vec<Column> {
    [key("period", ColumnKind::Text), key("currency", ColumnKind::Text)]
        .into_iter()
        .chain(["due_in", "due_out", "net"].map(|name| sum(name, ColumnKind::Amount)))
        .chain([col("closing", ColumnKind::Amount)])
        .collect()
}
