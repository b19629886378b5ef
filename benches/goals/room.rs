//! The directory a bench works in. Invariant: it was not there before, and is gone after, however
//! the bench ends.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{BenchError, output::say};

/// A directory that goes with the value.
#[derive(Debug)]
pub(crate) struct Room(PathBuf);

impl Room {
    /// A new directory in this one: what is measured is the disk it stands on.
    pub(crate) fn within(dir: &Path) -> Result<Room, BenchError> {
        let path = dir.join(format!("sijil-bench-{}", std::process::id()));
        fs::create_dir(&path)
            .map_err(|e| BenchError::Wrong(format!("{}: cannot be made: {e}", path.display())))?;
        Ok(Room(path))
    }
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
    /// A place in it.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
    /// Takes a place away again.
    pub(crate) fn clear(&self, name: &str) -> Result<(), BenchError> {
        match fs::remove_dir_all(self.place(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// The bytes of all files in a directory and those below it.
pub(crate) fn bytes_in(dir: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() {
            bytes_in(&entry.path())?
        } else {
            entry.metadata()?.len()
        };
    }
    Ok(bytes)
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            say(&format!("{} was not taken away: {error}", self.0.display()));
        }
    }
}
