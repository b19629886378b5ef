//! Turns of what holds a book of its own: dry runs and corrections. Invariant: one at a time for
//! each holder of a key, and none that waits for its sender longer than all others should wait.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::StatusCode;
use sijil_schemas::problem::ProblemKind;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use crate::{
    limits::{REHEARSALS_MAX, TURN_S_MAX},
    problem::Problem,
};

/// Turns, taken in the order in which they are asked for.
#[derive(Debug)]
pub struct Turns {
    places: Arc<Semaphore>,
    limit: Duration,
    /// Who has a turn, or waits for one.
    holders: Arc<Mutex<BTreeSet<String>>>,
}

impl Default for Turns {
    fn default() -> Turns {
        Turns::of(Duration::from_secs(TURN_S_MAX))
    }
}

impl Turns {
    /// Turns of at most this long.
    #[must_use]
    pub fn of(limit: Duration) -> Turns {
        Turns { places: Arc::new(Semaphore::new(REHEARSALS_MAX)), limit, holders: Arc::default() }
    }

    /// Waits for a turn of a holder of a key; `None` is whoever holds the files of the machine, and
    /// whom nothing limits but the machine.
    pub async fn take(&self, holder: Option<String>) -> Result<Turn, Problem> {
        let mark = holder.map(|holder| self.mark(holder)).transpose()?;
        let place = self.places.clone().acquire_owned().await;
        let place =
            place.map_err(|_| Problem::new(ProblemKind::Unavailable, "the ledger is stopping"))?;
        let until = mark.is_some().then(|| Instant::now() + self.limit);
        Ok(Turn { until, limit: self.limit, _mark: mark, _place: place })
    }

    fn mark(&self, holder: String) -> Result<Mark, Problem> {
        let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        if holders.insert(holder.clone()) {
            return Ok(Mark { holder, holders: self.holders.clone() });
        }
        let detail = format!(
            "expected one dry run or correction of {holder} at a time, got another while one is \
             under way; send it when that has been answered"
        );
        Err(Problem::new(ProblemKind::TooMany, detail).after(1))
    }
}

/// That a holder has a turn, or waits for one.
#[derive(Debug)]
struct Mark {
    holder: String,
    holders: Arc<Mutex<BTreeSet<String>>>,
}

impl Drop for Mark {
    fn drop(&mut self) {
        let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        holders.remove(&self.holder);
    }
}

/// A turn; it is over when this is dropped. It goes with the book it was taken for, onto whatever
/// thread that goes, so that no other begins while the book is there.
#[derive(Debug)]
pub struct Turn {
    until: Option<Instant>,
    limit: Duration,
    _mark: Option<Mark>,
    _place: OwnedSemaphorePermit,
}

impl Turn {
    /// Waits for the sender of a request, for as long as the turn lasts.
    pub async fn within<T>(
        &self,
        sender: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        let Some(until) = self.until else { return sender.await };
        timeout_at(until, sender).await.unwrap_or_else(|_| {
            let detail = format!(
                "expected the whole body of a dry run or correction within {} seconds, since \
                 others wait for their turn; send it in smaller pieces, or faster",
                self.limit.as_secs()
            );
            Err(Problem::new(ProblemKind::BodyCutShort, detail)
                .with_status(StatusCode::REQUEST_TIMEOUT))
        })
    }
}
