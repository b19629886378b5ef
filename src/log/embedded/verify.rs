//! Verification: recompute everything the log says of itself, and everything derived from it.
//! Invariant: reads only, never repairs, and goes on behind damage, so that one report names all of
//! it.

use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

use sijil_schemas::{
    PersonalPart,
    record::{Position, StoredRecord},
};

use super::{
    OpenError,
    copied::{self, Copied, Step},
    derived_check::{DerivedCheck, Sums},
    frame::{Frame, RecordBytes},
    mark::{self, Mark},
    modes,
    open::{parts_left_out, refuse_unfinished},
    report::{Progress, Report},
    scan::{End, Scan, Scanned, Seen, TreeCheck},
    segment::{Places, Segment},
    survey::Survey,
};
use crate::{
    balance::Balance,
    port::{Damage, Erases, ReadError, Touched, erases_by_schema, touched_by_schema},
    seam::{Access, Storage},
    tree::{self, Hash},
};

/// Checks one record beyond its bytes, its personal commitments for one; says what is wrong.
pub type RecordCheck = Arc<dyn Fn(&StoredRecord) -> Result<(), ReadError> + Send + Sync>;

/// The check of every real log: this release knows the record's type, and those of its personal
/// parts that are there are what it was recorded with.
fn of_a_ledger(record: &StoredRecord) -> Result<(), ReadError> {
    let position = record.position();
    if let Some(what) = record.newer() {
        return Err(ReadError::Newer { position, what });
    }
    if record.personal.is_empty() {
        Ok(())
    } else {
        record.check_commitments().map_err(|error| ReadError::of_record(record, error))
    }
}

/// How to verify.
#[derive(Clone)]
pub struct VerifyOptions {
    /// How many threads share the segments.
    pub threads: usize,
    /// What to check of each record beyond its bytes; the personal commitments by default.
    pub record: Option<RecordCheck>,
    /// Names the entities a record touches, to compare with the index.
    pub touched: Touched,
    /// Names the personal parts that a record erases: others must be there. With no check of
    /// records, none are looked for.
    pub erases: Erases,
}

impl Default for VerifyOptions {
    fn default() -> VerifyOptions {
        VerifyOptions {
            threads: 2,
            record: Some(Arc::new(of_a_ledger)),
            touched: touched_by_schema(),
            erases: erases_by_schema(),
        }
    }
}

struct Verify<'a> {
    survey: &'a Survey,
    options: &'a VerifyOptions,
    mark: Option<Mark>,
    /// The mark of the directory that this one is a copy of.
    original: Option<Mark>,
    derived: &'a DerivedCheck,
    left_out: Position,
    progress: &'a (dyn Fn(Progress) + Sync),
    records: AtomicU64,
    bytes: AtomicU64,
    batches: AtomicU64,
    next: AtomicUsize,
    /// The first record found that only a newer release can judge.
    newer: Mutex<Option<ReadError>>,
    /// Personal parts that are not there, and those that were erased.
    parts: Mutex<Balance>,
}

/// A batch of fewer records is not worth sharing.
const SHARED_RECORDS: usize = 512;

/// What looking at the records of a batch gave.
struct Looked {
    leaves: Vec<Hash>,
    sums: Sums,
    /// The first thing that is wrong.
    wrong: Option<String>,
    /// Personal parts that are not there.
    missing: Vec<PersonalPart>,
    /// Personal parts that records of it erase.
    erased: Vec<PersonalPart>,
}

struct Checked {
    at: usize,
    scanned: Scanned,
    root: Hash,
    sums: Sums,
}

/// Verifies the log in `dir`: every checksum, length, position, hash, root, footer, header and
/// padding, the personal commitments, and the derived files against the log. Calls `progress` about
/// once per megabyte. Works beside a process that writes, and on a copy.
pub fn verify(
    storage: &Arc<dyn Storage>,
    dir: &Path,
    options: &VerifyOptions,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Report, OpenError> {
    let places = Places { dir: dir.to_owned() };
    refuse_unfinished(&**storage, &places)?;
    if storage.list(&places.log()).is_err() {
        return Err(OpenError::Missing { dir: dir.to_owned() });
    }
    let live = storage
        .is_locked(&places.lock())
        .map_err(OpenError::io(format!("read {}", dir.display())))?;
    modes::check_keys(&**storage, &places)?;
    let here = storage
        .identity(&places.lock())
        .map_err(OpenError::io(format!("read {}", dir.display())))?;
    let (original, mark) = match mark::read(&**storage, &places) {
        Some(mark) if mark.is_of_another(here) => (Some(mark), None),
        mark => (None, mark),
    };
    let live = live && original.is_none();
    let derived =
        DerivedCheck::open(storage, &places).map_err(OpenError::io("read the derived files"))?;
    let survey = Survey::of(&**storage, &places, Access::Read)?;
    let survey = if original.is_some() { survey.without_the_unmade() } else { survey };
    let run = Verify {
        survey: &survey,
        options,
        mark,
        original,
        derived: &derived,
        left_out: parts_left_out(&**storage, &places)?,
        progress,
        records: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        batches: AtomicU64::new(0),
        next: AtomicUsize::new(0),
        newer: Mutex::new(None),
        parts: Mutex::default(),
    };
    let checked = run.all().map_err(OpenError::io("read the log"))?;
    if let Some(newer) = run.newer.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(newer.into());
    }
    run.report(checked, live).map_err(OpenError::io("read the derived files"))
}

impl Verify<'_> {
    /// Checks all segments, each by itself, on as many threads as asked for.
    fn all(&self) -> io::Result<Vec<Checked>> {
        let done = Mutex::new(Vec::new());
        let worker = || {
            loop {
                let at = self.next.fetch_add(1, Relaxed);
                let Some(segment) = self.survey.segments.get(at) else { return };
                let checked = self.segment(at, segment);
                done.lock().unwrap_or_else(PoisonError::into_inner).push(checked);
            }
        };
        thread::scope(|scope| {
            for _ in 1..self.options.threads.clamp(1, self.survey.segments.len().max(1)) {
                scope.spawn(worker);
            }
            worker();
        });
        let mut checked = done
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .into_iter()
            .collect::<io::Result<Vec<_>>>()?;
        checked.sort_by_key(|one| one.at);
        Ok(checked)
    }

    fn segment(&self, at: usize, segment: &Segment) -> io::Result<Checked> {
        // Where a segment of a copy ends is seen when all have been looked at.
        let end = if self.original.is_some() { End::Open } else { self.survey.end(at) };
        let mark = self.mark.filter(|_| matches!(end, End::Open));
        let mut check = TreeCheck::new(segment.header.before.clone());
        let mut root = segment.header.before.root();
        let mut sums = self.derived.sums();
        let mut unreported = 0;
        let mut made = Vec::new();
        let mut scanned =
            Scan::new(segment, end, mark).of_a_copy(self.original.is_some()).run(&mut |seen| {
                let Seen::Batch { offset, frame } = seen else {
                    check.gap();
                    return Ok(());
                };
                let filled = segment.filled(offset, frame).map_err(|error| error.to_string())?;
                let filled = filled.as_ref().map(|records| frame.with_records(records));
                let frame = filled.as_ref().unwrap_or(frame);
                root = frame.footer.root;
                made.clear();
                let mut looked = self.look(frame);
                self.balance(segment, offset, frame, &mut looked);
                let tree = check.batch(frame, Some(&looked.leaves), &mut |height, hash| {
                    if height.is_multiple_of(8) {
                        made.push((height, *hash));
                    }
                });
                self.count(frame, &mut unreported);
                tree?;
                self.same_as_marked(frame)?;
                sums.hashes(self.derived, frame.head.first, &made);
                sums.add(looked.sums);
                looked.wrong.map_or(Ok(()), Err)
            })?;
        if let End::Sealed(last) = end
            && scanned.damage.is_empty()
            && !self.joined(at, &scanned, root, last)
        {
            scanned.damage.push(self.survey.misfit(at));
        }
        Ok(Checked { at, scanned, root, sums })
    }

    /// Notes the personal parts that a batch misses, and those that it erases.
    fn balance(&self, segment: &Segment, offset: u64, frame: &Frame<'_>, looked: &mut Looked) {
        if looked.missing.is_empty() && looked.erased.is_empty() {
            return;
        }
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.erase(std::mem::take(&mut looked.erased));
        let (first, last) = (Position::new(frame.head.first), Position::new(frame.head.last()));
        parts.miss(std::mem::take(&mut looked.missing), &|what| Damage {
            file: format!("log/{}", segment.name),
            offset,
            bytes: frame.head.bytes() as u64,
            positions: Some((first, last)),
            what,
        });
    }

    fn joined(&self, at: usize, scanned: &Scanned, root: Hash, last: u64) -> bool {
        let next = self.survey.segments.get(at + 1).map(|next| &next.header);
        next.is_none_or(|next| {
            next.previous == scanned.footer && next.before.root() == root && scanned.last == last
        })
    }

    /// Whether the batch at the position of the mark is the one that was acknowledged.
    fn same_as_marked(&self, frame: &Frame<'_>) -> Result<(), String> {
        match self.mark {
            Some(mark)
                if mark.position == frame.head.last() && mark.footer != frame.footer_hash =>
            {
                Err("another batch was acknowledged at this position".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Hashes the records of a batch and checks them beyond their bytes; a long batch is shared
    /// among the threads that have no segment of their own.
    fn look(&self, frame: &Frame<'_>) -> Looked {
        let records: Vec<RecordBytes<'_>> = frame.records().map_while(Result::ok).collect();
        let threads = if records.len() < SHARED_RECORDS {
            1
        } else {
            (self.options.threads / self.survey.segments.len().max(1)).max(1)
        };
        let (mine, others) = records.split_at(records.len().div_ceil(threads).min(records.len()));
        thread::scope(|scope| {
            let others: Vec<_> = (frame.head.first + mine.len() as u64..)
                .step_by(mine.len().max(1))
                .zip(others.chunks(mine.len().max(1)))
                .map(|(first, chunk)| scope.spawn(move || self.records(first, chunk)))
                .collect();
            let mut looked = self.records(frame.head.first, mine);
            for other in others {
                let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                looked.leaves.extend(other.leaves);
                looked.sums.add(other.sums);
                looked.wrong = looked.wrong.or(other.wrong);
                looked.missing.extend(other.missing);
                looked.erased.extend(other.erased);
            }
            looked
        })
    }

    /// Hashes some records, checks them, and notes what the indexes should say of them.
    fn records(&self, first: u64, records: &[RecordBytes<'_>]) -> Looked {
        let mut looked = Looked {
            leaves: Vec::with_capacity(records.len()),
            sums: self.derived.sums(),
            wrong: None,
            missing: Vec::new(),
            erased: Vec::new(),
        };
        for (position, record) in (first..).zip(records) {
            looked.leaves.push(tree::leaf(record.public));
            if looked.wrong.is_none() {
                looked.wrong = self.record(position, record, &mut looked).err();
            }
        }
        looked
    }

    fn record(
        &self,
        position: u64,
        record: &RecordBytes<'_>,
        looked: &mut Looked,
    ) -> Result<(), String> {
        let sums = &mut looked.sums;
        sums.id(self.derived, record.event_id(), position);
        let stored = record.stored();
        if self.derived.has_entities(position) {
            let touched =
                (self.options.touched)(&stored).map_err(|error| self.wrong(position, error))?;
            sums.entities(self.derived, &touched, position);
        }
        let Some(check) = &self.options.record else { return Ok(()) };
        // Where parts were left out on purpose, the public bytes are all there is to check.
        if stored.position() > self.left_out {
            let part = |part| PersonalPart { position: stored.position(), part };
            looked.missing.extend(stored.missing_numbers().into_iter().map(part));
        }
        check(&stored)
            .and_then(|()| (self.options.erases)(&stored))
            .map(|parts| looked.erased.extend(parts))
            .map_err(|error| self.wrong(position, error))
    }

    /// What is wrong with a record, for the report; that it is a newer release's ends the
    /// verification instead.
    fn wrong(&self, position: u64, error: ReadError) -> String {
        match error {
            ReadError::Undecodable { why, .. } => format!("position {position}: {why}"),
            ReadError::Newer { .. } => {
                let text = error.to_string();
                self.newer.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                text
            }
            ReadError::Damaged { .. } | ReadError::Io { .. } => {
                format!("position {position}: {error}")
            }
        }
    }

    fn count(&self, frame: &Frame<'_>, unreported: &mut usize) {
        self.batches.fetch_add(1, Relaxed);
        let records = self.records.fetch_add(u64::from(frame.head.count), Relaxed)
            + u64::from(frame.head.count);
        let bytes =
            self.bytes.fetch_add(frame.head.bytes() as u64, Relaxed) + frame.head.bytes() as u64;
        *unreported += frame.head.bytes();
        if *unreported >= 1 << 20 {
            *unreported = 0;
            (self.progress)(Progress { records, bytes, segments: self.survey.segments.len() });
        }
    }

    /// Where a copy ends: what stands behind is let go.
    fn copied(&self, checked: &mut Vec<Checked>) -> Option<Copied> {
        let original = self.original.as_ref()?;
        let mut end = None;
        for (at, one) in checked.iter_mut().enumerate() {
            let next = self.survey.segments.get(at + 1);
            let step = copied::step(&one.scanned, &one.root, next.map(|next| &next.header));
            if step == Step::Differs && one.scanned.damage.is_empty() {
                one.scanned.damage.push(self.survey.misfit(at));
            }
            end = Some((at, next));
            if step != Step::On {
                break;
            }
        }
        if let Some((at, _)) = end {
            checked.truncate(at + 1);
        }
        let last = checked.last().map(|one| &one.scanned);
        let next = end.and_then(|(_, next)| next).map(|next| (next.name.as_str(), &next.header));
        Some(copied::ended(original, last.map_or(0, |last| last.last), last, next))
    }

    /// Whether the log is another ledger's than its mark.
    fn foreign(&self) -> Option<Damage> {
        let index = self.mark?.bound?.ledger;
        let log = self.survey.first_id().filter(|log| *log != index && !index.is_nil())?;
        let what = format!(
            "foreign: the log is that of ledger {log}, the index beside it that of ledger {index}"
        );
        Some(super::survey::file_damage("", Some((1, self.mark?.position)), &what))
    }

    fn report(&self, mut checked: Vec<Checked>, live: bool) -> io::Result<Report> {
        let copy = self.copied(&mut checked);
        let mut damage = self.survey.damage.clone();
        damage.extend(self.foreign());
        damage.extend(copy.as_ref().and_then(copied::nothing));
        let (mut position, mut root, mut torn) = (0, tree::empty_root(), None);
        let mut sums = self.derived.sums();
        for one in checked {
            damage.extend(one.scanned.damage);
            torn = one.scanned.torn;
            (position, root) = (one.scanned.last, one.root);
            sums.add(one.sums);
        }
        if self.survey.segments.is_empty()
            && damage.is_empty()
            && let Some(mark) = self.mark.filter(|mark| mark.position > 0)
        {
            damage.push(super::survey::file_damage(
                "",
                Some((1, mark.position)),
                "there is no segment, but these positions were acknowledged",
            ));
        }
        let (missing, erased) =
            std::mem::take(&mut *self.parts.lock().unwrap_or_else(PoisonError::into_inner))
                .settle();
        damage.extend(missing);
        if copy.is_some() {
            torn = None;
        }
        if live {
            let known = self.mark.map_or(0, |mark| mark.position);
            torn = None;
            damage.retain(|damage| damage.positions.is_none_or(|(first, _)| first.get() <= known));
        }
        // What is derived can only be compared with a log that is whole.
        let derived = if damage.is_empty() && copy.is_none() {
            self.derived.compare(&sums, position, root, live)?
        } else {
            Vec::new()
        };
        let (records, bytes, batches) =
            (self.records.load(Relaxed), self.bytes.load(Relaxed), self.batches.load(Relaxed));
        (self.progress)(Progress { records, bytes, segments: self.survey.segments.len() });
        let segments = self.survey.segments.len();
        let (sealed_records, sealed_disk_bytes) = match self.survey.segments.split_last() {
            Some((last, sealed)) => {
                (last.header.base(), sealed.iter().map(|segment| segment.disk_bytes()).sum())
            }
            None => (0, 0),
        };
        Ok(Report {
            position: Position::new(position),
            root,
            records,
            bytes,
            batches,
            segments,
            sealed_records,
            sealed_disk_bytes,
            damage,
            derived,
            torn,
            live,
            copy,
            erased,
        })
    }
}
