//! How well each month was foreseen. Invariant: a forecast sees only what had happened, and what was known, when its month began.

use std::collections::BTreeMap;

use jiff::ToSpan;
use sijil_schemas::time::Date;

use super::{chance, month};
use crate::{
    deals::{Group, Grouping, Slice, add_all, convert, currencies, currency_cell, deals_asked, group_columns, rounded},
    ratio::Ratio,
    report::{ColumnKind, Context, ReportError, Table, Value, col, key},
};

/// Months in one answer.
const MONTHS_MAX: usize = 1_200;

/// The first days of the whole months from the day of `from` to the day of `to`; a month is whole if all its days lie between them.
fn months(ctx: &Context<'_>) -> Result<Vec<(Date, Date)>, ReportError> {
    let needed = |name: &str| {
        let about = "accuracy measures the whole months from `from` to `to`";
        ctx.arguments.date(name).and_then(|day| day.ok_or_else(|| ReportError::MissingParameter { name: name.into(), about: about.into() }))
    };
    ctx.interval()?;
    let (from, to) = (needed("from")?, needed("to")?);
    let next_month = |day: Date| day.civil().first_of_month().checked_add(1.month()).map_or(to.plus_days(1), Date::from_civil);
    let mut first = if from.civil().day() == 1 { from } else { next_month(from) };
    let mut all = Vec::new();
    while next_month(first).plus_days(-1) <= to && all.len() < MONTHS_MAX {
        all.push((first, next_month(first)));
        first = next_month(first);
    }
    Ok(all)
}

struct Foreseen {
    forecast: Slice,
    won: Slice,
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grouping = Grouping::asked(ctx)?;
    let mut lines: BTreeMap<(Group, Date), Foreseen> = BTreeMap::new();
    let empty = || Foreseen { forecast: Slice::new(ctx), won: Slice::new(ctx) };
    for (first, next) in months(ctx)? {
        let (start, end) = (first.start(&ctx.zone), next.start(&ctx.zone));
        if grouping.is_none() {
            lines.entry((Group::All, first)).or_insert_with(empty);
        }
        // The forecast is asked as it was when the month began.
        let then = ctx.then(start.min(ctx.cut.before), ctx.views.deals.known_by(start));
        let foresight = Grouping::asked(&then)?;
        for walked in deals_asked(&then).filter(|walked| walked.course.state().is_open()) {
            let Some((said, _)) = walked.course.expected_close().filter(|(_, day)| first <= *day && *day < next) else { continue };
            let mut why = ctx.why();
            why.add(said);
            let group = foresight.of(&walked, &mut why);
            add_all(&mut why, walked.course.milestones());
            if let Some(chance) = chance(&then, &walked, &mut why)? {
                lines.entry((group, first)).or_insert_with(empty).forecast.add(chance.currency, chance.weighted, &why);
            }
        }
        for walked in deals_asked(ctx) {
            let Some(close) = walked.course.closing().filter(|close| close.is_won() && start <= close.moment.at && close.moment.at < end) else { continue };
            let mut why = ctx.why();
            let group = grouping.of(&walked, &mut why);
            why.add(close.moment.position);
            if let Some(worth) = walked.course.worth() {
                let (currency, amount) = convert(ctx, &worth)?;
                why.add(worth.said);
                lines.entry((group, first)).or_insert_with(empty).won.add(currency, amount, &why);
            }
        }
    }
    let mut columns = vec![key("month", ColumnKind::Text), key("currency", ColumnKind::Text)];
    columns.extend(["forecast", "won", "difference"].map(|name| col(name, ColumnKind::Amount)));
    columns.push(col("won_share", ColumnKind::Percent));
    let mut table = Table::new(&group_columns(&grouping, &columns));
    for ((group, first), foreseen) in &lines {
        for currency in currencies([&foreseen.forecast, &foreseen.won]) {
            let mut why = foreseen.forecast.why(currency);
            why.join(&foreseen.won.why(currency));
            let (won, forecast) = (foreseen.won.sum(currency), foreseen.forecast.sum(currency));
            let difference = currency.map_or(Value::Null, |c| Value::money(rounded(won - forecast, c), c));
            let mut row = group.cells();
            row.extend([Value::Text(month(*first)).into(), currency_cell(currency), foreseen.forecast.cell(currency), foreseen.won.cell(currency)]);
            row.extend([difference.because(why.clone()), Value::percent(Ratio::of(won, forecast)).because(why)]);
            table.push(row);
        }
    }
    Ok(table)
}
