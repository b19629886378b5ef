//! The seam to the outside: storage, clock and randomness as values. Invariant: no room reaches a
//! file, a clock or a random number of the log's but through these traits, so that a simulator runs
//! the very code that runs in production.

use std::{io, path::Path, sync::Arc};

use sijil_schemas::time::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time now; may jump, even back.
    fn now(&self) -> Timestamp;
}

/// Gives random bytes.
pub trait Randomness: Send + Sync {
    /// Fills `bytes` with bytes nobody can guess.
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()>;
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To read an existing file.
    Read,
    /// To read and write an existing file.
    Write,
    /// To read and write a file that is made if missing; what it holds stays.
    Keep,
    /// To read and write a new file; what was there before is gone.
    Create,
}

/// What tells a file from every copy of it: it stays the file's own through renames on one file
/// system, and no other file there has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Its number on its file system.
    pub inode: u64,
    /// When it was made, in nanoseconds since 1970; 0 where that is not kept.
    pub born: u64,
}

/// A place that keeps files.
pub trait Storage: Send + Sync {
    /// Makes a directory and those above it, for their owner alone; fine if it is there.
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// The names of the files in a directory, sorted; `NotFound` if there is no such directory.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;
    /// Opens a file.
    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn File>>;
    /// Renames a file, replacing what was at `to`. Durable only after [`Storage::sync_dir`].
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file; fine if it is not there.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Takes an exclusive lock that ends with the value or the process; `None` if another process
    /// has it.
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>>;
    /// Whether somebody holds the lock; takes none and writes nothing.
    fn is_locked(&self, path: &Path) -> io::Result<bool>;
    /// What tells a file from its copies; `None` if there is no such file.
    fn identity(&self, path: &Path) -> io::Result<Option<Identity>>;
    /// Whether others than its owner may do anything with a file or directory.
    fn is_open_to_others(&self, _path: &Path) -> io::Result<bool> {
        Ok(false)
    }
    /// Lets only its owner do anything with a file or directory.
    fn close_to_others(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }
}

/// An exclusive lock, held until dropped.
pub trait Lock: Send + Sync {}

/// An open file.
pub trait File: Send + Sync {
    /// Its length in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Whether it is empty.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Reads at `offset`; may read less than asked, and nothing at the end.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes at `offset`; may write less than asked.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;
    /// Makes the file `len` bytes long and reserves the space, zeros where nothing was.
    fn allocate(&self, len: u64) -> io::Result<()>;
    /// Cuts the file, or grows it by zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Makes the bytes durable, and the length if it changed.
    fn sync_data(&self) -> io::Result<()>;
    /// Makes bytes and all metadata durable.
    fn sync_all(&self) -> io::Result<()>;
}

/// Reads until `bytes` is full or the file ends; returns how many bytes were read.
pub fn read_up_to(file: &dyn File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < bytes.len() {
        match file.read_at(&mut bytes[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// Reads exactly `bytes.len()` bytes, or fails with `UnexpectedEof`.
pub fn read_exact(file: &dyn File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    let wanted = bytes.len();
    let got = read_up_to(file, bytes, offset)?;
    if got == wanted {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::UnexpectedEof,
        format!("expected {wanted} bytes at {offset}, the file has {got}"),
    ))
}

/// Writes all of `bytes`.
pub fn write_all(file: &dyn File, bytes: &[u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match file.write_at(&bytes[done..], offset + done as u64) {
            Ok(0) => {
                return Err(io::Error::new(
                    io::ErrorKind::WriteZero,
                    format!("wrote {done} of {} bytes at {offset}", bytes.len()),
                ));
            }
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Puts a whole file in place so that a crash leaves the old one or the new one: written aside,
/// synced, renamed, directory synced.
pub fn replace(storage: &dyn Storage, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = path.with_extension("tmp");
    let file = storage.open(&aside, Access::Create)?;
    write_all(&*file, bytes, 0)?;
    file.sync_all()?;
    storage.rename(&aside, path)?;
    storage.sync_dir(path.parent().unwrap_or(Path::new(".")))
}

/// Reads a whole file.
pub fn read_whole(storage: &dyn Storage, path: &Path) -> io::Result<Vec<u8>> {
    let file = storage.open(path, Access::Read)?;
    let len = usize::try_from(file.len()?).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut bytes = vec![0; len];
    read_exact(&*file, &mut bytes, 0)?;
    Ok(bytes)
}
