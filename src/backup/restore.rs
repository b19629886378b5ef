//! Restoring a ledger from a backup, whole or up to a batch. Invariant: what is written is what the
//! manifest names, by hash and by root, less the parts that were erased since; a directory that is
//! not whole says so.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use sijil_log::{
    Batch, Batched,
    tree::{Frontier, leaf},
};
use sijil_schemas::{Position, RestoredErasures, StoredRecord, time::Timestamp};

use crate::{
    error::BackupError,
    fresh::{Fresh, batch, new_incarnation},
    manifest::{Manifest, hex},
    shelf::{PUBLIC, Shelf, parse_erasures},
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

/// What to restore.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// LEDGER or LEDGER/INCARNATION, where the target holds several.
    pub of: Option<String>,
    /// Up to where.
    pub at: At,
    /// A list of erased parts by its name and bytes, instead of the newest one in the target.
    pub erasures: Option<(String, Vec<u8>)>,
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
}

/// Erased parts by their records.
pub(crate) type Erased = BTreeMap<Position, Vec<u8>>;

/// What is read of a backup, on its way.
struct Reading<'a> {
    shelf: &'a Shelf,
    manifest: &'a Manifest,
    at: At,
    erased: &'a Erased,
}

/// Batches that were read, and how many parts were taken out of them.
type Stretch = (Vec<Batch>, u64);

/// Restores into an empty directory, or one that is not there; hears how far it has come:
/// (position, of which).
pub fn restore(
    target: &Arc<dyn Target>,
    wanted: &Wanted,
    dir: &Path,
    progress: &dyn Fn(u64, u64),
) -> Result<Restored, BackupError> {
    let shelf = Shelf::chosen(target, wanted.of.as_deref())?;
    let (manifest, _) = shelf.newest()?.ok_or_else(|| BackupError::Missing {
        place: target.place(),
        found: format!("one of {} that was never finished", shelf.name()),
    })?;
    covered(&shelf, &manifest, wanted.at)?;
    let list = match &wanted.erasures {
        Some((name, bytes)) => Some(parse_erasures(name, bytes)?),
        None => shelf.erasures()?,
    };
    let erased = by_record(list.clone().unwrap_or_default());
    let why = format!(
        "restoring {} from {}, up to {} at most\n",
        shelf.name(),
        target.place(),
        manifest.position
    );
    let mut fresh = Fresh::begin(dir, &why)?;
    let reading = Reading { shelf: &shelf, manifest: &manifest, at: wanted.at, erased: &erased };
    let all = manifest.position.get();
    let removed = thread::scope(|scope| {
        let (sender, received) = sync_channel::<Stretch>(AHEAD);
        let reader = scope.spawn(|| reading.run(sender));
        let mut removed = 0;
        for (batches, parts) in received {
            removed += parts;
            for batch in batches {
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
    let erasures = (removed > 0).then_some(RestoredErasures::Applied);
    let origin = fresh.origin(&incarnation, is_cut, erasures)?;
    fresh.finish(&origin)?;
    Ok(Restored {
        of: shelf.name(),
        position,
        root,
        cut_from: is_cut.then_some(manifest.position),
        incarnation,
        erased: list.map(|_| removed),
    })
}

/// Erased parts by their records.
pub(crate) fn by_record(parts: Vec<(Position, u8)>) -> Erased {
    let mut erased = Erased::new();
    for (position, part) in parts {
        erased.entry(position).or_default().push(part);
    }
    erased
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
            let records = shelf.records(manifest, object)?;
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
            let mut records = self.shelf.records(self.manifest, object)?;
            records.iter().for_each(|one| tree.push(leaf(&one.record.public)));
            if hex(&tree.root()) != object.root {
                let what = format!(
                    "expected the root {} after it, got {}",
                    object.root,
                    hex(&tree.root())
                );
                return Err(BackupError::damaged(self.shelf.path(&object.name(PUBLIC)), what));
            }
            let removed = apply_erasures(&mut records, self.erased)?;
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

/// Takes erased parts out of records as they are restored: whoever erased them did so after the
/// backup was written, or where it could not be rewritten. Says how many were there.
pub fn apply_erasures(
    records: &mut [Batched],
    erased: &BTreeMap<Position, Vec<u8>>,
) -> Result<u64, BackupError> {
    let (Some(first), Some(last)) = (records.first(), records.last()) else { return Ok(0) };
    let (first, last) = (first.record.position(), last.record.position());
    let mut removed = 0;
    for (position, parts) in erased.range(first..=last) {
        let at = usize::try_from(position.get() - first.get()).unwrap_or(usize::MAX);
        let Some(one) = records.get_mut(at) else { continue };
        let (personal, gone) = without(&one.record.personal, parts).ok_or_else(|| {
            BackupError::damaged(format!("record {position}"), "its personal parts are cut short")
        })?;
        one.record.personal = personal.into();
        removed += gone;
    }
    Ok(removed)
}

/// The stored parts of a record without some, each of which leaves its place with length 0; and how
/// many were there. `None` if the bytes are no parts.
fn without(personal: &[u8], gone: &[u8]) -> Option<(Vec<u8>, u64)> {
    let Some((count, mut rest)) = personal.split_first() else { return Some((Vec::new(), 0)) };
    let (mut kept, mut removed, mut left) = (vec![*count], 0, false);
    for number in 0..*count {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (part, tail) = tail.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = tail;
        if gone.contains(&number) {
            removed += u64::from(!part.is_empty());
            kept.extend(0_u32.to_le_bytes());
        } else {
            left |= !part.is_empty();
            kept.extend(length);
            kept.extend(part);
        }
    }
    rest.is_empty().then_some((if left { kept } else { Vec::new() }, removed))
}
