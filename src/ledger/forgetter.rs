//! The forgetter: one thread that takes erased values out of the log. Invariant: it works off what
//! the log says was erased, so a kill leaves nothing undone that the next start would not do; a
//! place is told to be done only after its bytes are gone.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use serde_json::json;
use sijil_log::{Eraser, Gone, ReadLimit, Reader, seam::Clock};
use sijil_schemas::{PersonalPart, Position, StoredRecord, decode::Draft};
use uuid::Uuid;

use crate::{
    caller::Caller,
    decider::Job,
    limits::{FORGET_AGAIN_S, FORGET_LOOK_MS},
    request::{Atomicity, Request, prepare, with_causes},
    shared::Shared,
};

/// Takes erased values out for as long as a ledger runs.
pub(crate) struct Forgetter {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reader: Arc<dyn Reader>,
    pub(crate) eraser: Arc<dyn Eraser>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where it asks for its own records.
    pub(crate) jobs: Sender<Job>,
    /// Closed when the ledger stops.
    pub(crate) stopped: Receiver<()>,
}

impl Forgetter {
    /// Runs until the ledger stops. At its start it looks at the log's files also where all is told
    /// to be done: a restore may have brought something back.
    pub(crate) fn run(self) {
        let (mut looked, mut pause) = (0, Duration::ZERO);
        while self.stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            pause = Duration::from_millis(FORGET_LOOK_MS);
            let known = self.shared.known();
            let (access, lens) = (known.folds().access, known.now());
            // None is ever taken back, so their number tells of another.
            let erasures = if access.erases() { access.erasures(lens).len() } else { 0 };
            if erasures == looked {
                continue;
            }
            match self.forget(&access.erased_parts(lens)) {
                Ok(true) => looked = erasures,
                // What is not sealed waits for the next batch.
                Ok(false) => pause = Duration::from_secs(FORGET_AGAIN_S),
                Err(error) => {
                    tracing::error!(
                        error = with_causes(&error),
                        "erased values are still in the log's files; they are shown to nobody, and \
                         it is tried again"
                    );
                    pause = Duration::from_secs(FORGET_AGAIN_S);
                }
            }
        }
    }

    /// Takes erased parts out of the log's files, and records which erasures are done there;
    /// whether nothing is left to do.
    fn forget(&self, parts: &[PersonalPart]) -> io::Result<bool> {
        let done = self.eraser.erase(&gone(parts))?;
        if let Some(snapshots) = &self.shared.snapshots {
            snapshots.drop_others()?;
        }
        if done.removed > 0 {
            tracing::info!(parts = done.removed, "erased values are gone from the log's files");
        }
        let is_waiting = |part: &PersonalPart| done.waiting.contains(&part.position);
        for (erasure, parts) in self.due() {
            if !parts.iter().any(is_waiting) {
                self.told_done(&erasure)?;
            }
        }
        if !done.waiting.is_empty() {
            self.shared.sealing.store(true, Ordering::Release);
        }
        Ok(done.waiting.is_empty())
    }

    /// The erasures that are not told to be done where the log stands, with their parts.
    fn due(&self) -> Vec<(String, Vec<PersonalPart>)> {
        let known = self.shared.known();
        let (access, lens, place) = (known.folds().access, known.now(), self.eraser.place());
        let states = access.erasures(lens).into_iter().filter_map(|id| access.erasure(id, lens));
        let due = states.filter(|state| state.places.iter().all(|(done, _)| *done != place));
        due.map(|state| (state.erasure.to_owned(), state.parts)).collect()
    }

    /// Records that an erasure is done here. Another node may have told it of the same log: then it
    /// is known.
    fn told_done(&self, erasure: &str) -> io::Result<()> {
        let place = self.eraser.place();
        let draft = json!({
            "type": "erasure.completed", "occurred_at": self.clock.now(),
            "data": {"erasure": erasure, "place": place},
        });
        let draft = Draft::from_value(draft).map_err(io::Error::other)?;
        let request = Request {
            drafts: vec![draft],
            key: Some(format!("erasure.completed/{erasure}/{place}")),
            expect: Vec::new(),
            atomicity: Atomicity::Alone,
        };
        let first = self.reader.read(Position::new(1), ReadLimit { records: 1, bytes: 1 });
        let first = first.map_err(io::Error::other)?;
        let ledger = first.first().map(StoredRecord::event_id).unwrap_or_default();
        // All ids come of the key.
        let parsed = prepare(request, &Caller::of_the_ledger(), ledger, Uuid::nil);
        let (job, answer) = Job::of(parsed.map_err(io::Error::other)?);
        self.shared.counters.waiting.fetch_add(1, Ordering::Relaxed);
        let sent = self.jobs.send(job).map_err(|_| io::Error::other("it is stopping"));
        let receipt = sent.and_then(|()| {
            answer.blocking_recv().map_err(io::Error::other)?.map_err(io::Error::other)
        });
        self.shared.counters.waiting.fetch_sub(1, Ordering::Relaxed);
        for outcome in receipt?.outcomes {
            outcome.map_err(io::Error::other)?;
        }
        Ok(())
    }
}

/// Parts by their records.
pub(crate) fn gone(parts: &[PersonalPart]) -> Gone {
    let mut gone = Gone::new();
    for PersonalPart { position, part } in parts {
        gone.entry(*position).or_default().push(*part);
    }
    gone
}
