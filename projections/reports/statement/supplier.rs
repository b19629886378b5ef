//! What a supplier is owed (R20, side supplier and both). Invariant: opening and closing equal the
//! payables balance (R37) of their days; against what is owed to us it counts the other way round.

use super::{Account, Accounts, BROUGHT, Movement, OF_SUPPLIER, column, movement};
use crate::{
    report::{Context, ReportError},
    trade::{
        Move,
        grouping::{Grouping, Subject, last_if_null},
        settlement,
    },
};

/// Every movement of every account: of bills, and the other way round of payments made.
pub(super) fn gather<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    accounts: &mut Accounts<'a>,
) -> Result<(), ReportError> {
    let (trade, lens) = (ctx.views.trade, ctx.lens());
    for bill in trade.bills(lens) {
        let moves = || trade.bill_moves(bill.sym, lens);
        let own = bill.doc.document.currency;
        let Some((currency, moves)) = settlement::asked(ctx, own, bill.order(), moves)? else {
            continue;
        };
        let opened = if bill.doc.begun.is_before() { BROUGHT } else { OF_SUPPLIER[0] };
        let subject = Subject::bill(bill);
        add(ctx, grouping, accounts, (&subject, currency), told(ctx, &moves, opened, 1, bill.id));
    }
    for payment in trade.payments_made(lens) {
        let moves = || trade.outgoing_moves(payment.sym, lens);
        let own = payment.doc.currency;
        let Some((currency, moves)) = settlement::asked(ctx, own, payment.order(), moves)? else {
            continue;
        };
        let opened = if payment.doc.bank.is_none() { BROUGHT } else { OF_SUPPLIER[3] };
        let subject = Subject::outgoing(payment);
        let told = told(ctx, &moves, opened, -1, payment.id);
        add(ctx, grouping, accounts, (&subject, currency), told);
    }
    Ok(())
}

/// The movements of a document, as they enter the balance of the side asked for.
fn told(
    ctx: &Context<'_>,
    moves: &[Move],
    opened: usize,
    sign: i64,
    document: &str,
) -> Vec<Movement> {
    let sign = if ctx.arguments.is("side", "both") { -sign } else { sign };
    let one = |m: &Move| {
        let amount = m.amount * rust_decimal::Decimal::from(sign);
        movement(ctx, m, column(m, OF_SUPPLIER, opened), amount, document)
    };
    moves.iter().map(one).collect()
}

fn add<'a>(
    ctx: &Context<'a>,
    grouping: &Grouping<'a>,
    accounts: &mut Accounts<'a>,
    (subject, currency): (&Subject, sijil_schemas::money::Currency),
    movements: Vec<Movement>,
) {
    let mut placed = ctx.grounds();
    let group = grouping.of(subject, &mut placed);
    let account =
        accounts.entry((last_if_null(group), currency)).or_insert_with(|| Account::new(ctx));
    account.placed.join(&placed);
    account.movements.extend(movements);
}
