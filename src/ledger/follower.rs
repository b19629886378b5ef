//! Threads that wait for the log to grow by others' hands. Invariant: where this process writes
//! too, the follower takes nothing in itself; it tells the committer, which knows what is its own.
//! Where it only reads, the onlooker takes in what is durable, in order.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use sijil_log::{ReadError, Reader};
use sijil_projections::Views;

use crate::{
    limits::{DOUBT_PAUSE_MS, FOLLOW_WAIT_MS, LOOK_PAUSE_MS},
    replay::{replay, take},
    shared::Shared,
};

/// Keeps the views of a ledger that was opened to read only up with the process that writes.
pub(crate) struct Onlooker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) views: Views,
    pub(crate) reader: Arc<dyn Reader>,
    pub(crate) threads: usize,
    /// Closed when the ledger stops.
    pub(crate) stopped: Receiver<()>,
}

impl Onlooker {
    /// Runs until the ledger stops.
    pub(crate) fn run(mut self) {
        while self.stopped.recv_timeout(Duration::from_millis(LOOK_PAUSE_MS))
            == Err(RecvTimeoutError::Timeout)
        {
            match self.look() {
                Ok(()) => self.shared.regain(),
                Err(error) => self.shared.lose(&error),
            }
        }
    }

    fn look(&mut self) -> Result<(), ReadError> {
        let (shared, views) = (self.shared.clone(), &mut self.views);
        let head = self.reader.wait(views.position(), Duration::ZERO)?;
        if head > views.position() {
            replay(&self.reader, views.position(), head, self.threads, |records| {
                let _in_hand = shared.tail();
                views.go_on_with(shared.known().families().clone());
                take(views, &records, 1);
                let assembly = views.assembly().clone();
                shared.publish(views.position(), views.recorded_at(), assembly);
            })?;
        }
        self.shared.durable.store(head.get(), Ordering::Release);
        Ok(())
    }
}

pub(crate) struct Follower {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reader: Arc<dyn Reader>,
    pub(crate) grown: Sender<()>,
}

impl Follower {
    /// Runs until the ledger stops.
    pub(crate) fn run(self) {
        while !self.shared.stopping() {
            let pause =
                if self.shared.out_of_reach().is_some() { DOUBT_PAUSE_MS } else { FOLLOW_WAIT_MS };
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
