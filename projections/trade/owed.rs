//! What is owed of an invoice, by due date. Invariant: settlements fill the earliest due date
//! first, and what each record adds to what is open comes to what is open.

use rust_decimal::Decimal;
use sijil_facts::cells::Run;
use sijil_schemas::{
    Position,
    id::kind,
    money::Currency,
    time::{Date, Timestamp},
};

use super::{
    BillDoc, Due, InvoiceDoc, Listed, Move, MoveKind,
    grouping::{base_rate, wants},
    settlement::in_base,
};
use crate::{
    base::Rated,
    report::{Context, Number, Part, ReportError, Sum},
};

/// What is owed of an invoice.
#[derive(Debug, Clone)]
pub(crate) struct Owed {
    /// All that is open; below zero if it was credited after it was paid.
    pub(crate) outstanding: Decimal,
    /// What is open of each due date, the earliest first.
    pub(crate) open: Vec<(Date, Decimal)>,
}

/// What is owed of an invoice that is due so, with these moves. With a rate the moves become base
/// amounts, and what is left of the whole is shared anew over what is still open.
pub(crate) fn owed(due: &[(Date, Decimal)], moves: &mut [Move], rated: Option<Rated>) -> Owed {
    let sum = |moves: &[Move]| moves.iter().map(|m| m.amount).sum::<Decimal>();
    let outstanding = sum(moves);
    let total: Decimal = due.iter().map(|(_, amount)| *amount).sum();
    let mut owed = Owed { outstanding, open: open_by_due(due, total - outstanding) };
    if let Some(rated) = rated {
        in_base(moves, rated);
        owed.outstanding = sum(moves);
        let weights: Vec<Decimal> = owed.open.iter().map(|(_, open)| *open).collect();
        let shares = rated.shares(owed.outstanding.max(Decimal::ZERO), &weights);
        owed.open.iter_mut().zip(shares).for_each(|((_, open), share)| *open = share);
    }
    owed
}

/// What is still open of each due date, in their order (the earliest first), when so much of the
/// whole is settled: settlements fill the earliest due.
#[must_use]
pub fn open_by_due(due: &[(Date, Decimal)], mut settled: Decimal) -> Vec<(Date, Decimal)> {
    let open = due.iter().map(|(on, amount)| {
        let filled = settled.min(*amount).max(Decimal::ZERO);
        settled -= filled;
        (*on, *amount - filled)
    });
    open.collect()
}

/// What each record of an invoice adds to what is open of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// By due date, the earliest first: the issue adds the part due then, what settles takes from
    /// it, the earliest due first.
    pub(crate) open: Vec<(Date, Vec<Part>)>,
    /// What settles it beyond its total: the client's money.
    pub(crate) beyond: Vec<Part>,
}

impl Standing {
    /// What is owed of an invoice, all of it as if the issue had said it: for who does not ask for
    /// the records.
    #[must_use]
    pub(crate) fn plain(issued: Position, owed: &Owed) -> Standing {
        let open =
            owed.open.iter().map(|(on, open)| (*on, vec![Part::of(issued, *open)])).collect();
        Standing { open, beyond: vec![Part::of(issued, (-owed.outstanding).max(Decimal::ZERO))] }
    }
}

/// What each record of an invoice that is due so adds to what is owed of it; in base, each its
/// share of that.
#[must_use]
pub(crate) fn standing(moves: &[Move], due: &[(Date, Decimal)], owed: &Owed) -> Standing {
    let own = settling(moves, due);
    let open = own
        .open
        .into_iter()
        .zip(&owed.open)
        .map(|((on, parts), (_, open))| (on, in_shares(parts, *open)))
        .collect();
    Standing { open, beyond: in_shares(own.beyond, (-owed.outstanding).max(Decimal::ZERO)) }
}

/// Parts that come to another amount, each by its share; what comes to nothing stays as it is.
pub(crate) fn in_shares(parts: Vec<Part>, amount: Decimal) -> Vec<Part> {
    let mut sum = Sum::new(true);
    parts.iter().for_each(|part| sum += *part);
    if sum.get() == amount { parts } else { sum.share(amount).parts().listed(None).0 }
}

/// What each move adds to what is open by due date, in the order of the moves: the same as
/// [`open_by_due`] once all have settled.
fn settling(moves: &[Move], due: &[(Date, Decimal)]) -> Standing {
    let mut standing = Standing {
        open: due.iter().map(|(on, _)| (*on, Vec::new())).collect(),
        beyond: Vec::new(),
    };
    let total: Decimal = due.iter().map(|(_, amount)| *amount).sum();
    let mut settled = Decimal::ZERO;
    for one in moves {
        if one.kind == MoveKind::Opened {
            for ((_, parts), (_, amount)) in standing.open.iter_mut().zip(due) {
                parts.push(Part::of(one.position, *amount));
            }
            continue;
        }
        let after = settled - one.amount;
        let (was, is) = (open_by_due(due, settled), open_by_due(due, after));
        for ((_, parts), ((_, was), (_, is))) in
            standing.open.iter_mut().zip(was.into_iter().zip(is))
        {
            if was != is {
                parts.push(Part::of(one.position, is - was));
            }
        }
        let beyond = |settled: Decimal| (settled - total).max(Decimal::ZERO);
        if beyond(after) != beyond(settled) {
            standing.beyond.push(Part::of(one.position, beyond(after) - beyond(settled)));
        }
        settled = after;
    }
    standing
}

/// What is open of an invoice by due date, if documents of its currency are asked for.
pub(crate) fn of_invoice(
    ctx: &Context<'_>,
    invoice: Listed<'_, kind::Invoice, InvoiceDoc>,
) -> Result<Option<(Currency, Standing)>, ReportError> {
    let moves = ctx.views.trade.invoice_moves(invoice.sym, ctx.lens());
    open(ctx, (invoice.doc.document.currency, invoice.order()), invoice.doc.due, moves)
}

/// What is open of a bill by due date, if documents of its currency are asked for.
pub(crate) fn of_bill(
    ctx: &Context<'_>,
    bill: Listed<'_, kind::Bill, BillDoc>,
) -> Result<Option<(Currency, Standing)>, ReportError> {
    let moves = ctx.views.trade.bill_moves(bill.sym, ctx.lens());
    open(ctx, (bill.doc.document.currency, bill.order()), bill.doc.due, moves)
}

fn open(
    ctx: &Context<'_>,
    (own, when): (Currency, (Timestamp, Position)),
    due: Run<Due>,
    mut moves: Vec<Move>,
) -> Result<Option<(Currency, Standing)>, ReportError> {
    if !wants(ctx, own)? {
        return Ok(None);
    }
    let rated = base_rate(ctx, own, when.0, when.1)?;
    let in_own = if ctx.explain { moves.clone() } else { Vec::new() };
    let due: Vec<(Date, Decimal)> = ctx.views.trade.dues(due).collect();
    let owed = owed(&due, &mut moves, rated);
    let standing =
        if ctx.explain { standing(&in_own, &due, &owed) } else { Standing::plain(when.1, &owed) };
    Ok(Some((rated.map_or(own, |rated| rated.currency), standing)))
}
