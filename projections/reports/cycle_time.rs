//! R5, cycle length: from opening to closing. Invariant: the closed gap of a deal that was opened
//! again counts in no cycle.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::time::Timestamp;

use crate::report::parameters::{ATTRIBUTE, FROM, TO};
use crate::{
    deals::{
        Course, GROUP, Group, Grouping, Moment, PIPELINE, Spread, days, deals_asked, group_columns,
    },
    report::{
        ColumnKind, Context, Draw, Grounds, Parameter, ParameterKind, Picture, Report, ReportError,
        Sight, Table, Value, When, col, key, only, sum,
    },
};

pub(crate) const SUBTRACT_ON_HOLD: Parameter = Parameter {
    name: "subtract_on_hold",
    kind: ParameterKind::Flag,
    required: false,
    default: Some("false"),
    about: "whether time on hold is left out",
};
const VIEW: Parameter = Parameter {
    name: "view",
    kind: ParameterKind::Choice(&["summary", "deals"]),
    required: false,
    default: Some("summary"),
    about: "summary: mean, median and 90th percentile; deals: each closed deal with its cycle",
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "cycle_time",
    title: "Cycle length",
    about: "How many days deals took from opening to closing, won and lost apart, by close date in \
            the period.",
    formula: "cycle = closing − opening, elapsed time ÷ 24 h, without the time a deal stood closed \
              before it was opened again; median = mean of the two middle ones; p90 by nearest \
              rank ⌈0.9n⌉. A deal counts by its last state at as_of.",
    source: "DOMAIN R5",
    edition: 1,
    question: "How long does a deal take from its opening to its end?",
    draws_on: &["deals", "clients", "counterparties", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["summary"])],
            Draw::Spread { label: "outcome", mid: "median_days", p90: Some("p90_days") },
        ),
        Picture::when(
            &[When::Is("view", &["deals"])],
            Draw::Lanes { lane: "deal", from: "opened", to: Some("closed") },
        ),
    ],
    needs_as_of: true,
    parameters: &[VIEW, FROM, TO, PIPELINE, GROUP, ATTRIBUTE, SUBTRACT_ON_HOLD],
    only: &[only("attribute", &[When::Is("group", &["attribute"])])],
    run,
});

/// How long a closed deal was open, in microseconds.
fn cycle(course: &Course, closed: Timestamp, subtract: bool) -> i64 {
    let held = if subtract { course.hold_micros(course.opened.at, closed) } else { 0 };
    course.open_micros(closed) - held
}

struct Closed<'a> {
    group: Group,
    placed: Grounds,
    outcome: &'static str,
    id: &'a str,
    opened: Moment,
    closed: Moment,
    micros: i64,
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grouping, period) = (Grouping::asked(ctx)?, ctx.interval()?);
    let mut all = Vec::new();
    for walked in deals_asked(ctx) {
        let Some(close) = walked.course.closing().filter(|close| period.contains(&close.moment.at))
        else {
            continue;
        };
        let mut placed = ctx.grounds();
        let group = grouping.of(&walked, &mut placed);
        let micros = cycle(&walked.course, close.moment.at, ctx.arguments.flag("subtract_on_hold"));
        let outcome = if close.is_won() { "won" } else { "lost" };
        all.push(Closed {
            group,
            placed,
            outcome,
            id: ctx.views.deals.ids().name(walked.deal),
            opened: walked.course.opened,
            closed: close.moment,
            micros,
        });
    }
    Ok(if ctx.arguments.is("view", "deals") {
        each(ctx, &grouping, all)
    } else {
        summary(ctx, &grouping, all)
    })
}

fn summary(ctx: &Context<'_>, grouping: &Grouping<'_>, all: Vec<Closed<'_>>) -> Table {
    // Won stands before lost.
    let mut spreads: BTreeMap<(Group, bool), (Grounds, Spread)> = BTreeMap::new();
    let none = || (ctx.grounds(), Spread::new(ctx));
    if grouping.is_none() {
        spreads.extend([false, true].map(|lost| ((Group::All, lost), none())));
    }
    for closed in all {
        let (placed, spread) =
            spreads.entry((closed.group, closed.outcome == "lost")).or_insert_with(none);
        placed.join(&closed.placed);
        spread.add(closed.micros, closed.closed.position);
    }
    let numbers =
        ["mean_days", "median_days", "p90_days"].map(|name| col(name, ColumnKind::Number));
    let columns: Vec<_> = [key("outcome", ColumnKind::Text), sum("deals", ColumnKind::Count)]
        .into_iter()
        .chain(numbers)
        .collect();
    let mut table = Table::new(&group_columns(grouping, &columns));
    for ((group, lost), (placed, spread)) in spreads {
        let mut row = group.cells(&placed);
        row.push(Value::Text(if lost { "lost" } else { "won" }.to_owned()).into());
        row.extend(spread.cells(ctx));
        table.push(row);
    }
    table
}

fn each(ctx: &Context<'_>, grouping: &Grouping<'_>, mut all: Vec<Closed<'_>>) -> Table {
    all.sort_by(|a, b| (&a.group, a.closed.at, a.id).cmp(&(&b.group, b.closed.at, b.id)));
    let mut columns = vec![key("deal", ColumnKind::Id), col("outcome", ColumnKind::Text)];
    columns.extend([
        col("opened", ColumnKind::Time),
        col("closed", ColumnKind::Time),
        col("days", ColumnKind::Number),
    ]);
    let mut table = Table::new(&group_columns(grouping, &columns));
    for closed in all {
        let mut row = closed.group.cells(&closed.placed);
        let (opening, closing) = (closed.opened.position, closed.closed.position);
        row.extend([
            Value::Id(closed.id.to_owned()).into(),
            Value::Text(closed.outcome.to_owned()).because(ctx.said_by([closing])),
        ]);
        row.push(Value::Time(closed.opened.at).because(ctx.said_by([opening])));
        row.push(Value::Time(closed.closed.at).because(ctx.said_by([closing])));
        row.push(
            Value::Number(days(Decimal::from(closed.micros)))
                .because(ctx.said_by([opening, closing])),
        );
        table.push(row);
    }
    table
}
