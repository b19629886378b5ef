//! The legs of bank accounts of another currency that are valued at the rate of a day. Invariant:
//! after it the account holds in base what is on it at that rate; in its own currency nothing
//! moves.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sijil_facts::accounts::{BANK_PATH, Entry};
use sijil_schemas::{id::kind, money::Currency};

use super::{Money, When};
use crate::{
    Sym,
    accounts::ledger::{Account, Ledger, LegUnit},
    base::Rated,
    families::Folds,
    report::ReportError,
};

/// What is on the bank accounts: in their own currencies moment by moment, and in base so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Foreign {
    own: BTreeMap<Sym<kind::BankAccount>, Vec<(When, Currency, Decimal)>>,
    base: BTreeMap<Sym<kind::BankAccount>, Decimal>,
}

/// The bank account of a leg, if it is on one.
fn bank(views: Folds<'_>, account: Account) -> Option<Sym<kind::BankAccount>> {
    match account {
        Account::Bank(bank) => Some(bank),
        Account::Named(path) => {
            let ids = views.accounts.ids();
            ids.find(ids.name(path).strip_prefix(BANK_PATH)?)
        }
        _ => None,
    }
}

impl Foreign {
    /// What is needed where books in base revalue anything; `None` where nothing does.
    pub(super) fn of(ledger: &Ledger<'_>) -> Result<Option<Foreign>, ReportError> {
        let revalues = |lens| {
            ledger
                .views
                .accounts
                .entries(lens)
                .any(|entry| matches!(entry.what, Entry::Revalued { .. }))
        };
        if !ledger.base || !revalues(ledger.lens) {
            return Ok(None);
        }
        let mut foreign = Foreign::default();
        Ledger { base: false, ..*ledger }.money(&mut |leg| {
            if let (Some(bank), LegUnit::Money(currency)) =
                (bank(ledger.views, leg.account), leg.unit)
            {
                let of = ((leg.at, leg.position), currency, leg.amount);
                foreign.own.entry(bank).or_default().push(of);
            }
        })?;
        Ok(Some(foreign))
    }
    /// A leg in base.
    pub(super) fn count(&mut self, views: Folds<'_>, account: Account, amount: Decimal) {
        if let Some(bank) = bank(views, account) {
            *self.base.entry(bank).or_default() += amount;
        }
    }
}

impl Money<'_, '_> {
    pub(super) fn revalue(
        &mut self,
        account: Sym<kind::Account>,
        when: When,
    ) -> Result<(), ReportError> {
        let Some(bank) = bank(self.ledger.views, Account::Named(account)) else { return Ok(()) };
        let (Some(foreign), Some(base)) = (&self.foreign, self.ledger.views.company.base()) else {
            return Ok(());
        };
        let mut own: BTreeMap<Currency, Decimal> = BTreeMap::new();
        for (_, currency, amount) in
            foreign.own.get(&bank).into_iter().flatten().filter(|(at, ..)| *at < when)
        {
            *own.entry(*currency).or_default() += amount;
        }
        let held = foreign.base.get(&bank).copied().unwrap_or_default();
        let mut worth = Decimal::ZERO;
        for (currency, amount) in own.into_iter().filter(|(_, amount)| !amount.is_zero()) {
            let (company, lens) = (self.ledger.views.company, self.ledger.lens);
            worth += Rated::base(company, lens, currency, when)?.whole(amount);
        }
        self.draft(Account::Bank(bank), base, worth - held);
        self.draft(Account::Exchange, base, held - worth);
        Ok(())
    }
}
