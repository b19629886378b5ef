//! The committer: one thread that appends, syncs and answers. Invariant: nobody hears yes before the records are durable; after a failed append every batch decided on
//! top of it is refused too.

use std::sync::{Arc, atomic::Ordering};

use crossbeam_channel::{Receiver, Sender};
use sijil_log::{AppendError, Writer};
use sijil_schemas::Position;

use crate::{
    flight::{Departure, Flight, Reply},
    ledger::Shared,
    request::SubmitError,
};

pub(crate) struct Committer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) writer: Box<dyn Writer>,
    pub(crate) folder: Sender<Arc<Flight>>,
}

impl Committer {
    /// Runs until the decider has gone.
    pub(crate) fn run(mut self, departures: &Receiver<Departure>) {
        while let Ok(departure) = departures.recv() {
            self.land(departure);
        }
    }

    /// Appends one batch and answers.
    pub(crate) fn land(&mut self, Departure { flight, replies }: Departure) {
        if flight.run != self.shared.run.load(Ordering::Acquire) {
            refuse(replies, &SubmitError::Unavailable { why: "the batch before did not land; send again".into() });
            return;
        }
        if flight.records.is_empty() {
            answer(replies);
            return;
        }
        match self.writer.append(flight.at, &flight.batch) {
            Ok(()) => {
                self.shared.durable.store(flight.last().get(), Ordering::Release);
                self.shared.counters.appended(&flight);
                answer(replies);
                // Folding may lag behind the answers, by a bounded number of batches.
                drop(self.folder.send(flight));
            }
            Err(error) => self.fail(&error, flight.at, replies),
        }
    }

    fn fail(&self, error: &AppendError, at: Position, replies: Vec<Reply>) {
        tracing::error!(%error, %at, "append failed");
        if !matches!(error, AppendError::Full { .. }) {
            self.shared.poison(error.to_string());
        }
        self.shared.run.fetch_add(1, Ordering::AcqRel);
        refuse(replies, &SubmitError::of_append(error));
    }
}

fn answer(replies: Vec<Reply>) {
    for reply in replies {
        drop(reply.to.send(Ok(reply.receipt)));
    }
}

fn refuse(replies: Vec<Reply>, error: &SubmitError) {
    for reply in replies {
        drop(reply.to.send(Err(error.clone())));
    }
}
