//! The legs of what is no sale, purchase or payment: what other books left, set-offs, write-offs of
//! bills, expenses and exchanges. Invariant: a set-off takes of each document its share of what is
//! left, and gives back just that when it is reversed.

use rust_decimal::Decimal;
use sijil_facts::trade::{ExchangeDoc, ExpenseDoc, Off};
use sijil_schemas::{
    id::kind,
    money::{Currency, Money as Sum},
};

use super::{Billed, Booked, Holder, Money, When};
use crate::{
    Sym,
    accounts::{Expense, ledger::Account},
    base::{Open, Rated},
    report::ReportError,
};

impl Money<'_, '_> {
    pub(super) fn settle_otherwise(
        &mut self,
        booked: &Booked,
        when: When,
    ) -> Result<(), ReportError> {
        match booked {
            Booked::InvoiceBrought { invoice, currency, total } => {
                let rated = self.rated(*currency, when)?;
                if let Some(known) = self.invoice(*invoice, when)? {
                    let whole = known.debt.open(*total);
                    self.pair(Account::Receivable, Account::Opening, rated, whole);
                }
            }
            Booked::BillBrought { bill, currency, total } => {
                let rated = self.rated(*currency, when)?;
                if let Some(known) = self.billed(*bill, when)? {
                    let whole = known.debt.open(*total);
                    self.pair(Account::Opening, Account::Payable, rated, whole);
                }
            }
            Booked::BillWrittenOff { bill, account, amount } => {
                if let Some(known) = self.billed(*bill, when)? {
                    let (rated, share) = (known.debt.open.rated(), known.debt.open.take(*amount));
                    let to = account.map_or(Account::OtherIncome, Account::Named);
                    self.pair(Account::Payable, to, rated, share);
                }
            }
            Booked::SetOff { set_off, parts } => {
                self.set_offs.insert(*set_off, parts.clone());
                self.set_off(*set_off, parts, false, when)?;
            }
            Booked::SetOffReversed { set_off } => {
                let parts = self.set_offs.remove(set_off).unwrap_or_default();
                self.set_off(*set_off, &parts, true, when)?;
            }
            _ => (),
        }
        Ok(())
    }
    /// Invoices and bills settle each other, or do no longer; what their rates differ by is won or
    /// lost.
    fn set_off(
        &mut self,
        set_off: Sym<kind::SetOff>,
        parts: &[Off],
        is_back: bool,
        when: When,
    ) -> Result<(), ReportError> {
        let (mut over, mut rates, mut shown) = (Decimal::ZERO, Vec::new(), None);
        for part in parts {
            let holder = Holder::SetOff(set_off);
            let amount = part.amount.get();
            let put = |open: &mut Open<Holder>| {
                let share = match is_back {
                    true => -open.unallocate(holder, amount),
                    false => open.allocate(holder, amount),
                };
                (open.rated(), share)
            };
            let (account, sign, (rated, share)) =
                if let Some(invoice) = part.document.typed::<kind::Invoice>() {
                    let Some(known) = self.invoice(invoice, when)? else { continue };
                    (Account::Receivable, Decimal::NEGATIVE_ONE, put(&mut known.debt.open))
                } else if let Some(bill) = part.document.typed::<kind::Bill>() {
                    let Some(known) = self.billed(bill, when)? else { continue };
                    (Account::Payable, Decimal::ONE, put(&mut known.debt.open))
                } else {
                    continue;
                };
            self.draft(account, rated.currency, share * sign);
            over += share * sign;
            rates.push(rated.rate());
            shown = Some(rated.currency);
        }
        let Some(currency) = shown else { return Ok(()) };
        let one_rate = rates.windows(2).all(|pair| pair[0] == pair[1]);
        let difference = if one_rate { Account::Rounding } else { Account::Exchange };
        self.draft(difference, currency, -over);
        Ok(())
    }
    /// A bill; one that is not there yet has its own currency and the rate of the moment that names
    /// it.
    pub(super) fn billed(
        &mut self,
        bill: Sym<kind::Bill>,
        when: When,
    ) -> Result<Option<&mut Billed>, ReportError> {
        if self.bills[bill.index()].is_none()
            && let Some(currency) = self.ledger.views.trade.bill_currency(bill, self.ledger.lens)
        {
            self.bills[bill.index()] = Some(Billed::unseen(self.rated(currency, when)?));
        }
        Ok(self.bills[bill.index()].as_mut())
    }

    pub(super) fn spend_or_change(
        &mut self,
        booked: &Booked,
        when: When,
    ) -> Result<(), ReportError> {
        match booked {
            Booked::Expensed { expense, doc } => {
                let rated = self.rated(doc.amount.currency, when)?;
                self.expenses.insert(*expense, (rated, *doc));
                self.spend(rated, doc, Decimal::ONE);
            }
            Booked::ExpenseReversed { expense } => {
                if let Some((rated, doc)) = self.expenses.remove(expense) {
                    self.spend(rated, &doc, Decimal::NEGATIVE_ONE);
                }
            }
            Booked::Exchanged(doc) => self.exchange(doc, when)?,
            Booked::Revalued { account } => self.revalue(*account, when)?,
            Booked::Transferred { from, to, amount } => {
                let rated = self.rated(amount.currency, when)?;
                self.pair(
                    Account::Bank(*to),
                    Account::Bank(*from),
                    rated,
                    rated.whole(amount.amount.get()),
                );
            }
            Booked::Spent { on, amount } => {
                let account = match on {
                    Expense::Marketing => Account::Marketing,
                    Expense::Claims => Account::Claims,
                    Expense::Service => Account::Service,
                };
                let rated = self.rated(amount.currency, when)?;
                self.pair(account, Account::Accrued, rated, rated.whole(amount.amount.get()));
            }
            _ => (),
        }
        Ok(())
    }
    fn spend(&mut self, rated: Rated, doc: &ExpenseDoc, sign: Decimal) {
        let on = doc.account.map_or(Account::Purpose(doc.purpose), Account::Named);
        let from = doc.bank.map_or(Account::Accrued, Account::Bank);
        self.pair(on, from, rated, rated.whole(doc.amount.amount.get()) * sign);
    }
    /// In own units what left one currency and came to the other stands on `equity/conversion`; in
    /// base that is one worth, and what the rates differ by is won or lost.
    fn exchange(&mut self, doc: &ExchangeDoc, when: When) -> Result<(), ReportError> {
        let (sold, from) = self.counted(doc.sold, when)?;
        let (bought, to) = self.counted(doc.bought, when)?;
        let mut on = [(doc.from, from, -sold), (doc.to, to, bought)];
        if let Some(fee) = doc.fee {
            let (fee_counted, currency) = self.counted(fee, when)?;
            // What one account pays in all is one leg.
            let pays = doc.pays_fee(fee);
            on.iter_mut()
                .filter(|(bank, ..)| *bank == pays)
                .for_each(|(_, _, amount)| *amount -= fee_counted);
            self.draft(Account::BankFees, currency, fee_counted);
        }
        for (bank, currency, amount) in on {
            self.draft(Account::Bank(bank), currency, amount);
        }
        if self.ledger.base {
            self.draft(Account::Exchange, from, sold - bought);
        } else {
            self.draft(Account::Conversion, from, sold);
            self.draft(Account::Conversion, to, -bought);
        }
        Ok(())
    }
    /// An amount as it is counted.
    fn counted(&self, amount: Sum, when: When) -> Result<(Decimal, Currency), ReportError> {
        let rated = self.rated(amount.currency, when)?;
        Ok((rated.whole(amount.amount.get()), rated.currency))
    }
}
