//! What every handler shares. Invariant: handlers never block the runtime: whatever may wait goes
//! through [`App::blocking`], and whatever computes long through [`App::report`] or [`App::long`].

use std::{sync::Arc, time::Duration};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use sijil_ledger::Ledger;
use sijil_schemas::{Position, problem::ProblemKind};
use tokio::sync::{Semaphore, watch};

use crate::{
    asked::Parameters,
    lanes::Lane,
    limits::{LONG_NICE, LONG_THREADS, REHEARSALS_MAX, REPORT_NICE, REPORT_THREADS_OF_CORE},
    problem::Problem,
};

/// The state of the door.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) ledger: Ledger,
    pub(crate) head: watch::Receiver<Position>,
    /// Whether the server is ending: what follows the log says its last and ends.
    pub(crate) ending: watch::Sender<bool>,
    pub(crate) recorder: Arc<PrometheusRecorder>,
    pub(crate) metrics: PrometheusHandle,
    /// The longest a follower hears nothing.
    pub(crate) beat: Duration,
    /// Turns of dry runs.
    pub(crate) rehearsals: Arc<Semaphore>,
    reports: Lane,
    long: Lane,
}

impl App {
    pub(crate) fn new(ledger: Ledger, beat: Duration) -> App {
        let recorder = PrometheusBuilder::new().build_recorder();
        let metrics = recorder.handle();
        let (told, head) = watch::channel(ledger.durable());
        let followed = ledger.clone();
        // One thread follows the log for all streams; it ends with the ledger or the last listener.
        let follow = move || {
            let mut at = *told.borrow();
            while !told.is_closed() && !followed.stopping() {
                match followed.wait_for_records(at, Duration::from_millis(500)) {
                    Ok(head) if head != at => {
                        at = head;
                        let _ = told.send(head);
                    }
                    Ok(_) => (),
                    Err(_) => std::thread::sleep(Duration::from_millis(500)),
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name("follower".into()).spawn(follow) {
            tracing::error!(%error, "streams will not be told of new records");
        }
        let (ending, rehearsals) =
            (watch::Sender::new(false), Arc::new(Semaphore::new(REHEARSALS_MAX)));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        App {
            ledger,
            head,
            ending,
            recorder: Arc::new(recorder),
            metrics,
            beat,
            rehearsals,
            reports: Lane::new("report", cores * REPORT_THREADS_OF_CORE, REPORT_NICE),
            long: Lane::new("long answer", LONG_THREADS, LONG_NICE),
        }
    }

    /// Runs something that may wait or compute, off the runtime's own threads.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Ledger) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let ledger = self.ledger.clone();
        let span = tracing::Span::current();
        match tokio::task::spawn_blocking(move || span.in_scope(|| run(&ledger))).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::error!(%error, "a question panicked");
                Err(unanswered())
            }
        }
    }
    /// Waits for what a question wants to be reflected, so that no thread for reports does.
    pub(crate) async fn reached(&self, mut asked: Parameters) -> Result<Parameters, Problem> {
        let known = self.ledger.views().position();
        if known >= self.ledger.durable() && !asked.contains_key("at_least") {
            return Ok(asked);
        }
        self.blocking(move |ledger| {
            ledger.reach(&mut asked)?;
            Ok(asked)
        })
        .await
    }
    /// Makes a report, answer and all, on a thread of its own kind.
    pub(crate) async fn report<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Ledger) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.on(&self.reports, run).await
    }
    /// The same for what walks far: it holds up no report.
    pub(crate) async fn long<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Ledger) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.on(&self.long, run).await
    }
    async fn on<T: Send + 'static>(
        &self,
        lane: &Lane,
        run: impl FnOnce(&Ledger) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (ledger, span) = (self.ledger.clone(), tracing::Span::current());
        let answer = lane.run(move || span.in_scope(|| run(&ledger))).await;
        answer.unwrap_or_else(|| Err(unanswered()))
    }
}

fn unanswered() -> Problem {
    Problem::new(
        ProblemKind::Internal,
        "the question could not be answered; the cause is in the server's log",
    )
}
