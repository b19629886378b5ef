//! Words that keep a ledger safe: backups, restores, clones, repairs. Invariant: what was done is
//! data, on stdout, also where something is found to be wrong.

use std::{convert::Infallible, fmt, path::PathBuf, str::FromStr};

use clap::{Args, Subcommand};
use serde_json::Value;
use sijil_proof::note::Vkey;

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
    /// Bring what stands in a data directory to the formats that this release writes, after which
    /// older releases refuse it by name. There is nothing to bring so far: all of it is looked at,
    /// and nothing is changed.
    Upgrade,
}

/// Where backups stand: a directory, or s3://BUCKET/PREFIX of a store that the environment names
/// as AWS's own tools have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The bucket and the prefix, if it is one.
    #[must_use]
    pub fn bucket(&self) -> Option<(&str, &str)> {
        let rest = self.0.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        Some((bucket, prefix.trim_matches('/')))
    }
}

impl FromStr for Place {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Place, Infallible> {
        Ok(Place(text.to_owned()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// With what a backup is read.
#[derive(Debug, Clone, Default, Args)]
pub struct Opening {
    /// The file with the secret halves of age keys that open what is sealed, as age-keygen writes
    /// it.
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
    /// The ledger's key, as a vkey: a backup that it did not sign is refused.
    #[arg(long, value_name = "VKEY")]
    pub signed_by: Option<Vkey>,
}

/// A backup that a server keeps up.
#[derive(Debug, Clone, Default, Args)]
pub struct KeptUp {
    /// Keep a backup here up with the log, as `sijil backup` writes it.
    #[arg(long, value_name = "DIR|s3://…")]
    pub backup_to: Option<Place>,
    /// The file with the age recipients that its personal objects are sealed to.
    #[arg(long, value_name = "FILE", requires = "backup_to")]
    pub backup_recipients: Option<PathBuf>,
}

/// `repair`.
#[derive(Debug, Args)]
pub struct Repair {
    /// Where the backup stands.
    #[arg(long, value_name = "DIR|s3://…")]
    pub from: Place,
    /// Which backup, where several stand there: LEDGER or LEDGER/INCARNATION.
    #[arg(long, value_name = "NAME")]
    pub of: Option<String>,
    /// A list of erased parts, besides those beside the backup; `none` goes on where there is none.
    #[arg(long, value_name = "FILE|none")]
    pub erasures: Option<PathBuf>,
    /// With what it is read.
    #[command(flatten)]
    pub opening: Opening,
}

/// `backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// Where backups stand; several ledgers may share one place.
    #[arg(long, value_name = "DIR|s3://…", required = true)]
    pub to: Option<Place>,
    /// The file with the age recipients that personal objects are sealed to, one a line; without
    /// one they stand in the clear.
    #[arg(long, value_name = "FILE")]
    pub recipients: Option<PathBuf>,
    /// What to do with a backup that is there.
    #[command(subcommand)]
    pub word: Option<BackupWord>,
}

/// What to do with a backup that is there.
#[derive(Debug, Subcommand)]
pub enum BackupWord {
    /// Read all of the backups in a place, and name what is not as it was written.
    Verify {
        /// The place.
        #[arg(value_name = "DIR|s3://…")]
        target: Place,
        /// Only those of this ledger, or of this incarnation of it: LEDGER or LEDGER/INCARNATION.
        #[arg(long, value_name = "NAME")]
        of: Option<String>,
        /// With what they are read; without a key, what is sealed is not looked into.
        #[command(flatten)]
        opening: Opening,
    },
}

/// `restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// Where the backup stands.
    #[arg(long, value_name = "DIR|s3://…")]
    pub from: Place,
    /// The data directory to make; it must be empty, or not there.
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Up to the last batch that ends at or before this position, or was recorded at or before
    /// this time; all of it if left out.
    #[arg(long, value_name = "POSITION|TIME")]
    pub at: Option<String>,
    /// Which backup, where several stand there: LEDGER or LEDGER/INCARNATION.
    #[arg(long, value_name = "NAME")]
    pub of: Option<String>,
    /// A list of erased parts, besides those beside the backup; `none` goes on where there is none.
    #[arg(long, value_name = "FILE|none")]
    pub erasures: Option<PathBuf>,
    /// With what it is read.
    #[command(flatten)]
    pub opening: Opening,
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
            Keeping::Upgrade => "looking at all of it",
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
