//! The cohort funnel, and strict entries. Invariant: each deal counts once per stage, however often
//! it entered it.

use std::collections::BTreeMap;

use sijil_schemas::time::Timestamp;

use crate::{
    cut::Dated,
    deals::{
        Close, Group, Grouping, PipelineRevision, RankedStage, Regime, Visit, Walked, deals_opened,
        group_columns,
    },
    report::{
        ColumnKind, Context, Count, Grounds, ReportError, Row, Table, Value, col, key, share, sum,
    },
};

struct Funnel<'a> {
    revision: &'a Dated<PipelineRevision>,
    placed: Grounds,
    deals: Count,
    won: Count,
    lost: Count,
    open: Count,
    /// Per stage, in order: how many came there.
    stages: Vec<Count>,
}

impl<'a> Funnel<'a> {
    fn new(ctx: &Context<'_>, revision: &'a Dated<PipelineRevision>) -> Funnel<'a> {
        let count = || ctx.count();
        let stages = revision.what.stages.iter().map(|_| count()).collect();
        Funnel {
            revision,
            placed: ctx.grounds(),
            deals: count(),
            won: count(),
            lost: count(),
            open: count(),
            stages,
        }
    }
    fn add(&mut self, ctx: &Context<'_>, regime: &Regime, walked: &Walked, strict: bool) {
        let course = &walked.course;
        self.deals += course.opened.position;
        let won = course.closing().is_some_and(Close::is_won);
        match course.closing() {
            None => self.open += course.standing(),
            Some(_) if won => self.won += course.standing(),
            Some(_) => self.lost += course.standing(),
        }
        let opening = &self.revision.what;
        let rank = |visit: &Visit| {
            let of_opening = opening.stage(visit.stage);
            let stage = of_opening
                .or_else(|| regime.stage(course, visit.stage, visit.entered.at, ctx.known()));
            stage.map(|stage| stage.rank)
        };
        // Ranks rise from stage to stage, so the first visit that came so far is none before the
        // one that came to the stage below.
        let mut ranked = course.visits().iter().map(|visit| (visit, rank(visit))).peekable();
        for (stage, count) in opening.stages.iter().zip(&mut self.stages) {
            let there = if strict {
                course.visits().iter().find(|visit| visit.stage == stage.stage)
            } else {
                while ranked.next_if(|(_, rank)| *rank < Some(stage.rank)).is_some() {}
                ranked.peek().map(|(visit, _)| *visit)
            };
            if let Some(visit) = there {
                *count += visit.entered.position;
            } else if won && !strict {
                *count += course.standing();
            }
        }
    }
    fn row(
        &self,
        ctx: &Context<'_>,
        group: &Group,
        pipeline: &str,
        n: usize,
        stage: &RankedStage,
    ) -> Row {
        let here = &self.stages[n];
        let next = self.stages.get(n + 1).unwrap_or(&self.won);
        let revised = |value: Value| value.because(ctx.said_by([self.revision.position]));
        let mut row = group.cells(&self.placed);
        row.extend(
            [
                Value::Id(pipeline.to_owned()),
                Value::Time(self.revision.at),
                Value::Text(ctx.views.deals.word(stage.stage).to_owned()),
            ]
            .map(revised),
        );
        row.extend([
            revised(Value::Count(i64::from(stage.rank))),
            here.shown(),
            share(next, here, "deals that came to this stage"),
        ]);
        row.extend([&self.deals, &self.won, &self.lost, &self.open].map(Count::shown));
        row.push(share(&self.won, &self.deals, "deals of the funnel"));
        row
    }
}

pub(super) fn run(ctx: &Context<'_>, strict: bool) -> Result<Table, ReportError> {
    let (grouping, period) = (Grouping::asked(ctx)?, ctx.interval()?);
    let (deals, regime) = (ctx.views.deals, ctx.views.deals.regime());
    let mut funnels: BTreeMap<(Group, &str, Timestamp), Funnel<'_>> = BTreeMap::new();
    for walked in deals_opened(ctx, period) {
        let Some(revision) = regime.opening_revision(&walked.course, ctx.known()) else {
            continue;
        };
        let mut said = ctx.grounds();
        let pipeline = deals.ids().name(walked.course.opening.pipeline);
        let place = (grouping.of(&walked, &mut said), pipeline, revision.at);
        let funnel = funnels.entry(place).or_insert_with(|| Funnel::new(ctx, revision));
        funnel.placed.join(&said);
        funnel.add(ctx, &regime, &walked, strict);
    }
    let mut columns = vec![
        key("pipeline", ColumnKind::Id),
        key("revision_since", ColumnKind::Time),
        key("stage", ColumnKind::Text),
        col("rank", ColumnKind::Count),
    ];
    // A deal that came to a later stage came to the earlier ones too, and the whole funnel stands
    // on the row of each stage.
    let counted = |name| sum(name, ColumnKind::Count).not_over(&["stage"]);
    columns.extend([
        counted(if strict { "entered" } else { "reached" }),
        col("step", ColumnKind::Percent),
    ]);
    columns.extend(["deals", "won", "lost", "open"].map(counted));
    columns.push(col("overall", ColumnKind::Percent));
    let mut table = Table::new(&group_columns(&grouping, &columns));
    for ((group, pipeline, _), funnel) in &funnels {
        for (n, stage) in funnel.revision.what.stages.iter().enumerate() {
            table.push(funnel.row(ctx, group, pipeline, n, stage));
        }
    }
    Ok(table)
}
