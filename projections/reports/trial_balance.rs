//! Trial balance: what every account holds of every unit. Invariant: the balances of a unit sum to
//! zero, at any two clocks.

use crate::{
    accounts::Ledger,
    report::parameters::IN,
    report::{
        ColumnKind, Context, Draw, Parameter, ParameterKind, Picture, Report, ReportError, Sight,
        Table, Value, key, sum,
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "trial_balance",
    title: "Trial balance",
    about: "Debit, credit and balance of every account, in money and in units of items: money by \
            its own events, stock by goods events and their valuation.",
    formula: "debit = Σ positive legs, credit = −Σ negative legs, balance = debit − credit, per \
              account and unit, by the table of postings. The balances of each unit sum to 0. In \
              base, each document is rounded once at its own rate and its legs are shares of that; \
              what settles it takes its share of what is left. A difference of rates is income/fx, \
              cents that rounding leaves at one rate are income/rounding.",
    source: "DOMAIN, postings",
    edition: 2,
    question: "What does every account hold, and do all of them come to zero?",
    draws_on: &["invoices", "accounting", "stock", "orders", "marketing", "claims"],
    sight: Sight::Whole,
    pictures: &[Picture::always(Draw::Tree { path: "account", plus: "debit", minus: "credit" })],
    needs_as_of: false,
    parameters: &[
        Parameter {
            name: "account",
            kind: ParameterKind::Text,
            required: false,
            default: None,
            about: "only this account and those under it, as in assets/bank",
        },
        Parameter {
            name: "unit",
            kind: ParameterKind::Text,
            required: false,
            default: None,
            about: "only this unit: a currency, or item:ID",
        },
        IN,
    ],
    only: &[],
    run,
});

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (lens, base) = (ctx.lens(), ctx.arguments.is("in", "base"));
    let ledger = if base { Ledger::in_base(ctx.views, lens) } else { Ledger::new(ctx.views, lens) };
    let amounts = ["debit", "credit", "balance"].map(|name| sum(name, ColumnKind::Amount));
    let columns: Vec<_> = [key("account", ColumnKind::Text), key("unit", ColumnKind::Text)]
        .into_iter()
        .chain(amounts)
        .collect();
    let mut table = Table::new(&columns);
    let (account, unit) = (ctx.arguments.text("account"), ctx.arguments.text("unit"));
    for ((path, of), balance) in ledger.balances(ctx.explain)? {
        let under = |root: &str| {
            path.strip_prefix(root)
                .is_some_and(|rest| rest.is_empty() || root.ends_with('/') || rest.starts_with('/'))
        };
        if account.is_some_and(|root| !under(root))
            || unit.is_some_and(|wanted| wanted != of.to_string())
        {
            continue;
        }
        let amounts = [&balance.debit, &balance.credit, &balance.net()]
            .map(|sum| sum.shown(|amount| Value::amount(amount, &of)));
        table.push(
            [Value::Text(path).into(), Value::Text(of.to_string()).into()]
                .into_iter()
                .chain(amounts)
                .collect(),
        );
    }
    Ok(table)
}
