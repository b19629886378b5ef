//! Determinism: one history, the same requests to every kind of log, and its folds made again with
//! one thread and with several, from nothing and from snapshots. Invariant: clock and randomness
//! are fixed, so whatever differs was made to differ by the log, the threads or the place the folds
//! began at.

#[path = "determinism/access.rs"]
mod access;

use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sijil_demo::Company;
use sijil_ledger::{Atomicity, Caller, Desk, Ledger, Parts, Request, Snapshots};
use sijil_log::{
    Batch, Entry, Head, Order, ReadError, ReadLimit, Reader, Writer,
    embedded::{self, Options},
    machine::Disk,
    memory,
    mirror::{self, SharedLog},
    postgres::PostgresLog,
    seam::{Clock, Randomness, Storage},
    touched_by_schema,
    tree::Hash,
};
use sijil_peers::Postgres;
use sijil_projections::Families;
use sijil_schemas::{
    Position, StoredRecord, decode::Draft, event::EVENT_TYPES, id::EntityRef, time::Timestamp,
};
use tempfile::TempDir;
use uuid::Uuid;

/// Drafts of the history: so many that chunks are decoded beside each other, and every type is
/// told.
const EVENTS: u64 = 20_000;
const SEED: u64 = 7;
/// Positions at which everything is compared, beside the head: the first, some, and both sides of a
/// chunk's end.
const MARKS: [u64; 5] = [1, 3_000, 8_192, 8_193, 16_384];
const THREADS: [usize; 3] = [1, 2, 7];
const EVERYTHING: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

/// It is always the same moment.
struct Noon;
impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_798_761_600_000_000).expect("in range")
    }
}

/// Bytes that count.
#[derive(Default)]
struct Counting(AtomicU64);
impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        bytes.iter_mut().zip(count.iter().cycle()).for_each(|(b, c)| *b = *c);
        Ok(())
    }
}

/// A reader that remembers the first position it was read from.
struct Watched {
    reader: Arc<dyn Reader>,
    from: Mutex<Option<Position>>,
}
impl Reader for Watched {
    fn head(&self) -> Result<Head, ReadError> {
        self.reader.head()
    }
    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<StoredRecord>, ReadError> {
        let mut first = self.from.lock().expect("a lock");
        *first = Some(first.map_or(from, |known| known.min(from)));
        self.reader.read(from, limit)
    }
    fn wait(&self, past: Position, timeout: Duration) -> Result<Position, ReadError> {
        self.reader.wait(past, timeout)
    }
    fn position_of(&self, event_id: Uuid) -> Result<Option<Position>, ReadError> {
        self.reader.position_of(event_id)
    }
    fn touching(
        &self,
        entity: &EntityRef,
        bound: Position,
        limit: usize,
        order: Order,
    ) -> Result<Vec<Position>, ReadError> {
        self.reader.touching(entity, bound, limit, order)
    }
    fn root_at(&self, position: Position) -> Result<Option<Hash>, ReadError> {
        self.reader.root_at(position)
    }
    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        self.reader.hashes(level, from, count)
    }
    fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        self.reader.position_at(time)
    }
}

type Opened = (Option<Box<dyn Writer>>, Arc<dyn Reader>);

/// A kind of log. Each opening makes all anew but the log itself: a node in another directory, or
/// the same directory after it was closed.
struct Shelf {
    name: &'static str,
    open: Box<dyn Fn() -> Opened>,
    _stands_on: Box<dyn Any>,
}

fn in_memory() -> Shelf {
    let (writer, reader) = memory::open();
    let writer = Mutex::new(Some(Box::new(writer) as Box<dyn Writer>));
    let open = move || {
        (writer.lock().expect("a lock").take(), Arc::new(reader.clone()) as Arc<dyn Reader>)
    };
    Shelf { name: "memory", open: Box::new(open), _stands_on: Box::new(()) }
}

fn in_a_directory(name: &'static str, compress: bool) -> Shelf {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().to_owned();
    let options = Options { segment_bytes: 1 << 20, compress, ..Options::default() };
    let open = move || {
        let opened = embedded::open(Arc::new(Disk), &data, &options).expect("the log opens");
        assert_eq!(opened.report, embedded::OpenReport::default());
        (
            opened.writer.map(|writer| Box::new(writer) as Box<dyn Writer>),
            Arc::new(opened.reader) as Arc<dyn Reader>,
        )
    };
    Shelf { name, open: Box::new(open), _stands_on: Box::new(dir) }
}

/// A log on a server; each node begins with an empty directory, so that all of it comes over the
/// wire.
fn on_a_server(
    name: &'static str,
    connect: impl Fn() -> Arc<dyn SharedLog> + 'static,
    server: Box<dyn Any>,
) -> Shelf {
    let nodes: Mutex<Vec<TempDir>> = Mutex::default();
    let open = move || {
        let dir = tempfile::tempdir().expect("a directory");
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        let (writer, reader) =
            mirror::open(&storage, dir.path(), connect(), &touched_by_schema(), &|_, _| ())
                .expect("the log opens");
        nodes.lock().expect("a lock").push(dir);
        (Some(Box::new(writer) as Box<dyn Writer>), Arc::new(reader) as Arc<dyn Reader>)
    };
    Shelf { name, open: Box::new(open), _stands_on: server }
}

fn shelves(database: &str) -> Vec<Shelf> {
    let mut all = vec![
        in_memory(),
        in_a_directory("embedded", false),
        in_a_directory("embedded, compressed", true),
    ];
    if let Some(server) = Postgres::shared() {
        let url: sijil_log::postgres::Address =
            server.database(database).parse().expect("an address");
        let connect = move || {
            Arc::new(PostgresLog::connect(&url, true).expect("it connects")) as Arc<dyn SharedLog>
        };
        all.push(on_a_server("Postgres", connect, Box::new(())));
    }
    #[cfg(feature = "eventstore")]
    {
        let peer = sijil_eventstore_peer::Peer::new();
        let url: sijil_log::eventstore::Address = peer.url().parse().expect("an address");
        let connect = move || {
            Arc::new(sijil_log::eventstore::EventStoreLog::new(&url).expect("it connects"))
                as Arc<dyn SharedLog>
        };
        all.push(on_a_server("EventStoreDB's protocol", connect, Box::new(peer)));
    }
    all
}

fn parts((writer, reader): Opened, threads: usize, snapshots: Option<Snapshots>) -> Parts {
    Parts {
        writer,
        read_only_because: None,
        reader,
        clock: Arc::new(Noon),
        randomness: Arc::<Counting>::default(),
        snapshots,
        threads,
        progress: None,
    }
}

/// The story of the demo's company in requests of many sizes; one draft of each is told again under
/// another id, and most often refused.
fn requests() -> Vec<Request> {
    let mut told = Company::new(SEED, EVENTS)
        .map(|line| Draft::from_value(serde_json::from_str(&line).expect("JSON")).expect("a draft"))
        .peekable();
    let mut all = Vec::new();
    for size in [1, 13, 150, 2, 400].into_iter().cycle() {
        let mut drafts: Vec<Draft> = told.by_ref().take(size).collect();
        // The parts of a document stay with it.
        drafts.extend(std::iter::from_fn(|| {
            told.next_if(|next| next.r#type.ends_with(".lines_added"))
        }));
        let Some(mut again) = drafts.last().cloned() else { break };
        let id = Uuid::new_v5(&again.id.expect("an id").0, b"again");
        again.id = Some(sijil_schemas::EventId(id));
        drafts.push(again);
        all.push(alone(drafts));
    }
    all.push(alone(access::drafts(Noon.now())));
    all
}

fn opened(parts: Parts) -> Desk {
    Ledger::start(parts).expect("it starts").desk_of_all(Caller::open())
}

fn alone(drafts: Vec<Draft>) -> Request {
    Request { drafts, key: None, expect: Vec::new(), atomicity: Atomicity::Alone }
}

/// What became of every draft: its position, or the name of its refusal.
fn decided(ledger: &Desk, requests: &[Request]) -> Vec<Result<Position, &'static str>> {
    let outcomes = requests.iter().flat_map(|request| {
        ledger.submit_blocking(request.clone()).expect("each is judged alone").outcomes
    });
    outcomes
        .map(|outcome| outcome.map(|recorded| recorded.position).map_err(|error| error.name()))
        .collect()
}

/// The digest of every fold.
type Digests = Vec<(&'static str, String)>;

fn live(ledger: &Desk) -> Digests {
    assert!(ledger.settle(Duration::from_secs(60)));
    let views = ledger.views();
    let hex = |fold| {
        views.digest(fold).expect("a digest").iter().map(|byte| format!("{byte:02x}")).collect()
    };
    Families::FOLDS.iter().map(|fold| (*fold, hex(fold))).collect()
}

fn rebuilt(ledger: &Desk, to: Position, threads: usize) -> Digests {
    let replay = ledger.replay("all", Some(to), threads, |_, _| ()).expect("replayed");
    replay.projections.into_iter().map(|fold| (fold.projection, fold.digest)).collect()
}

/// Snapshots of the folds at a position, made over a log that has no more.
fn snapshots_at(records: &[StoredRecord], dir: &Path) -> Snapshots {
    let (mut writer, reader) = memory::open();
    let entries = records
        .iter()
        .map(|record| Entry { record: record.clone(), touched: Vec::new() })
        .collect();
    writer.append(Position::ZERO, &Batch { entries }).expect("in memory");
    let snapshots = Snapshots { storage: Arc::new(Disk), dir: dir.join(records.len().to_string()) };
    let ledger =
        opened(parts((Some(Box::new(writer)), Arc::new(reader)), 1, Some(snapshots.clone())));
    ledger.stop();
    snapshots
}

/// What is expected of every log, as the first one had it.
struct Expected {
    roots: BTreeMap<Position, Option<Hash>>,
    digests: BTreeMap<Position, Digests>,
    snapshots: BTreeMap<Position, Snapshots>,
}

#[derive(Default)]
struct Compared {
    roots: usize,
    digests: usize,
    rebuilds: usize,
    starts: usize,
}

/// Everything once more on a log: roots, rebuilds, and starts from every snapshot, each with one
/// thread and with several.
fn compare(name: &str, reader: &Arc<dyn Reader>, expected: &Expected, compared: &mut Compared) {
    let head = reader.head().expect("a head").position;
    for threads in THREADS {
        let ledger = opened(parts((None, reader.clone()), threads, None));
        assert_eq!(
            live(&ledger),
            expected.digests[&head],
            "{name}: started from nothing with {threads} threads"
        );
        for (position, digests) in &expected.digests {
            assert_eq!(
                rebuilt(&ledger, *position, threads),
                *digests,
                "{name}: rebuilt to {position} with {threads} threads"
            );
            compared.rebuilds += 1;
        }
        compared.digests += digests_of(expected.digests.len() + 1);
        ledger.stop();
        for (position, snapshots) in &expected.snapshots {
            let watched = Arc::new(Watched { reader: reader.clone(), from: Mutex::default() });
            let ledger = opened(parts((None, watched.clone()), threads, Some(snapshots.clone())));
            assert_eq!(
                *watched.from.lock().expect("a lock"),
                (*position < head).then(|| position.next()),
                "{name}: the snapshot at {position} is taken up"
            );
            assert_eq!(
                live(&ledger),
                expected.digests[&head],
                "{name}: from the snapshot at {position} with {threads} threads"
            );
            compared.starts += 1;
            ledger.stop();
        }
        compared.digests += digests_of(expected.snapshots.len());
    }
    for (position, root) in &expected.roots {
        assert_eq!(
            reader.root_at(*position).expect("a root"),
            *root,
            "{name}: the root at {position}"
        );
    }
    compared.roots += expected.roots.len();
}

fn digests_of(states: usize) -> usize {
    states * Families::FOLDS.len()
}

/// What the log of a reader gives with one thread and from nothing.
fn expected(reader: &Arc<dyn Reader>, dir: &Path) -> Expected {
    let records = reader.read(Position::new(1), EVERYTHING).expect("the whole log");
    let head = Position::new(records.len() as u64);
    let marks: Vec<Position> =
        MARKS.into_iter().map(Position::new).filter(|mark| *mark < head).chain([head]).collect();
    let ledger = opened(parts((None, reader.clone()), 1, None));
    let digests: BTreeMap<_, _> =
        marks.iter().map(|mark| (*mark, rebuilt(&ledger, *mark, 1))).collect();
    let distinct: BTreeSet<_> = digests.values().collect();
    assert_eq!(distinct.len(), marks.len(), "the positions differ in their digests");
    let beginning = |mark: &Position| &records[..usize::try_from(mark.get()).expect("small")];
    Expected {
        roots: marks.iter().map(|mark| (*mark, reader.root_at(*mark).expect("a root"))).collect(),
        snapshots: marks.iter().map(|mark| (*mark, snapshots_at(beginning(mark), dir))).collect(),
        digests,
    }
}

#[test]
fn the_same_requests_make_the_same_ledger_on_every_log() {
    let (dir, requests) = (tempfile::tempdir().expect("a directory"), requests());
    let (mut first, mut compared, mut names) = (None, Compared::default(), Vec::new());
    for shelf in shelves("determinism") {
        let ledger = opened(parts((shelf.open)(), 2, None));
        let outcomes = decided(&ledger, &requests);
        let live = live(&ledger);
        ledger.stop();
        drop(ledger);
        let (_, reader) = (shelf.open)();
        let (wanted, expected) =
            first.get_or_insert_with(|| (outcomes.clone(), expected(&reader, dir.path())));
        assert!(*wanted == outcomes, "{}: every draft has the same outcome", shelf.name);
        assert_eq!(
            Some(&live),
            expected.digests.values().next_back(),
            "{}: as it was folded while it was written",
            shelf.name
        );
        compare(shelf.name, &reader, expected, &mut compared);
        names.push((shelf.name, reader));
    }
    let (outcomes, expected) = first.expect("a log");
    let refused: Vec<&str> =
        outcomes.iter().filter_map(|outcome| outcome.as_ref().err().copied()).collect();
    let kinds: BTreeSet<&str> = refused.iter().copied().collect();
    let records = names[0].1.read(Position::new(1), EVERYTHING).expect("the whole log");
    let types: BTreeSet<&str> = records
        .iter()
        .map(|record| record.decode().expect("decodes").event.event_type().name)
        .collect();
    let missing: Vec<&str> =
        EVENT_TYPES.iter().map(|of| of.name).filter(|name| !types.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "every type is recorded; {kinds:?}");
    assert!(kinds.len() > 5, "{kinds:?}");
    println!(
        "row 11: {} records of {} types and {} refusals by {} names, the same on {} logs ({}); {} \
         rebuilds and {} starts from snapshots at {:?}, with {THREADS:?} threads: {} digests and \
         {} roots equal",
        records.len(),
        types.len(),
        refused.len(),
        kinds.len(),
        names.len(),
        names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join("; "),
        compared.rebuilds,
        compared.starts,
        expected.snapshots.keys().map(|position| position.get()).collect::<Vec<_>>(),
        compared.digests,
        compared.roots
    );
}

/// The frozen records of every released version of every type, as `tests/history` keeps them.
fn released() -> Vec<StoredRecord> {
    let text = std::fs::read_to_string(
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/history/records.txt"),
    )
    .expect("frozen records");
    let digit = |hex: &str, at: usize| {
        u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits")
    };
    let bytes = |hex: &str| {
        if hex == "-" {
            Box::default()
        } else {
            (0..hex.len()).step_by(2).map(|at| digit(hex, at)).collect()
        }
    };
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        StoredRecord { public: bytes(words[2]), personal: bytes(words[3]) }
    };
    text.lines().map(line).collect()
}

#[test]
fn records_of_every_release_fold_alike_from_every_log() {
    let (dir, released) = (tempfile::tempdir().expect("a directory"), released());
    let (mut first, mut compared, mut logs) = (None, Compared::default(), 0);
    for shelf in shelves("determinism_released") {
        let (writer, _) = (shelf.open)();
        let mut writer = writer.expect("a writer");
        for batch in released.chunks(40) {
            let entries = batch
                .iter()
                .map(|record| Entry { record: record.clone(), touched: Vec::new() })
                .collect();
            let at = Position::new(batch[0].position().get() - 1);
            writer.append(at, &Batch { entries }).expect("appended");
        }
        drop(writer);
        let (_, reader) = (shelf.open)();
        let expected = first.get_or_insert_with(|| expected(&reader, dir.path()));
        compare(shelf.name, &reader, expected, &mut compared);
        logs += 1;
    }
    let Compared { roots, digests, .. } = compared;
    println!(
        "row 11: {} records, each version of each type as it was released, on {logs} logs: \
         {digests} digests and {roots} roots equal",
        released.len()
    );
}
