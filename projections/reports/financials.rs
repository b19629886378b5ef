//! Profit and loss, and the balance sheet (R40). Invariant: assets = liabilities + equity with the
//! result in it, at any two clocks, and the result of a period is what it adds to that.

use hashbrown::HashMap;
use sijil_schemas::money::Currency;

use crate::{
    accounts::{Account, Ledger, Leg, LegUnit},
    report::parameters::{FROM, TO},
    report::{
        Context, Draw, Parameter, ParameterKind, Picture, Report, ReportError, Sight, Table, When,
        only,
    },
    trade::calendar::BY,
};

mod balance_sheet;
mod profit_and_loss;

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "financials",
    title: "Profit and loss, balance sheet",
    about: "What was earned and spent in a period, account by account, and what came of it; or \
            what the company has and owes on a day, and what belongs to its owners.",
    formula: "view=profit_and_loss: per account under income and expenses what the period changed, \
              in its natural sign; total/income = income/sales, total/gross_profit = that − \
              expenses/cost_of_goods, total/result = gross profit + other income − other expenses; \
              view=balance_sheet: assets = debit − credit, liabilities and equity = credit − \
              debit; closing = opening + what the days from `from` on changed; equity/result is \
              the result of the year that as_of lies in so far, equity/retained that of the years \
              before; total/assets = total/liabilities + total/equity, in each currency",
    source: "DOMAIN R40",
    edition: 1,
    question: "What did we earn, and what do we have and owe?",
    draws_on: &["invoices", "accounting", "stock", "orders", "marketing", "claims"],
    sight: Sight::Whole,
    pictures: &[
        Picture::when(
            &[
                When::Is("view", &["profit_and_loss"]),
                When::Is("by", &["month", "quarter", "year"]),
            ],
            Draw::Heat { x: "period", y: "account", v: "amount" },
        ),
        Picture::when(
            &[When::Is("view", &["profit_and_loss"])],
            Draw::Bars { label: "account", y: "amount", mark: None },
        ),
        Picture::when(
            &[When::Is("view", &["balance_sheet"])],
            Draw::Tree { path: "account", plus: "debit", minus: "credit" },
        ),
    ],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "view",
            kind: ParameterKind::Choice(&["profit_and_loss", "balance_sheet"]),
            required: false,
            default: Some("profit_and_loss"),
            about: "what was earned and spent, or what is there on the day of as_of, which must \
                    be given then",
        },
        BY,
        Parameter {
            name: "depth",
            kind: ParameterKind::Count,
            required: false,
            default: Some("2"),
            about: "accounts by so many parts of their paths, from 1 up: assets/bank at 2",
        },
        FROM,
        TO,
        Parameter {
            name: "in",
            kind: ParameterKind::Choice(&["base", "own"]),
            required: false,
            default: Some("base"),
            about: "all in the base currency, each document at the rate of its date, or each \
                    currency by itself: the cost of goods is in the base currency then, and what \
                    rates brought is nowhere",
        },
    ],
    only: &[
        only("by", &[When::Is("view", &["profit_and_loss"])]),
        only("to", &[When::Is("view", &["profit_and_loss"])]),
    ],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    if ctx.arguments.is("view", "balance_sheet") {
        balance_sheet::run(ctx)
    } else {
        profit_and_loss::run(ctx)
    }
}

/// What an account is, by the first part of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Class {
    Assets,
    Liabilities,
    Equity,
    Income,
    Expenses,
}

impl Class {
    fn of(path: &str) -> Option<Class> {
        match path.split('/').next()? {
            "assets" => Some(Class::Assets),
            "liabilities" => Some(Class::Liabilities),
            "equity" => Some(Class::Equity),
            "income" => Some(Class::Income),
            "expenses" => Some(Class::Expenses),
            _ => None,
        }
    }
    /// Whether it stands on the side of what the company has and spends.
    const fn is_debit(self) -> bool {
        matches!(self, Class::Assets | Class::Expenses)
    }
    /// Whether it is of a period, and not of a day.
    const fn is_result(self) -> bool {
        matches!(self, Class::Income | Class::Expenses)
    }
}

/// Whether a path is an account or lies under it.
fn is_under(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The paths of accounts, each made once, with what they are.
struct Paths<'a> {
    ctx: &'a Context<'a>,
    known: HashMap<Account, Option<(Class, String)>>,
}

impl<'a> Paths<'a> {
    fn new(ctx: &'a Context<'a>) -> Paths<'a> {
        Paths { ctx, known: HashMap::new() }
    }
    /// What an account is; `None` for one that holds no worth.
    fn class(&mut self, account: Account) -> Option<Class> {
        self.of(account).map(|(class, _)| *class)
    }
    fn of(&mut self, account: Account) -> Option<&(Class, String)> {
        let views = self.ctx.views;
        let known = self.known.entry(account).or_insert_with(|| {
            let path = account.path(views);
            Class::of(&path).map(|class| (class, path))
        });
        known.as_ref()
    }
}

/// The first parts of a path.
fn cut(path: &str, depth: usize) -> &str {
    path.match_indices('/').nth(depth - 1).map_or(path, |(end, _)| &path[..end])
}

fn depth(ctx: &Context<'_>) -> Result<usize, ReportError> {
    match ctx.arguments.count("depth")?.unwrap_or(2) {
        0 => Err(ReportError::InvalidParameter {
            name: "depth".into(),
            expected: "a whole number from 1 up".into(),
            got: "0".into(),
        }),
        depth => Ok(depth as usize),
    }
}

/// Shows every leg of money with its currency.
fn legs(ctx: &Context<'_>, visit: &mut dyn FnMut(&Leg, Currency)) -> Result<(), ReportError> {
    let (lens, base) = (ctx.lens(), ctx.arguments.is("in", "base"));
    let ledger = if base { Ledger::in_base(ctx.views, lens) } else { Ledger::new(ctx.views, lens) };
    ledger.legs(&mut |leg| {
        if let LegUnit::Money(currency) = leg.unit {
            visit(leg, currency);
        }
    })
}
