//! The balance sheet (R40). Invariant: of each currency, assets are liabilities and equity, before,
//! between and after.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use sijil_schemas::money::Currency;

use super::{Class, Paths, cut, depth, legs};
use crate::{
    accounts::Account,
    report::{Cell, ColumnKind, Context, Part, ReportError, Sum, Table, Value, col, key},
    trade::{calendar::Grain, grouping::currency_cell},
};

/// What an account holds: before the window in its natural sign, and what the window adds and
/// takes.
#[derive(Debug, Clone)]
struct Line {
    opening: Sum,
    debit: Sum,
    credit: Sum,
}

impl Line {
    fn new(ctx: &Context<'_>) -> Line {
        Line { opening: ctx.sum(), debit: ctx.sum(), credit: ctx.sum() }
    }
    fn join(&mut self, other: &Line) {
        self.opening += &other.opening;
        self.debit += &other.debit;
        self.credit += &other.credit;
    }
    fn cells(&self, is_debit: bool, currency: Currency) -> [Cell; 4] {
        let change = self.debit.minus(&self.credit);
        let change = if is_debit { change } else { change.negated() };
        let closing = self.opening.plus(&change);
        [&self.opening, &self.debit, &self.credit, &closing]
            .map(|sum| sum.shown(|amount| Value::money(amount, currency)))
    }
}

/// Where a leg stands: on an account, or in the result of this year or of the years before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    On(Account),
    Result,
    Retained,
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let as_of = ctx.as_of_given("the day whose end the balance sheet is of")?;
    let (depth, window) = (depth(ctx)?, ctx.interval()?);
    let year = Grain::Year.span(as_of).first.start(&ctx.zone);
    let mut paths = Paths::new(ctx);
    let mut lines: HashMap<(Currency, Place), Line> = HashMap::new();
    // Without a first day all of it is told as what came since the beginning.
    legs(ctx, &mut |leg, currency| {
        let Some(class) = paths.class(leg.account) else { return };
        let place = match class.is_result() {
            false => Place::On(leg.account),
            true if leg.at < year => Place::Retained,
            true => Place::Result,
        };
        let line = lines.entry((currency, place)).or_insert_with(|| Line::new(ctx));
        let part = Part::of(leg.position, leg.amount);
        if leg.at < window.start {
            let is_debit = class.is_debit() && !class.is_result();
            let sign = if is_debit { leg.amount } else { -leg.amount };
            line.opening += Part::of(leg.position, sign);
        } else if leg.amount.is_sign_negative() {
            line.credit -= part;
        } else {
            line.debit += part;
        }
    })?;
    let mut rows: BTreeMap<(Currency, Class, String), Line> = BTreeMap::new();
    let mut totals: BTreeMap<(Currency, Class), Line> = BTreeMap::new();
    for ((currency, place), line) in &lines {
        let (class, path) = match place {
            Place::On(account) => match paths.of(*account) {
                Some((class, path)) => (*class, cut(path, depth).to_owned()),
                None => continue,
            },
            Place::Result => (Class::Equity, cut("equity/result", depth).to_owned()),
            Place::Retained => (Class::Equity, cut("equity/retained", depth).to_owned()),
        };
        let new = || Line::new(ctx);
        rows.entry((*currency, class, path)).or_insert_with(new).join(line);
        totals.entry((*currency, class)).or_insert_with(new).join(line);
    }
    Ok(shown(rows, totals))
}

fn shown(
    rows: BTreeMap<(Currency, Class, String), Line>,
    totals: BTreeMap<(Currency, Class), Line>,
) -> Table {
    let amounts = ["opening", "debit", "credit", "closing"];
    let columns: Vec<_> = [key("account", ColumnKind::Text), key("currency", ColumnKind::Text)]
        .into_iter()
        .chain(amounts.map(|name| col(name, ColumnKind::Amount)))
        .collect();
    let mut table = Table::new(&columns);
    let mut push = |path: &str, class: Class, currency: Currency, line: &Line| {
        let mut row: Vec<Cell> = vec![Value::Text(path.to_owned()).into(), currency_cell(currency)];
        row.extend(line.cells(class.is_debit(), currency));
        table.push(row);
    };
    for ((currency, class, path), line) in &rows {
        push(path, *class, *currency, line);
    }
    for ((currency, class), line) in &totals {
        let path = match class {
            Class::Assets => "total/assets",
            Class::Liabilities => "total/liabilities",
            _ => "total/equity",
        };
        push(path, *class, *currency, line);
    }
    table
}
