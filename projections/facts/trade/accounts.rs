//! Accounts of the double entry, as far as rules ask for them: the only unit each takes, and the
//! units that were posted to it. Invariant: each unit of an account is listed once, at its first
//! posting; every posting is kept with it.

use sijil_schemas::{Record, Unit, id::kind, money::Currency};

use super::Trade;
use crate::{
    cells,
    cut::{Dated, Lens, Side},
    ids::Sym,
};

cells! {
    /// What a posting counts.
    pub enum UnitSym {
        /// Money.
        Currency {
            /// Of which currency.
            currency: Currency,
        },
        /// Goods.
        Item {
            /// Units of which item.
            item: Sym<kind::Item>,
        },
    }
}

/// What the number of a unit of an account stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posted;

impl Trade {
    pub(super) fn unit(&self, unit: &Unit) -> UnitSym {
        match unit {
            Unit::Currency(currency) => UnitSym::Currency { currency: *currency },
            Unit::Item(item) => UnitSym::Item { item: self.ids.sym(item) },
        }
    }
    /// The unit of a number.
    fn unit_of(&self, unit: UnitSym) -> Unit {
        match unit {
            UnitSym::Currency { currency } => Unit::Currency(currency),
            UnitSym::Item { item } => {
                let item = self.ids.entity_of(item.into()).typed();
                Unit::Item(item.expect("an item"))
            }
        }
    }
    /// Takes note that something was posted to an account.
    pub(super) fn post(&self, record: &Record, account: Sym<kind::Account>, unit: UnitSym) {
        let known = self.units.of(account).rows(Side::Decided);
        let row = known.into_iter().find(|row| self.units.at(*row).what == unit);
        let row = row.unwrap_or_else(|| self.units.push(account, Dated::of(record, unit)));
        self.posted.push(Sym::of(row), Dated::of(record, ()));
    }
    /// The only unit an account takes, as known; `Some(None)` if it takes any.
    #[must_use]
    pub fn account_unit(&self, account: &str, lens: Lens<'_>) -> Option<Option<Unit>> {
        let opened = self.opened.of_any(self.ids.find(account)).newest_known(lens)?;
        Some(opened.what.map(|unit| self.unit_of(unit)))
    }
    /// The units that were posted to an account, as known, each with the first posting of it, in
    /// order of the units.
    #[must_use]
    pub fn posted_units(&self, account: &str, lens: Lens<'_>) -> Vec<Dated<Unit>> {
        let units = self.units.of_any(self.ids.find(account)).rows(lens.side);
        let mut all: Vec<Dated<Unit>> = units
            .into_iter()
            .filter_map(|row| {
                let first = self.posted.of(Sym::of(row)).known(lens).next()?;
                let what = self.unit_of(self.units.at(row).what);
                Some(Dated { at: first.at, position: first.position, what })
            })
            .collect();
        all.sort_by(|one, other| one.what.cmp(&other.what));
        all
    }
}
