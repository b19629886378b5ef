//! The read model of deals, and what the reports on them share. The client of a deal is
//! `clients::client_of`'s to say.

use std::sync::Arc;

use rust_decimal::Decimal;
use sijil_facts::Ids;
pub use sijil_facts::deals::*;
use sijil_schemas::Record;

use crate::{
    fold::{Fold, Quarantined},
    ratio::Ratio,
};

mod groups;

pub(crate) use groups::{
    GROUP, Group, Grouping, PIPELINE, Slice, Spread, convert, currencies, currency_cell,
    day_decimal, deals_asked, deals_asked_within, deals_opened, group_columns, shown, weighted,
};

impl Fold for Deals {
    const NAME: &'static str = "deals";
    const EDITION: u32 = 4;

    fn apply(&self, record: &Record) {
        self.take(record);
    }
    fn quarantine(&self) -> Vec<Quarantined> {
        Deals::quarantine(self)
    }
    fn link(&mut self, ids: &Arc<Ids>) {
        self.count_in(ids.clone());
    }
}

/// Microseconds as exact days of 24 hours.
#[must_use]
pub(crate) fn days(micros: impl Into<Decimal>) -> Ratio {
    Ratio::of(micros.into(), Decimal::from(86_400_000_000_i64))
        .unwrap_or_else(|| Ratio::whole(Decimal::ZERO))
}
