//! The read model of the company itself.

use std::sync::Arc;

use sijil_facts::Ids;
pub use sijil_facts::company::*;
use sijil_schemas::Record;

use crate::fold::{Fold, Quarantined};

impl Fold for Company {
    const NAME: &'static str = "company";
    const EDITION: u32 = 6;

    fn apply(&self, record: &Record) {
        self.take(record);
    }
    fn quarantine(&self) -> Vec<Quarantined> {
        Company::quarantine(self)
    }
    fn link(&mut self, ids: &Arc<Ids>) {
        self.count_in(ids.clone());
    }
}
