//! The folder: one thread that takes durable records into the views. Invariant: views see durable records only, in order, and readers never hold up a write.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::{flight::Flight, ledger::Shared, limits::SNAPSHOT_RECORDS};

pub(crate) fn run(shared: &Arc<Shared>, landed: &Receiver<Arc<Flight>>) {
    let mut since_snapshot = 0;
    while let Ok(flight) = landed.recv() {
        shared.fold(&flight.records);
        since_snapshot += flight.records.len() as u64;
        if since_snapshot >= SNAPSHOT_RECORDS {
            since_snapshot = 0;
            shared.save_snapshot();
        }
    }
    shared.save_snapshot();
}
