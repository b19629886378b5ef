//! What a disk holds: what processes see, what is on the platter, and what lies between. Invariant:
//! a change is on the platter for sure only after its sync; until then any part of it may be,
//! sector by sector, in any order.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use crate::dice::Dice;

/// What a disk writes whole or not at all.
pub const SECTOR: u64 = 512;
/// Changes of one file that may wait: a kernel writes old ones back by itself.
const WAITING_MAX: usize = 48;

/// A file, whatever its name.
pub(crate) type Inode = u64;

/// A change of a file's bytes that is not synced.
#[derive(Debug, Clone)]
enum Change {
    Bytes { order: u64, offset: u64, bytes: Arc<[u8]>, fate: Fate },
    Length { order: u64, len: u64 },
}

/// What the device does with a write it acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is written where it belongs.
    Kept,
    /// It never reaches the platter.
    Lost,
    /// It lands at another offset.
    Astray(u64),
}

/// A change of names that is not synced.
#[derive(Debug, Clone)]
enum NameChange {
    Dir(Arc<Path>),
    Made(Arc<Path>, Inode),
    Removed(Arc<Path>),
    Renamed(Arc<Path>, Arc<Path>, Inode),
}

#[derive(Debug, Clone, Default)]
struct Content {
    /// What processes see.
    seen: Arc<Vec<u8>>,
    /// What is on the platter.
    kept: Arc<Vec<u8>>,
    waiting: Vec<Change>,
    /// The two differ by more than what waits: the device lied, or the kernel forgot pages whose
    /// sync failed.
    apart: bool,
}

/// A piece of what is not synced: it survives a crash whole or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// When it was done, to order pieces of different files.
    order: u64,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Sector { inode: Inode, change: usize, sector: u64 },
    Length { inode: Inode, change: usize },
    Name { change: usize },
}

/// All files and names of a disk. Cloning it is cheap: bytes are shared until they change.
#[derive(Debug, Clone, Default)]
pub(crate) struct Platter {
    files: BTreeMap<Inode, Content>,
    names: BTreeMap<Arc<Path>, Inode>,
    dirs: BTreeSet<Arc<Path>>,
    kept_names: BTreeMap<Arc<Path>, Inode>,
    kept_dirs: BTreeSet<Arc<Path>>,
    waiting: Vec<(u64, NameChange)>,
    order: u64,
}

fn write(bytes: &mut [u8], offset: u64, what: &[u8]) {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    // Beyond the end there is nothing to write to: the length did not survive.
    let end = (start + what.len()).min(bytes.len());
    if start < end {
        bytes[start..end].copy_from_slice(&what[..end - start]);
    }
}

fn resize(bytes: &mut Vec<u8>, len: u64) {
    bytes.resize(usize::try_from(len).unwrap_or(0), 0);
}

/// The parts of a write that lie in one sector each.
fn sectors(offset: u64, len: u64) -> impl Iterator<Item = (u64, u64)> {
    let end = offset + len;
    let mut from = offset;
    std::iter::from_fn(move || {
        let to = ((from / SECTOR + 1) * SECTOR).min(end);
        let part = (from, to);
        from = to;
        (part.0 < part.1).then_some(part)
    })
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Change::Bytes { offset, bytes: what, fate: Fate::Kept, .. } => {
                write(bytes, *offset, what);
            }
            Change::Bytes { bytes: what, fate: Fate::Astray(offset), .. } => {
                write(bytes, *offset, what);
            }
            Change::Bytes { fate: Fate::Lost, .. } => (),
            Change::Length { len, .. } => resize(bytes, *len),
        }
    }
}

impl Content {
    fn wait(&mut self, change: Change) {
        self.waiting.push(change);
        if self.waiting.len() > WAITING_MAX {
            self.waiting.remove(0).apply(Arc::make_mut(&mut self.kept));
        }
    }
    fn sync(&mut self) {
        if self.apart {
            let kept = Arc::make_mut(&mut self.kept);
            self.waiting.iter().for_each(|change| change.apply(kept));
        } else {
            self.kept = self.seen.clone();
        }
        self.waiting.clear();
    }
    /// A sync that failed: of each page nobody knows whether it was written, and the kernel takes
    /// all of them for clean.
    fn forget(&mut self, dice: &mut Dice) {
        self.apart = true;
        let waiting = std::mem::take(&mut self.waiting);
        let bytes = waiting.iter().filter_map(|change| {
            if let Change::Bytes { offset, bytes, .. } = change {
                Some((*offset, bytes.len() as u64))
            } else {
                None
            }
        });
        let dirty: BTreeSet<u64> = bytes
            .flat_map(|(offset, len)| sectors(offset, len))
            .map(|(from, _)| from / SECTOR)
            .collect();
        let kept = Arc::make_mut(&mut self.kept);
        for sector in dirty.into_iter().filter(|_| dice.one_in(2)) {
            write_sector(kept, &waiting, sector);
        }
        // Lengths stand in the file system's journal, which is written again.
        self.waiting
            .extend(waiting.into_iter().filter(|change| matches!(change, Change::Length { .. })));
    }
}

/// A sector as it is in memory after these changes: all of them in it, since it is written whole.
fn write_sector(kept: &mut [u8], changes: &[Change], sector: u64) {
    let (start, end) = (sector * SECTOR, (sector + 1) * SECTOR);
    for change in changes {
        match change {
            Change::Bytes { offset, bytes, fate, .. } => {
                let (from, to) = ((*offset).max(start), (offset + bytes.len() as u64).min(end));
                let place = match fate {
                    Fate::Kept => from,
                    Fate::Lost => continue,
                    Fate::Astray(place) => place + from.saturating_sub(*offset),
                };
                if from < to {
                    write(kept, place, part(bytes, *offset, from, to));
                }
            }
            Change::Length { len, .. } if *len < end => write(
                kept,
                (*len).max(start),
                &vec![0; usize::try_from(end - (*len).max(start)).unwrap_or(0)],
            ),
            Change::Length { .. } => (),
        }
    }
}

fn part(bytes: &[u8], offset: u64, from: u64, to: u64) -> &[u8] {
    let at = |place: u64| usize::try_from(place - offset).unwrap_or(0);
    &bytes[at(from)..at(to)]
}

impl Platter {
    fn next(&mut self) -> u64 {
        self.order += 1;
        self.order
    }
    pub(crate) fn dir(&mut self, path: &Path) {
        let above: Vec<&Path> = path.ancestors().collect();
        for dir in above.into_iter().rev() {
            let dir: Arc<Path> = dir.into();
            if dir.parent().is_none() {
                self.kept_dirs.insert(dir.clone());
            }
            if self.dirs.insert(dir.clone()) && dir.parent().is_some() {
                let order = self.next();
                self.waiting.push((order, NameChange::Dir(dir)));
            }
        }
    }
    pub(crate) fn has_dir(&self, path: &Path) -> bool {
        self.dirs.contains(path)
    }
    pub(crate) fn inode(&self, path: &Path) -> Option<Inode> {
        self.names.get(path).copied()
    }
    /// Names of files, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&Path, Inode)> {
        self.names.iter().map(|(path, inode)| (&**path, *inode))
    }
    pub(crate) fn make(&mut self, path: &Path) -> Inode {
        let order = self.next();
        let path: Arc<Path> = path.into();
        self.files.insert(order, Content::default());
        self.names.insert(path.clone(), order);
        self.waiting.push((order, NameChange::Made(path, order)));
        order
    }
    pub(crate) fn remove(&mut self, path: &Path) {
        if let Some((path, _)) = self.names.remove_entry(path) {
            let order = self.next();
            self.waiting.push((order, NameChange::Removed(path)));
        }
    }
    pub(crate) fn rename(&mut self, from: &Path, to: &Path) -> bool {
        let Some((from, inode)) = self.names.remove_entry(from) else { return false };
        let to: Arc<Path> = to.into();
        self.names.insert(to.clone(), inode);
        let order = self.next();
        self.waiting.push((order, NameChange::Renamed(from, to, inode)));
        true
    }
    pub(crate) fn sync_dir(&mut self, path: &Path) {
        let here = |name: &Path| name.parent() == Some(path);
        let (synced, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(_, change)| match change {
                NameChange::Dir(name) | NameChange::Made(name, _) | NameChange::Removed(name) => {
                    here(name)
                }
                // A journal writes both sides of a rename at once.
                NameChange::Renamed(from, to, _) => here(from) || here(to),
            });
        self.waiting = waiting;
        for (_, change) in &synced {
            // What came before in the journal is written with it: the old name was made and is
            // gone.
            if let NameChange::Renamed(from, _, inode) = change {
                self.waiting.retain(|(_, before)| {
                    !matches!(
                        before,
                        NameChange::Made(name, made) if name == from && made == inode
                    )
                });
            }
        }
        for (_, change) in synced {
            self.keep_name(change);
        }
    }
    fn keep_name(&mut self, change: NameChange) {
        match change {
            NameChange::Dir(path) => drop(self.kept_dirs.insert(path)),
            NameChange::Made(path, inode) => drop(self.kept_names.insert(path, inode)),
            NameChange::Removed(path) => drop(self.kept_names.remove(&path)),
            NameChange::Renamed(from, to, inode) => {
                // The old name may have been given away since, or never have been kept.
                if self.kept_names.get(&from) == Some(&inode) {
                    self.kept_names.remove(&from);
                }
                self.kept_names.insert(to, inode);
            }
        }
    }
    pub(crate) fn bytes(&self, inode: Inode) -> Arc<Vec<u8>> {
        self.files.get(&inode).map(|content| content.seen.clone()).unwrap_or_default()
    }
    /// Bytes of all files that have a name.
    pub(crate) fn used(&self) -> u64 {
        self.names
            .values()
            .filter_map(|inode| self.files.get(inode))
            .map(|content| content.seen.len() as u64)
            .sum()
    }
    pub(crate) fn write(&mut self, inode: Inode, offset: u64, bytes: &[u8], fate: Fate) {
        let order = self.next();
        let Some(content) = self.files.get_mut(&inode) else { return };
        content.apart |= fate != Fate::Kept;
        write(Arc::make_mut(&mut content.seen).as_mut_slice(), offset, bytes);
        content.wait(Change::Bytes { order, offset, bytes: bytes.into(), fate });
    }
    pub(crate) fn set_len(&mut self, inode: Inode, len: u64) {
        let order = self.next();
        let Some(content) = self.files.get_mut(&inode) else { return };
        if content.seen.len() as u64 != len {
            resize(Arc::make_mut(&mut content.seen), len);
            content.wait(Change::Length { order, len });
        }
    }
    pub(crate) fn sync(&mut self, inode: Inode) {
        if let Some(content) = self.files.get_mut(&inode) {
            content.sync();
        }
    }
    pub(crate) fn forget(&mut self, inode: Inode, dice: &mut Dice) {
        if let Some(content) = self.files.get_mut(&inode) {
            content.forget(dice);
        }
    }
    /// Changes bytes at rest: on the platter and in memory.
    pub(crate) fn rot(&mut self, inode: Inode, change: impl FnOnce(&mut Vec<u8>)) {
        if let Some(content) = self.files.get_mut(&inode) {
            content.sync();
            change(Arc::make_mut(&mut content.seen));
            content.kept = content.seen.clone();
            content.apart = false;
        }
    }
    /// What the kernel has not read lately is read again from the platter.
    pub(crate) fn evict(&mut self) {
        for content in self.files.values_mut().filter(|content| content.apart) {
            let mut seen = (*content.kept).clone();
            content.waiting.iter().for_each(|change| change.apply(&mut seen));
            content.seen = seen.into();
            content.apart = false;
        }
    }

    /// What is not synced, in the order it was done.
    pub(crate) fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (inode, content) in &self.files {
            for (change, waiting) in content.waiting.iter().enumerate() {
                match waiting {
                    Change::Length { order, .. } => pieces.push(Piece {
                        order: *order,
                        what: What::Length { inode: *inode, change },
                    }),
                    Change::Bytes { order, offset, bytes, .. } => {
                        let parts = sectors(*offset, bytes.len() as u64);
                        pieces.extend(parts.map(|(from, _)| Piece {
                            order: *order,
                            what: What::Sector { inode: *inode, change, sector: from / SECTOR },
                        }));
                    }
                }
            }
        }
        pieces.extend(
            self.waiting
                .iter()
                .enumerate()
                .map(|(change, (order, _))| Piece { order: *order, what: What::Name { change } }),
        );
        pieces.sort_by_key(|piece| piece.order);
        pieces
    }

    /// What a power cut leaves if exactly these pieces, in the order they were done, had reached
    /// the platter.
    pub(crate) fn after_cut<'a>(&self, surviving: impl Iterator<Item = &'a Piece>) -> Platter {
        let mut after = Platter {
            files: self
                .files
                .iter()
                .map(|(inode, content)| {
                    (*inode, Content { kept: content.kept.clone(), ..Content::default() })
                })
                .collect(),
            kept_names: self.kept_names.clone(),
            kept_dirs: self.kept_dirs.clone(),
            order: self.order,
            ..Platter::default()
        };
        for Piece { what, .. } in surviving {
            match *what {
                What::Name { change } => after.keep_name(self.waiting[change].1.clone()),
                What::Length { inode, change } => {
                    if let Some(content) = after.files.get_mut(&inode) {
                        self.files[&inode].waiting[change].apply(Arc::make_mut(&mut content.kept));
                    }
                }
                What::Sector { inode, change, sector } => {
                    if let Some(content) = after.files.get_mut(&inode) {
                        write_sector(
                            Arc::make_mut(&mut content.kept).as_mut_slice(),
                            &self.files[&inode].waiting[..=change],
                            sector,
                        );
                    }
                }
            }
        }
        after.settle();
        after
    }

    /// Nothing waits any more, and names in directories that are gone are gone.
    fn settle(&mut self) {
        let dirs = &self.kept_dirs;
        let there = |path: &Path| path.ancestors().skip(1).all(|above| dirs.contains(above));
        self.kept_names.retain(|path, _| there(path));
        let dirs: BTreeSet<Arc<Path>> =
            self.kept_dirs.iter().filter(|path| there(path)).cloned().collect();
        let named: BTreeSet<Inode> = self.kept_names.values().copied().collect();
        self.files.retain(|inode, _| named.contains(inode));
        for content in self.files.values_mut() {
            content.seen = content.kept.clone();
        }
        (self.names, self.dirs, self.kept_dirs) = (self.kept_names.clone(), dirs.clone(), dirs);
    }

    /// A number that two platters with the same names and bytes share.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut mix = |bytes: &[u8]| {
            for chunk in bytes.chunks(8) {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                hash = (hash ^ u64::from_le_bytes(word))
                    .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                    .rotate_left(29);
            }
            hash = hash.wrapping_add(bytes.len() as u64);
        };
        for (path, inode) in &self.names {
            mix(path.as_os_str().as_encoded_bytes());
            mix(&self.files[inode].seen);
        }
        for dir in &self.dirs {
            mix(dir.as_os_str().as_encoded_bytes());
        }
        hash
    }

    /// Moves a file without anybody's doing.
    pub(crate) fn displace(&mut self, from: &Path, to: &Path) {
        self.rename(from, to);
        self.sync_dir(to.parent().unwrap_or(to));
    }
}
