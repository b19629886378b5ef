//! Checking a shared log. Invariant: every record is read from the log itself; nothing is repaired,
//! neither there nor in the copy.

use std::{io, path::Path, sync::Arc};

use sijil_schemas::{
    PersonalPart,
    record::{Position, StoredRecord},
};

use super::{MIRROR, SharedLog};
use crate::{
    balance::Balance,
    embedded::{self, EmbeddedReader, OpenError, Report, VerifyOptions},
    port::{Damage, Erases, ReadError, ReadLimit, Reader},
    seam::Storage,
    tree::{self, Frontier, Hash},
};

struct Check<'a> {
    place: String,
    copy: Option<EmbeddedReader>,
    report: Report,
    tree: Frontier,
    /// Whether records are a ledger's, and so must be of types this release knows.
    of_a_ledger: bool,
    erases: &'a Erases,
    balance: Balance,
    progress: &'a (dyn Fn(u64) + Sync),
}

/// Reads all of a shared log: positions, bytes and root, and compares with the copy in `dir`, if
/// there is one, which is verified too.
pub fn verify(
    storage: &Arc<dyn Storage>,
    dir: &Path,
    shared: &dyn SharedLog,
    options: &VerifyOptions,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Report, OpenError> {
    let place = dir.join(MIRROR);
    let copied = match embedded::verify(storage, &place, options, &|_| ()) {
        Err(OpenError::Missing { .. }) => None,
        other => Some(other?),
    };
    let copy = match &copied {
        Some(report) if report.damage.is_empty() => {
            let options = embedded::Options { read_only: true, ..embedded::Options::default() };
            Some(embedded::open(storage.clone(), &place, &options)?.reader)
        }
        _ => None,
    };
    let of_a_ledger = options.record.is_some();
    let mut check = Check {
        place: shared.place(),
        copy,
        report: Report::default(),
        tree: Frontier::default(),
        of_a_ledger,
        erases: &options.erases,
        balance: Balance::default(),
        progress,
    };
    let copied_to = copied.as_ref().map_or(Position::ZERO, |copied| copied.position);
    check.run(shared).map_err(OpenError::io(format!("read the log at {}", shared.place())))?;
    check.beyond(copied_to);
    let (missing, erased) = check.balance.settle();
    let mut report = check.report;
    report.damage.extend(missing);
    report.erased = erased;
    // What is wrong with the copy is wrong with something derived.
    for mut damage in
        copied.iter().flat_map(|copied| copied.damage.iter().chain(&copied.derived)).cloned()
    {
        damage.file = format!("{MIRROR}/{}", damage.file);
        report.derived.push(damage);
    }
    report.live = copied.is_some_and(|copied| copied.live);
    Ok(report)
}

impl Check<'_> {
    fn run(&mut self, shared: &dyn SharedLog) -> io::Result<()> {
        let end = shared.end()?;
        while self.report.position < end.position {
            let page = shared.page(self.report.position)?;
            if page.is_empty() {
                let first = self.report.position.next();
                self.damage(
                    first,
                    end.position,
                    0,
                    format!("the log says it ends at {}, but these are not there", end.position),
                );
                return Ok(());
            }
            if !self.page(&page, end.position)? {
                return Ok(());
            }
            (self.progress)(self.report.records);
        }
        self.report.root = self.tree.root();
        if end.root.is_some_and(|root| root != self.report.root) {
            let what = format!(
                "the log says its root is {}, its records have {}",
                hex(&end.root.unwrap_or_default()),
                hex(&self.report.root)
            );
            self.damage(Position::new(1), end.position, self.report.bytes, what);
        }
        Ok(())
    }

    /// Takes a page; false if what comes after cannot be judged.
    fn page(&mut self, page: &[StoredRecord], last: Position) -> io::Result<bool> {
        let first = self.report.position.next();
        let limit = ReadLimit { records: page.len(), bytes: usize::MAX };
        let copied = self
            .copy
            .as_ref()
            .map_or(Ok(Vec::new()), |copy| copy.read(first, limit))
            .map_err(io::Error::other)?;
        for (at, record) in page.iter().enumerate() {
            let expected = self.report.position.next();
            if expected > last {
                break;
            }
            let bytes = (record.public.len() + record.personal.len()) as u64;
            if record.position() != expected {
                self.damage(
                    expected,
                    expected,
                    bytes,
                    format!("record {} stands here", record.position()),
                );
                return Ok(false);
            }
            if let Some(what) = record.newer().filter(|_| self.of_a_ledger) {
                return Err(io::Error::other(ReadError::Newer { position: expected, what }));
            }
            if let Err(corrupt) = record.decode() {
                self.damage(expected, expected, bytes, corrupt.what);
            } else if copied.get(at).is_some_and(|ours| ours.public != record.public) {
                self.damage(
                    expected,
                    expected,
                    bytes,
                    "the copy of this node has other bytes".to_owned(),
                );
            }
            self.parts(record)?;
            self.tree.push(tree::leaf(&record.public));
            self.report.position = expected;
            self.report.records += 1;
            self.report.bytes += bytes;
        }
        Ok(true)
    }

    /// Notes the personal parts that a record misses, and those that it erases.
    fn parts(&mut self, record: &StoredRecord) -> io::Result<()> {
        if !self.of_a_ledger {
            return Ok(());
        }
        let position = record.position();
        self.balance.erase((self.erases)(record).map_err(io::Error::other)?);
        let missing = record.missing_numbers().into_iter();
        let (file, bytes) = (self.place.clone(), record.public.len() as u64);
        self.balance.miss(missing.map(|part| PersonalPart { position, part }), &|what| Damage {
            file: file.clone(),
            offset: 0,
            bytes,
            positions: Some((position, position)),
            what,
        });
        Ok(())
    }

    /// A copy that goes on where the log ends shows that the log has lost records.
    fn beyond(&mut self, copied_to: Position) {
        let position = self.report.position;
        if copied_to > position {
            let what = format!(
                "the log ends at {position}, the copy of this node at {copied_to}: the log has \
                 lost these, was restored, or is another"
            );
            self.damage(position.next(), copied_to, 0, what);
        }
    }

    fn damage(&mut self, first: Position, last: Position, bytes: u64, what: String) {
        self.report.damage.push(Damage {
            file: self.place.clone(),
            offset: 0,
            bytes,
            positions: Some((first, last)),
            what,
        });
    }
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
