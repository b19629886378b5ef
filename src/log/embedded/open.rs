//! Opening a log: find its end, mend what a crash may leave, and bring derived files up to it.
//! Invariant: only the remains of a write that was never acknowledged are removed, and that is
//! said; anything else opens the log to read only.

use std::{io, path::Path, sync::Arc};

use sijil_schemas::record::Position;

use super::{
    OpenError, OpenReport, Opened, Options,
    copied::{self, Step},
    doubt::{self, Doubt, Link, Vouched},
    frame::{Builder, Frame},
    index::Index,
    mark::{self, Bound, Mark, MarkFile},
    modes,
    offsets::Offsets,
    reader::EmbeddedReader,
    run::Kind,
    scan::{End as SegmentEnd, Scan, Scanned, Seen, TreeCheck},
    segment::{HEADER_BYTES, Places, Segment},
    store::{Derived, Found, POINT_READ_BYTES, Store, head_at},
    survey::{Join, Survey},
    tail::{End as TailEnd, Tail},
    tiles::{NewHashes, Tiles},
    writer::{EmbeddedWriter, End, Helper, cut},
};
use crate::{
    port::{Head, ReadError},
    seam::{self, Access, Lock, Storage},
    tree::{self, Frontier, Hash},
};

/// Opens the log in `dir`, made if it is not there (unless to read only).
pub fn open(storage: Arc<dyn Storage>, dir: &Path, options: &Options) -> Result<Opened, OpenError> {
    let places = Places { dir: dir.to_owned() };
    let to_read = options.read_only || options.salvage;
    modes::check_keys(&*storage, &places)?;
    let lock = if to_read { None } else { Some(prepare(&*storage, &places)?) };
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
    let bound = here.map(|home| Bound {
        home,
        ledger: survey.first_id().unwrap_or_default(),
        closed: false,
    });
    let store = Arc::new(Store::new(
        storage.clone(),
        places.clone(),
        survey.segments,
        options.touched.clone(),
        found,
    ));
    match report.vouched_to.filter(|_| store.answers()) {
        Some(vouched_to) => end_with(&store, vouched_to.get())?,
        None => complete_head(&store)?,
    }
    let end = match (&scanned, &tree) {
        (Some(scanned), Some(tree)) if !live => {
            TailEnd { offset: scanned.offset, tree: tree.clone(), footer: scanned.footer }
        }
        _ => marked,
    };
    let tail = (read_only && !copied && report.damage.is_empty()).then(|| Arc::new(Tail::new(end)));
    let writable = lock.filter(|_| report.damage.is_empty()).zip(tree).zip(bound);
    let derived = Arc::new(derive(&store, writable.is_none())?);
    let reader = EmbeddedReader { store: store.clone(), derived: derived.clone(), tail };
    let writer = match writable {
        Some(((lock, tree), bound)) => {
            Some(writer(store, derived, options, (lock, bound), (tree, scanned))?)
        }
        None => None,
    };
    Ok(Opened { writer, reader, report })
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

struct Recovery<'a> {
    storage: &'a dyn Storage,
    places: &'a Places,
    mark: Option<Mark>,
    /// Another process is writing: what lies beyond the mark is its business.
    live: bool,
    report: OpenReport,
    tree: Option<Frontier>,
    /// Where the mark says the log ends, while another process writes.
    marked: TailEnd,
    /// What the mark says of the last segment.
    vouched: Vouched,
    doubt: Option<Doubt>,
    /// Whether sealed segments whose kept offsets join are taken as they are.
    trusting: bool,
    /// Whether the directory is a copy of another one.
    copied: bool,
}

impl<'a> Recovery<'a> {
    fn new(
        storage: &'a dyn Storage,
        places: &'a Places,
        mark: Option<Mark>,
        live: bool,
    ) -> Recovery<'a> {
        let (report, marked) = (OpenReport::default(), TailEnd::default());
        Recovery {
            storage,
            places,
            mark,
            live,
            report,
            tree: None,
            marked,
            vouched: Vouched::Unknown,
            doubt: None,
            trusting: true,
            copied: false,
        }
    }

    /// Finds the end of the log and mends what a crash may leave there.
    fn run(
        &mut self,
        survey: &Survey,
        read_only: bool,
    ) -> Result<(Head, Option<Scanned>), OpenError> {
        self.report.damage.clone_from(&survey.damage);
        let Some((last, sealed)) = survey.segments.split_last() else {
            let head = self.empty();
            self.vouch(&head);
            return Ok((head, None));
        };
        for (at, segment) in sealed.iter().enumerate() {
            self.sealed(survey, at, segment)
                .map_err(OpenError::io(format!("read log/{}", segment.name)))?;
        }
        let what = format!("recover log/{}", last.name);
        let (head, scanned) = self.last(last).map_err(OpenError::io(what.clone()))?;
        self.report.damage.extend(scanned.damage.iter().cloned());
        self.report.torn.clone_from(&scanned.torn);
        if self.live {
            let known = self.mark.map_or(0, |mark| mark.position);
            self.report.torn = None;
            self.report
                .damage
                .retain(|damage| damage.positions.is_none_or(|(first, _)| first.get() <= known));
        }
        if !self.report.damage.is_empty() {
            self.doubt =
                self.doubted(survey).map_err(OpenError::io("compare the ends of the segments"))?;
            self.vouch(&head);
        }
        if !read_only && self.report.damage.is_empty() {
            self.mend(last, &scanned).map_err(OpenError::io(what))?;
        }
        Ok((head, Some(scanned)))
    }

    /// Says how far a damaged log can be vouched for: each batch passed its checks and names the
    /// one before it. Damage that takes no record away leaves all.
    fn vouch(&mut self, head: &Head) {
        if self.report.damage.is_empty() {
            return;
        }
        let firsts = self
            .report
            .damage
            .iter()
            .filter_map(|damage| damage.positions)
            .map(|(first, _)| first.get().saturating_sub(1));
        let whole = firsts.min().unwrap_or(u64::MAX).min(head.position.get());
        self.report.vouched_to = Some(Position::new(if self.doubt.is_some() { 0 } else { whole }));
    }

    /// Where there is damage, what stands before it may be of another log.
    fn doubted(&self, survey: &Survey) -> io::Result<Option<Doubt>> {
        let mut links = Vec::new();
        for (at, next) in survey.segments.iter().skip(1).enumerate() {
            links.push(Link {
                next: next.name.clone(),
                base: next.header.base(),
                join: survey.joins(at)?,
            });
        }
        Ok(doubt::of(&links, self.vouched, !survey.damage.is_empty()))
    }

    /// Finds where a copy ends, looking at every byte of it. What the mark says is a hint: it may
    /// have been copied long before or after the log.
    fn copy(
        &mut self,
        survey: &mut Survey,
        read_only: bool,
    ) -> Result<(Head, Option<Scanned>), OpenError> {
        let Some(hint) = self.mark.take() else { return self.run(survey, read_only) };
        self.copied = true;
        self.report.damage.clone_from(&survey.damage);
        let (mut head, mut scanned, mut ends) = (self.empty(), None, None);
        let segments = survey.segments.clone();
        for (at, segment) in segments.iter().enumerate() {
            let what = || format!("read log/{}", segment.name);
            let (last, found) = self.last(segment).map_err(OpenError::io(what()))?;
            self.report.damage.extend(found.damage.iter().cloned());
            head = if last.recorded_at.is_none() && at > 0 { head } else { last };
            let next = segments.get(at + 1);
            let step = copied::step(&found, &head.root, next.map(|next| &next.header));
            if step == Step::Differs && found.damage.is_empty() {
                self.report.damage.push(survey.misfit(at));
            }
            ends = Some((at, found.last, next.map(|next| (next.name.as_str(), &next.header))));
            let on = step == Step::On && self.report.damage.is_empty();
            scanned = Some(found);
            if !on {
                break;
            }
        }
        let (at, up_to, next) = ends.unwrap_or((0, 0, None));
        let copied = copied::ended(&hint, up_to, scanned.as_ref(), next);
        self.report.damage.extend(copied::nothing(&copied));
        if self.report.damage.is_empty() {
            survey.segments.truncate(at + 1);
            if let (false, Some(scanned), Some(last)) =
                (read_only, &scanned, survey.segments.last())
            {
                self.cut_copy(last, scanned, &survey.segments).map_err(OpenError::io(format!(
                    "cut the copy in {}",
                    self.places.dir.display()
                )))?;
            }
            self.report.copy = Some(copied);
        } else {
            self.vouch(&head);
        }
        Ok((head, scanned))
    }

    /// Makes the copy a log of its own: what was copied half is cut off, what stands behind it
    /// goes, and all that stays is durable.
    fn cut_copy(&self, last: &Segment, scanned: &Scanned, kept: &[Arc<Segment>]) -> io::Result<()> {
        let names = self.storage.list(&self.places.log())?;
        // The last first: after a crash in between, the copy still ends at the same place.
        for name in names.into_iter().rev().filter(|name| *name > last.name) {
            self.storage.remove(&self.places.log().join(name))?;
        }
        if last.header.seal.is_none() {
            cut(last, scanned.offset)?;
        }
        // Whoever copied them may not have synced them.
        for segment in kept {
            self.storage.open(&self.places.log().join(&segment.name), Access::Write)?.sync_all()?;
        }
        self.storage.sync_dir(&self.places.log())
    }

    fn empty(&mut self) -> Head {
        if let Some(mark) = self.mark.filter(|mark| mark.position > 0) {
            let lost = Some((1, mark.position));
            self.report.damage.push(super::survey::file_damage(
                "",
                lost,
                "there is no segment, but these positions were acknowledged",
            ));
        }
        self.tree = Some(Frontier::default());
        head_at(0, tree::empty_root(), None)
    }

    /// Trusts the kept offsets of a sealed segment if its end joins the next one; else reads all of
    /// it.
    fn sealed(&mut self, survey: &Survey, at: usize, segment: &Segment) -> io::Result<()> {
        let SegmentEnd::Sealed(end) = survey.end(at) else { return Ok(()) };
        if let Some(kept) = Offsets::load(self.storage, self.places, segment.header.base(), end)
            .filter(|_| self.trusting)
        {
            segment.note(|offsets| *offsets = kept);
            if survey.joins(at)? == Join::Fits {
                return Ok(());
            }
        }
        segment.note(|offsets| *offsets = Offsets::default());
        let scanned = Scan::new(segment, SegmentEnd::Sealed(end), None).run(&mut |seen| {
            if let Seen::Batch { offset, frame } = seen {
                note(segment, offset, frame);
            }
            Ok(())
        })?;
        if scanned.damage.is_empty() && survey.joins(at)? != Join::Fits {
            self.report.damage.push(survey.misfit(at));
        }
        if scanned.damage.is_empty() && !self.live {
            // Only a cache: a failure costs another scan.
            let _ = segment.offsets(|offsets| {
                offsets.save(self.storage, self.places, segment.header.base(), end)
            });
        }
        self.report.damage.extend(scanned.damage);
        Ok(())
    }

    /// Reads all of the last segment.
    fn last(&mut self, segment: &Segment) -> io::Result<(Head, Scanned)> {
        let header = &segment.header;
        let mut check = TreeCheck::new(header.before.clone());
        self.marked =
            TailEnd { tree: header.before.clone(), footer: header.previous, ..TailEnd::default() };
        let mut head = head_at(header.base(), header.before.root(), None);
        let cap = if self.live { self.mark.map_or(0, |mark| mark.position) } else { u64::MAX };
        let (mark, live, marked) = (self.mark, self.live, &mut self.marked);
        let mut vouched = Vouched::Unknown;
        segment.note(|offsets| *offsets = Offsets::default());
        let scanned =
            Scan::new(segment, SegmentEnd::Open, mark).of_a_copy(self.copied).run(&mut |seen| {
                let Seen::Batch { offset, frame } = seen else {
                    check.gap();
                    return Ok(());
                };
                let last = frame.head.last();
                if last <= cap {
                    note(segment, offset, frame);
                    let recorded_at =
                        frame.records().last().and_then(|record| Some(record.ok()?.recorded_at()));
                    head = head_at(last, frame.footer.root, recorded_at);
                }
                if let Some(mark) = mark.filter(|mark| mark.position == last) {
                    vouched = if mark.footer == frame.footer_hash {
                        Vouched::Confirmed
                    } else {
                        Vouched::Denied
                    };
                    if vouched == Vouched::Denied {
                        return Err(NOT_THE_ONE.to_owned());
                    }
                }
                let checked = check.batch(frame, None, &mut |_, _| ());
                if let Some(tree) = check.frontier().filter(|_| live && last == cap) {
                    *marked = TailEnd {
                        offset: frame.head.next(offset),
                        tree: tree.clone(),
                        footer: frame.footer_hash,
                    };
                }
                checked
            })?;
        self.vouched = vouched;
        self.tree = check.frontier().cloned();
        Ok((head, scanned))
    }

    /// Removes a torn tail, gives the segment its length back, and writes the last batch once more
    /// if it may not be durable: a process that was killed leaves it in memory only, and a kernel
    /// whose sync failed may take it for written. Syncs what it leaves.
    fn mend(&self, segment: &Segment, scanned: &Scanned) -> io::Result<()> {
        if scanned.torn.is_some() || segment.file.len()? < segment.header.file_bytes {
            cut(segment, scanned.offset)?;
        }
        let known = self.mark.is_some_and(|mark| mark.position >= scanned.last);
        // A compressed segment was durable before it got its name.
        if segment.header.seal.is_none() {
            if let (false, Some((offset, length))) = (known, scanned.last_frame) {
                let mut bytes = vec![0; length];
                seam::read_exact(&*segment.file, &mut bytes, offset)?;
                seam::write_all(&*segment.file, &bytes, offset)?;
            }
            // The length it has may be one that an earlier process failed to sync.
            segment.file.sync_all()?;
        }
        self.storage.sync_dir(&self.places.log())
    }
}

const NOT_THE_ONE: &str = "another batch was acknowledged at this position; if this log was put here on purpose, remove the directories index and tiles";

/// Notes where a batch stands.
pub(super) fn note(segment: &Segment, offset: u64, frame: &Frame<'_>) {
    let records = frame.records().flatten().map(|record| (record.len(), record.recorded_at()));
    segment.note(|offsets| offsets.note(frame.head.first, offset, records));
}

/// Why a log with damage answers nothing, if it does not: nobody asked to salvage, or nothing can
/// be vouched for.
fn refusal(report: &OpenReport, doubt: Option<&Doubt>, salvage: bool) -> Option<ReadError> {
    let vouched_to = report.vouched_to?;
    let doubted = doubt.and_then(|doubt| doubt.about(1));
    let damage = doubted.or_else(|| report.first_damage().cloned())?;
    (!salvage || vouched_to == Position::ZERO).then_some(ReadError::Damaged { vouched_to, damage })
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
