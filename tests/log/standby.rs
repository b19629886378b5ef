//! A standby that has to confirm. Invariant: what it does not have is not acknowledged, whoever
//! cuts the wait short.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use sijil_log::{
    AppendError, Reader, Writer, machine::Disk, mirror, postgres::PostgresLog, seam::Storage,
};
use sijil_peers::Postgres;
use sijil_schemas::record::Position;

use crate::records::{batch, fill, holds, touched};

const WAITS: &str =
    "FROM pg_stat_activity WHERE application_name = 'sijil' AND wait_event = 'SyncRep'";

#[test]
fn an_append_whose_wait_for_a_standby_is_cancelled_is_not_acknowledged() {
    let Some(server) = Postgres::start() else { return };
    let dir = tempfile::tempdir().unwrap();
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let log = PostgresLog::connect(&server.database("books").parse().unwrap(), true).unwrap();
    let (mut writer, reader) =
        mirror::open(&storage, dir.path(), Arc::new(log), &touched(), &|_, _| ()).unwrap();
    fill(&mut writer, 0, 10);
    // A standby that is required, and never comes.
    server.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    server.sql("postgres", "SELECT pg_reload_conf()");
    let cancelled = AtomicBool::new(false);
    let (at, error) = thread::scope(|scope| {
        // The setting reaches the connection some time later: until then appends are acknowledged,
        // and rightly so.
        let appends = scope.spawn(|| {
            (10..).find_map(|at| match writer.append(Position::new(at), &batch([at + 1])) {
                Ok(()) => {
                    assert!(
                        !cancelled.load(Ordering::Acquire),
                        "record {} is acknowledged, and the standby does not have it",
                        at + 1
                    );
                    None
                }
                Err(error) => Some((at, error)),
            })
        });
        while !appends.is_finished() {
            if server
                .sql("postgres", &format!("SELECT count(*) {WAITS} AND query NOT LIKE 'NOTIFY%'"))
                != "0"
            {
                cancelled.store(true, Ordering::Release);
                server.sql(
                    "postgres",
                    &format!("SELECT pg_cancel_backend(pid) {WAITS} AND query NOT LIKE 'NOTIFY%'"),
                );
            }
            server.sql(
                "postgres",
                &format!("SELECT pg_cancel_backend(pid) {WAITS} AND query LIKE 'NOTIFY%'"),
            );
            thread::sleep(Duration::from_millis(10));
        }
        appends.join().unwrap().unwrap()
    });
    assert!(matches!(error, AppendError::Unreachable { .. }), "{error:?}");
    // Nobody knows, until the standby is there again, or is not required any more.
    server.sql("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
    server.sql("postgres", "SELECT pg_reload_conf()");
    assert_eq!(reader.latest().unwrap(), Position::new(at + 1));
    holds(&reader, at + 1);
    writer.append(Position::new(at + 1), &batch([at + 2])).unwrap();
    holds(&reader, at + 2);
}
