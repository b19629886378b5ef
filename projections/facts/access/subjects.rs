//! What persons ask, and what of theirs must stay or is hidden. Invariant: a request is open until
//! it is answered; a hold is in force through its last day, unless it was lifted.

use sijil_schemas::{
    HoldBasis, Position, Record, RequestKind, RequestOutcome, Subject,
    event::Access as AccessEvent,
    id::{EntityRef, kind},
    time::{Date, Timestamp},
};

use super::{Access, recorded};
use crate::{
    cells,
    cut::{Lens, Side},
    ids::{EntitySym, Sym},
};

cells! {
    list RequestKind { Access, Rectification, Erasure, Restriction, Portability, Objection }
}
cells! {
    list RequestOutcome { Done, DoneInPart, Refused, Withdrawn }
}
cells! {
    list HoldBasis { Litigation, Investigation, Retention, Contract }
}
cells! {
    /// A step of a request.
    pub(super) enum RequestStep {
        /// It came.
        Received {
            /// What is asked.
            kind: RequestKind,
            /// About whom.
            subject: EntitySym,
            /// The last day to answer.
            due_on: Date,
        },
        /// It was answered.
        Answered {
            /// How.
            outcome: RequestOutcome,
        },
    }
}
cells! {
    /// A step of a hold.
    pub(super) enum HoldStep {
        /// It began.
        Placed {
            /// About whom.
            subject: EntitySym,
            /// Why.
            basis: HoldBasis,
            /// The last day of it.
            until: Option<Date>,
        },
        /// It ended.
        Lifted,
    }
}

/// A request, as known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestState<'a> {
    /// The request.
    pub request: &'a str,
    /// What is asked.
    pub kind: RequestKind,
    /// About whom.
    pub subject: EntityRef,
    /// The last day to answer.
    pub due_on: Date,
    /// When it was recorded.
    pub at: Timestamp,
    /// The record that received it.
    pub received: Position,
    /// How it was answered, when, and the record that says so.
    pub answered: Option<(RequestOutcome, Timestamp, Position)>,
}

/// A hold, as known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldState<'a> {
    /// The hold.
    pub hold: &'a str,
    /// About whom.
    pub subject: EntityRef,
    /// Why.
    pub basis: HoldBasis,
    /// The last day of it; `None` for until it is lifted.
    pub until: Option<Date>,
    /// The record that placed it.
    pub placed: Position,
    /// The record that lifted it.
    pub lifted: Option<Position>,
}

impl HoldState<'_> {
    /// Whether it is in force on a day.
    #[must_use]
    pub fn holds(&self, on: Date) -> bool {
        self.lifted.is_none() && self.until.is_none_or(|until| on <= until)
    }
}

impl Access {
    pub(super) fn take_subject(&self, record: &Record, event: &AccessEvent) {
        match event {
            AccessEvent::SubjectRequestReceived(e) => {
                let subject = self.ids.entity(&e.subject.entity());
                let step = RequestStep::Received { kind: e.kind, subject, due_on: e.due_on };
                self.requests.push(self.ids.sym(&e.request), recorded(record, step));
            }
            AccessEvent::SubjectRequestAnswered(e) => {
                let step = RequestStep::Answered { outcome: e.outcome };
                self.requests.push(self.ids.sym(&e.request), recorded(record, step));
            }
            AccessEvent::HoldPlaced(e) => {
                let hold = self.ids.sym(&e.hold);
                let subject = self.ids.entity(&e.subject.entity());
                let step = HoldStep::Placed { subject, basis: e.basis, until: e.until };
                self.holds.push(hold, recorded(record, step));
                self.held.push(self.subject(&e.subject, record), recorded(record, hold));
            }
            AccessEvent::HoldLifted(e) => {
                self.holds.push(self.ids.sym(&e.hold), recorded(record, HoldStep::Lifted));
            }
            AccessEvent::PersonalDataRestricted(e) => {
                self.restricted.push(self.subject(&e.subject, record), recorded(record, true));
            }
            AccessEvent::PersonalDataReleased(e) => {
                self.restricted.push(self.subject(&e.subject, record), recorded(record, false));
            }
            _ => (),
        }
    }
    /// A request, answered or not; `None` if none of this id came.
    #[must_use]
    pub fn request(&self, request: &str, lens: Lens<'_>) -> Option<RequestState<'_>> {
        let request = self.ids.find(request)?;
        let mut state: Option<RequestState<'_>> = None;
        for step in self.requests.of(request).counting(lens) {
            match (step.what, &mut state) {
                (RequestStep::Received { kind, subject, due_on }, _) => {
                    state = Some(RequestState {
                        request: self.ids.name(request),
                        kind,
                        subject: self.ids.entity_of(subject),
                        due_on,
                        at: step.at,
                        received: step.position,
                        answered: None,
                    });
                }
                (RequestStep::Answered { outcome }, Some(state)) => {
                    state.answered = Some((outcome, step.at, step.position));
                }
                (RequestStep::Answered { .. }, None) => (),
            }
        }
        state
    }
    /// The requests, answered or not, in order of the ids.
    #[must_use]
    pub fn requests(&self, lens: Lens<'_>) -> Vec<&str> {
        self.known_of(&self.requests, lens)
    }
    /// A hold, lifted or not; `None` if nobody placed one of this id.
    #[must_use]
    pub fn hold(&self, hold: &str, lens: Lens<'_>) -> Option<HoldState<'_>> {
        self.hold_of(self.ids.find(hold)?, lens)
    }
    fn hold_of(&self, hold: Sym<kind::Hold>, lens: Lens<'_>) -> Option<HoldState<'_>> {
        let mut state: Option<HoldState<'_>> = None;
        for step in self.holds.of(hold).known(lens) {
            match (step.what, &mut state) {
                (HoldStep::Placed { subject, basis, until }, _) => {
                    state = Some(HoldState {
                        hold: self.ids.name(hold),
                        subject: self.ids.entity_of(subject),
                        basis,
                        until,
                        placed: step.position,
                        lifted: None,
                    });
                }
                (HoldStep::Lifted, Some(state)) => state.lifted = Some(step.position),
                (HoldStep::Lifted, None) => (),
            }
        }
        state
    }
    /// The holds, lifted or not, in order of the ids.
    #[must_use]
    pub fn holds(&self, lens: Lens<'_>) -> Vec<&str> {
        self.known_of(&self.holds, lens)
    }
    /// The newest hold on somebody's values that is in force on a day: whoever looks for one need
    /// not look at all.
    #[must_use]
    pub fn held(&self, subject: &Subject, on: Date, lens: Lens<'_>) -> Option<HoldState<'_>> {
        let placed = self.held.of_any(self.words.find(&subject.to_string())).known(lens);
        let mut holds = placed.rev().filter_map(|placed| self.hold_of(placed.what, lens));
        holds.find(|hold| hold.holds(on))
    }
    /// How many holds were ever placed on somebody's values.
    #[must_use]
    pub fn holds_on(&self, subject: &Subject, side: Side) -> usize {
        self.held.of_any(self.words.find(&subject.to_string())).len(side)
    }
    /// The record by which the values about somebody are hidden; `None` if they are not.
    #[must_use]
    pub fn restricted(&self, subject: &Subject, lens: Lens<'_>) -> Option<Position> {
        let newest = self.restricted.of_any(self.words.find(&subject.to_string()));
        newest.newest_known(lens).filter(|newest| newest.what).map(|newest| newest.position)
    }
}
