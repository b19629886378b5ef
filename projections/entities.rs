//! The read model of entities: which exist, how many revisions each has, and which records name it.
//! Invariant: its numbers are those of all other folds.

pub use sijil_facts::{Entities, Life};
use sijil_schemas::Record;

use crate::fold::Fold;

impl Fold for Entities {
    const NAME: &'static str = "entities";
    const EDITION: u32 = 4;
    const WHOLE: bool = false;

    fn apply(&self, record: &Record) {
        self.take(record);
    }
}
