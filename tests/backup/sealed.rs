//! Backups whose personal objects are sealed. Invariant: who has no key learns nothing personal
//! and can still say whether the backup is whole; who has one restores all of it.

use std::{fs, path::Path};

use serde_json::{Value, json};
use sijil_backup::{
    At, Backup, BackupError, FIRST_INCARNATION, Identities, Keys, Lists, Recipients, Restored,
    Seal, Wanted, check,
};

use super::{
    back_up, erases, faults, faults_with, files, forgotten::erasure, reader, records, seal, target,
};
use crate::{
    server::{Directory, Server, code, invoice, opening, run},
    states::books,
};

const CANARY: &str = "Canary Quillon";
/// A key as the age tool writes it: 32 bytes of 42, and the public half.
const OURS: [&str; 2] = [
    "AGE-SECRET-KEY-19G4Z52329G4Z52329G4Z52329G4Z52329G4Z52329G4Z52329G4QX68XRW",
    "age1q740705lc9njw42y7np6dgtumqml9mrw0rxc54a3u00m8nqrtfmqg3lme7",
];

fn named() -> Vec<Value> {
    let mut all = opening();
    all[2]["data"]["name"] = json!(CANARY);
    all
}

fn sealing() -> Seal {
    Seal { recipients: Recipients::parse(OURS[1]).expect("a recipient"), ..seal() }
}

fn keys() -> Keys {
    Keys { identities: Identities::parse(OURS[0]).expect("a key"), signed_by: None }
}

/// A key that nothing is sealed to.
fn others() -> Keys {
    let text = "AGE-SECRET-KEY-1QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSWPC8QURSKMP32K";
    Keys { identities: Identities::parse(text).expect("a key"), signed_by: None }
}

fn step(data: &Path, to: &Path, seal: Seal) -> Result<u64, BackupError> {
    let reader = reader(data);
    let begun = Backup::begin(target(to), &reader, FIRST_INCARNATION.into(), erases(), seal);
    begun?.step(&reader).map(|written| written.forgotten)
}

fn restored(from: &Path, to: &Path, keys: Keys) -> Result<Restored, BackupError> {
    drop(fs::remove_dir_all(to));
    let wanted = Wanted { of: None, at: At::End, erasures: Lists::Found, keys };
    sijil_backup::restore(&target(from), &wanted, to, &erases(), &|_, _| ())
}

fn says_canary(dir: &Path) -> bool {
    let holds = |bytes: &[u8]| bytes.windows(CANARY.len()).any(|at| at == CANARY.as_bytes());
    files(dir).iter().any(|path| holds(&fs::read(path).expect("bytes")))
}

#[test]
fn what_is_sealed_opens_for_its_recipients_alone() {
    let directory = Directory::new();
    let [data, from, to] = ["data", "backup", "restored"].map(|name| directory.path().join(name));
    books(&data, 1 << 20, &[named()]);
    back_up(&data, &from);
    assert!(says_canary(&from), "it stood there in the clear, or nothing is shown");
    // What is there already is sealed with what is new.
    let more: Vec<Value> =
        (0..40).map(|n| invoice(&format!("I{n}"), "2025-01-31", "10.00")).collect();
    books(&data, 1 << 20, &[more]);
    step(&data, &from, sealing()).expect("written");
    assert!(!says_canary(&from));
    let is_sealed = |path: &Path| path.extension().is_some_and(|ending| ending == "age");
    let sealed: Vec<_> = files(&from).into_iter().filter(|path| is_sealed(path)).collect();
    assert!(!sealed.is_empty());
    for (keys, tried) in [(Keys::default(), "no key"), (others(), "none of the keys")] {
        match restored(&from, &to, keys) {
            Err(BackupError::Sealed { found, .. }) => assert!(found.contains(tried), "{found}"),
            other => panic!("{tried}: {other:?}"),
        }
    }
    restored(&from, &to, keys()).expect("it opens");
    assert_eq!(records(&to), records(&data));
    // Whoever has no key says whether it is whole, and that he did not look into it.
    let of = |keys: &Keys| {
        let checked = check(&target(&from), (None, keys), &erases(), &|_| ()).expect("read");
        (checked[0].faults.len(), checked[0].unopened, checked[0].position.get())
    };
    assert_eq!(of(&Keys::default()), (0, sealed.len() as u64, 44));
    assert_eq!(of(&keys()), (0, 0, 44));
    // Nothing new is put beside it in the clear.
    books(&data, 1 << 20, &[vec![invoice("J", "2025-01-31", "10.00")]]);
    assert!(matches!(step(&data, &from, seal()), Err(BackupError::Unsealed { .. })));
    step(&data, &from, sealing()).expect("written");
    // Each byte of what is sealed counts, without a key too.
    let object = files(&from).into_iter().find(|path| is_sealed(path)).expect("one");
    let good = fs::read(&object).expect("bytes");
    for at in (0..good.len()).step_by(97) {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        fs::write(&object, bytes).expect("written");
        assert!(!faults(&from).is_empty(), "byte {at}");
    }
    fs::write(&object, good).expect("put back");
    assert_eq!(faults_with(&from, &keys()), Vec::<String>::new());
}

#[test]
fn what_is_erased_is_in_no_sealed_object() {
    let directory = Directory::new();
    let [data, from, to] = ["data", "backup", "restored"].map(|name| directory.path().join(name));
    let invoices = |round: usize, count: usize| -> Vec<Value> {
        let one = |n| invoice(&format!("I{round}-{n}"), "2025-01-31", "10.00");
        (0..count).map(one).collect()
    };
    books(&data, 1 << 20, &[named(), invoices(0, 60)]);
    step(&data, &from, sealing()).expect("written");
    restored(&from, &to, keys()).expect("it opens");
    assert!(says_canary(&to), "it is in the backup");
    books(&data, 1 << 20, &[vec![erasure("client:C1", &[3])]]);
    // Whoever writes has no key, and forgets all the same.
    assert_eq!(step(&data, &from, sealing()).expect("written"), 1);
    assert_eq!(faults_with(&from, &keys()), Vec::<String>::new());
    let open = keys().identities;
    for path in files(&from) {
        if path.extension().is_some_and(|ending| ending == "age") {
            let bytes = open_up(&open, &fs::read(path).expect("bytes"));
            assert!(!bytes.windows(CANARY.len()).any(|at| at == CANARY.as_bytes()));
        }
    }
    let done = restored(&from, &to, keys()).expect("it opens");
    assert_eq!(done.erased, Some(0), "nothing of it was left to take out");
    assert!(!says_canary(&to));
}

/// What an age file says, as anybody opens it who has the key.
fn open_up(keys: &Identities, sealed: &[u8]) -> Vec<u8> {
    keys.opened(sealed).expect("it opens")
}

#[test]
fn the_words_seal_and_open() {
    let directory = Directory::new();
    let [data, from, to] = ["data", "backup", "restored"].map(|name| directory.path().join(name));
    let ours = directory.file("ours.txt", &format!("# ours\n\n{}\n", OURS[1]));
    let key = directory.file("key.txt", &format!("# created: today\n{}\n", OURS[0]));
    let none = directory.file("none.txt", "# nobody\n");
    let text = |path: &Path| path.display().to_string();
    let (place, ours, key, none) = (text(&from), text(&ours), text(&key), text(&none));
    let recipients = ["--backup-to", &place, "--backup-recipients", &ours];
    let (server, _) = Server::start_with_more(&data, &recipients);
    assert_eq!(server.post("/v1/events", &json!({"events": named()})).status, 201);
    assert!(server.terminate(), "told to stop, it writes what is left");
    assert!(!files(&from).is_empty() && !says_canary(&from));
    let told = |words: &[&str]| {
        let output = run(&data, words);
        (code(&output), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let wrong = told(&["backup", "--to", &place, "--recipients", &none]);
    assert!(wrong.0 == 2 && wrong.1.contains("expected recipients"), "{wrong:?}");
    let wrong = told(&["backup", "--to", &place, "--recipients", &key]);
    assert!(wrong.0 == 2 && wrong.1.contains("line 2"), "{wrong:?}");
    assert!(!wrong.1.contains(OURS[0]), "what stands in a file is not said");
    assert_eq!(told(&["backup", "verify", &place]).0, 0);
    let to = text(&to);
    let shut = told(&["restore", "--from", &place, "--to", &to]);
    assert!(shut.0 == 2 && shut.1.contains("--identity FILE"), "{shut:?}");
    assert!(!Path::new(&to).join("log").exists(), "nothing is made of what is shut");
    drop(fs::remove_dir_all(&to));
    let open = told(&["restore", "--from", &place, "--to", &to, "--identity", &key]);
    assert_eq!(open.0, 0, "{}", open.1);
    assert_eq!(records(Path::new(&to)), records(&data));
}
