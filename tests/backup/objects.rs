//! The objects of a backup, each of them lost or changed in turn, and a ledger restored to each of
//! its batches.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use sijil_backup::{At, Backup, BackupError, FIRST_INCARNATION, Keys, check};
use sijil_log::{Reader, embedded, machine::Disk, seam::Storage};
use sijil_schemas::{Position, StoredRecord, time::Timestamp};

use super::{
    back_up, digests, ends, erases, faults, files, forgotten::erasure, reader, records, restore,
    seal, target, wanted,
};
use crate::{
    server::{Directory, invoice, opening},
    states::{books, copy, rows},
};

/// What a look at every byte of a log finds.
pub(super) fn verified(data: &Path) -> embedded::Report {
    let storage: std::sync::Arc<dyn Storage> = std::sync::Arc::new(Disk);
    let options = embedded::VerifyOptions::default();
    embedded::verify(&storage, data, &options, &|_| ()).expect("it can be looked at")
}

#[test]
fn a_ledger_is_restored_to_each_of_its_batches() {
    let directory = Directory::new();
    let [data, to, from] = ["data", "restored", "backup"].map(|name| directory.path().join(name));
    books(&data, 64 << 10, &rows(6));
    back_up(&data, &from);
    let (all, ends) = (records(&data), ends(&data));
    assert!(ends.len() == 7 && ends.last() == all.last().map(|one| one.record.position()).as_ref());
    for end in &ends {
        let last = usize::try_from(end.get()).expect("a small number");
        let of_time = Timestamp::admitted(all[last - 1].record.recorded_at_micros());
        // A position within the batch behind it, if there is one, gives the same.
        let within = Position::new(end.get() + u64::from(end != &ends[6]));
        for (number, at) in
            [At::Position(*end), At::Position(within), At::Time(of_time)].into_iter().enumerate()
        {
            drop(fs::remove_dir_all(&to));
            let restored = restore(&from, &to, at);
            assert_eq!((restored.position, records(&to).as_slice()), (*end, &all[..last]));
            let root = reader(&data).root_at(*end).expect("a root").expect("of it");
            assert_eq!(reader(&to).head().expect("a head").root, root);
            assert_eq!(restored.cut_from.is_some(), end != &ends[6]);
            let report = verified(&to);
            assert!(report.is_sound() && report.copy.is_none(), "{report:?}");
            if number == 0 {
                assert_eq!(digests(&to, None), digests(&data, Some(*end)), "at {end}");
            }
        }
    }
    let beyond = Position::new(all.len() as u64 + 1);
    let late = Timestamp::admitted(all[all.len() - 1].record.recorded_at_micros() + 1);
    let early = Timestamp::admitted(all[0].record.recorded_at_micros() - 1);
    for at in [At::Position(beyond), At::Time(late), At::Time(early), At::Position(Position::ZERO)]
    {
        let to = directory.path().join("refused");
        let refused =
            sijil_backup::restore(&target(&from), &wanted(at), &to, &erases(), &|_, _| ());
        assert!(matches!(refused, Err(BackupError::NotCovered { .. })), "{at:?}: {refused:?}");
        assert!(!to.exists(), "nothing is made of what is refused");
    }
}

#[test]
fn a_second_run_writes_what_is_new() {
    let directory = Directory::new();
    let [data, from, to] = ["data", "backup", "restored"].map(|name| directory.path().join(name));
    books(&data, 64 << 10, &[opening()]);
    back_up(&data, &from);
    let mut objects = Vec::new();
    for round in 0..40 {
        books(&data, 64 << 10, &[vec![invoice(&format!("N{round}"), "2025-01-31", "1.00")]]);
        back_up(&data, &from);
        objects.push(files(&from).len());
    }
    println!("objects after each of 40 runs that wrote a record: {objects:?}");
    assert!(objects.iter().all(|count| *count <= 32), "{objects:?}");
    let before = files(&from);
    let reader = reader(&data);
    let mut again =
        Backup::begin(target(&from), &reader, FIRST_INCARNATION.into(), erases(), seal())
            .expect("begins");
    let written = again.step(&reader).expect("nothing to do");
    assert_eq!((written.objects, written.before), (0, written.position));
    // One at a time.
    let second = Backup::begin(target(&from), &reader, FIRST_INCARNATION.into(), erases(), seal());
    assert!(matches!(second, Err(BackupError::Held { .. })));
    drop(again);
    assert_eq!(files(&from), before);
    restore(&from, &to, At::End);
    assert_eq!(records(&to), records(&data));
    let checked = check(&target(&from), (None, &Keys::default()), &erases(), &|_| ())
        .expect("it can be read");
    assert!(checked[0].faults.is_empty() && checked[0].unfinished.is_empty(), "{checked:?}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning to its end")]
fn whatever_is_not_as_it_was_written_is_named_and_not_restored() {
    let directory = Directory::new();
    let [data, other, first, from, foreign, to] =
        ["data", "other", "first", "backup", "foreign", "restored"]
            .map(|name| directory.path().join(name));
    books(&data, 64 << 10, &rows(2));
    back_up(&data, &from);
    copy(&from, &first);
    // Runs whose objects are not put together with those before: each is smaller by far. The first
    // one has an object of before written anew.
    books(&data, 64 << 10, &[vec![erasure("client:C1", &[3])]]);
    back_up(&data, &from);
    books(&data, 64 << 10, &[vec![invoice("S1", "2025-01-31", "1.00")]]);
    back_up(&data, &from);
    books(&other, 64 << 10, &rows(2));
    back_up(&other, &foreign);
    for n in 0..2 {
        books(&other, 64 << 10, &[vec![invoice(&format!("S{n}"), "2025-01-31", "1.00")]]);
        back_up(&other, &foreign);
    }
    assert_eq!(faults(&from), Vec::<String>::new());
    let objects = files(&from);
    let is = |path: &&PathBuf, kind: &str| path.to_string_lossy().contains(kind);
    let is_anew = |path: &PathBuf| is(&path, "/personal/") && path.extension().is_some();
    let of_kind = |kind: &str| objects.iter().filter(|path| is(path, kind)).count();
    assert!(of_kind("/public/") >= 2 && of_kind("/erasures/") >= 1);
    assert!(of_kind("/personal/") >= 1 && objects.iter().any(is_anew), "{objects:?}");
    let (mut tried, needed) = (0, needed(&objects));
    let mut expected = records(&data);
    expected[2].record = expected[2].record.without_parts(&[0]).expect("whole").0;
    for object in objects.iter().filter(|path| !path.ends_with("writer.lock")) {
        let name = object.strip_prefix(&from).expect("below it").to_owned();
        let good = fs::read(object).expect("bytes");
        // The same name in the other ledger's backup, whatever it is called there.
        let kind_and_range: Vec<_> = name.components().rev().take(2).collect();
        let same_there = files(&foreign)
            .into_iter()
            .find(|path| path.components().rev().take(2).collect::<Vec<_>>() == kind_and_range);
        let mut bad: Vec<(&str, Option<Vec<u8>>)> = vec![("gone", None)];
        for at in [0, good.len() / 3, good.len() / 2, good.len() - 2] {
            let mut flipped = good.clone();
            flipped[at] ^= 0x40;
            bad.push(("flipped", Some(flipped)));
        }
        bad.push(("cut", Some(good[..good.len() - 1].to_vec())));
        bad.extend(same_there.map(|path| ("foreign", Some(fs::read(path).expect("bytes")))));
        // What stood there two runs ago, under the same name.
        let old = fs::read(first.join(&name)).ok().filter(|old| *old != good);
        bad.extend(old.map(|old| ("old", Some(old))));
        for (how, bytes) in bad {
            match bytes {
                Some(bytes) if bytes == good => continue,
                Some(bytes) => fs::write(object, bytes).expect("written"),
                None => fs::remove_file(object).expect("removed"),
            }
            let found = faults(&from);
            assert!(!found.is_empty(), "{} {how} is not found", name.display());
            let is_needed = needed.contains(object);
            drop(fs::remove_dir_all(&to));
            let wanted = wanted(At::End);
            let restored =
                sijil_backup::restore(&target(&from), &wanted, &to, &erases(), &|_, _| ());
            match restored {
                Ok(restored) => {
                    // The pointer may be gone or flipped where a manifest says the same.
                    assert!(!is_needed || name.ends_with("newest"), "{} {how}", name.display());
                    assert_eq!(records(&to), expected, "{restored:?}");
                }
                Err(error) => {
                    let text = error.to_string();
                    let is_list = name.to_string_lossy().contains("/erasures/");
                    let stops = is_list && how == "gone" && text.contains("expected a list");
                    assert!(stops || text.contains("not what was written"), "{how}: {text}");
                    assert!(!to.exists() || to.join("restoring").exists(), "{how}");
                }
            }
            fs::write(object, &good).expect("put back");
            tried += 1;
        }
    }
    assert_eq!(faults(&from), Vec::<String>::new());
    fs::write(objects[0].with_file_name("strange"), "?").expect("written");
    assert_eq!(faults(&from).len(), 1, "what no backup writes");
    println!("a backup with an object lost or changed: {tried} cases, each named");
}

/// The newest manifest and what it names: the one before, and what that alone names, is not read by
/// a restore.
fn needed(objects: &[PathBuf]) -> BTreeSet<PathBuf> {
    let position = |path: &Path| -> Option<u64> {
        path.file_name()?.to_str()?.strip_suffix(".json")?.parse().ok()
    };
    let newest = objects.iter().max_by_key(|path| position(path)).expect("a manifest");
    let manifest: Value = serde_json::from_slice(&fs::read(newest).expect("bytes")).expect("JSON");
    let shelf = newest.ancestors().nth(2).expect("the shelf");
    let mut needed = BTreeSet::from([newest.clone()]);
    for kind in ["public", "personal"] {
        let named = manifest[kind].as_array().expect("objects");
        needed.extend(named.iter().map(|one| {
            let anew = one.get("rewritten").map(|at| format!(".{at}")).unwrap_or_default();
            shelf.join(kind).join(format!("{}-{}{anew}", one["first"], one["last"]))
        }));
    }
    needed.insert(shelf.join("erasures").join(manifest["erasures"]["position"].to_string()));
    needed
}

#[test]
fn erased_parts_do_not_come_back() {
    let directory = Directory::new();
    let [data, from, to] = ["data", "backup", "restored"].map(|name| directory.path().join(name));
    books(&data, 64 << 10, &rows(1));
    back_up(&data, &from);
    let all = records(&data);
    let with_parts: Vec<Position> = all
        .iter()
        .filter(|one| !one.record.personal.is_empty())
        .map(|one| one.record.position())
        .collect();
    assert!(with_parts.len() > 1);
    let list: Value = serde_json::json!({"format": 1, "parts": [[with_parts[0], 0]]});
    let shelf = files(&from)
        .into_iter()
        .find(|path| path.ends_with("newest"))
        .expect("it is there")
        .with_file_name("erasures");
    fs::create_dir_all(&shelf).expect("made");
    fs::write(shelf.join("99"), list.to_string()).expect("written");
    let restored = restore(&from, &to, At::End);
    assert_eq!(restored.erased, Some(1));
    for (before, after) in all.iter().zip(records(&to)) {
        let is_erased = before.record.position() == with_parts[0];
        let personal = if is_erased { Box::default() } else { before.record.personal.clone() };
        let expected = StoredRecord { personal, ..before.record.clone() };
        assert_eq!(after.record, expected);
    }
    assert_eq!(reader(&to).head().expect("a head").root, reader(&data).head().expect("one").root);
    // Nothing in the log says why it is not there; the list did.
    let report = verified(&to);
    assert!(report.is_sound(), "{report:?}");
}
