//! Snapshots: saved fold states. Invariant: a cache; each file names its fold, edition, position
//! and the log's root there, and one that does not fit is passed over.
//!
//! A file is `sijil snapshot 2\n`, a line of JSON ([`Label`]), and the fold's canonical bytes.
//! `F.snapshot` is the state of fold F when snapshots were last saved; `F.kept.snapshot` is the
//! state that was last replaced: by a rebuild, or by that of a release with another edition.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sijil_log::{
    Reader,
    seam::{self, Access, Storage},
};
use sijil_projections::{
    Apart, Families, Fold, Known, Views, Voids, entities::Entities, fold::digest_of,
};
use sijil_schemas::{Position, time::Timestamp};

const MAGIC: &str = "sijil snapshot 2\n";
/// No first two lines of a file are longer, in bytes.
const LABEL_BYTES_MAX: usize = 4_096;
/// The name under which the voids are saved beside the folds.
const VOIDS: &str = "voids";
const VOIDS_EDITION: u32 = 2;

/// What a snapshot says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Label {
    pub(crate) fold: String,
    pub(crate) edition: u32,
    pub(crate) position: Position,
    pub(crate) recorded_at: Option<Timestamp>,
    pub(crate) root: String,
    /// Covers fold, edition and bytes.
    pub(crate) digest: String,
    /// Whether a rebuild put another state in its place: then no start takes it up.
    #[serde(default)]
    pub(crate) replaced: bool,
}

/// A state that was replaced, and can be put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Kept {
    /// The edition of the code that made it.
    pub edition: u32,
    /// The position it reflects.
    pub position: Position,
    /// Its digest.
    pub digest: String,
    /// What replaced it.
    pub replaced_by: ReplacedBy,
}

/// What replaced a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplacedBy {
    /// A rebuild, or a rollback.
    Rebuild,
    /// A release with another edition of the fold.
    Release,
}

/// Where snapshots are kept.
#[derive(Clone)]
pub struct Snapshots {
    /// The storage.
    pub storage: Arc<dyn Storage>,
    /// The directory.
    pub dir: PathBuf,
}

/// Where and when a state stands in the log.
pub(crate) struct Stand {
    pub(crate) position: Position,
    pub(crate) recorded_at: Option<Timestamp>,
    pub(crate) root: [u8; 32],
}

/// What the snapshots hold: views at one position, and the folds that must be brought there, each
/// alone.
#[derive(Default)]
pub(crate) struct Restored {
    pub(crate) views: Views,
    pub(crate) behind: Vec<(&'static str, Views)>,
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

impl Snapshots {
    fn path(&self, fold: &str) -> PathBuf {
        self.dir.join(format!("{fold}.snapshot"))
    }
    fn kept_path(&self, fold: &str) -> PathBuf {
        self.dir.join(format!("{fold}.kept.snapshot"))
    }

    /// Saves what is known: the folds one after the other, and the voids, by which the next start
    /// knows that all are there, last. What a release with another edition saved is kept beside.
    pub(crate) fn save(&self, known: &Known, stand: &Stand) -> io::Result<()> {
        self.storage.create_dir(&self.dir)?;
        for fold in Families::FOLDS {
            let (edition, bytes) = (Families::edition(fold), known.bytes(fold));
            self.save_one((fold, edition.unwrap_or(0), &bytes.unwrap_or_default()), stand)?;
        }
        let voids = postcard::to_stdvec(&known.voids.copy(stand.position));
        self.save_one((VOIDS, VOIDS_EDITION, &voids.map_err(io::Error::other)?), stand)
    }
    fn save_one(&self, state: (&str, u32, &[u8]), stand: &Stand) -> io::Result<()> {
        let path = self.path(state.0);
        if self.label(&path).is_some_and(|label| label.edition != state.1) {
            self.storage.rename(&path, &self.kept_path(state.0))?;
        }
        self.write(&path, state, stand, false)
    }

    /// Removes what releases with other editions saved: it may hold values about persons, which
    /// theirs did.
    pub(crate) fn drop_others(&self) -> io::Result<()> {
        for fold in Families::FOLDS {
            let edition = Families::edition(fold).unwrap_or(0);
            for path in [self.path(fold), self.kept_path(fold)] {
                if self.label(&path).is_some_and(|label| label.edition != edition) {
                    self.storage.remove(&path)?;
                }
            }
        }
        if self.storage.list(&self.dir).is_ok() { self.storage.sync_dir(&self.dir) } else { Ok(()) }
    }

    /// Keeps the state of a fold that a rebuild has replaced.
    pub(crate) fn keep(&self, state: (&str, u32, &[u8]), stand: &Stand) -> io::Result<()> {
        self.storage.create_dir(&self.dir)?;
        self.write(&self.kept_path(state.0), state, stand, true)
    }

    fn write(
        &self,
        path: &Path,
        (fold, edition, bytes): (&str, u32, &[u8]),
        stand: &Stand,
        replaced: bool,
    ) -> io::Result<()> {
        let digest = hex(&digest_of(fold, edition, bytes));
        let label = Label {
            fold: fold.to_owned(),
            edition,
            position: stand.position,
            recorded_at: stand.recorded_at,
            root: hex(&stand.root),
            digest,
            replaced,
        };
        let mut file = MAGIC.as_bytes().to_vec();
        file.extend(serde_json::to_vec(&label).map_err(io::Error::other)?);
        file.push(b'\n');
        file.extend(bytes);
        seam::replace(&*self.storage, path, &file)
    }

    /// What a file says of itself; `None` if it is no snapshot of this format.
    fn label(&self, path: &Path) -> Option<Label> {
        let file = self.storage.open(path, Access::Read).ok()?;
        let mut bytes = vec![0; LABEL_BYTES_MAX];
        let read = seam::read_up_to(&*file, &mut bytes, 0).ok()?;
        Some(parsed(&bytes[..read])?.0)
    }

    /// What is kept of each fold.
    pub(crate) fn kept(&self) -> BTreeMap<&'static str, Kept> {
        let kept = |fold: &&'static str| {
            let Label { edition, position, digest, replaced, .. } =
                self.label(&self.kept_path(fold))?;
            let replaced_by = if replaced { ReplacedBy::Rebuild } else { ReplacedBy::Release };
            Some((*fold, Kept { edition, position, digest, replaced_by }))
        };
        Families::FOLDS.iter().filter_map(kept).collect()
    }

    /// A state that is kept, if this edition of the fold made it from this log; else why not.
    pub(crate) fn load_kept(
        &self,
        fold: &str,
        edition: u32,
        reader: &dyn Reader,
    ) -> Result<(Label, Vec<u8>), String> {
        let path = self.kept_path(fold);
        let Some(label) = self.label(&path) else {
            return Err("nothing has replaced it since snapshots are kept here".into());
        };
        if label.edition != edition {
            let made = label.edition;
            return Err(format!(
                "what is kept is of edition {made}, and this release makes edition {edition}; the \
                 release that made it takes it up when it starts"
            ));
        }
        self.load(&path, fold, edition, reader).ok_or_else(|| {
            format!("what is kept at position {} is not of this log, or is damaged", label.position)
        })
    }

    fn load(
        &self,
        path: &Path,
        fold: &str,
        edition: u32,
        reader: &dyn Reader,
    ) -> Option<(Label, Vec<u8>)> {
        let mut file = seam::read_whole(&*self.storage, path).ok()?;
        let (label, begin) = parsed(&file)?;
        let bytes = file.split_off(begin);
        let fits = label.fold == fold
            && label.edition == edition
            && hex(&digest_of(fold, edition, &bytes)) == label.digest;
        // A snapshot of another log, or newer than the log it claims to cover, has no root there.
        let root = reader.root_at(label.position).ok()??;
        (fits && hex(&root) == label.root).then_some((label, bytes))
    }

    /// The state a start takes up: the one that was saved last, or what this very edition saved
    /// before a release with another one came.
    fn load_saved(
        &self,
        fold: &str,
        edition: u32,
        reader: &dyn Reader,
    ) -> Option<(Label, Vec<u8>)> {
        let (path, kept) = (self.path(fold), self.kept_path(fold));
        match self.label(&path) {
            Some(label) if label.edition != edition => {
                self.load(&kept, fold, edition, reader).filter(|(label, _)| !label.replaced)
            }
            _ => self.load(&path, fold, edition, reader),
        }
    }

    /// The views the snapshots hold; a fold whose snapshot is older, or that has none, is behind
    /// them. The folds are read on several threads.
    pub(crate) fn restore(&self, reader: &dyn Reader, threads: usize) -> Option<Restored> {
        let (at, bytes) = self.load(&self.path(VOIDS), VOIDS, VOIDS_EDITION, reader)?;
        let voids: Voids = postcard::from_bytes(&bytes).ok()?;
        let (next, found) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
        let work = || {
            while let Some(fold) = Families::FOLDS.get(next.fetch_add(1, Ordering::Relaxed)) {
                let restored = self.restore_one(fold, at.position, reader);
                found.lock().unwrap_or_else(PoisonError::into_inner).insert(*fold, restored);
            }
        };
        thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (mut views, mut here, mut behind) = (Views::default(), Vec::new(), Vec::new());
        for fold in Families::FOLDS {
            match found.remove(fold).flatten() {
                Some((label, state)) if label.position == at.position => here.push(state),
                older => behind.push((*fold, older)),
            }
        }
        // Every state counts in the numbers of the entities: without these it says nothing.
        if behind.iter().any(|(fold, _)| *fold == Entities::NAME) {
            return None;
        }
        views.put(here);
        let alone = |(fold, older): (&'static str, Option<(Label, Apart)>)| {
            let mut alone = Views::default();
            if let Some((label, state)) = older {
                alone.put([state]);
                alone.stand_at(label.position, label.recorded_at, Voids::default());
            }
            alone.count_like(&views);
            (fold, alone)
        };
        let behind = behind.into_iter().map(alone).collect();
        views.stand_at(at.position, at.recorded_at, voids);
        Some(Restored { views, behind })
    }

    /// The state of one fold, as it was saved at a position or before.
    fn restore_one(
        &self,
        fold: &str,
        at_most: Position,
        reader: &dyn Reader,
    ) -> Option<(Label, Apart)> {
        let (label, bytes) = self.load_saved(fold, Families::edition(fold).unwrap_or(0), reader)?;
        (label.position <= at_most).then_some(())?;
        Some((label, Families::apart(fold, &bytes)?))
    }

    /// Removes every snapshot; nothing is lost but time, and what is kept.
    pub fn clear(&self) -> io::Result<()> {
        match self.storage.list(&self.dir) {
            Ok(names) => names
                .iter()
                .filter(|n| n.ends_with(".snapshot"))
                .try_for_each(|name| self.storage.remove(&self.dir.join(name))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

/// The label a file begins with, and where its state begins.
fn parsed(file: &[u8]) -> Option<(Label, usize)> {
    let rest = file.strip_prefix(MAGIC.as_bytes())?;
    let line = rest.iter().take(LABEL_BYTES_MAX).position(|b| *b == b'\n')?;
    Some((serde_json::from_slice(&rest[..line]).ok()?, MAGIC.len() + line + 1))
}
