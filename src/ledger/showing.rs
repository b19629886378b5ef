//! Records as they are shown at a desk. Invariant: what is hidden there is named and not told, and
//! a record that was voided says by whom, as known.

use sijil_log::ReadError;
use sijil_schemas::{Position, StoredRecord, record::Shown};

use crate::desk::Desk;

impl Desk {
    /// A record as it is shown here, without the void it may have met.
    pub fn told(&self, stored: &StoredRecord) -> Result<Shown, ReadError> {
        if !self.hides(stored) {
            return self.shown(stored);
        }
        let shown = stored.clone().without_persons().shown();
        let mut shown = shown.map_err(|error| ReadError::of_record(stored, error))?;
        shown.hidden = std::mem::take(&mut shown.missing);
        Ok(shown)
    }
    /// Records as they are shown here, each with who voided it, as known.
    pub fn all_told(
        &self,
        stored: &[StoredRecord],
        known_at: Position,
    ) -> Result<Vec<Shown>, ReadError> {
        let voided = self.voided(stored.iter().map(StoredRecord::position), known_at)?;
        let told = |stored: &StoredRecord| {
            let voided = voided.get(&stored.position()).cloned();
            let voided_by = voided.as_ref().map(|void| void.position);
            Ok(Shown { voided_by, voided, ..self.told(stored)? })
        };
        stored.iter().map(told).collect()
    }
}
