//! Profit and loss (R40). Invariant: the totals of a period are made of its accounts, each once.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashMap;
use sijil_schemas::{money::Currency, time::Date};

use super::{Class, Paths, cut, depth, is_under, legs};
use crate::{
    accounts::Account,
    report::{Cell, ColumnKind, Context, Part, ReportError, Sum, Table, Value, col, key},
    trade::{
        calendar::{Grain, Span},
        grouping::currency_cell,
    },
};

/// What each account of a period and currency changed, by the first day of the month, quarter or
/// year, or of none.
type Changes = HashMap<(Option<Date>, Currency, Account), Sum>;

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grain = Grain::of(ctx.arguments.text("by"));
    let depth = depth(ctx)?;
    let mut columns = vec![
        key("account", ColumnKind::Text),
        key("currency", ColumnKind::Text),
        col("amount", ColumnKind::Amount),
    ];
    if grain != Grain::Whole {
        columns.insert(0, key("period", ColumnKind::Text));
    }
    let mut table = Table::new(&columns);
    let mut paths = Paths::new(ctx);
    let (changes, ends) = changes(ctx, grain, &mut paths)?;
    let base = ctx.arguments.is("in", "base").then(|| ctx.views.company.base()).flatten();
    let Some(whole) = crate::reports::payments::period(ctx, grain, ends.into_iter())? else {
        return Ok(table);
    };
    let mut by_period: BTreeMap<Option<Date>, BTreeMap<Currency, Lines>> = BTreeMap::new();
    for ((first, currency, account), sum) in &changes {
        let Some((class, path)) = paths.of(*account) else { continue };
        by_period
            .entry(*first)
            .or_default()
            .entry(*currency)
            .or_insert_with(|| Lines::new(ctx))
            .add((*class, path), depth, sum);
    }
    for span in grain.spans(whole) {
        let first = first_day(grain, span.first);
        let of_period = by_period.remove(&first).unwrap_or_default();
        let currencies: BTreeSet<Currency> = of_period.keys().copied().chain(base).collect();
        for currency in currencies {
            let lines = of_period.get(&currency);
            lines.unwrap_or(&Lines::new(ctx)).show(&mut table, (grain, span), currency);
        }
    }
    Ok(table)
}

/// The first day of the month, quarter or year of a day.
fn first_day(grain: Grain, day: Date) -> Option<Date> {
    (grain != Grain::Whole).then(|| grain.span(day).first)
}

/// The changes of the window, and the first and last day of all.
fn changes(
    ctx: &Context<'_>,
    grain: Grain,
    paths: &mut Paths<'_>,
) -> Result<(Changes, Vec<Date>), ReportError> {
    let within = ctx.interval()?;
    let (mut changes, mut ends) = (Changes::new(), None::<(Date, Date)>);
    legs(ctx, &mut |leg, currency| {
        let Some(class) = paths.class(leg.account).filter(|class| class.is_result()) else {
            return;
        };
        let day = ctx.day(leg.at);
        ends = Some(ends.map_or((day, day), |(first, last)| (first.min(day), last.max(day))));
        if !within.contains(&leg.at) {
            return;
        }
        let first = first_day(grain, day);
        let amount = if class.is_debit() { leg.amount } else { -leg.amount };
        *changes.entry((first, currency, leg.account)).or_insert_with(|| ctx.sum()) +=
            Part::of(leg.position, amount);
    })?;
    Ok((changes, ends.into_iter().flat_map(|(first, last)| [first, last]).collect()))
}

/// The accounts of one period and currency, and what they come to.
struct Lines {
    accounts: BTreeMap<(Class, String), Sum>,
    sales: Sum,
    cost_of_goods: Sum,
    other_income: Sum,
    other_expenses: Sum,
}

impl Lines {
    fn new(ctx: &Context<'_>) -> Lines {
        let sum = || ctx.sum();
        Lines {
            accounts: BTreeMap::new(),
            sales: sum(),
            cost_of_goods: sum(),
            other_income: sum(),
            other_expenses: sum(),
        }
    }
    fn add(&mut self, (class, path): (Class, &str), depth: usize, sum: &Sum) {
        let nothing = || sum.nothing();
        *self.accounts.entry((class, cut(path, depth).to_owned())).or_insert_with(nothing) += sum;
        let total = match class {
            _ if is_under(path, "income/sales") => &mut self.sales,
            _ if is_under(path, "expenses/cost_of_goods") => &mut self.cost_of_goods,
            Class::Income => &mut self.other_income,
            _ => &mut self.other_expenses,
        };
        *total += sum;
    }
    fn show(&self, table: &mut Table, (grain, span): (Grain, Span), currency: Currency) {
        let gross = self.sales.minus(&self.cost_of_goods);
        let result = gross.plus(&self.other_income).minus(&self.other_expenses);
        let accounts = self.accounts.iter().map(|((_, path), sum)| (path.as_str(), sum));
        let totals = [
            ("total/income", &self.sales),
            ("total/cost_of_goods", &self.cost_of_goods),
            ("total/gross_profit", &gross),
            ("total/other_income", &self.other_income),
            ("total/other_expenses", &self.other_expenses),
            ("total/result", &result),
        ];
        for (path, sum) in accounts.chain(totals) {
            let mut row: Vec<Cell> = Vec::new();
            if grain != Grain::Whole {
                row.push(Value::Text(grain.label(span)).into());
            }
            row.extend([
                Value::Text(path.to_owned()).into(),
                currency_cell(currency),
                sum.shown(|amount| Value::money(amount, currency)),
            ]);
            table.push(row);
        }
    }
}
