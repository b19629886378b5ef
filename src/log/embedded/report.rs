//! What a verification tells. Invariant: it names what is wrong, and changes nothing.

use sijil_schemas::record::Position;

use super::Copied;
use crate::{port::Damage, tree::Hash};

/// How far a verification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Records checked so far.
    pub records: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Segments in all.
    pub segments: usize,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The last position found.
    pub position: Position,
    /// The root there, recomputed; what the last footer says if records are missing.
    pub root: Hash,
    /// Records checked.
    pub records: u64,
    /// Bytes of these records.
    pub bytes: u64,
    /// Batches checked.
    pub batches: u64,
    /// Segments checked.
    pub segments: usize,
    /// Records in sealed segments, all but the last.
    pub sealed_records: u64,
    /// Bytes of the files of these segments.
    pub sealed_disk_bytes: u64,
    /// What is not as it was written, in the log.
    pub damage: Vec<Damage>,
    /// What is wrong in files derived from the log; remove them and they are rebuilt.
    pub derived: Vec<Damage>,
    /// The remains of a write that was cut short and never acknowledged; the next opening removes
    /// them.
    pub torn: Option<Damage>,
    /// Another process is writing: only what it had acknowledged at the start was checked.
    pub live: bool,
    /// If the directory is a copy of another one: what it holds. What stands behind that, and files
    /// derived from it, were not checked.
    pub copy: Option<Copied>,
    /// How many personal parts are not there because they were erased.
    pub erased: u64,
}

impl Report {
    /// Whether the log and all that is derived from it are as they were written.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty() && self.derived.is_empty() && self.torn.is_none()
    }
}
