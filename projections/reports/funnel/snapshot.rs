//! The snapshot: where open deals stand at `as_of`. Invariant: every open deal stands in exactly
//! one stage; one on hold is open.

use std::collections::BTreeMap;

use crate::{
    deals::{
        Group, Grouping, Slice, convert, currencies, currency_cell, deals_asked, group_columns,
    },
    report::{ColumnKind, Context, Count, Grounds, ReportError, Table, Value, key, sum},
};

struct Standing {
    placed: Grounds,
    there: Grounds,
    deals: Count,
    on_hold: Count,
    unvalued: Count,
    amount: Slice,
}

impl Standing {
    fn new(ctx: &Context<'_>) -> Standing {
        let count = || ctx.count();
        Standing {
            placed: ctx.grounds(),
            there: ctx.grounds(),
            deals: count(),
            on_hold: count(),
            unvalued: count(),
            amount: Slice::new(ctx),
        }
    }
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grouping = Grouping::asked(ctx)?;
    let (deals, regime) = (ctx.views.deals, ctx.views.deals.regime());
    let mut stages: BTreeMap<(Group, &str, u16, &str), Standing> = BTreeMap::new();
    for walked in deals_asked(ctx).filter(|walked| walked.course.state().is_open()) {
        let mut said = ctx.grounds();
        let group = grouping.of(&walked, &mut said);
        let (pipeline, stage) = (walked.course.opening.pipeline, walked.course.stage());
        let rank = regime.listed_rank(pipeline, stage, ctx.known());
        let place = (group, deals.ids().name(pipeline), rank, deals.word(stage));
        let standing = stages.entry(place).or_insert_with(|| Standing::new(ctx));
        let deal = walked.course.standing();
        standing.placed.join(&said);
        standing.there.add(walked.course.last_visit().entered.position);
        standing.deals += deal;
        if walked.course.state() == crate::deals::State::OnHold {
            standing.on_hold += walked.course.held().unwrap_or(deal);
        }
        match walked.course.worth() {
            None => standing.unvalued += deal,
            Some(worth) => standing.amount.add(convert(ctx, &worth)?, worth.said, deal),
        }
    }
    // Deals are counted on the row of each currency.
    let counted = |name| sum(name, ColumnKind::Count).not_over(&["currency"]);
    let mut columns = vec![
        key("pipeline", ColumnKind::Id),
        key("stage", ColumnKind::Text),
        key("currency", ColumnKind::Text),
    ];
    columns.extend([
        counted("deals"),
        sum("amount", ColumnKind::Amount),
        counted("unvalued"),
        counted("on_hold"),
    ]);
    let mut table = Table::new(&group_columns(&grouping, &columns));
    for ((group, pipeline, _, stage), standing) in &stages {
        for currency in currencies([&standing.amount]) {
            let mut row = group.cells(&standing.placed);
            row.extend([
                Value::Id((*pipeline).to_owned()).into(),
                Value::Text((*stage).to_owned()).because(standing.there.clone()),
                currency_cell(currency),
            ]);
            row.extend([
                standing.deals.shown(),
                standing.amount.cell(currency),
                standing.unvalued.shown(),
                standing.on_hold.shown(),
            ]);
            table.push(row);
        }
    }
    Ok(table)
}
