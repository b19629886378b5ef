//! Copies of a data directory, taken in any order while it was written. Invariant: each opens,
//! serves all that was acknowledged when the copying began, says that it is a copy, and takes no
//! record until somebody adopts it; only a rename on the same file system goes on without a word.

use std::{
    fs,
    os::unix::fs::{FileExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use sijil_log::{
    Reader, Writer,
    embedded::{self, OpenError, OpenReport, Opened, Options},
    machine::Disk,
    seam::Storage,
};
use sijil_schemas::record::Position;

use crate::{
    records::{batch, entry, fill, holds, record_saying, touched},
    reopening::verify_options,
};

/// Copies of one run; more by `SIJIL_COPIES`.
const COPIES: u64 = 25;

fn options() -> Options {
    Options { segment_bytes: 32 << 10, compress: true, touched: touched(), ..Options::default() }
}

fn open(dir: &Path, options: &Options) -> Opened {
    embedded::open(Arc::new(Disk), dir, options).unwrap()
}

fn verify(dir: &Path) -> embedded::Report {
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    embedded::verify(&storage, dir, &verify_options(1), &|_| ()).unwrap()
}

/// A seed's own numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (x ^ (x >> 27)) % limit.max(1)
    }
    fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, usize::try_from(self.below(at as u64 + 1)).unwrap());
        }
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    // One that is gone meanwhile is left out, as a file is.
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Copies a file in pieces, from the front or in any order; one that is gone meanwhile is left out,
/// as `cp` does.
fn copy_file(from: &Path, to: &Path, dice: &mut Dice, in_order: bool) {
    let Ok(source) = fs::File::open(from) else { return };
    let length = source.metadata().unwrap().len();
    let piece = 4096 << dice.below(4);
    let mut pieces: Vec<u64> = (0..length.div_ceil(piece)).collect();
    if !in_order {
        dice.shuffle(&mut pieces);
    }
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    let target = fs::File::create(to).unwrap();
    target.set_len(length).unwrap();
    let mut bytes = vec![0; usize::try_from(piece).unwrap()];
    for at in pieces.into_iter().map(|number| number * piece) {
        let read = source.read_at(&mut bytes, at).unwrap();
        target.write_all_at(&bytes[..read], at).unwrap();
    }
}

/// Copies a directory, its files in one of several orders; lets something happen after each.
fn copy_under(from: &Path, to: &Path, seed: u64, meanwhile: &dyn Fn()) {
    let mut dice = Dice(seed);
    let mut all = files(from);
    let mark_first = |path: &PathBuf| !path.ends_with("durable");
    match seed % 6 {
        0 => (),
        1 => all.reverse(),
        2 => all.sort_by_key(mark_first),
        3 => all.sort_by_key(|path| !mark_first(path)),
        4 => all.sort_by_key(|path| !path.to_string_lossy().contains("/log/")),
        _ => dice.shuffle(&mut all),
    }
    for file in all {
        // What stands aside is no part of the log, and comes and goes.
        let name = file.strip_prefix(from).unwrap();
        if !name.starts_with("tmp") {
            copy_file(&file, &to.join(name), &mut dice, seed % 4 != 3);
            meanwhile();
        }
    }
}

/// The same of a directory at rest.
fn copy(from: &Path, to: &Path, seed: u64) {
    copy_under(from, to, seed, &|| ());
}

/// What a copy must be, that was begun when so much was acknowledged; says up to where it goes.
fn judge(dir: &Path, acknowledged: u64, seed: u64) -> u64 {
    let report = verify(dir);
    assert!(report.is_sound(), "copy {seed}: {report:?}");
    let up_to =
        report.copy.unwrap_or_else(|| panic!("copy {seed} is taken for the original")).up_to.get();
    assert!(
        up_to >= acknowledged,
        "copy {seed}: {acknowledged} were acknowledged before, the copy ends at {up_to}"
    );
    for options in [Options { read_only: true, ..options() }, options()] {
        let Opened { writer, reader, report } = open(dir, &options);
        assert!(
            writer.is_none() && report.damage.is_empty() && report.torn.is_none(),
            "copy {seed}: {report:?}"
        );
        let copy = report.copy.unwrap();
        assert!(
            copy.to_string().contains("is a copy") && copy.to_string().contains("sijil adopt"),
            "{copy}"
        );
        assert_eq!(copy.up_to.get(), up_to);
        holds(&reader, up_to);
    }
    let adopted = open(dir, &Options { adopt: true, ..options() });
    assert_eq!(adopted.report.copy.map(|copy| copy.up_to.get()), Some(up_to));
    let mut writer = adopted.writer.unwrap();
    fill(&mut writer, up_to, up_to + 9);
    holds(&adopted.reader, up_to + 9);
    drop((writer, adopted.reader));
    let report = verify(dir);
    assert!(report.is_sound() && report.copy.is_none(), "copy {seed}, adopted: {report:?}");
    let again = open(dir, &options());
    assert_eq!(again.report, OpenReport::default(), "copy {seed}, adopted, goes on without a word");
    holds(&again.reader, up_to + 9);
    up_to
}

#[test]
fn a_copy_taken_under_load_in_any_order_is_a_backup() {
    let copies =
        std::env::var("SIJIL_COPIES").ok().and_then(|text| text.parse().ok()).unwrap_or(COPIES);
    let dir = tempfile::tempdir().unwrap();
    let (original, acknowledged, stop) =
        (dir.path().join("original"), AtomicU64::new(0), AtomicBool::new(false));
    let mut writer = open(&original, &options()).writer.unwrap();
    fill(&mut writer, 0, 200);
    acknowledged.store(200, Relaxed);
    let (mut behind, mut cut) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            // Whatever fails here, nobody waits for another record.
            let _stops = Stops(&stop);
            let mut at = 200;
            while !stop.load(Relaxed) {
                let count = at % 5 + 1;
                writer.append(Position::new(at), &batch(at + 1..=at + count)).unwrap();
                at += count;
                acknowledged.store(at, Relaxed);
                // The log stays small, so that there are many copies of it.
                thread::sleep(Duration::from_millis(1));
            }
        });
        // Whatever fails below, the writer ends.
        let _stops = Stops(&stop);
        for seed in 0..copies {
            let (before, to) =
                (acknowledged.load(Relaxed), dir.path().join(format!("copy-{seed}")));
            // Between any two files of a copy something is recorded.
            let one_more = || {
                let now = acknowledged.load(Relaxed);
                while acknowledged.load(Relaxed) == now && !stop.load(Relaxed) {
                    thread::sleep(Duration::from_millis(1));
                }
            };
            copy_under(&original, &to, seed, &one_more);
            behind += u64::from(acknowledged.load(Relaxed) > before);
            let report = open(&to, &Options { read_only: true, ..options() }).report;
            let copied = report.copy.as_ref().unwrap_or_else(|| panic!("copy {seed}: {report:?}"));
            let left_out = &copied.left_out;
            cut += u64::from(left_out.is_some());
            judge(&to, before, seed);
            fs::remove_dir_all(&to).unwrap();
        }
    });
    println!(
        "row 17: {copies} copies, {behind} of them taken while records came, {cut} with a place \
         copied half; each opened, none was called damaged"
    );
    assert_eq!(behind, copies, "records came during every copy");
}

struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn only_a_rename_goes_on_without_a_word() {
    let dir = tempfile::tempdir().unwrap();
    let [first, renamed, copied, unlocked] =
        ["first", "renamed", "copied", "unlocked"].map(|name| dir.path().join(name));
    fill(&mut open(&first, &options()).writer.unwrap(), 0, 40);
    fs::rename(&first, &renamed).unwrap();
    let opened = open(&renamed, &options());
    assert_eq!(opened.report, OpenReport::default());
    fill(&mut opened.writer.unwrap(), 40, 50);
    // Closed, and then copied: a copy too.
    copy(&renamed, &copied, 0);
    let opened = open(&copied, &options());
    let copy_of = opened.report.copy.unwrap();
    assert!(opened.writer.is_none() && copy_of.closed && copy_of.left_out.is_none(), "{copy_of:?}");
    assert_eq!((copy_of.up_to, copy_of.hint), (Position::new(50), Position::new(50)));
    assert_eq!(judge(&copied, 50, 0), 50);
    // The lock file is what a directory is known by.
    copy(&renamed, &unlocked, 0);
    fs::remove_file(unlocked.join("lock")).unwrap();
    assert_eq!(judge(&unlocked, 50, 0), 50);
    let opened = open(&renamed, &options());
    assert_eq!(opened.report, OpenReport::default(), "the original is none of this");
}

#[test]
fn rot_in_a_copy_is_damage_and_no_end_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let [original, copied] = ["original", "copied"].map(|name| dir.path().join(name));
    fill(&mut open(&original, &options()).writer.unwrap(), 0, 900);
    let segments: Vec<PathBuf> = files(&original.join("log"));
    assert!(segments.len() >= 3);
    for (number, segment) in segments.iter().enumerate() {
        let length = fs::read(segment).unwrap().iter().rposition(|byte| *byte != 0).unwrap();
        for at in [100, 4_100, 4_200, 5_000, length - 200, length - 3] {
            drop(fs::remove_dir_all(&copied));
            copy(&original, &copied, 0);
            let path = copied.join("log").join(segment.file_name().unwrap());
            let mut bytes = fs::read(&path).unwrap();
            bytes[at] ^= 0x21;
            fs::write(&path, bytes).unwrap();
            let report = verify(&copied);
            assert!(!report.damage.is_empty(), "byte {at} of segment {number}: {report:?}");
            let opened = open(&copied, &options());
            // A table of blocks stands twice: damage to one takes nothing away, and is told all the
            // same.
            assert!(
                opened.writer.is_none() && !opened.report.damage.is_empty(),
                "byte {at} of segment {number}: {:?}",
                opened.report
            );
            assert!(opened.reader.head().is_err());
            assert!(
                open(&copied, &Options { adopt: true, ..options() }).writer.is_none(),
                "what is damaged is not adopted"
            );
        }
    }
    // Nothing of the log came along.
    drop(fs::remove_dir_all(&copied));
    copy(&original, &copied, 0);
    files(&copied.join("log")).iter().for_each(|segment| fs::remove_file(segment).unwrap());
    assert!(open(&copied, &options()).reader.head().is_err());
    assert!(!verify(&copied).is_sound());
}

#[test]
fn a_log_of_another_ledger_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| dir.path().join(name));
    fill(&mut open(&one, &options()).writer.unwrap(), 0, 40);
    let mut writer = open(&other, &options()).writer.unwrap();
    for number in 1..=60 {
        // The same numbers under other event ids.
        let mut record = record_saying(number, "another ledger");
        record.public[28..44].copy_from_slice(uuid::Uuid::from_u128(u128::from(number)).as_bytes());
        writer
            .append(Position::new(number - 1), &sijil_log::Batch { entries: vec![entry(record)] })
            .unwrap();
    }
    drop(writer);
    files(&one.join("log")).iter().for_each(|segment| fs::remove_file(segment).unwrap());
    files(&other.join("log")).iter().for_each(|segment| {
        assert!(fs::copy(segment, one.join("log").join(segment.file_name().unwrap())).unwrap() > 0);
    });
    for options in [
        options(),
        Options { read_only: true, ..options() },
        Options { salvage: true, ..options() },
    ] {
        let Err(refused) = embedded::open(Arc::new(Disk), &one, &options) else {
            panic!("it opens")
        };
        assert!(
            matches!(refused, OpenError::Foreign { .. })
                && refused.to_string().starts_with("foreign: "),
            "{refused}"
        );
    }
    let report = verify(&one);
    assert!(report.damage.iter().any(|damage| damage.what.starts_with("foreign: ")), "{report:?}");
}

#[test]
fn segments_grow_from_small_ones() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 8 << 20, ..Options { compress: false, ..options() } };
    let mut writer = open(dir.path(), &options).writer.unwrap();
    let long = "x".repeat(60_000);
    for number in 1..=400 {
        writer
            .append(
                Position::new(number - 1),
                &sijil_log::Batch { entries: vec![entry(record_saying(number, &long))] },
            )
            .unwrap();
    }
    let sizes = || {
        files(&dir.path().join("log"))
            .iter()
            .map(|path| fs::metadata(path).unwrap().len() >> 20)
            .collect::<Vec<_>>()
    };
    assert_eq!(sizes(), [1, 2, 4, 8, 8, 8]);
    drop(writer);
    // Opened again, they go on from where they are.
    let mut writer = open(dir.path(), &options).writer.unwrap();
    for number in 401..=540 {
        writer
            .append(
                Position::new(number - 1),
                &sijil_log::Batch { entries: vec![entry(record_saying(number, &long))] },
            )
            .unwrap();
    }
    assert_eq!(sizes(), [1, 2, 4, 8, 8, 8, 8]);
}

#[test]
fn what_is_made_is_its_owners_alone_and_what_was_open_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("books").join("acme");
    fill(&mut open(&data, &options()).writer.unwrap(), 0, 300);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let closed = || {
        files(&data).iter().for_each(|file| assert_eq!(mode(file), 0o600, "{}", file.display()));
        for dir in ["", "log", "index", "tiles", "tmp"] {
            assert_eq!(mode(&data.join(dir)), 0o700, "{dir}");
        }
    };
    closed();
    assert!(files(&data).len() > 5);
    // As releases before made them.
    let open_up = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    files(&data).iter().for_each(|file| open_up(file, 0o644));
    ["", "log", "index", "tiles", "tmp"].iter().for_each(|dir| open_up(&data.join(dir), 0o755));
    drop(open(&data, &Options { read_only: true, ..options() }));
    assert_eq!(mode(&data), 0o755, "who only reads changes nothing");
    assert_eq!(open(&data, &options()).report, OpenReport::default());
    closed();
    // A key that others could read is not used any more, by anybody.
    fs::create_dir(data.join("keys")).unwrap();
    fs::write(data.join("keys/local"), "secret").unwrap();
    open_up(&data.join("keys/local"), 0o640);
    for options in [options(), Options { read_only: true, ..options() }] {
        assert!(matches!(
            embedded::open(Arc::new(Disk), &data, &options),
            Err(OpenError::Modes { .. })
        ));
    }
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    assert!(matches!(
        embedded::verify(&storage, &data, &verify_options(1), &|_| ()),
        Err(OpenError::Modes { .. })
    ));
    open_up(&data.join("keys/local"), 0o600);
    assert!(open(&data, &options()).writer.is_some());
}
