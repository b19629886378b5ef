//! A disk in memory that fails on command and loses power at will. Invariant: without a fault it
//! behaves as the machine's disk does, and what it does is a function of the calls and of its seed.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sijil_log::seam::{Access, File, Identity, Lock, Storage};

use crate::{
    dice::Dice,
    faults::{Call, Chances, Fault, Faults},
    platter::{Fate, Inode, Piece, Platter},
};

/// What a disk held after a call, to cut its power there.
#[derive(Clone)]
pub struct Moment {
    platter: Platter,
    /// How many calls had changed or synced anything.
    pub call: u64,
    /// What was to survive then: what the caller had said with [`SimulatedDisk::stamp`], or what
    /// readers saw.
    pub stamp: u64,
}

struct State {
    platter: Platter,
    locks: BTreeSet<PathBuf>,
    faults: Faults,
    calls: u64,
    syncs: u64,
    stamp: u64,
    /// Bytes that all files together may have.
    capacity: u64,
    moments: Option<Vec<Moment>>,
    probe: Option<Probe>,
}

/// Says how far records are shown to readers; asked after every call while moments are remembered.
pub type Probe = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The disk; clones share it.
#[derive(Clone)]
pub struct SimulatedDisk(Arc<Mutex<State>>);

struct SimulatedFile {
    disk: SimulatedDisk,
    path: PathBuf,
    inode: Inode,
    writable: bool,
}

struct Held {
    disk: SimulatedDisk,
    path: PathBuf,
}

impl Lock for Held {}
impl Drop for Held {
    fn drop(&mut self) {
        self.disk.state().locks.remove(&self.path);
    }
}

impl Moment {
    /// What is not synced then.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece> {
        self.platter.pieces()
    }
    /// The disk after a power cut then, if these pieces had reached the platter.
    pub fn cut<'a>(&self, surviving: impl Iterator<Item = &'a Piece>) -> SimulatedDisk {
        SimulatedDisk::holding(self.platter.after_cut(surviving))
    }
}

impl Default for SimulatedDisk {
    fn default() -> SimulatedDisk {
        SimulatedDisk::holding(Platter::default())
    }
}

impl SimulatedDisk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> SimulatedDisk {
        SimulatedDisk::default()
    }
    fn holding(platter: Platter) -> SimulatedDisk {
        let faults = Faults::default();
        SimulatedDisk(Arc::new(Mutex::new(State {
            platter,
            locks: BTreeSet::new(),
            faults,
            calls: 0,
            syncs: 0,
            stamp: 0,
            capacity: u64::MAX,
            moments: None,
            probe: None,
        })))
    }
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// A disk with the same bytes, without locks and faults: what a killed process leaves behind.
    #[must_use]
    pub fn copy(&self) -> SimulatedDisk {
        SimulatedDisk::holding(self.state().platter.clone())
    }
    /// The disk as the seam knows it.
    #[must_use]
    pub fn storage(&self) -> Arc<dyn Storage> {
        Arc::new(self.clone())
    }

    /// From now on this goes wrong; calls are counted anew.
    pub fn fail(&self, fault: Fault) {
        let mut state = self.state();
        state.faults.fault = fault;
        state.faults.reads = 0;
        state.calls = 0;
    }
    /// How many reads there were since the last [`SimulatedDisk::fail`].
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.state().faults.reads
    }
    /// From now on things go wrong by chance; `None` stops that.
    pub fn chance(&self, chances: Option<Chances>) -> Option<Chances> {
        std::mem::replace(&mut self.state().faults.chances, chances)
    }
    /// Does something while nothing goes wrong.
    pub fn hushed<T>(&self, act: impl FnOnce() -> T) -> T {
        let before = std::mem::replace(&mut self.state().faults.hushed, true);
        let result = act();
        self.state().faults.hushed = before;
        result
    }
    /// How often something went wrong.
    #[must_use]
    pub fn faults_done(&self) -> u64 {
        self.state().faults.done
    }
    /// From now on every write is cut short.
    pub fn short_writes(&self) {
        self.state().faults.short_writes = true;
    }
    /// How many calls changed or synced anything since the last [`SimulatedDisk::fail`].
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().calls
    }
    /// How many times a segment was synced.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.state().syncs
    }
    /// Leaves room for so many bytes more.
    pub fn leave_room(&self, bytes: u64) {
        let mut state = self.state();
        state.capacity = state.platter.used() + bytes;
    }
    /// There is room again.
    pub fn free_room(&self) {
        self.state().capacity = u64::MAX;
    }

    /// Remembers what the disk holds now and after every call that changes or syncs anything.
    pub fn remember(&self) {
        let mut state = self.state();
        let now = Moment { platter: state.platter.clone(), call: 0, stamp: state.stamp };
        state.calls = 0;
        state.moments = Some(vec![now]);
    }
    /// Whether moments are remembered.
    #[must_use]
    pub fn is_remembering(&self) -> bool {
        self.state().moments.is_some()
    }
    /// The moments remembered, oldest first; remembers no more.
    #[must_use]
    pub fn moments(&self) -> Vec<Moment> {
        let mut state = self.state();
        state.probe = None;
        state.moments.take().unwrap_or_default()
    }
    /// The disk as it is now.
    #[must_use]
    pub fn moment(&self) -> Moment {
        let state = self.state();
        Moment { platter: state.platter.clone(), call: state.calls, stamp: state.stamp }
    }
    /// Asks this after every call what moments are stamped with at least; it may not reach the
    /// disk.
    pub fn probe(&self, probe: Probe) {
        self.state().probe = Some(probe);
    }
    /// Says what moments from now on, and the last one, are stamped with.
    pub fn stamp(&self, stamp: u64) {
        let mut state = self.state();
        state.stamp = stamp;
        if let Some(last) = state.moments.as_mut().and_then(|moments| moments.last_mut()) {
            last.stamp = stamp;
        }
    }
    /// What the kernel holds in memory is read from the platter again.
    pub fn evict(&self) {
        self.state().platter.evict();
    }
    /// A number that two disks with the same names and bytes share.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.state().platter.fingerprint()
    }

    /// Changes the bytes of a file at rest.
    pub fn change(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let inode =
            state.platter.inode(path).unwrap_or_else(|| panic!("{} is there", path.display()));
        state.platter.rot(inode, change);
    }
    /// The bytes of a file.
    #[must_use]
    pub fn bytes(&self, path: &Path) -> Vec<u8> {
        let state = self.state();
        let inode =
            state.platter.inode(path).unwrap_or_else(|| panic!("{} is there", path.display()));
        state.platter.bytes(inode).to_vec()
    }
    /// The files under a folder, in order.
    #[must_use]
    pub fn files(&self, under: &Path) -> Vec<PathBuf> {
        self.state()
            .platter
            .names()
            .filter(|(path, _)| path.starts_with(under))
            .map(|(path, _)| path.to_owned())
            .collect()
    }
    /// Puts a file there.
    pub fn put(&self, path: &Path, bytes: Vec<u8>) {
        let mut state = self.state();
        let inode = state.platter.make(path);
        state.platter.rot(inode, |old| *old = bytes);
        state.platter.sync_dir(path.parent().unwrap_or(path));
    }
    /// Takes a file away.
    pub fn delete(&self, path: &Path) {
        let mut state = self.state();
        state.platter.remove(path);
        state.platter.sync_dir(path.parent().unwrap_or(path));
    }
    /// Gives a file another name.
    pub fn move_file(&self, from: &Path, to: &Path) {
        self.state().platter.displace(from, to);
    }

    /// Counts a call that changes something, and fails it if it is its turn.
    fn call(&self, call: Call) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        state.calls += 1;
        let calls = state.calls;
        state.faults.strike(call, calls)?;
        Ok(state)
    }
}

impl State {
    fn done(&mut self) {
        let shown = self.probe.as_ref().map_or(0, |probe| probe());
        let (call, stamp) = (self.calls, self.stamp.max(shown));
        if let Some(moments) = &mut self.moments {
            moments.push(Moment { platter: self.platter.clone(), call, stamp });
        }
    }
    fn room(&self, more: u64) -> io::Result<()> {
        if more > 0 && self.platter.used() + more > self.capacity {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(())
        }
    }
}

impl Storage for SimulatedDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.call(Call::Name)?;
        state.platter.dir(path);
        state.done();
        Ok(())
    }
    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut state = self.state();
        state.faults.strike_read()?;
        if !state.platter.has_dir(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let here = state.platter.names().filter(|(file, _)| file.parent() == Some(path));
        Ok(here
            .filter_map(|(file, _)| Some(file.file_name()?.to_string_lossy().into_owned()))
            .collect())
    }
    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn File>> {
        let creates = matches!(access, Access::Keep | Access::Create);
        let mut state = if creates { self.call(Call::Name)? } else { self.state() };
        if creates && !path.parent().is_some_and(|above| state.platter.has_dir(above)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        if !creates {
            state.faults.strike_read()?;
        }
        let inode = match state.platter.inode(path) {
            Some(inode) => inode,
            None if creates => state.platter.make(path),
            None => return Err(io::ErrorKind::NotFound.into()),
        };
        if access == Access::Create {
            state.platter.set_len(inode, 0);
        }
        if creates {
            state.done();
        }
        drop(state);
        Ok(Arc::new(SimulatedFile {
            disk: self.clone(),
            path: path.to_owned(),
            inode,
            writable: access != Access::Read,
        }))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.call(Call::Name)?;
        if !state.platter.rename(from, to) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.done();
        Ok(())
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.call(Call::Name)?;
        state.platter.remove(path);
        state.done();
        Ok(())
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.call(Call::Name)?;
        state.platter.sync_dir(path);
        state.done();
        Ok(())
    }
    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Lock>>> {
        let mut state = self.state();
        // The file stays when the process is killed; the lock does not.
        if state.platter.inode(path).is_none() {
            state.platter.make(path);
        }
        let free = state.locks.insert(path.to_owned());
        Ok(free
            .then(|| Box::new(Held { disk: self.clone(), path: path.to_owned() }) as Box<dyn Lock>))
    }
    fn is_locked(&self, path: &Path) -> io::Result<bool> {
        Ok(self.state().locks.contains(path))
    }
    fn identity(&self, path: &Path) -> io::Result<Option<Identity>> {
        Ok(self.state().platter.inode(path).map(|inode| Identity { inode, born: 0 }))
    }
}

impl SimulatedFile {
    fn change(&self, call: Call) -> io::Result<MutexGuard<'_, State>> {
        assert!(self.writable, "{} is open to read only", self.path.display());
        self.disk.call(call)
    }
    fn len_in(&self, state: &State) -> u64 {
        state.platter.bytes(self.inode).len() as u64
    }
    fn resize(&self, mut state: MutexGuard<'_, State>, len: u64) -> io::Result<()> {
        state.room(len.saturating_sub(self.len_in(&state)))?;
        state.platter.set_len(self.inode, len);
        state.done();
        Ok(())
    }
    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        state.calls += 1;
        let calls = state.calls;
        let segment = self.path.extension().is_some_and(|extension| extension == "seg");
        state.syncs += u64::from(segment);
        if let Err(error) = state.faults.strike(Call::Sync, calls) {
            let mut dice = Dice::new(calls ^ 0x5EED).fork(self.inode);
            state.platter.forget(self.inode, &mut dice);
            state.done();
            return Err(error);
        }
        state.platter.sync(self.inode);
        state.done();
        Ok(())
    }
}

impl File for SimulatedFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.len_in(&self.disk.state()))
    }
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.state();
        state.faults.strike_read()?;
        let from = state.platter.bytes(self.inode);
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(from.len());
        let count = state.faults.read_length(bytes.len().min(from.len() - start));
        bytes[..count].copy_from_slice(&from[start..start + count]);
        Ok(count)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut state = self.change(Call::Write)?;
        let (count, error) = state.faults.write_length(bytes.len());
        let end = offset + count as u64;
        let len = self.len_in(&state);
        if end > len {
            state.room(end - len)?;
            state.platter.set_len(self.inode, end);
        }
        let segment = self.path.extension().is_some_and(|extension| extension == "seg");
        let fate = if segment { state.faults.fate(offset, len) } else { Fate::Kept };
        state.platter.write(self.inode, offset, &bytes[..count], fate);
        state.done();
        error.map_or(Ok(count), Err)
    }
    fn allocate(&self, len: u64) -> io::Result<()> {
        let state = self.change(Call::Length)?;
        if len > self.len_in(&state) { self.resize(state, len) } else { Ok(()) }
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        let state = self.change(Call::Length)?;
        self.resize(state, len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.sync()
    }
    fn sync_all(&self) -> io::Result<()> {
        self.sync()
    }
}
