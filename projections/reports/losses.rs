//! R4, losses: where and why deals were lost. Invariant: every deal that is lost at `as_of` and closed in the period stands in exactly one line.

use std::collections::BTreeMap;

use crate::report::parameters::{ATTRIBUTE, FROM, IN, TO};
use crate::{
    deals::{GROUP, Group, Grouping, Outcome, PIPELINE, Slice, Tally, add_all, convert, currencies, currency_cell, deals_asked, group_columns},
    report::{ColumnKind, Context, Report, ReportError, Table, Value, When, col, key, only},
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "losses",
    title: "Losses",
    about: "Deals lost in the period, by the stage they were lost at and the reason. Counts are of all deals of the line, whatever their currency; amounts are of the \
            row's currency.",
    formula: "per (at_stage, reason): deals = lost deals whose closing lies in the period, amount = Σ last estimates, unvalued = those without one. A deal counts by \
              its last state at as_of: one that was opened again is no loss.",
    source: "DOMAIN R4",
    edition: 2,
    needs_as_of: false,
    parameters: &[FROM, TO, PIPELINE, GROUP, ATTRIBUTE, IN],
    only: &[only("attribute", &[When::Is("group", &["attribute"])])],
    run,
});

struct Line {
    deals: Tally,
    unvalued: Tally,
    amount: Slice,
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grouping, period) = (Grouping::asked(ctx)?, ctx.interval()?);
    let mut lines: BTreeMap<(Group, String, u16, &str, &str), Line> = BTreeMap::new();
    for walked in deals_asked(ctx) {
        let Some(close) = walked.course.closing().filter(|close| period.contains(&close.moment.at)) else { continue };
        let Outcome::Lost(loss) = close.outcome else { continue };
        let mut why = ctx.why();
        let group = grouping.of(&walked, &mut why);
        add_all(&mut why, walked.course.milestones());
        let pipeline = walked.course.opening.pipeline.as_str();
        let rank = ctx.views.deals.regime().listed_rank(pipeline, &loss.at_stage, ctx.known());
        let place = (group, pipeline.to_owned(), rank, loss.at_stage.as_str(), loss.reason.as_str());
        let line = lines.entry(place).or_insert_with(|| Line { deals: Tally::new(ctx), unvalued: Tally::new(ctx), amount: Slice::new(ctx) });
        line.deals.add(&why);
        match walked.course.worth() {
            None => line.unvalued.add(&why),
            Some(worth) => {
                let (currency, amount) = convert(ctx, &worth)?;
                why.add(worth.said);
                line.amount.add(currency, amount, &why);
            }
        }
    }
    let keys =
        [("pipeline", ColumnKind::Id), ("at_stage", ColumnKind::Text), ("reason", ColumnKind::Text), ("currency", ColumnKind::Text)].map(|(n, k)| key(n, k));
    let measures = [col("deals", ColumnKind::Count), col("amount", ColumnKind::Amount), col("unvalued", ColumnKind::Count)];
    let columns: Vec<_> = keys.into_iter().chain(measures).collect();
    let mut table = Table::new(&group_columns(&grouping, &columns));
    for ((group, pipeline, _, stage, reason), line) in &lines {
        for currency in currencies([&line.amount]) {
            let mut row = group.cells();
            row.extend([Value::Id(pipeline.clone()), Value::Text((*stage).to_owned()), Value::Text((*reason).to_owned())].map(Into::into));
            row.extend([currency_cell(currency), line.deals.clone().cell(), line.amount.cell(currency), line.unvalued.clone().cell()]);
            table.push(row);
        }
    }
    Ok(table)
}
