//! Receipts: that a record stands in a log, in a text that is checked without the log, as
//! <https://c2sp.org/tlog-proof> says. Invariant: one that is read is written again byte for byte,
//! so that no byte of it can be another.

use std::{fmt, str::FromStr};

use crate::{
    checkpoint::{Checkpoint, CheckpointError},
    note::{Note, NoteError, Vkey, listed},
    path::{PathError, check_inclusion},
    text::{decoded, encoded, hash, number},
    tree::{Hash, leaf},
};

/// The first line.
const MAGIC: &str = "c2sp.org/tlog-proof@v1";
/// No path is longer: a tree has at most 2^63 leaves.
const PATH_HASHES_MAX: usize = 63;

/// A record, its place, the path to the root, and the checkpoint that vouches for the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The public bytes of the record; the format has them optional, here they are always there.
    pub record: Vec<u8>,
    /// Its place in the tree, from 0: the position before its own.
    pub index: u64,
    /// The path from its sibling up.
    pub path: Vec<Hash>,
    /// The signed checkpoint of a tree that holds it.
    pub checkpoint: Note,
}

/// Why a text is no receipt, or one that proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// It is no receipt.
    #[error("expected a proof of the form {MAGIC}; {0}")]
    Malformed(&'static str),
    /// The checkpoint in it is none.
    #[error("the checkpoint in the proof cannot be read: {0}")]
    Note(NoteError),
    /// The checkpoint proves nothing.
    #[error("the checkpoint in the proof says nothing: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// Too few witnesses have cosigned.
    #[error(
        "the checkpoint has not the cosignatures that the policy asks for; it has {}",
        listed(.cosigned)
    )]
    Quorum {
        /// The witnesses of the policy that cosigned it.
        cosigned: Vec<String>,
    },
    /// The path proves nothing.
    #[error("the record is not proven: {0}")]
    Path(#[from] PathError),
}

impl Receipt {
    /// The checkpoint of the tree in which the record is proven to stand, by one of these keys.
    pub fn checked(&self, keys: &[Vkey]) -> Result<Checkpoint, ReceiptError> {
        let checkpoint = Checkpoint::verified(&self.checkpoint, keys)?;
        let leaf = leaf(&self.record);
        check_inclusion(&leaf, self.index, checkpoint.size, &self.path, &checkpoint.root)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{MAGIC}\nextra {}\nindex {}", encoded(&self.record), self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", encoded(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for Receipt {
    type Err = ReceiptError;
    fn from_str(text: &str) -> Result<Receipt, ReceiptError> {
        let malformed = ReceiptError::Malformed;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(malformed("it ends too early"))?;
        let mut lines = head.split('\n');
        if lines.next() != Some(MAGIC) {
            return Err(malformed("the first line is another"));
        }
        let record = lines.next().and_then(|line| line.strip_prefix("extra ")).and_then(decoded);
        let record = record.ok_or(malformed("the record is missing, or not base64"))?;
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(number);
        let index = index.ok_or(malformed("the index is missing, or no whole number"))?;
        let path: Vec<Hash> = lines
            .map(|line| hash(line).ok_or(malformed("a line of the path is no hash in base64")))
            .collect::<Result<_, _>>()?;
        if path.len() > PATH_HASHES_MAX {
            return Err(malformed("the path is longer than any tree is high"));
        }
        let checkpoint = checkpoint.parse().map_err(ReceiptError::Note)?;
        Ok(Receipt { record, index, path, checkpoint })
    }
}
