//! The one façade both doors use. Invariant: writes go through the decider, reads see only what is
//! durable and folded.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use sijil_log::{
    Head, ReadError, Reader, Writer,
    seam::{Clock, Randomness},
};
use sijil_projections::{Known, Views};
use sijil_rules::Book;
use sijil_schemas::{Position, time::Timestamp};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    caller::Caller,
    committer::Committer,
    condition::{Condition, ReadOnly, Watched},
    decider::{Bounds, Decider, Job},
    flight::Flight,
    follower::{Follower, Onlooker},
    forgetter::Forgetter,
    judge::Recent,
    limits::QUEUE_REQUESTS_MAX,
    logins::Logins,
    masks::Masks,
    replay::load,
    request::{Parsed, Receipt, Request, SubmitError, Unqueued, prepare},
    saver::Saver,
    scrub::Scrubber,
    sequencer::{Channels, Crew, Sequencer, Worker, join, spawn},
    shared::{Counters, Shared},
    signing::Prover,
    snapshots::Snapshots,
    stored::Stored,
};

/// What a ledger is started with.
pub struct Parts {
    /// The log's writer; without one the ledger only answers questions.
    pub writer: Option<Box<dyn Writer>>,
    /// Why there is no writer.
    pub read_only_because: Option<ReadOnly>,
    /// The log's reader.
    pub reader: Arc<dyn Reader>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives random bytes.
    pub randomness: Arc<dyn Randomness>,
    /// Where fold states are saved; without, every start rebuilds.
    pub snapshots: Option<Snapshots>,
    /// Threads that decode records when folds are rebuilt.
    pub threads: usize,
    /// Hears how far the start has come: (position, head).
    pub progress: Option<Box<dyn Fn(Position, Position) + Send>>,
}

/// Why a ledger does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log cannot be read.
    #[error("the log cannot be read: {0}")]
    Read(#[from] ReadError),
}

/// A running ledger. Clones share it; it stops when [`Ledger::stop`] is called or the last clone
/// goes.
#[derive(Clone)]
pub struct Ledger {
    pub(crate) shared: Arc<Shared>,
    engine: Arc<Engine>,
    pub(crate) reader: Arc<dyn Reader>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) threads: usize,
    pub(crate) prover: Arc<Prover>,
    /// What nobody is shown.
    pub(crate) masks: Masks,
    /// Whom sign-in providers mean.
    pub(crate) logins: Logins,
}

/// The answer to a queued request, on its way.
#[derive(Debug)]
pub struct Pending(pub(crate) oneshot::Receiver<Result<Receipt, SubmitError>>);

struct Engine {
    shared: Arc<Shared>,
    jobs: Mutex<Option<Sender<Job>>>,
    workers: Mutex<Vec<Worker>>,
    /// Closes when the onlooker and the scrubber are to end.
    looking: Mutex<Option<Sender<()>>>,
    read_only_because: Option<ReadOnly>,
    log_is_shared: bool,
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Engine {
    fn stop(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        drop(self.looking.lock().unwrap_or_else(PoisonError::into_inner).take());
        let workers =
            std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        join(workers, &self.shared, self.log_is_shared);
    }
}

impl Ledger {
    /// Starts a ledger: restores snapshots, folds what is newer, and begins to take requests;
    /// without a writer, to follow the process that writes.
    pub fn start(parts: Parts) -> Result<Ledger, StartError> {
        let (ledger, worker) = Ledger::begin(parts)?;
        let (looking, stopped) = bounded(0);
        *ledger.engine.looking.lock().unwrap_or_else(PoisonError::into_inner) = Some(looking);
        let mut workers = worker
            .map_or_else(|views| vec![ledger.look_on(views, &stopped)], |it| it.judged().spawn());
        let forgetter = ledger.forgetter(stopped.clone());
        let scrubber = Scrubber { reader: ledger.reader.clone(), stopped };
        workers.push(Worker {
            thread: spawn("scrubber", &ledger.shared, move || scrubber.run()),
            waits_for_log: false,
        });
        workers.extend(forgetter.map(|forgetter| Worker {
            thread: spawn("forgetter", &ledger.shared, move || forgetter.run()),
            waits_for_log: true,
        }));
        *ledger.engine.workers.lock().unwrap_or_else(PoisonError::into_inner) = workers;
        Ok(ledger)
    }

    /// The same without threads: whoever calls takes every step of the sequencer. There is none if
    /// there is no writer.
    pub fn start_stepped(parts: Parts) -> Result<(Ledger, Option<Sequencer>), StartError> {
        let (ledger, sequencer) = Ledger::begin(parts)?;
        Ok((ledger, sequencer.ok()))
    }

    /// A ledger, and who takes records into its company: a sequencer, or the views themselves where
    /// there is no writer.
    fn begin(parts: Parts) -> Result<(Ledger, Result<Sequencer, Views>), StartError> {
        let condition = Condition::default();
        let masks = Masks::default();
        let reader =
            Watched { reader: parts.reader, condition: condition.clone(), masks: masks.clone() };
        let reader = Arc::new(reader);
        let parts = Parts { reader, ..parts };
        let head = parts.reader.head()?;
        let (views, recorded_at) = (load(&parts, head)?, head.recorded_at);
        let snapshots = parts.snapshots.filter(|_| parts.writer.is_some());
        let shared = Arc::new(Shared::new(
            head.position,
            views.known(),
            parts.reader.clone(),
            condition,
            snapshots,
        ));
        masks.follow(&shared);
        let log_is_shared = parts.writer.as_ref().is_some_and(|writer| writer.shared());
        let (workers, looking, read_only_because) =
            (Mutex::default(), Mutex::default(), parts.read_only_because);
        let mut engine = Engine {
            shared: shared.clone(),
            jobs: Mutex::new(None),
            workers,
            looking,
            read_only_because,
            log_is_shared,
        };
        let sequencer = match parts.writer {
            None => Err(views),
            Some(writer) => {
                let (jobs, queue) = bounded(QUEUE_REQUESTS_MAX);
                engine.jobs = Mutex::new(Some(jobs));
                let decider = Decider {
                    shared: shared.clone(),
                    stored: Stored::new(parts.reader.clone()),
                    clock: parts.clock.clone(),
                    randomness: parts.randomness.clone(),
                    book: Book::on(views),
                    rights: Bounds::default(),
                    in_flight: Vec::new(),
                    building: Flight { at: head.position, ..Flight::default() },
                    building_bytes: 0,
                    batch_bytes_max: writer.batch_bytes_max(),
                    replies: Vec::new(),
                    recorded_at: recorded_at.unwrap_or(Timestamp::MIN),
                    keeps: writer.shared(),
                    retrying: false,
                    again: VecDeque::new(),
                    sent: 0,
                    bench: None,
                    recent: Recent::after(head.position),
                    in_hand: None,
                };
                Ok(crewed(decider, writer, &parts.reader, queue))
            }
        };
        let engine = Arc::new(engine);
        let ledger = Ledger {
            shared,
            engine,
            reader: parts.reader,
            clock: parts.clock,
            randomness: parts.randomness,
            threads: parts.threads,
            prover: Arc::default(),
            masks,
            logins: Logins::default(),
        };
        Ok((ledger, sequencer))
    }

    /// Who takes erased values out of the log, if that is to be written and can forget.
    fn forgetter(&self, stopped: Receiver<()>) -> Option<Forgetter> {
        let jobs = self.engine.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let (shared, reader, clock) =
            (self.shared.clone(), self.reader.clone(), self.clock.clone());
        Some(Forgetter { shared, eraser: reader.eraser()?, reader, clock, jobs, stopped })
    }

    fn look_on(&self, views: Views, stopped: &Receiver<()>) -> Worker {
        let onlooker = Onlooker {
            shared: self.shared.clone(),
            views,
            reader: self.reader.clone(),
            threads: self.threads,
            stopped: stopped.clone(),
        };
        Worker {
            thread: spawn("onlooker", &self.shared, move || onlooker.run()),
            waits_for_log: false,
        }
    }

    /// Parses a request of a caller.
    pub(crate) fn parsed(&self, request: Request, caller: &Caller) -> Result<Parsed, SubmitError> {
        // An id of nothing would make other event ids of the same keys.
        let ledger =
            self.known_id().map_err(|error| SubmitError::Unavailable { why: error.to_string() })?;
        prepare(request, caller, ledger, || self.new_id())
    }
    /// Queues a parsed request behind those that were offered before it; it comes back if the queue
    /// is full.
    pub(crate) fn offer(&self, parsed: Parsed) -> Result<Pending, Box<Unqueued>> {
        let jobs = match self.takes_writes() {
            Ok(jobs) => jobs,
            Err(why) => return Err(Box::new(Unqueued { why, parsed })),
        };
        self.shared.counters.waiting.fetch_add(1, Ordering::Relaxed);
        let (job, answer) = Job::of(parsed);
        let Err(refused) = jobs.try_send(job) else {
            return Ok(Pending(answer));
        };
        let waiting = self.shared.counters.waiting.fetch_sub(1, Ordering::Relaxed);
        let (why, Job { prepared, expect, atomicity, unopened, .. }) = match refused {
            TrySendError::Full(job) => (SubmitError::Busy { waiting }, job),
            TrySendError::Disconnected(job) => {
                (SubmitError::Unavailable { why: "it is stopping".into() }, job)
            }
        };
        Err(Box::new(Unqueued { why, parsed: Parsed { prepared, expect, atomicity, unopened } }))
    }
    /// Waits for the answer to a queued request.
    pub(crate) async fn answered(&self, pending: Pending) -> Result<Receipt, SubmitError> {
        self.counted(pending.0.await)
    }

    pub(crate) fn counted<E>(
        &self,
        answer: Result<Result<Receipt, SubmitError>, E>,
    ) -> Result<Receipt, SubmitError> {
        // Who had the request is gone, perhaps after the log took it.
        let answer = answer.unwrap_or_else(|_| {
            let cause = self.poisoned().unwrap_or_else(|| "the ledger is stopping".into());
            let why = format!(
                "{cause}; whether this was recorded is not known: send it again with the same \
                 event id or key"
            );
            Err(SubmitError::Unavailable { why })
        });
        self.shared.counters.waiting.fetch_sub(1, Ordering::Relaxed);
        if answer.is_err() {
            self.shared.counters.refused.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }

    /// The queue, if writes are taken.
    pub(crate) fn takes_writes(&self) -> Result<Sender<Job>, SubmitError> {
        if let Some(why) = self.poisoned() {
            return Err(SubmitError::Unavailable { why });
        }
        if let Some(why) = self.stale() {
            return Err(SubmitError::Unavailable { why });
        }
        if let Some(why) = self.rolled_back() {
            return Err(SubmitError::RolledBack { why: why.to_owned() });
        }
        let jobs = self.engine.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        jobs.ok_or_else(|| {
            self.read_only_because().map_or_else(
                || SubmitError::Unavailable { why: "it is stopping".into() },
                ReadOnly::refusal,
            )
        })
    }

    /// The ledger's id: that of its first event; nil before there is one.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.known_id().unwrap_or_default()
    }
    fn known_id(&self) -> Result<Uuid, ReadError> {
        if let Some(id) = self.shared.id.get() {
            return Ok(*id);
        }
        let first =
            self.reader.read(Position::new(1), sijil_log::ReadLimit { records: 1, bytes: 1 })?;
        let id = first.first().map(sijil_schemas::StoredRecord::event_id);
        Ok(id.map_or(Uuid::nil(), |id| *self.shared.id.get_or_init(|| id)))
    }

    /// The id of a new export.
    pub(crate) fn new_export_id(&self) -> String {
        self.new_id().simple().to_string()
    }
    fn new_id(&self) -> Uuid {
        let mut bytes = [0; 10];
        // Without randomness the id would be guessable, not wrong: the salt of the record then
        // refuses the event.
        drop(self.randomness.fill(&mut bytes));
        let millis = u64::try_from(self.clock.now().micros() / 1_000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    /// A secret that nobody has seen.
    pub(crate) fn new_secret(&self) -> std::io::Result<sijil_access::Secret> {
        sijil_access::Secret::new(|bytes| self.randomness.fill(bytes))
    }
    /// The clock's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
    /// The end of the log.
    pub(crate) fn head(&self) -> Result<Head, ReadError> {
        self.reader.head()
    }
    /// The last durable position.
    #[must_use]
    pub fn durable(&self) -> Position {
        Position::new(self.shared.durable.load(Ordering::Acquire))
    }
    /// Waits until the views reflect a position, or the time is up; says which position they
    /// reflect.
    #[must_use]
    pub fn wait(&self, position: Position, timeout: Duration) -> Position {
        self.shared.wait_folded(position, timeout)
    }
    /// The position of the last record that is known: durable and taken in.
    #[must_use]
    pub fn folded(&self) -> Position {
        self.shared.known().position()
    }
    /// What is known now: all that is durable and was taken in. It stays as it is for who holds it.
    #[must_use]
    pub(crate) fn views(&self) -> Known {
        self.shared.known()
    }
    /// What has been counted since the start.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }
    /// Why the log takes no more records, if it does not.
    #[must_use]
    pub fn poisoned(&self) -> Option<String> {
        self.shared.poison.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Whether writes are taken.
    #[must_use]
    pub fn writable(&self) -> bool {
        self.poisoned().is_none()
            && self.stale().is_none()
            && self.rolled_back().is_none()
            && self.engine.jobs.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
    /// Why the log is out of reach, if it is: answers then come from what was known, and writes are
    /// refused.
    #[must_use]
    pub fn stale(&self) -> Option<String> {
        self.shared.out_of_reach()
    }
    /// Why writes are not taken, if this ledger was opened to read only.
    #[must_use]
    pub fn read_only_because(&self) -> Option<&ReadOnly> {
        self.engine.read_only_because.as_ref()
    }
    /// Saves the state of every fold now.
    pub fn save_snapshot(&self) {
        self.shared.save_snapshot();
    }
    /// Finishes what was accepted, saves snapshots, and takes no more requests. On a shared log
    /// that has not answered for [`crate::limits::STOP_S_MAX`] it leaves both undone.
    pub fn stop(&self) {
        self.engine.stop();
    }
    /// Whether the ledger is stopping.
    #[must_use]
    pub fn stopping(&self) -> bool {
        self.shared.stopping()
    }
}

/// A decider with those it works with, and the channels between them.
fn crewed(
    decider: Decider,
    writer: Box<dyn Writer>,
    reader: &Arc<dyn Reader>,
    jobs: Receiver<Job>,
) -> Sequencer {
    let shared = decider.shared.clone();
    let (saver, saving) = bounded(1);
    let (wake, woken) = bounded(1);
    let (grown, growth) = bounded(1);
    let follower =
        writer.shared().then(|| Follower { shared: shared.clone(), reader: reader.clone(), grown });
    let committer = Committer {
        shared: shared.clone(),
        writer,
        reader: reader.clone(),
        saver,
        unsaved: 0,
        wake,
        doubt: None,
    };
    let saver = Saver { shared };
    Sequencer::new(
        Crew { decider, committer, saver, follower, judge: None },
        Channels { jobs, saving, woken, growth },
    )
}
