//! The sequencer: decider, committer and saver with the channels between them. Invariant: run by
//! three threads or one step at a time, it is the same code over the same channels, so that a
//! simulation can choose every interleaving and repeat it.

use std::{
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::{
    committer::Committer,
    decider::{Decider, Job},
    flight::Departure,
    follower::Follower,
    judge::{Bench, Judge},
    limits::{FORESEEN_MAX, STOP_PAUSE_MS, STOP_S_MAX},
    saver::Saver,
    shared::Shared,
};

/// Who owns a running ledger; the follower only on a log that is shared.
pub(crate) struct Crew {
    pub(crate) decider: Decider,
    pub(crate) committer: Committer,
    pub(crate) saver: Saver,
    pub(crate) follower: Option<Follower>,
    /// Without one the decider works everything out itself.
    pub(crate) judge: Option<Judge>,
}

/// One of the threads.
pub(crate) struct Worker {
    pub(crate) thread: JoinHandle<()>,
    /// Whether it ends only when the log has answered.
    pub(crate) waits_for_log: bool,
}

/// What they listen to.
pub(crate) struct Channels {
    pub(crate) jobs: Receiver<Job>,
    /// Tells the saver that it is time.
    pub(crate) saving: Receiver<()>,
    /// Tells the decider that something came back.
    pub(crate) woken: Receiver<()>,
    /// Tells the committer that the log has grown.
    pub(crate) growth: Receiver<()>,
}

/// The parts that own a running ledger, not yet on threads.
pub struct Sequencer {
    crew: Crew,
    channels: Channels,
    departures: Sender<Departure>,
    runway: Receiver<Departure>,
    /// The batch the committer has taken up and not appended: while it is there, the next one may
    /// be decided.
    taken: Option<Departure>,
}

impl Sequencer {
    /// Puts the parts together.
    pub(crate) fn new(crew: Crew, channels: Channels) -> Sequencer {
        let (departures, runway) = bounded(1);
        Sequencer { crew, channels, departures, runway, taken: None }
    }

    /// With a judge, who finds out beforehand what would take the decider long.
    #[must_use]
    pub fn judged(mut self) -> Sequencer {
        let (asks, asked) = bounded(FORESEEN_MAX);
        let (told, found) = bounded(FORESEEN_MAX);
        let shared = self.crew.decider.shared.clone();
        self.crew.decider.bench = Some(Bench { asks, found, waiting: 0 });
        self.crew.judge = Some(Judge { shared, asked, found: told });
        self
    }

    /// Finds out beforehand what the oldest request waits for that is handed to the judge; false if
    /// there is none.
    pub fn judge(&mut self) -> bool {
        self.crew.judge.as_ref().is_some_and(Judge::step)
    }

    /// Gives each part a thread; they end one after the other once no more jobs can come.
    pub(crate) fn spawn(self) -> Vec<Worker> {
        let Sequencer { crew, channels, departures, runway, taken: _ } = self;
        let Crew { decider, committer, saver, follower, judge } = crew;
        let Channels { jobs, saving, woken, growth } = channels;
        let shared = &saver.shared.clone();
        let mut workers = vec![
            Worker {
                thread: spawn("decider", shared, move || decider.run(&jobs, &departures, &woken)),
                waits_for_log: true,
            },
            Worker {
                thread: spawn("committer", shared, move || committer.run(&runway, growth)),
                waits_for_log: true,
            },
            Worker {
                thread: spawn("saver", shared, move || saver.run(&saving)),
                waits_for_log: false,
            },
        ];
        workers.extend(judge.map(|judge| Worker {
            thread: spawn("judge", shared, move || judge.run()),
            waits_for_log: false,
        }));
        workers.extend(follower.map(|follower| Worker {
            thread: spawn("log follower", shared, move || follower.run()),
            waits_for_log: false,
        }));
        workers
    }

    /// Decides everything that waits, as one batch. False, and nothing is done, if nothing waits or
    /// two batches have not been committed yet: as with threads, the next is decided while one is
    /// appended.
    pub fn decide(&mut self) -> bool {
        if self.taken.is_none() {
            self.taken = self.runway.try_recv().ok();
        }
        if !self.runway.is_empty() {
            return false;
        }
        if !self.crew.decider.ready() {
            return false;
        }
        let Some(first) =
            self.crew.decider.returned().or_else(|| self.channels.jobs.try_recv().ok())
        else {
            return false;
        };
        self.crew.decider.round(first, &self.channels.jobs, &self.departures);
        true
    }

    /// Commits the oldest decided batch and answers. False if there is none.
    pub fn commit(&mut self) -> bool {
        if self.crew.committer.doubt.is_some() {
            self.crew.committer.resolve();
            return true;
        }
        let Some(departure) = self.taken.take().or_else(|| self.runway.try_recv().ok()) else {
            return false;
        };
        self.crew.committer.land(departure);
        true
    }

    /// Looks at the end of a shared log once, and reads what other nodes recorded.
    pub fn follow(&mut self) {
        let committer = &mut self.crew.committer;
        match committer.reader.wait(committer.shared.seen(), Duration::ZERO) {
            Ok(head) => committer.shared.see(head),
            Err(error) => return committer.shared.lose(&error),
        }
        committer.follow();
    }

    /// Takes in what other nodes recorded; false if there is nothing, or if batches that were
    /// decided before must be settled first.
    pub fn take_in(&mut self) -> bool {
        self.crew.decider.is_outrun() && self.crew.decider.ready()
    }

    /// Does all that is left and saves snapshots, as the threads do when the ledger stops.
    pub fn finish(mut self) {
        while self.take_in() || self.commit() || self.judge() || self.decide() {}
        self.crew.saver.shared.save_snapshot();
    }
}

/// Waits for the threads to end. Saving a snapshot may take its time, but a log that is shared
/// stands elsewhere and may never answer: who waits for that is left behind once no batch has been
/// settled for a while.
pub(crate) fn join(workers: Vec<Worker>, shared: &Shared, log_is_shared: bool) {
    let silence = Duration::from_secs(STOP_S_MAX);
    let (mut settled, mut until) =
        (shared.settled.load(Ordering::Acquire), Instant::now() + silence);
    for Worker { thread, waits_for_log } in workers {
        while log_is_shared && waits_for_log && !thread.is_finished() {
            let now = shared.settled.load(Ordering::Acquire);
            if now != settled {
                (settled, until) = (now, Instant::now() + silence);
            }
            if Instant::now() > until {
                tracing::error!(
                    "the log has not answered for {STOP_S_MAX} s; whether what was sent to it last \
                     is recorded is not known"
                );
                return;
            }
            std::thread::sleep(Duration::from_millis(STOP_PAUSE_MS));
        }
        if thread.join().is_err() {
            tracing::error!("a thread of the ledger panicked");
        }
    }
}

/// A thread of the ledger. If it panics the ledger takes no writes any more, since nobody else does
/// its work.
pub(crate) fn spawn(
    name: &'static str,
    shared: &Arc<Shared>,
    run: impl FnOnce() + Send + 'static,
) -> JoinHandle<()> {
    let watch = Watch { name, shared: shared.clone() };
    let watched = move || {
        let _watch = watch;
        run();
    };
    match std::thread::Builder::new().name(name.into()).spawn(watched) {
        Ok(handle) => handle,
        Err(error) => unreachable!("the machine gives no thread for the {name}: {error}"),
    }
}

struct Watch {
    name: &'static str,
    shared: Arc<Shared>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared.poison(format!("the {} has panicked; start the server again", self.name));
        }
    }
}
