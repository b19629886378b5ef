//! The flow: every move in a period. Invariant: every visit's leaving, closing or reopening counts
//! once, also of deals that were opened again later.

use std::collections::BTreeMap;

use sijil_facts::{Sym, Word};

use crate::{
    deals::{Group, Grouping, Leaving, Moment, Walked, deals_asked_within, group_columns},
    report::{ColumnKind, Context, Count, Grounds, ReportError, Table, Value, key, sum},
};

/// A kind of move: its word, the stage it leads from and what it leads to.
type Move<'a> = (&'static str, &'a str, &'a str);

/// Where a move leads from or to.
#[derive(Clone, Copy)]
enum End {
    Stage(Sym<Word>),
    Closed(&'static str),
}

/// The key of a row: its group and pipeline, the order of its kind and of its stages, and the move.
type Place<'a> = (Group, &'a str, u8, [u16; 2], Move<'a>);

/// Every move of a deal: when, its word, from where and to where.
fn moves(walked: &Walked) -> impl Iterator<Item = (Moment, (&'static str, End, End))> {
    let left = walked.course.visits().iter().filter_map(|visit| {
        let (moment, to) = visit.left?;
        let (word, to) = match to {
            Leaving::Stage(stage) => ("stage", End::Stage(stage)),
            Leaving::Won => ("won", End::Closed("won")),
            Leaving::Lost => ("lost", End::Closed("lost")),
        };
        Some((moment, (word, End::Stage(visit.stage), to)))
    });
    let reopened = walked.course.closes().iter().filter_map(|close| {
        let from = if close.is_won() { "won" } else { "lost" };
        let (moment, stage) = close.reopened?;
        Some((moment, ("reopened", End::Closed(from), End::Stage(stage))))
    });
    left.chain(reopened)
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grouping, period) = (Grouping::asked(ctx)?, ctx.interval()?);
    let (deals, regime) = (ctx.views.deals, ctx.views.deals.regime());
    let mut lines: BTreeMap<Place<'_>, (Grounds, Count)> = BTreeMap::new();
    for walked in deals_asked_within(ctx, period.clone()) {
        let mut said = ctx.grounds();
        let group = grouping.of(&walked, &mut said);
        let of = walked.course.opening.pipeline;
        // A stage may be named as a closing is; they are ranked alike.
        let rank = |end: End| match end {
            End::Stage(stage) => regime.listed_rank(of, stage, ctx.known()),
            End::Closed(word) => {
                let stage = deals.words().find(word);
                stage.map_or(u16::MAX, |stage| regime.listed_rank(of, stage, ctx.known()))
            }
        };
        let text = |end: End| match end {
            End::Stage(stage) => deals.word(stage),
            End::Closed(word) => word,
        };
        let pipeline = deals.ids().name(of);
        for (moment, (word, from, to)) in
            moves(&walked).filter(|(moment, _)| period.contains(&moment.at))
        {
            let order = match word {
                "stage" => 0,
                "won" => 1,
                "lost" => 2,
                _ => 3,
            };
            let line = (word, text(from), text(to));
            let place = (group.clone(), pipeline, order, [rank(from), rank(to)], line);
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
