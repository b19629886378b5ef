//! An index from hashes to positions: a few sorted files and what is newer in memory. Derived.
//! Invariant: the files cover the log from its first record without gap or overlap, and what is
//! asked covers it to the head.

use std::{
    collections::VecDeque,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use super::{
    memtable::Memtable,
    run::{self, Cover, Kind, Merge, Run},
    segment::Places,
};
use crate::{
    port::Order,
    seam::Storage,
    tree::{self, Hash},
};

/// Pairs in memory before they go to a file.
const PAIRS_MAX: usize = 1 << 18;
/// Runs of one size before they become one of the next.
const FAN_IN: usize = 4;
/// More sizes than any log has.
const TIERS: u32 = 32;

/// The size class of a run.
fn tier(pairs: u64) -> u32 {
    (pairs / (PAIRS_MAX as u64 / 2) + 1).ilog(FAN_IN as u64)
}

struct State {
    active: Memtable,
    frozen: VecDeque<Arc<Memtable>>,
    runs: Vec<Arc<Run>>,
}

/// One index.
pub(crate) struct Index {
    pub(crate) kind: Kind,
    storage: Arc<dyn Storage>,
    dir: PathBuf,
    read_only: bool,
    state: RwLock<State>,
    /// Held while files are written, so that two threads never write the same run.
    work: Mutex<()>,
}

impl Index {
    /// Opens the files that fit the log: those that cover it from the start and whose root
    /// `root_of` confirms. The others are removed.
    pub(crate) fn open(
        kind: Kind,
        storage: &Arc<dyn Storage>,
        places: &Places,
        read_only: bool,
        root_of: &mut dyn FnMut(u64) -> Option<Hash>,
    ) -> io::Result<Index> {
        let dir = places.index();
        let names = match storage.list(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            other => other?,
        };
        let mut named: Vec<(u64, u64, String)> = names
            .into_iter()
            .filter_map(|name| run::named(kind, &name).map(|(from, to)| (from, to, name)))
            .collect();
        named.sort_by_key(|(from, to, _)| (*from, std::cmp::Reverse(*to)));
        let mut runs: Vec<Arc<Run>> = Vec::new();
        let mut covered = (0, tree::empty_root());
        for (from, to, name) in named {
            let fits = from == covered.0 && to > from;
            let found = if fits { Run::open(&**storage, &dir, kind, &name) } else { None };
            match found.filter(|found| root_of(to) == Some(found.cover.root)) {
                Some(found) => {
                    covered = (to, found.cover.root);
                    runs.push(Arc::new(found));
                }
                None if read_only => {}
                None => storage.remove(&dir.join(&name))?,
            }
        }
        let state = RwLock::new(State {
            active: Memtable::new(covered.0, covered.1),
            frozen: VecDeque::new(),
            runs,
        });
        Ok(Index { kind, storage: storage.clone(), dir, read_only, state, work: Mutex::new(()) })
    }

    /// The last position covered.
    pub(crate) fn covered(&self) -> u64 {
        self.read().active.to
    }

    /// Adds what the records up to `to` say; `root` is the log's root there. True if there is work
    /// to do.
    pub(crate) fn add(&self, pairs: impl Iterator<Item = (u64, u64)>, to: u64, root: Hash) -> bool {
        let mut state = self.write();
        for (hash, position) in pairs {
            state.active.add(hash, position);
        }
        (state.active.to, state.active.root) = (to, root);
        if state.active.len() >= PAIRS_MAX && !self.read_only {
            Self::freeze(&mut state);
        }
        !state.frozen.is_empty()
    }

    fn freeze(state: &mut State) {
        let next = Memtable::new(state.active.to, state.active.root);
        let full = std::mem::replace(&mut state.active, next);
        state.frozen.push_back(Arc::new(full));
    }

    /// Writes all that is only in memory.
    pub(crate) fn keep(&self) -> io::Result<()> {
        let mut state = self.write();
        if !self.read_only && state.active.to > state.active.from {
            Self::freeze(&mut state);
        }
        drop(state);
        self.work()
    }

    /// How many full memtables wait to be written.
    pub(crate) fn waiting(&self) -> usize {
        self.read().frozen.len()
    }

    /// Writes full memtables to files, and merges files.
    pub(crate) fn work(&self) -> io::Result<()> {
        let _alone = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let Some(full) = self.read().frozen.front().cloned() else { break };
            let pairs = full.sorted();
            let cover = Cover {
                kind: self.kind,
                from: full.from,
                to: full.to,
                root: full.root,
                pairs: pairs.len() as u64,
            };
            let written = run::write(&*self.storage, &self.dir, cover, pairs.into_iter().map(Ok))?;
            let mut state = self.write();
            state.runs.push(Arc::new(written));
            state.frozen.pop_front();
        }
        while self.merge_once()? {}
        Ok(())
    }

    fn merge_once(&self) -> io::Result<bool> {
        let runs = self.read().runs.clone();
        // The newest runs are mostly the smallest; merging only at the end keeps every merge among
        // neighbours.
        let trailing =
            |most: u32| runs.iter().rev().take_while(|run| tier(run.cover.pairs) <= most).count();
        let Some(count) = (0..=TIERS).map(trailing).find(|count| *count >= FAN_IN) else {
            return Ok(false);
        };
        let first = runs.len() - count;
        let merged = &runs[first..];
        let (Some(oldest), Some(newest)) = (merged.first(), merged.last()) else {
            return Ok(false);
        };
        let pairs = merged.iter().map(|run| run.cover.pairs).sum();
        let cover = Cover {
            kind: self.kind,
            from: oldest.cover.from,
            to: newest.cover.to,
            root: newest.cover.root,
            pairs,
        };
        let one = run::write(
            &*self.storage,
            &self.dir,
            cover,
            Merge::new(merged.iter().map(|run| &**run)),
        )?;
        self.write().runs.splice(first.., [Arc::new(one)]);
        for run in merged {
            self.storage.remove(&self.dir.join(&run.name))?;
        }
        Ok(true)
    }

    /// Asks `keep` about the positions under `hash` beyond `bound` in the given order, until it
    /// says enough by `false`.
    pub(crate) fn visit(
        &self,
        hash: u64,
        bound: u64,
        order: Order,
        keep: &mut dyn FnMut(u64) -> io::Result<bool>,
    ) -> io::Result<()> {
        let state = self.read();
        let newest: Vec<u64> = state
            .active
            .newest_first(hash)
            .chain(state.frozen.iter().rev().flat_map(|table| table.newest_first(hash)))
            .collect();
        let runs = state.runs.clone();
        drop(state);
        let in_runs = |run: &Arc<Run>| match order {
            Order::Forward => run.cover.to > bound,
            Order::Backward => run.cover.from.saturating_add(1) < bound,
        };
        let mut ask = |positions: &mut dyn Iterator<Item = u64>| -> io::Result<bool> {
            for position in positions {
                let beyond =
                    if order == Order::Forward { position > bound } else { position < bound };
                if beyond && !keep(position)? {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        match order {
            Order::Forward => {
                for run in runs.iter().filter(|run| in_runs(run)) {
                    if !ask(&mut run.positions(hash)?.into_iter())? {
                        return Ok(());
                    }
                }
                ask(&mut newest.into_iter().rev())?;
            }
            Order::Backward => {
                if !ask(&mut newest.into_iter())? {
                    return Ok(());
                }
                for run in runs.iter().rev().filter(|run| in_runs(run)) {
                    if !ask(&mut run.positions(hash)?.into_iter().rev())? {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}
