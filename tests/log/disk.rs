//! A disk in memory that fails on command. Invariant: without a fault it behaves as the machine's disk does.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use sijil_log::seam::{Access, File, Lock, Storage};

type Bytes = Arc<Mutex<Vec<u8>>>;

/// What is to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Every sync of a file under this folder's name fails.
    Syncs,
    /// Every write fails with an input/output error, after the given number of bytes.
    Writes(usize),
    /// The n-th call from now that changes or syncs anything fails, and all after it.
    CallsFrom(u64),
}

struct State {
    files: BTreeMap<PathBuf, Bytes>,
    dirs: BTreeSet<PathBuf>,
    locks: BTreeSet<PathBuf>,
    fault: Fault,
    calls: u64,
    syncs: u64,
    /// Bytes that all files together may have.
    capacity: u64,
    short_writes: bool,
}

/// The disk; clones share it.
#[derive(Clone)]
pub(crate) struct MemoryDisk(Arc<Mutex<State>>);

struct MemoryFile {
    disk: MemoryDisk,
    path: PathBuf,
    bytes: Bytes,
    writable: bool,
}

struct Held {
    disk: MemoryDisk,
    path: PathBuf,
}

impl Lock for Held {}
impl Drop for Held {
    fn drop(&mut self) {
        self.disk.0.lock().unwrap().locks.remove(&self.path);
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::other(format!("injected: {what}"))
}

impl MemoryDisk {
    pub(crate) fn new() -> MemoryDisk {
        MemoryDisk(Arc::new(Mutex::new(State {
            files: BTreeMap::new(),
            dirs: BTreeSet::new(),
            locks: BTreeSet::new(),
            fault: Fault::None,
            calls: 0,
            syncs: 0,
            capacity: u64::MAX,
            short_writes: false,
        })))
    }
    /// A disk with the same bytes, without locks and faults: what another machine would find.
    pub(crate) fn copy(&self) -> MemoryDisk {
        let copy = MemoryDisk::new();
        {
            let (from, mut to) = (self.0.lock().unwrap(), copy.0.lock().unwrap());
            to.files = from.files.iter().map(|(path, bytes)| (path.clone(), Arc::new(Mutex::new(bytes.lock().unwrap().clone())))).collect();
            to.dirs = from.dirs.clone();
        }
        copy
    }
    pub(crate) fn storage(&self) -> Arc<dyn Storage> {
        Arc::new(self.clone())
    }
    pub(crate) fn fail(&self, fault: Fault) {
        let mut state = self.0.lock().unwrap();
        state.fault = fault;
        state.calls = 0;
    }
    pub(crate) fn short_writes(&self) {
        self.0.lock().unwrap().short_writes = true;
    }
    /// How many calls changed or synced anything since the last [`MemoryDisk::fail`].
    pub(crate) fn calls(&self) -> u64 {
        self.0.lock().unwrap().calls
    }
    pub(crate) fn syncs(&self) -> u64 {
        self.0.lock().unwrap().syncs
    }
    /// Leaves room for so many bytes more.
    pub(crate) fn leave_room(&self, bytes: u64) {
        let mut state = self.0.lock().unwrap();
        state.capacity = state.used() + bytes;
    }
    pub(crate) fn free_room(&self) {
        self.0.lock().unwrap().capacity = u64::MAX;
    }
    /// Changes the bytes of a file.
    pub(crate) fn change(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let bytes = self.0.lock().unwrap().files.get(path).unwrap_or_else(|| panic!("{} is there", path.display())).clone();
        change(&mut bytes.lock().unwrap());
    }
    pub(crate) fn bytes(&self, path: &Path) -> Vec<u8> {
        self.0.lock().unwrap().files[path].lock().unwrap().clone()
    }
    /// The files under a folder, in order.
    pub(crate) fn files(&self, under: &Path) -> Vec<PathBuf> {
        self.0.lock().unwrap().files.keys().filter(|path| path.starts_with(under)).cloned().collect()
    }
    pub(crate) fn put(&self, path: &Path, bytes: Vec<u8>) {
        self.0.lock().unwrap().files.insert(path.to_owned(), Arc::new(Mutex::new(bytes)));
    }
    pub(crate) fn delete(&self, path: &Path) {
        self.0.lock().unwrap().files.remove(path);
    }
    pub(crate) fn move_file(&self, from: &Path, to: &Path) {
        let mut state = self.0.lock().unwrap();
        let bytes = state.files.remove(from).unwrap();
        state.files.insert(to.to_owned(), bytes);
    }
    /// Counts a call that changes something, and fails it if it is its turn.
    fn call(&self, what: &str) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.calls += 1;
        match state.fault {
            Fault::CallsFrom(from) if state.calls >= from => Err(broken(what)),
            _ => Ok(()),
        }
    }
}

impl State {
    fn used(&self) -> u64 {
        self.files.values().map(|bytes| bytes.lock().unwrap().len() as u64).sum()
    }
}

impl Storage for MemoryDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.call("create_dir")?;
        self.0.lock().unwrap().dirs.extend(path.ancestors().map(Path::to_owned));
        Ok(())
    }
    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let state = self.0.lock().unwrap();
        if !state.dirs.contains(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let here = state.files.keys().filter(|file| file.parent() == Some(path));
        Ok(here.map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect())
    }
    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn File>> {
        let creates = matches!(access, Access::Keep | Access::Create);
        if creates {
            self.call("open")?;
        }
        let mut state = self.0.lock().unwrap();
        if creates && !state.dirs.contains(path.parent().unwrap()) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if access == Access::Create {
            state.files.remove(path);
        }
        let found = if creates { Some(state.files.entry(path.to_owned()).or_default()) } else { state.files.get_mut(path) };
        let bytes = found.ok_or(io::ErrorKind::NotFound)?.clone();
        Ok(Arc::new(MemoryFile { disk: self.clone(), path: path.to_owned(), bytes, writable: access != Access::Read }))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call("rename")?;
        let mut state = self.0.lock().unwrap();
        let bytes = state.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.files.insert(to.to_owned(), bytes);
        Ok(())
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.call("remove")?;
        self.0.lock().unwrap().files.remove(path);
        Ok(())
    }
    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        self.call("sync_dir")
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        let free = self.0.lock().unwrap().locks.insert(path.to_owned());
        Ok(free.then(|| Box::new(Held { disk: self.clone(), path: path.to_owned() }) as Box<dyn Lock>))
    }
    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        Ok(self.0.lock().unwrap().locks.contains(path))
    }
}

impl MemoryFile {
    fn resize(&self, len: u64) -> io::Result<()> {
        assert!(self.writable, "{} is open to read only", self.path.display());
        let state = self.disk.0.lock().unwrap();
        let now = self.bytes.lock().unwrap().len() as u64;
        if len > now && state.used() + (len - now) > state.capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.lock().unwrap().resize(usize::try_from(len).unwrap(), 0);
        Ok(())
    }
    fn sync(&self, what: &str) -> io::Result<()> {
        self.disk.call(what)?;
        let mut state = self.disk.0.lock().unwrap();
        state.syncs += u64::from(self.path.extension().is_some_and(|extension| extension == "seg"));
        if state.fault == Fault::Syncs { Err(broken(what)) } else { Ok(()) }
    }
}

impl File for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.lock().unwrap().len() as u64)
    }
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let from = self.bytes.lock().unwrap();
        let start = usize::try_from(offset).unwrap().min(from.len());
        let count = bytes.len().min(from.len() - start);
        bytes[..count].copy_from_slice(&from[start..start + count]);
        Ok(count)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.disk.call("write")?;
        let fault = self.disk.0.lock().unwrap().fault;
        let mut count = bytes.len();
        if self.disk.0.lock().unwrap().short_writes && count > 1 {
            count = count / 2 + 1;
        }
        if let Fault::Writes(after) = fault {
            count = count.min(after);
        }
        let end = offset + count as u64;
        if end > self.len()? {
            self.resize(end)?;
        }
        assert!(self.writable, "{} is open to read only", self.path.display());
        let start = usize::try_from(offset).unwrap();
        self.bytes.lock().unwrap()[start..start + count].copy_from_slice(&bytes[..count]);
        if matches!(fault, Fault::Writes(_)) { Err(broken("write")) } else { Ok(count) }
    }
    fn allocate(&self, len: u64) -> io::Result<()> {
        self.disk.call("allocate")?;
        if len > self.len()? { self.resize(len) } else { Ok(()) }
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.call("set_len")?;
        self.resize(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.sync("sync_data")
    }
    fn sync_all(&self) -> io::Result<()> {
        self.sync("sync_all")
    }
}
