//! What only the main program can make: ledgers on a backend, and servers. Invariant: this room
//! names no backend.

use std::{net::SocketAddr, path::PathBuf};

use sijil_ledger::{Desk, Secret, VerifyReport};
use sijil_proof::policy::Policy;

use crate::{
    arguments::Tables,
    door::Door,
    error::CliError,
    guard::Guard,
    home::Home,
    keeping::{Keeping, Kept},
    proofs::Witnessing,
};

/// What a ledger is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Only to answer questions; nothing is written, and a server may be running on it.
    Read,
    /// To answer and to sign what the log says of itself; like reading, and the key is made if
    /// there is none.
    Sign,
    /// To judge what would be recorded; like reading, and where there is no ledger yet it is an
    /// empty one.
    Rehearse,
    /// To write as well; nobody else may.
    Write,
    /// Only to answer, and if the log is damaged, what was known before the damage.
    Salvage,
}

/// A database, and which tables go there.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The database's address; it may hold a password.
    pub to: String,
    /// The tables.
    pub tables: Tables,
}

/// What a server keeps up beside its log.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Tables in a database.
    pub tables: Option<Destination>,
    /// The directory of a backup.
    pub backup_to: Option<PathBuf>,
    /// The cosignatures of witnesses.
    pub witnesses: Option<Policy>,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// The HTTP door.
    pub http: SocketAddr,
    /// The gRPC door, if it is to be open.
    pub grpc: Option<SocketAddr>,
    /// The host by which the HTTP door is known outside, if it is.
    pub public: Option<String>,
    /// Whether nobody is asked who he is.
    pub open: bool,
    /// How connections come in, through both.
    pub guard: Guard,
}

/// Makes ledgers and servers.
pub trait House {
    /// Opens a ledger, at the desk of whoever holds its files; hears how far it has come:
    /// (position, head).
    fn open(
        &self,
        home: &Home,
        mode: Mode,
        progress: Box<dyn Fn(u64, u64) + Send>,
    ) -> Result<Desk, CliError>;
    /// What stands in a data directory whose log is damaged, read and not opened: how far it goes,
    /// what is wrong with it, up to where it is vouched for.
    fn survey(&self, home: &Home) -> Result<serde_json::Value, CliError>;
    /// A ledger in memory in which nothing is recorded.
    fn blank(&self) -> Result<Desk, CliError>;
    /// The HTTP door at a desk, in this process.
    fn door(&self, desk: &Desk) -> Box<dyn Door>;
    /// Serves a ledger until the process is told to stop, and keeps up what stands beside it
    /// meanwhile; `ready` hears the addresses, and the code of a console link.
    fn serve(
        &self,
        desk: &Desk,
        home: &Home,
        listen: Listen,
        beside: Beside,
        ready: Box<dyn FnOnce(Listen, Option<Secret>) + Send>,
    ) -> Result<(), CliError>;
    /// Writes every table of a ledger into a database; hears how many rows were sent, and says what
    /// was done.
    fn publish(
        &self,
        desk: &Desk,
        tables: &Destination,
        sent: &dyn Fn(u64),
    ) -> Result<serde_json::Value, CliError>;
    /// Verifies a log, and its copy if it stands elsewhere; hears how many records were checked.
    fn verify(
        &self,
        home: &Home,
        threads: usize,
        progress: Box<dyn Fn(u64) + Send + Sync>,
    ) -> Result<VerifyReport, CliError>;
    /// Why the log of a ledger is not the one that was signed from its directory, if it is not.
    fn rolled_back(&self, home: &Home) -> Result<Option<String>, CliError>;
    /// Takes a data directory that is a copy as a ledger's own, or as a clone with an incarnation
    /// of its own; says up to where, and what was left out.
    fn adopt(&self, home: &Home, as_clone: bool) -> Result<serde_json::Value, CliError>;
    /// Copies all of one log to another, each a data directory or an address; hears how much of the
    /// work is done: (records, of how many).
    fn copy(
        &self,
        from: &str,
        to: &str,
        progress: &dyn Fn(u64, u64),
    ) -> Result<serde_json::Value, CliError>;
    /// Is a witness of other logs until the process is told to stop; `ready` hears the address and
    /// the witness's key.
    fn witness(
        &self,
        word: &Witnessing,
        ready: Box<dyn FnOnce(SocketAddr, String) + Send>,
    ) -> Result<(), CliError>;
    /// Runs one of the words that keep a ledger safe; hears how much of the work is done: (records,
    /// of how many).
    fn keep(
        &self,
        home: &Home,
        word: &Keeping,
        progress: &dyn Fn(u64, u64),
    ) -> Result<Kept, CliError>;
}
