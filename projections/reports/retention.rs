//! Retention (R12): which share of the clients won in a month still buys later. Invariant: every
//! client stands in the cohort of its first invoice, and month 0 is 100 %.

use std::collections::BTreeMap;

use sijil_schemas::{Position, id::kind, time::Timestamp};

use crate::report::parameters::{FROM, TO};
use crate::{
    Sym,
    report::{
        ColumnKind, Context, Count, Draw, Grounds, Picture, Report, ReportError, Sight, Table,
        Value, col, key, share, sum,
    },
    trade::{
        calendar::{month_name, month_number},
        grouping::{Grouping, LINKS, Subject},
        sold::{bought_on, first_purchases},
    },
};

pub(crate) static REPORT: Option<Report> = Some(Report {
    name: "retention",
    title: "Retention",
    about: "Of the clients whose first purchase was in a month, how many buy in each month after \
            it; an invoice of 0 is no purchase.",
    formula: "retention(k) = clients of the cohort with at least one purchase in the k-th month \
              after their first ÷ clients of the cohort",
    source: "DOMAIN R12",
    edition: 3,
    question: "Do clients come back after their first purchase?",
    draws_on: &["invoices", "orders", "clients", "counterparties", "deals", "staff"],
    sight: Sight::Subset,
    pictures: &[Picture::always(Draw::Heat { x: "month", y: "cohort", v: "rate" })],
    needs_as_of: false,
    parameters: &[FROM, TO, LINKS],
    only: &[],
    run,
});

/// The clients of a cohort with an invoice in a month, each with the first such invoice.
type Active = BTreeMap<Sym<kind::Client>, Position>;

fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let grouping = Grouping::asked(ctx)?;
    let within = ctx.interval()?;
    let first = first_purchases(ctx, &grouping);
    // A cohort stands on the row of each month.
    let mut table = Table::new(&[
        key("cohort", ColumnKind::Text),
        key("month", ColumnKind::Count),
        sum("clients", ColumnKind::Count).not_over(&["month"]),
        sum("active", ColumnKind::Count).not_over(&["month"]),
        col("rate", ColumnKind::Percent),
    ]);
    let mut cohorts: BTreeMap<i32, Count> = BTreeMap::new();
    for (day, position) in first.values().filter(|(day, _)| within.contains(&day.start(&ctx.zone)))
    {
        *cohorts.entry(month_number(*day)).or_insert_with(|| ctx.count()) += *position;
    }
    let mut active: BTreeMap<(i32, i32), Active> = BTreeMap::new();
    let mut nobodys = 0_u64;
    let mut last = (ctx.cut.before != Timestamp::END).then(|| month_number(ctx.as_of_day()));
    for invoice in ctx.views.trade.invoices(ctx.lens()).filter(|invoice| invoice.doc.is_purchase())
    {
        let month = month_number(bought_on(ctx, invoice));
        if ctx.cut.before == Timestamp::END {
            last = Some(last.map_or(month, |l| l.max(month)));
        }
        let Some(client) = grouping.client(&Subject::invoice(invoice), &mut Grounds::default())
        else {
            nobodys += 1;
            continue;
        };
        let Some((day, _)) = first.get(&client) else { continue };
        active
            .entry((month_number(*day), month))
            .or_default()
            .entry(client)
            .or_insert(invoice.position);
    }
    if nobodys > 0 {
        table.notes.push(format!(
            "{nobodys} invoices are of no client, as of a legal entity that is linked to none: \
             they are in no cohort"
        ));
    }
    for (cohort, clients) in cohorts {
        for month in cohort..=last.unwrap_or(cohort) {
            let mut there = ctx.count();
            active
                .get(&(cohort, month))
                .into_iter()
                .flat_map(BTreeMap::values)
                .for_each(|position| there += *position);
            table.push(vec![
                Value::Text(month_name(cohort)).into(),
                Value::Count(i64::from(month - cohort)).into(),
                clients.shown(),
                there.shown(),
                share(&there, &clients, "clients of the cohort"),
            ]);
        }
    }
    Ok(table)
}
