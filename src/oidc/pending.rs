//! Sign-ins that have begun. Invariant: each is finished once, by whoever began it, and soon.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use sijil_schemas::time::Timestamp;

/// How long somebody may take to sign in at the provider, in seconds.
pub const SIGN_IN_S_MAX: u64 = 600;
/// So many sign-ins can be under way; of more, the oldest ends.
const PENDING_MAX: usize = 1_000;

/// What a sign-in began with, and nobody else knows.
pub(crate) struct Began {
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    at: Timestamp,
}

/// Sign-ins under way, by their states.
#[derive(Default)]
pub(crate) struct Pending(Mutex<HashMap<String, Began>>);

impl Pending {
    pub(crate) fn begin(&self, state: String, nonce: String, verifier: String, at: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, began| is_young(began, at));
        if all.len() >= PENDING_MAX {
            let oldest = all.iter().min_by_key(|(_, began)| began.at);
            let oldest = oldest.map(|(state, _)| state.clone());
            oldest.and_then(|state| all.remove(&state));
        }
        all.insert(state, Began { nonce, verifier, at });
    }
    /// The sign-in of a state, which it is no more from now on.
    pub(crate) fn take(&self, state: &str, at: Timestamp) -> Option<Began> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(state).filter(|began| is_young(began, at))
    }
}

fn is_young(began: &Began, at: Timestamp) -> bool {
    let passed = at.micros().saturating_sub(began.at.micros());
    // A clock that is set back makes none longer.
    u64::try_from(passed).is_ok_and(|passed| passed < SIGN_IN_S_MAX * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::{PENDING_MAX, Pending, SIGN_IN_S_MAX, Timestamp};

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(seconds as i64 * 1_000_000).expect("a time")
    }

    #[test]
    fn a_sign_in_is_finished_once_and_soon() {
        let pending = Pending::default();
        let begin = |state: &str, from| {
            pending.begin(state.into(), "nonce".into(), "verifier".into(), at(from));
        };
        begin("one", 0);
        assert!(pending.take("another", at(1)).is_none());
        assert!(pending.take("one", at(SIGN_IN_S_MAX - 1)).is_some());
        assert!(pending.take("one", at(1)).is_none(), "once");
        begin("late", 0);
        assert!(pending.take("late", at(SIGN_IN_S_MAX)).is_none());
        for n in 0..=PENDING_MAX as u64 {
            begin(&n.to_string(), n / 100);
        }
        let kept = (0..=PENDING_MAX).filter(|n| pending.take(&n.to_string(), at(20)).is_some());
        assert_eq!(kept.count(), PENDING_MAX);
    }
}
