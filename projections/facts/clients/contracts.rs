//! Contracts, how they were changed and when they ended. Invariant: what an amendment does not say
//! stays as it was; nothing is amended after a termination.

use sijil_schemas::{
    ContractAmended, Position, Record,
    id::{ContractId, kind},
    money::Money,
    time::{Date, Timestamp},
};

use super::{Clients, ContractTerms};
use crate::{
    cells,
    chain::Chain,
    cut::{Dated, Lens},
    ids::Sym,
};

cells! {
    /// A change of a contract, or its end; what is absent stays.
    pub struct Amendment {
        /// The last day it holds.
        pub valid_to: Option<Date>,
        /// Days until a payment is due.
        pub payment_days: Option<u32>,
        /// How much may be owed.
        pub credit_limit: Option<Money>,
        /// Whether the contract ends on this date.
        pub ends: bool,
    }
}

impl Amendment {
    pub(super) const fn of(e: &ContractAmended) -> Amendment {
        Amendment {
            valid_to: e.valid_to,
            payment_days: e.payment_days,
            credit_limit: e.credit_limit,
            ends: false,
        }
    }
    pub(super) const fn end() -> Amendment {
        Amendment { valid_to: None, payment_days: None, credit_limit: None, ends: true }
    }
    /// Whether it says until when the contract holds.
    #[must_use]
    pub const fn says_end(&self) -> bool {
        self.ends || self.valid_to.is_some()
    }
}

/// A contract as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contract {
    /// What is agreed.
    pub terms: ContractTerms,
    /// When it was ended, and by which record.
    pub ended: Option<(Timestamp, Position)>,
    /// The record that signed it.
    pub signed: Position,
    /// The record that says the last day it holds.
    pub valid_to_said: Position,
    /// The record that says after how many days a payment is due.
    pub payment_days_said: Position,
    /// The record that says how much may be owed.
    pub credit_limit_said: Position,
}

impl Clients {
    pub(super) fn amend(&self, record: &Record, contract: &ContractId, amendment: Amendment) {
        let contract = self.ids.sym(contract);
        self.amendments.push(contract, Dated::of(record, amendment));
        if amendment.says_end() {
            self.ends.push(contract, Dated::of(record, amendment));
        }
    }
    /// Every contract that was ever named, in order of first appearance.
    pub fn contracts(&self) -> impl Iterator<Item = Sym<kind::Contract>> {
        self.ids.syms()
    }
    /// A contract with what changed it; `None` if its signing is not known. As configuration is, it
    /// is in force on days of its own: its signing is cut by `known_at` alone, what changed it by
    /// both clocks.
    #[must_use]
    pub fn contract(
        &self,
        contract: Option<Sym<kind::Contract>>,
        lens: Lens<'_>,
    ) -> Option<Contract> {
        let signed = self.contracts.of_any(contract).newest_known(lens)?;
        let said = signed.position;
        let mut now = Contract {
            terms: signed.what,
            ended: None,
            signed: said,
            valid_to_said: said,
            payment_days_said: said,
            credit_limit_said: said,
        };
        for Dated { at, position, what } in self.amendments.of_any(contract).counting(lens) {
            if let Some(valid_to) = what.valid_to {
                (now.terms.valid_to, now.valid_to_said) = (Some(valid_to), position);
            }
            if let Some(days) = what.payment_days {
                (now.terms.payment_days, now.payment_days_said) = (days, position);
            }
            if let Some(limit) = what.credit_limit {
                (now.terms.credit_limit, now.credit_limit_said) = (Some(limit), position);
            }
            if what.ends {
                now.ended = Some((at, position));
            }
        }
        Some(now)
    }
    /// The signing of a contract, as known.
    #[must_use]
    pub fn signing(
        &self,
        contract: Option<Sym<kind::Contract>>,
        lens: Lens<'_>,
    ) -> Option<Dated<ContractTerms>> {
        self.contracts.of_any(contract).newest_known(lens)
    }
    /// What changed a contract, and what ended it.
    #[must_use]
    pub fn amendments(
        &self,
        contract: Option<Sym<kind::Contract>>,
    ) -> Chain<'_, kind::Contract, Amendment> {
        self.amendments.of_any(contract)
    }
    /// Those of them that say until when it holds.
    #[must_use]
    pub fn ends(
        &self,
        contract: Option<Sym<kind::Contract>>,
    ) -> Chain<'_, kind::Contract, Amendment> {
        self.ends.of_any(contract)
    }
}

impl Contract {
    /// The last day it holds: what was agreed, or the day it was ended on, if that is earlier.
    #[must_use]
    pub fn last_day(&self, date: impl Fn(Timestamp) -> Date) -> Option<Date> {
        let ended = self.ended.map(|(at, _)| date(at));
        self.terms.valid_to.into_iter().chain(ended).min()
    }
    /// The record that says the last day it holds.
    #[must_use]
    pub fn last_day_said(&self, date: impl Fn(Timestamp) -> Date) -> Position {
        match self.ended {
            Some((at, by)) if self.terms.valid_to.is_none_or(|to| date(at) < to) => by,
            _ => self.valid_to_said,
        }
    }
}
