//! The log that a backup is of, read. Invariant: it goes on from where the backup ends, or nothing
//! is written.

use sijil_log::{Batched, Head, ReadLimit, Reader};
use sijil_schemas::Position;

use crate::{
    error::BackupError,
    manifest::{Manifest, hex},
    shelf::Shelf,
};

/// Refuses a log that is not the one that the backup is of, or is behind it.
pub(crate) fn same_history(
    shelf: &Shelf,
    newest: &Manifest,
    reader: &dyn Reader,
) -> Result<(), BackupError> {
    let head = reader.head()?;
    let another = |what: String| BackupError::Another { place: shelf.target.place(), what };
    if newest.position > head.position {
        return Err(another(format!(
            "it goes to position {}, the log ends at {}",
            newest.position, head.position
        )));
    }
    let root = reader.root_at(newest.position)?.map(|root| hex(&root));
    if root.as_ref() == Some(&newest.root) {
        Ok(())
    } else {
        Err(another(format!(
            "at position {} it has the root {}, the log has {}",
            newest.position,
            newest.root,
            root.unwrap_or_else(|| "none".into())
        )))
    }
}

/// The records of a log in a range.
pub(crate) fn logged(
    reader: &dyn Reader,
    (first, last): (Position, Position),
) -> Result<Vec<Batched>, BackupError> {
    let (mut found, mut at) = (Vec::new(), first);
    while at <= last {
        let page = reader.batched(at, ReadLimit::SCAN)?;
        let Some(end) = page.last() else { return Err(ends_early(at, &reader.head()?)) };
        at = end.record.position().next();
        found.extend(page.into_iter().take_while(|one| one.record.position() <= last));
    }
    Ok(found)
}

/// Why a log ends before its own end.
pub(crate) fn ends_early(at: Position, head: &Head) -> BackupError {
    BackupError::damaged(
        "the log",
        format!("expected record {at}, since it ends at {}, found none", head.position),
    )
}
