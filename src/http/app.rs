//! What every handler shares. Invariant: handlers never block the runtime: whatever may wait or
//! compute goes through [`App::blocking`].

use std::{sync::Arc, time::Duration};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use sijil_ledger::Ledger;
use sijil_schemas::{Position, problem::ProblemKind};
use tokio::sync::{Semaphore, watch};

use crate::{limits::REHEARSALS_MAX, problem::Problem};

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
        App { ledger, head, ending, recorder: Arc::new(recorder), metrics, beat, rehearsals }
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
                Err(Problem::new(
                    ProblemKind::Internal,
                    "the question could not be answered; the cause is in the server's log",
                ))
            }
        }
    }
}
