//! Derived files against the log. Invariant: memory does not grow with the log: pairs are compared
//! by sums that do not depend on their order.

use std::{io, sync::Arc};

use sijil_schemas::id::EntityRef;
use uuid::Uuid;

use super::{
    frame::hash_at,
    run::{self, Kind, Run},
    segment::Places,
    tiles::Tiles,
};
use crate::{
    port::{Damage, entity_hash, event_hash},
    seam::{self, Access, File, Storage},
    tree::Hash,
};

/// The derived files as they were when the verification began.
pub(crate) struct DerivedCheck {
    ids: Vec<Run>,
    entities: Vec<Run>,
    unreadable: Vec<Damage>,
    covered: Option<(u64, Hash)>,
    levels: Vec<Arc<dyn File>>,
}

/// What the log says the files should hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sums {
    ids: Vec<Sum>,
    entities: Vec<Sum>,
    /// Level and number of the first kept hash that is not that of the log.
    wrong_hash: Option<(usize, u64)>,
    unread: Option<String>,
}

/// A sum over pairs that does not depend on their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    pairs: u64,
    mixed: u128,
}

impl Sum {
    fn pair(&mut self, hash: u64, position: u64) {
        let low = (u128::from(hash) << 64 | u128::from(position))
            .wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645);
        self.mixed = self.mixed.wrapping_add(
            (low ^ (low >> 67)).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
        );
        self.pairs += 1;
    }
    fn add(&mut self, other: Sum) {
        self.pairs += other.pairs;
        self.mixed = self.mixed.wrapping_add(other.mixed);
    }
}

impl DerivedCheck {
    pub(crate) fn open(storage: &Arc<dyn Storage>, places: &Places) -> io::Result<DerivedCheck> {
        let names = match storage.list(&places.index()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            other => other?,
        };
        let mut unreadable = Vec::new();
        let mut runs = |kind: Kind| -> Vec<Run> {
            let mut found = Vec::new();
            let mut named: Vec<_> = names
                .iter()
                .filter_map(|name| {
                    run::named(kind, name).map(|(from, to)| (from, std::cmp::Reverse(to), name))
                })
                .collect();
            named.sort_unstable();
            let mut end = 0;
            for (from, to, name) in named {
                // A merge removes what it replaces after the new file is in place.
                if from < end {
                    continue;
                }
                match Run::open(&**storage, &places.index(), kind, name) {
                    Some(run) => {
                        end = to.0;
                        found.push(run);
                    }
                    None => unreadable.push(damage(
                        format!("index/{name}"),
                        0,
                        "the file is not a whole run of the index",
                    )),
                }
            }
            found
        };
        let (ids, entities) = (runs(Kind::Ids), runs(Kind::Entities));
        let covered = Tiles::covered_by(&**storage, &places.tiles());
        let mut levels = Vec::new();
        while let Ok(file) =
            storage.open(&places.tiles().join(levels.len().to_string()), Access::Read)
        {
            levels.push(file);
        }
        Ok(DerivedCheck { ids, entities, unreadable, covered, levels })
    }

    pub(crate) fn sums(&self) -> Sums {
        Sums {
            ids: vec![Sum::default(); self.ids.len()],
            entities: vec![Sum::default(); self.entities.len()],
            ..Sums::default()
        }
    }

    /// Whether the entity index covers a position, so that the record must be asked.
    pub(crate) fn has_entities(&self, position: u64) -> bool {
        run_of(&self.entities, position).is_some()
    }

    /// Compares the files with what the log says; `position` and `root` are the log's end.
    pub(crate) fn compare(
        &self,
        sums: &Sums,
        position: u64,
        root: Hash,
        live: bool,
    ) -> io::Result<Vec<Damage>> {
        let mut wrong = if live { Vec::new() } else { self.unreadable.clone() };
        for (runs, sums) in [(&self.ids, &sums.ids), (&self.entities, &sums.entities)] {
            for (run, expected) in runs.iter().zip(sums) {
                if live && run.cover.to > position {
                    continue;
                }
                if let Some(what) = compare_run(run, expected, position, root) {
                    wrong.push(damage(format!("index/{}", run.name), 0, &what));
                }
            }
        }
        if let Some((level, number)) = sums.wrong_hash {
            wrong.push(damage(
                format!("tiles/{level}"),
                number * 32,
                "the hash is not that of the records",
            ));
        }
        if let Some(what) = &sums.unread {
            wrong.push(damage("tiles".to_owned(), 0, what));
        }
        if self
            .covered
            .is_some_and(|(size, kept)| size > position || (size == position && kept != root))
            && !live
        {
            wrong.push(damage(
                "tiles/covers".to_owned(),
                0,
                "the tree's hashes are kept for another log",
            ));
        }
        Ok(wrong)
    }
}

fn compare_run(run: &Run, expected: &Sum, position: u64, root: Hash) -> Option<String> {
    if run.cover.to > position {
        return Some(format!("it covers the log up to {}, which ends at {position}", run.cover.to));
    }
    if run.cover.to == position && run.cover.root != root {
        return Some("it covers another log: the root is not the same".to_owned());
    }
    let mut sum = Sum::default();
    let mut before = (0, 0);
    for pair in run.pairs() {
        let pair = match pair {
            Ok(pair) => pair,
            Err(error) => return Some(error.to_string()),
        };
        if pair < before {
            return Some("its pairs do not ascend".to_owned());
        }
        before = pair;
        sum.pair(pair.0, pair.1);
    }
    (sum != *expected).then(|| {
        format!("expected {} pairs, found {}, not the same ones", expected.pairs, sum.pairs)
    })
}

fn run_of(runs: &[Run], position: u64) -> Option<usize> {
    let at = runs.partition_point(|run| run.cover.to < position);
    runs.get(at).filter(|run| run.cover.from < position).map(|_| at)
}

fn damage(file: String, offset: u64, what: &str) -> Damage {
    Damage { file, offset, bytes: 0, positions: None, what: what.to_owned() }
}

impl Sums {
    /// Notes the id of a record.
    pub(crate) fn id(&mut self, check: &DerivedCheck, id: Uuid, position: u64) {
        if let Some(at) = run_of(&check.ids, position) {
            self.ids[at].pair(event_hash(id), position);
        }
    }

    /// Notes the entities of a record.
    pub(crate) fn entities(&mut self, check: &DerivedCheck, touched: &[EntityRef], position: u64) {
        let Some(at) = run_of(&check.entities, position) else { return };
        let mut hashes: Vec<u64> = touched.iter().map(entity_hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        for hash in hashes {
            self.entities[at].pair(hash, position);
        }
    }

    /// Compares the hashes that a batch from `first` on completes with the kept ones.
    pub(crate) fn hashes(&mut self, check: &DerivedCheck, first: u64, made: &[(u32, Hash)]) {
        let Some((size, _)) = check.covered else { return };
        let mut leaves = first - 1;
        let mut level_runs: Vec<Vec<Hash>> = vec![Vec::new(); 8];
        let mut starts = [0_u64; 8];
        for (height, hash) in made {
            let level = (*height / 8) as usize;
            leaves += u64::from(level == 0);
            if leaves > size {
                break;
            }
            if level_runs[level].is_empty() {
                starts[level] = (leaves >> (8 * level)) - 1;
            }
            level_runs[level].push(*hash);
        }
        for (level, hashes) in
            level_runs.iter().enumerate().filter(|(_, hashes)| !hashes.is_empty())
        {
            if let Err(error) = self.compare_hashes(check, level, starts[level], hashes) {
                self.unread.get_or_insert_with(|| format!("level {level} cannot be read: {error}"));
            }
        }
    }

    fn compare_hashes(
        &mut self,
        check: &DerivedCheck,
        level: usize,
        from: u64,
        hashes: &[Hash],
    ) -> io::Result<()> {
        let file = check.levels.get(level).ok_or(io::ErrorKind::NotFound)?;
        let mut bytes = vec![0; hashes.len() * 32];
        seam::read_exact(&**file, &mut bytes, from * 32)?;
        if let Some(at) =
            hashes.iter().enumerate().position(|(at, hash)| hash_at(&bytes, at * 32) != *hash)
        {
            self.wrong_hash.get_or_insert((level, from + at as u64));
        }
        Ok(())
    }

    /// Adds what another thread saw.
    pub(crate) fn add(&mut self, other: Sums) {
        for (mine, theirs) in [(&mut self.ids, other.ids), (&mut self.entities, other.entities)] {
            for (sum, more) in mine.iter_mut().zip(theirs) {
                sum.add(more);
            }
        }
        self.wrong_hash = self.wrong_hash.or(other.wrong_hash);
        self.unread = self.unread.take().or(other.unread);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_does_not_depend_on_order_and_sees_a_swap() {
        let sum = |pairs: &[(u64, u64)]| {
            let mut sum = Sum::default();
            pairs.iter().for_each(|(hash, position)| sum.pair(*hash, *position));
            sum
        };
        assert_eq!(sum(&[(1, 2), (3, 4)]), sum(&[(3, 4), (1, 2)]));
        assert_ne!(sum(&[(1, 2), (3, 4)]), sum(&[(1, 4), (3, 2)]));
        assert_ne!(sum(&[(1, 2)]), sum(&[(1, 2), (0, 0)]));
    }
}
