//! One connection that is made again as often as needed. Invariant: after any failure of the
//! connection the next use makes a new one, at most once per pause.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use ::postgres::{
    Client, Error, Statement,
    error::{Severity, SqlState},
    fallible_iterator::FallibleIterator,
};

use super::{
    DEAF,
    address::{Address, words},
    append, head_of,
    tls::Unconnected,
};
use crate::{backoff::Backoff, mirror::End};

/// Between two notifications, at least.
const TELL_EVERY: Duration = Duration::from_millis(20);

const HEAD: &str = "SELECT next, root, fence FROM sijil.log WHERE log_id = $1";
const PAGE: &str = "SELECT public, personal FROM sijil.record WHERE log_id = $1 AND position > $2 \
                    ORDER BY position LIMIT $3";

/// A connection with what is prepared on it.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) log_id: i32,
    head: Statement,
    pub(crate) page: Statement,
    pub(crate) append: Statement,
    pub(crate) advance: Statement,
    hears: bool,
    told_at: Option<Instant>,
    /// The server warned of something since this was last looked at.
    warned: Arc<AtomicBool>,
}

/// A way to the log.
pub(crate) struct Line {
    pub(crate) address: Arc<Address>,
    log_id: i32,
    listens: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    session: Option<Session>,
    backoff: Backoff,
}

/// Why a piece of work failed.
pub(crate) enum Trouble {
    /// Nothing was sent.
    Apart(io::Error),
    /// The server, or the way to it, said so.
    Told(Error),
}

impl From<Trouble> for io::Error {
    fn from(trouble: Trouble) -> io::Error {
        match trouble {
            Trouble::Apart(error) => error,
            Trouble::Told(error) => told(&error),
        }
    }
}

/// An error of the database as one of the outside.
pub(crate) fn told(error: &Error) -> io::Error {
    io::Error::other(words(error))
}

impl Session {
    /// Where the log ends, and its fence.
    pub(crate) fn head(&mut self) -> Result<(End, i64), Error> {
        head_of(&self.client.query_one(&self.head, &[&self.log_id])?)
    }

    /// Sleeps until something was said about this log, or the time is up.
    pub(crate) fn hear(&mut self, at_most: Duration) -> Result<(), Error> {
        if !self.hears {
            thread::sleep(at_most.min(DEAF));
            return Ok(());
        }
        let mut notifications = self.client.notifications();
        notifications.timeout_iter(at_most).next()?;
        // One look serves for all that was said meanwhile.
        let mut said = notifications.iter();
        while said.next()?.is_some() {}
        Ok(())
    }

    /// Says that the log has grown; a hint, so nothing comes of a failure.
    pub(crate) fn tell(&mut self) {
        // Who was woken just now looks again by itself.
        if self.told_at.is_some_and(|at| at.elapsed() < TELL_EVERY) {
            return;
        }
        self.told_at = Some(Instant::now());
        if self.hears
            && let Err(error) =
                self.client.batch_execute(&format!("NOTIFY {}", channel(self.log_id)))
        {
            tracing::debug!(
                error = words(&error),
                "nobody is told that the log has grown; other nodes look for themselves"
            );
            self.hears = false;
        }
    }

    /// Whether the server has warned since this was last asked.
    pub(crate) fn warned(&self) -> bool {
        self.warned.swap(false, Ordering::AcqRel)
    }
}

fn channel(log_id: i32) -> String {
    format!("sijil_log_{log_id}")
}

/// Connects, unless the server would acknowledge what is not durable.
pub(crate) fn connect(address: &Address, warned: &Arc<AtomicBool>) -> io::Result<Client> {
    let warned = warned.clone();
    let mut config = address.config.clone();
    config.notice_callback(move |notice| {
        let warning = notice.parsed_severity() == Some(Severity::Warning);
        tracing::debug!(message = notice.message(), "the database said");
        if warning {
            warned.store(true, Ordering::Release);
        }
    });
    let mut client = address.protection.connect(&config).map_err(|error| match error {
        Unconnected::Roots(error) => error,
        Unconnected::Server(error) => told(&error),
    })?;
    for setting in ["fsync", "synchronous_commit"] {
        // An engine that does not know the setting does not switch it off.
        let Ok(row) = client.query_one("SELECT current_setting($1, true)", &[&setting]) else {
            continue;
        };
        let value: Option<String> = row.try_get(0).map_err(|error| told(&error))?;
        if value.as_deref() == Some("off") {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "expected the setting {setting} to be on, it is off: what is acknowledged \
                     would not be durable"
                ),
            ));
        }
    }
    Ok(client)
}

impl Line {
    pub(crate) fn new(address: Arc<Address>, log_id: i32, listens: bool) -> Line {
        Line { address, log_id, listens, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session(&self) -> io::Result<Session> {
        let warned = Arc::new(AtomicBool::new(false));
        let mut client = connect(&self.address, &warned)?;
        let mut prepared = |sql: &str| client.prepare(sql).map_err(|error| told(&error));
        let (head, page, append, advance) = (
            prepared(HEAD)?,
            prepared(PAGE)?,
            prepared(append::APPEND)?,
            prepared(append::ADVANCE)?,
        );
        let hears = !self.listens
            || client.batch_execute(&format!("LISTEN {}", channel(self.log_id))).is_ok();
        if client.is_closed() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(Session {
            client,
            log_id: self.log_id,
            head,
            page,
            append,
            advance,
            hears,
            told_at: None,
            warned,
        })
    }

    /// Does one piece of work on a connection that is thought to be good.
    pub(crate) fn work<T>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, Error>,
    ) -> Result<T, Trouble> {
        let mut state = self.state();
        if state.session.as_ref().is_some_and(|session| session.client.is_closed()) {
            state.session = None;
        }
        let mut session = match state.session.take() {
            Some(session) => session,
            None => state.backoff.attempt(|| self.session()).map_err(Trouble::Apart)?,
        };
        let outcome = work(&mut session);
        if outcome.as_ref().is_ok_or_refused() && !session.client.is_closed() {
            state.session = Some(session);
        }
        outcome.map_err(Trouble::Told)
    }

    /// Does work that may be done twice: once more on a new connection if the first turns out to be
    /// dead.
    pub(crate) fn ask<T>(
        &self,
        mut work: impl FnMut(&mut Session) -> Result<T, Error>,
    ) -> io::Result<T> {
        match self.work(&mut work) {
            Err(Trouble::Told(error)) if !is_refusal(&error) => Ok(self.work(work)?),
            other => Ok(other?),
        }
    }
}

/// Whether the connection may be used again.
trait Usable {
    fn is_ok_or_refused(&self) -> bool;
}
impl<T> Usable for Result<&T, &Error> {
    fn is_ok_or_refused(&self) -> bool {
        self.as_ref().map_or_else(|error| is_refusal(error), |_| true)
    }
}

/// Whether the server refused a statement, which then did nothing; anything else leaves open what
/// became of it.
pub(crate) fn is_refusal(error: &Error) -> bool {
    // Data, constraints, transactions, syntax and rights, resources, limits; not shutdowns,
    // cancellations or faults of the server.
    const DEFINITE: [&str; 7] = ["22", "23", "40", "42", "53", "54", "55"];
    let definite = |state: &SqlState| {
        *state != SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN
            && DEFINITE.iter().any(|class| state.code().starts_with(class))
    };
    error.code().is_some_and(definite)
}

impl Drop for Line {
    /// A connection may not be closed on a thread that runs asynchronous work, and nobody knows who
    /// drops the last one.
    fn drop(&mut self) {
        if let Some(session) = self.state().session.take() {
            drop(thread::spawn(move || drop(session)));
        }
    }
}
