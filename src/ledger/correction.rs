//! Correcting what an import recorded: the same rows are imported again and give other events now.
//! Invariant: what was recorded is voided and recorded anew together with what rests on it, or
//! stays as it is; a correction that is repeated finds nothing to do.
//!
//! The n-th correction of an event has an id made of the event's own and n. So the chain of an
//! event can be followed from its first id, whoever asks.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use sijil_log::ReadError;
use sijil_rules::Rejection;
use sijil_schemas::{
    EventId, Position, StoredRecord,
    decode::{BodyAsReceived, Draft, Refusal, decode},
    id::Key,
    parts,
};
use uuid::Uuid;

use crate::{
    browse::Filter,
    desk::Desk,
    ledger::Ledger,
    limits::{CORRECTED_TIMES_MAX, PAGE_RECORDS_MAX, QUERY_WAIT_MS_MAX},
    rehearsal::Rehearsal,
    request::{Atomicity, Receipt, Request, SubmitError, in_parts},
};

mod group;

/// New events that are recorded in one request, each judged alone.
const NEW_AT_ONCE: usize = 2_000;
/// How long a correction waits before it offers again what the ledger was too busy for.
const PAUSE: Duration = Duration::from_millis(20);

/// A correction while it takes drafts.
pub struct Correction {
    desk: Desk,
    rehearsal: Option<Rehearsal>,
    source: Key,
    void_missing: bool,
    /// The draft that came last, and the later parts of the document it opens.
    told: Option<(usize, Draft, Vec<Draft>)>,
    /// Drafts that are not recorded as they are, in order.
    items: Vec<Item>,
    /// By the id under which it stands, the number of the item that changes it.
    changes: HashMap<Uuid, usize>,
    /// By the id under which an event stands, the first id of its chain and which correction it is.
    chains: HashMap<Uuid, (Uuid, u32)>,
    /// Events that no draft gives any more.
    vanished: HashSet<Uuid>,
    outcome: Corrected,
}

/// What became of a correction. A document in parts counts once.
#[derive(Debug, Default)]
pub struct Corrected {
    /// New events.
    pub recorded: usize,
    /// Events that stand as their drafts say.
    pub known: usize,
    /// Events that were voided and recorded anew as their drafts say.
    pub corrected: usize,
    /// Events that were voided and recorded anew unchanged, since they rest on what was corrected.
    pub moved: usize,
    /// Events of the source that no draft gives any more.
    pub vanished: usize,
    /// Those of them that were voided.
    pub voided: usize,
    /// Drafts whose event somebody has voided by hand: it stays voided.
    pub left_voided: usize,
    /// The last position.
    pub position: Position,
    /// What was refused: the line of the draft, or the position of the event that vanished, and
    /// why.
    pub refused: Vec<(Result<usize, Position>, SubmitError)>,
}

/// A draft that changes something.
struct Item {
    line: usize,
    /// A document in parts is told whole, and cut anew where it is too long; a new one is recorded
    /// as it came.
    draft: Draft,
    later: Vec<Draft>,
    /// The event it changes; none if it is new.
    old: Option<Uuid>,
}

/// How an event of a chain stands.
enum Stands {
    /// It does not; this would be the next of its chain.
    Free(u32),
    Recorded(u32, Box<StoredRecord>),
    /// Somebody voided it by hand.
    Voided,
}

/// The n-th of a chain. Its name is a word and a number: the number alone names a part of a
/// document.
fn nth(first: Uuid, n: u32) -> Uuid {
    if n == 0 { first } else { Uuid::new_v5(&first, format!("correction {n}").as_bytes()) }
}

fn unreadable(error: impl std::fmt::Display) -> SubmitError {
    SubmitError::Unavailable { why: error.to_string() }
}

impl Ledger {
    /// The record of an event, if it is durable.
    pub(crate) fn stored(&self, id: Uuid) -> Result<Option<StoredRecord>, ReadError> {
        self.reader.position_of(id)?.map_or(Ok(None), |position| self.record(position))
    }
}

/// Whether a record says what a draft says, as far as its personal parts are still there: of those
/// that are gone nobody can tell, and they are not recorded again.
fn is_known_without(stored: &StoredRecord, draft: &Draft, later: &[Draft], id: Uuid) -> bool {
    stored.missing_parts() > 0
        && later.is_empty()
        && decode(draft.clone(), id).is_ok_and(|said| stored.says(&said).unwrap_or(false))
}

impl Correction {
    /// Begins a correction of what came from a source, at the desk of whoever corrects it.
    pub(crate) fn begin(desk: Desk, source: Key, void_missing: bool, dry_run: bool) -> Correction {
        let _folded = desk.wait(desk.durable(), Duration::from_millis(QUERY_WAIT_MS_MAX));
        Correction {
            rehearsal: dry_run.then(|| desk.rehearse()),
            desk,
            source,
            void_missing,
            told: None,
            items: Vec::new(),
            changes: HashMap::new(),
            chains: HashMap::new(),
            vanished: HashSet::new(),
            outcome: Corrected::default(),
        }
    }

    /// Takes the draft of a line and compares it with what stands; the later parts of a document go
    /// with its opening.
    pub fn take(&mut self, line: usize, draft: Draft) {
        if let Some((_, opening, later)) = &mut self.told
            && parts::continues(opening, later.len() + 2, &draft)
        {
            return later.push(draft);
        }
        self.compare_told();
        self.told = Some((line, draft, Vec::new()));
    }

    /// Takes a line that is no draft.
    pub fn refuse(&mut self, line: usize, error: SubmitError) {
        self.outcome.refused.push((Ok(line), error));
    }

    fn compare_told(&mut self) {
        let Some((line, draft, later)) = self.told.take() else { return };
        if let Err(error) = self.compare(line, draft, later) {
            self.outcome.refused.push((Ok(line), error));
        }
    }

    fn compare(
        &mut self,
        line: usize,
        mut draft: Draft,
        mut later: Vec<Draft>,
    ) -> Result<(), SubmitError> {
        let Some(EventId(first)) = draft.id else {
            return Err(SubmitError::Refused {
                index: 0,
                refusal: Refusal::MissingField { pointer: "/id".into() },
            });
        };
        match self.stands(first)? {
            Stands::Voided => self.outcome.left_voided += 1,
            Stands::Free(n) => {
                let id = nth(first, n);
                draft.id = Some(EventId(id));
                let told = said(draft.clone(), &later, id)?;
                if n > 0 && !later.is_empty() {
                    // Its parts would have the ids of those that were voided.
                    (draft, later) = (again(told, id), Vec::new());
                }
                self.items.push(Item { line, draft, later, old: None });
            }
            Stands::Recorded(n, stored) => {
                let (id, next) = (nth(first, n), nth(first, n + 1));
                draft.id = Some(EventId(id));
                self.chains.insert(id, (first, n));
                let told = said(draft.clone(), &later, id)?;
                if told == self.whole(&stored)? || is_known_without(&stored, &draft, &later, id) {
                    self.outcome.known += 1;
                    self.outcome.position = self.outcome.position.max(stored.position());
                    return Ok(());
                }
                let draft = if later.is_empty() {
                    Draft { id: Some(EventId(next)), ..draft }
                } else {
                    again(told, next)
                };
                self.changes.insert(id, self.items.len());
                self.items.push(Item { line, draft, later: Vec::new(), old: Some(id) });
            }
        }
        Ok(())
    }

    /// What a record says; of the opening of a document in parts, what all of them say.
    fn whole(&self, stored: &StoredRecord) -> Result<BodyAsReceived, SubmitError> {
        let (position, opening) = (stored.position().get(), stored.body().map_err(unreadable)?);
        let mut later = Vec::new();
        for n in 1..parts::parts(&opening) {
            let part = self.record(Position::new(position + n))?;
            later.extend(part.map(|part| part.body().map_err(unreadable)).transpose()?);
        }
        Ok(parts::whole(opening, later))
    }

    fn stands(&self, first: Uuid) -> Result<Stands, SubmitError> {
        for n in 0..CORRECTED_TIMES_MAX {
            let Some(stored) = self.desk.stored(nth(first, n)).map_err(unreadable)? else {
                return Ok(Stands::Free(n));
            };
            let void = self.desk.views().void_of(stored.position());
            let Some(void) = void else { return Ok(Stands::Recorded(n, Box::new(stored))) };
            let by = self.desk.record(void).map_err(unreadable)?;
            if by
                .and_then(|by| by.body().ok())
                .is_none_or(|by| by.envelope.source.as_ref() != Some(&self.source))
            {
                return Ok(Stands::Voided);
            }
        }
        Err(SubmitError::Unavailable {
            why: format!(
                "the event was corrected {CORRECTED_TIMES_MAX} times; void it by hand and give the \
                 row another key"
            ),
        })
    }

    /// Does what the drafts ask for; what became of each.
    pub fn run(mut self) -> Result<Corrected, SubmitError> {
        self.compare_told();
        let gone = self.find_vanished()?;
        self.outcome.vanished = gone.len();
        self.vanished = gone.iter().map(|(_, id)| *id).collect();
        let mut new: Vec<(usize, Draft)> = Vec::new();
        for number in 0..self.items.len() {
            let (line, old) = (self.items[number].line, self.items[number].old);
            match old {
                None => {
                    let Item { draft, later, .. } = &self.items[number];
                    new.extend(
                        std::iter::once(draft).chain(later).map(|draft| (line, draft.clone())),
                    );
                }
                Some(id) => {
                    self.record_new(std::mem::take(&mut new))?;
                    // An earlier group may have taken it along.
                    if self.changes.contains_key(&id) {
                        self.group(id, Ok(line))?;
                    }
                }
            }
            if new.len() >= NEW_AT_ONCE {
                self.record_new(std::mem::take(&mut new))?;
            }
        }
        self.record_new(new)?;
        if self.void_missing {
            // The newest first: what rests on something is younger.
            for (position, id) in gone.into_iter().rev() {
                if self.vanished.contains(&id) {
                    self.group(id, Err(position))?;
                }
            }
        }
        self.outcome.refused.sort_by_key(|(place, _)| {
            place.map_or_else(|position| (true, position.get()), |line| (false, line as u64))
        });
        Ok(self.outcome)
    }

    /// What came from the source, stands, and is given by no draft.
    fn find_vanished(&self) -> Result<Vec<(Position, Uuid)>, SubmitError> {
        let (mut gone, mut after) = (Vec::new(), Position::ZERO);
        loop {
            let page =
                self.desk.page(&Filter::default(), after, PAGE_RECORDS_MAX).map_err(unreadable)?;
            for stored in &page.records {
                let (position, id) = (stored.position(), stored.event_id());
                if self.chains.contains_key(&id) || self.desk.views().void_of(position).is_some() {
                    continue;
                }
                let body = stored.body().map_err(unreadable)?;
                if body.envelope.source.as_ref() == Some(&self.source)
                    && body.event_type != VOID
                    && body.event_type != KEYED
                    && !parts::is_later(body.event_type)
                {
                    gone.push((position, id));
                }
            }
            let Some(next) = page.next else { return Ok(gone) };
            after = next;
        }
    }

    fn record_new(&mut self, new: Vec<(usize, Draft)>) -> Result<(), SubmitError> {
        if new.is_empty() {
            return Ok(());
        }
        let (lines, drafts): (Vec<usize>, Vec<Draft>) = new.into_iter().unzip();
        let receipt = self.submit(drafts, Atomicity::Alone)?;
        for (line, outcome) in lines.into_iter().zip(receipt.outcomes) {
            match outcome {
                Ok(recorded) => {
                    self.outcome.recorded += 1;
                    self.outcome.position = self.outcome.position.max(recorded.position);
                }
                Err(error) => self.outcome.refused.push((Ok(line), error)),
            }
        }
        Ok(())
    }

    fn submit(&mut self, drafts: Vec<Draft>, atomicity: Atomicity) -> Result<Receipt, SubmitError> {
        let request = Request { drafts, key: None, expect: Vec::new(), atomicity };
        let Some(rehearsal) = &mut self.rehearsal else {
            loop {
                match self.desk.submit_blocking(request.clone()) {
                    Err(SubmitError::Busy { .. }) => std::thread::sleep(PAUSE),
                    other => return other,
                }
            }
        };
        rehearsal.submit(self.desk.parse_to_rehearse(request)?)
    }

    fn record(&self, position: Position) -> Result<Option<StoredRecord>, SubmitError> {
        match self.rehearsal.as_ref().and_then(|rehearsal| rehearsal.record(position)) {
            Some(stored) => Ok(Some(stored)),
            None => self.desk.record(position).map_err(unreadable),
        }
    }
}

/// The type of a void, and of the note which secret an import has: neither is a row's.
const VOID: &str = "event.voided";
const KEYED: &str = "import.keyed";

/// What a draft and the later parts of its document say.
fn said(opening: Draft, later: &[Draft], id: Uuid) -> Result<BodyAsReceived, SubmitError> {
    let refused = |refusal| SubmitError::Refused { index: 0, refusal };
    let (opening, mut rest) = in_parts(opening, id).map_err(refused)?;
    for part in later {
        let Some(EventId(id)) = part.id else {
            return Err(refused(Refusal::MissingField { pointer: "/id".into() }));
        };
        rest.push(decode(part.clone(), id).map_err(refused)?);
    }
    let (parts, came) = (parts::parts(&opening.body), rest.len() as u64 + 1);
    if parts != came {
        let (expected, got) =
            (format!("{parts} parts, one right after the other"), came.to_string());
        let rejection = Rejection::DocumentParts { document: opening.event.home(), expected, got };
        return Err(SubmitError::Rejected { index: 0, rejection });
    }
    Ok(parts::whole(opening.body, rest.into_iter().map(|part| part.body)))
}

/// The same again under another id.
fn again(body: BodyAsReceived, id: Uuid) -> Draft {
    let BodyAsReceived { event_type, version, envelope, data } = body;
    Draft {
        r#type: event_type.to_owned(),
        version: Some(version),
        id: Some(EventId(id)),
        occurred_at: envelope.occurred_at,
        actor: Some(envelope.actor),
        on_behalf_of: envelope.on_behalf_of,
        correlation: envelope.correlation,
        causation: envelope.causation,
        source: envelope.source,
        data,
    }
}
