//! Rules on what settles bills besides payments put against them: allocations taken back, money
//! that came back, and what need not be paid. Invariant: nothing is taken back that was not put
//! there.

use sijil_projections::trade::{Listed, Means, Move, MoveKind, Outgoing};
use sijil_schemas::{
    AccountPath, BillWrittenOff, PaymentMadeRefunded, PaymentMadeUnallocated, Unit,
    id::{PaymentId, kind},
};

use crate::{
    Book, Proposal, Rejection,
    money::{check_path_under, check_unit},
    trade::{self, allocations::check_bank_said, positive, standings},
};

/// A payment made; one that was received is none.
pub(super) fn made<'a>(
    book: &'a Book,
    payment: &PaymentId,
) -> Result<Listed<'a, kind::Payment, Outgoing>, Rejection> {
    let sym = book.trade.payment_sym(payment.as_str());
    sym.and_then(|sym| book.trade.payment_made(sym, book.now())).ok_or_else(|| {
        Rejection::WrongDirection { payment: payment.entity(), expected: "made", got: "received" }
    })
}

pub(super) fn check_unallocated(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &PaymentMadeUnallocated,
) -> Result<(), Rejection> {
    let payment = made(book, &event.payment)?;
    let Some(bill) = book.trade.bill(event.bill.as_str(), book.now()) else { return Ok(()) };
    let more = Move {
        bill: Some(bill.sym),
        means: Some(Means::Payment(payment.sym)),
        ..trade::candidate(proposal, MoveKind::Unallocated, event.amount.get())
    };
    standings::check(book, &event.payment.entity(), more)?;
    standings::check(book, &event.bill.entity(), more)?;
    positive("/data/amount", event.amount.get())
}

pub(super) fn check_refunded(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &PaymentMadeRefunded,
) -> Result<(), Rejection> {
    let payment = made(book, &event.payment)?;
    let banks = (payment.doc.bank.is_some(), event.bank_account.as_ref());
    check_bank_said(book, &event.payment.entity(), banks, payment.doc.currency)?;
    let more = trade::candidate(proposal, MoveKind::Refunded, -event.amount.get());
    standings::check(book, &event.payment.entity(), more)?;
    positive("/data/amount", event.amount.get())
}

pub(super) fn check_written_off(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &BillWrittenOff,
) -> Result<(), Rejection> {
    let Some(bill) = book.trade.bill(event.bill.as_str(), book.now()) else { return Ok(()) };
    let more = trade::candidate(proposal, MoveKind::WrittenOff, -event.amount.get());
    standings::check(book, &event.bill.entity(), more)?;
    if let Some(AccountPath(account)) = &event.account {
        check_path_under(account.as_str(), &["income", "expenses"], "income/ or expenses/")?;
        check_unit(book, account.as_str(), &Unit::Currency(bill.doc.document.currency))?;
    }
    positive("/data/amount", event.amount.get())
}
