//! The log in Postgres over a real server, and what goes wrong there. Invariant: each test has a database of its own, and each node a directory.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sijil_log::{
    AppendError, Reader, Writer,
    machine::Disk,
    mirror::{self, MirrorReader, MirrorWriter},
    postgres::{PostgresLog, Way},
    seam::Storage,
};
use sijil_peers::Postgres;
use sijil_schemas::record::Position;
use tempfile::TempDir;

use crate::records::{batch, fill, holds, touched};

/// A database, and a directory for one node.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) database: String,
    pub(crate) dir: TempDir,
}

impl Place {
    /// A new database on the server of this process; `None` where there is no server.
    pub(crate) fn new() -> Option<Place> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let database = format!("log_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let url = Postgres::shared()?.database(&database);
        Some(Place { url, database, dir: tempfile::tempdir().unwrap() })
    }

    /// Another node on the same log.
    pub(crate) fn beside(&self) -> Place {
        Place { url: self.url.clone(), database: self.database.clone(), dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn opened(&self, way: Way) -> (MirrorWriter, MirrorReader) {
        self.tried(way).unwrap()
    }

    fn tried(&self, way: Way) -> Result<(MirrorWriter, MirrorReader), String> {
        let log = PostgresLog::connect_with(&self.url.parse().unwrap(), true, way).map_err(|error| error.to_string())?;
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        mirror::open(&storage, self.dir.path(), Arc::new(log), &touched(), &|_, _| ()).map_err(|error| format!("{error:?}"))
    }

    fn sql(&self, sql: &str) -> String {
        Postgres::shared().unwrap().sql(&self.database, sql)
    }
}

#[test]
fn another_node_sees_what_was_appended_and_wins_races() {
    let Some(here) = Place::new() else { return };
    let there = here.beside();
    let (mut one, reader) = here.opened(Way::Fitting);
    let (mut two, other) = there.opened(Way::Fitting);
    fill(&mut one, 0, 40);
    assert!(other.wait(Position::new(39), Duration::from_secs(20)).unwrap() >= Position::new(40));
    holds(&other, 40);
    two.append(Position::new(40), &batch([41])).unwrap();
    let lost = one.append(Position::new(40), &batch(41..=43));
    assert!(matches!(lost, Err(AppendError::Conflict { head, .. }) if head == Position::new(41)), "{lost:?}");
    holds(&reader, 41);
    one.append(Position::new(41), &batch(42..=900)).unwrap();
    assert_eq!(other.latest().unwrap(), Position::new(900));
    holds(&other, 900);
    assert_eq!(here.sql("SELECT count(*), max(position) FROM sijil.record"), "900|900");
}
