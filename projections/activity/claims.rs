//! Claims. Invariant: a claim's state and times are computed from its counting steps, in replay
//! order, never stored.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sijil_schemas::{
    ClaimStatus, Record, Severity,
    event::Claims,
    id::{ClaimId, ClientId, ItemId, Key, ShipmentId, kind},
    money::Money,
    time::Timestamp,
};

use super::Activity;
use crate::{
    cut::{Dated, Facts, Lens},
    table::Table,
};

/// What a client complained of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// The client it names itself.
    pub client: Option<ClientId>,
    /// About which shipment.
    pub shipment: Option<ShipmentId>,
    /// About which item.
    pub item: Option<ItemId>,
    /// What kind of complaint.
    pub kind: Key,
    /// How much it hurts.
    pub severity: Severity,
}

/// A step in the life of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClaimStep {
    /// It was opened.
    Opened(Box<Complaint>),
    /// The company answered.
    Responded,
    /// It went on, or waits for the client.
    Moved(ClaimStatus),
    /// It was settled.
    Resolved {
        /// How.
        resolution: Key,
        /// What it cost.
        cost: Option<Money>,
    },
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

pub(super) fn take(
    claims: &mut Table<kind::Claim, Facts<ClaimStep>>,
    record: &Record,
    event: &Claims,
) {
    let (claim, step): (&ClaimId, ClaimStep) = match event {
        Claims::ClaimOpened(e) => {
            let complaint = Complaint {
                client: e.client.clone(),
                shipment: e.shipment.clone(),
                item: e.item.clone(),
                kind: e.kind.clone(),
                severity: e.severity,
            };
            (&e.claim, ClaimStep::Opened(Box::new(complaint)))
        }
        Claims::ClaimResponded(e) => (&e.claim, ClaimStep::Responded),
        Claims::ClaimStatusChanged(e) => (&e.claim, ClaimStep::Moved(e.to)),
        Claims::ClaimResolved(e) => {
            (&e.claim, ClaimStep::Resolved { resolution: e.resolution.clone(), cost: e.cost })
        }
    };
    claims.entry(claim).insert(Dated::of(record, step));
}

/// The state that steps in replay order lead to; `None` before the opening.
pub fn claim_state<'a>(
    steps: impl IntoIterator<Item = &'a Dated<ClaimStep>>,
) -> Option<ClaimState> {
    steps.into_iter().fold(None, |state, step| match &step.what {
        ClaimStep::Opened(_) => Some(ClaimState::Open),
        ClaimStep::Responded => state,
        ClaimStep::Moved(status) => Some(ClaimState::of(*status)),
        ClaimStep::Resolved { .. } => Some(ClaimState::Resolved),
    })
}

/// The times of a claim from its counting steps in replay order; `None` if it was never opened.
pub fn claim_times<'a>(
    steps: impl IntoIterator<Item = &'a Dated<ClaimStep>>,
) -> Option<ClaimTimes> {
    let mut steps = steps.into_iter();
    let opened = steps.by_ref().find(|step| matches!(step.what, ClaimStep::Opened(_)))?.at;
    let since = |from: Timestamp, to: Timestamp| to.micros() - from.micros();
    let mut times =
        ClaimTimes { opened, first_response: None, resolution_gross: None, resolution_net: None };
    let (mut waiting_since, mut waited) = (None, 0);
    for step in steps {
        match &step.what {
            ClaimStep::Opened(_) => (),
            ClaimStep::Responded => {
                times.first_response.get_or_insert(since(opened, step.at));
            }
            ClaimStep::Moved(status) => {
                waited += waiting_since.take().map_or(0, |from| since(from, step.at));
                waiting_since = (*status == ClaimStatus::WaitingClient).then_some(step.at);
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
    /// The steps of a claim, in replay order, whether they count or not.
    #[must_use]
    pub fn claim_steps(&self, claim: &str) -> Option<&Facts<ClaimStep>> {
        self.claims.get(claim)
    }
    /// The opening of a claim, if it counts.
    #[must_use]
    pub fn complaint<'a>(&'a self, claim: &str, lens: Lens<'a>) -> Option<Dated<&'a Complaint>> {
        self.claims.get(claim).and_then(|steps| opening(steps, lens))
    }
    /// Every claim that counts and was opened in an interval, with its opening, in order of first
    /// appearance.
    pub fn complaints<'a>(
        &'a self,
        lens: Lens<'a>,
        within: Range<Timestamp>,
    ) -> impl Iterator<Item = (&'a str, Dated<&'a Complaint>)> {
        let all = self
            .claims
            .iter()
            .filter_map(move |(_, id, steps)| opening(steps, lens).map(|opening| (id, opening)));
        all.filter(move |(_, opening)| within.contains(&opening.at))
    }
}

fn opening<'a>(steps: &'a Facts<ClaimStep>, lens: Lens<'a>) -> Option<Dated<&'a Complaint>> {
    steps.counting(lens).find_map(|step| match &step.what {
        ClaimStep::Opened(complaint) => {
            Some(Dated { at: step.at, position: step.position, what: &**complaint })
        }
        ClaimStep::Responded | ClaimStep::Moved(_) | ClaimStep::Resolved { .. } => None,
    })
}
