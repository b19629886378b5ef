//! The cohort funnel, and strict entries. Invariant: each deal counts once per stage, however often it entered it.

use std::collections::BTreeMap;

use sijil_schemas::{Stage, time::Timestamp};

use crate::{
    cut::Dated,
    deals::{Close, Group, Grouping, PipelineRevision, Tally, Visit, Walked, add_all, deals_asked_within, group_columns},
    ratio::Ratio,
    report::{Cell, ColumnKind, Context, ReportError, Row, Table, Value, Why, col, key},
};

struct Funnel<'a> {
    revision: &'a Dated<PipelineRevision>,
    deals: Tally,
    won: Tally,
    lost: Tally,
    open: Tally,
    /// Per stage, in order: how many came there.
    stages: Vec<Tally>,
}

impl<'a> Funnel<'a> {
    fn new(ctx: &Context<'_>, revision: &'a Dated<PipelineRevision>) -> Funnel<'a> {
        let tally = || Tally::new(ctx);
        Funnel { revision, deals: tally(), won: tally(), lost: tally(), open: tally(), stages: revision.what.stages.iter().map(|_| tally()).collect() }
    }
    fn add(&mut self, ctx: &Context<'_>, walked: &Walked<'_>, strict: bool, why: &Why) {
        let course = &walked.course;
        let mut whole = why.clone();
        add_all(&mut whole, course.milestones());
        self.deals.add(&whole);
        let won = course.closing().is_some_and(Close::is_won);
        match course.closing() {
            None => self.open.add(&whole),
            Some(_) if won => self.won.add(&whole),
            Some(_) => self.lost.add(&whole),
        }
        let rank = |visit: &Visit<'_>| ctx.views.deals.regime().stage(course, visit.stage, visit.entered.at, ctx.known()).map(|stage| stage.rank);
        let visits: Vec<(&Visit<'_>, Option<u16>)> = course.visits().iter().map(|visit| (visit, if strict { None } else { rank(visit) })).collect();
        for (stage, tally) in self.revision.what.stages.iter().zip(&mut self.stages) {
            let there = |(visit, rank): &&(&Visit<'_>, Option<u16>)| if strict { *visit.stage == stage.stage } else { *rank >= Some(stage.rank) };
            let mut why = why.clone();
            if let Some((visit, _)) = visits.iter().find(there) {
                why.add(visit.entered.position);
            } else if won && !strict {
                course.closing().iter().for_each(|close| why.add(close.moment.position));
            } else {
                continue;
            }
            why.add(course.opened.position);
            tally.add(&why);
        }
    }
    fn row(&self, group: &Group, pipeline: &str, n: usize, stage: &Stage) -> Row {
        let here = &self.stages[n];
        let next = self.stages.get(n + 1).unwrap_or(&self.won);
        let (mut step, mut overall) = (here.why.clone(), self.deals.why.clone());
        step.join(&next.why);
        overall.join(&self.won.why);
        let mut row = group.cells();
        row.extend([Value::Id(pipeline.to_owned()), Value::Time(self.revision.at), Value::Text(stage.stage.to_string())].map(Cell::from));
        row.extend([Value::Count(i64::from(stage.rank)).into(), here.clone().cell()]);
        row.push(Value::percent(Ratio::counts(next.n as u64, here.n as u64)).because(step));
        row.extend([&self.deals, &self.won, &self.lost, &self.open].map(|tally| tally.clone().cell()));
        row.push(Value::percent(Ratio::counts(self.won.n as u64, self.deals.n as u64)).because(overall));
        row
    }
}

pub(super) fn run(ctx: &Context<'_>, strict: bool) -> Result<Table, ReportError> {
    let (grouping, period) = (Grouping::asked(ctx)?, ctx.interval()?);
    let mut funnels: BTreeMap<(Group, &str, Timestamp), Funnel<'_>> = BTreeMap::new();
    for walked in deals_asked_within(ctx, period.clone()).filter(|walked| period.contains(&walked.course.opened.at)) {
        let Some(revision) = ctx.views.deals.regime().opening_revision(&walked.course, ctx.known()) else { continue };
        let mut why = ctx.why();
        let group = grouping.of(&walked, &mut why);
        why.add(revision.position);
        let place = (group, walked.course.opening.pipeline.as_str(), revision.at);
        funnels.entry(place).or_insert_with(|| Funnel::new(ctx, revision)).add(ctx, &walked, strict, &why);
    }
    let mut columns =
        vec![key("pipeline", ColumnKind::Id), key("revision_since", ColumnKind::Time), key("stage", ColumnKind::Text), col("rank", ColumnKind::Count)];
    columns.extend([col(if strict { "entered" } else { "reached" }, ColumnKind::Count), col("step", ColumnKind::Percent)]);
    columns.extend(["deals", "won", "lost", "open"].map(|name| col(name, ColumnKind::Count)));
    columns.push(col("overall", ColumnKind::Percent));
    let mut table = Table::new(&group_columns(&grouping, &columns));
    for ((group, pipeline, _), funnel) in &funnels {
        for (n, stage) in funnel.revision.what.stages.iter().enumerate() {
            table.push(funnel.row(group, pipeline, n, stage));
        }
    }
    Ok(table)
}
