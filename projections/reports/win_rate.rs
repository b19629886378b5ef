//! R4, win rate: of the deals that closed, or were opened, in a period, how many were won. Invariant: a deal counts once, by its last state at `as_of`.

use crate::report::parameters::{ATTRIBUTE, FROM, IN, TO};
use crate::{
    deals::{GROUP, Group, Grouping, PIPELINE, Slice, Tally, Walked, add_all, convert, currencies, currency_cell, deals_asked, group_columns},
    ratio::Ratio,
    report::{ColumnKind, Context, Parameter, ParameterKind, Report, ReportError, Row, Table, Value, When, Why, col, key, only},
};
use std::collections::BTreeMap;

const VIEW: Parameter = Parameter {
    name: "view",
    kind: ParameterKind::Choice(&["close", "cohort"]),
    required: false,
    default: Some("close"),
    about: "close: deals closed in the period; cohort: deals opened in the period, the open ones among them",
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "win_rate",
    title: "Win rate",
    about: "How many of the deals that closed (or were opened) in the period were won, by number and by value. Counts are of all deals of the group, whatever their \
            currency; amounts are of the row's currency.",
    formula: "rate = won ÷ (won + lost + open); resolved_rate = won ÷ (won + lost); value_rate = Σwon ÷ (Σwon + Σlost). A deal counts by its last state at as_of, a \
              win without amount takes the last estimate; closed deals without any amount are left out of the value rate and counted as unvalued.",
    source: "DOMAIN R4",
    edition: 2,
    needs_as_of: false,
    parameters: &[VIEW, FROM, TO, PIPELINE, GROUP, ATTRIBUTE, IN],
    only: &[only("attribute", &[When::Is("group", &["attribute"])])],
    run,
});

struct Side {
    won: Tally,
    lost: Tally,
    open: Tally,
    unvalued: Tally,
    won_amount: Slice,
    lost_amount: Slice,
}

impl Side {
    fn new(ctx: &Context<'_>) -> Side {
        let tally = || Tally::new(ctx);
        Side { won: tally(), lost: tally(), open: tally(), unvalued: tally(), won_amount: Slice::new(ctx), lost_amount: Slice::new(ctx) }
    }
    fn add(&mut self, ctx: &Context<'_>, walked: &Walked<'_>, why: &Why) -> Result<(), ReportError> {
        let Some(close) = walked.course.closing() else {
            self.open.add(why);
            return Ok(());
        };
        let (tally, amounts) = if close.is_won() { (&mut self.won, &mut self.won_amount) } else { (&mut self.lost, &mut self.lost_amount) };
        tally.add(why);
        match walked.course.worth() {
            None => self.unvalued.add(why),
            Some(worth) => {
                let (currency, amount) = convert(ctx, &worth)?;
                let mut why = why.clone();
                why.add(worth.said);
                amounts.add(currency, amount, &why);
            }
        }
        Ok(())
    }
    fn rows(&self, group: &Group) -> Vec<Row> {
        let (won, lost, open) = (self.won.n as u64, self.lost.n as u64, self.open.n as u64);
        let joined = |tallies: &[&Tally]| {
            let mut why = self.won.why.clone();
            tallies.iter().for_each(|tally| why.join(&tally.why));
            why
        };
        let row = |currency| {
            let mut row = group.cells();
            let (sum_won, sum_lost) = (self.won_amount.sum(currency), self.lost_amount.sum(currency));
            let mut values = self.won_amount.why(currency);
            values.join(&self.lost_amount.why(currency));
            row.extend([
                currency_cell(currency),
                self.won.clone().cell(),
                self.lost.clone().cell(),
                self.open.clone().cell(),
                Value::percent(Ratio::counts(won, won + lost + open)).because(joined(&[&self.lost, &self.open])),
                Value::percent(Ratio::counts(won, won + lost)).because(joined(&[&self.lost])),
                self.won_amount.cell(currency),
                self.lost_amount.cell(currency),
                Value::percent(Ratio::of(sum_won, sum_won + sum_lost)).because(values),
                self.unvalued.clone().cell(),
            ]);
            row
        };
        currencies([&self.won_amount, &self.lost_amount]).into_iter().map(row).collect()
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grouping, period, cohort) = (Grouping::asked(ctx)?, ctx.interval()?, ctx.arguments.is("view", "cohort"));
    let mut sides: BTreeMap<Group, Side> = BTreeMap::new();
    if grouping.is_none() {
        sides.insert(Group::All, Side::new(ctx));
    }
    for walked in deals_asked(ctx) {
        let dated = if cohort { Some(walked.course.opened.at) } else { walked.course.closing().map(|close| close.moment.at) };
        if dated.is_some_and(|at| period.contains(&at)) {
            let mut why = ctx.why();
            let group = grouping.of(&walked, &mut why);
            add_all(&mut why, walked.course.milestones());
            sides.entry(group).or_insert_with(|| Side::new(ctx)).add(ctx, &walked, &why)?;
        }
    }
    let counts = ["won", "lost", "open"].map(|name| col(name, ColumnKind::Count));
    let rates = ["rate", "resolved_rate"].map(|name| col(name, ColumnKind::Percent));
    let amounts = ["won_amount", "lost_amount"].map(|name| col(name, ColumnKind::Amount));
    let mut columns = vec![key("currency", ColumnKind::Text)];
    columns.extend(counts.into_iter().chain(rates).chain(amounts));
    columns.extend([col("value_rate", ColumnKind::Percent), col("unvalued", ColumnKind::Count)]);
    let mut table = Table::new(&group_columns(&grouping, &columns));
    sides.iter().flat_map(|(group, side)| side.rows(group)).for_each(|row| table.push(row));
    Ok(table)
}
