//! A rehearsal: what would become of drafts, and nothing becomes of them. Invariant: it is decided
//! by the decider's own code, on a private book of what was durable when it began, so that it says
//! of each draft what recording it would have said; nobody else sees what it decides.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use crossbeam_channel::{Receiver, Sender, unbounded};
use sijil_log::Entry;
use sijil_rules::Book;
use sijil_schemas::{Position, StoredRecord, time::Timestamp};
use uuid::Uuid;

use crate::{
    decider::{Bounds, Decider},
    flight::{Departure, Flight},
    judge::Recent,
    ledger::Ledger,
    limits::{BATCH_BYTES_MAX, QUERY_WAIT_MS_MAX},
    request::{Atomicity, Parsed, Receipt, SubmitError},
    stored::Stored,
};

/// A private book that runs ahead of the log for as long as it lives.
pub struct Rehearsal {
    decider: Decider,
    departures: Sender<Departure>,
    departed: Receiver<Departure>,
}

impl Ledger {
    /// Begins a rehearsal on what is durable now. It takes as much memory as the rules' own book,
    /// and more with each draft that would be recorded.
    #[must_use]
    pub(crate) fn rehearse(&self) -> Rehearsal {
        let _folded = self.wait(self.durable(), Duration::from_millis(QUERY_WAIT_MS_MAX));
        let known = self.views();
        let (book, at, recorded_at) = (Book::of(&known), known.position(), known.recorded_at());
        let decider = Decider {
            shared: self.shared.clone(),
            stored: Stored::up_to(self.reader.clone(), at),
            clock: self.clock.clone(),
            randomness: self.randomness.clone(),
            book,
            rights: Bounds::default(),
            in_flight: Vec::new(),
            building: Flight { at, ..Flight::default() },
            building_bytes: 0,
            batch_bytes_max: BATCH_BYTES_MAX,
            replies: Vec::new(),
            recorded_at: recorded_at.unwrap_or(Timestamp::MIN),
            keeps: false,
            retrying: false,
            again: VecDeque::new(),
            sent: 0,
            bench: None,
            recent: Recent::after(at),
            in_hand: None,
        };
        let (departures, departed) = unbounded();
        Rehearsal { decider, departures, departed }
    }
}

impl Rehearsal {
    /// Says of each draft what recording it, after all that was judged before, would say. The
    /// positions are those it would get.
    pub fn judge(&mut self, parsed: Parsed) -> Receipt {
        let receipt = self.decider.decide_alone(parsed.prepared, &self.departures);
        self.decider.depart(&self.departures);
        while self.departed.try_recv().is_ok() {}
        self.keep();
        receipt
    }

    /// Says of a request what recording it would say, together or each alone.
    pub fn submit(&mut self, parsed: Parsed) -> Result<Receipt, SubmitError> {
        if parsed.atomicity == Atomicity::Alone {
            return Ok(self.judge(parsed));
        }
        let receipt = self.decider.decide_together(parsed.prepared, &parsed.expect);
        self.decider.depart(&self.departures);
        while self.departed.try_recv().is_ok() {}
        self.keep();
        receipt
    }

    /// The record of an event that would be recorded.
    #[must_use]
    pub fn stored(&self, id: Uuid) -> Option<StoredRecord> {
        let flight = self.decider.in_flight.first()?;
        Some(flight.batch.entries.get(*flight.ids.get(&id)?)?.record.clone())
    }

    /// The record that would stand at a position.
    #[must_use]
    pub fn record(&self, position: Position) -> Option<StoredRecord> {
        let flight = self.decider.in_flight.first()?;
        let index = position.get().checked_sub(flight.at.next().get())?;
        Some(flight.batch.entries.get(usize::try_from(index).ok()?)?.record.clone())
    }

    /// Puts the batches that would have left now behind those before them, as they would be stored:
    /// a draft may come again, and a void may name it.
    fn keep(&mut self) {
        let mut kept = Flight::default();
        for flight in std::mem::take(&mut self.decider.in_flight) {
            let Some(next) = Arc::into_inner(flight) else {
                unreachable!("nobody else holds a batch of a rehearsal")
            };
            if kept.ids.is_empty() {
                kept = next;
            } else {
                let first = kept.batch.entries.len();
                kept.ids.extend(next.ids.into_iter().map(|(id, index)| (id, first + index)));
                kept.batch.entries.extend(
                    next.batch
                        .entries
                        .into_iter()
                        .map(|entry| Entry { touched: Vec::new(), ..entry }),
                );
            }
            kept.records = Vec::new();
        }
        if !kept.ids.is_empty() {
            self.decider.in_flight.push(Arc::new(kept));
        }
    }
}
