//! Folds made beside the live ones and put in their place, and back. Invariant: what serves goes on
//! serving until the other state is whole and stands at the same position; then they change places
//! at once, and the replaced state is kept.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLockWriteGuard},
    time::Instant,
};

use sijil_log::{ReadError, Reader};
use sijil_projections::Views;
use sijil_schemas::{Position, Record, time::Timestamp};

use crate::{
    audit::{AuditError, Replay, compare, folds, millis},
    differences::Others,
    ledger::Ledger,
    replay::{replay, take, take_where},
    snapshots::{Kept, Snapshots, Stand},
};

/// Some folds beside the live ones, each on its way to the live position.
struct Beside {
    views: Views,
    folds: Vec<(&'static str, Position)>,
}

impl Beside {
    /// Takes in what the log has up to a position.
    fn catch_up(
        &mut self,
        reader: &Arc<dyn Reader>,
        to: Position,
        threads: usize,
    ) -> Result<(), ReadError> {
        let Beside { views, folds } = self;
        let from = folds.iter().map(|(_, at)| *at).min().unwrap_or(to);
        let together = folds.len() == Views::FOLDS.len() && folds.iter().all(|(_, at)| *at == from);
        let lacks = |fold: &'static str, record: &Record| {
            folds.iter().any(|(name, at)| *name == fold && record.position > *at)
        };
        replay(reader, from, to, threads, |records| {
            if together {
                take(views, &records, threads);
            } else {
                take_where(views, &records, threads, &lacks);
            }
        })?;
        folds.iter_mut().for_each(|(_, at)| *at = to);
        Ok(())
    }
    fn names(&self) -> Vec<&'static str> {
        self.folds.iter().map(|(name, _)| *name).collect()
    }
}

impl Ledger {
    /// Makes one fold, or `all`, anew beside the live one, which goes on serving, and compares. If
    /// they are to switch, it takes the live one's place at once, and the live one is kept if it
    /// differs.
    pub fn rebuild(&self, name: &str, switch: bool) -> Result<Replay, AuditError> {
        let beside = Beside {
            views: Views::default(),
            folds: folds(name)?.into_iter().map(|fold| (fold, Position::ZERO)).collect(),
        };
        self.bring(beside, switch)
    }

    /// Puts the state back that a rebuild has replaced, of one fold or of all that have one:
    /// brought to the head first, and compared. What it replaces is kept in turn.
    pub fn rollback(&self, name: &str) -> Result<Replay, AuditError> {
        let mut beside = Beside { views: Views::default(), folds: Vec::new() };
        let mut missing = None;
        for fold in folds(name)? {
            match self.kept_state(fold) {
                Ok((at, bytes)) if beside.views.restore(fold, &bytes) => {
                    beside.folds.push((fold, at));
                }
                Ok(_) => missing = Some("what is kept cannot be read by this edition".to_owned()),
                Err(why) => missing = Some(why),
            }
        }
        match missing {
            Some(why) if beside.folds.is_empty() => {
                Err(AuditError::NothingKept { name: name.to_owned(), why })
            }
            _ => self.bring(beside, true),
        }
    }

    fn kept_state(&self, fold: &'static str) -> Result<(Position, Vec<u8>), String> {
        let snapshots = self
            .shared
            .snapshots
            .as_ref()
            .ok_or("this ledger keeps no snapshots, since it was opened to read only")?;
        let (label, bytes) =
            snapshots.load_kept(fold, Views::edition(fold).unwrap_or(0), &*self.reader)?;
        Ok((label.position, bytes))
    }

    /// What is kept of each fold, to be put back.
    #[must_use]
    pub fn kept(&self) -> BTreeMap<&'static str, Kept> {
        self.shared.snapshots.as_ref().map(Snapshots::kept).unwrap_or_default()
    }

    /// Brings folds to where the live ones stand, compares, and lets them change places if they are
    /// to.
    fn bring(&self, mut beside: Beside, switch: bool) -> Result<Replay, AuditError> {
        self.vouches(None)?;
        let began = Instant::now();
        let names = beside.names();
        // Whatever was acknowledged before is in it. What comes meanwhile is little; only then does
        // the live side wait.
        let first = self.shared.views_at(self.durable()).position();
        beside.catch_up(&self.reader, first, self.threads)?;
        let live = if switch {
            let mut live = self.shared.views.write().unwrap_or_else(PoisonError::into_inner);
            beside.catch_up(&self.reader, live.position(), self.threads)?;
            names.iter().for_each(|fold| live.exchange(fold, &mut beside.views));
            RwLockWriteGuard::downgrade(live)
        } else {
            let live = self.views();
            beside.catch_up(&self.reader, live.position(), self.threads)?;
            live
        };
        let (position, recorded_at) = (live.position(), live.recorded_at());
        let (new, old): (&Views, &Views) =
            if switch { (&live, &beside.views) } else { (&beside.views, &live) };
        let projections: Vec<_> =
            names.iter().map(|fold| compare(fold, new, Some(old), position)).collect();
        drop(live);
        let differing: Vec<&'static str> = projections
            .iter()
            .filter(|p| p.agrees() == Some(false))
            .map(|p| p.projection)
            .collect();
        let mut answer = Replay {
            projections,
            records: position.get(),
            millis: 0,
            switched: switch,
            kept: false,
            differences: None,
        };
        if !differing.is_empty() {
            if switch {
                self.shared.renew_book();
                answer.kept = self.keep(&beside.views, &differing, position, recorded_at);
            }
            let others = Others { views: &beside.views, folds: &differing, were_live: switch };
            answer.differences = Some(self.differences(&others, position, recorded_at));
        }
        answer.millis = millis(began);
        Ok(answer)
    }

    /// Keeps replaced states; a ledger that cannot says so and goes on.
    fn keep(
        &self,
        replaced: &Views,
        names: &[&'static str],
        position: Position,
        recorded_at: Option<Timestamp>,
    ) -> bool {
        let Some(snapshots) = &self.shared.snapshots else { return false };
        let Ok(Some(root)) = self.reader.root_at(position) else { return false };
        let stand = Stand { position, recorded_at, root };
        for fold in names {
            let bytes = replaced.bytes(fold).unwrap_or_default();
            if let Err(error) =
                snapshots.keep((fold, Views::edition(fold).unwrap_or(0), &bytes), &stand)
            {
                tracing::warn!(%error, fold, "the state that was replaced is not kept");
                return false;
            }
        }
        true
    }
}
