//! From one log to another, of any kind. Invariant: the target only ever holds a beginning of the
//! source, byte for byte, personal parts included; when this ends well, it was read back whole.

use std::{io, sync::Arc};

use sha2::{Digest, Sha256};
use sijil_schemas::record::{Position, StoredRecord};

use crate::{
    embedded::EmbeddedReader,
    mirror::{End, SharedLog},
    port::{AppendError, Batch, Entry, ReadError, ReadLimit, Reader, Touched, Writer, entity_hash},
    tree::{Frontier, Hash, leaf},
};

/// One batch of the target has at most so many records and bytes.
const BATCH: ReadLimit = ReadLimit { records: 8_192, bytes: 4 << 20 };

/// A log to copy from or to.
pub enum Side {
    /// In a data directory; with a writer if it is copied to.
    Here(EmbeddedReader, Option<Box<dyn Writer>>),
    /// On a server.
    Elsewhere(Arc<dyn SharedLog>),
}

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Where the target ended before.
    pub before: Position,
    /// Where it ends now.
    pub position: Position,
    /// The root there, of both logs.
    pub root: Hash,
}

/// Why a copy was not made, or not finished.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The target is the log of another ledger.
    #[error("foreign: the target is another ledger: {0}; nothing was written to it")]
    Foreign(String),
    /// The target is no beginning of the source, though it begins as it does.
    #[error("the target holds another history: {0}; nothing was written to it")]
    Another(String),
    /// Somebody else writes to the target.
    #[error(
        "expected the target to end at {expected}, it ends at {head}: something else writes to it; \
         stop that, and copy again"
    )]
    Busy {
        /// Where this copy had come to.
        expected: Position,
        /// Where the target ends.
        head: Position,
    },
    /// A log could not be read or written.
    #[error(
        "cannot {what}; copy again once it can be reached, and what is there is not copied twice"
    )]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// What is stored is not what was written.
    #[error("{0}")]
    Damaged(String),
}

/// What two logs must agree on: the tree of all records, and the bytes beside it.
#[derive(Default)]
struct Sum {
    tree: Frontier,
    personal: Sha256,
}

impl Sum {
    fn add(&mut self, record: &StoredRecord) {
        self.tree.push(leaf(&record.public));
        self.personal.update((record.personal.len() as u64).to_le_bytes());
        self.personal.update(&record.personal);
    }
}

/// Brings `to` up to where `from` ends now, telling how many of how many records were copied or
/// read back; goes on where an earlier copy stopped.
pub fn copy(
    from: &Side,
    to: &mut Side,
    touched: &Touched,
    progress: &dyn Fn(u64, u64),
) -> Result<Copied, CopyError> {
    let (source, target) = (from.end()?, to.end()?);
    compare(from, to, &source, &target)?;
    let (all, mut sum, mut at) = (source.position.get() * 2, Sum::default(), Position::ZERO);
    while at < source.position {
        let page = from.page(at, source.position)?;
        let there = page.iter().take_while(|record| record.position() <= target.position).count();
        page[..there].iter().for_each(|record| sum.add(record));
        at = page[..there].last().map_or(at, StoredRecord::position);
        if at == target.position && target.root.is_some_and(|root| root != sum.tree.root()) {
            return Err(CopyError::Another(format!("its root at {at} is not that of the source")));
        }
        for records in batches(&page[there..], to.batch_bytes_max()) {
            let end = End { position: at, root: Some(sum.tree.root()), last: None };
            records.iter().for_each(|record| sum.add(record));
            to.append(&end, records, &sum.tree.root(), touched)?;
            at = records.last().map_or(at, StoredRecord::position);
            progress(at.get(), all);
        }
    }
    if source.root.is_some_and(|root| root != sum.tree.root()) {
        return Err(CopyError::Damaged(format!(
            "the records of the source up to {at} do not have the root it says they have; run \
             `sijil verify` on it"
        )));
    }
    let root = read_back(to, &source, sum, progress)?;
    Ok(Copied { before: target.position, position: source.position, root })
}

/// Refuses a target that holds another ledger, or more of this one.
fn compare(from: &Side, to: &Side, source: &End, target: &End) -> Result<(), CopyError> {
    let first = Position::new(1);
    if source.position >= first
        && target.position >= first
        && from.record(first)? != to.record(first)?
    {
        return Err(CopyError::Foreign(format!(
            "it holds something else than the source at {first}"
        )));
    }
    if target.position > source.position {
        return Err(CopyError::Another(format!(
            "it ends at {}, the source at {}",
            target.position, source.position
        )));
    }
    if target.position > Position::ZERO
        && from.record(target.position)? != to.record(target.position)?
    {
        return Err(CopyError::Another(format!(
            "it holds something else than the source at {}",
            target.position
        )));
    }
    Ok(())
}

fn read_back(
    to: &Side,
    source: &End,
    sum: Sum,
    progress: &dyn Fn(u64, u64),
) -> Result<Hash, CopyError> {
    let (mut back, mut at) = (Sum::default(), Position::ZERO);
    while at < source.position {
        let page = to.page(at, source.position)?;
        page.iter().for_each(|record| back.add(record));
        at = page.last().map_or(at, StoredRecord::position);
        progress(source.position.get() + at.get(), source.position.get() * 2);
    }
    let root = back.tree.root();
    if root != sum.tree.root() {
        return Err(CopyError::Damaged(format!(
            "the target, read back up to {at}, does not have the root of the source; run `sijil \
             verify` on both"
        )));
    }
    if back.personal.finalize() != sum.personal.finalize() {
        return Err(CopyError::Damaged(format!(
            "the target, read back up to {at}, does not have the personal parts of the source; run \
             `sijil verify` on both"
        )));
    }
    Ok(root)
}

/// Records in pieces that fit one append.
fn batches(
    mut records: &[StoredRecord],
    bytes_max: usize,
) -> impl Iterator<Item = &[StoredRecord]> {
    let bytes_max = bytes_max.min(BATCH.bytes);
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |record: &&StoredRecord| {
            bytes += record.public.len() + record.personal.len();
            bytes <= bytes_max
        };
        let count =
            records.iter().take(BATCH.records).take_while(fits).count().max(1).min(records.len());
        let (batch, rest) = records.split_at(count);
        records = rest;
        (!batch.is_empty()).then_some(batch)
    })
}

impl Side {
    fn place(&self) -> String {
        match self {
            Side::Here(..) => "the data directory".to_owned(),
            Side::Elsewhere(shared) => shared.place(),
        }
    }

    fn reading(&self, source: io::Error) -> CopyError {
        let what = format!("read the log at {}", self.place());
        if source.kind() == io::ErrorKind::InvalidData {
            CopyError::Damaged(format!("{what}: {source}"))
        } else {
            CopyError::Io { what, source }
        }
    }

    fn failed(&self, error: ReadError) -> CopyError {
        match error {
            ReadError::Io { .. } | ReadError::Newer { .. } => self.reading(io::Error::other(error)),
            ReadError::Damaged { .. } | ReadError::Undecodable { .. } => {
                CopyError::Damaged(error.to_string())
            }
        }
    }

    fn end(&self) -> Result<End, CopyError> {
        match self {
            Side::Here(reader, _) => {
                let head = reader.head().map_err(|error| self.failed(error))?;
                Ok(End { position: head.position, root: Some(head.root), last: None })
            }
            Side::Elsewhere(shared) => shared.end().map_err(|error| self.reading(error)),
        }
    }

    fn batch_bytes_max(&self) -> usize {
        match self {
            Side::Here(..) => usize::MAX,
            Side::Elsewhere(shared) => shared.batch_bytes_max(),
        }
    }

    /// Some of the records after a position up to another, in order; at least one.
    fn page(&self, after: Position, last: Position) -> Result<Vec<StoredRecord>, CopyError> {
        let mut page = match self {
            Side::Here(reader, _) => {
                reader.read(after.next(), ReadLimit::SCAN).map_err(|error| self.failed(error))?
            }
            Side::Elsewhere(shared) => shared.page(after).map_err(|error| self.reading(error))?,
        };
        page.truncate(usize::try_from(last.get() - after.get()).unwrap_or(usize::MAX));
        let out_of_order = page
            .iter()
            .zip(after.get() + 1..)
            .find(|(record, expected)| record.position().get() != *expected);
        match out_of_order {
            Some((found, expected)) => Err(CopyError::Damaged(format!(
                "expected record {expected} in the log at {}, found {}",
                self.place(),
                found.position()
            ))),
            None if page.is_empty() => Err(CopyError::Damaged(format!(
                "expected record {} in the log at {}, which ends at {last}, found none",
                after.next(),
                self.place()
            ))),
            None => Ok(page),
        }
    }

    fn record(&self, position: Position) -> Result<Option<StoredRecord>, CopyError> {
        let before = Position::new(position.get().saturating_sub(1));
        Ok(self.page(before, position)?.into_iter().next())
    }

    fn append(
        &mut self,
        end: &End,
        records: &[StoredRecord],
        root: &Hash,
        touched: &Touched,
    ) -> Result<(), CopyError> {
        let place = self.place();
        let entry = |record: &StoredRecord| match touched(record) {
            Ok(touched) => Ok(Entry {
                record: record.clone(),
                touched: touched.iter().map(entity_hash).collect(),
            }),
            // It is whole; this release alone cannot say what it touches.
            Err(newer @ ReadError::Newer { .. }) => Err(CopyError::Io {
                what: format!("copy to {place}"),
                source: io::Error::other(newer),
            }),
            Err(why) => Err(CopyError::Damaged(format!(
                "record {} of the source cannot be decoded: {why}",
                record.position()
            ))),
        };
        let batch = Batch { entries: records.iter().map(entry).collect::<Result<_, _>>()? };
        let outcome = match self {
            Side::Here(_, Some(writer)) => writer.append(end.position, &batch),
            Side::Here(_, None) => {
                return Err(CopyError::Io {
                    what: format!("write to {place}"),
                    source: io::ErrorKind::PermissionDenied.into(),
                });
            }
            Side::Elsewhere(shared) => shared.append(end, &batch, root),
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(AppendError::Conflict { expected, head }) => {
                Err(CopyError::Busy { expected, head: self.end().map_or(head, |end| end.position) })
            }
            Err(error) => Err(CopyError::Io {
                what: format!("write to {place}"),
                source: io::Error::other(error),
            }),
        }
    }
}
