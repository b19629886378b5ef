//! What the threads of a ledger share. Invariant: whoever ends a run holds the news while doing so,
//! so that run, durable position and news fit each other.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sijil_log::{ReadError, Reader};
use sijil_projections::Views;
use sijil_schemas::{Position, Record};
use uuid::Uuid;

use crate::{
    condition::Condition,
    decider::Job,
    flight::Flight,
    replay::take,
    request::with_causes,
    snapshots::{Snapshots, Stand, states},
};

/// What has been counted since the start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Records appended.
    pub records: AtomicU64,
    /// Batches appended, which is also the number of syncs.
    pub batches: AtomicU64,
    /// Requests refused, by anything.
    pub refused: AtomicU64,
    /// Requests that wait for the decider.
    pub waiting: AtomicUsize,
}

impl Counters {
    pub(crate) fn appended(&self, flight: &Flight) {
        self.records.fetch_add(flight.records.len() as u64, Ordering::Relaxed);
        self.batches.fetch_add(1, Ordering::Relaxed);
    }
}

/// What the committer tells the decider. Whoever ends a run holds it, so that run, durable position
/// and news fit each other.
#[derive(Default)]
pub(crate) struct News {
    /// What other nodes recorded, in order.
    pub(crate) foreign: Vec<Arc<Flight>>,
    /// Requests to be decided again, in order.
    pub(crate) returned: VecDeque<Job>,
}

/// What decider, committer, folder and readers share.
pub(crate) struct Shared {
    pub(crate) durable: AtomicU64,
    pub(crate) run: AtomicU64,
    /// Batches the committer is done with, whatever became of them.
    pub(crate) settled: AtomicU64,
    /// The furthest end of the log anybody here has seen.
    seen: AtomicU64,
    news: Mutex<News>,
    away: Mutex<Option<String>>,
    pub(crate) counters: Counters,
    pub(crate) views: RwLock<Views>,
    folded: Mutex<Position>,
    grown: Condvar,
    pub(crate) poison: Mutex<Option<String>>,
    pub(crate) stopping: AtomicBool,
    /// Whether a rebuild has put another state in place, so that the rules' book must be made of
    /// the views again.
    renewed: AtomicBool,
    pub(crate) id: OnceLock<Uuid>,
    reader: Arc<dyn Reader>,
    pub(crate) condition: Condition,
    /// None if there is no writer: the directory is then another's, or damaged.
    pub(crate) snapshots: Option<Snapshots>,
}

impl Shared {
    /// Of a ledger whose views have been folded up to the head of its log; snapshots are of who
    /// writes it.
    pub(crate) fn new(
        head: Position,
        views: Views,
        reader: Arc<dyn Reader>,
        condition: Condition,
        snapshots: Option<Snapshots>,
    ) -> Shared {
        Shared {
            durable: AtomicU64::new(head.get()),
            run: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            seen: AtomicU64::new(head.get()),
            news: Mutex::default(),
            away: Mutex::default(),
            counters: Counters::default(),
            folded: Mutex::new(views.position()),
            views: RwLock::new(views),
            grown: Condvar::new(),
            poison: Mutex::new(None),
            stopping: AtomicBool::new(false),
            renewed: AtomicBool::new(false),
            id: OnceLock::new(),
            reader,
            condition,
            snapshots,
        }
    }
    pub(crate) fn fold(&self, records: &[Record]) {
        let mut views = self.views.write().unwrap_or_else(PoisonError::into_inner);
        take(&mut views, records, 1);
        let position = views.position();
        drop(views);
        *self.folded.lock().unwrap_or_else(PoisonError::into_inner) = position;
        self.grown.notify_all();
    }
    /// The views once they have reached a position.
    pub(crate) fn views_at(&self, position: Position) -> RwLockReadGuard<'_, Views> {
        self.wait_folded(position, Duration::from_secs(60));
        self.views.read().unwrap_or_else(PoisonError::into_inner)
    }
    /// The position the views reflect.
    pub(crate) fn folded(&self) -> Position {
        *self.folded.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(crate) fn wait_folded(&self, position: Position, timeout: Duration) -> Position {
        let until = Instant::now() + timeout;
        let mut folded = self.folded.lock().unwrap_or_else(PoisonError::into_inner);
        while *folded < position {
            let Some(left) = until.checked_duration_since(Instant::now()) else { break };
            folded =
                self.grown.wait_timeout(folded, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *folded
    }
    pub(crate) fn poison(&self, why: String) {
        self.poison.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
    }
    pub(crate) fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(crate) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
    /// Has the book made of the views again, as soon as nothing is in flight.
    pub(crate) fn renew_book(&self) {
        self.renewed.store(true, Ordering::Release);
    }
    pub(crate) fn book_is_renewed(&self) {
        self.renewed.store(false, Ordering::Release);
    }
    pub(crate) fn wants_new_book(&self) -> bool {
        self.renewed.load(Ordering::Acquire)
    }
    /// Notes where the log ends.
    pub(crate) fn see(&self, head: Position) {
        self.seen.fetch_max(head.get(), Ordering::AcqRel);
    }
    /// The furthest end of the log that was seen.
    pub(crate) fn seen(&self) -> Position {
        Position::new(self.seen.load(Ordering::Acquire).max(self.durable.load(Ordering::Acquire)))
    }
    /// Whether the log has, or may have, records that are not known to be durable here.
    pub(crate) fn is_behind(&self) -> bool {
        self.seen.load(Ordering::Acquire) > self.durable.load(Ordering::Acquire)
            || self.out_of_reach().is_some()
    }
    /// Why the log is out of reach, if it is.
    pub(crate) fn out_of_reach(&self) -> Option<String> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    pub(crate) fn lose(&self, error: &ReadError) {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        if away.is_none() {
            let error = with_causes(error);
            tracing::error!(
                error,
                "the log is out of reach; reads go on, writes are refused until it is back"
            );
            *away = Some(format!("the log is out of reach: {error}; reads go on"));
        }
    }
    pub(crate) fn regain(&self) {
        if self.away.lock().unwrap_or_else(PoisonError::into_inner).take().is_some() {
            tracing::warn!("the log is in reach again");
        }
    }
    pub(crate) fn save_snapshot(&self) {
        let Some(snapshots) = &self.snapshots else { return };
        let views = self.views.read().unwrap_or_else(PoisonError::into_inner);
        // A page of another's log may end in the middle of a document: the folds have not taken its
        // first parts, and would never see them again.
        if views.assembly().waits_for().is_some() {
            return;
        }
        let (position, recorded_at, states) =
            (views.position(), views.recorded_at(), states(&views));
        drop(views);
        let saved = match self.reader.root_at(position) {
            Ok(Some(root)) => snapshots
                .save(&states, &Stand { position, recorded_at, root })
                .map_err(|e| e.to_string()),
            Ok(None) => Err(format!("the log has no root at {position}")),
            Err(error) => Err(error.to_string()),
        };
        match saved {
            Ok(()) => tracing::info!(%position, "snapshots saved"),
            Err(error) => {
                tracing::warn!(
                    %error,
                    %position,
                    "snapshots not saved; the next start will take longer"
                );
            }
        }
    }
}
