//! Sources, campaigns, segments and competitors. Invariant: a segment is a question with revisions,
//! never a stored list.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    event::event,
    id::{
        CampaignId, ClassificationId, ClientId, CompetitorId, EntityRef, ItemId, Key, SegmentId,
        SourceId,
    },
    money::{Amount, Currency, Money},
    text::{Attributes, Field, Name, Text, plain_fields},
    time::{Date, Period},
};

/// What a source is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum SourceKind {
    /// A way to be found.
    Channel,
    /// A campaign.
    Campaign,
    /// A recommendation.
    Referral,
}

/// What a campaign is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CampaignKind {
    /// A fair.
    Exhibition,
    /// A talk.
    Seminar,
    /// Paid space.
    Ad,
    /// Letters.
    Mailing,
}

/// How a criterion compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
}

/// What a sum is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum SumMeasure {
    /// Net revenue.
    NetRevenue,
    /// Payments received.
    Payments,
    /// The number of invoices.
    Invoices,
    /// What is owed.
    Outstanding,
}

/// Which clients belong to a segment: a tree of questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Criteria {
    /// Every one holds.
    All(Vec<Criteria>),
    /// At least one holds.
    Any(Vec<Criteria>),
    /// It does not hold.
    Not(Box<Criteria>),
    /// A field of the client compares to a value.
    Field {
        /// The field.
        key: Key,
        /// How.
        is: Comparison,
        /// To what.
        value: Text,
    },
    /// The client has a class of a classification.
    Class {
        /// Which classification.
        kind: ClassificationKind,
        /// Which classes.
        of: Vec<Key>,
    },
    /// A sum over the client's days compares to a value.
    Sum {
        /// Of what.
        measure: SumMeasure,
        /// Over how many days up to the date asked.
        days: u32,
        /// How.
        is: Comparison,
        /// To what.
        value: Amount,
    },
    /// The client was registered in a period.
    RegisteredIn(Period),
    /// The last interaction is older than so many days, or there is none.
    LastContactOlderThanDays(u32),
}

/// What kind of classification.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ClassificationKind {
    /// By share of the total.
    Abc,
    /// By steadiness.
    Xyz,
    /// By growth and share.
    Bcg,
    /// By recency, frequency and money.
    Rfm,
}

/// One object's class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct Classified {
    /// The object.
    pub object: EntityRef,
    /// Its class.
    pub class: Key,
}

/// What was seen of a competitor.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum CompetitorFact {
    /// What an item costs there: `value` in `currency`.
    Price,
    /// Its share of the market: `value` is a percent.
    Share,
    /// Something it sells.
    Product,
}

plain_fields!(SourceKind, CampaignKind, ClassificationKind, Criteria, CompetitorFact);
impl Field for Classified {
    fn touch(&self, visit: &mut dyn FnMut(EntityRef)) {
        visit(self.object.clone());
    }
}

event! {
    /// Where clients come from.
    1001 "source.defined" v 1 Revises SourceDefined {
        /// The source.
        source: SourceId,
        /// Its label.
        name: Option<Name>,
        /// What it is.
        kind: SourceKind,
        /// The campaign behind it.
        campaign: Option<CampaignId>,
    }
}
event! {
    /// A campaign was planned.
    1002 "campaign.planned" v 1 Opens CampaignPlanned {
        /// The campaign.
        campaign: CampaignId,
        /// Its label.
        name: Option<Name>,
        /// What it is.
        kind: CampaignKind,
        /// What it may cost.
        budget: Option<Money>,
        /// Its first day.
        from: Date,
        /// Its last day.
        to: Date,
    }
}
event! {
    /// A campaign cost money.
    1003 "campaign.cost_recorded" v 1 Continues CampaignCostRecorded {
        /// The campaign.
        campaign: CampaignId,
        /// How much.
        amount: Money,
    }
}
event! {
    /// A client took part in a campaign.
    1004 "campaign.attended" v 1 Continues CampaignAttended {
        /// The campaign.
        campaign: CampaignId,
        /// The client.
        client: ClientId,
    }
}
event! {
    /// A segment, or a revision of it.
    1005 "segment.defined" v 1 Revises SegmentDefined {
        /// The segment.
        segment: SegmentId,
        /// Its label.
        name: Option<Name>,
        /// Who belongs to it.
        criteria: Criteria,
    }
}
event! {
    /// A classification was made and is kept as a fact.
    1006 "classification.completed" v 1 Opens ClassificationCompleted {
        /// The classification.
        classification: ClassificationId,
        /// What kind.
        kind: ClassificationKind,
        /// With which parameters.
        params: Attributes,
        /// Over which days.
        window: Period,
        /// The position it was made at.
        known_at: u64,
        /// Each object's class.
        result: Vec<Classified>,
    }
}
event! {
    /// A competitor became known.
    1007 "competitor.registered" v 1 Opens CompetitorRegistered {
        /// The competitor.
        competitor: CompetitorId,
        /// Its name.
        name: Name,
    }
}
event! {
    /// Something was seen of a competitor.
    1008 "competitor.fact_observed" v 1 Continues CompetitorFactObserved {
        /// The competitor.
        competitor: CompetitorId,
        /// What it is.
        kind: CompetitorFact,
        /// Of which item of the company's.
        item: Option<ItemId>,
        /// How much: a price, or a percent.
        value: Option<Amount>,
        /// The price's currency.
        currency: Option<Currency>,
        /// Where it was seen.
        source: Option<Name>,
        /// More about it.
        text: Option<Text>,
    }
}
event! {
    /// A campaign began.
    1009 "campaign.started" v 1 Continues CampaignStarted {
        /// The campaign.
        campaign: CampaignId,
    }
}
event! {
    /// A campaign is over.
    1010 "campaign.ended" v 1 Continues CampaignEnded {
        /// The campaign.
        campaign: CampaignId,
    }
}
