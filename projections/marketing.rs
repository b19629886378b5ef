//! The read model of marketing.

use std::sync::Arc;

use sijil_facts::Ids;
pub use sijil_facts::marketing::*;
use sijil_schemas::Record;

use crate::fold::{Fold, Quarantined};

impl Fold for Marketing {
    const NAME: &'static str = "marketing";
    const EDITION: u32 = 5;

    fn apply(&self, record: &Record) {
        self.take(record);
    }
    fn quarantine(&self) -> Vec<Quarantined> {
        Marketing::quarantine(self)
    }
    fn link(&mut self, ids: &Arc<Ids>) {
        self.count_in(ids.clone());
    }
}
