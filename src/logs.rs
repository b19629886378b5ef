//! Which log a ledger stands on. Invariant: the one place that tells backends apart.

use std::{error::Error, io, path::Path, sync::Arc};

use serde_json::json;
use sijil_cli::{CliError, Home, Mode, shown};
use sijil_ledger::{Damaged, ReadOnly, VerifyReport, with_causes};
use sijil_log::{
    Reader, Writer,
    copy::{self, CopyError, Side},
    embedded::{self, EmbeddedWriter, OpenError, Opened, Options, VerifyOptions},
    machine::Disk,
    memory,
    mirror::{self, SharedLog},
    postgres::{self, PostgresLog},
    seam::Storage,
    touched_by_schema,
};

use crate::{backups, checkpoints, keys};

/// An open log.
pub(crate) struct Log {
    pub(crate) writer: Option<Box<dyn Writer>>,
    pub(crate) read_only_because: Option<ReadOnly>,
    pub(crate) reader: Arc<dyn Reader>,
}

const TO_READ: &str = "it was opened to read only";

/// Opens the log of a ledger; hears how far the copy of a log that stands elsewhere has come:
/// (position, head).
pub(crate) fn open(home: &Home, mode: Mode, progress: &dyn Fn(u64, u64)) -> Result<Log, CliError> {
    match &home.log {
        None => in_directory(&home.data, mode),
        Some(url) => elsewhere(&home.data, connect(url, mode)?, mode, progress),
    }
}

/// An empty log in memory, to read only.
pub(crate) fn blank() -> Log {
    let (_, reader) = memory::open();
    Log {
        writer: None,
        read_only_because: Some(ReadOnly::Asked(TO_READ.into())),
        reader: Arc::new(reader),
    }
}

/// Verifies the log of a ledger; hears how many records were checked.
pub(crate) fn verify(
    home: &Home,
    threads: usize,
    progress: Box<dyn Fn(u64) + Send + Sync>,
) -> Result<VerifyReport, CliError> {
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let options = VerifyOptions { threads, ..VerifyOptions::default() };
    let report = match &home.log {
        None => embedded::verify(&storage, &home.data, &options, &move |p| progress(p.records)),
        Some(url) => {
            mirror::verify(&storage, &home.data, &*connect(url, Mode::Read)?, &options, &progress)
        }
    };
    report.map_err(open_failed)
}

/// Copies all of one log to another; hears how much of the work is done: (records, of how many).
pub(crate) fn copy(
    from: &str,
    to: &str,
    progress: &dyn Fn(u64, u64),
) -> Result<serde_json::Value, CliError> {
    if from == to {
        return Err(CliError::Use("copy: --from and --to are the same log".into()));
    }
    let (source, mut target) = (side(from, Mode::Read)?, side(to, Mode::Write)?);
    let copied =
        copy::copy(&source, &mut target, &touched_by_schema(), progress).map_err(|error| {
            match error {
                CopyError::Another(_) | CopyError::Busy { .. } => CliError::No(with_causes(&error)),
                CopyError::Io { .. } | CopyError::Foreign(_) => {
                    CliError::Reach(with_causes(&error))
                }
                CopyError::Damaged(_) => CliError::Corrupt(with_causes(&error)),
            }
        })?;
    let root: String = copied.root.iter().map(|byte| format!("{byte:02x}")).collect();
    let (before, position) = (copied.before.get(), copied.position.get());
    Ok(json!({
        "from": shown(from), "to": shown(to), "copied": position - before, "known": before,
        "position": position, "root": root,
    }))
}

/// A log is a data directory or an address.
fn side(log: &str, mode: Mode) -> Result<Side, CliError> {
    if log.contains("://") {
        return Ok(Side::Elsewhere(connect(log, mode)?));
    }
    let options = Options { read_only: mode == Mode::Read, compress: true, ..Options::default() };
    let Opened { writer, reader, report } =
        embedded::open(Arc::new(Disk), Path::new(log), &options).map_err(open_failed)?;
    if let (Mode::Write, Some(copy)) = (mode, &report.copy) {
        return Err(CliError::Reach(format!("not_adopted: {copy}")));
    }
    match report.damage.first() {
        Some(damage) => Err(CliError::Corrupt(format!(
            "the log in {log} is damaged: {damage}; run `sijil verify`"
        ))),
        None => Ok(Side::Here(reader, boxed(writer))),
    }
}

fn in_directory(dir: &Path, mode: Mode) -> Result<Log, CliError> {
    let read_only = matches!(mode, Mode::Read | Mode::Sign | Mode::Rehearse);
    let options =
        Options { read_only, salvage: mode == Mode::Salvage, compress: true, ..Options::default() };
    let Opened { writer, reader, report } = match embedded::open(Arc::new(Disk), dir, &options) {
        Err(OpenError::Missing { .. }) if mode == Mode::Rehearse => return Ok(blank()),
        opened => opened.map_err(open_failed)?,
    };
    if let Some(torn) = &report.torn {
        tracing::warn!(
            %torn,
            "the last write was cut short and never acknowledged; it was removed"
        );
    }
    for damage in &report.damage {
        tracing::error!(%damage, "the log is damaged");
    }
    let read_only_because =
        match (writer.is_some(), report.vouched_to.zip(report.first_damage().cloned())) {
            (true, _) => None,
            // Unless it may be salvaged, it has no head, and no ledger stands on it.
            (false, Some((vouched_to, damage))) => {
                Some(ReadOnly::Salvaged(Damaged { vouched_to, damage }))
            }
            (false, None) => Some(report.copy.as_ref().map_or_else(
                || ReadOnly::Asked(TO_READ.into()),
                |copy| ReadOnly::Copied(copy.to_string()),
            )),
        };
    Ok(Log { writer: boxed(writer), read_only_because, reader: Arc::new(reader) })
}

/// Takes a copied directory as a ledger's own; as a clone, it is told apart from the original by an
/// incarnation of its own from then on.
pub(crate) fn adopt(home: &Home, as_clone: bool) -> Result<serde_json::Value, CliError> {
    if home.log.is_some() {
        return Err(CliError::Use(
            "adopt: the log stands elsewhere, and its copy here is compared with it at every \
             start; nothing need be adopted"
                .into(),
        ));
    }
    let options = Options { adopt: true, compress: true, ..Options::default() };
    // To make a directory is not what was asked for.
    embedded::open(Arc::new(Disk), &home.data, &Options { read_only: true, ..options.clone() })
        .map_err(open_failed)?;
    let Opened { writer, reader, report } =
        embedded::open(Arc::new(Disk), &home.data, &options).map_err(open_failed)?;
    let head = reader.head().map_err(CliError::from)?;
    if as_clone || report.copy.is_some() {
        // Whoever could read the copy could come into the original with what stood there.
        keys::renewed(&home.data)?;
    }
    let incarnation = if as_clone {
        checkpoints::forgotten(&home.data)?;
        Some(backups::renewed(&home.data)?)
    } else {
        None
    };
    // Closed in order, so that the directory is its own from here on.
    drop((writer, reader));
    match report.copy {
        None if !as_clone => Err(CliError::No(format!(
            "{} is no copy: it goes on writing as it is",
            home.data.display()
        ))),
        copy => Ok(json!({
            "position": head.position,
            "left_out": copy.and_then(|copy| copy.left_out).map(|place| place.to_string()),
            "incarnation": incarnation,
        })),
    }
}

/// What stands in a data directory, whatever its state: nothing is answered from it, and nothing
/// changed.
pub(crate) fn survey(home: &Home) -> Result<serde_json::Value, CliError> {
    if home.log.is_some() {
        return Ok(json!({"state": "damaged"}));
    }
    let options = Options { read_only: true, ..Options::default() };
    let report = embedded::open(Arc::new(Disk), &home.data, &options).map_err(open_failed)?.report;
    let damage: Vec<String> = report.damage.iter().map(ToString::to_string).collect();
    let state = if damage.is_empty() { "whole" } else { "damaged" };
    Ok(json!({
        "damage": damage, "state": state, "vouched_to": report.vouched_to, "writable": false,
    }))
}

fn boxed(writer: Option<EmbeddedWriter>) -> Option<Box<dyn Writer>> {
    writer.map(|writer| Box::new(writer) as Box<dyn Writer>)
}

/// Whoever asks only makes no tables and no log.
fn connect(url: &str, mode: Mode) -> Result<Arc<dyn SharedLog>, CliError> {
    let wrong = |error: &dyn Error| CliError::Use(format!("{error}"));
    match url.split_once("://").map_or(url, |(scheme, _)| scheme.trim_end_matches("+discover")) {
        "postgres" | "postgresql" => {
            let address: postgres::Address = url.parse().map_err(|error| wrong(&error))?;
            let log = PostgresLog::connect(&address, mode == Mode::Write)
                .map_err(|error| unreachable(url, &error))?;
            Ok(Arc::new(log))
        }
        #[cfg(feature = "eventstore")]
        "esdb" | "kurrentdb" | "kdb" => {
            let address: sijil_log::eventstore::Address =
                url.parse().map_err(|error| wrong(&error))?;
            let log = sijil_log::eventstore::EventStoreLog::new(&address)
                .map_err(|error| unreachable(url, &error))?;
            Ok(Arc::new(log))
        }
        #[cfg(not(feature = "eventstore"))]
        "esdb" | "kurrentdb" | "kdb" => Err(CliError::Use(
            "this sijil was built without EventStoreDB; build it with the cargo feature \
             `eventstore`"
                .into(),
        )),
        _ => Err(CliError::Use(format!(
            "expected a log as in postgres://user@host/database or esdb://host, got {}",
            shown(url)
        ))),
    }
}

fn unreachable(url: &str, error: &io::Error) -> CliError {
    let text = format!("cannot open the log at {}: {error}", shown(url));
    if error.kind() == io::ErrorKind::InvalidData {
        CliError::Corrupt(text)
    } else {
        CliError::Reach(text)
    }
}

fn elsewhere(
    dir: &Path,
    shared: Arc<dyn SharedLog>,
    mode: Mode,
    progress: &dyn Fn(u64, u64),
) -> Result<Log, CliError> {
    let (storage, touched): (Arc<dyn Storage>, _) = (Arc::new(Disk), touched_by_schema());
    let told =
        |at: sijil_schemas::Position, end: sijil_schemas::Position| progress(at.get(), end.get());
    match (mirror::open(&storage, dir, shared.clone(), &touched, &told), mode) {
        (Ok((writer, reader)), Mode::Write) => Ok(Log {
            writer: Some(Box::new(writer)),
            read_only_because: None,
            reader: Arc::new(reader),
        }),
        (Ok((_, reader)), Mode::Read | Mode::Sign | Mode::Rehearse | Mode::Salvage) => Ok(Log {
            writer: None,
            read_only_because: Some(ReadOnly::Asked(TO_READ.into())),
            reader: Arc::new(reader),
        }),
        (
            Err(OpenError::Locked { .. }),
            Mode::Read | Mode::Sign | Mode::Rehearse | Mode::Salvage,
        ) => {
            let reader =
                mirror::open_beside(&storage, dir, &*shared, &touched).map_err(open_failed)?;
            Ok(Log {
                writer: None,
                read_only_because: Some(ReadOnly::Asked(TO_READ.into())),
                reader: Arc::new(reader),
            })
        }
        (Err(error), _) => Err(open_failed(error)),
    }
}

pub(crate) fn open_failed(error: OpenError) -> CliError {
    match error {
        OpenError::Read(error) => error.into(),
        OpenError::Io { ref source, .. } if source.kind() == io::ErrorKind::InvalidData => {
            CliError::Corrupt(with_causes(&error))
        }
        OpenError::Foreign { .. }
        | OpenError::Modes { .. }
        | OpenError::Locked { .. }
        | OpenError::Restoring { .. }
        | OpenError::Missing { .. }
        | OpenError::Format { .. }
        | OpenError::Io { .. } => CliError::Reach(with_causes(&error)),
    }
}
