//! Words that keep a ledger safe: backups, restores, clones, repairs. Invariant: what was done is
//! data, on stdout, also where something is found to be wrong.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::{
    arguments::Arguments,
    error::CliError,
    house::House,
    output::{bar, say, write_object},
};

/// Words that keep a ledger safe.
#[derive(Debug, Subcommand)]
pub enum Keeping {
    /// Write what is new in the log to a backup; also beside a running server.
    #[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
    Backup(Backup),
    /// Make a data directory from a backup, whole or as the ledger was at a position or a time.
    Restore(Restore),
    /// Make another ledger that begins as the one in a data directory does, for tests and trials:
    /// with an incarnation of its own, and without keys.
    Clone(Clone),
    /// Replace what is damaged in the log of a data directory by what a backup has, where what
    /// stands behind it proves that it fits.
    Repair(Repair),
}

/// `repair`.
#[derive(Debug, Args)]
pub struct Repair {
    /// The directory that holds the backup.
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// Which backup, where the directory holds several: LEDGER or LEDGER/INCARNATION.
    #[arg(long, value_name = "NAME")]
    pub of: Option<String>,
    /// A list of erased parts, besides those beside the backup; `none` goes on where there is none.
    #[arg(long, value_name = "FILE|none")]
    pub erasures: Option<PathBuf>,
}

/// `backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// The directory that holds backups; several ledgers may share one.
    #[arg(long, value_name = "DIR", required = true)]
    pub to: Option<PathBuf>,
    /// What to do with a backup that is there.
    #[command(subcommand)]
    pub word: Option<BackupWord>,
}

/// What to do with a backup that is there.
#[derive(Debug, Subcommand)]
pub enum BackupWord {
    /// Read all of the backups in a directory, and name what is not as it was written.
    Verify {
        /// The directory.
        target: PathBuf,
        /// Only those of this ledger, or of this incarnation of it: LEDGER or LEDGER/INCARNATION.
        #[arg(long, value_name = "NAME")]
        of: Option<String>,
    },
}

/// `restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// The directory that holds the backup.
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// The data directory to make; it must be empty, or not there.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Up to the last batch that ends at or before this position, or was recorded at or before
    /// this time; all of it if left out.
    #[arg(long, value_name = "POSITION|TIME")]
    pub at: Option<String>,
    /// Which backup, where the directory holds several: LEDGER or LEDGER/INCARNATION.
    #[arg(long, value_name = "NAME")]
    pub of: Option<String>,
    /// A list of erased parts, besides those beside the backup; `none` goes on where there is none.
    #[arg(long, value_name = "FILE|none")]
    pub erasures: Option<PathBuf>,
}

/// `clone`.
#[derive(Debug, Args)]
pub struct Clone {
    /// The data directory to clone; a server may be running on it.
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,
    /// The data directory to make; it must be empty, or not there.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Leave out what is about persons.
    #[arg(long)]
    pub without_personal: bool,
    /// Only up to the last batch that ends at or before this position.
    #[arg(long, value_name = "POSITION")]
    pub to_position: Option<u64>,
}

/// What such a word did.
pub struct Kept {
    /// What to tell.
    pub told: Value,
    /// What is wrong, if something was found to be.
    pub wrong: Option<CliError>,
}

impl Keeping {
    fn what(&self) -> &'static str {
        match self {
            Keeping::Backup(Backup { word: None, .. }) => "backing up",
            Keeping::Backup(_) => "verifying",
            Keeping::Restore(_) => "restoring",
            Keeping::Clone(_) => "cloning",
            Keeping::Repair(_) => "repairing",
        }
    }
}

/// Runs one of them.
pub(crate) fn keep(
    house: &dyn House,
    arguments: &Arguments,
    word: &Keeping,
) -> Result<(), CliError> {
    if arguments.server.is_some() {
        return Err(CliError::Use(
            "backups read a data directory: give --data, not --server; a server writes its own \
             with `sijil serve --backup-to DIR`"
                .into(),
        ));
    }
    let bar = bar(word.what(), Some(0));
    let kept = house.keep(&arguments.home(), word, &|done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let Kept { told, wrong } = kept?;
    write_object(&told, arguments.format)?;
    if let (Keeping::Restore(restore), None) = (word, &wrong) {
        say(&format!(
            "restored; `sijil verify --data {0}` and `sijil replay --data {0}` look at all of it \
             again",
            restore.to.display()
        ));
    }
    wrong.map_or(Ok(()), Err)
}
