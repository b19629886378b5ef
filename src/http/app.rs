//! What every handler shares. Invariant: handlers never block the runtime: whatever may wait goes
//! through [`App::blocking`], and whatever computes long through [`App::report`] or [`App::long`].

use std::{ops::Deref, sync::Arc, time::Duration};

use axum::{extract::FromRequestParts, http::request::Parts};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use sijil_ledger::{Denied, Desk, Ledger};
use sijil_schemas::{May, Position, RightFamily, problem::ProblemKind};
use tokio::sync::watch;

use crate::{
    asked::Parameters,
    lanes::Lane,
    limits::{LONG_NICE, LONG_THREADS, REPORT_NICE, REPORT_THREADS_OF_CORE},
    people::Pages,
    problem::Problem,
    reception::Reception,
    turns::{Turn, Turns},
};

/// What the door has, whoever comes.
#[derive(Clone)]
pub(crate) struct Front {
    /// Of which a front may ask what anybody may know; the rest is asked at a desk.
    pub(crate) ledger: Ledger,
    /// Where it is found out who comes.
    pub(crate) reception: Arc<Reception>,
    pub(crate) head: watch::Receiver<Position>,
    /// Whether the server is ending: what follows the log says its last and ends.
    pub(crate) ending: watch::Sender<bool>,
    pub(crate) recorder: Arc<PrometheusRecorder>,
    pub(crate) metrics: PrometheusHandle,
    /// Whoever makes pages for people, if anybody does.
    pub(crate) pages: Option<Arc<dyn Pages>>,
    /// The longest a follower hears nothing.
    pub(crate) beat: Duration,
    /// Turns of dry runs and corrections.
    turns: Arc<Turns>,
    reports: Lane,
    long: Lane,
}

/// The door for one request: what it has, and the desk of whoever asks.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) desk: Desk,
    front: Front,
}

impl Deref for App {
    type Target = Front;
    fn deref(&self) -> &Front {
        &self.front
    }
}

impl FromRequestParts<Front> for App {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, front: &Front) -> Result<App, Problem> {
        // The guard of the route put it there; a route without one has no desk to work at.
        let desk = parts.extensions.get::<Desk>().cloned().ok_or(Denied::NoCredential)?;
        Ok(App { desk, front: front.clone() })
    }
}

impl Front {
    pub(crate) fn new(reception: Arc<Reception>, beat: Duration) -> Front {
        let ledger = reception.ledger.clone();
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
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Front {
            ledger,
            reception,
            head,
            ending: watch::Sender::new(false),
            recorder: Arc::new(recorder),
            metrics,
            pages: None,
            beat,
            turns: Arc::default(),
            reports: Lane::new("report", cores * REPORT_THREADS_OF_CORE, REPORT_NICE),
            long: Lane::new("long answer", LONG_THREADS, LONG_NICE),
        }
    }
}

impl App {
    pub(crate) const fn new(desk: Desk, front: Front) -> App {
        App { desk, front }
    }
    /// The same door at another desk of the same caller.
    pub(crate) fn at(self, desk: Desk) -> App {
        App { desk, ..self }
    }

    /// Waits for a turn of what holds a book of its own, for whoever may do this at all: nobody
    /// else makes others wait.
    pub(crate) async fn turn(&self, wanted: &[May]) -> Result<Turn, Problem> {
        if let Some(may) = wanted.iter().copied().find(|may| !self.desk.may_anywhere(*may)) {
            return Err(Denied::NotAllowed { may, family: RightFamily::All }.into());
        }
        self.turns.take(self.desk.caller().holder().map(ToString::to_string)).await
    }

    /// Runs something that may wait or compute, off the runtime's own threads.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let desk = self.desk.clone();
        let span = tracing::Span::current();
        match tokio::task::spawn_blocking(move || span.in_scope(|| run(&desk))).await {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::error!(%error, "a question panicked");
                Err(unanswered())
            }
        }
    }
    /// Waits for what a question wants to be reflected, so that no thread for reports does.
    pub(crate) async fn reached(&self, mut asked: Parameters) -> Result<Parameters, Problem> {
        if self.desk.folded() >= self.desk.durable() && !asked.contains_key("at_least") {
            return Ok(asked);
        }
        self.blocking(move |desk| {
            desk.reach(&mut asked)?;
            Ok(asked)
        })
        .await
    }
    /// Makes a report, answer and all, on a thread of its own kind.
    pub(crate) async fn report<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.on(&self.reports, run).await
    }
    /// The same for what walks far: it holds up no report.
    pub(crate) async fn long<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.on(&self.long, run).await
    }
    async fn on<T: Send + 'static>(
        &self,
        lane: &Lane,
        run: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (desk, span) = (self.desk.clone(), tracing::Span::current());
        let answer = lane.run(move || span.in_scope(|| run(&desk))).await;
        answer.unwrap_or_else(|| Err(unanswered()))
    }
}

fn unanswered() -> Problem {
    Problem::new(
        ProblemKind::Internal,
        "the question could not be answered; the cause is in the server's log",
    )
}
