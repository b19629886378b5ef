//! Streams in memory, with EventStoreDB's rules of appending. Invariant: an append lands whole or
//! not at all; repeated with the same ids it is known again.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use sijil_grpc::{Direction, Place, Scan, Source, SourceError, StreamEvent};
use uuid::Uuid;

/// The most bytes of one append, as EventStoreDB has it unless configured otherwise.
pub const APPEND_BYTES_MAX: usize = 1 << 20;

/// Where a stream is expected to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Any,
    NoStream,
    Exists,
    At(u64),
}

/// An event to append.
pub(crate) struct Proposed {
    pub(crate) id: Uuid,
    pub(crate) event_type: String,
    pub(crate) is_json: bool,
    pub(crate) metadata: Vec<u8>,
    pub(crate) data: Vec<u8>,
}

/// Where an append landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Landed {
    pub(crate) revision: u64,
    pub(crate) position: u64,
}

/// Why an append did not land.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    WrongRevision { current: Option<u64> },
    TooLarge { limit: usize },
    Deleted,
}

#[derive(Default)]
struct State {
    all: Vec<StreamEvent>,
    streams: HashMap<String, Vec<usize>>,
    deleted: HashSet<String>,
    tombstones: HashSet<String>,
}

/// Streams in memory.
pub struct Memory {
    state: Mutex<State>,
    grown: Condvar,
    append_bytes_max: AtomicUsize,
    lost_answers: AtomicUsize,
    appends: AtomicUsize,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory {
            state: Mutex::default(),
            grown: Condvar::new(),
            append_bytes_max: AtomicUsize::new(APPEND_BYTES_MAX),
            lost_answers: AtomicUsize::new(0),
            appends: AtomicUsize::new(0),
        }
    }
}

impl Memory {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Refuses appends of more bytes than that.
    pub fn refuse_above(&self, bytes: usize) {
        self.append_bytes_max.store(bytes, Ordering::Release);
    }
    /// Does what the next appends ask, and loses the answers of so many.
    pub fn lose_answers(&self, count: usize) {
        self.lost_answers.store(count, Ordering::Release);
    }
    /// How many appends landed.
    #[must_use]
    pub fn appends(&self) -> usize {
        self.appends.load(Ordering::Acquire)
    }
    /// How many events a stream has.
    #[must_use]
    pub fn len_of(&self, stream: &str) -> usize {
        self.state().streams.get(stream).map_or(0, Vec::len)
    }
    pub(crate) fn loses_this_answer(&self) -> bool {
        self.lost_answers
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1))
            .is_ok()
    }

    pub(crate) fn append(
        &self,
        stream: &str,
        expected: Expected,
        events: Vec<Proposed>,
    ) -> Result<Landed, Refused> {
        let limit = self.append_bytes_max.load(Ordering::Acquire);
        if events
            .iter()
            .map(|event| event.data.len() + event.metadata.len() + event.event_type.len())
            .sum::<usize>()
            > limit
        {
            return Err(Refused::TooLarge { limit });
        }
        let mut state = self.state();
        if state.tombstones.contains(stream) {
            return Err(Refused::Deleted);
        }
        let here = state.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let count = here.len() as u64;
        let fits = match expected {
            Expected::Any => true,
            Expected::NoStream => count == 0,
            Expected::Exists => count > 0,
            Expected::At(revision) => count == revision.saturating_add(1),
        };
        if !fits {
            return known_again(&state, stream, expected, &events)
                .ok_or(Refused::WrongRevision { current: count.checked_sub(1) });
        }
        for (revision, event) in (count..).zip(events) {
            let position = state.all.len() as u64 + 1;
            let Proposed { id, event_type, is_json, metadata, data } = event;
            let recorded_at_micros = now_micros();
            state.all.push(StreamEvent {
                id,
                stream: stream.into(),
                revision,
                position,
                recorded_at_micros,
                event_type,
                is_json,
                metadata,
                data,
            });
            let at = state.all.len() - 1;
            state.streams.entry(stream.to_owned()).or_default().push(at);
        }
        let landed = Landed {
            revision: (state.streams[stream].len() as u64).saturating_sub(1),
            position: state.all.len() as u64,
        };
        drop(state);
        self.appends.fetch_add(1, Ordering::AcqRel);
        self.grown.notify_all();
        Ok(landed)
    }

    pub(crate) fn delete(&self, stream: &str, for_ever: bool) -> u64 {
        let mut state = self.state();
        if for_ever { &mut state.tombstones } else { &mut state.deleted }.insert(stream.to_owned());
        state.all.len() as u64
    }
}

/// Where the very events stand right after what was expected.
fn known_again(
    state: &State,
    stream: &str,
    expected: Expected,
    events: &[Proposed],
) -> Option<Landed> {
    let first = match expected {
        Expected::NoStream => 0,
        Expected::At(revision) => usize::try_from(revision).ok()? + 1,
        Expected::Any | Expected::Exists => return None,
    };
    let stood = state.streams.get(stream)?.get(first..first + events.len())?;
    let same = stood.iter().zip(events).all(|(at, event)| state.all[*at].id == event.id);
    let last = &state.all[*stood.last()?];
    same.then_some(Landed { revision: last.revision, position: last.position })
}

fn now_micros() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

fn part<T>(all: &[T], scan: Scan, first: u64) -> Vec<&T> {
    let from = usize::try_from(scan.from.saturating_sub(first)).unwrap_or(usize::MAX);
    match scan.direction {
        Direction::Forwards => all.iter().skip(from).take(scan.limit).collect(),
        Direction::Backwards => {
            all.iter().take(from.saturating_add(1)).rev().take(scan.limit).collect()
        }
    }
}

impl Source for Memory {
    fn head(&self) -> u64 {
        self.state().all.len() as u64
    }

    fn wait(&self, past: u64, timeout: Duration) -> u64 {
        let until = Instant::now() + timeout;
        let mut state = self.state();
        while state.all.len() as u64 <= past {
            let Some(left) = until.checked_duration_since(Instant::now()) else { break };
            state = self.grown.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.all.len() as u64
    }

    fn extent(&self, place: &Place) -> Result<Option<(u64, u64)>, SourceError> {
        let state = self.state();
        match place {
            Place::All => {
                Ok(Some(state.all.len() as u64).filter(|count| *count > 0).map(|count| (1, count)))
            }
            Place::Stream(name) if state.tombstones.contains(name) => {
                Err(SourceError::Deleted(name.clone()))
            }
            Place::Stream(name) if state.deleted.contains(name) => Ok(None),
            Place::Stream(name) => Ok(state
                .streams
                .get(name)
                .and_then(|events| (events.len() as u64).checked_sub(1))
                .map(|last| (0, last))),
        }
    }

    fn read(&self, place: &Place, scan: Scan) -> Result<Vec<StreamEvent>, SourceError> {
        let state = self.state();
        Ok(match place {
            Place::All => part(&state.all, scan, 1).into_iter().cloned().collect(),
            Place::Stream(name) => {
                let events = state.streams.get(name).map_or(&[][..], Vec::as_slice);
                part(events, scan, 0).into_iter().map(|at| state.all[*at].clone()).collect()
            }
        })
    }
}
