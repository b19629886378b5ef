//! Sessions: who signed in with a browser and goes on without showing a key each time. Invariant: a
//! session is kept as the hash of its reference alone, and lets nobody do more, or do it longer,
//! than the key or the user it was begun for.

use std::{
    collections::HashMap,
    fmt::{self, Write},
    io, mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use sijil_access::Secret;
use sijil_schemas::{id::UserId, record::KeyId, time::Timestamp};

use crate::limits::{SESSION_IDLE_S_MAX, SESSION_S_MAX, SESSIONS_MAX, SIGN_IN_CODE_S_MAX};

/// The first line of what is kept.
const FORM: &str = "sijil sessions 1";

/// What stands before the id of the key that a session was begun with.
const BY_KEY: &str = "key:";
/// What stands before the id of a user whom a sign-in provider named.
const BY_USER: &str = "user:";

/// What a session was begun with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opener {
    /// A key.
    Key(KeyId),
    /// The word of the sign-in provider for a user.
    User(UserId),
}

impl Opener {
    fn read(text: &str) -> Option<Opener> {
        let key = text.strip_prefix(BY_KEY).map(|key| key.parse().ok().map(Opener::Key));
        let user = || text.strip_prefix(BY_USER)?.parse().ok().map(Opener::User);
        key.unwrap_or_else(user)
    }
}

impl fmt::Display for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Opener::Key(key) => write!(f, "{BY_KEY}{key}"),
            Opener::User(user) => write!(f, "{BY_USER}{user}"),
        }
    }
}

/// Keeps a text in place of the one before, whole or not at all.
pub type Keep = Box<dyn Fn(&str) -> io::Result<()> + Send + Sync>;

/// The sessions of one server, and the codes by which one can begin.
#[derive(Default)]
pub struct Sessions {
    state: Mutex<State>,
    /// Held by whoever keeps them, so that an older text never takes the place of a newer one.
    keeping: Mutex<()>,
    keep: Option<Keep>,
}

type Hash = [u8; 32];

#[derive(Default)]
struct State {
    open: HashMap<Hash, Session>,
    /// Codes that begin a session once, and up to when.
    codes: HashMap<Hash, Timestamp>,
    /// Whether something is not kept yet.
    changed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Session {
    by: Opener,
    began: Timestamp,
    used: Timestamp,
}

impl Session {
    /// The first moment at which it is good no more, if it is not used before.
    fn ends(&self) -> Timestamp {
        after(self.used, SESSION_IDLE_S_MAX).min(after(self.began, SESSION_S_MAX))
    }
    /// A line of what is kept: the hash of the reference, and its session.
    fn read(text: &str) -> Option<(Hash, Session)> {
        let mut words = text.splitn(4, ' ');
        let hash = hash_of(words.next()?)?;
        let mut moment = || Timestamp::from_micros(words.next()?.parse().ok()?).ok();
        let (began, used) = (moment()?, moment()?);
        let by = Opener::read(words.next()?)?;
        Some((hash, Session { by, began, used }))
    }
}

fn after(at: Timestamp, seconds: u64) -> Timestamp {
    let micros = i64::try_from(seconds * 1_000_000).unwrap_or(i64::MAX);
    Timestamp::from_micros(at.micros().saturating_add(micros)).unwrap_or(Timestamp::END)
}

fn hash_of(hex: &str) -> Option<Hash> {
    let digits = hex.as_bytes().chunks_exact(2).map(|two| {
        let two = std::str::from_utf8(two).ok()?;
        u8::from_str_radix(two, 16).ok()
    });
    let bytes: Vec<u8> = digits.collect::<Option<_>>()?;
    bytes.try_into().ok().filter(|_| hex.len() == 64)
}

impl Sessions {
    /// The sessions that were kept in a text, and where to keep them from now on. A line that is
    /// none is left out: whoever it was signs in again.
    #[must_use]
    pub fn kept_in(text: &str, keep: Keep) -> Sessions {
        let mut lines = text.lines();
        let known = lines.next() == Some(FORM);
        let open = lines.filter(|_| known).filter_map(Session::read).take(SESSIONS_MAX).collect();
        let state = State { open, ..State::default() };
        Sessions { state: Mutex::new(state), keep: Some(keep), ..Sessions::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a code begin one session, if that happens soon enough.
    pub fn admit_once(&self, code: &Secret, at: Timestamp) {
        self.state().codes.insert(code.hash(), after(at, SIGN_IN_CODE_S_MAX));
    }

    /// Takes a code; whether it was good, and it is not again.
    pub fn take_code(&self, code: &Secret, at: Timestamp) -> bool {
        let mut state = self.state();
        state.codes.retain(|_, until| at < *until);
        state.codes.remove(&code.hash()).is_some()
    }

    /// Begins a session. Where there are too many, the one that was quiet longest ends.
    pub fn begin(&self, reference: &Secret, by: Opener, at: Timestamp) {
        let mut state = self.state();
        state.open.retain(|_, session| at < session.ends());
        if state.open.len() >= SESSIONS_MAX {
            let quiet = state.open.iter().min_by_key(|(_, session)| session.used);
            let quiet = quiet.map(|(hash, _)| *hash);
            quiet.and_then(|hash| state.open.remove(&hash));
        }
        state.open.insert(reference.hash(), Session { by, began: at, used: at });
        state.changed = true;
    }

    /// What the session of this reference was begun with, and up to when it can go on, exclusive;
    /// that it was asked for is noted.
    pub fn of(&self, reference: &Secret, at: Timestamp) -> Option<(Opener, Timestamp)> {
        let mut state = self.state();
        let hash = reference.hash();
        let session = state.open.get_mut(&hash)?;
        if at >= session.ends() {
            state.open.remove(&hash);
            state.changed = true;
            return None;
        }
        // A clock that is set back makes no session longer.
        session.used = session.used.max(at);
        let found = (session.by.clone(), after(session.began, SESSION_S_MAX));
        state.changed = true;
        Some(found)
    }

    /// Ends a session; whether there was one.
    pub fn end(&self, reference: &Secret) -> bool {
        let mut state = self.state();
        let ended = state.open.remove(&reference.hash()).is_some();
        state.changed |= ended;
        ended
    }

    /// Keeps what has changed since it was kept last.
    ///
    /// # Errors
    /// What whoever keeps it says; it is then still to be kept.
    pub fn keep(&self) -> io::Result<()> {
        let Some(keep) = &self.keep else { return Ok(()) };
        let _turn = self.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        let text = {
            let mut state = self.state();
            if !mem::take(&mut state.changed) {
                return Ok(());
            }
            state.text()
        };
        keep(&text).inspect_err(|_| self.state().changed = true)
    }
}

impl State {
    fn text(&self) -> String {
        let mut text = format!("{FORM}\n");
        for (hash, Session { by, began, used }) in &self.open {
            for byte in hash {
                write!(text, "{byte:02x}").expect("a text takes all");
            }
            let (began, used) = (began.micros(), used.micros());
            writeln!(text, " {began} {used} {by}").expect("a text takes all");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::{Opener, Secret, Sessions, Timestamp, after};
    use crate::limits::{SESSION_IDLE_S_MAX, SESSION_S_MAX, SESSIONS_MAX, SIGN_IN_CODE_S_MAX};

    fn secret(seed: u64) -> Secret {
        let mut next = seed;
        let made = Secret::new::<()>(|bytes| {
            bytes.iter_mut().for_each(|byte| {
                next = next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *byte = (next >> 56) as u8;
            });
            Ok(())
        });
        made.expect("bytes are there")
    }

    fn at(seconds: u64) -> Timestamp {
        after(Timestamp::MIN, seconds)
    }

    fn of(sessions: &Sessions, reference: &Secret, at: Timestamp) -> Option<Opener> {
        sessions.of(reference, at).map(|(by, _)| by)
    }

    #[test]
    fn a_session_ends_when_it_is_quiet_and_when_it_is_old() {
        let sessions = Sessions::default();
        let (key, one, other) = (Opener::Key(secret(1).id()), secret(2), secret(3));
        sessions.begin(&one, key.clone(), at(0));
        sessions.begin(&other, key.clone(), at(0));
        assert_eq!(of(&sessions, &secret(4), at(0)), None, "of another reference");
        let mut now = 0;
        while now + SESSION_IDLE_S_MAX <= SESSION_S_MAX {
            now += SESSION_IDLE_S_MAX - 1;
            let good = now < SESSION_S_MAX;
            assert_eq!(of(&sessions, &one, at(now)), good.then(|| key.clone()), "after {now} s");
        }
        assert_eq!(of(&sessions, &one, at(SESSION_S_MAX)), None, "old");
        assert_eq!(of(&sessions, &other, at(SESSION_IDLE_S_MAX)), None, "quiet");
        assert_eq!(of(&sessions, &other, at(0)), None, "and the clock set back is no help");
        sessions.begin(&one, key.clone(), at(0));
        assert!(sessions.end(&one) && !sessions.end(&one));
        assert_eq!(of(&sessions, &one, at(0)), None, "ended");
    }

    #[test]
    fn a_code_is_good_once_and_not_for_long() {
        let sessions = Sessions::default();
        let code = secret(1);
        sessions.admit_once(&code, at(0));
        assert!(!sessions.take_code(&secret(2), at(1)), "another one");
        assert!(sessions.take_code(&code, at(1)));
        assert!(!sessions.take_code(&code, at(1)), "used");
        sessions.admit_once(&code, at(0));
        assert!(!sessions.take_code(&code, at(SIGN_IN_CODE_S_MAX)), "too late");
    }

    #[test]
    fn sessions_are_kept_as_hashes_and_found_again() {
        let kept = Arc::new(Mutex::new(String::new()));
        let keep = |kept: &Arc<Mutex<String>>| {
            let kept = kept.clone();
            Box::new(move |text: &str| {
                *kept.lock().expect("a lock") = text.to_owned();
                Ok(())
            })
        };
        let sessions = Sessions::kept_in("", keep(&kept));
        let (key, one, other) = (Opener::Key(secret(1).id()), secret(2), secret(3));
        sessions.begin(&one, key.clone(), at(0));
        sessions.begin(&other, key.clone(), at(0));
        assert_eq!(of(&sessions, &one, at(60)), Some(key.clone()));
        assert!(sessions.end(&other));
        let user = Opener::User("u1".parse().expect("an id"));
        sessions.begin(&secret(4), user.clone(), at(0));
        sessions.keep().expect("kept");
        let text = kept.lock().expect("a lock").clone();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(!text.contains(one.shown_once()) && !text.contains(one.id().as_str()), "{text}");
        let again = Sessions::kept_in(&text, keep(&kept));
        assert_eq!(of(&again, &other, at(60)), None);
        assert_eq!(of(&again, &secret(4), at(60)), Some(user));
        assert_eq!(
            of(&again, &one, at(SESSION_IDLE_S_MAX + 59)),
            Some(key.clone()),
            "used after 60 s"
        );
        for broken in
            [text.replace(" 1\n", " 2\n"), text.replace("key:", ""), text[..90].to_owned()]
        {
            let none = Sessions::kept_in(&broken, keep(&kept));
            assert_eq!(of(&none, &one, at(60)), None, "{broken}");
        }
    }

    #[test]
    fn there_are_no_more_sessions_than_there_is_room_for() {
        let sessions = Sessions::default();
        let key = Opener::Key(secret(0).id());
        let all: Vec<_> = (1..=SESSIONS_MAX as u64 + 1).map(secret).collect();
        for (n, reference) in all.iter().enumerate() {
            sessions.begin(reference, key.clone(), at(60 + (n / 100) as u64));
        }
        let open = all.iter().filter(|reference| of(&sessions, reference, at(200)).is_some());
        assert_eq!(open.count(), SESSIONS_MAX);
        assert!(all[..100].iter().any(|reference| of(&sessions, reference, at(200)).is_none()));
    }
}
