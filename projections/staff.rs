//! The read model of staff, and the metrics that measures and targets are of.

use std::sync::Arc;

use sijil_facts::Ids;
pub use sijil_facts::staff::*;
use sijil_schemas::Record;

use crate::fold::{Fold, Quarantined};

mod metrics;

pub use metrics::{Metric, Unit};

impl Fold for Staff {
    const NAME: &'static str = "staff";
    const EDITION: u32 = 6;

    fn apply(&self, record: &Record) {
        self.take(record);
    }
    fn quarantine(&self) -> Vec<Quarantined> {
        Staff::quarantine(self)
    }
    fn link(&mut self, ids: &Arc<Ids>) {
        self.count_in(ids.clone());
    }
}

/// Whether a department is another, or a part of it: `sales/north` is a part of `sales`.
#[must_use]
pub fn is_part(department: &str, of: &str) -> bool {
    department.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
