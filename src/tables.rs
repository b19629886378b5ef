//! Tables of the ledger in a database: written once, or kept up beside the server. Invariant:
//! nothing that goes wrong there stops the ledger.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use sijil_cli::{CliError, Destination};
use sijil_ledger::Desk;
use sijil_publish::{Heard, Options, Publication, PublishError, follow};

fn options(destination: &Destination) -> Options {
    let tables = &destination.tables;
    Options {
        to: destination.to.clone(),
        schema: tables.schema.clone(),
        personal: tables.personal,
        reports_every: Duration::from_secs(tables.reports_every),
    }
}

fn failed(error: PublishError) -> CliError {
    match error {
        PublishError::Address { .. } | PublishError::Schema { .. } => {
            CliError::Use(error.to_string())
        }
        PublishError::Roots(_)
        | PublishError::Unrecorded(_)
        | PublishError::Server { .. }
        | PublishError::Taken { .. }
        | PublishError::Held { .. } => CliError::Reach(error.to_string()),
        PublishError::Foreign { .. }
        | PublishError::OtherLedger { .. }
        | PublishError::Copied { .. }
        | PublishError::Empty
        | PublishError::Ahead { .. } => CliError::No(error.to_string()),
        PublishError::Read(error) => error.into(),
    }
}

/// Writes every table once.
pub(crate) fn publish(
    ledger: &Desk,
    destination: &Destination,
    sent: &dyn Fn(u64),
) -> Result<serde_json::Value, CliError> {
    let mut heard = |word: Heard<'_>| {
        if let Heard::Rows(rows) = word {
            sent(rows);
        }
    };
    let (_, rebuilt) =
        Publication::rebuilt(&options(destination), ledger, &mut heard).map_err(failed)?;
    serde_json::to_value(rebuilt).map_err(|e| CliError::Reach(e.to_string()))
}

/// Keeps tables up until it is dropped.
pub(crate) struct Follower {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    pub(crate) fn start(ledger: &Desk, destination: &Destination) -> Follower {
        let stop = Arc::new(AtomicBool::new(false));
        let (told, ledger, options) = (stop.clone(), ledger.clone(), options(destination));
        let schema = options.schema.clone();
        let run = move || match follow(&options, &ledger, &told, &mut |word| say(&schema, &word)) {
            Ok(()) => (),
            Err(error) => {
                tracing::error!(%error, schema, "tables are no longer kept up; the ledger goes on");
            }
        };
        let thread = std::thread::Builder::new().name("publisher".into()).spawn(run);
        if let Err(error) = &thread {
            tracing::error!(
                %error,
                "the machine gives no thread for the publisher; tables are not kept up"
            );
        }
        Follower { stop, thread: thread.ok() }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the publisher panicked");
        }
    }
}

fn say(schema: &str, word: &Heard<'_>) {
    match word {
        Heard::Rows(rows) => tracing::debug!(rows, schema, "rows sent"),
        Heard::Rebuilt(rebuilt) => tracing::info!(?rebuilt, schema, "tables rebuilt"),
        Heard::Resumed(position) => {
            tracing::info!(%position, schema, "tables are kept up from here");
        }
        Heard::At(position) => tracing::debug!(%position, schema, "tables kept up"),
        Heard::Lost(error, pause) => {
            tracing::warn!(
                %error,
                schema,
                again_in_ms = pause.as_millis(),
                "tables wait for their server"
            );
        }
    }
}
