//! Repairing a log with a backup. Invariant: the log takes what fits what stands behind it, and
//! nothing else; the backup is only read.

use std::{path::Path, sync::Arc};

use sijil_log::{
    embedded::{Mended, mend},
    machine::Disk,
    seam::Storage,
};
use sijil_schemas::StoredRecord;

use crate::{
    error::BackupError,
    restore::{apply_erasures, by_record},
    shelf::Shelf,
    target::Target,
};

/// Replaces the damaged sealed segments of the log in a data directory, which nobody writes
/// meanwhile.
pub fn repair(
    target: &Arc<dyn Target>,
    of: Option<&str>,
    dir: &Path,
) -> Result<Mended, BackupError> {
    let shelf = Shelf::chosen(target, of)?;
    let (manifest, _) = shelf.newest()?.ok_or_else(|| BackupError::Missing {
        place: target.place(),
        found: format!("one of {} that was never finished", shelf.name()),
    })?;
    let erased = by_record(shelf.erasures()?.unwrap_or_default());
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
            let mut records = shelf.records(&manifest, object)?;
            apply_erasures(&mut records, &erased)?;
            waiting = records.into_iter();
        }
    };
    let mut batches = std::iter::from_fn(|| next().map_err(Into::into).transpose());
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    Ok(mend(&storage, dir, &mut batches)?)
}
