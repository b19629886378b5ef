//! The thread that follows a shared log. Invariant: while the log is out of reach this is said, and tried again for ever.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::copy::LocalCopy;

/// How long one look at the log sleeps at most.
const IDLE: Duration = Duration::from_millis(250);
/// The same while records of other nodes come in.
const BUSY: Duration = Duration::from_millis(5);
/// How long it counts as busy after one came.
const BUSY_FOR: Duration = Duration::from_millis(100);
/// Between two tries to reach a log that is out of reach.
const LOST: Duration = Duration::from_millis(100);

type Lost = Arc<Mutex<Option<Arc<io::Error>>>>;

/// Follows until dropped.
pub(crate) struct Follower {
    stopping: Arc<AtomicBool>,
    lost: Lost,
    thread: Option<JoinHandle<()>>,
}

impl Follower {
    pub(crate) fn start(copy: &Arc<LocalCopy>) -> io::Result<Follower> {
        let (stopping, lost) = (Arc::new(AtomicBool::new(false)), Lost::default());
        let (stop, losing, copy) = (stopping.clone(), lost.clone(), copy.clone());
        let thread = thread::Builder::new().name("sijil-mirror".to_owned()).spawn(move || {
            let mut busy_until = Instant::now();
            while !stop.load(Ordering::Acquire) {
                let pause = if Instant::now() < busy_until { BUSY } else { IDLE };
                let before = copy.head();
                let looked = copy.shared.listen(pause).and_then(|end| {
                    let grew = end.position > copy.head();
                    copy.catch_up(before, &end, &|_, _| ()).map(|()| grew)
                });
                match looked {
                    Ok(true) => busy_until = Instant::now() + BUSY_FOR,
                    Ok(false) => {}
                    Err(error) => {
                        put(&losing, Some(Arc::new(error)));
                        thread::park_timeout(LOST);
                        continue;
                    }
                }
                put(&losing, None);
            }
        })?;
        Ok(Follower { stopping, lost, thread: Some(thread) })
    }

    /// Why the log is out of reach, if it is.
    pub(crate) fn lost(&self) -> Option<Arc<io::Error>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn put(lost: &Lost, why: Option<Arc<io::Error>>) {
    *lost.lock().unwrap_or_else(PoisonError::into_inner) = why;
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            drop(thread.join());
        }
    }
}
