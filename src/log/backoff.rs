//! When to try again what failed. Invariant: nothing that failed is tried again before its pause is over, and each failure makes the pause longer, up to a most.

use std::{
    fmt::Display,
    io,
    time::{Duration, Instant},
};

pub(crate) const PAUSE_FIRST: Duration = Duration::from_millis(20);
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The memory of failures in a row.
#[derive(Default)]
pub(crate) struct Backoff {
    pause: Duration,
    again_at: Option<Instant>,
    why: String,
}

impl Backoff {
    /// Tries something, unless it failed just now: then it fails with the same words.
    pub(crate) fn attempt<T>(&mut self, what: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        self.ready()?;
        let outcome = what();
        self.note(outcome.as_ref().err());
        outcome
    }

    /// Whether it may be tried again.
    pub(crate) fn ready(&self) -> io::Result<()> {
        if self.again_at.is_some_and(|at| Instant::now() < at) {
            return Err(io::Error::new(io::ErrorKind::NotConnected, self.why.clone()));
        }
        Ok(())
    }

    /// How the last try ended.
    pub(crate) fn note(&mut self, failure: Option<&impl Display>) {
        let Some(why) = failure else {
            *self = Backoff::default();
            return;
        };
        self.pause = (self.pause * 2).clamp(PAUSE_FIRST, PAUSE_MAX);
        self.again_at = Some(Instant::now() + self.pause);
        self.why = why.to_string();
    }
}
