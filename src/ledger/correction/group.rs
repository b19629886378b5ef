//! Groups: events that are voided together, and what takes their places. Invariant: a group is one
//! request, and takes along whatever rests on its members, or nothing of it happens.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sijil_rules::Rejection;
use sijil_schemas::{EventId, Position, decode::Draft, id::Key};
use uuid::Uuid;

use super::{Correction, VOID, again, nth, unreadable};
use crate::{
    limits::REQUEST_EVENTS_MAX,
    request::{Atomicity, Receipt, SubmitError},
};

/// An event that is voided, and what takes its place.
struct Member {
    id: Uuid,
    place: Result<usize, Position>,
    replacement: Option<Draft>,
    /// Whether it is replaced by something else than itself.
    changed: bool,
}

impl Correction {
    /// Voids an event with all that rests on it, and records anew what shall stand.
    pub(super) fn group(
        &mut self,
        id: Uuid,
        place: Result<usize, Position>,
    ) -> Result<(), SubmitError> {
        let first = self.member(id)?;
        let Some((position, member)) = first else { return Ok(()) };
        let mut members = BTreeMap::from([(position, member)]);
        let refused = loop {
            let (drafts, places) = self.request(&members);
            if drafts.len() > REQUEST_EVENTS_MAX {
                break SubmitError::RequestSize { got: drafts.len() };
            }
            match self.submit(drafts, Atomicity::Together) {
                Ok(receipt) => {
                    self.settle(members, &receipt);
                    return Ok(());
                }
                Err(SubmitError::Rejected {
                    index,
                    rejection: Rejection::HasDependants { target, dependants },
                }) => {
                    let before = members.len();
                    for position in dependants
                        .iter()
                        .filter(|position| !members.contains_key(position))
                        .copied()
                        .collect::<Vec<_>>()
                    {
                        let Some(stored) = self.record(position)? else { continue };
                        if let Some((position, member)) = self.member(stored.event_id())? {
                            members.insert(position, member);
                        }
                    }
                    // What is left was not recorded by this import, and is nobody's to void here.
                    if members.len() == before
                        || dependants.iter().any(|position| !members.contains_key(position))
                    {
                        break SubmitError::Rejected {
                            index,
                            rejection: Rejection::HasDependants { target, dependants },
                        };
                    }
                }
                Err(error @ (SubmitError::Unavailable { .. } | SubmitError::LogFull)) => {
                    return Err(error);
                }
                Err(error) => {
                    let at =
                        error.index().and_then(|index| places.get(index).copied()).unwrap_or(place);
                    self.outcome.refused.push((at, error));
                    return Ok(());
                }
            }
        };
        self.outcome.refused.push((place, refused));
        Ok(())
    }
    /// The requests of a group, and whose each is.
    fn request(
        &self,
        members: &BTreeMap<Position, Member>,
    ) -> (Vec<Draft>, Vec<Result<usize, Position>>) {
        let voids = members.values().map(|member| (self.void(member), member.place));
        let replacements =
            members.values().filter_map(|member| Some((member.replacement.clone()?, member.place)));
        voids.chain(replacements).unzip()
    }
    fn void(&self, member: &Member) -> Draft {
        let reason = match (&member.replacement, member.changed) {
            (None, _) => "the import has no such row any more",
            (Some(_), true) => "corrected by the import",
            (Some(_), false) => "recorded anew behind what it rests on, which the import corrected",
        };
        let data =
            [("target", Value::from(member.id.to_string())), ("reason", Value::from(reason))];
        Draft {
            r#type: VOID.to_owned(),
            version: None,
            id: Some(EventId(Uuid::new_v5(&member.id, b"void"))),
            occurred_at: self.desk.now(),
            actor: Key::new("import").ok(),
            on_behalf_of: None,
            correlation: None,
            causation: None,
            source: Some(self.source.clone()),
            data: data
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Map<_, _>>(),
        }
    }
    /// An event as a member of a group; nothing if it is not this import's.
    fn member(&self, id: Uuid) -> Result<Option<(Position, Member)>, SubmitError> {
        let stored = match self.rehearsal.as_ref().and_then(|rehearsal| rehearsal.stored(id)) {
            Some(stored) => stored,
            None => match self.desk.stored(id).map_err(unreadable)? {
                Some(stored) => stored,
                None => return Ok(None),
            },
        };
        let (position, body) = (stored.position(), self.whole(&stored)?);
        if body.envelope.source.as_ref() != Some(&self.source) {
            return Ok(None);
        }
        let member = match self.changes.get(&id) {
            Some(number) => {
                let item = &self.items[*number];
                Member {
                    id,
                    place: Ok(item.line),
                    replacement: Some(item.draft.clone()),
                    changed: true,
                }
            }
            None if self.vanished.contains(&id) && self.void_missing => {
                Member { id, place: Err(position), replacement: None, changed: true }
            }
            None => {
                let (first, n) = self.chains.get(&id).copied().unwrap_or((id, 0));
                Member {
                    id,
                    place: Err(position),
                    replacement: Some(again(body, nth(first, n + 1))),
                    changed: false,
                }
            }
        };
        Ok(Some((position, member)))
    }
    /// Notes what a group has done.
    fn settle(&mut self, members: BTreeMap<Position, Member>, receipt: &Receipt) {
        let last = receipt.outcomes.iter().flatten().map(|recorded| recorded.position).max();
        self.outcome.position = self.outcome.position.max(last.unwrap_or_default());
        for member in members.into_values() {
            let (first, n) = self.chains.remove(&member.id).unwrap_or((member.id, 0));
            if member.replacement.is_some() {
                self.chains.insert(nth(first, n + 1), (first, n + 1));
            }
            self.changes.remove(&member.id);
            let was_gone = self.vanished.remove(&member.id);
            match (member.replacement, member.changed) {
                (None, _) => self.outcome.voided += usize::from(was_gone),
                (Some(_), true) => self.outcome.corrected += 1,
                (Some(_), false) => self.outcome.moved += 1,
            }
        }
    }
}
