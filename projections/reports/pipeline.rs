//! R7, pipeline and forecast: what open deals may bring, month by month, and how well that was foreseen. Invariant: raw and weighted are of open deals, won is of won
//! ones, and a lost deal brings nothing.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::time::Date;

use crate::report::parameters::{ATTRIBUTE, FROM, IN, TO};
use crate::{
    deals::{GROUP, Group, Grouping, PIPELINE, Slice, Tally, Walked, add_all, convert, currencies, currency_cell, deals_asked, group_columns, weighted},
    report::{ColumnKind, Context, Parameter, ParameterKind, Report, ReportError, Table, Value, When, Why, col, key, only},
};

mod accuracy;

const VIEW: Parameter = Parameter {
    name: "view",
    kind: ParameterKind::Choice(&["months", "accuracy"]),
    required: false,
    default: Some("months"),
    about: "months: by the month of the expected close; accuracy: what was foreseen for each month when it began, and what was won in it",
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "pipeline",
    title: "Pipeline and forecast",
    about: "What open deals may bring by the month of their expected close, raw and weighted, with what was won of the deals expected then. Counts are of all deals of \
            the month, whatever their currency; amounts are of the row's currency. from and to bound the months by the expected close.",
    formula: "raw = Σ amount of open deals; weighted = Σ amount × probability (the deal's own, else its stage's in the revision in force at the opening); won = Σ won \
              amounts, lost brings 0. accuracy, for each whole month M from `from` to `to`: forecast = weighted of the deals expected in M, with as_of = the last day \
              before M and known_at = the start of M; won = what was won in M; difference = won − forecast; won_share = won ÷ forecast.",
    source: "DOMAIN R7",
    edition: 2,
    needs_as_of: false,
    parameters: &[VIEW, FROM, TO, PIPELINE, GROUP, ATTRIBUTE, IN],
    only: &[only("attribute", &[When::Is("group", &["attribute"])])],
    run,
});

/// The amount and the chance of an open deal; `None` if it has no amount.
struct Chance {
    currency: sijil_schemas::money::Currency,
    amount: Decimal,
    weighted: Decimal,
}

fn chance(ctx: &Context<'_>, walked: &Walked<'_>, why: &mut Why) -> Result<Option<Chance>, ReportError> {
    let Some(worth) = walked.course.worth() else { return Ok(None) };
    let (currency, amount) = convert(ctx, &worth)?;
    why.add(worth.said);
    let probability = match walked.course.probability() {
        Some((said, share)) => {
            why.add(said);
            share.get()
        }
        None => {
            let regime = ctx.views.deals.regime();
            let visit = walked.course.last_visit();
            regime.opening_revision(&walked.course, ctx.known()).iter().for_each(|revision| why.add(revision.position));
            regime.stage(&walked.course, visit.stage, visit.entered.at, ctx.known()).map_or(Decimal::ZERO, |stage| stage.probability.get())
        }
    };
    Ok(Some(Chance { currency, amount, weighted: weighted(ctx, (currency, amount), probability) }))
}

/// The month of a day, as in 2025-01.
fn month(day: Date) -> String {
    day.to_string().chars().take(7).collect()
}

struct Month {
    open: Tally,
    unvalued: Tally,
    raw: Slice,
    weighted: Slice,
    won_deals: Tally,
    won: Slice,
}

impl Month {
    fn new(ctx: &Context<'_>) -> Month {
        let (tally, slice) = (|| Tally::new(ctx), || Slice::new(ctx));
        Month { open: tally(), unvalued: tally(), raw: slice(), weighted: slice(), won_deals: tally(), won: slice() }
    }
    fn add(&mut self, ctx: &Context<'_>, walked: &Walked<'_>, mut why: Why) -> Result<(), ReportError> {
        match walked.course.closing() {
            None => {
                self.open.add(&why);
                match chance(ctx, walked, &mut why)? {
                    None => self.unvalued.add(&why),
                    Some(chance) => {
                        self.raw.add(chance.currency, chance.amount, &why);
                        self.weighted.add(chance.currency, chance.weighted, &why);
                    }
                }
            }
            Some(close) if close.is_won() => {
                self.won_deals.add(&why);
                if let Some(worth) = walked.course.worth() {
                    let (currency, amount) = convert(ctx, &worth)?;
                    why.add(worth.said);
                    self.won.add(currency, amount, &why);
                }
            }
            Some(_) => (),
        }
        Ok(())
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    if ctx.arguments.is("view", "accuracy") {
        return accuracy::run(ctx);
    }
    let grouping = Grouping::asked(ctx)?;
    ctx.interval()?;
    let (from, to) = (ctx.arguments.date("from")?, ctx.arguments.date("to")?);
    let bounded = from.is_some() || to.is_some();
    let mut months: BTreeMap<(Group, Group), Month> = BTreeMap::new();
    for walked in deals_asked(ctx) {
        let mut why = ctx.why();
        let expected = walked.course.expected_close().map(|(said, day)| {
            why.add(said);
            day
        });
        let within = |day: Date| from.is_none_or(|first| first <= day) && to.is_none_or(|last| day <= last);
        if walked.course.state() == crate::deals::State::Lost || !expected.map_or(!bounded, within) {
            continue;
        }
        let group = grouping.of(&walked, &mut why);
        add_all(&mut why, walked.course.milestones());
        let place = (group, Group::of(expected.map(month).as_deref()));
        months.entry(place).or_insert_with(|| Month::new(ctx)).add(ctx, &walked, why)?;
    }
    let mut columns = vec![key("month", ColumnKind::Text), key("currency", ColumnKind::Text), col("open", ColumnKind::Count)];
    columns.extend(["raw", "weighted"].map(|name| col(name, ColumnKind::Amount)));
    columns.extend([col("unvalued", ColumnKind::Count), col("won_deals", ColumnKind::Count), col("won", ColumnKind::Amount)]);
    let mut table = Table::new(&group_columns(&grouping, &columns));
    for ((group, month), sums) in &months {
        for currency in currencies([&sums.raw, &sums.won]) {
            let mut row = group.cells();
            row.extend(month.cells());
            row.extend([currency_cell(currency), sums.open.clone().cell(), sums.raw.cell(currency), sums.weighted.cell(currency)]);
            row.extend([sums.unvalued.clone().cell(), sums.won_deals.clone().cell(), sums.won.cell(currency)]);
            table.push(row);
        }
    }
    if months.is_empty() && grouping.is_none() {
        let none = Month::new(ctx);
        let mut row = vec![Value::Null.into(), currency_cell(None), none.open.cell(), none.raw.cell(None), none.weighted.cell(None)];
        row.extend([none.unvalued.cell(), none.won_deals.cell(), none.won.cell(None)]);
        table.push(row);
    }
    Ok(table)
}
