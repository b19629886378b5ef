//! R6, sales velocity: what the open deals bring per day. Invariant: nothing is rounded before the end, and without a win it is undefined.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::report::parameters::{ATTRIBUTE, FROM, IN, TO};
use crate::{
    deals::{GROUP, Group, Grouping, PIPELINE, Slice, Tally, Walked, add_all, convert, currencies, currency_cell, days, deals_asked, group_columns},
    ratio::Ratio,
    report::{ColumnKind, Context, Report, ReportError, Row, Table, Value, When, Why, col, key, only},
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "sales_velocity",
    title: "Sales velocity",
    about: "Money per day that the open deals bring at the win rate, mean amount and mean cycle of the period. Counts, rate and cycle are of all deals of the group; \
            amounts are of the row's currency.",
    formula: "velocity = N × W × A ÷ L. N = deals open at as_of; W = won ÷ (won + lost), A = Σ won amounts of the row's currency ÷ won deals with an amount, L = mean \
              cycle of won deals in days, all by close date in the period. L = 0 or none won: null.",
    source: "DOMAIN R6",
    edition: 2,
    needs_as_of: true,
    parameters: &[FROM, TO, PIPELINE, GROUP, ATTRIBUTE, IN],
    only: &[only("attribute", &[When::Is("group", &["attribute"])])],
    run,
});

struct Pace {
    open: Tally,
    won: Tally,
    lost: Tally,
    amounts: Slice,
    micros: Decimal,
}

impl Pace {
    fn new(ctx: &Context<'_>) -> Pace {
        Pace { open: Tally::new(ctx), won: Tally::new(ctx), lost: Tally::new(ctx), amounts: Slice::new(ctx), micros: Decimal::ZERO }
    }
    fn add(&mut self, ctx: &Context<'_>, walked: &Walked<'_>, why: &Why) -> Result<(), ReportError> {
        match walked.course.closing() {
            None => self.open.add(why),
            Some(close) if close.is_won() => {
                self.won.add(why);
                self.micros += Decimal::from(walked.course.open_micros(close.moment.at));
                if let Some(worth) = walked.course.worth() {
                    let (currency, amount) = convert(ctx, &worth)?;
                    let mut why = why.clone();
                    why.add(worth.said);
                    self.amounts.add(currency, amount, &why);
                }
            }
            Some(_) => self.lost.add(why),
        }
        Ok(())
    }
    fn rows(&self, group: &Group) -> Vec<Row> {
        let rate = Ratio::counts(self.won.n as u64, (self.won.n + self.lost.n) as u64);
        let mean_days = days(self.micros).over(&Ratio::whole(Decimal::from(self.won.n as u64)));
        let mut closed = self.won.why.clone();
        closed.join(&self.lost.why);
        let row = |currency: Option<_>| {
            let mean = currency.and_then(|_| Ratio::of(self.amounts.sum(currency), Decimal::from(self.amounts.deals() as u64)));
            let velocity = rate.as_ref().zip(mean.as_ref()).zip(mean_days.as_ref()).and_then(|((rate, mean), days)| {
                let open = Ratio::whole(Decimal::from(self.open.n as u64));
                open.times(rate).times(mean).over(days)
            });
            let (mut all, amounts) = (closed.clone(), self.amounts.why(currency));
            all.join(&self.open.why);
            all.join(&amounts);
            let mut row = group.cells();
            row.extend([
                currency_cell(currency),
                self.open.clone().cell(),
                self.won.clone().cell(),
                self.lost.clone().cell(),
                Value::percent(rate.clone()).because(closed.clone()),
                Value::number(mean).because(amounts),
                Value::number(mean_days.clone()).because(self.won.why.clone()),
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
            let mut why = ctx.why();
            let group = grouping.of(&walked, &mut why);
            add_all(&mut why, walked.course.milestones());
            paces.entry(group).or_insert_with(|| Pace::new(ctx)).add(ctx, &walked, &why)?;
        }
    }
    let counts = ["open", "won", "lost"].map(|name| col(name, ColumnKind::Count));
    let mut columns = vec![key("currency", ColumnKind::Text)];
    columns.extend(counts);
    columns.extend([
        col("win_rate", ColumnKind::Percent),
        col("mean_won", ColumnKind::Number),
        col("mean_days", ColumnKind::Number),
        col("velocity", ColumnKind::Number),
    ]);
    let mut table = Table::new(&group_columns(&grouping, &columns));
    paces.iter().flat_map(|(group, pace)| pace.rows(group)).for_each(|row| table.push(row));
    Ok(table)
}
