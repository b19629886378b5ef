//! Standing figures: what stood open at the end of a day. Invariant: nothing after that day, or after the cut, counts.

use rust_decimal::Decimal;
use sijil_schemas::{id::Kind, time::Date};

use super::flows::{Owners, Share};
use crate::{
    cut::{Cut, Lens},
    report::{Context, ReportError},
    staff::Metric,
    trade::{
        grouping::base_rate,
        settlement::{open_by_due, owed},
    },
};

/// Days past due after which a debt counts.
const OVER_DAYS: i32 = 30;

/// What stood open at the end of a day, or at the cut if that is earlier.
pub(super) fn shares<'a>(ctx: &Context<'a>, metric: Metric, day: Date) -> Result<Vec<Share<'a>>, ReportError> {
    let before = day.plus_days(1).start(&ctx.zone).min(ctx.cut.before);
    let then = Context { cut: Cut { before, ..ctx.cut }, ..ctx.clone() };
    match metric {
        Metric::ReceivablesOver30 => receivables(&then),
        Metric::OverdueTasks => Ok(overdue(&then)),
        _ => Ok(Vec::new()),
    }
}

fn receivables<'a>(ctx: &Context<'a>) -> Result<Vec<Share<'a>>, ReportError> {
    let (trade, lens, today, owners) = (ctx.views.trade, ctx.lens(), ctx.as_of_day(), Owners::of(ctx));
    let mut shares = Vec::new();
    for invoice in trade.invoices(lens) {
        let is_old = |due: Date| today.days() - due.days() > OVER_DAYS;
        if !invoice.doc.due.iter().any(|(due, _)| is_old(*due)) {
            continue;
        }
        let rated = base_rate(ctx, invoice.doc.document.currency, invoice.at, invoice.position)?;
        let parts = match rated {
            Some(_) => owed(invoice.doc, &mut trade.invoice_moves(invoice.sym, lens), rated).open,
            None => {
                let due: Vec<(Date, Decimal)> = invoice.doc.due.iter().map(|(due, amount)| (*due, amount.get())).collect();
                open_by_due(&due, trade.settled(invoice, lens))
            }
        };
        let old = parts.into_iter().filter(|(due, open)| is_old(*due) && *open > Decimal::ZERO);
        let open: Decimal = old.map(|(_, open)| open).sum();
        if open.is_zero() {
            continue;
        }
        let at = last(lens);
        let (who, mut why) = owners.of_document(Kind::Invoice, invoice.id, at);
        if ctx.explain {
            trade.invoice_moves(invoice.sym, lens).iter().for_each(|change| why.add(change.position));
        }
        let currency = rated.map_or(invoice.doc.document.currency, |rated| rated.currency);
        shares.push(Share::money(who, at, (currency, open), why));
    }
    Ok(shares)
}

fn overdue<'a>(ctx: &Context<'a>) -> Vec<Share<'a>> {
    let at = last(ctx.lens());
    let tasks = ctx.views.activity.tasks(ctx.lens()).filter(|task| task.is_overdue(at));
    tasks
        .map(|task| {
            let mut why = ctx.why();
            why.add(task.assigned.position);
            if let Some(handed) = task.handed {
                why.add(handed.position);
            }
            Share::count(Some(task.assignee.as_str()), at, why)
        })
        .collect()
}

/// The last moment before the cut.
fn last(lens: Lens<'_>) -> sijil_schemas::time::Timestamp {
    sijil_schemas::time::Timestamp::from_micros(lens.cut.before.micros() - 1).unwrap_or(sijil_schemas::time::Timestamp::MIN)
}
