//! The thread that follows a shared log. Invariant: while the log is out of reach this is said, and
//! tried again for ever.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::copy::LocalCopy;
use crate::backoff::was_not_tried;

/// How long one look at the log sleeps at most.
const IDLE: Duration = Duration::from_millis(250);
/// The same while records of other nodes come in.
const BUSY: Duration = Duration::from_millis(5);
/// How long it counts as busy after one came.
const BUSY_FOR: Duration = Duration::from_millis(100);
/// Between two tries to reach a log that is out of reach.
const LOST: Duration = Duration::from_millis(100);

/// How long a look may go unanswered before the log counts as out of reach.
pub(crate) const SILENCE: Duration = Duration::from_secs(15);
/// How long the end waits for a look that is under way.
const END: Duration = Duration::from_secs(5);
const END_PAUSE: Duration = Duration::from_millis(2);

/// What is known of the way to the log.
struct Way {
    lost: Option<Arc<io::Error>>,
    /// When it was last known to be open.
    open_at: Instant,
}

type Lost = Arc<Mutex<Way>>;

/// Follows until dropped.
pub(crate) struct Follower {
    stopping: Arc<AtomicBool>,
    lost: Lost,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    pub(crate) fn start(copy: &Arc<LocalCopy>) -> io::Result<Follower> {
        let (stopping, lost) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(Mutex::new(Way { lost: None, open_at: Instant::now() })),
        );
        let (stop, losing, copy) = (stopping.clone(), lost.clone(), copy.clone());
        let thread = thread::Builder::new().name("sijil-mirror".to_owned()).spawn(move || {
            let mut busy_until = Instant::now();
            while !stop.load(Ordering::Acquire) {
                let pause = if Instant::now() < busy_until { BUSY } else { IDLE };
                let (began, before) = (Instant::now(), copy.head());
                let looked = copy.shared.listen(pause).and_then(|end| {
                    let grew = end.position > copy.head();
                    copy.catch_up(before, &end, &|_, _| open(&losing)).map(|()| grew)
                });
                match looked {
                    Ok(true) => busy_until = Instant::now() + BUSY_FOR,
                    Ok(false) => {}
                    Err(error) => {
                        // Somebody else may have reached the log on another connection meanwhile.
                        if !was_not_tried(&error) {
                            lose(&losing, began, error);
                        }
                        thread::park_timeout(LOST);
                        continue;
                    }
                }
                open(&losing);
            }
        })?;
        Ok(Follower { stopping, lost, thread: Some(thread) })
    }

    /// Why the log is out of reach, if it is.
    pub(crate) fn lost(&self) -> Option<Arc<io::Error>> {
        let way = locked(&self.lost);
        let silent = || {
            let what = format!("expected an answer within {} s, got none", SILENCE.as_secs());
            (way.open_at.elapsed() > SILENCE)
                .then(|| Arc::new(io::Error::new(io::ErrorKind::TimedOut, what)))
        };
        way.lost.clone().or_else(silent)
    }

    /// The log was reached by somebody else.
    pub(crate) fn reached(&self) {
        open(&self.lost);
    }
}

fn locked(lost: &Lost) -> MutexGuard<'_, Way> {
    lost.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open(lost: &Lost) {
    *locked(lost) = Way { lost: None, open_at: Instant::now() };
}

/// A look that began before the log was last reached says nothing.
fn lose(lost: &Lost, began: Instant, why: io::Error) {
    let mut way = locked(lost);
    if way.open_at < began {
        way.lost = Some(Arc::new(why));
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        let Some(thread) = self.thread.take() else { return };
        thread.thread().unpark();
        let until = Instant::now() + END;
        while !thread.is_finished() {
            // A server that is there and says nothing is not waited for; the copy stays locked
            // until the process ends.
            if Instant::now() > until {
                return;
            }
            thread::sleep(END_PAUSE);
        }
        drop(thread.join());
    }
}
