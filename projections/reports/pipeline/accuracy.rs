//! How well each month was foreseen. Invariant: a forecast sees only what had happened, and what
//! was known, when its month began.

use std::collections::BTreeMap;

use jiff::ToSpan;
use sijil_schemas::time::Date;

use super::{chance, month};
use crate::{
    deals::{
        Group, Grouping, Slice, convert, currencies, currency_cell, deals_asked, group_columns,
        shown,
    },
    report::{ColumnKind, Context, Grounds, ReportError, Table, Value, col, key, share, sum},
};

/// Months in one answer.
const MONTHS_MAX: usize = 1_200;

/// The first days of the whole months from the day of `from` to the day of `to`; a month is whole
/// if all its days lie between them.
fn months(ctx: &Context<'_>) -> Result<Vec<(Date, Date)>, ReportError> {
    let needed = |name: &str| {
        let about = "accuracy measures the whole months from `from` to `to`";
        ctx.arguments.date(name).and_then(|day| {
            day.ok_or_else(|| ReportError::MissingParameter {
                name: name.into(),
                about: about.into(),
            })
        })
    };
    ctx.interval()?;
    let (from, to) = (needed("from")?, needed("to")?);
    let next_month = |day: Date| {
        day.civil()
            .first_of_month()
            .checked_add(1.month())
            .map_or(to.plus_days(1), Date::from_civil)
    };
    let mut first = if from.civil().day() == 1 { from } else { next_month(from) };
    let mut all = Vec::new();
    while next_month(first).plus_days(-1) <= to {
        if all.len() == MONTHS_MAX {
            let expected =
                format!("a day that leaves at most {MONTHS_MAX} whole months after from");
            return Err(ReportError::InvalidParameter {
                name: "to".into(),
                expected,
                got: to.to_string(),
            });
        }
        all.push((first, next_month(first)));
        first = next_month(first);
    }
    Ok(all)
}

struct Foreseen {
    placed: Grounds,
    forecast: Slice,
    won: Slice,
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grouping = Grouping::asked(ctx)?;
    let mut lines: BTreeMap<(Group, Date), Foreseen> = BTreeMap::new();
    let empty =
        || Foreseen { placed: ctx.grounds(), forecast: Slice::new(ctx), won: Slice::new(ctx) };
    for (first, next) in months(ctx)? {
        let (start, end) = (first.start(&ctx.zone), next.start(&ctx.zone));
        if grouping.is_none() {
            lines.entry((Group::All, first)).or_insert_with(empty);
        }
        // The forecast is asked as it was when the month began.
        let then = ctx.then(start.min(ctx.cut.before), ctx.views.deals.known_by(start));
        let foresight = Grouping::asked(&then)?;
        for walked in deals_asked(&then).filter(|walked| walked.course.state().is_open()) {
            let is_expected =
                walked.course.expected_close().is_some_and(|(_, day)| first <= day && day < next);
            let Some(chance) = (if is_expected { chance(&then, &walked)? } else { None }) else {
                continue;
            };
            let mut said = ctx.grounds();
            let line = lines.entry((foresight.of(&walked, &mut said), first)).or_insert_with(empty);
            line.placed.join(&said);
            line.forecast.add(
                (chance.currency, chance.weighted),
                chance.said,
                walked.course.standing(),
            );
        }
        for walked in deals_asked(ctx) {
            let Some(close) = walked.course.closing().filter(|close| {
                close.is_won() && start <= close.moment.at && close.moment.at < end
            }) else {
                continue;
            };
            let Some(worth) = walked.course.worth() else { continue };
            let mut said = ctx.grounds();
            let line = lines.entry((grouping.of(&walked, &mut said), first)).or_insert_with(empty);
            line.placed.join(&said);
            line.won.add(convert(ctx, &worth)?, worth.said, close.moment.position);
        }
    }
    let mut columns = vec![key("month", ColumnKind::Text), key("currency", ColumnKind::Text)];
    columns.extend(["forecast", "won", "difference"].map(|name| sum(name, ColumnKind::Amount)));
    columns.push(col("won_share", ColumnKind::Percent));
    let mut table = Table::new(&group_columns(&grouping, &columns));
    for ((group, first), foreseen) in &lines {
        for currency in currencies([&foreseen.forecast, &foreseen.won]) {
            let (won, forecast) = (foreseen.won.sum(currency), foreseen.forecast.sum(currency));
            let mut row = group.cells(&foreseen.placed);
            row.extend([
                Value::Text(month(*first)).into(),
                currency_cell(currency),
                shown(&forecast, currency),
                shown(&won, currency),
            ]);
            row.extend([
                shown(&won.minus(&forecast), currency),
                share(&won, &forecast, "what was foreseen"),
            ]);
            table.push(row);
        }
    }
    Ok(table)
}
