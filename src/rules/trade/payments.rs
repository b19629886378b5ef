//! Rules on payments received, bank statements and reopened periods. Invariant: a payment is above
//! zero, of its bank account's currency, and comes in once.

use rust_decimal::Decimal;
use sijil_projections::{
    Lens,
    trade::{BankMove, Imported, Listed, MoveKind, Mover, Receipt, Settleable},
};
use sijil_schemas::{
    ClosingArea, PaymentReceived, PaymentReversed, PeriodReopened, Position, StatementLineImported,
    StatementLineMatched,
    id::{EntityRef, PaymentId, kind},
    money::Amount,
};

use super::{
    document,
    invoices::{candidate, same_currency},
    positive, standings,
};
use crate::{Book, Proposal, Rejection, money};

/// A payment received; one that was made is none.
pub(super) fn received<'a>(
    book: &'a Book,
    payment: &PaymentId,
) -> Result<Listed<'a, kind::Payment, Receipt>, Rejection> {
    let sym = book.trade.payment_sym(payment.as_str());
    sym.and_then(|sym| book.trade.payment(sym, book.now())).ok_or_else(|| {
        Rejection::WrongDirection { payment: payment.entity(), expected: "received", got: "made" }
    })
}

pub(crate) fn check_received(book: &Book, event: &PaymentReceived) -> Result<(), Rejection> {
    if let Some(line) = event
        .statement_line
        .as_ref()
        .and_then(|line| book.trade.statement_line(line.as_str(), book.now()))
    {
        check_line(book, line, &event.payment.entity(), event.bank_account.as_str(), None)?;
        if line.doc.amount.amount.get() <= Decimal::ZERO {
            return Err(Rejection::WrongDirection {
                payment: event.payment.entity(),
                expected: "made",
                got: "received",
            });
        }
    }
    check_bank(book, "amount", event.bank_account.as_str(), event.amount.currency)?;
    document::check_purposes(event.amount, &event.purpose_lines)?;
    money::check_deductions(book, event.amount, event.deductions.as_deref())?;
    let mut purposes = event.purpose_lines.iter().enumerate();
    purposes
        .try_for_each(|(n, p)| positive(&format!("/data/purpose_lines/{n}/amount"), p.amount.get()))
}

/// Money on a bank account is of the account's currency.
pub(crate) fn check_bank(
    book: &Book,
    what: &'static str,
    bank: &str,
    currency: sijil_schemas::money::Currency,
) -> Result<(), Rejection> {
    book.trade
        .bank_currency(bank, book.now())
        .map_or(Ok(()), |expected| same_currency(what, expected, currency))
}

pub(crate) fn check_reversed(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &PaymentReversed,
) -> Result<(), Rejection> {
    standings::check(
        book,
        &event.payment.entity(),
        candidate(proposal, MoveKind::Reversed, Decimal::ZERO),
    )
}

pub(crate) fn check_imported(book: &Book, event: &StatementLineImported) -> Result<(), Rejection> {
    check_bank(book, "amount", event.bank_account.as_str(), event.amount.currency)
}

/// What is left of a line for one more match, which must be of its own bank account.
fn check_line(
    book: &Book,
    line: Listed<'_, kind::StatementLine, Imported>,
    to: &EntityRef,
    bank: &str,
    amount: Option<Decimal>,
) -> Result<(), Rejection> {
    let trade = &book.trade;
    let matches = || trade.matches(line, book.now());
    let walked = || {
        line.doc.amount.amount.get().abs()
            - matches().iter().map(|(_, _, taken)| *taken).sum::<Decimal>()
    };
    let left = book.standings.left(Settleable::Line(line.sym)).unwrap_or_else(walked);
    let last = if left <= Decimal::ZERO { matches().pop() } else { None };
    if let Some((_, matched, _)) = last {
        let matched = trade.mover(matched.to).to_string();
        return Err(Rejection::AlreadyMatched {
            statement_line: line.id.to_owned(),
            matched,
            to: to.clone(),
        });
    }
    let expected = trade.bank(line.doc.bank);
    if expected != bank {
        return Err(Rejection::OtherBankAccount {
            statement_line: line.id.to_owned(),
            expected: expected.to_owned(),
            got: bank.to_owned(),
        });
    }
    match amount {
        Some(amount) if amount > left => {
            Err(Rejection::MatchExceedsLine { statement_line: line.id.to_owned(), left, amount })
        }
        _ => Ok(()),
    }
}

pub(crate) fn check_matched(book: &Book, event: &StatementLineMatched) -> Result<(), Rejection> {
    let (trade, now) = (&book.trade, book.now());
    let Some(line) = trade.statement_line(event.statement_line.as_str(), now) else {
        return Ok(());
    };
    let Some(mover) = trade.mover_of(&event.to) else {
        return Err(Rejection::NotMatchable {
            statement_line: line.id.to_owned(),
            got: event.to.clone(),
        });
    };
    let is_in = line.doc.amount.amount.get() > Decimal::ZERO;
    let Some((bank, is_towards)) = trade.first_towards(mover, (is_in, line.doc.bank), now) else {
        return Ok(());
    };
    check_line(book, line, &event.to, trade.bank(bank), event.amount.map(Amount::get))?;
    if !is_towards {
        let (expected, got) = if is_in { ("received", "made") } else { ("made", "received") };
        return Err(Rejection::WrongDirection { payment: event.to.clone(), expected, got });
    }
    event.amount.map_or(Ok(()), |amount| positive("/data/amount", amount.get()))
}

/// The matches of lines that tell of money which came back of a payment, or was paid out of a
/// credit note, where under a lens none did.
pub(crate) fn matches_without(book: &Book, of: &EntityRef, lens: Lens<'_>) -> Vec<Position> {
    let trade = &book.trade;
    let Some(mover) = trade.mover_of(of) else { return Vec::new() };
    let moves = trade.moves_of(mover, lens);
    let lines = trade.lines_of(mover, lens.side).into_iter();
    let lines = lines.filter_map(|line| trade.statement_line_at(line, lens));
    let untold = lines.filter(|line| {
        let is_in = line.doc.amount.amount.get() > Decimal::ZERO;
        let paid_out = matches!(mover, Mover::CreditNote(_));
        let tells = |m: &BankMove| (m.amount > Decimal::ZERO) == is_in && m.bank == line.doc.bank;
        (paid_out || !moves.is_empty()) && !moves.iter().any(tells)
    });
    untold
        .flat_map(|line| trade.matches(line, lens))
        .filter(|(_, matched, _)| matched.to == mover)
        .map(|(position, ..)| position)
        .collect()
}

pub(crate) fn check_reopened(book: &Book, event: &PeriodReopened) -> Result<(), Rejection> {
    if book.company.closings(event.area, book.now()).0 > 0 {
        Ok(())
    } else {
        Err(Rejection::NothingClosed { area: event.area.name() })
    }
}

/// The reopenings of an area that would undo nothing under a lens.
pub(crate) fn reopenings_without(book: &Book, area: ClosingArea, lens: Lens<'_>) -> Vec<Position> {
    book.company.closings(area, lens).1
}
