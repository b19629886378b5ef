//! Rules on expenses, exchanges and revalued accounts. Invariant: money on a bank account is of the
//! account's currency, and an exchange is of two.

use sijil_schemas::{
    AccountPath, AccountRevalued, ExpenseRecorded, ExpenseReversed, FundsExchanged, Unit,
};

use crate::{
    Book, Proposal, Rejection,
    money::{check_path_under, check_unit},
    trade::{payments::check_bank, positive, same_currency, set_off::reversed_once},
};

pub(super) fn check_expense(book: &Book, event: &ExpenseRecorded) -> Result<(), Rejection> {
    let currency = event.amount.currency;
    if let Some(bank) = &event.bank_account {
        check_bank(book, "amount", bank.as_str(), currency)?;
    }
    let account = match &event.account {
        Some(AccountPath(account)) => {
            check_path_under(account.as_str(), &["expenses", "assets"], "expenses/ or assets/")?;
            account.to_string()
        }
        None => format!("expenses/{}", event.purpose),
    };
    check_unit(book, &account, &Unit::Currency(currency))?;
    positive("/data/amount/amount", event.amount.amount.get())
}

pub(super) fn check_reversed(
    book: &Book,
    proposal: &Proposal<'_>,
    event: &ExpenseReversed,
) -> Result<(), Rejection> {
    let (trade, now) = (&book.trade, book.now());
    let Some(sym) = trade.expense_sym(event.expense.as_str()) else { return Ok(()) };
    let opened = trade.expense(sym, now).map(|fact| fact.at);
    let reversed = trade.expense_reversal(sym, now).is_some();
    reversed_once(proposal, event.expense.entity(), opened, reversed)
}

pub(super) fn check_exchange(book: &Book, event: &FundsExchanged) -> Result<(), Rejection> {
    let (sold, bought) = (event.sold.currency, event.bought.currency);
    if sold == bought {
        return Err(Rejection::SameCurrency { currency: sold });
    }
    check_bank(book, "sold", event.from.as_str(), sold)?;
    check_bank(book, "bought", event.to.as_str(), bought)?;
    if let Some(fee) = event.fee.filter(|fee| fee.currency != bought) {
        same_currency("fee", sold, fee.currency)?;
    }
    positive("/data/sold/amount", event.sold.amount.get())?;
    positive("/data/bought/amount", event.bought.amount.get())?;
    event.fee.map_or(Ok(()), |fee| positive("/data/fee/amount", fee.amount.get()))
}

pub(super) fn check_revalued(book: &Book, event: &AccountRevalued) -> Result<(), Rejection> {
    let now = book.now();
    let bank = event.account.as_str().strip_prefix("assets/bank/");
    let currency = bank.and_then(|bank| book.trade.bank_currency(bank, now));
    let base = book.company.base();
    if currency.is_some() && currency != base {
        return Ok(());
    }
    Err(Rejection::NotRevaluable {
        got: event.account.to_string(),
        base: base.map_or_else(String::new, |base| base.to_string()),
    })
}
