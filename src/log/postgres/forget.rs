//! Taking personal bytes out of the log in Postgres. Invariant: parts are only taken out, and only
//! of the records they were recorded with; what was done is done again without harm.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use ::postgres::{Client, Error};
use sijil_schemas::record::{Position, StoredRecord};

use super::{
    PostgresLog,
    line::{Session, connect, told},
    signed,
};

/// How many records one statement looks at.
const ROWS: usize = 512;
/// A table up to this size is written anew, so that nothing of what was taken out is left in the
/// free space of its pages. Nobody appends meanwhile.
const REWRITTEN_BYTES_MAX: i64 = 1 << 30;
/// How often it is looked whether anybody still sees what was taken out, and for how long between.
const LOOKS_MAX: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

const STANDS: &str = "SELECT position, public, personal FROM sijil.record WHERE log_id = $1 AND \
                      position = ANY($2) ORDER BY position FOR UPDATE";
const LEAVE: &str = "UPDATE sijil.record AS r SET personal = l.personal FROM \
                     unnest($2::bigint[], $3::bytea[]) AS l (position, personal) WHERE r.log_id = \
                     $1 AND r.position = l.position";
const LOCKS: &str = "SET lock_timeout = '5s'";
const SWEEP: &str = "VACUUM sijil.record";
const STILL_THERE: &str = "SELECT pg_stat_get_dead_tuples('sijil.record'::regclass)";
const BYTES: &str = "SELECT pg_table_size('sijil.record')";
const WRITE_ANEW: &str = "VACUUM (FULL) sijil.record";

impl PostgresLog {
    /// Takes out what is missing in these records, in one transaction, and sweeps the table.
    pub(crate) fn take_out(&self, left: &[StoredRecord]) -> io::Result<()> {
        if left.is_empty() {
            return Ok(());
        }
        let (done, warned) = self.acting.ask(|session| {
            session.warned();
            Ok((taken_out(session, left)?, session.warned()))
        })?;
        done?;
        if warned {
            return Err(io::Error::other(
                "the database did not wait for its standby: whether what was taken out is gone \
                 there is not known",
            ));
        }
        // A connection of its own: appends do not wait for the sweeping.
        let warned = Arc::new(AtomicBool::new(false));
        let mut client = connect(&self.acting.address, &warned)?;
        swept(&mut client, &warned)
    }
}

/// All of it, or nothing and why.
fn taken_out(session: &mut Session, left: &[StoredRecord]) -> Result<io::Result<()>, Error> {
    let log_id = session.log_id;
    let mut transaction = session.client.transaction()?;
    for some in left.chunks(ROWS) {
        let positions: Vec<i64> = some.iter().map(|record| signed(record.position())).collect();
        let rows = transaction.query(STANDS, &[&log_id, &positions])?;
        let (mut changed, mut personal) = (Vec::new(), Vec::<Option<Vec<u8>>>::new());
        for record in some {
            let at = signed(record.position());
            let row = rows.iter().find(|row| row.try_get::<_, i64>(0).is_ok_and(|is| is == at));
            let stands = match row {
                Some(row) => Some((row.try_get(1)?, row.try_get(2)?)),
                None => None,
            };
            match without(stands, record) {
                Ok(None) => (),
                Ok(Some(rest)) => {
                    changed.push(at);
                    personal.push((!rest.is_empty()).then(|| rest.into_vec()));
                }
                Err(error) => {
                    transaction.rollback()?;
                    return Ok(Err(error));
                }
            }
        }
        if !changed.is_empty() {
            transaction.execute(LEAVE, &[&log_id, &changed, &personal])?;
        }
    }
    transaction.commit()?;
    Ok(Ok(()))
}

/// What a row keeps of its personal bytes; `None` if that is what it has. What it lacks already is
/// not given back, whoever took it out.
fn without(
    stands: Option<(&[u8], Option<&[u8]>)>,
    left: &StoredRecord,
) -> io::Result<Option<Box<[u8]>>> {
    let position = left.position();
    let Some((public, personal)) = stands else {
        return Err(another(position, "there is none"));
    };
    if *public != *left.public {
        return Err(another(position, "its public bytes are others"));
    }
    left.check_commitments().map_err(|error| another(position, &error.what))?;
    let personal = personal.unwrap_or_default().into();
    let stands = StoredRecord { public: public.into(), personal };
    let rest = stands.without_parts(&left.missing_numbers());
    let (rest, removed) = rest.map_err(|error| another(position, &error.what))?;
    Ok((removed > 0).then_some(rest.personal))
}

fn another(position: Position, what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("expected record {position} as it is known here: {what}; nothing was taken out"),
    )
}

/// Removes what no row shows any more from the files of the table.
fn swept(client: &mut Client, warned: &AtomicBool) -> io::Result<()> {
    let refused = |error: Error| told(&error);
    client.batch_execute(LOCKS).map_err(refused)?;
    let mut looks = 1;
    loop {
        client.batch_execute(SWEEP).map_err(refused)?;
        if warned.load(Ordering::Acquire) {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "expected the right to VACUUM sijil.record, the database refuses it: what was \
                 taken out is still in the files of the table",
            ));
        }
        let there: i64 = ask(client, STILL_THERE)?;
        if there <= 0 {
            break;
        }
        if looks == LOOKS_MAX {
            return Err(io::Error::new(
                io::ErrorKind::WouldBlock,
                format!(
                    "{there} rows as they were before are still in the table, since a transaction \
                     that began earlier may look at them; try again when it has ended"
                ),
            ));
        }
        looks += 1;
        thread::sleep(PAUSE);
    }
    let bytes: i64 = ask(client, BYTES)?;
    if bytes <= REWRITTEN_BYTES_MAX {
        return client.batch_execute(WRITE_ANEW).map_err(refused);
    }
    tracing::warn!(
        bytes,
        "what was taken out is in no row; the free space of the table's pages may keep its bytes \
         until others are written there, or until `{WRITE_ANEW}`, which nobody can append beside"
    );
    Ok(())
}

fn ask(client: &mut Client, question: &str) -> io::Result<i64> {
    client.query_one(question, &[]).and_then(|row| row.try_get(0)).map_err(|error| told(&error))
}
