//! Staff: being written. Invariant: none yet.

use serde::{Deserialize, Serialize};
use sijil_schemas::Record;

use crate::fold::{Fold, Quarantine};

/// The read model.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Staff {
    quarantine: Quarantine,
}

impl Fold for Staff {
    const NAME: &'static str = "staff";
    const EDITION: u32 = 1;
    fn apply(&mut self, _record: &Record) {}
    fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }
}
