//! Backups in an S3-compatible store. Invariant: what holds of a directory holds of a bucket; each
//! request is signed, and no two write at once.

use std::{fs, path::Path, sync::Arc, thread, time::Duration};

use serde_json::{Value, json};
use sijil_backup::{
    At, Backup, BackupError, Erases, FIRST_INCARNATION, Keys, Lists, S3Target, Store, Target,
    Wanted, check,
};

use super::{bucket::Bucket, erases, reader, records, seal};
use crate::{
    server::{Directory, Server, code, invoice, opening, sijil},
    states::{books, rows},
};

fn store(bucket: &Bucket, secret: &str) -> S3Target {
    let store = Store {
        endpoint: bucket.url.clone(),
        region: "eu-central-1".into(),
        bucket: "books".into(),
        prefix: "nightly".into(),
        key: (Bucket::KEY.into(), secret.into()),
        token: None,
    };
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(20)));
    S3Target::new(store, config.build().into()).expect("an address")
}

fn begin(data: &Path, to: S3Target) -> Result<Backup, BackupError> {
    begin_with(data, Arc::new(to), erases())
}

fn begin_with(data: &Path, to: Arc<dyn Target>, erases: Erases) -> Result<Backup, BackupError> {
    Backup::begin(to, &reader(data), FIRST_INCARNATION.into(), erases, seal())
}

#[test]
fn a_bucket_keeps_a_backup_as_a_directory_does() {
    let directory = Directory::new();
    let [data, to] = ["data", "restored"].map(|name| directory.path().join(name));
    let bucket = Bucket::start();
    books(&data, 1 << 20, &rows(3));
    for round in 0..4 {
        let mut backup = begin(&data, store(&bucket, Bucket::SECRET)).expect("it begins");
        backup.step(&reader(&data)).expect("written");
        drop(backup);
        books(&data, 1 << 20, &[vec![invoice(&format!("R{round}"), "2025-01-31", "1.00")]]);
    }
    let names = bucket.names();
    assert!(names.iter().all(|name| name.starts_with("nightly/")), "{names:?}");
    assert!(!names.iter().any(|name| name.ends_with("writer.lease")), "given back: {names:?}");
    assert!(bucket.pages() > 0, "a list had more than one page");
    let target: Arc<dyn Target> = Arc::new(store(&bucket, Bucket::SECRET));
    let checked = check(&target, (None, &Keys::default()), &erases(), &|_| ()).expect("read");
    assert_eq!((checked[0].faults.len(), checked[0].position.get()), (0, 22), "{checked:?}");
    let wanted = Wanted { of: None, at: At::End, erasures: Lists::Found, keys: Keys::default() };
    sijil_backup::restore(&target, &wanted, &to, &erases(), &|_, _| ()).expect("restored");
    assert_eq!(records(&to), records(&data)[..22]);
    // A byte in the store, as one on a disk.
    bucket.flip(names.iter().find(|name| name.contains("/public/")).expect("an object"));
    let checked = check(&target, (None, &Keys::default()), &erases(), &|_| ()).expect("read");
    assert!(!checked[0].faults.is_empty());
}

#[test]
fn one_writer_at_a_time_writes_to_a_bucket() {
    let directory = Directory::new();
    let data = directory.path().join("data");
    let bucket = Bucket::start();
    books(&data, 1 << 20, &rows(1));
    let first = begin(&data, store(&bucket, Bucket::SECRET)).expect("it begins");
    let second = begin(&data, store(&bucket, Bucket::SECRET));
    assert!(matches!(second, Err(BackupError::Held { .. })), "{:?}", second.err());
    drop(first);
    drop(begin(&data, store(&bucket, Bucket::SECRET)).expect("it was given back"));
    // One that was killed gives nothing back; it has run out some time after.
    let lease = |until: u64| json!({"writer": "killed", "until": until}).to_string();
    let name = bucket.shelf(&reader(&data)) + "/writer.lease";
    bucket.set(&name, &lease(u64::MAX));
    let held = begin(&data, store(&bucket, Bucket::SECRET));
    assert!(matches!(held, Err(BackupError::Held { .. })), "{:?}", held.err());
    bucket.set(&name, &lease(1));
    let mut taken = begin(&data, store(&bucket, Bucket::SECRET)).expect("it has run out");
    taken.step(&reader(&data)).expect("written");
    drop(taken);
    // Of many that begin at once, each writes alone, and none loses what another wrote.
    let all: Vec<_> = (0..8)
        .map(|_| {
            let (data, to) = (data.clone(), store(&bucket, Bucket::SECRET));
            thread::spawn(move || match begin(&data, to) {
                Ok(mut backup) => backup.step(&reader(&data)).map(|_| true),
                Err(BackupError::Held { .. }) => Ok(false),
                Err(error) => Err(error),
            })
        })
        .collect();
    let begun = all.into_iter().map(|one| one.join().expect("no panic").expect("no error"));
    assert!(begun.filter(|begun| *begun).count() >= 1);
}

#[test]
fn a_store_that_cannot_be_trusted_is_refused() {
    let directory = Directory::new();
    let data = directory.path().join("data");
    books(&data, 1 << 20, &rows(1));
    // A wrong secret: the store says who may not, and nothing of the secret is said.
    let bucket = Bucket::start();
    let refused = begin(&data, store(&bucket, "another")).err().expect("refused");
    let text = format!("{refused}: {:?}", std::error::Error::source(&refused));
    assert!(text.contains("403 (SignatureDoesNotMatch)"), "{text}");
    assert!(!text.contains("another") && bucket.names().is_empty());
    // One that takes each write, whatever its condition: two writers would be in each other's way.
    bucket.forgets_conditions();
    let refused = begin(&data, store(&bucket, Bucket::SECRET)).err().expect("refused");
    let text = format!("{:?}", std::error::Error::source(&refused));
    assert!(text.contains("If-None-Match"), "{text}");
    // One that fails now and then is asked again.
    let bucket = Bucket::start();
    bucket.fails_every(3);
    let mut written = 0;
    for _ in 0..8 {
        // A lease or a manifest is not written twice, so that a run may end, and the next goes on.
        let Ok(mut backup) = begin(&data, store(&bucket, Bucket::SECRET)) else {
            bucket.lets_go();
            continue;
        };
        written += u32::from(backup.step(&reader(&data)).is_ok());
    }
    assert!(written > 0, "it never got through");
    bucket.fails_every(0);
    bucket.lets_go();
    let mut backup = begin(&data, store(&bucket, Bucket::SECRET)).expect("it begins");
    backup.step(&reader(&data)).expect("written");
    let target: Arc<dyn Target> = Arc::new(store(&bucket, Bucket::SECRET));
    let checked = check(&target, (None, &Keys::default()), &erases(), &|_| ()).expect("read");
    assert_eq!((checked[0].faults.len(), checked[0].position.get()), (0, 9), "{checked:?}");
}

#[test]
fn the_words_write_to_a_bucket_and_restore_from_it() {
    let directory = Directory::new();
    let [data, to] = ["data", "restored"].map(|name| directory.path().join(name));
    let bucket = Bucket::start();
    let named = |words: &[&str]| {
        let mut command = sijil();
        command.args(words).args(["--format", "json", "--data"]).arg(&data);
        command.env("AWS_ENDPOINT_URL_S3", &bucket.url).env("AWS_REGION", "eu-central-1");
        command.env("AWS_ACCESS_KEY_ID", Bucket::KEY).env("AWS_SECRET_ACCESS_KEY", Bucket::SECRET);
        command
    };
    let mut serving = named(&["serve", "--listen", "127.0.0.1:0", "--backup-to", "s3://books/n"]);
    let server = Server::start_by(sijil(), &data);
    assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
    assert!(server.terminate());
    serving.env_remove("AWS_SECRET_ACCESS_KEY");
    let without = serving.output().expect("it runs");
    let said = String::from_utf8_lossy(&without.stderr).into_owned();
    assert!(code(&without) == 2 && said.contains("expected AWS_SECRET_ACCESS_KEY"), "{said}");
    let told = |words: &[&str]| -> Value {
        let output = named(words).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(code(&output), 0, "{words:?}: {said}");
        assert!(!said.contains(Bucket::SECRET));
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let written = told(&["backup", "--to", "s3://books/n/"]);
    assert!(written["position"].as_u64() >= Some(4), "{written}");
    let verified = told(&["backup", "verify", "s3://books/n"]);
    assert_eq!(verified["faults"], json!([]));
    let place = to.display().to_string();
    told(&["restore", "--from", "s3://books/n", "--to", &place]);
    assert_eq!(records(&to), records(&data));
    drop(fs::remove_dir_all(&to));
    let nowhere = named(&["restore", "--from", "s3://books/x", "--to", &place]).output();
    let nowhere = nowhere.expect("it runs");
    assert_eq!(code(&nowhere), 3, "{}", String::from_utf8_lossy(&nowhere.stderr));
}
