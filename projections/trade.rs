//! The read model of trade, and what its reports share.

use std::sync::Arc;

use sijil_facts::Ids;
pub use sijil_facts::trade::*;
use sijil_schemas::Record;

use crate::fold::{Fold, Quarantined};

pub(crate) mod calendar;
pub(crate) mod costs;
pub(crate) mod fulfilment;
pub(crate) mod grouping;
pub mod owed;
pub(crate) mod priced;
pub mod sales;
pub mod settlement;
pub(crate) mod sold;

impl Fold for Trade {
    const NAME: &'static str = "trade";
    const EDITION: u32 = 8;

    fn apply(&self, record: &Record) {
        self.take(record);
    }
    fn quarantine(&self) -> Vec<Quarantined> {
        Trade::quarantine(self)
    }
    fn link(&mut self, ids: &Arc<Ids>) {
        self.count_in(ids.clone());
    }
}
