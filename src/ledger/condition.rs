//! What is known to be wrong with the log of a running ledger. Invariant: whatever a reader finds,
//! or opening has found, is remembered here until the ledger stops, so that no door can answer
//! without saying it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use schemars::JsonSchema;
use serde::Serialize;
use sijil_log::{Batched, Damage, Eraser, Head, Order, ReadError, ReadLimit, Reader, tree::Hash};
use sijil_schemas::{Position, StoredRecord, id::EntityRef, time::Timestamp};
use uuid::Uuid;

use crate::{ledger::Ledger, masks::Masks, request::SubmitError};

/// Why a ledger takes no writes, from its start on.
#[derive(Debug, Clone)]
pub enum ReadOnly {
    /// It was opened to read only; why, in words for callers.
    Asked(String),
    /// Its log is damaged, and was opened to salvage what is vouched for: it answers what was known
    /// up to there, and nothing else.
    Salvaged(Damaged),
    /// Its directory is a copy that nobody has adopted; whose and up to where, in words for
    /// callers.
    Copied(String),
}

/// Damage of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// All records up to here are as they were written.
    pub vouched_to: Position,
    /// The first place that is not.
    pub damage: Damage,
}

/// Personal parts that their records name and that are not there, although nothing has erased them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingParts {
    /// Where the first of them was found.
    pub first: Position,
    /// At how many positions they were found to be missing so far.
    pub records: u64,
}

/// How the log of a running ledger stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogState {
    /// As it was written, as far as is known.
    Whole,
    /// Out of reach: answers come from what was known.
    Stale,
    /// Something in it is not as it was written.
    Damaged,
    /// In a directory that is a copy of another one.
    Copy,
    /// Not the one that was signed from its directory.
    RolledBack,
}

/// What was found since the start.
#[derive(Debug, Default)]
struct Found {
    damaged: Option<Damaged>,
    /// Which parts of which records.
    missing: BTreeMap<Position, Vec<u8>>,
    /// Whether somebody was told of missing parts.
    told: bool,
}

/// Positions with missing parts that are told apart; beyond, they are one count too many at most.
const MISSING_REMEMBERED_MAX: usize = 65_536;

/// What was found, shared by the reader that finds and the doors that tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition(Arc<Mutex<Found>>);

impl Condition {
    fn found<T>(&self, look: impl FnOnce(&mut Found) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
    /// The damage that reaches furthest back.
    pub(crate) fn damaged(&self) -> Option<Damaged> {
        self.found(|found| found.damaged.clone())
    }
    /// Those of the parts that were found to be missing which nothing explains: what erased some
    /// may have been read after them.
    pub(crate) fn missing_parts(&self, masks: &Masks) -> Option<MissingParts> {
        self.found(|found| {
            found.missing.retain(|position, parts| {
                *parts = masks.unexplained(*position, parts);
                !parts.is_empty()
            });
            let (first, _) = found.missing.first_key_value()?;
            if !std::mem::replace(&mut found.told, true) {
                tracing::error!(
                    position = %first,
                    "part_missing: personal parts are not there, and no erasure removed them; run \
                     `sijil verify`"
                );
            }
            Some(MissingParts { first: *first, records: found.missing.len() as u64 })
        })
    }
    /// Remembers what a read has found.
    fn note(&self, error: &ReadError) {
        let ReadError::Damaged { vouched_to, damage } = error else { return };
        self.found(|found| {
            if found.damaged.as_ref().is_none_or(|known| known.vouched_to > *vouched_to) {
                tracing::error!(
                    %vouched_to,
                    %damage,
                    "the log is damaged: what rests on these bytes is refused, all else goes on; \
                     run `sijil verify`, and restore from a copy"
                );
                found.damaged = Some(Damaged { vouched_to: *vouched_to, damage: damage.clone() });
            }
        });
    }
    /// Remembers which parts of a record are not there, and not known to be erased. At the start
    /// nothing is known yet: what is explained then is forgotten again when somebody asks.
    fn note_parts(&self, record: &StoredRecord, masks: &Masks) {
        if record.missing_parts() == 0 {
            return;
        }
        let position = record.position();
        let missing = masks.unexplained(position, &record.missing_numbers());
        self.found(|found| {
            if !missing.is_empty() && found.missing.len() < MISSING_REMEMBERED_MAX {
                found.missing.insert(position, missing);
            }
        });
    }
}

/// A reader that remembers what it finds wrong. Everything a ledger reads passes here.
pub(crate) struct Watched {
    pub(crate) reader: Arc<dyn Reader>,
    pub(crate) condition: Condition,
    /// And covers what nobody is shown.
    pub(crate) masks: Masks,
}

impl Watched {
    fn seen<T>(&self, outcome: Result<T, ReadError>) -> Result<T, ReadError> {
        outcome.inspect_err(|error| self.condition.note(error))
    }
}

impl Reader for Watched {
    fn head(&self) -> Result<Head, ReadError> {
        self.seen(self.reader.head())
    }
    fn latest(&self) -> Result<Position, ReadError> {
        self.seen(self.reader.latest())
    }
    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<StoredRecord>, ReadError> {
        let mut found = self.seen(self.reader.read(from, limit))?;
        let left_out = self.reader.parts_left_out();
        let kept = found.iter().filter(|record| record.position() > left_out);
        kept.for_each(|record| self.condition.note_parts(record, &self.masks));
        self.masks.cover(&mut found)?;
        Ok(found)
    }
    fn eraser(&self) -> Option<Arc<dyn Eraser>> {
        self.reader.eraser()
    }
    fn parts_left_out(&self) -> Position {
        self.reader.parts_left_out()
    }
    fn batched(&self, from: Position, limit: ReadLimit) -> Result<Vec<Batched>, ReadError> {
        let mut found = self.seen(self.reader.batched(from, limit))?;
        for one in &mut found {
            self.masks.cover(std::slice::from_mut(&mut one.record))?;
        }
        Ok(found)
    }
    fn wait(&self, past: Position, timeout: Duration) -> Result<Position, ReadError> {
        self.seen(self.reader.wait(past, timeout))
    }
    fn position_of(&self, event_id: Uuid) -> Result<Option<Position>, ReadError> {
        self.seen(self.reader.position_of(event_id))
    }
    fn touching(
        &self,
        entity: &EntityRef,
        bound: Position,
        limit: usize,
        order: Order,
    ) -> Result<Vec<Position>, ReadError> {
        self.seen(self.reader.touching(entity, bound, limit, order))
    }
    fn root_at(&self, position: Position) -> Result<Option<Hash>, ReadError> {
        self.seen(self.reader.root_at(position))
    }
    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        self.seen(self.reader.hashes(level, from, count))
    }
    fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        self.seen(self.reader.position_at(time))
    }
}

impl Damaged {
    /// The answer to a question that needs what cannot be vouched for.
    #[must_use]
    pub fn refusal(&self) -> ReadError {
        ReadError::Damaged { vouched_to: self.vouched_to, damage: self.damage.clone() }
    }
}

impl ReadOnly {
    /// What a caller is told who wants to write.
    pub(crate) fn refusal(&self) -> SubmitError {
        match self {
            ReadOnly::Asked(why) => SubmitError::Unavailable { why: why.clone() },
            ReadOnly::Salvaged(damaged) => {
                SubmitError::LogDamaged { why: damaged.refusal().to_string() }
            }
            ReadOnly::Copied(why) => SubmitError::NotAdopted { why: why.clone() },
        }
    }
}

impl Ledger {
    /// What is damaged in the log, as far as it was found, and up to where it is vouched for.
    #[must_use]
    pub fn damaged(&self) -> Option<Damaged> {
        self.salvaged().cloned().or_else(|| self.shared.condition.damaged())
    }
    /// Personal parts that were found to be missing without an erasure.
    #[must_use]
    pub fn missing_parts(&self) -> Option<MissingParts> {
        self.shared.condition.missing_parts(&self.masks)
    }
    /// How the log stands; what is worst about it comes first.
    #[must_use]
    pub fn log_state(&self) -> LogState {
        match self.read_only_because() {
            _ if self.damaged().is_some() || self.missing_parts().is_some() => LogState::Damaged,
            _ if self.stale().is_some() => LogState::Stale,
            _ if self.rolled_back().is_some() => LogState::RolledBack,
            Some(ReadOnly::Copied(_)) => LogState::Copy,
            Some(ReadOnly::Asked(_) | ReadOnly::Salvaged(_)) | None => LogState::Whole,
        }
    }
    /// Whether only what was known up to some damage is answered, since the log was opened to
    /// salvage that.
    #[must_use]
    pub fn is_salvaged(&self) -> bool {
        self.salvaged().is_some()
    }
    /// Why writes are not taken, in words, if they are not for a reason that was there from the
    /// start.
    #[must_use]
    pub fn why_read_only(&self) -> Option<String> {
        let rolled_back = self.rolled_back().map(str::to_owned);
        rolled_back.or_else(|| {
            self.read_only_because().map(|why| match why {
                ReadOnly::Asked(why) | ReadOnly::Copied(why) => why.clone(),
                ReadOnly::Salvaged(damaged) => damaged.refusal().to_string(),
            })
        })
    }
    /// The damage of a log that was opened to salvage: then only what was known up to there is
    /// answered.
    fn salvaged(&self) -> Option<&Damaged> {
        match self.read_only_because() {
            Some(ReadOnly::Salvaged(damaged)) => Some(damaged),
            Some(ReadOnly::Asked(_) | ReadOnly::Copied(_)) | None => None,
        }
    }
    /// Whether a question may be answered that names what was known at a position, or, with none,
    /// asks for all that is known now. From a log that was opened to salvage only what names a
    /// position that is vouched for is.
    pub fn vouches(&self, known_at: Option<Position>) -> Result<(), ReadError> {
        match self.salvaged() {
            Some(damaged) if known_at.is_none_or(|position| position > damaged.vouched_to) => {
                Err(damaged.refusal())
            }
            Some(_) | None => Ok(()),
        }
    }
}
