//! A batch on its way to the disk. Invariant: decider, committer and whoever puts other families in
//! place share it; nobody changes it once it has left the decider.

use std::{collections::HashMap, sync::Arc};

use sijil_log::Batch;
use sijil_schemas::{Position, Record, StoredRecord};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    decider::Job,
    judge::Foresight,
    request::{Atomicity, Expectation, Prepared, Receipt, SubmitError},
};

/// The answer to one request, waiting for its batch to be durable.
pub(crate) struct Reply {
    pub(crate) to: oneshot::Sender<Result<Receipt, SubmitError>>,
    pub(crate) answer: Result<Receipt, SubmitError>,
    /// What is needed to decide again if another node was first; only on a log that is shared.
    pub(crate) kept: Option<Kept>,
}

/// A request as it was before it was decided.
pub(crate) struct Kept {
    pub(crate) prepared: Vec<Result<Prepared, SubmitError>>,
    pub(crate) expect: Vec<Expectation>,
    pub(crate) atomicity: Atomicity,
    pub(crate) unopened: bool,
    pub(crate) races: u32,
}

impl Reply {
    /// The request again, one race older; only its caller if it was not kept.
    pub(crate) fn again(self) -> Result<Job, oneshot::Sender<Result<Receipt, SubmitError>>> {
        let Reply { to, kept, .. } = self;
        match kept {
            Some(Kept { prepared, expect, atomicity, unopened, races }) => {
                let (reply, races, foresight) = (to, races + 1, Foresight::Unasked);
                Ok(Job { prepared, expect, atomicity, unopened, reply, races, foresight })
            }
            None => Err(to),
        }
    }
}

/// Records that were decided together.
#[derive(Default)]
pub(crate) struct Flight {
    /// Where the log must end.
    pub(crate) at: Position,
    /// Which run of the decider it belongs to; a failed append ends the run.
    pub(crate) run: u64,
    pub(crate) batch: Batch,
    pub(crate) records: Vec<Record>,
    pub(crate) ids: HashMap<Uuid, usize>,
}

impl Flight {
    /// Whether a record of the log is the first of this batch.
    pub(crate) fn begins_with(&self, stored: &StoredRecord) -> bool {
        self.batch.entries.first().is_some_and(|entry| {
            let ours = &entry.record;
            ours.position() == stored.position()
                && ours.event_id() == stored.event_id()
                && ours.public == stored.public
        })
    }

    pub(crate) fn last(&self) -> Position {
        Position::new(self.at.get() + self.records.len() as u64)
    }
}

/// What the decider hands to the committer.
pub(crate) struct Departure {
    pub(crate) flight: Arc<Flight>,
    pub(crate) replies: Vec<Reply>,
}
