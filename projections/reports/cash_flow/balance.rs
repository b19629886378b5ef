//! What was on bank accounts before and after each period (R39). Invariant: the closing of a period
//! is the opening of the next.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{
    money::Currency,
    time::{Date, Timestamp},
};

use super::{Purposes, legs};
use crate::{
    report::{
        Cell, Column, ColumnKind, Context, Part, ReportError, Sum, Table, Value, col, key, sum,
    },
    trade::{
        calendar::{Grain, Span},
        grouping::{currency_cell, money},
    },
};

/// What moved on one account, in order of time.
type Moves = Vec<(Timestamp, Part)>;

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grain = Grain::of(ctx.arguments.text("by"));
    let mut accounts: BTreeMap<(String, Currency), Moves> = BTreeMap::new();
    // In parts as they are told by purpose, so that both views have one in and one out.
    let purposes = Purposes::of(ctx)?;
    legs(ctx, &mut |moved| {
        let parts = purposes.split(ctx, &moved);
        let moves = accounts.entry((moved.bank, moved.currency)).or_default();
        moves.extend(parts.into_iter().map(|(_, part)| (moved.at, part)));
    })?;
    // What a period opens and closes with is no sum over periods.
    let columns: Vec<Column> = (grain != Grain::Whole)
        .then(|| key("period", ColumnKind::Text))
        .into_iter()
        .chain([key("bank_account", ColumnKind::Id), key("currency", ColumnKind::Text)])
        .chain([
            col("opening", ColumnKind::Amount),
            sum("in", ColumnKind::Amount),
            sum("out", ColumnKind::Amount),
            col("closing", ColumnKind::Amount),
        ])
        .collect();
    let mut table = Table::new(&columns);
    let days = || accounts.values().flatten().map(|(at, _)| ctx.day(*at));
    let ends: Vec<Date> = days().min().into_iter().chain(days().max()).collect();
    let Some(whole) = crate::reports::payments::period(ctx, grain, ends.into_iter())? else {
        return Ok(table);
    };
    for span in grain.spans(whole) {
        for ((bank, currency), moves) in &accounts {
            if moves.first().is_none_or(|(at, _)| ctx.day(*at) > span.last) {
                continue;
            }
            let mut row: Vec<Cell> = Vec::new();
            if grain != Grain::Whole {
                row.push(Value::Text(grain.label(span)).into());
            }
            row.extend([Value::Id(bank.clone()).into(), currency_cell(*currency)]);
            row.extend(
                of(ctx, moves, span)
                    .iter()
                    .map(|sum| sum.shown(|amount| money(ctx, amount, *currency))),
            );
            table.push(row);
        }
    }
    Ok(table)
}

/// Opening, in, out and closing of a period.
fn of(ctx: &Context<'_>, moves: &Moves, span: Span) -> [Sum; 4] {
    let (first, after) = (span.first.start(&ctx.zone), span.last.plus_days(1).start(&ctx.zone));
    let (mut opening, mut came, mut went) = (ctx.sum(), ctx.sum(), ctx.sum());
    for (at, part) in moves.iter().filter(|(at, _)| *at < after) {
        if *at < first {
            opening += *part;
        } else if part.amount < Decimal::ZERO {
            went -= *part;
        } else {
            came += *part;
        }
    }
    let closing = opening.plus(&came).minus(&went);
    [opening, came, went, closing]
}
