//! What the threads of a ledger share. Invariant: whoever ends a run holds the news while doing so,
//! so that run, durable position and news fit each other.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sijil_log::{ReadError, Reader};
use sijil_projections::{Families, Known, assembly::Assembly};
use sijil_schemas::{Position, time::Timestamp};
use uuid::Uuid;

use crate::{
    condition::Condition,
    decider::Job,
    flight::Flight,
    request::with_causes,
    sights::Sights,
    snapshots::{Snapshots, Stand},
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
    /// Requests decided with what had been found out for them beforehand.
    pub foreseen: AtomicU64,
    /// Times something was found out beforehand and something it rests on came before it was used.
    pub outrun: AtomicU64,
    /// Requests that wait for the decider.
    pub waiting: AtomicUsize,
    /// Whether a backup is kept up beside the ledger.
    pub is_backed_up: AtomicBool,
    /// Where that backup ends.
    pub backup_position: AtomicU64,
    /// For how long the oldest record that is not in it has waited, in milliseconds.
    pub backup_lag_ms: AtomicU64,
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

/// What decider, committer and readers share.
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
    /// What readers ask. The lock is held for as long as it takes to copy a pointer.
    known: Mutex<Known>,
    grown: Condvar,
    /// Held by whoever takes records into the company, or takes them back, with those it decided
    /// that are not known to be durable yet.
    tail: Mutex<Vec<Arc<Flight>>>,
    /// Held by whoever lets readers see more, or other families.
    publishing: Mutex<()>,
    pub(crate) poison: Mutex<Option<String>>,
    pub(crate) stopping: AtomicBool,
    pub(crate) id: OnceLock<Uuid>,
    reader: Arc<dyn Reader>,
    pub(crate) condition: Condition,
    /// Whether the next batch is to stand apart from those before it, so that what these hold of
    /// persons can be taken out.
    pub(crate) sealing: AtomicBool,
    /// What those who asked last see.
    pub(crate) sights: Sights,
    /// None if there is no writer: the directory is then another's, or damaged.
    pub(crate) snapshots: Option<Snapshots>,
}

impl Shared {
    /// Of a ledger whose folds have taken its log up to the head; snapshots are of who writes it.
    pub(crate) fn new(
        head: Position,
        known: Known,
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
            known: Mutex::new(known),
            grown: Condvar::new(),
            tail: Mutex::default(),
            publishing: Mutex::default(),
            poison: Mutex::new(None),
            stopping: AtomicBool::new(false),
            id: OnceLock::new(),
            reader,
            condition,
            sealing: AtomicBool::new(false),
            sights: Sights::default(),
            snapshots,
        }
    }
    /// What is known now: all that was published.
    pub(crate) fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// The position of what is known now.
    pub(crate) fn folded(&self) -> Position {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).position()
    }
    /// Takes the company in hand, to take records into it or back.
    pub(crate) fn tail(&self) -> MutexGuard<'_, Vec<Arc<Flight>>> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Lets readers see what records up to a position said, which are durable and were taken in.
    pub(crate) fn publish(&self, up_to: Position, at: Option<Timestamp>, assembly: Assembly) {
        let _alone = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let (families, seen) = (self.known().families().clone(), self.folded());
        if up_to > seen {
            families.publish(up_to);
            self.show(Known::durable(families, up_to, at, assembly));
        }
    }
    fn show(&self, known: Known) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
        self.grown.notify_all();
    }
    /// Has readers ask other families, which `change` makes of what is known: they know the same,
    /// and have taken what is in hand besides. Nobody takes records in or publishes any meanwhile.
    pub(crate) fn exchange<T, E>(
        &self,
        change: impl FnOnce(&Known, &[Arc<Flight>]) -> Result<(Families, T), E>,
    ) -> Result<T, E> {
        let tail = self.tail();
        self.exchange_in_hand(|known| change(known, &tail))
    }
    /// The same for whoever has the company in hand.
    pub(crate) fn exchange_in_hand<T, E>(
        &self,
        change: impl FnOnce(&Known) -> Result<(Families, T), E>,
    ) -> Result<T, E> {
        let _alone = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.known();
        let (families, value) = change(&known)?;
        families.publish(known.position());
        let (position, at) = (known.position(), known.recorded_at());
        self.show(Known::durable(Arc::new(families), position, at, known.assembly().clone()));
        Ok(value)
    }
    /// What is known once that has reached a position.
    pub(crate) fn known_at(&self, position: Position) -> Known {
        self.wait_folded(position, Duration::from_secs(60));
        self.known()
    }
    pub(crate) fn wait_folded(&self, position: Position, timeout: Duration) -> Position {
        let until = Instant::now() + timeout;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        while known.position() < position {
            let Some(left) = until.checked_duration_since(Instant::now()) else { break };
            known = self.grown.wait_timeout(known, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        known.position()
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
        let known = self.known();
        // A page of another's log may end in the middle of a document: the folds have not taken its
        // first parts, and would never see them again.
        if known.assembly().waits_for().is_some() {
            return;
        }
        let (position, recorded_at) = (known.position(), known.recorded_at());
        let saved = match self.reader.root_at(position) {
            Ok(Some(root)) => snapshots
                .save(&known, &Stand { position, recorded_at, root })
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
