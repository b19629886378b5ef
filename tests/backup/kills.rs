//! Backups and restores of a server under load, and kills in the midst of them. Invariant: what was
//! acknowledged when a backup began is in it, whatever was killed before.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use serde_json::json;
use sijil_log::{
    Reader,
    embedded::{self, EmbeddedReader, Options},
    machine::Disk,
};

use crate::{
    crowd::Crowd,
    kills::times,
    server::{Directory, Server, code, opening, run, sijil},
};

fn reader(data: &Path) -> EmbeddedReader {
    let options = Options { read_only: true, ..Options::default() };
    embedded::open(Arc::new(Disk), data, &options).expect("it opens").reader
}

/// Starts a word and kills it after so many milliseconds; says whether it had ended by itself.
fn cut_short(mut command: Command, millis: u64) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    std::thread::sleep(Duration::from_millis(millis));
    let ended = child.try_wait().expect("a status").is_some();
    child.kill().expect("killed");
    child.wait().expect("gone");
    ended
}

fn restoring(from: &Path, to: &Path) -> Command {
    let mut command = sijil();
    command.arg("restore").arg("--from").arg(from).arg("--to").arg(to);
    command
}

#[test]
fn backups_and_restores_survive_kills_under_load() {
    let rounds = times("SIJIL_BACKUPS", 25);
    let (mut records, mut cut_backups, mut cut_restores, mut half) = (0, 0, 0, 0);
    let mut directory = Directory::new();
    for round in 0..rounds {
        let millis = (round * 7 % 40) as u64;
        if round % 5 == 0 {
            directory = Directory::new();
        }
        let data = directory.path();
        let [from, to, cut] = ["backup", "restored", "cut"].map(|name| {
            data.with_file_name(if name == "backup" {
                name.into()
            } else {
                format!("{name}-{round}")
            })
        });
        let server = Server::start(&data);
        if round % 5 == 0 {
            assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
        }
        let crowd = Crowd::start(&server.url, round, 4);
        crowd.wait_for(20);
        let back_up = || -> Command {
            let mut command = sijil();
            command.args(["backup", "--data"]).arg(&data).arg("--to").arg(&from);
            command
        };
        cut_backups += usize::from(!cut_short(back_up(), millis));
        let before = reader(&data).head().expect("a head").position;
        let done = back_up().output().expect("it runs");
        assert_eq!(code(&done), 0, "{}", String::from_utf8_lossy(&done.stderr));
        half += usize::from(is_cut(&from, &cut, millis, &mut cut_restores));
        if round % 3 == 2 {
            server.kill();
        } else {
            assert!(server.terminate());
        }
        drop(crowd.wait_for_the_end());
        let verified = run(&data, &["backup", "verify", &from.display().to_string()]);
        assert_eq!(code(&verified), 0, "{}", String::from_utf8_lossy(&verified.stderr));
        let done = restoring(&from, &to).output().expect("it runs");
        assert_eq!(code(&done), 0, "{}", String::from_utf8_lossy(&done.stderr));
        let (whole, restored) = (reader(&data), reader(&to));
        let head = restored.head().expect("a head");
        assert!(head.position >= before, "{before} were acknowledged, {head:?} is there");
        assert_eq!(whole.root_at(head.position).expect("a root"), Some(head.root));
        assert_eq!(code(&run(&to, &["verify"])), 0);
        if round % 5 == 4 {
            assert_eq!(code(&run(&to, &["replay", "--threads", "1"])), 0);
        }
        records += head.position.get();
        std::fs::remove_dir_all(&to).expect("removed");
    }
    println!(
        "backups: {rounds} under 4 writers, {cut_backups} killed before them and {cut_restores} \
         restores killed, {half} of which left a half directory that answered nothing; {records} \
         records restored, none missing"
    );
}

/// Kills a restore; whether it left half a directory, which then answers nothing.
fn is_cut(from: &Path, to: &PathBuf, millis: u64, cut: &mut usize) -> bool {
    *cut += usize::from(!cut_short(restoring(from, to), millis));
    let is_half = to.join("restoring").exists();
    if is_half {
        for word in ["verify", "status", "events"] {
            assert_eq!(code(&run(to, &[word])), 3, "sijil {word} of half a ledger");
        }
    } else if to.join("log").exists() {
        assert_eq!(code(&run(to, &["verify"])), 0);
    }
    if to.exists() {
        std::fs::remove_dir_all(to).expect("removed");
    }
    is_half
}
