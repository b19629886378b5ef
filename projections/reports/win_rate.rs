//! R4, win rate: of the deals that closed, or were opened, in a period, how many were won.
//! Invariant: a deal counts once, by its last state at `as_of`.

use crate::report::parameters::{ATTRIBUTE, FROM, IN, TO};
use crate::{
    deals::{
        GROUP, Group, Grouping, PIPELINE, Slice, Walked, convert, currencies, currency_cell,
        deals_asked, group_columns,
    },
    report::{
        ColumnKind, Context, Count, Draw, Grounds, Parameter, ParameterKind, Picture, Report,
        ReportError, Row, Sight, Table, When, col, key, only, share, sum,
    },
};
use std::collections::BTreeMap;

const VIEW: Parameter = Parameter {
    name: "view",
    kind: ParameterKind::Choice(&["close", "cohort"]),
    required: false,
    default: Some("close"),
    about: "close: deals closed in the period; cohort: deals opened in the period, the open ones \
            among them",
};

/// Where rows are grouped.
const GROUPED: &[When] = &[When::Is("group", &["owner", "client", "counterparty", "pipeline"])];

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "win_rate",
    title: "Win rate",
    about: "How many of the deals that closed (or were opened) in the period were won, by number \
            and by value. Counts are of all deals of the group, whatever their currency; amounts \
            are of the row's currency.",
    formula: "rate = won ÷ (won + lost + open); resolved_rate = won ÷ (won + lost); value_rate = \
              Σwon ÷ (Σwon + Σlost). A deal counts by its last state at as_of, a win without \
              amount takes the last estimate; closed deals without any amount are left out of the \
              value rate and counted as unvalued.",
    source: "DOMAIN R4",
    edition: 2,
    question: "How many of our deals do we win?",
    draws_on: &["deals", "clients", "counterparties", "staff"],
    sight: Sight::Subset,
    pictures: &[
        Picture::when(
            GROUPED,
            Draw::Bars { label: "group", y: "resolved_rate", mark: Some("won") },
        ),
        Picture::when(
            &[When::Is("group", &["none"])],
            Draw::Bars { label: "currency", y: "resolved_rate", mark: Some("won") },
        ),
    ],
    needs_as_of: false,
    parameters: &[VIEW, FROM, TO, PIPELINE, GROUP, ATTRIBUTE, IN],
    only: &[only("attribute", &[When::Is("group", &["attribute"])])],
    run,
});

/// What became of some deals.
pub(super) struct Side {
    /// What says that they belong together.
    pub(super) placed: Grounds,
    pub(super) won: Count,
    pub(super) lost: Count,
    pub(super) open: Count,
    pub(super) unvalued: Count,
    pub(super) won_amount: Slice,
    pub(super) lost_amount: Slice,
}

impl Side {
    pub(super) fn new(ctx: &Context<'_>) -> Side {
        let (count, slice) = (|| ctx.count(), || Slice::new(ctx));
        Side {
            placed: ctx.grounds(),
            won: count(),
            lost: count(),
            open: count(),
            unvalued: count(),
            won_amount: slice(),
            lost_amount: slice(),
        }
    }
    /// Counts a deal as it stands.
    ///
    /// # Errors
    /// If its amount needs a rate that nobody recorded.
    pub(super) fn add(&mut self, ctx: &Context<'_>, walked: &Walked) -> Result<(), ReportError> {
        let deal = walked.course.standing();
        let Some(close) = walked.course.closing() else {
            self.open += deal;
            return Ok(());
        };
        let (count, amounts) = if close.is_won() {
            (&mut self.won, &mut self.won_amount)
        } else {
            (&mut self.lost, &mut self.lost_amount)
        };
        *count += deal;
        match walked.course.worth() {
            None => self.unvalued += deal,
            Some(worth) => amounts.add(convert(ctx, &worth)?, worth.said, deal),
        }
        Ok(())
    }
    fn rows(&self, group: &Group) -> Vec<Row> {
        let mut closed = self.won.clone();
        closed += &self.lost;
        let mut all = closed.clone();
        all += &self.open;
        let row = |currency| {
            let (won, lost) = (self.won_amount.sum(currency), self.lost_amount.sum(currency));
            let mut row = group.cells(&self.placed);
            row.extend([
                currency_cell(currency),
                self.won.shown(),
                self.lost.shown(),
                self.open.shown(),
                share(&self.won, &all, "deals, open ones among them"),
                share(&self.won, &closed, "deals won and lost"),
                self.won_amount.cell(currency),
                self.lost_amount.cell(currency),
                share(&won, &won.plus(&lost), "amounts won and lost"),
                self.unvalued.shown(),
            ]);
            row
        };
        currencies([&self.won_amount, &self.lost_amount]).into_iter().map(row).collect()
    }
}

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (grouping, period, cohort) =
        (Grouping::asked(ctx)?, ctx.interval()?, ctx.arguments.is("view", "cohort"));
    let mut sides: BTreeMap<Group, Side> = BTreeMap::new();
    if grouping.is_none() {
        sides.insert(Group::All, Side::new(ctx));
    }
    for walked in deals_asked(ctx) {
        let dated = if cohort {
            Some(walked.course.opened.at)
        } else {
            walked.course.closing().map(|close| close.moment.at)
        };
        if dated.is_some_and(|at| period.contains(&at)) {
            let mut said = ctx.grounds();
            let side =
                sides.entry(grouping.of(&walked, &mut said)).or_insert_with(|| Side::new(ctx));
            side.placed.join(&said);
            side.add(ctx, &walked)?;
        }
    }
    // Deals are counted on the row of each currency.
    let counted = |name| sum(name, ColumnKind::Count).not_over(&["currency"]);
    let rates = ["rate", "resolved_rate"].map(|name| col(name, ColumnKind::Percent));
    let amounts = ["won_amount", "lost_amount"].map(|name| sum(name, ColumnKind::Amount));
    let mut columns = vec![key("currency", ColumnKind::Text)];
    columns.extend(["won", "lost", "open"].map(counted).into_iter().chain(rates).chain(amounts));
    columns.extend([col("value_rate", ColumnKind::Percent), counted("unvalued")]);
    let mut table = Table::new(&group_columns(&grouping, &columns));
    sides.iter().flat_map(|(group, side)| side.rows(group)).for_each(|row| table.push(row));
    Ok(table)
}
