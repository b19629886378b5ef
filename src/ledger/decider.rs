//! The decider: one thread that says what follows what. Invariant: it decides in the order requests
//! came, against everything decided before, and drops every decision that does not become durable.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, select};
use sijil_log::{
    Entry, entity_hash,
    seam::{Clock, Randomness},
};
use sijil_rules::{Book, Proposal, admit, missing_parts};
use sijil_schemas::{
    Event, Position, Record, StoredRecord,
    decode::Refusal,
    event::System,
    parts::Piece,
    record::{SALT_BYTES, Stamp},
    time::Timestamp,
};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{
    flight::{Departure, Flight, Kept, Reply},
    ledger::Shared,
    limits::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX, REQUEST_BYTES_MAX, RETRACTED_MAX},
    request::{Atomicity, Expectation, Prepared, Receipt, Recorded, SubmitError},
    stored::Stored,
};

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

pub(crate) struct Decider {
    pub(crate) shared: Arc<Shared>,
    pub(crate) stored: Stored,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) book: Book,
    /// Decided, not known to be durable yet.
    pub(crate) in_flight: VecDeque<Arc<Flight>>,
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
        self.land();
        self.take(first, departures);
        // Group commit: whatever else has come by now goes along; no timer.
        while !self.is_full() {
            let Some(job) = self.again.pop_front().or_else(|| jobs.try_recv().ok()) else { break };
            self.take(job, departures);
        }
        self.depart(departures);
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
            self.in_flight.push_back(flight.clone());
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
        if self.shared.run.load(Ordering::Acquire) == self.building.run {
            return true;
        }
        if self.shared.settled.load(Ordering::Acquire) < self.sent {
            return false;
        }
        let shared = self.shared.clone();
        let mut news = shared.news();
        let (run, durable) = (
            shared.run.load(Ordering::Acquire),
            Position::new(shared.durable.load(Ordering::Acquire)),
        );
        let foreign = std::mem::take(&mut news.foreign);
        self.again.extend(news.returned.drain(..));
        drop(news);
        self.in_flight.clear();
        let place = self.book.place_of(foreign.first().map_or(durable, |flight| flight.at));
        self.book.retract(place);
        for record in foreign.iter().flat_map(|flight| &flight.records) {
            self.recorded_at = self.recorded_at.max(record.recorded_at);
            self.book.take(&mut record.clone());
        }
        self.building = Flight { at: durable, run, ..Flight::default() };
        self.building_bytes = 0;
        true
    }

    /// The next job that came back.
    pub(crate) fn returned(&mut self) -> Option<Job> {
        self.again.pop_front()
    }

    /// Forgets flights that landed.
    fn land(&mut self) {
        let durable = Position::new(self.shared.durable.load(Ordering::Acquire));
        while self.in_flight.front().is_some_and(|flight| flight.last() <= durable) {
            self.in_flight.pop_front();
        }
        if (self.shared.wants_new_book() || self.book.voids.retracted().len() > RETRACTED_MAX)
            && self.in_flight.is_empty()
        {
            let views = self.shared.views_at(self.building.at);
            if views.position() == self.building.at {
                // Nobody puts other folds in place while the views are held.
                self.shared.book_is_renewed();
                self.book = Book::of(&views);
            }
        }
    }

    pub(crate) fn decide_together(
        &mut self,
        prepared: Vec<Result<Prepared, SubmitError>>,
        expect: &[Expectation],
    ) -> Result<Receipt, SubmitError> {
        let prepared = prepared.into_iter().collect::<Result<Vec<Prepared>, SubmitError>>()?;
        if let Some(receipt) = self.known(&prepared)? {
            return Ok(receipt);
        }
        self.check_expectations(expect)?;
        let order =
            void_order(&prepared, |id| Ok(self.record_of(id)?.map(|record| record.position)))?;
        let mut slots: Vec<Option<Prepared>> = prepared.into_iter().map(Some).collect();
        let ordered: Vec<(usize, Prepared)> = order
            .into_iter()
            .filter_map(|index| Some((index, slots[index].take()?)))
            .flat_map(|(index, one)| one.unfolded().map(move |one| (index, one)))
            .collect();
        let mut outcomes = self.decide_all(ordered)?;
        // Of a draft that was cut into parts, the opening is what was asked for.
        outcomes.sort_by_key(|(index, _)| *index);
        outcomes.dedup_by_key(|(index, _)| *index);
        Ok(Receipt { outcomes: outcomes.into_iter().map(|(_, recorded)| Ok(recorded)).collect() })
    }

    /// Decides events in this order, all of them or none; each with its place in the request.
    fn decide_all(
        &mut self,
        ordered: Vec<(usize, Prepared)>,
    ) -> Result<Vec<(usize, Recorded)>, SubmitError> {
        let (place, count, bytes) =
            (self.book.position(), self.building.records.len(), self.building_bytes);
        let indexes: Vec<usize> = ordered.iter().map(|(index, _)| *index).collect();
        let decided = ordered
            .into_iter()
            .map(|(index, one)| Ok((index, self.decide(one, index)?)))
            .collect::<Result<Vec<_>, SubmitError>>();
        let got = self.building_bytes - bytes;
        let error = match &decided {
            Err(error) => Some(error.clone()),
            Ok(_) if got > REQUEST_BYTES_MAX => {
                Some(SubmitError::RequestTooLarge { got, limit: REQUEST_BYTES_MAX })
            }
            Ok(_) => missing_parts(&self.book).map(|(rejection, came)| {
                let index = indexes.len().checked_sub(came).map_or(0, |opening| indexes[opening]);
                SubmitError::Rejected { index, rejection }
            }),
        };
        match error {
            None => decided,
            Some(error) => {
                self.drop_back(place, count, bytes);
                Err(error)
            }
        }
    }

    /// Decides a document and the parts that follow it, all of them or none.
    fn decide_document(
        &mut self,
        parts: Vec<(usize, Prepared)>,
    ) -> Vec<Result<Recorded, SubmitError>> {
        let count = parts.len();
        let prepared: Vec<Prepared> = parts.iter().map(|(_, one)| one.clone()).collect();
        let decided = match self.known(&prepared) {
            Ok(Some(receipt)) => return receipt.outcomes,
            Ok(None) => self.decide_all(parts),
            Err(error) => Err(error),
        };
        match decided {
            Ok(recorded) => recorded.into_iter().map(|(_, recorded)| Ok(recorded)).collect(),
            Err(error) => vec![Err(error); count],
        }
    }

    pub(crate) fn decide_alone(
        &mut self,
        prepared: Vec<Result<Prepared, SubmitError>>,
        departures: &Sender<Departure>,
    ) -> Receipt {
        let mut outcomes = Vec::with_capacity(prepared.len());
        let mut rest = prepared.into_iter().enumerate().peekable();
        while let Some((index, one)) = rest.next() {
            // The parts of a document stand or fall with it.
            if let Some(opening) = one
                .as_ref()
                .ok()
                .filter(|one| matches!(one.candidate.event.piece(), Some(Piece::Opening(_))))
            {
                if !opening.later.is_empty() {
                    let unfolded = opening.clone().unfolded().map(|one| (index, one)).collect();
                    outcomes.extend(self.decide_document(unfolded).into_iter().take(1));
                    if self.is_full() {
                        self.depart(departures);
                    }
                    continue;
                }
                let mut parts = vec![(index, opening.clone())];
                while let Some((index, part)) = rest
                    .next_if(|(_, next)| next.as_ref().is_ok_and(|next| next.continues(opening)))
                {
                    parts.extend(part.map(|part| (index, part)));
                }
                outcomes.extend(self.decide_document(parts));
                if self.is_full() {
                    self.depart(departures);
                }
                continue;
            }
            let outcome = one.and_then(|one| match self.known(std::slice::from_ref(&one))? {
                Some(receipt) => receipt
                    .outcomes
                    .into_iter()
                    .next()
                    .unwrap_or(Err(SubmitError::RequestSize { got: 0 })),
                None => self.decide(one, index),
            });
            outcomes.push(outcome);
            if self.is_full() {
                self.depart(departures);
            }
        }
        Receipt { outcomes }
    }

    /// The first answer again, if every event is known with this body; `None` if none is known.
    fn known(&mut self, prepared: &[Prepared]) -> Result<Option<Receipt>, SubmitError> {
        let mut outcomes = Vec::new();
        let (mut events, mut differs) = (Vec::new(), false);
        let mut seen: HashMap<Uuid, usize> = HashMap::new();
        for (index, one) in prepared.iter().enumerate() {
            let id = one.candidate.id;
            if let Some(first) = seen.insert(id, index) {
                return Err(SubmitError::IdTwice { index, first, id });
            }
            // An id made here can stand in the log only if a part of this very job landed before.
            if !one.chosen_id && !self.retrying {
                continue;
            }
            let Some(stored) = self.stored_of(id)? else { continue };
            events.push((id, stored.position()));
            differs |= !stored.says(&one.candidate).map_err(unreadable)?;
            let recorded_at =
                Timestamp::from_micros(stored.recorded_at_micros()).unwrap_or(self.recorded_at);
            outcomes.push(Ok(Recorded {
                position: stored.position(),
                id,
                entity: one.candidate.event.home(),
                revision: None,
                recorded_at,
                known: one.chosen_id,
            }));
        }
        match (events.is_empty(), differs || outcomes.len() != prepared.len()) {
            (true, _) => Ok(None),
            (false, false) => Ok(Some(Receipt { outcomes })),
            (false, true) => Err(SubmitError::IdempotencyConflict { events }),
        }
    }

    fn check_expectations(&self, expect: &[Expectation]) -> Result<(), SubmitError> {
        for Expectation { entity, revision } in expect {
            let home = self
                .book
                .entities
                .get(entity)
                .map(|life| life.home_records(&self.book.voids))
                .unwrap_or_default();
            if home.len() as u64 != *revision {
                let newer = home
                    .iter()
                    .skip(usize::try_from(*revision).unwrap_or(usize::MAX))
                    .map(|p| self.book.position_of(*p))
                    .collect();
                return Err(SubmitError::RevisionConflict {
                    entity: entity.clone(),
                    expected: *revision,
                    actual: home.len() as u64,
                    newer,
                });
            }
        }
        Ok(())
    }

    /// Judges one candidate and, if it is admitted, puts it at the next position.
    fn decide(&mut self, one: Prepared, index: usize) -> Result<Recorded, SubmitError> {
        let candidate = one.candidate;
        let clock = self.clock.now();
        let position = self.building.last().next();
        let target = match &candidate.event {
            Event::System(System::EventVoided(void)) => self.record_of(void.target.0)?,
            _ => None,
        };
        let target_position = target.as_ref().map(|t| t.position);
        let placed = target.map(|mut target| {
            target.position = self.book.place_of(target.position);
            target
        });
        let proposal = Proposal {
            candidate: &candidate,
            position: self.book.position().next(),
            clock,
            target: placed.as_ref(),
        };
        admit(&self.book, &proposal).map_err(|rejection| SubmitError::Rejected {
            index,
            rejection: rejection.with_positions(|place| self.book.position_of(place)),
        })?;
        let mut salt = [0; SALT_BYTES];
        self.randomness
            .fill(&mut salt)
            .map_err(|e| SubmitError::Unavailable { why: format!("no randomness: {e}") })?;
        let recorded_at = clock.max(self.recorded_at);
        let stamp = Stamp { position, recorded_at, voids: target_position, salt };
        let (mut record, stored) = candidate
            .keep(&stamp)
            .map_err(|refusal: Refusal| SubmitError::Refused { index, refusal })?;
        self.recorded_at = recorded_at;
        self.book.take(&mut record);
        let home = record.event.home();
        let revision =
            self.book.entities.get(&home).map_or(0, |life| life.revision_now(&self.book.voids));
        let recorded = Recorded {
            position,
            id: record.id,
            entity: home,
            revision: Some(revision),
            recorded_at,
            known: false,
        };
        self.building_bytes += stored.public.len() + stored.personal.len();
        self.building.ids.insert(record.id, self.building.records.len());
        let touched = record.touched().iter().map(entity_hash).collect();
        self.building.batch.entries.push(Entry { record: stored, touched });
        self.building.records.push(record);
        Ok(recorded)
    }

    /// Drops the decisions of a request that was refused half way.
    fn drop_back(&mut self, place: Position, count: usize, bytes: usize) {
        self.book.retract(place);
        self.building.records.truncate(count);
        self.building.batch.entries.truncate(count);
        self.building.ids.retain(|_, index| *index < count);
        self.building_bytes = bytes;
    }

    fn flying(&self, id: Uuid) -> Option<(&Flight, usize)> {
        let flights = std::iter::once(&self.building).chain(self.in_flight.iter().map(|f| &**f));
        flights.filter_map(|flight| flight.ids.get(&id).map(|index| (flight, *index))).next()
    }

    fn stored_of(&mut self, id: Uuid) -> Result<Option<StoredRecord>, SubmitError> {
        if let Some((flight, index)) = self.flying(id) {
            return Ok(flight.batch.entries.get(index).map(|entry| entry.record.clone()));
        }
        self.stored.of(id).map_err(unreadable)
    }

    /// The record of an event; an error if nobody can say whether there is one.
    fn record_of(&mut self, id: Uuid) -> Result<Option<Record>, SubmitError> {
        // A rehearsal keeps what it decided only as it would be stored.
        if let Some(record) = self.flying(id).and_then(|(flight, index)| flight.records.get(index))
        {
            return Ok(Some(record.clone()));
        }
        self.stored_of(id)?.map(|stored| stored.decode().map_err(unreadable)).transpose()
    }
}

fn unreadable(error: impl std::fmt::Display) -> SubmitError {
    SubmitError::Unavailable { why: error.to_string() }
}

/// The order in which the events of a request are decided: as given, save that its voids take their
/// places newest target first, so that a fact and what rests on it can be voided together.
fn void_order(
    prepared: &[Prepared],
    mut position_of: impl FnMut(Uuid) -> Result<Option<Position>, SubmitError>,
) -> Result<Vec<usize>, SubmitError> {
    let target = |index: &usize| match &prepared[*index].candidate.event {
        Event::System(System::EventVoided(void)) => Some(void.target.0),
        _ => None,
    };
    let places: Vec<usize> = (0..prepared.len()).filter(|i| target(i).is_some()).collect();
    let mut voids = Vec::with_capacity(places.len());
    for index in &places {
        voids.push((target(index).map(&mut position_of).transpose()?.flatten(), *index));
    }
    voids.sort_by_key(|(position, _)| std::cmp::Reverse(*position));
    let mut order: Vec<usize> = (0..prepared.len()).collect();
    for (place, (_, index)) in places.into_iter().zip(voids) {
        order[place] = index;
    }
    Ok(order)
}
