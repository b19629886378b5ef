//! When to try again what failed. Invariant: nothing that failed is tried again before its pause is
//! over, and each failure makes the pause longer, up to a most.

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

/// It failed just now, and was not tried again: this is what it failed by.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct TooSoon(String);

/// Whether an error says only that something was not tried again yet: that is no news of it.
pub(crate) fn was_not_tried(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(inner) if inner.is::<TooSoon>())
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
            return Err(io::Error::new(io::ErrorKind::NotConnected, TooSoon(self.why.clone())));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_just_now_is_not_tried_and_is_no_news() {
        let mut backoff = Backoff::default();
        let failed =
            backoff.attempt(|| Err::<(), _>(io::Error::other("it is away"))).expect_err("it fails");
        let again = backoff
            .attempt(|| -> io::Result<()> { unreachable!("it is not tried") })
            .expect_err("it is too soon");
        assert_eq!(
            (failed.to_string(), again.to_string()),
            ("it is away".into(), "it is away".into())
        );
        assert!(!was_not_tried(&failed) && was_not_tried(&again));
        backoff.note(None::<&io::Error>);
        assert!(backoff.attempt(|| Ok(())).is_ok(), "a success ends the pause");
    }
}
