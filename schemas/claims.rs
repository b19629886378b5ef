//! Complaints, warranties and service. Invariant: a claim is open, in progress, waiting for the
//! client, resolved or rejected; one that was resolved or rejected may be reopened.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    bounded::Months,
    event::event,
    id::{
        ClaimId, ClientId, EmployeeId, InvoiceId, ItemId, Key, ServiceJobId, ShipmentId, WarrantyId,
    },
    money::Money,
    text::{Name, Personal, Text, plain_fields},
    time::Date,
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
event! {
    /// Somebody was given a claim; the last one has it.
    1105 "claim.assigned" v 1 Continues ClaimAssigned {
        /// The claim.
        claim: ClaimId,
        /// Who sees to it.
        employee: EmployeeId,
    }
}
event! {
    /// A claim was turned down.
    1106 "claim.rejected" v 1 Continues ClaimRejected {
        /// The claim.
        claim: ClaimId,
        /// Why.
        reason: Text,
    }
}
event! {
    /// A claim that was resolved or rejected is open again; its clock runs on.
    1107 "claim.reopened" v 1 Continues ClaimReopened {
        /// The claim.
        claim: ClaimId,
        /// Why.
        reason: Option<Text>,
    }
}
event! {
    /// Goods are under warranty from a day on. A shipment with months of warranty starts one for
    /// each of its lines by itself; one that names the shipment stands in its place.
    1210 "warranty.started" v 1 Opens WarrantyStarted {
        /// The warranty.
        warranty: WarrantyId,
        /// Whose goods.
        client: Option<ClientId>,
        /// Sent with which shipment.
        shipment: Option<ShipmentId>,
        /// Which line of the shipment's order; absent means all of the shipment.
        line: Option<Key>,
        /// Which item.
        item: Option<ItemId>,
        /// The first day.
        from: Date,
        /// How many months; the first day after it is as many months after `from`, or the last day
        /// of a month that is too short.
        months: Months,
    }
}
event! {
    /// Goods that a client has were repaired, replaced or looked after.
    1211 "service.performed" v 1 Opens ServicePerformed {
        /// The job.
        service_job: ServiceJobId,
        /// Whose goods.
        client: Option<ClientId>,
        /// Under which warranty.
        warranty: Option<WarrantyId>,
        /// For which claim.
        claim: Option<ClaimId>,
        /// Which item.
        item: Option<ItemId>,
        /// Whether the warranty covers it.
        in_warranty: bool,
        /// What it cost the company.
        cost: Option<Money>,
        /// What the client is charged.
        price: Option<Money>,
        /// By which invoice.
        invoice: Option<InvoiceId>,
    }
}
