//! R6, sales velocity: what the open deals bring per day. Invariant: nothing is rounded before the
//! end, and without a win it is undefined.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::report::parameters::{ATTRIBUTE, FROM, IN, TO};
use crate::{
    deals::{
        GROUP, Group, Grouping, PIPELINE, Slice, Walked, convert, currencies, currency_cell,
        day_decimal, days, deals_asked, group_columns,
    },
    ratio::Ratio,
    report::{
        ColumnKind, Context, Count, Draw, Grounds, Number, Part, Picture, Report, ReportError, Row,
        Sight, Sum, Table, Value, When, col, key, only, quotient, share, sum,
    },
};

/// Where rows are grouped.
const GROUPED: &[When] = &[When::Is("group", &["owner", "client", "counterparty", "pipeline"])];

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "sales_velocity",
    title: "Sales velocity",
    about: "Money per day that the open deals bring at the win rate, mean amount and mean cycle of \
            the period. Counts, rate and cycle are of all deals of the group; amounts are of the \
            row's currency.",
    formula: "velocity = N × W × A ÷ L. N = deals open at as_of; W = won ÷ (won + lost), A = Σ won \
              amounts of the row's currency ÷ won deals with an amount, L = mean cycle of won \
              deals in days, all by close date in the period. L = 0 or none won: null.",
    source: "DOMAIN R6",
    edition: 2,
    question: "How much money do our open deals bring a day?",
    draws_on: &["deals", "clients", "counterparties", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(GROUPED, Draw::Bars { label: "group", y: "velocity", mark: None }),
        Picture::when(
            &[When::Is("group", &["none"])],
            Draw::Bars { label: "currency", y: "velocity", mark: None },
        ),
    ],
    needs_as_of: true,
    parameters: &[FROM, TO, PIPELINE, GROUP, ATTRIBUTE, IN],
    only: &[only("attribute", &[When::Is("group", &["attribute"])])],
    run,
});

struct Pace {
    placed: Grounds,
    open: Count,
    won: Count,
    lost: Count,
    amounts: Slice,
    micros: Decimal,
    /// The same in days, deal by deal.
    days: Sum,
}

impl Pace {
    fn new(ctx: &Context<'_>) -> Pace {
        let count = || ctx.count();
        Pace {
            placed: ctx.grounds(),
            open: count(),
            won: count(),
            lost: count(),
            amounts: Slice::new(ctx),
            micros: Decimal::ZERO,
            days: ctx.sum(),
        }
    }
    fn add(&mut self, ctx: &Context<'_>, walked: &Walked) -> Result<(), ReportError> {
        let deal = walked.course.standing();
        match walked.course.closing() {
            None => self.open += deal,
            Some(close) if close.is_won() => {
                self.won += deal;
                let micros = walked.course.open_micros(close.moment.at);
                self.micros += Decimal::from(micros);
                self.days += Part::of(deal, day_decimal(micros));
                if let Some(worth) = walked.course.worth() {
                    self.amounts.add(convert(ctx, &worth)?, worth.said, deal);
                }
            }
            Some(_) => self.lost += deal,
        }
        Ok(())
    }
    fn rows(&self, ctx: &Context<'_>, group: &Group) -> Vec<Row> {
        let (mut closed, mut all) = (self.won.clone(), ctx.grounds());
        closed += &self.lost;
        let rate = Ratio::counts(self.won.get() as u64, closed.get() as u64);
        let mean_days = days(self.micros).over(&Ratio::whole(Decimal::from(self.won.get() as u64)));
        [&closed, &self.open]
            .into_iter()
            .for_each(|counted| all.join(&ctx.said_by(counted.parts().positions())));
        let row = |currency: Option<_>| {
            let amounts = self.amounts.sum(currency);
            let mean =
                currency.and_then(|_| Ratio::of(amounts.get(), self.amounts.deals().number()));
            let velocity = rate.as_ref().zip(mean.as_ref()).zip(mean_days.as_ref()).and_then(
                |((rate, mean), days)| {
                    let open = Ratio::whole(Decimal::from(self.open.get() as u64));
                    open.times(rate).times(mean).over(days)
                },
            );
            let mut all = all.clone();
            all.join(&ctx.said_by(amounts.parts().positions()));
            let mut row = group.cells(&self.placed);
            row.extend([
                currency_cell(currency),
                self.open.shown(),
                self.won.shown(),
                self.lost.shown(),
                share(&self.won, &closed, "deals won and lost"),
                quotient(
                    Value::number(mean),
                    &amounts,
                    self.amounts.deals(),
                    "won deals with an amount",
                ),
                quotient(Value::number(mean_days.clone()), &self.days, &self.won, "won deals"),
                Value::number(velocity).because(all),
            ]);
            row
        };
        currencies([&self.amounts]).into_iter().map(row).collect()
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grouping, period) = (Grouping::asked(ctx)?, ctx.interval()?);
    let mut paces: BTreeMap<Group, Pace> = BTreeMap::new();
    if grouping.is_none() {
        paces.insert(Group::All, Pace::new(ctx));
    }
    for walked in deals_asked(ctx) {
        if walked.course.closing().is_none_or(|close| period.contains(&close.moment.at)) {
            let mut said = ctx.grounds();
            let pace =
                paces.entry(grouping.of(&walked, &mut said)).or_insert_with(|| Pace::new(ctx));
            pace.placed.join(&said);
            pace.add(ctx, &walked)?;
        }
    }
    // Deals are counted on the row of each currency.
    let counts =
        ["open", "won", "lost"].map(|name| sum(name, ColumnKind::Count).not_over(&["currency"]));
    let mut columns = vec![key("currency", ColumnKind::Text)];
    columns.extend(counts);
    columns.extend([
        col("win_rate", ColumnKind::Percent),
        col("mean_won", ColumnKind::Number),
        col("mean_days", ColumnKind::Number),
        col("velocity", ColumnKind::Number),
    ]);
    let mut table = Table::new(&group_columns(&grouping, &columns));
    paces.iter().flat_map(|(group, pace)| pace.rows(ctx, group)).for_each(|row| table.push(row));
    Ok(table)
}
