//! The judge: one thread that finds out, of what is durable, what would take the decider long.
//! Invariant: what it finds out never changes an answer, only who works it out: the decider uses it
//! where nothing it rests on has come since, and else asks again or works it out itself.
//!
//! ```text
//!  Unasked ── short, or one of many events ──────────────────────────────► Here
//!     │ long: handed to the judge, and others are decided meanwhile
//!     ▼
//!   Asked ── cannot be told of what is durable ──────────────────────────► Here
//!     │ found out at a position
//!     ▼
//!   Found ── something it rests on has come since ── FORESIGHTS_MAX times ► Here
//!     │                                    └── fewer ──► Asked
//!     └── nothing has ──► decided with what was found out
//! ```

use std::{collections::VecDeque, sync::Arc};

use crossbeam_channel::{Receiver, Sender};
use sijil_rules::{Beforehand, Trace};
use sijil_schemas::{Event, Position, Record};

use crate::{
    decider::Job,
    limits::{FORESEEN_MAX, FORESIGHTS_MAX, TRACES_MAX},
    shared::Shared,
};

/// How far a request is with what is found out for it beforehand.
#[derive(Debug, Default)]
pub(crate) enum Foresight {
    /// Nobody has asked yet whether it would take long.
    #[default]
    Unasked,
    /// The judge has it, for so many times before this one, with the target of a void.
    Asked { times: u32, target: Option<Box<Record>> },
    /// It was found out, so many times.
    Found { times: u32, verdict: Box<Beforehand> },
    /// All is worked out where it is decided.
    Here,
}

/// What the decider does with a request in hand.
pub(crate) enum Next {
    /// It decides it, with what was found out if there is anything.
    Decide(Job, Option<Box<Beforehand>>),
    /// The judge has it.
    Wait,
}

/// The decider's end of the judge.
pub(crate) struct Bench {
    pub(crate) asks: Sender<Job>,
    pub(crate) found: Receiver<Job>,
    /// Requests that the judge has.
    pub(crate) waiting: usize,
}

impl Bench {
    /// Hands a request over; it comes back if the judge has as many as it takes.
    pub(crate) fn ask(
        &mut self,
        job: Job,
        times: u32,
        target: Option<Record>,
    ) -> Result<(), Box<Job>> {
        // Whatever is asked has room to come back, so that the judge never waits for the decider.
        if self.waiting == FORESEEN_MAX {
            return Err(Box::new(job));
        }
        let target = target.map(Box::new);
        let asked = Job { foresight: Foresight::Asked { times, target }, ..job };
        match self.asks.try_send(asked) {
            Ok(()) => {
                self.waiting += 1;
                Ok(())
            }
            Err(refused) => Err(Box::new(refused.into_inner())),
        }
    }
}

/// Whether a request may be found out again that was found out so many times.
pub(crate) const fn may_ask_again(times: u32) -> bool {
    times < FORESIGHTS_MAX
}

/// The thread.
pub(crate) struct Judge {
    pub(crate) shared: Arc<Shared>,
    pub(crate) asked: Receiver<Job>,
    pub(crate) found: Sender<Job>,
}

impl Judge {
    /// Runs until the decider is gone.
    pub(crate) fn run(self) {
        while let Ok(job) = self.asked.recv() {
            self.judge(job);
        }
    }
    /// Finds one out, if one waits.
    pub(crate) fn step(&self) -> bool {
        self.asked.try_recv().is_ok_and(|job| {
            self.judge(job);
            true
        })
    }
    fn judge(&self, job: Job) {
        let foresight = match (&job.foresight, job.alone()) {
            (Foresight::Asked { times, target }, Some(candidate)) => {
                let (known, at) = (self.shared.known(), candidate.body.envelope.occurred_at);
                Beforehand::of(&known, &candidate.event, at, target.as_deref()).map(|verdict| {
                    Foresight::Found { times: times + 1, verdict: Box::new(verdict) }
                })
            }
            _ => None,
        };
        // If the decider is gone, so is whoever would answer.
        drop(self.found.send(Job { foresight: foresight.unwrap_or(Foresight::Here), ..job }));
    }
}

/// What came last, for what was found out before it.
#[derive(Debug)]
pub(crate) struct Recent {
    /// The position after which all traces are here.
    since: Position,
    traces: VecDeque<Trace>,
}

impl Recent {
    /// Nothing came after a position yet.
    pub(crate) const fn after(since: Position) -> Recent {
        Recent { since, traces: VecDeque::new() }
    }
    /// Notes the next record.
    pub(crate) fn push(&mut self, trace: Trace) {
        if self.traces.len() == TRACES_MAX
            && let Some(oldest) = self.traces.pop_front()
        {
            self.since = oldest.position;
        }
        self.traces.push_back(trace);
    }
    /// Forgets what came after a position: it was taken back.
    pub(crate) fn truncate(&mut self, after: Position) {
        while self.traces.back().is_some_and(|last| last.position > after) {
            self.traces.pop_back();
        }
        self.since = self.since.min(after);
    }
    /// Whether all that came since leaves what was found out as it is.
    pub(crate) fn bear(&self, verdict: &Beforehand) -> bool {
        verdict.position() >= self.since
            && self
                .traces
                .iter()
                .rev()
                .take_while(|trace| trace.position > verdict.position())
                .all(|trace| verdict.bears(trace))
    }
}

/// Whether an event may be one of which something is found out beforehand.
pub(crate) const fn may_be_long(event: &Event) -> bool {
    matches!(event, Event::System(_) | Event::Stock(_))
}
