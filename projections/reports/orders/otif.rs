//! In time and in full (R41). Invariant: otif ≤ in full ≤ orders, of every row.

use std::collections::BTreeMap;

use super::{Followed, followed};
use crate::{
    report::{
        Cell, Column, ColumnKind, Context, Count, Grounds, ReportError, Table, col, share, sum,
    },
    trade::grouping::{Grouping, Subject, last_if_null},
};

struct Line {
    placed: Grounds,
    orders: Count,
    otif: Count,
    in_full: Count,
    lines: Count,
    on_time: Count,
    undated: Count,
}

impl Line {
    fn new(ctx: &Context<'_>) -> Line {
        let count = || ctx.count();
        Line {
            placed: ctx.grounds(),
            orders: count(),
            otif: count(),
            in_full: count(),
            lines: count(),
            on_time: count(),
            undated: count(),
        }
    }
    fn cells(&self) -> Vec<Cell> {
        vec![
            self.orders.shown(),
            self.otif.shown(),
            share(&self.otif, &self.orders, "orders promised"),
            self.in_full.shown(),
            share(&self.in_full, &self.orders, "orders promised"),
            self.lines.shown(),
            self.on_time.shown(),
            share(&self.on_time, &self.lines, "lines promised"),
            self.undated.shown(),
        ]
    }
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grouping = Grouping::asked(ctx)?;
    let mut lines: BTreeMap<(bool, &str), Line> = BTreeMap::new();
    let all = followed(ctx)?;
    for of in all.iter().filter(|of| !of.lines.is_empty()) {
        let Some(counts) = counted(ctx, of)? else { continue };
        let mut placed = ctx.grounds();
        let group = grouping.of(&Subject::order(of.order), &mut placed);
        let line = lines.entry(last_if_null(group)).or_insert_with(|| Line::new(ctx));
        line.placed.join(&placed);
        let position = of.order.position;
        match counts {
            Counted::Undated => line.undated += position,
            Counted::Promised { on_time, complete } => {
                line.orders += position;
                line.lines.add(position, of.lines.len());
                if on_time > 0 {
                    line.on_time.add(position, on_time);
                }
                if on_time == of.lines.len() {
                    line.otif += position;
                }
                if complete == of.lines.len() {
                    line.in_full += position;
                }
            }
        }
    }
    let counts = |name| sum(name, ColumnKind::Count);
    let rate = |name| col(name, ColumnKind::Percent);
    let columns: Vec<Column> = grouping
        .columns()
        .into_iter()
        .chain([
            counts("orders"),
            counts("otif"),
            rate("rate"),
            counts("in_full"),
            rate("in_full_rate"),
            counts("lines"),
            counts("lines_on_time"),
            rate("line_rate"),
            counts("undated"),
        ])
        .collect();
    let mut table = Table::new(&columns);
    for ((without, group), line) in lines {
        let mut row: Vec<Cell> = grouping.cells((!without).then_some(group), &line.placed);
        row.extend(line.cells());
        table.push(row);
    }
    Ok(table)
}

/// How an order counts.
enum Counted {
    /// It was promised for no day.
    Undated,
    /// It was promised: so many lines were sent in full by then, and so many by as_of.
    Promised { on_time: usize, complete: usize },
}

/// How an order counts; `None` if it does not.
fn counted(ctx: &Context<'_>, of: &Followed<'_>) -> Result<Option<Counted>, ReportError> {
    let (first, last) = ctx.arguments.window()?;
    let is_within =
        |day| first.is_none_or(|first| day >= first) && last.is_none_or(|last| day <= last);
    let cancelled = ctx.views.trade.cancelled(of.order.sym, ctx.lens()).map(|fact| fact.at);
    let Some(promised) = of.order.doc.promised_on else {
        let counts = cancelled.is_none() && is_within(ctx.day(of.order.at));
        return Ok(counts.then_some(Counted::Undated));
    };
    let is_dropped = cancelled.is_some_and(|at| ctx.day(at) <= promised);
    if is_dropped || !is_within(promised) || promised > ctx.as_of_day() {
        return Ok(None);
    }
    let by = |day| of.lines.iter().filter(|line| line.is_complete_by(ctx, day)).count();
    Ok(Some(Counted::Promised { on_time: by(promised), complete: by(ctx.as_of_day()) }))
}
