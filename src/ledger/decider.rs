//! The decider: one thread that says what follows what. Invariant: it decides in the order requests
//! came, against everything decided before, and drops every decision that does not become durable.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, never, select};
use sijil_log::seam::{Clock, Randomness};
use sijil_rules::{Beforehand, Book, Trace};
use sijil_schemas::{Event, Position, Record, decode::Candidate, event::System, time::Timestamp};
use tokio::sync::oneshot;

use crate::{
    flight::{Departure, Flight, Kept, Reply},
    judge::{Bench, Foresight, Next, Recent, may_ask_again, may_be_long},
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
    /// How far it is with what is found out for it beforehand.
    pub(crate) foresight: Foresight,
}

impl Job {
    /// A request, and where its answer comes.
    pub(crate) fn of(parsed: Parsed) -> (Job, oneshot::Receiver<Result<Receipt, SubmitError>>) {
        let Parsed { prepared, expect, atomicity, unopened } = parsed;
        let (reply, answer) = oneshot::channel();
        let foresight = Foresight::Unasked;
        (Job { prepared, expect, atomicity, unopened, reply, races: 0, foresight }, answer)
    }
    /// Its event, if it has but one, which came whole.
    pub(crate) fn alone(&self) -> Option<&Candidate> {
        let [Ok(one)] = self.prepared.as_slice() else { return None };
        one.later.is_empty().then_some(&one.candidate)
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
    /// Who finds out beforehand what takes long; without, all is worked out here.
    pub(crate) bench: Option<Bench>,
    /// What came last.
    pub(crate) recent: Recent,
    /// What was found out for the event in hand.
    pub(crate) in_hand: Option<Box<Beforehand>>,
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
        let nothing = never();
        loop {
            let found = self.bench.as_ref().map_or_else(never, |bench| bench.found.clone());
            if !self.ready() {
                if wake.recv().is_err() {
                    return;
                }
            } else if let Some(first) = self.returned() {
                self.round(first, jobs, departures);
            } else if open || self.awaits_judge() {
                select! {
                    recv(if open { jobs } else { &nothing }) -> job => match job {
                        Ok(first) => self.begin(first, jobs, departures),
                        Err(_) => open = false,
                    },
                    recv(found) -> job => match job {
                        Ok(first) => {
                            self.came_back();
                            self.begin(first, jobs, departures);
                        }
                        // What it had is lost with it.
                        Err(_) => self.bench = None,
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

    fn awaits_judge(&self) -> bool {
        self.bench.as_ref().is_some_and(|bench| bench.waiting > 0)
    }
    fn came_back(&mut self) {
        if let Some(bench) = &mut self.bench {
            bench.waiting -= 1;
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
            let Some(job) = self.returned().or_else(|| jobs.try_recv().ok()) else { break };
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
        let Next::Decide(job, found) = self.foresee(job) else { return };
        self.in_hand = found;
        self.decide_job(job, departures);
        self.in_hand = None;
    }

    /// Has found out beforehand what takes long, so that others are answered meanwhile.
    fn foresee(&mut self, job: Job) -> Next {
        let times = match job.foresight {
            Foresight::Unasked => 0,
            Foresight::Found { verdict, .. } if self.recent.bear(&verdict) => {
                self.shared.counters.foreseen.fetch_add(1, Ordering::Relaxed);
                return Next::Decide(Job { foresight: Foresight::Here, ..job }, Some(verdict));
            }
            Foresight::Found { times, .. } => {
                self.shared.counters.outrun.fetch_add(1, Ordering::Relaxed);
                times
            }
            Foresight::Asked { .. } | Foresight::Here => {
                return Next::Decide(Job { foresight: Foresight::Here, ..job }, None);
            }
        };
        let job = Job { foresight: Foresight::Here, ..job };
        let Some(target) = may_ask_again(times).then(|| self.is_long(&job)).flatten() else {
            return Next::Decide(job, None);
        };
        let Some(bench) = &mut self.bench else { return Next::Decide(job, None) };
        match bench.ask(job, times, target) {
            Ok(()) => Next::Wait,
            Err(job) => Next::Decide(*job, None),
        }
    }

    /// Whether a request is one event that would take long here, with the target of a void; `None`
    /// if it is not.
    fn is_long(&mut self, job: &Job) -> Option<Option<Record>> {
        self.bench.as_ref()?;
        let one = job.prepared.first()?.as_ref().ok()?;
        let event = &job.alone().filter(|candidate| may_be_long(&candidate.event))?.event;
        // Who may not is told so, and nothing is worked out for him.
        self.check_permitted(one, 0).ok()?;
        let target = match event {
            Event::System(System::EventVoided(void)) => self.record_of(void.target.0).ok()?,
            _ => None,
        };
        Beforehand::asks_for(&self.book, event, target.as_ref()).then_some(target)
    }

    fn decide_job(&mut self, job: Job, departures: &Sender<Departure>) {
        let Job { prepared, expect, atomicity, unopened, reply, races, foresight: _ } = job;
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
        let stands = foreign.first().map_or(durable, |flight| flight.at);
        self.book.truncate(stands);
        self.recent.truncate(stands);
        for record in foreign.iter().flat_map(|flight| &flight.records) {
            self.recorded_at = self.recorded_at.max(record.recorded_at);
            self.book.apply(record);
            self.recent.push(Trace::of(record, record.touched()));
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

    /// The next job that came back, from other nodes being first or from the judge.
    pub(crate) fn returned(&mut self) -> Option<Job> {
        self.again.pop_front().or_else(|| {
            let job = self.bench.as_ref()?.found.try_recv().ok()?;
            self.came_back();
            Some(job)
        })
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
