//! Comparisons of folds with what the log alone makes of them. Invariant: a replay changes nothing,
//! and states with equal digests are equal in every row.

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;
use sijil_access::Denied;
use sijil_log::ReadError;
use sijil_projections::{Families, Known, Views, fold::digest_of};
use sijil_schemas::{Position, kinds, near::hint};

use crate::{
    differences::{Differences, Others},
    ledger::Ledger,
    replay::{replay, take_where},
    snapshots::hex,
};

/// What a replay of one fold found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Replayed {
    /// The fold.
    pub projection: &'static str,
    /// The edition of its code.
    pub edition: u32,
    /// Up to which position.
    pub position: Position,
    /// The digest of the state that was made beside the live one.
    pub digest: String,
    /// The digest of the live state at the same position, before any switch; `None` if the live
    /// views do not stand there.
    pub live_digest: Option<String>,
    /// The size of the state, in canonical bytes.
    pub bytes: usize,
    /// The first byte in which the canonical bytes differ, if they do.
    pub first_difference: Option<usize>,
    /// The members of the state that differ.
    pub differing_parts: Vec<&'static str>,
}

impl Replayed {
    /// Whether both digests are there and equal.
    #[must_use]
    pub fn agrees(&self) -> Option<bool> {
        self.live_digest.as_ref().map(|live| *live == self.digest)
    }
}

/// A replay, rebuild or rollback: what it found, what it did, and how long it took.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Replay {
    /// Each fold.
    pub projections: Vec<Replayed>,
    /// Records that were folded.
    pub records: u64,
    /// Seconds, in thousandths.
    pub millis: u64,
    /// Whether the states have changed places.
    pub switched: bool,
    /// Whether what was replaced is kept, so that a rollback puts it back; a state that did not
    /// differ is not.
    pub kept: bool,
    /// The rows that differ; null if all digests are equal, since then none can, or if the live
    /// views stand elsewhere.
    pub differences: Option<Differences>,
}

/// Why a fold was not replayed.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// No fold has this name.
    #[error(
        "no projection is named {name:?}{}; expected one of {}",
        hint(name, Families::FOLDS.iter().copied()),
        Families::FOLDS.join(", ")
    )]
    UnknownProjection {
        /// The name as it came.
        name: String,
    },
    /// The position lies beyond the head.
    #[error("expected a position up to the head {head}, got {got}")]
    BeyondHead {
        /// The position as it came.
        got: Position,
        /// The head.
        head: Position,
    },
    /// No state is kept that could be put back.
    #[error("nothing is kept of projection {name}: {why}")]
    NothingKept {
        /// The projection, or `all`.
        name: String,
        /// Why not.
        why: String,
    },
    /// The caller may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

kinds! { AuditError {
    AuditError::UnknownProjection { .. } => UnknownProjection,
    AuditError::BeyondHead { .. } => PositionBeyondHead,
    AuditError::NothingKept { .. } => NothingKept;
    AuditError::Denied(denied) => denied.kind(),
    AuditError::Read(error) => crate::ask::kind_of(error),
} }

/// The folds of a name: one, or `all`.
pub(crate) fn folds(name: &str) -> Result<Vec<&'static str>, AuditError> {
    let all: Vec<&'static str> =
        Families::FOLDS.iter().copied().filter(|fold| name == "all" || *fold == name).collect();
    if all.is_empty() {
        Err(AuditError::UnknownProjection { name: name.chars().take(80).collect() })
    } else {
        Ok(all)
    }
}

impl Ledger {
    /// Rebuilds one fold, or `all`, from the log alone up to a position (default: where the live
    /// views stand), and compares with the live state.
    pub(crate) fn replay(
        &self,
        name: &str,
        to: Option<Position>,
        threads: usize,
        mut progress: impl FnMut(Position, Position),
    ) -> Result<Replay, AuditError> {
        let folds = folds(name)?;
        let head = self.head()?.position;
        self.vouches(to)?;
        let to = to.unwrap_or_else(|| self.views().position());
        if to > head {
            return Err(AuditError::BeyondHead { got: to, head });
        }
        let began = Instant::now();
        let mut fresh = Views::default();
        replay(&self.reader, Position::ZERO, to, threads, |records| {
            take_where(&mut fresh, &records, threads, &|fold, _| name == "all" || fold == name);
            if let Some(last) = records.last() {
                progress(last.position, to);
            }
        })?;
        let (live, fresh) = (self.views(), fresh.known());
        let (recorded_at, live_there) =
            (live.recorded_at(), (live.position() == to).then_some(&live));
        let projections: Vec<Replayed> =
            folds.iter().map(|fold| compare(fold, &fresh, live_there, to)).collect();
        let differing: Vec<&'static str> = projections
            .iter()
            .filter(|p| p.agrees() == Some(false))
            .map(|p| p.projection)
            .collect();
        let others = Others { known: &fresh, folds: &differing, were_live: false };
        let differences =
            (!differing.is_empty()).then(|| self.differences(&others, to, recorded_at));
        Ok(Replay {
            projections,
            records: to.get(),
            millis: millis(began),
            switched: false,
            kept: false,
            differences,
        })
    }

    /// Waits until the views have taken everything durable.
    pub fn settle(&self, timeout: Duration) -> bool {
        let durable = self.durable();
        self.wait(durable, timeout) >= durable
    }
}

pub(crate) fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// A state beside the live one, both at a position.
pub(crate) fn compare(
    fold: &'static str,
    fresh: &Known,
    live: Option<&Known>,
    at: Position,
) -> Replayed {
    let edition = Families::edition(fold).unwrap_or(0);
    let digest = |bytes: &[u8]| hex(&digest_of(fold, edition, bytes));
    let bytes = fresh.bytes(fold).unwrap_or_default();
    let live_bytes = live.and_then(|live| live.bytes(fold));
    let differs = live_bytes.as_ref().filter(|live| **live != bytes);
    let parts = live
        .filter(|_| differs.is_some())
        .map(|live| fresh.parts(fold).into_iter().zip(live.parts(fold)));
    Replayed {
        projection: fold,
        edition,
        position: at,
        digest: digest(&bytes),
        live_digest: live_bytes.as_deref().map(digest),
        bytes: bytes.len(),
        first_difference: differs
            .map(|live| bytes.iter().zip(live).take_while(|(a, b)| a == b).count()),
        differing_parts: parts
            .into_iter()
            .flatten()
            .filter(|((_, a), (_, b))| a != b)
            .map(|((name, _), _)| name)
            .collect(),
    }
}
