//! R5, cycle length: from opening to closing. Invariant: the closed gap of a deal that was opened again counts in no cycle.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::time::Timestamp;

use crate::report::parameters::{ATTRIBUTE, FROM, TO};
use crate::{
    deals::{Course, GROUP, Group, Grouping, PIPELINE, Spread, add_all, days, deals_asked, group_columns},
    report::{ColumnKind, Context, Parameter, ParameterKind, Report, ReportError, Table, Value, When, Why, col, key, only},
};

pub(crate) const SUBTRACT_ON_HOLD: Parameter =
    Parameter { name: "subtract_on_hold", kind: ParameterKind::Flag, required: false, default: Some("false"), about: "whether time on hold is left out" };
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
    about: "How many days deals took from opening to closing, won and lost apart, by close date in the period.",
    formula: "cycle = closing − opening, elapsed time ÷ 24 h, without the time a deal stood closed before it was opened again; median = mean of the two middle ones; \
              p90 by nearest rank ⌈0.9n⌉. A deal counts by its last state at as_of.",
    source: "DOMAIN R5",
    edition: 1,
    needs_as_of: true,
    parameters: &[VIEW, FROM, TO, PIPELINE, GROUP, ATTRIBUTE, SUBTRACT_ON_HOLD],
    only: &[only("attribute", &[When::Is("group", &["attribute"])])],
    run,
});

/// How long a closed deal was open, in microseconds.
fn cycle(course: &Course<'_>, closed: Timestamp, subtract: bool) -> i64 {
    let held = if subtract { course.hold_micros(course.opened.at, closed) } else { 0 };
    course.open_micros(closed) - held
}

struct Closed<'a> {
    group: Group,
    outcome: &'static str,
    id: &'a str,
    opened: Timestamp,
    closed: Timestamp,
    micros: i64,
    why: Why,
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grouping, period) = (Grouping::asked(ctx)?, ctx.interval()?);
    let mut all = Vec::new();
    for walked in deals_asked(ctx) {
        let Some(close) = walked.course.closing().filter(|close| period.contains(&close.moment.at)) else { continue };
        let mut why = ctx.why();
        let group = grouping.of(&walked, &mut why);
        add_all(&mut why, walked.course.milestones());
        add_all(&mut why, walked.course.hold_positions());
        let micros = cycle(&walked.course, close.moment.at, ctx.arguments.flag("subtract_on_hold"));
        let outcome = if close.is_won() { "won" } else { "lost" };
        all.push(Closed { group, outcome, id: walked.id, opened: walked.course.opened.at, closed: close.moment.at, micros, why });
    }
    Ok(if ctx.arguments.is("view", "deals") { each(&grouping, all) } else { summary(ctx, &grouping, all) })
}

fn summary(ctx: &Context<'_>, grouping: &Grouping<'_>, all: Vec<Closed<'_>>) -> Table {
    // Won stands before lost.
    let mut spreads: BTreeMap<(Group, bool), Spread> = BTreeMap::new();
    if grouping.is_none() {
        spreads.extend([false, true].map(|lost| ((Group::All, lost), Spread::new(ctx))));
    }
    for closed in all {
        spreads.entry((closed.group, closed.outcome == "lost")).or_insert_with(|| Spread::new(ctx)).add(closed.micros, &closed.why);
    }
    let numbers = ["mean_days", "median_days", "p90_days"].map(|name| col(name, ColumnKind::Number));
    let columns: Vec<_> = [key("outcome", ColumnKind::Text), col("deals", ColumnKind::Count)].into_iter().chain(numbers).collect();
    let mut table = Table::new(&group_columns(grouping, &columns));
    for ((group, lost), spread) in spreads {
        let mut row = group.cells();
        row.push(Value::Text(if lost { "lost" } else { "won" }.to_owned()).into());
        row.extend(spread.cells());
        table.push(row);
    }
    table
}

fn each(grouping: &Grouping<'_>, mut all: Vec<Closed<'_>>) -> Table {
    all.sort_by(|a, b| (&a.group, a.closed, a.id).cmp(&(&b.group, b.closed, b.id)));
    let mut columns = vec![key("deal", ColumnKind::Id), col("outcome", ColumnKind::Text)];
    columns.extend([col("opened", ColumnKind::Time), col("closed", ColumnKind::Time), col("days", ColumnKind::Number)]);
    let mut table = Table::new(&group_columns(grouping, &columns));
    for closed in all {
        let mut row = closed.group.cells();
        row.extend([Value::Id(closed.id.to_owned()).into(), Value::Text(closed.outcome.to_owned()).because(closed.why.clone())]);
        row.extend([Value::Time(closed.opened).because(closed.why.clone()), Value::Time(closed.closed).because(closed.why.clone())]);
        row.push(Value::Number(days(Decimal::from(closed.micros))).because(closed.why));
        table.push(row);
    }
    table
}
