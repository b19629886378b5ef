//! Snapshots: saved fold states. Invariant: a cache; each file names its fold, edition, position and the log's root there, and one that does not fit is passed over.
//!
//! A file is `sijil snapshot 1\n`, a line of JSON ([`Label`]), and the fold's canonical bytes.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sijil_log::{
    Reader,
    seam::{self, Storage},
};
use sijil_projections::{Views, Voids};
use sijil_schemas::{Position, time::Timestamp};

const MAGIC: &str = "sijil snapshot 1\n";
/// The name under which the voids are saved beside the folds.
const VOIDS: &str = "voids";

/// What a snapshot says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Label {
    fold: String,
    edition: u32,
    position: Position,
    recorded_at: Option<Timestamp>,
    root: String,
    sha256: String,
}

/// Where snapshots are kept.
#[derive(Clone)]
pub struct Snapshots {
    /// The storage.
    pub storage: Arc<dyn Storage>,
    /// The directory.
    pub dir: PathBuf,
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

impl Snapshots {
    fn path(&self, fold: &str) -> PathBuf {
        self.dir.join(format!("{fold}.snapshot"))
    }

    /// Saves states of folds at a position whose root is known.
    pub(crate) fn save(&self, states: &[(&'static str, u32, Vec<u8>)], position: Position, recorded_at: Option<Timestamp>, root: &[u8; 32]) -> io::Result<()> {
        self.storage.create_dir(&self.dir)?;
        for (fold, edition, bytes) in states {
            let label = Label { fold: (*fold).to_owned(), edition: *edition, position, recorded_at, root: hex(root), sha256: hex(&Sha256::digest(bytes)) };
            let mut file = MAGIC.as_bytes().to_vec();
            file.extend(serde_json::to_vec(&label).map_err(io::Error::other)?);
            file.push(b'\n');
            file.extend(bytes);
            seam::replace(&*self.storage, &self.path(fold), &file)?;
        }
        Ok(())
    }

    fn load(&self, fold: &str, edition: u32, reader: &dyn Reader) -> Option<(Label, Vec<u8>)> {
        let file = seam::read_whole(&*self.storage, &self.path(fold)).ok()?;
        let rest = file.strip_prefix(MAGIC.as_bytes())?;
        let line = rest.iter().position(|b| *b == b'\n')?;
        let label: Label = serde_json::from_slice(&rest[..line]).ok()?;
        let bytes = &rest[line + 1..];
        let fits = label.fold == fold && label.edition == edition && hex(&Sha256::digest(bytes)) == label.sha256;
        // A snapshot of another log, or newer than the log it claims to cover, has no root there.
        let root = reader.root_at(label.position).ok()??;
        (fits && hex(&root) == label.root).then(|| (label, bytes.to_vec()))
    }

    /// The views the snapshots hold, all at one position, and the names of folds that have none there and must be rebuilt.
    pub(crate) fn restore(&self, reader: &dyn Reader) -> Option<(Views, Vec<&'static str>)> {
        let (label, bytes) = self.load(VOIDS, 1, reader)?;
        let voids: Voids = postcard::from_bytes(&bytes).ok()?;
        let mut views = Views::default();
        let mut missing = Vec::new();
        for fold in Views::FOLDS {
            let edition = Views::edition(fold).unwrap_or(0);
            let found = self.load(fold, edition, reader).filter(|(l, _)| l.position == label.position);
            if !found.is_some_and(|(_, bytes)| views.restore(fold, &bytes)) {
                missing.push(*fold);
            }
        }
        views.stand_at(label.position, label.recorded_at, voids);
        Some((views, missing))
    }

    /// Removes every snapshot; nothing is lost but time.
    pub fn clear(&self) -> io::Result<()> {
        match self.storage.list(&self.dir) {
            Ok(names) => names.iter().filter(|n| n.ends_with(".snapshot")).try_for_each(|name| self.storage.remove(&self.dir.join(name))),
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

/// The states of all folds and the voids, ready to be saved.
pub(crate) fn states(views: &Views) -> Vec<(&'static str, u32, Vec<u8>)> {
    let folds = Views::FOLDS.iter().filter_map(|fold| Some((*fold, Views::edition(fold)?, views.bytes(fold)?)));
    folds.chain([(VOIDS, 1, postcard::to_stdvec(&views.voids).unwrap_or_default())]).collect()
}
