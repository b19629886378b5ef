//! The log in Postgres over a real server, and what goes wrong there. Invariant: each test has a
//! database of its own, and each node a directory.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sijil_log::{
    AppendError, Batch, Reader, Writer,
    machine::Disk,
    mirror::{self, MirrorReader, MirrorWriter},
    postgres::{PostgresLog, Way},
    seam::Storage,
};
use sijil_peers::{Cut, Postgres, Proxy};
use sijil_schemas::record::Position;
use tempfile::TempDir;

use crate::records::{batch, entry, fill, holds, id, record_saying, touched};

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

    /// The same, reached through a proxy.
    fn through(&self, proxy: &Proxy) -> Place {
        let port = Postgres::shared().unwrap().port();
        let url = self.url.replace(&format!(":{port}/"), &format!(":{}/", proxy.port()));
        Place { url, ..self.beside() }
    }

    /// Another node on the same log.
    pub(crate) fn beside(&self) -> Place {
        Place {
            url: self.url.clone(),
            database: self.database.clone(),
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn opened(&self, way: Way) -> (MirrorWriter, MirrorReader) {
        self.tried(way).unwrap()
    }

    fn tried(&self, way: Way) -> Result<(MirrorWriter, MirrorReader), String> {
        let log = PostgresLog::connect_with(&self.url.parse().unwrap(), true, way)
            .map_err(|error| error.to_string())?;
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        mirror::open(&storage, self.dir.path(), Arc::new(log), &touched(), &|_, _| ())
            .map_err(|error| format!("{error:?}"))
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
    assert!(
        matches!(lost, Err(AppendError::Conflict { head, .. }) if head == Position::new(41)),
        "{lost:?}"
    );
    holds(&reader, 41);
    one.append(Position::new(41), &batch(42..=900)).unwrap();
    assert_eq!(other.latest().unwrap(), Position::new(900));
    holds(&other, 900);
    assert_eq!(here.sql("SELECT count(*), max(position) FROM sijil.record"), "900|900");
}

#[test]
fn an_append_whose_answer_is_lost_is_known_again() {
    let Some(place) = Place::new() else { return };
    let proxy = Proxy::to(Postgres::shared().unwrap().port());
    let mut at = 0;
    for way in [Way::Insert, Way::Copy] {
        let here = place.through(&proxy);
        let (mut writer, reader) = here.opened(way);
        for cut in [Cut::Before, Cut::After, Cut::Late, Cut::After, Cut::Late] {
            fill(&mut writer, at, at + 10);
            proxy.cut(id(at + 13).as_bytes(), cut, 1);
            writer
                .append(Position::new(at + 10), &batch(at + 11..=at + 20))
                .unwrap_or_else(|error| panic!("{way:?} {cut:?}: {error:?}"));
            at += 20;
            holds(&reader, at);
        }
    }
    assert_eq!(proxy.cuts(), 10);
    // What was held back has arrived by now, and changed nothing.
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(place.sql("SELECT count(*), max(position) FROM sijil.record"), format!("{at}|{at}"));
    let (_, anew) = place.opened(Way::Fitting);
    holds(&anew, at);
}

#[test]
fn serialisation_failures_and_deadlocks_are_sent_again() {
    let Some(here) = Place::new() else { return };
    for way in [Way::Insert, Way::Copy] {
        let (mut writer, reader) = here.opened(way);
        let at = reader.head().unwrap().position.get();
        here.sql(
            "CREATE SEQUENCE IF NOT EXISTS trouble; CREATE OR REPLACE FUNCTION fail() RETURNS \
             trigger LANGUAGE plpgsql AS $$ DECLARE n bigint := nextval('trouble'); BEGIN IF n % 3 \
             = 0 THEN RAISE 'made up' USING ERRCODE = '40001'; ELSIF n % 5 = 0 THEN RAISE 'made \
             up' USING ERRCODE = '40P01'; END IF; RETURN NEW; END $$; CREATE OR REPLACE TRIGGER \
             fail BEFORE UPDATE ON sijil.log FOR EACH ROW EXECUTE FUNCTION fail()",
        );
        fill(&mut writer, at, at + 200);
        holds(&reader, at + 200);
        here.sql("DROP TRIGGER fail ON sijil.log");
    }
    assert_eq!(here.sql("SELECT count(*), max(position) FROM sijil.record"), "400|400");
    println!(
        "{} changes of the log's row, of which seven in fifteen failed",
        here.sql("SELECT last_value FROM trouble")
    );
}

#[test]
fn a_slow_reader_holds_nobody_up_and_misses_nothing() {
    let Some(here) = Place::new() else { return };
    let proxy = Proxy::to(Postgres::shared().unwrap().port());
    let (mut writer, reader) = here.opened(Way::Fitting);
    let far = here.through(&proxy);
    let (_, slow) = far.opened(Way::Fitting);
    proxy.slow(Duration::from_millis(2));
    for at in (0..2_000).step_by(50) {
        writer.append(Position::new(at), &batch(at + 1..=at + 50)).unwrap();
    }
    holds(&reader, 2_000);
    println!(
        "the writer was at 2,000 when the slow reader was at {}",
        slow.head().unwrap().position
    );
    let mut seen = Position::ZERO;
    while seen < Position::new(2_000) {
        seen = slow.wait(seen, Duration::from_secs(60)).unwrap();
    }
    holds(&slow, 2_000);
}

#[test]
fn a_database_that_has_lost_records_is_not_written_to() {
    let Some(here) = Place::new() else { return };
    let (mut writer, reader) = here.opened(Way::Fitting);
    fill(&mut writer, 0, 40);
    let root: String = reader
        .root_at(Position::new(30))
        .unwrap()
        .unwrap()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    here.sql(&format!(
        "DELETE FROM sijil.record WHERE position > 30; UPDATE sijil.log SET next = 31, root = \
         '\\x{root}'"
    ));
    let refused = writer.append(Position::new(40), &batch(41..=45));
    assert!(refused.is_err(), "{refused:?}");
    assert!(reader.latest().is_err());
    // It grows again, by others' records: the copy is still longer than the history they have in
    // common.
    let there = here.beside();
    let (mut other, _) = there.opened(Way::Fitting);
    other.append(Position::new(30), &batch([31])).unwrap();
    for at in 31..60 {
        other
            .append(
                Position::new(at),
                &Batch { entries: vec![entry(record_saying(at + 1, "other"))] },
            )
            .unwrap();
    }
    assert!(reader.latest().is_err());
    holds(&reader, 40);
    drop((writer, reader));
    let refused = here.tried(Way::Fitting).err().unwrap();
    assert!(refused.contains("does not hold the history"), "{refused}");
}
