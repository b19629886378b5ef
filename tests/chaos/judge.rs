//! Compares a history with the log it made. Invariant: every answer must be one that some order of
//! the operations, true to real time, explains; the order is the log's.

use std::{
    collections::{BTreeMap, HashMap},
    time::Instant,
};

use serde_json::Value;

use crate::{
    model::Model,
    operation::{Act, ITEMS, Operation},
};

/// What a client saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saw {
    /// Recorded, the last event here.
    Recorded(u64),
    /// Refused by this name.
    Refused(String),
    /// A client's name and revision, as known at a position.
    Client { name: String, revision: u64, at: u64 },
    /// What is on hand, as known at a position.
    Stock { on_hand: [u64; ITEMS as usize], at: u64 },
    /// Nothing.
    Unknown,
}

/// One operation of a history, with its place in real time.
#[derive(Debug, Clone)]
pub struct Entry {
    pub ids: Vec<String>,
    pub operation: Operation,
    pub invoked: Instant,
    pub answered: Instant,
    /// An earlier send of it was never awaited, and may land at any time.
    pub doubtful: bool,
    pub saw: Saw,
}

/// What a history held.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub operations: usize,
    pub recorded: usize,
    pub refused: usize,
    pub reads: usize,
    pub unknown: usize,
    pub unknown_that_landed: usize,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.operations += other.operations;
        self.recorded += other.recorded;
        self.refused += other.refused;
        self.reads += other.reads;
        self.unknown += other.unknown;
        self.unknown_that_landed += other.unknown_that_landed;
    }
}

/// The log as the model reads it: the state after every position since the opening.
struct Replayed {
    positions: HashMap<String, u64>,
    states: BTreeMap<u64, Model>,
    head: u64,
}

/// Judges a history by the log it made; `log` is the log's records as NDJSON, `opening` how many
/// records came before.
pub fn judge(seed: u64, log: &str, opening: u64, entries: &[Entry]) -> Tally {
    let replayed = replay(seed, log, opening, entries);
    let mut by_answer: Vec<(Instant, u64)> =
        entries.iter().filter_map(|e| recorded(&e.saw).map(|p| (e.answered, p))).collect();
    by_answer.sort_unstable();
    let mut by_invocation: Vec<(Instant, u64)> = entries
        .iter()
        .filter_map(|e| {
            e.ids.last().and_then(|id| replayed.positions.get(id)).map(|p| (e.invoked, *p))
        })
        .collect();
    by_invocation.sort_unstable();
    let before = running(by_answer.iter().copied(), 0, u64::max);
    let mut after = running(by_invocation.iter().rev().copied(), u64::MAX, u64::min);
    after.reverse();
    let mut tally = Tally { operations: entries.len(), ..Tally::default() };
    for entry in entries {
        // Whatever was acknowledged before the call is seen by it; whatever was called for after
        // the answer is not.
        let floor = before[..before.partition_point(|(t, _)| *t < entry.invoked)]
            .last()
            .map_or(opening, |(_, p)| *p);
        let ceiling = after
            .get(after.partition_point(|(t, _)| *t <= entry.answered))
            .map_or(replayed.head, |(_, p)| p - 1);
        one(seed, &replayed, entry, floor, ceiling, &mut tally);
    }
    tally
}

fn recorded(saw: &Saw) -> Option<u64> {
    match saw {
        Saw::Recorded(position) => Some(*position),
        Saw::Refused(_) | Saw::Client { .. } | Saw::Stock { .. } | Saw::Unknown => None,
    }
}

fn running(
    all: impl Iterator<Item = (Instant, u64)>,
    start: u64,
    merge: fn(u64, u64) -> u64,
) -> Vec<(Instant, u64)> {
    let mut so_far = start;
    all.map(|(at, position)| {
        so_far = merge(so_far, position);
        (at, so_far)
    })
    .collect()
}

fn replay(seed: u64, log: &str, opening: u64, entries: &[Entry]) -> Replayed {
    let acts: HashMap<&str, (&Entry, &Act)> = entries
        .iter()
        .filter_map(|e| match &e.operation {
            Operation::Write { acts, .. } => {
                Some(e.ids.iter().map(String::as_str).zip(acts.iter().map(move |a| (e, a))))
            }
            Operation::ReadClient { .. } | Operation::ReadStock => None,
        })
        .flatten()
        .collect();
    let (mut model, mut states, mut positions, mut head) =
        (Model::opened(), BTreeMap::new(), HashMap::new(), opening);
    states.insert(opening, model.clone());
    for line in log.lines().skip(usize::try_from(opening).expect("small")) {
        let record: Value = serde_json::from_str(line).expect("a record");
        let (id, position) = (
            record["id"].as_str().expect("an id"),
            record["position"].as_u64().expect("a position"),
        );
        assert_eq!(position, head + 1, "seed {seed}: positions have no gaps");
        let (entry, act) =
            acts.get(id).unwrap_or_else(|| panic!("seed {seed}: nobody sent {id} at {position}"));
        if entry.ids.first().is_some_and(|first| first == id) {
            let refused = model.judge(&entry.operation);
            assert_eq!(
                refused, None,
                "seed {seed}: recorded at {position} against the rules: {entry:?}"
            );
        }
        model.apply(act);
        assert!(
            positions.insert(id.to_owned(), position).is_none(),
            "seed {seed}: {id} is in the log twice"
        );
        states.insert(position, model.clone());
        head = position;
    }
    Replayed { positions, states, head }
}

fn one(seed: u64, replayed: &Replayed, entry: &Entry, floor: u64, ceiling: u64, tally: &mut Tally) {
    let there: Vec<u64> =
        entry.ids.iter().filter_map(|id| replayed.positions.get(id).copied()).collect();
    let whole = there.len() == entry.ids.len() && there.windows(2).all(|w| w[1] == w[0] + 1);
    assert!(there.is_empty() || whole, "seed {seed}: half a batch at {there:?}: {entry:?}");
    match &entry.saw {
        Saw::Recorded(position) => {
            tally.recorded += 1;
            assert_eq!(there.last(), Some(position), "seed {seed}: {entry:?}");
            assert!(
                there[0] > floor && *position <= ceiling,
                "seed {seed}: recorded at {there:?}, out of real time {floor}..={ceiling}: \
                 {entry:?}"
            );
        }
        Saw::Refused(name) => {
            tally.refused += 1;
            if entry.doubtful && !there.is_empty() {
                tally.unknown_that_landed += 1;
                return;
            }
            assert!(there.is_empty(), "seed {seed}: refused, and yet at {there:?}: {entry:?}");
            let explained = replayed
                .states
                .range(floor..=ceiling)
                .any(|(_, state)| state.judge(&entry.operation) == Some(name));
            assert!(
                explained,
                "seed {seed}: no state from {floor} to {ceiling} refuses so: {entry:?}"
            );
        }
        Saw::Client { name, revision, at } => {
            tally.reads += 1;
            let Operation::ReadClient { client } = entry.operation else {
                panic!("a client was read")
            };
            assert!(
                (floor..=ceiling).contains(at),
                "seed {seed}: read at {at}, expected {floor}..={ceiling}: {entry:?}"
            );
            assert_eq!(
                replayed.states[at].client(client),
                (name.as_str(), *revision),
                "seed {seed}: {entry:?}"
            );
        }
        Saw::Stock { on_hand, at } => {
            tally.reads += 1;
            assert!(
                (floor..=ceiling).contains(at),
                "seed {seed}: read at {at}, expected {floor}..={ceiling}: {entry:?}"
            );
            assert_eq!(replayed.states[at].on_hand(), *on_hand, "seed {seed}: {entry:?}");
        }
        Saw::Unknown => {
            tally.unknown += 1;
            tally.unknown_that_landed += usize::from(!there.is_empty());
        }
    }
}
