//! That a ledger was made from a backup or another log. Invariant: it is recorded once, before
//! anything else that is recorded after that.

use serde_json::{Value, json};
use sijil_log::{ReadError, ReadLimit};
use sijil_schemas::{Position, RestoredErasures, decode::Draft, time::Timestamp};

use crate::{
    desk::Desk,
    request::{Atomicity, Request, SubmitError},
};

/// Of what a ledger was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// How many records were restored.
    pub size: u64,
    /// The root of the tree of them, in hexadecimal.
    pub root: String,
    /// After which moment records were left out, if any are known to be.
    pub lost_after: Option<Timestamp>,
    /// The name of this history from here on.
    pub incarnation: String,
    /// What became of erasures that were not in what was restored, if there were any.
    pub erasures: Option<RestoredErasures>,
}

impl Desk {
    /// Records that the ledger was restored. Said again, it stands there once.
    pub fn restored(&self, restored: &Restored) -> Result<(), SubmitError> {
        let unread = |error: ReadError| SubmitError::Unavailable { why: error.to_string() };
        let one = ReadLimit { records: 1, bytes: 1 };
        let first = self.reader.read(Position::new(1), one).map_err(unread)?;
        // A log of nothing has nothing to say.
        let Some(first) = first.first() else { return Ok(()) };
        let opened = first.decode().map_err(|error| unread(ReadError::of_record(first, error)))?;
        let mut data = json!({
            "company": opened.event.home().id(),
            "size": restored.size,
            "root": restored.root,
            "incarnation": restored.incarnation,
        });
        for (name, value) in
            [("lost_after", json!(restored.lost_after)), ("erasures", json!(restored.erasures))]
        {
            if value != Value::Null {
                data[name] = value;
            }
        }
        let draft = json!({"type": "ledger.restored", "occurred_at": self.now(), "data": data});
        let refused = |refusal| SubmitError::Refused { index: 0, refusal };
        let draft = Draft::from_value(draft).map_err(refused)?;
        let key = format!("restored {} {} {}", restored.incarnation, restored.size, restored.root);
        let request = Request {
            drafts: vec![draft],
            key: Some(key),
            expect: Vec::new(),
            atomicity: Atomicity::Together,
        };
        match self.submit_blocking(request) {
            // It was said before, at another moment.
            Err(SubmitError::IdempotencyConflict { .. }) => Ok(()),
            told => told?.outcomes.into_iter().try_for_each(|outcome| outcome.map(|_| ())),
        }
    }
}
