//! The cohort funnel, and strict entries. Invariant: each deal counts once per stage, however often
//! it entered it.

use std::collections::BTreeMap;

use sijil_schemas::{Stage, time::Timestamp};

use crate::{
    cut::Dated,
    deals::{
        Close, Group, Grouping, PipelineRevision, Visit, Walked, deals_asked_within, group_columns,
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
    fn add(&mut self, ctx: &Context<'_>, walked: &Walked<'_>, strict: bool) {
        let course = &walked.course;
        self.deals += course.opened.position;
        let won = course.closing().is_some_and(Close::is_won);
        match course.closing() {
            None => self.open += course.standing(),
            Some(_) if won => self.won += course.standing(),
            Some(_) => self.lost += course.standing(),
        }
        let rank = |visit: &Visit<'_>| {
            ctx.views
                .deals
                .regime()
                .stage(course, visit.stage, visit.entered.at, ctx.known())
                .map(|stage| stage.rank)
        };
        let visits: Vec<(&Visit<'_>, Option<u16>)> = course
            .visits()
            .iter()
            .map(|visit| (visit, if strict { None } else { rank(visit) }))
            .collect();
        for (stage, count) in self.revision.what.stages.iter().zip(&mut self.stages) {
            let there = |(visit, rank): &&(&Visit<'_>, Option<u16>)| {
                if strict { *visit.stage == stage.stage } else { *rank >= Some(stage.rank) }
            };
            if let Some((visit, _)) = visits.iter().find(there) {
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
        stage: &Stage,
    ) -> Row {
        let here = &self.stages[n];
        let next = self.stages.get(n + 1).unwrap_or(&self.won);
        let revised = |value: Value| value.because(ctx.said_by([self.revision.position]));
        let mut row = group.cells(&self.placed);
        row.extend(
            [
                Value::Id(pipeline.to_owned()),
                Value::Time(self.revision.at),
                Value::Text(stage.stage.to_string()),
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
    let mut funnels: BTreeMap<(Group, &str, Timestamp), Funnel<'_>> = BTreeMap::new();
    for walked in deals_asked_within(ctx, period.clone())
        .filter(|walked| period.contains(&walked.course.opened.at))
    {
        let Some(revision) = ctx.views.deals.regime().opening_revision(&walked.course, ctx.known())
        else {
            continue;
        };
        let mut said = ctx.grounds();
        let place =
            (grouping.of(&walked, &mut said), walked.course.opening.pipeline.as_str(), revision.at);
        let funnel = funnels.entry(place).or_insert_with(|| Funnel::new(ctx, revision));
        funnel.placed.join(&said);
        funnel.add(ctx, &walked, strict);
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
