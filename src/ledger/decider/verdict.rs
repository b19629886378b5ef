//! What is said to a request. Invariant: a request that is refused half way leaves nothing behind,
//! neither in the book nor in the batch, and one that is known is answered as it was.

use std::collections::HashMap;

use crossbeam_channel::Sender;
use sijil_access::{Denied, family_of};
use sijil_log::{Entry, entity_hash};
use sijil_projections::Side;
use sijil_rules::{Proposal, Trace, admit, missing_parts};
use sijil_schemas::{
    Event, May, Position, Record, StoredRecord,
    decode::Refusal,
    event::System,
    parts::Piece,
    record::{SALT_BYTES, Stamp},
    time::Timestamp,
};
use uuid::Uuid;

use super::{Decider, permission::family};
use crate::{
    caller::Caller,
    flight::{Departure, Flight},
    limits::REQUEST_BYTES_MAX,
    request::{Expectation, Prepared, Receipt, Recorded, SubmitError},
};

impl Decider {
    pub(crate) fn decide_together(
        &mut self,
        prepared: Vec<Result<Prepared, SubmitError>>,
        expect: &[Expectation],
    ) -> Result<Receipt, SubmitError> {
        let prepared = prepared.into_iter().collect::<Result<Vec<Prepared>, SubmitError>>()?;
        for (index, one) in prepared.iter().enumerate() {
            self.check_permitted(one, index)?;
        }
        if let Some(receipt) = self.known(&prepared)? {
            return Ok(receipt);
        }
        if let Some(caller) = prepared.first().map(|one| one.caller.clone()) {
            self.check_expectations(&caller, expect)?;
        }
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
            let permitted = one.and_then(|one| self.check_permitted(&one, index).map(|()| one));
            let outcome =
                permitted.and_then(|one| match self.known(std::slice::from_ref(&one))? {
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
    /// Decides events in this order, all of them or none; each with its place in the request.
    fn decide_all(
        &mut self,
        ordered: Vec<(usize, Prepared)>,
    ) -> Result<Vec<(usize, Recorded)>, SubmitError> {
        let (last, count, bytes) =
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
                self.drop_back(last, count, bytes);
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
        let permitted = parts.iter().try_for_each(|(index, one)| self.check_permitted(one, *index));
        let decided = match permitted.and_then(|()| self.known(&prepared)) {
            Ok(Some(receipt)) => return receipt.outcomes,
            Ok(None) => self.decide_all(parts),
            Err(error) => Err(error),
        };
        match decided {
            Ok(recorded) => recorded.into_iter().map(|(_, recorded)| Ok(recorded)).collect(),
            Err(error) => vec![Err(error); count],
        }
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
            // Whoever may not see a record is told neither where it is nor whether he guessed it.
            let may_know = self.may_know(&one.caller, &stored, index)?;
            events.push((id, may_know.then(|| stored.position())));
            differs |= !may_know || !stored.says(&one.candidate).map_err(unreadable)?;
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
    /// Whether a caller may record an event at all; asked before anything is said of what is there.
    pub(super) fn check_permitted(
        &mut self,
        one: &Prepared,
        index: usize,
    ) -> Result<(), SubmitError> {
        if one.caller.granted().is_none() {
            return Ok(());
        }
        let target = match &one.candidate.event {
            Event::System(System::EventVoided(void)) => self.record_of(void.target.0)?,
            _ => None,
        };
        let at = self.clock.now().max(self.recorded_at);
        let permitted = match (&one.candidate.event, &target) {
            // What it voids may stand before it in this very request.
            (Event::System(System::EventVoided(_)), None) => {
                self.rights.may_void(&self.book, &one.caller, at).map(|()| None)
            }
            _ => self.rights.permit(&self.book, one, (target.as_ref(), at)),
        };
        permitted.map(drop).map_err(|denied| SubmitError::Denied { index, denied })
    }
    fn may_know(
        &mut self,
        caller: &Caller,
        stored: &StoredRecord,
        index: usize,
    ) -> Result<bool, SubmitError> {
        if caller.granted().is_none() {
            return Ok(true);
        }
        let (record, at) =
            (stored.decode().map_err(unreadable)?, self.clock.now().max(self.recorded_at));
        let may = self.rights.may_know(&self.book, caller, (&record, at));
        may.map_err(|denied| SubmitError::Denied { index, denied })
    }
    fn check_expectations(
        &mut self,
        caller: &Caller,
        expect: &[Expectation],
    ) -> Result<(), SubmitError> {
        for Expectation { entity, revision } in expect {
            let family = family_of(entity.kind);
            let at = self.clock.now().max(self.recorded_at);
            match self.rights.may_see(&self.book, caller, (entity, at)) {
                Ok(true) => (),
                // What may not be seen is not there, as what is new is not: whether the id is taken
                // is told by what opens it.
                Ok(false) if *revision == 0 => continue,
                Ok(false) => {
                    let denied = Denied::NotAllowed { may: May::Read, family };
                    return Err(SubmitError::Denied { index: 0, denied });
                }
                Err(denied) => return Err(SubmitError::Denied { index: 0, denied }),
            }
            let life = self.book.entities.get(entity, Side::Decided);
            let actual = life.map_or(0, |life| life.revision(Position::MAX));
            if actual != *revision {
                let homes = life.map(|life| life.homes()).unwrap_or_default();
                let newer =
                    homes.into_iter().skip(usize::try_from(*revision).unwrap_or(usize::MAX));
                return Err(SubmitError::RevisionConflict {
                    entity: entity.clone(),
                    expected: *revision,
                    actual,
                    newer: newer.collect(),
                });
            }
        }
        Ok(())
    }
    /// Judges one candidate and, if it is admitted, puts it at the next position; what does not get
    /// there leaves no name.
    fn decide(&mut self, one: Prepared, index: usize) -> Result<Recorded, SubmitError> {
        let decided = self.place(one, index);
        if decided.is_err() {
            self.book.entities.ids().truncate(self.book.position());
        }
        decided
    }
    fn place(&mut self, one: Prepared, index: usize) -> Result<Recorded, SubmitError> {
        let clock = self.clock.now();
        let recorded_at = clock.max(self.recorded_at);
        let position = self.building.last().next();
        let target = match &one.candidate.event {
            Event::System(System::EventVoided(void)) => self.record_of(void.target.0)?,
            _ => None,
        };
        let voucher = self
            .rights
            .permit(&self.book, &one, (target.as_ref(), recorded_at))
            .map_err(|denied| SubmitError::Denied { index, denied })?;
        let (of, caller) = (family(&one.candidate.event), one.caller);
        let candidate = one.candidate;
        let (target_of, found) = (target.as_ref(), self.in_hand.take());
        let beforehand = found.as_deref();
        let proposal =
            Proposal { candidate: &candidate, position, clock, target: target_of, beforehand };
        if let Err(rejection) = admit(&self.book, &proposal) {
            let seen = self.rights.may_read(&self.book, &caller, (of, recorded_at));
            return Err(if seen.unwrap_or_default() {
                SubmitError::Rejected { index, rejection }
            } else {
                SubmitError::RejectedUnseen { index, kind: rejection.kind(), family: of }
            });
        }
        let mut salt = [0; SALT_BYTES];
        self.randomness
            .fill(&mut salt)
            .map_err(|e| SubmitError::Unavailable { why: format!("no randomness: {e}") })?;
        let voids = target.map(|target| target.position);
        let stamp = Stamp { position, recorded_at, voids, salt, voucher };
        let (record, stored) = candidate
            .keep(&stamp)
            .map_err(|refusal: Refusal| SubmitError::Refused { index, refusal })?;
        self.recorded_at = recorded_at;
        if matches!(record.event, Event::Access(_)) {
            self.rights.clear();
        }
        self.book.apply(&record);
        let home = record.event.home();
        let life = self.book.entities.get(&home, Side::Decided);
        let revision = life.map_or(0, |life| life.revision(Position::MAX));
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
        let named = record.touched();
        let touched = named.iter().map(entity_hash).collect();
        self.recent.push(Trace::of(&record, named));
        self.building.batch.entries.push(Entry { record: stored, touched });
        self.building.records.push(record);
        Ok(recorded)
    }
    /// Drops the decisions of a request that was refused half way.
    fn drop_back(&mut self, last: Position, count: usize, bytes: usize) {
        self.book.truncate(last);
        self.recent.truncate(last);
        self.rights.clear();
        self.building.records.truncate(count);
        self.building.batch.entries.truncate(count);
        self.building.ids.retain(|_, index| *index < count);
        self.building_bytes = bytes;
    }
    fn flying(&self, id: Uuid) -> Option<(&Flight, usize)> {
        let flights = std::iter::once(&self.building).chain(self.in_flight.iter().map(|f| &**f));
        flights.filter_map(|flight| flight.ids.get(&id).map(|index| (flight, *index))).next()
    }
    pub(super) fn stored_of(&mut self, id: Uuid) -> Result<Option<StoredRecord>, SubmitError> {
        if let Some((flight, index)) = self.flying(id) {
            return Ok(flight.batch.entries.get(index).map(|entry| entry.record.clone()));
        }
        self.stored.of(id).map_err(unreadable)
    }
    /// The record of an event; an error if nobody can say whether there is one.
    pub(super) fn record_of(&mut self, id: Uuid) -> Result<Option<Record>, SubmitError> {
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
