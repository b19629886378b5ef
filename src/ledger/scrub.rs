//! A look at all of the log, now and then. Invariant: rot in what nobody asks for is found before
//! somebody does; it reads only, slowly, and never holds a writer up.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};
use sijil_log::{ReadError, ReadLimit, Reader};
use sijil_schemas::Position;

use crate::{
    browse::nothing_at,
    limits::{SCRUB_AFTER_S, SCRUB_EVERY_S, SCRUB_REST_MS},
};

/// What is read between two rests.
const PAGE: ReadLimit = ReadLimit { records: 4_096, bytes: 1 << 20 };

/// Reads the log again and again, for as long as the ledger runs.
pub(crate) struct Scrubber {
    pub(crate) reader: Arc<dyn Reader>,
    /// Closed when the ledger stops.
    pub(crate) stopped: Receiver<()>,
}

impl Scrubber {
    /// Runs until the ledger stops. What a pass finds is remembered by the reader.
    pub(crate) fn run(self) {
        let (mut pause, rest) =
            (Duration::from_secs(SCRUB_AFTER_S), Duration::from_millis(SCRUB_REST_MS));
        while self.stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            let began = Instant::now();
            match scrub(&*self.reader, rest, &|| {
                self.stopped.try_recv() == Err(TryRecvError::Disconnected)
            }) {
                Ok(()) => {
                    tracing::debug!(seconds = began.elapsed().as_secs(), "all of the log was read");
                }
                Err(error) => tracing::error!(%error, "a look at all of the log found this first"),
            }
            pause = Duration::from_secs(SCRUB_EVERY_S)
                .saturating_sub(began.elapsed())
                .max(Duration::from_secs(SCRUB_AFTER_S));
        }
    }
}

/// Reads every batch up to the head, with a rest after each page; goes on behind damage, and ends
/// with the first that was found. Ends early once `stop` says so.
pub(crate) fn scrub(
    reader: &dyn Reader,
    rest: Duration,
    stop: &dyn Fn() -> bool,
) -> Result<(), ReadError> {
    let (mut from, mut outcome) = (Position::new(1), Ok(()));
    while from <= reader.head()?.position && !stop() {
        match reader.read(from, PAGE) {
            Ok(read) => from = read.last().ok_or_else(|| nothing_at(from))?.position().next(),
            Err(ReadError::Damaged { vouched_to, damage }) => {
                from = damage.positions.map_or(from, |(_, last)| last.max(from)).next();
                outcome = outcome.and(Err(ReadError::Damaged { vouched_to, damage }));
            }
            Err(error) => return Err(error),
        }
        thread::sleep(rest);
    }
    outcome
}
