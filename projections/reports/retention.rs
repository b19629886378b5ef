//! Retention (R12): which share of the clients won in a month still buys later. Invariant: every client stands in the cohort of its first invoice, and month 0 is 100 %.

use std::collections::{BTreeMap, BTreeSet};

use sijil_schemas::{id::kind, time::Timestamp};

use crate::report::parameters::{FROM, TO};
use crate::{
    ratio::Ratio,
    report::{ColumnKind, Context, Report, ReportError, Table, Value, Why, col, key},
    table::Sym,
    trade::{
        calendar::{month_name, month_number},
        grouping::{Grouping, LINKS, Subject},
        sold::first_purchases,
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "retention",
    title: "Retention",
    about: "Of the clients whose first purchase was in a month, how many buy in each month after it; an invoice of 0 is no purchase.",
    formula: "retention(k) = clients of the cohort with at least one purchase in the k-th month after their first ÷ clients of the cohort",
    source: "DOMAIN R12",
    edition: 2,
    needs_as_of: false,
    parameters: &[FROM, TO, LINKS],
    only: &[],
    run,
});

/// The clients of a cohort with an invoice in a month, and the invoices.
type Active = (BTreeSet<Sym<kind::Client>>, Why);

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grouping = Grouping::asked(ctx)?;
    let within = ctx.interval()?;
    let first = first_purchases(ctx, &grouping);
    let mut table = Table::new(&[
        key("cohort", ColumnKind::Text),
        key("month", ColumnKind::Count),
        col("clients", ColumnKind::Count),
        col("active", ColumnKind::Count),
        col("rate", ColumnKind::Percent),
    ]);
    let mut cohorts: BTreeMap<i32, (usize, Why)> = BTreeMap::new();
    for (day, position) in first.values().filter(|(day, _)| within.contains(&day.start(&ctx.zone))) {
        let cohort = cohorts.entry(month_number(*day)).or_insert_with(|| (0, ctx.why()));
        cohort.0 += 1;
        cohort.1.add(*position);
    }
    let mut active: BTreeMap<(i32, i32), Active> = BTreeMap::new();
    let mut last = (ctx.cut.before != Timestamp::END).then(|| month_number(ctx.as_of_day()));
    for invoice in ctx.views.trade.invoices(ctx.lens()).filter(|invoice| invoice.doc.is_purchase()) {
        let month = month_number(ctx.day(invoice.at));
        if ctx.cut.before == Timestamp::END {
            last = Some(last.map_or(month, |l| l.max(month)));
        }
        let mut why = ctx.why();
        let Some(client) = grouping.client(&Subject::invoice(invoice), &mut why) else { continue };
        let Some((day, _)) = first.get(&client) else { continue };
        why.add(invoice.position);
        let cell = active.entry((month_number(*day), month)).or_insert_with(|| (BTreeSet::new(), ctx.why()));
        cell.0.insert(client);
        cell.1.join(&why);
    }
    for (cohort, (clients, why)) in cohorts {
        for month in cohort..=last.unwrap_or(cohort) {
            let (n, because) = active.get(&(cohort, month)).map_or_else(|| (0, ctx.why()), |(clients, why)| (clients.len(), why.clone()));
            let mut both = why.clone();
            both.join(&because);
            table.push(vec![
                Value::Text(month_name(cohort)).into(),
                Value::Count(i64::from(month - cohort)).into(),
                Value::count(clients).because(why.clone()),
                Value::count(n).because(because),
                Value::percent(Ratio::counts(n as u64, clients as u64)).because(both),
            ]);
        }
    }
    Ok(table)
}
