//! The sequencer: decider, committer and folder with the channels between them. Invariant: run by three threads or one step at a time, it is the same
//! code over the same channels, so that a simulation can choose every interleaving and repeat it.

use std::{sync::Arc, thread::JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::{
    committer::Committer,
    decider::{Decider, Job},
    flight::{Departure, Flight},
    folder::Folder,
};

/// The three parts that own a running ledger, not yet on threads.
pub struct Sequencer {
    decider: Decider,
    committer: Committer,
    folder: Folder,
    jobs: Receiver<Job>,
    departures: Sender<Departure>,
    runway: Receiver<Departure>,
    landing: Receiver<Arc<Flight>>,
    /// The batch the committer has taken up and not appended: while it is there, the next one may be decided.
    taken: Option<Departure>,
}

impl Sequencer {
    /// Puts the parts together; `landing` is where the committer sends what is durable.
    pub(crate) fn new(decider: Decider, committer: Committer, folder: Folder, jobs: Receiver<Job>, landing: Receiver<Arc<Flight>>) -> Sequencer {
        let (departures, runway) = bounded(1);
        Sequencer { decider, committer, folder, jobs, departures, runway, landing, taken: None }
    }

    /// Gives each part a thread; they end one after the other once no more jobs can come.
    pub(crate) fn spawn(self) -> Vec<JoinHandle<()>> {
        let Sequencer { decider, committer, folder, jobs, departures, runway, landing, taken: _ } = self;
        vec![
            spawn("decider", move || decider.run(&jobs, &departures)),
            spawn("committer", move || committer.run(&runway)),
            spawn("folder", move || folder.run(&landing)),
        ]
    }

    /// Decides everything that waits, as one batch. False, and nothing is done, if nothing waits or two batches have not been committed yet: as with
    /// threads, the next is decided while one is appended.
    pub fn decide(&mut self) -> bool {
        if self.taken.is_none() {
            self.taken = self.runway.try_recv().ok();
        }
        if !self.runway.is_empty() {
            return false;
        }
        let Ok(first) = self.jobs.try_recv() else { return false };
        self.decider.round(first, &self.jobs, &self.departures);
        true
    }

    /// Commits the oldest decided batch and answers. False if there is none, or if durable batches must be folded first.
    pub fn commit(&mut self) -> bool {
        if self.landing.is_full() {
            return false;
        }
        let Some(departure) = self.taken.take().or_else(|| self.runway.try_recv().ok()) else { return false };
        self.committer.land(departure);
        true
    }

    /// Folds one durable batch; false if there is none.
    pub fn fold(&mut self) -> bool {
        let Ok(flight) = self.landing.try_recv() else { return false };
        self.folder.fold(&flight);
        true
    }

    /// Does all that is left and saves snapshots, as the threads do when the ledger stops.
    pub fn finish(mut self) {
        while self.fold() || self.commit() || self.decide() {}
        self.folder.shared.save_snapshot();
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    match std::thread::Builder::new().name(name.into()).spawn(run) {
        Ok(handle) => handle,
        Err(error) => unreachable!("the machine gives no thread for the {name}: {error}"),
    }
}
