//! What a ledger holds of somebody. Invariant: whoever asks is shown all of it, with where it came
//! from and who could take it out; an erasure is made of what is shown, part by part.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sijil_access::Denied;
use sijil_log::ReadError;
use sijil_projections::{Cut, Known, clients::happenings};
use sijil_schemas::{
    ErasureBasis, Kept, KeptClass, May, PARTS_MAX, PersonalPart, Position, RightFamily,
    StoredRecord, Subject,
    decode::Draft,
    event::{EventType, event_type_of_code},
    id::{EntityRef, Kind},
    time::{Date, Timestamp},
};

use crate::{
    browse::named_or_voiding, desk::Desk, ledger::Ledger, limits::GONE_WAIT_MS,
    request::SubmitError,
};

/// Types whose values bookkeeping must show for years: who a document is made out to, and what a
/// bank says of a payment.
const LEGAL: &[&str] = &["counterparty.registered", "statement_line.imported"];

/// Values about somebody that stand together in one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PartHeld {
    /// The record.
    pub position: Position,
    /// Which of its personal parts, counted from 0.
    pub part: u8,
    /// The record's type.
    #[serde(rename = "type")]
    pub event_type: &'static str,
    /// When it was so.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The system it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whose values the part is kept as.
    pub of: EntityRef,
    /// The values, by field; empty where they were erased.
    pub values: Map<String, Value>,
    /// The record that erased it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased_by: Option<Position>,
    /// The class of values that a law keeps for a time, if it is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<KeptClass>,
}

/// An export that may have carried values about somebody: whoever took it is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CarriedBy {
    /// The export.
    pub export: String,
    /// Who took it.
    pub by: String,
    /// When it began.
    pub at: Timestamp,
    /// The record that says so.
    pub position: Position,
}

/// What is held of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SubjectHeld {
    /// Whom it is about.
    pub subject: EntityRef,
    /// Other ids of the same: clients merged with it.
    pub also: Vec<EntityRef>,
    /// The position up to which the log was looked at.
    pub known_at: Position,
    /// Values, in order of position.
    pub parts: Vec<PartHeld>,
    /// The records that name the subject, in order of position.
    pub records: Vec<Position>,
    /// Exports with values about persons, made after some of these were recorded.
    pub exports: Vec<CarriedBy>,
    /// The hold because of which nothing may be erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    /// The record that hides the values from everybody for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restricted: Option<Position>,
}

/// What is to be erased of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureWanted {
    /// The id it gets.
    pub erasure: String,
    /// Of whom.
    pub subject: Subject,
    /// Why.
    pub basis: ErasureBasis,
    /// Values that a law keeps stay until this day; `None` erases them with the rest.
    pub keep_legal_until: Option<Date>,
}

impl Asked<'_> {
    /// The ids under which a subject is known: a client's with all that were merged with it.
    fn ids(&self, subject: &Subject) -> Vec<EntityRef> {
        let (folds, lens) = (self.0.folds(), self.0.now());
        let entity = subject.entity();
        let client =
            (entity.kind == Kind::Client).then(|| folds.clients.sym(entity.id())).flatten();
        let Some(client) = client else { return vec![entity] };
        let root = folds.clients.root(client, lens);
        let family = folds.clients.merge_family(client, lens.side).into_iter();
        let same = family.filter(|other| folds.clients.root(*other, lens) == root);
        let ids = same.filter_map(|other| {
            format!("client:{}", folds.clients.id(other)).parse::<EntityRef>().ok()
        });
        let mut ids: Vec<EntityRef> = ids.collect();
        ids.retain(|id| *id != entity);
        ids.insert(0, entity);
        ids
    }
    /// The records that name any of these, and those on the timelines of clients among them.
    fn positions(&self, ids: &[EntityRef]) -> Vec<Position> {
        let lens = self.0.lens(Cut::all());
        let folds = self.0.folds();
        let mut all: Vec<Position> =
            ids.iter().flat_map(|id| named_or_voiding(self.0, id, Position::MAX)).collect();
        for id in ids.iter().filter(|id| id.kind == Kind::Client) {
            if let Some(client) = folds.clients.sym(id.id()) {
                let root = folds.clients.root(client, lens);
                all.extend(happenings(folds, root, lens).iter().map(|one| one.position));
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// What is known, to be asked about somebody.
struct Asked<'a>(&'a Known);

/// Whose a part is: as it is kept, or as its event says it; a part of nobody's is the client's
/// whose records it stands among.
fn is_of(ids: &[EntityRef], stored: &StoredRecord, kept_as: &EntityRef) -> bool {
    if ids.contains(kept_as) {
        return true;
    }
    if Subject::of(kept_as).is_some() {
        return false;
    }
    match person_of(stored, kept_as) {
        Some(person) => ids.contains(&person.entity()),
        None => ids.first().is_some_and(|first| first.kind == Kind::Client),
    }
}

/// Whom a part is about, as it is kept or as its event says it: records of releases before keep it
/// as their home's. `None` if it is nobody's.
pub(crate) fn person_of(stored: &StoredRecord, kept_as: &EntityRef) -> Option<Subject> {
    Subject::of(kept_as)
        .or_else(|| stored.decode().ok().and_then(|record| Subject::of(&record.event.person())))
}

impl Ledger {
    /// What is held of somebody, masked parts included; values are read where nothing masks them.
    fn subject_held(&self, subject: &Subject) -> Result<SubjectHeld, ReadError> {
        self.reflect();
        let known = self.views();
        let (folds, lens) = (known.folds(), known.now());
        let ids = Asked(&known).ids(subject);
        let records = Asked(&known).positions(&ids);
        let mut parts = Vec::new();
        for position in &records {
            let Some(stored) = self.record(*position)? else { continue };
            let erased = folds.access.erased_of(*position, lens);
            parts.extend(held_in(&stored, &ids, &erased)?);
        }
        let today = self.now().date(&known.company.zone());
        let first = parts.iter().map(|part| part.position).min();
        let exports = folds.access.exports(lens).into_iter();
        let exports = exports.filter_map(|id| folds.access.export(id, lens)).filter(|export| {
            export.personal && first.is_some_and(|first| export.known_at >= first)
        });
        let exports = exports.map(|export| CarriedBy {
            export: export.export.to_owned(),
            by: export.by.to_owned(),
            at: export.at,
            position: export.begun,
        });
        Ok(SubjectHeld {
            subject: subject.entity(),
            also: ids[1..].to_vec(),
            known_at: known.position(),
            parts,
            records,
            exports: exports.collect(),
            hold: folds.access.held(subject, today, lens).map(|hold| hold.hold.to_owned()),
            restricted: folds.access.restricted(subject, lens),
        })
    }
}

/// The parts of a record that are of some.
fn held_in(
    stored: &StoredRecord,
    ids: &[EntityRef],
    erased: &[(u8, Position)],
) -> Result<Vec<PartHeld>, ReadError> {
    let unreadable = |error| ReadError::of_record(stored, error);
    let persons = stored.persons().map_err(unreadable)?;
    if persons.is_empty() {
        return Ok(Vec::new());
    }
    let (body, fields) =
        (stored.body().map_err(unreadable)?, stored.fields_of_parts().map_err(unreadable)?);
    let event_type =
        event_type_of_code(stored.type_code()).map_or("", |known: &EventType| known.name);
    let class = LEGAL.contains(&event_type).then_some(KeptClass::Legal);
    let mut held = Vec::new();
    for (part, of) in (0..).zip(persons) {
        if !is_of(ids, stored, &of) {
            continue;
        }
        let fields = fields.get(usize::from(part)).cloned().flatten().unwrap_or_default();
        let values = fields.into_iter().filter_map(|field| {
            let value = body.data.get(&field)?.clone();
            Some((field, value))
        });
        let recorded = Timestamp::from_micros(stored.recorded_at_micros());
        held.push(PartHeld {
            position: stored.position(),
            part,
            event_type,
            occurred_at: body.envelope.occurred_at,
            recorded_at: recorded.unwrap_or(Timestamp::MIN),
            source: body.envelope.source.as_ref().map(|source| source.as_str().to_owned()),
            of,
            values: values.collect(),
            erased_by: erased.iter().find(|(gone, _)| *gone == part).map(|(_, by)| *by),
            class,
        });
    }
    Ok(held)
}

impl Desk {
    /// All that is held of somebody. For whoever may erase it: whatever else that is allowed, it is
    /// shown all.
    pub fn subject(&self, subject: &Subject) -> Result<SubjectHeld, SubjectError> {
        self.may(May::Erase, RightFamily::Access)?;
        let held = self.subject_held(subject)?;
        if held.records.is_empty() { Err(SubjectError::Unknown(held.subject)) } else { Ok(held) }
    }

    /// The places that an erasure is told to be done in, once there is one or some time has gone
    /// by.
    #[must_use]
    pub fn gone_from(&self, erasure: &str) -> Vec<String> {
        let ledger: &Ledger = self;
        let until = std::time::Instant::now() + Duration::from_millis(GONE_WAIT_MS);
        loop {
            let known = ledger.views();
            let state = known.folds().access.erasure(erasure, known.now());
            let places: Vec<String> = state
                .map(|state| state.places.iter().map(|(place, _)| (*place).to_owned()).collect())
                .unwrap_or_default();
            if !places.is_empty() || std::time::Instant::now() > until {
                return places;
            }
            let _reached = self.wait(known.position().next(), Duration::from_millis(20));
        }
    }

    /// Whether values can be taken out of the log of this ledger, by this process.
    pub fn can_erase(&self) -> Result<(), SubjectError> {
        if self.forgets() {
            return Ok(());
        }
        // Where nothing is written, that is why.
        self.takes_writes()?;
        Err(SubjectError::Elsewhere)
    }

    /// The events that erase what is held of somebody and is not erased yet, one for each
    /// [`PARTS_MAX`] parts, and what they erase; no event if there is nothing.
    pub fn erasure(
        &self,
        wanted: &ErasureWanted,
    ) -> Result<(Vec<Draft>, SubjectHeld), SubjectError> {
        let mut held = self.subject(&wanted.subject)?;
        let is_kept = |part: &PartHeld| part.class.is_some() && wanted.keep_legal_until.is_some();
        let kept: Vec<Kept> = wanted
            .keep_legal_until
            .filter(|_| held.parts.iter().any(|part| part.class == Some(KeptClass::Legal)))
            .map(|until| Kept { class: KeptClass::Legal, until })
            .into_iter()
            .collect();
        held.parts.retain(|part| part.erased_by.is_none() && !is_kept(part));
        let parts: Vec<PersonalPart> = held
            .parts
            .iter()
            .map(|part| PersonalPart { position: part.position, part: part.part })
            .collect();
        let drafts = parts.chunks(PARTS_MAX).enumerate().map(|(at, parts)| {
            let erasure = match at {
                0 => wanted.erasure.clone(),
                at => format!("{}-{}", wanted.erasure, at + 1),
            };
            let data = json!({
                "erasure": erasure, "subject": wanted.subject.entity(), "basis": wanted.basis,
                "parts": parts, "kept": kept,
            });
            let draft = json!({
                "type": "personal_data.erased", "occurred_at": self.now(), "data": data,
            });
            let draft = Draft::from_value(draft);
            draft.map_err(|refusal| SubmitError::Refused { index: 0, refusal })
        });
        Ok((drafts.collect::<Result<_, SubmitError>>()?, held))
    }
}

/// Why what is held of somebody is not told, or not erased.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubjectError {
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Writes are not taken.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// No record names it.
    #[error("no record names {0}")]
    Unknown(EntityRef),
    /// The log stands where nothing can be taken out of it.
    #[error(
        "the log of this ledger stands where nothing can be taken out of it: copy it to another \
         place with `sijil copy`, go on there, and remove the old one"
    )]
    Elsewhere,
}

impl Ledger {
    /// Whether values can be taken out of the log that this process writes.
    #[must_use]
    pub fn forgets(&self) -> bool {
        self.reader.eraser().is_some()
    }
}
