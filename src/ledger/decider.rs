//! The decider: one thread that says what follows what. Invariant: it decides in the order requests
//! came, against everything decided before, and drops every decision that does not become durable.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, select};
use sijil_log::seam::{Clock, Randomness};
use sijil_rules::Book;
use sijil_schemas::{Position, time::Timestamp};
use tokio::sync::oneshot;

use crate::{
    flight::{Departure, Flight, Kept, Reply},
    limits::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX, TAKEN_BACK_BYTES_MAX},
    request::{Atomicity, Expectation, Parsed, Prepared, Receipt, SubmitError},
    shared::Shared,
    stored::Stored,
};

mod permission;
mod verdict;

pub(crate) use permission::Bounds;

/// A parsed request in the queue.
pub(crate) struct Job {
    pub(crate) prepared: Vec<Result<Prepared, SubmitError>>,
    pub(crate) expect: Vec<Expectation>,
    pub(crate) atomicity: Atomicity,
    /// Its ids were made under its key before the ledger had an id.
    pub(crate) unopened: bool,
    pub(crate) reply: oneshot::Sender<Result<Receipt, SubmitError>>,
    /// How often another node was first.
    pub(crate) races: u32,
}

impl Job {
    /// A request, and where its answer comes.
    pub(crate) fn of(parsed: Parsed) -> (Job, oneshot::Receiver<Result<Receipt, SubmitError>>) {
        let Parsed { prepared, expect, atomicity, unopened } = parsed;
        let (reply, answer) = oneshot::channel();
        (Job { prepared, expect, atomicity, unopened, reply, races: 0 }, answer)
    }
}

pub(crate) struct Decider {
    pub(crate) shared: Arc<Shared>,
    pub(crate) stored: Stored,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) book: Book,
    pub(crate) rights: Bounds,
    /// Decided, not known to be durable yet.
    pub(crate) in_flight: Vec<Arc<Flight>>,
    pub(crate) building: Flight,
    pub(crate) building_bytes: usize,
    /// The most bytes of one batch that the log takes.
    pub(crate) batch_bytes_max: usize,
    pub(crate) replies: Vec<Reply>,
    pub(crate) recorded_at: Timestamp,
    /// Whether requests are kept, to be decided again if another node is first.
    pub(crate) keeps: bool,
    /// Whether the job in hand was decided before.
    pub(crate) retrying: bool,
    /// Jobs that came back, older than any in the queue.
    pub(crate) again: VecDeque<Job>,
    /// Batches that were handed over.
    pub(crate) sent: u64,
}

impl Decider {
    /// Runs until the queue is closed and every batch has been settled, or the committer, who alone
    /// holds the other end of `wake`, is gone.
    pub(crate) fn run(
        mut self,
        jobs: &Receiver<Job>,
        departures: &Sender<Departure>,
        wake: &Receiver<()>,
    ) {
        let mut open = true;
        loop {
            if !self.ready() {
                if wake.recv().is_err() {
                    return;
                }
            } else if let Some(first) = self.again.pop_front() {
                self.round(first, jobs, departures);
            } else if open {
                select! {
                    recv(jobs) -> job => match job {
                        Ok(first) => self.begin(first, jobs, departures),
                        Err(_) => open = false,
                    },
                    recv(wake) -> told => if told.is_err() { return },
                }
            } else if self.sent == self.shared.settled.load(Ordering::Acquire) {
                // Whatever came back was there before the last batch was settled.
                if self.ready() && self.again.is_empty() {
                    return;
                }
            } else if wake.recv_timeout(Duration::from_millis(10))
                == Err(RecvTimeoutError::Disconnected)
            {
                return;
            }
        }
    }

    /// A round with a new job, behind those that came back while it was waited for.
    fn begin(&mut self, first: Job, jobs: &Receiver<Job>, departures: &Sender<Departure>) {
        if !self.ready() || !self.again.is_empty() {
            self.again.push_back(first);
            return;
        }
        self.round(first, jobs, departures);
    }

    /// Decides one job and whatever waits behind it, and lets the batch go.
    pub(crate) fn round(
        &mut self,
        first: Job,
        jobs: &Receiver<Job>,
        departures: &Sender<Departure>,
    ) {
        let shared = self.shared.clone();
        let mut tail = shared.tail();
        self.land();
        self.take(first, departures);
        // Group commit: whatever else has come by now goes along; no timer.
        while !self.is_full() {
            let Some(job) = self.again.pop_front().or_else(|| jobs.try_recv().ok()) else { break };
            self.take(job, departures);
        }
        self.depart(departures);
        tail.clone_from(&self.in_flight);
    }

    fn is_full(&self) -> bool {
        self.building.records.len() >= BATCH_RECORDS_MAX
            || self.building_bytes >= BATCH_BYTES_MAX.min(self.batch_bytes_max)
    }

    fn take(&mut self, job: Job, departures: &Sender<Departure>) {
        let Job { prepared, expect, atomicity, unopened, reply, races } = job;
        let kept = self.keeps.then(|| Kept {
            prepared: prepared.clone(),
            expect: expect.clone(),
            atomicity,
            unopened,
            races,
        });
        self.retrying = races > 0;
        // A log that takes less at once than this batch has room for gets the request in a batch of
        // its own.
        let room = self.batch_bytes_max.saturating_sub(self.building_bytes);
        if self.batch_bytes_max < BATCH_BYTES_MAX
            && !self.building.records.is_empty()
            && prepared.iter().flatten().map(Prepared::bytes_at_most).sum::<usize>() > room
        {
            self.depart(departures);
        }
        let answer = match atomicity {
            _ if unopened && self.was_opened_by_another(&prepared) => {
                Err(SubmitError::Unavailable {
                    why: "another request opened it while this one waited; send again".into(),
                })
            }
            Atomicity::Together => self.decide_together(prepared, &expect),
            Atomicity::Alone => Ok(self.decide_alone(prepared, departures)),
        };
        match answer {
            // On a shared log a no stands only if no other node was first, so it waits for its
            // batch like a yes.
            Err(error) if !self.keeps => drop(reply.send(Err(error))),
            answer => self.replies.push(Reply { to: reply, answer, kept }),
        }
    }

    /// Whether the ledger has been opened, and by none of these: under their key they will have
    /// other ids from now on.
    fn was_opened_by_another(&mut self, prepared: &[Result<Prepared, SubmitError>]) -> bool {
        self.book.company.opened_at(self.book.now()).is_some()
            && !prepared
                .iter()
                .flatten()
                .any(|one| matches!(self.stored_of(one.candidate.id), Ok(Some(_))))
    }

    /// Hands the batch over and starts the next one behind it.
    pub(crate) fn depart(&mut self, departures: &Sender<Departure>) {
        let next = Flight { at: self.building.last(), run: self.building.run, ..Flight::default() };
        let flight = Arc::new(std::mem::replace(&mut self.building, next));
        self.building_bytes = 0;
        if !flight.records.is_empty() {
            self.in_flight.push(flight.clone());
        }
        self.sent += 1;
        // The channel holds one batch: here the decider waits while the one before is synced.
        if let Err(lost) =
            departures.send(Departure { flight, replies: std::mem::take(&mut self.replies) })
        {
            for reply in lost.0.replies {
                drop(
                    reply.to.send(Err(SubmitError::Unavailable {
                        why: "the ledger is stopping".into(),
                    })),
                );
            }
        }
    }

    /// Whether the next batch may be decided. After the end of a run that is only so once every
    /// batch of it has been settled, since what came back from them goes before what is new; then
    /// the decisions that did not land are dropped and what other nodes recorded is taken in.
    pub(crate) fn ready(&mut self) -> bool {
        if !self.is_outrun() {
            return true;
        }
        if self.shared.settled.load(Ordering::Acquire) < self.sent {
            return false;
        }
        let shared = self.shared.clone();
        let mut tail = shared.tail();
        let mut news = shared.news();
        let (run, durable) = (
            shared.run.load(Ordering::Acquire),
            Position::new(shared.durable.load(Ordering::Acquire)),
        );
        let foreign = std::mem::take(&mut news.foreign);
        self.again.extend(news.returned.drain(..));
        drop(news);
        self.in_flight.clear();
        tail.clear();
        self.book.go_on_with(shared.known().families());
        self.book.truncate(foreign.first().map_or(durable, |flight| flight.at));
        for record in foreign.iter().flat_map(|flight| &flight.records) {
            self.recorded_at = self.recorded_at.max(record.recorded_at);
            self.book.apply(record);
        }
        if let Some(last) = foreign.iter().rev().find_map(|flight| flight.records.last()) {
            let assembly = self.book.assembly().clone();
            shared.publish(last.position, Some(last.recorded_at), assembly);
        }
        self.rights.clear();
        self.building = Flight { at: durable, run, ..Flight::default() };
        self.building_bytes = 0;
        true
    }

    /// Whether the run it decides in has ended.
    pub(crate) fn is_outrun(&self) -> bool {
        self.shared.run.load(Ordering::Acquire) != self.building.run
    }

    /// The next job that came back.
    pub(crate) fn returned(&mut self) -> Option<Job> {
        self.again.pop_front()
    }

    /// Forgets flights that landed and are known, and goes on with the families that readers ask.
    fn land(&mut self) {
        let known = self.shared.known();
        self.in_flight.retain(|flight| flight.last() > known.position());
        self.book.go_on_with(known.families());
        if known.left_over() > TAKEN_BACK_BYTES_MAX {
            let anew = self.shared.exchange_in_hand(|known| {
                Ok::<_, std::convert::Infallible>((known.families().copy(Position::MAX), ()))
            });
            anew.unwrap_or_else(|never| match never {});
            self.book.go_on_with(self.shared.known().families());
        }
    }
}
