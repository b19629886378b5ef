//! The words of the command line. Invariant: global options stand before or after the subcommand.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::{guard::Guard, home::Home, keeping, output::Format, persons, proofs, write::Record};

/// The event-sourced ledger of a trading company.
#[derive(Debug, Parser)]
#[command(name = "sijil", version, about, propagate_version = true)]
pub struct Arguments {
    /// The data directory.
    #[arg(long, global = true, default_value = "./sijil-data", value_name = "DIR")]
    pub data: PathBuf,
    /// The log, if it does not stand in the data directory: postgres://user@host/database?log=NAME,
    /// or esdb://host?stream=NAME. The data directory then holds a copy of it.
    #[arg(long, global = true, value_name = "URL", env = "SIJIL_LOG_URL", hide_env_values = true)]
    pub log: Option<String>,
    /// A running server, instead of a data directory.
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// The file whose first line is the credential that is sent to the server. Without one, a
    /// server on this machine is sent what stands in the data directory's keys/local.
    #[arg(long, global = true, value_name = "FILE", env = "SIJIL_CREDENTIAL_FILE")]
    pub credential: Option<PathBuf>,
    /// Who vouches for a server at https://: certificates in PEM, instead of those the system
    /// trusts. A server's own certificate is one, if it vouches for itself.
    #[arg(long, global = true, value_name = "FILE", requires = "server")]
    pub ca: Option<PathBuf>,
    /// How data is written to stdout.
    #[arg(long, global = true, value_enum, default_value = "table")]
    pub format: Format,
    /// If the log is damaged, answer from what stands before the damage: only questions that name a
    /// known_at up to there, and no writes.
    #[arg(long, global = true, conflicts_with = "server")]
    pub salvage: bool,
    /// Write logs as JSON.
    #[arg(long, global = true)]
    pub log_json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// Where the ledger lives.
    #[must_use]
    pub fn home(&self) -> Home {
        Home { data: self.data.clone(), log: self.log.clone() }
    }
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the HTTP door.
    Serve(Serve),
    /// Record events from a file, or - for stdin: one draft, or a batch that stands or falls
    /// together.
    Record(Record),
    /// Import drafts (NDJSON), or foreign tables by a mapping.
    Import(Import),
    /// Write all records to stdout, as NDJSON (or CSV with --format csv).
    Export(Filters),
    /// Write the views as tables into a Postgres database, for analysts.
    Publish(Publish),
    /// List records.
    Events(Events),
    /// Ask a report: `sijil query receivables --as-of 2025-02-28 group=client`.
    Query(Query),
    /// Say which records stand behind a row of a report, or one cell.
    Explain(Explain),
    /// Say what changed in a report since an earlier position, and why.
    Restate(Restate),
    /// Rebuild projections from the log and compare with the live ones; changes nothing.
    Replay(Replay),
    /// Rebuild a projection from the log beside the live one, say what differs, and put it in
    /// place.
    Rebuild(Rebuild),
    /// Check every byte, hash, root, footer and index of the log; changes nothing.
    Verify {
        /// How many threads.
        #[arg(long, default_value_t = 2)]
        threads: usize,
    },
    /// Copy all of one log to another, of any kind; goes on where an earlier copy stopped.
    Copy(Copying),
    /// Take a data directory that is a copy of another one as this ledger's own, and write it.
    Adopt {
        /// The other directory goes on, too: this one is a clone with an incarnation of its own.
        #[arg(long)]
        as_clone: bool,
    },
    /// Say who you are to the ledger, and what you may do.
    Whoami,
    /// Enrol a user, and give a role at once: `sijil user U-1 --role accountant`.
    User(User),
    /// Give a role to a user or an integration.
    Grant(Grant),
    /// Take a grant back.
    Revoke(Revoke),
    /// Make, replace or revoke a key, by which a user or an integration is known.
    #[command(subcommand)]
    Key(Key),
    /// Words about persons.
    #[command(flatten)]
    Persons(persons::Persons),
    /// Say where the ledger stands.
    Status,
    /// List event types, or print the JSON Schema of one.
    Schemas {
        /// The event type.
        event_type: Option<String>,
    },
    /// List the reports, with their parameters.
    Reports,
    /// Prove it to outsiders.
    #[command(flatten)]
    Proving(proofs::Proving),
    /// Make a believable trading company of two years, and serve it.
    Demo(Demo),
    /// Keep it safe.
    #[command(flatten)]
    Keeping(keeping::Keeping),
}

/// `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:7425", value_name = "ADDR")]
    pub listen: SocketAddr,
    /// The address on which to speak EventStoreDB's gRPC protocol, read and subscribe; not spoken
    /// unless given.
    #[arg(long, value_name = "ADDR")]
    pub grpc: Option<SocketAddr>,
    /// The address by which the server is known outside, as in https://books.example: requests for
    /// its host are answered too. Others than it, localhost and the address listened on are
    /// refused.
    #[arg(long, value_name = "URL", value_parser = host_of)]
    pub public_url: Option<String>,
    /// Ask nobody who he is, and vouch for nothing: for development and measurements, on this
    /// machine's own addresses alone.
    #[arg(long)]
    pub open: bool,
    /// How connections come in.
    #[command(flatten)]
    pub guard: Guard,
    /// Keep tables in this Postgres database up with the log, as `sijil publish` makes them.
    #[arg(long, value_name = "URL", env = "SIJIL_PUBLISH", hide_env_values = true)]
    pub publish: Option<String>,
    /// What tables.
    #[command(flatten)]
    pub tables: Tables,
    /// A backup.
    #[command(flatten)]
    pub backup: keeping::KeptUp,
    /// Ask the witnesses of this policy, in the words of c2sp.org/tlog-policy, to cosign.
    #[arg(long, value_name = "FILE")]
    pub witness_policy: Option<PathBuf>,
}

/// `publish`.
#[derive(Debug, Args)]
pub struct Publish {
    /// The database, as in postgres://user@host/database.
    #[arg(long, value_name = "URL", env = "SIJIL_PUBLISH", hide_env_values = true)]
    pub to: String,
    /// Go on keeping the tables up; the log of a data directory is followed by its server: `sijil
    /// serve --publish URL`.
    #[arg(long)]
    pub follow: bool,
    /// What tables.
    #[command(flatten)]
    pub tables: Tables,
}

/// What tables are published, and where.
#[derive(Debug, Clone, Args)]
pub struct Tables {
    /// The schema that holds the tables.
    #[arg(long, default_value = "sijil_tables", value_name = "NAME")]
    pub schema: String,
    /// With names of clients, persons and employees, addresses and tax numbers; without, those
    /// columns are not there.
    #[arg(long)]
    pub personal: bool,
    /// How often the tables of reports are made anew while tables are kept up, in seconds.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub reports_every: u64,
}

/// `copy`.
#[derive(Debug, Args)]
pub struct Copying {
    /// The log to copy: a data directory, postgres://user@host/database?log=NAME, or
    /// esdb://host?stream=NAME.
    #[arg(long, value_name = "LOG")]
    pub from: String,
    /// Where to: a log that is empty, or holds a beginning of the other.
    #[arg(long, value_name = "LOG")]
    pub to: String,
}

/// `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// How many events.
    #[arg(long, default_value_t = 20_000)]
    pub events: u64,
    /// The seed: the same seed and number of events make the same company.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Fill the data directory and exit.
    #[arg(long)]
    pub no_serve: bool,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:7425", value_name = "ADDR")]
    pub listen: SocketAddr,
    /// Ask nobody who he is, and vouch for nothing: for development and measurements, on this
    /// machine's own addresses alone.
    #[arg(long)]
    pub open: bool,
    /// How connections come in.
    #[command(flatten)]
    pub guard: Guard,
}

/// `user`.
#[derive(Debug, Args)]
pub struct User {
    /// The user's id.
    pub user: String,
    /// The employee that is.
    #[arg(long)]
    pub employee: Option<String>,
    /// The person's name; it is kept apart, as every name.
    #[arg(long)]
    pub name: Option<String>,
    /// The role to give at once.
    #[arg(long)]
    pub role: Option<String>,
}

/// `grant`.
#[derive(Debug, Args)]
pub struct Grant {
    /// Who gets it, as in user:U-1 or service:shop.
    pub to: String,
    /// The role.
    pub role: String,
    /// Within what: own, team, department:a+b, warehouse:a or bank_account:a; or everything.
    #[arg(long)]
    pub scope: Option<String>,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// From when it holds, a time with offset; left out, at once.
    #[arg(long)]
    pub from: Option<String>,
    /// Up to when it holds, a time with offset; left out, until it is revoked.
    #[arg(long)]
    pub until: Option<String>,
}

/// `revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The grant.
    pub grant: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

/// `key`.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key; its secret is shown this once.
    Issue(KeyIssue),
    /// Make a key that takes the place of another, with the same rights and networks.
    Rotate(KeyRotate),
    /// End a key at once.
    Revoke {
        /// The key's id: the twelve characters behind sijil_.
        key: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}

/// `key issue`.
#[derive(Debug, Args)]
pub struct KeyIssue {
    /// Whose it is, as in user:U-1 or service:shop.
    pub of: String,
    /// The last day it is good; left out, 90 days from now.
    #[arg(long, value_name = "DAY")]
    pub expires_on: Option<String>,
    /// A network it may be used from, as in 10.0.0.0/8; may be given several times, left out any.
    #[arg(long = "network", value_name = "CIDR")]
    pub networks: Vec<String>,
}

/// `key rotate`.
#[derive(Debug, Args)]
pub struct KeyRotate {
    /// The key it takes the place of.
    pub key: String,
    /// For how many hours both are good.
    #[arg(long, default_value_t = 24, value_name = "HOURS")]
    pub overlap_h: u16,
    /// The last day the new one is good; left out, 90 days from now.
    #[arg(long, value_name = "DAY")]
    pub expires_on: Option<String>,
}

/// `import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The mapping file; without one, the sources are NDJSON files of drafts.
    #[arg(long, value_name = "TOML")]
    pub mapping: Option<PathBuf>,
    /// A parameter of the mapping.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// A file whose bytes key the hashes of personal columns: what a mapping's key(x) needs, and
    /// the same one each time.
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Judge everything against the ledger as it is, say what would be recorded, and record
    /// nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Void and record anew what gives another event than when it was imported; with --dry-run, say
    /// what that would be.
    #[arg(long, requires = "mapping")]
    pub correct: bool,
    /// Void, too, what was imported and no row gives any more.
    #[arg(long, requires = "correct")]
    pub void_missing: bool,
    /// Only read the mapping and, if they are given, its tables; no ledger is needed.
    #[arg(long, conflicts_with = "dry_run")]
    pub check: bool,
    /// Files of drafts, or with a mapping the folder of the tables.
    #[arg(required_unless_present = "check")]
    pub sources: Vec<PathBuf>,
}

/// Which records.
#[derive(Debug, Args)]
pub struct Filters {
    /// Event types, separated by commas.
    #[arg(long = "type")]
    pub types: Option<String>,
    /// A family.
    #[arg(long)]
    pub family: Option<String>,
    /// An entity, as in deal:D-1.
    #[arg(long)]
    pub entity: Option<String>,
    /// An actor.
    #[arg(long)]
    pub actor: Option<String>,
    /// From this day or time on.
    #[arg(long)]
    pub from: Option<String>,
    /// Up to this day or time.
    #[arg(long)]
    pub as_of: Option<String>,
    /// Up to this position.
    #[arg(long)]
    pub known_at: Option<String>,
    /// After this position.
    #[arg(long)]
    pub after: Option<String>,
}

/// `events`.
#[derive(Debug, Args)]
pub struct Events {
    /// Which records.
    #[command(flatten)]
    pub filters: Filters,
    /// How many rows.
    #[arg(long, default_value_t = 50)]
    pub limit: usize,
}

/// A report and its parameters.
#[derive(Debug, Args)]
pub struct Asked {
    /// The report; `sijil reports` lists them.
    pub report: String,
    /// Parameters of the report, as name=value.
    pub parameters: Vec<String>,
    /// The same, as an option.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub more: Vec<String>,
    /// What was true then: a day, meaning its end, or a time with offset.
    #[arg(long)]
    pub as_of: Option<String>,
    /// What was known then: a position, a day or a time.
    #[arg(long)]
    pub known_at: Option<String>,
}

/// `query`.
#[derive(Debug, Args)]
pub struct Query {
    /// The report.
    #[command(flatten)]
    pub asked: Asked,
}

/// `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The report.
    #[command(flatten)]
    pub asked: Asked,
    /// The values of the row's key columns, as in a line of CSV: nothing is null, what holds a
    /// comma stands in quotation marks.
    #[arg(long, allow_hyphen_values = true)]
    pub row: String,
    /// The column; absent is the whole row.
    #[arg(long)]
    pub column: Option<String>,
}

/// `restate`.
#[derive(Debug, Args)]
pub struct Restate {
    /// The report.
    #[command(flatten)]
    pub asked: Asked,
    /// The earlier `known_at`: a position, a day (meaning its end) or a time; `--known-at` is the
    /// later one.
    #[arg(long)]
    pub since: String,
}

/// `rebuild`.
#[derive(Debug, Args)]
pub struct Rebuild {
    /// The projection, or all.
    pub projection: String,
    /// Only compare.
    #[arg(long, conflicts_with = "rollback")]
    pub no_switch: bool,
    /// Put back what the last rebuild replaced.
    #[arg(long)]
    pub rollback: bool,
}

/// `replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// The projections; none means all.
    pub projections: Vec<String>,
    /// Up to this position.
    #[arg(long)]
    pub to: Option<u64>,
    /// How many threads decode.
    #[arg(long, default_value_t = 2)]
    pub threads: usize,
}

/// The host of an address such as `https://books.example:8443/`.
fn host_of(url: &str) -> Result<String, String> {
    let wrong = || format!("expected an address as in https://books.example, got {url:?}");
    let rest =
        url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or_else(wrong)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => host,
        _ => authority,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(plain) {
        Err(wrong())
    } else {
        Ok(host.trim_matches(['[', ']']).to_owned())
    }
}
