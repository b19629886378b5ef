//! R5, time in stage: how long deals stay in each stage. Invariant: the visits of a deal cover the
//! time it was open, so their lengths sum to its cycle.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{id::Kind, time::Timestamp};

use super::cycle_time::SUBTRACT_ON_HOLD;
use crate::report::parameters::{ATTRIBUTE, FROM, TO};
use crate::{
    deals::{
        GROUP, Group, Grouping, PIPELINE, Spread, Visit, Walked, days, deals_asked, group_columns,
    },
    report::{
        ColumnKind, Context, Draw, Grounds, Parameter, ParameterKind, Picture, Report, ReportError,
        Sight, Table, Value, When, col, key, only, sum,
    },
};

const VIEW: Parameter = Parameter {
    name: "view",
    kind: ParameterKind::Choice(&["stages", "visits"]),
    required: false,
    default: Some("stages"),
    about: "stages: a row per stage; visits: each visit with its length",
};
const CENSORED: Parameter = Parameter {
    name: "censored",
    kind: ParameterKind::Choice(&["apart", "included"]),
    required: false,
    default: Some("apart"),
    about: "whether visits still open at as_of stand apart or are taken into the means, as long as \
            they are so far",
};
const DEAL: Parameter = Parameter {
    name: "deal",
    kind: ParameterKind::Id(Kind::Deal),
    required: false,
    default: None,
    about: "only this deal",
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "stage_time",
    title: "Time in stage",
    about: "How many days deals stayed in each stage, per visit: visits finished in the period, \
            and visits still open at as_of (censored) apart.",
    formula: "length = leaving − entry, elapsed time ÷ 24 h; an open visit ends at the as_of cut. \
              Mean, median and p90 (nearest rank ⌈0.9n⌉) are of finished visits unless \
              censored=included. The time a deal stood closed before it was opened again belongs \
              to no stage.",
    source: "DOMAIN R5",
    edition: 1,
    question: "In which stage do deals wait longest?",
    draws_on: &["deals", "clients", "counterparties", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["stages"])],
            Draw::Spread { label: "stage", mid: "median_days", p90: Some("p90_days") },
        ),
        Picture::when(
            &[When::Is("view", &["visits"])],
            Draw::Lanes { lane: "deal", from: "entered", to: Some("left") },
        ),
    ],
    needs_as_of: true,
    parameters: &[VIEW, FROM, TO, PIPELINE, DEAL, GROUP, ATTRIBUTE, CENSORED, SUBTRACT_ON_HOLD],
    only: &[
        only("attribute", &[When::Is("group", &["attribute"])]),
        only("censored", &[When::Is("view", &["stages"])]),
    ],
    run,
});

struct Stay<'a> {
    group: Group,
    pipeline: &'a str,
    rank: u16,
    deal: &'a str,
    opened: Timestamp,
    visit: Visit,
    micros: i64,
    placed: Grounds,
}

fn stays<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'_>,
    walked: &Walked,
    all: &mut Vec<Stay<'a>>,
) -> Result<(), ReportError> {
    let (period, until) = (ctx.interval()?, ctx.cut.before);
    let (deals, regime, mut placed) = (ctx.views.deals, ctx.views.deals.regime(), ctx.grounds());
    let group = grouping.of(walked, &mut placed);
    for visit in walked.course.visits() {
        // A visit is of the period if it finished in it; an open one has not finished before the
        // cut.
        if visit.left.is_none_or(|(left, _)| period.contains(&left.at)) {
            let held = if ctx.arguments.flag("subtract_on_hold") {
                walked.course.hold_micros(visit.entered.at, visit.end(until))
            } else {
                0
            };
            let pipeline = walked.course.opening.pipeline;
            let rank = regime.listed_rank(pipeline, visit.stage, ctx.known());
            let (opened, micros, placed) =
                (walked.course.opened.at, visit.micros(until) - held, placed.clone());
            all.push(Stay {
                group: group.clone(),
                pipeline: deals.ids().name(pipeline),
                rank,
                deal: deals.ids().name(walked.deal),
                opened,
                visit: *visit,
                micros,
                placed,
            });
        }
    }
    Ok(())
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grouping, deal) = (Grouping::asked(ctx)?, ctx.arguments.text("deal"));
    let mut all = Vec::new();
    let deal = deal.map(|id| ctx.views.deals.ids().find(id));
    for walked in
        deals_asked(ctx).filter(|walked| deal.is_none_or(|asked| asked == Some(walked.deal)))
    {
        stays(ctx, &grouping, &walked, &mut all)?;
    }
    Ok(if ctx.arguments.is("view", "visits") {
        each(ctx, &grouping, all)
    } else {
        by_stage(ctx, &grouping, &all)
    })
}

/// The key of a row: group, pipeline, rank and stage.
type Place<'a> = (&'a Group, &'a str, u16, &'a str);

fn by_stage(ctx: &Context<'_>, grouping: &Grouping<'_>, all: &[Stay<'_>]) -> Table {
    let included = ctx.arguments.is("censored", "included");
    let mut stages: BTreeMap<Place<'_>, (Grounds, Spread, Spread)> = BTreeMap::new();
    for stay in all {
        let stage = ctx.views.deals.word(stay.visit.stage);
        let place = (&stay.group, stay.pipeline, stay.rank, stage);
        let (placed, finished, open) = stages
            .entry(place)
            .or_insert_with(|| (ctx.grounds(), Spread::new(ctx), Spread::new(ctx)));
        placed.join(&stay.placed);
        if stay.visit.left.is_some() || included {
            finished.add(stay.micros, stay.visit.entered.position);
        }
        if stay.visit.left.is_none() {
            open.add(stay.micros, stay.visit.entered.position);
        }
    }
    let numbers =
        ["mean_days", "median_days", "p90_days"].map(|name| col(name, ColumnKind::Number));
    let mut columns = vec![
        key("pipeline", ColumnKind::Id),
        key("stage", ColumnKind::Text),
        sum("visits", ColumnKind::Count),
    ];
    columns.extend(numbers);
    columns
        .extend([sum("open_visits", ColumnKind::Count), col("open_mean_days", ColumnKind::Number)]);
    let mut table = Table::new(&group_columns(grouping, &columns));
    for ((group, pipeline, _, stage), (placed, finished, open)) in stages {
        let mut row = group.cells(&placed);
        row.extend([Value::Id(pipeline.to_owned()), Value::Text(stage.to_owned())].map(Into::into));
        row.extend(finished.cells(ctx));
        // Of the open ones only how many there are and their mean.
        row.extend(open.cells(ctx).into_iter().take(2));
        table.push(row);
    }
    table
}

fn each(ctx: &Context<'_>, grouping: &Grouping<'_>, mut all: Vec<Stay<'_>>) -> Table {
    all.sort_by(|a, b| {
        (&a.group, a.opened, a.deal, a.visit.entered).cmp(&(
            &b.group,
            b.opened,
            b.deal,
            b.visit.entered,
        ))
    });
    let mut columns = vec![
        key("deal", ColumnKind::Id),
        key("stage", ColumnKind::Text),
        key("visit", ColumnKind::Count),
    ];
    columns.extend([
        col("entered", ColumnKind::Time),
        col("left", ColumnKind::Time),
        col("days", ColumnKind::Number),
        col("censored", ColumnKind::Text),
    ]);
    let mut table = Table::new(&group_columns(grouping, &columns));
    for stay in all {
        let mut row = stay.group.cells(&stay.placed);
        let (entered, left) = (stay.visit.entered, stay.visit.left.map(|(left, _)| left));
        let both =
            || ctx.said_by([entered.position].into_iter().chain(left.map(|left| left.position)));
        row.extend(
            [
                Value::Id(stay.deal.to_owned()),
                Value::Text(ctx.views.deals.word(stay.visit.stage).to_owned()),
                Value::count(stay.visit.number as usize),
            ]
            .map(Into::into),
        );
        row.push(Value::Time(entered.at).because(ctx.said_by([entered.position])));
        row.push(
            left.map_or(Value::Null, |left| Value::Time(left.at))
                .because(ctx.said_by(left.map(|left| left.position))),
        );
        row.push(Value::Number(days(Decimal::from(stay.micros))).because(both()));
        row.push(Value::Text(if left.is_none() { "yes" } else { "no" }.to_owned()).because(both()));
        table.push(row);
    }
    table
}
