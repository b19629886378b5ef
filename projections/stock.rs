//! The read model of goods; quantities and costs, which are derived from it.

use std::sync::Arc;

use sijil_facts::Ids;
pub use sijil_facts::stock::*;
use sijil_schemas::Record;

use crate::fold::{Fold, Quarantined};

mod layers;
mod outstanding;
mod quantities;
pub mod valuation;

pub use layers::{Layer, Source, Valued};
pub use outstanding::{demand, demanded, expected, expected_parts};
pub use quantities::{Moves, Moving, Quantities, moving, quantities};

impl Fold for Stock {
    const NAME: &'static str = "stock";
    const EDITION: u32 = 5;

    fn apply(&self, record: &Record) {
        self.take(record);
    }
    fn quarantine(&self) -> Vec<Quarantined> {
        Stock::quarantine(self)
    }
    fn link(&mut self, ids: &Arc<Ids>) {
        self.count_in(ids.clone());
    }
}
