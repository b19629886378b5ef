//! Repairing a log with a backup. Invariant: the log takes what fits what stands behind it, and
//! nothing else, and nothing that was erased; the backup is only read.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use sijil_log::{
    ReadError,
    embedded::{Mended, VerifyOptions, mend, verify},
    machine::Disk,
    seam::Storage,
};
use sijil_schemas::StoredRecord;

use crate::{
    erasures::{Erases, Erasures},
    error::BackupError,
    restore::Lists,
    seal::Keys,
    shelf::Shelf,
    target::Target,
};

/// Replaces the damaged sealed segments of the log in a data directory, which nobody writes
/// meanwhile.
pub fn repair(
    target: &Arc<dyn Target>,
    (of, keys): (Option<&str>, &Keys),
    dir: &Path,
    lists: Lists<'_>,
    erases: &Erases,
) -> Result<Mended, BackupError> {
    let shelf = Shelf::chosen(target, of, keys)?;
    let (manifest, _) = shelf.newest()?.ok_or_else(|| BackupError::Missing {
        place: target.place(),
        found: format!("one of {} that was never finished", shelf.name()),
    })?;
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let mut erased = lists.of(&shelf, &manifest)?.unwrap_or_default();
    erased.join(&erased_in(&storage, dir, erases)?);
    let mut objects = manifest.public.iter();
    let mut waiting = Vec::new().into_iter();
    let mut next = || -> Result<Option<Vec<StoredRecord>>, BackupError> {
        let mut batch = Vec::new();
        loop {
            for one in waiting.by_ref() {
                let sijil_log::Batched { record, ends } = one;
                batch.push(record);
                if ends {
                    return Ok(Some(batch));
                }
            }
            let Some(object) = objects.next() else {
                return Ok((!batch.is_empty()).then_some(batch));
            };
            let mut records = shelf.records(&manifest.personal, object)?;
            erased.apply(&mut records)?;
            waiting = records.into_iter();
        }
    };
    let mut batches = std::iter::from_fn(|| next().map_err(Into::into).transpose());
    Ok(mend(&storage, dir, &mut batches)?)
}

/// What the records of a damaged log erase that can be read, also behind the damage: the backup may
/// be older than they are. Those that cannot be read are in the backup, or it does not fit.
fn erased_in(
    storage: &Arc<dyn Storage>,
    dir: &Path,
    erases: &Erases,
) -> Result<Erasures, BackupError> {
    let erased = Arc::new(Mutex::new(Erasures::default()));
    let (into, erases) = (erased.clone(), erases.clone());
    let look = move |record: &StoredRecord| {
        let parts = erases(record).map_err(|error| ReadError::of_record(record, error))?;
        let mut erased = into.lock().unwrap_or_else(PoisonError::into_inner);
        parts.into_iter().for_each(|part| erased.insert(part));
        Ok(())
    };
    let options = VerifyOptions { record: Some(Arc::new(look)), ..VerifyOptions::default() };
    verify(storage, dir, &options, &|_| ())?;
    let erased = erased.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(erased.clone())
}
