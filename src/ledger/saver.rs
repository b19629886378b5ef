//! The saver: one thread that saves snapshots. Invariant: it saves what is durable, while others go
//! on; nobody waits for it.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::shared::Shared;

pub(crate) struct Saver {
    pub(crate) shared: Arc<Shared>,
}

impl Saver {
    /// Runs until the committer, who says when it is time, has gone; then saves once more.
    pub(crate) fn run(self, told: &Receiver<()>) {
        while told.recv().is_ok() {
            self.shared.save_snapshot();
        }
        self.shared.save_snapshot();
    }
}
