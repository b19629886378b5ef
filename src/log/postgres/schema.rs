//! The tables, as the files under `schemas/sql` make them. Invariant: a database of a newer Sijil
//! is refused, and one that is up to date is not written to.

use std::{
    error::Error,
    io,
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Duration,
};

use ::postgres::Client;
use refinery::{Migration, Runner};

use super::{
    address::Address,
    line::{connect, told},
};
use crate::tree;

const MIGRATIONS: [(&str, &str); 1] =
    [("V1__log", include_str!("../../../schemas/sql/0001_log.sql"))];
const DONE: &str = "sijil.migrations";
/// Nodes that start at once get into each other's way; so often one tries again.
const TRIES_MAX: u32 = 10;
const PAUSE: Duration = Duration::from_millis(100);

const DONE_IS_THERE: &str = "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = \
                             c.relnamespace WHERE n.nspname = 'sijil' AND c.relname = \
                             'migrations')";
const SCHEMA_IS_THERE: &str = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'sijil')";
const NEW_LOG: &str = "INSERT INTO sijil.log (log_id, name, next, root, fence) SELECT \
                       coalesce(max(log_id), 0) + 1, $1, 1, $2, 0 FROM sijil.log";

/// Sees to it that tables and log are there; says the log's id.
pub(crate) fn prepare(address: &Address, make: bool) -> io::Result<i32> {
    let mut client = connect(address, &Arc::new(AtomicBool::new(false)))?;
    let mut tries = 0;
    loop {
        match tried(&mut client, address, make) {
            Err(error)
                if error.kind() == io::ErrorKind::Other
                    && make
                    && tries < TRIES_MAX
                    && !client.is_closed() =>
            {
                tracing::debug!(%error, "the tables of the log are made by somebody else, perhaps");
                tries += 1;
                thread::sleep(PAUSE);
            }
            other => return other,
        }
    }
}

fn tried(client: &mut Client, address: &Address, make: bool) -> io::Result<i32> {
    let mut is = |question: &str| -> io::Result<bool> {
        client.query_one(question, &[]).and_then(|row| row.try_get(0)).map_err(|error| told(&error))
    };
    let (schema, done) = (is(SCHEMA_IS_THERE)?, is(DONE_IS_THERE)?);
    if !done && !make {
        return Err(missing(format!(
            "expected the tables of a log in {address}, found none; the first `sijil serve` makes \
             them"
        )));
    }
    if !schema {
        client.batch_execute("CREATE SCHEMA sijil").map_err(|error| told(&error))?;
    }
    let last = if done { applied(client)? } else { 0 };
    let newest = i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX);
    if last > newest {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("the tables have version {last}, this Sijil knows {newest}; use a newer one"),
        ));
    }
    if last < newest {
        if !make {
            return Err(missing(format!(
                "the tables in {address} have version {last}, expected {newest}; the next `sijil \
                 serve` brings them up"
            )));
        }
        migrate(client)?;
    }
    match log(client, &address.name)? {
        Some(log_id) => Ok(log_id),
        None if make => {
            client
                .execute(NEW_LOG, &[&address.name, &&tree::empty_root()[..]])
                .map_err(|error| told(&error))?;
            log(client, &address.name)?
                .ok_or_else(|| io::Error::other("the log's row did not stay"))
        }
        None => {
            Err(missing(format!("expected a log named {} in {address}, found none", address.name)))
        }
    }
}

fn missing(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, what)
}

fn applied(client: &mut Client) -> io::Result<i32> {
    let row = client.query_one(&format!("SELECT coalesce(max(version), 0) FROM {DONE}"), &[]);
    row.and_then(|row| row.try_get(0)).map_err(|error| told(&error))
}

fn migrate(client: &mut Client) -> io::Result<()> {
    let with_causes = |error: refinery::Error| {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(next) = cause {
            text = format!("{text}: {next}");
            cause = next.source();
        }
        io::Error::other(text)
    };
    let migrations: Result<Vec<Migration>, _> =
        MIGRATIONS.iter().map(|(name, sql)| Migration::unapplied(name, sql)).collect();
    let mut runner = Runner::new(&migrations.map_err(with_causes)?).set_grouped(true);
    runner.set_migration_table_name(DONE);
    runner.run(client).map_err(with_causes)?;
    Ok(())
}

fn log(client: &mut Client, name: &str) -> io::Result<Option<i32>> {
    let row = client
        .query_opt("SELECT log_id FROM sijil.log WHERE name = $1", &[&name])
        .map_err(|error| told(&error))?;
    row.map(|row| row.try_get(0)).transpose().map_err(|error| told(&error))
}
