//! What the protocol is served from: streams of events in one order. Invariant: positions grow from
//! 1; revisions of a stream from 0, without gaps.

use std::{sync::Arc, time::Duration};

use uuid::Uuid;

/// One event as clients see it.
#[derive(Debug, Clone)]
pub struct StreamEvent {
    /// Its id.
    pub id: Uuid,
    /// The stream it is read from.
    pub stream: Arc<str>,
    /// Where it stands in that stream, from 0.
    pub revision: u64,
    /// Where it stands among all events, from 1.
    pub position: u64,
    /// When it was recorded, in microseconds since 1970.
    pub recorded_at_micros: i64,
    /// The name of its type.
    pub event_type: String,
    /// Whether `data` is JSON.
    pub is_json: bool,
    /// What stands around it.
    pub metadata: Vec<u8>,
    /// What it says.
    pub data: Vec<u8>,
}

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Every event.
    All,
    /// The events of one stream.
    Stream(String),
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    Forwards,
    /// Newest first.
    Backwards,
}

/// Where to begin, and how much to read.
#[derive(Debug, Clone, Copy)]
pub struct Scan {
    /// The first number wanted: a position of `$all`, a revision of a stream.
    pub from: u64,
    /// Which way from there.
    pub direction: Direction,
    /// At most so many events.
    pub limit: usize,
}

/// Why nothing can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceError {
    /// The stream was removed for ever.
    Deleted(String),
    /// The log could not be read.
    Failed(String),
}

/// Streams to be read. Calls may block.
pub trait Source: Send + Sync + 'static {
    /// The position of the last event; 0 if there is none.
    fn head(&self) -> u64;
    /// Waits until the head lies past a position, or the time is up; says where it is then.
    fn wait(&self, past: u64, timeout: Duration) -> u64;
    /// The first and last number of a place; `None` if it holds nothing.
    fn extent(&self, place: &Place) -> Result<Option<(u64, u64)>, SourceError>;
    /// Whether a place holds every event.
    fn is_all(&self, place: &Place) -> bool {
        *place == Place::All
    }
    /// The events of a place from a number on; fewer than asked only at the end.
    fn read(&self, place: &Place, scan: Scan) -> Result<Vec<StreamEvent>, SourceError>;
}
