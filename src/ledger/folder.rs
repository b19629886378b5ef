//! The folder: one thread that takes durable records into the views. Invariant: views see durable
//! records only, in order, and readers never hold up a write.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::{flight::Flight, limits::SNAPSHOT_RECORDS, shared::Shared};

pub(crate) struct Folder {
    pub(crate) shared: Arc<Shared>,
    pub(crate) since_snapshot: u64,
}

impl Folder {
    /// Runs until the committer has gone, then saves snapshots.
    pub(crate) fn run(mut self, landed: &Receiver<Arc<Flight>>) {
        while let Ok(flight) = landed.recv() {
            self.fold(&flight);
        }
        self.shared.save_snapshot();
    }

    /// Folds one batch.
    pub(crate) fn fold(&mut self, flight: &Flight) {
        self.shared.fold(&flight.records);
        self.since_snapshot += flight.records.len() as u64;
        if self.since_snapshot >= SNAPSHOT_RECORDS {
            self.since_snapshot = 0;
            self.shared.save_snapshot();
        }
    }
}
