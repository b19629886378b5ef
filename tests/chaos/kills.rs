//! Processes killed under load, and a kernel that says EIO to a sync. Invariant: what was
//! acknowledged is there once, whatever moment it was.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::{
    crowd::{Counts, Crowd, check},
    server::{Directory, Server, code, opening, run, sijil},
};

/// A number from the environment, for longer runs.
pub fn times(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn killed_under_load_nothing_acknowledged_is_lost() {
    let kills = times("SIJIL_KILLS", 50);
    let mut counts = Counts::default();
    let mut directory = Directory::new();
    for kill in 0..kills {
        if kill % 10 == 0 {
            directory = Directory::new();
            let server = Server::start(&directory.path());
            assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
            assert!(server.terminate());
        }
        let server = Server::start(&directory.path());
        let crowd = Crowd::start(&server.url, kill, 8);
        crowd.wait_for(20 + kill * 7 % 100);
        server.kill();
        let sent = crowd.wait_for_the_end();
        let server = Server::start(&directory.path());
        counts.add(check(&server, &sent));
        assert!(server.terminate());
        if kill % 10 == 9 {
            assert_eq!(code(&run(&directory.path(), &["verify"])), 0);
            assert_eq!(code(&run(&directory.path(), &["replay", "--threads", "1"])), 0);
        }
    }
    println!("kills: {kills} by SIGKILL under 8 writers; {counts:?}");
}

#[test]
fn a_failed_sync_stops_the_server_and_acknowledges_nothing() {
    let failures = times("SIJIL_EIO", 10);
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        println!("failed syncs: skipped, strace is not here (tests/run installs it where it may)");
        assert!(std::env::var("CI").is_err(), "in CI strace must be there");
        return;
    }
    let mut counts = Counts::default();
    for failure in 0..failures {
        let directory = Directory::new();
        let server = Server::start(&directory.path());
        assert_eq!(server.post("/v1/events", &json!({"events": opening()})).status, 201);
        assert!(server.terminate());
        let mut strace = Command::new("strace");
        let inject = format!("inject=fdatasync:error=EIO:when={}+", 3 + failure * 5);
        strace.args([
            "-f",
            "--seccomp-bpf",
            "-qqq",
            "-o",
            "/dev/null",
            "-e",
            "trace=fdatasync",
            "-e",
            &inject,
        ]);
        strace.arg(sijil().get_program());
        let mut server = Server::start_by(strace, &directory.path());
        let sent = Crowd::start(&server.url, failure, 4).wait_for_the_end();
        let status = server.child.wait().expect("it ends");
        assert_eq!(status.code(), Some(3), "the first failed sync ends the process");
        let server = Server::start(&directory.path());
        counts.add(check(&server, &sent));
        assert!(server.terminate());
        assert_eq!(code(&run(&directory.path(), &["verify"])), 0);
    }
    println!("failed syncs: {failures} by an EIO from the kernel; {counts:?}");
}
