//! Lists of the personal parts that were erased. Invariant: a part is told by the record it was
//! recorded with, so that a list takes nothing out of another history; no list forgets what one
//! before it named.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};
use sijil_log::{
    Batched, Reader,
    tree::{Hash, leaf},
};
use sijil_schemas::{PersonalPart, Position, StoredRecord, record::CorruptRecord};

use crate::{
    error::BackupError,
    manifest::{hex, sha256, unhex},
};

/// The newest format of lists.
pub(crate) const LIST: u32 = 2;

/// The personal parts of earlier records that a record erases.
pub type Erases =
    Arc<dyn Fn(&StoredRecord) -> Result<Vec<PersonalPart>, CorruptRecord> + Send + Sync>;

/// A personal part that was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ErasedPart {
    part: PersonalPart,
    /// The leaf of its record in the tree; a list that somebody wrote by hand may not tell it.
    leaf: Option<Hash>,
}

/// Personal parts that were erased, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Erasures {
    parts: BTreeSet<ErasedPart>,
}

/// A list as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    format: u32,
    parts: Vec<Row>,
    /// Of the text of `parts` as this release writes it; from format 2 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Row {
    /// Of this record.
    Of(Position, u8, String),
    /// Of whatever record stands there.
    At(Position, u8),
}

impl From<&ErasedPart> for Row {
    fn from(ErasedPart { part, leaf }: &ErasedPart) -> Row {
        match leaf {
            Some(leaf) => Row::Of(part.position, part.part, hex(leaf)),
            None => Row::At(part.position, part.part),
        }
    }
}

impl Row {
    fn parsed(&self) -> Option<ErasedPart> {
        let (position, part, leaf) = match self {
            Row::Of(position, part, leaf) => (*position, *part, Some(unhex(leaf)?)),
            Row::At(position, part) => (*position, *part, None),
        };
        Some(ErasedPart { part: PersonalPart { position, part }, leaf })
    }
}

fn told(parts: &[Row]) -> String {
    sha256(&serde_json::to_vec(parts).expect("it has no keys"))
}

impl Erasures {
    /// The list in these bytes.
    pub(crate) fn parse(name: &str, bytes: &[u8]) -> Result<Erasures, BackupError> {
        // The format alone first: a newer one may hold what is not known here.
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let unreadable = |error: serde_json::Error| BackupError::damaged(name, error.to_string());
        let Head { format } = serde_json::from_slice(bytes).map_err(unreadable)?;
        if format > LIST {
            return Err(BackupError::Newer { name: name.to_owned(), found: format, known: LIST });
        }
        let list: List = serde_json::from_slice(bytes).map_err(unreadable)?;
        if (format > 1 || list.sha256.is_some()) && list.sha256 != Some(told(&list.parts)) {
            let what = "its parts do not have the hash that it tells";
            return Err(BackupError::damaged(name, what));
        }
        let parts: Option<BTreeSet<ErasedPart>> = list.parts.iter().map(Row::parsed).collect();
        let parts = parts.ok_or_else(|| BackupError::damaged(name, "a hash in it is none"))?;
        Ok(Erasures { parts })
    }

    /// Its bytes, in the newest format.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let parts: Vec<Row> = self.parts.iter().map(Row::from).collect();
        let list = List { format: LIST, sha256: Some(told(&parts)), parts };
        let mut bytes = serde_json::to_vec(&list).expect("it has string keys alone");
        bytes.push(b'\n');
        bytes
    }

    /// The parts of both.
    pub(crate) fn join(&mut self, other: &Erasures) {
        self.parts.extend(&other.parts);
    }

    /// Those that the other does not name.
    pub(crate) fn beyond(&self, other: &Erasures) -> Erasures {
        Erasures { parts: self.parts.difference(&other.parts).copied().collect() }
    }

    /// Those of records up to a position.
    pub(crate) fn up_to(&self, last: Position) -> Erasures {
        let upto = self.parts.iter().take_while(|one| one.part.position <= last);
        Erasures { parts: upto.copied().collect() }
    }

    /// Takes what a record of a log erases; returns that.
    pub(crate) fn learn(
        &mut self,
        reader: &dyn Reader,
        record: &StoredRecord,
        erases: &Erases,
    ) -> Result<Erasures, BackupError> {
        let mut learnt = Erasures::default();
        for part in erased_by(record, erases)? {
            let leaf = reader.hashes(0, part.position.get() - 1, 1)?.first().copied();
            learnt.parts.insert(ErasedPart { part, leaf });
        }
        self.join(&learnt);
        Ok(learnt)
    }

    /// Takes a part of whatever record stands at its position.
    pub(crate) fn insert(&mut self, part: PersonalPart) {
        self.parts.insert(ErasedPart { part, leaf: None });
    }

    /// Whether it names a part, of whatever record.
    pub(crate) fn names(&self, part: PersonalPart) -> bool {
        self.within((part.position, part.position)).any(|one| one.part == part)
    }

    /// Whether it names a part of a record from the first to the last.
    pub(crate) fn touches(&self, range: (Position, Position)) -> bool {
        self.within(range).next().is_some()
    }

    fn within(&self, (first, last): (Position, Position)) -> impl Iterator<Item = &ErasedPart> {
        let first = PersonalPart { position: first, part: 0 };
        let last = PersonalPart { position: last, part: u8::MAX };
        let first = ErasedPart { part: first, leaf: None };
        self.parts.range(first..=ErasedPart { part: last, leaf: Some([u8::MAX; 32]) })
    }

    /// Those of its parts that a record was recorded with.
    pub(crate) fn of(&self, record: &StoredRecord) -> Vec<u8> {
        let position = record.position();
        let is_its = |known: &Hash| *known == leaf(&record.public);
        let its = self
            .within((position, position))
            .filter(|one| one.leaf.as_ref().is_none_or(is_its))
            .map(|one| one.part.part);
        its.collect()
    }

    /// How many parts of these records it names.
    pub(crate) fn named_in(&self, records: &[Batched]) -> u64 {
        records.iter().map(|one| self.of(&one.record).len() as u64).sum()
    }

    /// Takes the parts it names out of consecutive records; says how many were there.
    pub(crate) fn apply(&self, records: &mut [Batched]) -> Result<u64, BackupError> {
        let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(0) };
        let mut removed = 0;
        if !self.touches((first.record.position(), last.record.position())) {
            return Ok(removed);
        }
        for one in records {
            let gone = self.of(&one.record);
            if gone.is_empty() || one.record.personal.is_empty() {
                continue;
            }
            let (record, taken) = one.record.without_parts(&gone).map_err(|error| {
                BackupError::damaged(format!("record {}", error.position), error.what)
            })?;
            one.record = record;
            removed += taken;
        }
        Ok(removed)
    }
}

/// Parts that a log which is made does not have, and that nothing in it erases: whoever erased them
/// did so behind its end.
#[derive(Debug, Default)]
pub(crate) struct Unexplained {
    parts: BTreeSet<PersonalPart>,
}

impl Unexplained {
    /// Hears of the next record, from which what was erased is taken.
    pub(crate) fn hear(
        &mut self,
        record: &StoredRecord,
        erased: &Erasures,
        erases: &Erases,
    ) -> Result<(), BackupError> {
        let position = record.position();
        self.parts
            .extend(erased.of(record).into_iter().map(|part| PersonalPart { position, part }));
        for part in erased_by(record, erases)? {
            self.parts.remove(&part);
        }
        Ok(())
    }

    /// The last record that they are of; zero if there is none.
    pub(crate) fn last(&self) -> Position {
        self.parts.last().map_or(Position::ZERO, |part| part.position)
    }
}

/// The parts that a record erases.
pub(crate) fn erased_by(
    record: &StoredRecord,
    erases: &Erases,
) -> Result<Vec<PersonalPart>, BackupError> {
    erases(record)
        .map_err(|error| BackupError::damaged(format!("record {}", error.position), error.what))
}
