//! Composition only: the one place that names a backend, a clock, a port and an environment
//! variable.

use std::{
    io::{self, IsTerminal},
    net::SocketAddr,
    process::ExitCode,
    sync::{Arc, OnceLock},
};

use clap::Parser;
use logs::Log;
use sijil_cli::{
    Arguments, AuditReads, Beside, CliError, Destination, Guard, Home, House, Listen, Mode,
    Witnessing,
    door::{Call, Door, Reply},
    keeping::{Keeping, Kept},
};
use sijil_grpc::{HeaderMap, Porter};
use sijil_http::{Entrance, Pages, Proxies, ReadLog, Reception, Sheet, Tls, Visit};
use sijil_ledger::{
    Caller, Desk, Ledger, Parts, Presented, Secret, Snapshots, VerifyReport, masked,
};
use sijil_log::{
    Reader,
    machine::{
        Disk, SMALL_RECORDS_MAX, SystemClock, SystemRandomness, keep_files_private, large_pages,
        no_core_dumps,
    },
    seam::Clock,
};
use sijil_schemas::{Position, problem::ProblemKind};
use tokio::{
    net::TcpListener,
    runtime::Runtime,
    signal::unix::{Signal, SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

/// Events are parsed on one thread, decided on another and folded on a third, and each frees what
/// another asked for: the system's own allocator spends a third of the time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where fold states are saved, in a data directory.
const SNAPSHOTS: &str = "snapshots";

/// Seconds between two times that sessions are kept.
const SESSIONS_KEPT_S: u64 = 60;

mod backups;
mod checkpoints;
mod keys;
mod logins;
mod logs;
mod tables;
mod targets;
mod witnesses;

/// The ledger on this machine: system clock, real disk, and the log that was asked for.
struct Machine {
    runtime: Arc<Runtime>,
    /// The log that was opened to write, for a backup beside the server.
    reader: OnceLock<Arc<dyn Reader>>,
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
    ) -> Result<Desk, CliError> {
        let log = logs::open(home, mode, &*progress)?;
        large_pages(log.reader.head().is_ok_and(|head| head.position.get() > SMALL_RECORDS_MAX));
        if mode == Mode::Write {
            // One process opens one ledger to write.
            self.reader.get_or_init(|| log.reader.clone());
        }
        let snapshots = Snapshots { storage: Arc::new(Disk), dir: home.data.join(SNAPSHOTS) };
        let progress = move |at: Position, head: Position| progress(at.get(), head.get());
        let ledger = Ledger::start(Parts {
            snapshots: Some(snapshots),
            progress: Some(Box::new(progress)),
            ..parts(log)
        })?;
        ledger.sign_with(checkpoints::signing(home, None, mode == Mode::Sign)?);
        self.runtime.spawn(grown(ledger.clone()));
        let desk = ledger.desk_of_all(Caller::local());
        if mode == Mode::Write && home.log.is_none() && desk.writable() {
            backups::tell_origin(&desk, &home.data)?;
        }
        Ok(desk)
    }

    fn blank(&self) -> Result<Desk, CliError> {
        Ok(Ledger::start(parts(logs::blank()))?.desk_of_all(Caller::local()))
    }

    fn door(&self, desk: &Desk) -> Box<dyn Door> {
        Box::new(Inside(sijil_http::Inside::new(self.runtime.handle().clone(), desk)))
    }

    fn serve(
        &self,
        desk: &Desk,
        home: &Home,
        listen: Listen,
        beside: Beside,
        ready: Box<dyn FnOnce(Listen, Option<Secret>) + Send>,
    ) -> Result<(), CliError> {
        no_core_dumps();
        let provider = logins::provider(&listen.guard.sign_in)?;
        // What is left of a damaged log is looked at, and nothing is put beside it.
        let (gate, _for_this_run) =
            keys::gate(home, listen.open, !desk.is_salvaged(), provider.clone())?;
        let (public, may_make) = (listen.public.as_deref(), desk.read_only_because().is_none());
        desk.sign_with(checkpoints::signing(home, public, may_make)?);
        let (desk, ledger, entrance) =
            (desk.clone(), Ledger::clone(desk), entrance(&listen.guard)?);
        let reception = Reception::new(ledger.clone(), gate, entrance.clone());
        let reception = Arc::new(told(reception, &listen.guard)?);
        let _keys = provider.map(logins::Keeper::start).transpose()?;
        let Beside { tables, backup, witnesses } = beside;
        let _asking =
            witnesses.map(|policy| witnesses::Keeper::start(&desk, policy)).transpose()?;
        let follower = tables.map(|destination| tables::Follower::start(&desk, &destination));
        let reader = self.reader.get().filter(|_| backup.backup_to.is_some());
        let start = |reader: &Arc<dyn Reader>| {
            backups::Keeper::start(&desk, reader.clone(), home, (&backup, public))
        };
        let _keeper = reader.map(start).transpose()?;
        self.runtime.block_on(async move {
            let listener = bound(listen.http).await?;
            let mut listening =
                Listen { http: listener.local_addr()?, grpc: None, ..listen.clone() };
            tell_provider(&reception, &listening);
            let (ending, ended) = tokio::sync::oneshot::channel::<()>();
            let mut streams = None;
            if let Some(address) = listen.grpc {
                let listener = bound(address).await?;
                listening.grpc = Some(listener.local_addr()?);
                let connections = entrance.clone().connections(listener);
                streams = Some(tokio::spawn(sijil_grpc::serve(
                    connections,
                    desk.clone(),
                    Arc::new(Streams(reception.clone())),
                    async {
                        drop(ended.await);
                    },
                )));
            }
            // Heard before anybody is told that the server is there: whoever is told may end it.
            let told = [SignalKind::terminate(), SignalKind::interrupt()].map(heard);
            let code = reception.gate().code(&ledger).map_err(|error| {
                CliError::Reach(format!("no random bytes for the code of a link: {error}"))
            })?;
            ready(listening, code);
            let (watched, kept) = (ledger.clone(), reception.clone());
            let keeping = self.runtime.spawn(keeping_sessions(reception.clone()));
            let stop = async move {
                tokio::select! {
                    () = told_to_stop(told) => (),
                    () = poisoned(&watched) => (),
                }
                // What it sent last is recorded while the ledger still takes records.
                drop(tokio::task::spawn_blocking(move || drop(follower)).await);
                drop(ending);
            };
            let public = listen.public.as_deref();
            let pages = (!listen.guard.no_console).then(|| Arc::new(Console) as Arc<dyn Pages>);
            sijil_http::serve(listener, public, reception, pages, stop).await?;
            keeping.abort();
            keep_sessions(&kept);
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
        desk: &Desk,
        destination: &Destination,
        sent: &dyn Fn(u64),
    ) -> Result<serde_json::Value, CliError> {
        tables::publish(desk, destination, sent)
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

    fn rolled_back(&self, home: &Home) -> Result<Option<String>, CliError> {
        checkpoints::rolled_back(home)
    }

    fn adopt(&self, home: &Home, as_clone: bool) -> Result<serde_json::Value, CliError> {
        logs::adopt(home, as_clone)
    }

    fn keep(
        &self,
        home: &Home,
        word: &Keeping,
        progress: &dyn Fn(u64, u64),
    ) -> Result<Kept, CliError> {
        backups::keep(home, word, progress)
    }

    fn witness(
        &self,
        word: &Witnessing,
        ready: Box<dyn FnOnce(SocketAddr, String) + Send>,
    ) -> Result<(), CliError> {
        let witness = witnesses::opened(word)?;
        self.runtime.block_on(async move {
            let listener = bound(word.listen).await?;
            let told = [SignalKind::terminate(), SignalKind::interrupt()].map(heard);
            ready(listener.local_addr()?, witness.vkey().to_string());
            let clock = || SystemClock.now().micros().unsigned_abs() / 1_000_000;
            Ok(sijil_witness::serve(listener, witness, clock, told_to_stop(told)).await?)
        })
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

/// How connections come in, with the certificate read.
fn entrance(guard: &Guard) -> Result<Arc<Entrance>, CliError> {
    let tls = match (&guard.tls_cert, &guard.tls_key) {
        (Some(cert), Some(key)) => {
            Some(Tls::open(cert.clone(), key.clone()).map_err(|e| CliError::Reach(e.to_string()))?)
        }
        (_, _) => None,
    };
    Ok(Arc::new(Entrance { tls, proxies: Proxies::new(guard.behind_proxy.clone()) }))
}

/// Where reads are told, if they are.
fn read_log(guard: &Guard) -> Result<Option<ReadLog>, CliError> {
    if guard.audit_reads == AuditReads::Never {
        return Ok(None);
    }
    let required = guard.audit_reads == AuditReads::Required;
    let Some(file) = &guard.audit_to else { return Ok(Some(ReadLog::stderr(required))) };
    let log = ReadLog::file(file, required);
    log.map(Some).map_err(|error| CliError::Reach(format!("{}: {error}", file.display())))
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

/// The reception of both doors, which is one: whoever tries at the one has tried at the other. It
/// tells of reads where that is asked for.
fn told(reception: Reception, guard: &Guard) -> Result<Reception, CliError> {
    Ok(match read_log(guard)? {
        Some(reads) => reception.telling_reads(reads),
        None => reception,
    })
}

/// Says where people come back to from the sign-in provider, if there is one.
fn tell_provider(reception: &Reception, listening: &Listen) {
    let at = match &listening.public {
        Some(host) => format!("https://{host}"),
        None => format!("{}://{}", listening.guard.scheme(), listening.http),
    };
    if let Some(provider) = reception.gate().provider() {
        provider.comes_back_to(format!("{at}/sign-in/return"));
    }
}

/// Keeps the sessions from time to time, so that those in use are known to be after a restart.
async fn keeping_sessions(reception: Arc<Reception>) {
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(SESSIONS_KEPT_S)).await;
        let reception = reception.clone();
        drop(tokio::task::spawn_blocking(move || keep_sessions(&reception)).await);
    }
}

fn keep_sessions(reception: &Reception) {
    if let Err(error) = reception.gate().keep() {
        tracing::warn!(%error, "when sessions were used last is not kept");
    }
}

/// Ends when the log takes no more records: what is on the disk is then unknown until it is opened
/// again.
async fn poisoned(ledger: &Ledger) {
    while ledger.poisoned().is_none() {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

/// A signal, heard from now on.
fn heard(kind: SignalKind) -> Option<Signal> {
    let heard = signal(kind);
    heard.inspect_err(|error| tracing::warn!(%error, ?kind, "a signal is not heard")).ok()
}

/// Ends with the first of two signals.
async fn told_to_stop(told: [Option<Signal>; 2]) {
    let [mut one, mut other] = told;
    let next = async |signal: &mut Option<Signal>| match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    };
    tokio::select! {
        () = next(&mut one) => (),
        () = next(&mut other) => (),
    }
}

/// The reception, as the gRPC door asks it.
struct Streams(Arc<Reception>);

impl Porter for Streams {
    fn admit(
        &self,
        shown: Option<&str>,
        socket: SocketAddr,
        headers: &HeaderMap,
    ) -> Result<Desk, (ProblemKind, String)> {
        let refused = self.0.refused(headers).map_or(Ok(()), Err);
        let desk = refused.and_then(|()| {
            self.0.admitted(shown.map(Presented::Key), Some(self.0.peer(socket, headers)))
        });
        desk.map_err(|problem| (problem.kind(), problem.detail().to_owned()))
    }
}

/// The console, as the HTTP door shows it.
struct Console;

impl Pages for Console {
    fn knows(&self, path: &str) -> bool {
        sijil_console::knows(path)
    }
    fn file(&self, path: &str) -> Option<(&'static str, &'static [u8])> {
        sijil_console::asset(path).map(|file| (file.media, file.bytes))
    }
    fn policy(&self) -> &'static str {
        sijil_console::POLICY
    }
    fn sheet(&self, desk: &Desk, visit: &Visit) -> Sheet {
        as_sheet(sijil_console::page(desk, as_visit(visit)))
    }
    fn takes(&self, path: &str) -> bool {
        sijil_console::takes(path)
    }
    fn sent(&self, desk: &Desk, visit: &Visit, body: &[u8]) -> Sheet {
        as_sheet(sijil_console::sent(desk, as_visit(visit), body))
    }
}

fn as_visit(Visit { path, query, languages }: &Visit) -> sijil_console::Visit<'_> {
    sijil_console::Visit { path, query, languages }
}

fn as_sheet(page: sijil_console::Page) -> Sheet {
    let sijil_console::Page { status, sent_on, html } = page;
    Sheet { status, sent_on, html }
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
    keep_files_private();
    let arguments = Arguments::parse();
    log_to_stderr(arguments.log_json);
    let runtime = match Runtime::new() {
        Ok(runtime) => Arc::new(runtime),
        Err(error) => {
            eprintln!("sijil: cannot start: {error}");
            return ExitCode::from(3);
        }
    };
    let outcome =
        sijil_cli::run(&Machine { runtime: runtime.clone(), reader: OnceLock::new() }, arguments);
    // Tasks that still wait for a reader end with the process.
    if let Some(runtime) = Arc::into_inner(runtime) {
        runtime.shutdown_background();
    }
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sijil: {}", masked(&error.to_string()));
            ExitCode::from(error.exit_code())
        }
    }
}
