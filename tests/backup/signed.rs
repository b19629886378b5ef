//! Backups that the ledger's key signed. Invariant: a backup that another signed, or nobody, is
//! refused by whoever says which key it must be; no byte of a manifest is unsigned.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use sijil_backup::{At, BackupError, Keys, Lists, Restored, Wanted};
use sijil_proof::note::{Signer, Vkey};
use sijil_schemas::Position;

use super::{back_up, erases, faults, faults_with, files, records, target};
use crate::{
    server::{Directory, code, invoice, run},
    states::{books, copy, rows},
};

/// The key of a ledger that is backed up in these tests.
fn signer(data: &Path) -> Signer {
    let ledger = records(data)[0].record.event_id();
    Signer::new(&format!("books.example/{ledger}/1"), &[42; 32]).expect("a key")
}

fn keys(signed_by: &Vkey) -> Keys {
    Keys { signed_by: Some(signed_by.clone()), ..Keys::default() }
}

fn restored(from: &Path, to: &Path, keys: Keys) -> Result<Restored, BackupError> {
    drop(fs::remove_dir_all(to));
    let wanted = Wanted { of: None, at: At::End, erasures: Lists::Found, keys };
    sijil_backup::restore(&target(from), &wanted, to, &erases(), &|_, _| ())
}

fn manifest(from: &Path) -> PathBuf {
    let is_one = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "json");
    files(from).into_iter().find(is_one).expect("a manifest")
}

/// A manifest as somebody else writes it: with another release in it, and signed by a key.
fn written_by(manifest: &Path, signer: Option<&Signer>) {
    let text = fs::read_to_string(manifest).expect("a manifest");
    let (signed, _) = text.split_once(",\n  \"signed_by\"").expect("it is signed");
    let release = format!("\"release\": {}", json!(sijil_log::RELEASE));
    let other = signed.replace(&release, "\"release\": \"9.9.9\"");
    assert_ne!(other, signed);
    let text = match signer {
        None => format!("{other}\n}}\n"),
        Some(signer) => {
            let named = format!("{other},\n  \"signed_by\": \"{}\"", signer.vkey());
            let line = json!(signer.sign(&format!("{named}\n}}\n")).to_string());
            format!("{named},\n  \"signature\": {line}\n}}\n")
        }
    };
    fs::write(manifest, &text).expect("written");
    // What names it by its hash is anybody's who can write there.
    let newest = manifest.ancestors().nth(2).expect("the shelf").join("newest");
    let mut named: Value =
        serde_json::from_slice(&fs::read(&newest).expect("bytes")).expect("JSON");
    named["sha256"] = json!(sha256(text.as_bytes()));
    fs::write(newest, named.to_string()).expect("written");
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_backup_that_another_key_signed_is_refused_by_who_says_which() {
    let directory = Directory::new();
    let [data, from, to] = ["data", "backup", "restored"].map(|name| directory.path().join(name));
    books(&data, 1 << 20, &rows(2));
    assert_eq!(back_up(&data, &from), Position::new(14));
    let ours = signer(&data);
    let other = Signer::new(ours.vkey().name(), &[7; 32]).expect("a key");
    let done = restored(&from, &to, keys(ours.vkey())).expect("it is ours");
    assert_eq!(done.signed_by, Some(ours.vkey().to_string()));
    assert_eq!(faults_with(&from, &keys(ours.vkey())), Vec::<String>::new());
    let refused = restored(&from, &to, keys(other.vkey()));
    assert!(matches!(refused, Err(BackupError::NotSigned { .. })), "{refused:?}");
    assert_eq!(faults_with(&from, &keys(other.vkey())).len(), 1);
    // Somebody writes another manifest, and signs it by a key of his own, or not at all: it holds
    // together, so that only who knows the ledger's key can tell.
    let (path, good) = (manifest(&from), fs::read(manifest(&from)).expect("bytes"));
    let newest = path.ancestors().nth(2).expect("the shelf").join("newest");
    let pointer = fs::read(&newest).expect("bytes");
    for signer in [Some(&other), None] {
        written_by(&path, signer);
        assert_eq!(faults(&from), Vec::<String>::new(), "it holds together");
        restored(&from, &to, Keys::default()).expect("nobody asked who signed it");
        match restored(&from, &to, keys(ours.vkey())) {
            Err(BackupError::NotSigned { found, .. }) => {
                let expected = signer.map_or("nobody".to_owned(), |one| one.vkey().to_string());
                assert!(found.contains(&expected), "{found}");
            }
            taken => panic!("{taken:?}"),
        }
        fs::write(&path, &good).expect("put back");
        fs::write(&newest, &pointer).expect("put back");
    }
    // Ours under another's name.
    let text = String::from_utf8(good.clone()).expect("text");
    let changed = text.replace(&ours.vkey().to_string(), &other.vkey().to_string());
    fs::write(&path, changed).expect("written");
    assert!(!faults(&from).is_empty());
    assert!(matches!(restored(&from, &to, Keys::default()), Err(BackupError::Damaged { .. })));
    fs::write(&path, &good).expect("put back");
}

#[test]
fn each_byte_of_a_manifest_is_signed() {
    let directory = Directory::new();
    let [data, from] = ["data", "backup"].map(|name| directory.path().join(name));
    books(&data, 1 << 20, &rows(1));
    back_up(&data, &from);
    let path = manifest(&from);
    let newest = path.ancestors().nth(2).expect("the shelf").join("newest");
    // Without what names it by its hash, the signature alone says that it was changed.
    fs::remove_file(newest).expect("removed");
    let good = fs::read(&path).expect("bytes");
    assert_eq!(faults(&from), Vec::<String>::new());
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        fs::write(&path, bytes).expect("written");
        assert!(!faults(&from).is_empty(), "byte {at}: {:?}", char::from(good[at]));
    }
    // Nor is anything put in that means nothing.
    let text = String::from_utf8(good).expect("text");
    for other in [text.replace(": ", ":"), format!("{text} "), text.replacen("{\n", "{\n\n", 1)] {
        fs::write(&path, other).expect("written");
        assert!(!faults(&from).is_empty());
    }
}

#[test]
fn a_copy_signs_nothing_until_it_is_adopted() {
    let directory = Directory::new();
    let [data, copied, from] = ["data", "copied", "backup"].map(|name| directory.path().join(name));
    books(&data, 1 << 20, &rows(1));
    copy(&data, &copied);
    let place = from.display().to_string();
    let signed_by = || {
        let output = run(&copied, &["backup", "verify", &place, "--format", "json"]);
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        told["backups"][0]["signed_by"].clone()
    };
    assert_eq!(code(&run(&copied, &["backup", "--to", &place])), 0);
    assert_eq!(signed_by(), Value::Null);
    assert!(!copied.join("keys").exists(), "nothing is put beside what is only read");
    assert_eq!(code(&run(&copied, &["adopt"])), 0);
    books(&copied, 1 << 20, &[vec![invoice("A", "2025-01-31", "1.00")]]);
    assert_eq!(code(&run(&copied, &["backup", "--to", &place])), 0);
    assert!(signed_by().is_string());
}

#[test]
fn the_words_sign_and_say_by_whom() {
    let directory = Directory::new();
    let [data, from, to] = ["data", "backup", "restored"].map(|name| directory.path().join(name));
    books(&data, 1 << 20, &rows(1));
    let text = |path: &Path| path.display().to_string();
    let (place, to) = (text(&from), text(&to));
    let told = |words: &[&str]| {
        let output = run(&data, &[words, &["--format", "json"]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (code(&output), said, serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
    };
    assert_eq!(told(&["backup", "--to", &place]).0, 0);
    let verified = told(&["backup", "verify", &place]);
    let vkey = verified.2["backups"][0]["signed_by"].as_str().expect("a key").to_owned();
    // It is the key by which checkpoints are signed.
    let checkpoint = run(&data, &["checkpoint"]);
    let origin = String::from_utf8_lossy(&checkpoint.stdout).lines().next().map(str::to_owned);
    assert_eq!(vkey.split('+').next(), origin.as_deref());
    assert_eq!(told(&["backup", "verify", &place, "--signed-by", &vkey]).0, 0);
    let other =
        Signer::new(&origin.expect("an origin"), &[7; 32]).expect("a key").vkey().to_string();
    let refused = told(&["backup", "verify", &place, "--signed-by", &other]);
    assert_eq!(refused.0, 4, "{}", refused.1);
    let refused = told(&["restore", "--from", &place, "--to", &to, "--signed-by", &other]);
    assert!(refused.0 == 1 && refused.1.contains("is not signed by"), "{refused:?}");
    assert!(!Path::new(&to).exists());
    let done = told(&["restore", "--from", &place, "--to", &to, "--signed-by", &vkey]);
    assert_eq!((done.0, done.2["signed_by"].as_str()), (0, Some(vkey.as_str())), "{}", done.1);
    let wrong = told(&["restore", "--from", &place, "--to", &to, "--signed-by", "books"]);
    assert_eq!(wrong.0, 2, "{}", wrong.1);
}
