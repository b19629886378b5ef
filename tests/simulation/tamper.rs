//! Rot and tampering with every file of a data directory: log, indexes, tree, snapshots. Invariant:
//! what is done to the log is found and located, what is done to a derived file changes no answer,
//! and no answer is ever wrong.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use sijil_log::ReadLimit;
use sijil_schemas::Position;

use crate::{
    crew::share,
    dice::Dice,
    disk::SimulatedDisk,
    truth::{Shown, Truth},
    words::{client, note, opening, together, void},
    workload::Wrong,
    world::{DIR, House, Seams},
};

const EVERYTHING: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };
const SECTOR: usize = 512;

/// What is done to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Some bits of a byte change.
    Flip,
    /// The file ends earlier.
    Cut,
    /// Bytes are appended, its own beginning among them.
    Grow,
    /// Two of its sectors change places.
    Swap,
    /// A sector stands twice, over another one.
    Double,
    /// A sector is zeros.
    Zero,
    /// The file is as it was earlier.
    Old,
    /// The file is that of another ledger.
    Foreign,
    /// The file changes places with another one.
    Exchange,
    /// The file is gone.
    Gone,
}

const DEEDS: [Deed; 10] = [
    Deed::Flip,
    Deed::Cut,
    Deed::Grow,
    Deed::Swap,
    Deed::Double,
    Deed::Zero,
    Deed::Old,
    Deed::Foreign,
    Deed::Exchange,
    Deed::Gone,
];

/// What was done and what became of it, by kind of file and deed: how often, and how often it was
/// found.
pub type Counts = BTreeMap<(&'static str, Deed), (u64, u64)>;

/// What was tried and found.
#[derive(Debug, Clone, Default)]
pub struct Tampered {
    /// Bytes of the log's segments.
    pub log_bytes: usize,
    /// By kind of file and deed.
    pub counts: Counts,
    /// What was not found, or shown and not true.
    pub wrong: Vec<Wrong>,
}

impl Tampered {
    /// How many disks were looked at.
    #[must_use]
    pub fn disks(&self) -> u64 {
        self.counts.values().map(|(done, _)| done).sum()
    }
    fn add(&mut self, other: Tampered) {
        self.log_bytes += other.log_bytes;
        for (what, (done, found)) in other.counts {
            let sum = self.counts.entry(what).or_default();
            *sum = (sum.0 + done, sum.1 + found);
        }
        self.wrong.extend(other.wrong);
    }
}

impl fmt::Display for Tampered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} disks tampered with, segments of {} bytes; done and found:",
            self.disks(),
            self.log_bytes
        )?;
        let mut kind = "";
        for ((of, deed), (done, found)) in &self.counts {
            if *of != kind {
                write!(f, "\n    {of}:")?;
                kind = of;
            }
            write!(f, " {deed:?} {done}/{found}")?;
        }
        Ok(())
    }
}

/// A ledger at rest, with what it was before.
struct Books {
    house: House,
    truth: Truth,
    early: SimulatedDisk,
}

fn write(seed: u64, requests: u64) -> Result<Books, Wrong> {
    let house = House::new(seed);
    let mut dice = Dice::new(seed).fork(0x7A);
    let mut early = None;
    for life in 0..3 {
        let mut running = house.open().map_err(|why| format!("{why:?}"))?;
        for number in life * requests / 3..(life + 1) * requests / 3 {
            let drafts = match number {
                0 => vec![opening()],
                _ if dice.one_in(3) => {
                    vec![note(dice.below(4), *dice.one(&[10, 300, 1_200]), number % 26)]
                }
                _ if number > 30 && dice.one_in(9) => {
                    let last = running.reader.head().map_err(|error| error.to_string())?.position;
                    let found =
                        running.reader.read(last, EVERYTHING).map_err(|error| error.to_string())?;
                    found.first().map(|record| void(record.event_id())).into_iter().collect()
                }
                _ => (0..1 + dice.below(3))
                    .map(|at| client(if number < 5 { number - 1 } else { number * 4 + at }))
                    .collect(),
            };
            // What the rules refuse is no part of the story.
            drop(running.record(together(&format!("key {number}"), drafts)));
        }
        running.stop();
        early = early.or_else(|| Some(house.disk.copy()));
    }
    let running = house.open().map_err(|why| format!("{why:?}"))?;
    let log =
        running.reader.read(Position::new(1), EVERYTHING).map_err(|error| error.to_string())?;
    running.stop();
    Ok(Books { truth: Truth::of(log)?, early: early.unwrap_or_default(), house })
}

/// The kind of a file: what is told apart in counts.
fn kind(path: &Path) -> &'static str {
    let name = path.to_string_lossy();
    match () {
        () if name.ends_with(".seg") => "segment",
        () if name.ends_with("durable") => "mark",
        () if name.ends_with(".run") => "run",
        () if name.ends_with(".offsets") => "offsets",
        () if name.contains("/tiles/") => "tile",
        () if name.ends_with(".snapshot") => "snapshot",
        () => "other",
    }
}

fn end_of(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

impl Books {
    fn files(&self) -> Vec<PathBuf> {
        self.house
            .disk
            .files(Path::new(DIR))
            .into_iter()
            .filter(|path| !path.ends_with("lock"))
            .collect()
    }

    /// Does something to a file; the way, for people, and `None` if it changed nothing.
    fn tamper(
        &self,
        path: &Path,
        deed: Deed,
        foreign: &Books,
        dice: &mut Dice,
    ) -> Option<(SimulatedDisk, String)> {
        let image = self.house.disk.copy();
        let before = image.bytes(path);
        // What lies behind the last byte that counts are zeros.
        let end = end_of(&before).max(1);
        let sector = |dice: &mut Dice| dice.index(end.div_ceil(SECTOR)) * SECTOR;
        let mut way = format!("{deed:?}");
        let mut after = before.clone();
        match deed {
            Deed::Flip => {
                let (at, bits) = (dice.index(end), 1 + u8::try_from(dice.below(255)).unwrap_or(0));
                after[at] ^= bits;
                way = format!("Flip {bits:#x} at {at}");
            }
            Deed::Cut => {
                let at = dice.index(end);
                after.truncate(at);
                way = format!("Cut at {at}");
            }
            Deed::Grow => {
                let more = after[..end.min(1 + dice.index(SECTOR))].to_vec();
                after.extend(more);
            }
            Deed::Swap | Deed::Double => {
                let (a, b) = (sector(dice), sector(dice));
                let here = |at: usize| before[at..before.len().min(at + SECTOR)].to_vec();
                let put = |after: &mut Vec<u8>, at: usize, bytes: &[u8]| {
                    let length = bytes.len().min(after.len() - at);
                    after[at..at + length].copy_from_slice(&bytes[..length]);
                };
                put(&mut after, b, &here(a));
                if deed == Deed::Swap {
                    put(&mut after, a, &here(b));
                }
                way = format!("{deed:?} of sectors at {a} and {b}");
            }
            Deed::Zero => {
                let at = sector(dice);
                let to = after.len().min(at + SECTOR);
                after[at..to].fill(0);
                way = format!("Zero at {at}");
            }
            Deed::Old | Deed::Foreign => {
                let from = if deed == Deed::Old { &self.early } else { &foreign.house.disk };
                after = from
                    .files(Path::new(DIR))
                    .contains(&path.to_owned())
                    .then(|| from.bytes(path))?;
            }
            Deed::Exchange => {
                let others: Vec<PathBuf> = self
                    .files()
                    .into_iter()
                    .filter(|other| kind(other) == kind(path) && other != path)
                    .collect();
                let other = others.get(dice.index(others.len().max(1)))?;
                after = image.bytes(other);
                image.change(other, |bytes| bytes.clone_from(&before));
                way = format!("Exchange with {}", other.display());
            }
            Deed::Gone => {
                image.delete(path);
                return Some((image, way));
            }
        }
        if after == before {
            return None;
        }
        image.change(path, |bytes| *bytes = after);
        Some((image, way))
    }

    /// Looks at a disk that was tampered with; says whether that was found.
    fn judge(&self, path: &Path, deed: Deed, image: SimulatedDisk) -> Result<bool, Wrong> {
        let house = self.house.on(image);
        let shown = self.truth.look(&house)?;
        // As it was before it was compressed, a segment says the same.
        if kind(path) == "segment"
            && deed == Deed::Old
            && !shown.is_found()
            && shown.head == self.truth.last()
            && shown.unanswered == 0
        {
            return Ok(false);
        }
        if kind(path) == "segment" {
            return located(path, deed, &shown).map(|()| true);
        }
        // Without its mark, or with an older one, a whole log is whole; another ledger's mark
        // speaks of a log that is not here.
        let remembered = kind(path) == "mark" && deed == Deed::Foreign;
        if shown.is_found() && !remembered {
            return Err(format!(
                "a derived file is taken for the log: {:?} {:?}",
                shown.damage, shown.refused
            ));
        }
        let found = shown.is_found() || !shown.derived.is_empty();
        self.heals(&house)?;
        Ok(found)
    }
    /// Without its derived files a log is whole, and everything is answered.
    fn heals(&self, house: &House) -> Result<(), Wrong> {
        for path in self.files() {
            if kind(&path) != "segment" && house.disk.files(Path::new(DIR)).contains(&path) {
                house.disk.delete(&path);
            }
        }
        let shown = self.truth.look(house)?;
        let healed = !shown.is_found()
            && shown.derived.is_empty()
            && shown.unanswered == 0
            && shown.writable
            && shown.head == self.truth.last();
        if healed { Ok(()) } else { Err(format!("not whole without derived files: {shown:?}")) }
    }
}

fn located(path: &Path, deed: Deed, shown: &Shown) -> Result<(), Wrong> {
    if !shown.is_found() {
        return Err("not found".to_owned());
    }
    // A refusal by name, of a format or a length, is about the file it names.
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let named = shown
        .damage
        .iter()
        .any(|damage| damage.file.ends_with(&name) || damage.what.contains(&name))
        || shown.refused.as_ref().is_some_and(|why| why.contains(&name));
    // A segment that is gone, or stands in for another, is told by the positions that are missing.
    let missing = matches!(deed, Deed::Gone | Deed::Old | Deed::Foreign | Deed::Exchange)
        && shown.damage.iter().any(|damage| damage.positions.is_some());
    if named || missing {
        Ok(())
    } else {
        Err(format!("found, but not in {name}: {:?} {:?}", shown.damage, shown.refused))
    }
}

/// Tampers with every file of one ledger: every deed so many times.
fn one(seed: u64, times: u64) -> Result<Tampered, Wrong> {
    let (books, foreign) = (write(seed, 120)?, write(seed + 10_000, 120)?);
    let files = books.files();
    let mut all = Tampered {
        log_bytes: files
            .iter()
            .filter(|path| kind(path) == "segment")
            .map(|path| books.house.disk.bytes(path).len())
            .sum(),
        ..Tampered::default()
    };
    let whole = books.truth.look(&books.house.on(books.house.disk.copy()))?;
    if whole.is_found() || !whole.derived.is_empty() || whole.unanswered > 0 {
        return Err(format!("before anything was done: {whole:?}"));
    }
    let done = share(files.len(), |at| {
        let (path, mut dice) = (&files[at], Dice::new(seed).fork(at as u64));
        let mut found = Tampered::default();
        for deed in DEEDS {
            let times =
                if matches!(deed, Deed::Gone | Deed::Old | Deed::Foreign) { 1 } else { times };
            for _ in 0..times {
                let Some((image, way)) = books.tamper(path, deed, &foreign, &mut dice) else {
                    continue;
                };
                let count = found.counts.entry((kind(path), deed)).or_default();
                count.0 += 1;
                match books.judge(path, deed, image) {
                    Ok(seen) => count.1 += u64::from(seen),
                    Err(wrong) => {
                        found.wrong.push(format!("SEED={seed} {} {way}: {wrong}", path.display()));
                    }
                }
            }
        }
        found
    });
    done.into_iter().for_each(|found| all.add(found));
    Ok(all)
}

/// What is wrong with what a house behind these seams shows of one ledger whose files were tampered
/// with.
#[must_use]
pub fn hunt(seed: u64, seams: Seams) -> Vec<Wrong> {
    let books = match write(seed, 40) {
        Ok(books) => Books { house: House { seams, ..books.house }, ..books },
        Err(wrong) => return vec![wrong],
    };
    let (mut dice, mut wrong) = (Dice::new(seed).fork(0x7A3), Vec::new());
    for path in books.files().iter().filter(|path| kind(path) == "segment") {
        let Some((image, way)) = books.tamper(path, Deed::Flip, &books, &mut dice) else {
            continue;
        };
        wrong.extend(
            books
                .judge(path, Deed::Flip, image)
                .err()
                .map(|why| format!("{} {way}: {why}", path.display())),
        );
    }
    wrong
}

/// Tampers with the ledgers of many seeds; the segments of every other one are compressed.
#[must_use]
pub fn many(first: u64, seeds: u64, times: u64) -> Tampered {
    let mut all = Tampered::default();
    for seed in first..first + seeds {
        match one(seed, times) {
            Ok(found) => all.add(found),
            Err(wrong) => all.wrong.push(format!("SEED={seed} {wrong}")),
        }
    }
    all
}
