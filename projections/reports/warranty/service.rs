//! What service was done, and what it cost (R31). Invariant: jobs under warranty and after it are
//! all jobs.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_schemas::{
    id::kind,
    money::{Currency, Money},
    time::Timestamp,
};

use super::super::response_time::hours;
use crate::{
    Sym,
    activity::{ClaimState, Served, claim_state, claim_times},
    base::Rated,
    clients::{LinkView, Resolver},
    cut::Dated,
    report::{
        ColumnKind, Context, Count, Grounds, Part, ReportError, Sum, Table, Value, col, key, share,
        sum,
    },
    trade::grouping::last_if_null,
};

/// One row in the making.
struct Line {
    placed: Grounds,
    performed: Count,
    covered: Count,
    after: Count,
    cost: Sum,
    price: Sum,
    in_time: Count,
    judged: Count,
}

pub(super) fn run(ctx: &Context<'_>) -> Result<Table, ReportError> {
    let (activity, lens) = (ctx.views.activity, ctx.lens());
    let resolve = hours(ctx, "resolve_h")?;
    let resolver = Resolver::new(ctx.views.clients, lens, LinkView::AtEvent);
    let mut lines: BTreeMap<(bool, String), Line> = BTreeMap::new();
    if ctx.arguments.is("group", "all") {
        lines.insert((false, "all".to_owned()), line(ctx));
    }
    for (job, served) in activity.served_within(lens, ctx.interval()?) {
        let group = group(ctx, &resolver, job, &served);
        let (without, name) = last_if_null(group.as_deref());
        let line = lines.entry((without, name.to_owned())).or_insert_with(|| line(ctx));
        line.placed.add(served.position);
        if ctx.arguments.is("group", "client") && served.what.client.is_none() {
            resolver.because_document(job.into(), &mut line.placed);
        }
        line.performed += served.position;
        *(if served.what.in_warranty { &mut line.covered } else { &mut line.after }) +=
            served.position;
        line.cost += worth(ctx, &served, served.what.cost)?;
        line.price += worth(ctx, &served, served.what.price)?;
        if let Some(met) = met(ctx, served.what.claim, resolve) {
            line.judged += served.position;
            if met {
                line.in_time += served.position;
            }
        }
    }
    Ok(shown(lines, ctx.views.company.base()))
}

fn line(ctx: &Context<'_>) -> Line {
    Line {
        placed: ctx.grounds(),
        performed: ctx.count(),
        covered: ctx.count(),
        after: ctx.count(),
        cost: ctx.sum(),
        price: ctx.sum(),
        in_time: ctx.count(),
        judged: ctx.count(),
    }
}

/// An amount of a job in the base currency, at the rate of its date.
fn worth(
    ctx: &Context<'_>,
    served: &Dated<Served>,
    amount: Option<Money>,
) -> Result<Part, ReportError> {
    let worth = match amount {
        None => Decimal::ZERO,
        Some(amount) => {
            Rated::base(ctx.views.company, ctx.lens(), amount.currency, served.order())?
                .whole(amount.amount.get())
        }
    };
    Ok(Part::of(served.position, worth))
}

/// Whether the claim of a job was resolved in time; `None` if there is none, or it is not judged
/// yet, or it was rejected.
fn met(ctx: &Context<'_>, claim: Option<Sym<kind::Claim>>, most: i64) -> Option<bool> {
    let steps = || ctx.views.activity.claim_steps(claim).counting(ctx.lens());
    let now = Timestamp::from_micros(ctx.cut.before.micros() - 1).unwrap_or(Timestamp::MIN);
    let (times, state) = (claim_times(steps())?, claim_state(steps())?);
    match (times.resolution_gross, state) {
        (Some(took), _) => Some(took <= most),
        (None, ClaimState::Rejected) => None,
        (None, _) => (times.ran_until(now) > most).then_some(false),
    }
}

fn group(
    ctx: &Context<'_>,
    resolver: &Resolver<'_>,
    job: Sym<kind::ServiceJob>,
    served: &Dated<Served>,
) -> Option<String> {
    match ctx.arguments.text("group") {
        Some("client") => resolver
            .client_of_opened(job.into())
            .map(|client| ctx.views.clients.id(client).to_owned()),
        Some("item") => served.what.item.map(|item| ctx.views.activity.ids().name(item).to_owned()),
        Some("month") => Some(ctx.day(served.at).to_string()[..7].to_owned()),
        _ => Some("all".to_owned()),
    }
}

fn shown(lines: BTreeMap<(bool, String), Line>, base: Option<Currency>) -> Table {
    let mut table = Table::new(&[
        key("group", ColumnKind::Text),
        key("currency", ColumnKind::Text),
        sum("performed", ColumnKind::Count),
        sum("in_warranty", ColumnKind::Count),
        sum("after", ColumnKind::Count),
        sum("cost", ColumnKind::Amount),
        sum("price", ColumnKind::Amount),
        sum("result", ColumnKind::Amount),
        col("on_time", ColumnKind::Percent),
    ]);
    let amount = |amount: Decimal| match base {
        Some(base) => Value::money(amount, base),
        None => Value::Amount(amount),
    };
    for ((without, group), line) in lines {
        let group = if without { Value::Null } else { Value::Text(group) };
        let result = line.price.minus(&line.cost);
        let currency = base.map_or(Value::Null, |base| Value::Text(base.to_string()));
        table.push(vec![
            group.because(line.placed),
            currency.into(),
            line.performed.shown(),
            line.covered.shown(),
            line.after.shown(),
            line.cost.shown(amount),
            line.price.shown(amount),
            result.shown(amount),
            share(&line.in_time, &line.judged, "jobs for claims, judged"),
        ]);
    }
    table
}
