//! R7, pipeline and forecast: what open deals may bring, month by month, and how well that was
//! foreseen. Invariant: raw and weighted are of open deals, won is of won ones, and a lost deal
//! brings nothing.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{Position, money::Currency, time::Date};

use crate::report::parameters::{ATTRIBUTE, FROM, IN, TO};
use crate::{
    deals::{
        GROUP, Group, Grouping, PIPELINE, Slice, Walked, convert, currencies, currency_cell,
        deals_asked, group_columns, weighted,
    },
    report::{
        Cell, ColumnKind, Context, Count, Draw, Grounds, Parameter, ParameterKind, Picture, Report,
        ReportError, Sight, Table, Value, When, key, only, sum,
    },
};

mod accuracy;

const VIEW: Parameter = Parameter {
    name: "view",
    kind: ParameterKind::Choice(&["months", "accuracy"]),
    required: false,
    default: Some("months"),
    about: "months: by the month of the expected close; accuracy: what was foreseen for each month \
            when it began, and what was won in it",
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "pipeline",
    title: "Pipeline and forecast",
    about: "What open deals may bring by the month of their expected close, raw and weighted, with \
            what was won of the deals expected then. Counts are of all deals of the month, \
            whatever their currency; amounts are of the row's currency. from and to bound the \
            months by the expected close.",
    formula: "raw = Σ amount of open deals; weighted = Σ amount × probability (the deal's own, \
              else its stage's in the revision in force at the opening); won = Σ won amounts, lost \
              brings 0. accuracy, for each whole month M from `from` to `to`: forecast = weighted \
              of the deals expected in M, with as_of = the last day before M and known_at = the \
              start of M; won = what was won in M; difference = won − forecast; won_share = won ÷ \
              forecast.",
    source: "DOMAIN R7",
    edition: 2,
    question: "What may our open deals bring, month by month, and how good were our forecasts?",
    draws_on: &["deals", "clients", "counterparties", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            &[When::Is("view", &["months"])],
            Draw::Columns { x: "month", y: &["won", "weighted"], ghost: Some("raw") },
        ),
        Picture::when(
            &[When::Is("view", &["accuracy"])],
            Draw::Columns { x: "month", y: &["won"], ghost: Some("forecast") },
        ),
    ],
    needs_as_of: false,
    parameters: &[VIEW, FROM, TO, PIPELINE, GROUP, ATTRIBUTE, IN],
    only: &[only("attribute", &[When::Is("group", &["attribute"])])],
    run,
});

/// The amount and the chance of an open deal; `None` if it has no amount.
struct Chance {
    currency: Currency,
    amount: Decimal,
    weighted: Decimal,
    /// The record that says the amount.
    said: Position,
}

fn chance(ctx: &Context<'_>, walked: &Walked) -> Result<Option<Chance>, ReportError> {
    let Some(worth) = walked.course.worth() else { return Ok(None) };
    let (currency, amount) = convert(ctx, &worth)?;
    let of_stage = || {
        let (regime, visit) = (ctx.views.deals.regime(), walked.course.last_visit());
        regime
            .stage(&walked.course, visit.stage, visit.entered.at, ctx.known())
            .map_or(Decimal::ZERO, |stage| stage.probability.get())
    };
    let probability = walked.course.probability().map_or_else(of_stage, |(_, share)| share.get());
    Ok(Some(Chance {
        currency,
        amount,
        weighted: weighted(ctx, (currency, amount), probability),
        said: worth.said,
    }))
}

/// The month of a day, as in 2025-01.
fn month(day: Date) -> String {
    day.to_string().chars().take(7).collect()
}

struct Month {
    group: Grounds,
    month: Grounds,
    open: Count,
    unvalued: Count,
    raw: Slice,
    weighted: Slice,
    won_deals: Count,
    won: Slice,
}

impl Month {
    fn new(ctx: &Context<'_>) -> Month {
        let (count, slice, said) = (|| ctx.count(), || Slice::new(ctx), || ctx.grounds());
        Month {
            group: said(),
            month: said(),
            open: count(),
            unvalued: count(),
            raw: slice(),
            weighted: slice(),
            won_deals: count(),
            won: slice(),
        }
    }
    fn add(&mut self, ctx: &Context<'_>, walked: &Walked) -> Result<(), ReportError> {
        let deal = walked.course.standing();
        match walked.course.closing() {
            None => {
                self.open += deal;
                match chance(ctx, walked)? {
                    None => self.unvalued += deal,
                    Some(chance) => {
                        self.raw.add((chance.currency, chance.amount), chance.said, deal);
                        self.weighted.add((chance.currency, chance.weighted), chance.said, deal);
                    }
                }
            }
            Some(close) if close.is_won() => {
                self.won_deals += deal;
                if let Some(worth) = walked.course.worth() {
                    self.won.add(convert(ctx, &worth)?, worth.said, deal);
                }
            }
            Some(_) => (),
        }
        Ok(())
    }
    fn cells(&self, currency: Option<Currency>) -> [Cell; 7] {
        [
            currency_cell(currency),
            self.open.shown(),
            self.raw.cell(currency),
            self.weighted.cell(currency),
            self.unvalued.shown(),
            self.won_deals.shown(),
            self.won.cell(currency),
        ]
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
        let expected = walked.course.expected_close();
        let within =
            |day: Date| from.is_none_or(|first| first <= day) && to.is_none_or(|last| day <= last);
        if walked.course.state() == crate::deals::State::Lost
            || !expected.map_or(!bounded, |(_, day)| within(day))
        {
            continue;
        }
        let mut said = ctx.grounds();
        let place = (
            grouping.of(&walked, &mut said),
            Group::of(expected.map(|(_, day)| month(day)).as_deref()),
        );
        let row = months.entry(place).or_insert_with(|| Month::new(ctx));
        row.group.join(&said);
        expected.iter().for_each(|(position, _)| row.month.add(*position));
        row.add(ctx, &walked)?;
    }
    // Deals are counted on the row of each currency.
    let counted = |name| sum(name, ColumnKind::Count).not_over(&["currency"]);
    let mut columns =
        vec![key("month", ColumnKind::Text), key("currency", ColumnKind::Text), counted("open")];
    columns.extend(["raw", "weighted"].map(|name| sum(name, ColumnKind::Amount)));
    columns.extend([counted("unvalued"), counted("won_deals"), sum("won", ColumnKind::Amount)]);
    let mut table = Table::new(&group_columns(&grouping, &columns));
    for ((group, month), sums) in &months {
        for currency in currencies([&sums.raw, &sums.won]) {
            let mut row = group.cells(&sums.group);
            row.extend(month.cells(&sums.month));
            row.extend(sums.cells(currency));
            table.push(row);
        }
    }
    if months.is_empty() && grouping.is_none() {
        table.push([Value::Null.into()].into_iter().chain(Month::new(ctx).cells(None)).collect());
    }
    Ok(table)
}
