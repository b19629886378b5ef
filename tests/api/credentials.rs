//! The credential of a data directory, at the edges. Invariant: whoever starts at the same time as
//! another has the same one, nobody else can read it, and where it cannot be kept it is for a run.

#[path = "../../src/keys.rs"]
mod keys;

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Barrier};

use sijil_cli::Home;
use sijil_ledger::Gate;

use crate::server::Directory;

fn home(data: &Path) -> Home {
    Home { data: data.to_owned(), log: None }
}

/// The credential that a start finds or makes.
fn local(data: &Path) -> Result<String, String> {
    let gate = keys::gate(&home(data), false, true, None).map_err(|error| error.to_string())?;
    let (Gate::Credentials { local, .. }, None) = gate else { panic!("one of this directory") };
    Ok(local.shown_once().to_owned())
}

fn read(data: &Path, name: &str) -> String {
    fs::read_to_string(data.join("keys").join(name)).expect("it stands there")
}

#[test]
fn whoever_starts_at_the_same_time_has_the_same_credential() {
    for _ in 0..20 {
        let directory = Directory::new();
        let (data, ready) = (directory.path(), Barrier::new(8));
        let made: Vec<String> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        ready.wait();
                        local(&data).expect("a credential")
                    })
                })
                .collect();
            starts.into_iter().map(|start| start.join().expect("no panic")).collect()
        });
        assert!(made.iter().all(|one| *one == made[0]), "one wins, the others take it");
        assert_eq!(read(&data, "local").trim(), made[0]);
        assert_eq!(read(&data, "curl"), format!("Authorization: Bearer {}\n", made[0]));
        assert_eq!(fs::read_dir(data.join("keys")).expect("listed").count(), 2, "nothing is left");
    }
}

#[test]
fn the_line_for_curl_says_what_counts() {
    let directory = Directory::new();
    let data = directory.path();
    let made = local(&data).expect("a credential");
    let expected = read(&data, "curl");
    fs::write(data.join("keys/curl"), "Authorization: Bearer another\n").expect("written");
    assert_eq!(local(&data), Ok(made.clone()));
    assert_eq!(read(&data, "curl"), expected);
    fs::remove_file(data.join("keys/curl")).expect("removed");
    assert_eq!(local(&data), Ok(made.clone()));
    assert_eq!(read(&data, "curl"), expected);
    fs::remove_file(data.join("keys/local")).expect("removed");
    let another = local(&data).expect("a credential");
    assert_ne!(another, made);
    assert!(read(&data, "curl").contains(&another));
}

#[test]
fn what_others_can_read_is_refused() {
    let directory = Directory::new();
    let data = directory.path();
    let made = local(&data).expect("a credential");
    for (name, wrong, right) in
        [("local", 0o640, 0o600), ("curl", 0o604, 0o600), ("", 0o750, 0o700)]
    {
        let path = data.join("keys").join(name);
        let mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode));
        mode(wrong).expect("opened");
        let why = local(&data).expect_err("others can read it");
        assert!(why.contains("others than its owner"), "{name}: {why}");
        mode(right).expect("closed");
        assert_eq!(local(&data), Ok(made.clone()), "{name}");
    }
}

#[test]
fn a_directory_that_was_copied_has_a_credential_of_its_own() {
    let directory = Directory::new();
    let data = directory.path();
    let made = local(&data).expect("a credential");
    // As copied without its modes.
    fs::set_permissions(data.join("keys"), fs::Permissions::from_mode(0o755)).expect("opened");
    keys::renewed(&data).expect("made anew");
    let own = local(&data).expect("a credential");
    assert_ne!(own, made);
    assert!(read(&data, "curl").contains(&own));
}

/// What may not be written is not: the credential stands elsewhere, and goes with the run.
#[test]
fn where_nothing_is_written_a_credential_is_for_one_run() {
    let directory = Directory::new();
    let data = directory.path();
    fs::create_dir(&data).expect("made");
    let (gate, run) = keys::gate(&home(&data), false, false, None).expect("a gate");
    assert!(matches!(gate, Gate::Credentials { .. }) && !data.join("keys").exists());
    drop(run.expect("it is for this run"));
    // One that is there is read, and not touched.
    let made = local(&data).expect("a credential");
    fs::remove_file(data.join("keys/curl")).expect("removed");
    let (gate, run) = keys::gate(&home(&data), false, false, None).expect("a gate");
    let Gate::Credentials { local, .. } = gate else { panic!("a credential") };
    assert_eq!((local.shown_once(), run.is_none()), (made.as_str(), true));
    assert!(!data.join("keys/curl").exists());
}
