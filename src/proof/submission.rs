//! What a witness is asked, and what it judges, as <https://c2sp.org/tlog-witness> says.
//! Invariant: a checkpoint is accepted only if a known key of its log signed it, and what was
//! cosigned before is its beginning.

use std::{fmt, str::FromStr};

use crate::{
    checkpoint::{Checkpoint, CheckpointError},
    note::{Note, NoteError, Vkey},
    path::{check_consistency, lines},
    text::{hash, number},
    tree::{Hash, empty_root},
};

/// No path is longer: a tree has at most 2^63 leaves.
const PATH_HASHES_MAX: usize = 63;

/// A checkpoint, and the proof that the one before is its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The size of the checkpoint that the witness cosigned last; 0 for none.
    pub old: u64,
    /// The path from that tree to the new one.
    pub path: Vec<Hash>,
    /// The new checkpoint, signed by the log.
    pub note: Note,
}

/// Why a witness does not cosign, by what it answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 400: it is no such request.
    #[error("expected `old SIZE`, hashes in base64, an empty line and a checkpoint; {0}")]
    Malformed(String),
    /// 404: the log is not one that is watched here.
    #[error("no log of the origin {0} is watched here")]
    UnknownLog(String),
    /// 403: no key of the log that is known has signed it.
    #[error("{0}")]
    Unsigned(String),
    /// 400: the checkpoint is smaller than the one it says to follow.
    #[error("expected a checkpoint of at least {old} records, got one of {size}")]
    Smaller {
        /// The size that it says was cosigned.
        old: u64,
        /// The size it has.
        size: u64,
    },
    /// 409: another size was cosigned last.
    #[error("the checkpoint that was cosigned last has {0} records")]
    Stale(u64),
    /// 422: it is not proven to go on from there.
    #[error("{0}")]
    Inconsistent(String),
}

impl Submission {
    /// What is submitted, if it goes on from what was cosigned last, `before`; `keys` are those of
    /// the logs that are watched.
    pub fn judged(
        &self,
        keys: &[Vkey],
        before: impl FnOnce(&str) -> Option<Checkpoint>,
    ) -> Result<Checkpoint, Refusal> {
        let said = self.note.unverified();
        let origin = said.lines().next().unwrap_or_default();
        let keys: Vec<Vkey> = keys.iter().filter(|key| key.name() == origin).cloned().collect();
        if keys.is_empty() {
            return Err(Refusal::UnknownLog(origin.to_owned()));
        }
        let checkpoint = Checkpoint::verified(&self.note, &keys).map_err(|error| match error {
            CheckpointError::Malformed(_) => Refusal::Malformed(error.to_string()),
            CheckpointError::Origin { .. } | CheckpointError::Note(_) => {
                Refusal::Unsigned(error.to_string())
            }
        })?;
        let (old, size) = (self.old, checkpoint.size);
        if old > size {
            return Err(Refusal::Smaller { old, size });
        }
        let before = before(origin);
        let known = before.as_ref().map_or(0, |before| before.size);
        if old != known {
            return Err(Refusal::Stale(known));
        }
        let first = before.map_or_else(empty_root, |before| before.root);
        let proven = check_consistency((old, &first), (size, &checkpoint.root), &self.path);
        proven.map_err(|error| {
            Refusal::Inconsistent(format!(
                "the {size} records are not proven to begin with the {old} that were cosigned: \
                 {error}"
            ))
        })?;
        if size == 0 && checkpoint.root != empty_root() {
            return Err(Refusal::Inconsistent("the root is not that of no records".to_owned()));
        }
        Ok(checkpoint)
    }
}

impl fmt::Display for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "old {}\n{}\n{}", self.old, lines(&self.path), self.note)
    }
}

impl FromStr for Submission {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Submission, Refusal> {
        let malformed = |why: &str| Refusal::Malformed(why.to_owned());
        let (head, note) = text.split_once("\n\n").ok_or_else(|| malformed("it ends too early"))?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(number);
        let old = old.ok_or_else(|| malformed("the first line says no size"))?;
        let path: Option<Vec<Hash>> = lines.map(hash).collect();
        let path = path.ok_or_else(|| malformed("a line of the path is no hash"))?;
        if path.len() > PATH_HASHES_MAX {
            return Err(malformed("the path is longer than any tree is high"));
        }
        let note = note.parse().map_err(|error: NoteError| malformed(&error.to_string()))?;
        Ok(Submission { old, path, note })
    }
}
