//! Rules on bills, payments made, transfers of funds and entries. Invariant: what goes out is never
//! put against more than it is, and every entry balances per unit.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_projections::{
    Dated,
    trade::{Means, Move, MoveKind, Settleable},
};
use sijil_schemas::{
    AccountOpened, BillCredited, BillLine, BillReceived, Deduction, EntryPosted, Event,
    FundsTransferred, ItemKind, Line, PaymentMade, PaymentMadeAllocated, Position, Record, Unit,
    event::{self, Accounting},
    id::Kind,
    money::Money,
};

use crate::{
    Book, Proposal, Rejection,
    trade::{
        self,
        credits::History,
        positive, standings,
        whose::{Whose, same_party},
    },
};

mod settled;
mod spent;

/// What an account's path begins with.
const ROOTS: [&str; 5] = ["assets", "liabilities", "equity", "income", "expenses"];

pub(crate) fn check(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &event::Accounting,
) -> Result<(), Rejection> {
    match event {
        Accounting::LedgerOpened(_) | Accounting::BankAccountOpened(_) => Ok(()),
        // Its lines are judged with the whole document.
        Accounting::BillLinesAdded(_) | Accounting::BillCreditLinesAdded(_) => Ok(()),
        Accounting::AccountOpened(e) => check_account(book, e),
        Accounting::BillReceived(e) => check_bill(book, proposal, e),
        Accounting::BillCredited(e) => check_credit(book, proposal, e),
        Accounting::PaymentMade(e) => check_made(book, e),
        Accounting::PaymentMadeAllocated(e) => check_allocated(book, proposal, e),
        Accounting::PaymentMadeUnallocated(e) => settled::check_unallocated(book, proposal, e),
        Accounting::PaymentMadeRefunded(e) => settled::check_refunded(book, proposal, e),
        Accounting::BillBroughtForward(e) => {
            trade::check_brought(e.total, e.due_on, &e.instalments)
        }
        Accounting::BillWrittenOff(e) => settled::check_written_off(book, proposal, e),
        Accounting::FundsTransferred(e) => check_transfer(book, e),
        Accounting::FundsExchanged(e) => spent::check_exchange(book, e),
        Accounting::ExpenseRecorded(e) => spent::check_expense(book, e),
        Accounting::ExpenseReversed(e) => spent::check_reversed(book, proposal, e),
        Accounting::AccountRevalued(e) => spent::check_revalued(book, e),
        Accounting::EntryPosted(e) => check_entry(book, e),
    }
}

/// Refuses a path that is under none of the five roots.
fn check_path(path: &str) -> Result<(), Rejection> {
    check_path_under(path, &ROOTS, "assets/, liabilities/, equity/, income/ or expenses/")
}

/// Refuses a path that is under none of some roots, which the words name.
pub(crate) fn check_path_under(
    path: &str,
    under: &[&str],
    roots: &'static str,
) -> Result<(), Rejection> {
    let mut parts = path.split('/');
    let rooted = parts.next().is_some_and(|root| under.contains(&root));
    let named = parts.clone().next().is_some() && parts.all(|part| !part.is_empty());
    if rooted && named {
        Ok(())
    } else {
        Err(Rejection::AccountPath { roots, got: path.to_owned() })
    }
}

/// Refuses a unit that an account does not take.
pub(crate) fn check_unit(book: &Book, account: &str, unit: &Unit) -> Result<(), Rejection> {
    match book.trade.account_unit(account, book.now()) {
        Some(Some(expected)) if expected != *unit => Err(Rejection::AccountUnit {
            account: account.to_owned(),
            expected: expected.to_string(),
            got: unit.to_string(),
        }),
        _ => Ok(()),
    }
}

/// What was kept back of a payment goes to accounts that take its currency; with it the payment is
/// above zero.
pub(crate) fn check_deductions(
    book: &Book,
    amount: Money,
    deductions: Option<&[Deduction]>,
) -> Result<(), Rejection> {
    let Some(deductions) = deductions.filter(|deductions| !deductions.is_empty()) else {
        return positive("/data/amount/amount", amount.amount.get());
    };
    for (n, deduction) in deductions.iter().enumerate() {
        check_path(deduction.account.as_str())?;
        check_unit(book, deduction.account.as_str(), &Unit::Currency(amount.currency))?;
        if deduction.amount.get().is_zero() {
            return Err(Rejection::NothingDeducted {
                pointer: format!("/data/deductions/{n}/amount"),
            });
        }
    }
    trade::not_negative("/data/amount/amount", amount.amount.get())?;
    positive(
        "/data/deductions",
        amount.amount.get() + deductions.iter().map(|d| d.amount.get()).sum::<Decimal>(),
    )
}

fn check_account(book: &Book, event: &AccountOpened) -> Result<(), Rejection> {
    check_path(event.path.as_str())?;
    let Some(unit) = &event.unit else { return Ok(()) };
    match book
        .trade
        .posted_units(event.path.as_str(), book.now())
        .into_iter()
        .filter(|posted| posted.what != *unit)
        .min_by_key(Dated::order)
    {
        Some(posted) => Err(Rejection::AccountUnit {
            account: event.path.to_string(),
            expected: posted.what.to_string(),
            got: unit.to_string(),
        }),
        None => Ok(()),
    }
}

fn check_bill(book: &Book, proposal: &Proposal<'_>, event: &BillReceived) -> Result<(), Rejection> {
    trade::check_document(&plain(&event.lines), event.total, event.due_on, &event.instalments)?;
    check_lines(book, &event.lines)?;
    // What goods cost is told in the base currency.
    let of_goods = event.lines.iter().any(|line| line.receipt.is_some() || line.item.is_some());
    let (currency, at) = (event.total.currency, proposal.at());
    if of_goods && book.company.rate(currency, at, book.now(), proposal.position).is_none() {
        return Err(Rejection::NoRate {
            currency: currency.to_string(),
            on: at.date(&book.company.zone()),
        });
    }
    Ok(())
}

/// The lines of a bill as those of any document.
fn plain(lines: &[BillLine]) -> Vec<Line> {
    lines.iter().map(BillLine::plain).collect()
}

/// Refuses a line that is spent on what is no expense or asset, or on an account of another unit,
/// and one of goods that says an account: goods go to the stock.
fn check_lines(book: &Book, lines: &[BillLine]) -> Result<(), Rejection> {
    for (n, line) in lines.iter().enumerate() {
        let Some(account) = &line.account else { continue };
        let pointer = format!("/data/lines/{n}/account");
        let card = line
            .item
            .as_ref()
            .and_then(|item| book.stock.item(item.as_str()))
            .and_then(|item| book.stock.card(item, book.now()));
        if line.receipt.is_some() || card.is_some_and(|card| card.kind == ItemKind::Goods) {
            return Err(Rejection::AccountOfGoods { pointer, account: account.to_string() });
        }
        check_path(account.as_str())?;
        if !["expenses/", "assets/"].iter().any(|root| account.as_str().starts_with(root)) {
            return Err(Rejection::AccountOfBill { pointer, got: account.to_string() });
        }
    }
    Ok(())
}

fn check_credit(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &BillCredited,
) -> Result<(), Rejection> {
    let (trade, now) = (&book.trade, book.now());
    let Some(bill) = trade.bill(event.bill.as_str(), now) else { return Ok(()) };
    if bill.doc.begun.is_before() {
        return Err(Rejection::BroughtForward { document: event.bill.entity() });
    }
    let more = trade::candidate(proposal, MoveKind::Credited, -event.total.amount.get());
    standings::check(book, &event.bill.entity(), more)?;
    let lines = plain(&event.lines);
    let history =
        History::of(book, event.bill.entity(), bill.doc.document, Settleable::Bill(bill.sym), now);
    history.check(book, proposal, &lines, event.total.amount)?;
    trade::check_credit_itself(bill.doc.document.currency, &lines, event.total)?;
    check_lines(book, &event.lines)
}

fn check_made(book: &Book, event: &PaymentMade) -> Result<(), Rejection> {
    trade::payments::check_bank(
        book,
        "amount",
        event.bank_account.as_str(),
        event.amount.currency,
    )?;
    trade::check_purposes(event.amount, &event.purpose_lines)?;
    check_deductions(book, event.amount, event.deductions.as_deref())?;
    let mut purposes = event.purpose_lines.iter().enumerate();
    purposes
        .try_for_each(|(n, p)| positive(&format!("/data/purpose_lines/{n}/amount"), p.amount.get()))
}

fn check_allocated(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &PaymentMadeAllocated,
) -> Result<(), Rejection> {
    let (trade, now) = (&book.trade, book.now());
    let made =
        trade.payment_sym(event.payment.as_str()).and_then(|sym| trade.payment_made(sym, now));
    let Some(payment) = made else {
        return Err(Rejection::WrongDirection {
            payment: event.payment.entity(),
            expected: "made",
            got: "received",
        });
    };
    let Some(bill) = trade.bill(event.bill.as_str(), now) else { return Ok(()) };
    let more = Move {
        bill: Some(bill.sym),
        means: Some(Means::Payment(payment.sym)),
        ..trade::candidate(proposal, MoveKind::Allocated, -event.amount.get())
    };
    standings::check(book, &event.payment.entity(), more)?;
    standings::check(book, &event.bill.entity(), more)?;
    trade::same_currency("amount", bill.doc.document.currency, payment.doc.currency)?;
    let payer = payment.doc.party;
    let (of_bill, of_payment) = (
        Whose::of(&bill.doc.document.party, Kind::Bill, bill.id),
        Whose::of(&payer, Kind::Payment, payment.id),
    );
    same_party(book, &of_bill, &of_payment, event.for_party.as_ref())?;
    positive("/data/amount", event.amount.get())
}

fn check_transfer(book: &Book, event: &FundsTransferred) -> Result<(), Rejection> {
    if event.from == event.to {
        return Err(Rejection::SameBankAccount { bank_account: event.from.to_string() });
    }
    trade::payments::check_bank(book, "from", event.from.as_str(), event.amount.currency)?;
    trade::payments::check_bank(book, "to", event.to.as_str(), event.amount.currency)?;
    positive("/data/amount/amount", event.amount.amount.get())
}

fn check_entry(book: &Book, event: &EntryPosted) -> Result<(), Rejection> {
    let mut sums: BTreeMap<&Unit, Decimal> = BTreeMap::new();
    for posting in &event.postings {
        check_path(posting.account.as_str())?;
        check_unit(book, posting.account.as_str(), &posting.unit)?;
        *sums.entry(&posting.unit).or_default() += posting.amount.get();
    }
    if event.postings.is_empty() {
        return Err(Rejection::NoPostings {});
    }
    match sums.into_iter().find(|(_, sum)| !sum.is_zero()) {
        Some((unit, sum)) => Err(Rejection::Unbalanced { unit: unit.to_string(), sum }),
        None => Ok(()),
    }
}

/// The records that would not have been admitted had the target never been. Bills, payments made
/// and accounts leave only orphans behind, which are found by reference; a credit of a bill may by
/// its cents have left room for a later one, and what is taken back was there before.
pub(crate) fn dependants(book: &Book, target: &Record) -> Vec<Position> {
    let without = book.without(target.position);
    let Event::Accounting(event) = &target.event else { return Vec::new() };
    match event {
        Accounting::BillCredited(e) => {
            let Some(bill) = book.trade.bill(e.bill.as_str(), without) else { return Vec::new() };
            let history = |lens| {
                let of = Settleable::Bill(bill.sym);
                History::of(book, e.bill.entity(), bill.doc.document, of, lens)
            };
            history(without).worse_than(&history(book.now()))
        }
        Accounting::PaymentMadeAllocated(e) => {
            trade::settlement::faults_without(book, &e.payment.entity(), None, without)
        }
        Accounting::PaymentMadeUnallocated(e) => {
            trade::settlement::faults_without(book, &e.payment.entity(), None, without)
        }
        Accounting::PaymentMadeRefunded(e) => {
            trade::payments::matches_without(book, &e.payment.entity(), without)
        }
        Accounting::ExpenseReversed(e) => {
            trade::payments::matches_without(book, &e.expense.entity(), without)
        }
        Accounting::LedgerOpened(_)
        | Accounting::AccountOpened(_)
        | Accounting::BankAccountOpened(_)
        | Accounting::BillReceived(_)
        | Accounting::BillBroughtForward(_)
        | Accounting::PaymentMade(_) => Vec::new(),
        Accounting::BillWrittenOff(_)
        | Accounting::ExpenseRecorded(_)
        | Accounting::FundsTransferred(_)
        | Accounting::FundsExchanged(_)
        | Accounting::AccountRevalued(_)
        | Accounting::EntryPosted(_) => Vec::new(),
        Accounting::BillLinesAdded(_) | Accounting::BillCreditLinesAdded(_) => Vec::new(),
    }
}
