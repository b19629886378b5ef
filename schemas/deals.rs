//! Pipelines, regulations and deals. Invariant: a deal is open, on hold, won or lost, and names its
//! stages by the keys of its pipeline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    coin::{Coin, Place},
    event::event,
    id::{
        ClientId, CompetitorId, ContactId, CounterpartyId, DealId, EmployeeId, EntityRef, Key,
        OrderId, PipelineId, RegulationId,
    },
    interactions::{Channel, Direction},
    line::Line,
    money::{Money, Share},
    text::{Field, Name, Personal, Text, plain_fields},
    time::Date,
};

/// One step of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Stage {
    /// Its key; stable.
    pub stage: Key,
    /// Its place, from the first stage up.
    pub rank: u16,
    /// Its label.
    pub name: Name,
    /// How likely a deal here is won.
    pub probability: Share,
}

/// What fulfils a requirement.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum RequirementKind {
    /// An interaction on the deal.
    Interaction,
    /// A completed task on the deal.
    Task,
    /// A document, stated by `requirement.fulfilled`.
    Document,
    /// A field of the deal that is set.
    Field,
}

/// Which interaction, task or field counts; an absent condition takes any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct RequirementMatch {
    /// Only by this means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Only in this direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Only with this outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Key>,
    /// The field, for kind field: `amount`, `expected_close`, `lines`, or a key of the deal's
    /// attributes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Key>,
}

/// Something that must be done at a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Requirement {
    /// Its key; stable.
    pub requirement: Key,
    /// The stage it belongs to.
    pub stage: Key,
    /// What fulfils it.
    pub kind: RequirementKind,
    /// Which of these count.
    #[serde(default, rename = "match")]
    pub matches: RequirementMatch,
    /// Hours from entry until it is due.
    pub due_h: u32,
    /// Whether the next stage is barred until it is fulfilled.
    pub gate: bool,
}

/// Whom a deal counts for, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct CreditShare {
    /// Who.
    pub employee: EmployeeId,
    /// Of the whole, which is 1.
    pub share: Share,
}

plain_fields!(Stage, RequirementKind, RequirementMatch, Requirement);

impl Field for CreditShare {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        self.employee.touch(visit);
    }
}
impl Field for Line {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        self.item.touch(visit);
    }
    fn coins(&self, place: Place, visit: &mut dyn FnMut(Coin)) {
        self.price.coins(place.part("price"), visit);
        self.net.coins(place.part("net"), visit);
        self.tax.coins(place.part("tax"), visit);
    }
}

event! {
    /// A pipeline, or a revision of it.
    401 "pipeline.defined" v 1 Revises PipelineDefined {
        /// The pipeline.
        pipeline: PipelineId,
        /// Its stages.
        stages: Vec<Stage>,
    }
}
event! {
    /// A regulation of a pipeline, or a revision of it.
    402 "regulation.defined" v 1 Revises RegulationDefined {
        /// The regulation.
        regulation: RegulationId,
        /// The pipeline it rules.
        pipeline: PipelineId,
        /// What must be done.
        requirements: Vec<Requirement>,
    }
}
event! {
    /// A deal was opened and entered its first stage.
    403 "deal.opened" v 1 Opens DealOpened {
        /// The deal.
        deal: DealId,
        /// With which client.
        client: Option<ClientId>,
        /// With which legal entity.
        counterparty: Option<CounterpartyId>,
        /// Its pipeline.
        pipeline: PipelineId,
        /// Its first stage.
        stage: Key,
        /// The employee it belongs to.
        owner: EmployeeId,
        /// What it may bring.
        amount: Option<Money>,
        /// What is asked for.
        #[serde(default)]
        lines: Vec<Line>,
        /// When it may close.
        expected_close: Option<Date>,
    }
}
event! {
    /// What a deal may bring, and when, was estimated anew; absent estimates stay.
    404 "deal.estimate_changed" v 1 Continues DealEstimateChanged {
        /// The deal.
        deal: DealId,
        /// The new amount.
        amount: Option<Money>,
        /// The new date.
        expected_close: Option<Date>,
        /// A probability that replaces the stage's until replaced itself.
        probability: Option<Share>,
    }
}
event! {
    /// A deal went from one stage to another.
    405 "deal.stage_entered" v 1 Continues DealStageEntered {
        /// The deal.
        deal: DealId,
        /// The stage it left.
        from: Key,
        /// The stage it entered.
        to: Key,
    }
}
event! {
    /// A deal was put on hold.
    406 "deal.put_on_hold" v 1 Continues DealPutOnHold {
        /// The deal.
        deal: DealId,
        /// Why.
        reason: Option<Text>,
    }
}
event! {
    /// A deal on hold goes on.
    407 "deal.resumed" v 1 Continues DealResumed {
        /// The deal.
        deal: DealId,
    }
}
event! {
    /// A deal got another owner.
    408 "deal.owner_changed" v 1 Continues DealOwnerChanged {
        /// The deal.
        deal: DealId,
        /// The owner until now.
        from: EmployeeId,
        /// The owner from now on.
        to: EmployeeId,
        /// Why; it speaks of the persons.
        reason: Option<Personal<Text>>,
    }
}
event! {
    /// A requirement of the stage a deal stands in was fulfilled.
    409 "deal.requirement_fulfilled" v 1 Continues RequirementFulfilled {
        /// The deal.
        deal: DealId,
        /// The requirement.
        requirement: Key,
        /// The n-th visit of that stage, from 1.
        visit: u32,
        /// What shows it.
        evidence: Option<EntityRef>,
    }
}
event! {
    /// A requirement was waived for one visit.
    410 "deal.requirement_waived" v 1 Continues RequirementWaived {
        /// The deal.
        deal: DealId,
        /// The requirement.
        requirement: Key,
        /// The n-th visit of that stage, from 1.
        visit: u32,
        /// Why.
        reason: Text,
    }
}
event! {
    /// A deal was won.
    411 "deal.won" v 1 Continues DealWon {
        /// The deal.
        deal: DealId,
        /// What it brought; absent takes the last estimate.
        amount: Option<Money>,
        /// The order it became.
        order: Option<OrderId>,
    }
}
event! {
    /// A deal was lost.
    412 "deal.lost" v 1 Continues DealLost {
        /// The deal.
        deal: DealId,
        /// The stage it was lost at.
        at_stage: Key,
        /// Why.
        reason: Key,
        /// To whom.
        competitor: Option<Key>,
    }
}
event! {
    /// A closed deal was opened again.
    413 "deal.reopened" v 1 Continues DealReopened {
        /// The deal.
        deal: DealId,
        /// The stage it enters.
        stage: Key,
    }
}
event! {
    /// What is asked for in a deal was said anew, all of it.
    414 "deal.items_changed" v 1 Continues DealItemsChanged {
        /// The deal.
        deal: DealId,
        /// What is asked for.
        lines: Vec<Line>,
    }
}
event! {
    /// A deal turned out to be another client's: for its whole life, until it is set again.
    415 "deal.client_set" v 1 Continues DealClientSet {
        /// The deal.
        deal: DealId,
        /// With which client.
        client: Option<ClientId>,
        /// With which legal entity.
        counterparty: Option<CounterpartyId>,
    }
}
event! {
    /// Somebody takes part in a deal on the client's side, or no more.
    416 "deal.participant_set" v 1 Continues DealParticipantSet {
        /// The deal.
        deal: DealId,
        /// Who.
        contact: ContactId,
        /// As what: buyer, consumer, wallet_holder; absent takes part no more.
        role: Option<Key>,
    }
}
event! {
    /// Who else bids for a deal, all of them.
    417 "deal.competitors_set" v 1 Continues DealCompetitorsSet {
        /// The deal.
        deal: DealId,
        /// The competitors; empty is none.
        competitors: Vec<CompetitorId>,
    }
}
event! {
    /// Whom a deal counts for when it is won.
    418 "deal.credit_shares_set" v 1 Continues DealCreditSharesSet {
        /// The deal.
        deal: DealId,
        /// Their shares, which together are 1.
        shares: Vec<CreditShare>,
    }
}
