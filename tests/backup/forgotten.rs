//! What was erased is in no backup, and nothing brings it back.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use serde_json::{Value, json};
use sijil_backup::{
    At, Backup, BackupError, Cloning, DirectoryTarget, FIRST_INCARNATION, Hold, Keys, Lists,
    Target, Wanted, check, clone_log, repair,
};
use sijil_log::Reader;
use sijil_schemas::{PersonalPart, Position};

use super::{
    back_up, erases, faults, files, objects::verified, reader, records, restore, seal, target,
};
use crate::{
    damage::ends as ends_with,
    server::{Directory, draft, invoice, opening},
    states::{SMALL, books, copy, own, segments},
};

const CANARY: &str = "Canary Quillon";
/// The record that says it.
const NAMES: Position = Position::new(3);

fn named() -> Vec<Value> {
    let mut all = opening();
    all[2]["data"]["name"] = json!(CANARY);
    all
}

fn invoices(round: usize, count: usize) -> Vec<Value> {
    let one = |n| invoice(&format!("I{round}-{n}"), "2025-01-31", "10.00");
    (0..count).map(one).collect()
}

/// Parts 0 of these records are erased, now: nothing about access is of an earlier time.
pub(super) fn erasure(subject: &str, positions: &[u64]) -> Value {
    let parts: Vec<(u64, u8)> = positions.iter().map(|position| (*position, 0)).collect();
    json!({
        "type": "personal_data.erased", "occurred_at": jiff::Timestamp::now().to_string(),
        "actor": "tester",
        "data": {
            "erasure": "E1", "subject": subject, "basis": "consent_withdrawn", "parts": parts,
        },
    })
}

fn forget() -> Value {
    erasure("client:C1", &[NAMES.get()])
}

/// The files below a directory that hold the canary.
fn holding(dir: &Path) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        let bytes = fs::read(path).expect("bytes");
        bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
    };
    files(dir).into_iter().filter(holds).collect()
}

/// Whether the record of a log that said the name still says it.
fn says(data: &Path) -> bool {
    says_at(data, NAMES)
}

fn says_at(data: &Path, position: Position) -> bool {
    let all = records(data);
    let of = all.iter().find(|one| one.record.position() == position).expect("the record");
    assert!(!of.record.without_parts(&[]).expect("whole").0.public.is_empty());
    let parts = of.record.fields_of_parts().expect("whole");
    parts.first().is_some_and(Option::is_some)
}

#[test]
fn an_erased_value_is_in_no_object_after_the_next_step() {
    // What stands before the erasure, and what is recorded with it: whether the object that holds
    // the value is written anew, put together with what is new, or not there yet.
    for (before, with) in [(60, 0), (1, 8), (0, 0)] {
        let directory = Directory::new();
        let [data, from, to] = ["data", "backup", "new"].map(|name| directory.path().join(name));
        books(&data, 1 << 20, &[named(), invoices(0, before + 1)]);
        if before > 0 {
            back_up(&data, &from);
            assert!(!holding(&from).is_empty(), "nothing to forget");
        }
        let mut more = invoices(1, with);
        more.insert(0, forget());
        books(&data, 1 << 20, &[more]);
        let erased = back_up(&data, &from);
        assert_eq!(holding(&from), Vec::<PathBuf>::new(), "{before} before, {with} with");
        assert_eq!(faults(&from), Vec::<String>::new());
        let restored = restore(&from, &to, At::End);
        assert_eq!((restored.position, restored.erased), (erased, Some(0)));
        assert!(!says(&to));
        let root = reader_root(&data);
        assert_eq!(restored.root, root);
        // And so it stays.
        books(&data, 1 << 20, &[invoices(2, 1)]);
        back_up(&data, &from);
        books(&data, 1 << 20, &[invoices(3, 90)]);
        back_up(&data, &from);
        assert_eq!(holding(&from), Vec::<PathBuf>::new());
        assert_eq!(faults(&from), Vec::<String>::new());
    }
}

fn reader_root(data: &Path) -> String {
    let root = reader(data).head().expect("a head").root;
    root.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lists(from: &Path) -> Vec<PathBuf> {
    let is_list = |path: &PathBuf| path.parent().is_some_and(|dir| dir.ends_with("erasures"));
    files(from).into_iter().filter(is_list).collect()
}

fn restored(from: &Path, to: &Path, erasures: Lists<'_>) -> Result<Option<u64>, BackupError> {
    drop(fs::remove_dir_all(to));
    let wanted = Wanted { of: None, at: At::End, erasures, keys: Keys::default() };
    sijil_backup::restore(&target(from), &wanted, to, &erases(), &|_, _| ()).map(|done| done.erased)
}

#[test]
fn an_older_copy_of_a_backup_is_restored_without_what_was_erased_since() {
    let directory = Directory::new();
    let [data, from, old, to] =
        ["data", "backup", "old", "restored"].map(|name| directory.path().join(name));
    books(&data, 1 << 20, &[named(), invoices(0, 60)]);
    let before = back_up(&data, &from);
    copy(&from, &old);
    books(&data, 1 << 20, &[vec![forget()]]);
    back_up(&data, &from);
    // The copy has a list, which does not know of it yet.
    assert_eq!(restored(&old, &to, Lists::Found).expect("restored"), Some(0));
    assert!(says(&to));
    let list = lists(&from).pop().expect("the newest list");
    let name = list.strip_prefix(&from).expect("below it");
    let bytes = fs::read(&list).expect("bytes");
    let given = Lists::Given("list", &bytes);
    assert_eq!(restored(&old, &to, given).expect("restored"), Some(1));
    assert!(!says(&to));
    fs::copy(&list, old.join(name)).expect("copied");
    assert_eq!(restored(&old, &to, Lists::Found).expect("restored"), Some(1));
    assert!(!says(&to));
    assert!(verified(&to).is_sound(), "what is left out on purpose is no damage");
    // The ledger goes on from there, and its backup has forgotten it too.
    books(&to, 1 << 20, &[invoices(7, 1)]);
    assert_eq!(back_up(&to, &old), before.next());
    assert_eq!(holding(&old), Vec::<PathBuf>::new());
    assert_eq!(faults(&old), Vec::<String>::new());
    // No list is no list of nothing.
    lists(&from).iter().for_each(|list| fs::remove_file(list).expect("removed"));
    let refused = restored(&from, &to, Lists::Found);
    assert!(matches!(refused, Err(BackupError::NoList { .. })), "{refused:?}");
    assert!(!to.exists());
    assert!(!faults(&from).is_empty());
    assert_eq!(restored(&from, &to, Lists::OrNone).expect("restored"), None);
    let words =
        format!("restore --from {} --to {}", from.display(), directory.path().join("w").display());
    ends_with("no list", &data, &words, 3);
    ends_with("told", &data, &format!("{words} --erasures none"), 0);
}

#[test]
fn a_list_takes_nothing_out_of_another_history() {
    let directory = Directory::new();
    let [data, from, cut, again] =
        ["data", "backup", "cut", "again"].map(|name| directory.path().join(name));
    let [fifth, sixth] = [5, 6].map(Position::new);
    let mut registered = opening().remove(2);
    registered["data"]["client"] = json!("C2");
    let renamed =
        |name| draft("client.renamed", "2025-01-02", json!({"client": "C2", "name": name}));
    let rows =
        [opening(), vec![registered], vec![renamed(CANARY)], vec![erasure("client:C2", &[5, 6])]];
    books(&data, 1 << 20, &rows);
    back_up(&data, &from);
    restore(&from, &cut, At::Position(fifth));
    assert!(!says_at(&cut, fifth), "it is the same record");
    assert!(verified(&cut).is_sound());
    // Another record at the position of one that was erased.
    books(&cut, 1 << 20, &[vec![renamed("Somebody Else")]]);
    let incarnation = sijil_backup::incarnation_of(&cut).expect("its own");
    let log = reader(&cut);
    let mut backup =
        Backup::begin(target(&from), &log, incarnation, erases(), seal()).expect("it begins");
    let name = backup.name();
    backup.step(&log).expect("it is written");
    drop(backup);
    assert_eq!(faults(&from), Vec::<String>::new());
    let wanted =
        Wanted { of: Some(name), at: At::End, erasures: Lists::Found, keys: Keys::default() };
    sijil_backup::restore(&target(&from), &wanted, &again, &erases(), &|_, _| ())
        .expect("restored");
    assert_eq!(records(&again), records(&cut));
    assert!(says_at(&again, sixth) && !says_at(&again, fifth));
}

/// A target that is gone from one of its writes on.
struct Dying {
    target: DirectoryTarget,
    writes: AtomicU64,
    upto: u64,
}

impl Dying {
    fn write<T>(&self, write: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.writes.fetch_add(1, Relaxed) < self.upto {
            write()
        } else {
            Err(io::Error::other("gone"))
        }
    }
}

impl Target for Dying {
    fn place(&self) -> String {
        self.target.place()
    }
    fn list(&self, under: &str) -> io::Result<Vec<String>> {
        self.target.list(under)
    }
    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        self.target.get(name)
    }
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.write(|| self.target.put(name, bytes))
    }
    fn create(&self, name: &str, bytes: &[u8]) -> io::Result<bool> {
        self.write(|| self.target.create(name, bytes))
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.write(|| self.target.remove(name))
    }
    fn hold(&self, under: &str) -> io::Result<Option<Box<dyn Hold>>> {
        self.target.hold(under)
    }
}

#[test]
fn a_backup_that_is_cut_short_while_it_forgets_is_whole_and_forgets_later() {
    let directory = Directory::new();
    let [data, base, from, to] =
        ["data", "base", "backup", "restored"].map(|name| directory.path().join(name));
    books(&data, 1 << 20, &[named(), invoices(0, 60)]);
    back_up(&data, &base);
    books(&data, 1 << 20, &[vec![forget()], invoices(1, 2)]);
    let log = reader(&data);
    let mut steps = 0;
    loop {
        drop(fs::remove_dir_all(&from));
        copy(&base, &from);
        let dying = Arc::new(Dying {
            target: DirectoryTarget::new(&from),
            writes: AtomicU64::new(0),
            upto: steps,
        });
        let mut backup =
            Backup::begin(dying.clone(), &log, FIRST_INCARNATION.into(), erases(), seal())
                .expect("begins");
        let stepped = backup.step(&log);
        drop(backup);
        let ended = dying.writes.load(Relaxed) <= steps;
        assert!(!ended || stepped.is_ok(), "{stepped:?}");
        assert_eq!(faults(&from), Vec::<String>::new(), "after {steps} writes");
        restored(&from, &to, Lists::Found).expect("it can be restored");
        let head = reader(&to).head().expect("a head");
        assert_eq!(log.root_at(head.position).expect("a root"), Some(head.root));
        // The next run ends it, whether there is anything new or not.
        back_up(&data, &from);
        assert_eq!(holding(&from), Vec::<PathBuf>::new(), "after {steps} writes");
        let checked = check(&target(&from), (None, &Keys::default()), &erases(), &|_| ())
            .expect("it can be read");
        assert!(checked[0].faults.is_empty() && checked[0].unfinished.is_empty(), "{checked:?}");
        restored(&from, &to, Lists::Found).expect("it can be restored");
        assert!(!says(&to));
        if ended {
            break;
        }
        steps += 1;
    }
    println!("a backup that forgets, cut short before each of its {steps} writes");
    assert!(steps >= 7, "{steps} writes");
}

#[test]
fn a_check_names_what_a_list_or_an_object_should_not_have() {
    let directory = Directory::new();
    let [data, from, blind] = ["data", "backup", "blind"].map(|name| directory.path().join(name));
    books(&data, 1 << 20, &[named(), vec![forget()], invoices(1, 2)]);
    back_up(&data, &from);
    // Written by somebody who does not know what erases.
    let log = reader(&data);
    let nothing: sijil_backup::Erases = Arc::new(|_| Ok(Vec::new()));
    let mut backup = Backup::begin(target(&blind), &log, FIRST_INCARNATION.into(), nothing, seal())
        .expect("begins");
    backup.step(&log).expect("written");
    assert_eq!(faults(&from), Vec::<String>::new());
    let found = faults(&blind);
    assert!(found.len() == 1 && found[0].contains("/erasures/"), "{found:?}");
}

#[test]
fn neither_a_repair_nor_a_clone_brings_back_what_was_erased() {
    let directory = Directory::new();
    let [base, data, from, cloned] =
        ["base", "data", "backup", "clone"].map(|name| directory.path().join(name));
    let mut rows = vec![named()];
    rows.extend((0..12).map(|round| invoices(round, 5)));
    books(&base, SMALL, &rows);
    // The backup is older than the erasure, which stands behind the damage.
    let before = back_up(&base, &from);
    books(&base, SMALL, &[vec![forget()]]);
    own(&base, &data);
    fs::remove_file(&segments(&data)[0]).expect("removed");
    let mended = repair(&target(&from), (None, &Keys::default()), &data, Lists::Found, &erases())
        .expect("it fits");
    assert_eq!(mended.segments.len(), 1);
    assert!(!says(&data));
    lists(&from).iter().for_each(|list| fs::remove_file(list).expect("removed"));
    let refused = repair(&target(&from), (None, &Keys::default()), &data, Lists::Found, &erases());
    assert!(matches!(refused, Err(BackupError::NoList { .. })), "{refused:?}");
    for to in [None, Some(before)] {
        drop(fs::remove_dir_all(&cloned));
        let cloning = Cloning { to, without_personal: false };
        clone_log(&reader(&base), &cloned, cloning, &erases(), &|_, _| ()).expect("cloned");
        assert!(!says(&cloned), "up to {to:?}");
        let report = verified(&cloned);
        // Of a whole one it is the log that says why; this is looked at with the log.
        assert!(to.is_none() || report.is_sound(), "{report:?}");
        let others = |one: &sijil_log::Batched| one.record.position() != NAMES;
        let mut expected = records(&base);
        expected.truncate(records(&cloned).len());
        expected.retain(others);
        let mut found = records(&cloned);
        found.retain(others);
        assert_eq!(found, expected);
    }
    let part = PersonalPart { position: NAMES, part: 0 };
    let erasing = &records(&base).pop().expect("the last").record;
    assert_eq!(erasing.erases().expect("a record"), [part]);
}
