//! A log that nodes share, far away. Invariant: calls over the wire fail before or after the log
//! took them, as a seed says, and the log itself is whole.

use super::super::{CountingBytes, CountingClock};
use sijil_ledger::Parts;
use sijil_log::{
    AppendError, Batch, Head, Order, ReadError, ReadLimit, Reader, Writer,
    memory::{self, MemoryReader, MemoryWriter},
    tree::Hash,
};
use sijil_schemas::{Position, StoredRecord, id::EntityRef, time::Timestamp};
use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use uuid::Uuid;

/// Xorshift: one seed, one world.
#[derive(Clone)]
pub(super) struct Chance(Arc<AtomicU64>);

impl Chance {
    pub(super) fn below(&self, n: u64) -> u64 {
        let mut x = self.0.load(Ordering::Relaxed);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.0.store(x, Ordering::Relaxed);
        (x >> 11) % n
    }
}

/// The way from one node to the log.
pub(super) struct Wire {
    pub(super) cut: AtomicBool,
    pub(super) faults: AtomicBool,
    pub(super) chance: Chance,
    pub(super) seen: Mutex<BTreeMap<&'static str, u64>>,
}

impl Wire {
    fn note(&self, what: &'static str) {
        *self.seen.lock().expect("a lock").entry(what).or_default() += 1;
    }
    fn reach(&self) -> Result<(), ReadError> {
        match self.cut.load(Ordering::Relaxed) {
            true => Err(ReadError::Io {
                what: "reach the log".into(),
                source: Arc::new(io::ErrorKind::NotConnected.into()),
            }),
            false => Ok(()),
        }
    }
}

struct FarWriter(Arc<Wire>, Arc<Mutex<MemoryWriter>>);

impl Writer for FarWriter {
    fn shared(&self) -> bool {
        true
    }
    fn append(&mut self, at: Position, batch: &Batch) -> Result<(), AppendError> {
        let lost = || AppendError::Unreachable {
            what: "append".into(),
            source: io::ErrorKind::ConnectionReset.into(),
        };
        let wire = self.0.clone();
        if wire.cut.load(Ordering::Relaxed) {
            return Err(lost());
        }
        let append = || self.1.lock().expect("a lock").append(at, batch);
        let outcome =
            match if wire.faults.load(Ordering::Relaxed) { wire.chance.below(12) } else { 12 } {
                0 => {
                    wire.note("answers lost");
                    return append().and_then(|()| Err(lost()));
                }
                1 => {
                    wire.note("appends lost");
                    return Err(lost());
                }
                2 => {
                    wire.note("conflicts out of the air");
                    return Err(AppendError::Conflict { expected: at, head: at });
                }
                3 => {
                    wire.note("cut after the append");
                    let outcome = append();
                    wire.cut.store(true, Ordering::Relaxed);
                    return outcome.and_then(|()| Err(lost()));
                }
                _ => append(),
            };
        if matches!(outcome, Err(AppendError::Conflict { .. })) {
            wire.note("races lost");
        }
        outcome
    }
}

struct FarReader(Arc<Wire>, MemoryReader);

impl Reader for FarReader {
    fn head(&self) -> Result<Head, ReadError> {
        self.0.reach()?;
        self.1.head()
    }
    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<StoredRecord>, ReadError> {
        self.0.reach()?;
        self.1.read(from, limit)
    }
    fn wait(&self, past: Position, timeout: Duration) -> Result<Position, ReadError> {
        self.0.reach()?;
        self.1.wait(past, timeout)
    }
    fn position_of(&self, event_id: Uuid) -> Result<Option<Position>, ReadError> {
        self.0.reach()?;
        self.1.position_of(event_id)
    }
    fn touching(
        &self,
        entity: &EntityRef,
        bound: Position,
        limit: usize,
        order: Order,
    ) -> Result<Vec<Position>, ReadError> {
        self.0.reach()?;
        self.1.touching(entity, bound, limit, order)
    }
    fn root_at(&self, position: Position) -> Result<Option<Hash>, ReadError> {
        self.0.reach()?;
        self.1.root_at(position)
    }
    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        self.0.reach()?;
        self.1.hashes(level, from, count)
    }
    fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        self.0.reach()?;
        self.1.position_at(time)
    }
}

pub(super) struct Log {
    pub(super) writer: Arc<Mutex<MemoryWriter>>,
    pub(super) reader: MemoryReader,
    pub(super) chance: Chance,
}

impl Log {
    pub(super) fn new(seed: u64) -> Log {
        let (writer, reader) = memory::open();
        Log {
            writer: Arc::new(Mutex::new(writer)),
            reader,
            chance: Chance(Arc::new(AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1))),
        }
    }
    pub(super) fn parts(&self, node: usize) -> (Arc<Wire>, Parts) {
        let wire = Arc::new(Wire {
            cut: false.into(),
            faults: false.into(),
            chance: self.chance.clone(),
            seen: Mutex::default(),
        });
        // The clocks of the nodes disagree by minutes.
        let clock = CountingClock(Arc::new(AtomicI64::new(
            1_750_000_000_000_000 + node as i64 * 300_000_000,
        )));
        let parts = Parts {
            writer: Some(Box::new(FarWriter(wire.clone(), self.writer.clone()))),
            read_only_because: None,
            reader: Arc::new(FarReader(wire.clone(), self.reader.clone())),
            clock: Arc::new(clock),
            randomness: Arc::new(CountingBytes(AtomicU64::new((node as u64) << 32))),
            snapshots: None,
            threads: 1,
            progress: None,
        };
        (wire, parts)
    }
    pub(super) fn records(&self) -> Vec<StoredRecord> {
        self.reader
            .read(Position::new(1), ReadLimit { records: usize::MAX, bytes: usize::MAX })
            .expect("in memory")
    }
}
