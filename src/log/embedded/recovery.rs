//! Finding the end of a log and mending what a crash may leave there. Invariant: only the remains
//! of a write that was never acknowledged are removed; what else is amiss is told as damage.

use std::{io, sync::Arc};

use sijil_schemas::record::Position;

use super::{
    OpenError, OpenReport,
    copied::{self, Step},
    doubt::{self, Doubt, Link, Vouched},
    frame::Frame,
    mark::Mark,
    offsets::Offsets,
    scan::{End as SegmentEnd, Scan, Scanned, Seen, TreeCheck},
    segment::{Places, Segment},
    store::head_at,
    survey::{Join, Survey, file_damage},
    tail::End as TailEnd,
    writer::cut,
};
use crate::{
    port::Head,
    seam::{self, Access, Storage},
    tree::{self, Frontier},
};

/// A log that is being opened, and what is known of its end so far.
pub(super) struct Recovery<'a> {
    pub(super) storage: &'a dyn Storage,
    pub(super) places: &'a Places,
    pub(super) mark: Option<Mark>,
    /// Another process is writing: what lies beyond the mark is its business.
    live: bool,
    pub(super) report: OpenReport,
    pub(super) tree: Option<Frontier>,
    /// Where the mark says the log ends, while another process writes.
    pub(super) marked: TailEnd,
    /// What the mark says of the last segment.
    vouched: Vouched,
    pub(super) doubt: Option<Doubt>,
    /// Whether sealed segments whose kept offsets join are taken as they are.
    pub(super) trusting: bool,
    /// Whether the directory is a copy of another one.
    copied: bool,
}

impl<'a> Recovery<'a> {
    pub(super) fn new(
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
    pub(super) fn run(
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
    pub(super) fn copy(
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
            self.report.damage.push(file_damage(
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

const NOT_THE_ONE: &str = "another batch was acknowledged at this position; if this log was put \
                           here on purpose, remove the directories index and tiles";

/// Notes where a batch stands.
pub(super) fn note(segment: &Segment, offset: u64, frame: &Frame<'_>) {
    let records = frame.records().flatten().map(|record| (record.len(), record.recorded_at()));
    segment.note(|offsets| offsets.note(frame.head.first, offset, records));
}
