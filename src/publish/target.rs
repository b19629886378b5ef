//! The database the tables go to: one connection, one schema, one owner. Invariant: a schema is
//! touched only if it holds this ledger's tables, or nothing.

use std::time::Duration;

use postgres::{Client, Config};
use sha2::{Digest, Sha256};
use sijil_ledger::{Desk, Export, Taking};
use sijil_schemas::{ExportOf, ExportPurpose, Position};
use uuid::Uuid;

use crate::{
    error::{PublishError, While},
    groups::tables,
    limits::{CONNECT_S_MAX, SILENCE_S_MAX},
    sql,
    tls::{Protection, Unconnected},
};

/// Raised by every change of what the rows of a table say.
const EDITION: u32 = 1;

/// Where tables go, and which.
#[derive(Clone, PartialEq, Eq)]
pub struct Options {
    /// The server, as in `postgres://user@host/database`.
    pub to: String,
    /// The schema that holds the tables.
    pub schema: String,
    /// Whether the columns with what is personal are there.
    pub personal: bool,
    /// How often reports are asked anew while the tables are kept up.
    pub reports_every: Duration,
}

impl std::fmt::Debug for Options {
    /// The address may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("schema", &self.schema)
            .field("personal", &self.personal)
            .finish_non_exhaustive()
    }
}

/// What the tables of a schema reflect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) ledger: String,
    pub(crate) position: Position,
    pub(crate) reports: Position,
    pub(crate) root: String,
    pub(crate) edition: String,
    pub(crate) personal: bool,
}

/// The database.
pub(crate) struct Target {
    pub(crate) client: Client,
    pub(crate) schema: String,
    pub(crate) personal: bool,
    /// What leaves for it, once it is recorded that something does.
    export: Option<Export>,
    /// Whether the tables have all that was asked for.
    pub(crate) whole: bool,
}

impl Drop for Target {
    fn drop(&mut self) {
        let whole = self.whole;
        self.export.take().into_iter().for_each(|export| export.end(whole));
    }
}

fn address(to: &str) -> Result<(Config, Protection), PublishError> {
    // Without user, password and options: those may hold one, too.
    let shown = |to: &str| {
        let (scheme, rest) = to.split_once("://").unwrap_or(("", to));
        let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
        let place: String = place.chars().take_while(|c| *c != '?').take(80).collect();
        if scheme.is_empty() { place } else { format!("{scheme}://{place}") }
    };
    let bad = |why: String| PublishError::Address { got: shown(to), why };
    let (place, options) = to.split_once('?').unwrap_or((to, ""));
    let (protection, options) = Protection::taken(options).map_err(bad)?;
    let mut config: Config =
        format!("{place}?{options}").parse().map_err(|e: postgres::Error| bad(e.to_string()))?;
    config
        .connect_timeout(Duration::from_secs(CONNECT_S_MAX))
        .tcp_user_timeout(Duration::from_secs(SILENCE_S_MAX))
        .application_name("sijil publish");
    Ok((config, protection))
}

/// What the schema is called that tables are made in, behind the name of the one they are for.
pub(crate) const NEXT: &str = "__next";
/// The same of the one they are swapped out to.
pub(crate) const OLD: &str = "__old";

fn checked(schema: &str) -> Result<(), PublishError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = |c: char| c.is_ascii_lowercase() || c == '_';
    // Tables are made in one of these, and swapped out to the other.
    let ours = schema.ends_with(NEXT) || schema.ends_with(OLD);
    let fine = !ours
        && (1..=40).contains(&schema.len())
        && schema.chars().all(allowed)
        && schema.starts_with(begins);
    if fine && !schema.starts_with("pg_") {
        Ok(())
    } else {
        Err(PublishError::Schema { got: schema.chars().take(80).collect() })
    }
}

/// A digest of all definitions: tables of another one are rebuilt.
pub(crate) fn edition() -> String {
    let mut hash = Sha256::new();
    hash.update(EDITION.to_le_bytes());
    hash.update(format!("{:?}", sql::PUBLISHED_COLUMNS));
    tables().for_each(|table| hash.update(sql::definition(table)));
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

impl Target {
    /// Connects, and keeps everybody else from publishing into the schema as long as the connection
    /// lasts.
    pub(crate) fn connect(options: &Options) -> Result<Target, PublishError> {
        checked(&options.schema)?;
        let (config, protection) = address(&options.to)?;
        let mut client = protection.connect(&config).map_err(|error| match error {
            Unconnected::Roots(error) => PublishError::Roots(error),
            Unconnected::Server(source) => {
                PublishError::Server { doing: "was being connected to", source }
            }
        })?;
        // Words of this session: what a server's own settings would change.
        client
            .batch_execute(
                "SET search_path = pg_catalog; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'",
            )
            .while_it("was being greeted")?;
        let key = format!("sijil publish {}", options.schema);
        let taken = client
            .query_one("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", &[&key])
            .while_it("was asked for the schema")?;
        if !taken.get::<_, bool>(0) {
            return Err(PublishError::Taken { schema: options.schema.clone() });
        }
        let (schema, personal) = (options.schema.clone(), options.personal);
        Ok(Target { client, schema, personal, export: None, whole: false })
    }

    /// Says that rows of a ledger will leave for it: recorded before the first does.
    pub(crate) fn take_from(&mut self, ledger: &Desk) -> Result<(), PublishError> {
        let export = ledger.export(Taking {
            what: ExportOf::Tables,
            purpose: ExportPurpose::Publication,
            filter: Some(format!("schema={}", self.schema)),
            personal: self.personal,
            known_at: None,
        });
        self.export = Some(export.map_err(Box::new)?);
        Ok(())
    }

    /// What the schema holds of this ledger; `None` if it is empty or not there.
    pub(crate) fn published(&mut self, ours: Uuid) -> Result<Option<Published>, PublishError> {
        self.published_in(&self.schema.clone(), ours)
    }

    /// The same of another schema: the ones that tables are made in and swapped out to.
    pub(crate) fn published_in(
        &mut self,
        schema: &str,
        ours: Uuid,
    ) -> Result<Option<Published>, PublishError> {
        let doing = "was asked what it holds";
        let held = "SELECT count(*) FILTER (WHERE c.relname = 'published'), count(*) FROM pg_class \
                    c JOIN pg_namespace n ON c.relnamespace = n.oid WHERE n.nspname = $1 AND \
                    c.relkind IN ('r', 'v', 'm', 'p', 'f', 'S')";
        // Functions and types without a table are somebody's, too; each table has a type of its
        // own.
        let others = "SELECT EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON p.pronamespace = \
                      n.oid WHERE n.nspname = $1) OR EXISTS (SELECT FROM pg_type t JOIN \
                      pg_namespace n ON t.typnamespace = n.oid WHERE n.nspname = $1 AND t.typrelid \
                      = 0 AND t.typelem = 0)";
        let row = self.client.query_one(held, &[&schema]).while_it(doing)?;
        let (published, all): (i64, i64) = (row.get(0), row.get(1));
        let others: bool = self.client.query_one(others, &[&schema]).while_it(doing)?.get(0);
        let foreign = || PublishError::Foreign { schema: schema.to_owned() };
        match (published, all) {
            (_, 0) if !others => return Ok(None),
            (0, _) => return Err(foreign()),
            _ => (),
        }
        let select = format!(
            "SELECT ledger_id, position, reports_position, root, edition, personal FROM {}",
            sql::place(schema, sql::PUBLISHED)
        );
        let rows = match self.client.query(&select, &[]) {
            // Another table of that name; a server that is gone says nothing about its tables.
            Err(error) if error.code().is_some_and(|code| code.code().starts_with("42")) => {
                return Err(foreign());
            }
            other => other.while_it(doing)?,
        };
        let row = rows.first().ok_or_else(foreign)?;
        let position =
            |column: usize| Position::new(u64::try_from(row.get::<_, i64>(column)).unwrap_or(0));
        let published = Published {
            ledger: row.get(0),
            position: position(1),
            reports: position(2),
            root: row.get(3),
            edition: row.get(4),
            personal: row.get(5),
        };
        if published.ledger == ours.to_string() {
            Ok(Some(published))
        } else {
            Err(PublishError::OtherLedger {
                schema: schema.to_owned(),
                theirs: published.ledger,
                ours,
            })
        }
    }

    /// Reads rows into a table.
    pub(crate) fn copy(&mut self, place: &str, rows: &str) -> Result<(), PublishError> {
        use std::io::Write;
        let doing = "took rows";
        let mut writer = self.client.copy_in(&sql::copy(place)).while_it(doing)?;
        // The error of a broken stream is told when it is finished.
        let written = writer.write_all(rows.as_bytes());
        writer.finish().while_it(doing)?;
        debug_assert!(written.is_ok(), "a stream that was finished had taken everything");
        if let Some(export) = &mut self.export {
            export.take(rows.lines().count() as u64, rows.as_bytes());
        }
        Ok(())
    }

    /// Ends a transaction that failed; the error that made it fail is the one to tell.
    pub(crate) fn give_up(&mut self) {
        if let Err(error) = self.client.batch_execute("ROLLBACK") {
            tracing::debug!(%error, "nothing to roll back");
        }
    }
}

/// A hash in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
