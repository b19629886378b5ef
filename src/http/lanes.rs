//! Threads for what computes long. Invariant: a report takes no thread from cards, writes and the
//! health of the server, and the machine only as far as these leave it; a long one takes none from
//! the short.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// One lane: what is asked first is begun first. Its threads are started when they are first
/// wanted, and end with the last who can ask.
#[derive(Clone)]
pub(crate) struct Lane {
    name: &'static str,
    threads: usize,
    /// How much lower than the rest of the process its threads stand (the nice value of Linux).
    nice: i32,
    jobs: Arc<OnceLock<Mutex<Sender<Job>>>>,
}

impl Lane {
    pub(crate) fn new(name: &'static str, threads: usize, nice: i32) -> Lane {
        Lane { name, threads, nice, jobs: Arc::default() }
    }
    /// Runs something on a thread of the lane; `None` if it panicked. What nobody waits for any
    /// more is not begun.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        run: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (told, answer) = oneshot::channel();
        let job: Job = Box::new(move || {
            if !told.is_closed() {
                let _ = told.send(run());
            }
        });
        let jobs = self.jobs.get_or_init(|| Mutex::new(self.start()));
        let queued = jobs.lock().unwrap_or_else(PoisonError::into_inner).send(job);
        queued.ok()?;
        answer.await.ok()
    }
    fn start(&self) -> Sender<Job> {
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..self.threads {
            let (queue, nice) = (queue.clone(), self.nice);
            let started = thread::Builder::new().name(self.name.into()).spawn(move || {
                if let Err(error) = rustix::process::nice(nice) {
                    tracing::debug!(%error, "reports run as fast as all else");
                }
                work(&queue);
            });
            if let Err(error) = started {
                tracing::error!(%error, lane = self.name, "a thread for reports is missing");
            }
        }
        jobs
    }
}

/// Does one job after the other until nobody can ask any more.
fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // Whoever waits is told by the channel that closes.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
            tracing::error!("a question panicked");
        }
    }
}
