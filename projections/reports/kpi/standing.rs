//! Standing figures: what stood open at the end of a day. Invariant: nothing after that day, or
//! after the cut, counts.

use rust_decimal::Decimal;
use sijil_schemas::{id::Kind, time::Date};

use super::flows::{Owners, Share};
use crate::{
    cut::{Cut, Lens},
    report::{Context, ReportError},
    staff::Metric,
    trade::{
        grouping::base_rate,
        owed::{Owed, open_by_due, owed, standing},
    },
};

/// Days past due after which a debt counts.
const OVER_DAYS: i32 = 30;

/// What stood open at the end of a day, or at the cut if that is earlier.
pub(super) fn shares<'a>(
    ctx: &Context<'a>,
    metric: Metric,
    day: Date,
) -> Result<Vec<Share<'a>>, ReportError> {
    let before = day.plus_days(1).start(&ctx.zone).min(ctx.cut.before);
    let then = Context { cut: Cut { before, ..ctx.cut }, ..ctx.clone() };
    match metric {
        Metric::ReceivablesOver30 => receivables(&then),
        Metric::OverdueTasks => Ok(overdue(&then)),
        _ => Ok(Vec::new()),
    }
}

fn receivables<'a>(ctx: &Context<'a>) -> Result<Vec<Share<'a>>, ReportError> {
    let (trade, lens, today, owners) =
        (ctx.views.trade, ctx.lens(), ctx.as_of_day(), Owners::of(ctx));
    let mut shares = Vec::new();
    for invoice in trade.invoices(lens) {
        let is_old = |due: Date| today.days() - due.days() > OVER_DAYS;
        let due: Vec<(Date, Decimal)> = trade.dues(invoice.doc.due).collect();
        if !due.iter().any(|(on, _)| is_old(*on)) {
            continue;
        }
        let rated = base_rate(ctx, invoice.doc.document.currency, invoice.at, invoice.position)?;
        let owed = match rated {
            Some(_) => owed(&due, &mut trade.invoice_moves(invoice.sym, lens), rated),
            None => {
                let open = open_by_due(&due, trade.settled(invoice, lens));
                Owed { outstanding: open.iter().map(|(_, open)| *open).sum(), open }
            }
        };
        let old = owed.open.iter().filter(|(due, open)| is_old(*due) && *open > Decimal::ZERO);
        let open: Decimal = old.map(|(_, open)| *open).sum();
        if open.is_zero() {
            continue;
        }
        let at = last(lens);
        let who = owners.of_document(Kind::Invoice, invoice.id, at);
        let currency = rated.map_or(invoice.doc.document.currency, |rated| rated.currency);
        let old = || {
            standing(&trade.invoice_moves(invoice.sym, lens), &due, &owed)
                .open
                .into_iter()
                .filter(|(due, _)| is_old(*due))
        };
        let parts =
            if ctx.explain { old().flat_map(|(_, parts)| parts).collect() } else { Vec::new() };
        shares.push(Share { parts, ..Share::money(who, at, (currency, open), invoice.position) });
    }
    Ok(shares)
}

fn overdue<'a>(ctx: &Context<'a>) -> Vec<Share<'a>> {
    let at = last(ctx.lens());
    let tasks = ctx.views.activity.tasks(ctx.lens()).filter(|task| task.is_overdue(at));
    tasks
        .map(|task| {
            let assignee = ctx.views.activity.ids().name(task.assignee);
            Share::count(Some(assignee), at, task.assigned.position)
        })
        .collect()
}

/// The last moment before the cut.
fn last(lens: Lens<'_>) -> sijil_schemas::time::Timestamp {
    sijil_schemas::time::Timestamp::from_micros(lens.cut.before.micros() - 1)
        .unwrap_or(sijil_schemas::time::Timestamp::MIN)
}
