//! Proofs for those who do not trust whoever runs the ledger. Invariant: what is proven is
//! durable, and a proof has been checked against the log's root before it leaves.

use std::{io, sync::Arc};

use sijil_access::Denied;
use sijil_log::{ReadError, ReadLimit};
use sijil_proof::{
    note::Vkey,
    path::{self, PathError, check_consistency, check_inclusion},
    receipt::Receipt,
    tiles::{LEVELS, Levels, STEP, TILE_HASHES, Tiled},
    tree::{Hash, leaf},
};
use sijil_schemas::{Position, StoredRecord, kinds};

use crate::{ask::kind_of, ledger::Ledger, signing::SignedCheckpoint};

/// Why nothing is proven.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// It lies beyond the end of the log.
    #[error("expected a position up to the head {head}, got {position}")]
    BeyondHead {
        /// What was asked for.
        position: Position,
        /// The head.
        head: Position,
    },
    /// There is nothing to prove: the log has no such record, or not for this caller.
    #[error("no record stands at position {position}; the log ends at {head}")]
    Nothing {
        /// What was asked for.
        position: Position,
        /// The head.
        head: Position,
    },
    /// The log is not the one that was signed.
    #[error(
        "the log was signed at {signed}, and what stands there now, up to {head}, is not what was \
         signed: records were lost or changed; nothing is signed and nothing recorded until the \
         log is restored, or `sijil adopt --as-clone` goes on from here as another one"
    )]
    RolledBack {
        /// How many records the highest checkpoint vouches for.
        signed: Position,
        /// Where the log ends.
        head: Position,
    },
    /// Nothing is signed here.
    #[error("nothing is signed here: {0}")]
    Unsigned(String),
    /// Too few witnesses have signed beside the log.
    #[error("no checkpoint has the cosignatures that are asked for: {0}")]
    NotCosigned(String),
    /// The directory is a copy, whose original may go on signing.
    #[error("nothing is signed here: {0}")]
    NotAdopted(String),
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The log cannot be read.
    #[error(transparent)]
    Read(ReadError),
}

kinds! { ProveError {
    ProveError::BeyondHead { .. } => PositionBeyondHead,
    ProveError::Nothing { .. } => NotFound,
    ProveError::RolledBack { .. } => RolledBack,
    ProveError::Unsigned(_) => Unsigned,
    ProveError::NotCosigned(_) => NotCosigned,
    ProveError::NotAdopted(_) => NotAdopted;
    ProveError::Denied(denied) => denied.kind(),
    ProveError::Read(error) => kind_of(error),
} }

/// That a record stands in the tree of so many records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// Where the record stands.
    pub position: Position,
    /// How many records the tree has.
    pub size: Position,
    /// The hash of its public bytes.
    pub leaf: Hash,
    /// The tree's root.
    pub root: Hash,
    /// The path from the leaf to the root.
    pub path: Vec<Hash>,
}

/// That the tree of so many records is the beginning of a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    /// How many records the earlier tree has.
    pub from: Position,
    /// How many the later one has.
    pub to: Position,
    /// The earlier tree's root.
    pub first: Hash,
    /// The later one's.
    pub second: Hash,
    /// The path between them.
    pub path: Vec<Hash>,
}

/// The log, as tiles are read from it.
impl Levels for Ledger {
    type Error = ReadError;
    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        let found = self.reader.hashes(level, from, count)?;
        if found.len() == count {
            Ok(found)
        } else {
            Err(unfit(&format!(
                "expected {count} from {from} of level {level}, got {}",
                found.len()
            )))
        }
    }
}

/// The hashes that are kept beside the log are not those of the log.
fn unfit(why: &str) -> ReadError {
    let source = io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    let what = "prove it: the tree's hashes do not fit the log's root; run `sijil verify`, remove \
                the directory tiles, and the next start makes them anew";
    ReadError::Io { what: what.to_owned(), source: Arc::new(source) }
}

fn fit(checked: Result<(), PathError>) -> Result<(), ReadError> {
    checked.map_err(|error| unfit(&error.to_string()))
}

impl Ledger {
    /// The key by which others verify what is signed here.
    pub(crate) fn vkey(&self) -> Result<Vkey, ProveError> {
        Ok(self.signer()?.vkey().clone())
    }

    fn root_up_to(&self, size: Position) -> Result<Hash, ProveError> {
        self.vouches(Some(size))?;
        match self.root_at(size)? {
            Some(root) => Ok(root),
            None => Err(ProveError::BeyondHead { position: size, head: self.head()?.position }),
        }
    }

    pub(crate) fn inclusion(
        &self,
        position: Position,
        size: Position,
    ) -> Result<Inclusion, ProveError> {
        let root = self.root_up_to(size)?;
        let index = position.get().checked_sub(1).filter(|index| *index < size.get());
        let Some(index) = index else {
            return Err(ProveError::Nothing { position, head: size });
        };
        let leaf = self.hashes(0, index, 1)?[0];
        let tree = Tiled::new(self, &self.prover.tiles, size.get());
        let path = path::inclusion(&tree, index, size.get())?;
        fit(check_inclusion(&leaf, index, size.get(), &path, &root))?;
        Ok(Inclusion { position, size, leaf, root, path })
    }

    pub(crate) fn consistency(
        &self,
        from: Position,
        to: Position,
    ) -> Result<Consistency, ProveError> {
        let second = self.root_up_to(to)?;
        if from > to {
            return Err(ProveError::BeyondHead { position: from, head: to });
        }
        let first = self.root_up_to(from)?;
        let tree = Tiled::new(self, &self.prover.tiles, to.get());
        let path = path::consistency(&tree, from.get(), to.get())?;
        fit(check_consistency((from.get(), &first), (to.get(), &second), &path))?;
        Ok(Consistency { from, to, first, second, path })
    }

    /// The proof of a record that was read, under the checkpoint that witnesses cosigned, if it
    /// holds the record, or one of now or of a moment ago.
    pub(crate) fn receipt(&self, stored: &StoredRecord) -> Result<Receipt, ProveError> {
        let cosigned = self.cosigned().ok();
        let holds = |one: &Arc<SignedCheckpoint>| one.checkpoint.size >= stored.position().get();
        let signed = match cosigned.filter(holds) {
            Some(cosigned) => cosigned,
            None => self.checkpoint(stored.position())?,
        };
        let size = Position::new(signed.checkpoint.size);
        let Inclusion { path, leaf: hash, .. } = self.inclusion(stored.position(), size)?;
        if hash != leaf(&stored.public) {
            return Err(unfit("the record has other bytes than its hash").into());
        }
        Ok(Receipt {
            record: stored.public.to_vec(),
            index: stored.position().get() - 1,
            path,
            checkpoint: signed.note.clone(),
        })
    }

    /// The first `width` hashes of a tile; `None` if the log has not so many.
    pub(crate) fn tile(
        &self,
        level: u32,
        number: u64,
        width: u64,
    ) -> Result<Option<Vec<Hash>>, ProveError> {
        let Some((from, end)) = spanned(number, width).filter(|_| level < LEVELS) else {
            return Ok(None);
        };
        if self.head()?.position.get() >> (STEP * level) < end {
            return Ok(None);
        }
        self.vouches(Some(Position::new(end << (STEP * level))))?;
        Ok(Some(self.hashes(level, from, usize::try_from(end - from).unwrap_or(usize::MAX))?))
    }

    /// The public bytes of the first `width` records of a tile of leaves, each behind its length in
    /// two bytes; `None` if the log has not so many.
    pub(crate) fn entries(&self, number: u64, width: u64) -> Result<Option<Vec<u8>>, ProveError> {
        let Some((from, end)) = spanned(number, width) else { return Ok(None) };
        if self.head()?.position.get() < end {
            return Ok(None);
        }
        self.vouches(Some(Position::new(end)))?;
        let (mut next, mut bytes) = (from + 1, Vec::new());
        while next <= end {
            let records = usize::try_from(end + 1 - next).unwrap_or(usize::MAX);
            let limit = ReadLimit { records, ..ReadLimit::SCAN };
            let page = self.reader.read(Position::new(next), limit)?;
            if page.is_empty() {
                return Err(crate::browse::nothing_at(Position::new(next)).into());
            }
            for stored in &page {
                let length = u16::try_from(stored.public.len()).expect("no record is longer");
                bytes.extend_from_slice(&length.to_be_bytes());
                bytes.extend_from_slice(&stored.public);
            }
            next += page.len() as u64;
        }
        Ok(Some(bytes))
    }
}

/// From which to below which number the hashes of a tile go.
fn spanned(number: u64, width: u64) -> Option<(u64, u64)> {
    let from = number.checked_mul(TILE_HASHES)?;
    (1..=TILE_HASHES).contains(&width).then_some((from, from.checked_add(width)?))
}
