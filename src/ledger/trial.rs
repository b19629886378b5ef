//! Trials: what would become of a request, and what reports would then say; nothing becomes of it.
//! Invariant: it is judged by the decider's own code, on a company of its own, which is taken back
//! to what is durable before anybody else has it in hand.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use schemars::JsonSchema;
use serde::Serialize;
use sijil_projections::{
    Families, Known, Seen,
    report::{Change, Column, RestateLimits, Restating, Shifts, Value},
};
use sijil_schemas::{Position, problem::ProblemKind};

use crate::{
    ask::{AskError, Question},
    ledger::Ledger,
    limits::{
        QUERY_WAIT_MS_MAX, TAKEN_BACK_BYTES_MAX, TRIAL_BEHIND_MAX, TRIAL_IDLE_LOOK_S,
        TRIAL_IDLE_S_MAX, TRIAL_ROWS_MAX,
    },
    rehearsal::Rehearsal,
    request::{Parsed, Recorded, SubmitError},
    shared::Shared,
    sights::Looker,
};

/// What would become of a request.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Trial {
    /// The position that the last record would have.
    pub position: Position,
    /// Each event, in order, as it would be recorded.
    pub events: Vec<Recorded>,
    /// What reports would say: one for each question.
    pub effects: Vec<Effect>,
}

/// What a report would say otherwise.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Effect {
    /// The report's name.
    pub report: &'static str,
    /// The edition of its code.
    pub edition: u32,
    /// The parameters, defaults filled in.
    pub parameters: BTreeMap<&'static str, String>,
    /// What would be true then: a day, meaning its end, or a moment; null is no cut.
    pub as_of: Option<String>,
    /// The report's columns, in order.
    pub columns: Vec<Column>,
    /// The rows in which something shown would differ, in order of their keys.
    pub changes: Vec<EffectRow>,
    /// How many more rows would differ.
    pub left_out: usize,
}

/// A row that would differ.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EffectRow {
    /// The values of the row's key columns, in order of the columns.
    pub key: Vec<Value>,
    /// The row as it is, by column; null if it is not there.
    pub before: Option<BTreeMap<&'static str, Value>>,
    /// The row as it would be, by column; null if it would not be there.
    pub after: Option<BTreeMap<&'static str, Value>>,
    /// The columns that would differ.
    pub moved: Shifts,
}

/// Why a trial came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The request would be refused.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// A question has no answer.
    #[error(transparent)]
    Ask(#[from] AskError),
}

impl TrialError {
    /// What kind of problem it is.
    #[must_use]
    pub const fn kind(&self) -> ProblemKind {
        match self {
            TrialError::Submit(error) => error.kind(),
            TrialError::Ask(error) => error.kind(),
        }
    }
}

/// Where drafts are tried: a company of its own, kept while it is used.
#[derive(Default)]
pub(crate) struct Trying(Mutex<Option<Apart>>);

/// A company apart, as it was made of these families, and when it was used last.
struct Apart {
    rehearsal: Rehearsal,
    families: Arc<Families>,
    used: Instant,
}

/// Drops the company apart once nobody has tried anything for some time.
fn forget_when_idle(shared: &Weak<Shared>) {
    loop {
        std::thread::sleep(Duration::from_secs(TRIAL_IDLE_LOOK_S));
        let Some(shared) = shared.upgrade() else { return };
        let mut apart = shared.trying.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = Duration::from_secs(TRIAL_IDLE_S_MAX);
        if apart.as_ref().is_none_or(|apart| apart.used.elapsed() >= idle) {
            *apart = None;
            return;
        }
    }
}

impl Ledger {
    /// Says what would become of a request, and what these reports would then say to somebody. One
    /// is tried at a time. The first copies the company, which takes as much memory; those behind
    /// it go on with the copy.
    pub(crate) fn try_out(
        &self,
        looker: &Looker,
        parsed: Parsed,
        questions: &[Question],
    ) -> Result<Trial, TrialError> {
        let mut held = self.shared.trying.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut apart = self.apart(&mut held)?;
        let outcome = self.tried(&mut apart.rehearsal, looker, parsed, questions);
        apart.rehearsal.take_back();
        apart.used = Instant::now();
        // What is lost half way is dropped with it.
        *held = Some(apart);
        outcome
    }

    /// The company apart, at what is durable now.
    fn apart(&self, held: &mut MutexGuard<'_, Option<Apart>>) -> Result<Apart, AskError> {
        let _folded = self.wait(self.durable(), Duration::from_millis(QUERY_WAIT_MS_MAX));
        let known = self.views();
        let is_new = held.is_none();
        let serves = |apart: &Apart| {
            let at = apart.rehearsal.durable();
            Arc::ptr_eq(&apart.families, known.families())
                && at <= known.position()
                && known.position().get() - at.get() <= TRIAL_BEHIND_MAX
                && apart.rehearsal.known().left_over() <= TAKEN_BACK_BYTES_MAX
        };
        if let Some(mut apart) = held.take().filter(serves) {
            while apart.rehearsal.durable() < known.position() {
                apart.rehearsal.take_in(&self.decoded(apart.rehearsal.durable().next())?);
            }
            apart.rehearsal.take_back();
            return Ok(apart);
        }
        if is_new {
            let shared = Arc::downgrade(&self.shared);
            let forgets = std::thread::Builder::new().name("trial".into());
            if let Err(error) = forgets.spawn(move || forget_when_idle(&shared)) {
                tracing::warn!(%error, "what drafts are tried on stays in memory");
            }
        }
        let families = known.families().clone();
        Ok(Apart { rehearsal: self.rehearse(), families, used: Instant::now() })
    }

    fn tried(
        &self,
        rehearsal: &mut Rehearsal,
        looker: &Looker,
        parsed: Parsed,
        questions: &[Question],
    ) -> Result<Trial, TrialError> {
        let from = rehearsal.durable();
        let receipt = rehearsal.submit(parsed)?;
        let events: Vec<Recorded> = receipt.outcomes.into_iter().collect::<Result<_, _>>()?;
        let known = looker.would_know(self, rehearsal.known(), from);
        let effects = questions.iter().map(|question| self.effect(&known, question, from));
        Ok(Trial {
            position: events.iter().map(|event| event.position).max().unwrap_or(from),
            effects: effects.collect::<Result<_, _>>()?,
            events,
        })
    }

    /// What a report would say otherwise than at a position.
    fn effect(
        &self,
        known: &Known,
        question: &Question,
        from: Position,
    ) -> Result<Effect, AskError> {
        self.asked_of(known, question.clone(), |report, context, clocks, _| {
            // Nobody asks which record made which step.
            let limits = RestateLimits { suspects: 0, ..RestateLimits::STANDARD };
            let restating = Restating::new(report, context, from, limits)?;
            let row = |change: &Change| {
                let Change { key, before, after, moved, .. } = change.clone();
                EffectRow { key, before, after, moved }
            };
            let own = context.arguments.iter().map(|(name, value)| (name, value.to_owned()));
            Ok(Effect {
                report: report.name,
                edition: report.edition,
                parameters: own.collect(),
                as_of: clocks.as_of,
                columns: restating.last().columns.clone(),
                changes: restating.changes().iter().take(TRIAL_ROWS_MAX).map(row).collect(),
                left_out: restating.changes().len().saturating_sub(TRIAL_ROWS_MAX),
            })
        })
    }
}

impl Looker {
    /// What somebody would know of a company that has gone beyond a position, apart: up to there
    /// what is seen in truth, and of what came then what would be.
    fn would_know(&self, ledger: &Ledger, known: Known, from: Position) -> Known {
        let Some((is, would_be)) = self.seen_apart(ledger, &known, from) else { return known };
        let mut seen = Seen::nothing(known.position());
        let all = (1..=known.position().get()).map(Position::new);
        for position in all {
            let of = if position <= from { is.as_deref() } else { would_be.as_ref() };
            if of.is_none_or(|of| of.has(position)) {
                seen.add(position);
            }
        }
        known.seen_as(Some(Arc::new(seen)))
    }
}
