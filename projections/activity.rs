//! The read model of activity, the threads that interactions make, and who sees to claims.

use std::sync::Arc;

use sijil_facts::Ids;
pub use sijil_facts::activity::*;
use sijil_schemas::Record;

use crate::fold::{Fold, Quarantined};

mod seen_to;
mod threads;

pub(crate) use seen_to::seen_to_by;
pub(crate) use threads::{Waiting, threads};

impl Fold for Activity {
    const NAME: &'static str = "activity";
    const EDITION: u32 = 6;

    fn apply(&self, record: &Record) {
        self.take(record);
    }
    fn quarantine(&self) -> Vec<Quarantined> {
        Activity::quarantine(self)
    }
    fn link(&mut self, ids: &Arc<Ids>) {
        self.count_in(ids.clone());
    }
}
