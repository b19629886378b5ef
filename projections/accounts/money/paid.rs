//! The legs of payments: what came in or went out, what was kept back on the way, and what went the
//! other way. Invariant: what goes back is at the rate of the payment.

use rust_decimal::Decimal;
use sijil_schemas::{id::kind, money::Amount};

use super::{Money, Paid, When};
use crate::{
    Sym,
    accounts::ledger::Account,
    base::{Open, Rated},
    report::ReportError,
};

impl Money<'_, '_> {
    pub(super) fn receive(
        &mut self,
        payment: Sym<kind::Payment>,
        bank: Option<Sym<kind::BankAccount>>,
        paid: (sijil_schemas::money::Money, &[(Sym<kind::Account>, Amount)]),
        when: When,
    ) -> Result<(), ReportError> {
        let bank = on_bank(bank);
        let (rated, whole) = self.pay(payment, (Account::Advances, bank), paid, when)?;
        let kept_back = self.keep_back(payment, rated, Decimal::ONE);
        self.draft(bank, rated.currency, whole - kept_back);
        self.draft(Account::Advances, rated.currency, -whole);
        Ok(())
    }
    pub(super) fn pay(
        &mut self,
        payment: Sym<kind::Payment>,
        (advances, bank): (Account, Account),
        (amount, deductions): (sijil_schemas::money::Money, &[(Sym<kind::Account>, Amount)]),
        when: When,
    ) -> Result<(Rated, Decimal), ReportError> {
        let rated = self.rated(amount.currency, when)?;
        let mut open = Open::nothing(rated);
        let own: Vec<Decimal> = deductions.iter().map(|(_, amount)| amount.get()).collect();
        let (cash, back) = (amount.amount.get(), own.iter().sum());
        let whole = open.open(cash + back);
        let back =
            if own.is_empty() { Decimal::ZERO } else { rated.shares(whole, &[cash, back])[1] };
        let kept_back =
            deductions.iter().map(|(account, _)| *account).zip(rated.shares(back, &own)).collect();
        self.payments[payment.index()] = Some(Paid { advances, bank, open, kept_back });
        Ok((rated, whole))
    }
    /// What was kept back of a payment goes to its accounts, or comes back from them; gives the
    /// sum.
    pub(super) fn keep_back(
        &mut self,
        payment: Sym<kind::Payment>,
        rated: Rated,
        sign: Decimal,
    ) -> Decimal {
        let kept_back = self.payments[payment.index()]
            .as_ref()
            .map_or_else(Vec::new, |paid| paid.kept_back.clone());
        kept_back.iter().fold(Decimal::ZERO, |sum, (account, amount)| {
            self.draft(Account::Named(*account), rated.currency, amount * sign);
            sum + amount
        })
    }
    /// A part goes back, or all that is left of a payment that was none: at the rate of the
    /// payment, by its own account where no other is said.
    pub(super) fn pay_back(
        &mut self,
        payment: Sym<kind::Payment>,
        part: Option<Decimal>,
        bank: Option<Sym<kind::BankAccount>>,
    ) {
        let Some(paid) = &mut self.payments[payment.index()] else { return };
        let amount = match part {
            Some(part) => paid.open.take(part),
            None => paid.open.end(),
        };
        let (advances, rated) = (paid.advances, paid.open.rated());
        let bank = bank.map_or(paid.bank, Account::Bank);
        // Of a payment received all goes the other way; of one made as well.
        let sign = if advances == Account::Advances { Decimal::ONE } else { Decimal::NEGATIVE_ONE };
        let kept_back =
            if part.is_none() { self.keep_back(payment, rated, -sign) } else { Decimal::ZERO };
        self.draft(advances, rated.currency, amount * sign);
        self.draft(bank, rated.currency, (kept_back - amount) * sign);
    }
}

/// Where the money of a payment is, or was before these books.
pub(super) fn on_bank(bank: Option<Sym<kind::BankAccount>>) -> Account {
    bank.map_or(Account::Opening, Account::Bank)
}
