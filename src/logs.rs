//! Which log a ledger stands on. Invariant: the one place that tells backends apart.

use std::{error::Error, io, path::Path, sync::Arc};

use sijil_cli::{CliError, Home, Mode, shown};
use sijil_ledger::VerifyReport;
use sijil_log::{
    Reader, Writer,
    embedded::{self, OpenError, Opened, Options, VerifyOptions},
    machine::Disk,
    mirror::{self, SharedLog},
    postgres::{Address, PostgresLog},
    seam::Storage,
    touched_by_schema,
};

/// An open log.
pub(crate) struct Log {
    pub(crate) writer: Option<Box<dyn Writer>>,
    pub(crate) read_only_because: Option<String>,
    pub(crate) reader: Arc<dyn Reader>,
}

const TO_READ: &str = "it was opened to read only";

/// Opens the log of a ledger; hears how far the copy of a log that stands elsewhere has come: (position, head).
pub(crate) fn open(home: &Home, mode: Mode, progress: &dyn Fn(u64, u64)) -> Result<Log, CliError> {
    match &home.log {
        None => in_directory(&home.data, mode),
        Some(url) => elsewhere(&home.data, connect(url, mode)?, mode, progress),
    }
}

/// Verifies the log of a ledger; hears how many records were checked.
pub(crate) fn verify(home: &Home, threads: usize, progress: Box<dyn Fn(u64) + Send + Sync>) -> Result<VerifyReport, CliError> {
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let options = VerifyOptions { threads, ..VerifyOptions::default() };
    let report = match &home.log {
        None => embedded::verify(&storage, &home.data, &options, &move |p| progress(p.records)),
        Some(url) => mirror::verify(&storage, &home.data, &*connect(url, Mode::Read)?, &options, &progress),
    };
    report.map_err(open_failed)
}

fn in_directory(dir: &Path, mode: Mode) -> Result<Log, CliError> {
    let options = Options { read_only: mode == Mode::Read, compress: true, ..Options::default() };
    let Opened { writer, reader, report } = embedded::open(Arc::new(Disk), dir, &options).map_err(open_failed)?;
    if let Some(torn) = &report.torn {
        tracing::warn!(%torn, "the last write was cut short and never acknowledged; it was removed");
    }
    for damage in &report.damage {
        tracing::error!(%damage, "the log is damaged; it is open to read only");
    }
    let read_only_because = match (writer.is_some(), report.damage.first()) {
        (true, _) => None,
        (false, Some(damage)) => Some(format!("the log is damaged: {damage}; run `sijil verify`")),
        (false, None) => Some(TO_READ.into()),
    };
    Ok(Log { writer: writer.map(|writer| Box::new(writer) as Box<dyn Writer>), read_only_because, reader: Arc::new(reader) })
}

/// Whoever asks only makes no tables and no log.
fn connect(url: &str, mode: Mode) -> Result<Arc<dyn SharedLog>, CliError> {
    match url.split_once("://").map(|(scheme, _)| scheme) {
        Some("postgres" | "postgresql") => {
            let address: Address = url.parse().map_err(|error| CliError::Use(format!("--log: {error}")))?;
            let log = PostgresLog::connect(&address, mode == Mode::Write).map_err(|error| unreachable(url, &error))?;
            Ok(Arc::new(log))
        }
        _ => Err(CliError::Use(format!("--log: expected postgres://user@host/database, got {}; leave it out for a log in the data directory", shown(url)))),
    }
}

fn unreachable(url: &str, error: &io::Error) -> CliError {
    let text = format!("cannot open the log at {}: {error}", shown(url));
    if error.kind() == io::ErrorKind::InvalidData { CliError::Corrupt(text) } else { CliError::Reach(text) }
}

fn elsewhere(dir: &Path, shared: Arc<dyn SharedLog>, mode: Mode, progress: &dyn Fn(u64, u64)) -> Result<Log, CliError> {
    let (storage, touched): (Arc<dyn Storage>, _) = (Arc::new(Disk), touched_by_schema());
    let told = |at: sijil_schemas::Position, end: sijil_schemas::Position| progress(at.get(), end.get());
    match (mirror::open(&storage, dir, shared.clone(), &touched, &told), mode) {
        (Ok((writer, reader)), Mode::Write) => Ok(Log { writer: Some(Box::new(writer)), read_only_because: None, reader: Arc::new(reader) }),
        (Ok((_, reader)), Mode::Read) => Ok(Log { writer: None, read_only_because: Some(TO_READ.into()), reader: Arc::new(reader) }),
        (Err(OpenError::Locked { .. }), Mode::Read) => {
            let reader = mirror::open_beside(&storage, dir, &*shared, &touched).map_err(open_failed)?;
            Ok(Log { writer: None, read_only_because: Some(TO_READ.into()), reader: Arc::new(reader) })
        }
        (Err(error), _) => Err(open_failed(error)),
    }
}

pub(crate) fn open_failed(error: OpenError) -> CliError {
    match &error {
        OpenError::Read(_) | OpenError::Format { .. } => CliError::Corrupt(chain(&error)),
        OpenError::Io { source, .. } if source.kind() == io::ErrorKind::InvalidData => CliError::Corrupt(chain(&error)),
        OpenError::Locked { .. } | OpenError::Missing { .. } | OpenError::Io { .. } => CliError::Reach(chain(&error)),
    }
}

/// An error with its causes, for the operator.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
