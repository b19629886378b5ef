//! A batch on its way to the disk. Invariant: decider, committer and folder share it; nobody changes it once it has left the decider.

use std::{collections::HashMap, sync::Arc};

use sijil_log::Batch;
use sijil_schemas::{Position, Record};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::request::{Receipt, SubmitError};

/// The answer to one request, waiting for its batch to be durable.
pub(crate) struct Reply {
    pub(crate) to: oneshot::Sender<Result<Receipt, SubmitError>>,
    pub(crate) receipt: Receipt,
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
    pub(crate) fn last(&self) -> Position {
        Position::new(self.at.get() + self.records.len() as u64)
    }
}

/// What the decider hands to the committer.
pub(crate) struct Departure {
    pub(crate) flight: Arc<Flight>,
    pub(crate) replies: Vec<Reply>,
}
