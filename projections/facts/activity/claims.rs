//! Claims. Invariant: a claim's state and times are computed from its counting steps, in replay
//! order, never stored.

use std::ops::Range;

use sijil_schemas::{
    ClaimStatus, Record, Severity, event::Claims, id::kind, money::Money, time::Timestamp,
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
        }
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
    /// From the opening to the settlement.
    pub resolution_gross: Option<i64>,
    /// The same, without the time that waited for the client.
    pub resolution_net: Option<i64>,
}

/// The state that steps in replay order lead to; `None` before the opening.
#[must_use]
pub fn claim_state(steps: impl IntoIterator<Item = Dated<ClaimStep>>) -> Option<ClaimState> {
    steps.into_iter().fold(None, |state, step| match step.what {
        ClaimStep::Opened { .. } => Some(ClaimState::Open),
        ClaimStep::Responded => state,
        ClaimStep::Moved { to } => Some(ClaimState::of(to)),
        ClaimStep::Resolved { .. } => Some(ClaimState::Resolved),
    })
}

/// The times of a claim from its counting steps in replay order; `None` if it was never opened.
#[must_use]
pub fn claim_times(steps: impl IntoIterator<Item = Dated<ClaimStep>>) -> Option<ClaimTimes> {
    let mut steps = steps.into_iter();
    let opened = steps.by_ref().find(|step| matches!(step.what, ClaimStep::Opened { .. }))?.at;
    let since = |from: Timestamp, to: Timestamp| to.micros() - from.micros();
    let mut times =
        ClaimTimes { opened, first_response: None, resolution_gross: None, resolution_net: None };
    let (mut waiting_since, mut waited) = (None, 0);
    for step in steps {
        match step.what {
            ClaimStep::Opened { .. } => (),
            ClaimStep::Responded => {
                times.first_response.get_or_insert(since(opened, step.at));
            }
            ClaimStep::Moved { to } => {
                waited += waiting_since.take().map_or(0, |from| since(from, step.at));
                waiting_since = (to == ClaimStatus::WaitingClient).then_some(step.at);
            }
            ClaimStep::Resolved { .. } => {
                waited += waiting_since.take().map_or(0, |from| since(from, step.at));
                let gross = since(opened, step.at);
                times.resolution_gross = Some(gross);
                times.resolution_net = Some(gross - waited);
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
        };
        self.claims.push(self.ids.sym(claim), Dated::of(record, step));
    }
    /// The steps of a claim.
    #[must_use]
    pub fn claim_steps(
        &self,
        claim: Option<Sym<kind::Claim>>,
    ) -> Chain<'_, kind::Claim, ClaimStep> {
        self.claims.of_any(claim)
    }
    /// The opening of a claim, if it counts.
    #[must_use]
    pub fn complaint(
        &self,
        claim: Option<Sym<kind::Claim>>,
        lens: Lens<'_>,
    ) -> Option<Dated<Complaint>> {
        self.claim_steps(claim).counting(lens).find_map(|step| match step.what {
            ClaimStep::Opened { complaint } => {
                Some(Dated { at: step.at, position: step.position, what: complaint })
            }
            ClaimStep::Responded | ClaimStep::Moved { .. } | ClaimStep::Resolved { .. } => None,
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
