//! Requests and their answers. Invariant: a request is parsed before it is queued, so the decider
//! sees only typed events.

use schemars::JsonSchema;
use sijil_access::Denied;
use sijil_log::AppendError;
use sijil_rules::Rejection;
use sijil_schemas::{
    Position, RightFamily,
    decode::{Candidate, Draft, Refusal, decode},
    id::EntityRef,
    kinds,
    parts::{Piece, cut},
    problem::ProblemKind,
    time::Timestamp,
};
use uuid::Uuid;

use crate::{caller::Caller, limits::REQUEST_EVENTS_MAX};

/// The records between an expected revision and the one there is, as the end of a message; of a
/// revision that is still to come there are none.
fn since(newer: &[Position]) -> String {
    if newer.is_empty() {
        return " (it has not come that far: read it again)".into();
    }
    format!(
        " ({} newer: {})",
        newer.len(),
        newer.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    )
}

/// Whether the events of a request stand or fall together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Atomicity {
    /// All land, or none.
    Together,
    /// Each is judged alone; the refused ones are told apart.
    Alone,
}

/// The revision a caller expects an entity to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The entity.
    pub entity: EntityRef,
    /// How many records have it as home.
    pub revision: u64,
}

/// Drafts that ask to be recorded.
#[derive(Debug, Clone)]
pub struct Request {
    /// The drafts, in order.
    pub drafts: Vec<Draft>,
    /// The caller's idempotency key for the whole request.
    pub key: Option<String>,
    /// What must hold before.
    pub expect: Vec<Expectation>,
    /// Together or alone.
    pub atomicity: Atomicity,
}

/// One event of a request that was recorded, now or by the same request before.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, JsonSchema)]
pub struct Recorded {
    /// Where it stands.
    pub position: Position,
    /// The event's id.
    pub id: Uuid,
    /// Its home entity.
    pub entity: EntityRef,
    /// The home entity's revision after it; `None` when the event was known before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Whether the same request had recorded it before.
    pub known: bool,
}

/// What became of each draft; in an atomic request every one is recorded.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// In the order of the drafts.
    pub outcomes: Vec<Result<Recorded, SubmitError>>,
}

/// Why a request, or a draft of it, was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The draft is no event.
    #[error("{refusal}")]
    Refused {
        /// Which draft, from 0.
        index: usize,
        /// Why.
        refusal: Refusal,
    },
    /// The caller may not.
    #[error("{denied}")]
    Denied {
        /// Which draft, from 0.
        index: usize,
        /// Why.
        denied: Denied,
    },
    /// The rules said no.
    #[error("{rejection}")]
    Rejected {
        /// Which draft, from 0.
        index: usize,
        /// Why.
        rejection: Rejection,
    },
    /// The rules said no, for what the caller may not read.
    #[error(
        "{}: what stands in the way is in {}, which you may not read; ask somebody who may, or for \
         the right to",
        kind.name(), family.name()
    )]
    RejectedUnseen {
        /// Which draft, from 0.
        index: usize,
        /// Which rule.
        kind: ProblemKind,
        /// The family of the draft.
        family: RightFamily,
    },
    /// An entity has another revision.
    #[error("expected revision {expected}, {entity} is at {actual}{}", since(newer))]
    RevisionConflict {
        /// The entity.
        entity: EntityRef,
        /// The revision that was expected.
        expected: u64,
        /// The revision it has.
        actual: u64,
        /// The records that are newer.
        newer: Vec<Position>,
    },
    /// Events of the request are known, but not all of them or not with these bodies.
    #[error(
        "the events {} are known with another body, or only in part; send the first request again \
         unchanged, or new ids",
        events.iter().map(|(id, position)| match position {
            Some(position) => format!("{id} (position {position})"),
            None => id.to_string(),
        }).collect::<Vec<_>>().join(", ")
    )]
    IdempotencyConflict {
        /// The known events, with their positions where the caller may know them.
        events: Vec<(Uuid, Option<Position>)>,
    },
    /// One event id stands twice in the request.
    #[error(
        "expected each event id once in a request, got {id} for the events {first} and {index} \
         (from 0); give each event an id of its own"
    )]
    IdTwice {
        /// Where it stands again, from 0.
        index: usize,
        /// Where it stood first, from 0.
        first: usize,
        /// The id.
        id: Uuid,
    },
    /// An idempotency key was given together with event ids.
    #[error("expected either the header Idempotency-Key or event ids, got both; leave one out")]
    KeyAndIds,
    /// The request has no events, or too many.
    #[error(
        "expected 1 to {REQUEST_EVENTS_MAX} events in one atomic request, got {got}; send larger \
         sets to /v1/events/import"
    )]
    RequestSize {
        /// How many came.
        got: usize,
    },
    /// The request is larger than one append may be.
    #[error("expected at most {limit} bytes of records in one atomic request, got {got}; split it")]
    RequestTooLarge {
        /// How many bytes came.
        got: usize,
        /// The limit.
        limit: usize,
    },
    /// The queue is full.
    #[error("{waiting} requests are waiting already; come back in a second")]
    Busy {
        /// How many wait.
        waiting: usize,
    },
    /// The ledger takes no writes.
    #[error("the ledger takes no writes: {why}")]
    Unavailable {
        /// Why.
        why: String,
    },
    /// The log is damaged, and opened only to salvage what is vouched for.
    #[error("the ledger takes no writes: {why}")]
    LogDamaged {
        /// What is damaged.
        why: String,
    },
    /// The data directory is a copy that nobody has adopted.
    #[error("the ledger takes no writes: {why}")]
    NotAdopted {
        /// Whose copy, up to where, and what to do.
        why: String,
    },
    /// The log is not the one that was signed from its directory.
    #[error("the ledger takes no writes: {why}")]
    RolledBack {
        /// What was signed, and what stands there.
        why: String,
    },
    /// No space is left on the disk.
    #[error(
        "the log has no space left; nothing was recorded, reads go on; free some space and send \
         again"
    )]
    LogFull,
}

kinds! { SubmitError {
    SubmitError::RevisionConflict { .. } => RevisionConflict,
    SubmitError::IdempotencyConflict { .. } => IdempotencyConflict,
    SubmitError::IdTwice { .. } => IdTwice,
    SubmitError::KeyAndIds => KeyAndIds,
    SubmitError::RequestSize { .. } => RequestSize,
    SubmitError::RequestTooLarge { .. } => RequestTooLarge,
    SubmitError::Busy { .. } => Busy,
    SubmitError::Unavailable { .. } => Unavailable,
    SubmitError::LogDamaged { .. } => LogDamaged,
    SubmitError::NotAdopted { .. } => NotAdopted,
    SubmitError::RolledBack { .. } => RolledBack,
    SubmitError::LogFull => LogFull;
    SubmitError::Refused { refusal, .. } => refusal.kind(),
    SubmitError::Denied { denied, .. } => denied.kind(),
    SubmitError::Rejected { rejection, .. } => rejection.kind(),
    SubmitError::RejectedUnseen { kind, .. } => *kind,
} }

impl SubmitError {
    /// Which draft of the request it is about, from 0.
    #[must_use]
    pub const fn index(&self) -> Option<usize> {
        match self {
            SubmitError::Refused { index, .. }
            | SubmitError::Denied { index, .. }
            | SubmitError::Rejected { index, .. }
            | SubmitError::RejectedUnseen { index, .. }
            | SubmitError::IdTwice { index, .. } => Some(*index),
            SubmitError::RevisionConflict { .. }
            | SubmitError::IdempotencyConflict { .. }
            | SubmitError::KeyAndIds
            | SubmitError::RequestSize { .. }
            | SubmitError::RequestTooLarge { .. }
            | SubmitError::Busy { .. }
            | SubmitError::Unavailable { .. }
            | SubmitError::LogDamaged { .. }
            | SubmitError::NotAdopted { .. }
            | SubmitError::RolledBack { .. }
            | SubmitError::LogFull => None,
        }
    }
    /// What a failed append means for the callers of its batch.
    pub(crate) fn of_append(error: &AppendError) -> SubmitError {
        match error {
            AppendError::Full { .. } => SubmitError::LogFull,
            AppendError::Conflict { .. }
            | AppendError::Poisoned
            | AppendError::TooLarge { .. }
            | AppendError::Gap { .. } => SubmitError::Unavailable { why: error.to_string() },
            AppendError::Unreachable { .. } | AppendError::Io { .. } => {
                SubmitError::Unavailable { why: with_causes(error) }
            }
        }
    }
}

/// An error with its causes, in one line.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

/// A candidate, and whether its id can be known from an earlier request.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) candidate: Candidate,
    pub(crate) chosen_id: bool,
    /// The later parts of the document it opens, where its draft was too long for one record.
    pub(crate) later: Vec<Candidate>,
    /// Who asks for it to be recorded.
    pub(crate) caller: Caller,
}

/// What a header, its texts and a commitment add to the data of a record, at most.
const BYTES_AROUND_DATA: usize = 640;

impl Prepared {
    /// Its events, one by one.
    pub(crate) fn unfolded(self) -> impl Iterator<Item = Prepared> {
        let Prepared { candidate, chosen_id, later, caller } = self;
        std::iter::once(candidate).chain(later).map(move |candidate| Prepared {
            candidate,
            chosen_id,
            later: Vec::new(),
            caller: caller.clone(),
        })
    }
    /// Whether it is a later part of a document that another opens.
    pub(crate) fn continues(&self, opening: &Prepared) -> bool {
        matches!(self.candidate.event.piece(), Some(Piece::Later(_)))
            && self.candidate.event.home() == opening.candidate.event.home()
    }
    /// No fewer bytes than its record will have.
    pub(crate) fn bytes_at_most(&self) -> usize {
        let bytes = |candidate: &Candidate| {
            serde_json::to_vec(&candidate.body.data).map_or(0, |data| data.len())
                + BYTES_AROUND_DATA
        };
        bytes(&self.candidate) + self.later.iter().map(bytes).sum::<usize>()
    }
}

/// A request that is parsed and not yet queued.
#[derive(Debug)]
pub struct Parsed {
    /// The drafts as events, each or its refusal.
    pub(crate) prepared: Vec<Result<Prepared, SubmitError>>,
    pub(crate) expect: Vec<Expectation>,
    pub(crate) atomicity: Atomicity,
    /// Its ids were made under its key before the ledger had an id.
    pub(crate) unopened: bool,
}

/// A request that was not queued, and comes back whole.
#[derive(Debug)]
pub struct Unqueued {
    /// Why.
    pub why: SubmitError,
    /// The request.
    pub parsed: Parsed,
}

/// The id of the n-th event under a key. Two callers may take the same key: what they are told
/// apart by holds a character that no key has.
fn keyed_id(name_space: Uuid, (caller, key): (&str, &str), index: usize) -> Uuid {
    let own = if caller.is_empty() { String::new() } else { format!("{caller}\0") };
    Uuid::new_v5(&name_space, format!("{own}{key}\n{index}").as_bytes())
}

/// The name space of the ids under a request's key: the ledger's id. The request that opened the
/// ledger came before there was one, so sent again it has the nil id, too.
fn name_space(request: &Request, caller: &str, ledger: Uuid) -> Uuid {
    let Some(key) = &request.key else { return ledger };
    let opened_it = (0..request.drafts.len())
        .any(|index| keyed_id(Uuid::nil(), (caller, key), index) == ledger);
    if opened_it { Uuid::nil() } else { ledger }
}

/// Parses a draft; one too long for a record becomes the opening of a document in parts, and those.
pub(crate) fn in_parts(draft: Draft, id: Uuid) -> Result<(Candidate, Vec<Candidate>), Refusal> {
    let mut drafts = cut(draft, id).into_iter();
    let Some(opening) = drafts.next() else { unreachable!("a draft is cut into itself at least") };
    let opening = decode(opening, id)?;
    let home = opening.event.home();
    let part = |mut part: Draft| {
        part.data.insert(opening.event.event_type().home_field.to_owned(), home.id().into());
        decode(part, id)
    };
    let later = drafts.map(part).collect::<Result<Vec<Candidate>, Refusal>>()?;
    Ok((opening, later))
}

/// Parses the drafts of a request. `made_id` gives ids for events whose caller chose none.
pub(crate) fn prepare(
    request: Request,
    caller: &Caller,
    ledger: Uuid,
    mut made_id: impl FnMut() -> Uuid,
) -> Result<Parsed, SubmitError> {
    let together = request.atomicity == Atomicity::Together;
    if request.drafts.is_empty() || (together && request.drafts.len() > REQUEST_EVENTS_MAX) {
        return Err(SubmitError::RequestSize { got: request.drafts.len() });
    }
    if request.key.is_some() && request.drafts.iter().any(|d| d.id.is_some()) {
        return Err(SubmitError::KeyAndIds);
    }
    let batch = request.drafts.len() > 1;
    let of_caller = caller.name_space();
    let name_space = name_space(&request, &of_caller, ledger);
    let unopened = request.key.is_some() && name_space.is_nil();
    let mut prepared = Vec::with_capacity(request.drafts.len());
    for (index, mut draft) in request.drafts.into_iter().enumerate() {
        draft.actor = draft.actor.or_else(|| caller.actor());
        let chosen_id = draft.id.is_some() || request.key.is_some();
        let id = match &request.key {
            Some(key) => keyed_id(name_space, (&of_caller, key), index),
            None => made_id(),
        };
        let pointed = |refusal: Refusal| {
            if batch && together { refusal.under(&format!("/events/{index}")) } else { refusal }
        };
        match in_parts(draft, id)
            .map_err(|refusal| SubmitError::Refused { index, refusal: pointed(refusal) })
        {
            Ok((candidate, later)) => {
                let caller = caller.clone();
                prepared.push(Ok(Prepared { candidate, chosen_id, later, caller }));
            }
            Err(error) if together => return Err(error),
            Err(error) => prepared.push(Err(error)),
        }
    }
    Ok(Parsed { prepared, expect: request.expect, atomicity: request.atomicity, unopened })
}
