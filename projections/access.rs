//! The read model of access.

use std::sync::Arc;

use sijil_facts::Ids;
pub use sijil_facts::access::*;
use sijil_schemas::Record;

use crate::fold::{Fold, Quarantined};

impl Fold for Access {
    const NAME: &'static str = "access";
    const EDITION: u32 = 3;

    fn apply(&self, record: &Record) {
        self.take(record);
    }
    fn quarantine(&self) -> Vec<Quarantined> {
        Access::quarantine(self)
    }
    fn link(&mut self, ids: &Arc<Ids>) {
        self.count_in(ids.clone());
    }
}
