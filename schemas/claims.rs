//! Complaints. Invariant: a claim is open, in progress, waiting for the client, or resolved.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event::event,
    id::{ClaimId, ClientId, ItemId, Key, ShipmentId},
    money::Money,
    text::{Name, Personal, Text, plain_fields},
};

/// Where a claim stands while it is open.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ClaimStatus {
    /// Somebody works on it.
    InProgress,
    /// The client must answer.
    WaitingClient,
}

/// How much a claim hurts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Severity {
    /// A little.
    Low,
    /// Somewhat.
    Medium,
    /// Much.
    High,
    /// Nothing works.
    Critical,
}

plain_fields!(ClaimStatus, Severity);

event! {
    /// A client complained.
    1101 "claim.opened" v 1 Opens ClaimOpened {
        /// The claim.
        claim: ClaimId,
        /// Which client.
        client: Option<ClientId>,
        /// About which shipment.
        shipment: Option<ShipmentId>,
        /// About which item.
        item: Option<ItemId>,
        /// About which piece.
        serial: Option<Name>,
        /// What kind of complaint.
        kind: Key,
        /// How much it hurts.
        severity: Severity,
        /// What was said.
        text: Option<Personal<Text>>,
    }
}
event! {
    /// The company answered.
    1102 "claim.responded" v 1 Continues ClaimResponded {
        /// The claim.
        claim: ClaimId,
        /// What was said.
        text: Option<Personal<Text>>,
    }
}
event! {
    /// A claim went on, or waits for the client.
    1103 "claim.status_changed" v 1 Continues ClaimStatusChanged {
        /// The claim.
        claim: ClaimId,
        /// Where it stands now.
        to: ClaimStatus,
    }
}
event! {
    /// A claim was settled.
    1104 "claim.resolved" v 1 Continues ClaimResolved {
        /// The claim.
        claim: ClaimId,
        /// How.
        resolution: Key,
        /// What it cost.
        cost: Option<Money>,
    }
}
