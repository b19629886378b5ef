//! The answers that only a log that fails, a full queue or a broken connection give. Invariant: the
//! production door and ledger run here, over a log whose faults are values, and what is asked is
//! asked over a socket.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::Duration,
};

use serde_json::{Value, json};
use sijil_http::Reception;
use sijil_ledger::{
    Atomicity, Caller, Damage, Desk, Gate, Ledger, Parts, ReadOnly, Request, Signing, SigningMemory,
};
use sijil_log::{
    AppendError, Batch, Head, Order, ReadError, ReadLimit, Reader, Writer,
    machine::{Disk, SystemClock, SystemRandomness},
    memory::{self, MemoryReader, MemoryWriter},
};
use sijil_proof::{checkpoint::Checkpoint, note::Signer};
use sijil_schemas::{Position, StoredRecord, decode::Draft, id::EntityRef, time::Timestamp};
use tokio::{net::TcpListener, runtime::Runtime, sync::oneshot};

use crate::server::{Answer, document_check, draft, invoice, opening, try_send};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Appends wait.
    Slow,
    /// Appends find no space.
    Full,
    /// Appends fail, and nobody knows what is on the disk.
    Failed,
    /// Reads find bytes that nobody wrote.
    Damaged,
    /// Reads fail.
    Unreadable,
    /// Reads panic.
    Panics,
    /// Reads of one record wait.
    Stands(Position),
}

/// A fault that can be set while the log is used, and how many reads have waited for a record.
#[derive(Clone)]
struct Switch(Arc<(Mutex<Fault>, Condvar)>, Arc<AtomicUsize>);

impl Switch {
    fn set(&self, fault: Fault) {
        *self.0.0.lock().expect("nobody panics while holding it") = fault;
        self.0.1.notify_all();
    }
    /// What is wrong with a read, once no record of it stands in its way.
    fn once_it_does_not_stand(&self, from: Position, limit: ReadLimit) -> Fault {
        let is_of = |at: Position| at >= from && at.get() - from.get() < limit.records as u64;
        let stands = |fault: &mut Fault| matches!(*fault, Fault::Stands(at) if is_of(at));
        let mut fault = self.0.0.lock().expect("nobody panics while holding it");
        if stands(&mut fault) {
            self.1.fetch_add(1, Ordering::AcqRel);
        }
        *self.0.1.wait_while(fault, stands).expect("the same")
    }
    fn once_not_slow(&self) -> Fault {
        *self
            .0
            .1
            .wait_while(self.0.0.lock().expect("nobody panics while holding it"), |f| {
                *f == Fault::Slow
            })
            .expect("the same")
    }
}

struct FaultyWriter(MemoryWriter, Switch);
impl Writer for FaultyWriter {
    fn append(&mut self, at: Position, batch: &Batch) -> Result<(), AppendError> {
        match self.1.once_not_slow() {
            Fault::Full => Err(AppendError::Full { bytes: 4096 }),
            Fault::Failed => Err(AppendError::Io {
                what: "sync the segment".into(),
                source: io::Error::other("the disk is gone"),
            }),
            Fault::None
            | Fault::Slow
            | Fault::Damaged
            | Fault::Unreadable
            | Fault::Panics
            | Fault::Stands(_) => self.0.append(at, batch),
        }
    }
}

struct FaultyReader(MemoryReader, Switch);
impl Reader for FaultyReader {
    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<StoredRecord>, ReadError> {
        match self.1.once_it_does_not_stand(from, limit) {
            Fault::Damaged => {
                let what = "expected CRC 1, found 2".into();
                Err(ReadError::damaged(Damage {
                    file: "log/1.seg".into(),
                    offset: 8,
                    bytes: 64,
                    positions: Some((from, from)),
                    what,
                }))
            }
            Fault::Unreadable => Err(ReadError::Io {
                what: "read log/1.seg".into(),
                source: Arc::new(io::Error::other("the disk is failing")),
            }),
            Fault::Panics => panic!("a read that panics, as asked"),
            Fault::None | Fault::Slow | Fault::Full | Fault::Failed | Fault::Stands(_) => {
                self.0.read(from, limit)
            }
        }
    }
    fn head(&self) -> Result<Head, ReadError> {
        self.0.head()
    }
    fn wait(&self, past: Position, timeout: Duration) -> Result<Position, ReadError> {
        self.0.wait(past, timeout)
    }
    fn position_of(&self, event_id: uuid::Uuid) -> Result<Option<Position>, ReadError> {
        self.0.position_of(event_id)
    }
    fn touching(
        &self,
        entity: &EntityRef,
        bound: Position,
        limit: usize,
        order: Order,
    ) -> Result<Vec<Position>, ReadError> {
        self.0.touching(entity, bound, limit, order)
    }
    fn root_at(&self, position: Position) -> Result<Option<[u8; 32]>, ReadError> {
        self.0.root_at(position)
    }
    fn hashes(&self, level: u32, from: u64, count: usize) -> Result<Vec<[u8; 32]>, ReadError> {
        self.0.hashes(level, from, count)
    }
    fn position_at(&self, time: Timestamp) -> Result<Position, ReadError> {
        self.0.position_at(time)
    }
}

/// The production door on a faulty log, in this process.
struct House {
    switch: Switch,
    ledger: Desk,
    runtime: Runtime,
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl House {
    fn new() -> House {
        let house = House::reading(None);
        assert_eq!(house.post(&json!({"events": opening()})).status, 201);
        house
    }
    /// Without a writer, if there is a reason.
    fn reading(read_only_because: Option<ReadOnly>) -> House {
        let switch = Switch(Arc::new((Mutex::new(Fault::None), Condvar::new())), Arc::default());
        let (writer, reader) = memory::open();
        let ledger = Ledger::start(Parts {
            writer: read_only_because
                .is_none()
                .then(|| Box::new(FaultyWriter(writer, switch.clone())) as Box<dyn Writer>),
            read_only_because,
            reader: Arc::new(FaultyReader(reader, switch.clone())),
            clock: Arc::new(SystemClock),
            randomness: Arc::new(SystemRandomness),
            snapshots: None,
            threads: 1,
            progress: None,
        })
        .expect("the ledger starts")
        .desk_of_all(Caller::open());
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let gate = Gate::Known(ledger.caller().clone());
        let reception = Reception::new(Ledger::clone(&ledger), gate, Arc::default());
        runtime.spawn(sijil_http::serve(listener, None, Arc::new(reception), None, async {
            drop(stopped.await);
        }));
        House { switch, ledger, runtime, address, _stop: stop }
    }
    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
    fn post(&self, body: &Value) -> Answer {
        try_send(
            &self.url(),
            "POST",
            "/v1/events",
            &[("content-type", "application/json")],
            Some(&body.to_string()),
        )
        .expect("it answers")
    }
    fn get(&self, path: &str) -> Answer {
        try_send(&self.url(), "GET", path, &[], None).expect("it answers")
    }
    /// Sends bytes as they are, and reads the one answer.
    fn raw(&self, bytes: &str) -> Answer {
        let mut socket = TcpStream::connect(self.address).expect("connects");
        socket.write_all(bytes.as_bytes()).expect("sent");
        let (mut text, mut chunk) = (Vec::new(), [0; 4096]);
        loop {
            let count = socket.read(&mut chunk).expect("an answer");
            text.extend_from_slice(&chunk[..count]);
            let whole = String::from_utf8_lossy(&text).into_owned();
            let Some((head, body)) = whole.split_once("\r\n\r\n") else { continue };
            let mut lines = head.lines();
            let status = lines
                .next()
                .and_then(|l| l.split(' ').nth(1))
                .and_then(|s| s.parse().ok())
                .expect("a status");
            let pairs = lines.filter_map(|l| l.split_once(": ")).map(|(k, v)| {
                (k.parse::<ureq::http::HeaderName>().expect("a name"), v.parse().expect("a value"))
            });
            let answer = Answer { status, headers: pairs.collect(), text: body.to_owned() };
            if count == 0 || answer.header("content-length").parse() == Ok(body.len()) {
                document_check(&self.url(), "POST", "/v1/events", &answer);
                return answer;
            }
        }
    }
}

fn client(n: usize) -> Value {
    draft(
        "client.registered",
        "2025-01-02",
        json!({"client": format!("Q{n}"), "name": "Waits", "kind": "org"}),
    )
}

/// More requests than may wait: the one too many is told to come back, and nothing of those that
/// waited is lost.
fn busy() -> Answer {
    let house = House::new();
    house.switch.set(Fault::Slow);
    let (told, hears) = mpsc::channel();
    let (mut waiting, mut n): (Vec<JoinHandle<()>>, usize) = (Vec::new(), 0);
    let answer = loop {
        for _ in 0..3_000 {
            n += 1;
            let drafts = vec![Draft::from_value(client(n)).expect("a draft")];
            let (ledger, request) = (
                house.ledger.clone(),
                Request { drafts, key: None, expect: Vec::new(), atomicity: Atomicity::Together },
            );
            house.runtime.spawn(async move { ledger.submit(request).await });
        }
        // While there is room this one waits too; then the next one is sent.
        let (told, url, body) = (told.clone(), house.url(), client(1_000_000 + n).to_string());
        waiting.push(std::thread::spawn(move || {
            let answer = try_send(
                &url,
                "POST",
                "/v1/events",
                &[("content-type", "application/json")],
                Some(&body),
            )
            .expect("it answers");
            drop(told.send(answer));
        }));
        if let Ok(answer) = hears.recv_timeout(Duration::from_millis(300)) {
            break answer;
        }
    };
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{}", answer.text);
    house.switch.set(Fault::None);
    waiting.into_iter().for_each(|w| w.join().expect("it is answered"));
    drop(told);
    assert!(
        hears.iter().all(|a| a.status == 201 || a.status == 503),
        "those that waited are recorded"
    );
    // Some of the many may not even have been queued yet, so this one comes back too, as it is
    // told.
    let goes_on = (0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        house.post(&client(0)).status == 201
    });
    assert!(goes_on, "and it goes on");
    answer
}

/// A full disk: the batch is taken back, reads go on, and so do writes once there is room.
fn full() -> Answer {
    let house = House::new();
    house.switch.set(Fault::Full);
    let answer = house.post(&client(1));
    assert_eq!(house.get("/v1/clients/Q1").status, 404, "nothing of it is there");
    house.switch.set(Fault::None);
    assert_eq!(house.post(&client(1)).status, 201);
    answer
}

/// A failed sync: no write is taken until the log has been opened again.
fn failed() -> Answer {
    let house = House::new();
    house.switch.set(Fault::Failed);
    let answer = house.post(&client(1));
    house.switch.set(Fault::None);
    assert_eq!(house.post(&client(1)).problem(), "unavailable");
    assert_eq!(house.get("/readyz").status, 503);
    assert_eq!(house.get("/v1/clients/C1").status, 200, "reads go on");
    answer
}

fn reads(fault: Fault) -> Answer {
    let house = House::new();
    house.switch.set(fault);
    house.get("/v1/events/1")
}

/// A directory that is a copy: questions are answered, writes wait for somebody to say what it is.
fn not_adopted() -> Answer {
    let house = House::reading(Some(ReadOnly::Copied(
        "this directory is a copy, up to position 0; run `sijil adopt`".into(),
    )));
    assert_eq!(
        (house.get("/readyz").status, house.get("/readyz").json()["log"].clone()),
        (200, json!("copy"))
    );
    assert_eq!(house.get("/v1/log").header("sijil-log"), "copy");
    house.post(&client(1))
}

/// A log that is behind what was signed from its directory.
fn rolled_back() -> Answer {
    let (house, keys) = (House::new(), tempfile::tempdir().expect("a directory"));
    let ahead = Checkpoint { origin: "localhost/ledger/1".into(), size: 99, root: [9; 32] };
    let signer = Signer::new(&ahead.origin, &[1; 32]).expect("a key");
    let note = ahead.signed(&[&signer]).expect("a note").to_string();
    std::fs::write(keys.path().join("signed"), note).expect("written");
    house.ledger.sign_with(Ok(Signing {
        host: "localhost".into(),
        incarnation: "1".into(),
        node: None,
        seed: [1; 32],
        memory: Some(SigningMemory { storage: Arc::new(Disk), dir: keys.path().into() }),
    }));
    assert_eq!(house.get("/v1/events/1/proof").problem(), "rolled_back");
    let told = [("content-type", "application/json"), ("prefer", "proof")];
    let body = client(1).to_string();
    let recorded = try_send(&house.url(), "POST", "/v1/events", &told, Some(&body));
    let recorded = recorded.expect("it answers");
    assert_eq!((recorded.status, recorded.problem().as_str()), (503, "rolled_back"));
    let ready = house.get("/readyz");
    assert_eq!((ready.status, &ready.json()["log"]), (503, &json!("rolled_back")));
    assert_eq!(house.get("/v1/log").header("sijil-log"), "rolled_back");
    house.get("/checkpoint")
}

/// A log out of which nothing can be taken.
fn erasure_elsewhere() -> Answer {
    let house = House::new();
    assert_eq!(house.post(&client(1)).status, 201);
    let wanted = json!({"subject": "client:Q1", "basis": "not_needed"}).to_string();
    let told = [("content-type", "application/json")];
    let answer = try_send(&house.url(), "POST", "/v1/erasures", &told, Some(&wanted));
    answer.expect("it answers")
}

/// A body that ends early, and one that stands still.
fn cut_short() -> Answer {
    let house = House::new();
    let head = "POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    let answer = house.raw(&format!("{head}transfer-encoding: chunked\r\n\r\nno length\r\n"));
    assert_eq!(answer.status, 400, "{}", answer.text);
    let still = house.raw(&format!("{head}content-length: 100\r\n\r\n{{"));
    assert_eq!((still.status, still.problem().as_str()), (408, "body_cut_short"), "{}", still.text);
    answer
}

type Ask = fn() -> Answer;

/// One answer for each of these names; what must wait waits side by side.
pub fn answers() -> Vec<(&'static str, Answer)> {
    let asked: [(&'static str, Ask); 13] = [
        ("body_cut_short", cut_short),
        ("not_yet", || House::new().get("/v1/reports/trial_balance?at_least=999")),
        ("busy", busy),
        ("log_full", full),
        ("unavailable", failed),
        ("log_damaged", || reads(Fault::Damaged)),
        ("log_unreadable", || reads(Fault::Unreadable)),
        ("not_adopted", not_adopted),
        ("internal", || reads(Fault::Panics)),
        ("erasure_elsewhere", erasure_elsewhere),
        ("rolled_back", rolled_back),
        ("not_cosigned", || House::new().get("/checkpoint/cosigned")),
        ("unsigned", || House::reading(Some(ReadOnly::Asked("to read".into()))).get("/checkpoint")),
    ];
    let running: Vec<_> =
        asked.into_iter().map(|(name, ask)| (name, std::thread::spawn(ask))).collect();
    running
        .into_iter()
        .map(|(name, answer)| {
            (
                name,
                answer.join().unwrap_or_else(|_| panic!("{name} was not answered as it should be")),
            )
        })
        .collect()
}

/// As many reports as there are threads for them, and more, and a restatement, all of which wait
/// for a record.
#[test]
fn reports_that_stand_still_hold_up_no_write_card_or_status() {
    let house = House::new();
    let invoiced = house.post(&json!({"events": [invoice("I1", "2025-01-31", "10.00")]}));
    let position = invoiced.json()["position"].as_u64().expect("a position");
    house.switch.set(Fault::Stands(Position::new(position)));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let explained = "/v1/reports/receivables/explain?as_of=2025-02-28&row=EUR&column=gross";
    let restated = "/v1/reports/receivables/restatement?as_of=2025-02-28&since=1";
    let paths = std::iter::repeat_n(explained, cores + 4).chain([restated]);
    let asked: Vec<JoinHandle<Answer>> = paths
        .map(|path| {
            let url = house.url();
            std::thread::spawn(move || try_send(&url, "GET", path, &[], None).expect("it answers"))
        })
        .collect();
    while house.switch.1.load(Ordering::Acquire) < cores + 1 {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(house.post(&json!({"events": [client(1)]})).status, 201);
    for path in ["/healthz", "/readyz", "/v1/log", "/v1/projections", "/v1/clients/Q1"] {
        assert_eq!(house.get(path).status, 200, "{path}");
    }
    assert!(asked.iter().all(|answer| !answer.is_finished()));
    house.switch.set(Fault::None);
    for answer in asked {
        let answer = answer.join().expect("it is answered");
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}
