//! R4, losses: where and why deals were lost. Invariant: every deal that is lost at `as_of` and
//! closed in the period stands in exactly one line.

use std::collections::BTreeMap;

use crate::report::parameters::{ATTRIBUTE, FROM, IN, TO};
use crate::{
    deals::{
        GROUP, Group, Grouping, Outcome, PIPELINE, Slice, convert, currencies, currency_cell,
        deals_asked, group_columns,
    },
    report::{
        ColumnKind, Context, Count, Draw, Grounds, Picture, Report, ReportError, Sight, Table,
        Value, When, key, only, sum,
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "losses",
    title: "Losses",
    about: "Deals lost in the period, by the stage they were lost at and the reason. Counts are of \
            all deals of the line, whatever their currency; amounts are of the row's currency.",
    formula: "per (at_stage, reason): deals = lost deals whose closing lies in the period, amount \
              = Σ last estimates, unvalued = those without one. A deal counts by its last state at \
              as_of: one that was opened again is no loss.",
    source: "DOMAIN R4",
    edition: 2,
    question: "At which stage and why do we lose deals?",
    draws_on: &["deals", "clients", "counterparties", "staff"],
    sight: Sight::Subset,
    pictures: &[Picture::always(Draw::Heat { x: "at_stage", y: "reason", v: "deals" })],
    needs_as_of: false,
    parameters: &[FROM, TO, PIPELINE, GROUP, ATTRIBUTE, IN],
    only: &[only("attribute", &[When::Is("group", &["attribute"])])],
    run,
});

struct Line {
    placed: Grounds,
    lost: Grounds,
    deals: Count,
    unvalued: Count,
    amount: Slice,
}

impl Line {
    fn new(ctx: &Context<'_>) -> Line {
        Line {
            placed: ctx.grounds(),
            lost: ctx.grounds(),
            deals: ctx.count(),
            unvalued: ctx.count(),
            amount: Slice::new(ctx),
        }
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grouping, period) = (Grouping::asked(ctx)?, ctx.interval()?);
    let (deals, regime) = (ctx.views.deals, ctx.views.deals.regime());
    let mut lines: BTreeMap<(Group, &str, u16, &str, &str), Line> = BTreeMap::new();
    for walked in deals_asked(ctx) {
        let Some(close) = walked.course.closing().filter(|close| period.contains(&close.moment.at))
        else {
            continue;
        };
        let Outcome::Lost(loss) = close.outcome else { continue };
        let (mut said, deal) = (ctx.grounds(), close.moment.position);
        let group = grouping.of(&walked, &mut said);
        let pipeline = walked.course.opening.pipeline;
        let rank = regime.listed_rank(pipeline, loss.at_stage, ctx.known());
        let (stage, reason) = (deals.word(loss.at_stage), deals.word(loss.reason));
        let place = (group, deals.ids().name(pipeline), rank, stage, reason);
        let line = lines.entry(place).or_insert_with(|| Line::new(ctx));
        line.placed.join(&said);
        line.lost.add(deal);
        line.deals += deal;
        match walked.course.worth() {
            None => line.unvalued += deal,
            Some(worth) => line.amount.add(convert(ctx, &worth)?, worth.said, deal),
        }
    }
    let keys = [
        ("pipeline", ColumnKind::Id),
        ("at_stage", ColumnKind::Text),
        ("reason", ColumnKind::Text),
        ("currency", ColumnKind::Text),
    ]
    .map(|(n, k)| key(n, k));
    // Deals are counted on the row of each currency.
    let counted = |name| sum(name, ColumnKind::Count).not_over(&["currency"]);
    let columns: Vec<_> = keys
        .into_iter()
        .chain([counted("deals"), sum("amount", ColumnKind::Amount), counted("unvalued")])
        .collect();
    let mut table = Table::new(&group_columns(&grouping, &columns));
    for ((group, pipeline, _, stage, reason), line) in &lines {
        for currency in currencies([&line.amount]) {
            let mut row = group.cells(&line.placed);
            let said = [
                Value::Id((*pipeline).to_owned()),
                Value::Text((*stage).to_owned()),
                Value::Text((*reason).to_owned()),
            ];
            row.extend(said.map(|value| value.because(line.lost.clone())));
            row.extend([
                currency_cell(currency),
                line.deals.shown(),
                line.amount.cell(currency),
                line.unvalued.shown(),
            ]);
            table.push(row);
        }
    }
    Ok(table)
}
