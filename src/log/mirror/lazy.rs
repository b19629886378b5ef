//! Storage for what can be made again: it does not wait for the disk at every batch. Invariant:
//! when a file is made, all that was written to the others before is durable; so a power cut tears
//! the last segment only, where opening sees it.

use std::{
    io, mem,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use crate::seam::{Access, File, Identity, Lock, Storage};

/// Files that were written and not synced.
type Dirty = Arc<Mutex<Vec<Arc<dyn File>>>>;

/// Such storage over another.
pub struct Lazy {
    storage: Arc<dyn Storage>,
    dirty: Dirty,
}

struct LazyFile {
    file: Arc<dyn File>,
    dirty: Dirty,
}

impl Lazy {
    /// Over this storage.
    #[must_use]
    pub fn over(storage: Arc<dyn Storage>) -> Lazy {
        Lazy { storage, dirty: Dirty::default() }
    }

    /// Waits for the disk: all that was written so far is durable then.
    pub fn settle(&self) -> io::Result<()> {
        let written = mem::take(&mut *self.dirty.lock().unwrap_or_else(PoisonError::into_inner));
        written.iter().try_for_each(|file| file.sync_data())
    }
}

impl Storage for Lazy {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.storage.create_dir(path)
    }
    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.storage.list(path)
    }
    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn File>> {
        if access == Access::Create {
            self.settle()?;
        }
        Ok(Arc::new(LazyFile { file: self.storage.open(path, access)?, dirty: self.dirty.clone() }))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.storage.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.storage.remove(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.storage.sync_dir(path)
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        self.storage.lock(path)
    }
    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        self.storage.is_locked(path)
    }
    fn identity(&self, path: &Path) -> io::Result<Option<Identity>> {
        self.storage.identity(path)
    }
    fn is_open_to_others(&self, path: &Path) -> io::Result<bool> {
        self.storage.is_open_to_others(path)
    }
    fn close_to_others(&self, path: &Path) -> io::Result<()> {
        self.storage.close_to_others(path)
    }
}

impl File for LazyFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(bytes, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.file.write_at(bytes, offset)
    }
    fn allocate(&self, len: u64) -> io::Result<()> {
        self.file.allocate(len)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        let mut dirty = self.dirty.lock().unwrap_or_else(PoisonError::into_inner);
        if !dirty.iter().any(|file| Arc::ptr_eq(file, &self.file)) {
            dirty.push(self.file.clone());
        }
        Ok(())
    }
    fn sync_all(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}
