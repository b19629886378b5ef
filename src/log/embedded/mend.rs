//! Mending a damaged log with the batches of a backup. Invariant: a sealed segment is replaced only
//! by one that begins with the tree before it and ends with the batch that the next header names;
//! what does not fit leaves the log as it is.

use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use sijil_schemas::record::{Position, StoredRecord};

use super::{
    OpenError, VerifyOptions,
    frame::{Builder, RecordBytes},
    segment::{HEADER_BYTES, Header, Places, Segment, name_of},
    survey::Survey,
    verify::verify,
};
use crate::{
    port::Damage,
    seam::{self, Access, File, Storage},
    tree::{self, Frontier, Hash},
};

/// The batches of a log from its first record on.
pub type Batches<'a> =
    dyn Iterator<Item = Result<Vec<StoredRecord>, Box<dyn Error + Send + Sync>>> + 'a;

/// What was mended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mended {
    /// The segments that were replaced.
    pub segments: Vec<String>,
    /// The records in them.
    pub records: u64,
}

/// Why a log was not mended. Segments that were replaced before stay so: each fits.
#[derive(Debug, thiserror::Error)]
pub enum MendError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The damage is where nothing behind it says what should stand there.
    #[error(
        "the damage is in the last segment, {file}: nothing behind it says what was acknowledged \
         there; restore from the backup into another directory"
    )]
    NotSealed {
        /// The segment.
        file: String,
    },
    /// The backup does not hold what should stand there.
    #[error(
        "the backup does not fit: {what}; nothing was replaced by it. It is of another history, or \
         ends before {upto}"
    )]
    Misfit {
        /// How it differs.
        what: String,
        /// The position it should go to.
        upto: Position,
    },
    /// The backup cannot be read.
    #[error("the backup cannot be read: {0}")]
    Source(Box<dyn Error + Send + Sync>),
    /// The storage failed.
    #[error("cannot {what}")]
    Io {
        /// The operation that failed.
        what: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

/// A stretch of the log that is to be made anew: one segment, or what stood before the first that
/// can be read.
struct Gap {
    base: u64,
    /// The header as it stands, if it can be read.
    stands: Option<Header>,
    /// The header behind it, which says what it must end with.
    next: Header,
}

/// Replaces every sealed segment of the log in `dir` that is damaged.
pub fn mend(
    storage: &Arc<dyn Storage>,
    dir: &Path,
    batches: &mut Batches<'_>,
) -> Result<Mended, MendError> {
    let places = Places { dir: dir.to_owned() };
    let what = || format!("read {}", dir.display());
    let report = verify(storage, dir, &VerifyOptions::default(), &|_| ())?;
    let mut mended = Mended::default();
    if report.damage.is_empty() {
        return Ok(mended);
    }
    let lock = storage.lock(&places.lock()).map_err(OpenError::io(what()))?;
    let _lock = lock.ok_or_else(|| OpenError::Locked { dir: dir.to_owned() })?;
    let survey = Survey::of(&**storage, &places, Access::Read)?;
    let gaps = gaps(&survey, &report.damage)?;
    let mut chain = Chain { batches, tree: Frontier::default(), footer: [0; 32] };
    for gap in gaps {
        let name = name_of(gap.base);
        let aside = places.tmp().join(&name);
        let built = chain.build(&**storage, &aside, &gap);
        if built.is_err() {
            // Nothing was put in place; what is left would be removed at the next opening anyhow.
            drop(storage.remove(&aside));
        }
        built?;
        put(&**storage, &places, &gap, &aside).map_err(failed("put a segment in place"))?;
        mended.records += gap.next.base() - gap.base;
        mended.segments.push(name);
    }
    Ok(mended)
}

/// What is to be made anew, in order.
fn gaps(survey: &Survey, damage: &[Damage]) -> Result<Vec<Gap>, MendError> {
    let segments = &survey.segments;
    let mut damaged: Vec<Option<usize>> = damage.iter().map(|one| place(segments, one)).collect();
    damaged.sort_unstable();
    damaged.dedup();
    let gap = |at: Option<usize>| {
        let next = segments.get(at.map_or(0, |at| at + 1)).ok_or_else(|| MendError::NotSealed {
            file: format!("log/{}", segments.last().map_or("", |last| last.name.as_str())),
        })?;
        let stands = at.map(|at| segments[at].header.clone());
        let base = stands.as_ref().map_or(0, Header::base);
        Ok(Gap { base, stands, next: next.header.clone() })
    };
    damaged.into_iter().map(gap).collect()
}

/// The last segment with a good header that stands before the damage, or in which it is.
fn place(segments: &[Arc<Segment>], damage: &Damage) -> Option<usize> {
    let named = segments.iter().position(|one| damage.file == format!("log/{}", one.name));
    match damage.positions {
        Some((first, _)) => {
            segments.partition_point(|one| one.header.base() < first.get()).checked_sub(1)
        }
        None => named,
    }
}

/// The log as the backup has it: its tree and its last footer, batch by batch.
struct Chain<'a, 'b> {
    batches: &'a mut Batches<'b>,
    tree: Frontier,
    footer: Hash,
}

impl Chain<'_, '_> {
    /// Writes the segment that fills a gap aside, synced.
    fn build(&mut self, storage: &dyn Storage, aside: &Path, gap: &Gap) -> Result<(), MendError> {
        let upto = Position::new(gap.next.base());
        let misfit = |what: String| MendError::Misfit { what, upto };
        while self.tree.size() < gap.base {
            self.step(upto)?;
        }
        let begins = Header {
            before: self.tree.clone(),
            previous: self.footer,
            file_bytes: HEADER_BYTES as u64,
            seal: None,
            parts: None,
        };
        let fits = gap.stands.as_ref().is_none_or(|stands| {
            stands.before == begins.before && stands.previous == begins.previous
        });
        if self.tree.size() != gap.base || !fits {
            return Err(misfit(format!("its history up to {} is another", gap.base)));
        }
        let file = storage.open(aside, Access::Create).map_err(failed("make a segment"))?;
        let mut at = HEADER_BYTES as u64;
        while self.tree.size() < gap.next.base() {
            let frame = self.step(upto)?;
            seam::write_all(&*file, &frame, at).map_err(failed("write a segment"))?;
            at += frame.len() as u64;
        }
        if self.tree != gap.next.before || self.footer != gap.next.previous {
            return Err(misfit(format!(
                "its batch that ends at {} is not the one that the next segment names",
                self.tree.size()
            )));
        }
        let file_bytes = gap.stands.as_ref().map_or(at, |stands| stands.file_bytes.max(at));
        end(&*file, &Header { file_bytes, ..begins }).map_err(failed("finish a segment"))
    }

    /// Takes the next batch; returns its frame.
    fn step(&mut self, upto: Position) -> Result<Vec<u8>, MendError> {
        let first = self.tree.size() + 1;
        let batch = match self.batches.next() {
            Some(batch) => batch.map_err(MendError::Source)?,
            None => Vec::new(),
        };
        if batch.first().map(|record| record.position().get()) != Some(first) {
            return Err(MendError::Misfit { what: format!("it has no record {first}"), upto });
        }
        let mut builder = Builder::default();
        builder.start(first);
        for record in &batch {
            self.tree.push(tree::leaf(&record.public));
            builder.push(RecordBytes { public: &record.public, personal: &record.personal });
        }
        let (frame, footer) = builder.finish(self.tree.root(), self.footer);
        self.footer = footer;
        Ok(frame.to_vec())
    }
}

/// Gives a segment its length and its header, and makes it durable.
fn end(file: &dyn File, header: &Header) -> io::Result<()> {
    file.set_len(header.file_bytes)?;
    seam::write_all(file, &header.bytes(), 0)?;
    file.sync_all()
}

/// Puts a segment where it belongs; what stood between it and the next one could not be read, and
/// its records are in this one.
fn put(storage: &dyn Storage, places: &Places, gap: &Gap, aside: &Path) -> io::Result<()> {
    let (name, next) = (name_of(gap.base), name_of(gap.next.base()));
    storage.rename(aside, &places.log().join(&name))?;
    for between in storage.list(&places.log())? {
        if between > name && between < next {
            storage.remove(&places.log().join(between))?;
        }
    }
    storage.sync_dir(&places.log())?;
    // Where its batches begin is read anew.
    let offsets = |name: &str| -> PathBuf {
        places.index().join(format!("{}.offsets", name.trim_end_matches(".seg")))
    };
    for kept in storage.list(&places.index())? {
        let kept = places.index().join(kept);
        if kept >= offsets(&name)
            && kept < offsets(&next)
            && kept.extension().is_some_and(|e| e == "offsets")
        {
            storage.remove(&kept)?;
        }
    }
    storage.sync_dir(&places.index())
}

fn failed(what: &'static str) -> impl Fn(io::Error) -> MendError {
    move |source| MendError::Io { what: what.to_owned(), source }
}
