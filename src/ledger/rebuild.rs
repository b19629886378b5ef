//! Folds made beside the live ones and put in their place, and back. Invariant: what serves goes on
//! serving until the other state is whole and stands at the same position; then they change places
//! at once, and the replaced state is kept.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use sijil_log::{ReadError, Reader};
use sijil_projections::{Families, Fold, Known, Views, entities::Entities};
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
        let together =
            folds.len() == Families::FOLDS.len() && folds.iter().all(|(_, at)| *at == from);
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
    pub(crate) fn rebuild(&self, name: &str, switch: bool) -> Result<Replay, AuditError> {
        let beside = Beside {
            views: Views::default(),
            folds: folds(name)?.into_iter().map(|fold| (fold, Position::ZERO)).collect(),
        };
        self.bring(beside, switch)
    }

    /// Puts the state back that a rebuild has replaced, of one fold or of all that have one:
    /// brought to the head first, and compared. What it replaces is kept in turn.
    pub(crate) fn rollback(&self, name: &str) -> Result<Replay, AuditError> {
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
            _ => {
                // A state that was kept counts in the numbers of its time, of which those of now
                // are the continuation.
                if !beside.names().contains(&Entities::NAME) {
                    beside.views.count_like(&self.views());
                }
                self.bring(beside, true)
            }
        }
    }

    fn kept_state(&self, fold: &'static str) -> Result<(Position, Vec<u8>), String> {
        let snapshots = self
            .shared
            .snapshots
            .as_ref()
            .ok_or("this ledger keeps no snapshots, since it was opened to read only")?;
        let (label, bytes) =
            snapshots.load_kept(fold, Families::edition(fold).unwrap_or(0), &*self.reader)?;
        Ok((label.position, bytes))
    }

    /// What is kept of each fold, to be put back.
    #[must_use]
    pub(crate) fn kept(&self) -> BTreeMap<&'static str, Kept> {
        self.shared.snapshots.as_ref().map(Snapshots::kept).unwrap_or_default()
    }

    /// Brings folds to where the live ones stand, compares, and lets them change places if they are
    /// to.
    fn bring(&self, mut beside: Beside, switch: bool) -> Result<Replay, AuditError> {
        self.vouches(None)?;
        let began = Instant::now();
        let names = beside.names();
        // Whatever was acknowledged before is in it. What comes meanwhile is little; only then does
        // the decider wait.
        let first = self.shared.known_at(self.durable());
        beside.catch_up(&self.reader, first.position(), self.threads)?;
        // What is published here needs not be while everybody waits.
        beside.views.families().publish(first.position());
        let (new, old) = if switch {
            let old = self.change_places(beside)?;
            (self.views().as_of(&old), old)
        } else {
            (beside.views.known(), first)
        };
        let (position, recorded_at) = (old.position(), old.recorded_at());
        let projections: Vec<_> =
            names.iter().map(|fold| compare(fold, &new, Some(&old), position)).collect();
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
                answer.kept = self.keep(&old, &differing, position, recorded_at);
            }
            let others = Others {
                known: if switch { &old } else { &new },
                folds: &differing,
                were_live: switch,
            };
            answer.differences = Some(self.differences(&others, position, recorded_at));
        }
        answer.millis = millis(began);
        Ok(answer)
    }

    /// Lets folds take the places of the live ones; gives what was known by those.
    fn change_places(&self, mut beside: Beside) -> Result<Known, ReadError> {
        let names = beside.names();
        self.shared.exchange(|live, tail| {
            beside.catch_up(&self.reader, live.position(), self.threads)?;
            let in_flight = tail.iter().flat_map(|flight| &flight.records);
            let in_flight: Vec<Record> =
                in_flight.filter(|record| record.position > live.position()).cloned().collect();
            take_where(&mut beside.views, &in_flight, 1, &|fold, _| names.contains(&fold));
            let mut families = Families::clone(live.families());
            beside.views.exchange_with(&names, &mut families);
            Ok((families, live.clone()))
        })
    }

    /// Keeps replaced states; a ledger that cannot says so and goes on.
    fn keep(
        &self,
        replaced: &Known,
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
                snapshots.keep((fold, Families::edition(fold).unwrap_or(0), &bytes), &stand)
            {
                tracing::warn!(%error, fold, "the state that was replaced is not kept");
                return false;
            }
        }
        true
    }
}
