//! Restoring a ledger from a backup, whole or up to a batch. Invariant: what is written is what the
//! manifest names, by hash and by root, less the parts that were erased since; a directory that is
//! not whole says so.

use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use sijil_log::{
    Batch,
    tree::{Frontier, leaf},
};
use sijil_schemas::{Position, RestoredErasures, StoredRecord, time::Timestamp};

use crate::{
    erasures::{Erases, Erasures, Unexplained},
    error::BackupError,
    fresh::{Fresh, batch, new_incarnation},
    manifest::{Manifest, hex},
    seal::Keys,
    shelf::{PUBLIC, Shelf},
    target::Target,
};

/// Objects that are read ahead of what is written.
const AHEAD: usize = 1;

/// Up to where to restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// All that is in the backup.
    End,
    /// The last batch that ends at or before a position.
    Position(Position),
    /// The last batch that was recorded at or before a time.
    Time(Timestamp),
}

/// Which lists of erased parts to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lists<'a> {
    /// Those that all incarnations of the ledger have in the target; there must be one.
    Found,
    /// These bytes of a file of this name, and those in the target.
    Given(&'a str, &'a [u8]),
    /// Those in the target, and none if there is none.
    OrNone,
}

impl Lists<'_> {
    /// All that was erased, for what is read of a manifest; `None` if no list says anything.
    pub(crate) fn of(
        self,
        shelf: &Shelf,
        manifest: &Manifest,
    ) -> Result<Option<Erasures>, BackupError> {
        let found = match (self, shelf.erasures(manifest)) {
            // What is given stands for one that is not as it was written.
            (Lists::Given(..), Err(BackupError::Damaged { .. })) => None,
            (_, found) => found?,
        };
        match (self, found) {
            (Lists::Given(name, bytes), found) => {
                let mut all = Erasures::parse(name, bytes)?;
                found.iter().for_each(|found| all.join(found));
                Ok(Some(all))
            }
            (Lists::Found, None) => Err(BackupError::NoList { place: shelf.target.place() }),
            (Lists::Found | Lists::OrNone, found) => Ok(found),
        }
    }
}

/// What to restore.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// LEDGER or LEDGER/INCARNATION, where the target holds several.
    pub of: Option<String>,
    /// Up to where.
    pub at: At,
    /// What was erased.
    pub erasures: Lists<'a>,
    /// What opens it, and who must have signed it.
    pub keys: Keys,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Of what: LEDGER/INCARNATION.
    pub of: String,
    /// The last position.
    pub position: Position,
    /// The root there.
    pub root: String,
    /// Where the backup ends, if it was cut before that.
    pub cut_from: Option<Position>,
    /// The incarnation from here on: another one if it was cut.
    pub incarnation: String,
    /// Parts that were taken out because they had been erased; `None` if there was no list.
    pub erased: Option<u64>,
    /// The key that signed the backup, as a vkey; `None` if nobody's did.
    pub signed_by: Option<String>,
}

/// What is read of a backup, on its way.
struct Reading<'a> {
    shelf: &'a Shelf,
    manifest: &'a Manifest,
    at: At,
    erased: &'a Erasures,
}

/// Batches that were read, and how many parts were taken out of them.
type Stretch = (Vec<Batch>, u64);

/// Restores into an empty directory, or one that is not there; hears how far it has come:
/// (position, of which).
pub fn restore(
    target: &Arc<dyn Target>,
    wanted: &Wanted<'_>,
    dir: &Path,
    erases: &Erases,
    progress: &dyn Fn(u64, u64),
) -> Result<Restored, BackupError> {
    let shelf = Shelf::chosen(target, wanted.of.as_deref(), &wanted.keys)?;
    let (manifest, _) = shelf.newest()?.ok_or_else(|| BackupError::Missing {
        place: target.place(),
        found: format!("one of {} that was never finished", shelf.name()),
    })?;
    shelf.opens(&manifest)?;
    covered(&shelf, &manifest, wanted.at)?;
    let list = wanted.erasures.of(&shelf, &manifest)?;
    let has_list = list.is_some();
    let erased = list.unwrap_or_default();
    let why = format!(
        "restoring {} from {}, up to {} at most\n",
        shelf.name(),
        target.place(),
        manifest.position
    );
    let mut fresh = Fresh::begin(dir, &why)?;
    let reading = Reading { shelf: &shelf, manifest: &manifest, at: wanted.at, erased: &erased };
    let all = manifest.position.get();
    let mut unexplained = Unexplained::default();
    let removed = thread::scope(|scope| {
        let (sender, received) = sync_channel::<Stretch>(AHEAD);
        let reader = scope.spawn(|| reading.run(sender));
        let mut removed = 0;
        for (batches, parts) in received {
            removed += parts;
            for batch in batches {
                for entry in &batch.entries {
                    unexplained.hear(&entry.record, &erased, erases)?;
                }
                fresh.take(&batch)?;
            }
            progress(fresh.at().get(), all);
        }
        reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok::<u64, BackupError>(removed)
    })?;
    let (position, root) = (fresh.at(), hex(&fresh.root()?));
    if position == manifest.position && root != manifest.root {
        let what = format!("expected the root {} at {position}, got {root}", manifest.root);
        return Err(BackupError::damaged(shelf.name(), what));
    }
    let is_cut = position < manifest.position;
    let incarnation = if is_cut {
        new_incarnation().map_err(BackupError::io("name a new incarnation"))?
    } else {
        shelf.incarnation.clone()
    };
    fresh.left_out(unexplained.last())?;
    let erasures = match (has_list, removed) {
        (false, _) => Some(RestoredErasures::None),
        (true, 0) => None,
        (true, _) => Some(RestoredErasures::Applied),
    };
    let origin = fresh.origin(&incarnation, is_cut, erasures)?;
    fresh.finish(&origin)?;
    Ok(Restored {
        of: shelf.name(),
        position,
        root,
        cut_from: is_cut.then_some(manifest.position),
        incarnation,
        erased: has_list.then_some(removed),
        signed_by: manifest.signed_by.clone(),
    })
}

/// Refuses what the backup does not hold.
fn covered(shelf: &Shelf, manifest: &Manifest, at: At) -> Result<(), BackupError> {
    let refused = |asked: String, covers: String| BackupError::NotCovered { asked, covers };
    let goes_to =
        || format!("it goes to position {}, of {}", manifest.position, manifest.recorded_at);
    match at {
        At::End => Ok(()),
        At::Position(position) if position > manifest.position => {
            Err(refused(format!("position {position}"), goes_to()))
        }
        At::Time(time) if time > manifest.recorded_at => Err(refused(
            time.to_string(),
            format!("{}; what was recorded after that is not in it", goes_to()),
        )),
        At::Position(_) | At::Time(_) => {
            let Some(object) = manifest.public.first() else { return Ok(()) };
            let records = shelf.records(&manifest.personal, object)?;
            let first = records.iter().find(|one| one.ends).map(|one| &one.record);
            let reached = match (at, first) {
                (At::Position(position), Some(first)) => position >= first.position(),
                (At::Time(time), Some(first)) => time.micros() >= first.recorded_at_micros(),
                (_, None) | (At::End, _) => true,
            };
            if reached {
                return Ok(());
            }
            let asked = match at {
                At::Position(position) => format!("position {position}"),
                At::Time(time) => time.to_string(),
                At::End => "all of it".into(),
            };
            let first = first.map_or(Position::ZERO, StoredRecord::position);
            Err(refused(asked, format!("its first batch ends at position {first}, after that")))
        }
    }
}

impl Reading<'_> {
    /// Reads what is wanted, object by object, and hands it over in batches. Whoever takes them
    /// says why if he takes no more.
    fn run(&self, sender: SyncSender<Stretch>) -> Result<(), BackupError> {
        let (mut tree, mut waiting) = (Frontier::default(), Vec::new());
        for object in &self.manifest.public {
            let mut records = self.shelf.records(&self.manifest.personal, object)?;
            records.iter().for_each(|one| tree.push(leaf(&one.record.public)));
            if hex(&tree.root()) != object.root {
                let what = format!(
                    "expected the root {} after it, got {}",
                    object.root,
                    hex(&tree.root())
                );
                return Err(BackupError::damaged(self.shelf.path(&object.name(PUBLIC)), what));
            }
            let removed = self.erased.apply(&mut records)?;
            let (mut batches, mut is_cut) = (Vec::new(), false);
            for one in records {
                let ends = one.ends || one.record.position() == self.manifest.position;
                is_cut = ends && !self.wants(&one.record);
                waiting.push(one);
                if is_cut {
                    break;
                }
                if ends {
                    batches.push(batch(std::mem::take(&mut waiting))?);
                }
            }
            if sender.send((batches, removed)).is_err() || is_cut {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether a batch that ends with this record is wanted.
    fn wants(&self, last: &StoredRecord) -> bool {
        match self.at {
            At::End => true,
            At::Position(position) => last.position() <= position,
            At::Time(time) => last.recorded_at_micros() <= time.micros(),
        }
    }
}
