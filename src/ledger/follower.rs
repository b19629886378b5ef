//! The follower: one thread that waits for the log to grow. Invariant: it takes nothing in itself; it tells the committer, which knows what is its own.

use std::{sync::Arc, time::Duration};

use crossbeam_channel::Sender;
use sijil_log::Reader;

use crate::{
    ledger::Shared,
    limits::{DOUBT_PAUSE_MS, FOLLOW_WAIT_MS},
};

pub(crate) struct Follower {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reader: Arc<dyn Reader>,
    pub(crate) grown: Sender<()>,
}

impl Follower {
    /// Runs until the ledger stops.
    pub(crate) fn run(self) {
        while !self.shared.stopping() {
            let pause = if self.shared.out_of_reach().is_some() { DOUBT_PAUSE_MS } else { FOLLOW_WAIT_MS };
            match self.reader.wait(self.shared.seen(), Duration::from_millis(pause)) {
                Ok(head) => self.shared.see(head),
                Err(error) => {
                    self.shared.lose(&error);
                    std::thread::sleep(Duration::from_millis(DOUBT_PAUSE_MS));
                    continue;
                }
            }
            if self.shared.is_behind() {
                let _ = self.grown.try_send(());
            }
        }
    }
}
