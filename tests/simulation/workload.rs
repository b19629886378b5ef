//! Short workloads: a few operations on a small ledger, and what must be left of them. Invariant: a
//! workload is played the same way every time, so what it wrote is known to the byte.

use std::sync::Arc;

use sijil_ledger::{Request, SubmitError};
use sijil_log::ReadLimit;
use sijil_projections::{Families, Known, Views};
use sijil_schemas::{Position, Record, StoredRecord};

use crate::{
    disk::{Moment, SimulatedDisk},
    words::{alone, client, note, opening, together, void},
    world::{House, NotOpen, Running, Seams},
};

const EVERYTHING: ReadLimit = ReadLimit { records: usize::MAX, bytes: usize::MAX };

/// One thing that happens to a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The ledger is opened on an empty disk. Only ever the first.
    Begin,
    /// One small event.
    One,
    /// Three events that stand or fall together.
    Three,
    /// An event of several sectors; the second one fills a segment.
    Large,
    /// An event larger than a segment.
    Huge,
    /// Four events that are judged each alone, one of them refused.
    Import,
    /// A void.
    Void,
    /// Two requests in one batch, and a third decided while that batch is written.
    Queue,
    /// Snapshots are saved.
    Snapshot,
    /// The ledger is stopped and opened again.
    Reopen,
    /// The process is killed and another one opens the ledger.
    Kill,
}

impl Operation {
    /// All that can happen to a ledger that is there.
    pub const ALL: [Operation; 10] = [
        Operation::One,
        Operation::Three,
        Operation::Large,
        Operation::Huge,
        Operation::Import,
        Operation::Void,
        Operation::Queue,
        Operation::Snapshot,
        Operation::Reopen,
        Operation::Kill,
    ];
}

/// Every workload of one to `most` operations, the shortest first, and the one that begins.
#[must_use]
pub fn all_workloads(most: usize) -> Vec<Vec<Operation>> {
    let mut all = vec![vec![Operation::Begin]];
    let mut longest: Vec<Vec<Operation>> = vec![Vec::new()];
    for _ in 0..most {
        longest = longest
            .iter()
            .flat_map(|before| {
                Operation::ALL.iter().map(move |last| [before.as_slice(), &[*last]].concat())
            })
            .collect();
        all.extend(longest.iter().cloned());
    }
    all
}

/// What must be left of a workload.
pub struct Played {
    /// The house it was played in; its disk is as it was at the end.
    pub house: House,
    /// What the disk held before the last operation and after every call of it.
    pub moments: Vec<Moment>,
    /// The records, byte for byte.
    pub log: Vec<StoredRecord>,
    /// Where batches end.
    pub ends: Vec<u64>,
    /// The digests of all folds after each position, from zero on.
    pub digests: Vec<Vec<[u8; 32]>>,
    /// The requests, and the last position of each, in order.
    pub requests: Vec<(Request, u64)>,
}

struct Player {
    house: House,
    running: Option<Running>,
    requests: Vec<(Request, u64)>,
    ends: Vec<u64>,
    clients: u64,
    acknowledged: u64,
}

/// What went otherwise than foretold.
pub type Wrong = String;

fn not_open(why: &NotOpen) -> Wrong {
    format!("it does not open: {why:?}")
}

/// The digests of all folds.
#[must_use]
pub fn digests(views: &Known) -> Vec<[u8; 32]> {
    Families::FOLDS.iter().map(|fold| views.digest(fold).unwrap_or_default()).collect()
}

impl Player {
    fn open(&mut self) -> Result<(), Wrong> {
        let running = self.house.open().map_err(|why| not_open(&why))?;
        let reader = running.reader.clone();
        self.house
            .disk
            .probe(Arc::new(move || reader.head().map_or(0, |head| head.position.get())));
        self.running = Some(running);
        Ok(())
    }
    fn running(&mut self) -> Result<&mut Running, Wrong> {
        self.running.as_mut().ok_or_else(|| "the ledger is not open".to_owned())
    }
    /// Sends requests that go into one batch, then those that follow behind it, and awaits the
    /// answers.
    fn submit(&mut self, first: Vec<Request>, behind: Vec<Request>) -> Result<(), Wrong> {
        let mut tickets = Vec::new();
        for group in [first, behind].into_iter().filter(|group| !group.is_empty()) {
            for request in group {
                tickets.push((self.running()?.send(request.clone()), request));
            }
            self.running()?.decide();
        }
        while self.running()?.commit() {
            self.hear(&tickets)?;
        }
        self.running()?.settle();
        self.hear(&tickets)
    }
    fn hear(&mut self, tickets: &[(u64, Request)]) -> Result<(), Wrong> {
        for (ticket, answer) in self.running()?.answers() {
            let receipt = answer
                .map_err(|error: SubmitError| format!("refused: {}: {error}", error.name()))?;
            let last = receipt
                .outcomes
                .iter()
                .flatten()
                .map(|recorded| recorded.position.get())
                .max()
                .unwrap_or(0);
            self.acknowledged = self.acknowledged.max(last);
            if let Some((_, request)) = tickets.iter().find(|(of, _)| *of == ticket) {
                self.requests.push((request.clone(), last));
            }
        }
        if self.ends.last() != Some(&self.acknowledged) {
            self.ends.push(self.acknowledged);
        }
        self.house.disk.stamp(self.acknowledged);
        Ok(())
    }
    fn key(&self) -> String {
        format!("request at {}", self.acknowledged)
    }
    fn next_client(&mut self) -> u64 {
        self.clients += 1;
        self.clients
    }

    fn play(&mut self, operation: Operation) -> Result<(), Wrong> {
        let key = self.key();
        match operation {
            Operation::Begin => {
                self.open()?;
                self.submit(vec![together(&key, vec![opening()])], Vec::new())
            }
            Operation::One => {
                let number = self.next_client();
                self.submit(vec![together(&key, vec![client(number)])], Vec::new())
            }
            Operation::Three => {
                let drafts = (0..3).map(|_| client(self.next_client())).collect();
                self.submit(vec![together(&key, drafts)], Vec::new())
            }
            Operation::Import => {
                let mut drafts: Vec<_> = (0..4).map(|_| client(self.next_client())).collect();
                drafts[2] = client(1);
                self.submit(vec![alone(&key, drafts)], Vec::new())
            }
            Operation::Large => {
                self.submit(vec![together(&key, vec![note(1, 2_200, 1)])], Vec::new())
            }
            Operation::Huge => {
                self.submit(vec![together(&key, vec![note(1, 9_000, 2)])], Vec::new())
            }
            Operation::Void => {
                let number = self.next_client();
                self.submit(vec![together(&key, vec![client(number)])], Vec::new())?;
                let last = Position::new(self.acknowledged);
                let found = self
                    .running()?
                    .reader
                    .read(last, ReadLimit { records: 1, bytes: 1 })
                    .map_err(|error| error.to_string())?;
                let target = found
                    .first()
                    .map(StoredRecord::event_id)
                    .ok_or("what was acknowledged is not there")?;
                self.submit(vec![together(&self.key(), vec![void(target)])], Vec::new())
            }
            Operation::Queue => {
                let mut request = |name: &str| {
                    together(&format!("{key} {name}"), vec![client(self.next_client())])
                };
                let (first, behind) = (vec![request("a"), request("b")], vec![request("c")]);
                self.submit(first, behind)
            }
            Operation::Snapshot => {
                self.running()?.ledger.save_snapshot();
                Ok(())
            }
            Operation::Reopen => {
                if let Some(running) = self.running.take() {
                    running.stop();
                }
                self.open()
            }
            Operation::Kill => {
                self.kill();
                self.open()
            }
        }
    }
    /// The process is gone: what its parts would still do happens on another disk.
    fn kill(&mut self) {
        let remembers = self.house.disk.is_remembering();
        let left = self.house.disk.copy();
        self.house = self.house.on(left);
        self.running = None;
        if remembers {
            self.house.disk.remember();
        }
        self.house.disk.stamp(self.acknowledged);
    }
}

/// A small ledger that every workload but the first begins with, at rest.
#[must_use]
pub fn foundation(seed: u64) -> SimulatedDisk {
    let mut player = Player {
        house: House::new(seed),
        running: None,
        requests: Vec::new(),
        ends: vec![0],
        clients: 0,
        acknowledged: 0,
    };
    for operation in [Operation::Begin, Operation::One] {
        if let Err(wrong) = player.play(operation) {
            panic!("the foundation: {wrong}");
        }
    }
    if let Some(running) = player.running.take() {
        running.stop();
    }
    let moment = player.house.disk.moment();
    moment.cut(moment.pieces().iter())
}

/// Plays a workload, on its own or on the foundation; remembers what the disk held during the last
/// operation.
pub fn play(
    seed: u64,
    foundation: &SimulatedDisk,
    seams: Seams,
    workload: &[Operation],
) -> Result<Played, Wrong> {
    let begins = workload.first() == Some(&Operation::Begin);
    let disk = if begins { SimulatedDisk::new() } else { foundation.copy() };
    let house = House { seams, ..House::with(disk, seed) };
    let mut player = Player {
        house,
        running: None,
        requests: Vec::new(),
        ends: vec![0],
        clients: 1,
        acknowledged: 0,
    };
    if !begins {
        player.open()?;
        player.acknowledged = 2;
        player.ends.push(2);
    }
    let (last, before) = workload.split_last().ok_or("a workload has an operation")?;
    for operation in before {
        player.play(*operation)?;
    }
    player.house.disk.stamp(player.acknowledged);
    player.house.disk.remember();
    player.play(*last)?;
    let moments = player.house.disk.moments();
    let log = player
        .running()?
        .reader
        .read(Position::new(1), EVERYTHING)
        .map_err(|error| error.to_string())?;
    drop(player.running.take());
    let mut views = Views::default();
    let mut known = vec![digests(&views)];
    for stored in &log {
        let record: Record = stored.decode().map_err(|error| error.to_string())?;
        views.apply(&record);
        known.push(digests(&views));
    }
    Ok(Played {
        house: player.house,
        moments,
        log,
        ends: player.ends,
        digests: known,
        requests: player.requests,
    })
}

/// Whether a disk that a crash left holds what it must: everything up to `stamp`, nothing but what
/// was sent, no half of anything.
pub fn judge(
    played: &Played,
    disk: SimulatedDisk,
    stamp: u64,
    thorough: bool,
) -> Result<(), Wrong> {
    let house = played.house.on(disk);
    let mut running = house.open().map_err(|why| not_open(&why))?;
    if !running.report.damage.is_empty() {
        return Err(format!("a crash is taken for damage: {:?}", running.report.damage));
    }
    let head = running.reader.head().map_err(|error| error.to_string())?.position.get();
    let next = played.ends.iter().copied().find(|end| *end > stamp);
    if head != stamp && Some(head) != next {
        return Err(format!("expected the log to end at {stamp} or {next:?}, it ends at {head}"));
    }
    let found =
        running.reader.read(Position::new(1), EVERYTHING).map_err(|error| error.to_string())?;
    let expected = usize::try_from(head)
        .ok()
        .and_then(|head| played.log.get(..head))
        .ok_or("the log holds more than was sent")?;
    if found != expected {
        return Err(format!("{} records are not those that were sent", found.len()));
    }
    if digests(&running.ledger.views()) != played.digests[expected.len()] {
        return Err(format!("the folds at {head} are not those of the records"));
    }
    for record in &played.log {
        let position =
            running.reader.position_of(record.event_id()).map_err(|error| error.to_string())?;
        if position != Some(record.position()).filter(|position| position.get() <= head) {
            return Err(format!("the index says {position:?} of {}", record.position()));
        }
    }
    for (request, last) in &played.requests {
        let receipt = running
            .record(request.clone())
            .map_err(|error| format!("sent again: {}: {error}", error.name()))?;
        let positions: Vec<u64> =
            receipt.outcomes.iter().flatten().map(|recorded| recorded.position.get()).collect();
        if positions.last() != Some(last)
            || receipt
                .outcomes
                .iter()
                .flatten()
                .any(|recorded| recorded.known != (recorded.position.get() <= head))
        {
            return Err(format!(
                "sent again, the request that ended at {last} ends at {positions:?}, known up to \
                 {head}"
            ));
        }
    }
    if thorough {
        running.stop();
        let report = house.verify().map_err(|error| error.to_string())?;
        if !report.is_sound() {
            return Err(format!("after recovery the log is not sound: {report:?}"));
        }
    }
    Ok(())
}
