//! The directory a bench works in. Invariant: it was not there before, and is gone after, however the bench ends.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::CliError;

/// A directory that goes with the value.
#[derive(Debug)]
pub(crate) struct Room(PathBuf);

impl Room {
    /// A new directory on the same disk as the data directory: what is measured is the disk that will be used.
    pub(crate) fn beside(data: &Path) -> Result<Room, CliError> {
        let name = data.file_name().map_or_else(|| "sijil".into(), |name| name.to_string_lossy().into_owned());
        let path = data.with_file_name(format!("{name}-bench-{}", std::process::id()));
        fs::create_dir(&path).map_err(|e| CliError::Reach(format!("{}: cannot be made: {e}", path.display())))?;
        Ok(Room(path))
    }
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "the bench's directory was not taken away");
        }
    }
}
