//! Opening a log: find its end, mend what a crash may leave, and bring derived files up to it.
//! Invariant: only the remains of a write that was never acknowledged are removed, and that is
//! said; anything else opens the log to read only.

use std::{io, path::Path, sync::Arc};

use sijil_schemas::record::Position;

use super::{
    OpenError, OpenReport, Opened, Options, PARTS_LEFT_OUT,
    doubt::Doubt,
    frame::Builder,
    index::Index,
    mark::{self, Bound, MarkFile},
    modes,
    reader::EmbeddedReader,
    recovery::Recovery,
    run::Kind,
    scan::Scanned,
    segment::{HEADER_BYTES, Places},
    store::{Derived, Found, POINT_READ_BYTES, Store, head_at},
    survey::Survey,
    tail::{End as TailEnd, Tail},
    tiles::{NewHashes, Tiles},
    writer::{EmbeddedWriter, End, Helper},
};
use crate::{
    port::ReadError,
    seam::{Access, Lock, Storage, read_whole},
    tree::{Frontier, Hash},
};

/// Opens the log in `dir`, made if it is not there (unless to read only).
pub fn open(storage: Arc<dyn Storage>, dir: &Path, options: &Options) -> Result<Opened, OpenError> {
    let places = Places { dir: dir.to_owned() };
    let lock = admitted(&*storage, &places, options)?;
    let what = || format!("read {}", dir.display());
    // Read before the log, so that what it says is in there.
    let (here, mark) = (
        storage.identity(&places.lock()).map_err(OpenError::io(what()))?,
        mark::read(&*storage, &places),
    );
    let copied = mark.is_some_and(|mark| mark.is_of_another(here));
    // A copy is nobody's yet: it is not written, and nobody writes it.
    let lock = lock.filter(|_| !copied || options.adopt);
    let read_only = lock.is_none();
    let live =
        read_only && !copied && storage.is_locked(&places.lock()).map_err(OpenError::io(what()))?;
    if read_only && storage.list(&places.log()).is_err() {
        return Err(OpenError::Missing { dir: dir.to_owned() });
    }
    if !read_only {
        modes::close(&*storage, &places);
    }
    let mut survey =
        Survey::of(&*storage, &places, if read_only { Access::Read } else { Access::Write })?;
    let mut recovery = Recovery::new(&*storage, &places, mark, live);
    // Whoever salvages trusts nothing that was not read now.
    recovery.trusting = !options.salvage;
    let (head, scanned) = if copied {
        survey = survey.without_the_unmade();
        recovery.copy(&mut survey, read_only)?
    } else {
        refuse_foreign(&recovery, &survey)?;
        recovery.run(&survey, read_only)?
    };
    let Recovery { report, tree, marked, doubt, .. } = recovery;
    if read_only
        && !live
        && !copied
        && report != OpenReport::default()
        && storage.is_locked(&places.lock()).map_err(OpenError::io(what()))?
    {
        // A writer that began meanwhile: what is unfinished is its business.
        return open(storage, dir, options);
    }
    let unsound = refusal(&report, doubt.as_ref(), options.salvage);
    let found = Found { head, damage: report.damage.clone(), unsound };
    let ledger = survey.first_id().unwrap_or_default();
    let bound = here.map(|home| Bound { home, ledger, closed: false });
    let store = Arc::new(Store::new(
        storage.clone(),
        places.clone(),
        survey.segments,
        options.touched.clone(),
        found,
    ));
    end(&store, &report)?;
    let end = if live { marked } else { read_end(&scanned, &tree).unwrap_or(marked) };
    let tail = (read_only && !copied && report.damage.is_empty()).then(|| Arc::new(Tail::new(end)));
    let writable = lock.filter(|_| report.damage.is_empty()).zip(tree).zip(bound);
    let derived = Arc::new(derive(&store, writable.is_none())?);
    let left_out = parts_left_out(&*store.storage, &places)?;
    let reader = EmbeddedReader {
        store: store.clone(),
        derived: derived.clone(),
        tail,
        left_out,
        is_written: writable.is_some(),
    };
    let writer = match writable {
        Some(((lock, tree), bound)) => {
            Some(writer(store, derived, options, (lock, bound), (tree, scanned))?)
        }
        None => None,
    };
    Ok(Opened { writer, reader, report })
}

/// Refuses what is not to be opened, before anything in it is looked at; locks what is to be
/// written.
fn admitted(
    storage: &dyn Storage,
    places: &Places,
    options: &Options,
) -> Result<Option<Box<dyn Lock>>, OpenError> {
    if !options.restoring {
        refuse_unfinished(storage, places)?;
    }
    modes::check_keys(storage, places)?;
    let to_read = options.read_only || options.salvage;
    if to_read { Ok(None) } else { prepare(storage, places).map(Some) }
}

/// Refuses a directory whose log is not whole yet, whatever stands in it.
pub(crate) fn refuse_unfinished(storage: &dyn Storage, places: &Places) -> Result<(), OpenError> {
    let what = || format!("read {}", places.dir.display());
    match storage.identity(&places.restoring()).map_err(OpenError::io(what()))? {
        Some(_) => Err(OpenError::Restoring { dir: places.dir.clone() }),
        None => Ok(()),
    }
}

/// Up to where personal parts were left out on purpose; zero if nowhere.
pub(crate) fn parts_left_out(
    storage: &dyn Storage,
    places: &Places,
) -> Result<Position, OpenError> {
    let what = || OpenError::io(format!("read {PARTS_LEFT_OUT}"));
    match read_whole(storage, &places.dir.join(PARTS_LEFT_OUT)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Position::ZERO),
        read => {
            let text = String::from_utf8_lossy(&read.map_err(what())?).trim().parse();
            let number = text.map_err(|_| what()(io::ErrorKind::InvalidData.into()))?;
            Ok(Position::new(number))
        }
    }
}

/// Where a log that was read to its end would go on.
fn read_end(scanned: &Option<Scanned>, tree: &Option<Frontier>) -> Option<TailEnd> {
    let (scanned, tree) = (scanned.as_ref()?, tree.clone()?);
    Some(TailEnd { offset: scanned.offset, tree, footer: scanned.footer })
}

/// Refuses a log that is whole and not the one that its mark speaks of. One that is not whole is
/// damaged, whosesoever it is.
fn refuse_foreign(recovery: &Recovery<'_>, survey: &Survey) -> Result<(), OpenError> {
    let remembered = recovery
        .mark
        .and_then(|mark| mark.bound)
        .map(|bound| bound.ledger)
        .filter(|ledger| !ledger.is_nil());
    let (Some(index), Some(log)) = (remembered, survey.first_id()) else { return Ok(()) };
    if index == log {
        return Ok(());
    }
    let mut alone = Recovery::new(recovery.storage, recovery.places, None, false);
    alone.trusting = false;
    alone.run(survey, true)?;
    if alone.report.damage.is_empty() {
        Err(OpenError::Foreign { dir: recovery.places.dir.clone(), log, index })
    } else {
        Ok(())
    }
}

/// Makes the directories, takes the lock, and removes what was never put in place.
fn prepare(storage: &dyn Storage, places: &Places) -> Result<Box<dyn Lock>, OpenError> {
    let what = || format!("prepare {}", places.dir.display());
    storage.create_dir(&places.dir).map_err(OpenError::io(what()))?;
    let lock = storage.lock(&places.lock()).map_err(OpenError::io(what()))?;
    let lock = lock.ok_or_else(|| OpenError::Locked { dir: places.dir.clone() })?;
    for dir in [places.log(), places.index(), places.tiles(), places.tmp()] {
        storage.create_dir(&dir).map_err(OpenError::io(what()))?;
    }
    storage.sync_dir(&places.dir).map_err(OpenError::io(what()))?;
    sync_above(storage, &places.dir).map_err(OpenError::io(what()))?;
    for dir in [places.index(), places.tiles(), places.tmp()] {
        for name in storage.list(&dir).map_err(OpenError::io(what()))? {
            if name.ends_with(".tmp") || dir == places.tmp() {
                storage.remove(&dir.join(name)).map_err(OpenError::io(what()))?;
            }
        }
    }
    Ok(lock)
}

/// Makes the names of all directories above durable: any of them may have been made for this one.
/// One that may not be read, or has nothing to sync, was not.
fn sync_above(storage: &dyn Storage, dir: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, ReadOnlyFilesystem, Unsupported};
    for (at, above) in dir.ancestors().skip(1).enumerate() {
        match storage.sync_dir(above) {
            Err(error)
                if at > 0
                    && matches!(
                        error.kind(),
                        InvalidInput | PermissionDenied | ReadOnlyFilesystem | Unsupported
                    ) => {}
            other => other?,
        }
    }
    Ok(())
}

/// Why a log with damage answers nothing, if it does not: nobody asked to salvage, or nothing can
/// be vouched for.
fn refusal(report: &OpenReport, doubt: Option<&Doubt>, salvage: bool) -> Option<ReadError> {
    let vouched_to = report.vouched_to?;
    let doubted = doubt.and_then(|doubt| doubt.about(1));
    let damage = doubted.or_else(|| report.first_damage().cloned())?;
    (!salvage || vouched_to == Position::ZERO).then_some(ReadError::Damaged { vouched_to, damage })
}

/// Finds where the log ends for whoever asks.
fn end(store: &Store, report: &OpenReport) -> Result<(), OpenError> {
    match report.vouched_to.filter(|_| store.answers()) {
        Some(vouched_to) => end_with(store, vouched_to.get()),
        None => complete_head(store),
    }
}

/// Lets a log end with the last batch that is vouched for, as if it had never gone on.
fn end_with(store: &Store, vouched_to: u64) -> Result<(), OpenError> {
    let mut head = None;
    store.visit_up_to(vouched_to, vouched_to, POINT_READ_BYTES, &mut |seen| {
        head = seen.root.map(|root| head_at(seen.position, root, Some(seen.record.recorded_at())));
        Ok(false)
    })?;
    *store.end() = head.ok_or_else(|| store.missing(vouched_to, "no batch ends with it"))?;
    Ok(())
}

/// A last segment without batches leaves the time of the last record to be read from the one
/// before.
fn complete_head(store: &Store) -> Result<(), OpenError> {
    let head = *store.end();
    if head.recorded_at.is_none() && head.position.get() > 0 && store.damage.is_empty() {
        let last = store.record(head.position.get())?;
        *store.end() =
            head_at(head.position.get(), head.root, last.map(|record| record.recorded_at_micros()));
    }
    Ok(())
}

/// Opens the derived files and brings them up to the head, unless nobody is answered.
fn derive(store: &Arc<Store>, read_only: bool) -> Result<Derived, OpenError> {
    let (storage, places) = (&store.storage, &store.places);
    let head = store.end().position.get();
    let mut root_of = |position: u64| -> Option<Hash> {
        if position <= head { store.root_in_footer(position) } else { None }
    };
    let what = || format!("open {}", places.index().display());
    let derived = Derived {
        ids: Index::open(Kind::Ids, storage, places, read_only, &mut root_of)
            .map_err(OpenError::io(what()))?,
        entities: Index::open(Kind::Entities, storage, places, read_only, &mut root_of)
            .map_err(OpenError::io(what()))?,
        tiles: Tiles::open(storage, places, read_only, &mut root_of)
            .map_err(OpenError::io(what()))?,
    };
    if store.answers() {
        derived.catch_up(store, head)?;
    }
    Ok(derived)
}

fn writer(
    store: Arc<Store>,
    derived: Arc<Derived>,
    options: &Options,
    (lock, bound): (Box<dyn Lock>, Bound),
    (tree, scanned): (Frontier, Option<Scanned>),
) -> Result<EmbeddedWriter, OpenError> {
    let segment = store.segments().last().cloned();
    let (offset, footer) =
        scanned.map_or((HEADER_BYTES as u64, [0; 32]), |found| (found.offset, found.footer));
    let sealed = options.compress.then(|| store.clone());
    let helper = if options.background {
        Some(Helper::start(derived.clone(), sealed).map_err(OpenError::io("start a thread"))?)
    } else {
        None
    };
    let mark = MarkFile::open(&*store.storage, &store.places, bound)
        .map_err(OpenError::io("open the mark of what is durable"))?;
    let mut writer = EmbeddedWriter {
        store,
        derived,
        at: End { segment, offset, tree, footer },
        mark: Some(mark),
        segment_bytes: options.segment_bytes,
        compress: options.compress,
        sealed: options.compress,
        sealing: false,
        helper,
        poisoned: false,
        builder: Builder::default(),
        hashes: NewHashes::default(),
        _lock: lock,
    };
    // Into both slots, so that neither speaks of another directory or release any more.
    writer.write_mark();
    writer.write_mark();
    if let Some(mark) = writer.mark.as_ref().filter(|_| options.adopt) {
        mark.sync().map_err(OpenError::io("sync the mark of what is durable"))?;
    }
    Ok(writer)
}
