//! Rebuilds and comparisons of folds. Invariant: a rebuild never touches what serves until its state is whole, and then takes its place at once.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use schemars::JsonSchema;
use serde::Serialize;
use sijil_log::ReadError;
use sijil_projections::Views;
use sijil_schemas::Position;

use crate::{ledger::Ledger, replay::replay, snapshots::hex};

/// What a replay of one fold found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Replayed {
    /// The fold.
    pub projection: &'static str,
    /// The edition of its code.
    pub edition: u32,
    /// Up to which position.
    pub position: Position,
    /// The digest of the state made from the log alone.
    pub digest: String,
    /// The digest of the live state at the same position; `None` if the live views do not stand there.
    pub live_digest: Option<String>,
    /// The size of the state, in canonical bytes.
    pub bytes: usize,
    /// The first byte in which the canonical bytes differ, if they do.
    pub first_difference: Option<usize>,
}

impl Replayed {
    /// Whether both digests are there and equal.
    #[must_use]
    pub fn agrees(&self) -> Option<bool> {
        self.live_digest.as_ref().map(|live| *live == self.digest)
    }
}

/// A replay and how long it took.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Replay {
    /// Each fold.
    pub projections: Vec<Replayed>,
    /// Records that were folded.
    pub records: u64,
    /// Seconds, in thousandths.
    pub millis: u64,
}

/// Why a fold was not replayed.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// No fold has this name.
    #[error("no projection is named {name:?}; expected one of {}", Views::FOLDS.join(", "))]
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
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl AuditError {
    /// Every name of its own.
    pub const NAMES: &[&str] = &["unknown_projection", "position_beyond_head", "log_unreadable"];
    /// The error's name, which is also its problem page.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            AuditError::UnknownProjection { .. } => "unknown_projection",
            AuditError::BeyondHead { .. } => "position_beyond_head",
            AuditError::Read(_) => "log_unreadable",
        }
    }
}

fn folds(name: &str) -> Result<Vec<&'static str>, AuditError> {
    let all: Vec<&'static str> = Views::FOLDS.iter().copied().filter(|fold| name == "all" || *fold == name).collect();
    if all.is_empty() { Err(AuditError::UnknownProjection { name: name.chars().take(80).collect() }) } else { Ok(all) }
}

impl Ledger {
    /// Rebuilds one fold, or `all`, from the log alone up to a position (default: where the live views stand), and compares with the live state.
    pub fn replay(&self, name: &str, to: Option<Position>, threads: usize, mut progress: impl FnMut(Position, Position)) -> Result<Replay, AuditError> {
        let folds = folds(name)?;
        let head = self.head()?.position;
        let to = to.unwrap_or_else(|| self.views().position());
        if to > head {
            return Err(AuditError::BeyondHead { got: to, head });
        }
        let began = Instant::now();
        let mut fresh = Views::default();
        replay(&self.reader, Position::ZERO, to, threads, |records| {
            for record in &records {
                if name == "all" { fresh.apply(record) } else { fresh.apply_to(name, record) }
            }
            if let Some(last) = records.last() {
                progress(last.position, to);
            }
        })?;
        let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let live = self.views();
        let projections = folds.iter().map(|fold| compare(fold, &fresh, &live, to)).collect();
        Ok(Replay { projections, records: to.get(), millis })
    }

    /// Rebuilds one fold, or `all`, beside the live one and puts it in its place; the old one serves until then.
    pub fn rebuild(&self, name: &str) -> Result<Replay, AuditError> {
        let folds = folds(name)?;
        let began = Instant::now();
        let mut fresh = Views::default();
        let caught_up = |fresh: &mut Views, to: Position| {
            replay(&self.reader, fresh.position(), to, self.threads, |records| {
                for record in &records {
                    if name == "all" { fresh.apply(record) } else { fresh.apply_to(name, record) }
                }
            })
        };
        let first = self.views().position();
        caught_up(&mut fresh, first)?;
        // What came meanwhile is little; only now does the live side wait.
        let mut live = self.shared.views.write().unwrap_or_else(PoisonError::into_inner);
        caught_up(&mut fresh, live.position())?;
        let position = live.position();
        let projections: Vec<Replayed> = folds.iter().map(|fold| compare(fold, &fresh, &live, position)).collect();
        for fold in folds {
            live.adopt(fold, &mut fresh);
        }
        Ok(Replay { projections, records: position.get(), millis: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX) })
    }

    /// Waits until the views have taken everything durable.
    pub fn settle(&self, timeout: Duration) -> bool {
        let durable = self.durable();
        self.wait(durable, timeout) >= durable
    }
}

fn compare(fold: &'static str, fresh: &Views, live: &Views, at: Position) -> Replayed {
    let bytes = fresh.bytes(fold).unwrap_or_default();
    let live_here = live.position() == at;
    let live_bytes = if live_here { live.bytes(fold) } else { None };
    let difference = live_bytes.as_ref().filter(|live| **live != bytes).map(|live| bytes.iter().zip(live).take_while(|(a, b)| a == b).count());
    Replayed {
        projection: fold,
        edition: Views::edition(fold).unwrap_or(0),
        position: at,
        digest: hex(&fresh.digest(fold).unwrap_or_default()),
        live_digest: if live_here { live.digest(fold).map(|d| hex(&d)) } else { None },
        bytes: bytes.len(),
        first_difference: difference,
    }
}
