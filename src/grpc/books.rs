//! The ledger as streams: `$all`, the ledger's own stream, one per home entity. Invariant: only
//! what is durable and folded is shown, and no personal value.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use sijil_ledger::{Desk, Filter, ReadError};
use sijil_schemas::{
    Position, StoredRecord,
    id::{EntityRef, Kind},
};

use crate::source::{Direction, Place, Scan, Source, SourceError, StreamEvent};

/// The stream of every event; its revision + 1 is the position.
pub const LEDGER_STREAM: &str = "ledger";

/// The stream of a home entity: its kind and id, as in `deal-D-1`.
#[must_use]
pub fn stream_of(entity: &EntityRef) -> String {
    format!("{}-{}", entity.kind, entity.id())
}

fn entity_of(stream: &str) -> Option<EntityRef> {
    let (kind, id) = stream.split_once('-')?;
    EntityRef::new(kind.parse::<Kind>().ok()?, id).ok()
}

/// A ledger to be read.
pub(crate) struct Books {
    ledger: Desk,
}

impl Books {
    pub(crate) fn new(ledger: Desk) -> Books {
        Books { ledger }
    }

    fn folded(&self) -> u64 {
        self.ledger.views().position().get()
    }

    /// Records from a position on in a direction, none beyond what is folded.
    fn records(&self, scan: Scan) -> Result<Vec<StoredRecord>, SourceError> {
        let head = self.folded();
        let limit = scan.limit as u64;
        let (first, last) = match scan.direction {
            Direction::Forwards => {
                (scan.from.max(1), head.min(scan.from.max(1).saturating_add(limit - 1)))
            }
            Direction::Backwards => {
                (scan.from.min(head).saturating_sub(limit - 1).max(1), scan.from.min(head))
            }
        };
        if first > last {
            return Ok(Vec::new());
        }
        let count = usize::try_from(last - first + 1).unwrap_or(usize::MAX);
        let (mut records, mut after) = (Vec::new(), Position::new(first - 1));
        while records.len() < count {
            let page = self
                .ledger
                .page(&Filter::default(), after, count - records.len())
                .map_err(unread)?;
            // What is folded was there: a stream that went on without it would look whole.
            let end = page
                .records
                .last()
                .map(StoredRecord::position)
                .ok_or_else(|| failed(format!("the log has no record after {after}")))?;
            records.extend(page.records);
            after = end;
        }
        if scan.direction == Direction::Backwards {
            records.reverse();
        }
        Ok(records)
    }

    fn of_ledger(&self, scan: Scan) -> Result<Vec<StreamEvent>, SourceError> {
        let stream: Arc<str> = LEDGER_STREAM.into();
        let scan = Scan { from: scan.from.saturating_add(1), ..scan };
        let records = self.records(scan)?;
        records
            .iter()
            .map(|stored| Ok(event(stored, stream.clone(), stored.position().get() - 1)?.0))
            .collect()
    }

    fn of_all(&self, scan: Scan) -> Result<Vec<StreamEvent>, SourceError> {
        let records = self.records(scan)?;
        let mut events = Vec::with_capacity(records.len());
        for stored in &records {
            events.push(event(stored, Arc::from(""), 0)?);
        }
        let views = self.ledger.views();
        for (event, home) in &mut events {
            event.stream = stream_of(home).into();
            event.revision = views
                .entities
                .get(home, views.side())
                .map_or(0, |life| life.revision(Position::new(event.position)).saturating_sub(1));
        }
        Ok(events.into_iter().map(|(event, _)| event).collect())
    }

    fn of_entity(&self, entity: &EntityRef, scan: Scan) -> Result<Vec<StreamEvent>, SourceError> {
        let stream: Arc<str> = stream_of(entity).into();
        let from = usize::try_from(scan.from).unwrap_or(usize::MAX);
        let wanted: Vec<(u64, Position)> = {
            let views = self.ledger.views();
            let Some(life) = views.entities.get(entity, views.side()) else {
                return Ok(Vec::new());
            };
            let known = views.position();
            let homes = life.homes().into_iter().filter(|position| *position <= known);
            let numbered = (0..).zip(homes);
            match scan.direction {
                Direction::Forwards => numbered.skip(from).take(scan.limit).collect(),
                Direction::Backwards => {
                    let mut newest: Vec<_> = numbered.take(from.saturating_add(1)).collect();
                    newest.drain(..newest.len().saturating_sub(scan.limit));
                    newest.reverse();
                    newest
                }
            }
        };
        let mut events = Vec::with_capacity(wanted.len());
        for (revision, position) in wanted {
            let stored = self.ledger.record(position).map_err(unread)?;
            let stored = stored.ok_or_else(|| {
                SourceError::Failed(format!("the log has no record at {position}"))
            })?;
            events.push(event(&stored, stream.clone(), revision)?.0);
        }
        Ok(events)
    }
}

impl Source for Books {
    fn head(&self) -> u64 {
        self.folded()
    }

    fn wait(&self, past: u64, timeout: Duration) -> u64 {
        self.ledger.wait(Position::new(past.saturating_add(1)), timeout).get()
    }

    fn extent(&self, place: &Place) -> Result<Option<(u64, u64)>, SourceError> {
        self.ledger.vouches(None).map_err(unread)?;
        let count = match place {
            Place::All => {
                return Ok(Some(self.folded()).filter(|head| *head > 0).map(|head| (1, head)));
            }
            Place::Stream(name) if name == LEDGER_STREAM => self.folded(),
            Place::Stream(name) => match entity_of(name) {
                Some(entity) => {
                    let views = self.ledger.views();
                    let life = views.entities.get(&entity, views.side());
                    life.map_or(0, |life| life.revision(views.position()))
                }
                None => 0,
            },
        };
        Ok(count.checked_sub(1).map(|last| (0, last)))
    }

    fn is_all(&self, place: &Place) -> bool {
        match place {
            Place::All => true,
            Place::Stream(name) => name == LEDGER_STREAM,
        }
    }

    fn read(&self, place: &Place, scan: Scan) -> Result<Vec<StreamEvent>, SourceError> {
        self.ledger.vouches(None).map_err(unread)?;
        match place {
            Place::All => self.of_all(scan),
            Place::Stream(name) if name == LEDGER_STREAM => self.of_ledger(scan),
            Place::Stream(name) => entity_of(name)
                .map_or_else(|| Ok(Vec::new()), |entity| self.of_entity(&entity, scan)),
        }
    }
}

/// A log that does not answer, by the name of its problem.
fn unread(error: ReadError) -> SourceError {
    SourceError::Failed(format!("{}: {error}", sijil_ledger::kind_of(&error).name()))
}

fn failed(error: impl std::fmt::Display) -> SourceError {
    SourceError::Failed(error.to_string())
}

/// The record as an event of a stream, and its home entity.
fn event(
    stored: &StoredRecord,
    stream: Arc<str>,
    revision: u64,
) -> Result<(StreamEvent, EntityRef), SourceError> {
    let record = stored.decode().map_err(failed)?;
    let data = stored.public_json().map_err(failed)?;
    let home = record.event.home();
    let envelope = &record.envelope;
    let mut around = json!({
        "position": record.position, "version": record.version, "home": home,
        "occurred_at": envelope.occurred_at, "recorded_at": record.recorded_at,
        "actor": envelope.actor,
    });
    let optional = [
        ("on_behalf_of", &envelope.on_behalf_of),
        ("correlation", &envelope.correlation),
        ("causation", &envelope.causation),
        ("source", &envelope.source),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            around[name] = json!(value);
        }
    }
    if let Some(target) = record.voids {
        around["voids"] = json!(target);
    }
    let event = StreamEvent {
        id: record.id,
        stream,
        revision,
        position: record.position.get(),
        recorded_at_micros: stored.recorded_at_micros(),
        event_type: record.event.event_type().name.to_owned(),
        is_json: true,
        metadata: around.to_string().into_bytes(),
        data: data.as_bytes().to_vec(),
    };
    Ok((event, home))
}
