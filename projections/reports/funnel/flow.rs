//! The flow: every move in a period. Invariant: every visit's leaving, closing or reopening counts
//! once, also of deals that were opened again later.

use std::collections::BTreeMap;

use crate::{
    deals::{Group, Grouping, Leaving, Moment, Walked, deals_asked_within, group_columns},
    report::{ColumnKind, Context, Count, Grounds, ReportError, Table, Value, key, sum},
};

/// A kind of move: its word, the stage it leads from and what it leads to.
type Move<'a> = (&'static str, &'a str, &'a str);

/// The key of a row: its group and pipeline, the order of its kind and of its stages, and the move.
type Place<'a> = (Group, &'a str, u8, [u16; 2], Move<'a>);

fn moves<'a>(walked: &Walked<'a>) -> Vec<(Moment, Move<'a>)> {
    let mut all = Vec::new();
    for visit in walked.course.visits() {
        let from = visit.stage.as_str();
        all.extend(visit.left.map(|(moment, to)| match to {
            Leaving::Stage(stage) => (moment, ("stage", from, stage.as_str())),
            Leaving::Won => (moment, ("won", from, "won")),
            Leaving::Lost => (moment, ("lost", from, "lost")),
        }));
    }
    for close in walked.course.closes() {
        let from = if close.is_won() { "won" } else { "lost" };
        all.extend(
            close.reopened.map(|(moment, stage)| (moment, ("reopened", from, stage.as_str()))),
        );
    }
    all
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grouping, period, regime) =
        (Grouping::asked(ctx)?, ctx.interval()?, ctx.views.deals.regime());
    let mut lines: BTreeMap<Place<'_>, (Grounds, Count)> = BTreeMap::new();
    for walked in deals_asked_within(ctx, period.clone()) {
        let mut said = ctx.grounds();
        let group = grouping.of(&walked, &mut said);
        let pipeline = walked.course.opening.pipeline.as_str();
        let rank = |stage: &str| {
            sijil_schemas::id::Key::new(stage)
                .map_or(u16::MAX, |key| regime.listed_rank(pipeline, &key, ctx.known()))
        };
        for (moment, line) in
            moves(&walked).into_iter().filter(|(moment, _)| period.contains(&moment.at))
        {
            let order = match line.0 {
                "stage" => 0,
                "won" => 1,
                "lost" => 2,
                _ => 3,
            };
            let place = (group.clone(), pipeline, order, [rank(line.1), rank(line.2)], line);
            let (placed, count) =
                lines.entry(place).or_insert_with(|| (ctx.grounds(), ctx.count()));
            placed.join(&said);
            *count += moment.position;
        }
    }
    let keys = [
        ("pipeline", ColumnKind::Id),
        ("move", ColumnKind::Text),
        ("from", ColumnKind::Text),
        ("to", ColumnKind::Text),
    ]
    .map(|(n, k)| key(n, k));
    let columns: Vec<_> = keys.into_iter().chain([sum("transitions", ColumnKind::Count)]).collect();
    let mut table = Table::new(&group_columns(&grouping, &columns));
    for ((group, pipeline, _, _, (word, from, to)), (placed, count)) in lines {
        let mut row = group.cells(&placed);
        row.push(Value::Id(pipeline.to_owned()).into());
        row.extend([word, from, to].map(|text| Value::Text(text.to_owned()).into()));
        row.push(count.shown());
        table.push(row);
    }
    Ok(table)
}
