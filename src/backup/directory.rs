//! A directory as a target. Invariant: what stands under an object's name was written aside, synced
//! and renamed or linked, and its directory synced; others than its owner cannot reach it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::target::{Hold, Target};

/// How the names of files end that are not objects.
const ASIDE: &str = ".tmp";
const LOCK: &str = "writer.lock";

/// A directory of this machine, or one mounted here.
#[derive(Debug, Clone)]
pub struct DirectoryTarget {
    dir: PathBuf,
}

/// The kernel drops the lock with the file, also when the process is killed.
struct Held {
    _file: File,
}

impl Hold for Held {}

impl DirectoryTarget {
    /// The target in this directory; it is made when something is put there.
    pub fn new(dir: impl Into<PathBuf>) -> DirectoryTarget {
        DirectoryTarget { dir: dir.into() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Makes a directory and those above it, and their names durable.
    fn make(&self, dir: &Path) -> io::Result<()> {
        if dir.is_dir() {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let mut made = dir;
        while let Some(above) = made.parent() {
            File::open(if above.as_os_str().is_empty() { Path::new(".") } else { above })?
                .sync_all()?;
            if !above.starts_with(&self.dir) {
                break;
            }
            made = above;
        }
        Ok(())
    }

    /// Writes a file beside the one it is to become, and syncs it.
    fn aside(&self, name: &str, bytes: &[u8]) -> io::Result<(PathBuf, PathBuf)> {
        let path = self.path(name);
        let above = path.parent().unwrap_or(&self.dir);
        self.make(above)?;
        let mut aside = path.clone().into_os_string();
        aside.push(ASIDE);
        let aside = PathBuf::from(aside);
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok((aside, path))
    }
}

fn sync_above(path: &Path) -> io::Result<()> {
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn remove_aside(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_aside(&entry.path())?;
        } else if entry.file_name().to_string_lossy().ends_with(ASIDE) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn walk(dir: &Path, name: &str, found: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in entries {
        let entry = entry?;
        let own = entry.file_name().to_string_lossy().into_owned();
        let below = if name.is_empty() { own.clone() } else { format!("{name}/{own}") };
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &below, found)?;
        } else if !own.ends_with(ASIDE) && own != LOCK {
            found.push(below);
        }
    }
    Ok(())
}

impl Target for DirectoryTarget {
    fn place(&self) -> String {
        self.dir.display().to_string()
    }

    fn list(&self, under: &str) -> io::Result<Vec<String>> {
        // The directory that all of them stand in: nothing above it need be looked at.
        let dir = under.rsplit_once('/').map_or("", |(dir, _)| dir);
        let mut found = Vec::new();
        walk(&self.path(dir), dir, &mut found)?;
        found.retain(|name| name.starts_with(under));
        found.sort_unstable();
        Ok(found)
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path(name))
    }

    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (aside, path) = self.aside(name, bytes)?;
        fs::rename(&aside, &path)?;
        sync_above(&path)
    }

    fn create(&self, name: &str, bytes: &[u8]) -> io::Result<bool> {
        if self.path(name).exists() {
            return Ok(false);
        }
        let (aside, path) = self.aside(name, bytes)?;
        // A link is refused where the name is taken; a rename would go over it.
        let linked = fs::hard_link(&aside, &path);
        match linked {
            Ok(()) => fs::remove_file(&aside)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::remove_file(&aside)?;
                return Ok(false);
            }
            // Some file systems have no links; there the lock alone keeps others away.
            Err(_) => fs::rename(&aside, &path)?,
        }
        sync_above(&path).map(|()| true)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.path(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn hold(&self, under: &str) -> io::Result<Option<Box<dyn Hold>>> {
        let dir = self.path(under);
        self.make(&dir)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(dir.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => {
                // Nobody else writes here, so these are what a killed process left.
                remove_aside(&dir)?;
                Ok(Some(Box::new(Held { _file: file })))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
