//! Claims. Invariant: a claim's state and times are computed from its counting steps, in replay
//! order, never stored.

use std::ops::Range;

use sijil_schemas::{
    ClaimStatus, Position, Record, Severity,
    event::Claims,
    id::{ClaimId, kind},
    money::Money,
    time::Timestamp,
};

use super::Activity;
use crate::{
    cells,
    chain::Chain,
    cut::{Dated, Lens},
    ids::Sym,
    words::Word,
};

cells! { list ClaimStatus { InProgress, WaitingClient } }
cells! { list Severity { Low, Medium, High, Critical } }

cells! {
    /// What a client complained of.
    pub struct Complaint {
        /// The client it names itself.
        pub client: Option<Sym<kind::Client>>,
        /// About which shipment.
        pub shipment: Option<Sym<kind::Shipment>>,
        /// About which item.
        pub item: Option<Sym<kind::Item>>,
        /// What kind of complaint.
        pub kind: Sym<Word>,
        /// How much it hurts.
        pub severity: Severity,
    }
}

cells! {
    /// A step in the life of a claim.
    pub enum ClaimStep {
        /// It was opened.
        Opened {
            /// What is complained of.
            complaint: Complaint,
        },
        /// The company answered.
        Responded,
        /// It went on, or waits for the client.
        Moved {
            /// How it stands since.
            to: ClaimStatus,
        },
        /// It was settled.
        Resolved {
            /// How; `None` of a step that is only judged.
            resolution: Option<Sym<Word>>,
            /// What it cost.
            cost: Option<Money>,
        },
        /// Somebody was given it.
        Assigned {
            /// Who.
            employee: Sym<kind::Employee>,
        },
        /// It was turned down.
        Rejected,
        /// It was closed and is open again.
        Reopened,
    }
}

impl ClaimStep {
    /// Where the claim stands from this step on; `None` if the step does not say.
    #[must_use]
    pub const fn state(self) -> Option<ClaimState> {
        match self {
            ClaimStep::Opened { .. } | ClaimStep::Reopened => Some(ClaimState::Open),
            ClaimStep::Moved { to } => Some(ClaimState::of(to)),
            ClaimStep::Resolved { .. } => Some(ClaimState::Resolved),
            ClaimStep::Rejected => Some(ClaimState::Rejected),
            ClaimStep::Responded | ClaimStep::Assigned { .. } => None,
        }
    }
}

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimState {
    /// Opened, and nobody works on it yet.
    Open,
    /// Somebody works on it.
    InProgress,
    /// The client must answer.
    WaitingClient,
    /// Settled.
    Resolved,
    /// Turned down.
    Rejected,
}

impl ClaimState {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ClaimState::Open => "open",
            ClaimState::InProgress => "in_progress",
            ClaimState::WaitingClient => "waiting_client",
            ClaimState::Resolved => "resolved",
            ClaimState::Rejected => "rejected",
        }
    }
    /// Whether nothing is to be done any more.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, ClaimState::Resolved | ClaimState::Rejected)
    }
    /// The state that a status stands for.
    #[must_use]
    pub const fn of(status: ClaimStatus) -> ClaimState {
        match status {
            ClaimStatus::InProgress => ClaimState::InProgress,
            ClaimStatus::WaitingClient => ClaimState::WaitingClient,
        }
    }
}

/// The moments and spans of a claim (R26). Spans are in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimTimes {
    /// When it was opened.
    pub opened: Timestamp,
    /// From the opening to the first answer.
    pub first_response: Option<i64>,
    /// How long it was open until it was resolved, which it still is: without the time in which it
    /// had been closed before.
    pub resolution_gross: Option<i64>,
    /// The same, without the time that waited for the client.
    pub resolution_net: Option<i64>,
    /// How long it was open until it was closed, each time.
    pub ran: i64,
    /// Since when its clock runs; `None` while it is closed.
    pub runs_since: Option<Timestamp>,
}

impl ClaimTimes {
    /// How long its clock ran up to a moment.
    #[must_use]
    pub fn ran_until(&self, now: Timestamp) -> i64 {
        self.ran + self.runs_since.map_or(0, |since| now.micros() - since.micros())
    }
}

/// The state that steps in replay order lead to; `None` before the opening.
#[must_use]
pub fn claim_state(steps: impl IntoIterator<Item = Dated<ClaimStep>>) -> Option<ClaimState> {
    steps.into_iter().fold(None, |state, step| step.what.state().or(state))
}

/// The times of a claim from its counting steps in replay order; `None` if it was never opened.
#[must_use]
pub fn claim_times(steps: impl IntoIterator<Item = Dated<ClaimStep>>) -> Option<ClaimTimes> {
    let mut steps = steps.into_iter();
    let opened = steps.by_ref().find(|step| matches!(step.what, ClaimStep::Opened { .. }))?.at;
    let since = |from: Timestamp, to: Timestamp| to.micros() - from.micros();
    let mut times = ClaimTimes {
        opened,
        first_response: None,
        resolution_gross: None,
        resolution_net: None,
        ran: 0,
        runs_since: Some(opened),
    };
    let (mut waiting_since, mut waited) = (None, 0);
    for step in steps {
        match step.what {
            ClaimStep::Opened { .. } | ClaimStep::Assigned { .. } => (),
            ClaimStep::Responded => {
                times.first_response.get_or_insert(since(opened, step.at));
            }
            ClaimStep::Moved { to } => {
                waited += waiting_since.take().map_or(0, |from| since(from, step.at));
                waiting_since = (to == ClaimStatus::WaitingClient).then_some(step.at);
            }
            ClaimStep::Resolved { .. } | ClaimStep::Rejected => {
                waited += waiting_since.take().map_or(0, |from| since(from, step.at));
                times.ran += times.runs_since.take().map_or(0, |from| since(from, step.at));
                let resolved = matches!(step.what, ClaimStep::Resolved { .. });
                times.resolution_gross = resolved.then_some(times.ran);
                times.resolution_net = resolved.then_some(times.ran - waited);
            }
            ClaimStep::Reopened => {
                times.runs_since = Some(step.at);
                (times.resolution_gross, times.resolution_net) = (None, None);
            }
        }
    }
    Some(times)
}

impl Activity {
    pub(super) fn take_claim(&self, record: &Record, event: &Claims) {
        let word = |word: &str| self.words.intern(word, record.position);
        let (claim, step) = match event {
            Claims::ClaimOpened(e) => {
                let complaint = Complaint {
                    client: e.client.as_ref().map(|client| self.ids.sym(client)),
                    shipment: e.shipment.as_ref().map(|shipment| self.ids.sym(shipment)),
                    item: e.item.as_ref().map(|item| self.ids.sym(item)),
                    kind: word(e.kind.as_str()),
                    severity: e.severity,
                };
                (&e.claim, ClaimStep::Opened { complaint })
            }
            Claims::ClaimResponded(e) => (&e.claim, ClaimStep::Responded),
            Claims::ClaimStatusChanged(e) => (&e.claim, ClaimStep::Moved { to: e.to }),
            Claims::ClaimResolved(e) => {
                let resolution = Some(word(e.resolution.as_str()));
                (&e.claim, ClaimStep::Resolved { resolution, cost: e.cost })
            }
            Claims::ClaimAssigned(e) => {
                (&e.claim, ClaimStep::Assigned { employee: self.ids.sym(&e.employee) })
            }
            Claims::ClaimRejected(e) => (&e.claim, ClaimStep::Rejected),
            Claims::ClaimReopened(e) => (&e.claim, ClaimStep::Reopened),
            Claims::WarrantyStarted(e) => return self.take_warranty(record, e),
            Claims::ServicePerformed(e) => return self.take_service(record, e),
        };
        self.step_claim(record, claim, step);
    }
    fn step_claim(&self, record: &Record, claim: &ClaimId, step: ClaimStep) {
        let claim = self.ids.sym(claim);
        let row = self.claims.push(claim, Dated::of(record, step));
        if step.state().is_some() {
            self.claims_turned.push(claim, Dated::of(record, row));
        }
    }
    /// The steps of a claim.
    #[must_use]
    pub fn claim_steps(
        &self,
        claim: Option<Sym<kind::Claim>>,
    ) -> Chain<'_, kind::Claim, ClaimStep> {
        self.claims.of_any(claim)
    }
    /// The last step before a place in replay order that says where a claim stands.
    #[must_use]
    pub fn claim_turned_before(
        &self,
        claim: Option<Sym<kind::Claim>>,
        place: (Timestamp, Position),
        lens: Lens<'_>,
    ) -> Option<Dated<ClaimStep>> {
        let row = self.claims_turned.of_any(claim).before(place, lens).next_back()?;
        Some(self.claims.at(row.what))
    }
    /// The first step at or after a place in replay order that says where a claim stands.
    #[must_use]
    pub fn claim_turned_after(
        &self,
        claim: Option<Sym<kind::Claim>>,
        place: (Timestamp, Position),
        lens: Lens<'_>,
    ) -> Option<Dated<ClaimStep>> {
        let row = self.claims_turned.of_any(claim).after(place, lens).next()?;
        Some(self.claims.at(row.what))
    }
    /// The opening of a claim, if it counts.
    #[must_use]
    pub fn complaint(
        &self,
        claim: Option<Sym<kind::Claim>>,
        lens: Lens<'_>,
    ) -> Option<Dated<Complaint>> {
        let turns = self.claims_turned.of_any(claim).counting(lens);
        turns.map(|row| self.claims.at(row.what)).find_map(|step| match step.what {
            ClaimStep::Opened { complaint } => Some(step.map(|_| complaint)),
            ClaimStep::Responded
            | ClaimStep::Moved { .. }
            | ClaimStep::Resolved { .. }
            | ClaimStep::Assigned { .. }
            | ClaimStep::Rejected
            | ClaimStep::Reopened => None,
        })
    }
    /// Who has a claim: the last who was given it, if anybody was.
    #[must_use]
    pub fn claim_holder(
        &self,
        claim: Option<Sym<kind::Claim>>,
        lens: Lens<'_>,
    ) -> Option<Dated<Sym<kind::Employee>>> {
        self.claim_steps(claim).counting(lens).rev().find_map(|step| match step.what {
            ClaimStep::Assigned { employee } => Some(step.map(|_| employee)),
            ClaimStep::Opened { .. }
            | ClaimStep::Responded
            | ClaimStep::Moved { .. }
            | ClaimStep::Resolved { .. }
            | ClaimStep::Rejected
            | ClaimStep::Reopened => None,
        })
    }
    /// Every claim that counts and was opened in an interval, with its opening, in order of first
    /// appearance.
    pub fn complaints<'a>(
        &'a self,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = (Sym<kind::Claim>, Dated<Complaint>)> + 'a {
        let all = self.ids.syms::<kind::Claim>();
        let opened = all.filter_map(move |claim| Some((claim, self.complaint(Some(claim), lens)?)));
        opened.filter(move |(_, opening)| within.contains(&opening.at))
    }
}
