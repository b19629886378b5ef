//! Who may reach the files of a data directory. Invariant: what is made here is its owner's alone,
//! what older releases made is closed to others at the next opening, and a key that others could
//! read is not used.

use std::{io, path::Path};

use super::{OpenError, segment::Places};
use crate::seam::Storage;

/// Refuses a data directory with a key that others can read: closing it now would not take it back.
pub(crate) fn check_keys(storage: &dyn Storage, places: &Places) -> Result<(), OpenError> {
    let keys = places.keys();
    let Ok(names) = storage.list(&keys) else { return Ok(()) };
    for file in names.into_iter().map(|name| keys.join(name)) {
        if storage
            .is_open_to_others(&file)
            .map_err(OpenError::io(format!("read the mode of {}", file.display())))?
        {
            return Err(OpenError::Modes { file });
        }
    }
    Ok(())
}

/// Closes the directory, those in it, and what stands in one that was open, to others, and says so.
/// A file system without modes, or one that is another user's, is left as it is, and that is said
/// too.
pub(crate) fn close(storage: &dyn Storage, places: &Places) {
    // The directory itself last: closing it closes those in it, but not what they hold.
    for dir in [
        places.log(),
        places.index(),
        places.tiles(),
        places.tmp(),
        places.dir.join("snapshots"),
        places.dir.clone(),
    ] {
        match close_one(storage, &dir) {
            Ok(true) => {
                let names = storage.list(&dir).unwrap_or_default();
                names.iter().for_each(|name| drop(close_one(storage, &dir.join(name))));
                tracing::warn!(
                    dir = %dir.display(),
                    "others than its owner could reach this directory of the ledger; now only the \
                     owner can"
                );
            }
            Ok(false) => (),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (),
            Err(error) => {
                tracing::warn!(
                    %error,
                    dir = %dir.display(),
                    "others than its owner can reach the data directory, and that cannot be changed"
                );
            }
        }
    }
}

fn close_one(storage: &dyn Storage, path: &Path) -> io::Result<bool> {
    if !storage.is_open_to_others(path)? {
        return Ok(false);
    }
    storage.close_to_others(path).map(|()| true)
}
