//! Ledgers on this machine, made as the program makes them: the same log on the same disk, clock,
//! snapshots and pages of memory. Invariant: nothing that is shipped is left out of what is
//! measured.

use std::{fs::File, io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use serde_json::Value;
use sijil_benches::figures::Lap;
use sijil_http::{Inside, Reception};
use sijil_ledger::{Caller, Desk, Gate, Ledger, Parts, ReadOnly, Snapshots, VerifyReport};
use sijil_log::{
    Writer,
    embedded::{self, Opened, Options, VerifyOptions},
    machine::{Disk, SMALL_RECORDS_MAX, SystemClock, SystemRandomness, large_pages},
    seam::{self, Storage, write_all},
};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::BenchError;

/// Where fold states are saved, in a data directory.
const SNAPSHOTS: &str = "snapshots";

/// What a ledger is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Only to answer questions.
    Read,
    /// To write as well.
    Write,
}

/// The runtime on which doors are served.
pub(crate) struct Machine {
    runtime: Runtime,
}

impl Machine {
    pub(crate) fn new() -> io::Result<Machine> {
        Ok(Machine { runtime: Runtime::new()? })
    }

    /// Opens the ledger of a data directory.
    pub(crate) fn open(&self, dir: &Path, access: Access) -> Result<Desk, BenchError> {
        let read_only = access == Access::Read;
        let options = Options { read_only, compress: true, ..Options::default() };
        let Opened { writer, reader, report } = embedded::open(Arc::new(Disk), dir, &options)?;
        if let Some(damage) = report.damage.first() {
            return Err(BenchError::Wrong(format!("expected a log that is whole, got {damage}")));
        }
        let ledger = Ledger::start(Parts {
            writer: writer.map(|writer| Box::new(writer) as Box<dyn Writer>),
            read_only_because: read_only.then(|| ReadOnly::Asked("the bench only reads".into())),
            reader: Arc::new(reader),
            clock: Arc::new(SystemClock),
            randomness: Arc::new(SystemRandomness),
            snapshots: Some(Snapshots { storage: Arc::new(Disk), dir: dir.join(SNAPSHOTS) }),
            threads: 2,
            progress: None,
        })?
        .desk_of_all(Caller::open());
        large_pages(ledger.durable().get() > SMALL_RECORDS_MAX);
        self.runtime.spawn(grown(ledger.clone()));
        Ok(ledger)
    }

    /// Imports drafts through the HTTP door in this process; what became of them.
    pub(crate) fn import(&self, ledger: &Desk, drafts: File) -> Result<Value, BenchError> {
        let headers = vec![("content-type", "application/x-ndjson".into())];
        self.call(ledger, ("POST", "/v1/events/import"), headers, Some(drafts))
    }

    /// Asks through the HTTP door in this process.
    pub(crate) fn get(&self, ledger: &Desk, path: &str) -> Result<Value, BenchError> {
        self.call(ledger, ("GET", path), vec![("accept", "application/json".into())], None)
    }

    fn call(
        &self,
        ledger: &Desk,
        (method, path): (&str, &str),
        headers: Vec<(&'static str, String)>,
        body: Option<File>,
    ) -> Result<Value, BenchError> {
        let door = Inside::new(self.runtime.handle().clone(), ledger);
        let body = body.map(|file| Box::new(file) as Box<dyn io::Read + Send>);
        let (status, mut answer) = door.call(method, path, headers, body)?;
        let mut text = String::new();
        answer.read_to_string(&mut text)?;
        if status >= 400 {
            return Err(BenchError::Wrong(format!("{method} {path}: {text}")));
        }
        Ok(serde_json::from_str(&text).map_err(io::Error::from)?)
    }

    /// Serves a ledger on a free local port while some work is done; stops the ledger then.
    pub(crate) fn serve_during(
        &self,
        ledger: &Desk,
        work: impl FnOnce(SocketAddr) -> Result<(), BenchError>,
    ) -> Result<(), BenchError> {
        let listener = self.runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let gate = Gate::Known(ledger.caller().clone());
        let reception = Reception::new(Ledger::clone(ledger), gate, Arc::default());
        let server = self.runtime.spawn(sijil_http::serve(
            listener,
            None,
            Arc::new(reception),
            None,
            async {
                drop(stopped.await);
            },
        ));
        let outcome = work(address);
        drop(stop);
        self.runtime.block_on(server).map_err(io::Error::other)??;
        outcome
    }

    /// Serves the bare handler on a free local port and the same runtime while some work is done.
    pub(crate) fn serve_bare_during<T>(
        &self,
        work: impl FnOnce(SocketAddr) -> Result<T, BenchError>,
    ) -> Result<T, BenchError> {
        let listener = self.runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let server =
            self.runtime.spawn(async { axum::serve(listener, sijil_benches::bare()).await });
        let outcome = work(address);
        server.abort();
        outcome
    }
}

/// Ends when a ledger has stopped, or is no small one any more: then it may have large pages.
async fn grown(ledger: Desk) {
    while !ledger.stopping() {
        if ledger.durable().get() > SMALL_RECORDS_MAX {
            return large_pages(true);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Verifies the log of a data directory.
pub(crate) fn verify(dir: &Path, threads: usize) -> Result<VerifyReport, BenchError> {
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let options = VerifyOptions { threads, ..VerifyOptions::default() };
    Ok(embedded::verify(&storage, dir, &options, &|_| ())?)
}

/// Takes the snapshots of a data directory away.
pub(crate) fn forget_snapshots(dir: &Path) -> io::Result<()> {
    let dir = dir.join(SNAPSHOTS);
    for name in Disk.list(&dir)? {
        Disk.remove(&dir.join(name))?;
    }
    Ok(())
}

/// How long the disk takes to make 4 KiB durable, in microseconds, so many times; leaves nothing
/// behind.
pub(crate) fn sync_micros(dir: &Path, times: usize) -> io::Result<Vec<u64>> {
    let (path, block) = (dir.join("sync"), [0x5a; 4096]);
    let file = Disk.open(&path, seam::Access::Create)?;
    // Room is made beforehand, as for a segment of the log.
    file.allocate((block.len() * times) as u64)?;
    file.sync_all()?;
    let mut micros = Vec::with_capacity(times);
    for number in 0..times {
        write_all(&*file, &block, (block.len() * number) as u64)?;
        let lap = Lap::begin();
        file.sync_data()?;
        micros.push(lap.micros());
    }
    Disk.remove(&path)?;
    Ok(micros)
}
