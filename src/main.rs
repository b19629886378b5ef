//! Composition only: the one place that names a backend, a clock, a port and an environment
//! variable.

use std::{
    io::{self, IsTerminal},
    net::SocketAddr,
    process::ExitCode,
    sync::Arc,
};

use clap::Parser;
use logs::Log;
use sijil_cli::{
    Arguments, CliError, Destination, Home, House, Listen, Mode,
    door::{Call, Door, Reply},
};
use sijil_ledger::{Ledger, Parts, Snapshots, VerifyReport};
use sijil_log::machine::{Disk, SMALL_RECORDS_MAX, SystemClock, SystemRandomness, large_pages};
use sijil_schemas::Position;
use tokio::{net::TcpListener, runtime::Runtime};
use tracing_subscriber::EnvFilter;

/// Events are parsed on one thread, decided on another and folded on a third, and each frees what
/// another asked for: the system's own allocator spends a third of the time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where fold states are saved, in a data directory.
const SNAPSHOTS: &str = "snapshots";

mod logs;
mod tables;

/// The ledger on this machine: system clock, real disk, and the log that was asked for.
struct Machine {
    runtime: Arc<Runtime>,
}

/// A ledger on a log, with the machine's clock.
fn parts(log: Log) -> Parts {
    let Log { writer, read_only_because, reader } = log;
    Parts {
        writer,
        read_only_because,
        reader,
        clock: Arc::new(SystemClock),
        randomness: Arc::new(SystemRandomness),
        snapshots: None,
        threads: 2,
        progress: None,
    }
}

impl House for Machine {
    fn open(
        &self,
        home: &Home,
        mode: Mode,
        progress: Box<dyn Fn(u64, u64) + Send>,
    ) -> Result<Ledger, CliError> {
        let log = logs::open(home, mode, &*progress)?;
        large_pages(log.reader.head().is_ok_and(|head| head.position.get() > SMALL_RECORDS_MAX));
        let snapshots = Snapshots { storage: Arc::new(Disk), dir: home.data.join(SNAPSHOTS) };
        let progress = move |at: Position, head: Position| progress(at.get(), head.get());
        let ledger = Ledger::start(Parts {
            snapshots: Some(snapshots),
            progress: Some(Box::new(progress)),
            ..parts(log)
        })?;
        self.runtime.spawn(grown(ledger.clone()));
        Ok(ledger)
    }

    fn blank(&self) -> Result<Ledger, CliError> {
        Ok(Ledger::start(parts(logs::blank()))?)
    }

    fn door(&self, ledger: &Ledger) -> Box<dyn Door> {
        Box::new(Inside(sijil_http::Inside::new(self.runtime.handle().clone(), ledger.clone())))
    }

    fn serve(
        &self,
        ledger: &Ledger,
        listen: Listen,
        tables: Option<Destination>,
        ready: Box<dyn FnOnce(Listen) + Send>,
    ) -> Result<(), CliError> {
        let ledger = ledger.clone();
        let _follower = tables.map(|destination| tables::Follower::start(&ledger, &destination));
        self.runtime.block_on(async move {
            let listener = bound(listen.http).await?;
            let mut listening =
                Listen { http: listener.local_addr()?, grpc: None, public: listen.public.clone() };
            let (ending, ended) = tokio::sync::oneshot::channel::<()>();
            let mut streams = None;
            if let Some(address) = listen.grpc {
                let listener = bound(address).await?;
                listening.grpc = Some(listener.local_addr()?);
                streams = Some(tokio::spawn(sijil_grpc::serve(listener, ledger.clone(), async {
                    drop(ended.await);
                })));
            }
            ready(listening);
            let watched = ledger.clone();
            let stop = async move {
                tokio::select! {
                    () = told_to_stop() => (),
                    () = poisoned(&watched) => (),
                }
                drop(ending);
            };
            sijil_http::serve(listener, listen.public.as_deref(), ledger.clone(), stop).await?;
            // The process would take their last words with it.
            if let Some(streams) = streams {
                streams.await.map_err(io::Error::other)??;
            }
            match ledger.poisoned() {
                Some(why) => {
                    Err(CliError::Reach(format!("{why}; start again to open and verify the log")))
                }
                None => Ok(()),
            }
        })
    }

    fn publish(
        &self,
        ledger: &Ledger,
        destination: &Destination,
        sent: &dyn Fn(u64),
    ) -> Result<serde_json::Value, CliError> {
        tables::publish(ledger, destination, sent)
    }

    fn survey(&self, home: &Home) -> Result<serde_json::Value, CliError> {
        logs::survey(home)
    }

    fn verify(
        &self,
        home: &Home,
        threads: usize,
        progress: Box<dyn Fn(u64) + Send + Sync>,
    ) -> Result<VerifyReport, CliError> {
        logs::verify(home, threads, progress)
    }

    fn adopt(&self, home: &Home, as_clone: bool) -> Result<serde_json::Value, CliError> {
        logs::adopt(home, as_clone)
    }

    fn copy(
        &self,
        from: &str,
        to: &str,
        progress: &dyn Fn(u64, u64),
    ) -> Result<serde_json::Value, CliError> {
        logs::copy(from, to, progress)
    }
}

async fn bound(address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address)
        .await
        .map_err(|e| CliError::Reach(format!("cannot listen on {address}: {e}")))
}

/// Ends when a ledger has stopped, or is no small one any more: then it may have large pages.
async fn grown(ledger: Ledger) {
    while !ledger.stopping() {
        if ledger.durable().get() > SMALL_RECORDS_MAX {
            return large_pages(true);
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

/// Ends when the log takes no more records: what is on the disk is then unknown until it is opened
/// again.
async fn poisoned(ledger: &Ledger) {
    while ledger.poisoned().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

/// Ends with SIGINT or SIGTERM.
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => (),
                _ = terminate.recv() => (),
            }
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM is not heard; SIGINT is");
            drop(tokio::signal::ctrl_c().await);
        }
    }
}

/// The HTTP door in this process, as the command line asks it.
struct Inside(sijil_http::Inside);

impl Door for Inside {
    fn call(&self, call: Call<'static>) -> io::Result<Reply> {
        let Call { method, path, headers, body } = call;
        let (status, body) = self.0.call(method, &path, headers, body)?;
        Ok(Reply { status, body })
    }
}

fn log_to_stderr(json: bool) {
    let filter = EnvFilter::try_from_env("SIJIL_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    // What cannot be said because nobody listens any more is no reason to panic.
    let logs = tracing_subscriber::fmt()
        .log_internal_errors(false)
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    if json { logs.json().init() } else { logs.init() }
}

fn main() -> ExitCode {
    large_pages(false);
    let arguments = Arguments::parse();
    log_to_stderr(arguments.log_json);
    let runtime = match Runtime::new() {
        Ok(runtime) => Arc::new(runtime),
        Err(error) => {
            eprintln!("sijil: cannot start: {error}");
            return ExitCode::from(3);
        }
    };
    let outcome = sijil_cli::run(&Machine { runtime: runtime.clone() }, arguments);
    // Tasks that still wait for a reader end with the process.
    if let Some(runtime) = Arc::into_inner(runtime) {
        runtime.shutdown_background();
    }
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sijil: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
