//! A ledger in a simulated world: its disk, its clock, its random numbers, and every step of its
//! sequencer in the hands of the caller. Invariant: the production log, rules, sequencer, folds and
//! snapshots run here, and the same calls from the same seed make the same bytes.

use std::{
    future::Future,
    io,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    task::{Context, Poll, Waker},
};

use sijil_ledger::{
    Caller, Desk, Ledger, Parts, Receipt, Request, Sequencer, Snapshots, StartError, SubmitError,
};
use sijil_log::{
    Reader, Writer,
    embedded::{self, EmbeddedReader, OpenError, OpenReport, Options, Report, VerifyOptions},
    seam::{Clock, Randomness, Storage},
};
use sijil_schemas::time::Timestamp;

use crate::{dice::Dice, disk::SimulatedDisk};

/// Where the data directory stands: deep, so that the directories above it must be made too.
pub const DIR: &str = "/srv/books/acme";
/// Small segments: a few records fill one.
pub const SEGMENT_BYTES: u64 = 8 << 10;
/// 2025-06-15.
const BEGIN: i64 = 1_750_000_000_000_000;

/// A clock that goes on by a microsecond a look, and jumps when told to.
#[derive(Debug, Clone)]
pub struct SimulatedClock(Arc<AtomicI64>);

/// Random bytes that a seed foretells.
#[derive(Debug, Clone)]
pub struct SimulatedRandomness(Arc<Mutex<Dice>>);

impl SimulatedClock {
    /// Jumps, forth or back.
    pub fn jump(&self, micros: i64) {
        self.0.fetch_add(micros, Relaxed);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.fetch_add(1, Relaxed)).unwrap_or(Timestamp::MIN)
    }
}

impl Randomness for SimulatedRandomness {
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        let mut dice = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&dice.throw().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// What stands between Sijil and its world; a planted bug replaces one of these.
#[derive(Clone, Copy)]
pub struct Seams {
    /// Wraps the storage.
    pub storage: fn(Arc<dyn Storage>) -> Arc<dyn Storage>,
    /// Wraps the log's writer.
    pub writer: fn(Box<dyn Writer>) -> Box<dyn Writer>,
    /// Wraps the log's reader.
    pub reader: fn(EmbeddedReader) -> Arc<dyn Reader>,
}

impl Seams {
    /// Nothing in between.
    pub const PLAIN: Seams = Seams {
        storage: |storage| storage,
        writer: |writer| writer,
        reader: |reader| Arc::new(reader),
    };
}

/// A house in which a ledger can be opened again and again.
#[derive(Clone)]
pub struct House {
    /// Its disk.
    pub disk: SimulatedDisk,
    /// Its clock.
    pub clock: SimulatedClock,
    /// Its random numbers.
    pub randomness: SimulatedRandomness,
    /// What stands in between.
    pub seams: Seams,
    /// Whether sealed segments are compressed; under every other seed they are.
    pub compress: bool,
}

/// Why a ledger is not there after opening it.
#[derive(Debug)]
pub enum NotOpen {
    /// The log does not open.
    Open(OpenError),
    /// The ledger does not start.
    Start(StartError),
}

type Answer = Result<Receipt, SubmitError>;

/// A request that waits for its answer.
struct Asked {
    ticket: u64,
    answer: Pin<Box<dyn Future<Output = Answer>>>,
}

/// A running ledger whose sequencer takes a step when told to.
pub struct Running {
    /// The ledger.
    pub ledger: Desk,
    /// The log's reader, as the ledger has it.
    pub reader: Arc<dyn Reader>,
    /// What opening the log found.
    pub report: OpenReport,
    sequencer: Option<Sequencer>,
    asked: Vec<Asked>,
    ready: Vec<(u64, Answer)>,
    tickets: u64,
}

impl House {
    /// A house with an empty disk.
    #[must_use]
    pub fn new(seed: u64) -> House {
        House::with(SimulatedDisk::new(), seed)
    }
    /// A house with this disk.
    #[must_use]
    pub fn with(disk: SimulatedDisk, seed: u64) -> House {
        let dice = Dice::new(seed).fork(0x5A17);
        House {
            disk,
            clock: SimulatedClock(Arc::new(AtomicI64::new(BEGIN))),
            randomness: SimulatedRandomness(Arc::new(Mutex::new(dice))),
            seams: Seams::PLAIN,
            compress: seed % 2 == 1,
        }
    }
    /// The same house with another disk.
    #[must_use]
    pub fn on(&self, disk: SimulatedDisk) -> House {
        House { disk, ..self.clone() }
    }
    fn storage(&self) -> Arc<dyn Storage> {
        (self.seams.storage)(self.disk.storage())
    }
    fn snapshots(&self) -> Snapshots {
        Snapshots { storage: self.storage(), dir: PathBuf::from(DIR).join("snapshots") }
    }

    /// Opens the log and starts the ledger.
    pub fn open(&self) -> Result<Running, NotOpen> {
        self.open_for(false)
    }
    /// The same, and if the log is damaged, as the one that ends with what is vouched for.
    pub fn salvage(&self) -> Result<Running, NotOpen> {
        self.open_for(true)
    }
    fn open_for(&self, salvage: bool) -> Result<Running, NotOpen> {
        let options = Options {
            segment_bytes: SEGMENT_BYTES,
            salvage,
            background: false,
            compress: self.compress,
            ..Options::default()
        };
        let opened =
            embedded::open(self.storage(), Path::new(DIR), &options).map_err(NotOpen::Open)?;
        let reader = (self.seams.reader)(opened.reader);
        let parts = Parts {
            writer: opened.writer.map(|writer| (self.seams.writer)(Box::new(writer))),
            read_only_because: None,
            reader: reader.clone(),
            clock: Arc::new(self.clock.clone()),
            randomness: Arc::new(self.randomness.clone()),
            snapshots: Some(self.snapshots()),
            threads: 1,
            progress: None,
        };
        let (ledger, sequencer) = Ledger::start_stepped(parts).map_err(NotOpen::Start)?;
        let ledger = ledger.desk_of_all(Caller::open());
        Ok(Running {
            ledger,
            reader,
            report: opened.report,
            sequencer,
            asked: Vec::new(),
            ready: Vec::new(),
            tickets: 0,
        })
    }

    /// Verifies the log.
    pub fn verify(&self) -> Result<Report, OpenError> {
        embedded::verify(
            &self.disk.storage(),
            Path::new(DIR),
            &VerifyOptions { threads: 1, ..VerifyOptions::default() },
            &|_| (),
        )
    }

    /// Removes every snapshot.
    pub fn forget_snapshots(&self) -> io::Result<()> {
        self.snapshots().clear()
    }
}

impl Running {
    /// Sends a request; its answer comes under the ticket.
    pub fn send(&mut self, request: Request) -> u64 {
        self.tickets += 1;
        let (ticket, ledger) = (self.tickets, self.ledger.clone());
        // The first look at the answer is what puts the request into the queue.
        self.asked
            .push(Asked { ticket, answer: Box::pin(async move { ledger.submit(request).await }) });
        self.look();
        ticket
    }
    fn look(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        let ready = &mut self.ready;
        self.asked.retain_mut(|asked| match asked.answer.as_mut().poll(&mut context) {
            Poll::Ready(answer) => {
                ready.push((asked.ticket, answer));
                false
            }
            Poll::Pending => true,
        });
    }
    /// The answers that have come since the last look, in the order of the requests.
    pub fn answers(&mut self) -> Vec<(u64, Answer)> {
        self.look();
        let mut ready = std::mem::take(&mut self.ready);
        ready.sort_by_key(|(ticket, _)| *ticket);
        ready
    }
    /// Decides what waits; false if there is nothing to do.
    pub fn decide(&mut self) -> bool {
        self.sequencer.as_mut().is_some_and(Sequencer::decide)
    }
    /// Commits the oldest decided batch; false if there is none.
    pub fn commit(&mut self) -> bool {
        self.sequencer.as_mut().is_some_and(Sequencer::commit)
    }
    /// Takes in what other nodes recorded; false if there is nothing.
    pub fn take_in(&mut self) -> bool {
        self.sequencer.as_mut().is_some_and(Sequencer::take_in)
    }
    /// Takes every step there is to take.
    pub fn settle(&mut self) {
        while self.take_in() || self.commit() || self.decide() {}
    }
    /// Sends a request and takes every step until it is answered.
    pub fn record(&mut self, request: Request) -> Answer {
        let ticket = self.send(request);
        self.settle();
        let unanswered = || Err(SubmitError::Unavailable { why: "nobody answers".into() });
        self.answers()
            .into_iter()
            .find(|(of, _)| *of == ticket)
            .map_or_else(unanswered, |(_, answer)| answer)
    }
    /// Whether requests are taken.
    #[must_use]
    pub fn writable(&self) -> bool {
        self.sequencer.is_some() && self.ledger.writable()
    }
    /// Stops as a server does: finishes what was accepted and saves snapshots.
    pub fn stop(mut self) {
        self.ledger.stop();
        if let Some(sequencer) = self.sequencer.take() {
            sequencer.finish();
        }
    }
}
