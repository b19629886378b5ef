//! Are the peers themselves to be trusted? Invariant: nothing of a server is left after it, and
//! what was committed survives its crash.

use std::{fs, path::Path};

use sijil_peers::Postgres;

#[test]
fn what_was_committed_survives_a_crash_and_nothing_is_left_behind() {
    let Some(mut server) = Postgres::start() else { return };
    assert!(server.database("books").ends_with(&format!(":{}/books", server.port())));
    server.sql("books", "CREATE TABLE one (n int); INSERT INTO one VALUES (7)");
    server.stop_immediate();
    assert!(!server.is_running());
    server.restart();
    assert_eq!(server.sql("books", "SELECT n, current_setting('fsync') FROM one"), "7|on");
    let data = server.sql("books", "SHOW data_directory");
    let pid: u32 = fs::read_to_string(Path::new(&data).join("postmaster.pid"))
        .expect("a process id")
        .lines()
        .next()
        .expect("a line")
        .parse()
        .expect("a number");
    assert!(Path::new(&format!("/proc/{pid}")).exists() || !Path::new("/proc").exists());
    drop(server);
    assert!(!Path::new(&data).exists(), "{data} is left");
    assert!(!Path::new(&format!("/proc/{pid}")).exists(), "process {pid} is left");
}

#[test]
fn a_standby_has_what_was_acknowledged_and_takes_over() {
    let Some(mut primary) = Postgres::start() else { return };
    let _books = primary.database("books");
    let standby = primary.standby();
    primary.require_standby();
    primary.sql("books", "CREATE TABLE one (n int); INSERT INTO one VALUES (7)");
    primary.stop_immediate();
    standby.promote();
    assert_eq!(
        standby.sql("books", "INSERT INTO one VALUES (8) RETURNING (SELECT sum(n) FROM one)"),
        "7"
    );
}
