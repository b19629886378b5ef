//! What moved on bank accounts, by purpose (R39). Invariant: see the parent.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{money::Currency, time::Date};

use super::{Purposes, legs};
use crate::{
    report::{Cell, Column, ColumnKind, Context, ReportError, Sum, Table, Value, key, sum},
    trade::{
        calendar::Grain,
        grouping::{currency_cell, last_if_null, money},
    },
};

/// The first day of the period, the account, the purpose (null last) and the currency.
type Place = (Option<Date>, String, (bool, String), Currency);

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grain, within) = (Grain::of(ctx.arguments.text("by")), ctx.interval()?);
    let purposes = Purposes::of(ctx)?;
    let mut lines: BTreeMap<Place, [Sum; 2]> = BTreeMap::new();
    legs(ctx, &mut |moved| {
        if !within.contains(&moved.at) {
            return;
        }
        let first = (grain != Grain::Whole).then(|| grain.span(ctx.day(moved.at)).first);
        for (purpose, part) in purposes.split(ctx, &moved) {
            let (null, purpose) = last_if_null(purpose);
            let place = (first, moved.bank.clone(), (null, purpose.to_owned()), moved.currency);
            let [came, went] = lines.entry(place).or_insert_with(|| [ctx.sum(), ctx.sum()]);
            if part.amount < Decimal::ZERO {
                *went -= part;
            } else {
                *came += part;
            }
        }
    })?;
    let columns: Vec<Column> = (grain != Grain::Whole)
        .then(|| key("period", ColumnKind::Text))
        .into_iter()
        .chain([
            key("bank_account", ColumnKind::Id),
            key("purpose", ColumnKind::Text),
            key("currency", ColumnKind::Text),
        ])
        .chain(["in", "out", "net"].map(|name| sum(name, ColumnKind::Amount)))
        .collect();
    let mut table = Table::new(&columns);
    for ((first, bank, (null, purpose), currency), [came, went]) in lines {
        let label = |first| Value::Text(grain.label(grain.span(first))).into();
        let mut row: Vec<Cell> = first.map(label).into_iter().collect();
        let purpose = if null { Value::Null } else { Value::Text(purpose) };
        row.extend([Value::Id(bank).into(), purpose.into(), currency_cell(currency)]);
        row.extend(
            [&came, &went, &came.minus(&went)]
                .map(|sum| sum.shown(|amount| money(ctx, amount, currency))),
        );
        table.push(row);
    }
    Ok(table)
}
