//! All tables from nothing: into a schema of their own, then swapped in one transaction. Invariant:
//! a reader sees the old tables or the new ones, each at one position.

use std::time::{Duration, Instant};

use serde::Serialize;
use sijil_ledger::Desk;
use sijil_schemas::{Position, time::Timestamp};

use crate::{
    error::{PublishError, While},
    groups::{GROUPS, Group, Owner, tables},
    limits::{COPY_BYTES, OWNERS_HELD_MAX, SWAP_PAUSE_MS, SWAP_TRIES_MAX, SWAP_WAIT_MS},
    reading::{Openings, Reading},
    reports,
    sheet::Sheet,
    sql,
    table::Table,
    target::{NEXT, OLD, Target, edition, hex},
};

/// What a rebuild did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// The position the tables reflect.
    pub position: Position,
    /// How many tables there are.
    pub tables: usize,
    /// How many rows they have.
    pub rows: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Records per second, over all of it.
    pub records_per_s: u64,
    /// How long readers of the old tables may have waited for the swap that succeeded, in
    /// milliseconds.
    pub locked_ms: u64,
    /// Foreign keys that do not hold and so are not there.
    pub missing: Vec<String>,
}

/// The moment the tables reflect.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub(crate) position: Position,
    pub(crate) recorded_at: Timestamp,
    pub(crate) root: String,
}

impl Moment {
    /// Where the views of a ledger stand.
    pub(crate) fn now(ledger: &Desk) -> Result<Moment, PublishError> {
        ledger.vouches(None)?;
        let views = ledger.views();
        let (position, recorded_at) = (views.position(), views.recorded_at());
        drop(views);
        match (recorded_at, ledger.root_at(position)?) {
            (Some(recorded_at), Some(root)) => {
                Ok(Moment { position, recorded_at, root: hex(&root) })
            }
            _ => Err(PublishError::Empty),
        }
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Builds every table anew and swaps them in; `heard` hears how many rows there are so far.
pub(crate) fn rebuild(
    target: &mut Target,
    ledger: &Desk,
    heard: &mut dyn FnMut(u64),
) -> Result<Rebuilt, PublishError> {
    target.whole = false;
    let (begun, moment) = (Instant::now(), Moment::now(ledger)?);
    let [next, old] = [next(target), old(target)];
    target.published(ledger.id())?;
    // They will be dropped, so they must be what an earlier rebuild left.
    for schema in [&next, &old] {
        target.published_in(schema, ledger.id())?;
    }
    refuse_copies(target)?;
    let built = build(target, ledger, &next, &moment, heard);
    let (rows, missing) = built.inspect_err(|_| target.give_up())?;
    let locked_ms = swap(target, &next)?;
    drop_old(target);
    target.whole = true;
    let took_ms = millis(begun);
    let records_per_s = moment.position.get().saturating_mul(1_000) / took_ms.max(1);
    Ok(Rebuilt {
        position: moment.position,
        tables: tables().count() + 1,
        rows,
        took_ms,
        records_per_s,
        locked_ms,
        missing,
    })
}

/// Where tables are made.
fn next(target: &Target) -> String {
    format!("{}{NEXT}", target.schema)
}
/// Where tables wait that were swapped out.
fn old(target: &Target) -> String {
    format!("{}{OLD}", target.schema)
}

fn build(
    target: &mut Target,
    ledger: &Desk,
    next: &str,
    moment: &Moment,
    heard: &mut dyn FnMut(u64),
) -> Result<(u64, Vec<String>), PublishError> {
    let doing = "made tables";
    target
        .client
        .batch_execute(&format!("BEGIN; DROP SCHEMA IF EXISTS {} CASCADE", sql::name(next)))
        .while_it(doing)?;
    target.client.batch_execute(&sql::create(next, target.personal)).while_it(doing)?;
    let (mut rows, mut refused) = (0, reports::Refused::new());
    for group in GROUPS {
        rows += fill(target, ledger, next, group, moment, &mut |so_far| heard(rows + so_far))?;
    }
    for report in reports::all() {
        let mut sheet = report.made(ledger, moment, target.personal, &mut refused);
        rows += sheet.rows();
        flush(target, next, &mut sheet, &[&report.table])?;
    }
    for table in tables() {
        target.client.batch_execute(&sql::keys(next, table)).while_it("indexed tables")?;
    }
    let missing = add_references(target, next)?;
    target.client.batch_execute(&sql::comments(next, target.personal)).while_it(doing)?;
    let insert = format!(
        "INSERT INTO {} VALUES ($1, $2, $2, $3, $4::text::timestamptz, $5, $6, $7::text::jsonb)",
        sql::place(next, sql::PUBLISHED)
    );
    let position = i64::try_from(moment.position.get()).unwrap_or(i64::MAX);
    let refused = serde_json::Value::Object(refused).to_string();
    let values: [&(dyn postgres::types::ToSql + Sync); 7] = [
        &ledger.id().to_string(),
        &position,
        &moment.root,
        &moment.recorded_at.to_string(),
        &edition(),
        &target.personal,
        &refused,
    ];
    target.client.execute(&insert, &values).while_it(doing)?;
    let all: Vec<String> = tables().map(|table| sql::place(next, table.name)).collect();
    target.client.batch_execute(&format!("ANALYZE {}; COMMIT", all.join(", "))).while_it(doing)?;
    Ok((rows, missing))
}

/// Makes and sends the rows of a group, some owners at a time, so that the views are held only
/// briefly.
fn fill(
    target: &mut Target,
    ledger: &Desk,
    next: &str,
    group: &Group,
    moment: &Moment,
    heard: &mut dyn FnMut(u64),
) -> Result<u64, PublishError> {
    let mut sheet = Sheet::new(group.tables, target.personal);
    let owners = match group.owner {
        Owner::Each(kind) => {
            Reading::at(&ledger.views(), moment.position, &Openings::default()).ids(kind)
        }
        Owner::Whole(_) => vec![String::new()],
    };
    for owners in owners.chunks(OWNERS_HELD_MAX) {
        group.make(ledger, owners, moment.position, &mut sheet)?;
        if sheet.parts().map(|(_, rows)| rows.len()).sum::<usize>() >= COPY_BYTES {
            flush(target, next, &mut sheet, group.tables)?;
            heard(sheet.rows());
        }
    }
    flush(target, next, &mut sheet, group.tables)?;
    Ok(sheet.rows())
}

fn flush(
    target: &mut Target,
    next: &str,
    sheet: &mut Sheet,
    tables: &[&'static Table],
) -> Result<(), PublishError> {
    for (place, table) in tables.iter().enumerate() {
        let rows = sheet.take(place);
        if !rows.is_empty() {
            target.copy(&sql::place(next, table.name), &rows)?;
        }
    }
    Ok(())
}

/// Adds the foreign keys; one that does not hold is left out, and told.
fn add_references(target: &mut Target, next: &str) -> Result<Vec<String>, PublishError> {
    let doing = "checked references";
    let mut missing = Vec::new();
    for (constraint, statement) in tables().flat_map(|table| sql::references(next, table)) {
        target.client.batch_execute("SAVEPOINT reference").while_it(doing)?;
        match target
            .client
            .batch_execute(&format!(
                "{statement}; SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"
            ))
            .while_it(doing)
        {
            Ok(()) => (),
            Err(error) if error.names_a_missing_row() => {
                tracing::warn!(
                    %error,
                    constraint,
                    "a row names one that is not there; the tables go without this foreign key"
                );
                target.client.batch_execute("ROLLBACK TO SAVEPOINT reference").while_it(doing)?;
                missing.push(constraint);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(missing)
}

/// Puts the new schema in the place of the old one. Readers of the old tables are waited for, a
/// little at a time; what was granted, and views on the tables, move along.
fn swap(target: &mut Target, next: &str) -> Result<u64, PublishError> {
    let mut tries = 0;
    loop {
        tries += 1;
        match swap_once(target, next) {
            Err(PublishError::Server { source, .. })
                if source.code() == Some(&postgres::error::SqlState::LOCK_NOT_AVAILABLE) =>
            {
                target.give_up();
                if tries == SWAP_TRIES_MAX {
                    let waited_s = tries * (SWAP_WAIT_MS + SWAP_PAUSE_MS) / 1_000;
                    return Err(PublishError::Held { schema: target.schema.clone(), waited_s });
                }
                std::thread::sleep(Duration::from_millis(SWAP_PAUSE_MS));
            }
            Err(error) => {
                target.give_up();
                return Err(error);
            }
            done => return done,
        }
    }
}

fn swap_once(target: &mut Target, next: &str) -> Result<u64, PublishError> {
    let (doing, schema, old) = ("swapped the tables", target.schema.clone(), old(target));
    let client = &mut target.client;
    client
        .batch_execute(&format!(
            "BEGIN; SET LOCAL lock_timeout = '{SWAP_WAIT_MS}ms'; DROP SCHEMA IF EXISTS {} CASCADE",
            sql::name(&old)
        ))
        .while_it(doing)?;
    let there: Vec<String> = client
        .query(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE \
             n.nspname = $1 AND c.relkind = 'r' ORDER BY 1",
            &[&schema],
        )
        .while_it(doing)?
        .iter()
        .map(|row| sql::place(&schema, row.get(0)))
        .collect();
    let exists = client
        .query_opt("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&schema])
        .while_it(doing)?
        .is_some();
    if exists {
        client.batch_execute(&grants(&schema, next)).while_it("granted again what was granted")?;
    }
    let views = client.query(VIEWS, &[&schema]).while_it(doing)?;
    // From here on new readers wait, behind the first table that still has one.
    let locked = Instant::now();
    if !there.is_empty() {
        client
            .batch_execute(&format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", there.join(", ")))
            .while_it(doing)?;
    }
    if exists {
        client
            .batch_execute(&format!(
                "ALTER SCHEMA {} RENAME TO {}",
                sql::name(&schema),
                sql::name(&old)
            ))
            .while_it(doing)?;
    }
    client
        .batch_execute(&format!(
            "ALTER SCHEMA {} RENAME TO {}",
            sql::name(next),
            sql::name(&schema)
        ))
        .while_it(doing)?;
    for view in &views {
        let (view, definition): (String, String) = (view.get(0), view.get(1));
        client
            .batch_execute(&format!("CREATE OR REPLACE VIEW {view} AS {definition}"))
            .while_it("made a view on the tables again")?;
    }
    client.batch_execute("COMMIT").while_it(doing)?;
    Ok(millis(locked))
}

/// Views elsewhere that read tables of a schema: (name, definition).
const VIEWS: &str = "SELECT DISTINCT quote_ident(m.nspname) || '.' || quote_ident(v.relname), \
                     pg_get_viewdef(v.oid) FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid \
                     AND d.classid = 'pg_rewrite'::regclass JOIN pg_class v ON v.oid = r.ev_class \
                     AND v.relkind = 'v' JOIN pg_namespace m ON m.oid = v.relnamespace JOIN \
                     pg_class t ON t.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass JOIN \
                     pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = $1 AND m.nspname \
                     <> $1";

/// Materialized views elsewhere that read tables of a schema.
const COPIES: &str = "SELECT m.nspname || '.' || v.relname FROM pg_depend d JOIN pg_rewrite r ON \
                      r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass JOIN pg_class v ON \
                      v.oid = r.ev_class AND v.relkind = 'm' JOIN pg_namespace m ON m.oid = \
                      v.relnamespace JOIN pg_class t ON t.oid = d.refobjid AND d.refclassid = \
                      'pg_class'::regclass JOIN pg_namespace n ON n.oid = t.relnamespace WHERE \
                      n.nspname = $1 AND m.nspname <> $1 ORDER BY 1 LIMIT 1";

/// Refuses to swap tables out that somebody has built a materialized view on: it would go with
/// them.
fn refuse_copies(target: &mut Target) -> Result<(), PublishError> {
    match target
        .client
        .query_opt(COPIES, &[&target.schema])
        .while_it("was asked what is built on the tables")?
    {
        Some(row) => Err(PublishError::Copied { schema: target.schema.clone(), view: row.get(0) }),
        None => Ok(()),
    }
}

/// Grants on a schema what was granted on another: its use, and reading its tables.
fn grants(from: &str, to: &str) -> String {
    let (from, to) = (sql::literal(from), sql::literal(to));
    format!(
        "DO $do$ DECLARE g record; BEGIN FOR g IN SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE \
         quote_ident(pg_get_userbyid(a.grantee)) END AS who FROM pg_namespace n, \
         aclexplode(n.nspacl) a WHERE n.nspname = {from} AND a.privilege_type = 'USAGE' LOOP \
         EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', {to}, g.who); END LOOP; FOR g IN SELECT \
         CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS \
         who, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, \
         aclexplode(c.relacl) a WHERE n.nspname = {from} AND c.relkind = 'r' AND a.privilege_type \
         = 'SELECT' AND EXISTS (SELECT FROM pg_class x JOIN pg_namespace y ON y.oid = \
         x.relnamespace WHERE y.nspname = {to} AND x.relname = c.relname) LOOP EXECUTE \
         format('GRANT SELECT ON %I.%I TO %s', {to}, g.relname, g.who); END LOOP; END $do$"
    )
}

/// Drops the tables that were swapped out. A reader may still hold one: then they stay until the
/// next swap.
fn drop_old(target: &mut Target) {
    let old = old(target);
    let statement = format!(
        "BEGIN; SET LOCAL lock_timeout = '10s'; DROP SCHEMA IF EXISTS {} CASCADE; COMMIT",
        sql::name(&old)
    );
    if let Err(error) = target.client.batch_execute(&statement) {
        target.give_up();
        tracing::warn!(
            %error,
            schema = old,
            "the old tables are still read; they go with the next swap"
        );
    }
}
