//! The snapshot: where open deals stand at `as_of`. Invariant: every open deal stands in exactly one stage; one on hold is open.

use std::collections::BTreeMap;

use crate::{
    deals::{Group, Grouping, Slice, Tally, add_all, convert, currencies, currency_cell, deals_asked, group_columns},
    report::{ColumnKind, Context, ReportError, Table, Value, col, key},
};

struct Standing {
    deals: Tally,
    on_hold: Tally,
    unvalued: Tally,
    amount: Slice,
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grouping, regime) = (Grouping::asked(ctx)?, ctx.views.deals.regime());
    let mut stages: BTreeMap<(Group, &str, u16, &str), Standing> = BTreeMap::new();
    for walked in deals_asked(ctx).filter(|walked| walked.course.state().is_open()) {
        let mut why = ctx.why();
        let group = grouping.of(&walked, &mut why);
        add_all(&mut why, walked.course.milestones());
        let (pipeline, stage) = (walked.course.opening.pipeline.as_str(), walked.course.stage());
        let tally = || Tally::new(ctx);
        let standing = stages.entry((group, pipeline, regime.listed_rank(pipeline, stage, ctx.known()), stage.as_str())).or_insert_with(|| Standing {
            deals: tally(),
            on_hold: tally(),
            unvalued: tally(),
            amount: Slice::new(ctx),
        });
        standing.deals.add(&why);
        if walked.course.state() == crate::deals::State::OnHold {
            add_all(&mut why, walked.course.hold_positions());
            standing.on_hold.add(&why);
        }
        match walked.course.worth() {
            None => standing.unvalued.add(&why),
            Some(worth) => {
                let (currency, amount) = convert(ctx, &worth)?;
                why.add(worth.said);
                standing.amount.add(currency, amount, &why);
            }
        }
    }
    let mut columns = vec![key("pipeline", ColumnKind::Id), key("stage", ColumnKind::Text), key("currency", ColumnKind::Text)];
    columns.extend([col("deals", ColumnKind::Count), col("amount", ColumnKind::Amount), col("unvalued", ColumnKind::Count), col("on_hold", ColumnKind::Count)]);
    let mut table = Table::new(&group_columns(&grouping, &columns));
    for ((group, pipeline, _, stage), standing) in &stages {
        for currency in currencies([&standing.amount]) {
            let mut row = group.cells();
            row.extend([Value::Id((*pipeline).to_owned()).into(), Value::Text((*stage).to_owned()).into(), currency_cell(currency)]);
            row.extend([standing.deals.clone().cell(), standing.amount.cell(currency), standing.unvalued.clone().cell(), standing.on_hold.clone().cell()]);
            table.push(row);
        }
    }
    Ok(table)
}
