//! Standing figures: what stood open at the end of a day. Invariant: nothing after that day, or after the cut, counts.

use rust_decimal::Decimal;
use sijil_schemas::{id::Kind, time::Date};

use super::flows::{Owners, Share, converted};
use crate::{
    cut::{Cut, Lens},
    report::{Context, ReportError},
    staff::Metric,
    trade::settlement::open_by_due,
};

/// Days past due after which a debt counts.
const OVER_DAYS: i32 = 30;

/// What stood open at the end of a day, or at the cut if that is earlier.
pub(super) fn shares(ctx: &Context<'_>, metric: Metric, day: Date) -> Result<Vec<Share>, ReportError> {
    let before = day.plus_days(1).start(&ctx.zone).min(ctx.cut.before);
    let then = Context { cut: Cut { before, ..ctx.cut }, ..ctx.clone() };
    match metric {
        Metric::ReceivablesOver30 => receivables(&then),
        Metric::OverdueTasks => Ok(overdue(&then)),
        _ => Ok(Vec::new()),
    }
}

fn receivables(ctx: &Context<'_>) -> Result<Vec<Share>, ReportError> {
    let (trade, lens, today, owners) = (ctx.views.trade, ctx.lens(), ctx.as_of_day(), Owners::of(ctx));
    let mut shares = Vec::new();
    for invoice in trade.invoices(lens) {
        let moves = trade.invoice_moves(invoice.sym, lens);
        let settled: Decimal = -moves.iter().skip(1).map(|change| change.amount).sum::<Decimal>();
        let old = |(due, open): &(Date, Decimal)| today.days() - due.days() > OVER_DAYS && *open > Decimal::ZERO;
        let parts: Vec<(Date, Decimal)> = invoice.doc.due.iter().map(|(due, amount)| (*due, amount.get())).collect();
        let open: Decimal = open_by_due(&parts, settled).iter().filter(|part| old(part)).map(|(_, open)| *open).sum();
        if open.is_zero() {
            continue;
        }
        let at = last(lens);
        let (who, mut why) = owners.of_document(Kind::Invoice, invoice.id, at);
        moves.iter().for_each(|change| why.add(change.position));
        let money = converted(ctx, (invoice.doc.document.currency, open), invoice.at, invoice.position)?;
        shares.push(Share::money(who, at, money, why));
    }
    Ok(shares)
}

fn overdue(ctx: &Context<'_>) -> Vec<Share> {
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
