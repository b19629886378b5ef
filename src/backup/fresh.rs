//! A data directory that is made from a backup or another log. Invariant: until all of it is
//! durable, a marker in it says that it is not whole, and nothing is answered from it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use sijil_log::{
    Batch, Batched, Entry, Reader, Writer,
    embedded::{self, EmbeddedWriter, Opened, Options, PARTS_LEFT_OUT, RESTORING},
    entity_hash,
    machine::{Disk, SystemRandomness},
    mirror::Lazy,
    seam::{Randomness, Storage, read_whole, replace},
    touched_by_schema,
};
use sijil_schemas::{Position, RestoredErasures, time::Timestamp};

use crate::{error::BackupError, manifest::hex};

/// Where the name of an incarnation stands, in a data directory; where it does not, it is the
/// first.
const INCARNATION: &str = "state/incarnation";
/// The incarnation of a ledger that was never cut nor cloned.
pub const FIRST_INCARNATION: &str = "1";
/// Where a clone keeps the position up to which keys were issued by the ledger it was made from.
const KEYS_AFTER: &str = "state/keys_after";
/// Of what a directory was made, until a record says it.
const ORIGIN: &str = "state/origin";

/// The position up to which the keys that a data directory's log names are another ledger's; zero
/// if they are its own.
pub fn keys_after(dir: &Path) -> io::Result<Position> {
    match read_whole(&Disk, &dir.join(KEYS_AFTER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Position::ZERO),
        read => {
            let number = String::from_utf8_lossy(&read?).trim().parse();
            number.map(Position::new).map_err(|_| {
                io::Error::new(io::ErrorKind::InvalidData, format!("{KEYS_AFTER} is no position"))
            })
        }
    }
}

/// The incarnation of a data directory.
pub fn incarnation_of(dir: &Path) -> io::Result<String> {
    match read_whole(&Disk, &dir.join(INCARNATION)) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).trim().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(FIRST_INCARNATION.to_owned()),
        Err(error) => Err(error),
    }
}

/// A new incarnation: 16 random bytes, in hexadecimal.
pub fn new_incarnation() -> io::Result<String> {
    let mut bytes = [0; 16];
    SystemRandomness.fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// Gives a data directory an incarnation.
pub fn set_incarnation(dir: &Path, incarnation: &str) -> io::Result<()> {
    let path = dir.join(INCARNATION);
    Disk.create_dir(path.parent().unwrap_or(dir))?;
    replace(&Disk, &path, incarnation.as_bytes())
}

/// What the first record after a restore says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// How many records were restored.
    pub size: u64,
    /// The root of the tree of them, in hexadecimal.
    pub root: String,
    /// After which moment records were left out, if any are known to be.
    pub lost_after: Option<Timestamp>,
    /// The incarnation from here on.
    pub incarnation: String,
    /// What became of erasures that were not in what was restored, if there were any.
    pub erasures: Option<RestoredErasures>,
}

/// Of what a data directory was made, while no record in it says so.
pub fn untold_origin(dir: &Path) -> io::Result<Option<Origin>> {
    match read_whole(&Disk, &dir.join(ORIGIN)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        read => serde_json::from_slice(&read?).map(Some).map_err(io::Error::other),
    }
}

/// Notes that a record says of what a data directory was made.
pub fn told_origin(dir: &Path) -> io::Result<()> {
    let path = dir.join(ORIGIN);
    Disk.remove(&path)?;
    Disk.sync_dir(path.parent().unwrap_or(dir))
}

/// A log that is being made.
pub(crate) struct Fresh {
    dir: PathBuf,
    lazy: Arc<Lazy>,
    writer: EmbeddedWriter,
    reader: embedded::EmbeddedReader,
    at: Position,
    recorded_at: Option<Timestamp>,
}

/// A batch for it, with what its records touch.
pub(crate) fn batch(records: Vec<Batched>) -> Result<Batch, BackupError> {
    let touched = touched_by_schema();
    let entry = |one: Batched| {
        let touched = touched(&one.record)?;
        Ok(Entry { touched: touched.iter().map(entity_hash).collect(), record: one.record })
    };
    Ok(Batch { entries: records.into_iter().map(entry).collect::<Result<_, BackupError>>()? })
}

impl Fresh {
    /// Begins one in an empty directory, or one that is not there; `why` stands in the marker.
    pub(crate) fn begin(dir: &Path, why: &str) -> Result<Fresh, BackupError> {
        let failed = || BackupError::io(format!("make {}", dir.display()));
        Disk.create_dir(dir).map_err(failed())?;
        if let Some(found) = Disk.list(dir).map_err(failed())?.into_iter().next() {
            return Err(BackupError::NotEmpty { dir: dir.display().to_string(), found });
        }
        replace(&Disk, &dir.join(RESTORING), why.as_bytes()).map_err(failed())?;
        let lazy = Arc::new(Lazy::over(Arc::new(Disk)));
        let options = Options { compress: true, restoring: true, ..Options::default() };
        let Opened { writer, reader, .. } = embedded::open(lazy.clone(), dir, &options)?;
        let writer =
            writer.ok_or_else(|| failed()(io::Error::other("the log in it cannot be written")))?;
        Ok(Fresh {
            dir: dir.to_owned(),
            lazy,
            writer,
            reader,
            at: Position::ZERO,
            recorded_at: None,
        })
    }

    pub(crate) fn at(&self) -> Position {
        self.at
    }

    /// Takes the next batch.
    pub(crate) fn take(&mut self, batch: &Batch) -> Result<(), BackupError> {
        let at = self.at;
        self.writer.append(at, batch).map_err(|source| BackupError::Append { at, source })?;
        if let Some(last) = batch.entries.last() {
            self.at = last.record.position();
            self.recorded_at = Timestamp::from_micros(last.record.recorded_at_micros()).ok();
        }
        Ok(())
    }

    /// The root of all that it took.
    pub(crate) fn root(&self) -> Result<sijil_log::tree::Hash, BackupError> {
        Ok(self.reader.head()?.root)
    }

    /// Writes down that it is a clone: keys up to here are another ledger's.
    pub(crate) fn is_clone(&self) -> Result<(), BackupError> {
        self.note(KEYS_AFTER, self.at)
    }

    /// Writes down up to which position personal parts are not there, and nothing in the log says
    /// why; zero for none.
    pub(crate) fn left_out(&self, upto: Position) -> Result<(), BackupError> {
        if upto == Position::ZERO { Ok(()) } else { self.note(PARTS_LEFT_OUT, upto) }
    }

    fn note(&self, name: &str, position: Position) -> Result<(), BackupError> {
        let path = self.dir.join(name);
        let made = Disk.create_dir(path.parent().unwrap_or(&self.dir));
        made.and_then(|()| replace(&Disk, &path, position.to_string().as_bytes()))
            .map_err(BackupError::io(format!("write {}", path.display())))
    }

    /// Of what it was made, for the first record after it.
    pub(crate) fn origin(
        &self,
        incarnation: &str,
        is_cut: bool,
        erasures: Option<RestoredErasures>,
    ) -> Result<Origin, BackupError> {
        Ok(Origin {
            size: self.at.get(),
            root: hex(&self.root()?),
            lost_after: self.recorded_at.filter(|_| is_cut),
            incarnation: incarnation.to_owned(),
            erasures,
        })
    }

    /// Makes all of it durable, gives it its incarnation, and takes the marker away.
    pub(crate) fn finish(self, origin: &Origin) -> Result<(), BackupError> {
        let Fresh { dir, lazy, writer, reader, .. } = self;
        let failed = || BackupError::io(format!("finish {}", dir.display()));
        drop((writer, reader));
        lazy.settle().map_err(failed())?;
        if origin.incarnation != FIRST_INCARNATION {
            set_incarnation(&dir, &origin.incarnation).map_err(failed())?;
        }
        let (path, told) = (dir.join(ORIGIN), serde_json::to_vec(origin));
        Disk.create_dir(path.parent().unwrap_or(&dir)).map_err(failed())?;
        let told = told.map_err(io::Error::other).map_err(failed())?;
        replace(&Disk, &path, &told).map_err(failed())?;
        sync_all(&dir).map_err(failed())?;
        Disk.remove(&dir.join(RESTORING)).map_err(failed())?;
        Disk.sync_dir(&dir).map_err(failed())
    }
}

/// Makes every file and every name below a directory durable.
fn sync_all(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_all(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(dir)?.sync_all()
}
